from __future__ import annotations

import itertools
import json
import math
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import SourceChanged
from tasks.sources import jsonstat

MARKS = (".", "..", ":")


def document(**parts: Any) -> dict[str, Any]:
    """Two municipalities × two years, the last cell confidential."""
    base: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": "Folkemengde",
        "updated": "2026-02-24T07:00:00Z",
        "id": ["Region", "Tid"],
        "size": [2, 2],
        "role": {"time": ["Tid"], "geo": ["Region"]},
        "dimension": {
            "Region": {
                "label": "region",
                "category": {
                    "index": {"5006": 1, "5001": 0},
                    "label": {"5006": "Steinkjer", "5001": "Trondheim"},
                },
                "extension": {"elimination": True},
            },
            "Tid": {"label": "år", "category": {"index": ["2025", "2026"]}},
        },
        "value": [1, 2.5, 3, None],
        "status": {"3": ":"},
    }
    return base | parts


def rows(doc: dict[str, Any]) -> pl.DataFrame:
    return jsonstat.frame(jsonstat.decode(json.dumps(doc).encode()))


def dimension(name: str, category: dict[str, Any], **more: Any) -> dict[str, Any]:
    return document()["dimension"] | {name: {"category": category} | more}


@st.composite
def cubes(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """A document and the rows it stands for."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    names = [f"d{number}" for number in range(len(sizes))]
    codes = [
        draw(st.lists(st.text(min_size=1, max_size=4), min_size=n, max_size=n, unique=True))
        for n in sizes
    ]
    cells = math.prod(sizes)
    numbers = st.none() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, width=32)
    values = draw(st.lists(numbers, min_size=cells, max_size=cells))
    marks = draw(st.lists(st.none() | st.sampled_from(MARKS), min_size=cells, max_size=cells))
    values = [None if mark in MARKS else v for v, mark in zip(values, marks, strict=True)]
    finite = [v if v is None or math.isfinite(v) else 0 for v in values]
    doc = {
        "version": "2.0",
        "class": "dataset",
        "id": names,
        "size": sizes,
        "dimension": {
            name: {"category": draw(st.sampled_from([_index_object, _index_array]))(own)}
            for name, own in zip(names, codes, strict=True)
        },
        "value": finite,
        "status": marks,
    }
    wanted = [
        (*place, None if v is None else float(v), mark)
        for place, v, mark in zip(itertools.product(*codes), finite, marks, strict=True)
    ]
    return doc, wanted


def _index_object(codes: list[str]) -> dict[str, Any]:
    shuffled = sorted(codes)
    return {"index": {code: codes.index(code) for code in shuffled}}


def _index_array(codes: list[str]) -> dict[str, Any]:
    return {"index": codes}


def sparse(cells: list[Any]) -> dict[str, Any]:
    return {str(number): cell for number, cell in enumerate(cells) if cell is not None}


@settings(deadline=None)
@given(cubes())
def test_every_form_of_a_cube_gives_the_same_rows(
    cube: tuple[dict[str, Any], list[tuple[Any, ...]]],
) -> None:
    doc, wanted = cube
    for value in (doc["value"], sparse(doc["value"])):
        for status in (doc["status"], sparse(doc["status"])):
            found = rows(doc | {"value": value, "status": status})
            assert found.rows() == wanted
            assert found.schema["value"] == pl.Float64
            assert found.schema["status"] == pl.String


@settings(deadline=None)
@given(cubes(), st.sampled_from(MARKS))
def test_a_single_status_is_every_cells(
    cube: tuple[dict[str, Any], list[tuple[Any, ...]]], mark: str
) -> None:
    doc, wanted = cube
    found = rows(doc | {"status": mark})
    assert found["status"].to_list() == [mark] * len(wanted)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_dimensions_of_any_width_keep_their_codes(size: int) -> None:
    codes = [f"k{number}" for number in range(size)]
    doc = document(id=["A"], size=[size], dimension={"A": {"category": {"index": codes}}})
    found = rows(doc | {"value": list(range(size)), "status": None})
    assert found["A"].cast(pl.String).to_list() == codes
    assert found["value"].to_list() == list(range(size))


def test_values_longer_than_a_slice_come_in_order() -> None:
    values = [None if n % 7 == 0 else n / 4 for n in range(40_000)]
    codes = [str(n) for n in range(40_000)]
    doc = document(id=["A"], size=[40_000], dimension={"A": {"category": {"index": codes}}})
    for indent in (None, 1):
        text = json.dumps(doc | {"value": values, "status": None}, indent=indent).encode()
        assert len(text) > 3 * jsonstat.SLICE_BYTES
        assert jsonstat.decode(text).value.to_list() == values


def test_marks_stand_beside_a_null() -> None:
    found = rows(document(value=[1, None, None, None], status={"1": ".", "2": "..", "3": ":"}))
    assert found["value"].to_list() == [1, None, None, None]
    assert found["status"].to_list() == [None, ".", "..", ":"]


@pytest.mark.parametrize("status", [None, {}, [None] * 4, [""] * 4, {"1": ""}, {"1": None}])
def test_no_mark_is_null(status: object) -> None:
    assert rows(document(status=status))["status"].to_list() == [None] * 4


def test_without_an_index_the_labels_give_the_order() -> None:
    named = {"label": {"b": "Bodø", "a": "Asker"}}
    doc = document(dimension=dimension("Region", named))
    assert rows(doc)["Region"].to_list() == ["b", "b", "a", "a"]
    single = document(
        size=[1, 2], value=[1, 2], dimension=dimension("Region", {"label": {"50": "Trøndelag"}})
    )
    assert rows(single | {"status": None})["Region"].to_list() == ["50", "50"]


def test_the_head_tells_labels_units_notes_and_time() -> None:
    category = {
        "index": ["Vekt", "Pris"],
        "label": {"Vekt": "Vekt (tonn)"},
        "unit": {"Pris": {"base": "kr", "decimals": 2}},
        "note": {"Pris": ["Løpende priser"]},
    }
    doc = document(
        dimension=dimension("Region", category, note=["Om enheten"]),
        note=["Tallene er foreløpige", "To"],
        updated="2026-02-24T08:00:00+01:00",
    )
    head = jsonstat.describe(json.dumps(doc).encode())
    first = head.dimensions[0]
    assert first.labels == ("Vekt (tonn)", "Pris")
    assert first.units == (None, "kr")
    assert first.decimals == (None, 2)
    assert head.time == ("Tid",)
    assert head.updated == datetime(2026, 2, 24, 7, tzinfo=UTC)
    assert [(n.dimension, n.code, n.text) for n in head.notes] == [
        (None, None, "Tallene er foreløpige"),
        (None, None, "To"),
        ("Region", None, "Om enheten"),
        ("Region", "Pris", "Løpende priser"),
    ]
    plain = jsonstat.describe(json.dumps(document()).encode())
    assert [d.elimination for d in plain.dimensions] == [True, False]


def test_a_description_needs_no_cells() -> None:
    doc = document()
    del doc["value"]
    content = json.dumps(doc).encode()
    assert jsonstat.describe(content).dimensions[0].codes == ("5001", "5006")
    with pytest.raises(SourceChanged, match="value"):
        jsonstat.decode(content)


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ({"class": "collection"}, "collection"),
        ({"version": "1.3"}, r"1\.3"),
        ({"size": [2, 3]}, "Tid"),
        ({"size": [2]}, "size"),
        ({"id": ["Region", "Region"]}, "Region"),
        ({"id": ["Region", "Alder"]}, "Alder"),
        ({"value": [1, 2, 3]}, "4 verdier i value"),
        ({"value": [1, 2, 3, "4"]}, r"\$\[3\]"),
        ({"value": [1, [2], 3, 4]}, r"\$\[1\]"),
        ({"value": "1,2,3,4"}, "value"),
        ({"value": 12}, "value"),
        ({"value": {"4": 1}}, "0–3 i value"),
        ({"value": {"-1": 1}}, "0–3 i value"),
        ({"value": {"99999999999999999999": 1}}, "0–3 i value"),
        ({"value": {"x": 1}}, "value"),
        ({"status": {"4": "."}}, "0–3 i status"),
        ({"status": ["."]}, "4 statuser"),
        ({"status": 3}, "status"),
        ({"updated": "i går"}, "updated"),
        ({"dimension": {}}, "Region"),
        ({"dimension": dimension("Tid", {"index": ["2025", "2025"]})}, "Tid"),
        ({"dimension": dimension("Tid", {"index": {"2025": 0, "2026": 2}})}, "Tid"),
        ({"dimension": dimension("Tid", {"index": {"2025": 0, "2026": "1"}})}, "Tid|dimension"),
        ({"dimension": dimension("Tid", {})}, "Tid"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(broken: dict[str, Any], place: str) -> None:
    with pytest.raises(SourceChanged, match=place):
        jsonstat.decode(json.dumps(document(**broken)).encode())


def test_a_dimension_cannot_take_the_name_of_a_column() -> None:
    doc = document(id=["Region", "value"])
    doc["dimension"]["value"] = doc["dimension"].pop("Tid")
    with pytest.raises(SourceChanged, match="value"):
        jsonstat.decode(json.dumps(doc).encode())


def test_a_huge_sparse_size_is_refused_before_memory_is_asked_for() -> None:
    codes = [str(n) for n in range(10_000)]
    wide = {"category": {"index": codes}}
    doc = document(id=["A", "B"], size=[10_000, 10_000], dimension={"A": wide, "B": wide}, value={})
    with pytest.raises(SourceChanged, match="celler"):
        jsonstat.decode(json.dumps(doc).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"class"', b"\xff\xfe", b"<html>"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(SourceChanged):
        jsonstat.decode(content)
    with pytest.raises(SourceChanged):
        jsonstat.describe(content)


def test_parts_of_a_table_share_the_categories_they_are_given() -> None:
    cube = jsonstat.decode(json.dumps(document()).encode())
    every = {"Region": ("5001", "5004", "5006"), "Tid": ("2024", "2025", "2026")}
    found = jsonstat.frame(cube, every)
    assert found["Region"].to_list() == ["5001", "5001", "5006", "5006"]
    assert found.schema["Region"] == pl.Enum(every["Region"])
    assert found["Tid"].to_list() == ["2025", "2026"] * 2
