"""Constructed intake, transitions and apprenticeship: they add up to what is published."""

from __future__ import annotations

import polars as pl
from sample_files import SCHOOL_YEARS, county, page, published

from tasks.demo.closed_cells import close
from tasks.demo.construct_common import SAMPLE

FIGURES = {
    "inntak": ["primaersoekere", "soekere", "tilbud_foerstevalg", "elever"],
    "overganger": ["antall"],
    "kontrakter": ["kontrakter"],
    "fagbrev": ["fagbrev"],
    "formidling": ["soekere", "med_kontrakt"],
    "voksenmoduler": ["deltakere", "fagbrev"],
}


def table(name: str) -> pl.DataFrame:
    frame = pl.read_csv(SAMPLE / "county" / f"{name}.csv", separator=";", infer_schema=False)
    return frame.with_columns(pl.col(FIGURES[name]).cast(pl.Int64, strict=False))


def test_small_counts_of_persons_are_closed() -> None:
    for name, figures in FIGURES.items():
        for figure in figures:
            assert table(name).filter(pl.col(figure).is_between(1, 4)).is_empty(), (name, figure)
    intake = table("inntak").with_columns(
        gone=pl.col(FIGURES["inntak"][0]) - pl.col("tilbud_foerstevalg")
    )
    assert intake.filter(pl.col("gone").is_between(1, 4)).is_empty()


def test_what_follows_from_a_known_sum_is_closed_too() -> None:
    counts = {("a", "x"): 3, ("a", "y"): 9, ("a", "z"): 40, ("b", "x"): 8, ("b", "y"): 0}
    closed = close(counts, (lambda key: key[0],))
    assert closed == {("a", "x"): "*", ("a", "y"): "*", ("a", "z"): "40", ("b", "x"): "8",
                      ("b", "y"): "0"}  # fmt: skip
    # Two who can only be one each are as open as one alone.
    ones = {("a", "x"): 1, ("a", "y"): 1, ("a", "z"): 7, ("a", "w"): 30}
    assert list(close(ones, (lambda key: key[0],)).values()) == ["*", "*", "*", "30"]


def test_pupils_of_schools_without_closed_cells_are_the_published() -> None:
    youth = table("inntak").filter(gruppe="ungdom")
    schools = youth.group_by("skoleaar", "orgnr").agg(
        pl.col("elever").sum(), hidden=pl.col("elever").is_null().any()
    )
    known = published("pupils_by_school").select(
        pl.col("school_year").alias("skoleaar"), "orgnr", pl.col("pupils").cast(pl.Int64)
    )
    both = known.join(schools, on=["skoleaar", "orgnr"])
    assert len(both) == len(known)
    assert both.filter(~pl.col("hidden"), pl.col("elever") != pl.col("pupils")).is_empty()
    assert both.filter("hidden", pl.col("elever") >= pl.col("pupils")).is_empty()
    # Closed are a handful of schools, and so few pupils that the county's number nearly shows.
    assert both["hidden"].sum() < 30
    shown = dict(both.group_by("skoleaar").agg(pl.col("elever").sum()).iter_rows())
    assert all(0.98 * n < shown[year] <= n for year, n in SCHOOL_YEARS.items())


def test_places_of_the_newest_year_are_the_capacity() -> None:
    now = table("inntak").filter(skoleaar="2025-26", gruppe="ungdom")
    capacity = county("kapasitet").filter(gyldig_fra="2025-08-01")
    key = ["orgnr", "programomraade", "trinn"]
    both = now.join(capacity, on=key, how="full", coalesce=True, suffix="_file")
    assert both["plasser"].cast(pl.Int64).to_list() == both["plasser_file"].to_list()


def test_first_choices_are_the_published_applicants_to_school() -> None:
    applied = published("applicants").filter(region_code="50", kind="skole")
    for year, number in (("2024-25", 15_585), ("2025-26", 15_758)):
        assert applied.filter(year=year[:4])["applicants"].to_list() == [str(number)]
        youth = table("inntak").filter(skoleaar=year, gruppe="ungdom")
        hidden = youth["primaersoekere"].null_count()
        assert number - 20 * hidden <= youth["primaersoekere"].sum() <= number
    limits = published("vg1_offers_2025").filter(status="open").select("orgnr", "programme_code")
    vg1 = table("inntak").filter(skoleaar="2025-26", gruppe="ungdom", trinn="1")
    opened = vg1.with_columns(programme_code=pl.col("programomraade").str.head(2)).join(
        published("vg1_offers_2025").group_by("orgnr", "programme_code").agg(
            every=(pl.col("status") == "open").all()), on=["orgnr", "programme_code"]
    )  # fmt: skip
    assert len(limits) > 90
    turned_away = pl.col("primaersoekere") - pl.col("tilbud_foerstevalg")
    assert opened.filter("every", turned_away > 0).is_empty()
    assert opened.filter(~pl.col("every"), turned_away > 0).height > 20


def test_where_pupils_went_adds_up_to_the_pupils() -> None:
    gone = (
        table("overganger")
        .group_by("skoleaar", "programomraade")
        .agg(pl.col("antall").sum(), hidden=pl.col("antall").is_null().any())
    )
    here = (
        county("elever")
        .filter(pl.col("skoleaar") < "2025-26")
        .group_by("skoleaar", "programomraade")
        .agg(pl.col("elever").sum())
    )
    both = here.join(gone, on=["skoleaar", "programomraade"])
    assert len(both) == len(here)
    assert both.filter(~pl.col("hidden"), pl.col("antall") != pl.col("elever")).is_empty()
    # Each closed cell stands for somebody, and none for as many as a class.
    assert both.filter("hidden", pl.col("antall") >= pl.col("elever")).is_empty()


