"""The cells of a sheet as last calculated, with merged cells and bare formulas marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.forms.cells import MERGED, UNCALCULATED, Raw, plain
from tasks.forms.opening import LAST_COLUMN, Opened

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


class Grid:
    """A sheet of a workbook that came from outside.

    Args:
        opened: The workbook.
        sheet: The sheet, of the workbook as it is written.
    """

    def __init__(self, opened: Opened, sheet: Worksheet) -> None:
        self._written = sheet
        self._calculated = opened.calculated[sheet.title]
        self.last_row = sheet.max_row
        self.last_column = min(sheet.max_column, LAST_COLUMN)
        # An empty cell that is merged with others is as empty as they are.
        self._merged = [
            (area.min_row, area.max_row, area.min_col, area.max_col)
            for area in sheet.merged_cells.ranges
            if plain(self.value(area.min_row, area.min_col))
        ]

    def at(self, row: int, column: int) -> Raw:
        """A cell of the table."""
        if any(a <= row <= b and c <= column <= d for a, b, c, d in self._merged):
            return MERGED
        return self.value(row, column)

    def value(self, row: int, column: int) -> Raw:
        """What stands in a cell."""
        value: Any = self._calculated.cell(row, column).value
        if value is None and self._written.cell(row, column).data_type == "f":
            return UNCALCULATED
        return value if isinstance(value, Raw) else str(value)
