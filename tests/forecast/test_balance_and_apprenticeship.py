from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.errors import NotFound
from tasks.forecast import apprenticeship, balance, summary
from tasks.forecast.panel import Panel
from tasks.forecast.types import Axes, Forecast, Rules

Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def forecast(panel: Panel) -> Forecast:
    """Futures round the last count, three years on."""
    rng = np.random.default_rng(1)
    axes = Axes(panel.areas, panel.homes, (2026, 2027, 2028))
    level = rng.gamma(400, 1 / 400, (80, len(panel.areas), 1, 3))
    pupils = rng.poisson(panel.pupils[-1][None, :, :, None] * level).astype(np.float32)
    return Forecast(axes, pupils, np.full((80, len(panel.areas)), 1.2, np.float32))


def places(panel: Panel, forecast: Forecast, frames: Frames, rules: Rules) -> pl.DataFrame:
    return balance.table(panel, forecast, frames, rules, 2027, county="50")


def test_regions_add_up_to_the_county(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    table = places(panel, forecast, frames, rules).filter(~pl.col("county_wide"))
    parts = table.filter(pl.col("region_code") != "50")
    whole = table.filter(pl.col("region_code") == "50")
    for column in ("places_county", "classes_county", "pupils_now", "needed_mean"):
        assert parts.get_column(column).sum() == pytest.approx(whole.get_column(column).sum())
    everyone = forecast.progression[..., 1].sum(axis=(1, 2)).mean()
    total = places(panel, forecast, frames, rules).filter(
        pl.col("region_code") == "50", pl.col("level") == "*"
    )
    assert total.get_column("needed_mean").sum() == pytest.approx(everyone, rel=1e-5)


def test_all_levels_are_the_sum_of_levels_but_their_intervals_are_their_own(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    table = places(panel, forecast, frames, rules)
    key = ["programme_code", "region_code"]
    counts = ["places_county", "places_private", "classes_county", "pupils_now"]
    sums = [pl.col(c).sum() for c in (*counts, "needed_mean", "needed_p90")]
    levels = table.filter(pl.col("level") != "*").group_by(key).agg(sums).sort(key)
    whole = table.filter(pl.col("level") == "*").select(*key, *counts, "needed_mean", "needed_p90")
    joined = whole.join(levels, on=key, suffix="_sum")
    assert joined.height == whole.height
    for column in (*counts, "needed_mean"):
        assert joined[column].to_list() == pytest.approx(joined[f"{column}_sum"].to_list())
    assert joined["needed_p90"].sum() < joined["needed_p90_sum"].sum()


def test_county_wide_programmes_are_assessed_for_the_county_only(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    table = places(panel, forecast, frames, rules)
    wide = table.filter(pl.col("programme_code").is_in(["NA", "ID", "RM"]))
    assert set(wide.get_column("region_code")) == {"50"}
    assert wide.get_column("county_wide").all()


def test_assessment_only_where_it_is_certain(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    table = places(panel, forecast, frames, rules)
    low, high = pl.col("p_shortage"), pl.col("p_surplus")
    sure = pl.max_horizontal(low, high, 1 - low - high) >= rules.certainty
    assert table.select(((pl.col("assessment") != "uavklart") == sure).all()).item()
    assert set(table.get_column("assessment")) >= {"uavklart", "overskudd"}


@pytest.mark.parametrize(
    ("gap", "spare", "expected"),
    [
        ([10.0] * 9 + [0.0], 0.0, (0.9, 0.0, 0.0)),
        ([-20.0] * 10, 1.0, (0.0, 1.0, 0.0)),
        ([-20.0] * 10, 0.5, (0.0, 0.0, 1.0)),
        ([-4.0] * 5 + [4.0] * 5, 2.0, (0.0, 0.0, 0.0)),
    ],
)
def test_what_counts_as_shortage_and_surplus(
    rules: Rules, gap: list[float], spare: float, expected: tuple[float, float, float]
) -> None:
    draws = np.array(gap)[:, None]
    found = balance.assess(draws, np.full_like(draws, spare), np.array([100.0]), rules)
    assert (found[0][0], found[1][0], found[3][0]) == pytest.approx(expected)
    assert found[0][0] + found[1][0] + found[2][0] == pytest.approx(1)


def row(**values: Any) -> dict[str, Any]:
    return {
        "organisation_number": "1",
        "programme_area_code": "HSHSF1----",
        "level": 1,
        "mode": "skole",
        "valid_from": date(2025, 8, 1),
        "places": 15,
    } | values


def test_the_newest_row_that_counts_by_then() -> None:
    frame = pl.DataFrame(
        [
            row(),
            row(valid_from=date(2026, 8, 1), places=30),
            row(valid_from=date(2028, 8, 1), places=60),
            row(organisation_number="2", places=45),
        ]
    )
    for on, expected in (
        (date(2025, 10, 1), 60),
        (date(2027, 10, 1), 75),
        (date(2028, 10, 1), 105),
    ):
        assert balance.valid_places(frame, on).get_column("places").sum() == expected


def test_private_places_are_given_and_lower_the_countys_classes(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    own = places(panel, forecast, frames, rules)
    private = frames["places"].with_columns(pl.lit("private").alias("owner"))
    table = places(panel, forecast, frames | {"places": private}, rules)
    assert table.get_column("places_county").sum() == 0
    assert table.get_column("places_private").sum() == own.get_column("places_county").sum()
    assert table.get_column("gap_mean").sum() == pytest.approx(own.get_column("gap_mean").sum())
    assert table.get_column("classes_needed").sum() < own.get_column("classes_needed").sum()


def test_travel_shares_are_shares_and_need_follows_the_offer(panel: Panel, frames: Frames) -> None:
    region = panel.regions[0]
    area = panel.areas.index("HSHSF1----")
    gone = frames["places"].filter(
        ~(
            (pl.col("programme_area_code") == "HSHSF1----")
            & (pl.col("intake_region_code") == region)
        )
    )
    changed = frames | {"places": gone}
    offered = balance.offer(panel, changed, 2027)
    shares = balance.travel(panel, changed, offered)
    assert shares.sum(axis=2) == pytest.approx(np.ones(shares.shape[:2]))
    assert shares[area, 0, 0] == 0
    now = balance.travel(panel, frames, balance.offer(panel, frames, 2027))
    assert now[area, 0, 0] == 1, "everyone goes to school at home in this county"


def test_apprentices_are_held_to_the_published_totals(
    panel: Panel, forecast: Forecast, frames: Frames
) -> None:
    programmes, leaving = apprenticeship.leaving_areas(panel, frames)
    assert "HS" in programmes
    assert "ST" not in programmes
    pupils = {
        y: (leaving @ n.sum(axis=1)).sum() for y, n in zip(panel.years, panel.pupils, strict=True)
    }
    ratios = apprenticeship.application_ratio(panel, frames, leaving, "50")
    assert ratios == pytest.approx([2211 / pupils[2024], 2161 / pupils[2025]])
    table = apprenticeship.table(panel, forecast, frames, 2026, county="50", seed=1)
    total = table.filter(pl.col("programme_code") == "*", pl.col("region_code") == "50")
    shares = [2211 / pupils[2024], 1.0 * 2161 / pupils[2025]]
    possible = [pupils[2025] * share for share in shares]
    assert total.get_column("applicants_p10").item() == pytest.approx(min(possible))
    assert total.get_column("applicants_p90").item() == pytest.approx(max(possible))


def test_placed_and_unplaced_are_all_who_applied(
    panel: Panel, forecast: Forecast, frames: Frames
) -> None:
    table = apprenticeship.table(panel, forecast, frames, 2027, county="50", seed=1)
    apply, placed, left = (
        table.get_column(f"{c}_mean").to_numpy() for c in ("applicants", "placed", "unplaced")
    )
    assert placed + left == pytest.approx(apply, rel=1e-5)
    newest = table.get_column("unplaced_as_newest").to_numpy()
    assert newest == pytest.approx(apply * (1 - 0.733))
    county = table.filter(pl.col("region_code") == "50")
    assert county.filter(pl.col("programme_code") == "*").get_column("contracts_now").item() > 0
    regions = table.filter(pl.col("region_code") != "50")
    assert regions.get_column("contracts_now").null_count() == regions.height


def test_placement_is_the_last_decembers_as_published(frames: Frames) -> None:
    assert apprenticeship.placement_rates(frames, "50").tolist() == [0.81, 0.80, 0.733]
    table = apprenticeship.placement(frames, "50")
    assert table.filter(pl.col("month") == 12, pl.col("year") == 2025).row(0)[3:] == (
        73.3,
        "Mulig brudd",
        True,
    )
    drawn = table.filter("drawn").sort("year")
    assert drawn.get_column("percent").to_list() == [81.0, 80.0, 73.3]


@pytest.mark.parametrize(
    ("name", "text"), [("applicants", "læreplass"), ("placement", "formidling")]
)
def test_missing_apprentice_figures_are_named(
    panel: Panel, forecast: Forecast, frames: Frames, name: str, text: str
) -> None:
    with pytest.raises(NotFound, match=text):
        apprenticeship.table(
            panel, forecast, frames | {name: frames[name].clear()}, 2027, county="50", seed=1
        )


def test_expected_rows_and_applicants_now(panel: Panel, forecast: Forecast, frames: Frames) -> None:
    table = summary.expected(panel, forecast, frames, "50")
    assert table.height == (len(panel.programmes) + 1) * 6 * 3
    health = table.filter(pl.col("programme_code") == "HS", pl.col("school_year") == "2026/27")
    county = health.filter(pl.col("region_code") == "50")
    published = frames["applicants"].filter(
        pl.col("programme_code") == "HS", pl.col("year") == 2026
    )
    assert county.get_column("applicants_now").item() == published.get_column("applicants").item()
    assert (
        health.filter(pl.col("region_code") != "50").get_column("applicants_now").null_count() == 5
    )
    assert (
        county.get_column("pupils_now").item()
        == panel.pupils[-1, [p == "HS" for p in panel.programme]].sum()
    )
    assert county.get_column("applicants_mean").item() == pytest.approx(
        1.2 * county.get_column("pupils_mean").item(), rel=0.03
    )


def test_cohort_is_registered_then_spread_out(panel: Panel, frames: Frames, rules: Rules) -> None:
    table = summary.cohort(panel, frames, rules, 0.02, county="50", seed=1, draws=400)
    county = table.filter(pl.col("region_code") == "50", pl.col("age_group") == "16-18")
    registered = county.filter(pl.col("basis") == "registered")
    assert registered.get_column("year").max() == 2026
    assert registered.select((pl.col("p10") == pl.col("p90")).all()).item()
    width = county.filter(pl.col("year") > 2026).select(pl.col("p90") - pl.col("p10"))
    widths = width.to_series().to_list()
    assert widths[0] < widths[5] < widths[-1]
    parts = table.filter(pl.col("region_code") != "50", pl.col("age_group") == "16-18")
    summed = parts.group_by("year").agg(pl.col("persons").sum()).sort("year").get_column("persons")
    assert summed.to_numpy() == pytest.approx(county.sort("year").get_column("persons").to_numpy())
    assert set(table.get_column("age_group")) == {"16-18", "16"}


def test_a_need_that_rests_on_judgement_is_never_classed(
    panel: Panel, forecast: Forecast, frames: Frames, rules: Rules
) -> None:
    firm = places(panel, forecast, frames, rules)
    assert set(firm["assessment"]) - {"uavklart"}, "something must be certain for this to tell"
    published = balance.table(
        panel, forecast, frames, rules, 2027, county="50", rests_on=("registered", "published")
    )
    assert published.equals(firm)
    judged = balance.table(
        panel, forecast, frames, rules, 2027, county="50", rests_on=("published", "skjønn")
    )
    assert set(judged["assessment"]) == {"uavklart"}
    assert judged.drop("assessment").equals(firm.drop("assessment"))
