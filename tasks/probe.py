"""The catalogue held up against the sources of today: what would be refused, and what to change.

Nothing lands and nothing is written.
"""

from __future__ import annotations

from datetime import date

from tasks import intake
from tasks import sources as protocols
from tasks.catalogue import Dataset
from tasks.errors import SourceUnavailable, TilbudsplanError
from tasks.landing import Landing
from tasks.sources import Deviation

AWAITED = Deviation(
    expected="en fil som er meldt i katalogen",
    got="at den ikke er levert ennå",
    remedy="ingenting; den hentes når den kommer",
    refuses=False,
)


def compare(dataset: Dataset, landing: Landing, as_of: date) -> list[Deviation]:
    """Where a source differs from its entry, or from what it was when the dataset last landed.

    A source that describes itself is asked for that and for nothing else; of the others the whole
    answer is fetched and parsed.

    Args:
        dataset: The entry.
        landing: Where earlier answers are kept.
        as_of: The Oslo date to ask for.

    Raises:
        SourceUnavailable: the source is closed now or did not answer: nothing can be said of it.
    """
    module = protocols.protocol(dataset.protocol)
    client = intake.client_of(dataset.publisher, ignore_windows=False)
    base_url = dataset.publisher.base_url
    probe = getattr(module, "probe", None)
    try:
        if probe is not None:
            last = landing.latest(dataset.id)
            before = landing.kept(last) if last else []
            return list(probe(client, base_url, dataset.selection, as_of, before))
        answers = list(module.fetch(client, base_url, dataset.selection, as_of))
        module.parse(answers, dataset.selection)
    except SourceUnavailable:
        raise
    except TilbudsplanError as error:
        if intake.not_delivered(landing, dataset, error):
            return [AWAITED]
        return [Deviation(error.expected, error.got, error.remedy)]
    return []
