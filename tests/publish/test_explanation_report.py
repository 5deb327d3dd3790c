"""The part of the report that says why: rows add up as they are read, and nothing is over-said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from made_up_run import COUNTY, Handed

from tasks.forecast.explanation import STEPS
from tasks.forecast.labour.types import CAVEAT
from tasks.forecast.reasons import uncertain
from tasks.publish import explanation, sensitivity, tables, working_life
from tasks.publish.tables import Run


@pytest.fixture(scope="module")
def run(handed: Handed) -> Run:
    return tables.read(handed.run, handed.warehouse)


def changed(handed: Handed, folder: Path, **frames: pl.DataFrame) -> Run:
    copy = Path(shutil.copytree(handed.run, folder / "run"))
    for name, frame in frames.items():
        frame.write_parquet(copy / f"{name}.parquet")
    return tables.read(copy, handed.warehouse)


def number(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text.replace("−", "-")))


@pytest.mark.parametrize("quantity", ["pupils", "gap"])
def test_every_row_adds_up_as_it_is_read(run: Run, quantity: str) -> None:
    table = explanation.county(run, quantity)
    assert table.total
    assert table.rows[-1][0].text == "Alle program"
    for row in table.rows:
        before, *steps, after = (number(cell.text) for cell in row[1:])
        assert before + sum(steps) == after
        assert len(steps) == (6 if quantity == "gap" else 5)


def test_the_bars_lead_from_last_year_to_this_year(run: Run) -> None:
    figure = explanation.waterfall(run)
    values = [number(row[1].text) for row in figure.table.rows]
    assert sum(values[:-1]) == values[-1] == 27
    assert [row[0].text for row in figure.table.rows[1:-1]] == list(explanation.STEPS.values())
    assert "trekker ned" in figure.wide
    assert "trekker opp" in figure.narrow


def test_regions_and_candidates_are_in_the_workbook_and_few_people_in_neither(run: Run) -> None:
    (steps, hangs) = explanation.only_workbook(run)
    found = {(row[0].text, row[1].text, row[2].text) for row in steps.rows}
    health = next(p.name for p in run.programmes if p.code == "HS")
    design = next(p.name for p in run.programmes if p.code == "DT")
    for region in (*run.regions.values(), run.county_name):
        for what in ("Elever", "Kandidater", "Stillinger minus kandidater"):
            assert (health, region, what) in found
    assert (design, run.county_name, "Kandidater") not in found
    for row in steps.rows:
        ends = [row[4].value, row[-1].value]
        if row[2].text != "Stillinger minus kandidater":
            assert not any(0 < end < 5 for end in ends)  # type: ignore[operator]
    assert {row[1].text for row in hangs.rows} == set(run.regions.values())


def test_the_five_that_weigh_most_stand_in_words(run: Run) -> None:
    table = sensitivity.county(run)
    for row in table.rows:
        assert len(row) == 1 + sensitivity.MOST
        assert row[1].text.startswith("hvor mange som blir boende, antatt (±")
        assert "29" in row[1].text
    assert table.apart is not None
    assert len(table.apart.rows) == len(table.rows) * sensitivity.MOST
    # A sixth is in the run and not in the report.
    assert "voksne" not in str(table.rows)


def test_words_are_there_for_everything_that_a_run_can_name() -> None:
    assert tuple(explanation.STEPS) == STEPS
    assert set(sensitivity.INPUTS) == set(uncertain.INPUTS)
    assert set(sensitivity.ASSUMED) == {uncertain.PARTICIPATION, uncertain.STAY}


def test_the_caveats_are_those_of_working_life_and_nothing_is_called_short(run: Run) -> None:
    section = explanation.section(run)
    assert section.caveat == CAVEAT
    assert working_life.loose(run)[0] in section.lead
    words = " ".join(
        [t for t in section.lead if t not in working_life.loose(run)]
        + [cell.text for table in section.tables for row in table.rows for cell in row]
        + [note for table in section.tables for note in table.notes]
    ).lower()
    assert "mangel" not in words
    assert "overskudd" not in words


def test_without_anything_it_says_why(handed: Handed, tmp_path: Path, run: Run) -> None:
    why = pl.DataFrame({"what": ["decomposition, sensitivity"], "why": ["ingen overganger"]})
    frames = {name: run.frames[name].clear() for name in ("decomposition", "sensitivity")}
    empty = changed(handed, tmp_path, explanation_notes=why, **frames)
    section = explanation.section(empty)
    assert section.lead == ("Denne kjøringen har ingen forklaring av tallene: ingen overganger.",)
    assert section.figures == section.tables == ()
    assert explanation.only_workbook(empty) == []


def test_in_a_first_year_what_the_gap_hangs_on_stands_alone(
    handed: Handed, tmp_path: Path, run: Run
) -> None:
    why = pl.DataFrame({"what": ["decomposition"], "why": ["bare én telling"]})
    first = changed(
        handed, tmp_path, explanation_notes=why, decomposition=run.frames["decomposition"].clear()
    )
    section = explanation.section(first)
    assert "Veien fra fjorårets tall kan ikke vises: bare én telling." in section.lead
    assert [table.id for table in section.tables] == ["tabell-folsomhet"]
    assert section.figures == ()


def test_where_the_pupils_go_by_a_benchmark_it_says_so(
    handed: Handed, tmp_path: Path, run: Run
) -> None:
    record = run.frames["track_record"]
    mine = pl.col("series") == explanation.PUPILS_SERIES
    told = {
        used: changed(
            handed,
            tmp_path / str(place),
            track_record=record.with_columns(
                pl.when(mine).then(pl.lit(used)).otherwise(pl.col("used")).alias("used")
            ),
        )
        for place, used in enumerate(("siste verdi", record.filter(mine)["model"][0]))
    }
    notes = [" ".join(explanation.county(r, "pupils").notes) for r in told.values()]
    assert "satt av sammenlikningen" in notes[0]
    assert "satt av sammenlikningen" not in notes[1]


def test_an_older_run_has_no_explanation(handed: Handed, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(handed.run, tmp_path / "run"))
    manifest = copy / "manifest.json"
    names = [p.stem for p in copy.glob("*.parquet")]
    for name in ("decomposition", "sensitivity", "explanation_notes"):
        (copy / f"{name}.parquet").unlink()
        names.remove(name)
    text = manifest.read_text(encoding="utf-8")
    outputs = "{" + ", ".join(f'"{n}": ""' for n in names) + "}"
    manifest.write_text(text[:-1] + f', "outputs": {outputs}' + "}", encoding="utf-8")
    old = tables.read(copy, handed.warehouse)
    assert "eldre enn denne delen" in explanation.section(old).lead[0]
    assert old.county == COUNTY
