"""The workbook of a plan that is taken into a meeting; `tasks/plan_returned.py` reads it back.

«Les meg» says what plan it is and how to fill in; «Klasser» is filled in; the others are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from tasks import dates
from tasks.forms import stamp
from tasks.plans import Stored
from tasks.publish import classes_sheet, formats, model, workbook
from tasks.publish.classes_sheet import ALLOWED
from tasks.publish.model import Cell, Column, Table
from tasks.publish.workbook import Block

# The first cell of the hidden sheet says that the file is one of these.
MAGIC = "tilbudsplan-klasser"
PLAN, MADE_OF = "plan", "kjennetegn"
_HIDDEN = "Kjennetegn"
# Tables of a plan that are there to be read: sheet, title, what a row is, and what is told of it.
_BESIDE = {
    "adults": (
        "Voksne",
        "Plasser for voksne",
        "Fag",
        "trade",
        {
            "demand": "Etterspurt",
            "places": "Plasser",
            "groups": "Grupper",
            "gap": "Mangler",
            "nok": "Kroner",
        },
    ),
    "colleges": (
        "Fagskole",
        "Plasser i høyere yrkesfaglig utdanning",
        "Tilbud",
        "offer",
        {
            "places_now": "Plasser nå",
            "demand": "Etterspurt",
            "places": "Plasser",
            "gap": "Mangler",
            "nok": "Kroner",
        },
    ),
    "groups": (
        "Grupper",
        "Grupper med egne regler, og felles klasser",
        "Gruppe",
        "name",
        {"persons": "Personer", "groups": "Grupper", "nok": "Kroner"},
    ),
}
# From here a difference is told without decimals.
_BIG = 10_000


def write(stored: Stored, run: Mapping[str, Any], path: Path) -> None:
    """Write the workbook, whole or not at all.

    Args:
        stored: The plan.
        run: Manifest of its run.
        path: The workbook; one that is there is replaced.
    """
    half = path.with_name(f"{path.name}.part")
    title = f"Plan i klasser for skoleåret {stored.manifest['school_year']}"
    beside = list(_beside(stored))
    sheets = [(classes_sheet.SHEET, "Klassene, med to kolonner som fylles ut")]
    sheets += [(table.sheet, table.title) for table in beside]
    blocks = [*_told(stored), (workbook.SHEETS, sheets)]
    with xlsxwriter.Workbook(str(half), workbook.OPTIONS) as book:
        book.set_properties({"title": title, "subject": "Plan i klasser"})
        looks = workbook.styles(book)
        workbook.read_me(book, looks, title, _constructed(run), blocks).protect("", ALLOWED)
        classes_sheet.write(book, looks, f"{title}: klasser", pairs(stored), step(stored))
        for table in beside:
            workbook.sheet(book, looks, table).protect("", ALLOWED)
        marks = {PLAN: stored.id, MADE_OF: made_of(stored)}
        stamp.put(book, book.add_worksheet(_HIDDEN), MAGIC, marks)
    half.replace(path)


def made_of(stored: Stored) -> str:
    """SHA-256 of the hashes of all tables of a plan: whose classes a workbook has."""
    outputs = json.dumps(stored.manifest["outputs"], sort_keys=True)
    return hashlib.sha256(outputs.encode()).hexdigest()


def step(stored: Stored) -> float:
    """0.5 where the plan's rules allow half classes, otherwise 1."""
    return float(stored.manifest["classes"]["step"])


def pairs(stored: Stored) -> pl.DataFrame:
    """The rows of «Klasser»: school × programme area; `new` and `reason` where set by hand."""
    fixed = stored.tables["fixed"].rename({"classes": "new"})
    key = ["organisation_number", "programme_area_code"]
    return (
        stored.tables["classes"]
        .join(fixed, on=key, how="left")
        .sort("school", "level", "programme_area", *key)
    )


_STEPS = (
    "Gå til arket «Klasser». Skriv det nye antallet i «Nye klasser», og hvorfor i «Begrunnelse». "
    "Tom celle betyr at planen gjelder. Står det samme tallet som i planen, holdes klassen fast.",
    "Rader som er endret, lyser oransje; rader som er satt fra før, blå; det som mangler, rødt. "
    "Summene øverst følger filteret, så de kan leses for én skole eller ett programområde.",
    "Kroner og plasser i arket er for radene alene. Hva endringen koster i hvert mål, med elevene "
    "plassert på nytt, regnes ut når filen leses inn.",
    "Lagre som Excel-arbeidsbok (.xlsx), og les inn med «tilbudsplan plan import FIL». Da står de "
    "andre klassene som de er. Med «--rest search» regnes nærliggende klasser på nytt.",
    "Tøm cellen i «Nye klasser» og «Begrunnelse» for å oppheve noe som er satt fra før.",
)


