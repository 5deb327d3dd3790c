from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import ConfigurationError
from tasks.regions import SPLIT_WEIGHTS, carry, check_partition, membership, own_regions

# Changes as KLASS 131 tells them (recorded notes and code lists; the lists name both borders).
CHANGES = """
1601 5001 2018-01-01
1613 5012 2018-01-01
1617 5013 2018-01-01
1612 5011 2018-01-01
1622 5016 2018-01-01
1636 5023 2018-01-01
1638 5024 2018-01-01
1662 5030 2018-01-01
1702 5004 2018-01-01
1703 5005 2018-01-01
1724 5039 2018-01-01
1624 5054 2018-01-01
1718 5054 2018-01-01
1567 5061 2019-01-01
1571 5055 2020-01-01
5011 5055 2020-01-01
5012 5055 2020-01-01
5012 5056 2020-01-01
5012 5059 2020-01-01
5013 5056 2020-01-01
5016 5059 2020-01-01
5023 5059 2020-01-01
5024 5059 2020-01-01
5030 5001 2020-01-01
5001 5001 2020-01-01
5004 5006 2020-01-01
5039 5006 2020-01-01
5005 5007 2020-01-01
1534 1507 2020-01-01
1504 1507 2020-01-01
1507 1508 2024-01-01
1507 1580 2024-01-01
5001 5001 2024-01-01
"""
ALWAYS = ["5014", "1103", "9999"]
SNILLFJORD = {"5055": "0.12", "5056": "0.28", "5059": "0.60"}


def changes_frame(text: str = CHANGES) -> pl.DataFrame:
    rows = [line.split() for line in text.split("\n") if line]
    frame = pl.DataFrame(rows, schema=["old_code", "new_code", "changed_on"], orient="row")
    return frame.with_columns(pl.col("changed_on").str.to_date())


def periods_frame(changes: pl.DataFrame, always: list[str] = ALWAYS) -> pl.DataFrame:
    """Validity as KLASS lists it: a period ends and begins where a change names the code."""
    rows = [(code, date(2013, 1, 1), None) for code in always]
    days = sorted(changes["changed_on"].unique())
    codes = set(changes["old_code"].drop_nulls()) | set(changes["new_code"].drop_nulls())
    for code in sorted(codes):
        named = changes.filter((pl.col("new_code") == code) | (pl.col("old_code") == code))
        born = named.filter(pl.col("new_code") == code)["changed_on"].to_list()
        ended = named.filter(pl.col("old_code") == code)["changed_on"].to_list()
        first = min([*born, *ended], default=days[0])
        starts = sorted({*born, *([date(2013, 1, 1)] if first in ended else [])})
        for start in starts:
            rows.append((code, start, min((d for d in ended if d > start), default=None)))
    return pl.DataFrame(
        rows, schema=["municipality_code", "valid_from", "valid_to"], orient="row"
    ).with_columns(pl.col("valid_from", "valid_to").cast(pl.Date))


def weights_frame(shares: dict[str, str], old: str = "5012", day: str = "2020-01-01"):
    """All text, as the reference file is loaded."""
    return pl.DataFrame(
        {
            "old_code": [old] * len(shares),
            "new_code": list(shares),
            "change_date": [day] * len(shares),
            "weight": list(shares.values()),
        },
        schema=dict.fromkeys(["old_code", "new_code", "change_date", "weight"], pl.String),
    )


HARAM = weights_frame({"1508": "0.86", "1580": "0.14"}, "1507", "2024-01-01")
WEIGHTS = pl.concat([weights_frame(SNILLFJORD), HARAM])


def carried(from_year: int, to_year: int, **options) -> dict[str, dict[str, Decimal]]:
    changes = changes_frame()
    frame = carry(
        changes,
        options.pop("weights", WEIGHTS),
        [from_year],
        to_year,
        municipalities=periods_frame(changes),
        **options,
    )
    assert frame["year"].unique().to_list() in ([from_year], [])
    found: dict[str, dict[str, Decimal]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row["from_code"], {})[row["to_code"]] = row["weight"]
    return found


