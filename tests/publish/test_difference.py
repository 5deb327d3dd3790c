"""Two runs held against each other: what a council's paper says of the difference."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from made_up_run import COUNTY, Handed

from flows import cli
from tasks.decisions import causes
from tasks.publish import difference, difference_tables, formats
from tasks.publish.difference_tables import Side
from tasks.publish.model import Document, Table
from tasks.table_folder import sha256


@pytest.fixture
def later(handed: Handed, tmp_path: Path) -> Path:
    """A later run: more pupils on BA, a class more there, three programmes assessed otherwise."""
    folder = tmp_path / "20270502-1"
    shutil.copytree(handed.run, folder)
    is_ba = pl.col("programme_code") == "BA"
    grown = {
        "expected": ["pupils_mean", "pupils_p10", "pupils_p90"],
        "places": ["needed_mean", "needed_p10", "needed_p90"],
    }
    for name, columns in grown.items():
        file = folder / f"{name}.parquet"
        frame = pl.read_parquet(file).with_columns(
            pl.when(is_ba).then(pl.col(column) * 2).otherwise(pl.col(column)).alias(column)
            for column in columns
        )
        if name == "places":
            frame = frame.with_columns(
                pl.when(is_ba)
                .then(pl.col("places_county") + 15)
                .otherwise(pl.col("places_county"))
                .alias("places_county"),
                pl.when(is_ba)
                .then(pl.lit("mangel"))
                .otherwise(pl.col("assessment"))
                .alias("assessment"),
            )
        frame.write_parquet(file)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["seed"] = 2
    manifest["vintages"][0] |= {"snapshot": "e" * 64, "as_of": "2027-05-02"}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def sides(handed: Handed, later: Path) -> tuple[Side, Side]:
    return (
        difference.read(handed.run, handed.warehouse, "Vedtak i sak 2026/1"),
        difference.read(later, handed.warehouse, "Kjøring i mai"),
    )


def made(handed: Handed, later: Path) -> Document:
    changes, remarks = causes.between(handed.run, later)
    return difference.document(*sides(handed, later), changes, remarks)


def cells(table: Table, *start: str) -> list[list[str]]:
    rows = [[cell.text for cell in row] for row in table.rows]
    return [row for row in rows if row[: len(start)] == list(start)]


def test_a_run_against_itself_has_no_differences(handed: Handed) -> None:
    then, now = sides(handed, handed.run)
    found = difference.document(then, now, *causes.between(handed.run, handed.run))
    assert difference_tables.changed_assessments(then, now).rows == []
    for table in (t for section in found.sections[1:4] for t in section.tables):
        at = [n for n, column in enumerate(table.columns) if column.title == "Endring"]
        assert at
        assert {row[n].text for row in table.rows for n in at} <= {"0", formats.MISSING}
    said = " ".join(found.findings)
    assert "Ingen program har flere eller færre" in said
    assert "0 vurderinger" in said
    assert "Det er ikke endret noe under tallene" in said


def test_pupils_and_places_are_told_before_now_and_between(handed: Handed, later: Path) -> None:
    then, now = sides(handed, later)
    name = now.run.named("BA")
    old = {
        r["programme_code"]: r["pupils_mean"]
        for r in then.run.frames["expected"].iter_rows(named=True)
        if r["region_code"] == COUNTY
    }["BA"]
    (row,) = cells(difference_tables.pupils(then, now), name)
    new = round(2 * old)
    assert row[1:4] == [
        formats.whole(old),
        formats.whole(new),
        formats.signed(new - round(old)),
    ]
    assert row[4] == "nei", "twice as many is not what was expected"
    (row,) = cells(difference_tables.places(then, now), name)
    assert row[3] == "+15"
    assert row[-1] == "mangel"
    regions = difference_tables.places(then, now, by_region=True)
    assert len(cells(regions, name)) > 5
    assert difference_tables.pupils(then, now).rows != regions.rows


def test_every_assessment_that_changed_is_listed_and_no_other(handed: Handed, later: Path) -> None:
    then, now = sides(handed, later)
    frame = then.run.frames["places"].filter(pl.col("programme_code") == "BA")
    frame = frame.filter(pl.col("region_code").is_in([COUNTY, *now.run.regions]))
    expected = frame.filter(pl.col("assessment") != "mangel").height
    table = difference_tables.changed_assessments(then, now)
    assert len(table.rows) == expected > 0
    assert {row[0].text for row in table.rows} == {now.run.named("BA")}
    assert {row[4].text for row in table.rows} == {"mangel"}


def test_a_difference_of_small_estimates_is_not_told(handed: Handed, later: Path) -> None:
    for name, mean in (("expected", 3.0), ("apprenticeship", 3.0)):
        file = later / f"{name}.parquet"
        column = "pupils_mean" if name == "expected" else "unplaced_mean"
        frame = pl.read_parquet(file)
        frame.with_columns(pl.lit(mean).alias(column)).write_parquet(file)
    then, now = sides(handed, later)
    for row in difference_tables.pupils(then, now, by_region=True).rows:
        assert (row[3].text, row[4].text, row[4].value) == ("<5", "..", "..")
    for row in difference_tables.apprenticeship(then, now).rows:
        assert (row[5].text, row[6].value) == ("<5", "..")
    total = [text for text in made(handed, later).findings if text.startswith("Ventede elever")]
    assert all(text.endswith("(..).") for text in total)


def test_what_lies_under_is_told_by_name(handed: Handed, later: Path) -> None:
    found = made(handed, later)
    table = next(t for s in found.sections for t in s.tables if t.id == "tabell-endret-under")
    kinds = [row[0].text for row in table.rows]
    assert kinds == ["Tallgrunnlag", "Valg i kjøringen"]
    assert cells(table, "Valg i kjøringen", "frø") == [["Valg i kjøringen", "frø", "1", "2"]]
    said = " ".join(found.findings)
    assert "tallgrunnlag (1) og valg i kjøringen (1)" in said
    assert "reglene er ikke sammenlignet" in said, "these runs kept no files of rules"


def test_the_workbook_has_the_same_cells(handed: Handed, later: Path, tmp_path: Path) -> None:
    found = made(handed, later)
    difference.write(found, tmp_path / "forskjell.xlsx")
    book = openpyxl.load_workbook(tmp_path / "forskjell.xlsx")
    names = [t.sheet for s in found.sections for t in s.tables]
    names += [t.sheet for t in found.only_workbook]
    assert [*names, "Kilder"] == book.sheetnames[1:]
    table = next(t for s in found.sections for t in s.tables if t.sheet == "Elever")
    sheet = book["Elever"]
    told = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert told == [[cell.value for cell in row] for row in table.rows]
    assert not list(tmp_path.glob("*.part"))
    read_me = " ".join(str(cell.value) for row in book["Les meg"].iter_rows() for cell in row)
    assert "Vedtak i sak 2026/1" in read_me
    assert "vurderinger" in read_me


def test_the_command_tells_the_same_as_text_json_and_workbook(
    handed: Handed,
    later: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    shutil.copytree(handed.warehouse.parent, home / "published")
    names = {"then": "2027-28-november", "now": "2027-28-mai"}
    for folder, name in ((handed.run, names["then"]), (later, names["now"])):
        target = Path(shutil.copytree(folder, home / "runs" / name))
        manifest = json.loads((target / "manifest.json").read_text("utf-8"))
        hashes = {p.stem: sha256(p.read_bytes()) for p in target.glob("*.parquet")}
        manifest |= {"id": name, "outputs": hashes, "created_at": "2026-11-22T12:00:00+00:00"}
        (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))

    def said(*arguments: str) -> str:
        assert cli.run(["diff", names["then"], names["now"], *arguments]) == 0
        return capsys.readouterr().out

    facts = json.loads(said("--json"))
    assert (facts["then"], facts["now"]) == (names["then"], names["now"])
    assert len(facts["tables"]["tabell-endret-vurdering"]) > 0
    assert {one["kind"] for one in facts["changes"]} == {"tallgrunnlag", "valg"}
    book = tmp_path / "justering.xlsx"
    text = said("--xlsx", str(book))
    # A line is as wide as the reader's window.
    plain = " ".join(text.split())
    for finding in facts["findings"]:
        assert " ".join(finding.split()) in plain
    assert "Bygg- og anleggsteknikk" in text
    assert "justering.xlsx" in text
    assert "Endrede vurderinger" in openpyxl.load_workbook(book).sheetnames
    file = home / "runs" / names["now"] / "places.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert cli.run(["diff", names["then"], names["now"]]) == 1
    assert "places.parquet" in capsys.readouterr().err


def test_the_command_takes_the_name_of_a_plan(
    handed: Handed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home, name = tmp_path / "home", "2027-28-november"
    shutil.copytree(handed.warehouse.parent, home / "published")
    run = Path(shutil.copytree(handed.run, home / "runs" / name))
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    hashes = {p.stem: sha256(p.read_bytes()) for p in run.glob("*.parquet")}
    (run / "manifest.json").write_text(json.dumps(manifest | {"id": name, "outputs": hashes}))
    for plan, number in (("plan-a", 2.0), ("plan-b", 3.0)):
        folder = home / "plans" / plan
        folder.mkdir(parents=True)
        school = {"organisation_number": ["1"], "school": ["Byåsen"], "level": [1]}
        area = {"programme_area_code": ["BABAT1----"], "programme_area": ["Bygg og anlegg"]}
        tables = {
            "classes": pl.DataFrame({**school, **area, "classes": [number], "places": [15.0]}),
            "goals": pl.DataFrame({"goal": ["a"], "goal_name": ["udekket"], "value": [number]}),
            "adults": pl.DataFrame({"trade_code": ["T"], "trade": ["Fag"], "places": [number]}),
            "colleges": pl.DataFrame({"offer_code": ["F"], "offer": ["F"], "places": [1.0]}),
        }
        for table, frame in tables.items():
            frame.write_parquet(folder / f"{table}.parquet")
        outputs = {t: sha256((folder / f"{t}.parquet").read_bytes()) for t in tables}
        (folder / "manifest.json").write_text(json.dumps({"run": name, "outputs": outputs}))
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    assert cli.run(["diff", "plan-a", "plan-b", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["tables"]
    (row,) = found["tabell-klasser-forskjell"]
    assert (row["Skole"], row["Klasser: Før"], row["Klasser: Nå"]) == ("Byåsen", 2, 3)
    assert [r["Plasser: Endring"] for r in found["tabell-voksne-forskjell"]] == [1]
    assert [r["Verdi: Endring"] for r in found["tabell-maal-forskjell"]] == [1]
    (home / "plans" / "plan-b" / "goals.parquet").write_bytes(b"x")
    assert cli.run(["diff", "plan-a", "plan-b"]) == 1
    assert "goals.parquet" in capsys.readouterr().err
