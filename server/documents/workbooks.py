"""Excel workbooks in (python-calamine) and out (xlsxwriter).

Before a workbook is opened its parts are unpacked against a limit (a bomb is refused), and looked through for
formulas: a registry holds values, and a formula's cached value may be years old.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from server.documents.lists import harmless
from server.documents.sheets import (
    MOST_BYTES,
    MOST_UNPACKED_BYTES,
    CellFault,
    FileRefusedError,
    Sheet,
    assemble,
    restore,
)

_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<f[ >]|<f/>")
_CELL_NAME = re.compile(rb'<c [^>]*?r="([A-Z]+[0-9]+)"')
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin as a zip archive does; `read` decides the rest."""
    return data.startswith(b"PK\x03\x04")


def read(data: bytes) -> Sheet:
    """Read the first sheet that is not empty, or refuse the file with the reason."""
    _inspect(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in workbook.sheet_names:
            values = workbook.get_sheet_by_name(name)
            rows = values.to_python(skip_empty_area=False)
            if any(cell not in ("", None) for row in rows[:50] for cell in row):
                return _sheet(rows)
    except PasswordError as fault:
        raise _refused(
            "工作簿有密码：请取消密码后再上传。", "The workbook has a password: remove it and upload again."
        ) from fault
    except (CalamineError, ValueError, OSError) as fault:
        raise _refused(
            f"工作簿已损坏，无法读取（{fault}）：用 Excel 打开后另存为 .xlsx。",
            f"The workbook is damaged ({fault}): open it in Excel and save it as .xlsx.",
        ) from fault
    return assemble([], [])


def _refused(zh: str, en: str) -> FileRefusedError:
    return FileRefusedError(zh, en)


def _inspect(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise _refused(
            f"文件超过 {MOST_BYTES // 1024 // 1024} MB：请拆分后分次导入。",
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB: split it.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _inspect_parts(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zipfile.zlib.error) as fault:  # type: ignore[attr-defined]
        raise _refused(
            "这不是有效的 .xlsx 文件：请用 Excel 另存为 .xlsx，或上传 CSV。",
            "This is no valid .xlsx file: save it as .xlsx in Excel, or upload CSV.",
        ) from fault


def _inspect_parts(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if "xl/workbook.xml" not in names:
        raise _refused(
            "压缩包里没有工作簿（xl/workbook.xml）：请上传 .xlsx 或 .csv。",
            "The archive holds no workbook (xl/workbook.xml): upload .xlsx or .csv.",
        )
    if any(name.endswith("vbaProject.bin") for name in names):
        raise _refused(
            "工作簿含有宏：请另存为不含宏的 .xlsx。", "The workbook holds macros: save it as .xlsx without macros."
        )
    left = MOST_UNPACKED_BYTES
    for part in archive.infolist():
        left -= part.file_size
        if left < 0 or len(names) > 2000:
            raise _refused(
                f"展开后超过 {MOST_UNPACKED_BYTES // 1024 // 1024} MB：文件异常，不予读取。",
                f"It unpacks to more than {MOST_UNPACKED_BYTES // 1024 // 1024} MB: not read.",
            )
    for part in archive.infolist():
        with archive.open(part) as stream:
            _inspect_stream(stream, bool(_SHEET_PART.fullmatch(part.filename)))


def _inspect_stream(stream: Iterable[bytes], is_sheet: bool) -> None:
    """Unpack to the end (the archive module checks length and CRC) and look for formulas on the way."""
    tail = b""
    while chunk := stream.read(_CHUNK):  # type: ignore[attr-defined]
        if not is_sheet:
            continue
        window = tail + chunk
        found = _FORMULA.search(window)
        if found:
            names = _CELL_NAME.findall(window[: found.start()])
            cell = names[-1].decode() if names else "?"
            raise _refused(
                f"单元格 {cell} 是公式：登记只接受数值，请“选择性粘贴—数值”后再上传。",
                f"Cell {cell} is a formula: only values are taken; use “Paste special – values” and upload again.",
            )
        tail = window[-4096:]


def _sheet(rows: Sequence[Sequence[object]]) -> Sheet:
    faults: list[CellFault] = []
    header: list[str] = []
    lines: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, start=1):
        cells = [_text(value) for value in row]
        if not header and any(cells):
            header = cells
        for at, value in enumerate(row):
            if isinstance(value, float) and abs(value) >= 1e15:
                faults.append(_rounded(number, header[at] if at < len(header) else str(at + 1), cells[at]))
        lines.append((number, cells))
    return assemble(lines, faults)


def _rounded(number: int, column: str, value: str) -> CellFault:
    return CellFault(
        number,
        column,
        value,
        "数字超过 15 位，已被表格软件舍入：请把该列设为文本格式后重新输入。",
        "A number of more than 15 digits was rounded by the spreadsheet: format the column as text and type it again.",
    )


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return restore(value or "").strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell to be coloured with a note: its row and column index, red (refused) or amber (warning)."""

    row: int
    column: int
    refused: bool
    note: str


def write(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    marks: Sequence[Mark] = (),
    hints: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A workbook of one sheet, text as text, header frozen; marked cells coloured; hints on a second sheet."""
    buffer = io.BytesIO()
    options = {
        "constant_memory": not marks,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bg_color": "#DCE6EF", "border": 1})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 1, 0), 18)
        sheet.write_row(0, 0, [_shown(name) for name in header], bold)
        _write_rows(sheet, rows, {(mark.row, mark.column): mark for mark in marks}, _colours(book))
        if hints:
            second = book.add_worksheet("说明 Notes")
            second.set_column(0, 0, 28)
            second.set_column(1, 1, 110)
            for number, (name, text) in enumerate(hints):
                second.write_row(number, 0, (_shown(name), _shown(text)))
    return buffer.getvalue()


def _colours(book: xlsxwriter.Workbook) -> tuple[object, object]:
    return book.add_format({"bg_color": "#F6C9C6"}), book.add_format({"bg_color": "#FCE8B8"})


def _write_rows(
    sheet: xlsxwriter.worksheet.Worksheet,
    rows: Iterable[Sequence[object]],
    marks: dict[tuple[int, int], Mark],
    colours: tuple[object, object],
) -> None:
    red, amber = colours
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            mark = marks.get((number, at)) if marks else None
            if mark is not None:
                sheet.write_comment(number + 1, at, mark.note[:2000], {"x_scale": 2, "y_scale": 1.2})
                sheet.write_string(number + 1, at, _shown(value), red if mark.refused else amber)
            elif isinstance(value, bool | int | float):
                sheet.write(number + 1, at, value)
            elif value is not None and value != "":
                sheet.write_string(number + 1, at, _shown(value))


def _shown(value: object) -> str:
    """The text of a cell, so that no program runs it; `read` takes the apostrophe off again."""
    return "" if value is None else str(harmless(str(value)[:32000]))
