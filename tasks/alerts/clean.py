"""Text from data as text in an e-mail: no control character, no way out of its line."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, urlsplit

# Characters of a paragraph, of a name, and of a subject.
PARAGRAPH, TITLE, SUBJECT = 800, 160, 150
# Control, format (marks that turn the direction of reading among them), surrogates and what Unicode
# has not given out; line and paragraph separators are spaces.
_OUT = {"Cc", "Cf", "Cs", "Co", "Cn"}


def line(text: str, most: int = PARAGRAPH) -> str:
    """A text on one line, in characters that are seen, no longer than told.

    The soft hyphen and other marks without width go too: a name must look like what it is.
    """
    # What stands far beyond the end is not looked at; white space may be collapsed before it.
    spaced = "".join(_seen(character) for character in text[: most * 4])
    whole = " ".join(spaced.split())
    cut = len(whole) > most or len(text) > most * 4
    return f"{whole[: most - 1].rstrip()}…" if cut else whole


def header(text: str) -> str:
    """A text as the value of a header: what looks encoded is not decoded by who reads it."""
    return line(text, SUBJECT).replace("=?", "= ?")


def address(link: str) -> str:
    """A link if it is one to a page, all of it ASCII; else nothing."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return quote(link, safe="%/:=&?~#+!$,;@()*[]-._", errors="replace")


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zl", "Zp", "Zs"} or character in "\t\n\r\v\f":
        return " "
    return "" if category in _OUT else character