def test_contracts_and_placement_are_the_published_by_programme() -> None:
    programme = pl.col("laerefag").str.head(2)
    apprentices = table("kontrakter").filter(
        pl.col("telt").str.ends_with("-10-01"), kontraktstype="laerling", sted="50"
    )
    for day in ("2024-10-01", "2025-10-01"):
        found = (
            apprentices.filter(telt=day)
            .group_by(programme)
            .agg(pl.col("kontrakter").sum(), hidden=pl.col("kontrakter").is_null().any())
        )
        known = dict(_programmes("FOY_LK_FylkUtdprogAar", day, "Løpende lærekontrakter"))
        assert len(found) == len(known) == 10
        for code, number, hidden in found.iter_rows():
            assert hidden or number == known[code], (day, code)
    for day in ("2024-12-31", "2025-10-01", "2025-12-31"):
        for column, measure in (("soekere", "Søkere til læreplass"),
                                ("med_kontrakt", "Godkjente kontrakter")):  # fmt: skip
            found = (
                table("formidling")
                .filter(telt=day)
                .group_by(programme)
                .agg(pl.col(column).sum(), hidden=pl.col(column).is_null().any())
            )
            known = dict(_programmes("FOY_SL_FylkUtdprogAar", day, measure))
            # Nearly every programme has a trade where few are left without a contract.
            assert column == "med_kontrakt" or not found["hidden"].all()
            for code, number, hidden in found.iter_rows():
                assert (number <= known[code]) if hidden else (number == known[code]), (day, code)


def test_regions_tell_what_municipalities_cannot() -> None:
    regions = pl.read_csv(SAMPLE.parent / "reference/region_membership.csv", infer_schema=False)
    above = dict(
        regions.filter(pl.col("region_code").str.starts_with("intake-"))
        .select("municipality_code", "region_code")
        .iter_rows()
    )
    above |= dict.fromkeys(above.values(), "50")
    for name, period, kind in (("kontrakter", "telt", "kontraktstype"), ("fagbrev", "aar", "vei")):
        (figure,) = FIGURES[name]
        rows = table(name)
        key = [period, "laerefag", "sted", kind]
        one = pl.col(kind) != "alle"
        parts = [
            rows.filter(one).with_columns(pl.lit("alle").alias(kind)),
            rows.filter(pl.col("sted") != "50").with_columns(pl.col("sted").replace(above)),
        ]
        # Of municipalities only all together are told; of each region and the county all kinds are.
        assert rows.filter(one, pl.col("sted").str.len_chars() == 4).is_empty()
        for part in parts:
            whole = part.group_by(key).agg(
                pl.col(figure).sum().alias("open"), closed=pl.col(figure).null_count()
            )
            both = whole.join(rows, on=key, how="left")
            shown = pl.col(figure).is_not_null()
            assert both.filter(~pl.col("open").eq_missing(pl.col(figure)), closed=0).is_empty()
            assert both.filter(shown, pl.col("closed") == 1).is_empty()
            assert both.filter(
                shown, pl.col("closed") > 1, pl.col("open") >= pl.col(figure)
            ).is_empty()
        # Much of what a small region's municipalities close comes out in the region.
        place = rows.filter(
            ~one, pl.col("sted").is_in([c for c, r in above.items() if r == "intake-fosen"])
        )
        region = rows.filter(~one, sted="intake-fosen")
        assert region[figure].sum() > 1.5 * place[figure].sum() > 0


def test_certificates_of_a_region_vary_and_follow_its_contracts() -> None:
    def fosen(name: str, kind: str) -> pl.DataFrame:
        return table(name).filter(
            pl.col(kind) == "alle", sted="intake-fosen", laerefag="HSHEA3----"
        )

    passed = fosen("fagbrev", "vei")["fagbrev"].to_list()
    running = fosen("kontrakter", "kontraktstype")["kontrakter"].to_list()
    assert len(passed) == 10
    assert len(running) == 20
    assert len(set(passed)) > 4
    assert 0.4 < 2 * sum(passed) / sum(running) < 0.8


def _programmes(name: str, day: str, measure: str) -> list[tuple[str, int]]:
    rows = page(name).filter(
        pl.col("id").str.starts_with("1.44."), filter=day[:4] + day[5:7], measure=measure
    )
    value = pl.col("value").str.replace_all(" ", "").cast(pl.Int64)
    return list(rows.select("kode", value).iter_rows())


def test_training_establishments_are_in_the_register_and_train_what_their_industry_does() -> None:
    approved = pl.read_csv(SAMPLE / "county/laerebedrifter.csv", separator=";", infer_schema=False)
    register = pl.read_csv(SAMPLE / "brreg/establishments.csv", infer_schema=False)
    trades = pl.read_csv(SAMPLE / "assumptions/trades.csv", infer_schema=False)
    both = approved.join(register, left_on="orgnr", right_on="organisasjonsnummer").join(
        trades, left_on="laerefag", right_on="trade_code"
    )
    assert len(both) == len(approved) > 300
    assert all(row["naeringskode"] in row["industries"] for row in both.iter_rows(named=True))
    assert both["orgnr"].n_unique() < len(register) / 2
