"""A file becomes rows of a register: header to fields, cells to values, every fault noted at its place.

Nothing is asked of the database here; `import_registry` does that with what is left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from server.documents import csv_files, workbooks
from server.documents.sheets import FileRefusedError, Sheet
from server.flows.registry_codes import fold
from server.flows.registry_nouns import Noun, read_entry
from server.store.registry_imports import Note

REPORT_HEADERS = ("结果", "原因", "result", "reason")
PROGRESS_EVERY = 5_000

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Reading:
    """What a sheet gave: the fields its header names, good rows by row number, notes, numbers of refused rows."""

    given: tuple[str, ...]
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def refuse(self, row: int, column: str, value: object, zh: str, en: str, first_id: int | None = None) -> None:
        """Note why a row is not taken, and take it out."""
        self.notes.append(Note(row, column, "" if value is None else str(value), True, zh, en, first_id))
        self.refused.add(row)
        self.rows.pop(row, None)

    def warned(self) -> int:
        """How many rows that are taken have a warning."""
        return len({note.row for note in self.notes if not note.refused and note.row in self.rows})


def open_sheet(content: bytes) -> Sheet:
    """CSV or workbook, by its content. Raises FileRefusedError."""
    if not content.strip():
        raise FileRefusedError("文件是空的：请选择要导入的文件。", "The file is empty: choose the file to import.")
    return workbooks.read(content) if workbooks.is_workbook(content) else csv_files.read(content)


def read_sheet(noun: Noun, sheet: Sheet, progress: Progress = lambda done, of: None) -> Reading:
    """Read every row. Raises FileRefusedError when the header is not that of the register."""
    places, notes = _places(noun, sheet)
    given = tuple(places)
    reading = Reading(given, notes=notes)
    names = {fold(sheet.header[at]): name for name, at in places.items()}
    spoilt = {fault.row: fault for fault in sheet.faults if fold(fault.column) in names}
    seen: dict[tuple[str, ...], int] = {}
    for done, (number, cells) in enumerate(zip(sheet.numbers, sheet.rows, strict=True), start=1):
        fault = spoilt.get(number)
        if fault is not None:
            reading.refuse(number, names[fold(fault.column)], fault.value, fault.zh, fault.en)
        else:
            _read_row(noun, reading, number, {name: cells[at] for name, at in places.items()}, seen)
        if done % PROGRESS_EVERY == 0:
            progress(done, len(sheet.rows))
    return reading


def _places(noun: Noun, sheet: Sheet) -> tuple[dict[str, int], list[Note]]:
    known = {name: one for one in reversed(noun.fields) for name in reversed(one.headers())}
    places: dict[str, int] = {}
    notes: list[Note] = []
    for at, header in enumerate(sheet.header):
        one = known.get(fold(header))
        if one is not None and one.name in places:
            raise FileRefusedError(
                f"表头“{header}”重复：请只保留一列。", f"The header “{header}” stands twice: keep one column."
            )
        if one is not None:
            places[one.name] = at
        elif header and fold(header) not in REPORT_HEADERS:
            zh, en = (
                f"无法识别的表头“{header}”，该列未读取。",
                f"The header “{header}” is not known; the column is not read.",
            )
            notes.append(Note(0, header[:60], "", False, zh, en))
    missing = [one for one in noun.fields if one.required and one.name not in places]
    if missing or not places:
        names_zh, names_en = "、".join(one.zh for one in missing), ", ".join(one.en for one in missing)
        raise FileRefusedError(
            f"表头缺少：{names_zh or '可识别的列'}。请对照模板（{noun.zh}）。",
            f"The header lacks: {names_en or 'any known column'}. Compare it with the template ({noun.en}).",
        )
    return places, notes


def _read_row(
    noun: Noun, reading: Reading, number: int, cells: dict[str, str], seen: dict[tuple[str, ...], int]
) -> None:
    values, faults = read_entry(noun, cells, reading.given)
    for column, zh, en in faults:
        reading.refuse(number, column, cells.get(column, ""), zh, en)
    if faults:
        return
    twice = _seen_before(noun, values, number, seen)
    if twice is not None:
        column, first = twice
        reading.refuse(
            number,
            column,
            values[column],
            f"与本文件第 {first} 行重复：请删除其中一行。",
            f"It repeats row {first} of this file: delete one of them.",
        )
        return
    reading.rows[number] = values
    for doubt in noun.doubts(values):
        reading.notes.append(Note(number, doubt.field, str(values.get(doubt.field) or ""), False, doubt.zh, doubt.en))


def _seen_before(
    noun: Noun, values: dict[str, Any], number: int, seen: dict[tuple[str, ...], int]
) -> tuple[str, int] | None:
    keys = [
        (key[-1], (*key, *(str(values.get(name) or "") for name in key))) for key in noun.keys if values.get(key[-1])
    ]
    for column, key in keys:
        if key in seen:
            return column, seen[key]
    seen.update({key: number for _, key in keys})
    return None


def ordered(notes: list[Note]) -> list[Note]:
    """Notes in the order of the file."""
    return sorted((replace(note) for note in notes), key=lambda note: (note.row, not note.refused))
