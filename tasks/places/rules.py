"""What a planner declares of places: `data/reference/rules/places.toml` and `prinsipper.toml`."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from tasks.strict import Declared, Exact, Text, Told

T = TypeVar("T")
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Classes = Annotated[float, Field(ge=0, le=60, multiple_of=0.5)]
Amount = Annotated[float, Field(ge=0, le=1e12)]
Positive = Annotated[float, Field(gt=0, le=1e12)]
Codes = Annotated[tuple[Text, ...], Field(strict=False)]
Goal = Literal[
    "udekket_behov", "uten_laereplass", "forstevalg", "reise", "kostnad", "endring_fra_i_aar"
]
GOALS: tuple[Goal, ...] = (
    "udekket_behov",
    "uten_laereplass",
    "forstevalg",
    "reise",
    "kostnad",
    "endring_fra_i_aar",
)
Basis = Literal["arbeidsliv", "elever"]
Whole = Literal["behov", "laerefagsokere", "elever", "kostnad", "klasser"]
SpecialBasis = Literal["elever", "tilrettelagt", "saerskilt_norsk", "bosatte"]


class Value(Declared, Generic[T]):
    """An entry of one value."""

    value: T


class Rates(Declared):
    """Kroner a place and year, by programme code; `annet` is for programmes without their own."""

    annet: Positive
    programmes: dict[str, Positive]

    def of(self, programme: str) -> float:
        """Kroner a place and year."""
        return self.programmes.get(programme, self.annet)


class Choice(Told):
    """The second and third choice of those whose first choice on Vg1 is `programme`."""

    programme: Text
    then: Codes


class Room(Told):
    """Classes that there is room for in a programme at a school; 0 closes the workshop."""

    school: Text
    programme: Text
    classes: Classes


class ClassSize(Told):
    """Pupils in a full class of a programme area, where it departs from `classes.toml`."""

    programme_area: Text
    pupils: Annotated[int, Field(ge=1, le=60)]


class Combined(Told):
    """Programme areas of one level that may share a class at a school."""

    areas: Codes


class Opening(Told):
    """A programme area that a school may open though it has none today."""

    school: Text
    programme_area: Text


class Special(Told):
    """A programme with rules of its own: adapted, introduction or combination classes.

    Attributes:
        persons: A number the county knows; otherwise `share` of `basis`.
        basis: What the share is taken of: `elever` the pupils expected, `tilrettelagt` and
            `saerskilt_norsk` those of them who, as in compulsory school, have adapted teaching or
            reinforced Norwegian, `bosatte` refugees settled in the newest year.
        share: Of the basis.
        levels: Of the pupils; every level where it is empty.
    """

    id: Text
    name: Text
    persons: Count | None = None
    basis: SpecialBasis | None = None
    share: Share | None = None
    levels: Annotated[tuple[Annotated[int, Field(ge=1, le=3)], ...], Field(strict=False)] = ()
    group_size: Annotated[int, Field(ge=1, le=60)]
    nok_per_place: Positive

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Persons are a number, or a share of something."""
        of_basis = self.basis is not None and self.share is not None
        half = (self.basis is None) != (self.share is None)
        if half or of_basis == (self.persons is not None):
            raise ValueError(f"{self.id} skal ha enten «persons», eller «basis» og «share»")
        if self.levels and self.basis in {None, "bosatte"}:
            raise ValueError(f"{self.id} skal ikke ha «levels»: bare en andel av elevene har trinn")
        return self


class Limit(Told):
    """Places of an offer, at most or asked for: adults' trade or a vocational college's offer."""

    id: Text
    places: Count


class Adults(Declared):
    """Groups for adults."""

    group_size: Annotated[int, Field(ge=1, le=60)]
    right: Share


class College(Declared):
    """Places at vocational colleges: reserve, least start and how much the grant may grow."""

    reserve: Share
    minimum_start: Count
    budget_growth: Annotated[float, Field(ge=-1, le=1)]


class GoalRule(Told):
    """A goal in the order of the file.

    Attributes:
        id: One of `GOALS`.
        scale: What it is met to a share of: a whole that it is counted of, or a number in its own
            unit.
        unit: Its unit.
    """

    id: Goal
    scale: Whole | Positive
    unit: Text


class Solver(Declared):
    """How closely each goal is met, and after how many nodes a search stops."""

    tolerance: Annotated[float, Field(gt=0, le=0.1)]
    nodes: Annotated[int, Field(ge=1, le=10_000_000)]


class PlaceRules(Exact):
    """`places.toml`."""

    need_basis: Value[Basis]
    largest_growth: Value[Classes]
    workshop_room: Value[Classes]
    classroom: Value[Classes]
    budget_growth: Value[Annotated[float, Field(ge=-1, le=1)]]
    largest_change: Value[Annotated[float, Field(ge=0, le=10)]]
    school_vg3: Value[Share]
    placement: Value[Share] | None = None
    rates: Rates
    adults: Adults
    college: College
    solver: Solver
    goal: Annotated[tuple[GoalRule, ...], Field(strict=False, min_length=1)]
    reason: str = ""
    choice: Annotated[tuple[Choice, ...], Field(strict=False)] = ()
    room: Annotated[tuple[Room, ...], Field(strict=False)] = ()
    class_size: Annotated[tuple[ClassSize, ...], Field(strict=False)] = ()
    combined: Annotated[tuple[Combined, ...], Field(strict=False)] = ()
    opening: Annotated[tuple[Opening, ...], Field(strict=False)] = ()
    special: Annotated[tuple[Special, ...], Field(strict=False)] = ()
    adult_limit: Annotated[tuple[Limit, ...], Field(strict=False)] = ()
    adult_demand: Annotated[tuple[Limit, ...], Field(strict=False)] = ()
    college_limit: Annotated[tuple[Limit, ...], Field(strict=False)] = ()
    college_demand: Annotated[tuple[Limit, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _order(self) -> Self:
        """Opplæringslova § 5-3: wishes above society's need ask for a written reason."""
        order = [goal.id for goal in self.goal]
        if len(order) != len(set(order)):
            raise ValueError("et mål står to ganger i [[goal]]")
        if "forstevalg" not in order:
            return self
        need = order.index("udekket_behov") if "udekket_behov" in order else len(order)
        if order.index("forstevalg") < need and not self.reason.strip():
            raise ValueError(
                "førstevalg står over udekket behov, og «reason» er tom: opplæringslova § 5-3 "
                "krever at stor vekt på samfunnets behov fravikes med skriftlig begrunnelse"
            )
        return self


class Principle(Told):
    """A principle of the county, cited by the plan's reasons.

    Attributes:
        applies_to: Goals and rule names that it stands behind.
        case_number: Of the council's decision; empty where not known.
    """

    id: Text
    text: Text
    applies_to: Codes
    case_number: str = ""


class Principles(Exact):
    """`prinsipper.toml`."""

    principle: Annotated[tuple[Principle, ...], Field(strict=False)] = ()

    def behind(self, name: str) -> tuple[Principle, ...]:
        """The principles behind a goal or a rule, in the order of the file."""
        return tuple(p for p in self.principle if name in p.applies_to)
