"""Which decoder reads which kind of device: the table that decoding and batches share.

A kind is the word in the topic (hdv, nrmm, jt808, ev, json). Decoders are looked up when first needed; each
has `decode(frame, layout)` and may have `samples(message)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from telemetry.protocols.annexq.envelope import ANSWER_FLAG_COMMAND, PLATFORM_START
from telemetry.protocols.annexq.layouts import fits
from telemetry.protocols.annexq.messages import Message as FamilyMessage
from telemetry.protocols.annexq.messages import Report
from telemetry.protocols.errors import FrameError
from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.gb17691 import codec as gb17691
from telemetry.protocols.gb17691.fields import BODIES as ANNEX_Q_BODIES
from telemetry.protocols.gb17691.frame import A, B
from telemetry.protocols.hj1239 import codec as hj1239
from telemetry.protocols.jt808 import subpackets
from telemetry.protocols.sample import Sample

TRUCK = "hdv"
BOX = "jt808"
CODECS = {"nrmm": "nrmm", "jt808": "jt808", "ev": "gb32960", "json": "tracker_json"}
KINDS = (TRUCK, *CODECS)
HJ1239_LAYOUT = "C"
REPORT_COMMANDS = (b"\x02", b"\x03")
ANNEX_Q_COMMANDS = (b"\x01", b"\x04", b"\x05")
ANSWERED = bytes([ANSWER_FLAG_COMMAND])


class AnyMessage(Protocol):
    """What every message of every protocol has."""

    @property
    def protocol(self) -> str:
        """The standard it was read by."""

    @property
    def device(self) -> str:
        """The identity inside the frame."""

    @property
    def command(self) -> int:
        """The command or message id."""


class Codec(Protocol):
    """What a protocol's codec module offers."""

    def decode(self, frame: bytes, layout: str | None = None) -> Any:
        """The message, or FrameError."""


def read(frame: bytes, kind: str, layout: str | None = None) -> tuple[AnyMessage, Sequence[Sample]]:
    """The message in a frame of a device of that kind, and its rows."""
    if kind == TRUCK:
        return _read_truck(frame, layout)
    if kind not in CODECS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    codec = codec_of(kind)
    message = (joined(frame) if kind == BOX else None) or codec.decode(frame, layout)
    rows = getattr(codec, "samples", None)
    return message, rows(message) if rows else ()


def joined(frame: bytes) -> AnyMessage | None:
    """The message of JT/T 808 whose parts stand behind each other in `frame`, as it is kept when it is complete."""
    return subpackets.read_joined(frame) if frame.count(b"~") > 2 else None


def codec_of(kind: str) -> Codec:
    """The codec module of a kind other than trucks, which have two."""
    return cast(Codec, import_module(f"telemetry.protocols.{CODECS[kind]}.codec"))


def _read_truck(frame: bytes, layout: str | None) -> tuple[FamilyMessage, Sequence[Sample]]:
    """HJ 1239.3 or Annex Q. Of reports the layout decides; C is tried first unless another is known."""
    if frame[2:3] not in REPORT_COMMANDS:
        return _read_session(frame, layout)
    remembered = _as_remembered(frame, layout)
    if remembered is not None:
        return remembered, gb17691.samples(remembered)
    try:
        message = hj1239.decode(frame, layout)
    except FrameError as error:
        return _read_annex_q(frame, layout, error)
    return _with_layout_flags(message, frame, layout), hj1239.samples(message)


def _read_session(frame: bytes, layout: str | None) -> tuple[FamilyMessage, Sequence[Sample]]:
    """Login, logout and time are the same in both standards; the rest is HJ 1239.3's."""
    newer = frame[:2] == PLATFORM_START or frame[3:4] == ANSWERED or layout == HJ1239_LAYOUT
    if newer or frame[2:3] not in ANNEX_Q_COMMANDS:
        return hj1239.decode(frame, layout), ()
    return gb17691.decode(frame, layout), ()


def _as_remembered(frame: bytes, layout: str | None) -> Report | None:
    """The report under a remembered layout of Annex Q, None when it does not fit."""
    if layout not in (A.name, B.name):
        return None
    try:
        message = gb17691.decode(frame, layout)
    except FrameError:
        return None
    return message if isinstance(message, Report) and message.layout == layout else None


def _read_annex_q(frame: bytes, layout: str | None, refusal: FrameError) -> tuple[FamilyMessage, Sequence[Sample]]:
    """The report under a layout of Annex Q, or the refusal that came further into the frame."""
    try:
        message = gb17691.decode(frame, layout)
    except FrameError as error:
        raise max(refusal, error, key=lambda either: either.offset) from None
    return message, gb17691.samples(message)


def _with_layout_flags(message: FamilyMessage, frame: bytes, layout: str | None) -> FamilyMessage:
    """Flag a report of layout C that layouts A or B would consume too, or that is not what was remembered."""
    if not isinstance(message, Report) or layout == message.layout:
        return message
    flags = message.flags
    if next(fits(frame, (A, B), ANNEX_Q_BODIES), None):
        flags |= PacketFlag.AMBIGUOUS_LAYOUT
    if layout is not None:
        flags |= PacketFlag.LAYOUT_CHANGED
    return replace(message, flags=flags)
