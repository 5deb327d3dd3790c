"""Rolling origins on every real series, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from bench.track_record import series
from bench.track_record.rolled import Rolled
from tasks.forecast.evaluation import by_year, conformal, measures, origins
from tasks.forecast.evaluation.benchmarks import LAST_VALUE, Benchmark, benchmarks
from tasks.forecast.evaluation.frames import Forecaster
from tasks.forecast.evaluation.models import (
    AGES,
    Ageing,
    BandAgeing,
    BestOfPast,
    DampedTrend,
    WithErrors,
)
from tasks.forecast.evaluation.standards import Standards
from tasks.forecast.types import Rules
from tasks.rules import read_rules, read_standards
from tasks.settings import Project

OFFICIAL = "SSBs framskriving, hovedalternativet"
SEEKERS_2002 = "Job seekers by group of occupations 2002–2011 (ISCO-88)"
SEEKERS_2012 = "Job seekers by group of occupations 2012–2017 (ISCO-08)"
WINDOW = 5
MEASURED = ("horizon", "n", "mape", "bias")


@dataclass(frozen=True)
class Setting:
    """The declared rules, and forecasters made of them."""

    rules: Rules = field(default_factory=lambda: read_rules(Project().reference / "rules"))
    standards: Standards = field(
        default_factory=lambda: read_standards(Project().reference / "rules")
    )

    def with_errors(self, point: Forecaster, least: int) -> WithErrors:
        """A model with intervals from its own past errors."""
        return WithErrors(point, least, self.standards.size_bounds)

    def drift(self, least: int) -> WithErrors:
        """Last value or a trend, damped as has been best so far."""
        last = Benchmark(LAST_VALUE)
        trends = (DampedTrend(phi, WINDOW) for phi in self.standards.damping if phi > 0)
        return self.with_errors(BestOfPast((last, *trends), least), least)

    def tested(
        self,
        title: str,
        note: str,
        frame: pl.DataFrame,
        name: str,
        model: WithErrors,
        *,
        least: int,
        others: Mapping[str, str] | None = None,
        horizons: tuple[int, ...] = origins.HORIZONS,
        gate: bool = False,
    ) -> Rolled:
        """Roll the origin of one series."""
        units = frame.filter(pl.col("series") == name)["unit"].n_unique()
        rivals = [model, *benchmarks(units)]
        pairs = origins.rolling(frame, name, rivals, horizons=horizons, others=others, least=least)
        return Rolled(title, note, model.name, pairs, self.standards, gate)


def telemark(setting: Setting, years: int | None = None) -> list[Rolled]:
    """Persons 16–19 by ageing the bands below: the county, and its municipalities.

    Args:
        setting: The rules.
        years: Outcomes in the correction, where another number than the rules' is tried.
    """
    # Enough for every horizon to have one outcome to be corrected by.
    least = max(origins.HORIZONS) + 1
    point = BandAgeing(series.BANDS, years or setting.rules.mean_years, setting.rules.kappa)
    model = setting.with_errors(point, least)
    note = (
        "Registered 1 January 2000–2026 (Statistics Norway 07459, carried over in "
        "`data/track_record`), today's borders, one vintage: basis `as_revised`."
    )
    return [
        setting.tested(
            title,
            note,
            series.telemark_young(county=county),
            "16-19",
            model,
            least=least,
            others={AGES: "ages"},
            gate=county,
        )
        for title, county in (
            ("Persons 16–19, Telemark", True),
            ("Persons 16–19, the 17 municipalities of Telemark", False),
        )
    ]


def pooled(county: Rolled, towns: Rolled, scheme: by_year.Scheme) -> dict[str, object]:
    """Coverage of the county's intervals, scaled by scores of its size class in both series."""
    both = pl.concat([county.own, towns.own])
    standards = county.standards
    scaled = by_year.leave_time_out(
        both, standards.size_bounds, standards.nominal_years, scheme=scheme
    )
    of_county = scaled.filter(pl.col("unit").is_in(county.own["unit"].unique().implode()))
    return conformal.accepted(of_county, standards.coverage).row(0, named=True)


def same_origins(county: Rolled, official: pl.DataFrame) -> pl.DataFrame:
    """The official projection and the county's model on the outcomes that both forecast.

    Returns:
        Grain model × horizon: `n`, `mape`, `bias`.
    """
    key = ["origin", "horizon"]
    mine = county.own.join(official.select(key), on=key, how="semi")
    theirs = official.join(mine.select(key), on=key, how="semi")
    both = pl.concat([mine.drop("series"), theirs.select(mine.drop("series").columns)])
    return measures.table(both, ("model", "horizon")).select("model", *MEASURED)


