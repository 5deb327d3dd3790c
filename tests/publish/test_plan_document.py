"""A plan's document: what stands in it; what is taken away is seen in figures and words."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pytest
from made_up_run import Handed
from small import small
from small_documents import DECLARED, Page, page, proposal, solved
from test_report import Page as Parsed
from test_report import table_rows

from tasks.places import solve
from tasks.places.conflicts import Infeasible
from tasks.places.types import Adults, Fixed, Rooms
from tasks.publish import formats, plan_goals, plan_rules
from tasks.publish.plan_parts import GOALS


@pytest.fixture(scope="module")
def usual(handed: Handed) -> Page:
    return page(proposal(handed, solved()))


def cells(made: Page, anchor: str) -> dict[str, list[str]]:
    """Rows of a table by their headings."""
    return {row[0]: row[1:] for row in table_rows(made.html, anchor)}


def number(text: str) -> float:
    """The number that a cell begins with."""
    found = re.match(r"[+−]?[\d\s]+(?:,\d+)?", text.replace(formats.THIN, ""))
    assert found, text
    return float(found[0].replace("−", "-").replace(",", "."))


def test_the_page_is_whole_and_fetches_nothing(usual: Page) -> None:
    parsed = Parsed(usual.html)
    ids = [a["id"] for _, a in parsed.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    links = {a["href"] for t, a in parsed.tags if t == "a"}
    assert {link[1:] for link in links if link} <= set(ids)
    assert all(link and link.startswith("#") for link in links), "there is no workbook to open"
    named = {i for _, a in parsed.tags for i in (a.get("aria-labelledby") or "").split()}
    assert named <= set(ids)
    assert {t for t, _ in parsed.tags} & {"script", "link", "img", "iframe", "object"} == set()
    assert not [a for _, a in parsed.tags if "style" in a]


def test_every_drawing_has_words_and_every_table_a_heading_and_a_source(usual: Page) -> None:
    figures = re.findall(r"<figure .*?</figure>", usual.html, flags=re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        assert figure.count("<svg ") == 2
        assert re.search(r"<desc [^>]*>[^<]*\d[^<]*</desc>", figure)
    for part in re.split(r"<table ", usual.html)[1:]:
        inside, after = part.split("</table>", 1)
        assert "<caption" in inside
        assert 'scope="row"' in inside
        source = re.search(r'class="source">(.*?)</p>', after)
        assert source
        assert source[1].startswith("Kilde: ")


def test_everything_unconfirmed_stands_on_the_first_page(usual: Page) -> None:
    told = usual.first.split('id="ubekreftet"', 1)[1]
    count = len(DECLARED.unconfirmed)
    assert f"Ikke bekreftet ({count})" in told
    for words in (
        "hva udekket behov regnes av", "kroner per plass", "minste fylling", "takk nei",
        "fortrinn og individuell vurdering", "Flest mulig skal få sitt førstevalg", "BA, DT, EL",
        *(name.casefold() for goal, (name, _) in GOALS.items() if goal != "tomme_plasser"),
    ):  # fmt: skip
        assert words in told
    assert "[" not in told, "no entry is without a name"
    entries = {entry.partition(" ")[0].strip("[]") for _, entry, _ in DECLARED.unconfirmed}
    assert entries <= set(plan_rules.ENTRIES), "none is called by its key"
    rows = table_rows(usual.html, "tabell-ubekreftet")
    sources = {source for *_, source in DECLARED.unconfirmed}
    assert {row[-1] for row in rows} == {s.replace("<", "&lt;") for s in sources}


def test_a_rule_that_is_confirmed_leaves_the_first_page(handed: Handed) -> None:
    kept = tuple(one for one in DECLARED.unconfirmed if one[1] != "[minimum_fill]")
    made = page(
        proposal(handed, solved(), intake=False, declared=replace(DECLARED, unconfirmed=kept))
    )
    assert f"Ikke bekreftet ({len(kept)})" in made.first
    assert "minste fylling" not in made.first
    bare = replace(DECLARED, unconfirmed=())
    made = page(proposal(handed, solved(), intake=False, declared=bare))
    assert "er bekreftet." in made.first.split('id="ubekreftet"', 1)[1]


def test_the_intakes_figures_stand_beside_the_plans_own(usual: Page) -> None:
    found = usual.proposal.found
    rows = cells(usual, "tabell-maal")
    for number_, goal in ((3, "forstevalg"), (4, "reise")):
        name, unit = GOALS[goal]
        own, bound, proven, intake = rows[f"{number_}. {name}, {unit}"]
        assert own == formats.whole(usual.proposal.reckoned["planen", goal])
        assert number(bound) <= number(own)
        assert proven.startswith("ja") or proven == "nei"
        row = found["planen", goal]
        assert number(intake) == round(row["mean"])
        assert f"({formats.whole(row['p10'])}–{formats.whole(row['p90'])})" in intake
    empty = rows["Tomme plasser"][-1]
    assert number(empty) == round(found["planen", "tomme_plasser"]["mean"])
    assert rows["1. Udekket behov, personer"][-1] == ".."
    assert "80 %-intervall" in usual.findings.replace(formats.SPACE, " ")


def test_the_plan_stands_beside_its_alternatives_with_all_goals(usual: Page) -> None:
    head = usual.html.split('<table id="tabell-alternativer">', 1)[1].split("</thead>", 1)[0]
    for name in (
        "Planen",
        "Årets klasser videreført",
        "Plasser etter søkere",
        "Plasser etter behov",
    ):
        assert f">{name}</th>" in head
    rows = table_rows(usual.html, "tabell-alternativer")
    names = [row[0] for row in rows if "egen regning" in row[1]]
    assert names == [GOALS[goal][0] for goal in usual.proposal.order]
    assert sum("inntak" in row[1] for row in rows) == 3
    assert all(len(row) == 6 for row in rows)
    unmet = rows[0][2:]
    assert unmet == [
        formats.whole(usual.proposal.reckoned[plan, "udekket_behov"])
        for plan in usual.proposal.names
    ]


def test_without_an_intake_the_document_says_so(handed: Handed) -> None:
    made = page(proposal(handed, solved(), intake=False))
    assert "ikke prøvd i inntaket" in made.findings
    assert plan_goals.NOT_RUN in made.text
    assert "tabell-inntak" not in made.html


def test_every_school_has_its_offers_and_every_change_its_reason(usual: Page) -> None:
    tables = usual.proposal.tables
    for school in tables["classes"]["organisation_number"].unique():
        rows = table_rows(usual.html, f"skole-{school}")
        mine = tables["classes"].filter(organisation_number=school)
        assert len(rows) == mine.height
    total = cells(usual, "tabell-skoler")["Alle skoler"]
    assert number(total[1]) == tables["classes"]["classes"].sum()


def test_a_reason_says_nothing_twice_and_cites_principles_by_their_numbers(usual: Page) -> None:
    tables = usual.proposal.tables
    numbers = {p.id: str(n) for n, p in enumerate(DECLARED.principles.principle, 1)}
    listed = cells(usual, "tabell-prinsipper")
    assert [listed[str(n)][0] for n in range(1, len(numbers) + 1)] == [
        p.text for p in DECLARED.principles.principle
    ]
    assert tables["reasons"].height > 0
    for row in tables["reasons"].iter_rows(named=True):
        is_kept = row["classes"] == row["classes_now"]
        anchor = "hvorfor-som-i-aar" if is_kept else "hvorfor"
        told = cells(usual, f"{anchor}-{row['organisation_number']}")
        change, text, _, _, cited = told[f"{row['programme_area']}, Vg{row['level']}"]
        assert change.startswith(row["verdict"] if row["classes"] or row["classes_now"] else "ikke")
        assert text == row["text"]
        assert row["school"] not in text
        assert row["programme_area"] not in text
        assert cited == (
            ", ".join(sorted(numbers[p] for p in row["principles"].split(", ") if p)) or "ingen"
        )


def test_reasons_of_what_stands_are_folded_and_paper_says_so(usual: Page) -> None:
    before = usual.html.split('<table id="hvorfor-som-i-aar-', 1)[0]
    assert before.rindex("<details>") > before.rfind("</details>")
    assert "er som i år, står i dokumentet på skjerm." in usual.text


def test_who_would_move_and_the_forecast_behind_stand_with_the_reason(usual: Page) -> None:
    tables = usual.proposal.tables
    moves = tables["movers"].filter(way="fewer").sort("pupils", descending=True).row(0, named=True)
    key = {k: moves[k] for k in ("organisation_number", "programme_area_code")}
    row = tables["reasons"].filter(**key).row(0, named=True)
    behind = tables["leaning"].filter(**key).row(0, named=True)
    is_kept = row["classes"] == row["classes_now"]
    anchor = "hvorfor-som-i-aar" if is_kept else "hvorfor"
    told = cells(usual, f"{anchor}-{row['organisation_number']}")
    _, _, who, forecast, _ = told[f"{row['programme_area']}, Vg{row['level']}"]
    assert f"{formats.estimate(moves['pupils'])} fra " in html.unescape(who)
    assert f": {formats.estimate(behind['need_mean'])} (" in html.unescape(forecast)
    assert f"nok i {formats.share(behind['p_covered'])} av framtidene" in forecast


def test_ten_adult_places_and_a_grant_taken_away_are_seen(handed: Handed, usual: Page) -> None:
    problem = small()
    adults = replace(problem.adults, limit=np.array([10.0, np.inf]))
    offers = replace(problem.colleges, limit=np.array([0.0, np.inf]))
    after = page(proposal(handed, solved(replace(problem, adults=adults, colleges=offers))))
    before, now = (cells(p, "tabell-voksne")["Faget 1"] for p in (usual, after))
    assert (before[:3], now[:3]) == (["20", "20", "0"], ["20", "10", "10"])
    before, now = (cells(p, "tabell-fagskole")["Fagskole 1"] for p in (usual, after))
    assert (before[2:4], now[2:4]) == (["30", "0"], ["0", "30"])
    assert "så mange som det er spurt etter" in usual.findings
    assert "10 færre enn det er spurt etter (Faget 1 10)" in after.findings
    assert "30 færre enn det er spurt etter (Fagskole 1 30)" in after.findings
    need = "1. Udekket behov, personer"
    gap = number(cells(after, "tabell-maal")[need][0]) - number(
        cells(usual, "tabell-maal")[need][0]
    )
    assert gap == pytest.approx(40, abs=3)
    cost = [p.proposal.reckoned["planen", "kostnad"] for p in (usual, after)]
    assert cost[0] - cost[1] >= 30 * 100


def test_a_workshop_that_is_closed_is_seen(handed: Handed, usual: Page) -> None:
    problem = small()
    before = cells(usual, "skole-1")["AAAAA1----"]
    assert number(before[2]) > 0
    closed = replace(problem.rooms, most=np.array([0.0]))
    after = page(proposal(handed, solved(replace(problem, rooms=closed))))
    now = cells(after, "skole-1")["AAAAA1----"]
    assert now[2:4] == ["–", "legges ned"]
    assert after.findings != usual.findings
    assert "1 legges ned" in after.findings
    assert "det er ikke rom: verksted, 1" in after.text
    other = [cells(p, "skole-3")["AAAAA1----"][2] for p in (usual, after)]
    assert number(other[1]) > number(other[0]), "the classes are where there is room"


def test_a_workshop_that_cannot_be_closed_is_explained() -> None:
    closed = Rooms(("verksted, 4",), np.array([[False] * 7 + [True]]), np.array([0.0]))
    with pytest.raises(Infeasible, match="verksted, 4"):
        solved(replace(small(), rooms=closed))


def test_placement_at_65_per_cent_is_seen(handed: Handed, usual: Page) -> None:
    problem = small()
    fewer = replace(problem.apprentice, draws=problem.apprentice.draws * 0.65 / 0.8)
    after = page(proposal(handed, solved(replace(problem, apprentice=fewer))))
    goal = "2. Uten læreplass, søkere"
    before, now = (number(cells(p, "tabell-maal")[goal][0]) for p in (usual, after))
    assert now > before
    told = [re.search(r"([\d ]+) søkere ventes å stå", p.findings) for p in (usual, after)]
    assert [m and number(m[1]) for m in told] == [before, now]


def test_adults_who_are_few_are_closed_with_one_more(handed: Handed) -> None:
    demand = np.array([3.0, 12.0, 40.0])
    few = Adults(
        ("T1", "T2", "T3"),
        ("Faget 1", "Faget 2", "Faget 3"),
        demand,
        np.full(3, np.inf),
        np.full(3, 100.0),
        15,
        1.0,
    )
    made = page(proposal(handed, solved(replace(small(), adults=few)), intake=False))
    rows = cells(made, "tabell-voksne")
    assert rows["Faget 1"][:3] == [":", ":", ":"]
    assert [row[0] for row in rows.values()].count(":") >= 2, "one alone could be worked out"
    assert rows["Faget 3"][:2] == ["40", "40"]
    assert rows["Alle fag"][:2] == ["55", "55"]


def test_classes_set_by_hand_stand_with_reason_and_distance(handed: Handed, usual: Page) -> None:
    free = solved()
    forced = solve.override(free, [Fixed(3, 0.0, "ingen lærer <i år>")])
    made = page(proposal(handed, forced, free=free, intake=False))
    (row,) = table_rows(made.html, "tabell-for-haand")
    assert row[0] == "Skole 2"
    assert row[-1] == "ingen lærer &lt;i år&gt;"
    assert "1 tilbud er satt for hånd" in made.findings
    apart = cells(made, "tabell-avstand")
    assert number(apart["Klasser som er andre"][-1]) >= 1
    assert len(apart) == 8
    assert "Ingen klasser er satt for hånd" in usual.text
    assert "tabell-avstand" not in usual.html


def test_a_goal_order_set_in_the_cycle_is_told(handed: Handed) -> None:
    made = proposal(handed, solved(), intake=False)
    told = {"cycle": "2027/28", "by": "Kompetanseforum", "reason": "Fagbrev haster."}
    manifest = {**made.manifest, "priority": told}
    text = page(replace(made, manifest=manifest)).text
    assert "satt i årshjulet for 2027/28 av Kompetanseforum. Begrunnelse: Fagbrev haster." in text
    assert "ingen er satt i et årshjul" in page(made).text


def test_first_choices_above_need_are_told_with_the_reason(handed: Handed) -> None:
    problem = small()
    goals = (problem.goals[2], *problem.goals[:2], *problem.goals[3:])
    rules = DECLARED.rules.model_copy(update={"reason": "Kullene faller"})
    made = page(
        proposal(
            handed,
            solved(replace(problem, goals=goals)),
            intake=False,
            declared=replace(DECLARED, rules=rules),
        )
    )
    assert "(§ 5-3) fordi: Kullene faller" in made.text
    assert next(iter(cells(made, "tabell-maal"))) == "1. Uten førstevalget, elever"
