"""PxWebApi, the protocol of Statistics Norway's statistics bank: version 2, and v0 where asked.

Wire facts: https://www.ssb.no/en/api/statbank-pxwebapi-user-guide. Metadata come first and the
selection is expanded against them, so a table that has changed is told by name before any figure
is asked for. A selection over the cell limit is fetched as a grid of the fewest requests.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer, Deviation, Kept, jsonstat
from tasks.sources.body import Refused
from tasks.sources.pxweb_compare import deviations
from tasks.sources.pxweb_plan import (
    MAX_URL,
    Axis,
    Selection,
    axes,
    codelist_codes,
    offers,
    requests,
    v0_body,
    v2_body,
    v2_query,
)

if TYPE_CHECKING:
    from tasks.sources.transport import Client

__all__ = ["Selection", "fetch", "parse", "probe", "updated"]

DEFAULT_CELL_LIMIT = 800_000
CODES = {
    "dimension": pl.String,
    "code": pl.String,
    "label": pl.String,
    "position": pl.Int32,
    "unit": pl.String,
    "decimals": pl.Int32,
}
NOTES = {"dimension": pl.String, "code": pl.String, "text": pl.String}


class _Config(msgspec.Struct):
    max_data_cells: int | None = msgspec.field(name="maxDataCells", default=None)


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """Every answer that the dataset needs: `metadata`, `codelist-<variable>`, `data-001` ….

    Args:
        client: The publisher's client.
        base_url: The API's root, such as https://data.ssb.no/api.
        selection: The catalogue entry.
        as_of: Unused: the source serves only its present edition.

    Raises:
        SourceChanged: the table does not have what the selection asks for.
        SourceUnavailable: no answer, or the table was updated between two parts.
    """
    found = []
    for answer in _descriptions(client, base_url, selection):
        found.append(answer)
        yield answer
    asked = _asked(found, selection)
    first: Answer | None = None
    limit = _cell_limit(client, base_url, selection)
    for number, chosen in enumerate(requests(selection, asked, limit), start=1):
        answer = _data(client, base_url, selection, asked, chosen, f"data-{number:03}")
        first = first or answer
        _one_edition([first, answer], selection)
        yield answer


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """The parts put together again.

    Args:
        answers: What `fetch` gave.
        selection: The same selection.

    Returns:
        `rows`: a column of codes (Enum) per dimension, `value` Float64, `status` text (null where
        the cell is an ordinary figure), one row per cell. `codes`: `dimension, code, label,
        position, unit, decimals`. `notes`: the source's footnotes, `dimension, code, text`.

    Raises:
        SourceChanged: an answer is not what the protocol says.
        SourceUnavailable: the parts are of different editions, overlap, or leave cells out.
    """
    asked = _asked(answers, selection)
    data = [answer for answer in answers if answer.role.startswith("data-")]
    _one_edition(data, selection)
    categories = {axis.id: axis.codes for axis in asked}
    heads: list[jsonstat.Description] = []
    frames: list[pl.DataFrame] = []
    for answer in data:
        cube = jsonstat.decode(answer.content)
        _check_part(cube.head, asked, selection)
        heads.append(cube.head)
        frames.append(jsonstat.frame(cube, categories).select(*categories, "value", "status"))
    _check_grid(heads, asked, selection)
    return {
        "rows": pl.concat(frames),
        "codes": _codes(heads, asked),
        "notes": _notes(heads),
    }


def updated(answers: Sequence[Answer]) -> datetime | None:
    """The table's own time stamp, UTC."""
    data = [answer for answer in answers if answer.role.startswith("data-")]
    return jsonstat.edition(data[0].content) if data else None


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """What differs between the selection, the table's metadata of today, and those last landed.

    Args:
        client: The publisher's client.
        base_url: The API's root.
        selection: The catalogue entry.
        as_of: Unused.
        before: The answers that landed last; descriptions come first, so no figures are read.
    """
    found = [_metadata(client, base_url, selection)]
    for name, codelist in _codelists(selection):
        try:
            found.append(_codelist(client, base_url, selection, name, codelist))
        except Refused as refusal:
            yield Deviation(
                expected=f"kodelisten {codelist} for «{name}»",
                got=refusal.said or f"HTTP {refusal.status}",
                remedy=f"rett eller fjern variables.{name}.codelist",
            )
    earlier = list(itertools.takewhile(lambda answer: not answer.role.startswith("data-"), before))
    then = offers(selection, earlier[0]) if earlier else None
    now = offers(selection, found[0])
    yield from deviations(selection, now, _codes_by_list(found, selection), then)


def _descriptions(client: Client, base_url: str, selection: Selection) -> Iterator[Answer]:
    yield _metadata(client, base_url, selection)
    for name, codelist in _codelists(selection):
        yield _codelist(client, base_url, selection, name, codelist)


def _metadata(client: Client, base_url: str, selection: Selection) -> Answer:
    if selection.api == "v0":
        return client.get(_v0_table(base_url, selection), role="metadata")
    url = f"{base_url}/pxwebapi/v2/tables/{selection.table_id}/metadata"
    return client.get(url, role="metadata", params={"lang": selection.language})


def _codelists(selection: Selection) -> list[tuple[str, str]]:
    """Variables with their code lists; v0 does not tell what a list holds."""
    if selection.api == "v0":
        return []
    return [(name, v.codelist) for name, v in selection.variables.items() if v.codelist]


def _codelist(
    client: Client, base_url: str, selection: Selection, name: str, codelist: str
) -> Answer:
    url = f"{base_url}/pxwebapi/v2/codelists/{codelist}"
    return client.get(url, role=f"codelist-{name}", params={"lang": selection.language})


