"""Backtests on a home's stored vintages: as known then, kept, and in the warehouse afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from flow_tools import Ask

from tasks import backtests, nights, track_record, vintages, warehouse
from tasks.backtests import Backtest
from tasks.forecast.evaluation import origins, series
from tasks.forecast.evaluation.record import ALL, CLASS_HITS, RECORD, SCALING
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Rooms, Settings

TABLE = "mart.cohort_by_municipality_year"
FIGURES = ("ssb_population", "ssb_projection")


def settings_of(home: Path) -> Settings:
    return Settings(home=home, profile="demo")


def another_night(home: Path, dataset: str, change: Callable[[dict], None], days: int = 1) -> date:
    """A night some days from the last one in the journal whose dataset answered something else."""
    rooms = Rooms(home)
    journal, landing = Journal(rooms.journal), Landing(rooms.landing)
    built = journal.entries("night.built")[-1].payload
    stood = landing.get(dataset, built["vintages"][dataset]["snapshot"])
    as_of = date.fromisoformat(built["as_of"]) + timedelta(days=days)
    answers = []
    for answer in landing.answers(stood):
        document = json.loads(answer.content)
        change(document)
        content = json.dumps(document).encode()
        answers.append(type(answer)(**{**vars(answer), "content": content}))
    landed = landing.land(dataset, as_of, answers)
    chosen = {**built["vintages"][dataset], "snapshot": landed.snapshot}
    journal.append(
        "night.built",
        {
            **built,
            "as_of": as_of.isoformat(),
            "vintages": {**built["vintages"], dataset: chosen},
        },
    )
    return as_of


def one_more_each(document: dict) -> None:
    """Every cell of a JSON-stat answer counts one person more."""
    values = document.get("value")
    if isinstance(values, list):
        document["value"] = [None if v is None else v + 1 for v in values]
    elif isinstance(values, dict):
        document["value"] = {k: None if v is None else v + 1 for k, v in values.items()}


def not_yet(year: str) -> Callable[[dict], None]:
    """The answer of before a year was counted: its cells are not in use."""

    def forget(document: dict) -> None:
        if "value" not in document:
            return
        shape, axis = document["size"], document["id"].index("Tid")
        place = document["dimension"]["Tid"]["category"]["index"]
        position = place[year] if isinstance(place, dict) else place.index(year)
        cells = np.arange(int(np.prod(shape))).reshape(shape).take(position, axis=axis).ravel()
        status = document.get("status") or {}
        if isinstance(status, list):
            status = {str(i): s for i, s in enumerate(status) if s is not None}
        for cell in map(int, cells):
            document["value"][cell] = None
            status[str(cell)] = "."
        document["status"] = status

    return forget


@pytest.fixture
def two_vintages(copy_of_night: Callable[[], Path]) -> tuple[Path, date]:
    home = copy_of_night()
    return home, another_night(home, "ssb_projection", one_more_each)


def test_a_table_has_a_version_for_every_vintage(two_vintages: tuple[Path, date]) -> None:
    home, second = two_vintages
    found = vintages.of_table(settings_of(home), TABLE, FIGURES)
    assert not found.left_out
    first = second - timedelta(days=1)
    assert found.rows["known_from"].unique().sort().to_list() == [first, second]
    key = ["municipality_code", "age", "year", "alternative"]
    both = found.rows.filter(pl.col("known_from") == first).join(
        found.rows.filter(pl.col("known_from") == second), on=key, suffix="_new"
    )
    more = (pl.col("persons_new") - pl.col("persons")).alias("more")
    by_basis = both.group_by("basis").agg(more.min().alias("low"), more.max().alias("high"))
    assert sorted(by_basis.iter_rows()) == [("projected", 1, 1), ("registered", 0, 0)]


def test_the_version_of_the_last_night_is_what_it_published(night_home: Path) -> None:
    """Views of the published night, and figures parsed and staged anew, come to the same."""
    settings = settings_of(night_home)
    found = vintages.of_table(settings, TABLE, FIGURES).rows.drop("known_from")
    with warehouse.connect_internal(settings.rooms) as con:
        published = warehouse.frame(con, f"select * from {TABLE} order by all")
        # A first night knows of no backtest, and has the table all the same.
        assert warehouse.columns(con, track_record.TABLE) == ["figures_as_of", *RECORD]
    assert found.equals(published.select(found.columns))


def test_a_vintage_that_cannot_be_read_is_left_out_and_told(
    two_vintages: tuple[Path, date],
) -> None:
    home, second = two_vintages
    rooms = Rooms(home)
    landed = Landing(rooms.landing).latest("ssb_projection")
    assert landed is not None
    for part in landed.parts:
        (blob,) = rooms.landing.glob(f"blobs/*/{part.sha256}*")
        blob.unlink()
    shutil.rmtree(rooms.parsed / "ssb_projection")
    with pytest.raises(Exception, match="ssb_projection"):
        Landing(rooms.landing).answers(landed)
    found = vintages.of_table(settings_of(home), TABLE, FIGURES)
    assert list(found.left_out) == [second]
    assert found.rows["known_from"].n_unique() == 1


def test_a_combination_that_comes_back_is_one_vintage() -> None:
    def night(population: str, projection: str | None) -> dict:
        stood = {"a": {"snapshot": population}, "b": {"snapshot": projection}}
        return {"vintages": stood}

    days = [date(2026, 1, day) for day in range(1, 6)]
    built = dict(
        zip(
            days,
            [night("p", None), night("p", "e"), night("q", "e"), night("p", "e"), night("q", "f")],
            strict=True,
        )
    )
    assert [day for day, _ in vintages.stand(built, ("a", "b"))] == [days[1], days[2], days[4]]


@pytest.fixture(scope="module")
def tested(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Backtest]:
    """A home after its first backtest."""
    home = tmp_path_factory.mktemp("tested") / "home"
    shutil.copytree(night_home, home)
    return home, backtests.run(settings_of(home))


def test_a_backtest_is_kept_and_in_the_warehouse_from_the_next_night(
    tested: tuple[Path, Backtest],
) -> None:
    home, found = tested
    settings = settings_of(home)
    assert dict(found.rows.schema) == RECORD
    every = found.rows.filter(pl.col("unit") == ALL)
    assert {"Personer 16–18 år i fylket", "Elever per skole"} <= set(every["series"])
    # One night has one vintage: nothing was known otherwise than now.
    assert found.rows["as_known"].max() == 0
    cohort = every.filter(pl.col("series") == "Personer 16–18 år i fylket")
    assert cohort["constructed"].all()
    assert not every.filter(pl.col("series") == "Elever per skole")["constructed"].any()
    assert {"Elever per utdanningsprogram", "Søkere per utdanningsprogram"} <= set(every["series"])
    assert {"elevstrøm", "søkere per elev", "næringsensemble"} <= set(
        every.filter(pl.col("is_model"))["model"]
    )
    assert not found.absent

    assert len(list(found.file.parent.iterdir())) == 4

    night = found.figures_as_of
    manifest = json.loads(found.file.with_suffix(".json").read_bytes())
    assert manifest["figures_as_of"] == night.isoformat()
    assert manifest["code"]["forecast_sha256"]
    with warehouse.in_memory() as con:
        con.execute("create schema audit")
        track_record.write(con, settings.rooms, night)
        assert con.execute(f"select count(*) from {track_record.TABLE}").fetchall() == [(0,)]
        track_record.write(con, settings.rooms, night + timedelta(days=1))
        told = warehouse.frame(con, f"from {track_record.TABLE}")
        scaling = warehouse.frame(con, f"from {track_record.SCALING_TABLE}")
        hits = warehouse.frame(con, f"from {track_record.CLASS_TABLE}")
    assert hits.drop("figures_as_of").equals(found.class_hits)
    assert dict(found.class_hits.schema) == CLASS_HITS
    assert "Personer 16–18 år i fylket" in set(hits["series"])
    assert scaling.drop("figures_as_of").equals(found.scaling)
    assert dict(found.scaling.schema) == SCALING
    assert found.scaling["factor"].drop_nulls().min() > 0
    assert told["figures_as_of"].unique().to_list() == [night]
    assert told.drop("figures_as_of").equals(found.rows)


def test_an_origin_is_as_known_where_a_vintage_ended_with_it(
    copy_of_night: Callable[[], Path],
) -> None:
    """A night before the last year was counted, and one after: what it foresaw has come true."""
    home = copy_of_night()
    another_night(home, "ssb_population", not_yet("2026"), days=-1)
    found = backtests.run(settings_of(home))
    cohort = found.rows.filter(
        pl.col("series") == "Personer 16–18 år i fylket", pl.col("model") == "siste verdi"
    ).sort("horizon")
    # Of six origins 2020 to 2025 one year ahead, 2025 alone had a vintage of its own.
    assert cohort["n"].to_list() == [6, 5, 4, 3, 2, 1]
    assert cohort["as_known"].to_list() == pytest.approx([1 / 6, 0, 0, 0, 0, 0], abs=1e-6)
    # The official projection of that night stood from 2026 on; its outcomes are yet to come.
    assert series.OFFICIAL not in found.rows["model"].to_list()


def test_an_older_file_lacks_columns_and_is_read_all_the_same(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path)
    rows = pl.DataFrame({"series": ["s"], "unit": [ALL], "model": ["m"], "horizon": [1]})
    track_record.keep(
        rooms,
        date(2026, 1, 1),
        rows,
        pl.DataFrame(schema=SCALING),
        pl.DataFrame(schema=CLASS_HITS),
        {},
    )
    with warehouse.in_memory() as con:
        con.execute("create schema audit")
        track_record.write(con, rooms, date(2026, 1, 2))
        told = warehouse.frame(con, f"from {track_record.TABLE}")
    assert told.columns == ["figures_as_of", *RECORD]
    assert told["mape"].to_list() == [None]


def test_editions_are_held_against_what_came(two_vintages: tuple[Path, date]) -> None:
    """An edition a year old, one registered year later: the projection has a record of its own."""
    home, second = two_vintages
    settings = settings_of(home)
    journal = Journal(settings.rooms.journal)
    assert max(nights.by_date(journal)) == second
    found = vintages.of_table(settings, TABLE, FIGURES).rows
    # The first edition as if it had come two years before the last registered year.
    registered = found.filter(pl.col("basis") == "registered")
    last = int(registered["year"].max())  # type: ignore[arg-type]
    frame = series.bitemporal(registered, "s", "municipality_code", "year", "persons")
    edition = (
        series.bitemporal(
            registered.filter(pl.col("year") > last - 2),
            "s",
            "municipality_code",
            "year",
            "persons",
        )
        .with_columns(pl.lit(date(last - 2, 6, 1)).alias("known_from"), pl.col("value") * 1.01)
        .unique(["unit", "period"])
    )
    pairs = origins.of_editions(edition, frame, "s", "ssb")
    assert pairs["horizon"].unique().sort().to_list() == [1, 2]
    assert (pairs["q50"] / pairs["actual"]).to_list() == pytest.approx([1.01] * pairs.height)


def test_the_command_prints_a_table_per_series_and_what_is_used(
    ask: Ask, tested: tuple[Path, Backtest], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, found = tested
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    kept = {file.name for file in found.file.parent.iterdir()}
    rows = pl.read_parquet(found.file)
    found.file.unlink()
    said = ask("backtest")
    assert said.code == 0
    # Made again it is the same, under the same name.
    assert {file.name for file in found.file.parent.iterdir()} == kept
    assert pl.read_parquet(found.file).equals(rows)
    assert "Personer 16–18 år i fylket (konstruerte tall)" in said.out
    assert "Elever per skole\n" in said.out
    assert said.out.count("Brukes: ") == 8
    assert "Brukes: SSBs framskriving" in said.out
    assert "siste verdi  " not in said.out.split("Elever per skole")[0].split("Brukes")[0]
    asked: list[Settings] = []

    def again(settings: Settings) -> Backtest:
        asked.append(settings)
        return found

    # Other shapes of what was just found are not calculated once more.
    monkeypatch.setattr(backtests, "run", again)
    assert "siste verdi  " in ask("backtest", "--all").out
    document = json.loads(ask("backtest", "--json").out)
    assert {row["unit"] for row in document["rows"]} >= {ALL, "5001"}
    assert {settings.home for settings in asked} == {home}


def test_without_a_night_it_says_what_to_do(ask: Ask, clean_environment: None) -> None:
    said = ask("backtest")
    assert said.code == 1
    assert "tilbudsplan ingest" in said.err
