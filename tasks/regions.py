"""Municipalities over time, and the regions they belong to.

KLASS tells which municipalities became which, and when. `carry` follows those changes from the
borders of one year to those of another, forwards or backwards: a merger or a new number moves every
person along, a split moves shares that someone has declared. All functions take and give Polars
frames and read nothing; dates are Date or ISO text, ends are exclusive, null while open.

A code is valid for `year` when it stood on 1 January of that year; a change on that very day
belongs to that year. Steps are joins, one per date of change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from tasks.errors import ConfigurationError

SPLIT_WEIGHTS = "data/reference/municipality_split_weights.csv"
# Weights are DECIMAL(18, 9), so that sums of them do not depend on their order.
DECIMALS = 9
UNIT = 10**DECIMALS
# Declared shares may miss one by the rounding of the text they are written in.
SHARE_TOLERANCE = 1e-6
# Problems named in one refusal; a register that is out of step has hundreds.
SHOWN = 8

LINK_KEYS = ["source", "target", "changed_on"]


def carry(
    changes: pl.DataFrame,
    weights: pl.DataFrame,
    from_years: Iterable[int],
    to_year: int,
    *,
    municipalities: pl.DataFrame,
    merge_weights: pl.DataFrame | None = None,
    into: Iterable[str] | None = None,
) -> pl.DataFrame:
    """Carry municipalities from the borders of some years to those of one year.

    Args:
        changes: `old_code, new_code, changed_on`: KLASS changes as staged. Renames (same code) and
            codes that came from nowhere or ceased may be among them.
        weights: `old_code, new_code, change_date, weight`: share of the old municipality's persons
            that each new one got, for every split.
        from_years: Years whose borders the figures are on.
        to_year: The year whose borders are wanted.
        municipalities: `municipality_code, valid_from, valid_to`: every period of every code.
        merge_weights: The same columns as `weights`, but shares of the *new* municipality's
            persons that live in each old one; needed where a merger is carried backwards.
        into: Codes of `to_year` that matter. What never touches them is left out, and splits
            without declared shares are refused only where they do.

    Returns:
        One row per `year, from_code, to_code` with `weight` (DECIMAL(18, 9)); the weights of every
        `year, from_code` sum to exactly one.

    Raises:
        ConfigurationError: A split without declared shares, a code that ends without a successor,
            or a year in which no municipality is known.
    """
    periods = _periods(municipalities)
    state = _start(periods, sorted(set(from_years)))
    to_day = date(to_year, 1, 1)
    forwards, backwards = pl.col("day") < to_day, pl.col("day") > to_day
    state = pl.concat(
        [
            state.filter(~forwards & ~backwards),
            _chase(state.filter(forwards), _links(changes, periods, weights), to_day),
            _chase(
                state.filter(backwards),
                _links(changes, periods, merge_weights, backwards=True),
                to_day,
            ),
        ]
    )
    state = _mark_lost(state, periods, to_day)
    if into is not None:
        reached = state.filter(pl.col("to_code").is_in(list(into))).select("day", "from_code")
        state = state.join(reached.unique(), on=["day", "from_code"], how="semi")
    _refuse_problems(state)
    return _exact(state)


def membership(regions: pl.DataFrame, members: pl.DataFrame, on: date) -> pl.DataFrame:
    """Which municipalities belong to which regions on a day: many to many.

    Args:
        regions: `region_code, name, kind, valid_from, valid_to, confidence`.
        members: `region_code, municipality_code, valid_from, valid_to, confidence`.
        on: The day; ends are exclusive.

    Returns:
        One row per region × municipality valid on the day: `region_code, name, kind,
        municipality_code, valid_from, valid_to` (the days on which both region and membership
        hold) and `unconfirmed`, true where the region or the membership is to be confirmed.

    Raises:
        ConfigurationError: A member of a region that is not declared.
    """
    stray = members.join(regions, on="region_code", how="anti")["region_code"].unique().sort()
    if stray.len():
        raise ConfigurationError(
            subject="regionmedlemskap",
            expected="regioner som er ført i data/reference/regions.csv",
            got=", ".join(stray),
            remedy="før regionen i data/reference/regions.csv, eller rett koden i "
            "data/reference/region_membership.csv",
        )
    spans = _dated(regions).join(_dated(members), on="region_code", suffix="_member")
    return (
        spans.select(
            "region_code",
            "name",
            "kind",
            "municipality_code",
            pl.max_horizontal("valid_from", "valid_from_member").alias("valid_from"),
            pl.min_horizontal("valid_to", "valid_to_member").alias("valid_to"),
            (
                (pl.col("confidence") == "unconfirmed")
                | (pl.col("confidence_member") == "unconfirmed")
            ).alias("unconfirmed"),
        )
        .filter(_valid_on(pl.lit(on)))
        .sort("kind", "region_code", "municipality_code")
    )


def own_regions(rows: pl.DataFrame) -> pl.DataFrame:
    """Regions that somebody made by naming their municipalities, with codes.

    Args:
        rows: `region, municipality_code`: one row a municipality, the name as it was written.

    Returns:
        One row per region × municipality: `region_code` (`own-` and the name in plain letters),
        `region`, `municipality_code`, sorted.
    """
    name = pl.col("region").str.strip_chars()
    plain = name.str.to_lowercase().str.replace_many(["æ", "ø", "å", "ä", "ö"], list("eoaao"))
    return (
        rows.select(
            pl.format(
                "own-{}", plain.str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-")
            ).alias("region_code"),
            name.alias("region"),
            pl.col("municipality_code"),
        )
        .unique()
        .sort(pl.all())
    )


def check_partition(members: pl.DataFrame, municipalities: Iterable[str]) -> None:
    """Refuse regions that do not cover every municipality exactly once.

    Args:
        members: `region_code, municipality_code` of the regions that are to be summed over.
        municipalities: The codes that are to be covered.

    Raises:
        ConfigurationError: Names the municipalities that are missing, counted more than once, or
            not in the county at all.
    """
    wanted = pl.DataFrame({"municipality_code": sorted(set(municipalities))}, schema=_CODE)
    times = members.group_by("municipality_code").agg(pl.col("region_code").sort())
    twice = times.filter(pl.col("region_code").list.len() > 1)
    problems = {
        "uten region": wanted.join(times, on="municipality_code", how="anti")["municipality_code"],
        "i flere regioner": twice["municipality_code"],
        "ukjent kommune": times.join(wanted, on="municipality_code", how="anti")[
            "municipality_code"
        ],
    }
    got = [f"{what}: {', '.join(codes.sort())}" for what, codes in problems.items() if codes.len()]
    if got:
        raise ConfigurationError(
            subject="regioninndelingen",
            expected=f"hver av {wanted.height} kommuner i nøyaktig én region",
            got="; ".join(got),
            remedy="rett data/reference/region_membership.csv",
        )


_CODE = {"municipality_code": pl.String()}


def _valid_on(day: pl.Expr) -> pl.Expr:
    return (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
    )


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `valid_from` and `valid_to` as dates; reference files hold text."""
    return frame.with_columns(_date(frame, "valid_from"), _date(frame, "valid_to"))


