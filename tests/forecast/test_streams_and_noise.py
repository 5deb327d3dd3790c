from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast import streams
from tasks.forecast.noise import thin
from tasks.forecast.streams import Block


def bits(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return streams.sixteen_bits(seed, "50", range(shape[0]), Block.PROCESS, (2, *shape[1:]))


@pytest.mark.parametrize("block", list(Block))
def test_a_draw_has_the_same_stream_whatever_its_company(block: Block) -> None:
    many = streams.normals(7, "50", range(12), block, (3, 4))
    few = streams.normals(7, "50", range(5, 8), block, (3, 4))
    assert many[5:8].tobytes() == few.tobytes()
    assert not np.array_equal(many, streams.normals(8, "50", range(12), block, (3, 4)))
    assert not np.array_equal(many, streams.normals(7, "34", range(12), block, (3, 4)))


def test_blocks_are_streams_of_their_own() -> None:
    drawn = [streams.uniforms(7, "50", range(1), b, (8,)) for b in Block]
    assert len({d.tobytes() for d in drawn}) == len(Block)


def test_longer_horizon_leaves_earlier_years_as_they_were() -> None:
    short = streams.sixteen_bits(7, "50", range(3), Block.PROCESS, (2, 2, 3, 5))
    long = streams.sixteen_bits(7, "50", range(3), Block.PROCESS, (9, 2, 3, 5))
    assert np.array_equal(short, long[:, :2])


@given(people=st.integers(0, 500), share=st.floats(0, 1), seed=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_thinning_gives_whole_persons_within_bounds(people: int, share: float, seed: int) -> None:
    n = np.full((20, 6), people, np.float32)
    got = thin(n * np.float32(share), n, bits((20, 6), seed))
    assert np.array_equal(got, np.round(got))
    assert got.min() >= 0
    assert got.max() <= people


@pytest.mark.parametrize("people", [1, 3, 8, 30, 200])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8, 0.97])
def test_thinning_is_unbiased_and_nearly_binomial(people: int, share: float) -> None:
    n = np.full((400, 500), people, np.float32)
    got = thin(n * np.float32(share), n, bits((400, 500))).astype(np.float64)
    spread = np.sqrt(people * share * (1 - share))
    assert got.mean() == pytest.approx(people * share, abs=5 * spread / np.sqrt(got.size))
    assert 0.6 * spread < got.std() < 1.2 * spread + 0.05


@pytest.mark.parametrize("mean", [0.05, 0.5, 2.0, 12.0, 150.0])
def test_free_noise_is_unbiased_and_nearly_poisson(mean: float) -> None:
    got = thin(np.full((400, 500), mean, np.float32), None, bits((400, 500))).astype(np.float64)
    assert got.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / got.size))
    assert 0.8 * np.sqrt(mean) < got.std() < 1.15 * np.sqrt(mean) + 0.05
