"""Answers of PxWeb: cells cut out of a table's cube and written as JSON-stat 2 or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.demo import wire
from tasks.demo.pxweb_select import Axis
from tasks.demo.pxweb_table import (
    CONSTRUCTED,
    IMPOSSIBLE,
    ORDINARY,
    STATUSES,
    Library,
    Table,
    Variable,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Cells = tuple[NDArray[np.float64], NDArray[np.int8]]


def cut(table: Table, axes: list[Axis]) -> Cells:
    """Values and statuses of the selected cells, one axis per selected variable, in order."""
    by_code = {axis.variable.code: axis for axis in axes}
    values, statuses = table.cube()
    eliminated = []
    for number, variable in enumerate(table.variables):
        axis = by_code.get(variable.code) or _all_of(variable)
        if variable.code not in by_code:
            eliminated.append(number)
        values, statuses = _along(values, statuses, number, axis)
    gone = tuple(eliminated)
    return values.squeeze(axis=gone), statuses.squeeze(axis=gone)


def _all_of(variable: Variable) -> Axis:
    """A left-out variable as one code: its total code, or all its codes added up."""
    if isinstance(variable.elimination, str):
        members = [variable.position[variable.elimination]]
    else:
        members = list(range(len(variable.codes)))
    return Axis(variable, [""], [""], [members])


def _along(values: Any, statuses: Any, number: int, axis: Axis) -> Cells:
    import numpy as np

    if axis.plain:
        wanted = [positions[0] for positions in axis.members]
        return values.take(wanted, axis=number), statuses.take(wanted, axis=number)
    parts = [_total(values, statuses, number, positions) for positions in axis.members]
    return (
        np.stack([part[0] for part in parts], axis=number),
        np.stack([part[1] for part in parts], axis=number),
    )


def _total(values: Any, statuses: Any, number: int, positions: list[int]) -> Cells:
    """Add up some codes: one hidden cell hides the sum, impossible cells count for nothing."""
    import numpy as np

    values = values.take(positions, axis=number)
    statuses = statuses.take(positions, axis=number)
    counting = np.where(statuses == IMPOSSIBLE, ORDINARY, statuses)
    status = counting.max(axis=number)
    status[(statuses == IMPOSSIBLE).all(axis=number)] = IMPOSSIBLE
    total = np.nansum(values, axis=number)
    total[status >= IMPOSSIBLE] = np.nan
    return total, status


def dataset(library: Library, table: Table, axes: list[Axis], *, sparse: bool) -> dict[str, Any]:
    """A JSON-stat 2 dataset of the selected cells, the last dimension fastest."""
    cube, marks = cut(table, axes)
    values, statuses = cube.reshape(-1), marks.reshape(-1)
    content = describe(library, table, axes)
    content["value"] = _sparse_values(values) if sparse else _dense_values(values)
    status = _status(statuses)
    if status is not None:
        content["status"] = status
    return content


def describe(library: Library, table: Table, axes: list[Axis]) -> dict[str, Any]:
    """Everything of a dataset but its cells: what `/metadata` answers."""
    roles: dict[str, list[str]] = {}
    for axis in axes:
        if axis.variable.role:
            roles.setdefault(axis.variable.role, []).append(axis.variable.code)
    return {
        "version": "2.0",
        "class": "dataset",
        "label": table.label,
        "source": table.source,
        "updated": table.updated,
        **({"note": table.notes} if table.notes else {}),
        "role": roles,
        "id": [axis.variable.code for axis in axes],
        "size": [len(axis.codes) for axis in axes],
        "dimension": {axis.variable.code: _dimension(library, axis) for axis in axes},
        "extension": {"px": {"tableid": table.id, "decimals": 0, "language": "no"}},
    }


def _dimension(library: Library, axis: Axis) -> dict[str, Any]:
    variable = axis.variable
    category: dict[str, Any] = {
        "index": {code: at for at, code in enumerate(axis.codes)},
        "label": dict(zip(axis.codes, axis.labels, strict=True)),
    }
    units = {code: variable.units[code] for code in axis.codes if code in variable.units}
    if units:
        category["unit"] = {
            code: {"base": base, "decimals": decimals} for code, (base, decimals) in units.items()
        }
    extension: dict[str, Any] = {"elimination": variable.elimination is not False}
    if isinstance(variable.elimination, str):
        extension["eliminationValueCode"] = variable.elimination
    lists = [found for name in variable.codelists if (found := library.codelist(name))]
    extension["codelists"] = [
        {"id": found.id, "label": found.label, "type": found.kind} for found in lists
    ]
    return {
        "label": variable.label,
        "category": category,
        "extension": {**extension, "show": "value"},
    }


def _dense_values(values: NDArray[np.float64]) -> list[Any]:
    """Whole numbers without a decimal point, missing ones as null, as the API writes them."""
    import numpy as np

    empty = np.isnan(values)
    whole = (values == np.floor(values)) & ~empty
    if whole.all():
        return list(values.astype(np.int64).tolist())
    cells: Any = values.astype(object)
    cells[whole] = values[whole].astype(np.int64).astype(object)
    cells[empty] = None
    return list(cells.tolist())


def _sparse_values(values: NDArray[np.float64]) -> dict[str, Any]:
    import numpy as np

    filled = np.flatnonzero(~np.isnan(values))
    keys = map(str, filled.tolist())
    return dict(zip(keys, _dense_values(values[filled]), strict=True))


def _status(statuses: NDArray[np.int8]) -> str | dict[str, str] | list[str | None] | None:
    """One text when all cells share it, an object when few are marked, otherwise an array."""
    import numpy as np

    marked = np.flatnonzero(statuses)
    if not len(marked):
        return None
    if len(marked) == len(statuses) and (statuses == statuses[0]).all():
        return STATUSES[statuses[0]]
    names: Any = np.array(STATUSES, dtype=object)
    if 2 * len(marked) > len(statuses):
        return list(names[statuses].tolist())
    return dict(zip(map(str, marked.tolist()), names[statuses[marked]].tolist(), strict=True))


def as_csv(table: Table, axes: list[Axis], *, codes: bool) -> str:
    """The selected cells as CSV, one row per cell, codes or labels, a hidden cell as its sign."""
    import numpy as np

    cube, marks = cut(table, axes)
    values, statuses = cube.reshape(-1), marks.reshape(-1)
    shown = [axis.codes if codes else axis.labels for axis in axes]
    grid = [part.reshape(-1).tolist() for part in _grid(shown)]
    cells: Any = np.array(_dense_values(values), dtype=object)
    hidden = statuses > CONSTRUCTED
    names: Any = np.array(STATUSES, dtype=object)
    cells[hidden] = names[statuses[hidden]]
    header = [axis.variable.code if codes else axis.variable.label for axis in axes]
    rows = zip(*grid, cells.tolist(), strict=True)
    return wire.csv_text([*header, "value"], rows)


def _grid(texts: list[list[str]]) -> Any:
    """The codes or labels of every cell, one array per dimension."""
    import numpy as np

    axes: list[Any] = [np.array(part, dtype=object) for part in texts]
    return np.meshgrid(*axes, indexing="ij")
