"""Drawn futures as tables of a run, and back: one row a cell, its draws in a list.

A list keeps the draws of a cell together, in the order of the draws: SQL takes a quantile of it
(`list_aggregate(pupils, 'quantile_cont', 0.9)`), and adds two cells draw by draw.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from tasks.forecast.summary import grid
from tasks.forecast.types import Array, Axes, Forecast, WorkingLife

TABLES = ("draws_pupils", "draws_applicants", "draws_working_life", "draws_homes")


def tables(forecast: Forecast) -> dict[str, pl.DataFrame]:
    """The tables of `TABLES`.

    Grain: `draws_pupils` programme area × home municipality × year, whole persons;
    `draws_applicants` programme area, applicants per pupil; `draws_working_life` programme area ×
    intake region × year, persons, null where not known; `draws_homes` region × home, the share of
    the region's need that is laid there. The last two are empty without working life.
    """
    axes = forecast.axes
    pupils = grid(
        {
            "programme_area_code": axes.programme_areas,
            "home_municipality_code": axes.municipalities,
            "year": axes.years,
        },
        {},
    ).with_columns(_lists("pupils", forecast.progression, np.uint16))
    applicants = pl.DataFrame({"programme_area_code": axes.programme_areas}).with_columns(
        _lists("applicants_per_pupil", forecast.applicants_per_pupil, np.float32)
    )
    life = forecast.working_life or _nothing(forecast.count)
    needs = grid(
        {"programme_area_code": life.areas, "region_code": life.regions, "year": life.years}, {}
    ).with_columns(
        _lists("demand", life.demand, np.float32),
        _lists("intake_need", life.intake_need, np.float32),
    )
    homes = grid(
        {"region_code": life.regions, "home_municipality_code": axes.municipalities},
        {"share": life.share},
    )
    return dict(zip(TABLES, (pupils, applicants, needs, homes), strict=True))


def forecast(found: Mapping[str, pl.DataFrame]) -> Forecast:
    """The forecast that the tables were made of, bit by bit.

    Args:
        found: As from `tables`.
    """
    pupils, applicants, needs, homes = (found[name] for name in TABLES)
    areas = _codes(pupils, "programme_area_code")
    municipalities = _codes(pupils, "home_municipality_code")
    years = tuple(int(y) for y in pupils.get_column("year").unique().sort())
    axes = Axes(areas, municipalities, years)
    progression = _draws(pupils.get_column("pupils"), axes.shape)
    ratio = _draws(applicants.get_column("applicants_per_pupil"), (len(areas),))
    if needs.is_empty():
        return Forecast(axes, progression, ratio)
    mine, regions = _codes(needs, "programme_area_code"), _codes(needs, "region_code")
    ahead = tuple(int(y) for y in needs.get_column("year").unique().sort())
    share = homes.get_column("share").to_numpy().reshape(-1, len(municipalities))
    shape = (len(mine), len(share), len(ahead))
    return Forecast(
        axes,
        progression,
        ratio,
        WorkingLife(
            mine,
            regions,
            share,
            ahead,
            _draws(needs.get_column("demand"), shape),
            _draws(needs.get_column("intake_need"), shape),
        ),
    )


def _nothing(draws: int) -> WorkingLife:
    empty = np.zeros((draws, 0, 0, 0), np.float32)
    return WorkingLife((), (), np.zeros((0, 0)), (), empty, empty)


def _lists(name: str, array: Array, kind: npt.DTypeLike) -> pl.Series:
    """Draws last, one list a cell."""
    cells = np.ascontiguousarray(array.reshape(len(array), -1).T.astype(kind))
    width = max(cells.shape[1], 1)
    return pl.Series(name, cells.reshape(-1)).reshape((len(cells), width)).arr.to_list()


def _draws(cells: pl.Series, shape: tuple[int, ...]) -> Array:
    """float32 `[draw, *shape]`."""
    width = len(cells[0])
    flat = cells.explode().to_numpy().astype(np.float32)
    return np.ascontiguousarray(flat.reshape(-1, width).T.reshape(width, *shape))


def _codes(frame: pl.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(frame.get_column(column).unique(maintain_order=True))
