"""Bytes to messages and back (HJ 1014-2020 Annex H, HJ 1322-2023 Annexes C, CA).

Machines use 05 for the removal alarm and 06 for the time, trucks the reverse. Where the size of the data unit
says that a machine's terminal follows the trucks' table, it is read so: the two cannot be confused.
"""

from __future__ import annotations

from collections.abc import Mapping

from telemetry.protocols.annexq import reports, session
from telemetry.protocols.annexq.envelope import SMALLEST, open_frame
from telemetry.protocols.annexq.messages import marked_as_relayed
from telemetry.protocols.annexq.session import Reader
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.nrmm.fields import BODIES
from telemetry.protocols.nrmm.frame import PROTOCOL, SHAPES, STARTS
from telemetry.protocols.nrmm.messages import Message, Report
from telemetry.protocols.sample import Sample

REPORTS = frozenset({0x02, 0x03})
REMOVAL, TIME = 0x05, 0x06
TIME_SIZES = (0, 6)
SESSION: Mapping[int, Reader] = {
    0x01: session.read_login,
    0x04: session.read_logout,
    REMOVAL: session.read_removal,
    TIME: session.read_time_sync,
    0x07: session.read_activation,
    0x08: session.read_activation_answer,
    0x70: session.read_raw,
}


def decode(frame: bytes, layout: str | None = None) -> Message:
    """The message in one frame; `layout` is the one remembered for the machine."""
    header = open_frame(frame, STARTS)
    if header.command in REPORTS:
        return reports.read_report(PROTOCOL, header, frame, SHAPES, BODIES, layout)
    reader = SESSION.get(header.command)
    if reader is None:
        detail = f"command {header.command:02X} is not one of machines"
        raise FrameError(FaultCode.UNKNOWN_COMMAND, 2, detail)
    if header.command in (REMOVAL, TIME):
        timed = len(frame) - SMALLEST in TIME_SIZES
        reader = session.read_time_sync if timed else session.read_removal
    return marked_as_relayed(reader(PROTOCOL, header, frame))


def encode(message: Message) -> bytes:
    """The frame of a message."""
    if isinstance(message, Report):
        return reports.write_report(message, SHAPES, BODIES)
    return session.write_session(message)


def samples(message: Message) -> tuple[Sample, ...]:
    """The rows a message gives."""
    return reports.samples(message, BODIES) if isinstance(message, Report) else ()
