"""A form as somebody filled it in: cells with what was told, what it means, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tasks.forms.calendar import Region, Round
from tasks.forms.codes import CodeList
from tasks.forms.definition import Form, FormField

Value = str | int | None


@dataclass(frozen=True)
class Context:
    """What a form is written or read against.

    Attributes:
        form: The form.
        round: Its round.
        region: The region it is for, if any.
        lists: The code lists that hold today, restricted to the region.
        county: Name of the county.
    """

    form: Form
    round: Round
    region: Region | None
    lists: Mapping[str, CodeList]
    county: str

    def options(self, one: FormField) -> Mapping[str, str] | None:
        """What a field is chosen from, text by code; None where it is written freely."""
        if one.code_list:
            names = self.lists[one.code_list]
            return {code: names.shown(code) for code in names.names}
        return one.choices or None


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        told: As a marked copy shows it.
        value: What is kept: a code, a text or a number; None where nothing is.
        reason: Why it is not accepted.
    """

    told: str | int | date | None = None
    value: Value = None
    reason: str | None = None


@dataclass
class FilledRow:
    """One row of the table that is not empty.

    Attributes:
        row: Its number in the sheet it was read from.
        place: Its place in the table, counted from 0.
        cells: Its cells by name of field.
        reasons: What is wrong with the row beside its cells.
        need_id: Its identity, once it is taken.
    """

    row: int
    place: int
    cells: dict[str, Cell]
    reasons: list[str] = field(default_factory=list)
    need_id: str | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.reasons and all(cell.reason is None for cell in self.cells.values())


@dataclass
class Filled:
    """A whole form as it came.

    Attributes:
        sender: The cells of the sender's block by name of field.
        rows: The rows that are not empty.
        notes: What the sender should know about the file as a whole.
    """

    sender: dict[str, Cell]
    rows: list[FilledRow]
    notes: list[str] = field(default_factory=list)
