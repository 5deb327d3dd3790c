"""Why each offer of a plan is as it is: what it serves, whom it moves, and the forecast behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from tasks.places import words
from tasks.publish import formats, model
from tasks.publish.model import Cell, Column, Table
from tasks.publish.parts import INTERVAL, Row
from tasks.publish.plan_parts import SMALL, Proposal, table

LEAD = (
    "Én klasse mer eller færre er regnet med de andre klassene som i planen og elevene plassert på "
    "nytt. Hensyn er de målene og reglene som tilbudet tjener; nummeret sist er prinsippet som "
    "står bak, i tabellen over fylkeskommunens prinsipper."
)
_FORECAST = (
    f"Behovet er snittet av framtidene som er trukket, med {INTERVAL}. Hvor godt slike anslag har "
    "truffet, står i rapporten for kjøringen; for ett tilbud sier «tilbudsplan why» det."
)
_KEY = ("organisation_number", "programme_area_code")
# Of a pair's forecast: the whole county competes alike.
_COUNTY = "*"
_COLUMNS = (
    Column("Programområde", "text"),
    Column("Endring i klasser", "text"),
    Column("Begrunnelse", "text"),
    Column("Hvem som ville fått en annen plass", "text"),
    Column("Anslaget bak", "text"),
    Column("Prinsipp", "text"),
)


def of_school(plan: Proposal, school: str, name: str) -> list[Table]:
    """Reasons of a school's offers: those changed or set by hand, and the others folded.

    Args:
        plan: The plan.
        school: Organisation number.
        name: What the school is called.
    """
    set_by_hand = plan.tables["fixed"].select(*_KEY, pl.lit(value=True).alias("is_set"))
    mine = (
        plan.tables["reasons"]
        .filter(organisation_number=school)
        .join(plan.tables["leaning"], on=_KEY, how="left")
        .join(set_by_hand, on=_KEY, how="left")
        .sort("level", "programme_area")
    )
    is_told = (pl.col("classes") != pl.col("classes_now")) | pl.col("is_set").fill_null(value=False)
    told, rest = mine.filter(is_told), mine.filter(~is_told)
    found = []
    if told.height:
        found.append(_table(plan, told, f"hvorfor-{school}", f"{name}: hvorfor"))
    if rest.height:
        title = f"{name}: hvorfor de andre er som i år"
        folded = f"Hvorfor {formats.whole(rest.height)} andre tilbud ved {name} er som i år"
        found.append(_table(plan, rest, f"hvorfor-som-i-aar-{school}", title, folded))
    return found


def _table(
    plan: Proposal, reasons: pl.DataFrame, anchor: str, title: str, folded: str = ""
) -> Table:
    numbers = {one["id"]: number for number, one in enumerate(plan.principles, 1)}
    moves = plan.tables["movers"].join(reasons, on=_KEY, how="semi")
    who = moves.partition_by(*_KEY, as_dict=True)
    rows = [
        [
            model.text(_area(r["programme_area"], r["level"])),
            model.text(words.from_to(r["verdict"], r["classes_now"], r["classes"])),
            model.text(r["text"]),
            model.text(_movers(plan, r, who.get(tuple(r[c] for c in _KEY)))),
            model.text(_forecast(plan, r)),
            _cited(r["principles"], numbers),
        ]
        for r in reasons.iter_rows(named=True)
    ]
    return table(anchor, title, _COLUMNS, rows, notes=(f"{_FORECAST} {SMALL}",), folded=folded)


def _area(name: str, level: int) -> str:
    """A programme area with its level, said once."""
    return name if name.casefold().endswith(f"vg{level}") else f"{name}, Vg{level}"


def _cited(ids: str, numbers: Mapping[str, int]) -> Cell:
    """Numbers of the principles behind, as in the table of them."""
    cited = sorted(numbers[one] for one in ids.split(", ") if one)
    return model.text(", ".join(map(str, cited)) or "ingen")


def _movers(plan: Proposal, reason: Row, moves: pl.DataFrame | None) -> str:
    """Who would have another place with one class more and one fewer, by home region."""
    if moves is None:
        return "ingen"
    last = "Uten tilbudet" if reason["classes"] <= 1 else "Én klasse færre"
    told = []
    for way, title in (("more", words.MORE), ("fewer", last)):
        mine = moves.filter(way=way)
        if mine.height:
            told.append(f"{title}: {', '.join(_moved(plan, mine))}.")
    return " ".join(told)


def _moved(plan: Proposal, moves: pl.DataFrame) -> Iterable[str]:
    homes = moves.sort("pupils", "home_region_code", descending=[True, False])
    named = [
        f"{formats.estimate(pupils)} fra {words.named(plan.run.regions, code)}"
        for code, pupils in homes.select("home_region_code", "pupils").rows()
    ]
    yield formats.listing(named)
    of = moves.select(pl.col(pl.Float64).sum()).row(0, named=True)
    if of["pupils_other_area"] >= words.FEW:
        yield f"{formats.estimate(of['pupils_other_area'])} av dem i et annet programområde"
    far = of["pupils_long_way_or_outside"]
    if abs(far) >= words.FEW:
        more = "flere" if far > 0 else "færre"
        yield f"{formats.estimate(abs(far))} {more} med lang reise eller utenfor regionen"
    if of["persons_without_place"] >= words.FEW:
        yield f"{formats.estimate(of['persons_without_place'])} uten plass"


def _forecast(plan: Proposal, reason: Row) -> str:
    """Need of the offer's area, how far the plan covers it, and who wants it first."""
    if reason["need_mean"] is None:
        return formats.MISSING
    code = reason["region_code"]
    where = "hele fylket" if code == _COUNTY else plan.region(code)
    whose = "Arbeidslivets behov" if reason["need_of_working_life"] else "Elevenes eget behov"
    low, high = reason["need_p10"], reason["need_p90"]
    return (
        f"{whose}, {where}: {formats.estimate(reason['need_mean'])} "
        f"({formats.interval(low, high)}). Plassene der, {formats.whole(reason['places'])}, er nok "
        f"i {formats.share(reason['p_covered'])} av framtidene. Førstevalg: "
        f"{formats.estimate(reason['first_choices_region'])} i skolens region, "
        f"{formats.estimate(reason['first_choices_county'])} i fylket."
    )
