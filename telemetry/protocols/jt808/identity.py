"""Who the terminal is: registration 0100, authentication 0102, attributes 0107.

The widths of 2011, 2013 and 2019 differ (JT/T 808-2019 tables 7, 10 and 20); vendors pad texts on either
side, with NUL, blanks or the digit 0. A body that fits two editions is settled by what a plate looks like.
"""

from __future__ import annotations

from itertools import pairwise

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.jt808.header import Edition, Note
from telemetry.protocols.jt808.messages import Attributes, Authentication, Registration
from telemetry.protocols.jt808.session import GBK, need, word

# layout -> widths of maker, model, terminal id
REGISTRATION: dict[str, tuple[int, int, int]] = {
    "2019": (11, 30, 30),
    "2013": (5, 20, 7),
    "2011": (5, 8, 7),
}
ATTRIBUTES: dict[str, tuple[int, int, int]] = {"2019": (5, 30, 30), "2013": (5, 20, 7)}
PLATE_COLORS = frozenset({0, 1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 91, 92, 93, 94})
_IMEI_BYTES = 15
_VERSION_BYTES = 20
_ZERO_PADDED_FROM = 11  # fields this wide are filled with the digit 0 by some vendors


def text_of(raw: bytes) -> tuple[str, bool]:
    """GBK text without padding; whether every byte could be read."""
    text = raw.decode(GBK, "replace").strip("\0 ")
    if len(raw) >= _ZERO_PADDED_FROM and len(text.encode(GBK, "replace")) == len(raw) and raw[:1] == b"0":
        text = text.lstrip("0")
    return text, "�" not in text


def _fixed(text: str, width: int) -> bytes:
    raw = text.encode(GBK)
    if len(raw) > width:
        raise ValueError(f"{text!r} is longer than {width} bytes")
    return raw.ljust(width, b"\0")


def registration_size(layout: str) -> int:
    """Bytes before the plate."""
    return 4 + sum(REGISTRATION[layout]) + 1


def read_registration(
    body: bytes, offset: int, edition: Edition, layout: str | None
) -> tuple[Registration, tuple[Note, ...]]:
    """0100 in the layout that the header, the length and the plate speak for."""
    chosen = layout if layout in REGISTRATION else _registration_layout(body, edition)
    need(body, registration_size(chosen), offset, f"registration {chosen}")
    texts = []
    place = 4
    for width in REGISTRATION[chosen]:
        texts.append(text_of(body[place : place + width]))
        place += width
    plate = text_of(body[place + 1 :])
    readable = all(ok for _, ok in (*texts, plate))
    maker, model, terminal = (text for text, _ in texts)
    found = Registration(chosen, word(body, 0), word(body, 2), maker, model, terminal, body[place], plate[0])
    return found, () if readable else (Note.TEXT,)


def _registration_layout(body: bytes, edition: Edition) -> str:
    if edition is Edition.E2019 and len(body) >= registration_size("2019"):
        return "2019"
    possible = [name for name in ("2013", "2011") if len(body) >= registration_size(name)]
    return max(possible, key=lambda name: _plate_likeness(body, name), default="2011")


def _plate_likeness(body: bytes, layout: str) -> int:
    """2: colour and plate as they should be; 1: the colour only; 0: not even that."""
    size = registration_size(layout)
    text, readable = text_of(body[size:])
    plain = readable and text.isprintable()
    likely = plain and (len(text) == 17 if body[size - 1] == 0 else 6 <= len(text) <= 10)
    if body[size - 1] not in PLATE_COLORS:
        return 0
    return 2 if likely else 1


def write_registration(registration: Registration) -> bytes:
    """The inverse of read_registration, texts padded with NUL on the right."""
    widths = REGISTRATION[registration.layout]
    texts = (registration.maker, registration.model, registration.terminal)
    fixed = b"".join(_fixed(text, width) for text, width in zip(texts, widths, strict=True))
    head = registration.province.to_bytes(2, "big") + registration.city.to_bytes(2, "big")
    return head + fixed + bytes([registration.plate_color]) + registration.plate.encode(GBK)


