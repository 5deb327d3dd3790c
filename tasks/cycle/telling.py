"""What a cycle has come to, in the words that planners read; every stage prints those before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tasks import dates
from tasks.cycle import acts, balance, offer, outcomes
from tasks.cycle.balance import Held, closed
from tasks.cycle.offer import Line
from tasks.cycle.stages import TITLES
from tasks.cycle.state import Record, State, available, granted_cost
from tasks.cycle.waiting import Awaited, Came
from tasks.decisions.record import Decision
from tasks.publish import formats
from tasks.publish.formats import number, whole
from tasks.settings import oslo_date

# Of a long list the largest are told; the journal and `--json` have all.
MOST = 8
NO_PLAN = "Ingen plan i klasser er oppgitt; forslaget er årets tilbud med endringene under."


def sections(
    state: State,
    came: Sequence[Came],
    frozen: Decision | None = None,
    names: Mapping[str, str] | None = None,
) -> list[tuple[str, list[str]]]:
    """Title and lines of every stage that something is known of, in order.

    Args:
        state: Where the cycle stands.
        came: Its inputs.
        frozen: The decision as it was frozen.
        names: Of utdanningsprogram and intake regions, by code.
    """
    told = {
        "kunnskapsgrunnlag": _knowledge(state),
        "innspill": _inputs(state, came),
        "prioritering": _priority(state),
        "forslag": _proposal(state),
        "vedtak": _decision(state, frozen, names or {}),
        "justering": _adjustment(state),
        "oppfølging": _outcome(state),
        "kriterier": _criteria(state),
        "søknader": _applications(state),
        "tildeling": _grants(state),
    }
    return [(TITLES[s], told[s]) for s in state.cycle.stages if told[s]]


def signed(record: Record) -> str:
    """Who acted and when, and whether that is only stated."""
    who = f"{record.by} (oppgitt)" if record.as_stated else f"{record.by} (innlogget {record.user})"
    entered = f", ført {dates.day(record.at)}" if oslo_date(record.at) > record.on else ""
    return f"{who}, {dates.day(record.on)}{entered}"


def waiting_line(one: Awaited) -> str:
    """One milestone that is waited for."""
    when = f"frist {dates.day(one.what.due)}"
    if one.late_days:
        when += f", {one.late_days} {'dag' if one.late_days == 1 else 'dager'} over"
    if not one.what.confirmed:
        when += " (datoen er ikke bekreftet)"
    lacking = f" Mangler: {', '.join(one.lacking)}." if one.lacking else ""
    return f"{one.what.title}: venter på {one.what.who}, {when}.{lacking}"


def _knowledge(state: State) -> list[str]:
    found = []
    if frozen := state.last(acts.Freeze):
        facts, suites = frozen[1].facts, frozen[1].facts.get("suites")
        found.append(
            f"Tallene er frosset på natten {_iso(facts['as_of'])}: {facts['datasets']} datasett, "
            f"kjennetegn {facts['vintages_sha256'][:12]}. {signed(frozen[1])}."
        )
        found.append(
            f"Kontroller: {whole(suites['tried'])} prøvd, {whole(suites['block'])} stoppet tall, "
            f"{whole(suites['warn'])} ga advarsel."
            if suites
            else "Kontrollene fra den natten er ryddet bort, og er ikke lest."
        )
        earlier = frozen[1].facts.get("decisions", [])
        found += [outcomes.told(outcomes.Summary(**one)) for one in earlier]
    if released := state.last(acts.Release):
        facts = released[1].facts
        found.append(
            f"Kunnskapsgrunnlaget {released[0].base} er frigitt av {facts['released_by']}: "
            f"{whole(facts['figures'])} tall."
        )
    return found


def _inputs(state: State, came: Sequence[Came]) -> list[str]:
    found = []
    if packs := state.last(acts.Packs):
        found.append(f"Pakkene er sendt til {', '.join(packs[0].channels)}. {signed(packs[1])}.")
    if came:
        late = [one for one in came if one.late]
        found.append(f"{len(came)} innspill, {len(late)} av dem etter fristen.")
        found += [
            f"For sent, {dates.day(one.on)}, {one.sender} ({one.channel})"
            + (f": {one.text}" if one.text else ".")
            for one in late
        ]
    return found


def _priority(state: State) -> list[str]:
    told = state.all(acts.Prioritise)
    if not told:
        return []
    act, record = told[-1]
    found = [
        f"Behov i rekkefølge: {_ordered(act.needs)}.",
        f"Mål i rekkefølge: {_ordered(act.goals)}. Begrunnelse: {act.reason}",
    ]
    if act.first_choice_reason:
        found.append(f"Førstevalg foran behov (§ 5-3): {act.first_choice_reason}")
    earlier = [r.act for r in state.set_aside if isinstance(r.act, acts.Prioritise)]
    earlier += [before for before, _ in told[:-1]]
    if earlier:
        found.append(f"Omprioritert; før: {_ordered(earlier[-1].needs)}.")
    return [*found, f"{signed(record)}."]


def _proposal(state: State) -> list[str]:
    proposed = state.last(acts.Propose)
    found = []
    if proposed:
        act, record = proposed
        lines = offer.proposed(state).values()
        found.append(
            f"Prognose: kjøringen {act.run}, {whole(record.facts['draws'])} trekninger, kjennetegn "
            f"{record.facts['manifest_sha256'][:12]}. {signed(record)}."
        )
        changed = _changes(lines, "plan")
        found.append(
            f"Plan: {act.plan}, kjennetegn {record.facts['plan_sha256'][:12]}, laget etter "
            f"prioriteringen; den endrer {len(changed)} tilbud."
            if act.plan
            else NO_PLAN
        )
        found.append(
            f"Tilbudet: {number(sum(one.classes for one in lines))} klasser, "
            f"{whole(sum(one.places for one in lines))} plasser ved fylkets skoler."
        )
        found += changed[:MOST]
        found += _changes(lines, "forslag")
        if by_hand := state.last(acts.Override):
            found += _weighed(by_hand[1])
    found += [f"{c.school} uttaler: {c.text}" for c, _ in state.all(acts.SchoolComment)]
    for statement, record in state.all(acts.Statement)[-1:]:
        found.append(f"Yrkesopplæringsnemnda: {statement.text} ({signed(record)})")
        found += [f"Dissens fra {one.by}: {one.text}" for one in statement.dissents]
    return found


def _decision(state: State, frozen: Decision | None, names: Mapping[str, str]) -> list[str]:
    found = [
        f"Sendt tilbake i sak {r.act.case_number}, {dates.day(r.on)}: {r.act.reason}"
        for r in state.set_aside
        if isinstance(r.act, acts.Decide) and r.act.outcome == "sendt tilbake"
    ]
    decided = state.last(acts.Decide)
    if decided is None:
        return found
    act, record = decided
    lines = offer.decided(state).values()
    found.append(f"{act.outcome.capitalize()} i sak {act.case_number}. {signed(record)}.")
    found.append(
        f"Vedtatt: {number(sum(one.classes for one in lines))} klasser, "
        f"{whole(sum(one.places for one in lines))} plasser, kjennetegn "
        f"{record.facts['offer_sha256'][:12]}."
    )
    found += _changes(lines, "vedtak")
    found += _weighed(record)
    found += [
        f"Vurdert som vedtatt: {names.get(one['programme'], one['programme'])} Vg{one['level']} i "
        f"{names.get(one['region'], one['region'])} har "
        f"{whole(one['places'][1])} plasser (var {whole(one['places'][0])}); behov over plassene "
        f"{number(one['gap'][1])} (var {number(one['gap'][0])})."
        for one in record.facts.get("amended", ())
    ]
    found += [f"Dissens fra {one.by}: {one.text}" for one in _dissents(state)]
    found.append(
        f"Frosset {dates.day(frozen.frozen_at)} som {frozen.id}, segl {frozen.seal[:12]}."
        if frozen
        else f"Ikke frosset ennå: «tilbudsplan decide {record.facts['run']} "
        f"--case {act.case_number}{_with_plan(record)}» tar vare på alt som trengs for "
        "å lage tallene igjen."
    )
    return found


def _with_plan(record: Record) -> str:
    plan = record.facts.get("plan")
    return f" --plan {plan}" if plan else ""


def _adjustment(state: State) -> list[str]:
    found = []
    if told := state.last(acts.Applications):
        held = balance.against(offer.decided(state), balance.applicants(state))
        found.append(
            f"Søkere mot vedtatte plasser, {dates.day(told[1].on)}: {_total(held)} førstevalg til "
            f"{_places(held)} plasser i {whole(len(held))} tilbud."
        )
        found += _held(held, "søkere")
    if adjusted := state.last(acts.Adjust):
        before, after = offer.decided(state), offer.adjusted(state)
        more = sum(x.places for x in after.values()) - sum(x.places for x in before.values())
        case = f" i sak {adjusted[0].case_number}" if adjusted[0].case_number else ""
        found.append(
            f"Justert{case} mot vedtaket: {len(adjusted[0].lines)} tilbud, "
            f"{formats.signed(more)} plasser. {signed(adjusted[1])}."
        )
        found += _changes(after.values(), "justering")
        found += _weighed(adjusted[1])
    return found


def _outcome(state: State) -> list[str]:
    found = []
    for when in ("første inntak", "andre inntak", "1. oktober", "31. desember"):
        told = [(act, record) for act, record in state.all(acts.Count) if act.when == when]
        if not told:
            continue
        act, record = told[-1]
        held = balance.against(offer.adjusted(state), balance.counted(state, when))
        placed = act.placed_percent
        figures = (
            f" {_total(held)} elever på {_places(held)} plasser i {whole(len(held))} tilbud."
            if held
            else ""
        )
        share = f" {number(placed)} prosent er formidlet." if placed is not None else ""
        found.append(f"{when.capitalize()}:{figures}{share} {signed(record)}.")
        found += _held(held, "elever")
        found += _forecast(state, when)
        found += _placement(state, act)
    return found


def _forecast(state: State, when: str) -> list[str]:
    proposal = state.last(acts.Propose)
    if proposal is None:
        return []
    told = balance.outcomes(
        offer.adjusted(state), balance.counted(state, when), proposal[1].facts["need"]
    )
    whole = [one for one in told if one.inside is not None]
    if not whole:
        part = "Bare noen av tilbudene er talt, så prognosen er ikke holdt mot tellingen."
        return [part] if told else []
    inside = sum(bool(one.inside) for one in whole)
    return [
        f"Mot prognosen: {inside} av {len(whole)} program, nivåer og regioner er innenfor "
        "80-prosentintervallet for behovet."
    ]


def _placement(state: State, count: acts.Count) -> list[str]:
    """The share placed in December against what the forecast drew it from."""
    proposal = state.last(acts.Propose)
    drawn = proposal[1].facts.get("placed") if proposal else None
    if count.placed_percent is None or not drawn or count.when != "31. desember":
        return []
    low, high = min(drawn), max(drawn)
    where = "innenfor" if low <= count.placed_percent <= high else "utenfor"
    return [
        f"Prognosen trakk formidlingen fra {number(low)} til {number(high)} prosent; utfallet er "
        f"{where}."
    ]


def _criteria(state: State) -> list[str]:
    told = state.last(acts.Criteria)
    if told is None:
        return []
    act, record = told
    return [
        f"Kriteriene er vedtatt i sak {act.case_number}: {act.text} {signed(record)}.",
        f"Ramme {whole(act.frame)} kr, {number(act.reserve_percent)} prosent i reserve; "
        f"{whole(act.on_site)} kr per stedbasert og {whole(act.online)} kr per nettbasert "
        f"årsplass; minst {act.minimum_start} for å starte.",
    ]


def _applications(state: State) -> list[str]:
    return [
        f"{act.college} søker om {number(act.places)} årsplasser til {act.offer} ({act.mode}"
        f"{'' if act.accredited else ', ikke akkreditert'})."
        for act, _ in state.all(acts.CollegeApplication)
    ]


def _grants(state: State) -> list[str]:
    told = state.last(acts.Grant)
    if told is None:
        return []
    act, record = told
    lines = [f"{one.offer}: {number(one.places)} årsplasser." for one in act.lines]
    return [
        f"Tildelt i sak {act.case_number}: {whole(granted_cost(state, act))} kr av "
        f"{whole(available(state))} kr. {signed(record)}.",
        *lines,
    ]


def _changes(lines: Iterable[Line], where: str) -> list[str]:
    """What one stage set, a line each."""
    found = []
    for line in lines:
        for place, before, after, why in line.changes:
            if place.startswith(where):
                found.append(f"{line.title}: {number(before)} → {number(after)} klasser. {why}")
    return found


def _weighed(record: Record) -> list[str]:
    """What classes that were set cost in each goal of the plan, and the rules that they break."""
    told = record.facts.get("weighed")
    if told is None:
        why = record.facts.get("not_weighed")
        return [f"Ikke vurdert med planens egne mål: {why}"] if why else []
    goals = "; ".join(
        f"{one['title']} {_amount(one, 'before')} → {_amount(one, 'after')}"
        + ("" if one["plan"] == one["before"] else f" (planen {_amount(one, 'plan')})")
        for one in told["goals"]
    )
    found = [f"Vurdert med planens egne mål, de andre klassene som de var: {goals}."]
    for name, what, least in (
        ("without", "{} med rett står uten plass", 0.5),
        ("short", "klassene mangler {} elever på å nå minstegrensen", 1),
        ("over_budget", "budsjettet sprekker med {} kroner", 1),
    ):
        before, after = told[name]
        if after >= least:
            found.append(f"Bryter en regel: {what.format(whole(after))} (før {whole(before)}).")
    if told["left_out"]:
        found.append(
            f"Ikke regnet med, siden planen ikke har området: {', '.join(told['left_out'])}."
        )
    return found


def _amount(one: Mapping[str, Any], which: str) -> str:
    """A goal's value in its own unit."""
    return whole(one[which]) if one["goal"] == "kostnad" else number(one[which])


