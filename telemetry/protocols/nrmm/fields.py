"""The tables of machines (HJ 1014-2020 Annex H, HJ 1322-2023 Annex C).

Types 03 and 05 exist but their layout is not published: the rest of the data unit is kept raw behind them.
"""

from __future__ import annotations

import struct
from dataclasses import astuple

from telemetry.protocols.annexq.diagnostics import NO_CODES_FROM, code_total, read_codes
from telemetry.protocols.annexq.layouts import (
    SIGNATURE_SIZE,
    Bodies,
    BodyKind,
    Counted,
    fixed,
    is_signature,
    word_prefixed,
)
from telemetry.protocols.annexq.opaque import WORD_PREFIXED, read_opaque, write_opaque
from telemetry.protocols.annexq.stream import ENGINE
from telemetry.protocols.fieldtable import Field, read_fields, write_fields
from telemetry.protocols.nrmm.messages import CycleAverages, Ecd, MachineStream

CLAUSE = "HJ 1014-2020 Annex H"
ECD, STREAM, CYCLE = 0x01, 0x02, 0x04
UNPUBLISHED = (0x03, 0x05)
VENDOR = (0x11, 0x1F, 0x80, 0xA2)

MACHINE_STREAM = (
    *ENGINE,
    Field("egr_opening_pct", 24, 2, 1, 400, 0, "%", CLAUSE, greatest=40_000),
    Field("egr_commanded_pct", 26, 2, 1, 400, 0, "%", CLAUSE, greatest=40_000),
)
MACHINE_STREAM_SIZE = 28
CYCLE_FORMAT = struct.Struct(">HHHHBBHHHHB")
TABLES = {(STREAM, MACHINE_STREAM_SIZE): (MACHINE_STREAM, None)}


def read_ecd(frame: bytes, at: int, size: int) -> Ecd:
    """Protocol, lamp, count, codes."""
    protocol, mil, count = frame[at : at + 3]
    return Ecd(protocol, mil, count, read_codes(frame, at + 3, code_total(count), protocol))


def write_ecd(body: Ecd) -> bytes:
    """The bytes of the diagnostics."""
    return bytes([body.protocol, body.mil, body.code_count]) + b"".join(code.raw for code in body.codes)


def read_machine_stream(frame: bytes, at: int, size: int) -> MachineStream:
    """The 28-byte body."""
    return MachineStream(**read_fields(MACHINE_STREAM, frame, at))


def write_machine_stream(body: MachineStream) -> bytes:
    """The 28-byte body of a record."""
    values = {field.name: getattr(body, field.name) for field in MACHINE_STREAM}
    return bytes(write_fields(MACHINE_STREAM, values, MACHINE_STREAM_SIZE))


def read_cycle(frame: bytes, at: int, size: int) -> CycleAverages:
    """The 19 raw bytes as numbers."""
    return CycleAverages(*CYCLE_FORMAT.unpack_from(frame, at))


def write_cycle(body: CycleAverages) -> bytes:
    """The 19 bytes."""
    return CYCLE_FORMAT.pack(*astuple(body))


def rest_sizes(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """A WORD length and its data, else all that is left but a signature."""
    signed = end - SIGNATURE_SIZE >= at and is_signature(frame, end - SIGNATURE_SIZE, end)
    rest = end - at - SIGNATURE_SIZE * signed
    return (*word_prefixed(frame, at, end), *((rest,) if rest > 0 else ()))


BODIES: Bodies = {
    **{code: WORD_PREFIXED for code in VENDOR},
    **{code: BodyKind(rest_sizes, read_opaque, write_opaque) for code in UNPUBLISHED},
    ECD: BodyKind(Counted(2, 3, 4, NO_CODES_FROM), read_ecd, write_ecd),
    STREAM: BodyKind(fixed(MACHINE_STREAM_SIZE), read_machine_stream, write_machine_stream, sample=True),
    CYCLE: BodyKind(fixed(CYCLE_FORMAT.size), read_cycle, write_cycle),
}
