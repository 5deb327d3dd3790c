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
from tasks.forecast import dimensioning, working_life
from tasks.forecast.declared import Declared
from tasks.forecast.evaluation import series
from tasks.forecast.evaluation.benchmarks import KERNELS
from tasks.forecast.firmness import UNRESOLVED
from tasks.forecast.flow import cohort, outcomes
from tasks.forecast.flow.states import Kind
from tasks.forecast.labour import expansion
from tasks.forecast.working_life import Drawn, Intake
from tasks.publish.provenance import ALSO
from tasks.settings import Project, Rooms

pytestmark = pytest.mark.usefixtures("tested_once")
COUNTY = "50"
RULES = Project().reference / "rules"
HOW = {"county": COUNTY, "seed": 3, "draws": 60, "horizon": 8, "sigma": 0.01}


def made(*given: object, **how: object) -> dict[str, pl.DataFrame]:
    return working_life.tables(*given, **how).tables  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def declared() -> Declared:
    return read_declared(RULES)


@pytest.fixture(scope="module")
def frames(night_home: Path) -> dict[str, pl.DataFrame]:
    return run_inputs.read(Rooms(night_home), date(2027, 10, 1))


@pytest.fixture(scope="module")
def tables(frames: dict[str, pl.DataFrame], declared: Declared) -> dict[str, pl.DataFrame]:
    return made(frames, declared, **HOW)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def drawn(frames: dict[str, pl.DataFrame], declared: Declared) -> Drawn:
    return working_life.draw(frames, declared, **HOW)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def intake(drawn: Drawn) -> Intake:
    return working_life.intake_draws(drawn)


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
        made(frames, replace(declared, flow=replace(flow, stay_in_region=kept)), **HOW)  # type: ignore[arg-type]
        for kept in (full, half)
    ]
    before, after = (t["openings"]["candidates_mean"].to_numpy() for t in found)
    np.testing.assert_allclose(after, before / 2, rtol=0.02, atol=0.02)
    assert found[0]["openings"]["openings_mean"].equals(found[1]["openings"]["openings_mean"])


