"""Who is told what, and when: `data/reference/alerts.toml`, read strictly."""

from __future__ import annotations

from datetime import time
from itertools import chain
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tasks.errors import ConfigurationError
from tasks.settings import Project
from tasks.strict import Exact, Text, Told, read_toml

FILE = "alerts.toml"
WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
_UNSET = ".invalid"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = rf"^{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"

Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=254)]
Addresses = Annotated[tuple[Address, ...], Field(strict=False)]
Severity = Literal["fault", "block", "warn"]


class Sender(Told):
    """Who the mails are from."""

    address: Address
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f<>\"@]{1,60}$")]


class Links(Told):
    """Where the Data Docs are laid out; empty where they are not."""

    data_docs: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s<>\"']+[^/\s<>\"'])?$")]


class Lists(Told):
    """Who is told of everything of one severity."""

    fault: Addresses = ()
    block: Addresses = ()
    warn: Addresses = ()


class Escalation(Told):
    """Who is told when nothing has been done for so many nights."""

    to: Addresses = ()
    fault: int = Field(ge=2)
    block: int = Field(ge=2)
    warn: int = Field(ge=2)
    unit: Literal["netter"]


class Weekly(Told):
    """The day of the mail that says how it stands, whatever that is."""

    weekday: Literal["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]

    @property
    def number(self) -> int:
        """The weekday as `date.weekday()` counts."""
        return WEEKDAYS.index(self.weekday)


class Watch(Told):
    """When the watchdog says so.

    Attributes:
        published_by: Oslo time of day by which the night must be published. Between 02:00 and 03:00
            there is no such time one night a year, so it is later.
        hanging_hours: A night that has run longer than this hangs.
        unsent_hours: A mail that has waited longer than this is told of.
    """

    published_by: Annotated[time, Field(ge=time(4), le=time(23, 30))]
    hanging_hours: float = Field(gt=0, le=48)
    unsent_hours: float = Field(gt=0, le=168)
    unit: Text


class Policy(Exact):
    """The whole file."""

    sender: Sender
    links: Links
    owners: dict[str, Addresses]
    severity: Lists
    escalation: Escalation
    weekly: Weekly
    watchdog: Watch

    def owner(self, name: str) -> tuple[str, ...]:
        """The addresses of an owner that are set; none where the name is not known."""
        return reachable(self.owners.get(name, ()))

    def listed(self, severity: Severity) -> tuple[str, ...]:
        """The addresses of a severity that are set."""
        return reachable(getattr(self.severity, severity))

    def escalates_to(self) -> tuple[str, ...]:
        """The addresses of the escalation list that are set."""
        return reachable(self.escalation.to)

    def escalates_after(self, severity: Severity) -> int:
        """After how many nights a finding of this severity is escalated."""
        return int(getattr(self.escalation, severity))

    def readers(self) -> tuple[str, ...]:
        """Everybody who is told of findings from the first night, each once."""
        lists = (self.severity.fault, self.severity.block, self.severity.warn)
        return tuple(dict.fromkeys(reachable(chain(*self.owners.values(), *lists))))

    def unset(self) -> tuple[str, ...]:
        """What no mail can go to, as it is called in the file; an empty list is a choice."""
        lists = {
            "sender": (self.sender.address,),
            **{f"owners.{name}": addresses for name, addresses in self.owners.items()},
            "severity.fault": self.severity.fault,
            "severity.block": self.severity.block,
            "severity.warn": self.severity.warn,
            "escalation.to": self.escalation.to,
        }
        return tuple(n for n, all_of in lists.items() if all_of and not reachable(all_of))

    @property
    def can_send(self) -> bool:
        """Whether there is an address to send from."""
        return bool(reachable([self.sender.address]))


# Where no policy can be read, nobody can be mailed, but «tilbudsplan status» still tells.
USUAL_WATCH = Watch(
    published_by=time(7),
    hanging_hours=4,
    unsent_hours=12,
    unit="klokkeslett i Oslo, og timer",
    source="Valg i denne løsningen",
    confidence="unconfirmed",
)


def severity(kind: str) -> Severity:
    """How grave a finding of a kind is: `block` and `warn` are verdicts, all else is a fault."""
    found: Severity = "block" if kind == "block" else "warn" if kind == "warn" else "fault"
    return found


def reachable(addresses: chain[str] | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The addresses that are set: those under `.invalid` (RFC 2606) are there to be replaced."""
    return tuple(a for a in addresses if not a.lower().endswith(_UNSET))


def read(project: Project) -> Policy:
    """Read the file.

    Raises:
        ConfigurationError: it is missing or has mistakes, all of them told at once.
    """
    problems: list[str] = []
    policy = read_toml(project.reference / FILE, Policy, problems)
    if policy is None:
        raise ConfigurationError(
            subject=f"data/reference/{FILE}",
            expected="hvem som skal ha e-post",
            got="; ".join(problems),
            remedy="rett filen; docs/alerts.md forklarer den",
        )
    return policy
