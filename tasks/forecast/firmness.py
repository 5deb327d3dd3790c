"""How firmly a thing may be classed, by what its figures rest on.

A shortage or a surplus that rests on somebody's judgement of how occupations and programme areas
belong together is never called one: it stays `uavklart`, however sure the draws are. The words are
those of the column `confidence` in `data/reference`; `mart.occupation_programme_area` carries them,
and `firm` with the same rule, to whatever is built on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tasks.errors import ConfigurationError

UNRESOLVED = "uavklart"
# From the firmest on. The first four may carry a class; what follows may not.
Confidence = Literal["registered", "published", "confirmed", "derived", "unconfirmed", "skjønn"]
CONFIDENCE: tuple[str, ...] = get_args(Confidence)
FIRM = frozenset(CONFIDENCE[:4])

Verdicts = npt.NDArray[np.str_]


def weakest(confidences: Iterable[str]) -> str:
    """The least firm of what a figure rests on; a figure that rests on no crosswalk is registered.

    Raises:
        ConfigurationError: a word that is not one of `CONFIDENCE`.
    """
    found = set(confidences)
    unknown = sorted(found - set(CONFIDENCE))
    if unknown:
        raise ConfigurationError(
            subject="confidence",
            expected=f"ett av {', '.join(CONFIDENCE)}",
            got=", ".join(unknown),
            remedy="rett ordet i kolonnen confidence i data/reference",
        )
    return max(found, key=CONFIDENCE.index, default=CONFIDENCE[0])


def is_firm(confidences: Iterable[str]) -> bool:
    """Whether a class other than `uavklart` may rest on all of these together."""
    return weakest(confidences) in FIRM


def held_back(verdicts: Verdicts, firm: bool | npt.NDArray[np.bool_]) -> Verdicts:
    """The verdicts, with `uavklart` wherever they do not rest on firm ground.

    Args:
        verdicts: Assessments of any shape.
        firm: One truth value for all, or one that broadcasts to their shape.
    """
    held: Verdicts = np.where(firm, verdicts, UNRESOLVED)
    return held