def test_the_same_seed_gives_the_same_bytes(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    again = made(frames, declared, **HOW)  # type: ignore[arg-type]
    other = made(frames, declared, **(HOW | {"seed": 4}))  # type: ignore[arg-type]
    for name, table in tables.items():
        assert table.equals(again[name])
    assert not tables["openings"].equals(other["openings"])


def test_scenarios_move_what_they_are_about_and_nothing_else(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    names = ["batterifabrikk", "formidling-65", "hoy-befolkning"]
    chosen = scenarios.chosen(Project().reference, names)
    found = made(frames, declared, **HOW, scenarios=chosen)  # type: ignore[arg-type]
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
    every = {name for used in ALSO.values() for name in used}
    assert set(told) == every - {"ssb_projection", "ssb_population", "county_pupils"}
    assert told["nav_vacancies"] == "2026-01"
    assert told["nav_survey_county"] == "2026"
    assert told["county_contracts"].startswith("2025-")


@pytest.mark.parametrize(
    "absent", ["labour.employed_by_occupation", "flow.transitions", "flow.certificates"]
)
def test_without_what_it_reads_the_tables_are_empty_and_say_why(
    frames: dict[str, pl.DataFrame], declared: Declared, absent: str
) -> None:
    found = made(
        frames | {absent: frames[absent].clear()},
        declared,
        **HOW,  # type: ignore[arg-type]
    )
    for name in set(working_life.SCHEMAS) - {"working_life_notes"}:
        assert found[name].is_empty()
        assert found[name].schema == working_life.SCHEMAS[name]
    (why,) = found["working_life_notes"]["done"].to_list()
    assert "Gjør slik" in why


def test_the_need_of_an_area_is_its_demand_over_the_shares_of_the_run(
    drawn: Drawn, intake: Intake
) -> None:
    """From the pieces: one area of Vg2 in one region, completion from the flow's own outcomes."""
    assert intake.need.shape == (60, len(intake.codes), len(intake.regions), 8)
    assert intake.need.dtype == intake.demand.dtype == np.float32
    area, region = "HSHEA2----", "intake-namdal"
    row, place = intake.codes.index(area), intake.regions.index(region)
    model, space = drawn.flow.model, drawn.flow.model.space
    home = drawn.frames["flow.regions"].filter(pl.col("region_code") == region)
    group = model.group[model.regions.index(sorted(home["municipality_code"])[0])]
    passed = [
        i for i in space.where(Kind.CERTIFICATE) if drawn.area_of[space.nodes[i].unit] == area
    ]
    found = outcomes.outcomes(
        model,
        np.array([space.codes.index(f"pupil:{area}:2")]),
        drawn.flow.without_place,
        seed=3,
        county=COUNTY,
        draws=60,
        years=5,
        group=int(group),
        ends={"certificate": np.array(passed)},
    )
    rules = drawn.declared.flow
    at_work, stay = cohort.supply_shares(
        cohort.declared(rules.participation, len(drawn.codes)),
        cohort.declared(rules.stay_in_region, len(drawn.regions)),
        key=(3, COUNTY),
        draws=range(60),
    )
    through = found.shares[:, 0, 0, 4] * at_work[:, drawn.codes.index(area)] * stay[:, place]
    jobs = drawn.needed.strict[:, drawn.needed.targets.index(area), place]
    year = drawn.years[2]
    want = jobs[:, drawn.needed.years.index(year + 3)] / through
    np.testing.assert_allclose(intake.need[:, row, place, 2], want, rtol=1e-4)


def test_vg1_takes_in_for_all_that_follows_from_it(drawn: Drawn, intake: Intake) -> None:
    row = intake.codes.index("HSHSF1----")
    after = [i for i, c in enumerate(intake.codes) if c[:2] == "HS" and c[5] == "2"]
    summed = intake.demand[:, after].sum(axis=1)
    np.testing.assert_allclose(intake.demand[:, row], summed, rtol=1e-5)
    assert intake.lead[row] == 4
    assert (intake.lead[after] == 3).all()
    # Some who begin on Vg1 never come to Vg2: more must begin there than on all of Vg2 together,
    # for jobs of the same year.
    begin = intake.need[..., 0][:, row].sum(axis=1).mean()
    second = intake.need[..., 1][:, after].sum(axis=(1, 2)).mean()
    assert begin > second


def test_what_lies_past_the_horizon_is_not_known(
    intake: Intake, tables: dict[str, pl.DataFrame]
) -> None:
    for row, lead in enumerate(intake.lead.tolist()):
        assert np.isnan(intake.need[:, row, :, 8 - lead :]).all()
        assert (intake.need[:, row, :, : 8 - lead] >= 0).all()
    rows = tables["intake_need"]
    last = rows.group_by("lead_years").agg(pl.col("year").max()).sort("lead_years")
    assert (last["year"] + last["lead_years"]).unique().to_list() == [intake.years[-1]]
    assert rows["need_p50"].null_count() == 0
    assert ((rows["need_p10"] <= rows["need_p50"]) & (rows["need_p50"] <= rows["need_p90"])).all()
    (told,) = tables["working_life_notes"].filter(pl.col("done").str.contains("ingen elever"))[
        "done"
    ]
    assert "TPMAR2----" in told
    assert "TPMAR2----" not in set(rows["programme_area_code"])


def test_the_county_needs_what_its_regions_need(intake: Intake, drawn: Drawn) -> None:
    rows = working_life.tables_of(drawn, intake)["intake_need"]
    at = (pl.col("programme_area_code") == "BATMF2----") & (pl.col("year") == intake.years[0])
    row = rows.row(by_predicate=at & (pl.col("region_code") == COUNTY), named=True)
    summed = intake.need[:, intake.codes.index("BATMF2----"), :, 0].sum(axis=1)
    assert row["need_p50"] == pytest.approx(np.median(summed), rel=1e-5)
    assert row["need_p90"] == pytest.approx(np.quantile(summed, 0.9), rel=1e-5)


def test_fewer_draws_are_the_first_of_more(
    frames: dict[str, pl.DataFrame], declared: Declared, intake: Intake
) -> None:
    few = working_life.intake_draws(
        working_life.draw(frames, declared, **(HOW | {"draws": 25}))  # type: ignore[arg-type]
    )
    assert few.need.tobytes() == intake.need[:25].tobytes()
    assert few.demand.tobytes() == intake.demand[:25].tobytes()


def test_half_as_many_who_stay_is_twice_the_need(
    frames: dict[str, pl.DataFrame], declared: Declared
) -> None:
    stay = declared.flow.stay_in_region
    found = []
    for share in (stay.shares["share"], stay.shares["share"] / 2):
        kept = replace(stay, shares={"share": share}, persons=1e7)
        rules = replace(declared, flow=replace(declared.flow, stay_in_region=kept))
        found.append(working_life.intake_draws(working_life.draw(frames, rules, **HOW)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found[0].demand, found[1].demand)
    told = ~np.isnan(found[0].need[0])
    full, half = (one.need.mean(axis=0) for one in found)
    np.testing.assert_allclose(half[told], 2 * full[told], rtol=0.01)


def test_a_scenario_draws_only_the_side_that_it_touches(
    drawn: Drawn, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.forecast.working_life import scenarios as beside

    calls: list[str] = []
    for name, owner, attribute in (
        ("openings", beside.labour, "simulate"),
        ("candidates", beside, "supply"),
    ):
        real = getattr(owner, attribute)

        def counted(*args: object, name: str = name, real: object = real, **more: object) -> object:
            calls.append(name)
            return real(*args, **more)  # type: ignore[operator]

        monkeypatch.setattr(owner, attribute, counted)
    drew = {}
    for name in ("batterifabrikk", "formidling-65", "hoy-befolkning"):
        calls.clear()
        chosen = scenarios.chosen(Project().reference, [name])
        working_life.tables_of(drawn, intake, chosen)
        drew[name] = list(calls)
    assert drew == {
        "batterifabrikk": ["openings"],
        "formidling-65": ["candidates"],
        "hoy-befolkning": ["openings", "candidates"],
    }


def test_everything_that_a_scenario_may_suppose_is_of_a_side() -> None:
    from tasks.forecast.scenario import Scenario
    from tasks.forecast.working_life.scenarios import OF_DEMAND, OF_SUPPLY

    told = {"id", "title", "description"}
    assert {*OF_DEMAND, *OF_SUPPLY} == set(Scenario.model_fields) - told


def test_the_matrix_is_told_beside_the_openings_that_it_makes(
    tables: dict[str, pl.DataFrame],
) -> None:
    key = ["programme_area_code", "region_code"]
    rows = tables["robustness"]
    assert rows.select(key).equals(tables["indicators"].select(key))
    first, last = (rows[name][0] for name in ("first_year", "last_year"))
    means = (
        tables["openings"]
        .filter(pl.col("year").is_between(first, last))
        .group_by(key)
        .agg(pl.col("openings_mean", "openings_flexible").mean())
    )
    both = rows.join(means, on=key)
    np.testing.assert_allclose(both["strict"], both["openings_mean"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(both["flexible"], both["openings_flexible"], rtol=1e-4, atol=1e-3)
    assert rows["assessment_strict"].to_list() == tables["indicators"]["assessment"].to_list()
    assert rows["differs"].any()
    assert not rows["differs"].all()


def test_shortage_today_is_the_newest_survey_of_the_county(
    tables: dict[str, pl.DataFrame], frames: dict[str, pl.DataFrame]
) -> None:
    rows = tables["shortage_now"]
    published = frames["labour.enterprise_survey_by_county"].filter(pl.col("area_code") == COUNTY)
    whole = rows.row(by_predicate=pl.col("occupation_group") == "*", named=True)
    assert whole["shortage"] == published["shortage_persons"][0]
    assert whole["shortage_p10"] < whole["shortage"] < whole["shortage_p90"]
    assert len(rows) == 10
    assert rows["vacancies_per_job_seeker"].null_count() == 0
    old = tables["shortage_by_occupation"]
    assert set(old["year"]) == {2017}
    assert 0 < old["rate"].max() < 1


def test_without_the_survey_the_rest_stands_and_the_reason_is_told(
    frames: dict[str, pl.DataFrame], declared: Declared, tables: dict[str, pl.DataFrame]
) -> None:
    name = "labour.enterprise_survey_by_county"
    found = made(
        frames | {name: frames[name].clear()},
        declared,
        **HOW,  # type: ignore[arg-type]
    )
    assert found["shortage_now"].is_empty()
    (why,) = found["working_life_notes"].filter(pl.col("what") == "mangel på arbeidskraft i dag")[
        "done"
    ]
    assert "bedriftsundersøkelse" in why
    for kept in ("openings", "indicators", "intake_need", "apprenticeship_coverage"):
        assert found[kept].equals(tables[kept])


def test_apprenticeship_coverage_is_of_the_newest_count(tables: dict[str, pl.DataFrame]) -> None:
    rows = tables["apprenticeship_coverage"]
    assert rows["counted_on"].unique().to_list() == [date(2025, 12, 31)]
    whole = rows.row(by_predicate=pl.col("programme_area_code") == "*", named=True)
    areas = rows.filter(pl.col("programme_area_code") != "*")
    assert areas["applicants"].sum() == whole["applicants"]
    assert areas["closed_trades"].sum() == whole["closed_trades"]
    told = areas.filter(pl.col("coverage").is_not_null())
    assert (
        (told["coverage_p10"] < told["coverage"]) & (told["coverage"] < told["coverage_p90"])
    ).all()


def test_a_run_hangs_the_need_on_its_forecast(
    frames: dict[str, pl.DataFrame], declared: Declared
) -> None:
    how = {key: HOW[key] for key in ("county", "seed", "draws", "horizon")}
    found = dimensioning.forecast(frames, declared, **how)  # type: ignore[arg-type]
    need = working_life.tables(frames, declared, **HOW, flow=found.flow).need  # type: ignore[arg-type]
    assert need is not None
    forecast = dimensioning.with_needs(found, need, declared.rules.entry_age)
    area = forecast.axes.programme_areas.index("HSHEA2----")
    laid = np.nansum(forecast.demand[:, area], axis=1)
    wanted = need.demand[:, need.codes.index("HSHEA2----")].sum(axis=1)
    known = ~np.isnan(wanted)
    np.testing.assert_allclose(laid[known], wanted[known], rtol=1e-4)
    # General programmes: no trade certificate, and no need that working life has told.
    assert np.isnan(
        forecast.intake_need[:, forecast.axes.programme_areas.index("STREA2----")]
    ).all()
    empty = working_life.tables(
        frames | {"labour.employed_by_occupation": frames["labour.employed_by_occupation"].clear()},
        declared,
        **HOW,  # type: ignore[arg-type]
        flow=found.flow,
    )
    assert empty.need is None
    assert empty.tables["openings"].is_empty()
    assert dimensioning.with_needs(found, None, 16).working_life is None


def test_employment_goes_by_what_won_its_test(
    frames: dict[str, pl.DataFrame], declared: Declared, drawn: Drawn
) -> None:
    """Law 6 on the industries: the mean is the benchmark's as far as it was tested."""
    test = series.in_a_run(series.Given(frames, declared, COUNTY))[series.EMPLOYED]
    used = str(test.rows["used"][0])
    model = drawn.needed.model
    held = working_life.held(model, test, 60, declared.standards.size_bounds)
    last = model.data.industry[-1].T
    before, after = (
        expansion.draw(
            m.said, m.data.industry[-1], m.ensemble, np.zeros(1, int), (3, COUNTY, range(1))
        )
        for m in (model, held)
    )
    assert before.tobytes() == after.tobytes(), "what is drawn is the same"
    mean = (model.industries(range(60)) * held.held)[..., 1:]  # type: ignore[operator]
    wanted = KERNELS[used](
        model.data.industry.transpose(2, 1, 0).reshape(-1, len(model.data.years)), (1, 2, 3, 4)
    ).reshape(*last.shape, 4)
    np.testing.assert_allclose(mean[..., :4][last > 0], wanted[last > 0], rtol=1e-5)
    growth = model.industries(range(60))
    beyond = held.held[..., 5:] / held.held[..., 4:5]  # type: ignore[index]
    np.testing.assert_allclose(beyond, 1.0)
    assert growth.shape == held.held.shape  # type: ignore[union-attr]
    assert not np.array_equal(
        working_life.draw(frames, declared, **HOW, employment=test).needed.strict,  # type: ignore[arg-type]
        drawn.needed.strict,
    )


def test_candidates_go_by_what_won_the_test_of_certificates(
    frames: dict[str, pl.DataFrame], declared: Declared, drawn: Drawn
) -> None:
    test = series.in_a_run(series.Given(frames, declared, COUNTY))[series.CERTIFICATES]
    used = str(test.rows["used"][0])
    factor = working_life.level(drawn, test)
    assert factor.shape == (len(drawn.codes), len(drawn.years))
    if used not in KERNELS:
        assert (factor == 1).all()
        return
    # As far as the flow was judged the level is the benchmark's; beyond that it stays.
    judged = int(test.rows.filter(pl.col("is_model"))["horizon"].max())  # type: ignore[arg-type]
    assert not np.allclose(factor[:, 0], 1)
    np.testing.assert_allclose(
        factor[:, judged:], factor[:, judged - 1 : judged].repeat(8 - judged, 1)
    )
    held = working_life.supply(replace(drawn, level=factor))
    free = working_life.supply(drawn)
    np.testing.assert_allclose(held, free * factor[:, None, :], rtol=1e-5, atol=1e-9)
