"""Working life in a run: on the sample's marts, and where a county has delivered nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tasks import run_inputs, scenarios
from tasks.declared import read_declared
from tasks.forecast import working_life
from tasks.forecast.declared import Declared
from tasks.forecast.firmness import UNRESOLVED
from tasks.publish.provenance import ALSO
from tasks.settings import Project, Rooms

COUNTY = "50"
RULES = Project().reference / "rules"
HOW = {"county": COUNTY, "seed": 3, "draws": 60, "horizon": 8, "sigma": 0.01}


@pytest.fixture(scope="module")
def declared() -> Declared:
    return read_declared(RULES)


@pytest.fixture(scope="module")
def frames(night_home: Path) -> dict[str, pl.DataFrame]:
    return run_inputs.read(Rooms(night_home), date(2027, 10, 1))


@pytest.fixture(scope="module")
def tables(frames: dict[str, pl.DataFrame], declared: Declared) -> dict[str, pl.DataFrame]:
    return working_life.tables(frames, declared, **HOW)  # type: ignore[arg-type]


def test_the_county_is_the_sum_of_its_regions(tables: dict[str, pl.DataFrame]) -> None:
    key = ["programme_area_code", "year"]
    rows = tables["openings"]
    means = ["openings_mean", "openings_flexible", "candidates_mean"]
    county = rows.filter(pl.col("region_code") == COUNTY).sort(key)
    summed = (
        rows.filter(pl.col("region_code") != COUNTY)
        .group_by(key)
        .agg(pl.col(means).sum())
        .sort(key)
    )
    assert len(county) == len(summed) > 100
    for name in means:
        np.testing.assert_allclose(county[name], summed[name], rtol=1e-4, atol=1e-3)
    assert (rows["openings_p10"] <= rows["openings_p90"]).all()
    assert (rows["candidates_mean"] >= 0).all()
    assert rows["candidates_mean"].sum() > 0


def test_nothing_is_called_short_on_judgement(tables: dict[str, pl.DataFrame]) -> None:
    rows = tables["indicators"]
    judged = rows.filter(pl.col("confidence") == "skjønn")
    assert set(judged["assessment"]) == {UNRESOLVED}
    assert judged["settled_by"].str.len_chars().min() > 20
    assert (rows["last_year"] - rows["first_year"]).unique().to_list() == [5]
    assert ((rows["coverage"] >= 0) & (rows["coverage"] <= 1)).all()


def test_the_gap_is_openings_less_candidates_of_its_years(
    tables: dict[str, pl.DataFrame],
) -> None:
    key = ["programme_area_code", "region_code"]
    first, last = (tables["indicators"][name][0] for name in ("first_year", "last_year"))
    means = (
        tables["openings"]
        .filter(pl.col("year").is_between(first, last))
        .group_by(key)
        .agg((pl.col("openings_mean") - pl.col("candidates_mean")).mean().alias("apart"))
    )
    both = tables["indicators"].join(means, on=key)
    assert len(both) == len(tables["indicators"])
    # The mean of the draws lies between their tenth and ninetieth percentile.
    assert ((both["gap_p10"] <= both["apart"]) & (both["apart"] <= both["gap_p90"])).mean() > 0.95


def test_candidates_are_certificates_of_those_who_work_and_stay(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    """Half as many stay: half as many candidates, and not an opening more or less."""
    flow, stay = declared.flow, declared.flow.stay_in_region
    half = replace(stay, shares={"share": stay.shares["share"] / 2}, persons=1e6)
    full = replace(stay, persons=1e6)
    found = [
        working_life.tables(
            frames, replace(declared, flow=replace(flow, stay_in_region=kept)), **HOW
        )  # type: ignore[arg-type]
        for kept in (full, half)
    ]
    before, after = (t["openings"]["candidates_mean"].to_numpy() for t in found)
    np.testing.assert_allclose(after, before / 2, rtol=0.02, atol=0.02)
    assert found[0]["openings"]["openings_mean"].equals(found[1]["openings"]["openings_mean"])


def test_the_same_seed_gives_the_same_bytes(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    again = working_life.tables(frames, declared, **HOW)  # type: ignore[arg-type]
    other = working_life.tables(frames, declared, **(HOW | {"seed": 4}))  # type: ignore[arg-type]
    for name, table in tables.items():
        assert table.equals(again[name])
    assert not tables["openings"].equals(other["openings"])


def test_scenarios_move_what_they_are_about_and_nothing_else(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    names = ["batterifabrikk", "formidling-65", "hoy-befolkning"]
    chosen = scenarios.chosen(Project().reference, names)
    found = working_life.tables(frames, declared, **HOW, scenarios=chosen)  # type: ignore[arg-type]
    assert found["openings"].equals(tables["openings"])
    rows = found["scenarios"]
    assert rows["scenario"].unique(maintain_order=True).to_list() == names

    def moved(scenario: str, quantity: str) -> pl.DataFrame:
        return rows.filter(pl.col("scenario") == scenario, pl.col("quantity") == quantity)

    plant = moved("batterifabrikk", "openings")
    elsewhere = plant.filter(~pl.col("region_code").is_in(["intake-innherred-vaernes", COUNTY]))
    assert elsewhere["difference_mean"].abs().max() == 0
    there = plant.filter(pl.col("region_code") == "intake-innherred-vaernes")
    assert there["difference_mean"].sum() > 5
    assert moved("batterifabrikk", "candidates")["difference_mean"].abs().max() == 0
    fewer = moved("formidling-65", "candidates")
    assert fewer["difference_p90"].max() <= 1e-3
    assert fewer["difference_mean"].sum() < -5
    assert moved("formidling-65", "openings")["difference_mean"].abs().max() == 0
    # The gap is the one less the other, draw by draw.
    apart = moved("formidling-65", "gap")["difference_mean"] + fewer["difference_mean"]
    assert apart.abs().max() < 1e-3


def test_every_dataset_says_which_period_it_is_of(frames: dict[str, pl.DataFrame]) -> None:
    told = working_life.periods(frames)
    assert set(told) == set(ALSO["working_life"]) - {"ssb_projection"}
    assert told["county_contracts"].startswith("2025-")


@pytest.mark.parametrize(
    "absent", ["labour.employed_by_occupation", "flow.transitions", "flow.certificates"]
)
def test_without_what_it_reads_the_tables_are_empty_and_say_why(
    frames: dict[str, pl.DataFrame], declared: Declared, absent: str
) -> None:
    found = working_life.tables(
        frames | {absent: frames[absent].clear()},
        declared,
        **HOW,  # type: ignore[arg-type]
    )
    for name in ("openings", "indicators"):
        assert found[name].is_empty()
        assert found[name].schema == working_life.SCHEMAS[name]
    (why,) = found["working_life_notes"]["done"].to_list()
    assert "Gjør slik" in why
