"""Bytes for a reader: lines of sixteen, offset, hex and text, with a stretch marked; and what a frame says."""

import json
from dataclasses import dataclass
from typing import Any

from telemetry.decode import decode, describe
from telemetry.protocols.errors import FrameError

MOST = 4096
_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its offset, then (text, marked) for each byte, then the printable characters."""

    offset: str
    bytes: list[tuple[str, bool]]
    text: str


def lines(raw: bytes, mark: int | None = None, length: int = 1) -> list[Line]:
    """The first bytes of a frame; byte `mark` and those after it are marked."""
    marked = range(mark, mark + length) if mark is not None else range(0)
    return [
        Line(
            f"{at:04x}",
            [(f"{byte:02x}", at + i in marked) for i, byte in enumerate(raw[at : at + _WIDTH])],
            "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in raw[at : at + _WIDTH]),
        )
        for at in range(0, min(len(raw), MOST), _WIDTH)
    ]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a decoder made of a frame: JSON text, or the fault with its place."""

    said: str | None
    code: str | None = None
    at_byte: int | None = None
    detail: str | None = None


def attempt(raw: bytes, kind: str | None, layout: str | None) -> Attempt:
    """Decode for show; a fault is an answer."""
    try:
        said: Any = describe(decode(raw, kind or None, layout))
    except FrameError as fault:
        return Attempt(None, str(fault.code), fault.offset, fault.detail)
    return Attempt(json.dumps(said, ensure_ascii=False, indent=1, default=str))
