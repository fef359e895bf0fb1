"""The header of a message, and what may be odd about one (JT/T 808-2019 table 2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telemetry.protocols.flags import PacketFlag


class Edition(StrEnum):
    """Which header is in front of the body; 2011 and 2013 have the same one."""

    E2013 = "2013"
    E2019 = "2019"


class Note(StrEnum):
    """Something odd that did not stop the reading."""

    VERSION_BIT_WRONG = "version_bit_wrong"  # attribute bit 14 does not fit the header that follows
    NOT_ESCAPED = "not_escaped"  # somebody on the way has already taken the escapes out
    PHONE_NOT_BCD = "phone_not_bcd"
    GCJ02 = "gcj02_declared"  # status bit 5: the map plug-in has shifted the coordinates
    COORD_ZERO = "coord_zero"
    COORD_OUTSIDE_CHINA = "coord_outside_china"
    COORD_SWAPPED = "coord_swapped_suspected"
    NO_FIX = "no_fix"
    TIME_UNKNOWN = "time_unknown"  # six zero bytes: the terminal had no clock yet
    ITEM_OVERRUN = "item_overrun"  # an additional item is longer than what is left
    TRAILING = "trailing"
    ITEM_LENGTH = "item_length"  # a known item with a length that the standard does not give
    EMISSION_OVERRUN = "emission_overrun"
    COUNT_MISMATCH = "count_mismatch"  # a batch holds another number of reports than it says
    AUTH_LAYOUT = "auth_layout"  # 0102 that follows neither edition to the letter
    TEXT = "text_not_gbk"
    ASSEMBLED = "assembled"  # put together from several parts


PACKET_FLAGS: dict[Note, PacketFlag] = {
    Note.GCJ02: PacketFlag.GCJ02_DECLARED,
    Note.ITEM_OVERRUN: PacketFlag.TLV_DAMAGED,
    Note.ITEM_LENGTH: PacketFlag.TLV_DAMAGED,
    Note.EMISSION_OVERRUN: PacketFlag.TLV_DAMAGED,
    Note.TRAILING: PacketFlag.TRAILING_BYTES,
    Note.COUNT_MISMATCH: PacketFlag.TLV_DAMAGED,
    Note.VERSION_BIT_WRONG: PacketFlag.HEADER_TOLERATED,
    Note.NOT_ESCAPED: PacketFlag.HEADER_TOLERATED,
    Note.ASSEMBLED: PacketFlag.ASSEMBLED,
    Note.AUTH_LAYOUT: PacketFlag.AMBIGUOUS_LAYOUT,
}


@dataclass(frozen=True, slots=True)
class Header:
    """Message header, table 2; `phone` is the field as sent, in hexadecimal digits."""

    message_id: int
    phone: str
    serial: int
    edition: Edition = Edition.E2013
    protocol_version: int = 1
    packet_total: int = 0
    packet_number: int = 0
    version_bit: bool | None = None  # None: as the edition wants it
    reserved_bit: bool = False

    @property
    def device(self) -> str:
        """The phone without the zeros that pad it on the left: the key of the registry."""
        return self.phone.lstrip("0") or "0"
