"""JSON text from strangers: read without surprise, every oddity named by its path (RFC 8259, I-JSON)."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from geo.faults import FaultCode, FaultList

MAX_DEPTH = 100
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_LONGEST_INT = 4000  # digits; Python refuses to read longer ones


class _Repeating(dict[str, Any]):
    """An object in which names were given twice."""

    repeated: tuple[str, ...] = ()


def text_of(data: bytes | str, max_bytes: int, faults: FaultList) -> str | None:
    """The text of an upload, or None with a fault."""
    size = len(data)
    if size > max_bytes:
        faults.add(FaultCode.TOO_LARGE, "", size=size, limit=max_bytes)
        return None
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(FaultCode.ENCODING, "", at=error.start)
        return None


def parse(text: str, faults: FaultList) -> Any:
    """The value, or None with faults; repeated names, non-finite numbers and unfit text are faults too."""
    if _depth(text) > MAX_DEPTH:
        faults.add(FaultCode.TOO_DEEP, "", limit=MAX_DEPTH)
        return None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        faults.add(FaultCode.SYNTAX, f"line {error.lineno} column {error.colno}", detail=error.msg)
        return None
    for path, code, name in _oddities(value, ""):
        faults.add(code, path, name=name)
    return value


def member(path: str, name: str) -> str:
    """The path of a member of an object."""
    if _PLAIN.fullmatch(name):
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name[:60], ensure_ascii=False)}]"


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token in ("]", "}"):
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    times = Counter(name for name, _ in pairs)
    repeating = _Repeating(plain)
    repeating.repeated = tuple(name for name in plain if times[name] > 1)
    return repeating


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INT else math.inf


def _oddities(value: Any, path: str) -> Iterator[tuple[str, FaultCode, str]]:
    if isinstance(value, dict):
        yield from _object_oddities(value, path)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _oddities(inner, f"{path}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, FaultCode.NOT_FINITE, ""
    elif isinstance(value, str) and _unfit(value):
        yield path, FaultCode.BAD_TEXT, ""


def _object_oddities(value: dict[str, Any], path: str) -> Iterator[tuple[str, FaultCode, str]]:
    for name in value.repeated if isinstance(value, _Repeating) else ():
        yield member(path, name), FaultCode.REPEATED_NAME, name
    for name, inner in value.items():
        if _unfit(name):
            yield member(path, name), FaultCode.BAD_TEXT, name
        yield from _oddities(inner, member(path, name))


def _unfit(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text)
