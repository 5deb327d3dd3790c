"""What rests on judgement is never classed more firmly than uavklart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import ConfigurationError
from tasks.forecast.firmness import CONFIDENCE, FIRM, UNRESOLVED, held_back, is_firm, weakest

CLASSES = ("mangel", "balanse", "overskudd", UNRESOLVED)


@given(st.lists(st.sampled_from(CONFIDENCE)))
def test_judgement_anywhere_makes_the_whole_infirm(confidences: list[str]) -> None:
    assert weakest([*confidences, "skjønn"]) == "skjønn"
    assert not is_firm([*confidences, "skjønn"])
    assert is_firm(confidences) == (set(confidences) <= FIRM)


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.booleans()), min_size=1))
def test_only_firm_ground_keeps_its_class(cells: list[tuple[str, bool]]) -> None:
    verdicts = np.array([verdict for verdict, _ in cells])
    held = held_back(verdicts, np.array([firm for _, firm in cells]))
    for (verdict, firm), now in zip(cells, held.tolist(), strict=True):
        assert now == (verdict if firm else UNRESOLVED)


def test_one_truth_holds_for_all() -> None:
    verdicts = np.array([["mangel", "overskudd"], ["balanse", "mangel"]])
    assert (held_back(verdicts, is_firm(["registered", "published"])) == verdicts).all()
    assert (held_back(verdicts, is_firm(["published", "skjønn"])) == UNRESOLVED).all()


def test_nothing_to_rest_on_is_the_register_itself() -> None:
    assert weakest([]) == "registered"


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sikkert"):
        weakest(["published", "sikkert"])
