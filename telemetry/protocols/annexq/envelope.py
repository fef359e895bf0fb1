"""The frame: start, command, identity, encryption, length, data unit, check byte (GB 17691 Q.6.4, table Q.2).

Two headers are in the field, both with encryption at 21, length at 22 and data at 24. The terminal's has the
identity at 3 and its software version at 20; the one of GB/T 32960, platforms and telematics providers has an
answer flag at 3 and the identity at 4. There is no byte stuffing: a start mark may stand inside the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telemetry.protocols.errors import FaultCode, FrameError

TERMINAL_START = b"##"
PLATFORM_START = b"~~"
EV_2025_START = b"$$"
DATA_AT = 24
SMALLEST = 25
NOT_ENCRYPTED = 1
ANSWER_FLAG_COMMAND = 0xFE
CHINA_OFFSET = timedelta(hours=8)
ZERO_TIME = bytes(6)


@dataclass(frozen=True, slots=True)
class Header:
    """The 24 bytes before the data unit; `software_version` or `answer_flag` says which header it is."""

    start: bytes
    command: int
    device: str
    software_version: int | None = None
    answer_flag: int | None = None
    encryption: int = NOT_ENCRYPTED


def check_byte(frame: bytes) -> int:
    """The exclusive-or over the bytes given; over a whole `##` frame it is 0. Halves are folded together."""
    value, size = int.from_bytes(frame, "big"), len(frame)
    while size > 1:
        size = (size + 1) // 2
        value = (value >> 8 * size) ^ (value & ((1 << 8 * size) - 1))
    return value


def verify(frame: bytes, starts: tuple[bytes, ...]) -> None:
    """Raise unless start, length and check byte agree."""
    if frame[:2] not in starts:
        raise FrameError(FaultCode.START, 0, f"starts with {frame[:2].hex(' ') or 'nothing'}")
    if len(frame) < SMALLEST:
        raise FrameError(FaultCode.LENGTH, len(frame), f"{len(frame)} bytes, a frame has at least {SMALLEST}")
    declared = int.from_bytes(frame[22:24], "big")
    present = len(frame) - SMALLEST
    if declared != present:
        raise FrameError(FaultCode.LENGTH, 22, f"declares {declared} data bytes, {present} are present")
    expected = check_byte(frame[2:-1])
    if frame[-1] != expected:
        detail = f"check byte is {frame[-1]:02X}, the frame gives {expected:02X}"
        raise FrameError(FaultCode.CHECK_BYTE, len(frame) - 1, detail)


def read_header(frame: bytes) -> Header:
    """The header of a verified frame; raises when no printable identity is found."""
    start, command, third = frame[:2], frame[2], frame[3]
    if start == TERMINAL_START and 0x21 <= third <= 0x7A:
        device = _identity(frame, 3)
        return Header(start, command, device, software_version=frame[20], encryption=frame[21])
    return Header(start, command, _identity(frame, 4), answer_flag=third, encryption=frame[21])


def refuse_encrypted(header: Header) -> None:
    """Raise unless the data unit is in the clear: what the other codes mean depends on the standard."""
    if header.encryption != NOT_ENCRYPTED:
        raise FrameError(FaultCode.ENCRYPTED, 21, f"encryption byte {header.encryption:02X}, no key here")


def open_frame(frame: bytes, starts: tuple[bytes, ...] = (TERMINAL_START,)) -> Header:
    """Verify the frame and read its header; the data unit is frame[24:-1] and is in the clear."""
    verify(frame, starts)
    header = read_header(frame)
    refuse_encrypted(header)
    return header


def seal(header: Header, data: bytes) -> bytes:
    """The frame around a data unit, with its length and check byte."""
    identity = header.device.encode("ascii").ljust(17, b"\0")
    if header.answer_flag is None:
        middle = identity + bytes([header.software_version or 0])
    else:
        middle = bytes([header.answer_flag]) + identity
    covered = bytes([header.command]) + middle + bytes([header.encryption])
    covered += len(data).to_bytes(2, "big") + data
    return header.start + covered + bytes([check_byte(covered)])


def read_time(frame: bytes, at: int) -> datetime | None:
    """Six plain binary bytes, GMT+8; six zero bytes mean unknown; an impossible date raises."""
    raw = frame[at : at + 6]
    if raw == ZERO_TIME:
        return None
    try:
        year, month, day, hour, minute, second = raw
        if year > 99:
            raise ValueError(f"year byte {year}")
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise FrameError(FaultCode.BAD_TIME, at, f"time {raw.hex(' ')}: {error}") from error
    return local - CHINA_OFFSET


def is_time(frame: bytes, at: int) -> bool:
    """True for a possible date or six zero bytes."""
    try:
        read_time(frame, at)
    except FrameError:
        return False
    return True


def write_time(at: datetime | None) -> bytes:
    """The six bytes of a time; None becomes six zero bytes."""
    if at is None:
        return ZERO_TIME
    local = at.astimezone(UTC) + CHINA_OFFSET
    return bytes([local.year - 2000, local.month, local.day, local.hour, local.minute, local.second])


def _identity(frame: bytes, at: int) -> str:
    raw = frame[at : at + 17].rstrip(b"\0 ")
    if not raw or any(byte < 0x20 or byte > 0x7E for byte in raw):
        raise FrameError(FaultCode.DEVICE, at, f"identity {frame[at : at + 17].hex(' ')} is not printable")
    return raw.decode("ascii")