@pytest.mark.parametrize(
    ("from_year", "old", "new"),
    [
        (2017, "1662", "5001"),  # Klæbu: renumbered 2018, merged into Trondheim 2020
        (2018, "5030", "5001"),
        (2017, "1702", "5006"),  # Steinkjer: same name, new number, twice
        (2019, "5004", "5006"),
        (2019, "5005", "5007"),
        (2018, "1567", "5061"),  # Rindal: changed county and number on 1 January 2019
        (2017, "1624", "5054"),  # Rissa and Leksvik, from two counties
        (2017, "1718", "5054"),
        (2017, "1601", "5001"),
        (2023, "5001", "5001"),  # a new name only
        (2017, "5014", "5014"),  # named by no change at all
        (2019, "1571", "5055"),
    ],
)
def test_a_chain_is_followed_to_its_end(from_year, old, new):
    assert carried(from_year, 2026)[old] == {new: Decimal(1)}


def test_a_split_moves_the_declared_shares():
    assert carried(2017, 2026)["1613"] == {
        code: Decimal(share) for code, share in SNILLFJORD.items()
    }


def test_a_merger_that_is_split_again_moves_shares_of_the_whole():
    assert carried(2019, 2026)["1534"] == {"1508": Decimal("0.86"), "1580": Decimal("0.14")}
    assert carried(2019, 2023)["1534"] == {"1507": Decimal(1)}


def test_a_change_on_new_year_belongs_to_that_year():
    assert carried(2018, 2019)["1567"] == {"5061": Decimal(1)}
    assert carried(2018, 2018)["1567"] == {"1567": Decimal(1)}
    assert "1567" not in carried(2019, 2019)
    assert "5061" not in carried(2018, 2018)


def test_a_change_within_the_year_belongs_to_the_next():
    changes = changes_frame("0001 0002 2020-07-01")
    periods = periods_frame(changes)
    for to_year, code in ((2020, "0001"), (2021, "0002")):
        frame = carry(changes, weights_frame({}), [2020], to_year, municipalities=periods)
        found = frame.filter(pl.col("from_code") == "0001")
        assert found["to_code"].to_list() == [code]


def test_several_years_are_carried_at_once():
    changes = changes_frame()
    frame = carry(changes, WEIGHTS, [2017, 2019, 2026], 2026, municipalities=periods_frame(changes))
    klaebu = frame.filter(pl.col("from_code").is_in(["1662", "5030"]))
    assert klaebu.select("year", "from_code", "to_code").rows() == [
        (2017, "1662", "5001"),
        (2019, "5030", "5001"),
    ]
    today = frame.filter(pl.col("year") == 2026)
    assert (today["from_code"] == today["to_code"]).all()


def test_an_undeclared_split_is_refused_by_name():
    with pytest.raises(ConfigurationError) as refused:
        carried(2017, 2026, weights=HARAM)
    text = str(refused.value)
    assert "5012" in text
    assert "5055, 5056, 5059" in text
    assert SPLIT_WEIGHTS in text


