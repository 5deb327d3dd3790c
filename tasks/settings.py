"""Settings from the environment (`TILBUDSPLAN_*`), and the folders that follow from them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks import clock
from tasks.clock import OSLO as OSLO

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What differs between two installations; everything else is a file in the repository.

    Every field is read from the environment variable of its name with the prefix
    `TILBUDSPLAN_`, for example `TILBUDSPLAN_HOME`.
    """

    model_config = SettingsConfigDict(env_prefix="TILBUDSPLAN_", extra="ignore")

    home: Path = Field(
        default=Path("var"), description="Landing, journal, warehouse, runs, reports"
    )
    profile: str = Field(
        default="live",
        description="live, or demo: the bundled source server on loopback. Unset: what the home is "
        "tied to, live where that is nothing yet",
    )
    source_server: str | None = Field(
        default=None, description="Address of a running source server that the profile points to"
    )
    county: str = Field(default="50", description="County code (KLASS 104)")
    draws: int = Field(default=2000, ge=50, le=20_000, description="Draws in the forecast")
    contact: str | None = Field(
        default=None, description="E-mail address in the User-Agent, so that a source can reach us"
    )
    inbox: Path | None = Field(
        default=None, description="Where files about persons are laid. Unset: inbox under the home"
    )
    person_key: Path | None = Field(
        default=None,
        description="The key that identity numbers are hashed with. Unset: keys/person.key under "
        "the home; on another disk it is not copied with the rest",
    )
    retry_pause_seconds: float = Field(
        default=60, ge=0, description="Pause before a source that did not answer is asked again"
    )
    server_port: int = Field(
        default=4200, ge=1, le=65_535, description="Port of Prefect's server on loopback"
    )
    smtp_host: str | None = Field(default=None, description="SMTP server; unset: no e-mail")
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_block: str | None = Field(
        default=None, description="Name of the Prefect secret block that holds the password"
    )
    smtp_timeout_seconds: float = Field(
        default=20, gt=0, description="How long the SMTP server may be silent"
    )

    @model_validator(mode="after")
    def _follow_home(self) -> Settings:
        """Keep to the profile of the home, so that only who says another one is refused."""
        if "profile" not in self.model_fields_set:
            self.profile = self.rooms.tied_to() or self.profile
        return self

    @property
    def rooms(self) -> Rooms:
        """The folders of this installation."""
        rooms = Rooms(self.home.absolute())
        rooms.inbox = self.inbox.absolute() if self.inbox else rooms.inbox
        rooms.person_key = self.person_key.absolute() if self.person_key else rooms.person_key
        return rooms


class Rooms:
    """The folders under `TILBUDSPLAN_HOME`, one name each; nothing is created by asking."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.landing = home / "landing"
        self.journal = home / "journal"
        self.parsed = home / "parsed"
        self.build = home / "build"
        self.warehouse = home / "published" / "tilbudsplan.duckdb"
        self.asof = home / "asof"
        self.audit = home / "audit"
        self.docs = home / "datadocs"
        self.profiles = self.audit / "profiles"
        self.runs = home / "runs"
        self.plans = home / "plans"
        self.reports = home / "reports"
        self.decisions = home / "decisions"
        self.logs = home / "logs"
        self.prefect = home / "prefect"
        self.lock = home / "night.lock"
        self.mail_lock = home / "mail.lock"
        self.watch_lock = home / "watchdog.lock"
        self.watch_mailed = home / "watchdog.mailed"
        self.cycle_lock = home / "cycle.lock"
        self.rebuild_lock = home / "rebuild.lock"
        self.trying = home / "trying"
        self.stamp = home / "profile"
        self.inbox = home / "inbox"
        self.person_key = home / "keys" / "person.key"
        self.forms = home / "forms"
        self.contacts = home / "contacts"

    def tied_to(self) -> str | None:
        """The profile that this home is tied to, or None before its first night."""
        if not self.stamp.is_file():
            return None
        # An empty stamp is one that a killed process was about to write.
        return self.stamp.read_text(encoding="utf-8").strip() or None


class Project:
    """The rooms of the repository that are data: what a night lands beside the figures.

    An as-of rebuild points this at the landed copy of that night instead of the checkout.
    """

    def __init__(self, root: Path = CHECKOUT) -> None:
        self.root = root
        self.catalogue = root / "data" / "catalogue"
        self.reference = root / "data" / "reference"
        self.sql = root / "sql"
        self.expectations = root / "expectations"


def oslo_today(now: datetime | None = None) -> date:
    """The Oslo date of an instant (default: now): the `as_of` of a night."""
    return oslo_date(now or clock.now())


def oslo_date(instant: datetime) -> date:
    """The Oslo date of an instant."""
    return instant.astimezone(OSLO).date()
