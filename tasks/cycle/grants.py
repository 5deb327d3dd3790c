"""The acts of vocational-college grants: criteria, applications, and what is granted."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from tasks.cycle.parts import Act, Part, Text


class Criteria(Act):
    """The criteria of next year's grants to vocational colleges."""

    STAGES: ClassVar = ("kriterier",)
    model_config = ConfigDict(title="Vedta kriteriene")
    type: Literal["kriterier"] = Field(
        "kriterier", title="Handling", description="Kriteriene for neste års tilskudd er vedtatt."
    )
    case_number: str = Field(min_length=2, title="Saksnummer", description="Saken de er vedtatt i.")
    text: Text = Field(title="Prioriteringer", description="Det som skal prioriteres, kort.")
    frame: float = Field(gt=0, title="Ramme", description="Kroner til fordeling.")
    on_site: float = Field(gt=0, title="Sats, stedbasert", description="Kroner per årsplass.")
    online: float = Field(gt=0, title="Sats, nettbasert", description="Kroner per årsplass.")
    reserve_percent: float = Field(
        ge=0, lt=100, title="Reserve", description="Prosent av rammen som holdes tilbake."
    )
    minimum_start: int = Field(ge=1, title="Minste kull", description="Studenter for å starte.")


class CollegeApplication(Act):
    """An application from a vocational college."""

    STAGES: ClassVar = ("søknader",)
    model_config = ConfigDict(title="Ta imot søknad om tilskudd")
    type: Literal["tilskuddssøknad"] = Field(
        "tilskuddssøknad", title="Handling", description="En fagskole søker om plasser."
    )
    offer: Text = Field(title="Tilbud", description="Koden i mart.education_offer, eller navnet.")
    college: Text = Field(title="Fagskole", description="Hvem som søker.")
    places: float = Field(gt=0, title="Årsplasser", description="Antallet det søkes om.")
    mode: Literal["stedbasert", "nettbasert"] = Field(
        title="Organisering", description="Avgjør satsen."
    )
    accredited: bool = Field(
        title="Akkreditert", description="Om tilbudet er akkreditert av NOKUT eller fagskolen."
    )


class Granted(Part):
    """Places that an offer is granted."""

    offer: Text = Field(title="Tilbud", description="Koden eller navnet fra søknaden.")
    places: float = Field(ge=0, title="Årsplasser", description="Antallet som får tilskudd.")


class Grant(Act):
    """The grants, by offer."""

    STAGES: ClassVar = ("tildeling",)
    model_config = ConfigDict(title="Tildel tilskudd")
    type: Literal["tildel"] = Field(
        "tildel", title="Handling", description="Plassene som får tilskudd."
    )
    case_number: str = Field(min_length=2, title="Saksnummer", description="Saken.")
    lines: tuple[Granted, ...] = Field(
        min_length=1, title="Tildelinger", description="Ett tilbud på hver linje."
    )
