"""From last year's figure to this year's, driver by driver, in every programme and region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.forecast.explanation import STEPS, Decomposition, decompose, whole_numbers
from tasks.forecast.flow.engine import simulate
from tasks.forecast.reasons.aligned import Both
from tasks.forecast.reasons.cells import Axes, Kept, Window
from tasks.forecast.types import Float

QUANTITIES = ("pupils", "candidates", "gap")


@dataclass(frozen=True)
class Yearly:
    """The figures of two years as a function of which of them each driver is from.

    Attributes:
        both: The student flow.
        openings: Expected openings a year, of the earlier and the later `[area, region]` persons.
        supply: Share of the certified who are in the labour force and stay, times what the track
            record holds them to `[area, 1]`.
        axes: Cells.
        window: Years.
        county: County code.
    """

    both: Both
    openings: tuple[Float, Float]
    supply: Float
    axes: Axes
    window: Window
    county: str

    def figures(self, of: Mapping[str, int]) -> Float:
        """Pupils, candidates and gap `[quantity, programme and all, region and county]`, persons.

        Args:
            of: By driver of `explanation.STEPS`, 0 for the earlier and 1 for the later.
        """
        model, inflow = self.both.world(of)
        kept = Kept(model, self.axes, self.window, 1)
        span = self.window.flow_span
        simulate(model, inflow, [kept], seed=0, county=self.county, draws=1, years=span, threads=1)
        candidates = self.axes.by_programme(kept.certificates[0] * self.supply)
        openings = self.axes.by_programme(self.openings[of["demand"]])
        return np.stack([kept.pupils[0], candidates, openings - candidates])

    def change(self) -> Decomposition:
        """The change of every figure, in whole persons that add up."""
        earlier, later = (dict.fromkeys(STEPS, side) for side in (0, 1))
        return whole_numbers(decompose(self.figures, earlier, later))
