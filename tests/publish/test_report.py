"""The HTML report: what stands in it, where it comes from, and what must never stand in it."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from made_up_run import COUNTY, PROGRAMMES, VOCATIONAL, YEAR, Handed, pupils

from tasks import warehouse
from tasks.errors import NotFound, ValidationFailed
from tasks.publish import findings, formats, parts, report, tables
from tasks.publish.model import Report
from tasks.publish.provenance import ALSO, USED

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Tags with their attributes, text per element, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def written(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report.write(handed.run, handed.warehouse, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def html(written: Report) -> str:
    return written.html.read_text(encoding="utf-8")


def copied(handed: Handed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(handed.run, tmp_path / "run"))


def test_the_page_is_whole_and_its_ids_are_its_own(html: str) -> None:
    page = Page(html)
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    links = {a["href"] for t, a in page.tags if t == "a"}
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(ids)
    named = {i for _, a in page.tags for i in (a.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_the_page_fetches_nothing_and_runs_nothing(html: str) -> None:
    page = Page(html)
    assert {t for t, _ in page.tags} & {"script", "link", "img", "iframe", "object"} == set()
    assert not [a for _, a in page.tags if "style" in a or any(k.startswith("on") for k in a)]
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_is_small(written: Report) -> None:
    assert written.html.stat().st_size < 2_000_000


def test_every_drawing_has_words_and_figures(html: str) -> None:
    figures = re.findall(r"<figure .*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 8
    for figure in figures:
        assert figure.count("<svg ") == 2
        for title, told in re.findall(
            r"<title [^>]*>(.*?)</title><desc [^>]*>(.*?)</desc>", figure
        ):
            assert len(title) > 10
            assert re.search(r"\d", told)
        assert "<table" in figure
        assert 'class="source">Kilde: ' in figure


def test_every_table_has_a_source_and_headings(html: str) -> None:
    pieces = re.split(r"<table ", html)[1:]
    assert len(pieces) == 22
    for part in pieces:
        inside, after = part.split("</table>", 1)
        assert "<caption" in inside
        assert 'scope="col"' in inside
        assert 'scope="row"' in inside
        source = re.search(r'class="source">(.*?)</p>', after)
        assert source
        assert source[1].startswith("Kilde: ")


def test_sources_come_from_the_editions_of_the_run(html: str) -> None:
    assert "Kilde: Statistisk sentralbyrå, 07459 og 14746. Hentet 22. november 2026." in html
    assert "EKSEMPELDATA" in html
    assert html.count("K: helt eller delvis konstruert, se kilder.") > 5
    assert html.count("Kapasitet ved de videregående skolene") <= 2
    told = html.split('id="konstruert"', 1)[1].split("</ul>", 1)[0]
    assert "Kapasitet" in told
    assert "Folkemengde" not in told
    rows = {row[0]: row for row in table_rows(html, "tabell-kilder")}
    of = {row[-1]: row[5:8] for row in rows.values()}
    assert of["county_pupils"] == ["skoleåret 2025/26", "2026-11-22", "2026-06-12"]
    assert of["udir_apprentice_contracts"][0] == "1. oktober 2025"
    assert set(of) == {v for used in (USED | ALSO).values() for v in used}
    assert ".." not in {period for period, *_ in of.values()}


def test_now_is_dated(html: str) -> None:
    page = Page(html)
    text = page.text
    for told in (
        "Elever 2025/26",
        "Søkere 2026",
        "Plasser fra høsten 2026",
        "Løpende lærekontrakter 1. oktober 2025",
        "ved siste telling (2025/26)",
        "de nyeste som er meldt og som gjelder 1. oktober 2027",
    ):
        assert told in text
    assert not re.search(r"\b(Elever|Søkere|Plasser) nå\b", text)
    assert "audit." not in text
    assert '<th scope="col" class="whole">nå</th>' not in html


def test_what_lies_behind_the_share_placed_is_said(html: str) -> None:
    text = Page(html).text
    assert "81,0\u00a0% (2023), 80,0\u00a0% (2024) og 73,3\u00a0% (2025, mulig brudd)" in text
    applicants = sum(PROGRAMMES[c] for c in VOCATIONAL) * 0.22
    assert (
        "Hvis andelen blir som i desember 2025 (73,3\u00a0%), står ca. "
        f"{formats.whole(applicants * 0.267)} uten plass."
    ) in text


@pytest.mark.parametrize(
    ("assessment", "chances", "reason"),
    [
        ("mangel", (0.9, 0.1, 0.0, 0.0), "behovet er for stort"),
        ("overskudd", (0.0, 0.1, 0.9, 0.0), "minst én klasse å spare"),
        ("balanse", (0.0, 0.9, 0.1, 0.7), "ingen hel klasse å spare"),
        ("balanse", (0.1, 0.9, 0.0, 0.2), "innenfor 5\u00a0%"),
        ("uavklart", (0.0, 0.36, 0.64, 0.3), "spriker, heller mot overskudd (64\u00a0%)"),
        ("uavklart", (0.0, 0.7975, 0.2025, 0.3), "spriker, heller mot balanse (79\u00a0%)"),
        ("uavklart", (0.6, 0.4, 0.0, 0.0), "spriker, heller mot mangel (60\u00a0%)"),
    ],
)
def test_every_assessment_says_why(
    handed: Handed, assessment: str, chances: tuple[float, float, float, float], reason: str
) -> None:
    names = ("p_shortage", "p_balance", "p_surplus", "p_no_class_to_spare")
    row = {"assessment": assessment, **dict(zip(names, chances, strict=True))}
    run = tables.read(handed.run, handed.warehouse)
    assert parts.reason(row, run.manifest["parameters"]["rules"]) == reason
    shares = [c.value for c in parts.assessed(run, row)[:3]]
    assert shares == [79 if c == 0.7975 else round(100 * c) for c in chances[:3]]


def test_figures_equal_the_run(html: str, handed: Handed) -> None:
    text = Page(html).text
    assert "17\u202f671 16–18-åringer" in text
    assert "73,3\u00a0%" in text
    for year, percent in ((2023, "81,0"), (2024, "80,0"), (2025, "73,3")):
        assert f"desember {year} Trøndelag {percent}\u00a0%" in text
    county = pl.read_parquet(handed.run / "expected.parquet").filter(
        pl.col("region_code") == COUNTY, pl.col("school_year") == YEAR
    )
    for row in county.iter_rows(named=True):
        assert formats.whole(row["pupils_mean"]) in text
        assert formats.whole(row["applicants_now"]) in text


def table_rows(html: str, anchor: str) -> list[list[str]]:
    table = html.split(f'<table id="{anchor}">', 1)[1].split("</table>", 1)[0]
    body = table.split("<tbody>", 1)[1]
    return [
        [re.sub(r"<[^>]+>", "", c).strip() for c in re.findall(r"<t[hd][ >].*?</t[hd]>", row)]
        for row in body.split("<tr")[1:]
    ]


def test_small_counts_of_persons_are_closed(html: str) -> None:
    rows = table_rows(html, "tabell-elever-regioner")
    counted = pupils()
    small = sum(1 for n in counted.values() if 0 < n < 5)
    assert small > 0
    assert sum(row.count(":") for row in rows) > small
    for row in rows:
        now = row[1::2]
        assert not [n for n in now if n.isdigit() and 0 < int(n) < 5]
        assert now.count(":") != 1
    assert len(rows) == len(PROGRAMMES) + 1


def test_the_county_competes_as_one_where_the_rules_say_so(html: str) -> None:
    rows = {row[0]: row for row in table_rows(html, "tabell-plasser-regioner")}
    assert rows["Idrettsfag\u00a0◆"][1:-1] == ["hele fylket"] * 5
    assert re.fullmatch(
        r"[+−]?\d+ (mangel|overskudd|balanse|uavklart)", rows["Idrettsfag\u00a0◆"][-1]
    )


def test_findings_follow_the_figures(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    places = pl.read_parquet(run / "places.parquet")
    places.with_columns(assessment=pl.lit("uavklart")).write_parquet(run / "places.parquet")
    record = pl.read_parquet(run / "track_record.parquet")
    record.with_columns(used=pl.col("model")).write_parquet(run / "track_record.parquet")
    page = report.write(run, handed.warehouse, tmp_path / "out").html.read_text(encoding="utf-8")
    text = Page(page).text
    assert "På Vg1, der inntaket avgjøres, er det ikke i noe program minst 80" in text
    assert "Ingen program har flere plasser enn behov på Vg1" in text
    assert "For 16 av 16 utdanningsprogram på Vg1 er svaret uavklart" in text
    assert "Modellen slo ikke" not in text
    assert "opplæringslova § 5-3), står for seg, i delen om arbeidslivet." in text


def test_findings_begin_with_vg1_and_shortage(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    places = pl.read_parquet(run / "places.parquet")
    short = pl.struct("programme_code", "level").is_in(
        [{"programme_code": "BA", "level": "1"}, {"programme_code": "MD", "level": "3"}]
    )
    over = (pl.col("programme_code") == "HS") & (pl.col("level") == "1")
    places.with_columns(
        assessment=pl.when(short)
        .then(pl.lit("mangel"))
        .when(over)
        .then(pl.lit("overskudd"))
        .otherwise(pl.lit("balanse"))
    ).write_parquet(run / "places.parquet")
    found = findings.sentences(tables.read(run, handed.warehouse))
    assert len(found) <= 8
    assert re.match(r"På Vg1, .* mangler det plasser i bygg.* Vg1 \([+−]?\d+\)", found[0])
    assert "På Vg2 og Vg3 mangler det plasser i musikk, dans og drama Vg3" in found[0]
    assert re.match(r"Det er flere plasser enn behov i helse.* Vg1", found[1])
    assert "uavklart" not in " ".join(found)


def test_real_figures_carry_no_banner_and_stale_ones_say_why(
    handed: Handed, tmp_path: Path
) -> None:
    run = copied(handed, tmp_path)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    for row in manifest["vintages"]:
        row["constructed"] = False
        if row["dataset"] == "ssb_projection":
            row |= {"stale": True, "stale_reason": "Kilden svarte ikke"}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = report.write(run, handed.warehouse, tmp_path / "out").html.read_text(encoding="utf-8")
    assert "EKSEMPELDATA" not in page
    assert "konstruert:" not in page.lower()
    assert "alternativ (Kilden svarte ikke)." in page


def test_hostile_names_stay_text(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    hostile = "<script>alert(1)</script>"
    home = tmp_path / "published" / "tilbudsplan.duckdb"
    home.parent.mkdir()
    shutil.copy(handed.warehouse, home)
    con = warehouse.open_build(home)
    con.execute("update mart.programme set programme = ? where programme_code = 'HS'", [hostile])
    con.execute("update mart.programme set programme = '=1+1' where programme_code = 'BA'")
    con.close()
    placement = pl.read_parquet(run / "placement.parquet")
    placement.with_columns(
        note=pl.when(pl.col("note").is_not_null()).then(pl.lit('"><img src=x onerror=1>'))
    ).write_parquet(run / "placement.parquet")
    page = report.write(run, home, tmp_path / "out").html.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_an_edition_that_is_not_known_is_refused(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["vintages"] = [v for v in manifest["vintages"] if v["dataset"] != "county_capacity"]
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(NotFound, match="county_capacity"):
        report.write(run, handed.warehouse, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_does_not_date_its_figures_is_refused(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    del manifest["periods"]["pupils"]
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ValidationFailed, match="pupils"):
        report.write(run, handed.warehouse, tmp_path / "out")


def test_a_missing_table_or_column_is_refused(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    places = pl.read_parquet(run / "places.parquet")
    places.drop("gap_mean").write_parquet(run / "places.parquet")
    with pytest.raises(ValidationFailed, match="gap_mean"):
        report.write(run, handed.warehouse, tmp_path / "out")
    (run / "places.parquet").unlink()
    with pytest.raises(NotFound, match=r"places\.parquet"):
        report.write(run, handed.warehouse, tmp_path / "out")


def test_places_without_the_sum_over_levels_are_refused(handed: Handed, tmp_path: Path) -> None:
    run = copied(handed, tmp_path)
    places = pl.read_parquet(run / "places.parquet")
    places.filter(pl.col("level") != "*").write_parquet(run / "places.parquet")
    with pytest.raises(ValidationFailed, match="alle trinn"):
        report.write(run, handed.warehouse, tmp_path / "out")


def test_the_same_run_gives_the_same_page(written: Report, handed: Handed, tmp_path: Path) -> None:
    again = report.write(handed.run, handed.warehouse, tmp_path)
    assert again.html.read_bytes() == written.html.read_bytes()


def test_the_need_of_intake_is_of_the_autumn_in_question(html: str) -> None:
    rows = table_rows(html, "tabell-inntaksbehov")
    # Vg1 first, then the largest; no row of the regions.
    assert [row[0] for row in rows] == [
        "Helse- og oppvekstfag",
        "Helsearbeiderfag",
        "Tømrer",
        "Trearbeid",
    ]
    first, second = rows[:2]
    assert first[1:6] == ["Vg1", "1\u202f200", "960", "1\u202f560", "2031"]
    assert second[1:6] == ["Vg2", "900", "720", "1\u202f170", "2030"]
    assert "Fagbrev innen 6 år etter Vg1, eller 5 år etter Vg2, teller." in html
    assert second[6:] == ["25", "0\u00a0%"]


def test_what_the_matrix_decides_is_said_in_words(html: str) -> None:
    rows = {row[0]: row for row in table_rows(html, "tabell-robusthet")}
    assert rows["Tømrer"][-1] == "ja"
    assert rows["Helsearbeiderfag"][1:6] == ["380", "342", "\u221238", "\u221276", "+19"]
    assert "med begge koblingene for 2 av 3 programområder. For Tømrer avhenger den" in html


def test_shortage_today_begins_with_the_county_and_hides_nothing_it_does_not_know(
    html: str,
) -> None:
    rows = table_rows(html, "tabell-mangel")
    assert [row[0] for row in rows] == [
        "Hele fylket",
        "Helse, pleie og omsorg",
        "Kontorarbeid",
        "Undervisning",
    ]
    assert rows[0][1:5] == ["2026", "3\u202f950", "3\u202f160", "4\u202f740"]
    assert rows[1][-2:] == ["2,0", "0,4"]
    assert rows[3][2:8] == [".."] * 6
    assert "NAV" in html.split('id="tabell-mangel"', 1)[1].split("</figure>", 1)[0]


def test_areas_whose_trades_are_closed_are_named_and_have_no_row(html: str) -> None:
    rows = {row[0]: row for row in table_rows(html, "tabell-laereplassdekning")}
    assert list(rows) == ["Helsearbeiderfag", "Tømrer", "Alle områder"]
    assert rows["Helsearbeiderfag"][1:6] == ["222", "163", "73\u00a0%", "70\u00a0%", "76\u00a0%"]
    assert "Alle fag er skjult i Trearbeid." in html


def test_without_the_survey_the_part_says_why_and_the_rest_stands(
    handed: Handed, tmp_path: Path
) -> None:
    run = copied(handed, tmp_path)
    path, notes = run / "shortage_now.parquet", run / "working_life_notes.parquet"
    pl.read_parquet(path).clear().write_parquet(path)
    why = {"what": "mangel på arbeidskraft i dag", "cells": None, "of": None}
    told = pl.read_parquet(notes)
    row = pl.DataFrame([why | {"done": "NAVs undersøkelse mangler"}], schema=told.schema)
    pl.concat([told, row]).write_parquet(notes)
    page = report.write(run, handed.warehouse, tmp_path / "out").html.read_text(encoding="utf-8")
    assert "ingen tall for mangel på arbeidskraft i dag: NAVs undersøkelse mangler" in page
    assert 'id="tabell-mangel"' not in page
    assert 'id="tabell-inntaksbehov"' in page
