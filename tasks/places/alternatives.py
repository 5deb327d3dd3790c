"""Plans that a county could make without a programme, to hold the plan against."""

from __future__ import annotations

import numpy as np

from tasks.forecast.types import Float, Forecast
from tasks.places.types import Problem

NAMES = {
    "i_aar": "Årets klasser videreført",
    "etter_sokere": "Plasser etter søkere",
    "etter_behov": "Plasser etter behov",
}


def classes(problem: Problem, forecast: Forecast) -> dict[str, Float]:
    """Classes `[pair]` of each alternative, by the names of `NAMES`.

    As last year; as many places as applicants are expected to each area; as many as are expected to
    be needed in each cell. Both share a total out as this year's places are, and round to the
    nearest class or half class; rooms, budget and fill are not looked at.
    """
    own = problem.own
    at = forecast.axes.years.index(problem.year)
    area = {code: i for i, code in enumerate(forecast.axes.programme_areas)}
    persons = forecast.progression[..., at].sum(axis=2)
    applicants = (persons * forecast.applicants_per_pupil).mean(axis=0, dtype=np.float64)
    wanted = np.array([applicants[area[a]] for a in problem.areas])
    others = np.zeros(len(problem.areas))
    np.add.at(others, problem.others.area, problem.others.places)
    needed = problem.need.draws.mean(axis=1)
    given = np.zeros(len(needed))
    np.add.at(given, problem.cell[len(own) :], problem.others.places)
    mine = problem.cell[: len(own)]
    return {
        "i_aar": own.classes.copy(),
        "etter_sokere": _shared_out(problem, np.maximum(wanted - others, 0), own.area),
        "etter_behov": _shared_out(problem, np.maximum(needed - given, 0), mine),
    }


def _shared_out(
    problem: Problem, total: Float, group: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> Float:
    """Classes `[pair]` that hold each group's total, by this year's places."""
    own = problem.own
    weight = np.where(own.places > 0, own.places, 0)
    sums = np.zeros(len(total))
    np.add.at(sums, group, weight)
    share = weight / np.maximum(sums[group], 1e-12)
    step = np.where(own.half > 0, 0.5, 1.0)
    nearest: Float = np.floor(total[group] * share / own.full / step + 0.5) * step
    return nearest
