"""Judges one cell: what it means by the field's type, or why it is not accepted (Norwegian)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from tasks.forms import personal
from tasks.forms.codes import folded
from tasks.forms.definition import FormField
from tasks.forms.filled import Cell, Context

# Cells as openpyxl hands them over.
Raw = str | int | float | bool | date | datetime | None
# What stands where a formula was never calculated, and where a cell is part of a merged one.
UNCALCULATED = "\0formel"
MERGED = "\0sammenslått"

_REASONS = {
    UNCALCULATED: "cellen har en formel uten utregnet verdi; skriv verdien selv",
    MERGED: "cellen er slått sammen med andre; del den opp, og fyll ut hver for seg",
}
# The lists that hold a region's own places alone.
PLACES = ("municipality", "school")
_ERROR_VALUES = ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
_ORGNR_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_LONGEST_TOLD = 2000
_LONGEST_QUOTED = 60
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_TELEPHONE = re.compile(r"\+?[\d ]{5,20}")


def judge(one: FormField, raw: Raw, context: Context, contact: str | None = None) -> Cell:
    """What a cell says.

    Args:
        one: The field that the cell is of.
        raw: What stands in it.
        context: Form, round and code lists.
        contact: Name of the sender's contact, which no text may hold.
    """
    if isinstance(raw, str) and raw in _REASONS:
        return Cell(reason=_REASONS[raw])
    text = plain(raw)
    if not text:
        return Cell(reason="må fylles ut" if one.required else None)
    if text in _ERROR_VALUES:
        return Cell(told=text, reason=f"cellen viser feilen {text}; skriv verdien selv")
    if context.options(one) is not None:
        return _chosen(one, text, context, contact)
    if one.type == "whole_number":
        return _number(one, raw, context, contact)
    if one.type == "date":
        return _date(raw, contact)
    return _text(one, text, contact)


def plain(raw: Raw) -> str:
    """A cell as a text: composed letters, no control characters, single spaces within lines."""
    if raw is None or isinstance(raw, bool):
        return {True: "SANN", False: "USANN", None: ""}[raw]
    if isinstance(raw, datetime):
        raw = raw.date()
    if isinstance(raw, date):
        return f"{raw:%d.%m.%Y}"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        raw = int(raw)
    text = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").replace("\u00a0", " ")
    kept = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign)[0] != "C")
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(lines).strip()


def is_orgnr(digits: str) -> bool:
    """Whether nine digits satisfy the control digit (modulus 11) of the register of units."""
    if not re.fullmatch(r"\d{9}", digits, flags=re.ASCII):
        return False
    total = sum(int(d) * w for d, w in zip(digits[:8], _ORGNR_WEIGHTS, strict=True))
    return (11 - total % 11) % 11 == int(digits[8])


def _chosen(one: FormField, text: str, context: Context, contact: str | None) -> Cell:
    options = context.options(one) or {}
    code, _, name = text.partition(" ")
    by_text = {folded(shown): key for key, shown in options.items()}
    exact = by_text.get(folded(text))
    if exact is None and code in options and not _is_another(name, code, options):
        exact = code
    if exact is not None:
        value = int(exact) if one.type == "whole_number" else exact
        return Cell(told=options[exact], value=value)
    if code in options:
        reason = f"koden {code} er «{options[code]}», men det står noe annet bak; velg én av dem"
        return _refused(text, reason, contact)
    if one.code_list is None:
        shown = ", ".join(f"«{text}»" for text in options.values())
        return _refused(text, f"velg en av {shown}", contact)
    meant = context.lists[one.code_list].suggestion(name if code[:1].isdigit() and name else text)
    restricted = context.region and one.code_list in PLACES
    where = f" for {context.region.name}" if context.region and restricted else ""
    what = f"mente du «{meant}»?" if meant else "velg fra listen"
    return _refused(text, f"«{{}}» er ikke i listen{where}; {what}", contact)


def _is_another(name: str, code: str, options: Mapping[str, str]) -> bool:
    """Whether the text after a code is the name of another code's entry."""
    others = {folded(shown.removeprefix(key)) for key, shown in options.items() if key != code}
    return folded(name) in others and folded(name) != folded(options[code].removeprefix(code))


def _number(one: FormField, raw: Raw, context: Context, contact: str | None) -> Cell:
    text = plain(raw)
    low, high = one.limits(context.round.year)
    if isinstance(raw, date) and one.from_round:
        text = str(raw.year)
    digits = re.sub(r"(?<=\d)[ .](?=\d{3}(?!\d))", "", text)
    whole = re.fullmatch(r"([+-]?\d{1,9})(?:[.,]0+)?", digits, flags=re.ASCII)
    if whole is None or isinstance(raw, bool):
        return _refused(text, "«{}» er ikke et helt tall", contact)
    number = int(whole[1])
    if not low <= number <= high:
        reason = f"{{}} er utenfor det mulige; skriv fra {low} til {high}"
        return _refused(str(number), reason, contact)
    return Cell(told=number, value=number)


def _date(raw: Raw, contact: str | None) -> Cell:
    text = plain(raw)
    if isinstance(raw, date):
        day = raw.date() if isinstance(raw, datetime) else raw
        return Cell(told=day, value=day.isoformat())
    for form in ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        return Cell(told=day, value=day.isoformat())
    return _refused(text, "«{}» er ikke en dato som 1.8.2027", contact)


def _text(one: FormField, text: str, contact: str | None) -> Cell:
    if one.check == "orgnr":
        return _orgnr(text)
    if one.contact:
        return Cell(told=None, value=text[: one.max_length], reason=_contact_reason(one, text))
    if what := personal.found(text, contact):
        reason = f"teksten inneholder {what}; opplysninger om personer hører ikke til her"
        return _refused(text, reason, contact)
    if len(text) > one.max_length:
        reason = f"teksten er på {len(text)} tegn; høyst {one.max_length} er mulig"
        return _refused(text, reason, contact)
    return Cell(told=text, value=text)


def _orgnr(text: str) -> Cell:
    digits = re.sub(r"[\s.]|^NO|MVA$", "", text.upper())
    if is_orgnr(digits):
        return Cell(told=digits, value=digits)
    reason = "ikke et gyldig organisasjonsnummer; skriv ni siffer, eller la stå tomt"
    return _refused(text, reason, None)


def _contact_reason(one: FormField, text: str) -> str | None:
    """Why a detail of the contact is not right; the reason never says what stood there."""
    if len(text) > one.max_length:
        return f"høyst {one.max_length} tegn er mulig"
    if one.check == "email" and not _EMAIL.fullmatch(text):
        return "ikke en gyldig e-postadresse"
    if one.check == "telephone" and not _TELEPHONE.fullmatch(text):
        return "ikke et gyldig telefonnummer"
    return None


def _refused(text: str, reason: str, contact: str | None) -> Cell:
    """A cell that is not accepted; what it holds of a person is neither shown nor quoted.

    Args:
        text: What stood there.
        reason: Why; `{}` is where the text is quoted.
        contact: Name of the sender's contact.
    """
    told = personal.without(text, contact)[:_LONGEST_TOLD]
    quoted = " ".join(told.split())
    quoted = quoted if len(quoted) <= _LONGEST_QUOTED else f"{quoted[:_LONGEST_QUOTED]}…"
    return Cell(told=told, reason=reason.replace("{}", quoted))
