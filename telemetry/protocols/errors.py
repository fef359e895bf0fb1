"""What can be wrong with a frame, and where: one tree for every protocol.

A decoder raises `FrameError`; a reader of many frames turns it into a `Fault` that names the frame. The
code is what pages translate and quarantine filters use; the detail is one English line for the integrator.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Cause of a refused frame; stored as text, so a word never changes its meaning."""

    START = "start"  # no known start mark, or bytes before or between frames
    LENGTH = "length"  # the declared length is not the length present, or a body is cut short
    CHECK_BYTE = "check_byte"  # the exclusive-or over the frame does not come out
    ESCAPE = "escape"  # an escape sequence the standard does not know
    ENCRYPTED = "encrypted"  # the data unit is encrypted and there is no key here
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_UNIT = "unknown_unit"  # an information type whose size is not known
    LAYOUT = "layout"  # no layout of the data unit consumes it exactly
    BAD_TIME = "bad_time"  # a date that does not exist
    NOT_BCD = "not_bcd"
    DEVICE = "device"  # the identity in the frame is not printable
    DEVICE_MISMATCH = "device_mismatch"  # the identity in the frame is not the one of the topic
    JSON = "json"
    RANGE = "range"  # a number outside what its field can mean
    TRAILING = "trailing"  # bytes left over behind a complete frame or body
    HEX_TEXT = "hex_text"  # text that is neither hexadecimal nor JSON
    SUBPACKET = "subpacket"  # a part of a longer message that cannot stand alone


class FrameError(Exception):
    """The frame cannot be decoded: `code` says why, `offset` is the byte at which it showed."""

    def __init__(self, code: FaultCode, offset: int, detail: str) -> None:
        super().__init__(f"{code} at byte {offset}: {detail}")
        self.code = code
        self.offset = offset
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal as a value: the frame's index in its batch or payload, cause, place, and the bytes meant."""

    frame: int
    code: FaultCode
    offset: int
    detail: str
    raw: bytes = b""

    @classmethod
    def of(cls, frame: int, error: FrameError, raw: bytes = b"") -> Fault:
        """The fault that `error` is, said of frame number `frame`."""
        return cls(frame, error.code, error.offset, error.detail, raw)
