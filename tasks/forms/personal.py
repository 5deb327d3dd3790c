"""Finds what is about a person in a free text: e-mail, identity number, telephone."""

from __future__ import annotations

import re

from tasks.forms.codes import folded

REMOVED = "[fjernet]"
PATTERNS = {
    "en e-postadresse": re.compile(
        r"[^\s@<>(),;:]{1,64}@[^\s@<>(),;:]{1,190}\.[^\s@<>(),;:]{1,60}"
    ),
    "et fødselsnummer": re.compile(r"(?<!\d)\d{6}[ .\-\u00a0]?\d{5}(?!\d)"),
    "et telefonnummer": re.compile(
        r"(?<![\d.,])(?:(?:\+|00)47[ \u00a0]?)?"
        r"(?:[2-9]\d{7}|[4-9]\d{2}[ \u00a0]\d{2}[ \u00a0]\d{3}|[2-9]\d(?:[ \u00a0]\d{2}){3})(?!\d)"
        r"|(?:\+|(?<!\d)00)\d{2}[ \u00a0]?\d(?:[ \u00a0]?\d){6,11}(?!\d)"
    ),
}
_NAME = "navnet på kontaktpersonen"


def found(text: str, contact: str | None = None) -> str | None:
    """What of a person a text holds, as it is said in a reason; None where nothing is seen.

    Args:
        text: A free text.
        contact: The name of the sender's contact, which must not stand in it either.
    """
    for what, pattern in PATTERNS.items():
        if pattern.search(text):
            return what
    name = folded(contact or "")
    return _NAME if " " in name and name in folded(text) else None


def without(text: str, contact: str | None = None) -> str:
    """The text with what `found` sees taken out, as a marked copy shows it."""
    for pattern in PATTERNS.values():
        text = pattern.sub(REMOVED, text)
    words = (contact or "").split()
    if len(words) > 1:
        name = r"\s+".join(map(re.escape, words))
        text = re.sub(name, REMOVED, text, flags=re.IGNORECASE)
    return text
