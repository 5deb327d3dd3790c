"""The document of a plan as it lies on disk, and the commands that write it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from made_up_run import write_run, write_warehouse
from small_documents import DRAWS, simulated, solved
from stored import RUN_ID, free_plan

from flows import cli, places_commands
from tasks import plan_intake, plan_report, plan_tradeoff, plans, table_folder
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, str]:
    """A home with a run, a published night and the plan of the small county."""
    stored = free_plan(tmp_path, monkeypatch)
    # The small county's run is a name alone; the document reads a whole one.
    shutil.rmtree(tmp_path / "runs" / RUN_ID)
    manifest = write_run(tmp_path / "runs" / RUN_ID) / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(told | {"outputs": {}}), encoding="utf-8")
    write_warehouse(tmp_path)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path))
    return stored


def with_intake(settings: Settings, plan: str) -> Path:
    """Lay an intake beside the plan, as `plan_intake.execute` does."""
    stored = plans.read_plan(settings.rooms, plan)
    files, outputs = table_folder.files_of(simulated(solved(), stored.tables))
    made = {"draws": DRAWS, "code": {"intake_sha256": "0" * 64}, "outputs": outputs}
    folder = settings.rooms.plans / plan / "intake-prove"
    table_folder.write(folder, made, files)
    return folder


def test_the_document_lies_with_the_reports_and_has_the_intake_when_it_is_there(
    home: tuple[Settings, str],
) -> None:
    settings, plan = home
    assert plan_report.newest(settings.rooms, RUN_ID) is None
    path = plan_report.execute(settings, plan)
    assert plan_report.newest(settings.rooms, RUN_ID) == path
    assert plan_report.newest(settings.rooms, "2027-28-annen") is None
    assert path == settings.rooms.reports / plan / "planforslag.html"
    assert "ikke prøvd i inntaket" in path.read_text(encoding="utf-8")
    with_intake(settings, plan)
    text = plan_report.execute(settings, plan).read_text(encoding="utf-8")
    assert "ikke prøvd i inntaket" not in text
    assert plan in text


def test_a_plan_of_an_earlier_edition_is_refused_with_what_it_lacks(
    home: tuple[Settings, str],
) -> None:
    settings, plan = home
    folder = settings.rooms.plans / plan
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["outputs"]["leaning"]
    (folder / "leaning.parquet").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(WrongUse, match=r"uten leaning.*plan places"):
        plan_report.execute(settings, plan)


def test_the_command_says_where_it_is_and_what_is_not_there(
    home: tuple[Settings, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, plan = home
    places_commands.report(plan, as_json=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "planforslag.html" in told
    assert f"«tilbudsplan plan intake {plan}»" in told.replace("- ", "-")
    with_intake(settings, plan)
    places_commands.report(plan, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert Path(found["document"]).is_file()


def test_what_is_not_there_or_was_changed_is_refused(home: tuple[Settings, str]) -> None:
    settings, plan = home
    with pytest.raises(NotFound, match="plan i klasser"):
        plan_report.execute(settings, "ingen")
    folder = with_intake(settings, plan)
    (folder / "intake_goals.parquet").unlink()
    with pytest.raises(LandingCorrupt, match="plan intake"):
        plan_report.execute(settings, plan)
    assert plan_intake.of_plan(settings.rooms, "ingen") is None
    (settings.rooms.plans / plan / "goals.parquet").write_bytes(b"annet")
    with pytest.raises(LandingCorrupt):
        plan_report.execute(settings, plan)
    assert not (settings.rooms.reports / plan).exists(), "nothing half-made is left"


def test_making_a_plan_tells_what_the_intake_finds_beside_the_plans_own(
    home: tuple[Settings, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, plan = home
    asked: list[int | None] = []

    def play(of: Settings, name: str, *, draws: int | None) -> Path:
        """The small county's intake, which is drawn and not read from a night."""
        asked.append(draws)
        return with_intake(of, name)

    monkeypatch.setattr(plans, "execute", lambda *_: plan)
    monkeypatch.setattr(plan_intake, "execute", play)
    places_commands.places(RUN_ID, None, 0, as_json=False)
    assert "egen regning" not in capsys.readouterr().out
    assert asked == [], "with no draws the plan is not run through the intake"
    places_commands.places(RUN_ID, None, None, as_json=False)
    told = capsys.readouterr().out
    assert "planens egen regning" in told
    found = plan_intake.of_plan(settings.rooms, plan)
    assert found is not None
    (row,) = found.tables["intake_beside"].filter(plan="planen", goal="reise").rows(named=True)
    (line,) = [one for one in told.splitlines() if one.startswith("lang reise")]
    for part in ("own", "mean", "p10", "p90"):
        assert f"{row[part]:.1f}".replace(".", ",") in line
    places_commands.places(RUN_ID, None, 0, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert {one["goal"] for one in said["intake"]} == {"forstevalg", "reise", "tomme_plasser"}
    assert Path(said["document"]).is_file()
    with pytest.raises(WrongUse, match="så mange trekninger som kjøringen har"):
        places_commands.places(RUN_ID, None, 10**6, as_json=False)


def test_goals_weighed_against_each_other_stand_in_the_document(
    home: tuple[Settings, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, plan = home
    before = plan_report.execute(settings, plan).read_text(encoding="utf-8")
    assert "avveininger" not in before
    assert cli.run(["plan", "tradeoff", plan, "--points", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Udekket behov mot kostnad." in told
    assert "Minst mulig av udekket behov: " in told
    assert "100 mindre gir" in told
    assert cli.run(["plan", "tradeoff", plan, "--points", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["points"]) < 5
    assert cli.run(["plan", "tradeoff", plan, "Førstevalg", "kostnad", "--points", "1"]) == 0
    kept = plan_tradeoff.of_plan(settings.rooms, plan)
    pairs = {plan_tradeoff.goals_of(one): one.manifest["points"] for one in kept}
    most = {("udekket_behov", "kostnad"): 2, ("forstevalg", "kostnad"): 1}
    assert pairs == most, "of one pair it is the front with most points"
    path = settings.rooms.reports / plan / "planforslag.html"
    text = path.read_text(encoding="utf-8")
    assert 'id="figur-udekket-behov-kostnad"' in text
    assert 'id="tabell-forstevalg-kostnad"' in text


def test_goals_that_cannot_be_weighed_are_refused(
    home: tuple[Settings, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, plan = home
    for goals in (["behov", "kostnad"], ["kostnad", "kostnad"]):
        assert cli.run(["plan", "tradeoff", plan, *goals]) != 0
        assert "uten læreplass" in capsys.readouterr().err
    with pytest.raises(NotFound, match="plan i klasser"):
        plan_tradeoff.execute(settings, "ingen", "kostnad", "reise", points=1)
    folder = plan_tradeoff.execute(settings, plan, "kostnad", "reise", points=0)
    (folder / "tradeoff.parquet").write_bytes(b"annet")
    with pytest.raises(LandingCorrupt, match="plan tradeoff"):
        plan_report.execute(settings, plan)
