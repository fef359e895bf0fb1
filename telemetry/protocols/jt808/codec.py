"""Frames of JT/T 808 to messages and back (JT/T 808-2011, 2013 and 2019).

The header's edition says 2013 or 2019; `layout` forces the layout of a body where a device's profile
knows better ("2011", "2013", "2019").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.jt808 import frame as envelope
from telemetry.protocols.jt808 import identity, location, session
from telemetry.protocols.jt808.emission import read_emission
from telemetry.protocols.jt808.header import Edition, Header, Note
from telemetry.protocols.jt808.messages import (
    Answer,
    Attributes,
    Authentication,
    Batch,
    Body,
    CanData,
    Empty,
    Location,
    LocationAnswer,
    Message,
    Part,
    Raw,
    Registration,
    RegistrationAnswer,
    Resend,
    TimeAnswer,
    Transparent,
)
from telemetry.protocols.jt808.rows import samples

__all__ = ["decode", "encode", "encode_parts", "read_message", "samples"]

Notes = tuple[Note, ...]

_NOT_ESCAPED = frozenset({FaultCode.START, FaultCode.ESCAPE})
_EMPTY = frozenset({0x0002, 0x0003, 0x0004})
_SIMPLE: dict[int, Callable[[bytes, int], Body]] = {
    0x0001: session.read_answer,
    0x8001: session.read_answer,
    0x8100: session.read_registration_answer,
    0x8004: session.read_time_answer,
    0x0200: location.read_location,
    0x0201: location.read_answer,
    0x0704: location.read_batch,
    0x0705: session.read_can,
    0x0900: session.read_transparent,
    0x8900: session.read_transparent,
}


def decode(frame: bytes, layout: str | None = None) -> Message:
    """One frame with both marks; FrameError names the byte as it came."""
    try:
        content = envelope.content_of(frame)
    except FrameError as error:
        bare = envelope.unescaped_content_of(frame) if error.code in _NOT_ESCAPED else None
        if bare is None:
            raise
        return _decode_content(bare, (Note.NOT_ESCAPED,), layout)
    try:
        return _decode_content(content, (), layout)
    except FrameError as error:
        place = envelope.wire_offset(frame, error.offset)
        raise FrameError(error.code, place, error.detail) from None


def _decode_content(content: bytes, before: Notes, layout: str | None) -> Message:
    header, body, notes = envelope.read_header(content)
    return read_message(header, body, before + notes, len(content) - len(body), layout)


def read_message(header: Header, body: bytes, notes: Notes = (), offset: int = 0, layout: str | None = None) -> Message:
    """Header and body as a message; a part of several stays a part (subpackets puts them together)."""
    if header.packet_total > 1:
        return Message(header, Part(header.packet_total, header.packet_number, body), notes)
    read, more = _read_body(header, body, offset, layout)
    return Message(header, read, notes + more + _notes_of(read))


def _read_body(header: Header, body: bytes, offset: int, layout: str | None) -> tuple[Body, Notes]:
    command = header.message_id
    if command in _SIMPLE:
        return _SIMPLE[command](body, offset), ()
    if command in _EMPTY:
        return (Raw(body), (Note.TRAILING,)) if body else (Empty(), ())
    if command == 0x0100:
        return identity.read_registration(body, offset, header.edition, layout)
    if command == 0x0102:
        return identity.read_authentication(body, header.edition, layout)
    if command == 0x0107:
        return identity.read_attributes(body, offset, header.edition, layout), ()
    if command in (0x8003, 0x0005):
        return session.read_resend(body, offset, header.edition), ()
    return Raw(body), ()


def _notes_of(body: Body) -> Notes:
    """What the reports inside noted, once each, in their order."""
    notes: list[Note] = []
    for report in _reports(body):
        notes += report.notes
        if read_emission(report.items).overrun:
            notes.append(Note.EMISSION_OVERRUN)
    if isinstance(body, Batch):
        notes += [Note.COUNT_MISMATCH] if body.count >= 0 else []
        notes += [Note.TRAILING] if body.tail else []
    return tuple(dict.fromkeys(notes))


def _reports(body: Body) -> tuple[Location, ...]:
    if isinstance(body, Location):
        return (body,)
    if isinstance(body, LocationAnswer):
        return (body.location,)
    return body.locations if isinstance(body, Batch) else ()


def write_body(body: Body, edition: Edition) -> bytes:  # noqa: C901 - one case a body
    """The bytes of a body."""
    match body:
        case Location():
            return location.write_location(body)
        case LocationAnswer():
            return body.answered_serial.to_bytes(2, "big") + location.write_location(body.location)
        case Batch():
            return location.write_batch(body)
        case Registration():
            return identity.write_registration(body)
        case Authentication():
            return identity.write_authentication(body)
        case Attributes():
            return identity.write_attributes(body)
        case RegistrationAnswer():
            return session.write_registration_answer(body)
        case Answer():
            return session.write_answer(body)
        case Resend():
            return session.write_resend(body, edition)
        case TimeAnswer():
            return session.write_time_answer(body)
        case CanData():
            return session.write_can(body)
        case Transparent():
            return session.write_transparent(body)
        case Part() | Raw():
            return body.data
        case Empty():
            return b""


def encode(message: Message) -> bytes:
    """The frame of a message; a body over 1,023 bytes needs encode_parts."""
    return envelope.seal(message.header, write_body(message.body, message.header.edition))


def encode_parts(message: Message, size: int = envelope.MAX_BODY) -> Sequence[bytes]:
    """The frames of a message, in parts of at most `size` bytes where it does not fit into one."""
    body = write_body(message.body, message.header.edition)
    if len(body) <= size:
        return [envelope.seal(message.header, body)]
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return [
        envelope.seal(_part_header(message.header, len(pieces), number), piece)
        for number, piece in enumerate(pieces, start=1)
    ]


def _part_header(header: Header, total: int, number: int) -> Header:
    serial = (header.serial + number - 1) & 0xFFFF
    return replace(header, serial=serial, packet_total=total, packet_number=number)
