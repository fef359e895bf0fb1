"""Rows of a CSV or Excel file become records; each row that cannot is refused with its place and the cause.

Nothing is written here. The caller takes all or nothing, or what is good, and shows the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from enforcement.imports.cells import Cell, CellFault, text
from enforcement.imports.columns import Codes, Column, ImportKind, columns_of
from enforcement.registry.doubts import Warning_, half_width
from enforcement.registry.records import Key, Registered, check_subject, duplicate_of, match_keys
from enforcement.registry.subjects import Enterprise, Machine, Terminal, Truck

_MAKE: dict[ImportKind, Callable[..., Registered]] = {
    ImportKind.TRUCK: Truck,
    ImportKind.MACHINE: Machine,
    ImportKind.ENTERPRISE: Enterprise,
    ImportKind.TERMINAL: Terminal,
}
HEADER_ROW = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken; rows are counted as a spreadsheet shows them, the header being row 1."""

    row: int
    column: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A doubt about a row that is taken all the same; row 1 speaks of the header."""

    row: int
    doubt: Warning_


@dataclass(frozen=True, slots=True)
class Table:
    """The good rows as (row number, values by field), before they are records."""

    good: tuple[tuple[int, dict[str, object]], ...]
    refused: tuple[Refusal, ...]
    warnings: tuple[RowWarning, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: records with their row numbers, refused rows, and doubts."""

    good: tuple[tuple[int, Registered], ...]
    refused: tuple[Refusal, ...]
    warnings: tuple[RowWarning, ...]


def parse_rows(
    kind: ImportKind,
    header: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    codes: Codes | None = None,
    known: dict[Key, Registered] | None = None,
) -> Parsed:
    """Read the rows of a file. `known` (see `registry.records.known_by`) are records already kept: a row that doubles
    one of them, or an earlier row, is refused and names the first."""
    table = read_table(columns_of(kind, codes or Codes()), header, rows)
    seen = dict(known or {})
    row_of: dict[Key, int] = {}
    good: list[tuple[int, Registered]] = []
    refused, warnings = list(table.refused), list(table.warnings)
    for row, values in table.good:
        subject = _MAKE[kind](**values)
        doubled = _unknowable(row, subject) or _doubled(row, subject, seen, row_of)
        if doubled:
            refused.append(doubled)
            continue
        good.append((row, subject))
        new = [key for key in match_keys(subject) if key not in seen]
        seen |= dict.fromkeys(new, subject)
        row_of |= dict.fromkeys(new, row)
        warnings += [RowWarning(row, doubt) for doubt in check_subject(subject)]
    return Parsed(tuple(good), tuple(sorted(refused, key=lambda item: item.row)), tuple(warnings))


def read_table(columns: Sequence[Column], header: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Table:
    """Read every cell by its column. Empty rows are passed over; an empty cell leaves its field out."""
    places, faults, doubts = _places(columns, header)
    if faults:
        return Table((), tuple(faults), tuple(doubts))
    good: list[tuple[int, dict[str, object]]] = []
    refused: list[Refusal] = []
    for number, cells in enumerate(rows, HEADER_ROW + 1):
        if not any(text(cell) for cell in cells):
            continue
        values, wrong = _row(places, columns, number, cells)
        if wrong:
            refused += wrong
        else:
            good.append((number, values))
    return Table(tuple(good), tuple(refused), tuple(doubts))


def _places(
    columns: Sequence[Column], header: Sequence[Cell]
) -> tuple[dict[int, Column], list[Refusal], list[RowWarning]]:
    """Which column stands where; a needed one that is missing or stands twice refuses the file."""
    names = {_folded(name): column for column in columns for name in (*column.zh, *column.en, column.field)}
    places: dict[int, Column] = {}
    faults: list[Refusal] = []
    doubts: list[RowWarning] = []
    for index, cell in enumerate(header):
        column = names.get(_folded(text(cell)))
        if column is None and text(cell):
            doubts.append(RowWarning(HEADER_ROW, _unknown_column(text(cell))))
        elif column in places.values():
            faults.append(_twice(text(cell)))
        elif column is not None:
            places[index] = column
    faults += [_missing(column) for column in columns if column.required and column not in places.values()]
    return places, faults, doubts


def _folded(name: str) -> str:
    return re.sub(r"\(.*?\)|[*_:\-]", "", half_width(name))


def _row(
    places: dict[int, Column], columns: Sequence[Column], number: int, cells: Sequence[Cell]
) -> tuple[dict[str, object], list[Refusal]]:
    values: dict[str, object] = {}
    wrong: list[Refusal] = []
    for index, column in places.items():
        cell = cells[index] if index < len(cells) else None
        if not text(cell):
            continue
        try:
            values[column.field] = column.read(cell)
        except CellFault as fault:
            wrong.append(Refusal(number, column.zh[0], fault.code, fault.zh, fault.en))
    faulty = {item.column for item in wrong}
    wrong += [
        _empty(number, column)
        for column in columns
        if column.required and not values.get(column.field) and column.zh[0] not in faulty
    ]
    return values, wrong


def _doubled(row: int, subject: Registered, seen: dict[Key, Registered], row_of: dict[Key, int]) -> Refusal | None:
    found = duplicate_of(subject, seen)
    if found is None:
        return None
    zh, en = found.sentence.zh, found.sentence.en
    if found.key in row_of:
        zh, en = f"{zh}（见第{row_of[found.key]}行）", f"{en} (row {row_of[found.key]})"
    return Refusal(row, found.column, "duplicate", zh, en)


def _unknowable(row: int, subject: Registered) -> Refusal | None:
    """A machine that bears no number at all could not be found again."""
    if match_keys(subject) or isinstance(subject, Enterprise):
        return None
    zh = "环保登记号码、产品识别码、机械环保代码、发动机编号（连同制造商）至少填写一项。"
    en = "Give at least one of registration number, PIN, machine code, engine number with its maker."
    return Refusal(row, "环保登记号码", "no_key", zh, en)


def _unknown_column(name: str) -> Warning_:
    return Warning_(name, "unknown_column", f"未识别的列“{name}”已忽略。", f"Column {name!r} is not known: ignored.")


def _twice(name: str) -> Refusal:
    zh, en = f"列“{name}”出现两次。", f"Column {name!r} stands twice."
    return Refusal(HEADER_ROW, name, "column_twice", zh, en)


def _missing(column: Column) -> Refusal:
    zh, en = f"缺少列“{column.zh[0]}”。", f"Column {column.zh[0]} ({column.en[0]}) is missing."
    return Refusal(HEADER_ROW, column.zh[0], "column_missing", zh, en)


def _empty(row: int, column: Column) -> Refusal:
    zh, en = f"“{column.zh[0]}”不能为空。", f"{column.zh[0]} ({column.en[0]}) must not be empty."
    return Refusal(row, column.zh[0], "empty", zh, en)
