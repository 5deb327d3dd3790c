"""Acts journalled on the sample's night: what is looked up, what is refused, what is done once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks import catalogue, clock, plans
from tasks.alerts import outbox
from tasks.cycle import acting, calendar, priority, reminders, standing, waiting
from tasks.cycle.acting import Actor
from tasks.cycle.stages import cycle
from tasks.errors import ConfigurationError, NotFound, WrongUse
from tasks.journal import Journal
from tasks.retention import evidence as retention
from tasks.settings import Project, Settings

CYCLE = "2029/30"
BY = Actor("Seksjon for kompetanse")
Act = Callable[..., Any]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the day; the clock of the machine goes on."""

    def set_to(day: str) -> None:
        at = datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: at)

    set_to("2028-02-02")
    return set_to


@pytest.fixture
def settings(tmp_path: Path, today: Callable[[str], None]) -> Settings:
    made = Settings(home=tmp_path / "home", profile="demo")
    made.rooms.journal.mkdir(parents=True)
    acting.start(made, CYCLE, BY)
    return made


@pytest.fixture
def act(settings: Settings) -> Act:
    def do(kind: str, /, on: date | None = None, **fields: Any) -> Any:
        token, stage = fields.pop("token", None), fields.pop("stage", None)
        said = {"type": kind, **fields}
        return acting.act(settings, CYCLE, said, BY, on=on, token=token, stage=stage)

    return do


def stands(settings: Settings) -> standing.Standing:
    (found,) = standing.all_of(settings)
    return found


def a_night(settings: Settings) -> None:
    vintages = {"ssb_population": {"snapshot": "abc", "as_of": "2028-02-01"}}
    built = {"night": "n1", "as_of": "2028-02-01", "vintages": vintages}
    Journal(settings.rooms.journal).append("night.built", built)


def reach_innspill(settings: Settings, act: Act) -> None:
    a_night(settings)
    act("frys")
    figures = {"indicator_code": ["x"], "area_code": ["50"], "year": [2027], "value": [1.0]}
    released = {"base": 2028, "released_by": "Komiteen", "figures_as_of": "2028-02-01"}
    Journal(settings.rooms.journal).append("indicator.release", released | {"figures": figures})
    act("frigi", base=2028)
    act("avslutt")


def test_a_cycle_is_started_once(settings: Settings) -> None:
    before = len(Journal(settings.rooms.journal).entries())
    assert acting.start(settings, CYCLE, BY).stage == "kunnskapsgrunnlag"
    assert len(Journal(settings.rooms.journal).entries()) == before


def test_two_cycles_may_be_open_and_no_third(settings: Settings) -> None:
    acting.start(settings, "2030/31", BY)
    with pytest.raises(WrongUse, match="2029/30 og 2030/31 er åpne"):
        acting.start(settings, "2031/32", BY)
    # Grants to vocational colleges go by another clock.
    acting.start(settings, "fagskole-2029", BY)
    assert [one.state.cycle.id for one in standing.all_of(settings)] == [
        *(CYCLE, "2030/31", "fagskole-2029"),
    ]


def test_what_a_night_stood_on_is_frozen(settings: Settings, act: Act) -> None:
    with pytest.raises(NotFound, match="en natt som ble bygget"):
        act("frys")
    a_night(settings)
    act("frys")
    (frozen,) = stands(settings).state.standing
    assert frozen.facts["night"] == "n1"
    assert frozen.facts["datasets"] == 1
    assert frozen.facts["suites"] is None
    assert "Kontrollene fra den natten er ryddet bort" in str(stands(settings).sections())


def test_retention_keeps_a_night_that_a_cycle_froze(settings: Settings, act: Act) -> None:
    vintages = {"ssb_population": {"snapshot": "abc"}}
    built = {"night": "n1", "as_of": "2028-02-01", "project": "p", "vintages": vintages}
    Journal(settings.rooms.journal).append("night.built", built)
    known = catalogue.load(Project().catalogue)
    assert retention.gather(settings.rooms, known).released == frozenset()
    act("frys")
    assert retention.gather(settings.rooms, known).released == {date(2028, 2, 1)}


def test_a_release_must_be_in_the_journal(settings: Settings, act: Act) -> None:
    a_night(settings)
    act("frys")
    with pytest.raises(NotFound, match="indicators release --base 2028"):
        act("frigi", base=2028)
    assert len(stands(settings).state.standing) == 1


