"""Session messages: registration, authentication, answers, re-sending, clock, CAN, pass-through.

JT/T 808-2019 tables 3 to 20, 77 and 84 to 86; the editions differ in widths, and the length decides.
"""

from __future__ import annotations

from datetime import UTC

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.jt808.header import Edition
from telemetry.protocols.jt808.location import CHINA, read_time, write_time
from telemetry.protocols.jt808.messages import (
    Answer,
    CanData,
    CanItem,
    RegistrationAnswer,
    Resend,
    TimeAnswer,
    Transparent,
)

GBK = "gb18030"  # a superset of GBK
_CAN_BYTES = 12


def need(body: bytes, size: int, offset: int, what: str) -> None:
    """Refuse a body shorter than `size`, at the place where it ends."""
    if len(body) < size:
        detail = f"{what} needs {size} bytes, {len(body)} are here"
        raise FrameError(FaultCode.LENGTH, offset + len(body), detail)


def word(body: bytes, place: int) -> int:
    """Two bytes, most significant first."""
    return int.from_bytes(body[place : place + 2], "big")


def read_answer(body: bytes, offset: int) -> Answer:
    """0001 and 8001."""
    need(body, 5, offset, "an answer")
    _no_more(body, 5, offset)
    return Answer(word(body, 0), word(body, 2), body[4])


def write_answer(answer: Answer) -> bytes:
    """The inverse of read_answer."""
    words = answer.answered_serial.to_bytes(2, "big") + answer.answered_id.to_bytes(2, "big")
    return words + bytes([answer.result])


def _no_more(body: bytes, size: int, offset: int) -> None:
    if len(body) > size:
        detail = f"{len(body) - size} bytes more than the message has"
        raise FrameError(FaultCode.TRAILING, offset + size, detail)


def read_registration_answer(body: bytes, offset: int) -> RegistrationAnswer:
    """8100; the code follows only where the result is 0."""
    need(body, 3, offset, "a registration answer")
    return RegistrationAnswer(word(body, 0), body[2], body[3:].decode(GBK, "replace").rstrip("\0"))


def write_registration_answer(answer: RegistrationAnswer) -> bytes:
    """The inverse of read_registration_answer."""
    return answer.answered_serial.to_bytes(2, "big") + bytes([answer.result]) + answer.code.encode(GBK)


def read_resend(body: bytes, offset: int, edition: Edition) -> Resend:
    """8003 and 0005: the count is a byte before 2019, a word since; what comes out exactly wins."""
    need(body, 3, offset, "a request for parts")
    short = (3, body[2])
    long = (4, word(body, 2))
    for start, count in (long, short) if edition is Edition.E2019 else (short, long):
        if start + 2 * count == len(body):
            return Resend(word(body, 0), tuple(word(body, i) for i in range(start, len(body), 2)))
    detail = f"{len(body)} bytes hold neither a byte nor a word count of part numbers"
    raise FrameError(FaultCode.LENGTH, offset + 2, detail)


def write_resend(resend: Resend, edition: Edition) -> bytes:
    """The inverse of read_resend."""
    width = 2 if edition is Edition.E2019 else 1
    out = resend.first_serial.to_bytes(2, "big") + len(resend.numbers).to_bytes(width, "big")
    return out + b"".join(number.to_bytes(2, "big") for number in resend.numbers)


def read_time_answer(body: bytes, offset: int) -> TimeAnswer:
    """8004: unlike every other time, this one is UTC."""
    need(body, 6, offset, "a time answer")
    _no_more(body, 6, offset)
    local = read_time(body, offset)
    if local is None:
        raise FrameError(FaultCode.BAD_TIME, offset, "the platform's clock is all zeros")
    return TimeAnswer(local + CHINA)


def write_time_answer(answer: TimeAnswer) -> bytes:
    """The inverse of read_time_answer."""
    return write_time(answer.at.astimezone(UTC) - CHINA)


def read_can(body: bytes, offset: int) -> CanData:
    """0705: count, clock, and items of a CAN id word and eight bytes."""
    need(body, 7, offset, "CAN data")
    count = word(body, 0)
    clock = body[2:7].hex()
    if not clock.isdecimal():
        raise FrameError(FaultCode.NOT_BCD, offset + 2, f"clock {clock} is not BCD")
    if len(body) != 7 + _CAN_BYTES * count:
        detail = f"{count} CAN items take {_CAN_BYTES * count} bytes, {len(body) - 7} are here"
        raise FrameError(FaultCode.LENGTH, offset, detail)
    places = range(7, len(body), _CAN_BYTES)
    items = tuple(CanItem(int.from_bytes(body[i : i + 4], "big"), body[i + 4 : i + 12]) for i in places)
    return CanData(clock, items)


def write_can(can: CanData) -> bytes:
    """The inverse of read_can."""
    items = b"".join(item.id_word.to_bytes(4, "big") + item.data for item in can.items)
    return len(can.items).to_bytes(2, "big") + bytes.fromhex(can.clock) + items


def read_transparent(body: bytes, offset: int) -> Transparent:
    """0900 and 8900."""
    need(body, 1, offset, "a passed-on message")
    return Transparent(body[0], body[1:])


def write_transparent(message: Transparent) -> bytes:
    """The inverse of read_transparent."""
    return bytes([message.kind]) + message.data
