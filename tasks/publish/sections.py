"""The parts of the report, in the order that a planner and a politician need them."""

from __future__ import annotations

from tasks.publish import (
    accuracy,
    apprentices,
    disclosure,
    explanation,
    findings,
    formats,
    place_tables,
    programmes,
    provenance,
    working_life,
    young_people,
)
from tasks.publish.model import Document, Section
from tasks.publish.tables import Run

GAP_CAVEAT = (
    "Forskjellen mellom plasser og behov er ikke en prognose for ledige plasser, for hvem som står "
    "uten tilbud, eller for mangel på arbeidskraft. Den sier hva som skjer hvis plassene blir "
    "som vedtatt til nå og ungdommene velger som før. Søkere tilpasser seg tilbudet, og det gjør "
    "tallene ikke."
)
APPRENTICE_CAVEAT = (
    "Søkere som ventes å stå uten læreplass er ikke det samme som framtidig ledighet: noen tar Vg3 "
    "i skole, noen velger påbygging, og noen får plass etter tellingen."
)
METHOD = (
    "Ungdommene føres fra tiende trinn gjennom Vg1, Vg2, Vg3, omvalg, læretid og påbygging, år for "
    "år. Andelene anslås av de siste årenes overganger, trukket mot fylkets der tallene er små, og "
    "holdt mot elevtellingene. Usikkerheten kommer fra trekninger: i hver av dem varierer "
    "andelene, befolkningsutviklingen og læreplassene, og hver elev går én vei ved loddtrekning. "
    "80 %-intervallet holder åtte av ti trekninger, og er strukket etter hvor godt modellen har "
    "truffet der den er prøvd.",
    "Behovet er elevene som ventes, fordelt på skolens region slik elevene reiser i dag. "
    "Arbeidslivets behov står for seg, i sin egen del: det er ikke lagt sammen med ungdommenes.",
    "Mangel, balanse eller overskudd blir bare sagt når sannsynligheten er minst 80 %. Ellers står "
    "det «uavklart».",
)


def document(run: Run) -> Document:
    """Put everything that the report says in order."""
    sections = _sections(run)
    used = [run.vintages[d] for used in provenance.USED.values() for d in used]
    unique = list({v.dataset: v for v in used}.values())
    return Document(
        title=f"Dimensjoneringsrapport for {run.county_name}, skoleåret {run.school_year}",
        county=run.county_name,
        school_year=run.school_year,
        run=_run_facts(run),
        findings=findings.sentences(run),
        constructed=[v.title for v in unique if v.constructed],
        stale=[(v.title, v.stale_reason or "ukjent årsak") for v in unique if v.stale],
        sections=sections,
        reading=_reading(run, any(v.constructed for v in unique)),
        definitions=_definitions(run),
        method=_method(run),
        closed=disclosure.REASON,
        sources=provenance.table(run.vintages, run.periods),
        only_workbook=[
            place_tables.expected_in_full(run),
            place_tables.places_in_full(run),
            *working_life.only_workbook(run),
            *explanation.only_workbook(run),
            *accuracy.only_workbook(run),
        ],
    )


def _sections(run: Run) -> list[Section]:
    return [
        Section(
            "elevgrunnlag",
            "Elevgrunnlaget",
            ("Hvor mange unge som bor i fylket, er det sikreste vi vet om behovet.",),
            (young_people.cohort(run), young_people.cohort_by_region(run)),
        ),
        Section(
            "elever",
            "Søkere og elever per utdanningsprogram",
            (f"Ventet skoleåret {run.school_year} hvis overgangene blir som de siste årene.",),
            (programmes.expected(run),),
            (place_tables.pupils_by_region(run), place_tables.applicants(run)),
        ),
        Section(
            "plasser",
            f"Plasser {run.periods.places_from} mot behov",
            (_places_lead(run),),
            (programmes.balance(run),),
            (place_tables.heat(run), place_tables.by_level(run)),
            GAP_CAVEAT,
        ),
        Section(
            "laereplasser",
            "Læreplasser",
            tuple(
                f"Merk {formats.month(n['month'])} {n['year']} "
                f"({formats.percent(n['percent'])}): {n['note']}"
                for n in apprentices.notes(run)
            ),
            (apprentices.apprenticeship(run), apprentices.placement(run)),
            (),
            APPRENTICE_CAVEAT,
        ),
        working_life.section(run),
        explanation.section(run),
        Section(
            "treffsikkerhet",
            "Treffsikkerhet",
            _record_lead(run),
            (accuracy.track_record(run),),
        ),
        # Last: the table of sources numbers the parts, and not every run has scenarios.
        *working_life.scenarios(run),
    ]