def test_the_same_form_sent_twice_is_journalled_once(settings: Settings, act: Act) -> None:
    a_night(settings)
    act("frys", token="run:1")
    before = Journal(settings.rooms.journal).entries()
    act("frys", token="run:1")
    assert Journal(settings.rooms.journal).entries() == before


def test_many_at_once_are_taken_one_after_the_other(settings: Settings, act: Act) -> None:
    a_night(settings)
    threads = [threading.Thread(target=act, args=("frys",), kwargs={"token": f"t{n % 3}"})
               for n in range(9)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = stands(settings).state
    assert {one.token for one in found.standing} == {"t0", "t1", "t2"}
    assert len(found.standing) == 3
    assert found.strays == ()


def test_a_form_of_an_earlier_stage_does_not_close_the_next(settings: Settings, act: Act) -> None:
    reach_innspill(settings, act)
    with pytest.raises(WrongUse, match="gjort i trinnet «kunnskapsgrunnlag»"):
        act("avslutt", stage="kunnskapsgrunnlag")
    # An input is an input, whenever its form was opened.
    act("innspill", stage="kunnskapsgrunnlag", channel="skole", sender="Melhus", text="En klasse")
    assert len(stands(settings).came) == 1


def test_late_is_held_to_the_day_it_came(
    settings: Settings, act: Act, today: Callable[[str], None]
) -> None:
    reach_innspill(settings, act)
    today("2028-10-05")
    told = {"channel": "skole", "sender": "Melhus", "text": "En klasse"}
    act("innspill", on=date(2028, 10, 1), **told)
    act("innspill", **told)
    assert [one.late for one in stands(settings).came] == [False, True]
    assert "ført 5. oktober 2028" in standing.telling.signed(stands(settings).state.standing[-2])


def test_forms_that_were_taken_are_inputs(
    settings: Settings, act: Act, today: Callable[[str], None]
) -> None:
    reach_innspill(settings, act)
    journal = Journal(settings.rooms.journal)
    for region, late, on in (
        ("forum-fosen", False, "2028-09-20"),
        ("forum-innherred", True, "2028-10-08"),
    ):
        told = {"form": "forum", "round": "2029", "organisation": f"Forum {region}"}
        journal.append(
            "form.taken", told | {"received_on": on, "late": late, "region_code": region}
        )
    other = {"form": "forum", "round": "2028", "organisation": "Forum X", "late": False}
    journal.append("form.taken", other | {"received_on": "2027-09-20"})
    today("2028-10-09")
    found = stands(settings)
    assert [(one.sender, one.late) for one in found.came] == [
        ("Forum forum-fosen", False),
        ("Forum forum-innherred", True),
    ]
    (forum,) = [one for one in found.waits if one.what.part == "forum"]
    assert forum.late_days == 8
    assert forum.lacking == ("Namdalen", "Trøndelag Sør", "Værnesregionen")


@pytest.mark.parametrize("text", ["ring 412 34 567", "kari@example.no", "01017012345"])
def test_nothing_of_a_person_is_journalled(settings: Settings, act: Act, text: str) -> None:
    with pytest.raises(WrongUse, match="uten opplysninger om enkeltpersoner"):
        act("innspill", channel="skole", sender="Melhus", text=text)
    said = {"by": "X", "act": {"type": "innspill", "text": text}}
    acting.refuse(settings, CYCLE, "run:1", "en grunn", said)
    assert text not in (settings.rooms.journal / "journal.jsonl").read_text(encoding="utf-8")


def test_what_was_refused_is_asked_anew_and_forgotten_when_done(
    settings: Settings, act: Act
) -> None:
    a_night(settings)
    acting.refuse(settings, CYCLE, "run:1", "tallet mangler", {"act": {}})
    acting.refuse(settings, CYCLE, "run:1", "tallet mangler", {"act": {}})
    assert stands(settings).state.refused == "tallet mangler"
    assert stands(settings).state.number == 1
    act("frys")
    assert stands(settings).state.refused is None


def test_all_mistakes_are_told_at_once(act: Act) -> None:
    with pytest.raises(WrongUse) as raised:
        act("prioriter", needs=[], goals=["ønsker"])
    for name in ("needs", "goals", "reason"):
        assert name in str(raised.value)
    with pytest.raises(WrongUse, match="en av handlingene"):
        act("noe annet")


def test_a_day_to_come_is_refused(act: Act) -> None:
    with pytest.raises(WrongUse, match="en dag som har vært"):
        act("frys", on=date(2028, 2, 3))


def test_who_acts_is_stated_or_authenticated(settings: Settings) -> None:
    a_night(settings)
    acting.act(settings, CYCLE, {"type": "frys"}, Actor("Statistikk", "ola.nordmann"))
    acting.act(settings, CYCLE, {"type": "frys"}, Actor("Statistikk"))
    first, second = stands(settings).state.standing
    assert not first.as_stated
    assert second.as_stated
    assert "innlogget ola.nordmann" in standing.telling.signed(first)
    assert "(oppgitt)" in standing.telling.signed(second)
    with pytest.raises(WrongUse, match="hvem som handler"):
        acting.act(settings, CYCLE, {"type": "frys"}, Actor(" "))


def test_what_is_not_started_is_not_acted_in(settings: Settings) -> None:
    with pytest.raises(NotFound, match="cycle start 2030/31"):
        acting.act(settings, "2030/31", {"type": "frys"}, BY)


# Prioritering and the plan -----------------------------------------------------------------------

NEED_FIRST = ("udekket behov", "reise")
WISHES_FIRST = ("førstevalg", "udekket behov")


def reach_prioritering(settings: Settings, act: Act, today: Callable[[str], None]) -> None:
    reach_innspill(settings, act)
    act("pakker", channels=["forum"])
    today("2028-11-01")
    act("avslutt")


def test_the_order_that_was_set_is_the_order_the_plan_is_made_by(
    settings: Settings, act: Act, today: Callable[[str], None]
) -> None:
    file = plans.declared_for(Project(), priority.of_year(settings.rooms, CYCLE)).rules
    reach_prioritering(settings, act, today)
    assert priority.of_year(settings.rooms, CYCLE) is None, "nobody has set one yet"
    why = {"first_choice_reason": "Små kull", "reason": "Ressursbehovet"}
    act("prioriter", needs=["helse"], goals=WISHES_FIRST, **why)
    found = priority.of_year(settings.rooms, CYCLE)
    assert found is not None
    rules = plans.declared_for(Project(), found).rules
    assert [goal.id for goal in rules.goal][:2] == ["forstevalg", "udekket_behov"]
    assert (rules.reason, file.reason) == ("Små kull", "")
    assert priority.of_year(settings.rooms, "2028/29") is None, "another year has its own"
    told = found.told()
    assert (told["reason"], told["needs"], told["on"]) == (
        *("Ressursbehovet", ("helse",), "2028-11-01"),
    )
    # Another order replaces it, and going back takes it away.
    act("prioriter", needs=["helse"], goals=NEED_FIRST, reason="Ressursbehovet")
    found = priority.of_year(settings.rooms, CYCLE)
    rules = plans.declared_for(Project(), found).rules
    assert [goal.id for goal in rules.goal][:2] == ["udekket_behov", "reise"]
    assert rules.reason == ""
    act("tilbake", to="innspill", reason="Nytt møte")
    assert priority.of_year(settings.rooms, CYCLE) is None


@pytest.mark.parametrize(
    ("goals", "order", "reason", "steers"),
    [
        (NEED_FIRST, ["udekket_behov", "kostnad", "reise"], "", True),
        (NEED_FIRST, ["reise", "udekket_behov"], "", False),
        (NEED_FIRST, ["udekket_behov"], "", False),
        (WISHES_FIRST, ["forstevalg", "udekket_behov"], "Små kull", True),
        (WISHES_FIRST, ["forstevalg", "udekket_behov"], "Noe annet", False),
    ],
)
def test_a_plan_by_another_order_or_reason_is_not_that_of_the_cycle(
    settings: Settings,
    act: Act,
    today: Callable[[str], None],
    goals: tuple[str, ...],
    order: list[str],
    reason: str,
    steers: bool,
) -> None:
    reach_prioritering(settings, act, today)
    first = "Små kull" if goals == WISHES_FIRST else None
    act("prioriter", needs=["helse"], goals=goals, reason="Behovet", first_choice_reason=first)
    manifest = {"goals": [{"goal": goal} for goal in order], "rules": {"reason": reason}}
    found = priority.of_year(settings.rooms, CYCLE)
    assert found is not None
    assert found.steers(manifest) is steers


# The calendar -----------------------------------------------------------------------------------


def edited(folder: Path, old: str, new: str) -> Path:
    """The reference data with one thing changed in the calendar."""
    import shutil

    shutil.copytree(Project().reference, folder)
    path = folder / "counties" / "50" / calendar.FILE
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('act = "frys"', 'act = "frigjør"', "er ikke en handling i trinnet"),
        ('due = "03-31"', 'due = "02-30"', "formen"),
        ('due = "03-31"', 'due = "01-31"', "etter fristen"),
        ('who = "statistikk"', 'who = "noen"', "står ikke under"),
        ('channel = "forum"', "", "channel skal stå ved"),
        ('confidence = "unconfirmed"', 'confidence = "kanskje"', "Velg en av dem"),
        ('act = "frys"', 'act = "frys"\nfarge = "blå"', "ukjent nøkkel"),
        ('stage = "vedtak"', 'stage = "forslag"', "vedtak"),
    ],
)
def test_a_mistake_in_the_calendar_is_named(tmp_path: Path, old: str, new: str, why: str) -> None:
    reference = edited(tmp_path / "reference", old, new)
    with pytest.raises(ConfigurationError, match=calendar.FILE) as raised:
        calendar.read(reference, "50")
    assert why in str(raised.value)


