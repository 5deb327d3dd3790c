"""What DuckDB says of a query it does not take, in Norwegian; its own text is kept behind."""

from __future__ import annotations

import re

_TABLES = "se tabellene med «tilbudsplan query» uten SQL"
_COLUMNS = "se kolonnene i en tabell med «tilbudsplan explain mart.school»"
_GENERAL = f"{_TABLES}, og kolonnene i en tabell med «tilbudsplan explain mart.school»"
_SPELLING = "se etter et ord, et komma eller en parentes som mangler eller er skrevet feil"

# Text of the engine, what is wrong, and what to do. `(?s:.*)` lets a candidate stand lines below.
_KNOWN = (
    (r'syntax error at or near "([^"]*)"', r"noe som ikke er SQL ved «\1»", _SPELLING),
    (r"syntax error at end of input", r"en spørring som slutter for tidlig", _SPELLING),
    (r"unterminated (?:quoted )?(?:string|identifier)", r"en tekst uten siste anførselstegn", ""),
    (
        r'Referenced column "([^"]*)" not found(?s:.*?)Candidate bindings:[ :]*"([^"]*)"',
        r"en ukjent kolonne, «\1»",
        rf"mente du «\2»? Ellers {_COLUMNS}",
    ),
    (r'Referenced column "([^"]*)"', r"en ukjent kolonne, «\1»", _COLUMNS),
    (
        r'Table "([^"]*)" does not have a column named "([^"]*)"'
        r'(?s:.*?)Candidate bindings:[ :]*"([^"]*)"',
        r"en ukjent kolonne i «\1», «\2»",
        rf"mente du «\3»? Ellers {_COLUMNS}",
    ),
    (
        r'Table "([^"]*)" does not have a column named "([^"]*)"',
        r"en ukjent kolonne i «\1», «\2»",
        _COLUMNS,
    ),
    (
        r'Referenced table "([^"]*)" not found(?s:.*?)Candidate tables:[ :]*"([^"]*)"',
        r"en tabell som ikke er nevnt i FROM, «\1»",
        rf"mente du «\2»? Ellers {_TABLES}",
    ),
    (
        r'Table with name "?([^" ]*)"? does not exist(?s:.*?)Did you mean "([^"]*)"',
        r"en ukjent tabell, «\1»",
        rf"mente du «\2»? Ellers {_TABLES}",
    ),
    (r'Table with name "?([^" ]*)"? does not exist', r"en ukjent tabell, «\1»", _TABLES),
    (
        r'Function with name "?([^" ]*)"? does not exist(?s:.*?)Did you mean "([^"]*)"',
        r"en ukjent funksjon, «\1»",
        rf"mente du «\2»? Ellers {_GENERAL}",
    ),
    (r'Function with name "?([^" ]*)"? does not exist', r"en ukjent funksjon, «\1»", ""),
    (
        r"No function matches the given name and argument types '([^']*)'",
        r"en funksjon som ikke tar det den fikk, «\1»",
        "gjør verdien om med cast, for eksempel cast(kolonne as integer)",
    ),
    (
        r'column "([^"]*)" must appear in the GROUP BY',
        r"en kolonne, «\1», som verken er gruppert eller talt",
        "sett den i «group by», eller bruk for eksempel «group by all»",
    ),
    (
        r'Ambiguous reference to column name "([^"]*)"',
        r"en kolonne som finnes i flere tabeller, «\1»",
        "skriv tabellen foran, for eksempel a.kolonne",
    ),
    (
        r"Could not convert string '([^']*)' to (\w+)",
        r"en tekst, «\1», som ikke lar seg gjøre om til \2",
        "sett tekst i anførselstegn 'slik', eller gjør om med try_cast",
    ),
)


def told(error: Exception) -> tuple[str, str, str]:
    """What is wrong with a query, and what to do.

    Args:
        error: What DuckDB raised.

    Returns:
        What came, read after «men fikk»; the remedy; and the engine's own text, to stand behind
        both, empty where what came is that text.
    """
    said = str(error).strip()
    for pattern, wrong, remedy in _KNOWN:
        if found := re.search(pattern, said):
            return found.expand(wrong), found.expand(remedy or _GENERAL), f"\n\nDuckDB sier: {said}"
    return said, _GENERAL, ""
