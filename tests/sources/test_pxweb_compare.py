"""A selection held against a table: every difference found, with what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import SourceChanged
from tasks.sources import Deviation
from tasks.sources.pxweb_compare import deviations
from tasks.sources.pxweb_plan import Offer, Selection, axes


def offer(name: str, codes: dict[str, str], *, required: bool = False) -> Offer:
    return Offer(name, tuple(codes), tuple(codes.values()), required, name == "Tid")


TABLE = [
    offer("Region", {"0": "Hele landet", "50": "Trøndelag", "5001": "Trondheim"}),
    offer("Kjonn", {"0": "Begge kjønn", "1": "Menn", "2": "Kvinner"}, required=True),
    offer("ContentsCode", {"Personer1": "Personer"}, required=True),
    offer("Tid", {"2023": "2023", "2024": "2024"}, required=True),
]
ENTRY = {
    "Region": ["50"],
    "Kjonn": ["0"],
    "ContentsCode": ["Personer1"],
    "Tid": ["top(2)"],
}


def selection(**variables: list[str]) -> Selection:
    asked = {name: {"values": values} for name, values in variables.items()}
    return Selection.model_validate({"table_id": "07459", "variables": asked})


def compare(
    entry: dict[str, list[str]], table: list[Offer] = TABLE, before: list[Offer] | None = None
) -> list[Deviation]:
    return list(deviations(selection(**entry), table, {}, before))


def test_what_agrees_is_silent() -> None:
    assert compare(ENTRY) == []
    assert compare(ENTRY, before=TABLE) == []


def test_every_difference_is_told_at_once() -> None:
    entry = {"Region": ["50", "1601"], "Sex": ["0"], "ContentsCode": ["Personer"], "Tid": ["2019"]}
    found = compare(entry)
    assert len(found) == 5
    assert all(deviation.refuses for deviation in found)


def test_a_variable_with_a_new_name_is_recognised() -> None:
    (found,) = compare({**{k: v for k, v in ENTRY.items() if k != "Kjonn"}, "Kjoenn": ["0"]})
    assert found.expected == "variabelen «Kjoenn»"
    assert "variables.Kjonn i stedet for variables.Kjoenn" in found.remedy


def test_a_variable_that_must_be_asked_for_is_offered_with_its_total() -> None:
    (found,) = compare({k: v for k, v in ENTRY.items() if k != "Kjonn"})
    assert "utvalg for «Kjonn»" in found.expected
    assert "0 (Begge kjønn)" in found.got
    assert 'variables.Kjonn.values = ["0"]' in found.remedy


def test_a_code_that_is_gone_is_told_with_the_nearest() -> None:
    (found,) = compare({**ENTRY, "ContentsCode": ["Personer"]})
    assert found.expected == "«Personer» i «ContentsCode»"
    assert "«Personer1» for «Personer»" in found.remedy


def test_what_came_and_went_since_the_last_landing() -> None:
    before = [
        offer("Region", {"0": "Hele landet", "50": "Trøndelag", "16": "Sør-Trøndelag"}),
        *TABLE[1:3],
        offer("Tid", {"2022": "2022", "2023": "2023"}, required=True),
    ]
    now = [*TABLE, offer("Alder", {"000": "0 år"})]
    gone, come, period, variable = compare(ENTRY, now, before)
    assert not any(d.refuses for d in (gone, come, period, variable))
    assert "16 (Sør-Trøndelag)" in gone.expected
    assert "5001 (Trondheim)" in come.got
    assert "2022" in period.expected  # that 2024 has come is no news
    assert "variables.Alder" in variable.remedy


def test_a_code_list_that_could_not_be_read_is_not_told_twice() -> None:
    asked = {name: {"values": values} for name, values in ENTRY.items()}
    asked["Region"] = {"values": ["K-5001"], "codelist": "agg_KommSummer"}  # type: ignore[dict-item]
    entry = Selection.model_validate({"table_id": "07459", "variables": asked})
    assert list(deviations(entry, TABLE, {}, None)) == []
    (found,) = deviations(entry, TABLE, {"Region": ("K-5006",)}, None)
    assert "K-5006" in found.remedy


codes = st.lists(st.sampled_from(["0", "1", "50", "5001", "15"]), min_size=1, unique=True)
values = st.sampled_from(["0", "1", "50", "50*", "*", "9", "top(2)", "from(50)", "??"])


@given(
    tables=st.dictionaries(
        st.sampled_from(["Region", "Kjonn", "Tid", "Alder"]),
        st.tuples(codes, st.booleans()),
        min_size=1,
    ),
    entry=st.dictionaries(
        st.sampled_from(["Region", "Kjonn", "Tid", "Alder"]),
        st.lists(values, min_size=1, max_size=3, unique=True),
        min_size=1,
    ),
)
def test_it_finds_something_exactly_where_a_night_would_refuse(
    tables: dict[str, tuple[list[str], bool]], entry: dict[str, list[str]]
) -> None:
    table = [offer(n, dict.fromkeys(c, "navn"), required=r) for n, (c, r) in tables.items()]
    found = compare(entry, table)
    try:
        axes(selection(**entry), table, {})
    except SourceChanged:
        assert any(deviation.refuses for deviation in found)
    else:
        assert found == []


@pytest.mark.parametrize("count", [1, 40])
def test_long_lists_are_cut(count: int) -> None:
    many = [offer("Region", {f"{n:04}": f"{n}" for n in range(count)}), *TABLE[1:]]
    (found,) = compare({**ENTRY, "Region": ["x"]}, many)
    assert len(found.got) < 200
