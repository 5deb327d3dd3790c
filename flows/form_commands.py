"""Commands of forms: write one, take what came back, see and delete contacts."""

from __future__ import annotations

from pathlib import Path

from flows import show
from tasks import dates
from tasks.errors import WrongUse
from tasks.forms import calendar, codes, definition, inbox, template
from tasks.forms.contacts import Contacts
from tasks.forms.filled import Context
from tasks.forms.inbox import Taken
from tasks.settings import Project, Settings, oslo_today

_OUTCOMES = {
    "taken": "tatt imot",
    "unchanged": "uendret siden sist",
    "refused": "ikke tatt imot",
    "waiting": "venter",
}
_FORUM, _HEARING = "forum", "hoering"


def write(name: str, region: str | None, round_name: str | None, out: Path | None) -> None:
    """Write an empty form."""
    settings, project, today = Settings(), Project(), oslo_today()
    forms = definition.load(project.reference / "forms")
    form = definition.choose(forms, name)
    regions = calendar.known_regions(project.reference, today)
    wanted = {code: one for code, one in regions.items() if one.kind == "forum"}
    fitting = wanted if form.region == "required" else regions
    # A region that exists and does not fit is told so below.
    known = regions if region in regions else fitting
    chosen = calendar.choose_region(known, region) if region else None
    if form.region == "required":
        if chosen is None or chosen.code not in wanted:
            raise WrongUse(
                subject=f"form {name}",
                expected=f"--region med en av {', '.join(wanted)}",
                got=region or "ingen region",
                remedy=f"skriv for eksempel «form {name} --region {next(iter(wanted))}»",
            )
        if form.name == _FORUM and not chosen.has_forum:
            show.line(f"{chosen.name} har ikke eget kompetanseforum, og får høringsskjemaet.")
            form = definition.choose(forms, _HEARING)
        elif form.name == _HEARING and chosen.has_forum:
            raise WrongUse(
                subject="form hoering",
                expected="en region uten eget kompetanseforum",
                got=f"{chosen.name}, som har det (data/reference/forum.csv)",
                remedy=f"skriv «tilbudsplan form forum --region {chosen.code}»",
            )
    rounds = calendar.rounds(project.reference)
    when = calendar.choose_round(rounds, form.name, round_name, today)
    lists = codes.load(settings, form.lists, chosen, regions, today)
    county = calendar.county_name(project.reference, settings.county, today)
    parts = ("skjema", form.name, when.name, chosen.code if chosen else "")
    path = out or Path(f"{'-'.join(part for part in parts if part)}.xlsx")
    if path.exists():
        raise WrongUse(
            subject=str(path),
            expected="et filnavn som ikke er i bruk",
            got="en fil som kan være fylt ut",
            remedy="velg et annet navn med --out, eller flytt filen",
        )
    template.write(path, Context(form, when, chosen, lists, county))
    show.line(f"Skjema: {show.relative(path)}")
    show.line(f"{form.title}, runde {when.name}, frist {dates.day(when.deadline)}.")
    if when.opens > today:
        show.line(
            f"Runden åpner {dates.day(when.opens)}. En tidligere runde velges med --round; det som "
            "kommer etter fristen der, blir tatt imot og merket som for sent."
        )
    if when.deadline < today:
        show.line("Fristen er ute; det som kommer inn, blir tatt imot og merket som for sent.")


def take(files: list[Path], as_json: bool) -> bool:
    """Take filled forms and say what came of each.

    Returns:
        False where a file was refused.
    """
    settings = Settings()
    taken = inbox.take(settings, files)
    if as_json:
        show.as_json([one.facts() for one in taken])
    elif not taken:
        show.line(f"Ingen skjemaer i {show.relative(settings.rooms.forms / 'inbox')}.")
    else:
        for one in taken:
            _say(one)
    return not any(one.answer.outcome == "refused" for one in taken)


def contacts(delete: str | None, as_json: bool) -> None:
    """List the contacts, or delete one."""
    store = Contacts(Settings().rooms.contacts)
    if delete is not None:
        store.delete(delete)
        show.line(f"Kontaktpersonen {delete} er slettet.")
        return
    known = store.all()
    if as_json:
        show.as_json([vars(one) for one in known])
        return
    if not known:
        show.line("Ingen kontaktpersoner er lagret.")
        return
    columns = ["nummer", "skjema", "runde", "navn", "e-post", "telefon"]
    show.as_table(columns, [list(vars(one).values()) for one in known])


def _say(one: Taken) -> None:
    answer = one.answer
    show.line(f"{one.file.name}: {_OUTCOMES[answer.outcome]}")
    if answer.organisation:
        late = ", kom etter fristen" if answer.late else ""
        show.line(f"  {answer.organisation}, {answer.form}, runde {answer.round}{late}")
    if answer.reason:
        show.line(f"  {answer.reason}")
    if answer.remedy:
        show.line(f"  Gjør slik: {answer.remedy}")
    if answer.outcome in {"taken", "unchanged"}:
        show.line(f"  {answer.rows_taken} rader tatt imot, {answer.rows_refused} ikke")
    for number, text in answer.refusals:
        show.line(f"  Nr. {number}: {text}")
    for note in answer.notes:
        show.line(f"  {note}")
    if answer.copy:
        show.line(f"  Kopi med svar: {show.relative(answer.copy)}")