def recorded(setting: Setting, real: Path) -> list[Rolled]:
    """The other recorded series, each by last value or damped trend."""
    seekers = series.job_seekers(real)
    left = series.leavers(real)
    county, schooled = series.of_the_county(real), series.upper_secondary(real)
    return [
        setting.tested(
            "Persons 16–18, Trøndelag and the nation",
            "Registered 1 January 2016–2026, sums alone: the recorded file has no younger ages, so "
            "nothing can be aged. One vintage.",
            series.cohort_16_18(real),
            "16-18",
            setting.drift(4),
            least=5,
            gate=True,
        ),
        *(
            setting.tested(
                title,
                "Statistics Norway by way of IMDi, the 307 municipalities that have a figure in "
                "every year, 28 of them in Trøndelag.",
                schooled,
                name,
                setting.drift(4),
                least=5,
                gate=name == "områder",
            )
            for title, name in (
                ("Residents with upper secondary school, Trøndelag and the nation", "områder"),
                ("Residents with upper secondary school, 307 municipalities", "kommuner"),
            )
        ),
        setting.tested(
            "Young people outside work and education 2015–2025, Trøndelag and the nation",
            "Statistics Norway 13556, per cent of those aged 15–29.",
            county,
            "neet_15_29_prosent",
            setting.drift(4),
            least=5,
        ),
        setting.tested(
            "Points from lower secondary school 2019–2026, Trøndelag",
            "Statistics Norway 07495, mean. Examinations were cancelled from 2020 to 2022.",
            county,
            "grunnskolepoeng",
            setting.drift(3),
            least=4,
        ),
        setting.tested(
            SEEKERS_2002,
            "NAV's groups, whole country, mean of months. The series ends with its code system.",
            seekers,
            "ISCO-88",
            setting.drift(4),
            least=5,
        ),
        setting.tested(
            SEEKERS_2012,
            "The same groups under the next code system, a series of its own.",
            seekers,
            "ISCO-08",
            setting.drift(3),
            least=3,
            horizons=(1, 2, 3),
        ),
        setting.tested(
            "Fully unemployed by county 2011–2024",
            "NAV, mean of months, eleven areas that can be followed through the mergers of 2018 "
            "and 2020 and the splits of 2024 (Trøndelag until 2017 is Nord- and Sør-Trøndelag).",
            series.unemployed(real),
            "helt ledige",
            setting.drift(5),
            least=6,
        ),
        setting.tested(
            "Share of pupils who left, per school, 2011/12–2017/18",
            "Directorate for Education, per cent of the school's pupils; suppressed shares are "
            "missing. Ends before the break of 2018/19.",
            left,
            "til 2017/18",
            setting.drift(3),
            least=4,
            horizons=(1, 2, 3),
        ),
        setting.tested(
            "Share of pupils who left, per school, with the break of 2018/19 in it",
            "The same to 2020/21. Pupils of unknown status are treated in another way since "
            "2018/19, and no model here is told.",
            left,
            "alle år",
            setting.drift(3),
            least=4,
        ),
    ]


def pupils(setting: Setting, real: Path) -> list[Rolled]:
    """Pupils, three counts: one year ahead alone."""
    frame = series.pupils(real)
    return [
        setting.tested(
            title,
            "Three counts: one origin with a step behind it. Longer horizons are not measurable "
            "yet.",
            frame,
            name,
            setting.drift(2),
            least=2,
            horizons=(1,),
            gate=name == "områder",
        )
        for title, name in (
            ("Pupils, Trøndelag and the nation 2023–2025", "områder"),
            ("Pupils per school, Trøndelag 2023–2025", "skoler"),
        )
    ]


def constructed(setting: Setting) -> list[Rolled]:
    """The bundled sample: the sums of the cohort are published, its single ages are not."""
    first, last = setting.rules.cohort_ages
    point = Ageing(first, last, setting.rules.mean_years, setting.rules.kappa)
    return [
        setting.tested(
            "Persons 16–18, Trøndelag, aged by the sample's single years",
            "The bundled sample's table 07459: single-year ages and municipalities are "
            "constructed.",
            series.sample_cohort(first, last),
            "cohort",
            setting.with_errors(point, 5),
            least=5,
            others={AGES: "ages"},
        )
    ]


def editions(real: Path) -> dict[str, pl.DataFrame]:
    """The official projection as it was known then, held against what was registered.

    Returns:
        `pairs`: of the county, editions 2005–2018; `old`: measures of them by age band and
        horizon; `recorded`: the edition of 2024 in 2025 and 2026 by age group, over
        municipalities; `places`: the same for 16–19 per municipality in 2026.
    """
    registered, old = series.telemark_registered(), series.telemark_editions()
    bands = ["6-12", "13-15", "16-19"]
    earlier = pl.concat([origins.of_editions(old, registered, b, OFFICIAL) for b in bands])
    edition, newest = (series.recorded_projection(real, year) for year in (2024, 2026))
    base = newest.filter(pl.col("period") == 2026).with_columns(
        pl.lit(series.REGISTERED).alias("known_from")
    )
    base = pl.concat(
        [
            base,
            edition.filter(pl.col("period") == 2024).with_columns(
                pl.lit(series.REGISTERED).alias("known_from")
            ),
            registered.filter(pl.col("period") == 2025),
        ]
    )
    groups = edition["series"].unique().sort().to_list()
    pairs = pl.concat([origins.of_editions(edition, base, g, OFFICIAL) for g in groups])
    towns = pairs.filter(pl.col("unit") != "Telemark")
    county = pairs.filter(pl.col("unit") == "Telemark")
    by = ("series", "period")
    found = measures.table(towns, by).join(
        measures.table(county, by).select(*by, pl.col("bias").alias("county_bias")), on=by
    )
    return {
        "pairs": earlier,
        "old": measures.table(earlier, ("series", "horizon")),
        "recorded": found,
        "places": measures.table(
            towns.filter(pl.col("series") == "16-19", pl.col("period") == 2026), ("unit",)
        ).with_columns(
            towns.filter(pl.col("series") == "16-19", pl.col("period") == 2026)
            .sort("unit")
            .select("q50", "actual")
        ),
    }
