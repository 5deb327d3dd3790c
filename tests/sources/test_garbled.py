"""Texts that were decoded wrongly before they were sent are refused; others pass."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import SourceChanged
from tasks.sources import garbled

# Norwegian, Sami, German and French letters, and what stands between words.
LETTERS = "abcdefghijklmnoprstuvyæøåÆØÅáčđŋšŧžÁČĐŊŠŦŽäöüßéèêïôâÂÃ -'.,()0123456789"
OURS = "æøåÆØÅ"


def refused(text: str | None) -> bool:
    """Whether a name is refused, and if so by its column."""
    try:
        garbled.refuse({"rows": pl.DataFrame({"navn": ["Oslo", text]})})
    except SourceChanged as error:
        return "«navn»" in str(error)
    return False


# Capitals with a hat are followed by a small š or ž in no language.
@given(st.text(LETTERS).filter(lambda text: not re.search("[ÂÃ][šžŠŽ]", text)))
def test_a_text_as_it_is_written_passes(text: str) -> None:
    assert not refused(text)


@given(st.text(LETTERS, max_size=8), st.sampled_from(OURS), st.sampled_from(["latin-1", "cp1252"]))
def test_a_text_that_was_read_in_the_wrong_character_set_is_refused(
    before: str, letter: str, charset: str
) -> None:
    assert refused(f"{before}{letter}".encode().decode(charset, "replace"))


@pytest.mark.parametrize("text", ["Tr\ufffdndelag", "\ufffd"])
def test_a_letter_that_could_not_be_read_is_refused(text: str) -> None:
    assert refused(text)


def test_a_refusal_quotes_no_text() -> None:
    with pytest.raises(SourceChanged) as refusal:
        garbled.refuse({"rows": pl.DataFrame({"navn": ["Kari BjÃ¸rnstad"]})})
    assert "Kari" not in str(refusal.value)


def test_what_is_no_text_is_not_looked_at() -> None:
    codes = pl.Series("kode", ["Ã¸", "b"], dtype=pl.Enum(["Ã¸", "b"]))
    with pytest.raises(SourceChanged, match="kode"):
        garbled.refuse({"rows": pl.DataFrame([codes])})
    garbled.refuse({"rows": pl.DataFrame({"antall": [1, 2], "mangler": [None, None]})})
    assert not refused(None)
