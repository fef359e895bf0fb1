"""Number plates (GA 36-2018) and the four lists of plate-colour codes in use (enforcement.md 10.1 to 10.3).

A vehicle is known by plate *and* colour: the same characters exist in two colours.
"""

from __future__ import annotations

import re
from enum import StrEnum

from enforcement.registry.doubts import Warning_, half_width


class PlateColour(StrEnum):
    """The one list of this platform."""

    BLUE = "blue"
    YELLOW = "yellow"
    BLACK = "black"
    WHITE = "white"
    GREEN = "green"  # small new-energy
    YELLOW_GREEN = "yellow_green"  # large new-energy
    FARM_YELLOW = "farm_yellow"
    FARM_GREEN = "farm_green"
    OTHER = "other"
    NONE = "none"  # no plate yet


COLOUR_WORDS: dict[PlateColour, tuple[str, str]] = {
    PlateColour.BLUE: ("蓝牌", "blue plate"),
    PlateColour.YELLOW: ("黄牌", "yellow plate"),
    PlateColour.BLACK: ("黑牌", "black plate"),
    PlateColour.WHITE: ("白牌", "white plate"),
    PlateColour.GREEN: ("绿牌", "green plate"),
    PlateColour.YELLOW_GREEN: ("黄绿牌", "yellow-green plate"),
    PlateColour.FARM_YELLOW: ("农用黄牌", "farm yellow plate"),
    PlateColour.FARM_GREEN: ("农用绿牌", "farm green plate"),
    PlateColour.OTHER: ("其他号牌", "other plate"),
    PlateColour.NONE: ("未上牌", "no plate"),
}
"""Each colour as pages and sentences name it, Chinese and English."""


class PlateCodes(StrEnum):
    """Interfaces with their own numbers for the colours."""

    JTT697 = "jtt697"  # JT/T 697.7-2014 5.6, JT/T 808-2019
    JTT415 = "jtt415"  # JT/T 415-2006, JT/T 808-2011 and 2013
    GATE = "gate"  # gate systems of enterprises
    ETC = "etc"


class PlateKind(StrEnum):
    """What the characters of a plate say it is."""

    STANDARD = "standard"
    NEV_SMALL = "nev_small"
    NEV_LARGE = "nev_large"
    TRAILER = "trailer"
    SCHOOL = "school"
    POLICE = "police"
    BORDER = "border"  # Hong Kong and Macao
    EMBASSY = "embassy"
    MILITARY = "military"
    UNKNOWN = "unknown"


