"""Strict JSON out of bytes, and the byte at which something stands (RFC 8259; no national standard).

The fast parser reads; only where something is wrong the text is walked once more, to name the place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telemetry.protocols.errors import FaultCode, FrameError

MAX_DEPTH = 16
MAX_DIGITS = 32
MAX_BYTES = 1_000_000

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}\[\],:]', re.S
)
_BOM = b"\xef\xbb\xbf"


class _Refused(ValueError):
    """Raised by the hooks: the text is JSON but not acceptable; `walk` finds where."""


@dataclass(frozen=True, slots=True)
class Place:
    """A key or a value, where it stands (in characters), and how to get to it."""

    path: Path
    at: int
    text: str
    is_key: bool = False
    depth: int = 0


def parse(frame: bytes) -> Any:
    """The JSON value; FrameError(json) with the byte of the fault."""
    if len(frame) > MAX_BYTES:
        raise FrameError(FaultCode.LENGTH, MAX_BYTES, f"{len(frame)} bytes; at most {MAX_BYTES} are read")
    text = _text(frame)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise FrameError(FaultCode.JSON, _byte(frame, text, error.pos), error.msg) from None
    except (_Refused, RecursionError):
        raise _first_fault(frame, text) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(value):
        raise _first_fault(frame, text)
    return value


def offset_of(frame: bytes, path: Path) -> int:
    """The byte at which the value under `path` begins."""
    text = _text(frame)
    for place in walk(text):
        if place.path == path and not place.is_key:
            return _byte(frame, text, place.at)
    return 0


def name_of(path: Path) -> str:
    """A path as people write it: $[2].values.lon."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _text(frame: bytes) -> str:
    try:
        return frame.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start + (len(_BOM) if frame.startswith(_BOM) else 0)
        raise FrameError(FaultCode.JSON, start, "the text is not UTF-8") from None


def _byte(frame: bytes, text: str, at: int) -> int:
    return len(text[:at].encode()) + (len(_BOM) if frame.startswith(_BOM) else 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("a key twice")
    return found


def _no_constant(text: str) -> float:
    raise _Refused(text)


def _bounded_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused("too many digits")
    return int(text)


def _bounded_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused("too large")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_bounded_int,
    parse_float=_bounded_float,
)


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _first_fault(frame: bytes, text: str) -> FrameError:
    seen: set[Path] = set()
    for place in walk(text):
        said = _objection(place, seen)
        if said:
            detail = f"{name_of(place.path)}: {said}"[:200]
            return FrameError(FaultCode.JSON, _byte(frame, text, place.at), detail)
    return FrameError(FaultCode.JSON, 0, "the text cannot be read")


def _objection(place: Place, seen: set[Path]) -> str:
    if place.depth > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH} levels"
    if place.is_key:
        if place.path in seen:
            return "the key stands twice in one object"
        seen.add(place.path)
        return ""
    if place.text.lstrip("-") in ("NaN", "Infinity"):
        return f"{place.text} is no JSON number"
    if place.text[:1] in "-0123456789" and place.text:
        return _number_objection(place.text)
    return ""


def _number_objection(text: str) -> str:
    if text.lstrip("-").isdecimal():
        return f"a whole number of more than {MAX_DIGITS} characters" if len(text) > MAX_DIGITS else ""
    return "" if math.isfinite(float(text)) else "the number is too large"


def walk(text: str) -> Iterator[Place]:
    """Every key and value of a text that the parser accepts, in order."""
    path: list[str | int] = []
    expects_key = False
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in "]}":
            path.pop()
            expects_key = False
        elif word == ",":
            expects_key = _next_place(path)
        elif word == ":":
            expects_key = False
        elif expects_key:
            path[-1] = json.loads(word)
            yield Place(tuple(path), token.start(), word, True, len(path))
        else:
            yield Place(tuple(path), token.start(), word, False, len(path))
            if word in "[{":
                path.append(0 if word == "[" else "")
                expects_key = word == "{"


def _next_place(path: list[str | int]) -> bool:
    """After a comma: the next index, or a key is expected."""
    if path and isinstance(path[-1], int):
        path[-1] += 1
        return False
    return True
