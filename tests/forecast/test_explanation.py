"""Decompositions add up, and sensitivities are those that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import WrongUse
from tasks.forecast.explanation import (
    STEPS,
    Decomposition,
    Input,
    decompose,
    sensitivity,
    whole_numbers,
)

numbers = st.floats(0.1, 10, allow_nan=False)
drivers = st.fixed_dictionaries(dict.fromkeys(STEPS, numbers))


def product(state: dict[str, float]) -> np.ndarray:
    """A figure in which every driver works on all the others."""
    return np.array([np.prod(list(state.values())), state["cohort"] ** 2 + state["demand"]])


@given(drivers, drivers)
def test_the_parts_sum_to_the_change(before: dict[str, float], after: dict[str, float]) -> None:
    change = decompose(product, before, after)
    np.testing.assert_allclose(
        change.before + sum(change.parts.values()), change.after, rtol=1e-9, atol=1e-6
    )


@given(drivers, st.sampled_from(STEPS), numbers)
def test_what_did_not_change_did_nothing(before: dict[str, float], name: str, value: float) -> None:
    after = {**before, name: value}
    change = decompose(product, before, after)
    for other, part in change.parts.items():
        if other != name:
            np.testing.assert_allclose(part, 0, atol=1e-6)


def test_two_that_work_only_together_share_alike() -> None:
    one = dict.fromkeys(STEPS, 1.0)
    change = decompose(
        lambda s: np.array((s["cohort"] - 1) * (s["demand"] - 1)),
        one,
        {**one, "cohort": 3.0, "demand": 4.0},
    )
    assert float(change.parts["cohort"]) == float(change.parts["demand"]) == 3


def test_other_drivers_are_refused() -> None:
    with pytest.raises(WrongUse, match="drivkreftene"):
        decompose(product, {"cohort": 1.0}, dict.fromkeys(STEPS, 1.0))


@given(
    st.floats(0, 5000),
    st.lists(st.floats(-500, 500), min_size=len(STEPS), max_size=len(STEPS)),
)
def test_whole_numbers_add_up_and_are_near(before: float, parts: list[float]) -> None:
    named = {name: np.array(part) for name, part in zip(STEPS, parts, strict=True)}
    after = before + sum(parts)
    rounded = whole_numbers(Decomposition(np.array(before), np.array(after), named))
    assert rounded.before + sum(rounded.parts.values()) == rounded.after
    assert all(float(part).is_integer() for part in rounded.parts.values())
    assert all(abs(float(rounded.parts[n]) - float(named[n])) < 2 for n in STEPS)


def test_sensitivities_of_a_function_whose_own_are_known() -> None:
    """y = 3a + b + a·c: variances 9, 1 and 1 (of the product) of 11 in all."""
    inputs = [Input("a", 0, 1), Input("b", 0, 1), Input("c", 0, 1), Input("d", 5, 0)]
    found = sensitivity(
        lambda x: 3 * x[0] + x[1] + x[0] * x[2] + x[3], inputs, samples=4096, seed=1
    )
    assert found["input"].to_list()[:1] == ["a"]
    shares = {row["input"]: (row["first"], row["total"]) for row in found.iter_rows(named=True)}
    expected = {"a": (9 / 11, 10 / 11), "b": (1 / 11, 1 / 11), "c": (0, 1 / 11), "d": (0, 0)}
    for name, pair in expected.items():
        np.testing.assert_allclose(shares[name], pair, atol=0.03)


def test_inputs_are_held_within_their_bounds_and_nothing_moves_where_nothing_is_uncertain() -> None:
    seen: list[np.ndarray] = []

    def model(values: np.ndarray) -> np.ndarray:
        seen.append(values)
        return values.sum(axis=0)

    sensitivity(model, [Input("p", 0.9, 0.5, 0, 1), Input("q", 0.1, 0.5, 0, 1)], samples=64, seed=1)
    every = np.concatenate([values.ravel() for values in seen])
    assert every.min() >= 0
    assert every.max() <= 1
    still = sensitivity(model, [Input("p", 0.9, 0), Input("q", 0.1, 0)], samples=64, seed=1)
    assert still["total"].to_list() == [0, 0]
    flat = sensitivity(
        lambda v: np.ones(v.shape[1]), [Input("p", 0.9, 1), Input("q", 0.1, 1)], samples=64, seed=1
    )
    assert flat["total"].to_list() == [0, 0]
