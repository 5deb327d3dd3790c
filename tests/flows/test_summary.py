"""A night in words is read by people who know datasets by their titles."""

from __future__ import annotations

from datetime import date

from flows.summary import night_summary
from tasks.alerts import Finding
from tasks.assembly import Vintage
from tasks.night import Outcome

NIGHT = date(2026, 11, 22)
OUTCOME = Outcome(
    night="n",
    as_of=NIGHT,
    vintages=(
        Vintage("klass_counties", "abc", "parse", "mangler kolonne"),
        Vintage("nsr_schools", "def"),
    ),
    skipped={"mart.coverage": "staging.places mangler"},
    findings=(Finding("mart.school", "warn", "opplaering", "to like (2 rader)", NIGHT, 3),),
    tables=7,
)


def test_a_night_is_told_in_norwegian_words() -> None:
    assert night_summary(OUTCOME).splitlines() == [
        "# Natten 22. november 2026",
        "",
        "2 datasett, 7 tabeller publisert.",
        "",
        "## Står på eldre tall",
        "",
        "- **Fylker (klass_counties)**, ikke forstått: mangler kolonne",
        "",
        "## Ikke bygget",
        "",
        "- **mart.coverage**: staging.places mangler",
        "",
        "## Åpne varsler",
        "",
        "- **mart.school**, advarsel, 3. natt, opplæring: to like (2 rader)",
    ]


def test_whoever_ran_it_by_hand_reads_no_markdown() -> None:
    assert night_summary(OUTCOME, markdown=False).splitlines() == [
        "Natten 22. november 2026",
        "",
        "2 datasett, 7 tabeller publisert.",
        "",
        "Står på eldre tall:",
        "  Fylker (klass_counties), ikke forstått: mangler kolonne",
        "",
        "Ikke bygget:",
        "  mart.coverage: staging.places mangler",
        "",
        "Åpne varsler:",
        "  mart.school, advarsel, 3. natt, opplæring: to like (2 rader)",
    ]
