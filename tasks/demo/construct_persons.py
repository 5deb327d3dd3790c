"""Constructed files about persons in the layouts of VIGO's exports, of real size.

    python -m tasks.demo.construct_persons <folder> [--years 7]

Nobody in them exists: numbers are of the series for test persons (80 added to the month), and every
row says `konstruert`. They add up to what is published: pupils by school, applicants to school and
to apprenticeship, running contracts by programme. Years that are not published are the nearest
published one, scaled by the cohort of 16-18-year-olds. A person who goes on has the same number the
next year, so files of different years and kinds can be linked as real ones can.

The files are too big to be kept in the repository, and are laid in `inbox/vigo` by whoever wants
to see them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import SAMPLE, Ints, published, share_out, stream
from tasks.demo.person_register import Register

LAST_YEAR = 2025
YEARS = 7
APPLIED_LAST = 2026
SCHOOL_YEARS = (2023, 2024, 2025)
# What is assumed of what nobody publishes.
LEAVES = {1: 0.02, 2: 0.035, 3: 0.03}
CONTRACT_TYPES = {
    "laerling": 0.84,
    "laerekandidat": 0.06,
    "praksisbrev": 0.01,
    "fagbrev_paa_jobb": 0.09,
}
CERTIFICATES_PER_CONTRACT = 0.42
PRACTICE_CANDIDATES = 0.22
RESULTS = {"bestaatt": 0.72, "bestaatt_meget_godt": 0.21, "ikke_bestaatt": 0.07}
FIRST_NAMES = ["Testperson", "Prøvine", "Eksempla", "Liksomar", "Dikta"]
LAST_NAMES = ["Konstruert", "Oppdiktet", "Finnesikke", "Prøverud", "Testdal"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Constructed files about persons.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--years", type=int, default=YEARS)
    chosen = parser.parse_args(arguments)
    for name, frame in files(chosen.years).items():
        write(chosen.folder / name, frame)


def write(path: Path, frame: pl.DataFrame) -> None:
    """Write one file as VIGO would: BOM, semicolons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path, separator=";", include_bom=True)


def files(years: int = YEARS) -> dict[str, pl.DataFrame]:
    """All files by name, for so many years up to the last published one."""
    register = Register()
    pupils = _pupils(years, register)
    made: dict[str, pl.DataFrame] = {}
    for year, rows in pupils.items():
        made[f"elever_{_school_year(year)}.csv"] = _pupil_file(year, rows)
        # Who is a pupil in autumn applied in spring.
        made[f"sokere_{year}.csv"] = _applicant_file(year, rows, register)
    made[f"sokere_{APPLIED_LAST}.csv"] = _applicant_file(APPLIED_LAST, pupils[LAST_YEAR], register)
    for year in pupils:
        contracts = _contracts(year, pupils, register)
        made[f"kontrakter_{year}.csv"] = contracts
        made[f"prover_{year}.csv"] = _tests(year, contracts, register)
    return made


def _school_year(year: int) -> str:
    return f"{year}-{(year + 1) % 100:02}"


def _cells(year: int) -> pl.DataFrame:
    """Pupils of a year by school, programme area, level and home, whole numbers.

    Columns: orgnr, programomraade, trinn, bostedskommune, elever.
    """
    rows = pl.read_csv(SAMPLE / "county" / "elever.csv", separator=";", infer_schema=False)
    nearest = min(SCHOOL_YEARS, key=lambda known: abs(known - year))
    keys = ["orgnr", "programomraade", "trinn", "bostedskommune"]
    cells = rows.filter(skoleaar=_school_year(nearest)).select(
        *keys, pl.col("elever").cast(pl.Int64)
    )
    if nearest == year:
        return cells
    counts = cells["elever"].to_numpy()
    total = round(counts.sum() * _cohort(year) / _cohort(nearest))
    return cells.with_columns(elever=pl.Series(share_out(total, counts.astype(np.float64))))


def _cohort(year: int) -> float:
    rows = published("cohort_16_18").filter(region_code="50", year=str(max(year, 2016)))
    return float(rows["persons"][0])


