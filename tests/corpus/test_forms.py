"""Damaged forms in the inbox: refused with a reason, or taken as they were meant."""

from __future__ import annotations

from pathlib import Path

import corpus_cases
import corpus_forms
import corpus_xlsx
import pytest
from corpus_damages import Damage
from corpus_desk import LANDING, MART
from corpus_forms import FormDesk
from hypothesis import given, settings


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> FormDesk:
    return FormDesk(Path(tmp_path_factory.mktemp("forms")))


@pytest.mark.parametrize("damage", corpus_forms.BY_HAND, ids=lambda d: d.name)
def test_a_damaged_form_is_refused_with_a_reason_or_taken_as_meant(
    forms: FormDesk, damage: Damage
) -> None:
    assert damage.change is not None
    stop, why = forms.tried(damage.change(forms.right))
    assert stop != MART
    assert why or stop != LANDING


def test_whatever_is_damaged_anywhere_in_a_form_is_answered(forms: FormDesk) -> None:
    @settings(**corpus_cases.SAME_EVERYWHERE)
    @given(corpus_xlsx.mutations(forms.right))
    def told(body: bytes) -> None:
        stop, why = forms.tried(body)
        # A letter more in a text is a text as good as any.
        assert why or stop != LANDING

    told()
