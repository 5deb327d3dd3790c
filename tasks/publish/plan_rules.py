"""Rules and principles of a plan, what of them nobody has confirmed, and what it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tasks.publish import formats, model
from tasks.publish.model import Cell, Column, Section, Table
from tasks.publish.plan_parts import GOALS, Proposal, table

# How an entry of a file of rules is called, and the file's own heading.
FILES = {
    "places.toml": "Regler for plasser",
    "classes.toml": "Klasser",
    "intake.toml": "Inntaket",
    "prinsipper.toml": "Prinsipper",
}
ENTRIES = {
    "need_basis": "hva udekket behov regnes av",
    "largest_growth": "vekst som lærerne rekker til",
    "largest_change": "største endring",
    "workshop_room": "rom i verkstedene",
    "classroom": "rom til studieforberedende klasser",
    "budget_growth": "budsjettets vekst",
    "school_vg3": "Vg3 i skole for søkere uten læreplass",
    "placement": "andel med læreplass",
    "rates": "kroner per plass",
    "adults": "voksne: gruppestørrelse og rett",
    "college": "fagskole: reserve, start og ramme",
    "solver": "hvor nær hvert mål innfris",
    "goal": "mål og målestokk",
    "choice": "andre og tredje valg",
    "room": "rom ved en skole",
    "class_size": "egen klassestørrelse",
    "combined": "klasser som kan deles",
    "opening": "tilbud som kan åpnes",
    "exchange": "plasser til elever på utveksling",
    "reserved": "plasser som holdes av",
    "special": "grupper med egne regler",
    "adult_limit": "tak for voksne i et fag",
    "adult_demand": "etterspørsel fra voksne",
    "college_limit": "tak for et fagskoletilbud",
    "college_demand": "etterspørsel etter et fagskoletilbud",
    "vocational_class_size": "elever i en yrkesfaglig klasse",
    "general_class_size": "elever i en studieforberedende klasse",
    "minimum_fill": "minste fylling",
    "class_step": "halve klasser",
    "rounds": "inntaksrunder",
    "school_wishes": "skoler som ønskes",
    "turned_down": "takk nei",
    "special_intake": "fortrinn og individuell vurdering",
    "stays": "elever som går videre på samme skole",
    "quota": "plasser på ferdigheter",
    "points_mean": "poeng per program",
    "points_spread": "spredning i poeng",
    "same_branch": "andrevalg i samme retning",
    "pattern_persons": "vekten av avstand",
    "long_travel": "grensen for lang reise",
    "fallback": "reisetid der ingen er kjent",
    "principle": "fylkeskommunens prinsipper",
}


def unconfirmed(plan: Proposal) -> list[tuple[str, str]]:
    """What nobody has confirmed, for the first page: every entry, by file."""
    found: dict[str, list[str]] = {}
    for file, kind, ones, _ in _grouped(plan, by_source=False):
        if kind == ENTRIES["principle"]:
            found.setdefault(file, []).extend(ones)
        else:
            found.setdefault(file, []).append(f"{kind} ({', '.join(ones)})" if ones else kind)
    return [(file, "; ".join(kinds)) for file, kinds in found.items()]


def _grouped(plan: Proposal, *, by_source: bool) -> list[tuple[str, str, list[str], str]]:
    """File, kind of entry, which of them, and source, of what nobody has confirmed."""
    named = {
        "principle": {one["id"]: one["text"].rstrip(".") for one in plan.principles},
        "goal": {goal: name.casefold() for goal, (name, _) in GOALS.items()},
        # Whom a group is for is told where it stands; the first page has one line for all of them.
        "special": {
            one: name[:1].lower() + name[1:].partition(" for ")[0]
            for one, name in plan.tables["groups"].select("id", "name").iter_rows()
        },
    }
    found: dict[tuple[str, str, str], list[str]] = {}
    for file, entry, source in plan.tables["unconfirmed"].rows():
        name, _, one = entry.partition(" ")
        name = name.strip("[]")
        if (file, name) == ("intake.toml", "special"):
            name = "special_intake"
        ones = found.setdefault((file, name, source if by_source else ""), [])
        if one:
            ones.append(named.get(name, {}).get(one, one))
    return [
        (FILES.get(file, file), ENTRIES.get(name, name), ones, source)
        for (file, name, source), ones in found.items()
    ]


def section(plan: Proposal) -> Section:
    """Rules, principles, what is unconfirmed of them, and what the plan was made of."""
    return Section(
        "regler",
        "Regler, prinsipper og hva planen er laget av",
        (_order(plan),),
        tables=(_unconfirmed(plan), _principles(plan), _rules(plan), _made_of(plan), _sums(plan)),
    )


def _order(plan: Proposal) -> str:
    """Where the order of the goals is from, and why first choices go above need if they do."""
    told = plan.manifest.get("priority")
    if not told:
        text = "Rekkefølgen av målene er den som står i reglene; ingen er satt i et årshjul."
    else:
        text = (
            f"Rekkefølgen av målene er satt i årshjulet for {told['cycle']} av {told['by']}. "
            f"Begrunnelse: {told['reason']}"
        )
    reason = plan.manifest.get("rules", {}).get("reason", "")
    order = plan.order
    above = {"forstevalg", "udekket_behov"} <= set(order) and order.index(
        "forstevalg"
    ) < order.index("udekket_behov")
    return f"{text} Førstevalg går foran udekket behov (§ 5-3) fordi: {reason}" if above else text


def _unconfirmed(plan: Proposal) -> Table:
    rows = [
        [
            model.text(f"{kind[:1].upper()}{kind[1:]}" + (f": {', '.join(ones)}" if ones else "")),
            model.text(file),
            model.text(source),
        ]
        for file, kind, ones, source in _grouped(plan, by_source=True)
    ]
    return table(
        "tabell-ubekreftet",
        "Regler, valg og prinsipper som ikke er bekreftet",
        (Column("Hva", "text"), Column("Fil", "text"), Column("Kilden til tallet nå", "text")),
        rows,
        source="Kilde: reglene og prinsippene slik planen er laget under dem.",
    )


def _principles(plan: Proposal) -> Table:
    rows = [
        [
            model.text(str(number)),
            model.text(one["text"]),
            model.text(", ".join(GOALS.get(a, (a, ""))[0].casefold() for a in one["applies_to"])),
            model.text(one["case_number"] or "ikke kjent"),
            model.text("ja" if one["confidence"] == "confirmed" else "nei"),
        ]
        for number, one in enumerate(plan.principles, 1)
    ]
    return table(
        "tabell-prinsipper",
        "Fylkeskommunens prinsipper, som begrunnelsene viser til",
        (
            Column("Nr.", "text"),
            Column("Prinsipp", "text"),
            Column("Står bak", "text"),
            Column("Sak", "text"),
            Column("Bekreftet", "text"),
        ),
        rows,
        source="Kilde: prinsippene slik planen er laget under dem.",
    )


def _percent(value: Any) -> str:
    return formats.share(value, 1)


_SHOWN: dict[str, tuple[str, Callable[[Any], str]]] = {
    "need_basis": ("Hva udekket behov regnes av", str),
    "largest_growth": ("Mest et tilbud kan vokse, klasser", formats.decimal),
    "workshop_room": ("Rom i verksteder ut over i år, klasser", formats.decimal),
    "classroom": ("Klasserom ut over i år, klasser", formats.decimal),
    "budget_growth": ("Budsjettets vekst", _percent),
    "school_vg3": ("Vg3 i skole, andel av dem uten læreplass", _percent),
    "placement": ("Andel søkere med læreplass", _percent),
}


def _rules(plan: Proposal) -> Table:
    return table(
        "tabell-regler",
        "De viktigste reglene som planen holder",
        (Column("Regel", "text"), Column("Verdi")),
        [[model.text(name), model.text(value)] for name, value in _values(plan)],
        source="Kilde: reglene slik planen er laget under dem.",
        notes=(
            "Rett til plass, minste fylling, rom, lærere og budsjett holder alle sammen i planen: "
            "ingen av reglene er i konflikt. Ellers hadde det ikke vært noen plan.",
        ),
    )


def _values(plan: Proposal) -> Iterator[tuple[str, str]]:
    rules, sizes = plan.manifest.get("rules", {}), plan.manifest.get("classes", {})
    if sizes:
        yield "Minste fylling av en klasse", _percent(sizes["minimum_fill"])
        yield "Elever i en yrkesfaglig klasse", formats.whole(sizes["vocational"])
        yield "Elever i en studieforberedende klasse", formats.whole(sizes["general"])
        yield "Minste steg i klasser", formats.decimal(sizes["step"])
    for name, (title, show) in _SHOWN.items():
        if rules.get(name):
            yield title, show(rules[name]["value"])
    for room in rules.get("room", []):
        found = plan.offers.filter(organisation_number=room["school"]).get_column("school")
        school = found[0] if len(found) else room["school"]
        title = f"Rom til {plan.run.named(room['programme'])}, {school}, klasser"
        yield title, formats.decimal(room["classes"])


def _made_of(plan: Proposal) -> Table:
    run, night = plan.run, plan.run.manifest.get("night", {})
    manifest, code = plan.manifest, plan.manifest.get("code", {})
    changed = manifest.get("inputs_changed_since_run", [])
    told = [
        ("Plan", plan.id),
        ("Kjøring", run.id),
        ("Tall per", night.get("as_of", formats.MISSING)),
        ("Trekninger som planen leser", formats.whole(manifest.get("draws"))),
        ("Frø", str(manifest.get("seed", formats.MISSING))),
        ("Løser", f"HiGHS {code.get('solver', formats.MISSING)}"),
        ("Programkode, planen", str(code.get("places_sha256", formats.MISSING))[:_SHORT]),
        ("Endret siden kjøringen", ", ".join(changed) or "ingenting"),
    ]
    if plan.intake:
        made = plan.intake_manifest
        told += [
            ("Inntak, trekninger", formats.whole(made["draws"])),
            ("Programkode, inntaket", str(made["code"]["intake_sha256"])[:_SHORT]),
        ]
    return table(
        "tabell-laget-av",
        "Hva planen er laget av",
        (Column("Hva", "text"), Column("Verdi", "text")),
        [[model.text(name), model.text(value)] for name, value in told],
        source="Kilde: planens eget manifest.",
    )


_SHORT = 16


def _sums(plan: Proposal) -> Table:
    """Hashes, so that what a council was shown can be held against what lies on disk."""
    kinds = [
        ("lest", plan.manifest.get("inputs", {})),
        ("skrevet", plan.manifest.get("outputs", {})),
        ("skrevet av inntaket", plan.intake_manifest.get("outputs", {})),
    ]
    rows: list[list[Cell]] = [
        [model.text(name), model.text(kind), model.text(digest[:_SHORT])]
        for kind, sums in kinds
        for name, digest in sorted(sums.items())
    ]
    return table(
        "tabell-kontrollsummer",
        "Kontrollsummer",
        (Column("Tabell", "text"), Column("Hva", "text"), Column("SHA-256", "text")),
        rows,
        source="Kilde: planens og inntakets manifester.",
        notes=(f"De første {_SHORT} tegnene.",),
    )
