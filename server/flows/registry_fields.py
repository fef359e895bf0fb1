"""A field of a register: its name, its words, and how a cell or a form entry becomes a value, or is refused.

Sheets and forms read with the same functions, so that what one takes the other takes.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from server.flows.registry_codes import Words, fold, reading_table

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufff0-\ufffb]")
_RUNS = re.compile(r"[=@＝＠]|[+\-＋－](?![0-9 .-]+$)")

Value = str | int | float | bool | date | None


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    REFERENCE = "reference"  # the wording of another row: an enterprise, a truck, a machine


class RefusedValueError(ValueError):
    """A cell or entry that cannot be taken; both sentences say what would be right."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `also` are further headers it is known by; `read` overrides the reading by kind."""

    name: str
    zh: str
    en: str
    kind: Kind = Kind.TEXT
    longest: int = 200
    words: Words = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    low: float = 0
    high: float = 1_000_000
    required: bool = False
    also: tuple[str, ...] = ()
    read: Callable[[str], str] | None = None
    hint_zh: str = ""
    hint_en: str = ""
    table: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", reading_table(self.words, self.written))

    def headers(self) -> tuple[str, ...]:
        """Every header this field is known by, folded."""
        return tuple(fold(name) for name in (self.name, self.zh, self.en, *self.also))


def read_value(one: Field, text: str) -> Value:
    """The value of a cell; None when it is empty. Raises RefusedValueError."""
    text = text.strip()
    if not text:
        return None
    _refuse_hostile(one, text)
    if one.read is not None:
        return one.read(text) or None
    return _READERS[one.kind](one, text)


def _refuse_hostile(one: Field, text: str) -> None:
    if len(text) > one.longest:
        raise RefusedValueError(
            f"最多 {one.longest} 个字符，现有 {len(text)} 个。",
            f"At most {one.longest} characters, it has {len(text)}.",
        )
    hidden = _HIDDEN.search(text)
    if hidden:
        raise RefusedValueError(
            f"含有不可见控制字符 U+{ord(hidden[0]):04X}：请删除后重新输入。",
            f"It holds the invisible control character U+{ord(hidden[0]):04X}: delete it and type the text again.",
        )
    if _RUNS.match(text):
        raise RefusedValueError(
            f"不能以“{text[0]}”开头（表格软件会当作公式执行）：请去掉开头的符号。",
            f"It may not begin with “{text[0]}” (a spreadsheet would run it as a formula): take the sign away.",
        )


def _text(_: Field, text: str) -> Value:
    return " ".join(text.split())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")


def _whole(one: Field, text: str) -> Value:
    value = _number(one, text)
    if not isinstance(value, float) or not value.is_integer():
        raise RefusedValueError("应为整数，例如 18000。", "It must be a whole number, like 18000.")
    return int(value)


def _number(one: Field, text: str) -> Value:
    try:
        value = float(_plain(text))
    except ValueError:
        raise RefusedValueError("应为数字，不带单位。", "It must be a number without a unit.") from None
    if not math.isfinite(value) or not one.low <= value <= one.high:
        raise RefusedValueError(
            f"应在 {one.low:g} 与 {one.high:g} 之间。", f"It must lie between {one.low:g} and {one.high:g}."
        )
    return value


_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")


def _date(_: Field, text: str) -> Value:
    plain = unicodedata.normalize("NFKC", text)
    for form in _DATES:
        try:
            day = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if date(1950, 1, 1) <= day <= date(2100, 1, 1):
            return day
        raise RefusedValueError("日期应在 1950 年与 2100 年之间。", "The date must lie between 1950 and 2100.")
    raise RefusedValueError("应为存在的日期，例如 2021-07-01。", "It must be a date that exists, like 2021-07-01.")


_YES_NO = {
    **dict.fromkeys(("是", "有", "yes", "y", "true", "1", "已安装"), True),
    **dict.fromkeys(("否", "无", "no", "n", "false", "0", "未安装"), False),
}


def _yes_no(_: Field, text: str) -> Value:
    value = _YES_NO.get(fold(text))
    if value is None:
        raise RefusedValueError("应为“是”或“否”。", "It must be yes or no.")
    return value


def _choice(one: Field, text: str) -> Value:
    found = one.table.get(fold(unicodedata.normalize("NFKC", text))) or one.table.get(fold(text))
    if found is None:
        zh = "、".join(dict.fromkeys(pair[0] for pair in one.words.values()))
        en = ", ".join(dict.fromkeys(pair[1] for pair in one.words.values()))
        raise RefusedValueError(f"不在可选值之列，应为：{zh}。", f"It is not one of: {en}.")
    return found


_READERS: dict[Kind, Callable[[Field, str], Value]] = {
    Kind.TEXT: _text,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.REFERENCE: _text,
}


def show_value(one: Field, value: object, language: str) -> object:
    """A stored value as a cell or a form entry shows it: codes as words in a sheet, days as ISO."""
    if value is None:
        return None
    if one.kind is Kind.CHOICE:
        pair = one.words.get(str(value))
        return (pair[1] if language == "en" else pair[0]) if pair else str(value)
    if one.kind is Kind.YES_NO:
        return ("yes" if value else "no") if language == "en" else ("是" if value else "否")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if one.kind is Kind.NUMBER else value  # type: ignore[arg-type]
