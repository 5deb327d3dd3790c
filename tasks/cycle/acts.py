"""What people may do in a cycle: typed inputs with Norwegian titles, help and validation.

The same models make the forms of the browser, check what the command line is given and read the
journal. An act is closed by whoever did it: who, and when it happened, stand beside it in the
record. An input that misses a field the law asks for is refused before it is journalled.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from tasks.cycle.grants import CollegeApplication, Criteria, Grant
from tasks.cycle.parts import Act, Channel, Part, Place, Setting, Text

__all__ = [
    "BY_NAME",
    "EVERY",
    "GOALS",
    "READER",
    "Act",
    "Adjust",
    "Applicants",
    "Applications",
    "Back",
    "Channel",
    "Close",
    "CollegeApplication",
    "Count",
    "Criteria",
    "Decide",
    "Dissent",
    "Freeze",
    "Grant",
    "Input",
    "Override",
    "Packs",
    "Place",
    "Prioritise",
    "Propose",
    "Pupils",
    "Release",
    "SchoolComment",
    "Setting",
    "Statement",
    "name",
    "possible",
    "texts",
]

# Goals as people say them, and as the plan in classes names them (rules/places.toml).
GOALS = {
    "udekket behov": "udekket_behov",
    "uten læreplass": "uten_laereplass",
    "førstevalg": "forstevalg",
    "reise": "reise",
    "kostnad": "kostnad",
    "endring": "endring_fra_i_aar",
}


class Freeze(Act):
    """The figures of a night are those that the cycle stands on."""

    STAGES: ClassVar = ("kunnskapsgrunnlag",)
    model_config = ConfigDict(title="Frys tallene")
    type: Literal["frys"] = Field("frys", title="Handling", description="Frys tallene fra en natt.")
    night: date | None = Field(
        None, title="Natt", description="Datoen tallene er fra. Tomt: siste natt som er bygget."
    )


class Release(Act):
    """The statistics committee has released the knowledge base."""

    STAGES: ClassVar = ("kunnskapsgrunnlag",)
    model_config = ConfigDict(title="Frigi kunnskapsgrunnlaget")
    type: Literal["frigi"] = Field(
        "frigi", title="Handling", description="Statistikkomiteen har frigitt kunnskapsgrunnlaget."
    )
    base: int = Field(
        ge=2000,
        le=2100,
        title="Kunnskapsgrunnlag",
        description="Året det er navngitt etter i «tilbudsplan indicators release».",
    )


class Packs(Act):
    """The packs are sent out before the forums meet."""

    STAGES: ClassVar = ("innspill",)
    model_config = ConfigDict(title="Send ut pakkene")
    type: Literal["pakker"] = Field(
        "pakker",
        title="Handling",
        description="Pakkene er sendt ut før møtene i kompetanseforumene.",
    )
    channels: tuple[Channel, ...] = Field(
        min_length=1, title="Kanaler", description="Hvem pakkene er sendt til."
    )


class Input(Act):
    """An input that came, in time or late."""

    STAGES: ClassVar = ("innspill", "prioritering", "forslag", "vedtak")
    model_config = ConfigDict(title="Ta imot innspill")
    type: Literal["innspill"] = Field(
        "innspill", title="Handling", description="Et innspill er kommet, også etter fristen."
    )
    channel: Channel = Field(title="Kanal", description="Hvilken vei innspillet kom.")
    sender: Text = Field(title="Avsender", description="Organisasjonen, ikke en person.")
    region: str | None = Field(
        None, title="Region", description="Regionens kode, når innspillet er fra et forum."
    )
    text: Text = Field(title="Innspill", description="Det innspillet ber om, kort.")


class Prioritise(Act):
    """The order of needs and of goals, with its reason."""

    STAGES: ClassVar = ("prioritering",)
    model_config = ConfigDict(title="Sett prioriteringen")
    type: Literal["prioriter"] = Field(
        "prioriter",
        title="Handling",
        description="Rekkefølgen på behov og mål. En ny erstatter den forrige.",
    )
    needs: tuple[Text, ...] = Field(
        min_length=1, title="Behov", description="Behovene i rekkefølge, viktigst først."
    )
    goals: tuple[
        Literal["udekket behov", "uten læreplass", "førstevalg", "reise", "kostnad", "endring"], ...
    ] = Field(min_length=1, title="Mål", description="Målene i rekkefølge, viktigst først.")
    reason: Text = Field(title="Begrunnelse", description="Hvorfor rekkefølgen er slik.")
    first_choice_reason: Text | None = Field(
        None,
        title="Begrunnelse for førstevalg foran behov",
        description="Kreves når førstevalg står foran udekket behov (opplæringslova § 5-3).",
    )

    @model_validator(mode="after")
    def _orders(self) -> Self:
        for what, order in (("behovene", self.needs), ("målene", self.goals)):
            if len(set(order)) < len(order):
                raise ValueError(f"{what} har det samme to ganger")
        place = {goal: number for number, goal in enumerate(self.goals)}
        wishes, need = place.get("førstevalg"), place.get("udekket behov", len(place))
        if wishes is not None and wishes < need and not self.first_choice_reason:
            raise ValueError(
                "førstevalg står foran udekket behov uten begrunnelse (opplæringslova § 5-3)"
            )
        return self


class Propose(Act):
    """The forecast that the proposal stands on, and the plan where there is one."""

    STAGES: ClassVar = ("forslag",)
    model_config = ConfigDict(title="Legg fram prognose og plan")
    type: Literal["prognose"] = Field(
        "prognose",
        title="Handling",
        description="Prognosen forslaget bygger på. En ny erstatter den forrige.",
    )
    run: Text = Field(title="Kjøring", description="Navnet på kjøringen fra «tilbudsplan status».")
    plan: Text | None = Field(
        None, title="Plan", description="Navnet på planen i hele klasser, når den er laget."
    )


class SchoolComment(Act):
    """A school's comment on the proposal."""

    STAGES: ClassVar = ("forslag",)
    model_config = ConfigDict(title="Ta imot skolens uttalelse")
    type: Literal["skoleuttalelse"] = Field(
        "skoleuttalelse", title="Handling", description="En skole har uttalt seg om forslaget."
    )
    school: Text = Field(title="Skole", description="Skolen som uttaler seg.")
    text: Text = Field(title="Uttalelse", description="Det skolen sier, kort.")


