"""Why and why not, as a planner asks: names, forecasts behind, rules that stop it, the command."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from small import AREAS, small
from stored import NOW, RUN, forecast, ground
from test_reassign import without_pair

from flows import cli
from tasks import plan_why, plans, runs
from tasks.errors import NotFound, WrongUse
from tasks.forecast.evaluation.series import PUPILS_PER_PROGRAMME, PUPILS_PER_REGION, THE_PROGRAMMES
from tasks.places import asked, explain, leaning, solve, why_not, words
from tasks.places.types import Problem
from tasks.settings import Settings

REGIONS = {"intake-a": "Fosen", "intake-b": "Namdal"}
PROGRAMMES = {"AA": "Bygg- og anleggsteknikk", "BB": "Studiespesialisering"}


def named() -> Problem:
    """The small county with names that a planner knows."""
    own = small().own
    schools = {"1": "Åfjord skole", "2": "Åfjord verksted", "3": "Grong skole", "4": "Meråker"}
    region = np.where(own.region == 0, "intake-a", "intake-b")
    cells = tuple(f"{AREAS[a]} {r}" for a, r in zip(own.area, region, strict=True))
    return small(
        need=replace(small().need, name=cells),
        own=replace(own, name=tuple(schools[s] for s in own.school)),
        area_names=("Bygg vg1", "Studie vg1", "Tømrer", "Rørlegger", "Språkfag"),
    )


@functools.cache
def plan():
    return solve.plan(named())


@functools.cache
def explainer():
    return explain.Explainer(plan())


def row(series, unit, model, used, **more):
    return {
        "series": series, "unit": unit, "model": model, "used": used, "horizon": 1, "n": 4,
        "n_origins": 2, "mape": 5.0, "bias": -2.0, "coverage80": None, "benchmark_mape": 6.5,
        "constructed": True,
    } | more  # fmt: skip


TRACK_RECORD = pl.DataFrame(
    [
        row(PUPILS_PER_PROGRAMME, "*", "elevstrøm", "faste andeler"),
        row(PUPILS_PER_PROGRAMME, "AA", "elevstrøm", "faste andeler", mape=3.0),
        row(PUPILS_PER_PROGRAMME, "AA", "faste andeler", "faste andeler", mape=2.0),
        row(PUPILS_PER_REGION, "AA|intake-a", "elevstrøm", THE_PROGRAMMES, mape=9.0),
        row(PUPILS_PER_REGION, "AA|intake-a", "faste andeler", THE_PROGRAMMES, mape=14.26),
    ],
    schema_overrides={"coverage80": pl.Float64},
)


@pytest.mark.parametrize(
    ("said", "number"), [("1", "1"), ("grong", "3"), ("Åfjord skole", "1"), (" meråker ", "4")]
)
def test_a_school_is_known_by_number_name_or_a_part_of_it(said, number):
    assert asked.school(named(), said) == number


def test_a_school_that_is_not_clear_is_asked_about():
    with pytest.raises(WrongUse, match="Åfjord skole, Åfjord verksted"):
        asked.school(named(), "åfjord")
    with pytest.raises(NotFound, match="velg blant Grong skole"):
        asked.school(named(), "gronk")
    with pytest.raises(WrongUse, match="en annens"):
        asked.school(named(), "Skole 9")
    with pytest.raises(NotFound, match="ingenting"):
        asked.school(named(), " ")


@pytest.mark.parametrize(
    ("said", "level", "found"),
    [
        ("AA", 2, ["AAAXX2----", "AAAYY2----"]),
        ("Bygg og anleggsteknikk", 1, ["AAAAA1----"]),
        ("bygg", 2, ["AAAXX2----", "AAAYY2----"]),
        ("Tømrer", 2, ["AAAXX2----"]),
        ("aaaxx2", 2, ["AAAXX2----"]),
    ],
)
def test_a_programme_is_all_its_areas_and_an_area_itself(said, level, found):
    assert asked.areas(named(), PROGRAMMES, said, level) == found


def test_an_area_at_another_level_or_of_no_name_is_told_of():
    with pytest.raises(NotFound, match="Tømrer på vg2"):
        asked.areas(named(), PROGRAMMES, "Tømrer", 1)
    with pytest.raises(NotFound, match="velg blant Tømrer"):
        asked.areas(named(), PROGRAMMES, "Tømer", 2)
    with pytest.raises(WrongUse, match="Tømrer, Rørlegger"):
        asked.one_area(named(), ["AAAXX2----", "AAAYY2----"], "AA")


def test_the_forecast_behind_is_the_plans_own_cell():
    found = leaning.of(plan(), 1)
    need, places = plan().problem.need.draws[1], 30.0 * plan().classes[1] + 15
    assert found.mean == pytest.approx(need.mean())
    assert (found.low, found.high) == tuple(np.quantile(need, (0.1, 0.9)))
    assert found.places == places
    assert found.covered == (need <= places).mean()
    assert (found.wished, found.wished_in_all) == (30, 58)
    table = leaning.table(plan())
    assert table.height == 8
    assert table["need_mean"][1] == found.mean


def test_the_record_is_of_what_is_used_and_of_the_finest_unit():
    rows = leaning.record(small(need_known=np.zeros(8, bool)), 2, TRACK_RECORD)
    assert rows.select("series", "unit", "model", "mape").rows() == [
        (PUPILS_PER_REGION, "AA|intake-a", "faste andeler", 14.26),
        (PUPILS_PER_PROGRAMME, "AA", "faste andeler", 2.0),
    ]
    assert leaning.hits(rows, REGIONS)[0] == (
        "Elever per utdanningsprogram og region, AA i Fosen: «faste andeler» har bommet med 14,3 % "
        "1 år fram (4 prøver, 2 år), 2,0 % for lavt, beste enkle metode med 6,5 %; prøvd på "
        "konstruerte tall."
    )
    none = leaning.record(small(), 7, TRACK_RECORD.clear())
    assert leaning.hits(none, REGIONS) == ["Ingen av anslagene er prøvd mot fasit i kjøringen."]


def test_why_not_names_the_rule_that_stops_it_and_what_would_have_to_give_way():
    more = explainer().marginal(0, 2.0)
    leans = leaning.of(plan(), 0)
    said = why_not.more(explainer(), 0, more, leans, REGIONS)
    assert "Fosen" in said[0]
    assert "budsjettet" in said[-1] or "ikke rom" in said[-1]
    fewer = explainer().marginal(7, -1.0)
    assert "29 med rett ville stå uten plass" in why_not.verdict(named(), words.fewer(fewer), fewer)


def test_why_not_tells_of_classes_that_too_few_would_fill():
    found = explainer().marginal(7, 3.0)
    leans = leaning.of(plan(), 7)
    said = why_not.more(explainer(), 7, found, leans, REGIONS)
    assert "alt dekket" in said[0]
    assert said[1].endswith("Det er for få innen rekkevidde.")
    assert "minstegrensen" in said[2]


@dataclass(frozen=True)
class Found:
    """What a class would change, without rules that stop it."""

    change: dict[str, float]
    breaks: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "ville ikke gitt noen forskjell"),
        (
            {"forstevalg": 3.0, "kostnad": -9000.0},
            "+3,0 elever uten førstevalget, og det går foran",
        ),
        ({"udekket_behov": -0.5, "kostnad": 9000.0}, "den kan godt settes for hånd"),
        ({"udekket_behov": -9.0}, "eller regn på nytt"),
    ],
)
def test_without_a_rule_that_stops_it_the_first_goal_that_differs_decides(change, said):
    every = dict.fromkeys((g.id for g in small().goals), 0.0) | change
    assert said in why_not.verdict(small(), words.MORE, Found(every))


def home_of(path, monkeypatch, solved, opened=None):
    """A home with a plan, and another problem once an opening is declared."""

    class Asked(type(ground())):
        def problem(self):
            return opened if self.declared.rules.opening else solved.problem

    made = ground()
    frames = made.frames | {
        "programmes": pl.DataFrame(list(PROGRAMMES.items()), ["programme_code", "programme"],
                                   orient="row"),
        "regions": pl.DataFrame(list(REGIONS.items()), ["region_code", "region"], orient="row"),
    }  # fmt: skip
    run = runs.Run("2027-28-run", RUN, {"track_record": TRACK_RECORD})
    mine = Asked(run, forecast(), frames, made.declared)
    monkeypatch.setattr(plans, "ground_of", lambda *_: mine)
    settings = Settings(home=path)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(path))
    return settings, plans.store(settings.rooms, mine, solved, NOW)


def test_the_newest_plan_is_asked_and_everything_is_told(tmp_path, monkeypatch, capsys):
    _, made = home_of(tmp_path, monkeypatch, plan())
    assert cli.run(["why", "Meråker", "Språkfag", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Plan {made}." in told
    assert "Meråker, Språkfag: som i år, 1." in told
    assert "29 elever måtte gått et annet sted (20 fra Fosen, 9 fra Namdal)" in told
    assert "29 uten plass (20 fra Fosen, 9 fra Namdal)" in told
    assert "Behovet er arbeidslivets: 30 som begynner på Språkfag" in told
    assert "Slik har anslagene truffet" in told
    assert "Flest mulig skal få sitt førstevalg." in told
    assert cli.run(["why", "Meråker", "Språkfag", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answers"][0]["area"] == AREAS[4]


def test_a_programme_with_several_areas_is_answered_for_each_and_re_solved_for_one(
    tmp_path, monkeypatch, capsys
):
    home_of(tmp_path, monkeypatch, plan())
    assert cli.run(["why", "Grong", "AA", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Grong skole, Tømrer" in told
    assert "Skolen har ikke Rørlegger." in told
    assert cli.run(["why", "verksted", "AA", "2", "--re-solve", "2"]) == 2
    capsys.readouterr()
    assert cli.run(["why", "Grong", "Tømrer", "2", "--re-solve", "1.3"]) == 2
    assert "1,3 på 3 AAAXX2----" in capsys.readouterr().err
    assert cli.run(["why", "Grong", "Tømrer", "2", "--re-solve", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Med 2 klasser og resten av planen regnet på nytt: " in told


def test_what_the_rules_forbid_is_told_when_the_plan_is_made_anew(tmp_path, monkeypatch):
    settings, _ = home_of(tmp_path, monkeypatch, plan())
    found = plan_why.ask(settings, "Meråker", "Språkfag", 2, again=0.0)
    assert "Språkfag" in found.answers[0].again[0]
    assert "rett" in found.answers[0].again[0]


def test_what_the_school_does_not_offer_is_answered_as_an_opening(tmp_path, monkeypatch, capsys):
    problem = named()
    without = solve.plan(without_pair(problem, 5))
    opened = replace(problem, own=replace(problem.own, classes=np.append(
        np.append(problem.own.classes[:5], 0.0), problem.own.classes[6:])))  # fmt: skip
    settings, _ = home_of(tmp_path, monkeypatch, without, opened)
    found = plan_why.ask(settings, "Grong", "Studie vg1", 1)
    answer = found.answers[0]
    assert (answer.school, answer.area, answer.is_opening) == ("3", AREAS[1], True)
    assert "ikke i år, og ikke i planen" in answer.reason
    assert any("elever ville gått her" in said for said in answer.travel)
    assert cli.run(["why", "Grong", "Studie vg1", "1"]) == 0
    assert "[[opening]]" in capsys.readouterr().out


def test_without_a_plan_the_planner_is_told_how_to_make_one(tmp_path):
    with pytest.raises(NotFound, match="plan places"):
        plan_why.ask(Settings(home=tmp_path), "Grong", "AA", 1)
