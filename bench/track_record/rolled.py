"""One series and its rolling origins, and what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from tasks.forecast.evaluation import by_year, choice, classes, conformal, measures
from tasks.forecast.evaluation.standards import Standards, gated

SCHEMES: tuple[by_year.Scheme, ...] = ("block", "past")
PAIR = ("unit", "origin", "horizon")


def _relative_wis(pairs: pl.DataFrame) -> float:
    return float(pairs.select(100 * measures.wis().sum() / pl.col("actual").abs().sum()).item())


def _covered(pairs: pl.DataFrame) -> float:
    return float(pairs.select(measures.inside80().mean()).item())


@dataclass(frozen=True)
class Rolled:
    """One series and its rolling origins.

    Attributes:
        title: Heading of the page.
        note: What the reader must know of the data.
        model: Name of the model.
        pairs: All forecasters' pairs.
        standards: What they are held to.
        gate: Whether the gates of accuracy are asked.
    """

    title: str
    note: str
    model: str
    pairs: pl.DataFrame
    standards: Standards
    gate: bool = False
    _made: dict[tuple[str, float | None], pl.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def table(self) -> pl.DataFrame:
        """Measures per horizon of model and best benchmark of each, side by side."""
        found = measures.table(self.pairs, ("model", "horizon"))
        own = found.filter(pl.col("model") == self.model)
        best = (
            found.filter(pl.col("model") != self.model)
            .sort("horizon", "mape", "model")
            .group_by("horizon", maintain_order=True)
            .agg(
                pl.col("model").first().alias("benchmark"),
                pl.col("mape").first().alias("benchmark_mape"),
            )
        )
        joined = own.join(best, on="horizon", how="left")
        calibrated = self.coverage("block", ("horizon",)).select(
            "horizon",
            pl.col("n").alias("calibrated_n"),
            pl.col("coverage").alias("calibrated"),
        )
        joined = joined.join(calibrated, on="horizon", how="left")
        held = gated(own, self.standards).select("horizon", "gate", "holds")
        return joined.join(held, on="horizon", how="left").sort("horizon")

    @property
    def own(self) -> pl.DataFrame:
        """The model's pairs."""
        return self.pairs.filter(pl.col("model") == self.model)

    def scaled(self, scheme: by_year.Scheme, years: float | None) -> pl.DataFrame:
        """The model's pairs scaled on other times, by years or (None) by outcomes; made once."""
        if (scheme, years) not in self._made:
            self._made[scheme, years] = by_year.leave_time_out(
                self.own, self.standards.size_bounds, years, scheme=scheme
            )
        return self._made[scheme, years]

    def coverage(self, scheme: by_year.Scheme | None, by: tuple[str, ...] = ()) -> pl.DataFrame:
        """Coverage of 80 per cent intervals: as simulated, or scaled by years on other times."""
        pairs = self.scaled(scheme, self.standards.nominal_years) if scheme else self.own
        return conformal.accepted(pairs, self.standards.coverage, by)

    @property
    def intervals(self) -> pl.DataFrame:
        """What scaling gave and cost: both ways, on both kinds of other times.

        Returns:
            Grain way × scheme: `conformal.accepted`, `wis` in per cent of outcomes, and
            `unscaled` and `unscaled_wis` of the intervals as simulated on the same outcomes.
        """
        parts = []
        ways: dict[str, float | None] = {
            "as simulated": 0.0,
            "by outcomes": None,
            "by years": self.standards.nominal_years,
        }
        for way, years in ways.items():
            schemes: tuple[by_year.Scheme | None, ...] = (None,) if years == 0 else SCHEMES
            for scheme in schemes:
                pairs = self.scaled(scheme, years) if scheme else self.own
                met = pairs.filter(measures.inside80().is_not_null())
                if met.is_empty():
                    continue
                plain = self.own.join(met.select(PAIR), on=PAIR, how="semi")
                told = conformal.accepted(met, self.standards.coverage)
                parts.append(
                    told.with_columns(
                        pl.lit(way).alias("way"),
                        pl.lit(scheme or "").alias("scheme"),
                        pl.lit(_relative_wis(met)).alias("wis"),
                        pl.lit(100 * _covered(plain)).alias("unscaled"),
                        pl.lit(_relative_wis(plain)).alias("unscaled_wis"),
                    )
                )
        return pl.concat(parts) if parts else pl.DataFrame()

    @property
    def announced(self) -> pl.DataFrame:
        """Pairs that classes of change are announced on: scaled on years that do not overlap."""
        return self.scaled("block", self.standards.nominal_years)

    @property
    def classes(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """How often classes were announced and right per horizon, and the matrix behind it."""
        pairs, rule = self.announced, self.standards.change
        return classes.summary(pairs, rule, ("horizon",)), classes.matrix(pairs, rule, ("horizon",))

    @property
    def used(self) -> pl.DataFrame:
        """Measures of what the series is forecast by, at the horizons that have a gate."""
        chosen = self.pairs.filter(pl.col("model") == self.choice["used"])
        return gated(measures.table(chosen, ("horizon",)), self.standards).sort("horizon")

    @property
    def choice(self) -> dict[str, object]:
        """What the series would be forecast by (law 6)."""
        rivals = sorted(set(self.pairs["model"].unique()) - {self.model})
        chosen = choice.choose(
            self.pairs.with_columns(pl.lit("").alias("series")),
            self.model,
            rivals,
            least_outcomes=self.standards.least_outcomes,
        )
        return chosen.row(0, named=True)
