"""The envelope of JT/T 808: marks, escapes, check byte, header (JT/T 808-2019 clauses 4.4.2 to 4.4.4).

Offsets in errors count bytes as they came, escapes included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.jt808.header import Edition, Header, Note

MARK = 0x7E
_LENGTH_BITS = 0x03FF
_ENCRYPTION_BITS = 0x1C00
_PART_BIT = 0x2000
_VERSION_BIT = 0x4000
_RESERVED_BIT = 0x8000
_PHONE_BYTES = {Edition.E2013: 6, Edition.E2019: 10}
_HEADER_BYTES = {Edition.E2013: 12, Edition.E2019: 17}
MAX_BODY = _LENGTH_BITS


@dataclass(frozen=True, slots=True)
class Found:
    """What a run of bytes holds: frames, bytes before the first mark, and what waits for more."""

    frames: tuple[tuple[int, bytes], ...]  # (place, frame with both marks)
    junk: bytes
    rest: bytes  # from the last mark on; a lone mark where nothing waits


def find_frames(data: bytes) -> Found:
    """Cut a run of bytes at its marks; one mark may close a frame and open the next."""
    head, *segments = data.split(b"\x7e")
    if not segments:
        return Found((), data, b"")
    frames = []
    place = len(head)
    for segment in segments[:-1]:
        if segment:
            frames.append((place, b"\x7e" + segment + b"\x7e"))
        place += len(segment) + 1
    return Found(tuple(frames), head, b"\x7e" + segments[-1])


def escape(content: bytes) -> bytes:
    """7D becomes 7D 01 and 7E becomes 7D 02."""
    return content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(content: bytes, offset: int = 1) -> bytes:
    """The inverse of escape; a 7D before anything but 01 and 02 is refused at its place."""
    if b"\x7d" not in content:
        return content
    first, *pieces = content.split(b"\x7d")
    out = [first]
    place = offset + len(first)
    for piece in pieces:
        if piece[:1] not in (b"\x01", b"\x02"):
            raise FrameError(FaultCode.ESCAPE, place, "7d is followed by neither 01 nor 02")
        out.append((b"\x7d" if piece[0] == 1 else b"\x7e") + piece[1:])
        place += 1 + len(piece)
    return b"".join(out)


def check_byte(content: bytes) -> int:
    """Exclusive-or over header and body; 0 over content with its own check byte."""
    return reduce(xor, content, 0)


def wire_offset(frame: bytes, offset: int) -> int:
    """Where byte `offset` of the unescaped content stands in the frame as it came."""
    place = 1
    for _ in range(offset):
        place += 2 if frame[place : place + 1] == b"\x7d" else 1
    return min(place, len(frame))


def content_of(frame: bytes) -> bytes:
    """Header and body, unescaped and checked, without marks and check byte."""
    if frame[:1] != b"\x7e":
        raise FrameError(FaultCode.START, 0, "a JT/T 808 frame begins with 7e")
    if len(frame) < 2 or frame[-1] != MARK:
        raise FrameError(FaultCode.LENGTH, len(frame), "the frame does not end with 7e")
    inner = frame[1:-1]
    if MARK in inner:
        raise FrameError(FaultCode.START, 1 + inner.index(MARK), "a mark 7e inside the frame")
    content = unescape(inner)
    if len(content) < _HEADER_BYTES[Edition.E2013] + 1:
        raise FrameError(FaultCode.LENGTH, len(frame) - 1, f"header too short: {len(content)} bytes")
    if (total := check_byte(content)) != 0:
        wanted = content[-1] ^ total
        detail = f"check byte {content[-1]:02x}, exclusive-or of the content {wanted:02x}"
        raise FrameError(FaultCode.CHECK_BYTE, wire_offset(frame, len(content) - 1), detail)
    return content[:-1]


def unescaped_content_of(frame: bytes) -> bytes | None:
    """The content of a frame out of which somebody has already taken the escapes; None where it is not.

    Asked only of frames that cannot be escaped ones: check byte and length must both come out.
    """
    content = frame[1:-1]
    if len(content) < _HEADER_BYTES[Edition.E2013] + 1 or check_byte(content) != 0:
        return None
    attributes = int.from_bytes(content[2:4], "big")
    sizes = {_header_size(edition, attributes) + (attributes & _LENGTH_BITS) for edition in Edition}
    return content[:-1] if len(content) - 1 in sizes else None


def read_header(content: bytes) -> tuple[Header, bytes, tuple[Note, ...]]:
    """Header, body, notes. The header whose length comes out wins over what bit 14 says."""
    attributes = int.from_bytes(content[2:4], "big")
    edition = _edition(content, attributes)
    size = _header_size(edition, attributes)
    header = _header(content, attributes, edition)
    if attributes & _ENCRYPTION_BITS:
        kind = (attributes & _ENCRYPTION_BITS) >> 10
        raise FrameError(FaultCode.ENCRYPTED, 2, f"body encrypted, kind {kind}; there is no key here")
    if attributes & _PART_BIT and not 1 <= header.packet_number <= header.packet_total:
        detail = f"part {header.packet_number} of {header.packet_total}"
        raise FrameError(FaultCode.SUBPACKET, size - 4, detail)
    notes: tuple[Note, ...] = () if header.version_bit is None else (Note.VERSION_BIT_WRONG,)
    if not header.phone.isdecimal():
        notes += (Note.PHONE_NOT_BCD,)
    return header, content[size:], notes


def _edition(content: bytes, attributes: int) -> Edition:
    declared = Edition.E2019 if attributes & _VERSION_BIT else Edition.E2013
    other = Edition.E2013 if declared is Edition.E2019 else Edition.E2019
    length = attributes & _LENGTH_BITS
    for edition in (declared, other):
        if _header_size(edition, attributes) + length == len(content):
            return edition
    present = len(content) - _header_size(declared, attributes)
    detail = f"the header states {length} bytes of body, {max(present, 0)} are here"
    raise FrameError(FaultCode.LENGTH, 2, detail)


def _header_size(edition: Edition, attributes: int) -> int:
    return _HEADER_BYTES[edition] + (4 if attributes & _PART_BIT else 0)


def _header(content: bytes, attributes: int, edition: Edition) -> Header:
    start = 5 if edition is Edition.E2019 else 4
    end = start + _PHONE_BYTES[edition]
    version_bit = bool(attributes & _VERSION_BIT)
    as_wanted = version_bit == (edition is Edition.E2019)
    total, number = 0, 0
    if attributes & _PART_BIT:
        total = int.from_bytes(content[end + 2 : end + 4], "big")
        number = int.from_bytes(content[end + 4 : end + 6], "big")
    return Header(
        message_id=int.from_bytes(content[0:2], "big"),
        phone=content[start:end].hex(),
        serial=int.from_bytes(content[end : end + 2], "big"),
        edition=edition,
        protocol_version=content[4] if edition is Edition.E2019 else 1,
        packet_total=total,
        packet_number=number,
        version_bit=None if as_wanted else version_bit,
        reserved_bit=bool(attributes & _RESERVED_BIT),
    )


def write_header(header: Header, body_length: int) -> bytes:
    """The header in front of a body of that length."""
    if body_length > MAX_BODY:
        raise ValueError(f"a body holds at most {MAX_BODY} bytes; send {body_length} in parts")
    new = header.edition is Edition.E2019
    version_bit = new if header.version_bit is None else header.version_bit
    attributes = body_length | (_VERSION_BIT if version_bit else 0)
    attributes |= (_PART_BIT if header.packet_total else 0) | (_RESERVED_BIT if header.reserved_bit else 0)
    digits = header.phone.rjust(2 * _PHONE_BYTES[header.edition], "0")
    if len(digits) > 2 * _PHONE_BYTES[header.edition]:
        raise ValueError(f"phone {header.phone} is too long for a header of {header.edition}")
    out = header.message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big")
    out += bytes([header.protocol_version]) if new else b""
    out += bytes.fromhex(digits) + header.serial.to_bytes(2, "big")
    if header.packet_total:
        out += header.packet_total.to_bytes(2, "big") + header.packet_number.to_bytes(2, "big")
    return out


def seal(header: Header, body: bytes) -> bytes:
    """Header and body with check byte, escapes and marks."""
    content = write_header(header, len(body)) + body
    return b"\x7e" + escape(content + bytes([check_byte(content)])) + b"\x7e"
