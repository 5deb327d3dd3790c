"""Which frames of a run are counted of rows about persons, by what a night says of its tables.

Such rows are deleted on their date (`tilbudsplan purge`). What was counted of them is kept with a
decision, and its frame is taken from there where rows under it are deleted since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tasks import lineage, run_inputs
from tasks.errors import ConfigurationError
from tasks.landing import Landing
from tasks.sources import person_file

if TYPE_CHECKING:
    import duckdb


def frames(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    vintages: Mapping[str, str],
    names: Iterable[str],
) -> set[str]:
    """The frames that stand on rows about persons, however far down.

    Args:
        con: A night, with `audit.table` in it.
        landing: Where its answers lie.
        vintages: By dataset, the snapshot that the night stood on.
        names: Names of frames of a run.

    Raises:
        ConfigurationError: A frame is itself rows about persons: no decision may keep those.
    """
    of_persons = {name for name, snapshot in vintages.items() if _has(landing, name, snapshot)}
    sources = {
        table: told.split(", ")
        for table, told in con.execute("select table_name, sources from audit.table").fetchall()
    }

    def stands_on(table: str, seen: set[str]) -> bool:
        seen.add(table)
        return lineage.dataset_of(table, vintages) in of_persons or any(
            stands_on(below, seen) for below in sources.get(table, ()) if below not in seen
        )

    own = {
        table
        for dataset, table in con.execute(
            "select dataset, table_name from audit.vintage"
        ).fetchall()
        if dataset in of_persons
    }
    tables = {name: run_inputs.table_of(name) for name in names}
    if wrong := sorted(name for name, table in tables.items() if table in own):
        raise ConfigurationError(
            subject="tallgrunnlaget til et vedtak",
            expected="tellinger, som kan beholdes når radene om personer slettes",
            got=f"rader om personer i {', '.join(f'{name} ({tables[name]})' for name in wrong)}",
            remedy="la planen lese en tabell som teller dem (sql/closed), og kjør den på nytt",
        )
    return {name for name, table in tables.items() if stands_on(table, set())}


def _has(landing: Landing, dataset: str, snapshot: str) -> bool:
    steps = landing.steps(landing.get(dataset, snapshot))
    return any(part.role.startswith(person_file.PERSONS) for one in steps for part in one.parts)
