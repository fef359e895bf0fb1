"""What is wrong with an imported file, and where: a path into the file, a place on the map, two sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum


class FaultCode(StrEnum):
    """What kind of fault."""

    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    SYNTAX = "syntax"
    TOO_DEEP = "too_deep"
    REPEATED_NAME = "repeated_name"
    NOT_FINITE = "not_finite"
    BAD_TEXT = "bad_text"
    WRONG_TYPE = "wrong_type"
    MISSING = "missing"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_TYPE = "unknown_type"
    NOT_AN_AREA = "not_an_area"
    CRS = "crs"
    POSITION = "position"
    OUT_OF_RANGE = "out_of_range"
    SWAPPED = "swapped"
    RING_SHORT = "ring_short"
    RING_OPEN = "ring_open"
    EMPTY = "empty"
    NO_ZONE = "no_zone"
    INVALID = "invalid"
    DATE = "date"
    VALUE = "value"
    ELSEWHERE = "elsewhere"
    ORIENTATION = "orientation"
    EXTRA_NUMBERS = "extra_numbers"
    REPAIRED = "repaired"
    NESTED = "nested"
    MERGED = "merged"
    TOO_MANY = "too_many"


SENTENCES: dict[FaultCode, tuple[str, str]] = {
    FaultCode.TOO_LARGE: ("文件 {size} 字节，超过上限 {limit} 字节。",
                          "The file has {size} bytes, more than {limit}."),
    FaultCode.ENCODING: ("文件不是 UTF-8 编码（第 {at} 字节）。请另存为 UTF-8。",
                         "The file is not UTF-8 (byte {at}). Save it as UTF-8."),
    FaultCode.SYNTAX: ("文件无法解析：{detail}。", "The file cannot be parsed: {detail}."),
    FaultCode.TOO_DEEP: ("嵌套超过 {limit} 层。", "Nested deeper than {limit} levels."),
    FaultCode.REPEATED_NAME: ("成员“{name}”重复出现，含义不明。",
                              "The member “{name}” is given more than once; its meaning is unclear."),
    FaultCode.NOT_FINITE: ("此处的数不是有限数（NaN、Infinity 或过大）。",
                           "The number here is not finite (NaN, Infinity or too large)."),
    FaultCode.BAD_TEXT: ("文字含有无法保存的字符（NUL 或残缺的代理对）。",
                         "The text holds a character that cannot be stored (NUL or half a surrogate pair)."),
    FaultCode.WRONG_TYPE: ("应为{wanted_zh}，实为{found_zh}。", "Expected {wanted}, found {found}."),
    FaultCode.MISSING: ("缺少成员“{name}”。", "The member “{name}” is missing."),
    FaultCode.NOT_ALLOWED: ("类型为 {type} 的对象不得有成员“{name}”。",
                            "An object of type {type} must not have a member “{name}”."),
    FaultCode.UNKNOWN_TYPE: ("未知类型“{type}”（区分大小写），应为{wanted}。",
                             "Unknown type “{type}” (case matters); expected {wanted}."),
    FaultCode.NOT_AN_AREA: ("控制区须为 Polygon 或 MultiPolygon，此处为 {type}。",
                            "A zone must be a Polygon or MultiPolygon; this is a {type}."),
    FaultCode.CRS: ("不支持坐标系“{name}”。请转换为 WGS-84 经纬度，或声明为 wgs84、gcj02、bd09。",
                    "Coordinate system “{name}” is not supported. Convert to WGS-84 degrees, "
                    "or declare wgs84, gcj02 or bd09."),
    FaultCode.POSITION: ("坐标点应为至少两个数 [经度, 纬度]，此处为 {found}。",
                         "A position must be at least two numbers [longitude, latitude]; found {found}."),
    FaultCode.OUT_OF_RANGE: ("坐标 {x}, {y} 超出经度 ±180、纬度 ±90。",
                             "Coordinates {x}, {y} lie outside longitude ±180, latitude ±90."),
    FaultCode.SWAPPED: ("疑似经纬度颠倒：{x}, {y}。应先经度后纬度。",
                        "Longitude and latitude seem to be swapped: {x}, {y}. Longitude comes first."),
    FaultCode.RING_SHORT: ("环至少须有四个点，此处有 {count} 个。",
                           "A ring needs at least four positions; this one has {count}."),
    FaultCode.RING_OPEN: ("环未闭合：首尾两点须相同。",
                          "The ring is not closed: first and last position must be equal."),
    FaultCode.EMPTY: ("没有坐标。", "There are no coordinates."),
    FaultCode.NO_ZONE: ("文件中没有控制区。", "The file holds no zone."),
    FaultCode.INVALID: ("几何图形无效：{reason_zh}。", "The geometry is invalid: {reason}."),
    FaultCode.DATE: ("“{value}”不是日期（应如 2026-08-15 或 2026-08-15T00:00:00+08:00）。",
                     "“{value}” is not a date (write 2026-08-15 or 2026-08-15T00:00:00+08:00)."),
    FaultCode.VALUE: ("“{value}”不是允许的值：{wanted}。", "“{value}” is not an allowed value: {wanted}."),
    FaultCode.ELSEWHERE: ("图形不在预期范围 {box} 内。",
                          "The geometry lies outside the expected area {box}."),
    FaultCode.ORIENTATION: ("环的方向不合 RFC 7946（外环应逆时针），已调整。",
                            "The ring is not wound as RFC 7946 wants (outer anticlockwise); it was turned."),
    FaultCode.EXTRA_NUMBERS: ("坐标点多于三个数，多余的已忽略。",
                              "Positions have more than three numbers; the rest is ignored."),
    FaultCode.REPAIRED: ("图形已按要求修复：面积由 {before} 变为 {after} 平方米。",
                         "The geometry was repaired as asked: area {before} became {after} square metres."),
    FaultCode.NESTED: ("一个多边形完全位于另一个之内且方向相反，按内环（孔）读入，请核对。",
                       "A polygon lies wholly inside another and is wound the other way: read as a hole. "
                       "Please check."),
    FaultCode.MERGED: ("多边形互相重叠，已合并，请核对。", "Polygons overlap and were merged. Please check."),
    FaultCode.TOO_MANY: ("另有 {count} 处问题未列出。", "{count} more faults are not listed."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault. lon and lat where the place can be told: WGS-84, or as written where that is the fault."""

    path: str
    lon: float | None
    lat: float | None
    code: FaultCode
    zh: str
    en: str