def read_authentication(body: bytes, edition: Edition, layout: str | None) -> tuple[Authentication, tuple[Note, ...]]:
    """0102; a 2019 body that does not come out is read as 2013: the whole body is the code."""
    found = None
    if edition is Edition.E2019 and layout != "2013":
        found = _authentication_2019(body)
    if found is not None:
        return found, (Note.AUTH_LAYOUT,) if found.layout == "2019-other" else ()
    code, readable = text_of(body)
    notes = (Note.AUTH_LAYOUT,) if edition is Edition.E2019 else ()
    return Authentication("2013", code), notes + (() if readable else (Note.TEXT,))


def _authentication_2019(body: bytes) -> Authentication | None:
    end = 1 + body[0] if body else 1
    rest = len(body) - end - _IMEI_BYTES
    if not body or rest < 0:
        return None
    code = body[1:end].decode(GBK, "replace").rstrip("\0")
    imei = body[end : end + _IMEI_BYTES].decode("ascii", "replace").strip("\0 ")
    version = body[end + _IMEI_BYTES :]
    layout = "2019" if rest == _VERSION_BYTES else "2019-other"
    if rest and version[0] == rest - 1:
        layout, version = "2019-length", version[1:]
    return Authentication(layout, code, imei, version.decode(GBK, "replace").strip("\0 "))


def write_authentication(authentication: Authentication) -> bytes:
    """The inverse of read_authentication."""
    code = authentication.code.encode(GBK)
    if authentication.layout == "2013":
        return code
    version = authentication.version.encode(GBK)
    if authentication.layout == "2019":
        version = _fixed(authentication.version, _VERSION_BYTES)
    elif authentication.layout == "2019-length":
        version = bytes([len(version)]) + version
    return bytes([len(code)]) + code + _fixed(authentication.imei, _IMEI_BYTES) + version


def read_attributes(body: bytes, offset: int, edition: Edition, layout: str | None) -> Attributes:
    """0107; the layout that comes out exactly wins."""
    first = "2019" if edition is Edition.E2019 else "2013"
    order = (layout,) if layout in ATTRIBUTES else (first, "2013" if first == "2019" else "2019")
    for name in order:
        if name is not None and (found := _attributes(body, name)) is not None:
            return found
    raise FrameError(FaultCode.LENGTH, offset, f"{len(body)} bytes are no terminal attributes of any edition")


def _attributes(body: bytes, layout: str) -> Attributes | None:
    ends = [2]
    for width in (*ATTRIBUTES[layout], 10):
        ends.append(ends[-1] + width)
    place = ends[-1]
    versions = []
    for _ in range(2):
        if place >= len(body):
            return None
        end = place + 1 + body[place]
        versions.append(text_of(body[place + 1 : end])[0])
        place = end
    if place + 2 != len(body):
        return None
    maker, model, terminal = (text_of(body[a:b])[0] for a, b in pairwise(ends[:4]))
    iccid = body[ends[3] : ends[4]].hex()
    hardware, firmware = versions
    gnss, network = body[place:]
    return Attributes(layout, word(body, 0), maker, model, terminal, iccid, hardware, firmware, gnss, network)


def write_attributes(attributes: Attributes) -> bytes:
    """The inverse of read_attributes."""
    widths = ATTRIBUTES[attributes.layout]
    texts = (attributes.maker, attributes.model, attributes.terminal)
    out = attributes.kind.to_bytes(2, "big")
    out += b"".join(_fixed(text, width) for text, width in zip(texts, widths, strict=True))
    out += bytes.fromhex(attributes.iccid)
    for text in (attributes.hardware, attributes.firmware):
        raw = text.encode(GBK)
        out += bytes([len(raw)]) + raw
    return out + bytes([attributes.gnss, attributes.network])
