"""A night in words is read by people who know datasets by their titles."""

from __future__ import annotations

from datetime import date

from flows.summary import night_summary
from tasks.alerts import Finding
from tasks.assembly import Vintage
from tasks.night import Outcome

NIGHT = date(2026, 11, 22)


def test_a_night_is_told_in_norwegian_words() -> None:
    said = night_summary(
        Outcome(
            night="n",
            as_of=NIGHT,
            vintages=(
                Vintage("klass_counties", "abc", "parse", "mangler kolonne"),
                Vintage("nsr_schools", "def"),
            ),
            skipped={"mart.coverage": "staging.places mangler"},
            findings=(Finding("mart.school", "warn", "inntak", "to like (2 rader)", NIGHT, 3),),
            tables=7,
        )
    )
    assert said.splitlines() == [
        "# Natten 22.11.2026",
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
        "- **mart.school**, advarsel, 3. natt, inntak: to like (2 rader)",
    ]
