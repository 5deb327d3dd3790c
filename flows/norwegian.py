"""What the command line says of itself, in Norwegian: headings of help pages and usage errors."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

HEADINGS = {
    "Arguments": "Argumenter",
    "Options": "Valg",
    "Commands": "Kommandoer",
    "required": "påkrevd",
    "default: {default}": "standard: {default}",
    "env var: {var}": "miljøvariabel: {var}",
    "Missing command.": "Kommando mangler.",
    "No such command {name!r}.": "Ingen kommando heter {name!r}.",
    "Aborted!": "Avbrutt.",
}

# What the library writes into a help page without asking for a translation.
HELP_PAGE = {
    "Usage: ": "Bruk: ",
    "[OPTIONS]": "[VALG]",
    "COMMAND [ARGS]...": "KOMMANDO …",
    "[[DATASETT]…]...": "[DATASETT]…",
    "[[KJØRING]]": "[KJØRING]",
    "[[SQL]]": "[SQL]",
    "[[TABELL]]": "[TABELL]",
    "[[ÅRSHJUL]]": "[ÅRSHJUL]",
    "[[FIL]…]...": "[FIL]…",
    " <list[str]>": "",
    " <str>": "",
    " <list[Path]>": "",
    " <path>": "",
    "<int range>": "TALL",
    "Show this message and exit.": "Vis denne hjelpen.",
}

USAGE_ERRORS = (
    (r"Missing argument '?([^'.]*)'?\..*", r"argumentet \1 mangler"),
    (r"Missing option '?([^'.]*)'?\..*", r"valget \1 mangler"),
    (r"Missing parameter: (.*)", r"\1 mangler"),
    (r"No such option: (\S+)(?: \(Possible options: (.*)\))?.*", r"det finnes ikke noe valg \1"),
    (r"Got unexpected extra argument\(?s?\)? \((.*)\)", r"for mange argumenter: \1"),
    (r"Option '?([^']*)'? requires an argument\.?", r"valget \1 trenger en verdi"),
    (r"Invalid value for (.*?): .*valid integer.*", r"\1 må være et helt tall"),
    (r"Invalid value for (.*?): .*'(.*)' is not one of (.*)", r"\1 er «\2», ventet en av \3"),
    (
        r"Invalid value for (.*?): .*'(.*)' does not match.*",
        r"\1 er «\2», ventet en dato som 2026-11-22",
    ),
    (
        r"Invalid value for (.*?): Input should be greater than or equal to (.*)",
        r"ugyldig verdi for \1: ventet minst \2",
    ),
    (
        r"Invalid value for (.*?): Input should be less than or equal to (.*)",
        r"ugyldig verdi for \1: ventet høyst \2",
    ),
    (r"Invalid value for (.*?): (.*)", r"ugyldig verdi for \1: \2"),
    (r"(Ingen kommando heter .*) Did you mean (.*)\?", r"\1 Mente du \2?"),
)


class Command(TyperCommand):
    """A command whose help page is Norwegian throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return help_page(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands whose help page is Norwegian throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return help_page(super().get_help(ctx))


# The commands in order of use: to see it, to know how it stands, the night, the figures, their
# quality, the plan, what people say, alerts, keeping.
ORDER = (
    "demo",
    "status",
    "doctor",
    "ingest",
    "build",
    "sources",
    "query",
    "explain",
    "check",
    "quarantine",
    "plan",
    "why",
    "report",
    "cycle",
    "indicators",
    "form",
    "case",
    "mail",
    "watchdog",
    "backup",
    "restore",
    "prune",
    "purge",
)


class Root(Group):
    """The whole program: its commands stand in order of use, and not as they were registered."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of commands."""
        place = {name: number for number, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(ORDER)))


def help_page(text: str) -> str:
    """A help page with the library's own words translated."""
    for english, norwegian in HELP_PAGE.items():
        text = text.replace(english, norwegian)
    return text


def profile(name: str) -> str:
    """A profile as a planner is told of it: nobody should take the sample for the real thing."""
    return f"eksempeldata (profil {name})" if name == "demo" else f"profil {name}"


def heading(text: str) -> str:
    """A heading or phrase of the help pages, translated where it is known."""
    return HEADINGS.get(text, text)


def usage_error(text: str) -> str:
    """A usage error of the command-line library, translated where it is known."""
    for pattern, norwegian in USAGE_ERRORS:
        if re.fullmatch(pattern, text, flags=re.DOTALL):
            return re.sub(pattern, norwegian, text, flags=re.DOTALL)
    return text