def _asked(answers: Sequence[Answer], selection: Selection) -> list[Axis]:
    (metadata,) = (answer for answer in answers if answer.role == "metadata")
    return axes(selection, offers(selection, metadata), _codes_by_list(answers, selection))


def _codes_by_list(answers: Sequence[Answer], selection: Selection) -> dict[str, tuple[str, ...]]:
    by_role = {answer.role: answer for answer in answers}
    return {
        name: codelist_codes(by_role[f"codelist-{name}"])
        for name in selection.variables
        if f"codelist-{name}" in by_role
    }


def _cell_limit(client: Client, base_url: str, selection: Selection) -> int:
    """Cells that one request may ask for: what the API's configuration says, where it has one."""
    if selection.api == "v0":
        return DEFAULT_CELL_LIMIT
    try:
        answer = client.get(f"{base_url}/pxwebapi/v2/config", role="config")
        served = msgspec.json.decode(answer.content, type=_Config).max_data_cells
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return DEFAULT_CELL_LIMIT
    except (msgspec.DecodeError, UnicodeDecodeError):
        return DEFAULT_CELL_LIMIT
    return served if served and served > 0 else DEFAULT_CELL_LIMIT


def _data(
    client: Client,
    base_url: str,
    selection: Selection,
    asked: Sequence[Axis],
    chosen: Sequence[tuple[str, ...]],
    role: str,
) -> Answer:
    if selection.api == "v0":
        return client.post_query(
            _v0_table(base_url, selection), role=role, json=v0_body(asked, chosen)
        )
    url = f"{base_url}/pxwebapi/v2/tables/{selection.table_id}/data"
    address = f"{url}?{v2_query(selection, asked, chosen)}"
    if len(address) <= MAX_URL:
        return client.get(address, role=role)
    params = {"lang": selection.language, "outputFormat": "json-stat2"}
    return client.post_query(url, role=role, params=params, json=v2_body(asked, chosen))


def _v0_table(base_url: str, selection: Selection) -> str:
    return f"{base_url}/v0/{selection.language}/table/{selection.table_id}"


def _one_edition(data: Sequence[Answer], selection: Selection) -> None:
    editions = (
        {str(jsonstat.edition(answer.content)) for answer in data} if len(data) > 1 else set()
    )
    if len(editions) > 1:
        raise _moved(selection, "samme oppdateringstid i alle deler", " og ".join(sorted(editions)))


def _moved(selection: Selection, expected: str, got: str) -> SourceUnavailable:
    return SourceUnavailable(
        subject=f"tabell {selection.table_id}",
        expected=expected,
        got=got,
        remedy="tabellen er trolig oppdatert underveis; hent datasettet på nytt",
    )


def _check_part(head: jsonstat.Description, asked: Sequence[Axis], selection: Selection) -> None:
    """A part has the dimensions asked for, and no code that was not."""
    wanted = {axis.id: set(axis.codes) for axis in asked}
    came = {dimension.id: dimension.codes for dimension in head.dimensions}
    if set(came) != set(wanted):
        raise SourceChanged(
            subject=f"tabell {selection.table_id}",
            expected=f"dimensjonene {', '.join(wanted)}",
            got=", ".join(came),
            remedy="se om tabellen er lagt om, og rett [dataset.selection] i katalogen",
        )
    for name, codes in came.items():
        foreign = [code for code in codes if code not in wanted[name]]
        if foreign:
            raise _moved(
                selection, f"bare koder det ble spurt om i «{name}»", ", ".join(foreign[:20])
            )


def _check_grid(
    heads: Sequence[jsonstat.Description], asked: Sequence[Axis], selection: Selection
) -> None:
    """The parts cover every cell asked for exactly once.

    That holds when the distinct parts of each dimension share no code and together are all its
    codes, and every combination of parts came once.
    """
    blocks = [{d.id: d.codes for d in head.dimensions} for head in heads]
    distinct = {axis.id: {block[axis.id] for block in blocks} for axis in asked}
    for axis in asked:
        codes = list(itertools.chain.from_iterable(distinct[axis.id]))
        if sorted(codes) != sorted(axis.codes):
            raise _moved(
                selection,
                f"hver av de {len(axis.codes)} kodene i «{axis.id}» i én del",
                f"{len(set(codes))} ulike av {len(codes)} koder",
            )
    combinations = {tuple(block[axis.id] for axis in asked) for block in blocks}
    expected = math.prod(len(parts) for parts in distinct.values())
    if not len(combinations) == len(blocks) == expected:
        raise _moved(selection, f"{expected} deler, hver én gang", f"{len(blocks)} deler")


def _codes(heads: Sequence[jsonstat.Description], asked: Sequence[Axis]) -> pl.DataFrame:
    """One row per code that has cells, in the table's order."""
    found: dict[tuple[str, str], tuple[str, str | None, int | None]] = {}
    for dimension in itertools.chain.from_iterable(head.dimensions for head in heads):
        texts = zip(dimension.labels, dimension.units, dimension.decimals, strict=True)
        for code, text in zip(dimension.codes, texts, strict=True):
            found.setdefault((dimension.id, code), text)
    rows = []
    for axis in asked:
        for position, code in enumerate(axis.codes):
            label, unit, decimals = found[axis.id, code]
            rows.append((axis.id, code, label, position, unit, decimals))
    return pl.DataFrame(rows, schema=CODES, orient="row")


def _notes(heads: Sequence[jsonstat.Description]) -> pl.DataFrame:
    """The footnotes, each once."""
    notes = dict.fromkeys(itertools.chain.from_iterable(head.notes for head in heads))
    rows = [(note.dimension, note.code, note.text) for note in notes]
    return pl.DataFrame(rows, schema=NOTES, orient="row")
