"""Bodies whose content has no published layout but whose end is known: kept raw, never guessed."""

from __future__ import annotations

from telemetry.protocols.annexq.layouts import BodyKind, word_prefixed
from telemetry.protocols.annexq.messages import Opaque

RESERVED_TYPES = range(0x06, 0x80)
USER_TYPES = range(0x80, 0xFF)


def read_opaque(frame: bytes, at: int, size: int) -> Opaque:
    """The bytes as they came."""
    return Opaque(frame[at : at + size])


def write_opaque(body: Opaque) -> bytes:
    """The bytes as they came."""
    return body.raw


WORD_PREFIXED = BodyKind(word_prefixed, read_opaque, write_opaque)