def _held(held: Sequence[Held], what: str) -> list[str]:
    """The largest distances between figures and places."""
    off = [one for one in held if one.spare and not closed(one.figure)][:MOST]
    small = sum(closed(one.figure) for one in held)
    told = [
        f"{one.line.title}: {whole(one.figure)} {what} på {whole(one.line.places)} plasser, "
        + (f"{whole(one.spare)} ledige." if one.spare > 0 else f"{whole(-one.spare)} over.")
        for one in off
    ]
    hidden = f"{small} tilbud har under {formats.SMALL} {what}, og vises ikke."
    return [*told, *([hidden] if small else [])]


def _places(held: Sequence[Held]) -> str:
    return whole(sum(one.line.places for one in held))


def _total(held: Sequence[Held]) -> str:
    """A sum, where it does not tell what is closed."""
    figures = [one.figure for one in held]
    return "et lukket antall" if balance.tells_closed(figures) else whole(sum(figures))


def _dissents(state: State) -> list[acts.Dissent]:
    told = state.last(acts.Statement)
    return list(told[0].dissents) if told else []


def _ordered(names: Sequence[str]) -> str:
    return ", ".join(f"{place}. {name}" for place, name in enumerate(names, start=1))


def _iso(day: str) -> str:
    return dates.day(date.fromisoformat(day))
