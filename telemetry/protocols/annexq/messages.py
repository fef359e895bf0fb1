"""What the members of the Annex Q family say: session messages, reports and their records.

`protocol` is the standard the frame was read by; the header says who speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from telemetry.protocols.annexq.envelope import TERMINAL_START, Header
from telemetry.protocols.annexq.stream import Position
from telemetry.protocols.flags import NO_PACKET_FLAGS, PacketFlag

AnyOfFamily = TypeVar("AnyOfFamily", bound="Message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What every message has: the standard, the header, what is odd, a signature where there is one."""

    protocol: str
    header: Header
    flags: PacketFlag = NO_PACKET_FLAGS
    signature: bytes | None = None  # 66 bytes, kept and not checked

    @property
    def device(self) -> str:
        """VIN, machine code or platform id."""
        return self.header.device

    @property
    def command(self) -> int:
        """The command byte."""
        return self.header.command


def marked_as_relayed(message: AnyOfFamily) -> AnyOfFamily:
    """The message, flagged when it stands under the answer-flag header of a provider."""
    provided = message.header.start == TERMINAL_START and message.header.answer_flag is not None
    if not provided or message.flags & PacketFlag.TSP_HEADER:
        return message
    return replace(message, flags=message.flags | PacketFlag.TSP_HEADER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Message):
    """Command 01: time, serial (restarts daily), SIM card number."""

    sent_at: datetime | None
    serial: int
    iccid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout(Message):
    """Command 04: time and the serial of the matching login."""

    sent_at: datetime | None
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSync(Message):
    """A terminal asks for the time (empty), or is told it."""

    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalAlarm(Message):
    """The terminal was taken off: where and when; machines may add whether the place could be obtained."""

    sent_at: datetime | None
    serial: int
    position: Position
    obtainable: int | None = None  # 0 obtainable, 1 not; only in the 18-byte form


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation(Message):
    """Command 07 of a terminal: the security chip's id and public key, and the identity they are bound to."""

    sent_at: datetime | None
    chip_id: bytes
    public_key: bytes
    vin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationAnswer(Message):
    """Command 08, down: 1 ok, 2 failed; 0 ok, 1 chip already activated, 2 wrong VIN."""

    status: int
    information: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLogin(Message):
    """A platform introduces itself; the password is in the frame and stays there."""

    sent_at: datetime | None
    serial: int
    username: bytes
    password: bytes
    encryption: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLogout(Message):
    """A platform leaves."""

    sent_at: datetime | None
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw(Message):
    """A message whose content has no published layout: kept as it came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Opaque:
    """An information body whose layout is not known: kept as it came, length word included."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One information body of a report."""

    type: int
    body: Any
    collected_at: datetime | None = None  # layouts with a time a record; None there means six zero bytes
    serial: int | None = None  # layout A
    signature: bytes | None = None  # layout B


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Message):
    """Commands 02 and 03: records under one header; `sent_at` is also the time of records that have none."""

    layout: str
    sent_at: datetime | None
    records: tuple[Record, ...]
    serial: int | None = None
    position: Position | None = None  # machines: one for the whole report