def _pupils(years: int, register: Register) -> dict[int, pl.DataFrame]:
    """One row per pupil and year: number, sex, birth year, and where; oldest year first."""
    made: dict[int, pl.DataFrame] = {}
    for year in range(LAST_YEAR - years + 1, LAST_YEAR + 1):
        places = _places(year)
        persons = pl.DataFrame(schema=["person", "kvinne", "fodselsaar", "level", "track", "place"])
        if (before := made.get(year - 1)) is not None:
            # The same person goes up one level on the same programme, as far as there are any.
            up = before.select(
                "person", "kvinne", "fodselsaar", "track", (pl.col("level") + 1).alias("level")
            )
            persons = up.with_columns(place=pl.int_range(pl.len()).over("level", "track"))
        key = ["level", "track", "place"]
        known = places.join(persons, on=key, maintain_order="left") if persons.height else None
        new = (
            places.join(persons, on=key, how="anti", maintain_order="left")
            if persons.height
            else places
        )
        fresh = register.persons(_birth_years(year, new))
        every = [pl.concat([new, fresh], how="horizontal")]
        if known is not None:
            every.append(known.select(every[0].columns))
        made[year] = pl.concat(every)
    return made


def _places(year: int) -> pl.DataFrame:
    """One row per pupil, without the person: programme, level and a number within both."""
    places = _cells(year).select(pl.all().repeat_by("elever").explode()).drop("elever")
    places = places.with_columns(
        track=pl.col("programomraade").str.slice(0, 2), level=pl.col("trinn").cast(pl.Int8)
    ).sort("level", "track", "orgnr", "programomraade", "bostedskommune")
    return places.with_columns(place=pl.int_range(pl.len()).over("level", "track"))


def _birth_years(year: int, rows: pl.DataFrame) -> Ints:
    """Sixteen in Vg1, and so on; some are older, and a few are grown up."""
    generator = stream("persons", "born", str(year))
    older = generator.choice([0, 1, 2, 6, 15], rows.height, p=[0.86, 0.08, 0.03, 0.02, 0.01])
    born: Ints = year - 15 - rows["level"].to_numpy().astype(np.int64) - older
    return born


