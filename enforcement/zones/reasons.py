"""Why presence in a zone is not allowed, and how a hit's verdict is kept as one number.

The number is a sum of bits, one a reason, so that it means the same in every batch and every year: a bit is
never given to another reason. 0 = allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from enforcement.rules.penalties import Offence


class ReasonCode(StrEnum):
    """Every reason a check may give."""

    STAGE_TOO_LOW = "stage_too_low"
    STAGE_UNKNOWN = "stage_unknown"
    NOT_CODED = "not_coded"
    NO_DEVICE = "no_device"
    DEVICE_UNKNOWN = "device_unknown"
    TYPE_BANNED = "type_banned"
    TYPE_UNKNOWN = "type_unknown"
    FUEL_BANNED = "fuel_banned"
    FUEL_UNKNOWN = "fuel_unknown"
    SCOPE_UNKNOWN = "scope_unknown"
    UNREGISTERED = "unregistered"
    NOT_ACTIVE = "not_active"


_BITS = {
    ReasonCode.STAGE_TOO_LOW: 1 << 0,
    ReasonCode.STAGE_UNKNOWN: 1 << 1,
    ReasonCode.NOT_CODED: 1 << 2,
    ReasonCode.NO_DEVICE: 1 << 3,
    ReasonCode.DEVICE_UNKNOWN: 1 << 4,
    ReasonCode.TYPE_BANNED: 1 << 5,
    ReasonCode.TYPE_UNKNOWN: 1 << 6,
    ReasonCode.FUEL_BANNED: 1 << 7,
    ReasonCode.FUEL_UNKNOWN: 1 << 8,
    ReasonCode.SCOPE_UNKNOWN: 1 << 9,
    ReasonCode.UNREGISTERED: 1 << 10,
    ReasonCode.NOT_ACTIVE: 1 << 11,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason in words; `is_firm` is False where data are missing or inferred: then it is only a lead."""

    code: ReasonCode
    zh: str
    en: str
    is_firm: bool = True
    offence: Offence | None = None
    rule_ids: tuple[str, ...] = ()


def code_of(reasons: Iterable[Reason]) -> int:
    """The number of a verdict."""
    bits = 0
    for reason in reasons:
        bits |= _BITS[reason.code]
    return bits


def codes_in(number: int) -> tuple[ReasonCode, ...]:
    """The reasons in a verdict's number."""
    return tuple(code for code, bit in _BITS.items() if number & bit)
