"""Files about persons on the way in: what is let through, and that nothing else is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks import catalogue
from tasks.demo.construct_persons import files
from tasks.demo.person_register import Register
from tasks.errors import SourceChanged
from tasks.settings import Project
from tasks.sources import person_file
from tasks.sources.person_file import Selection, pseudonymise
from tasks.sources.person_identity import fingerprint

KEY = b"k" * 32
DATASETS = {d.id: d for d in catalogue.load(Project().catalogue) if d.protocol == "person_file"}
SELECTION: Selection = DATASETS["vigo_pupils"].selection
HEADER = (
    "fodselsnummer;fornavn;etternavn;adresse;postnummer;kjonn;fodselsaar;bostedskommune;"
    "konstruert;skoleaar;skole_orgnr;programomraade;trinn;status;sluttdato"
)
GOOD = "18861074079"
ROW = (
    "Prøvine;Testdal;Liksomveien 1;0000;kvinne;2010;5055;true;2025-26;874558052;HSHEA2----;2;elev;"
)


def file(*rows: str, header: str = HEADER, encoding: str = "utf-8-sig") -> bytes:
    return "\n".join([header, *rows, ""]).encode(encoding)


def batch(content: bytes, key: bytes = KEY) -> person_file.Batch:
    return pseudonymise("elever_2025-26.csv", content, SELECTION, key)


def test_only_what_the_layout_names_is_left() -> None:
    made = batch(file(f"{GOOD};{ROW}"))
    assert made.persons.columns == ["person", "person_mangler", *SELECTION.columns]
    left = made.persons.write_csv()
    for secret in (GOOD, "Prøvine", "Testdal", "Liksomveien", "0000"):
        assert secret not in left
    assert made.totals.to_dicts() == [
        {
            "skoleaar": "2025-26",
            "skole_orgnr": "874558052",
            "programomraade": "HSHEA2----",
            "trinn": "2",
            "status": "elev",
            "konstruert": "true",
            "antall": 1,
        }
    ]


def test_a_person_is_the_same_in_every_file_of_one_key_and_in_none_of_another() -> None:
    first = batch(file(f"{GOOD};{ROW}"))
    again = pseudonymise("elever_2025-26_ny.csv", file(f"{GOOD};{ROW}"), SELECTION, KEY)
    other = batch(file(f"{GOOD};{ROW}"), b"x" * 32)
    assert first.persons["person"].to_list() == again.persons["person"].to_list()
    assert first.persons["person"].to_list() != other.persons["person"].to_list()
    # A list of all numbers does not help who lacks the key.
    unkeyed = {hashlib.new(name, GOOD.encode()).hexdigest() for name in ("sha256", "md5", "sha1")}
    assert not any(digest.startswith(first.persons["person"][0]) for digest in unkeyed)


@given(years=st.lists(st.integers(1940, 2012), min_size=1, max_size=40))
def test_every_number_with_right_control_digits_is_taken(years: list[int]) -> None:
    numbers = Register().persons(np.array(years, dtype=np.int64))["person"]
    assert numbers.n_unique() == len(years)
    made = batch(file(*(f"{number};{ROW}" for number in numbers)))
    assert made.persons["person"].null_count() == 0
    assert made.persons["person"].n_unique() == len(years)


@given(place=st.integers(0, 10), digit=st.integers(0, 9))
def test_one_wrong_digit_is_seen(place: int, digit: int) -> None:
    wrong = GOOD[:place] + str(digit) + GOOD[place + 1 :]
    made = batch(file(f"{wrong};{ROW}"))
    assert made.persons["person_mangler"].to_list() == [None if wrong == GOOD else "ugyldig"]
    assert (made.persons["person"][0] is None) == (wrong != GOOD)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", "mangler"),
        ("1234", "ugyldig"),
        ("0" * 11, "ugyldig"),
        ("ukjent", "ugyldig"),
        (f" {GOOD[:6]} {GOOD[6:]}", None),
    ],
)
def test_a_row_without_a_number_is_kept_and_says_so(number: str, reason: str | None) -> None:
    made = batch(file(f"{number};{ROW}", f"{GOOD};{ROW}"))
    assert made.persons.height == 2
    assert made.persons["person_mangler"].null_count() == (2 if reason is None else 1)
    assert reason in made.persons["person_mangler"]
    # With its blanks taken out it is the number of the other row.
    assert made.totals["antall"].sum() == (1 if reason is None else 2)


Damage = Callable[[str], str]
ONE = f"{GOOD};{ROW}"
REFUSED: dict[str, tuple[bytes, str]] = {
    "a new column": (file(f"{ONE};frisk", header=f"{HEADER};helse"), "også kolonne nr. 16"),
    "a column is gone": (
        file(ONE.replace("HSHEA2----;", ""), header=HEADER.replace("programomraade;", "")),
        "programomraade",
    ),
    "a column has another name": (file(ONE, header=HEADER.replace("trinn", "nivå")), "trinn"),
    "a column stands twice": (file(f"{ONE};2", header=f"{HEADER};trinn"), "mer enn én gang"),
    "no header": (file(ONE, header=ONE), "uten den"),
    "another separator": (file(ONE).replace(b";", b","), "uten den"),
    "another character set": (file(ONE, encoding="utf-16"), "uten den"),
    "latin letters": (file(ONE, encoding="latin-1"), "utf-8-sig"),
    "a record is cut off": (file(ONE, f"{GOOD};Prøvine;Test"), "linje 3"),
    "a name in a code": (file(ONE.replace("HSHEA2----", "Prøvine Testdal")), "programomraade"),
    "a number in a code": (file(ONE.replace(";5055;", f";{GOOD};")), "bostedskommune"),
    "an unclosed quote": (file(ONE.replace("Prøvine", '"Prøvine')), "linje 2"),
    "a quote in the header": (file(ONE, header=HEADER.replace("status", '"status')), "uten den"),
    "text after a quoted name": (file(ONE.replace("Prøvine", '"Prøv"ine')), "dele i felt"),
    "a day that is none": (file(f"{ONE}2026-02-30".replace(";elev;", ";sluttet;")), "sluttdato"),
    "a file of another year": (file(ONE.replace("2025-26", "2024-25")), "1 rader fra 2024"),
    "an empty file": (b"", "uten den"),
}


@pytest.mark.parametrize("damage", REFUSED)
def test_another_layout_is_refused_without_a_word_about_anybody(damage: str) -> None:
    content, place = REFUSED[damage]
    with pytest.raises(SourceChanged) as refusal:
        batch(content)
    said = str(refusal.value)
    assert place in said
    assert "elever_2025-26.csv" in said
    for secret in (GOOD, "Prøvine", "Testdal", "Liksomveien", "frisk"):
        assert secret not in said


PIECES = st.sampled_from(['"', '""', '";', ";", "\n", "\r", "\x00", "\t", "\ufeff", " ", "é"])


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 900), PIECES, st.booleans()), min_size=1, max_size=4))
def test_whatever_is_wrong_with_a_file_no_part_of_a_record_is_told(
    damage: list[tuple[int, str, bool]],
) -> None:
    # Words with no part in common with anything that is said.
    row = (
        ONE.replace("Prøvine", "Qxzøwj").replace("Testdal", "Wqhjz").replace("Liksomveien", "Xyqfz")
    )
    text = file(*[row] * 6).decode()
    for place, piece, instead in damage:
        at = place % len(text)
        text = text[:at] + piece + text[at + instead :]
    try:
        batch(text.encode())
    except SourceChanged as refusal:
        told, cause = str(refusal), refusal
        while cause.__cause__ or (cause.__context__ and not cause.__suppress_context__):
            cause = cause.__cause__ or cause.__context__
            told += f"{cause!r}"
        # A damaged word is quoted in pieces.
        for secret in ("88610", "61074", "Qxz", "øwj", "Wqh", "hjz", "Xyq", "qfz"):
            assert secret not in told, told


def test_rows_land_in_another_order_than_they_stood_in() -> None:
    numbers = Register().persons(np.arange(1950, 2010, dtype=np.int64))["person"].sort()
    rows = [f"{n};{ROW.replace(';2010;', f';{1950 + i};')}" for i, n in enumerate(numbers)]
    made, turned = batch(file(*rows)).persons, batch(file(*rows[::-1])).persons
    assert made.equals(turned)
    assert made["person"].is_sorted()
    assert not made["fodselsaar"].is_sorted()


def test_real_files_need_not_say_that_they_are_not_constructed() -> None:
    content = file(ONE.replace(";true;", ";"), header=HEADER.replace("konstruert;", ""))
    made = batch(content)
    assert made.persons["konstruert"].to_list() == [None]
    assert made.persons.drop("konstruert").equals(batch(file(ONE)).persons.drop("konstruert"))


@pytest.mark.parametrize("key", ["totals", "dates", "optional"])
def test_a_layout_names_only_columns_that_it_keeps(key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key} nevner helse"):
        Selection.model_validate({**SELECTION.model_dump(), key: ["helse"]})


HARMLESS: dict[str, bytes] = {
    "columns in another order": file(
        "elev;" + f"{GOOD};{ROW}".replace(";elev;", ";"),
        header="status;" + HEADER.replace(";status", ""),
    ),
    "names are left out": file(
        f"{GOOD};" + ROW.split(";", 4)[4], header="fodselsnummer;" + HEADER.split(";", 5)[5]
    ),
    "no BOM": file(ONE, encoding="utf-8"),
    "Windows line ends": file(ONE).replace(b"\n", b"\r\n"),
    "everything in quotes": "\n".join(
        ";".join(f'"{cell}"' for cell in line.split(";")) for line in (HEADER, ONE)
    ).encode(),
    "no line end": file(ONE).rstrip(b"\n"),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_means_nothing_is_read(change: str) -> None:
    assert batch(HARMLESS[change]).persons.equals(batch(file(ONE)).persons)


def test_what_lands_says_rule_key_and_last_day() -> None:
    made = batch(file(ONE))
    parts = person_file.answers("elever_2025-26.csv", made, SELECTION, KEY, date(2026, 11, 24))
    persons, totals = parts
    assert persons.role == "persons/elever_2025-26.csv"
    assert persons.headers["delete-after"] == "2031-11-24"
    assert persons.headers["rule"] == person_file.RULE
    assert persons.headers["key"] == fingerprint(KEY)
    assert KEY.hex()[:16] not in str(parts)
    assert "delete-after" not in totals.headers
    found = person_file.parse(parts, SELECTION)
    assert found["rows"]["fil"].to_list() == ["elever_2025-26.csv"]
    assert found["totals"]["antall"].sum() == 1
    for name, frame in person_file.empty(SELECTION).items():
        assert found[name].schema == frame.schema


def test_a_corrected_file_stands_for_the_one_before() -> None:
    rows = [file(ONE), file(ONE.replace(";elev;", ";sluttet;2026-01-15"), ONE)]
    parts = [
        part
        for content in rows
        for part in person_file.answers("a.csv", batch(content), SELECTION, KEY, date(2026, 1, 1))
    ]
    found = person_file.parse(parts, SELECTION)
    assert found["rows"]["status"].sort().to_list() == ["elev", "sluttet"]
    assert found["totals"]["antall"].sum() == 2


def test_the_same_person_twice_is_counted_once_and_nobody_as_many_as_there_are() -> None:
    made = batch(file(ONE, ONE, f";{ROW}", f";{ROW}"))
    assert made.persons.height == 4
    assert made.totals["antall"].to_list() == [3]


def test_a_correction_without_rows_takes_the_file_back() -> None:
    parts = [
        part
        for content in (file(ONE), file())
        for part in person_file.answers(
            "elever_2025-26.csv", batch(content), SELECTION, KEY, date(2026, 1, 1)
        )
    ]
    found = person_file.parse(parts, SELECTION)
    assert found["rows"].is_empty()
    assert found["totals"].is_empty()
    assert {n: f.schema for n, f in found.items()} == {
        n: f.schema for n, f in person_file.empty(SELECTION).items()
    }


def test_the_key_is_not_told_by_its_fingerprint() -> None:
    assert fingerprint(KEY) not in KEY.hex()
    assert fingerprint(KEY) != fingerprint(b"x" * 32)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_constructed_files_are_of_the_layouts(dataset: str) -> None:
    selection = DATASETS[dataset].selection
    made = {n: f for n, f in files(1).items() if person_file.takes(n, selection)}
    assert made
    for name, frame in made.items():
        content = frame.write_csv(separator=";", include_bom=True).encode()
        left = pseudonymise(name, content, selection, KEY)
        assert left.persons.height == frame.height
        assert left.persons["person"].null_count() == 0
        assert isinstance(left.totals, pl.DataFrame)
        assert left.totals["antall"].sum() == frame.height
