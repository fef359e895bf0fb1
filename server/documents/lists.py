"""A list as a file: CSV (UTF-8 with mark, as Excel wants it) or XLSX.

A cell that a spreadsheet would take for a formula gets an apostrophe before it; control characters are taken out.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

import xlsxwriter

Cell = str | int | float | None
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MIMES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def harmless(cell: Cell) -> Cell:
    """The cell, so that no program runs it."""
    if not isinstance(cell, str):
        return cell
    clean = _CONTROL.sub("", cell)
    return "'" + clean if clean.startswith(RUNS_AS_FORMULA) else clean


def csv_file(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(cell) for cell in head])
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(head: Sequence[str], rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """The rows as a workbook with a frozen head and filters."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    ) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bg_color": "#E9EEF3"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(head) - 1, 0), 18)
        for column, title_cell in enumerate(head):
            sheet.write_string(0, column, str(harmless(title_cell)), bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                _write(sheet, last, column, harmless(cell))
        sheet.autofilter(0, 0, last, max(len(head) - 1, 0))
    return out.getvalue()


def _write(sheet: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)
