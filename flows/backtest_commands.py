"""Test the forecasts on the home's stored vintages, and tell how it went."""

from __future__ import annotations

from typing import Any

import polars as pl

from flows import show
from tasks import backtests
from tasks.backtests import Backtest
from tasks.forecast.evaluation.record import ALL
from tasks.settings import Settings

_COLUMNS = {
    "horizon": "år fram",
    "model": "metode",
    "n": "utfall",
    "mape": "feil %",
    "benchmark_mape": "enkel %",
    "bias": "skjevhet %",
    "coverage80": "80 % dekker",
    "coverage80_scaled": "justert",
    "direction_hits": "retning %",
    "as_known": "kjent da %",
}
_SHARES = ("as_known",)


def backtest(every: bool, as_json: bool) -> None:
    """Roll the origins, keep the result, and print it."""
    settings = Settings()
    with show.progress():
        show.step("prøver framskrivingene mot det som skjedde")
        found = backtests.run(settings)
    if as_json:
        show.as_json(
            {
                "figures_as_of": found.figures_as_of,
                "rows": found.rows.to_dicts(),
                "absent": found.absent,
                "left_out": {day.isoformat(): why for day, why in found.left_out.items()},
                "file": found.file,
            }
        )
        return
    for (name,), part in found.rows.filter(pl.col("unit") == ALL).group_by(
        "series", maintain_order=True
    ):
        _print_series(str(name), part, every)
    _print_rest(found)


def _print_series(name: str, part: pl.DataFrame, every: bool) -> None:
    made_up = " (konstruerte tall)" if part.get_column("constructed").any() else ""
    show.line(f"{name}{made_up}")
    chosen = part if every else part.filter(pl.col("is_model"))
    records = [_record(row) for row in chosen.sort("model", "horizon").iter_rows(named=True)]
    show.as_table(tuple(_COLUMNS.values()), show.rows_of(records, tuple(_COLUMNS)))
    told = part.filter(pl.col("reason").is_not_null()).row(0, named=True)
    show.line(f"Brukes: {told['used']}; {told['reason']}.")
    show.line()


def _record(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in _COLUMNS}
    for name in _SHARES:
        shown[name] = None if shown[name] is None else 100 * shown[name]
    return {k: round(v, 1) if isinstance(v, float) else v for k, v in shown.items()}


def _print_rest(found: Backtest) -> None:
    for name, why in found.absent.items():
        show.line(f"{name}: ikke målbart ennå; {why}.")
    for day, why in sorted(found.left_out.items()):
        show.line(f"Årgangen fra {day:%d.%m.%Y} kan ikke leses lenger: {why}")
    show.line(
        f"Tallene slik de stod {found.figures_as_of:%d.%m.%Y}. Feil og skjevhet er vektet etter "
        "størrelse; «enkel» er den beste enkle metoden."
    )
    show.line(f"Tatt vare på i {show.relative(found.file)}; blir audit.track_record neste natt.")
