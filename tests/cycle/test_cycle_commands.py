"""`tilbudsplan cycle` without a server, and what a form of another version comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_cycle import HEALTH, MELHUS, ROROS, a_year, count

from flows import cli, cycle_server
from tasks import clock
from tasks.cycle import acting, standing
from tasks.cycle.acting import Actor
from tasks.journal import Journal
from tasks.publish import formats
from tasks.settings import Settings

CYCLE = "2027/28"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(made))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    # Nobody listens there: a server of the machine must not be told of a test.
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    vintages = {"ssb_population": {"snapshot": "abc", "as_of": "2026-02-01"}}
    built = {"night": "n1", "as_of": "2026-02-01", "vintages": vintages}
    Journal(made / "journal").append("night.built", built)
    return made


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def ask(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(["cycle", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return ask


def test_before_the_first_cycle(run: Run) -> None:
    code, out, _ = run("status")
    assert code == 0
    assert "cycle start" in out
    assert run("status", CYCLE)[0] == 1
    assert json.loads(run("status", "--json")[1]) == []


def test_start_act_back_and_status(run: Run) -> None:
    code, out, err = run("start", CYCLE, "--by", "Seksjonen")
    assert code == 0
    assert "trinn 1 av 7, Kunnskapsgrunnlag" in out
    assert "make serve" in err  # no server, and nothing lost

    assert run("act", CYCLE, "frys", "--by", "Statistikk")[0] == 0
    code, out, err = run("act", CYCLE, "avslutt", "--by", "Statistikk")
    assert code == 2
    assert "statistikkomiteen har ikke frigitt" in err
    code, _, err = run("back", CYCLE, "vedtak", "--reason", "Nei", "--by", "Statistikk")
    assert code == 2
    assert "ligger ikke før" in err

    shown = json.loads(run("status", CYCLE, "--json")[1])[0]
    assert shown["stage"] == "kunnskapsgrunnlag"
    assert [one["act"]["type"] for one in shown["acts"]] == ["frys"]
    assert shown["acts"][0]["as_stated"] is True
    assert shown["missing"] == ["statistikkomiteen har ikke frigitt kunnskapsgrunnlaget"]
    text = run("status")[1]
    for word in ("Det ventes på", "dager over", "Det som kan føres nå", "ikke bekreftet", "Frigi"):
        assert word.lower() in text.lower()


def test_the_status_of_everything_says_where_the_cycles_are(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[str, Any]:
        capsys.readouterr()
        assert cli.run(["status"]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert cli.run(["status", "--json"]) == 0
        return text, json.loads(capsys.readouterr().out)

    assert "Årshjul: ingen er åpne" in told()[0]
    run("start", CYCLE, "--by", "Seksjonen")
    at = datetime(2026, 4, 3, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    text, facts = told()
    assert "2027/28: trinn 1 av 7, Kunnskapsgrunnlag; venter på fylkeskommunens" in text
    assert "inntil 3 dager: «Tallene er frosset og kontrollert»." in text
    (cycle,) = facts["cycles"]
    assert cycle["late"] == ["Tallene er frosset og kontrollert"]
    assert cycle["awaited"][0] == "fylkeskommunens statistikkmiljø"
    # A calendar with mistakes is told, and the rest stands.
    monkeypatch.setenv("TILBUDSPLAN_COUNTY", "99")
    assert "Årshjulet kan ikke leses" in told()[0]


def test_who_acts_comes_from_the_proxy_where_there_is_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("start", CYCLE, "--by", "Seksjonen")
    monkeypatch.setenv("TILBUDSPLAN_USER", "ola.nordmann")
    run("act", CYCLE, "frys", "--by", "Statistikk")
    (done,) = json.loads(run("status", "--json")[1])[0]["acts"]
    assert (done["user"], done["as_stated"]) == ("ola.nordmann", False)


def test_a_file_holds_lists_and_lines(run: Run, tmp_path: Path) -> None:
    run("start", "fagskole-2027", "--by", "Seksjonen")
    path = tmp_path / "kriterier.toml"
    path.write_text(
        'case_number = "40/26"\ntext = "Helse først"\nframe = 137_300_000\non_site = 95_000\n'
        "online = 66_000\nreserve_percent = 5\nminimum_start = 15\n",
        encoding="utf-8",
    )
    assert run("act", "fagskole-2027", "kriterier", "--file", str(path), "--by", "S")[0] == 0
    text = run("status", "fagskole-2027")[1].replace(formats.THIN, " ")
    assert "Ramme 137 300 000 kr" in text
    path.write_text("frame = ", encoding="utf-8")
    assert run("act", "fagskole-2027", "kriterier", "--file", str(path), "--by", "S")[0] == 2


def test_what_came_is_told_offer_by_offer_and_few_persons_by_nobody(run: Run, home: Path) -> None:
    amended = {"programme": "HS", "level": 1, "region": "intake-fosen"}
    facts = {
        "as_of": "2026-02-01", "datasets": 90, "vintages_sha256": "x", "released_by": "Komiteen",
        "figures": 1250, "draws": 1000, "manifest_sha256": "x", "offer_sha256": "x", "run": "x",
        "amended": [amended | {"places": [1245, 1260], "gap": [-3.5, -1200.0]}],
    }  # fmt: skip
    offers = {"school": [MELHUS, ROROS], "area": [HEALTH] * 2, "level": [1, 1]}
    looked_up = {"søkere": {"figures": offers | {"persons": [1045, 3]}}}
    for kind, payload in a_year(count(melhus=40, roros=4), cycle=CYCLE):
        if kind == "cycle.act":
            payload["facts"] = facts | payload["facts"] | looked_up.get(payload["act"]["type"], {})
        Journal(home / "journal").append(kind, payload)
    (shown,) = json.loads(run("status", CYCLE, "--json")[1])
    (melhus, roros) = shown["applicants"]
    assert (melhus["school_name"], melhus["area_name"], melhus["level"]) == ("Melhus", "Helse", 1)
    assert (melhus["classes"], melhus["places"], melhus["persons"]) == (3.0, 45, 1045)
    assert (melhus["spare"], roros["persons"], roros["spare"]) == (-1000, None, None)
    assert [one["persons"] for one in shown["counts"]["1. oktober"]] == [40, None]
    text = " ".join(run("status", CYCLE)[1].replace(formats.THIN, "_").split())
    for told in (
        "er frigitt av Komiteen: 1_250 tall.",
        "1_000 trekninger",
        "Helse- og oppvekstfag Vg1 i Fosen har 1_260 plasser (var 1_245)",
        "behov over plassene −1_200 (var −3,5).",
        "Helse (Vg1) ved Melhus: 1_045 søkere på 45 plasser, 1_000 over.",
    ):
        assert told in text


def test_fields_are_explained_in_norwegian(run: Run) -> None:
    code, out, _ = run("act", CYCLE, "prioriter", "--explain")
    assert code == 0
    # However wide the window is.
    out = " ".join(out.split())
    assert "Sett prioriteringen (prioriter)" in out
    assert "opplæringslova § 5-3" in out
    assert "Velg blant udekket behov, uten læreplass," in out
    assert out.count("semikolon") == 2
    assert run("act", CYCLE, "noe", "--explain")[0] == 2


def test_lines_of_an_act_are_explained_with_it(run: Run) -> None:
    out = " ".join(run("act", CYCLE, "vedtak", "--explain")[1].split())
    assert "Velg blant godkjent, godkjent med endringer," in out
    assert "I amendments, i en fil som gis med --file, [[amendments]] foran hver:" in out
    assert "Skolens organisasjonsnummer." in out
    assert "--file, [setting]:" in run("act", CYCLE, "overstyr", "--explain")[1]


def test_as_it_stood_on_a_day(run: Run) -> None:
    run("start", CYCLE, "--by", "Seksjonen", "--on", "2026-02-02")
    run("act", CYCLE, "frys", "--by", "Statistikk", "--on", "2026-03-02")
    assert json.loads(run("status", "--as-of", "2026-03-01", "--json")[1])[0]["acts"] == []
    shown = json.loads(run("status", "--as-of", "2026-04-01", "--json")[1])[0]
    assert len(shown["acts"]) == 1
    assert shown["late"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("start", "2027", "--by", "X"),
        ("start", CYCLE, "--by", " "),
        ("act", CYCLE, "frys", "--by", "X", "--set", "night"),
        ("start", CYCLE, "--by", "X", "--on", "2999-01-01"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    run("start", CYCLE, "--by", "X")
    code, out, err = run(*arguments)
    assert code == 2, out
    assert "Gjør slik:" in err


def test_no_server_is_no_error(home: Path) -> None:
    settings = Settings()
    acting.start(settings, CYCLE, Actor("X"))
    assert cycle_server.told(settings, CYCLE, over=False) is False


def test_a_fault_in_the_cycle_keeps_no_mail_of_the_night_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import mailing
    from tasks.cycle import reminders

    def broken(_settings: Settings) -> None:
        raise KeyError("facts")

    monkeypatch.setattr(reminders, "remind", broken)
    assert "KeyError" in str(mailing.remind(Settings()))


# Forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"by": "X", "act": {"type": "godkjenn"}}, "en av handlingene"),
        ({"by": "X", "act": {"type": "frys", "natt": "2026-02-01"}}, "natt"),
        ({"by": "X", "act": {"type": "frigi", "base": 2026}}, "frigitt"),
        ({"who": "X", "act": {"type": "frys"}}, "who"),
        ({"by": "X"}, "act"),
        ({"by": "X", "act": None}, "None"),
    ],
)
def test_a_form_of_another_version_is_refused_and_asked_anew(
    home: Path, said: dict[str, Any], why: str
) -> None:
    from flows.cycle import take

    settings = Settings()
    acting.start(settings, CYCLE, Actor("X"))
    acting.act(settings, CYCLE, {"type": "frys"}, Actor("X"))
    for _ in range(2):  # a run that is started again sends it again
        take.fn(CYCLE, "run:1", "kunnskapsgrunnlag", said)
    (found,) = standing.all_of(settings)
    assert found.state.refused is not None
    assert why in found.state.refused
    assert found.state.number == 2
    assert found.state.stage == "kunnskapsgrunnlag"


def test_a_form_is_journalled_once(home: Path) -> None:
    from flows.cycle import take

    settings = Settings()
    acting.start(settings, CYCLE, Actor("X"))
    said = {"by": "Statistikk", "on": "2026-03-01", "act": {"type": "frys", "night": None}}
    told = [take.fn(CYCLE, "run:1", "kunnskapsgrunnlag", said) for _ in range(2)]
    assert told == [{"token": "run:1", "refused": None}] * 2
    (found,) = standing.all_of(settings)
    (record,) = found.state.standing
    assert (record.by, record.on.isoformat()) == ("Statistikk", "2026-03-01")


@pytest.mark.parametrize("stage", ["kunnskapsgrunnlag", "innspill", "vedtak", "oppfølging"])
def test_the_form_is_norwegian_and_of_its_stage(home: Path, stage: str) -> None:
    from dataclasses import replace

    from prefect.utilities.schema_tools import validate

    from flows.cycle import form_of

    settings = Settings()
    acting.start(settings, CYCLE, Actor("X"))
    (found,) = standing.all_of(settings)
    model = form_of(replace(found, state=replace(found.state, stage=stage)))
    schema = model.model_json_schema()
    assert schema["properties"]["by"]["title"] == "Hvem"
    forms = [
        schema["$defs"][one["$ref"].rpartition("/")[2]]
        for one in schema["properties"]["act"]["anyOf"]
    ]
    kinds = {form["properties"]["type"]["default"]: form["title"] for form in forms}
    assert ("vedtak" in kinds) == (stage == "vedtak")
    assert ("tilbake" in kinds) == (stage != "kunnskapsgrunnlag")
    assert (
        not validate({"by": "X", "act": {"type": "frys"}}, schema) or stage != "kunnskapsgrunnlag"
    )
    # What the server holds the browser to before the run is woken.
    assert validate({"by": "", "act": {"type": next(iter(kinds))}}, schema)
    assert validate({"by": "X", "act": {"type": "ukjent"}}, schema)