def _constructed(run: Mapping[str, Any]) -> list[str]:
    rows = [row for row in run.get("vintages", ()) if row["snapshot"]]
    number = sum(bool(row["constructed"]) for row in rows)
    which = f"{number} av {len(rows)} datasett, som rapporten til kjøringen nevner"
    return [which] if number else []


def _told(stored: Stored) -> list[Block]:
    """What the first sheet says of the plan."""
    manifest, tables = stored.manifest, stored.tables
    unconfirmed = tables["unconfirmed"]
    steps = manifest.get("steps", [])
    searched = not steps or steps[-1]["rest"] == "search"
    changed = tables["classes"].filter(pl.col("classes") != pl.col("classes_now")).height
    plan = [
        ("Plan", stored.id),
        ("Kjøring", manifest["run"]),
        ("Laget", dates.moment(datetime.fromisoformat(manifest["created_at"]))),
        ("Tilbud", f"{tables['classes'].height}, {changed} med andre klasser enn i år"),
        ("Satt for hånd", f"{tables['fixed'].height} tilbud"),
    ]
    return [
        ("Planen", plan),
        ("Slik brukes arbeidsboken", [(f"{n}.", text) for n, text in enumerate(_STEPS, 1)]),
        (
            "Hva planen gir i hvert mål",
            [_goal(row, searched) for row in tables["goals"].iter_rows(named=True)],
        ),
        ("Avstand til planen uten noe satt for hånd", distance(stored)),
        (
            f"Ikke bekreftet: {unconfirmed.height} regler og prinsipper",
            [
                (file, f"{', '.join(entries)}: {source}")
                for file, source, entries in unconfirmed.group_by(
                    "file", "source", maintain_order=True
                )
                .agg("entry")
                .iter_rows()
            ],
        ),
    ]


def _goal(row: Mapping[str, Any], searched: bool) -> tuple[str, str]:
    digits = 0 if row["goal"] == "kostnad" else 1
    value, bound = (formats.decimal(row[name], digits) for name in ("value", "bound"))
    near = "nær nok" if row["met"] else "ikke vist å være best mulig"
    proven = f"; kan ikke bli under {bound} ({near})" if searched else "; klassene er gitt"
    return f"{row['order']}. {row['goal_name'].capitalize()}", f"{value} {row['unit']}{proven}"


def distance(stored: Stored) -> list[tuple[str, str]]:
    """How far a plan is from the unforced one, goal by goal; empty where nothing is set."""
    found = dict(stored.tables["distance"].iter_rows())
    goals = stored.tables["goals"].select("goal", "goal_name", "unit").iter_rows()
    told = [(name, f"{signed(found[goal])} {unit}") for goal, name, unit in goals if goal in found]
    if found:
        told.append(("klasser som er andre", f"{formats.decimal(found['klasser'])} klasser"))
        told.append(("kostnad ved skolene", f"{signed(found['kroner_skoler'])} kroner"))
    return [(name.capitalize(), text) for name, text in told]


def signed(value: float) -> str:
    """A difference with its sign, and a decimal where it is small."""
    shown = round(value, 1)
    if abs(shown) >= _BIG or shown == round(shown):
        return formats.signed(shown)
    return ("+" if value > 0 else "") + formats.decimal(value)


def _beside(stored: Stored) -> Iterator[Table]:
    """What else the plan decides, to be read; a table without rows is left out."""
    for name, (sheet, title, head, column, numbers) in _BESIDE.items():
        rows: list[list[Cell]] = [
            [model.text(told), *map(model.whole, values)]
            for told, *values in stored.tables[name].select(column, *numbers).iter_rows()
        ]
        columns = (Column(head, "text"), *(Column(called) for called in numbers.values()))
        source = f"Kilde: plan {stored.id}. Arket er til å lese; det endres ikke her."
        if rows:
            yield Table(f"tabell-{name}", title, sheet, columns, rows, source)
