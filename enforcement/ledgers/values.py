"""One value of a row, of JSON or of a sheet, read as what its field holds; a fault says what would be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from enforcement.imports import cells
from enforcement.ledgers.codes import Codes, folded
from enforcement.ledgers.faults import ValueFault, shown
from enforcement.ledgers.fields import Field, Kind
from enforcement.registry.categories import MACHINE_WORDS, MachineCategory
from enforcement.registry.doubts import half_width
from enforcement.registry.fuels import WORDS as FUEL_WORDS
from enforcement.registry.fuels import Fuel, read_fuel
from enforcement.registry.plates import WORDS as COLOUR_WORDS
from enforcement.registry.plates import PlateColour, normalise_plate, read_colour
from enforcement.registry.stages import Stage, read_stage
from enforcement.rules.book import BEIJING

_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,20})?", re.ASCII)
_PICTURE = re.compile(r"https?://[^\s\"'<>\\]+|item:\d{1,9}")
_FORMS = {"vehicle_type": re.compile(r"[A-Z][0-9]{2}"), "usage": re.compile(r"[A-Z]")}
_EXCEL_DAYS = range(20_000, 80_000)
_THOUSANDTH, _LARGEST, _MOST_KW = Decimal("0.001"), Decimal(10) ** 9, Decimal(99_999)
_COLOUR_VALUES = {half_width(colour.value): colour for colour in PlateColour}
_COLOURS = {half_width(word): colour for word, colour in COLOUR_WORDS.items()}
_FUELS = {half_width(word): fuel for word, fuel in FUEL_WORDS.items()} | {half_width(f.value): f for f in Fuel}
_MACHINES = {half_width(word): kind for word, kind in MACHINE_WORDS.items()} | {
    half_width(kind.value): kind for kind in MachineCategory
}


def plain(value: object) -> str:
    """A value as one line of text; ValueFault for what is no text and for signs that cannot be printed."""
    if value is None:
        return ""
    if isinstance(value, Mapping | list | tuple | set | bytes):
        raise ValueFault("not_text", "应为文字或数字。", "It must be text or a number.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    line = " ".join(str(value).split())
    if not line.isprintable():  # a lone surrogate is not, either
        raise ValueFault("unprintable", "含有不能显示的字符。", "It holds signs that cannot be printed.")
    return line


def read_value(field: Field, value: object, codes: Codes) -> object:
    """What the field holds; None where nothing stands there."""
    if value is None or plain(value) == "":
        return None
    found = _READERS[field.kind](field, value, codes)
    return found if found != "" else None


def _within(field: Field, text: str) -> str:
    if len(text) > field.longest:
        zh, en = f"最多 {field.longest} 个字符。", f"At most {field.longest} characters."
        raise ValueFault("too_long", zh, en)
    return text


def _text(field: Field, value: object, codes: Codes) -> str:
    return _within(field, unicodedata.normalize("NFC", plain(value)))


def _mark(field: Field, value: object, codes: Codes) -> str:
    text = _within(field, half_width(plain(value)))
    if not (text.isascii() and text.isalnum()):
        raise ValueFault("mark", "只能是字母和数字。", "Letters and digits only.")
    return text


def _identifier(field: Field, value: object, codes: Codes) -> str:
    return _within(field, cells.identifier(plain(value)))


def _plate(field: Field, value: object, codes: Codes) -> str:
    plate = _within(field, normalise_plate(plain(value)))
    if not (len(plate) >= 2 and plate.isalnum()):
        zh, en = f"“{shown(value)}”不是号牌号码。", f"{shown(value)!r} is not a plate."
        raise ValueFault("plate", zh, en)
    return plate


def _colour(field: Field, value: object, codes: Codes) -> PlateColour:
    text = half_width(plain(value))
    named = _COLOUR_VALUES.get(text) or _COLOURS.get(text.removesuffix("牌").removesuffix("色") or text)
    try:
        return named or read_colour(codes.plate, text)
    except ValueError:
        zh = f"“{shown(value)}”不在所声明的号牌颜色代码表（{codes.plate}）中。"
        en = f"{shown(value)!r} is not in the declared list of plate colours ({codes.plate})."
        raise ValueFault("not_in_list", zh, en) from None


def _fuel(field: Field, value: object, codes: Codes) -> Fuel:
    text = half_width(plain(value))
    try:
        return _FUELS.get(text) or read_fuel(codes.fuel, text)
    except ValueError:
        zh = f"“{shown(value)}”不在所声明的燃料代码表（{codes.fuel}）中。"
        en = f"{shown(value)!r} is not in the declared list of fuels ({codes.fuel})."
        raise ValueFault("not_in_list", zh, en) from None


def _stage(field: Field, value: object, codes: Codes) -> Stage:
    stage = read_stage(plain(value))
    if stage is not None:
        return stage
    if half_width(plain(value)) == "7":
        zh = "排放标准代码 7 为保留代码，不能使用。"
        raise ValueFault("stage_reserved", zh, "Code 7 is reserved for a later stage and may not be used.")
    zh = f"“{shown(value)}”不是排放标准代码（0 至 6，D 电动，X 无）。"
    en = f"{shown(value)!r} is no code of a stage (0 to 6, D electric, X none)."
    raise ValueFault("not_in_list", zh, en)


def _code(field: Field, value: object, codes: Codes) -> str:
    text = half_width(plain(value))
    if field.codes == "category" and text in _MACHINES:
        return _MACHINES[text].value
    row = None if field.codes == "category" else folded(field.codes).get(text)
    if row is None:
        zh = f"“{shown(value)}”不在“{field.zh}”代码表中。"
        raise ValueFault("not_in_list", zh, f"{shown(value)!r} is not in the list of this field.")
    return row.value


def _open_code(field: Field, value: object, codes: Codes) -> str:
    row = folded(field.codes).get(half_width(plain(value)))
    if row is not None:
        return row.value
    form = _FORMS.get(field.codes)
    if form is None:
        return _text(field, value, codes)
    text = half_width(plain(value))
    if not form.fullmatch(text):
        zh = f"“{shown(value)}”不符合“{field.zh}”的代码形式。"
        raise ValueFault("code_form", zh, f"{shown(value)!r} has not the form of a code of this list.")
    return text


def _time(field: Field, value: object, codes: Codes) -> datetime:
    try:
        at = _moment(value)
        return (at if at.tzinfo else at.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError):
        zh = f"“{shown(value)}”不是时间（如 2026-08-15 08:30:15）。"
        en = f"{shown(value)!r} is not a time (like 2026-08-15 08:30:15)."
        raise ValueFault("not_a_time", zh, en) from None


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, float | int) and not isinstance(value, bool) and int(value) in _EXCEL_DAYS:
        return datetime(1899, 12, 30, tzinfo=BEIJING) + timedelta(seconds=round(value * 86_400))
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", plain(value)))
    if found is None:
        raise ValueError(value)
    *parts, fraction, offset = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    zone = datetime.strptime(offset.replace(":", ""), "%z").tzinfo if offset else BEIJING
    return datetime(year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")), zone)


def _day(field: Field, value: object, codes: Codes) -> date:
    try:
        return cells.day(value if isinstance(value, date | int | float) else plain(value))
    except cells.CellFault as fault:
        raise ValueFault("not_a_day", fault.zh, fault.en) from fault


def _decimal(value: object) -> Decimal:
    number = _finite(value)
    if number is None or isinstance(value, bool):
        zh, en = f"“{shown(value)}”不是数字。", f"{shown(value)!r} is not a number."
        raise ValueFault("not_a_number", zh, en)
    if number < 0:
        raise ValueFault("negative", f"“{shown(value)}”不能为负数。", f"{shown(value)!r} must not be negative.")
    if number < _LARGEST and (rounded := number.quantize(_THOUSANDTH, ROUND_HALF_UP)) < _LARGEST:
        return rounded
    raise ValueFault("too_large", "整数部分最多 9 位。", "At most nine digits before the point.")


def _finite(value: object) -> Decimal | None:
    """A number of JSON or a sheet, or one as typed; None where it is none, or has no end."""
    if isinstance(value, int | float | Decimal):
        number = Decimal(value) if isinstance(value, int) else Decimal(str(value))
        return number if number.is_finite() else None
    text = half_width(plain(value)).replace(",", "")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _number(field: Field, value: object, codes: Codes) -> Decimal:
    number = _decimal(value)
    if field.name == "power_kw" and number > _MOST_KW:
        raise ValueFault("too_large", "功率过大。", "It is too large.")
    return number


def _mass(field: Field, value: object, codes: Codes) -> int:
    mass = int(_decimal(value).to_integral_value(ROUND_HALF_UP))
    if mass > 200_000:
        raise ValueFault("too_large", "质量单位为千克，最大 200000。", "In kilograms, at most 200000.")
    return mass


def _whole(field: Field, value: object, codes: Codes) -> int:
    text = half_width(plain(value))
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueFault("not_a_number", f"“{shown(value)}”不是编号。", f"{shown(value)!r} is not a number.")
    return int(text)


def _picture(field: Field, value: object, codes: Codes) -> str:
    text = _within(field, plain(value))
    if not _PICTURE.fullmatch(text):
        zh, en = (
            "应为以 http:// 或 https:// 开头的地址。",
            "It must be an address that begins with http:// or https://.",
        )
        raise ValueFault("address", zh, en)
    return text


_READERS: dict[Kind, Callable[[Field, object, Codes], object]] = {
    Kind.TEXT: _text,
    Kind.MARK: _mark,
    Kind.IDENTIFIER: _identifier,
    Kind.PLATE: _plate,
    Kind.COLOUR: _colour,
    Kind.CODE: _code,
    Kind.OPEN_CODE: _open_code,
    Kind.FUEL: _fuel,
    Kind.STAGE: _stage,
    Kind.TIME: _time,
    Kind.DAY: _day,
    Kind.NUMBER: _number,
    Kind.MASS: _mass,
    Kind.PICTURE: _picture,
    Kind.WHOLE: _whole,
}