@dataclass(slots=True)
class FaultList:
    """Collects the faults of one file; beyond `limit` it only counts."""

    limit: int = 10_000
    faults: list[ImportFault] = field(default_factory=list)
    more: int = 0

    def add(self, code: FaultCode, path: str, lon: object = None, lat: object = None, **facts: object) -> None:
        """Note a fault at `path`; `facts` fill its sentences."""
        if len(self.faults) >= self.limit:
            self.more += 1
            return
        shown = {name: _shown(value) for name, value in facts.items()}
        zh, en = (sentence.format(**shown) for sentence in SENTENCES[code])
        self.faults.append(ImportFault(path, finite(lon), finite(lat), code, zh, en))

    @property
    def count(self) -> int:
        """All faults, listed or not."""
        return len(self.faults) + self.more

    def listed(self) -> tuple[ImportFault, ...]:
        """The faults, and how many more there are."""
        if not self.more:
            return tuple(self.faults)
        zh, en = (sentence.format(count=self.more) for sentence in SENTENCES[FaultCode.TOO_MANY])
        return (*self.faults, ImportFault("", None, None, FaultCode.TOO_MANY, zh, en))


_KINDS: dict[type, tuple[str, str]] = {
    dict: ("对象", "an object"),
    list: ("数组", "an array"),
    str: ("文字", "text"),
    bool: ("布尔值", "a boolean"),
    int: ("数", "a number"),
    float: ("数", "a number"),
    type(None): ("null", "null"),
}


def wrong_type(faults: FaultList, path: str, value: object, wanted: type) -> None:
    """Note that a JSON value is not of the type it should be."""
    kind = next((k for k in type(value).__mro__ if k in _KINDS), type(None))
    (wanted_zh, wanted_en), (found_zh, found_en) = _KINDS[wanted], _KINDS[kind]
    faults.add(FaultCode.WRONG_TYPE, path, wanted=wanted_en, wanted_zh=wanted_zh, found=found_en, found_zh=found_zh)


def finite(value: object) -> float | None:
    """The value as a float where it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "…"
    text = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")
    return text if len(text) <= 120 else text[:119] + "…"
