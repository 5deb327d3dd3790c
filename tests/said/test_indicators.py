"""What the committee says: comments, a release, corrections that keep what was released."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import indicators, said
from tasks.errors import NotFound, WrongUse
from tasks.journal import Journal

NAMES = {"rki-01": "Sysselsatte", "rki-02": "Utenfor"}
MEMBERS = {"nav": "NAV Trøndelag", "fylkeskommunen": "Trøndelag fylkeskommune"}
FIGURES = pl.DataFrame(
    [
        ("rki-01", "50", 2024, 79.0),
        ("rki-01", "50", 2025, 80.1),
        ("rki-01", "5043", 2025, None),
        ("rki-02", "50", 2025, 10.2),
    ],
    schema=["indicator_code", "area_code", "year", "value"],
    orient="row",
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def say(journal: Journal, indicator: str, organisation: str = "nav", text: str = "Godt.") -> None:
    indicators.comment(
        journal,
        NAMES,
        MEMBERS,
        base=2026,
        indicator=indicator,
        organisation=organisation,
        signed_by="Kari",
        text=text,
    )


def release(journal: Journal, figures: pl.DataFrame = FIGURES) -> int:
    return indicators.release(
        journal, figures, base=2026, released_by="Komiteen", as_of="2026-11-24"
    )


def released(journal: Journal) -> Journal:
    for indicator in NAMES:
        say(journal, indicator)
    assert release(journal) == 3
    return journal


def changed(value: float) -> pl.DataFrame:
    """The figures after the source has changed the employment of 2025."""
    at = (pl.col("indicator_code") == "rki-01") & (pl.col("year") == 2025)
    return FIGURES.with_columns(value=pl.when(at).then(value).otherwise("value"))


def test_a_later_comment_of_the_same_member_takes_the_place_of_the_first(
    journal: Journal,
) -> None:
    say(journal, "rki-01", text="Godt.")
    say(journal, "rki-01", text="  Svært godt. ")
    say(journal, "rki-01", "fylkeskommunen", "Enig.")
    rows = indicators.frames(journal.entries())["indicator_comment"].to_dicts()
    assert {row["organisation_code"]: row["comment"] for row in rows} == {
        "fylkeskommunen": "Enig.",
        "nav": "Svært godt.",
    }


def test_a_base_is_released_when_every_indicator_has_a_comment(journal: Journal) -> None:
    say(journal, "rki-01")
    with pytest.raises(WrongUse, match="ingen kommentar til rki-02"):
        release(journal)
    say(journal, "rki-02")
    assert release(journal) == 3
    with pytest.raises(WrongUse, match="frigitt"):
        release(journal)
    with pytest.raises(WrongUse, match="kommentarene der står"):
        say(journal, "rki-01")


def test_nothing_is_released_without_figures(journal: Journal) -> None:
    with pytest.raises(WrongUse, match="ingen tall"):
        release(journal, FIGURES.clear())


def test_unknown_names_are_refused(journal: Journal) -> None:
    with pytest.raises(NotFound, match="mente du «rki-01»"):
        say(journal, "rki-011")
    with pytest.raises(NotFound, match="statistikkomiteen"):
        say(journal, "rki-01", "kommunen")
    with pytest.raises(WrongUse, match="--text"):
        say(journal, "rki-01", text=" ")
    assert journal.entries() == []


def test_a_correction_keeps_what_was_released(journal: Journal) -> None:
    released(journal)
    for value in (80.4, 80.6):
        told = indicators.correct(
            journal,
            changed(value),
            base=2026,
            indicator="rki-01",
            reason="Revidert av kilden",
            corrected_by="Komiteen",
        )
        assert told["new_value"].to_list() == [value]
    frames = indicators.frames(journal.entries())
    kept = frames["indicator_released"].filter(year=2025, indicator_code="rki-01")
    assert kept["value"].to_list() == [80.1]
    corrections = frames["indicator_correction"].sort("correction")
    assert corrections.select("correction", "old_value", "new_value").rows() == [
        (1, 80.1, 80.4),
        (2, 80.4, 80.6),
    ]


@pytest.mark.parametrize("only", [{"area": "5043"}, {"year": 2024}, {"indicator": "rki-02"}])
def test_nothing_that_did_not_change_is_corrected(
    journal: Journal, only: dict[str, object]
) -> None:
    released(journal)
    asked = {"base": 2026, "indicator": "rki-01", "reason": "Revidert", "corrected_by": "K"} | only
    with pytest.raises(WrongUse, match="ingen"):
        indicators.correct(journal, changed(80.4), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("only", [{"area": "Namdal"}, {"indicator": "rki-99"}])
def test_what_is_to_be_corrected_must_exist(journal: Journal, only: dict[str, object]) -> None:
    released(journal)
    asked = {"base": 2026, "indicator": "rki-01", "reason": "Revidert", "corrected_by": "K"} | only
    with pytest.raises(NotFound, match=next(iter(only.values()))):  # type: ignore[arg-type]
        indicators.correct(journal, changed(80.4), **asked)  # type: ignore[arg-type]


def test_a_comment_tells_of_nobody(journal: Journal) -> None:
    with pytest.raises(WrongUse, match="e-postadresse"):
        say(journal, "rki-01", text="Spør kari@example.org")


def test_a_correction_needs_a_release_and_a_reason(journal: Journal) -> None:
    asked = {"base": 2026, "indicator": "rki-01", "corrected_by": "K"}
    with pytest.raises(WrongUse, match="ikke er frigitt"):
        indicators.correct(journal, changed(80.4), reason="Revidert", **asked)  # type: ignore[arg-type]
    released(journal)
    with pytest.raises(WrongUse, match="--reason"):
        indicators.correct(journal, changed(80.4), reason=" ", **asked)  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20, unique=True))
def test_released_figures_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"))
    say(journal, "rki-01")
    figures = pl.DataFrame(
        {
            "indicator_code": "rki-01",
            "area_code": [str(5001 + place) for place in range(len(values))],
            "year": 2025,
            "value": values,
        }
    )
    release(journal, figures)
    found = indicators.frames(journal.entries())["indicator_released"]
    assert dict(found.select("area_code", "value").iter_rows()) == dict(
        figures.select("area_code", "value").iter_rows()
    )
    assert indicators.deviations(journal.entries(), figures, 2026).is_empty()


def test_all_that_is_said_is_marked_where_the_home_is_the_sample() -> None:
    for constructed in (True, False):
        frames = said.frames([], constructed=constructed)
        assert len(frames) == 8
        assert all("constructed" in frame.columns for frame in frames.values())
