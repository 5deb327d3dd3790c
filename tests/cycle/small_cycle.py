"""What the journal has of a small cycle: two schools, one offer, an amendment and an adjustment."""

from __future__ import annotations

from typing import Any

MELHUS, ROROS, HEALTH = "874558362", "974558362", "HSHSF1----"
OFFER = {
    "school": [MELHUS, ROROS],
    "school_name": ["Melhus", "Røros"],
    "area": [HEALTH, HEALTH],
    "area_name": ["Helse", "Helse"],
    "level": [1, 1],
    "programme": ["HS", "HS"],
    "region": ["sør", "sør"],
    "classes": [2.0, 1.0],
    "places": [30, 15],
}
NEED = {
    "programme": ["HS"], "level": ["1"], "region": ["sør"],
    "private": [5.0], "needed": [50.0], "low": [40.0], "high": [60.0],
}  # fmt: skip
FACTS = {"offer": OFFER, "need": NEED, "placed": [79.0, 80.0, 81.5]}


def setting(school: str, classes: float) -> dict[str, Any]:
    return {"school": school, "area": HEALTH, "level": 1, "classes": classes, "reason": "Fordi"}


def a_year(
    *counts: dict[str, Any], cycle: str = "2027/28", run: str = "2027-28-x"
) -> list[tuple[str, dict[str, Any]]]:
    """What the journal has of a cycle: one class more in council, and one fewer in May."""
    amended = {"outcome": "godkjent med endringer", "case_number": f"118/{cycle[2:4]}"}
    way: list[tuple[str, str, dict[str, Any]]] = [
        ("kunnskapsgrunnlag", "frys", {}),
        ("kunnskapsgrunnlag", "frigi", {"base": 2026}),
        ("kunnskapsgrunnlag", "avslutt", {}),
        ("innspill", "pakker", {"channels": ["forum"]}),
        ("innspill", "avslutt", {}),
        ("prioritering", "prioriter", {"needs": ["a"], "goals": ["reise"], "reason": "b"}),
        ("prioritering", "avslutt", {}),
        ("forslag", "prognose", {"run": run}),
        ("forslag", "nemnd", {"text": "Enig"}),
        ("forslag", "avslutt", {}),
        ("vedtak", "vedtak", {**amended, "amendments": [setting(MELHUS, 3.0)]}),
        ("justering", "søkere", {"lines": []}),
        ("justering", "juster", {"lines": [setting(ROROS, 0.5)]}),
        ("justering", "avslutt", {}),
        *(("oppfølging", "telling", count) for count in counts),
    ]
    begun = {"format": 1, "cycle": cycle, "on": "2026-02-01", "by": "Seksjonen"}
    told: list[tuple[str, dict[str, Any]]] = [("cycle.started", begun)]
    for number, (stage, kind, said) in enumerate(way):
        payload = {
            "format": 1,
            "cycle": cycle,
            "token": str(number),
            "stage": stage,
            "act": {"type": kind, **said},
            "by": "Seksjonen",
            "on": "2026-03-01",
            "facts": FACTS if kind == "prognose" else {},
        }
        told.append(("cycle.act", payload))
    return told


def count(when: str = "1. oktober", placed: float | None = None, **pupils: int) -> dict[str, Any]:
    schools = {"melhus": MELHUS, "roros": ROROS}
    lines = [
        {"school": schools[name], "area": HEALTH, "level": 1, "pupils": number}
        for name, number in pupils.items()
    ]
    return {"when": when, "lines": lines, "placed_percent": placed}
