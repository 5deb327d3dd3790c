"""What acts are made of: their base, and the lines of offers that several of them hold."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Channel = Literal["forum", "hoering", "skole", "bedrift", "laereplass", "ynemnd"]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Classes = Annotated[float, Field(ge=0, le=20, multiple_of=0.5)]


def _without_docstring(schema: dict[str, Any]) -> None:
    """A form is read by planners: what stands there of the code is for developers."""
    schema.pop("description", None)


class Part(BaseModel):
    """A part of an act: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_without_docstring)


class Act(Part):
    """One act.

    Attributes:
        STAGES: Where it belongs; empty where it may be done in every stage.
    """

    STAGES: ClassVar[tuple[str, ...]] = ()


class Place(Part):
    """A programme area at a school, as it shall be."""

    school: str = Field(
        pattern=r"^\d{9}$", title="Skole", description="Skolens organisasjonsnummer."
    )
    area: str = Field(
        pattern=r"^[A-Z0-9-]{10}$", title="Programområde", description="Koden, som HSHEA2----."
    )
    level: int = Field(ge=1, le=3, title="Nivå", description="1, 2 eller 3.")

    @property
    def key(self) -> tuple[str, str, int]:
        """School, area and level."""
        return self.school, self.area, self.level


class Setting(Place):
    """The number of classes that an offer is set to."""

    classes: Classes = Field(title="Klasser", description="Antallet det settes til, 0,5 = halv.")
    places: int | None = Field(
        None,
        ge=0,
        le=600,
        title="Plasser",
        description="Kreves bare når programområdet ikke finnes ved noen skole i dag.",
    )
    reason: Text = Field(title="Begrunnelse", description="Hvorfor.")
