"""National identity numbers: which are right, and the keyed hash that stands for one.

The hash is HMAC-SHA-256 (RFC 2104); numbers are checked as the National Population Register
describes them
(https://skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032/).
"""

from __future__ import annotations

import hmac

import polars as pl

PERSON = "person"
WRONG_ID = "person_mangler"
# 128 bits of the hash: two persons in a million years of exports do not meet.
KEY_LETTERS = 32
FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# D-numbers have 4 added to the first digit; test persons have 40, 65 or 80 added to the month.
MONTHS_ADDED = (0, 40, 65, 80)


def fingerprint(key: bytes) -> str:
    """What tells two keys apart and gives neither away."""
    return hmac.digest(key, b"tilbudsplan person key", "sha256").hex()[:16]


def pseudonyms(numbers: pl.Series, key: bytes) -> pl.DataFrame:
    """What stands for each number, in order: `person`, and `person_mangler` where it is wrong.

    A number that stands more than once is checked and hashed once.
    """
    distinct = numbers.unique()
    reasons = wrong(distinct)
    right = distinct.filter(reasons.is_null())
    hashes = [hmac.digest(key, number.encode(), "sha256").hex()[:KEY_LETTERS] for number in right]
    known = pl.DataFrame({"n": right, PERSON: pl.Series(hashes, dtype=pl.String)})
    table = pl.DataFrame({"n": distinct, WRONG_ID: reasons}).join(known, on="n", how="left")
    found = pl.DataFrame({"n": numbers}).join(
        table, on="n", how="left", maintain_order="left", nulls_equal=True
    )
    return found.select(PERSON, WRONG_ID)


def wrong(numbers: pl.Series) -> pl.Series:
    """Why a number is none: `mangler` or `ugyldig`; null where it is one."""
    digits = [pl.col("n").str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(11)]
    shape = pl.col("n").str.contains(r"^[0-9]{11}$")
    first = sum((w * d for w, d in zip(FIRST_WEIGHTS, digits, strict=False)), pl.lit(0))
    second = sum((w * d for w, d in zip(SECOND_WEIGHTS, digits, strict=True)), pl.lit(0))
    day, month = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    born = pl.any_horizontal((month - added).is_between(1, 12) for added in MONTHS_ADDED)
    # A D-number has 40 added to the day.
    dated = (day.is_between(1, 31) | day.is_between(41, 71)) & born
    right = shape & dated & (first % 11 == 0) & (second % 11 == 0)
    reason = (
        pl.when(pl.col("n").is_null() | (pl.col("n") == ""))
        .then(pl.lit("mangler"))
        .when(right.fill_null(value=False))
        .then(None)
        .otherwise(pl.lit("ugyldig"))
    )
    return pl.DataFrame({"n": numbers}).select(reason.alias(WRONG_ID)).to_series()
