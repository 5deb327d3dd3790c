"""The offer in classes as it stands today, is proposed, decided and adjusted: pure functions.

An offer is a school, a programme area and a level. The base is journalled with the proposal, so
that everything after it is worked out from the journal alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import floor
from statistics import median
from typing import Any

from tasks.cycle.acts import Adjust, Decide, Override, Propose, Setting
from tasks.cycle.state import State

Key = tuple[str, str, int]
# Where classes are set, as changes say it; in council it is the case.
PLAN, BY_HAND, IN_MAY = "plan", "forslag", "justering"
# Columns of the base as the journal has them, a list each.
COLUMNS = ("school", "school_name", "area", "area_name", "level", "programme", "region", "classes",
           "places")  # fmt: skip

# And of what the plan changes of it.
PLANNED = ("school", "school_name", "area", "area_name", "level", "region", "classes", "places",
           "why")  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One offer.

    Attributes:
        school: Organisation number of the school.
        school_name: Its name.
        area: Code of the programme area.
        area_name: Its name.
        level: 1, 2 or 3.
        programme: Code of the utdanningsprogram.
        region: Code of the school's intake region.
        classes: Classes, in halves.
        places: Places in all of them, persons.
        size: Places in a class, persons; it stays when the last class goes.
        changes: What set it, oldest first: where, from how many classes, to how many, why.
    """

    school: str
    school_name: str
    area: str
    area_name: str
    level: int
    programme: str
    region: str
    classes: float
    places: int
    size: float = 0.0
    changes: tuple[tuple[str, float, float, str], ...] = ()

    @property
    def key(self) -> Key:
        """School, area and level."""
        return self.school, self.area, self.level

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        return title(self.area_name, self.level, self.school_name)


def title(area_name: str, level: int, school_name: str) -> str:
    """What an offer is called in a sentence."""
    return f"{area_name} (Vg{level}) ved {school_name}"


Offer = dict[Key, Line]


def base(state: State) -> Offer:
    """The offer of this year as it was when the proposal was made; empty before that."""
    proposed = state.last(Propose)
    told: Mapping[str, list[Any]] = proposed[1].facts.get("offer", {}) if proposed else {}
    rows = zip(*(told[name] for name in COLUMNS), strict=True) if told else ()
    lines = (Line(*row) for row in rows)
    return {one.key: replace(one, size=_size(one.places, one.classes)) for one in lines}


def planned(state: State) -> Offer:
    """The base with what the plan in classes changes; the base where no plan is named."""
    found, proposal = base(state), state.last(Propose)
    told: Mapping[str, list[Any]] = proposal[1].facts.get("planned", {}) if proposal else {}
    rows = zip(*(told[name] for name in PLANNED), strict=True) if told else ()
    programmes = {line.area: line.programme for line in found.values()}
    for school, school_name, area, area_name, level, region, classes, places, why in rows:
        line = found.get((school, area, level)) or Line(
            school=school,
            school_name=school_name,
            area=area,
            area_name=area_name,
            level=level,
            programme=programmes.get(area, area[:2]),
            region=region,
            classes=0.0,
            places=0,
        )
        found[line.key] = replace(
            line,
            classes=classes,
            places=places,
            size=_size(places, classes) or line.size,
            changes=(*line.changes, (PLAN, line.classes, classes, why)),
        )
    return found


def proposed(state: State) -> Offer:
    """The plan, or this year's offer where there is none, with what was set by hand."""
    return with_settings(planned(state), [act.setting for act, _ in state.all(Override)], BY_HAND)


def decided(state: State) -> Offer:
    """The proposal with the council's amendments: what was adopted. Empty before a decision."""
    decision = state.last(Decide)
    if decision is None:
        return {}
    return with_settings(proposed(state), decision[0].amendments, council(decision[0]))


def adjusted(state: State) -> Offer:
    """The decision with the adjustment in May."""
    adjustment = state.last(Adjust)
    return with_settings(decided(state), adjustment[0].lines if adjustment else (), IN_MAY)


def council(decision: Decide) -> str:
    """What a change in council is called."""
    return f"vedtak i sak {decision.case_number}"


def with_settings(offer: Offer, settings: Iterable[Setting], where: str) -> Offer:
    """An offer after some of its lines are set, one after the other."""
    for setting in settings:
        offer = changed(offer, setting, where)
    return offer


def changed(offer: Offer, setting: Setting, where: str) -> Offer:
    """An offer after one of its lines is set; a line that was not there is made."""
    line = offer.get(setting.key) or _new(offer, setting)
    size = line.size or class_size(offer, setting) or 0.0
    if setting.places is not None:
        size, places = _size(setting.places, setting.classes) or size, setting.places
    else:
        # Half a class is half a class's places, a half place counted as one; from the size and not
        # from the places there are, so that no rounding is carried on.
        places = floor(size * setting.classes + 0.5)
    note = (where, line.classes, setting.classes, setting.reason)
    new = replace(
        line,
        classes=setting.classes,
        places=places,
        size=size,
        changes=(*line.changes, note),
    )
    return {**offer, line.key: new}


def _size(places: int, classes: float) -> float:
    return places / classes if classes else 0.0


def class_size(offer: Offer, setting: Setting) -> float | None:
    """Places in a class of an area: the usual one of the schools that have it; None where none."""
    sizes = [one.size for one in offer.values() if one.area == setting.area and one.size]
    return median(sizes) if sizes else None


def unusable(offer: Offer, settings: Iterable[Setting]) -> str | None:
    """Why lines cannot be set, in Norwegian; None where they can."""
    schools = {line.school for line in offer.values()}
    seen: set[Key] = set()
    for setting in settings:
        if setting.key in seen:
            return f"{setting.area} ved {setting.school} er satt to ganger"
        seen.add(setting.key)
        if setting.school not in schools:
            return f"{setting.school} er ingen av fylkets skoler i forslaget"
        if setting.key not in offer and setting.places is None and not class_size(offer, setting):
            return f"ingen skole har {setting.area} i dag: si hvor mange plasser det blir"
    return None


def _new(offer: Offer, setting: Setting) -> Line:
    """A line for an offer that the school does not have today."""
    school = next((o for o in offer.values() if o.school == setting.school), None)
    area = next((o for o in offer.values() if o.area == setting.area), None)
    return Line(
        school=setting.school,
        school_name=school.school_name if school else setting.school,
        area=setting.area,
        area_name=area.area_name if area else setting.area,
        level=setting.level,
        programme=area.programme if area else setting.area[:2],
        region=school.region if school else "",
        classes=0.0,
        places=0,
    )
