"""Constructed persons: of real size, nobody twice, and as many as is published."""

from __future__ import annotations

import polars as pl
import pytest

from tasks.demo.construct_persons import YEARS, files

PUPILS = {"2023-24": 16_109, "2024-25": 16_434, "2025-26": 16_753}
APPLICANTS = {2024: (15_585, 2_078), 2025: (15_758, 2_211), 2026: (16_109, 2_161)}
CONTRACTS = {2024: 4_958, 2025: 4_770}


@pytest.fixture(scope="module")
def made() -> dict[str, pl.DataFrame]:
    return files(YEARS)


def test_seven_years_of_four_kinds(made: dict[str, pl.DataFrame]) -> None:
    kinds = pl.Series(list(made)).str.extract(r"^([a-z]+)_").value_counts(sort=True)
    assert dict(kinds.iter_rows()) == {"sokere": 8, "elever": 7, "kontrakter": 7, "prover": 7}
    assert sum(frame.height for frame in made.values()) > 400_000
    assert all((frame["konstruert"] == "true").all() for frame in made.values())


@pytest.mark.parametrize("year", PUPILS)
def test_pupils_are_as_many_as_published(year: str, made: dict[str, pl.DataFrame]) -> None:
    rows = made[f"elever_{year}.csv"]
    assert rows.height == rows["fodselsnummer"].n_unique() == PUPILS[year]
    assert rows["skole_orgnr"].n_unique() == 41


@pytest.mark.parametrize("year", APPLICANTS)
def test_applicants_are_as_many_as_published(year: int, made: dict[str, pl.DataFrame]) -> None:
    rows = made[f"sokere_{year}.csv"]
    found = rows.group_by("soker_til").agg(pl.col("fodselsnummer").n_unique())
    assert dict(found.iter_rows()) == dict(
        zip(("skole", "laereplass"), APPLICANTS[year], strict=True)
    )
    firsts = rows.filter(prioritet="1")
    assert firsts.height == sum(APPLICANTS[year])
    assert rows.select("fodselsnummer", "soker_til", "prioritet").is_unique().all()


@pytest.mark.parametrize("year", CONTRACTS)
def test_contracts_are_as_many_as_published(year: int, made: dict[str, pl.DataFrame]) -> None:
    rows = made[f"kontrakter_{year}.csv"]
    assert rows.height == rows["fodselsnummer"].n_unique() == CONTRACTS[year]
    assert set(rows["kontraktstype"]) == {
        "laerling", "laerekandidat", "praksisbrev", "fagbrev_paa_jobb",
    }  # fmt: skip
    assert rows["laerefag"].null_count() == 0


def test_a_pupil_goes_on_from_level_to_level_and_into_apprenticeship(
    made: dict[str, pl.DataFrame],
) -> None:
    first, second = made["elever_2024-25.csv"], made["elever_2025-26.csv"]
    both = first.join(second, on="fodselsnummer", suffix="_next")
    assert both.height > 8_000
    went_up = both["trinn_next"].cast(pl.Int8) - both["trinn"].cast(pl.Int8)
    assert (went_up == 1).all()
    assert (both["kjonn"] == both["kjonn_next"]).all()
    assert (both["fodselsaar"] == both["fodselsaar_next"]).all()
    apprentices = made["kontrakter_2025.csv"].join(first, on="fodselsnummer", how="semi")
    assert apprentices.height > 500


def test_the_same_files_every_time(made: dict[str, pl.DataFrame]) -> None:
    again = files(YEARS)
    assert all(frame.equals(again[name]) for name, frame in made.items())
