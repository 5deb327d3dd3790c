from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from intake_tools import COUNTY, county, rules

from tasks.errors import NotFound
from tasks.places.intake import tables, validation
from tasks.places.intake.applicants import draw
from tasks.places.intake.competition import Rights, intake
from tasks.places.intake.simulate import limits, simulate
from tasks.places.intake.types import MEASURES, Result


@pytest.fixture(scope="module")
def result() -> Result:
    plan, app = county(21, 0.8)
    return simulate([plan], app, rules(), seed=3, county=COUNTY, draws=25)[0]


def test_goals_have_a_row_for_every_sum_that_is_shown(result: Result) -> None:
    rows = tables.goals(result)
    assert rows.height == 2 * 4 * (len(result.offers.regions) + 1) * len(MEASURES)
    county_rows = rows.filter(region_code="*", level="*", round=1)
    by_name = dict(county_rows.select("measure", "mean").iter_rows())
    everyone = result.measures[:, 0, :, -1, 0].sum(axis=1)
    assert by_name["applicants"] == pytest.approx(everyone.mean())
    assert by_name["one_of_three"] + by_name["without"] == pytest.approx(by_name["applicants"])
    one = county_rows.filter(measure="first_programme").row(0, named=True)
    met = result.measures[:, 0, :, -1, 1].sum(axis=1)
    assert one["p10"] == pytest.approx(np.quantile(met, 0.1))
    assert one["share_p90"] == pytest.approx(np.quantile(met / everyone, 0.9), rel=1e-5)
    assert (rows["p10"] <= rows["p90"]).all()


def test_a_region_without_applicants_has_no_share(result: Result) -> None:
    empty = Result(
        result.offers, result.regions, np.zeros_like(result.measures), result.wished,
        result.admitted, result.limit,
    )  # fmt: skip
    rows = tables.goals(empty)
    assert rows["share_mean"].null_count() == rows.height
    assert rows["mean"].abs().sum() == 0


def test_offers_tell_places_wishes_and_limits(result: Result) -> None:
    rows = tables.offers(result)
    plan = result.offers
    assert rows.height == 2 * plan.count
    assert (rows["admitted_mean"] + rows["empty_mean"] - rows["places"]).abs().max() < 1e-3
    assert rows.equals(pl.concat([tables.offers(result, 1), tables.offers(result, 2)]))
    first = rows.filter(round=1)
    open_to_all = np.isnan(result.limit[:, 0]).all(axis=0)
    assert first["limit_p50"].is_null().to_numpy().tolist() == open_to_all.tolist()
    assert first["p_limited"].to_numpy() == pytest.approx(np.isfinite(result.limit[:, 0]).mean(0))
    assert open_to_all.any()
    assert not open_to_all.all()


def test_empty_places_of_a_region_are_those_of_its_offers(result: Result) -> None:
    rows, plan = tables.empty(result), result.offers
    assert rows.height == 2 * 4 * (len(plan.regions) + 1)
    total = rows.filter(round=2, level="*", region_code="*").row(0, named=True)
    assert total["places"] == plan.places.sum()
    drawn = result.empty[:, 1].sum(axis=1)
    assert total["empty_mean"] == pytest.approx(drawn.mean())
    assert total["empty_p90"] == pytest.approx(np.quantile(drawn, 0.9))
    here = (plan.school_region[plan.school] == 0) & (plan.levels[plan.area] == 1)
    one = rows.filter(round=2, level="1", region_code=plan.regions[0]).row(0, named=True)
    assert one["places"] == plan.places[here].sum()
    assert one["empty_p90"] == pytest.approx(np.quantile(result.empty[:, 1, here].sum(axis=1), 0.9))
    assert 0 < one["empty_mean"] < total["places"]


def test_tables_have_the_same_types_whatever_is_in_them() -> None:
    """A limit that no draw has is of the same type as one that many have."""
    plan, app = county(23, 0.5)
    wide = plan.with_places(np.full(plan.count, 400))
    results = simulate([plan, wide], app, rules(rounds=1), seed=1, county=COUNTY, draws=3)
    tight, loose = (tables.offers(r) for r in results)
    assert tight.schema == loose.schema
    assert {t for c, t in tight.schema.items() if c.startswith("limit")} == {pl.Float64}
    assert loose["limit_p50"].null_count() == loose.height
    one, other = (tables.goals(r) for r in results)
    assert one.schema == other.schema


def test_nobody_let_in_on_points_has_fewer_than_the_limit() -> None:
    plan, app = county(22, 0.6)
    people = draw(app, plan, rules(), seed=1, county=COUNTY, number=0)
    done = intake(people, plan, app, Rights.of(plan, app, rules()), rules())[0]
    found = limits(done, people, plan.count)
    closed = np.flatnonzero(np.isfinite(found))
    assert len(closed) > 5
    for offer in closed:
        mine = people.points[(done.offer == offer) & done.ordinary]
        assert mine.min() == pytest.approx(found[offer])
        assert done.refused[offer]


