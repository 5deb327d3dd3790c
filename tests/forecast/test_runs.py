from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tasks import run_inputs, runs, table_folder, warehouse
from tasks.errors import ConfigurationError, LandingCorrupt, NotFound, WrongUse
from tasks.rules import read_rules
from tasks.settings import Project, Settings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def marts(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    frames = dict(frames)
    frames["regions"] = frames["regions"].with_columns(
        pl.date(2026, 1, 1).alias("valid_from"), pl.lit(None, pl.Date).alias("valid_to")
    )
    frames["vintages"] = pl.DataFrame(
        {"dataset": ["ssb_population"], "updated": [datetime(2026, 2, 25, tzinfo=UTC)]}
    )
    return frames


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, marts: dict[str, pl.DataFrame]) -> Path:
    home = tmp_path_factory.mktemp("plan")
    published(Settings(home=home), marts)
    return home


@pytest.fixture
def installation(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("TILBUDSPLAN_HOME", raising=False)
    return Settings(home=home, draws=60)


@pytest.fixture(scope="session")
def made(home: Path) -> str:
    """A run that stands already; to be read only."""
    return plan(Settings(home=home, draws=60))


@pytest.fixture
def forecast_already(installation: Settings, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has the figures of the one that stands: what is tested is how a run is kept."""
    tables = runs.read(installation.rooms, made).tables
    monkeypatch.setattr(runs, "compute", lambda *_: tables)


def published(settings: Settings, marts: dict[str, pl.DataFrame]) -> None:
    con = warehouse.open_build(warehouse.internal(settings.rooms))
    named = {table: name for name, table in run_inputs.NAMED.items() if name in marts}
    tables = {table: marts[name] for table, name in named.items()}
    tables["mart.region_membership"] = marts["regions"]
    tables["reference.crosswalk_trade_programme_area"] = marts["flow.trade_areas"].select(
        "trade_code",
        pl.col("programme_area_code").alias("target_code"),
        pl.lit("programme_area").alias("target_kind"),
    )
    for table, frame in tables.items():
        con.register("frame", frame)
        con.execute(f"create table {table} as select * from frame")
        con.unregister("frame")
    # A county that has delivered nothing of working life.
    for table in sorted(run_inputs.READS - set(tables)):
        con.execute(f"create table {table} (nothing varchar)")
    con.close()


def plan(settings: Settings, **options: object) -> str:
    chosen = {"seed": 1, "horizon": 4} | options
    return runs.execute(settings, "2027/28", now=lambda: NOON, **chosen)  # type: ignore[arg-type]


def test_a_run_writes_every_table_and_says_what_made_it(installation: Settings, made: str) -> None:
    assert made.startswith("2027-28-20261122T120000Z-")
    run = runs.read(installation.rooms, made)
    assert set(run.tables) == set(runs.TABLES)
    manifest = run.manifest
    assert manifest["schema_version"] == 1
    assert (manifest["school_year"], manifest["seed"]) == ("2027/28", 1)
    assert manifest["parameters"]["draws"] == 60
    assert manifest["parameters"]["rules"]["certainty"] == 0.8
    assert manifest["periods"] == {
        "population": "2026",
        "projection": "2040",
        "pupils": "2025/26",
        "applicants": "2026",
        "places": "2025-08-01",
        "contracts": "2025",
        "placement": "2025-12-01",
        "working_life": {
            "county_apprentice_placement": "2025-12-31",
            "county_certificates": "2025",
            "county_contracts": "2025-10-01",
            "county_transitions": "2025-10-01",
        },
    }
    assert manifest["vintages"][0]["dataset"] == "ssb_population"
    read = {name for name in manifest["inputs"] if "." not in name}
    assert read == set(run_inputs.SOURCES) - {"vintages"} | {"regions"}
    assert {"flow.transitions", "labour.employed_by_occupation"} <= set(manifest["inputs"])
    assert len(manifest["code"]["forecast_sha256"]) == 64
    assert runs.listed(installation.rooms)
    assert not list(installation.rooms.runs.glob(".*"))


def test_tables_have_the_columns_that_publication_reads(installation: Settings, made: str) -> None:
    text = (Project().root / "docs" / "architecture.md").read_text(encoding="utf-8")
    tables = runs.read(installation.rooms, made).tables
    for name, table in tables.items():
        listed = text[text.index(f"- `{name}` ") :].split("\n- `")[0]
        missing = [c for c in table.columns if c not in listed and not c.endswith(("p10", "p90"))]
        stems = [c for c in missing if c.removesuffix("_mean") not in listed]
        assert not stems, f"{name}: {stems} are not in docs/architecture.md"


def test_same_seed_and_inputs_give_the_same_bytes(
    installation: Settings, home: Path, made: str
) -> None:
    other = Settings(home=home.with_name("again"), draws=60)
    other.rooms.warehouse.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(warehouse.internal(installation.rooms), warehouse.internal(other.rooms))
    second = runs.execute(
        other, "2027/28", 1, horizon=4, now=lambda: datetime(2031, 1, 1, tzinfo=UTC)
    )
    assert made != second
    for name in runs.TABLES:
        ours = (installation.rooms.runs / made / f"{name}.parquet").read_bytes()
        assert ours == (other.rooms.runs / second / f"{name}.parquet").read_bytes()
    assert made.rsplit("-", 1)[1] == second.rsplit("-", 1)[1]


def test_another_seed_gives_other_figures_under_another_name(
    installation: Settings, made: str
) -> None:
    second = plan(installation, seed=2)
    assert made != second
    ours = runs.read(installation.rooms, made).tables["expected"]
    assert not ours.equals(runs.read(installation.rooms, second).tables["expected"])


@pytest.mark.usefixtures("forecast_already")
def test_running_again_in_the_same_second_keeps_the_run(installation: Settings, made: str) -> None:
    assert plan(installation) == made


@pytest.mark.usefixtures("forecast_already")
def test_the_latest_is_the_newest_made(installation: Settings) -> None:
    late = runs.execute(
        installation,
        "2026/27",
        3,
        horizon=2,
        now=lambda: datetime(2040, 1, 1, tzinfo=UTC),
    )
    plan(installation, seed=4)
    assert runs.listed(installation.rooms)[0]["run"] == late


def test_no_run_yet(tmp_path: Path) -> None:
    assert runs.listed(Settings(home=tmp_path).rooms) == []
    with pytest.raises(NotFound, match="publisert varehus"):
        plan(Settings(home=tmp_path))
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("forecast_already")
def test_a_crash_leaves_no_run_that_looks_whole(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(p.name for p in installation.rooms.runs.glob("[!.]*"))
    real = table_folder.write_synced

    def full_disk(path: Path, data: bytes) -> None:
        if path.name.startswith("places"):
            raise OSError(28, "No space left on device")
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(table_folder, "write_synced", full_disk)
        with pytest.raises(OSError, match="No space"):
            plan(installation, seed=99)
    assert sorted(p.name for p in installation.rooms.runs.glob("[!.]*")) == before
    assert runs.read(installation.rooms, plan(installation, seed=99)).tables["places"].height


@pytest.mark.usefixtures("forecast_already")
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_run_is_refused(installation: Settings, damage: str) -> None:
    run_id = plan(installation, seed=7)
    file = installation.rooms.runs / run_id / "expected.parquet"
    if damage == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    else:
        file.unlink()
    with pytest.raises(LandingCorrupt, match=r"expected\.parquet"):
        runs.read(installation.rooms, run_id)
    shutil.rmtree(file.parent)


@pytest.mark.parametrize("run_id", ["", "2027-28-none", "../runs", "."])
def test_unknown_runs_are_not_found(installation: Settings, run_id: str) -> None:
    with pytest.raises(NotFound, match="plankjøring"):
        runs.read(installation.rooms, run_id)


@pytest.mark.parametrize("text", ["2027", "2027/29", "2027-28", "27/28", "2027/28 ", "", "2099/01"])
def test_not_a_school_year(installation: Settings, text: str) -> None:
    with pytest.raises(WrongUse, match="2027/28"):
        runs.execute(installation, text, 1)


@pytest.mark.parametrize(("text", "year"), [("2027/28", 2027), ("2099/00", 2099)])
def test_start_year(text: str, year: int) -> None:
    assert runs.start_year(text) == year


@pytest.mark.parametrize("school_year", ["2025/26", "2031/32"])
def test_a_school_year_that_is_not_forecast(installation: Settings, school_year: str) -> None:
    with pytest.raises(WrongUse, match=r"2026/27 til 2029/30"):
        runs.execute(installation, school_year, 1, horizon=4)


@pytest.mark.parametrize(
    ("option", "value"),
    [("seed", -1), ("draws", 49), ("draws", 20_001), ("horizon", 0), ("horizon", 16)],
)
def test_parameters_out_of_range(installation: Settings, option: str, value: int) -> None:
    with pytest.raises(WrongUse, match="heltall fra"):
        plan(installation, **{option: value})


def test_a_missing_mart_is_named(tmp_path: Path, marts: dict[str, pl.DataFrame]) -> None:
    settings = Settings(home=tmp_path)
    published(settings, marts)
    con = warehouse.open_build(warehouse.internal(settings.rooms))
    con.execute("drop table mart.programme")
    con.close()
    with pytest.raises(NotFound, match=r"mart\.programme"):
        plan(settings)


def test_rules_are_read_from_the_planners_files() -> None:
    rules = read_rules(Project().reference / "rules")
    assert sum(rules.projection_weights) == pytest.approx(1)
    assert rules.certainty >= 0.8


def test_all_mistakes_in_the_rules_are_shown_together(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(Project().reference / "rules", folder)
    thresholds = folder / "thresholds.toml"
    text = thresholds.read_text(encoding="utf-8").replace("value = 0.8", 'value = "0,8"')
    thresholds.write_text(text.replace("main = 0.6", "main = 0.9"), encoding="utf-8")
    (folder / "forecast.toml").write_text("[kappa]\nvalue = -1\n", encoding="utf-8")
    (folder / "classes.toml").unlink()
    with pytest.raises(ConfigurationError) as refused:
        read_rules(folder)
    for part in (
        "certainty",
        "projection_weights",
        "kappa",
        "mean_years",
        "classes.toml: finnes ikke",
    ):
        assert part in str(refused.value)


def test_the_manifest_is_plain_json(installation: Settings, made: str) -> None:
    raw = (installation.rooms.runs / made / "manifest.json").read_text("utf-8")
    assert json.loads(raw)["created_at"] == "2026-11-22T12:00:00+00:00"
    assert sys.platform not in raw
