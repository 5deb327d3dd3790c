"""Constructed files about adults and colleges: published totals, known codes, few closed."""

from __future__ import annotations

import polars as pl
import pytest
from sample_files import klass, published

from tasks.demo.construct_common import SAMPLE
from tasks.settings import CHECKOUT

FILES = {
    "fagskoletilbud",
    "fagskoletilskudd",
    "kvalifiseringslop",
    "karriereveiledning",
    "bio_ramme",
    "bio_prosjekter",
    "kompetansetiltak",
    "handlingsplan",
    "handlingsplan_evaluering",
    "aktorer",
    "kurs",
}


def file(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "county" / f"{name}.csv", separator=";", infer_schema=False)


def reference(name: str) -> pl.DataFrame:
    return pl.read_csv(CHECKOUT / "data" / "reference" / f"{name}.csv", infer_schema=False)


def number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64)


@pytest.mark.parametrize("name", sorted(FILES))
def test_marked_with_bom_and_semicolon(name: str) -> None:
    assert (SAMPLE / "county" / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert set(file(name)["konstruert"]) == {"true"}


def test_the_colleges_of_2022_are_the_published_ones() -> None:
    known = {
        row["measure"]: float(row["value"])
        for row in published("vocational_college_funding").iter_rows(named=True)
    }
    grants = file("fagskoletilskudd").filter(aar="2022")
    assert grants["fagskolenummer"].n_unique() == known["colleges"]
    assert grants.select(number("plasser_vaar")).sum().item() == known["places_spring"]
    assert grants.select(number("plasser_hoest")).sum().item() == known["places_autumn"]
    assert round(grants.select(number("tilskudd_kr")).sum().item() / 1e6, 1) == known["grant"]
    rates = dict(grants.select("studieform", number("sats_kr")).unique().iter_rows())
    assert (rates["stedbasert"], rates["nett"]) == (known["rate_on_site"], known["rate_net"])


def test_no_offer_starts_before_its_accreditation() -> None:
    offers = file("fagskoletilbud").filter(akkreditering="akkreditert")
    codes = ["fagskolenummer", "tilbudskode"]
    grants = file("fagskoletilskudd").join(offers, on=codes, how="left")
    assert grants["akkreditert_dato"].null_count() == 0
    assert (grants["aar"] >= grants["akkreditert_dato"].str.head(4)).all()
    in_dbh = pl.read_csv(SAMPLE / "dbh" / "556.csv", infer_schema=False)
    known = set(in_dbh.select("Fagskolenummer", "Utdanningstilbudets kode").iter_rows())
    assert set(offers.select(codes).iter_rows()) == known
    planned = set(file("fagskoletilbud").select(codes).iter_rows()) - known
    assert planned
    assert not planned & set(grants.select(codes).iter_rows())


def test_codes_exist() -> None:
    today = klass("131/codes.csv").filter(
        pl.col("code").str.starts_with("50"), pl.col("validTo").is_null()
    )
    places = set(today["code"])
    for name in sorted(FILES):
        for column in {"kommune", "vertskommune"} & set(file(name).columns):
            assert set(file(name)[column]) <= places | {"50"}, name
    trades = reference("crosswalk_trade_programme_area")
    assert set(file("kvalifiseringslop").select("fagkode", "fag", "yrke").iter_rows()) <= set(
        trades.select("trade_code", "name", "occupation_code").iter_rows()
    )
    register = pl.read_csv(SAMPLE / "brreg" / "establishments.csv", infer_schema=False)
    assert set(file("bio_prosjekter").select("orgnr", "naering", "kommune").iter_rows()) <= set(
        register.select("organisasjonsnummer", "naeringskode", "kommunenummer").iter_rows()
    )
    words = set(reference("code_name").select("list", "code").iter_rows())
    for name, column, codes in (
        ("fagskoletilbud", "studieform", "offer_mode"),
        ("fagskoletilbud", "akkreditering", "accreditation"),
        ("karriereveiledning", "gruppe", "guidance_group"),
        ("bio_prosjekter", "tilstand", "training_state"),
        ("kompetansetiltak", "maalgruppe", "target_group"),
        ("handlingsplan", "tilstand", "action_state"),
        ("handlingsplan_evaluering", "vurdering", "evaluation_rating"),
        ("aktorer", "rolle", "actor_role"),
        ("kurs", "studieform", "offer_mode"),
    ):
        assert {(codes, word) for word in file(name)[column]} <= words, (name, column)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("kvalifiseringslop", ["startet", "i_lop", "fagbrev", "i_arbeid"]),
        ("karriereveiledning", ["personer"]),
        ("bio_prosjekter", ["deltakere"]),
        ("kompetansetiltak", ["deltakere"]),
    ],
)
def test_few_persons_are_closed(name: str, columns: list[str]) -> None:
    said = pl.concat([file(name)[column].rename("said") for column in columns])
    counts = said.filter(said != "*").cast(pl.Int64)
    assert "*" in set(said)
    assert counts.filter((counts > 0) & (counts < 5)).is_empty()


def test_grants_stay_within_the_frame() -> None:
    granted = file("bio_prosjekter").group_by("aar").agg(number("innvilget_kr").sum())
    both = granted.join(file("bio_ramme").with_columns(number("ramme_kr")), on="aar")
    assert len(both) == 7
    assert (both["innvilget_kr"] <= both["ramme_kr"]).all()
    assert (both["innvilget_kr"] > 0.4 * both["ramme_kr"]).all()


def test_every_evaluation_is_of_a_measure() -> None:
    measures = file("handlingsplan").select("plan", "nr")
    evaluations = file("handlingsplan_evaluering")
    assert evaluations.join(measures, on=["plan", "nr"], how="anti").is_empty()
