"""A whole year against a real Prefect server, with restarts: what changes is printed later."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prefect_tools import Prefect, key_of

from tasks import clock, indicators, runs, warehouse
from tasks.cycle import acting, acts, offer, standing
from tasks.cycle.standing import Standing
from tasks.errors import WrongUse
from tasks.journal import Journal
from tasks.publish import formats
from tasks.settings import CHECKOUT, Rooms, Settings

# Minutes: a server, a worker, and a year of forms. Run by make soak.
pytestmark = [pytest.mark.prefect, pytest.mark.soak, pytest.mark.timeout(1200)]

# Far enough ahead that the sample's night lies before it, whenever the test is run.
YEAR = date.today().year + 3  # noqa: DTZ011
CYCLE = f"{YEAR}/{(YEAR + 1) % 100}"
MELHUS, KYRKSETERORA = "874558362", "874558052"


class Year:
    """Plays a year: a day, then what somebody does on it, in the browser or the command line."""

    def __init__(self, home: Path, prefect: Prefect, day: Path) -> None:
        self.home, self.prefect, self.day = home, prefect, day
        self.settings = Settings(home=home, profile="demo", server_port=prefect.port)
        self.form: str | None = None

    def on(self, month: int, day: int, years: int = -1) -> None:
        self.day.write_text(date(YEAR + years, month, day).isoformat(), encoding="ascii")

    def browser(self, by: str, **act: Any) -> dict[str, Any]:
        """Send the form that waits, and wait until the next one does."""
        run = self.prefect.waiting(self.form)
        answer = self.prefect.resume(run, {"by": by, "act": act})
        assert answer["status"] == "ACCEPT", answer
        before = self.form = key_of(run)
        return self.prefect.waiting(before)

    def command(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", "cycle", *arguments],
            cwd=CHECKOUT,
            env=self.prefect.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def file(self, name: str, text: str) -> str:
        path = self.home / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def stands(self) -> Standing:
        (found,) = standing.all_of(self.settings)
        return found

    def printed(self, section: str) -> str:
        """What status prints of a stage, without asking any server."""
        shown = json.loads(self.command("status", CYCLE, "--json"))[0]
        return "\n".join(shown["stages"].get(section, []))


@pytest.fixture(scope="module")
def home(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample's night with a run for the year."""
    home = tmp_path_factory.mktemp("cycle") / "home"
    shutil.copytree(night_home, home)
    runs.execute(Settings(home=home, profile="demo"), CYCLE, seed=1, draws=50)
    return home


