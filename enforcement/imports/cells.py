"""What a spreadsheet cell says: text, numbers, days and words of a list, or a fault in both languages."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from enforcement.registry.doubts import half_width
from enforcement.rules.book import BEIJING

Cell = str | int | float | bool | date | datetime | time | timedelta | None
Reader = Callable[[Cell], object]

_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_NOTHING = {"", "/", "-", "--", "—", "无", "不详", "N/A", "NULL", "NONE"}
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119: a number outside is no day


class CellFault(ValueError):
    """A cell cannot be read as what its column holds."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


def text(cell: Cell) -> str:
    """Text as typed, trimmed; a whole number without its .0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\u3000", " ").strip()


def code_text(cell: Cell) -> str:
    """Upper case, half-width, without spaces: codes and numbers of things."""
    return half_width(text(cell))


def identifier(cell: Cell) -> str:
    """A number of a thing; what people type where there is none is read as none."""
    shown = code_text(cell)
    return "" if shown in _NOTHING else shown


def number(cell: Cell) -> float:
    """A number, thousands separators and a trailing unit allowed; never below zero."""
    shown = text(cell)
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)(?:KG|KW|T|吨|千瓦|公斤|千克)?", half_width(shown).replace(",", ""))
    if found is None or isinstance(cell, bool):
        raise CellFault("not_a_number", f"“{shown}”不是数字。", f"{shown!r} is not a number.")
    value = float(found[1])
    if value < 0:
        raise CellFault("negative", f"“{shown}”不能为负数。", f"{shown!r} must not be negative.")
    return value


def _is_excel_day(cell: float) -> bool:
    """Whether a number is one that Excel would show as a day; what is not finite is none."""
    if isinstance(cell, bool):
        return False
    return (isinstance(cell, int) or math.isfinite(cell)) and int(cell) in _EXCEL_DAYS


def day(cell: Cell) -> date:
    """A day: an Excel day or its number, 2026-08-15, 2026/8/15, 2026年8月15日, 20260815."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and _is_excel_day(cell):
        return _EXCEL_EPOCH + timedelta(days=int(cell))
    shown = text(cell)
    found = _DAY.match(_folded_day(cell))
    if found is None:
        raise _no_day(shown)
    year, *rest = found.groups()
    month, day_ = (rest[0], rest[1]) if rest[0] else (rest[2], rest[3])
    try:
        return date(int(year), int(month), int(day_))
    except ValueError as fault:
        raise _no_day(shown) from fault


def moment(cell: Cell) -> datetime:
    """A day, or a day and time, Beijing; a day alone means its first second."""
    clock = _clock(cell)
    return datetime.combine(day(cell), clock or time(), tzinfo=BEIJING)


def until(cell: Cell) -> datetime:
    """The end of a period: a day alone is meant to its end."""
    clock = _clock(cell)
    if clock:
        return datetime.combine(day(cell), clock, tzinfo=BEIJING)
    return datetime.combine(day(cell) + timedelta(days=1), time(), tzinfo=BEIJING)


def _clock(cell: Cell) -> time | None:
    if isinstance(cell, datetime):
        return cell.time() if cell.time() != time() else None
    if isinstance(cell, float) and _is_excel_day(cell):
        seconds = min(round((cell - int(cell)) * 86_400), 86_399)
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60) if seconds else None
    found = _CLOCK.search(_folded_day(cell))
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError as fault:
        raise _no_day(text(cell)) from fault


def _folded_day(cell: Cell) -> str:
    """Half-width; a space stays only where it parts the day from the time."""
    return re.sub(r"\s*([年月日/.\-])\s*", r"\1", unicodedata.normalize("NFKC", text(cell)))


def _no_day(shown: str) -> CellFault:
    return CellFault("not_a_day", f"“{shown}”不是日期（如2026-08-15）。", f"{shown!r} is not a day (like 2026-08-15).")


def word_of(words: Mapping[str, object], name_zh: str, name_en: str, endings: str = "") -> Reader:
    """A reader for the words and codes of one list; `endings` are characters that may follow a word."""
    folded = {half_width(word): value for word, value in words.items()}

    def read(cell: Cell) -> object:
        shown = code_text(cell)
        for candidate in (shown, shown.rstrip(endings) if endings else shown):
            if candidate in folded:
                return folded[candidate]
        zh = f"“{text(cell)}”不在{name_zh}代码表中。"
        raise CellFault("not_in_list", zh, f"{text(cell)!r} is not in the list of {name_en}.")

    return read
