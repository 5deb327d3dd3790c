"""The student flow as a forecaster, so that it is tested as everything else is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.errors import NotFound
from tasks.forecast.evaluation.frames import Draws, Known
from tasks.forecast.panel import Panel
from tasks.forecast.record import FLOW
from tasks.forecast.simulate import Errors, simulate
from tasks.forecast.summary import aggregate
from tasks.forecast.types import Rules


@dataclass(frozen=True)
class PupilFlow:
    """Pupils per utdanningsprogram by the flow of `simulate`, with noise of rates and chance.

    Units are programme codes. The panel is cut at the origin (`Panel.until`); its population is
    not, and holds one figure that was not there in the autumn of the origin: those who turn 16
    next year, counted the January after. Hence the series is always `as_revised`.

    Attributes:
        panel: Counts, population and school structure, all years.
        rules: Declared assumptions.
        county: Part of the stream's key.
        seed: Seed of the streams.
        draws: Number of draws.
        name: Its name in the track record.
    """

    panel: Panel
    rules: Rules
    county: str
    seed: int = 1
    draws: int = 200
    name: str = FLOW

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """Pupils `[draw, programme, horizon]`; NaN where fewer than two counts are known."""
        units = known.series.units
        nothing = Draws(units, horizons, np.full((1, len(units), len(horizons)), np.nan))
        past = self.panel.until(known.origin)
        if len(past.years) < 2 or past.years[-1] != known.origin:
            return nothing
        programmes = self.panel.programmes
        try:
            drawn = simulate(
                past,
                self.rules,
                Errors(cohort=0.0, pupils=0.0, applicants=0.0),
                np.ones(len(programmes)),
                county=self.county,
                seed=self.seed,
                draws=self.draws,
                horizon=max(horizons),
            )
        except NotFound:
            return nothing
        everyone = np.ones((1, len(self.panel.homes)))
        sums = aggregate(drawn.progression, self.panel.programme_groups(), everyone)[:, :, 0]
        rows = [programmes.index(unit) for unit in units]
        columns = [horizon - 1 for horizon in horizons]
        return Draws(units, horizons, sums[:, rows][:, :, columns].astype(np.float64))
