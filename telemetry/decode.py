"""One frame for a person: which kind of device it is from, what it says, in JSON with units."""

from __future__ import annotations

from telemetry.description import describe
from telemetry.kinds import TRUCK, AnyMessage, read
from telemetry.protocols.annexq.envelope import SMALLEST, verify
from telemetry.protocols.errors import FaultCode, FrameError

__all__ = ["decode", "describe", "detect"]

MACHINE, EV, GNSS_BOX, TRACKER = "nrmm", "ev", "jt808", "json"
REMOVAL_SIZES = (17, 18)
TRUCK_LOGIN_SIZE = 28


def decode(frame: bytes, kind: str | None = None, layout: str | None = None) -> AnyMessage:
    """The message in one frame; without a kind the bytes decide what they can."""
    message, _ = read(frame, detect(frame) if kind is None else kind, layout)
    return message


def detect(frame: bytes) -> str:
    """The kind of device a frame looks to be from; raises when it has no known start.

    A logout of a new-energy vehicle and one relayed for a truck are the same bytes; so are the logins of a
    truck and of a machine. The topic says which it is: this is for frames without one.
    """
    start = frame[:2]
    if frame.lstrip()[:1] in (b"{", b"["):
        return TRACKER
    if start == b"~~":
        return TRUCK if _verifies(frame) else GNSS_BOX
    if start[:1] == b"~":
        return GNSS_BOX
    if start == b"$$":
        return EV
    if start != b"##":
        raise FrameError(FaultCode.START, 0, f"starts with {start.hex(' ') or 'nothing'}")
    if len(frame) < SMALLEST:
        return TRUCK
    return _with_identity_first(frame) if 0x21 <= frame[3] <= 0x7A else _with_answer_flag(frame)


def _with_identity_first(frame: bytes) -> str:
    """A terminal of a truck, or of a machine when only its tables consume the data."""
    if frame[2] == 0x05 and len(frame) - SMALLEST in REMOVAL_SIZES:
        return MACHINE
    return TRUCK if _reads(frame, TRUCK) or not _reads(frame, MACHINE) else MACHINE


def _with_answer_flag(frame: bytes) -> str:
    """A new-energy vehicle, or truck data relayed by a provider."""
    size = len(frame) - SMALLEST
    relayed = (frame[2] == 0x01 and size == TRUCK_LOGIN_SIZE) or (frame[2] == 0x06 and size in REMOVAL_SIZES)
    if relayed or (frame[2] in (0x02, 0x03) and not _reads(frame, EV) and _reads(frame, TRUCK)):
        return TRUCK
    return EV


def _verifies(frame: bytes) -> bool:
    try:
        verify(frame, (b"~~",))
    except FrameError:
        return False
    return True


def _reads(frame: bytes, kind: str) -> bool:
    try:
        read(frame, kind)
    except FrameError:
        return False
    return True
