"""Bytes for a reader: sixteen a line with their place and their ASCII, one place marked."""

from dataclasses import dataclass

A_LINE = 16
MOST_BYTES = 16_384  # a page shows no more; the file holds everything


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a dump: before, at and behind the marked byte; hex and ASCII each."""

    place: str
    hex: tuple[str, str, str]
    ascii: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Dump:
    """The lines, and how many bytes are not among them."""

    lines: list[Line]
    left_out: int


def dump(raw: bytes, marked: int | None = None) -> Dump:
    """The first bytes; a mark behind the end stands behind the last byte (something is missing there)."""
    shown = raw[:MOST_BYTES]
    lines = [_line(shown, start, marked) for start in range(0, len(shown), A_LINE)]
    return Dump(lines, len(raw) - len(shown))


def _line(raw: bytes, start: int, marked: int | None) -> Line:
    part = raw[start : start + A_LINE]
    at = None if marked is None else marked - start
    if at is None or not 0 <= at < len(part):
        return Line(f"{start:04X}", (_hex(part), "", ""), (_text(part), "", ""))
    pieces = part[:at], part[at : at + 1], part[at + 1 :]
    return Line(f"{start:04X}", (_hex(pieces[0]), _hex(pieces[1]), _hex(pieces[2])), tuple(map(_text, pieces)))  # type: ignore[arg-type]


def _hex(part: bytes) -> str:
    return part.hex(" ").upper()


def _text(part: bytes) -> str:
    return "".join(chr(byte) if 0x20 < byte < 0x7F else "·" for byte in part)
