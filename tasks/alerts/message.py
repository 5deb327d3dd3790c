"""A letter as an e-mail: one structure, written both as plain text and as HTML.

Everything that is written passes `clean.py` first, whoever made it: names and reasons come from
data, and must be able to add neither headers nor markup. The HTML holds no image, no script and
nothing that is fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Literal

from tasks.alerts import clean
from tasks.settings import OSLO

if TYPE_CHECKING:
    import jinja2

Tone = Literal["new", "escalated", "resolved", "open", "week"]
_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 76
_LONGEST_HEADER = 200


@dataclass(frozen=True)
class Item:
    """One thing in a section.

    Attributes:
        title: What it is about.
        label: What kind of thing it is.
        what: What is wrong, a line each.
        facts: Name and value, for example since when.
        todo: What to do.
        link: Address of a page, made by us.
    """

    title: str
    label: str
    what: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    todo: str = ""
    link: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a letter: a heading, things one by one, and lines of plain words."""

    heading: str
    tone: Tone
    items: tuple[Item, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """What is said to one recipient.

    Attributes:
        to: The address.
        subject: The subject.
        heading: The first line of what is read.
        lead: What comes before the sections.
        sections: The sections.
        footer: Who sends it, and where to change that.
    """

    to: str
    subject: str
    heading: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True)
class Mail:
    """A finished e-mail.

    Attributes:
        id: Its Message-ID, in angle brackets.
        to: The recipient's address.
        sender: The sender's address.
        subject: The subject.
        content: The whole of it by RFC 5322, ASCII, lines ended by CRLF.
    """

    id: str
    to: str
    sender: str
    subject: str
    content: str


def message_id(sender: str, *said: str) -> str:
    """A Message-ID that is the same for the same words: it is derived and never drawn."""
    digest = hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:32]
    return f"<tilbudsplan.{digest}@{sender.rpartition('@')[2]}>"


def write(letter: Letter, name: str, sender: str, identity: str, at: datetime) -> Mail:
    """Write a letter as an e-mail.

    Args:
        letter: What to say.
        name: The sender's name.
        sender: The sender's address.
        identity: The Message-ID.
        at: When it is written.
    """
    said = _cleaned(letter)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(clean.header(name), addr_spec=sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = said.subject
    message["Date"] = format_datetime(at.astimezone(OSLO))
    message["Message-ID"] = identity
    # RFC 3834, and Exchange's own: no holiday greeting comes back to the sender.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(as_text(said), cte="quoted-printable")
    message.add_alternative(as_html(said), subtype="html", cte="quoted-printable")
    # Drawn by the library otherwise; `=_` cannot stand in quoted-printable.
    message.set_boundary(f"=_{hashlib.sha256(identity.encode()).hexdigest()[:32]}")
    # The library would leave the first line of a long subject empty, which filters take for spam;
    # encoded words must stay short.
    width = _LONGEST_HEADER if said.subject.isascii() else SMTP.max_line_length
    content = message.as_bytes(policy=SMTP.clone(max_line_length=width)).decode("ascii")
    return Mail(identity, letter.to, sender, said.subject, content)


def as_text(letter: Letter) -> str:
    """A letter as plain text."""
    blocks = [letter.heading, *map(_wrapped, letter.lead)]
    for section in letter.sections:
        blocks.append(f"{section.heading}\n{'-' * len(section.heading)}")
        blocks += [_item(item) for item in section.items]
        if section.lines:
            blocks.append("\n".join(_wrapped(line, "- ") for line in section.lines))
    blocks.append("-- \n" + "\n".join(map(_wrapped, letter.footer)))
    return "\n\n".join(blocks) + "\n"


def as_html(letter: Letter) -> str:
    """A letter as HTML."""
    return _environment().get_template("letter.html.j2").render(letter=letter)


def _item(item: Item) -> str:
    lines = [_wrapped(f"{item.title} – {item.label}", "* ")]
    lines += [_wrapped(what, "  ") for what in item.what]
    lines += [_wrapped(f"{name}: {value}", "  ") for name, value in item.facts]
    if item.todo:
        lines.append(_wrapped(f"Gjør slik: {item.todo}", "  "))
    if item.link:
        lines.append(f"  {item.link}")
    return "\n".join(lines)


def _wrapped(text: str, first: str = "") -> str:
    wrapper = TextWrapper(
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(text)


def _cleaned(letter: Letter) -> Letter:
    return Letter(
        to=letter.to,
        subject=clean.header(letter.subject),
        heading=clean.line(letter.heading),
        lead=tuple(map(clean.line, letter.lead)),
        sections=tuple(
            Section(
                clean.line(section.heading),
                section.tone,
                tuple(map(_cleaned_item, section.items)),
                tuple(map(clean.line, section.lines)),
            )
            for section in letter.sections
        ),
        footer=tuple(map(clean.line, letter.footer)),
    )


def _cleaned_item(item: Item) -> Item:
    return Item(
        title=clean.line(item.title, clean.TITLE),
        label=clean.line(item.label, clean.TITLE),
        what=tuple(map(clean.line, item.what)),
        facts=tuple((clean.line(name), clean.line(value)) for name, value in item.facts),
        todo=clean.line(item.todo),
        link=clean.address(item.link),
    )


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
