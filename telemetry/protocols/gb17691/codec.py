"""Bytes to messages and back (GB 17691-2018 Q.6)."""

from __future__ import annotations

from collections.abc import Mapping

from telemetry.protocols.annexq import reports
from telemetry.protocols.annexq.envelope import open_frame
from telemetry.protocols.annexq.messages import marked_as_relayed
from telemetry.protocols.annexq.session import (
    Reader,
    read_login,
    read_logout,
    read_time_sync,
    write_session,
)
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.gb17691.fields import BODIES
from telemetry.protocols.gb17691.frame import PROTOCOL, SHAPES, STARTS
from telemetry.protocols.gb17691.messages import Message, Report
from telemetry.protocols.sample import Sample

REPORTS = frozenset({0x02, 0x03})
SESSION: Mapping[int, Reader] = {0x01: read_login, 0x04: read_logout, 0x05: read_time_sync}


def decode(frame: bytes, layout: str | None = None) -> Message:
    """The message in one frame; `layout` is the one remembered for the device."""
    header = open_frame(frame, STARTS)
    if header.command in REPORTS:
        return reports.read_report(PROTOCOL, header, frame, SHAPES, BODIES, layout)
    reader = SESSION.get(header.command)
    if reader is None:
        raise FrameError(FaultCode.UNKNOWN_COMMAND, 2, f"command {header.command:02X} is not one of Annex Q")
    return marked_as_relayed(reader(PROTOCOL, header, frame))


def encode(message: Message) -> bytes:
    """The frame of a message."""
    if isinstance(message, Report):
        return reports.write_report(message, SHAPES, BODIES)
    return write_session(message)


def samples(message: Message) -> tuple[Sample, ...]:
    """The rows a message gives."""
    return reports.samples(message, BODIES) if isinstance(message, Report) else ()