def _named(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Put made-up names and addresses on persons, for the way in to take off again."""
    generator = stream("persons", "names", key)
    first = generator.integers(0, len(FIRST_NAMES), rows.height)
    last = generator.integers(0, len(LAST_NAMES), rows.height)
    house = generator.integers(1, 200, rows.height)
    return rows.select(
        pl.col("person").alias("fodselsnummer"),
        pl.Series("fornavn", FIRST_NAMES).gather(first),
        pl.Series("etternavn", LAST_NAMES).gather(last),
        ("Liksomveien " + pl.Series("adresse", house).cast(pl.String)).alias("adresse"),
        pl.lit("0000").alias("postnummer"),
        pl.when("kvinne").then(pl.lit("kvinne")).otherwise(pl.lit("mann")).alias("kjonn"),
        "fodselsaar",
        "bostedskommune",
    )


def _with(rows: pl.DataFrame, key: str, **columns: pl.Expr) -> pl.DataFrame:
    told = rows.select(konstruert=pl.lit("true"), **columns)
    return pl.concat([_named(rows, key), told], how="horizontal")


def _pupil_file(year: int, rows: pl.DataFrame) -> pl.DataFrame:
    generator = stream("persons", "left", str(year))
    chance = rows["level"].replace_strict(LEAVES, default=0.03).to_numpy()
    left = pl.Series(generator.random(rows.height) < chance)
    day = generator.integers(0, 240, rows.height)
    rows = rows.with_columns(left=left, day=pl.Series(day))
    stopped = (
        pl.lit(f"{year}-10-05").str.to_date().dt.offset_by(pl.col("day").cast(pl.String) + "d")
    )
    return _with(
        rows,
        f"pupil{year}",
        skoleaar=pl.lit(_school_year(year)),
        skole_orgnr=pl.col("orgnr"),
        programomraade=pl.col("programomraade"),
        trinn=pl.col("trinn"),
        status=pl.when("left").then(pl.lit("sluttet")).otherwise(pl.lit("elev")),
        sluttdato=pl.when("left").then(stopped.cast(pl.String)),
    )


def _applicants_published(year: int, kind: str) -> int:
    rows = published("applicants").filter(region_code="50", kind=kind)
    known = {int(y): int(n) for y, n in rows.select("year", "applicants").iter_rows()}
    nearest = min(known, key=lambda y: abs(y - year))
    return round(known[nearest] * _cohort(min(year, LAST_YEAR)) / _cohort(min(nearest, LAST_YEAR)))


def _applicant_file(year: int, rows: pl.DataFrame, register: Register) -> pl.DataFrame:
    """Applicants to school with one to three wishes, and to apprenticeship with one or two."""
    school, work = (_applicants_published(year, kind) for kind in ("skole", "laereplass"))
    generator = stream("persons", "applicants", str(year))
    vocational = rows.filter(pl.col("level") == 2, ~pl.col("track").is_in(["ST", "ID", "MD", "KD"]))
    to_work = vocational.sample(work, seed=year, with_replacement=work > vocational.height)
    others = rows.join(to_work.select("person"), on="person", how="anti", maintain_order="left")
    to_school = others.sample(min(school, others.height), seed=year)
    if missing := school - to_school.height:
        # Adults and others who did not become pupils: persons of their own.
        people = register.persons(generator.integers(year - 50, year - 20, missing))
        grown = rows.sample(missing, seed=year + 1, with_replacement=True).with_columns(people)
        to_school = pl.concat([to_school, grown])
    wishes = [
        _wishes(to_school, "skole", (1.0, 0.85, 0.7), generator),
        _wishes(
            to_work.unique("person", keep="first", maintain_order=True),
            "laereplass",
            (1.0, 0.35),
            generator,
        ),
    ]
    every = pl.concat(wishes).sort("person", "soker_til", "prioritet")
    return _with(
        every,
        f"applicant{year}",
        soknadsaar=pl.lit(str(year)),
        prioritet=pl.col("prioritet"),
        soker_til=pl.col("soker_til"),
        programomraade=pl.col("programomraade"),
        trinn=pl.col("trinn"),
        skole_orgnr=pl.when(pl.col("soker_til") == "skole").then("orgnr"),
        rett=pl.when(pl.col("fodselsaar") < year - 19)
        .then(pl.lit("voksen"))
        .otherwise(pl.lit("ungdom")),
    )


def _wishes(
    rows: pl.DataFrame, kind: str, chances: Sequence[float], generator: np.random.Generator
) -> pl.DataFrame:
    """Each person's wishes; what is wished after the first is what somebody else wished first."""
    made = []
    for place, chance in enumerate(chances, start=1):
        other = rows.select("orgnr", "programomraade").gather(generator.permutation(rows.height))
        wished = rows if place == 1 else rows.with_columns(other)
        wished = wished.with_columns(
            trinn=pl.col("programomraade").str.slice(5, 1),
            soker_til=pl.lit(kind),
            prioritet=pl.lit(str(place)),
        )
        made.append(wished.filter(pl.Series(generator.random(rows.height) < chance)))
    return pl.concat(made)


def _contracts(year: int, pupils: dict[int, pl.DataFrame], register: Register) -> pl.DataFrame:
    """Running contracts on 1 October: the published total, on programmes as in the sample."""
    split = _contracts_by_programme(year)
    counts = split["contracts"].to_numpy()
    rows = split.select(track="programme").select(
        pl.col("track").gather(np.repeat(np.arange(split.height), counts))
    )
    rows = rows.with_columns(place=pl.int_range(pl.len()).over("track"))
    persons = _out_of_school(year, pupils)
    known = rows.join(persons, on=["track", "place"], maintain_order="left")
    new = rows.join(persons, on=["track", "place"], how="anti", maintain_order="left")
    generator = stream("persons", "contracts", str(year))
    fresh = register.persons(generator.integers(year - 24, year - 17, new.height))
    homes = pupils[year]["bostedskommune"].sample(new.height, seed=year, with_replacement=True)
    new = pl.concat([new, fresh, homes.to_frame()], how="horizontal")
    every = pl.concat([known.select(new.columns), new]).join(
        _trades(), on="track", how="left", maintain_order="left"
    )
    kinds = generator.choice(len(CONTRACT_TYPES), every.height, p=list(CONTRACT_TYPES.values()))
    every = every.with_columns(
        draw=pl.Series(generator.random(every.height)),
        kind=pl.Series(list(CONTRACT_TYPES)).gather(kinds),
        enterprise=pl.Series(generator.integers(0, 900, every.height) + 998_000_000),
        day=pl.Series(generator.integers(30, 700, every.height)),
    )
    trade = pl.col("trades").list.get((pl.col("draw") * pl.col("trades").list.len()).cast(pl.Int64))
    started = (
        pl.lit(f"{year}-10-01")
        .str.to_date()
        .dt.offset_by("-" + pl.col("day").cast(pl.String) + "d")
    )
    return _with(
        every,
        f"contract{year}",
        tellingsdato=pl.lit(f"{year}-10-01"),
        laerefag=trade,
        utdanningsprogram=pl.col("track"),
        kontraktstype=pl.col("kind"),
        bedrift_orgnr=pl.col("enterprise").cast(pl.String),
        startdato=started.cast(pl.String),
    )


def _contracts_by_programme(year: int) -> pl.DataFrame:
    """Columns programme, contracts; whole numbers that add up to the published total."""
    known = published("apprentice_contracts").filter(region_code="50")
    totals = {int(y): int(n) for y, n in known.select("year", "contracts").iter_rows()}
    nearest = min(totals, key=lambda y: abs(y - year))
    page = pl.read_csv(SAMPLE / "udir" / "FOY_LK_FylkUtdprogAar.csv", infer_schema=False)
    split = page.filter(
        pl.col("id").str.starts_with("1.44."), pl.col("filter") == f"{nearest}10"
    ).select(programme="kode", n=pl.col("value").str.replace_all(r"\s", "").cast(pl.Float64))
    total = totals[nearest]
    if nearest != year:
        total = round(total * _cohort(year) / _cohort(nearest))
    shared = share_out(total, split["n"].to_numpy())
    return split.select("programme", contracts=pl.Series(shared))


def _out_of_school(year: int, pupils: dict[int, pl.DataFrame]) -> pl.DataFrame:
    """Who was on Vg2 one or two years ago and is no pupil now, by programme and a number in it."""
    earlier = [
        pupils[year - ago].filter(pl.col("level") == 2) for ago in (1, 2) if year - ago in pupils
    ]
    columns = ["person", "kvinne", "fodselsaar", "bostedskommune", "track"]
    if not earlier:
        return pupils[year].select(columns).clear().with_columns(place=pl.lit(0, pl.Int64))
    gone = pl.concat(earlier).unique("person", keep="first", maintain_order=True)
    gone = gone.join(pupils[year].select("person"), on="person", how="anti", maintain_order="left")
    return gone.select(columns).with_columns(place=pl.int_range(pl.len()).over("track"))


def _trades() -> pl.DataFrame:
    """The trades of each programme, by the first letters of their codes."""
    path = SAMPLE.parent / "reference" / "crosswalk_trade_programme_area.csv"
    codes = pl.read_csv(path, infer_schema=False)["trade_code"].unique().sort()
    return (
        pl.DataFrame({"trade": codes, "track": codes.str.slice(0, 2)})
        .group_by("track", maintain_order=True)
        .agg(pl.col("trade").alias("trades"))
    )


def _tests(year: int, contracts: pl.DataFrame, register: Register) -> pl.DataFrame:
    """Tests of the year: of those with a contract, and of practice candidates."""
    generator = stream("persons", "tests", str(year))
    taken = contracts.filter(
        pl.Series(generator.random(contracts.height) < CERTIFICATES_PER_CONTRACT)
    )
    count = round(taken.height * PRACTICE_CANDIDATES)
    people = register.persons(generator.integers(year - 60, year - 25, count))
    candidates = taken.sample(count, seed=year).with_columns(
        fodselsnummer=people["person"],
        kjonn=pl.Series(np.where(people["kvinne"].to_numpy(), "kvinne", "mann")),
        fodselsaar=people["fodselsaar"],
        kontraktstype=pl.lit("praksiskandidat"),
    )
    every = pl.concat([taken, candidates])
    results = list(RESULTS)
    drawn = generator.choice(len(results), every.height, p=list(RESULTS.values()))
    return every.drop("tellingsdato", "startdato", "bedrift_orgnr").with_columns(
        proveaar=pl.lit(str(year)),
        provedato=pl.lit(f"{year}-06-15"),
        resultat=pl.Series(results).gather(drawn),
    )


if __name__ == "__main__":
    main()