def test_a_round_of_a_form_goes_before_the_calendar() -> None:
    """The deadline that the form prints is the one that lateness is held to."""
    from tasks.forms import calendar as rounds

    reference = Project().reference
    found = calendar.read(reference, "50")
    declared = rounds.rounds(reference)
    assert declared
    for one in declared:
        milestones = found.of(cycle(f"{one.year}/{(one.year + 1) % 100}"))
        assert waiting.deadline(milestones, one.form) == one.deadline


def test_every_stage_ends_with_a_date_and_says_who() -> None:
    found = calendar.read(Project().reference, "50")
    for name in ("2027/28", "fagskole-2027"):
        milestones = found.of(cycle(name))
        for stage in cycle(name).stages:
            closing = [
                m.act for m in milestones if m.stage == stage and m.act in {"avslutt", "vedtak"}
            ]
            assert len(closing) == 1
        days = [m.due for m in milestones if m.act in {"avslutt", "vedtak"}]
        assert days == sorted(days)
        assert all(m.who and m.source for m in milestones)


# Reminders --------------------------------------------------------------------------------------


@pytest.fixture
def reachable(tmp_path: Path) -> Project:
    """The project with addresses that are set."""
    import shutil

    root = tmp_path / "project"
    shutil.copytree(Project().reference, root / "data" / "reference")
    reference = Project(root).reference
    for path in (reference / "alerts.toml", reference / "counties" / "50" / calendar.FILE):
        text = path.read_text(encoding="utf-8").replace("fylket.invalid", "fylket.example")
        path.write_text(text, encoding="utf-8")
    return Project(root)


