"""The county's lists of measures, its action plan, actors and courses; constructed.

Organisations named without «konstruert» exist; what stands about them here is constructed all the
same, and marked so. No person is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.demo.construct_adults import closed
from tasks.demo.construct_common import stream, write_csv

YEARS = tuple(range(2021, 2027))
# Programme, measure, target group, where, usual participants, kroner a participant.
MEASURES = (
    ("Kompetansepluss", "Norsk på arbeidsplassen, sjømat", "innvandrere", "5014", 24, 21_000),
    ("Kompetansepluss", "Grunnleggende digitale ferdigheter", "sysselsatte", "5007", 18, 12_000),
    ("Bransjeprogram", "Helse: fagopplæring for assistenter", "sysselsatte", "50", 95, 14_500),
    ("Bransjeprogram", "Bygg: modulbasert opplæring", "sysselsatte", "5001", 40, 16_000),
    ("Fylkets midler", "Fagbrev på jobb, veiledning", "sysselsatte", "50", 130, 6_500),
    ("Fylkets midler", "Jobbsjansen i distriktet", "innvandrere", "5006", 15, 28_000),
    ("Fylkets midler", "Tett på: tilbake til opplæring", "unge utenfor", "5037", 11, 34_000),
    ("Fylkets midler", "Tett på: tilbake til opplæring", "unge utenfor", "5054", 6, 34_000),
    ("Arbeidsmarkedsopplæring", "Yrkessjåfør klasse C", "ledige", "5035", 16, 78_000),
    ("Arbeidsmarkedsopplæring", "Sveising", "ledige", "5060", 7, 64_000),
    ("Arbeidsmarkedsopplæring", "Lager og truck", "ledige", "5001", 32, 19_000),
    ("Arbeidsmarkedsopplæring", "Renhold og norsk", "ledige", "5059", 10, 23_000),
)
MEASURE_COLUMNS = ["tiltak", "aar", "program", "navn", "maalgruppe", "kommune", "deltakere",
                   "kostnad_kr", "konstruert"]  # fmt: skip
PLAN = "Handlingsprogram for kompetanse 2024–2027 (konstruert)"
# Number, goal, measure, owner, partners, state, start, deadline.
ACTIONS = (
    ("1.1", "Flere med fagbrev i helse", "Kvalifiseringsløp med jobbgaranti i alle regioner",
     "Seksjon kompetanse", "NAV|kommunene|opplæringskontor", "i gang", "2024-01-01", "2027-12-31"),
    ("1.2", "Flere med fagbrev i helse", "Modulbasert helsearbeiderfag på kveldstid",
     "Seksjon videregående", "kommunene", "fullført", "2024-01-01", "2025-12-31"),
    ("2.1", "Ingen unge utenfor", "Felles oppfølging ved avbrudd",
     "Seksjon videregående", "NAV|kommunene", "i gang", "2024-08-01", "2026-12-31"),
    ("2.2", "Ingen unge utenfor", "Læreplassgaranti i to fag i Namdalen",
     "Seksjon fagopplæring", "opplæringskontorene|NHO", "stoppet", "2024-08-01", "2026-08-01"),
    ("3.1", "Utdanning der folk bor", "Studiesentre i alle kompetanseregioner",
     "Seksjon kompetanse", "kommunene|Nord universitet", "i gang", "2024-01-01", "2027-06-30"),
    ("3.2", "Utdanning der folk bor", "Fagskoletilbud i samlinger utenfor Trondheim",
     "Seksjon kompetanse", "fagskolene|næringslivet", "i gang", "2025-01-01", "2027-12-31"),
    ("4.1", "Omstilling i bedriftene", "Samordnet veiledning om bedriftsintern opplæring",
     "Seksjon næring", "NAV|LO|NHO|Innovasjon Norge", "fullført", "2024-01-01", "2025-06-30"),
    ("4.2", "Omstilling i bedriftene", "Kompetanse for batteri og kraft",
     "Seksjon næring", "Chr. Thams fagskole|NTNU", "planlagt", "2026-08-01", "2027-12-31"),
)  # fmt: skip
ACTION_COLUMNS = ["plan", "nr", "maal", "tiltak", "eier", "partnere", "tilstand", "start", "frist",
                  "konstruert"]  # fmt: skip
# Number, year, rating, result.
EVALUATIONS = (
    ("1.1", 2024, "delvis nådd", "Løp i tre av seks regioner."),
    ("1.1", 2025, "delvis nådd", "Løp i fem av seks regioner; frafallet er lavere enn ventet."),
    ("1.2", 2024, "delvis nådd", "To moduler utviklet."),
    ("1.2", 2025, "nådd", "Alle moduler gis på kveldstid ved tre skoler."),
    ("2.1", 2025, "kan ikke vurderes", "Rutinen ble tatt i bruk høsten 2025."),
    ("2.2", 2025, "ikke nådd", "For få bedrifter kunne love plass; tiltaket er stoppet."),
    ("3.1", 2024, "delvis nådd", "Fire studiesentre i drift."),
    ("3.1", 2025, "delvis nådd", "Fem studiesentre i drift."),
    ("3.2", 2025, "delvis nådd", "To nye tilbud i samlinger."),
    ("4.1", 2024, "delvis nådd", "Felles mal for søknad."),
    ("4.1", 2025, "nådd", "Én dør inn for bedriftene."),
)
EVALUATION_COLUMNS = ["plan", "nr", "aar", "vurdering", "resultat", "konstruert"]
ACTORS = (
    ("A01", "Trøndelag fylkeskommune", "fylkeskommune", "50", "https://www.trondelagfylke.no"),
    ("A02", "NAV Trøndelag", "nav", "50", "https://www.nav.no"),
    ("A03", "Statsforvalteren i Trøndelag", "statsforvalter", "50",
     "https://www.statsforvalteren.no/trondelag"),
    ("A04", "LO Trøndelag", "arbeidstaker", "50", "https://www.lo.no"),
    ("A05", "NHO Trøndelag", "arbeidsgiver", "50", "https://www.nho.no"),
    ("A06", "KS", "arbeidsgiver", "50", "https://www.ks.no"),
    ("A07", "Norges teknisk-naturvitenskapelige universitet", "universitet", "5001",
     "https://www.ntnu.no"),
    ("A08", "Nord universitet, Levanger", "universitet", "5037", "https://www.nord.no"),
    ("A09", "Nord universitet, Steinkjer", "universitet", "5006", "https://www.nord.no"),
    ("A10", "Nord universitet, Stjørdal", "universitet", "5035", "https://www.nord.no"),
    ("A11", "Dronning Mauds Minne Høgskole", "universitet", "5001", "https://www.dmmh.no"),
    ("A12", "Trøndelag høyere yrkesfagskole", "fagskole", "5001", ""),
    ("A13", "Chr. Thams fagskole", "fagskole", "5059", ""),
    ("A14", "Karrieresenteret Trondheim (konstruert)", "karrieresenter", "5001", ""),
    ("A15", "Karrieresenteret Innherred-Værnes (konstruert)", "karrieresenter", "5037", ""),
    ("A16", "Karrieresenteret Namdal (konstruert)", "karrieresenter", "5007", ""),
    ("A17", "Karrieresenteret Fosen (konstruert)", "karrieresenter", "5057", ""),
    ("A18", "Karrieresenteret sør (konstruert)", "karrieresenter", "5059", ""),
    ("A19", "Studiesenteret Namdal (konstruert)", "studiesenter", "5007", ""),
    ("A20", "Studiesenteret kysten (konstruert)", "studiesenter", "5014", ""),
    ("A21", "Studiesenteret Fjellregionen (konstruert)", "studiesenter", "5025", ""),
    ("A22", "Studiesenteret Fosen (konstruert)", "studiesenter", "5058", ""),
    ("A23", "Opplæringskontoret for helse, Namdal (konstruert)", "opplæringskontor", "5007", ""),
    ("A24", "Opplæringskontoret for bygg, sør (konstruert)", "opplæringskontor", "5028", ""),
    ("A25", "Opplæringskontoret for industri, Innherred (konstruert)", "opplæringskontor",
     "5038", ""),
    ("A26", "Opplæringskontoret for havbruk (konstruert)", "opplæringskontor", "5014", ""),
    ("A27", "Næringsforeningen i Trondheim (konstruert)", "næringsforening", "5001", ""),
    ("A28", "Næringsforumet i Namdal (konstruert)", "næringsforening", "5007", ""),
)  # fmt: skip
ACTOR_COLUMNS = ["aktor", "navn", "orgnr", "rolle", "kommune", "nettsted", "konstruert"]
# Provider, course, its name, field, level (NKR), mode, weeks, municipality, capacity.
COURSES = (
    ("A19", "NORSK-B1", "Norsk for arbeidslivet, B1", "Språk", "", "samlinger", 20, "5007", 20),
    ("A19", "HELSE-INTRO", "Innføring i helsefag", "Helse", "4", "samlinger", 16, "5007", 18),
    (
        "A19",
        "SYKEPL-DEL",
        "Forkurs til sykepleie",
        "Helse",
        "5",
        "nett",
        12,
        "5007",
        25,
    ),
    ("A20", "HAVBR-SIK", "Sikkerhet i havbruk", "Havbruk", "4", "stedbasert", 2, "5014", 24),
    ("A20", "DIG-GR", "Digitale ferdigheter, grunnkurs", "Digitalt", "2", "nett", 8, "5056", 40),
    ("A21", "REISELIV", "Vertskap i reiselivet", "Reiseliv", "", "samlinger", 6, "5025", 16),
    ("A21", "BYGG-OMB", "Ombruk i bygg", "Bygg", "4", "samlinger", 5, "5025", 14),
    ("A22", "LEDELSE", "Førstelinjeledelse", "Ledelse", "5", "samlinger", 15, "5058", 22),
    ("A22", "NORSK-B1", "Norsk for arbeidslivet, B1", "Språk", "", "nett", 20, "5058", 30),
    ("A08", "PED-VEIL", "Å veilede lærlinger", "Pedagogikk", "6", "samlinger", 14, "5037", 30),
    (
        "A07",
        "KI-ARB",
        "Kunstig intelligens i arbeid",
        "Digitalt",
        "6",
        "nett",
        10,
        "5001",
        60,
    ),
    ("A12", "VARMEP", "Varmepumpeteknikk", "Energi", "5", "samlinger", 12, "5001", 20),
)
SEASONS = ("2025-vår", "2025-høst", "2026-vår", "2026-høst")
# Given up, and new: provider, course, and the first or last season.
LAST_SEASON = {("A21", "REISELIV"): "2025-høst"}
FIRST_SEASON = {("A07", "KI-ARB"): "2025-høst", ("A12", "VARMEP"): "2026-vår"}
COURSE_COLUMNS = ["sesong", "tilbyder", "tilbydernavn", "kurskode", "kurs", "fag", "nkr",
                  "studieform", "uker", "kommune", "kapasitet", "konstruert"]  # fmt: skip


def write(out: Path) -> None:
    """Write five files under `county/`."""
    files = {
        "kompetansetiltak": (MEASURE_COLUMNS, _measures()),
        "handlingsplan": (ACTION_COLUMNS, ([PLAN, *row, "true"] for row in ACTIONS)),
        "handlingsplan_evaluering": (EVALUATION_COLUMNS, _evaluations()),
        "aktorer": (ACTOR_COLUMNS, _actors()),
        "kurs": (COURSE_COLUMNS, _courses()),
    }
    for name, (columns, rows) in files.items():
        write_csv(out / "county" / f"{name}.csv", columns, rows, excel=True)


def _measures() -> Iterator[list[Any]]:
    rng = stream("measures")
    for year in YEARS:
        for number, (programme, name, group, where, usual, cost) in enumerate(MEASURES, 1):
            persons = int(rng.poisson(usual * (1 + 0.03 * (year - YEARS[-1]))))
            # The price of a place differs, so that no closed count follows from the cost.
            thousands = round(persons * cost * float(rng.uniform(0.85, 1.15)) / 1_000)
            if persons:
                yield [f"T{number:02d}", year, programme, name, group, where, closed(persons),
                       1_000 * thousands, "true"]  # fmt: skip


def _evaluations() -> Iterator[list[Any]]:
    for number, year, rating, result in EVALUATIONS:
        yield [PLAN, number, year, rating, result, "true"]


def _actors() -> Iterator[list[Any]]:
    for code, name, role, where, web in ACTORS:
        yield [code, name, "", role, where, web, "true"]


def _courses() -> Iterator[list[Any]]:
    names = {code: name for code, name, *_ in ACTORS}
    for season in SEASONS:
        for provider, course, *rest in COURSES:
            first = SEASONS.index(FIRST_SEASON.get((provider, course), SEASONS[0]))
            last = SEASONS.index(LAST_SEASON.get((provider, course), SEASONS[-1]))
            if first <= SEASONS.index(season) <= last:
                yield [season, provider, names[provider], course, *rest, "true"]