class Override(Act):
    """A class set by hand, with a reason."""

    STAGES: ClassVar = ("forslag",)
    model_config = ConfigDict(title="Endre et tilbud for hånd")
    type: Literal["overstyr"] = Field(
        "overstyr",
        title="Handling",
        description="Sett antall klasser i et tilbud, med begrunnelse.",
    )
    setting: Setting = Field(title="Tilbud", description="Tilbudet og antallet klasser.")


class Dissent(Part):
    """What a minority said."""

    by: Text = Field(title="Hvem", description="Medlem eller organisasjon.")
    text: Text = Field(title="Dissens", description="Det mindretallet sier.")


class Statement(Act):
    """The statement of yrkesopplæringsnemnda (opplæringslova § 8-2)."""

    STAGES: ClassVar = ("forslag",)
    model_config = ConfigDict(title="Før yrkesopplæringsnemndas uttalelse")
    type: Literal["nemnd"] = Field(
        "nemnd", title="Handling", description="Yrkesopplæringsnemnda har uttalt seg (§ 8-2)."
    )
    text: Text = Field(title="Uttalelse", description="Det nemnda sier.")
    dissents: tuple[Dissent, ...] = Field(
        (), title="Dissenser", description="Mindretallets syn. De trykkes i saken."
    )


class Decide(Act):
    """What the county council decided."""

    STAGES: ClassVar = ("vedtak",)
    model_config = ConfigDict(title="Før fylkestingets vedtak")
    type: Literal["vedtak"] = Field(
        "vedtak", title="Handling", description="Fylkestinget har behandlet det."
    )
    outcome: Literal["godkjent", "godkjent med endringer", "sendt tilbake"] = Field(
        title="Utfall", description="«Sendt tilbake» går tilbake til forslaget."
    )
    case_number: str = Field(
        pattern=r"^\S.{0,38}\S$", title="Saksnummer", description="Saken i fylkestinget."
    )
    amendments: tuple[Setting, ...] = Field(
        (), title="Endringer", description="Det fylkestinget endret, med antallet klasser."
    )
    reason: Text | None = Field(
        None, title="Begrunnelse", description="Kreves når saken er sendt tilbake."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        amended = self.outcome == "godkjent med endringer"
        if amended != bool(self.amendments):
            raise ValueError(
                "endringer mangler"
                if amended
                else f"et vedtak «{self.outcome}» har ingen endringer"
            )
        if self.outcome == "sendt tilbake" and not self.reason:
            raise ValueError("begrunnelse mangler for at saken er sendt tilbake")
        return self


class Applicants(Place):
    """Applicants to an offer."""

    applicants: int = Field(ge=0, title="Søkere", description="Førstevalg 1. mars.")


class Applications(Act):
    """Applications on 2 March against decided places."""

    STAGES: ClassVar = ("justering",)
    model_config = ConfigDict(title="Før søkertallene")
    type: Literal["søkere"] = Field(
        "søkere", title="Handling", description="Søkerne per tilbud mot vedtatte plasser."
    )
    lines: tuple[Applicants, ...] = Field(
        (), title="Søkere", description="Tomt: hentes fra de publiserte tallene."
    )


class Adjust(Act):
    """The adjustment in May, as a difference from the decision."""

    STAGES: ClassVar = ("justering",)
    model_config = ConfigDict(title="Juster etter søkingen")
    type: Literal["juster"] = Field(
        "juster",
        title="Handling",
        description="Det som endres etter søkingen. En ny erstatter den forrige.",
    )
    lines: tuple[Setting, ...] = Field(
        (), title="Endringer", description="Tilbudene som endres. Tomt: ingenting endres."
    )
    case_number: str | None = Field(None, title="Saksnummer", description="Når det er en egen sak.")


class Pupils(Place):
    """Pupils or applicants with an offer."""

    pupils: int = Field(ge=0, title="Elever", description="Talt i tilbudet.")


class Count(Act):
    """A count of pupils: after an intake, on 1 October, on 31 December."""

    STAGES: ClassVar = ("oppfølging",)
    model_config = ConfigDict(title="Før en telling")
    type: Literal["telling"] = Field(
        "telling", title="Handling", description="Det som ble utfallet, mot vedtaket og prognosen."
    )
    when: Literal["første inntak", "andre inntak", "1. oktober", "31. desember"] = Field(
        title="Telling", description="Hvilken telling det er."
    )
    lines: tuple[Pupils, ...] = Field(
        (), title="Elever", description="Tomt: hentes fra de publiserte tallene."
    )
    placed_percent: float | None = Field(
        None, ge=0, le=100, title="Formidlet", description="Prosent som har fått læreplass."
    )


class Close(Act):
    """The stage is over, and the next begins."""

    model_config = ConfigDict(title="Avslutt trinnet")
    type: Literal["avslutt"] = Field(
        "avslutt", title="Handling", description="Trinnet er ferdig, og neste begynner."
    )


class Back(Act):
    """Going back to an earlier stage."""

    model_config = ConfigDict(title="Gå tilbake")
    type: Literal["tilbake"] = Field(
        "tilbake", title="Handling", description="Gå tilbake til et tidligere trinn. Det føres."
    )
    to: Text = Field(title="Trinn", description="Navnet på trinnet.")
    reason: Text = Field(title="Begrunnelse", description="Hvorfor.")


EVERY: tuple[type[Act], ...] = (
    Freeze, Release, Packs, Input, Prioritise, Propose, SchoolComment, Override, Statement, Decide,
    Applications, Adjust, Count, Criteria, CollegeApplication, Grant, Close, Back,
)  # fmt: skip
AnyAct = Annotated[
    Freeze | Release | Packs | Input | Prioritise | Propose | SchoolComment | Override | Statement
    | Decide | Applications | Adjust | Count | Criteria | CollegeApplication | Grant | Close | Back,
    Field(discriminator="type"),
]  # fmt: skip
READER: TypeAdapter[Act] = TypeAdapter(AnyAct)


def name(kind: type[Act]) -> str:
    """What an act is called in the journal and on the command line."""
    return str(kind.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr]


BY_NAME = {name(kind): kind for kind in EVERY}


def possible(stage: str, first: bool) -> list[type[Act]]:
    """The acts of a stage; there is nothing to go back to from the first."""
    found = [kind for kind in EVERY if not kind.STAGES or stage in kind.STAGES]
    # A decision closes its stage itself.
    unwanted = {Close} if stage == "vedtak" else set()
    return [k for k in found if k not in unwanted and not (first and k is Back)]


# Names and numbers that look like telephone numbers and are none.
_CODES = frozenset({"run", "plan", "area", "case_number", "night", "type", "offer"})


def texts(act: BaseModel) -> list[str]:
    """Every free text of an act, as others will read it."""
    return list(_texts(act.model_dump(mode="json")))


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [t for key, part in value.items() if key not in _CODES for t in _texts(part)]
        case list():
            return [text for part in value for text in _texts(part)]
        case _:
            return []