def test_each_reminder_is_written_once_and_reaches_the_outbox(
    settings: Settings, reachable: Project
) -> None:
    written: list[tuple[str, str]] = []
    first = date(2028, 3, 1)
    for number in range(60):
        day = first + timedelta(days=number)
        for _ in range(2):
            written += [
                (day.isoformat(), mail.to) for mail in reminders.remind(settings, reachable, day)
            ]
    statistics = [day for day, to in written if to == "statistikk@fylket.example"]
    # 14 days before 31 March, then every seventh day from the first day after.
    assert statistics == [
        *("2028-03-17", "2028-04-01", "2028-04-08", "2028-04-15", "2028-04-22", "2028-04-29"),
    ]
    posted = outbox.posted(Journal(settings.rooms.journal).entries())
    assert len(posted) == len(written)
    assert all(one.state == "waiting" for one in posted)
    assert "Tallene er frosset og kontrollert" in posted[0].mail.subject


def test_a_night_that_was_missed_is_made_up_for(settings: Settings, reachable: Project) -> None:
    assert len(reminders.remind(settings, reachable, date(2028, 3, 25))) == 1
    assert reminders.remind(settings, reachable, date(2028, 3, 26)) == []


def test_nobody_is_reminded_where_no_address_is_set(settings: Settings) -> None:
    before = Journal(settings.rooms.journal).entries()
    assert reminders.remind(settings, as_of=date(2028, 4, 10)) == []
    assert Journal(settings.rooms.journal).entries() == before


def test_what_is_done_is_not_reminded_of(
    settings: Settings, act: Act, reachable: Project, today: Callable[[str], None]
) -> None:
    a_night(settings)
    act("frys")
    mails = reminders.remind(settings, reachable, date(2028, 4, 5))
    assert all("Tallene er frosset" not in mail.content for mail in mails)


def test_the_journal_s_chain_holds_and_is_json(settings: Settings, act: Act) -> None:
    reach_innspill(settings, act)
    journal = Journal(settings.rooms.journal)
    assert journal.verify() == len(journal.path.read_text(encoding="utf-8").splitlines())
    for entry in journal.entries("cycle.act"):
        assert json.loads(json.dumps(entry.payload)) == entry.payload
