"""Workbooks that people fill in and get back: a template with drop-downs, and the same sheet with its faults marked.

What a template offers is read again by `workbooks.read`: cells are text, so that a plate, a VIN or a time stays as it
was typed. In the marked sheet the cells keep what was typed, two columns at the end say why a row was not taken.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from server.documents.lists import harmless

OFFERED_ROWS = 20_000  # as far as the drop-downs of a template reach
MOST_COMMENTS = 3_000  # a spreadsheet is slow to open with more; colour and reason stand there all the same
CODES, NOTES = "代码表 Codes", "填写说明 Notes"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True, slots=True)
class FilledColumn:
    """A column of a template: its header, what may stand in it, an example, and the words of its drop-down."""

    header: str
    note: str = ""
    example: str = ""
    required: bool = False
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """A row as it came. `faults`: notes by column index; `reason`: all of them in one line, behind `outcome`."""

    cells: Sequence[str]
    faults: Mapping[int, str]
    outcome: str = ""
    reason: str = ""
    key: str = ""


def template(title: str, columns: Sequence[FilledColumn]) -> bytes:
    """An empty sheet with drop-downs; the codes with their words on a second sheet, notes on a third."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {**_OPTIONS, "constant_memory": False}) as book:
        sheet, codes = book.add_worksheet(title[:31]), book.add_worksheet(CODES)
        text = book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, max(12, min(2 * len(column.header) + 2, 28)), text)
            sheet.write_string(0, at, _shown(column.header), _head(book, column.required))
            if column.note:
                sheet.write_comment(0, at, column.note[:1000], {"x_scale": 2, "y_scale": 1.3})
        _write_codes(book, sheet, codes, columns)
        _write_notes(book.add_worksheet(NOTES), _head(book, False), columns)
    return out.getvalue()


def _head(book: xlsxwriter.Workbook, required: bool) -> Format:
    colour = "#F9DFC0" if required else "#DCE6EF"
    return book.add_format({"bold": True, "bg_color": colour, "border": 1, "num_format": "@"})


def _write_codes(
    book: xlsxwriter.Workbook, sheet: Worksheet, codes: Worksheet, columns: Sequence[FilledColumn]
) -> None:
    """One column of words a list, in the order of the sheet; the drop-downs read them there."""
    head = _head(book, False)
    for at, (place, column) in enumerate((p, c) for p, c in enumerate(columns) if c.offered):
        codes.set_column(at, at, 24)
        codes.write_string(0, at, _shown(column.header), head)
        for number, word in enumerate(column.offered, start=1):
            codes.write_string(number, at, _shown(word))
        letter = xlsxwriter.utility.xl_col_to_name(at)
        source = f"='{CODES}'!${letter}$2:${letter}${len(column.offered) + 1}"
        sheet.data_validation(
            1, place, OFFERED_ROWS, place,
            {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True},
        )  # fmt: skip


def _write_notes(sheet: Worksheet, head: Format, columns: Sequence[FilledColumn]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 28)
    sheet.set_column(3, 3, 90)
    for at, title in enumerate(("列 Column", "必填 Required", "示例 Example", "说明 Note")):
        sheet.write_string(0, at, title, head)
    for number, column in enumerate(columns, start=1):
        needed = "是 yes" if column.required else ""
        for at, cell in enumerate((column.header, needed, column.example, column.note)):
            sheet.write_string(number, at, _shown(cell))


def marked(
    title: str, header: Sequence[str], ends: Sequence[str], rows: Iterable[MarkedRow], comments: int = MOST_COMMENTS
) -> bytes:
    """The sheet as it came, faulty cells red with a comment, and `ends` (outcome, reason, key) as last columns."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(header) + len(ends), 18)
        sheet.set_column(len(header) + 1, len(header) + 1, 70)
        head, red = _head(book, False), book.add_format({"bg_color": "#F6C9C6", "num_format": "@"})
        said = book.add_format({"font_color": "#B3261E", "text_wrap": True})
        for at, name in enumerate([*header, *ends]):
            sheet.write_string(0, at, _shown(name), head)
        for number, row in enumerate(rows, start=1):
            comments -= _write_marked(sheet, number, row, len(header), (red, said), comments)
    return out.getvalue()


def _write_marked(
    sheet: Worksheet, number: int, row: MarkedRow, width: int, formats: tuple[Format, Format], comments: int
) -> int:
    """Write one row; how many comments it took."""
    red, said = formats
    taken = 0
    for at, cell in enumerate(row.cells):
        if at in row.faults:
            sheet.write_string(number, at, _shown(cell), red)
            if taken < comments:
                sheet.write_comment(number, at, row.faults[at][:1000], {"x_scale": 2, "y_scale": 1.2})
                taken += 1
        elif cell:
            sheet.write_string(number, at, _shown(cell))
    for at, cell in enumerate((row.outcome, row.reason, row.key)):
        if cell:
            sheet.write_string(number, width + at, _shown(cell), said if row.faults or row.key else None)
    return taken


def _shown(cell: str) -> str:
    return str(harmless(cell[:32000]))
