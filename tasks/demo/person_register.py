"""Numbers for persons who do not exist, as the Tax Administration's test persons have them."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.demo.construct_common import Ints, stream

# The weights of the two control digits.
FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
# What is added to the month of a test person.
TEST_MONTHS = 80


class Register:
    """Numbers of test persons, each given out once: nobody is two persons by accident."""

    def __init__(self) -> None:
        self._given = np.zeros(0, dtype=np.int64)
        self._generator = stream("persons", "numbers")

    def persons(self, birth_years: Ints) -> pl.DataFrame:
        """New persons born in these years: `person`, `kvinne`, `fodselsaar`, in that order.

        The control digits are those of the National Population Register; combinations that have
        none, or are given out, are drawn again.
        """
        numbers = np.zeros(birth_years.size, dtype=np.int64)
        while (missing := np.flatnonzero(numbers == 0)).size:
            drawn = self._draw(birth_years[missing])
            _, first = np.unique(drawn, return_index=True)
            new = np.zeros(drawn.size, dtype=bool)
            new[first] = True
            new &= (drawn > 0) & ~np.isin(drawn, self._given)
            numbers[missing[new]] = drawn[new]
            self._given = np.concatenate([self._given, drawn[new]])
        return pl.DataFrame(
            {
                "person": pl.Series(numbers).cast(pl.String).str.zfill(11),
                "kvinne": numbers // 100 % 2 == 0,
                "fodselsaar": birth_years,
            }
        )

    def _draw(self, born: Ints) -> Ints:
        """A number for each; 0 where the digits have no control digits."""
        day, month = (self._generator.integers(1, top, born.size) for top in (29, 13))
        # 500-999 belong to those born from 2000 on, 000-499 to those before.
        individual = self._generator.integers(0, 500, born.size) + np.where(born >= 2000, 500, 0)
        digits = np.zeros((born.size, 11), dtype=np.int64)
        for place, part in ((0, day), (2, month + TEST_MONTHS), (4, born % 100)):
            digits[:, place], digits[:, place + 1] = part // 10, part % 10
        for place, unit in ((6, 100), (7, 10), (8, 1)):
            digits[:, place] = individual // unit % 10
        digits[:, 9] = -(digits[:, :9] @ np.array(FIRST_WEIGHTS)) % 11
        digits[:, 10] = -(digits[:, :10] @ np.array(SECOND_WEIGHTS)) % 11
        whole = (digits[:, 9:] < 10).all(axis=1)
        number: Ints = np.where(whole, digits @ (10 ** np.arange(10, -1, -1)), 0)
        return number
