"""Decompositions add up, and sensitivities are those that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import WrongUse
from tasks.forecast.explanation import (
    STEPS,
    Decomposition,
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


cells = st.integers(1, 4)
values = st.one_of(st.just(0.0), st.floats(-500, 500), st.floats(-2, 2))


@given(
    st.lists(st.floats(-5000, 5000), min_size=4, max_size=4),
    st.lists(values, min_size=4 * len(STEPS), max_size=4 * len(STEPS)),
)
def test_whole_numbers_add_up_and_are_near(before: list[float], parts: list[float]) -> None:
    """In every cell at once: exact, less than a person off, and nothing where nothing was."""
    raw = np.array(parts).reshape(len(STEPS), 2, 2)
    first = np.array(before).reshape(2, 2)
    change = Decomposition(first, first + raw.sum(axis=0), dict(zip(STEPS, raw, strict=True)))
    rounded = whole_numbers(change)
    whole = np.stack(list(rounded.parts.values()))
    np.testing.assert_array_equal(rounded.before + whole.sum(axis=0), rounded.after)
    np.testing.assert_array_equal(whole, np.round(whole))
    assert np.abs(whole - raw).max() < 1 + 1e-9
    assert (whole[raw == 0] == 0).all()
    assert np.abs(rounded.before - first).max() <= 0.5


def drawn(names: str, seed: int = 1) -> Callable[[str, range], np.ndarray]:
    """Standard normals of each input: the same for the same draw."""
    table = np.random.default_rng(seed).standard_normal((len(names), 2**15))
    return lambda name, draws: table[names.index(name), draws.start : draws.stop]


def test_sensitivities_of_a_function_whose_own_are_known() -> None:
    """y = 3a + b + ac: of the variance 11, a has 9, b 1, and a and c together 1."""
    z = drawn("abcd")

    def model(lives: Mapping[str, range]) -> np.ndarray:
        a, b, c = (z(name, lives[name]) for name in "abc")
        return np.stack([3 * a + b + a * c, b, np.zeros(len(b))], axis=1)

    found = sensitivity(model, "abcd", 4096)
    expected = {"a": (9 / 11, 10 / 11), "b": (1 / 11, 1 / 11), "c": (0, 1 / 11), "d": (0, 0)}
    for place, pair in enumerate(expected.values()):
        np.testing.assert_allclose((found.first[place, 0], found.total[place, 0]), pair, atol=0.05)
    np.testing.assert_allclose(found.spread, [np.sqrt(11), 1, 0], rtol=0.05)
    # The figure that is b alone hangs on b, and the one that never moves on nothing.
    np.testing.assert_allclose(found.total[:, 1], [0, 1, 0, 0], atol=1e-6)
    assert not found.total[:, 2].any()
    assert not found.error[:, 2].any()


def test_the_error_is_that_of_repeated_samples() -> None:
    """Over 200 samples, Jansen's estimate strays as its stated error says."""
    found = []
    for seed in range(200):
        z = drawn("ab", seed)
        found.append(sensitivity(lambda s, z=z: z("a", s["a"]) + 0.5 * z("b", s["b"]), "ab", 256))
    totals = np.array([f.total for f in found])
    stated = np.mean([f.error for f in found], axis=0)
    np.testing.assert_allclose(totals.mean(axis=0), [0.8, 0.2], atol=0.02)
    np.testing.assert_allclose(totals.std(axis=0), stated, rtol=0.3)
