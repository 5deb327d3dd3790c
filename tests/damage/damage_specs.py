"""What a damage is, and what is told of the damages of a table.

A damage is the smallest change that breaks what one expectation demands. For the plain kinds it
follows from the expectation's own arguments (`damage_recipes.py`); for the others, and where more
must be said, it stands in `tests/damage/<schema>/<table>.yaml` under the expectation's reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

HERE = Path(__file__).parent


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Damage(Strict):
    """One change of one row, or what `sql` says where that is not enough.

    Attributes:
        where: Which row: the first that fits; the first of all where nothing is said.
        set: The columns that are changed in it, as after SQL's SET.
        double: The row stands twice, the second time with these columns changed (`{}`: none).
        remove: The row goes.
        every: The change is to every row that fits.
        side: Which end of a range the arguments' own damage is for: `below` or `above`.
        sql: Statements. Here and above `{table}` is the suite's table.
        table: Another table than the suite's, where the fault is in what it is compared with.
        also: Reasons of the other expectations that must fail with it.
    """

    where: str = "true"
    set: str | None = None
    double: dict[str, str] | None = None
    remove: bool = False
    every: bool = False
    side: Literal["below", "above"] | None = None
    sql: tuple[str, ...] = ()
    table: str | None = None
    also: frozenset[str] = frozenset()

    @property
    def says_what(self) -> bool:
        return bool(self.set or self.double is not None or self.remove or self.sql)

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        ways = [self.set, self.double is not None, self.remove, self.sql]
        assert sum(map(bool, ways)) <= 1, "one of set, double, remove and sql"
        assert not (self.sql and (self.every or self.where != "true")), "sql says it all"
        return self

    def statements(self, table: str) -> tuple[str, ...]:
        made = self.sql or (self._statement(self.table or table),)
        return tuple(statement.replace("{table}", table) for statement in made)

    def _statement(self, table: str) -> str:
        first = f"rowid = (SELECT min(rowid) FROM {table} WHERE {self.where})"
        chosen = f"({self.where})" if self.every else first
        if self.remove:
            return f"DELETE FROM {table} WHERE {chosen}"
        if self.double is not None:
            changed = ", ".join(f"{value} AS {name}" for name, value in self.double.items())
            columns = f"* REPLACE ({changed})" if changed else "*"
            return f"INSERT INTO {table} SELECT {columns} FROM {table} WHERE {chosen}"
        return f"UPDATE {table} SET {self.set} WHERE {chosen}"


class Spec(Strict):
    """What must be known of one table to damage it.

    Attributes:
        good: Statements that make the sample's table good: rows it lacks, or a fault mended.
        warns: Reasons that the sample does not hold before that, and warns of every night.
        damages: By the reason of the expectation.
    """

    good: tuple[str, ...] = ()
    warns: frozenset[str] = frozenset()
    damages: dict[str, tuple[Damage, ...]] = {}


def read_spec(table: str) -> Spec:
    schema, _, name = table.partition(".")
    path = HERE / schema / f"{name}.yaml"
    if not path.is_file():
        return Spec()
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    damages = told.get("damages", {})
    # One damage is the rule, and is then no list.
    told["damages"] = {r: d if isinstance(d, list) else [d] for r, d in damages.items()}
    return Spec.model_validate(told)