def _places_lead(run: Run) -> str:
    day = f"1. oktober {run.school_year[:4]}"
    return (
        f"Plassene er de nyeste som er meldt og som gjelder {day}; de siste gjelder "
        f"{run.periods.places_from}. Behovet er ungdommenes etterspørsel i {run.school_year}."
    )


def _record_lead(run: Run) -> tuple[str, ...]:
    fallen = accuracy.fallbacks(run)
    lead = (
        "Modellen er bygget på nytt slik tallene så ut tidligere år, og anslagene er holdt mot det "
        "som kom og mot de beste enkle måtene å anslå på."
    )
    if fallen:
        return (
            lead,
            f"Modellen slo ikke sammenlikningen for {formats.listing(fallen)}. Der brukes "
            "sammenlikningen.",
        )
    return (lead, "Der rapporten bygger på modellen, slo den sammenlikningen.")


def _method(run: Run) -> tuple[str, ...]:
    draws = formats.whole(run.manifest["parameters"]["draws"])
    return (
        *METHOD,
        f"Læreplasser: {apprentices.drawn_from(run)}",
        f"Kjøringen har {draws} trekninger og frø {run.manifest['seed']}. Frøet er starttallet for "
        "trekningene: samme frø og samme kilder gir de samme tallene igjen.",
    )


def _run_facts(run: Run) -> list[tuple[str, str]]:
    return [
        ("Kjøring", run.id),
        ("Programversjon", str(run.manifest["code"]["package"] or "ikke installert")),
    ]


def _reading(run: Run, constructed: bool) -> list[tuple[str, str]]:
    """What a reader must know before the first figure."""
    told = [
        (
            "80 %-intervall:",
            "åtte av ti trekninger ligger mellom de to tallene. Bredt intervall betyr usikkert "
            "anslag.",
        ),
        ("Plasser minus behov:", "minus betyr for få plasser, pluss for mange."),
        (
            "Balanse:",
            f"behovet er innenfor {_band(run)} av plassene, eller det er ingen hel klasse å spare. "
            "Klasser telles per programområde og region, så plasser til overs kan stå spredt i "
            "klasser som alle trengs. Derfor kan et program med mange plasser til overs være i "
            "balanse.",
        ),
        (
            "Uavklart",
            "er et svar: verken mangel, balanse eller overskudd er minst 80 % sannsynlig. "
            "«Heller mot» sier hva som er mest sannsynlig.",
        ),
        ("Kolon (:)", "er et skjult tall om få personer. <5 er et anslag under fem."),
    ]
    if constructed:
        told.append(
            (
                "K (konstruert):",
                "helt eller delvis laget for eksemplets skyld, se kilder.",
            )
        )
    return told


def _band(run: Run) -> str:
    return formats.share(run.manifest["parameters"]["rules"]["balance_band"])


def _definitions(run: Run) -> list[tuple[str, str]]:
    band = _band(run)
    return [
        ("80 %-intervall", "Åtte av ti trekninger ligger mellom de to tallene."),
        ("Uavklart", "Ingen av mangel, balanse og overskudd har minst 80 % sannsynlighet."),
        ("Mangel", f"Behovet er mer enn {band} over plassene."),
        (
            "Overskudd",
            f"Behovet er mer enn {band} under plassene, og minst én hel klasse kan spares.",
        ),
        ("Balanse", "Verken mangel eller overskudd."),
        ("Plasser minus behov", "Minus betyr for få plasser, pluss betyr for mange."),
        ("Elev", "Regnes der hun eller han bor når det står «etter bosted»."),
        (":", disclosure.REASON),
        ("<5", "Anslag over 0 og under 5 personer."),
        ("..", "Tallet finnes ikke hos kilden."),
        ("K, konstruert", "Laget for eksemplets skyld, slik at det stemmer med offentlige summer."),
        ("Foreldet", "Kilden har ikke gitt nye tall i tide; forrige utgave er brukt."),
    ]
