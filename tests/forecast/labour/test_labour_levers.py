from __future__ import annotations

import numpy as np
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.errors import WrongUse
from tasks.forecast.labour.demand import simulate
from tasks.forecast.labour.levers import Levers, Norm, with_jobs, with_norms
from tasks.forecast.labour.model import fit
from tasks.forecast.scenario import Enterprise, Scenario, StaffingNorm

MODEL = fit(made_up(21), declared(), county=COUNTY, seed=2, horizon=8)
DATA = MODEL.data


def scenario(**what: object) -> Scenario:
    return Scenario(id="prøve", title="Prøve", description="Prøve", **what)


def enterprise(jobs: int = 300, **changes: object) -> Enterprise:
    told = {"industry": "10-33", "municipality": "5006", "year": 2028} | changes
    return Enterprise(name="Fabrikk", jobs=jobs, **told)


def difference(**what: object) -> tuple[np.ndarray, np.ndarray]:
    """Employed and openings with the scenario less without, the same draws."""
    with_it = MODEL.parts(range(30), MODEL.levers(scenario(**what)))
    without = MODEL.parts(range(30))
    return with_it.employed - without.employed, with_it.openings - without.openings


def test_what_is_about_education_changes_no_demand() -> None:
    employed, jobs = difference(guarantee_from=2028)
    assert not employed.any()
    assert not jobs.any()


def test_new_jobs_are_all_filled_in_their_region_from_their_year_on() -> None:
    employed, jobs = difference(enterprise=(enterprise(years_to_full=2),))
    more = employed.sum(axis=1).mean(axis=0)
    years = [DATA.years[-1], *MODEL.years]
    wanted = [150.0 if y == 2028 else 300.0 if y > 2028 else 0.0 for y in years]
    np.testing.assert_allclose(more[DATA.regions.index("intake-b")], wanted, atol=0.05)
    assert not more[DATA.regions.index("intake-a")].any()
    # The difference is the effect: it does not stray from draw to draw.
    assert employed.sum(axis=1).std(axis=0).max() < 0.05
    start = MODEL.years.index(2028)
    assert jobs.sum(axis=(1, 2))[:, start].mean() > 100
    craft = [o.startswith("72") for o in DATA.occupations]
    assert employed[:, craft].sum() > 0.5 * employed.sum()


def test_an_enterprise_that_goes_never_leaves_fewer_than_nobody() -> None:
    gone = MODEL.levers(scenario(enterprise=(enterprise(jobs=-1_000_000),)))
    assert MODEL.parts(range(5), gone).employed.min() >= 0
    assert with_jobs(np.ones((1, 2, 3, 9), np.float32), gone, DATA.group[-1]).min() == 0


def test_two_scenarios_add_up_and_share_their_draws() -> None:
    one, two = enterprise(), enterprise(jobs=50, industry="86-88", municipality="5001")
    both, first, second = (difference(enterprise=e)[0] for e in ((one, two), (one,), (two,)))
    np.testing.assert_allclose(both, first + second, atol=0.05)


def norm(per_thousand: float, occupation: str = "532") -> StaffingNorm:
    return StaffingNorm(
        occupation=occupation,
        from_age=20,
        to_age=120,
        per_thousand=per_thousand,
        year=2030,
        source="Prøve",
    )


def test_a_norm_lifts_its_occupation_to_what_the_served_ask_for() -> None:
    told = scenario(staffing=(norm(900),), projection="main")
    employed = MODEL.parts(range(10), MODEL.levers(told)).employed
    year = DATA.population_years.index(2031)
    served = DATA.population[0, :, 20:, year].sum(axis=-1)
    at = 1 + MODEL.years.index(2030)
    mine = employed[:, DATA.occupations.index("532"), :, at]
    np.testing.assert_allclose(mine, np.broadcast_to(0.9 * served, mine.shape), rtol=1e-3)
    lift, _ = difference(staffing=(norm(900),))
    others = [o != "532" for o in DATA.occupations]
    assert not lift[:, others].any()
    # Reached in equal steps.
    path = lift[:, DATA.occupations.index("532")].mean(axis=(0, 1))
    assert (np.diff(path[:at]) > 0).all()


def test_a_norm_is_reached_in_equal_steps_by_each_alternative() -> None:
    (held,) = MODEL.levers(scenario(staffing=(norm(900),))).norms
    place = DATA.occupations.index("532")
    assert held.part.tolist() == [float(i == place) for i in range(len(DATA.occupations))]
    now = MODEL.staffing.employed[place]
    for k, alternative in ((1, 0), (3, 1), (5, 2)):
        year = DATA.population_years.index(DATA.years[-1] + k + 1)
        full = 0.9 * DATA.population[alternative, :, 20:, year].sum(axis=-1)
        wanted = now + k / 5 * (full - now)
        np.testing.assert_allclose(held.least[alternative, :, k - 1], wanted)
    employed = np.ones((2, len(DATA.occupations), 2, 9), np.float32)
    none = np.zeros((2, 3, 8))
    raised = with_norms(employed, Levers(none, (held,)), np.array([1, 2]))
    np.testing.assert_allclose(raised[:, place, :, 1:], held.least[[1, 2]], rtol=1e-5)


def test_a_norm_that_is_met_changes_nothing() -> None:
    lift, _ = difference(staffing=(norm(0),))
    assert lift.max() == 0


def test_a_norm_for_a_part_of_an_occupation_lifts_that_part() -> None:
    whole, part = np.array([1.0, 0.0]), np.array([0.25, 0.0])
    employed = np.full((1, 2, 1, 2), 100, np.float32)
    least = np.full((3, 1, 1), 40.0)
    lives = np.zeros(1, np.intp)
    none = np.zeros((1, 1, 1))
    raised = with_norms(employed, Levers(none, (Norm(part, least),)), lives)
    assert raised[0, :, 0, 1].tolist() == [115, 100]
    assert raised[..., 0].tolist() == employed[..., 0].tolist()
    kept = with_norms(employed, Levers(none, (Norm(whole, least),)), lives)
    np.testing.assert_array_equal(kept, employed)


def test_one_alternative_for_all_draws_is_one_of_the_three() -> None:
    main, low, high = (
        simulate(MODEL, 40, levers=MODEL.levers(scenario(projection=p))).openings.sum()
        for p in ("main", "low", "high")
    )
    assert low < main < high


@pytest.mark.parametrize(
    "what",
    [
        {"enterprise": (enterprise(industry="99"),)},
        {"enterprise": (enterprise(municipality="0301"),)},
        {"staffing": (norm(1, "999"),)},
        {"staffing": (norm(1, "9999"),)},
    ],
)
def test_what_the_marts_do_not_have_is_refused(what: dict[str, object]) -> None:
    with pytest.raises(WrongUse, match="scenario"):
        MODEL.levers(scenario(**what))