LIMITS = pl.DataFrame(
    [
        # school, region, programme, name, offer, points, open
        ("1", "a", "ST", "Studiespesialisering", "Studiespesialisering", 40.0, False),
        ("1", "a", "ST", "Studiespesialisering", "Studiespesialisering, IB", 54.0, False),
        ("2", "a", "ST", "Studiespesialisering", "Studiespesialisering", 30.0, False),
        ("3", "b", "ST", "Studiespesialisering", "Studiespesialisering", None, True),
        ("1", "a", "MD", "Musikk, dans og drama", "Musikk, dans og drama, dans", 49.0, False),
        ("1", "a", "MD", "Musikk, dans og drama", "Musikk, dans og drama, drama", 42.0, False),
        ("2", "a", "MD", "Musikk, dans og drama", "Musikk, dans og drama, dans", 35.0, False),
        ("2", "a", "MD", "Musikk, dans og drama", "Musikk, dans og drama, musikk", None, True),
    ],
    [
        "organisation_number", "intake_region_code", "programme_code", "programme", "offer",
        "points", "is_open",
    ],
    orient="row",
).with_columns(pl.lit(2025).alias("year"), pl.lit("Vg1").alias("level_name"),
               pl.col("organisation_number").alias("school"))  # fmt: skip


def simulated() -> pl.DataFrame:
    rows = [
        ("1", "ST", 38.0, 0.9), ("2", "ST", 33.0, 0.6), ("3", "ST", 20.0, 0.2),
        ("1", "MD", 43.0, 1.0), ("2", "MD", None, 0.0),
    ]  # fmt: skip
    frame = pl.DataFrame(
        rows, ["organisation_number", "programme_code", "limit_p50", "p_limited"], orient="row"
    )
    return frame.with_columns(
        (pl.col("limit_p50") - 3).alias("limit_p10"),
        (pl.col("limit_p50") + 3).alias("limit_p90"),
        round=1, level=1, programme_area_code=pl.lit("x"), places=30, wished_mean=30.0,
    )  # fmt: skip


def test_lines_of_a_programme_are_one_offer() -> None:
    real = {
        (s, p): r
        for s, p, r in validation.published(LIMITS, 2025)
        .select("organisation_number", "programme_code", "real")
        .iter_rows()
    }
    assert real == {
        ("1", "ST"): 40.0, ("2", "ST"): 30.0, ("3", "ST"): None,
        ("1", "MD"): 42.0, ("2", "MD"): None,
    }  # fmt: skip
    with pytest.raises(NotFound, match="2019"):
        validation.published(LIMITS, 2019)


def test_how_far_off_is_told_beside_a_benchmark() -> None:
    rows = validation.compared(simulated(), LIMITS, 2025)
    st = rows.filter(programme_code="ST").sort("school")
    assert st["miss"].to_list() == [-2.0, 3.0, None]
    # The other's limit is the benchmark: 30 for 40, and 40 for 30.
    assert st["benchmark_miss"].to_list() == [-10.0, 10.0, None]
    assert st["p_limited_others"].to_list() == [0.5, 0.5, 1.0]
    [one] = validation.summary(rows.filter(programme_code="ST")).to_dicts()
    assert (one["offers"], one["limits"], one["simulated"]) == (3, 2, 2)
    assert (one["miss_q1"], one["miss_q2"], one["miss_q3"]) == (-0.75, 0.5, 1.75)
    assert (one["absolute"], one["benchmark_absolute"]) == (2.5, 10.0)
    assert one["inside"] == 1.0
    assert one["brier"] == pytest.approx((0.01 + 0.16 + 0.04) / 3)
    assert one["benchmark_brier"] == pytest.approx((0.25 + 0.25 + 1.0) / 3)
    by = validation.summary(rows, "programme_code")
    assert by["programme_code"].to_list() == ["MD", "ST"]
    assert by.filter(programme_code="MD")["absolute"].item() is None


def test_what_goes_with_the_miss_is_found() -> None:
    rows = pl.DataFrame(
        {
            "miss": [3.0, 1.0, -2.0, -8.0],
            "real": [20.0, 30.0, 35.0, 50.0],
            "wished_mean": [30.0, 40.0, 20.0, 35.0],
            "places": [30, 30, 30, 30],
        }
    )
    found = validation.explained(rows)
    assert found["real"] == pytest.approx(-1)
    assert np.isnan(found["places"])
    assert abs(found["pressure"]) < 0.5