@pytest.mark.parametrize(
    "shares",
    [
        {"5055": "0.12", "5056": "0.28"},
        {"5055": "0.12", "5056": "0.28", "5059": "0.70"},
        {"5055": "-0.10", "5056": "0.50", "5059": "0.60"},
        {"5055": "0.12", "5056": "0.28", "5060": "0.60"},
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(shares):
    with pytest.raises(ConfigurationError, match="5012"):
        carried(2019, 2026, weights=pl.concat([HARAM, weights_frame(shares)]))


def test_a_split_elsewhere_needs_no_shares():
    county = ["5001", "5006", "5014", "5055", "5056", "5059"]
    found = carried(2019, 2026, weights=weights_frame(SNILLFJORD), into=county)
    assert "1507" not in found
    assert "1103" not in found
    assert found["5012"]["5059"] == Decimal("0.6")
    # Of a municipality that is split, all parts come along, also those that end elsewhere.
    only_heim = carried(2019, 2026, weights=weights_frame(SNILLFJORD), into=["5055"])
    assert set(only_heim) == {"1571", "5011", "5012"}
    assert sum(only_heim["5012"].values()) == 1


def test_a_neighbour_taken_in_leaves_the_number_standing():
    changes = changes_frame("1141 1103 2020-01-01")
    periods = pl.DataFrame(
        {
            "municipality_code": ["1141", "1103"],
            "valid_from": ["2013-01-01", "2013-01-01"],
            "valid_to": ["2020-01-01", None],
        }
    )
    frame = carry(changes, weights_frame({}), [2019], 2020, municipalities=periods)
    assert frame.rows() == [
        (2019, "1103", "1103", Decimal(1)),
        (2019, "1141", "1103", Decimal(1)),
    ]
    # Backwards the neighbour has to be taken out again.
    with pytest.raises(ConfigurationError, match="1103, 1141"):
        carry(changes, weights_frame({}), [2020], 2019, municipalities=periods)


def test_a_part_given_away_needs_shares_though_the_number_stands():
    changes = changes_frame("5039 5054 2020-01-01")
    periods = periods_frame(changes_frame("5000 5000 2013-01-01"), ["5039", "5054"])
    with pytest.raises(ConfigurationError, match="5039 → 5039, 5054"):
        carry(changes, weights_frame({}), [2019], 2020, municipalities=periods)
    shares = weights_frame({"5039": "0.95", "5054": "0.05"}, "5039")
    frame = carry(changes, shares, [2019], 2020, municipalities=periods)
    assert frame.filter(pl.col("from_code") == "5039")["weight"].to_list() == [
        Decimal("0.95"),
        Decimal("0.05"),
    ]
    # The figures of 2020 are on the new border already.
    after = carry(changes, shares, [2020], 2021, municipalities=periods)
    assert after.filter(pl.col("from_code") == "5039")["weight"].to_list() == [Decimal(1)]


def test_numbers_that_trade_places_and_come_back():
    changes = changes_frame("A B 2018-01-01\nB A 2018-01-01\nA C 2020-01-01\nC A 2022-01-01")
    frame = carry(
        changes, weights_frame({}), [2017, 2019, 2021], 2023, municipalities=periods_frame(changes)
    )
    found = [row[:3] for row in frame.rows() if row[1] in "ABC"]
    assert found == [
        (2017, "A", "B"),
        (2017, "B", "A"),
        (2019, "A", "A"),
        (2019, "B", "B"),
        (2021, "B", "B"),
        (2021, "C", "A"),
    ]


def test_a_code_that_ends_without_successor_is_refused():
    changes = pl.DataFrame(
        {"old_code": ["0001"], "new_code": [None], "changed_on": [date(2020, 1, 1)]},
        schema_overrides={"new_code": pl.String},
    )
    periods = pl.DataFrame(
        {
            "municipality_code": ["0001", "0002"],
            "valid_from": ["2013-01-01", "2013-01-01"],
            "valid_to": ["2020-01-01", None],
        }
    )
    with pytest.raises(ConfigurationError, match=r"0001 gjelder ikke 1\. januar 2020"):
        carry(changes, weights_frame({}), [2019], 2020, municipalities=periods)
    kept = carry(changes, weights_frame({}), [2019], 2020, municipalities=periods, into=["0002"])
    assert kept["from_code"].to_list() == ["0002"]


def test_a_year_before_the_register_begins_is_refused():
    with pytest.raises(ConfigurationError, match="2010"):
        carried(2010, 2026)


def test_backwards_a_new_number_is_undone():
    into = ["1662", "5004"]
    shares = pl.DataFrame(
        {
            "old_code": ["5001", "5030", "5004", "5039"],
            "new_code": ["5001", "5001", "5006", "5006"],
            "change_date": ["2020-01-01"] * 4,
            "weight": [0.97, 0.03, 0.9, 0.1],
        }
    )
    found = carried(2026, 2017, merge_weights=shares, into=into)
    assert found["5001"] == {"1601": Decimal("0.97"), "1662": Decimal("0.03")}
    found = carried(2026, 2019, merge_weights=shares, into=into)
    assert found["5006"] == {"5004": Decimal("0.9"), "5039": Decimal("0.1")}


def test_backwards_a_merger_without_shares_is_refused():
    with pytest.raises(ConfigurationError, match="sammenslåingen bakover 5006 → 5004, 5039"):
        carried(2026, 2019, into=["5004"])


def test_backwards_a_split_needs_no_shares():
    assert carried(2026, 2023, into=["1507"])["1580"] == {"1507": Decimal(1)}


@st.composite
def histories(draw):
    """A made-up history: yearly changes of six codes, with declared shares for every split."""
    alive = {f"{n:04d}" for n in range(1, 7)}
    periods = {code: (date(2013, 1, 1), None) for code in alive}
    closed, links, shares = [], [], []
    fresh = iter(f"{n:04d}" for n in range(100, 999))
    for year in range(2014, 2014 + draw(st.integers(1, 4))):
        day = date(year, 1, 1)
        olds = draw(st.lists(st.sampled_from(sorted(alive)), min_size=1, max_size=4, unique=True))
        news = [next(fresh) for _ in range(draw(st.integers(1, 3)))]
        touched: set[str] = set()
        for old in olds:
            legs = draw(st.lists(st.sampled_from(news), min_size=1, max_size=3, unique=True))
            parts = [draw(st.integers(1, 1000)) for _ in legs]
            for leg, part in zip(legs, parts, strict=True):
                links.append((old, leg, day))
                shares.append((old, leg, day, part / sum(parts)))
            touched |= set(legs)
        for old in olds:
            closed.append((old, periods.pop(old)[0], day))
        for new in touched:
            periods[new] = (day, None)
        alive = set(periods)
    rows = closed + [(code, *period) for code, period in periods.items()]
    return (
        pl.DataFrame(links, schema=["old_code", "new_code", "changed_on"], orient="row"),
        pl.DataFrame(
            shares, schema=["old_code", "new_code", "change_date", "weight"], orient="row"
        ),
        pl.DataFrame(
            rows,
            schema={
                "municipality_code": pl.String,
                "valid_from": pl.Date,
                "valid_to": pl.Date,
            },
            orient="row",
        ),
    )


@settings(max_examples=60, deadline=None)
@given(histories())
def test_no_person_is_lost_or_made(history):
    changes, shares, periods = history
    years = list(range(2013, 2019))
    frame = carry(changes, shares, years, 2018, municipalities=periods)
    sums = frame.group_by("year", "from_code").agg(pl.col("weight").sum())
    assert sums["weight"].unique().to_list() == [Decimal(1)]
    for year in years:
        day = date(year, 1, 1)
        valid = periods.filter(
            (pl.col("valid_from") <= day)
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        )
        mine = frame.filter(pl.col("year") == year)
        assert set(mine["from_code"]) == set(valid["municipality_code"])
    today = periods.filter(pl.col("valid_to").is_null())["municipality_code"]
    assert set(frame["to_code"]) <= set(today)


@settings(max_examples=30, deadline=None)
@given(histories())
def test_a_stop_on_the_way_changes_nothing(history):
    changes, shares, periods = history
    direct = carry(changes, shares, [2013], 2018, municipalities=periods)
    first = carry(changes, shares, [2013], 2015, municipalities=periods)
    second = carry(changes, shares, [2015], 2018, municipalities=periods)
    in_two = (
        first.join(second, left_on="to_code", right_on="from_code", suffix="_2")
        .group_by("from_code", pl.col("to_code_2").alias("to_code"))
        .agg((pl.col("weight").cast(pl.Float64) * pl.col("weight_2").cast(pl.Float64)).sum())
    )
    both = direct.join(in_two, on=["from_code", "to_code"], how="full", suffix="_2")
    gap = pl.col("weight").cast(pl.Float64).fill_null(0) - pl.col("weight_2").fill_null(0)
    assert both.select(gap.abs().max()).item() < 1e-7


REGIONS = pl.DataFrame(
    {
        "region_code": ["intake-sor", "intake-nord", "forum-by"],
        "name": ["Sør", "Nord", "By"],
        "kind": ["intake", "intake", "forum"],
        "valid_from": ["2026-01-01", "2026-01-01", "2020-01-01"],
        "valid_to": [None, None, "2027-01-01"],
        "confidence": ["confirmed", "confirmed", "confirmed"],
    }
)
MEMBERS = pl.DataFrame(
    {
        "region_code": ["intake-sor", "intake-nord", "forum-by", "forum-by", "forum-by"],
        "municipality_code": ["5014", "5006", "5014", "5001", "5059"],
        "valid_from": ["2026-01-01", "2026-01-01", "2020-01-01", "2020-01-01", "2020-01-01"],
        "valid_to": [None, None, None, "2026-06-01", "2025-01-01"],
        "confidence": ["confirmed", "confirmed", "unconfirmed", "confirmed", "confirmed"],
    }
)


def test_membership_is_many_to_many_with_dates():
    found = membership(REGIONS, MEMBERS, date(2026, 2, 1))
    assert found.select("region_code", "municipality_code", "kind", "unconfirmed").rows() == [
        ("forum-by", "5001", "forum", False),
        ("forum-by", "5014", "forum", True),
        ("intake-nord", "5006", "intake", False),
        ("intake-sor", "5014", "intake", False),
    ]
    city = found.filter(pl.col("municipality_code") == "5001").row(0, named=True)
    assert (city["valid_from"], city["valid_to"]) == (date(2020, 1, 1), date(2026, 6, 1))


def test_membership_ends_are_exclusive():
    assert membership(REGIONS, MEMBERS, date(2026, 5, 31)).height == 4
    assert membership(REGIONS, MEMBERS, date(2026, 6, 1)).height == 3
    assert set(membership(REGIONS, MEMBERS, date(2027, 1, 1))["kind"]) == {"intake"}


def test_a_member_of_an_undeclared_region_is_refused():
    with pytest.raises(ConfigurationError, match="intake-nord"):
        membership(
            REGIONS.filter(pl.col("region_code") != "intake-nord"), MEMBERS, date(2026, 1, 1)
        )


def test_a_partition_covers_every_municipality_once():
    intake = membership(REGIONS, MEMBERS, date(2026, 2, 1)).filter(pl.col("kind") == "intake")
    check_partition(intake, ["5006", "5014"])
    check_partition(intake, pl.Series(["5014", "5006"]))


def test_a_faulty_partition_names_the_municipalities():
    everything = membership(REGIONS, MEMBERS, date(2026, 2, 1))
    with pytest.raises(ConfigurationError) as refused:
        check_partition(everything, ["5006", "5014", "5020"])
    text = str(refused.value)
    assert "uten region: 5020" in text
    assert "i flere regioner: 5014" in text
    assert "ukjent kommune: 5001" in text


def test_own_regions_get_codes_in_plain_letters_and_count_a_municipality_once() -> None:
    rows = pl.DataFrame(
        {
            "region": [" Kysten og Øyene ", "Kysten og Øyene", "Værnes (ny)"],
            "municipality_code": ["5014", "5014", "5035"],
        }
    )
    assert own_regions(rows).rows() == [
        ("own-kysten-og-oyene", "Kysten og Øyene", "5014"),
        ("own-vernes-ny", "Værnes (ny)", "5035"),
    ]