def _date(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return (
        column.str.to_date("%Y-%m-%d") if frame[name].dtype == pl.String else column.cast(pl.Date)
    )


def _periods(municipalities: pl.DataFrame) -> pl.DataFrame:
    return _dated(municipalities).select(
        pl.col("municipality_code").alias("code"), "valid_from", "valid_to"
    )


def _start(periods: pl.DataFrame, years: list[int]) -> pl.DataFrame:
    """Every code as itself, on 1 January of every year."""
    days = pl.DataFrame({"day": [date(year, 1, 1) for year in years]}, schema={"day": pl.Date()})
    valid = days.join(periods, how="cross").filter(_valid_on(pl.col("day")))
    empty = days.join(valid, on="day", how="anti")["day"].dt.year()
    if empty.len():
        raise ConfigurationError(
            subject="kommuner over tid",
            expected="gyldige kommuner 1. januar hvert år som føres",
            got=f"ingen for {', '.join(map(str, empty))}",
            remedy="sett from_date tidligere for KLASS 131 i data/catalogue/klass.toml",
        )
    return (
        valid.select("day", pl.col("code").alias("from_code"), pl.col("code").alias("to_code"))
        .unique()
        .with_columns(pl.lit(1.0).alias("weight"), pl.lit(None, dtype=pl.String).alias("problem"))
    )


def _links(
    changes: pl.DataFrame,
    periods: pl.DataFrame,
    shares: pl.DataFrame | None,
    *,
    backwards: bool = False,
) -> pl.DataFrame:
    """One row per code before × code after a step: `source, target, changed_on, weight, problem`.

    A code that stands unbroken through a change in which it takes part is a leg of its own: a
    municipality that takes in a neighbour, or gives away a part, keeps its number, and KLASS lists
    only the neighbour. `weight` is null and `problem` says why where shares are not declared.
    """
    source, target = ("new_code", "old_code") if backwards else ("old_code", "new_code")
    listed = (
        changes.select(
            pl.col(source).alias("source"),
            pl.col(target).alias("target"),
            _date(changes, "changed_on").alias("changed_on"),
        )
        .drop_nulls()
        .unique()
    )
    steps = listed.select("source", "changed_on").unique()
    unbroken = (
        steps.join(periods, left_on="source", right_on="code")
        .filter(
            (pl.col("valid_from").is_null() | (pl.col("valid_from") < pl.col("changed_on")))
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("changed_on")))
        )
        .select("source", pl.col("source").alias("target"), "changed_on")
    )
    links = pl.concat([listed, unbroken]).unique().sort(LINK_KEYS)
    return _weighted(links, _shares(shares, source, target), backwards)