@pytest.fixture
def year(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    day = tmp_path / "day"
    prefect = Prefect(home, day)
    played = Year(home, prefect, day)
    played.on(2, 2)
    real = clock.now

    def now() -> Any:
        return real().replace(**dict(zip(("year", "month", "day"), _ymd(day), strict=True)))

    monkeypatch.setattr(clock, "now", now)
    try:
        prefect.start("server", "runner")
        yield played
    finally:
        prefect.kill("runner", "server")
        prefect.log.close()


def _ymd(day: Path) -> tuple[int, int, int]:
    told = date.fromisoformat(day.read_text(encoding="ascii"))
    return told.year, told.month, told.day


def release(home: Path, base: int) -> None:
    """The statistics committee comments on every indicator and releases them."""
    journal = Journal(Rooms(home).journal)
    as_of = journal.entries("night.built")[-1].payload["as_of"]
    with warehouse.connect_published(Rooms(home)) as con:
        sql = "select indicator_code, area_code, year, value from mart.indicator_value"
        figures = con.sql(sql).pl()
    known = sorted(set(figures.drop_nulls("value")["indicator_code"]))
    for indicator in known:
        indicators.comment(
            journal,
            dict.fromkeys(known, ""),
            {"nav": "NAV"},
            base=base,
            indicator=indicator,
            organisation="nav",
            signed_by="Leder, NAV",
            text="Tallene er som ventet.",
        )
    indicators.release(journal, figures, base=base, released_by="Statistikkomiteen", as_of=as_of)


def a_plan(rooms: Rooms, run: str, line: offer.Line, *order: str) -> str:
    """A plan of a run that adds one class, laid as plans lie; solving one takes minutes."""
    key = {"organisation_number": [line.school], "programme_area_code": [line.area]}
    classes = {
        "school": [line.school_name],
        "programme_area": [line.area_name],
        "level": [line.level],
        "region_code": [line.region],
        "classes_now": [line.classes],
        "classes": [line.classes + 1],
        "places": [line.places + 15.0],
        "verdict": ["utvides"],
    }
    tables = {
        "classes": pl.DataFrame({**key, **classes}),
        "reasons": pl.DataFrame({**key, "text": ["Planen åpner en klasse på bygg"]}),
    }
    plan = f"en-plan-{order[0]}"
    made = {"run": run, "goals": [{"goal": goal} for goal in order]}
    folder = rooms.plans / plan
    folder.mkdir(parents=True)
    outputs = {}
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
        content = (folder / f"{name}.parquet").read_bytes()
        outputs[name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(made | {"outputs": outputs}))
    return plan


def test_a_whole_year(year: Year) -> None:
    prefect = year.prefect
    run_id = runs.listed(year.settings.rooms)[0]["run"]

    # Kunnskapsgrunnlag: status is there before any server knows of it, and without one.
    assert "Kunnskapsgrunnlag" in year.command("start", CYCLE, "--by", "Seksjon for kompetanse")
    first = prefect.waiting()
    schema = json.dumps(prefect.schema(first), ensure_ascii=False)
    assert "Frys tallene fra en natt." in schema
    assert "Enheten eller rollen som handler" in schema

    year.browser("Statistikk", type="frys")
    assert "Tallene er frosset" in year.printed("Kunnskapsgrunnlag")
    year.on(5, 10)
    release(year.home, YEAR - 1)
    year.command("act", CYCLE, "frigi", "--set", f"base={YEAR - 1}", "--by", "Statistikkomiteen")
    year.browser("Statistikk", type="avslutt")
    assert year.stands().state.stage == "innspill"

    # Innspill, with the worker killed while it waits, and a form that names a person refused.
    year.on(8, 14)
    prefect.kill("runner")
    year.command("act", CYCLE, "pakker", "--set", "channels=forum;skole", "--by", "Kompetanse")
    prefect.start("runner")
    year.on(9, 20)
    told = {"type": "innspill", "channel": "forum", "region": "forum-fosen"}
    year.browser("Kompetanse", **told, sender="Forum Fosen", text="Flere helsefagarbeidere")
    year.browser("Kompetanse", **told, sender="Forum Fosen", text="Ring 412 34 567")
    assert year.stands().state.refused
    assert "telefonnummer" in year.stands().state.refused
    assert "412 34 567" not in (year.home / "journal" / "journal.jsonl").read_text()
    year.on(10, 1)
    refused = year.command("act", CYCLE, "avslutt", "--by", "Kompetanse", code=2)
    assert "fristen for forum er ikke ute" in refused
    assert "fristen for laereplass er ikke ute" in refused
    year.on(10, 21)
    year.browser("Kompetanse", type="avslutt")

    # Prioritering: late input is taken and marked; the order is set, and then changed.
    year.on(10, 24)
    told |= {"channel": "skole", "region": None, "sender": "Melhus vgs"}
    year.browser("Kompetanse", **told, text="En klasse til på bygg")
    assert "1 av dem etter fristen" in year.printed("Innspill")
    assert "Melhus vgs (skole): En klasse til på bygg" in year.printed("Innspill")
    reason = "Ressursbehovet i kommunene"
    goals = ["udekket behov", "førstevalg", "reise"]
    order = {"type": "prioriter", "goals": goals, "reason": reason}
    year.browser("Kompetanseforum", **order, needs=["bygg", "helse"])
    year.command("act", CYCLE, "avslutt", "--by", "Kompetanse")
    assert year.stands().state.stage == "forslag"
    # It is re-ordered after the stage was closed: the way back is recorded.
    prefect.kill("runner", "server")
    year.on(10, 30)
    year.command("back", CYCLE, "prioritering", "--reason", "Nytt møte", "--by", "Kompetanseforum")
    prefect.start("server", "runner")
    year.browser("Kompetanseforum", **order, needs=["helse", "bygg"])
    year.browser("Kompetanse", type="avslutt")
    assert "Behov i rekkefølge: 1. helse, 2. bygg." in year.printed("Prioritering")
    assert "Omprioritert; før: 1. bygg, 2. helse." in year.printed("Prioritering")

    # Forslag: a run that is not there is refused, the statement has a dissent.
    year.on(11, 5)
    year.browser("Opplæring", type="prognose", run="2001-02-x")
    assert "en ferdig kjøring" in str(year.stands().state.refused)
    year.browser("Opplæring", type="prognose", run=run_id)
    base = sum(one.places for one in _offer(year, "proposed").values())
    assert f"{formats.whole(base)} plasser" in year.printed("Forslag")
    assert "Ingen plan i klasser er oppgitt" in year.printed("Forslag")
    bygg = offer.proposed(year.stands().state)[MELHUS, "BABAT1----", 1]
    # A plan that does not go by the order that was set is refused.
    by_way = a_plan(year.settings.rooms, run_id, bygg, "reise", "udekket_behov", "forstevalg")
    plan = a_plan(year.settings.rooms, run_id, bygg, "udekket_behov", "forstevalg", "reise")
    propose = ("act", CYCLE, "prognose", "--set", f"run={run_id}", "--by", "Opplæring")
    refused = year.command(*propose, "--set", f"plan={by_way}", code=2)
    assert "følger prioriteringen: udekket behov, førstevalg, reise" in refused
    year.command(*propose, "--set", f"plan={plan}")
    assert f"Plan: {plan}" in year.printed("Forslag")
    assert "Planen åpner en klasse på bygg" in year.printed("Forslag")
    planned = _offer(year, "proposed")[bygg.key]
    assert (planned.classes, planned.places) == (bygg.classes + 1, bygg.places + 15)
    setting = {"school": KYRKSETERORA, "area": "BABAT1----", "level": 1, "classes": 1.5}
    why = {"reason": "Søkningen har økt"}
    year.browser("Opplæring", type="overstyr", setting=setting | why)
    year.on(11, 18)
    dissent = {"by": "Et medlem", "text": "Bygg bør ikke økes før det er læreplasser."}
    said = {"type": "nemnd", "text": "Nemnda støtter forslaget.", "dissents": [dissent]}
    # The form has been sent, and everything is killed before or while the run takes it.
    run = prefect.waiting(year.form)
    year.form = key_of(run)
    prefect.resume(run, {"by": "Yrkesopplæringsnemnda", "act": said})
    prefect.kill("runner", "server")
    prefect.start("server", "runner")
    prefect.waiting(year.form)
    assert len(year.stands().state.all(acts.Statement)) == 1
    assert "Dissens fra Et medlem: Bygg bør ikke økes" in year.printed("Forslag")
    year.command("act", CYCLE, "avslutt", "--by", "Opplæring")

    # Vedtak: amended in council; evaluated as adopted, and the dissent is printed with it.
    year.on(12, 14)
    half = {"school": MELHUS, "area": "HSHSF1----", "level": 1}
    was = _offer(year, "proposed")[MELHUS, "HSHSF1----", 1]
    amended = half | {"classes": was.classes + 1, "reason": "Fylkestinget vil ha en klasse til"}
    year.browser(
        "Fylkestinget",
        type="vedtak",
        outcome="godkjent med endringer",
        case_number=f"118/{(YEAR - 1) % 100}",
        amendments=[amended],
    )
    state = year.stands().state
    assert state.stage == "justering"
    now = _offer(year, "decided")[MELHUS, "HSHSF1----", 1]
    assert now.classes == was.classes + 1
    assert now.places > was.places
    printed = year.printed("Vedtak")
    assert f"Godkjent med endringer i sak 118/{(YEAR - 1) % 100}" in printed
    assert "Dissens fra Et medlem" in printed
    (evaluated,) = state.standing[-1].facts["amended"]
    added = now.places - was.places
    assert evaluated["places"][1] - evaluated["places"][0] == added
    assert evaluated["gap"][0] - evaluated["gap"][1] == pytest.approx(added, abs=0.11)
    assert "Vurdert som vedtatt: Helse- og oppvekstfag Vg1" in printed

    # 2 March: applications against the decided places; the server is started anew in between.
    prefect.kill("server", "runner")
    year.on(3, 2, 0)
    lines = f"""
        [[lines]]
        school = "{MELHUS}"
        area = "HSHSF1----"
        level = 1
        applicants = {now.places - 9}
    """
    path = year.file("søkere", lines)
    year.command("act", CYCLE, "søkere", "--file", path, "--by", "Inntak")
    printed = year.printed("Søkertall og justering")
    assert f"{now.places - 9} søkere på {now.places} plasser, 9 ledige" in printed
    prefect.start("server", "runner")

    # May: a drop, as a difference from the decision.
    year.on(5, 20, 0)
    dropped = half | {"classes": was.classes, "reason": "For få søkere"}
    year.browser("Opplæring", type="juster", lines=[dropped])
    assert f"1 tilbud, {formats.signed(was.places - now.places)} plasser" in year.printed(
        "Søkertall og justering"
    )
    year.command("act", CYCLE, "avslutt", "--by", "Opplæring")

    # 1 October: a shortfall against what was adjusted, not what was decided.
    year.on(10, 5, 0)
    counted = half | {"pupils": was.places - 4}
    year.browser("Inntak", type="telling", when="1. oktober", lines=[counted], placed_percent=71.5)
    printed = year.printed("Oppfølging")
    assert f"{was.places - 4} elever på {was.places} plasser, 4 ledige" in printed
    assert "71,5 prosent er formidlet" in printed
    year.on(1, 4, 1)
    year.command(
        *("act", CYCLE, "telling", "--set", "when=31. desember", "--set", "placed_percent=79.5"),
        *("--by", "Inntak"),
    )
    run = prefect.waiting(year.form)
    prefect.resume(run, {"by": "Statistikk", "act": {"type": "avslutt"}})
    prefect.wait("the end", lambda: prefect.runs()[-1]["state_type"] == "COMPLETED")
    assert year.stands().state.over

    # Every act once, whatever was killed; all of it in one run of the flow.
    state = year.stands().state
    assert state.strays == ()
    tokens = [record.token for record in (*state.standing, *state.set_aside)]
    assert len(tokens) == len(set(tokens))
    assert len(prefect.runs()) == 1
    assert Journal(year.settings.rooms.journal).verify() > len(tokens)
    with pytest.raises(WrongUse):
        acting.act(year.settings, CYCLE, {"type": "avslutt"}, acting.Actor("Statistikk"))


def _offer(year: Year, which: str) -> dict[Any, Any]:
    return dict(getattr(offer, which)(year.stands().state))