_C = PlateColour
_READ: dict[PlateCodes, dict[str, PlateColour]] = {
    PlateCodes.JTT697: {
        **dict(zip("123450", (_C.BLUE, _C.YELLOW, _C.BLACK, _C.WHITE, _C.GREEN, _C.NONE), strict=True)),
        **{"9": _C.OTHER, "91": _C.FARM_YELLOW, "92": _C.FARM_GREEN, "93": _C.YELLOW_GREEN},
        **{"94": _C.GREEN, "6": _C.YELLOW_GREEN},  # 6: seen in terminals, not in the standard
    },
    PlateCodes.JTT415: dict(zip("123490", (_C.BLUE, _C.YELLOW, _C.BLACK, _C.WHITE, _C.OTHER, _C.NONE), strict=True)),
    PlateCodes.GATE: dict(zip("012345", (_C.BLUE, _C.YELLOW, _C.WHITE, _C.BLACK, _C.GREEN, _C.OTHER), strict=True)),
    PlateCodes.ETC: dict(zip("01234", (_C.BLUE, _C.YELLOW, _C.BLACK, _C.WHITE, _C.GREEN), strict=True)),
}
_WRITE_INSTEAD: dict[PlateCodes, dict[PlateColour, PlateColour]] = {
    PlateCodes.GATE: {_C.YELLOW_GREEN: _C.GREEN},
    PlateCodes.ETC: {_C.YELLOW_GREEN: _C.GREEN},
}
WORDS: dict[str, PlateColour] = {
    "蓝": _C.BLUE,
    "黄": _C.YELLOW,
    "黑": _C.BLACK,
    "白": _C.WHITE,
    "绿": _C.GREEN,
    "渐变绿": _C.GREEN,
    "黄绿": _C.YELLOW_GREEN,
    "黄绿双拼": _C.YELLOW_GREEN,
    "农黄": _C.FARM_YELLOW,
    "农绿": _C.FARM_GREEN,
    "其他": _C.OTHER,
    "无": _C.NONE,
    "未上牌": _C.NONE,
}

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_HEAD = f"[{PROVINCES}][A-HJ-NP-Z]"
_FORMS = {
    PlateKind.STANDARD: rf"{_HEAD}[A-HJ-NP-Z0-9]{{5}}",
    PlateKind.NEV_SMALL: rf"{_HEAD}[A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}",
    PlateKind.NEV_LARGE: rf"{_HEAD}[0-9]{{5}}[A-HJK]",
    PlateKind.TRAILER: rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}挂",
    PlateKind.SCHOOL: rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}学",
    PlateKind.POLICE: rf"[{PROVINCES}][A-HJ-NP-Z0-9]{{5,6}}警",
    PlateKind.BORDER: rf"{_HEAD}[A-HJ-NP-Z0-9]{{4}}[港澳]",
    PlateKind.EMBASSY: r"使[0-9]{6}|[0-9]{6}使|[A-Z沪粤川辽鄂陕渝云桂鲁闽苏藏][A-HJ-NP-Z0-9]{4,5}领",
    PlateKind.MILITARY: rf"WJ[{PROVINCES}]?[0-9A-Z]{{5}}|[A-Z]{{2}}[0-9]{{5}}",
}
_COLOURS_OF = {
    PlateKind.STANDARD: {_C.BLUE, _C.YELLOW, _C.BLACK, _C.FARM_YELLOW, _C.FARM_GREEN},
    PlateKind.NEV_SMALL: {_C.GREEN},
    PlateKind.NEV_LARGE: {_C.YELLOW_GREEN},
    PlateKind.TRAILER: {_C.YELLOW},
    PlateKind.SCHOOL: {_C.YELLOW},
}


def normalise_plate(text: str) -> str:
    """Upper case, half-width, without spaces, dots and dashes."""
    return re.sub(r"[·•.・\-_–—]", "", half_width(text))


def plate_kind(plate: str) -> PlateKind:
    """What the characters say; `plate` is normalised."""
    return next((kind for kind, form in _FORMS.items() if re.fullmatch(form, plate)), PlateKind.UNKNOWN)


def check_plate(plate: str, colour: PlateColour) -> tuple[Warning_, ...]:
    """Doubts about a normalised plate and its colour."""
    kind = plate_kind(plate)
    if kind is PlateKind.UNKNOWN:
        zh, en = f"号牌“{plate}”不符合常见格式，请核对。", f"Plate {plate!r} has no usual form; check it."
        return (Warning_("plate", "plate_form", zh, en),)
    usual = _COLOURS_OF.get(kind)
    if usual is None or colour in usual or colour is PlateColour.OTHER:
        return ()
    colour_zh, colour_en = COLOUR_WORDS[colour]
    zh = f"号牌“{plate}”的格式与“{colour_zh}”通常不相配，请核对。"
    return (Warning_("plate_colour", "plate_colour", zh, f"Plate {plate!r} is not usually a {colour_en}; check it."),)


def home_of(plate: str) -> str:
    """The two characters that say where a vehicle is registered (辽N = Chaoyang); empty if they do not."""
    return plate[:2] if re.match(_HEAD, plate) else ""


def bears_fines(plate: str) -> bool:
    """A trailer never does: the tractor before it does."""
    return plate_kind(plate) is not PlateKind.TRAILER


def read_colour(interface: PlateCodes, code: str | int) -> PlateColour:
    """The colour an interface's code means."""
    found = _READ[interface].get(str(code).strip())
    if found is None:
        raise ValueError(f"plate colour {code!r} is not in the list of {interface}")
    return found


def write_colour(interface: PlateCodes, colour: PlateColour) -> str:
    """The code an interface uses for a colour."""
    wanted = _WRITE_INSTEAD.get(interface, {}).get(colour, colour)
    for code, named in _READ[interface].items():
        if named is wanted:
            return code
    raise ValueError(f"the list of {interface} has no plate colour {colour}")


def colour_codes(interface: PlateCodes) -> dict[str, PlateColour]:
    """Every code of an interface and its colour."""
    return dict(_READ[interface])
