"""The sample agrees with what is published, marks what is not, and can be built again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_files import SCHOOL_YEARS, cells, codes, klass, number, page, published, value

from tasks.catalogue import load
from tasks.demo.construct import construct
from tasks.demo.construct_common import SAMPLE, share_out
from tasks.demo.files_server import FOLDERS
from tasks.settings import CHECKOUT

# The report pages


def test_applicants() -> None:
    rows = page("VGO_Soeker_FylkUtdprogAar")
    for year, everyone in (("202403", 17_663), ("202503", 17_969), ("202603", 18_270)):
        assert value(rows, filter=year, kode="50", measure="Søkere i alt") == everyone
    assert value(rows, filter="202503", kode="50", measure="Søkere til skole") == 15_758
    assert value(rows, filter="202503", kode="50", measure="Søkere til læreplass") == 2_211
    for year in ("202503", "202603"):
        for prefix, unit, short in (("1.44.", "50", 0), ("1.-12.", "0", 5)):
            programmes = rows.filter(
                pl.col("id").str.starts_with(prefix),
                pl.col("filter") == year,
                pl.col("measure") == "Søkere i alt",
            )
            assert len(programmes) == 16
            total = value(rows, filter=year, kode=unit, measure="Søkere i alt")
            missing = short if year == "202503" else 0
            assert total - sum(map(number, programmes["value"])) == missing
    assert set(rows["constructed"]) == {"false"}


def test_pupils_per_school() -> None:
    rows = page("VGO_Elev_FylkSkol")
    for label, everyone in SCHOOL_YEARS.items():
        schools = rows.filter(filter_label=label, level="2")
        assert len(schools) == 41
        assert sum(map(number, schools["value"])) == everyone
        assert value(rows, filter_label=label, kode="50") == everyone
    schools = rows.filter(level="2")
    assert schools["kode"].n_unique() == 44
    assert schools.select("id", "kode").unique().height == 44
    assert value(rows, filter_label="2025-26", kode="934187733") == 647


def test_placement_is_as_published() -> None:
    rows = page("FOY_SL_Fylker")
    expected = {"202312": 81.0, "202412": 80.0, "202508": 65.6, "202510": 72.6, "202512": 73.3}
    assert {tid: value(rows, filter=tid, kode="50") for tid in expected} == expected
    assert value(rows, filter="202512", kode="0") == 79.5


def test_contracts_add_up_and_their_split_is_marked() -> None:
    rows = page("FOY_LK_FylkUtdprogAar")
    for tid, total in (("202410", 4_958), ("202510", 4_770)):
        assert value(rows, filter=tid, kode="50") == total
        split = rows.filter(pl.col("id").str.starts_with("1.44."), pl.col("filter") == tid)
        assert len(split) == 10
        assert sum(map(number, split["value"])) == total
    marks = rows.group_by("level").agg(pl.col("constructed").unique())
    assert {row[0]: row[1] for row in marks.iter_rows()} == {
        "0": ["false"], "1": ["false"], "2": ["true"],
    }  # fmt: skip


def test_completion() -> None:
    rows = page("VGO_Gjennomfoering_Fylk")
    assert value(rows, filter="2018", kode="50") == 80.6
    assert value(rows, filter="2019", kode="50") == 81.0
    shares = cells("14882").filter(
        pl.col("FullforingVGO").is_in(["01", "02"]), pl.col("ContentsCode") == "Andel"
    )
    for region in ("0", "50"):
        for period in ("2018-2024", "2019-2025"):
            done = shares.filter(Region=region, Tid=period)["value"].sum()
            assert done == pytest.approx(value(rows, filter=period[:4], kode=region), abs=1e-9)


# Marking, sources, the catalogue


@pytest.mark.parametrize("name", [p.stem for p in sorted((SAMPLE / "published").glob("*.csv"))])
def test_every_published_row_has_a_source(name: str) -> None:
    sources = published(name)["source"]
    assert sources.null_count() == 0
    assert sources.str.len_chars().min() > 10


def test_constructed_cells_are_marked_and_published_ones_are_not() -> None:
    for table in ("07459", "14746", "13470", "14882", "11587"):
        rows = cells(table)
        assert (rows["constructed"] == rows["value"].is_not_null()).all(), table
    assert not cells("13563")["constructed"].any()
    education = cells("09429")
    assert (education["constructed"] == (education["Nivaa"] == "00")).all()


def test_published_tables_are_as_published() -> None:
    education = cells("09429").filter(pl.col("Nivaa") != "00")
    rows = published("education_level_09429")
    both = education.join(
        rows, left_on=["Region", "Nivaa"], right_on=["county_code", "level_code"], how="full"
    )
    assert len(both) == 72
    assert both["value"].to_list() == both["persons"].cast(pl.Float64).to_list()
    outside = cells("13563").join(
        published("neet_by_county_13563"),
        left_on=["Region", "Alder"],
        right_on=["county_code", "age_group"],
        how="full",
    )
    assert len(outside) == 30
    assert outside["value"].to_list() == outside["percent"].cast(pl.Float64).to_list()


def wildcard(pattern: str) -> str:
    return "^" + pattern.replace("?", ".").replace("*", ".*") + "$"


def test_everything_the_catalogue_asks_for_exists() -> None:
    for dataset in load(CHECKOUT / "data" / "catalogue"):
        selection = dataset.selection.model_dump()
        if dataset.protocol == "pxweb":
            _asks(dataset.source_table, selection["variables"])
        elif dataset.protocol == "udir_report":
            rows = page(dataset.source_table)
            for name, wanted in selection["filters"].items():
                held = set(rows[name if name in rows.columns else "filter"])
                assert {str(number) for number in wanted} <= held
        elif dataset.protocol == "delimited" and not dataset.awaited:
            _holds(SAMPLE / FOLDERS.get(dataset.publisher.id, dataset.publisher.id), selection)
        elif dataset.protocol == "klass":
            assert not klass(f"{selection['classification']}/codes.csv").is_empty()


def _holds(folder: Path, selection: dict[str, Any]) -> None:
    text = (folder / selection["path"]).read_bytes().decode(selection["encoding"])
    lines = text.removeprefix("\ufeff").splitlines()
    header = lines[1 if lines[0].startswith("sep=") else 0]
    assert set(selection["columns"]) <= set(header.split(selection["separator"]))


def _asks(table: str, variables: dict[str, dict[str, Iterable[str]]]) -> None:
    held = codes(table)
    for variable, asked in variables.items():
        values = held.filter(variable=variable)["code"]
        for pattern in asked["values"]:
            if "(" not in pattern:
                assert values.str.contains(wildcard(pattern)).any(), (table, variable, pattern)
    assert set(cells(table).columns[:-3]) == set(held["variable"])


def test_cells_are_the_whole_product_in_the_order_of_the_codes() -> None:
    for folder in sorted((SAMPLE / "pxweb").iterdir()):
        rows = cells(folder.name)
        held = codes(folder.name)
        order = held["variable"].unique(maintain_order=True).to_list()
        expected = 1
        for variable in order:
            expected *= held.filter(variable=variable).height
        assert len(rows) == expected
        positions = [
            rows[variable].replace_strict(
                held.filter(variable=variable)["code"],
                np.arange(held.filter(variable=variable).height),
            )
            for variable in order
        ]
        assert pl.DataFrame(positions).select(pl.struct(pl.all()).is_sorted()).item()


def test_correspondence_follows_the_registers() -> None:
    counties = set(klass("104/codes.csv")["code"])
    rows = klass("131/corresponds_104.csv")
    assert set(rows["targetCode"]) <= counties
    assert set(rows["sourceCode"]) == set(klass("131/codes.csv")["code"])
    assert rows.filter(sourceCode="5061")["targetCode"].to_list() == ["50"]
    assert rows.filter(sourceCode="1567")["targetCode"].to_list() == ["15"]


def test_centrality_is_constructed_for_the_38_and_says_so() -> None:
    rows = klass("131/corresponds_128.csv")
    today = klass("131/codes.csv").filter(
        pl.col("code").str.starts_with("50"), pl.col("validTo").is_null()
    )
    assert set(rows["sourceCode"]) == set(today["code"])
    assert len(rows) == 38
    assert set(rows["targetCode"]) <= set(klass("128/codes.csv")["code"])
    assert set(rows["konstruert"]) == {"true"}


def test_changes_lead_every_old_code_to_todays_38() -> None:
    changes = klass("131/changes.csv")
    valid = klass("131/codes.csv")
    old = valid.filter(pl.col("code").str.contains("^(16|17|50)"), pl.col("validTo").is_not_null())
    gone = set(old["code"]) - set(valid.filter(pl.col("validTo").is_null())["code"])
    assert gone <= set(changes["oldCode"])
    final = set(changes["newCode"]) - {
        row[0] for row in changes.select("oldCode", "newCode").iter_rows() if row[0] != row[1]
    }
    today = valid.filter(pl.col("code").str.starts_with("50"), pl.col("validTo").is_null())
    assert final <= set(today["code"])


def test_private_schools_and_the_units_that_became_orkland() -> None:
    schools = pl.read_csv(SAMPLE / "nsr/schools.csv", infer_schema=False)
    with_pupils = schools.join(
        published("pupils_by_school"), left_on="Organisasjonsnummer", right_on="orgnr", how="semi"
    )
    private = with_pupils.filter(ErPrivatskole="true")
    assert len(with_pupils) == 44
    assert len(private) == 10
    closed = schools.filter(ErAktiv="false")["Organisasjonsnummer"]
    assert set(closed) == {"974558122", "974557967"}


# Building again


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    construct(tmp_path)
    built = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(built) == 3 * 16 + 2 * 10 + 12 + 1 + 10 + 2 + 8 + 2 + 1 + 2 + 2 + 12
    for name in built:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_sample_is_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) < 9_000_000


@given(
    total=st.integers(0, 10_000),
    weights=st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40),
)
def test_sharing_out_is_exact_and_fair(total: int, weights: list[float]) -> None:
    parts = share_out(total, np.array(weights))
    assert parts.sum() == total
    ideal = total * np.array(weights) / sum(weights)
    assert (np.abs(parts - ideal) <= 1 + 1e-6).all()