def _shares(shares: pl.DataFrame | None, source: str, target: str) -> pl.DataFrame:
    if shares is None:
        return pl.DataFrame(schema=_SHARES)
    return shares.select(
        pl.col(source).alias("source"),
        pl.col(target).alias("target"),
        _date(shares, "change_date").alias("changed_on"),
        pl.col("weight").cast(pl.Float64).alias("declared"),
    )


_SHARES: dict[str, Any] = {
    "source": pl.String(),
    "target": pl.String(),
    "changed_on": pl.Date(),
    "declared": pl.Float64(),
}


def _weighted(links: pl.DataFrame, shares: pl.DataFrame, backwards: bool) -> pl.DataFrame:
    legs = ["source", "changed_on"]
    joined = links.join(shares, on=LINK_KEYS, how="left").with_columns(
        pl.len().over(legs).alias("legs"),
        pl.col("declared").sum().over(legs).alias("total"),
        pl.col("declared").null_count().over(legs).alias("undeclared"),
        pl.col("declared").min().over(legs).alias("least"),
    )
    single = pl.col("legs") == 1
    adds_up = (pl.col("total") - 1).abs() <= SHARE_TOLERANCE
    whole = (pl.col("undeclared") == 0) & (pl.col("least") >= 0) & adds_up
    what = "sammenslåingen bakover" if backwards else "delingen"
    text = pl.format(
        f"{what} {{}} → {{}} ({{}})",
        "source",
        pl.col("target").str.join(", ").over(legs),
        pl.col("changed_on").dt.to_string("%Y-%m-%d"),
    )
    return joined.select(
        *LINK_KEYS,
        pl.when(single)
        .then(1.0)
        .when(whole)
        .then(pl.col("declared") / pl.col("total"))
        .alias("weight"),
        pl.when(~single & ~whole).then(text).alias("problem"),
    )


