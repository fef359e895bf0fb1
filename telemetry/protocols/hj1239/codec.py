"""Bytes to messages and back (HJ 1239.3-2021 tables 1, 12, 13, 16, 17).

Commands 07 and 08 mean activation from a terminal and login and logout from a platform: the start decides. A
platform wraps the terminal's packet; where the wrapped packet is a whole frame, it is what is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from telemetry.protocols.annexq import reports, session
from telemetry.protocols.annexq.envelope import (
    DATA_AT,
    NOT_ENCRYPTED,
    PLATFORM_START,
    TERMINAL_START,
    Header,
    read_header,
    refuse_encrypted,
    verify,
)
from telemetry.protocols.annexq.messages import marked_as_relayed
from telemetry.protocols.annexq.session import Reader
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.hj1239.fields import BODIES
from telemetry.protocols.hj1239.frame import PROTOCOL, SHAPES, STARTS
from telemetry.protocols.hj1239.messages import Message, Report
from telemetry.protocols.sample import Sample

REPORTS = frozenset({0x02, 0x03})
TERMINAL: Mapping[int, Reader] = {
    0x01: session.read_login,
    0x04: session.read_logout,
    0x05: session.read_time_sync,
    0x06: session.read_removal,
    0x07: session.read_activation,
    0x08: session.read_activation_answer,
}
PLATFORM: Mapping[int, Reader] = {
    **TERMINAL,
    0x07: session.read_platform_login,
    0x08: session.read_platform_logout,
    0x09: session.read_raw,  # exchange of keys; its layout is not published
}


def decode(frame: bytes, layout: str | None = None) -> Message:
    """The message in one frame. There is one layout, so `layout` is only looked at for the flag."""
    verify(frame, STARTS)
    header = read_header(frame)
    if header.start == TERMINAL_START and header.answer_flag is not None:
        return _relayed(header, frame, layout)
    refuse_encrypted(header)
    if header.start == PLATFORM_START and frame[DATA_AT : DATA_AT + 2] == TERMINAL_START:
        return decode(frame[DATA_AT:-1], layout)
    return _read(header, frame, layout)


def encode(message: Message) -> bytes:
    """The frame of a message."""
    if isinstance(message, Report):
        return reports.write_report(message, SHAPES, BODIES)
    return session.write_session(message)


def samples(message: Message) -> tuple[Sample, ...]:
    """The rows a message gives."""
    return reports.samples(message, BODIES) if isinstance(message, Report) else ()


def _relayed(header: Header, frame: bytes, layout: str | None) -> Message:
    """Truck data relayed by a telematics provider.

    One was seen to keep the terminal's encryption byte on data it had decrypted. So a data unit that reads
    exactly, dates included, is in the clear whatever the byte says; the packet is flagged.
    """
    try:
        message = marked_as_relayed(_read(header, frame, layout))
    except FrameError:
        refuse_encrypted(header)
        raise
    if header.encryption == NOT_ENCRYPTED:
        return message
    return replace(message, flags=message.flags | PacketFlag.ENCRYPTION_CLAIMED)


def _read(header: Header, frame: bytes, layout: str | None) -> Message:
    if header.command in REPORTS:
        return reports.read_report(PROTOCOL, header, frame, SHAPES, BODIES, layout)
    commands = PLATFORM if header.start == PLATFORM_START else TERMINAL
    reader = commands.get(header.command)
    if reader is None:
        raise FrameError(FaultCode.UNKNOWN_COMMAND, 2, f"command {header.command:02X} is not in table 1")
    return reader(PROTOCOL, header, frame)
