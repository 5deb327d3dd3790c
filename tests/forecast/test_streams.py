from __future__ import annotations

import numpy as np
import pytest

from tasks.forecast import streams
from tasks.forecast.streams import Block


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
    short = streams.normals(7, "50", range(3), Block.FLOW_PLACES, (2, 3, 5))
    long = streams.normals(7, "50", range(3), Block.FLOW_PLACES, (9, 3, 5))
    assert np.array_equal(short, long[:, :2])
