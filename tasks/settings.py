"""Settings from the environment (`TILBUDSPLAN_*`), and the folders that follow from them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

OSLO = ZoneInfo("Europe/Oslo")
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
        default="live", description="live, or demo: the bundled source server on loopback"
    )
    source_server: str | None = Field(
        default=None, description="Address of a running source server that the profile points to"
    )
    county: str = Field(default="50", description="County code (KLASS 104)")
    draws: int = Field(default=400, ge=50, le=20_000, description="Draws in the forecast")
    contact: str | None = Field(
        default=None, description="E-mail address in the User-Agent, so that a source can reach us"
    )
    retry_pause_seconds: float = Field(
        default=60, ge=0, description="Pause before a source that did not answer is asked again"
    )
    smtp_host: str | None = Field(default=None, description="SMTP server; unset: no e-mail")
    smtp_port: int = 587
    smtp_security: str = Field(default="starttls", pattern="^(starttls|tls|none)$")
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None

    @property
    def rooms(self) -> Rooms:
        """The folders of this installation."""
        return Rooms(self.home.absolute())


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
        self.runs = home / "runs"
        self.reports = home / "reports"
        self.logs = home / "logs"
        self.prefect = home / "prefect"
        self.lock = home / "night.lock"


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
    return (now or datetime.now(OSLO)).astimezone(OSLO).date()
