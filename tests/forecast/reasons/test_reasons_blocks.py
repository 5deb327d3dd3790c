"""Blocks of shares: what is changed changes, the rest stays, and nobody is lost."""

from __future__ import annotations

import numpy as np
import pytest
from flow_county import make
from hypothesis import given
from hypothesis import strategies as st

from tasks.forecast.flow.states import Kind
from tasks.forecast.reasons.blocks import BLOCKS, CHOICE, PLACEMENT, SCHOOL, mixed, of_edges

MODEL = make()
EDGES, BLOCK = MODEL.edges, of_edges(MODEL.space, MODEL.edges)
STARTS = EDGES.starts()


def drawn(seed: int, draws: int = 4) -> np.ndarray:
    """Shares `[draw, group, edge]` from the model's own posterior."""
    return MODEL.shares((seed, "50"), range(draws))


def totals(shares: np.ndarray) -> np.ndarray:
    return np.add.reduceat(shares, STARTS, axis=-1)


seeds = st.integers(0, 10_000)


@given(seeds, seeds, st.fixed_dictionaries({name: st.booleans() for name in BLOCKS}))
def test_whatever_is_mixed_sums_to_one(one: int, other: int, of: dict[str, bool]) -> None:
    pair = drawn(one), drawn(other)
    shares = mixed({name: pair[of[name]] for name in BLOCKS}, BLOCK, EDGES)
    np.testing.assert_allclose(totals(shares), 1, rtol=1e-12)
    assert shares.min() >= 0


@given(seeds)
def test_all_from_one_is_the_one(seed: int) -> None:
    shares = drawn(seed)
    np.testing.assert_allclose(mixed(dict.fromkeys(BLOCKS, shares), BLOCK, EDGES), shares)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_moves_only_what_hangs_on_it(name: str) -> None:
    """Shares of earlier blocks stay as they are; later ones keep their proportions."""
    one, other = drawn(1), drawn(2)
    shares = mixed({b: other if b == name else one for b in BLOCKS}, BLOCK, EDGES)
    place = BLOCKS.index(name)
    np.testing.assert_allclose(shares[..., place > BLOCK], one[..., place > BLOCK])
    origins = np.unique(EDGES.origin[place == BLOCK])
    apart = ~np.isin(EDGES.origin, origins)
    np.testing.assert_array_equal(apart.any(), True)
    np.testing.assert_allclose(shares[..., apart], one[..., apart])
    for origin in origins:
        later = (EDGES.origin == origin) & (place < BLOCK)
        if later.sum() > 1:
            ratio = shares[..., later] / one[..., later]
            np.testing.assert_allclose(ratio, ratio[..., :1] * np.ones(later.sum()))


def test_pupils_fall_into_three_blocks() -> None:
    nodes = MODEL.space.nodes
    mine = [
        (BLOCKS[b], nodes[t].kind)
        for o, t, b in zip(EDGES.origin, EDGES.target, BLOCK, strict=True)
        if nodes[o].kind == Kind.PUPIL and nodes[o].unit == "VA2"
    ]
    assert set(mine) == {
        (PLACEMENT, Kind.APPLY),
        (CHOICE, Kind.PUPIL),
        (SCHOOL, Kind.OUT),
    }


def test_a_mixed_draw_is_a_draw_of_the_same_posterior() -> None:
    """Neutrality of the Dirichlet: mean and variance of every share are what they were."""
    draws = 6000
    one, other = drawn(11, draws), drawn(12, draws)
    shares = mixed({b: other if b == PLACEMENT else one for b in BLOCKS}, BLOCK, EDGES)
    n = np.repeat(totals(MODEL.alpha), np.diff(STARTS, append=EDGES.count), axis=-1)
    mean = MODEL.alpha / n
    variance = mean * (1 - mean) / (n + 1)
    error = np.sqrt(np.maximum(variance, 1e-12) / draws)
    assert np.abs((shares.mean(axis=0) - mean) / error).max() < 5
    moved = variance > 0
    np.testing.assert_allclose(shares.var(axis=0)[moved], variance[moved], rtol=0.12)
