"""The code lists that forms choose from: codes valid today, from the published warehouse."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tasks import warehouse
from tasks.errors import NotFound
from tasks.forms.calendar import Region
from tasks.settings import Settings

if TYPE_CHECKING:
    import duckdb

_CLOSE = 0.75
_LONGEST = 120
_KINDS = {"forum": "forumregion", "intake": "inntaksregion"}
# Two columns each: code and name.
_QUERIES = {
    # 0000 is what surveys use for who gave no answer.
    "occupation": """
        SELECT occupation_code, occupation FROM staging.occupation
        WHERE level = 4 AND occupation_code <> '0000'
    """,
    "programme_area": """
        SELECT
            programme_area_code,
            name || CASE
                WHEN is_in_company THEN ' (lærefag)'
                WHEN level IS NULL THEN ''
                ELSE ' (Vg' || level || ')'
            END
        FROM staging.programme_area
        WHERE
            status = 'in_force'
            AND coalesce(valid_from <= $today, true)
            AND coalesce(valid_to > $today, true)
    """,
    "trade": """
        SELECT programme_area_code, name FROM staging.programme_area
        WHERE
            is_in_company
            AND status = 'in_force'
            AND coalesce(valid_from <= $today, true)
            AND coalesce(valid_to > $today, true)
    """,
    "municipality": """
        SELECT municipality_code, municipality FROM mart.municipality
        WHERE
            county_code = $county
            AND coalesce(valid_from <= $today, true)
            AND coalesce(valid_to > $today, true)
    """,
    "industry": "SELECT industry_code, industry FROM staging.industry WHERE level <= 2",
    "school": """
        SELECT organisation_number, school FROM mart.school
        WHERE is_active AND ($places IS NULL OR list_contains($places, municipality_code))
    """,
}


@dataclass(frozen=True)
class CodeList:
    """One list as a form shows it.

    Attributes:
        name: What a form's field calls it.
        names: Name by code, in the order shown.
    """

    name: str
    names: Mapping[str, str]

    def shown(self, code: str) -> str:
        """A code as a drop-down shows it: «5007 Namsos»."""
        return f"{code} {self.names[code]}"

    def suggestion(self, text: str) -> str | None:
        """What was probably meant by a text that has no code: the entry whose name is nearest."""
        wanted = folded(text[:_LONGEST])
        by_name: dict[str, str] = {}
        for code, name in self.names.items():
            # «Trondheim - Tråante» is written as either, «Tømrerfaget (lærefag)» as the first.
            for part in (name, *name.split(" - "), name.partition(" (")[0]):
                by_name.setdefault(folded(part), code)
            by_name.setdefault(folded(code), code)
        near = difflib.get_close_matches(wanted, by_name, n=1, cutoff=_CLOSE)
        return self.shown(by_name[near[0]]) if near else None


def folded(text: str) -> str:
    """A text without case, marks and runs of spaces, as two spellings of a name are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("*", " ").split())


def load(
    settings: Settings,
    names: Iterable[str],
    region: Region | None,
    known: Mapping[str, Region],
    today: date,
) -> dict[str, CodeList]:
    """The lists that a form needs, by name; those of places restricted to its region.

    Raises:
        NotFound: no night has been published, or it lacks a list.
    """
    lists = {}
    try:
        with warehouse.connect_published(settings.rooms) as connection:
            for name in names:
                if name == "region":
                    lists[name] = _regions(known)
                else:
                    lists[name] = _read(connection, settings, name, region, today)
    except NotFound as error:
        raise error.about("kodelistene til skjemaet") from error
    return lists


def _read(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    name: str,
    region: Region | None,
    today: date,
) -> CodeList:
    import duckdb

    places = sorted(region.municipalities) if region else None
    bound = {"today": today, "county": settings.county, "places": places}
    query = _QUERIES[name]
    values = {key: value for key, value in bound.items() if f"${key}" in query}
    try:
        rows = connection.execute(f"{query} ORDER BY 1", values).fetchall()
    except duckdb.CatalogException:
        rows = []
    if name == "municipality" and places is not None:
        rows = [row for row in rows if row[0] in places]
    if not rows:
        raise NotFound(
            subject=f"kodelisten {name}",
            expected="koder som gjelder i dag, i det publiserte varehuset",
            got="ingen",
            remedy="kjør natten med «tilbudsplan ingest», og se «tilbudsplan status»",
        )
    return CodeList(name, dict(rows))


def _regions(known: Mapping[str, Region]) -> CodeList:
    return CodeList(
        "region",
        {one.code: f"{one.name} ({_KINDS.get(one.kind, one.kind)})" for one in known.values()},
    )
