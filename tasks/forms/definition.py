"""The forms as a planner declares them: `data/reference/forms/*.toml`, read strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from tasks.errors import ConfigurationError, NotFound
from tasks.strict import Exact, checked, toml_document

# What a sender is known by; every other field of the sender is told with each of its rows.
IDENTITY = ("organisation", "orgnr", "sender_role")
FOLDER = "data/reference/forms"
_REPEATED = ("sender", "row", "condition")


class FormField(Exact):
    """One cell of the sender's block, or one column of the table.

    Attributes:
        name: The field's key in journal and tables.
        label: What stands above or before it; cells are found by it when a file comes back.
        help: Shown when the cell is chosen, and in the guidance.
        type: `text`, `whole_number`, `date`, `choice` (its code is kept, its text shown) or `code`
            (of a code list, shown as «5007 Namsos»).
        code_list: The code list of a `code` (`list` in the file).
        choices: Code and text of a `choice`; of a whole number, the numbers that may be told.
        required: Whether it must be filled in.
        max_length: Of a text.
        min: Least value of a number.
        max: Greatest value of a number.
        from_round: Least and greatest value counted from the round, in place of `min` and `max`.
        width: Of the column, in characters.
        key: Whether it is part of what makes two rows the same need.
        contact: Whether it is about a person, and is kept apart.
        check: What more a text must satisfy.
        former_labels: Labels that it had in earlier versions.
    """

    name: str = Field(pattern="^[a-z][a-z_]*$")
    label: str = Field(min_length=1, max_length=60)
    help: str = Field(min_length=1, max_length=250)
    type: Literal["text", "whole_number", "date", "choice", "code"]
    code_list: str | None = Field(default=None, alias="list")
    choices: dict[str, str] = Field(default_factory=dict)
    required: bool = False
    max_length: int = Field(default=500, ge=1, le=2000)
    min: int = 0
    max: int = 1_000_000
    from_round: list[int] | None = Field(default=None, min_length=2, max_length=2)
    width: int = Field(default=20, ge=5, le=80)
    key: bool = False
    contact: bool = False
    check: Literal["orgnr", "email", "telephone"] | None = None
    former_labels: tuple[str, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _whole(self) -> FormField:
        if (self.type == "code") != (self.code_list is not None):
            raise ValueError("«list» hører til type code, og bare der")
        if self.type == "choice" and not self.choices:
            raise ValueError("type choice trenger «choices»")
        if self.type == "whole_number" and not all(code.isdigit() for code in self.choices):
            raise ValueError("valgene til et heltall må ha tall som kode")
        return self

    def limits(self, year: int) -> tuple[int, int]:
        """Least and greatest value of a number in a round."""
        if self.from_round:
            return year + self.from_round[0], year + self.from_round[1]
        return self.min, self.max


class Condition(Exact):
    """What must hold between the fields of a row.

    Attributes:
        at_least_one: Fields of which one must be filled in.
        reason: What a row that breaks it is told, as an instruction.
    """

    at_least_one: tuple[str, ...] = Field(min_length=2, strict=False)
    reason: str


class Form(Exact):
    """One form.

    Attributes:
        name: What commands call it.
        version: Raised when fields, names or codes change.
        title: Its heading.
        for_whom: Who fills it in.
        intro: What it is for.
        after: What happens with it, a sentence each.
        region: Whether it is written for a region.
        include: Files of `shared/` that its fields are taken from, before its own.
        unique_rows: Whether two rows of the same key are a mistake.
        sender: The sender's block.
        row: The columns of the table.
        condition: What must hold in each row.
    """

    name: str = Field(pattern="^[a-z]+$")
    version: int = Field(ge=1)
    title: str
    for_whom: str
    intro: str
    after: tuple[str, ...] = Field(strict=False)
    region: Literal["required", "optional"]
    include: tuple[str, ...] = Field(default=(), strict=False)
    unique_rows: bool = False
    sender: tuple[FormField, ...] = Field(strict=False)
    row: tuple[FormField, ...] = Field(strict=False)
    condition: tuple[Condition, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _whole(self) -> Form:
        fields = [*self.sender, *self.row]
        for what in ("name", "label"):
            said = Counter(getattr(one, what).casefold() for one in fields)
            if twice := [text for text, times in said.items() if times > 1]:
                raise ValueError(f"«{what}» brukt to ganger: {', '.join(twice)}")
        known = {one.name for one in self.row}
        if stray := {name for c in self.condition for name in c.at_least_one} - known:
            raise ValueError(f"vilkår om ukjente felt: {', '.join(sorted(stray))}")
        if not any(one.key for one in self.row):
            raise ValueError("minst ett radfelt må ha key = true")
        if not {"organisation", "orgnr"} & {one.name for one in self.sender if one.required}:
            raise ValueError("avsender må ha organisation eller orgnr som påkrevd felt")
        return self

    @property
    def lists(self) -> tuple[str, ...]:
        """The code lists that its fields refer to, each once, in order."""
        return tuple(
            dict.fromkeys(one.code_list for one in [*self.sender, *self.row] if one.code_list)
        )


def load(folder: Path) -> dict[str, Form]:
    """Every form, by name.

    Raises:
        ConfigurationError: naming every file that cannot be used and why.
    """
    forms: dict[str, Form] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        document = _whole_document(path, problems)
        form = None if document is None else checked(document, Form, path.name, problems)
        if form:
            forms[form.name] = form
            if form.name != path.stem:
                problems.append(f"{path.name}: name er «{form.name}», ventet «{path.stem}»")
    if problems or not forms:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige skjemaer",
            got="; ".join(problems) or "ingen filer",
            remedy="rett filene som er nevnt; docs/forms.md sier hva hvert felt betyr",
        )
    return forms


def choose(forms: dict[str, Form], name: str) -> Form:
    """The form of a name.

    Raises:
        NotFound: there is none.
    """
    if name not in forms:
        raise NotFound(
            subject="skjema",
            expected=f"ett av {', '.join(forms)}",
            got=f"«{name}»",
            remedy="velg et av navnene",
        )
    return forms[name]


def choices(forms: Iterable[Form]) -> pl.DataFrame:
    """The texts of every choice: `form, field, code, label`, in the order they are shown."""
    rows = [
        {"form": form.name, "field": one.name, "code": code, "label": label}
        for form in forms
        for one in (*form.sender, *form.row)
        for code, label in one.choices.items()
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("form", "field", "code", "label"), pl.String))


def _whole_document(path: Path, problems: list[str]) -> dict[str, Any] | None:
    """A form's file with what it includes: shared rows stand before its own, the contact after."""
    own = toml_document(path, problems)
    if own is None:
        return None
    named = [path.parent / "shared" / f"{name}.toml" for name in own.get("include", ())]
    read = [toml_document(file, problems) for file in named]
    shared = [document for document in read if document is not None]
    if len(shared) < len(read):
        return None
    for part in _REPEATED:
        parts = [document.get(part, []) for document in shared]
        in_order = [own.get(part, []), *parts] if part == "sender" else [*parts, own.get(part, [])]
        own[part] = [entry for entries in in_order for entry in entries]
    return own