def _chase(state: pl.DataFrame, links: pl.DataFrame, to_day: date) -> pl.DataFrame:
    """Follow the links, one date of change at a time, in the direction of `to_day`."""
    if not state.height:
        return state
    ahead = bool((state["day"] < to_day).all())
    # A change on 1 January belongs to that year: 2019 → 2020 crosses it, 2020 → 2021 does not.
    between = pl.col("changed_on") <= to_day if ahead else pl.col("changed_on") > to_day
    days = links.filter(between)["changed_on"].unique().sort(descending=not ahead)
    for day in days:
        crosses = (pl.col("day") < day) if ahead else (pl.col("day") >= day)
        moved = _step(state.filter(crosses), links.filter(pl.col("changed_on") == day))
        state = pl.concat([state.filter(~crosses), moved])
    return state


def _step(state: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    linked = state.join(links, left_on="to_code", right_on="source", how="left", suffix="_link")
    still = pl.col("target").is_null()
    return (
        linked.select(
            "day",
            "from_code",
            pl.coalesce("target", "to_code").alias("to_code"),
            # A share that is not declared stays unknown on every later step.
            (pl.col("weight") * pl.when(still).then(1.0).otherwise(pl.col("weight_link"))).alias(
                "weight"
            ),
            pl.coalesce("problem", "problem_link").alias("problem"),
        )
        .group_by("day", "from_code", "to_code")
        .agg(pl.col("weight").sum(), pl.col("problem").drop_nulls().first())
    )


def _mark_lost(state: pl.DataFrame, periods: pl.DataFrame, to_day: date) -> pl.DataFrame:
    """Note the codes that KLASS says ended, without telling what they became."""
    valid = periods.filter(_valid_on(pl.lit(to_day))).select("code").unique()
    lost = ~pl.col("to_code").is_in(valid["code"].implode())
    return state.with_columns(
        pl.when(lost & pl.col("problem").is_null())
        .then(
            pl.format("{} gjelder ikke 1. januar {} og har ingen endring", "to_code", to_day.year)
        )
        .otherwise("problem")
        .alias("problem")
    )


def _refuse_problems(state: pl.DataFrame) -> None:
    problems = state["problem"].drop_nulls().unique().sort()
    if problems.len():
        more = f" (og {problems.len() - SHOWN} til)" if problems.len() > SHOWN else ""
        raise ConfigurationError(
            subject="kommuner over tid",
            expected="en etterfølger for hver kommune, og andeler som summerer til 1 der den deles",
            got="; ".join(problems.head(SHOWN)) + more,
            remedy=f"før andelene etter folketall i {SPLIT_WEIGHTS} (bakover: som vekter for "
            "sammenslåingen), eller la KLASS 131 hentes på nytt",
        )


def _exact(state: pl.DataFrame) -> pl.DataFrame:
    """Whole billionths that sum to one; what rounding leaves over goes to the largest share."""
    group = ["day", "from_code"]
    billionths = (
        state.with_columns((pl.col("weight") * UNIT).round().cast(pl.Int64).alias("part"))
        .sort(
            "day", "from_code", pl.col("weight"), "to_code", descending=[False, False, True, False]
        )
        .with_columns(
            (UNIT - pl.col("part").sum().over(group)).alias("rest"),
            (pl.int_range(pl.len()).over(group) == 0).alias("largest"),
        )
        .with_columns(pl.col("part") + pl.when("largest").then("rest").otherwise(0))
    )
    exact = pl.col("part").cast(pl.Decimal(38, DECIMALS)) / pl.lit(UNIT).cast(pl.Decimal(38, 0))
    return (
        billionths.filter(pl.col("part") != 0)
        .select(
            pl.col("day").dt.year().alias("year"),
            "from_code",
            "to_code",
            exact.cast(pl.Decimal(18, DECIMALS)).alias("weight"),
        )
        .sort("year", "from_code", "to_code")
    )
