"""The commands `decide`, `decisions` and `rerun`, on the tiny installation."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import small_cycle
from flow_tools import Ask, Said

from flows import cli
from tasks import made_with, runs
from tasks.decisions import record
from tasks.decisions.record import Decision
from tasks.journal import Journal
from tasks.settings import Settings

DAY = date(2026, 11, 20)

pytestmark = pytest.mark.usefixtures("small")


@pytest.fixture
def ask(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Ask:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(settings.home))

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = cli.run(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return run


def test_a_decision_is_frozen_listed_shown_and_made_again(
    ask: Ask, settings: Settings, frozen: Decision, tmp_path: Path
) -> None:
    run, case = frozen.run, "2027/1"
    said = ask("decide", run, "--case", case, "--by", "fylkestinget", "--decided", str(DAY))
    assert said.code == 0, said.err
    (before, made) = record.listed(settings.rooms)
    assert before == frozen
    assert made.seal in said.out
    assert f"tilbudsplan rerun {made.id} --seal {made.seal[:12]}" in said.out
    assert [one["id"] for one in json.loads(ask("decisions", "--json").out)] == [before.id, made.id]
    assert case in ask("decisions").out
    assert f"Vedtak: {made.id}, sak {case}, fylkestinget" in ask("status").out
    shown = ask("decisions", case)
    assert shown.code == 0
    assert "fylkestinget (slik det er oppgitt)" in shown.out
    assert "Uendret: " in shown.out
    folder = tmp_path / "csv"
    again = ask("rerun", case, "--seal", made.seal, "--export", str(folder))
    assert again.code == 0, again.err
    assert "Samme tall som vedtatt, byte for byte, i alle 1 tabeller." in again.out
    assert "Program, låsefil og maskin er de samme som da." in again.out
    facts = json.loads(ask("rerun", made.id, "--json").out)
    assert facts["same"] is True
    digest = record.sha256((folder / "expected.csv").read_bytes())
    assert facts["hashes"] == {"expected": digest}
    assert ask("decide", run, "--case", case, "--by", "fylkestinget").code == 2


def test_what_was_adopted_and_how_it_went_is_shown(
    ask: Ask, settings: Settings, frozen: Decision
) -> None:
    counts = [small_cycle.count(melhus=60, roros=8), small_cycle.count("31. desember", 79.5)]
    for kind, payload in small_cycle.a_year(*counts, run=frozen.run):
        Journal(settings.rooms.journal).append(kind, payload)
    assert ask("decide", frozen.run, "--case", "118/27", "--by", "fylkestinget").code == 0
    said = " ".join(ask("decisions", "118/27").out.split())
    assert "Årshjulet for 2027/28: godkjent med endringer" in said
    assert "Helse (Vg1) ved Melhus: 2 → 3 klasser. Fordi" in said
    assert "HSHSF1----" not in said
    assert "68 elever på 60 vedtatte plasser; 0 av 1 program" in said
    assert "Helse- og oppvekstfag 1 sør 60 53 68 35 45 55" in said, "what fell outside the interval"
    assert "79,5 prosent formidlet" in said
    assert "Utfall mot vedtak og prognose:" in ask("decisions").out
    (row, placed) = json.loads(ask("decisions", "118/27", "--json").out)["outcomes"]
    assert (row["outcome"], row["inside"]) == (68.0, False)
    assert placed["inside"] is True


def test_what_was_changed_is_told_and_the_command_fails(
    ask: Ask, settings: Settings, frozen: Decision
) -> None:
    file = record.folder_of(settings.rooms, frozen) / "run" / "expected.parquet"
    wanted = record.sha256(file.read_bytes())
    pl.DataFrame({"n": [1]}).write_parquet(file)
    for command in ("decisions", "rerun"):
        said = ask(command, frozen.id)
        assert said.code == 1
        name = f"decisions/{frozen.id}/run/expected.parquet"
        found = record.sha256(file.read_bytes())
        assert f"{name}: ventet SHA-256 {wanted}, fant SHA-256 {found}" in said.out
    assert "Ingenting er regnet på nytt" in said.out
    facts = json.loads(ask("decisions", frozen.id, "--json").out)
    assert [fault["found"] for fault in facts["faults"]] == [found]
    assert "vedtak" in ask("diff", frozen.id, frozen.id).err
    checks = {check["name"]: check for check in json.loads(ask("doctor", "--json").out)}
    assert checks["vedtak"]["state"] == "feil"
    assert name in checks["vedtak"]["found"]


def test_doctor_says_that_decisions_are_as_they_were(ask: Ask, frozen: Decision) -> None:
    checks = {check["name"]: check for check in json.loads(ask("doctor", "--json").out)}
    assert (checks["vedtak"]["state"], checks["vedtak"]["found"]) == ("ok", "1 frosset, uendret")


def test_another_program_and_what_it_did_is_told(
    ask: Ask, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runs.compute

    def doubled(*given: object) -> dict[str, pl.DataFrame]:
        return {"expected": real(*given)["expected"].with_columns(pl.col("total") * 2)}  # type: ignore[arg-type]

    files = {**made_with.code_files(), "tasks/forecast/balance.py": "f" * 64}
    monkeypatch.setattr(made_with, "code_files", lambda: files)
    monkeypatch.setattr(runs, "compute", doubled)
    said = ask("rerun", frozen.id)
    assert said.code == 1
    for part in (
        "Andre tall enn vedtatt i 1 tabeller",
        "expected  total",
        "Tallgrunnlaget er det samme; det er utregningen som er annerledes.",
        "Programmet er endret siden vedtaket (1):",
        "tasks/forecast/balance.py: ",
        "Programmet fra da: c0ffee",
    ):
        assert part in said.out, said.out
    assert "uten spor" not in said.out


def test_other_figures_from_the_same_program_are_a_fault_of_the_program(
    ask: Ask, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runs.compute

    def doubled(*given: object) -> dict[str, pl.DataFrame]:
        return {"expected": real(*given)["expected"].with_columns(pl.col("total") * 2)}  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "compute", doubled)
    said = ask("rerun", frozen.id)
    assert said.code == 1
    assert "feil i programmet, eller noe er endret uten spor" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("rerun", "2020/1"), 1, "tilbudsplan decide"),
        (("decisions", "2020/1"), 1, "saksnummeret"),
        (("decide", "none", "--case", "2026/1", "--by", "x"), 1, "plankjøring"),
        (("decide", "none", "--case", "2026/1"), 2, "--by"),
        (("diff", "none", "neither"), 1, "plankjøring"),
        (("diff", "none", "neither", "--xlsx", "/no/such/folder/x.xlsx"), 2, "--xlsx"),
    ],
)
def test_what_is_not_there_is_refused_with_a_remedy(
    ask: Ask, arguments: tuple[str, ...], code: int, told: str
) -> None:
    said = ask(*arguments)
    assert (said.code, told in said.err) == (code, True), said.err


def test_no_decision_yet(ask: Ask) -> None:
    said = ask("decisions")
    assert (said.code, "Ingen rader." in said.out) == (0, True)
