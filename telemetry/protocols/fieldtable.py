"""The standards' tables as data: name, place, width, scale, unit, what is no number, clause.

value = (raw * numerator + addend * denominator) / denominator: one division of whole numbers, so that the
value is the double nearest to the decimal the table means, and the packed reader gets the same bits. The
greatest valid raw value is that of the SAE J1939 slots (FA, FAFF, FAFFFFFF): what lies above is "not
available" (FF..) or an error code (FB.., FE..) and never a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

GREATEST = {1: 0xFA, 2: 0xFAFF, 4: 0xFAFFFFFF}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table; `greatest` is the greatest raw value that is a number."""

    name: str
    offset: int
    width: int
    numerator: int
    denominator: int
    addend: int
    unit: str
    clause: str
    greatest: int = -1
    limit: int = field(init=False)  # the greatest raw value that is a number: the slot's unless given
    shift: int = field(init=False)  # what is added to the scaled raw value before the division

    def __post_init__(self) -> None:
        limit = self.greatest if self.greatest >= 0 else GREATEST[self.width]
        object.__setattr__(self, "limit", limit)
        object.__setattr__(self, "shift", self.addend * self.denominator)

    def value(self, raw: int) -> float | None:
        """The physical value, None when the raw value is no number."""
        if raw > self.limit:
            return None
        scaled = raw * self.numerator + self.shift
        return scaled if self.denominator == 1 else scaled / self.denominator

    def raw(self, value: float | None) -> int:
        """The raw value to send; None becomes all ones."""
        if value is None:
            return (1 << 8 * self.width) - 1
        return round((value * self.denominator - self.shift) / self.numerator)


def read_fields(fields: Iterable[Field], frame: bytes, at: int) -> dict[str, float | None]:
    """The values of a table whose body begins at byte `at` of the frame."""
    values: dict[str, float | None] = {}
    for row in fields:
        start = at + row.offset
        values[row.name] = row.value(int.from_bytes(frame[start : start + row.width], "big"))
    return values


def write_fields(fields: Iterable[Field], values: Mapping[str, float | None], size: int) -> bytearray:
    """A body of `size` bytes with the table's values in their places."""
    body = bytearray(size)
    for row in fields:
        raw = row.raw(values[row.name])
        body[row.offset : row.offset + row.width] = raw.to_bytes(row.width, "big")
    return body
