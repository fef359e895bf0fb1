"""Reading and writing the data unit of commands 02 and 03, and the rows it gives.

Two layouts may consume a short frame exactly; the first in the given order is taken and the packet is
flagged, unless the layout remembered for the device is given and fits: then nothing is ambiguous about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from telemetry.protocols.annexq.diagnostics import Obd, blank
from telemetry.protocols.annexq.envelope import DATA_AT, TERMINAL_START, Header, read_time, seal, write_time
from telemetry.protocols.annexq.layouts import Bodies, Shape, Slot, Walk, explain, fits
from telemetry.protocols.annexq.messages import Opaque, Record, Report
from telemetry.protocols.annexq.stream import POSITION_SIZE, Position, read_position, write_position
from telemetry.protocols.flags import NO_PACKET_FLAGS, Flag, PacketFlag
from telemetry.protocols.sample import Sample

REISSUE = 0x03
NOX_OFF_PPM = -200
TIMED_LAYOUTS = frozenset({"C", "hj1322"})  # the shapes whose records carry a collect time
HEAD_WITH_SERIAL = 8
HEAD_WITH_POSITION = HEAD_WITH_SERIAL + POSITION_SIZE
COLUMN_NAMES = frozenset(field.name for field in fields(Sample)) - {"at", "flags", "status"}


def read_report(
    protocol: str, header: Header, frame: bytes, shapes: Sequence[Shape], bodies: Bodies, layout: str | None
) -> Report:
    """The report in a verified frame; `layout` is what the device used before."""
    shape, found, flags = choose(frame, shapes, bodies, layout)
    records = tuple(_record(frame, slot, shape, bodies) for slot in found.slots or ())
    signature = frame[found.end : -1] or None
    odd = _oddities(header, shape, records, signature)
    return Report(
        protocol=protocol,
        header=header,
        layout=shape.name,
        sent_at=read_time(frame, DATA_AT) if shape.head else None,
        serial=_word(frame, DATA_AT + 6) if shape.head >= HEAD_WITH_SERIAL else None,
        position=read_position(frame, DATA_AT + 8) if shape.head == HEAD_WITH_POSITION else None,
        records=records,
        signature=signature,
        flags=PacketFlag(flags | sum(flag for flag, present in odd if present)),
    )


def choose(frame: bytes, shapes: Sequence[Shape], bodies: Bodies, layout: str | None) -> tuple[Shape, Walk, PacketFlag]:
    """The layout of the frame: the remembered one if it fits, else the first that does."""
    remembered = [shape for shape in shapes if shape.name == layout]
    for shape, found in fits(frame, remembered, bodies):
        return shape, found, NO_PACKET_FLAGS
    fitting = list(islice(fits(frame, shapes, bodies), 2))
    if not fitting:
        raise explain(frame, shapes, bodies)
    flags = PacketFlag.AMBIGUOUS_LAYOUT if len(fitting) > 1 else NO_PACKET_FLAGS
    if remembered:
        flags |= PacketFlag.LAYOUT_CHANGED
    return *fitting[0], flags


def write_report(report: Report, shapes: Sequence[Shape], bodies: Bodies) -> bytes:
    """The frame of a report."""
    shape = next(shape for shape in shapes if shape.name == report.layout)
    data = write_time(report.sent_at) if shape.head else b""
    if shape.head >= HEAD_WITH_SERIAL:
        data += (report.serial or 0).to_bytes(2, "big")
    if shape.head == HEAD_WITH_POSITION:
        data += write_position(report.position or Position(1, None, None))
    for record in report.records:
        data += bytes([record.type])
        data += (record.serial or 0).to_bytes(2, "big") if shape.record_serial else b""
        data += write_time(record.collected_at) if shape.record_time else b""
        data += bodies[record.type].write(record.body) + (record.signature or b"")
    return seal(report.header, data + (report.signature or b""))


def samples(report: Report, bodies: Bodies) -> tuple[Sample, ...]:
    """The rows of a report. Record i of a report without record times happened at its time + i seconds."""
    rows = [record for record in report.records if bodies[record.type].sample]
    return tuple(_sample(report, record, *_when(report, record, i)) for i, record in enumerate(rows))


def _record(frame: bytes, slot: Slot, shape: Shape, bodies: Bodies) -> Record:
    serial = _word(frame, slot.at + 1) if shape.record_serial else None
    stop = slot.body_at + slot.size
    return Record(
        type=slot.type,
        body=bodies[slot.type].read(frame, slot.body_at, slot.size),
        collected_at=read_time(frame, slot.body_at - 6) if shape.record_time else None,
        serial=serial,
        signature=frame[stop : slot.next] if slot.signed else None,
    )


def _word(frame: bytes, at: int) -> int:
    return frame[at] << 8 | frame[at + 1]


def _oddities(
    header: Header, shape: Shape, records: Sequence[Record], signature: bytes | None
) -> Iterator[tuple[int, bool]]:
    """Each oddity of a report, and whether it is there."""
    vins = [record.body.vin for record in records if isinstance(record.body, Obd)]
    mismatch = any(not blank(vin) and vin.rstrip("\0 ") != header.device for vin in vins)
    yield PacketFlag.VIN_MISMATCH_OBD.value, mismatch
    yield PacketFlag.REISSUED.value, header.command == REISSUE
    signed = signature is not None or any(record.signature for record in records)
    yield PacketFlag.SIGNATURE_PRESENT.value, signed
    yield PacketFlag.BODY_UNKNOWN.value, any(isinstance(record.body, Opaque) for record in records)
    provided = header.start == TERMINAL_START and header.answer_flag is not None
    yield PacketFlag.TSP_HEADER.value, provided and not shape.answered


def _when(report: Report, record: Record, i: int) -> tuple[datetime | None, Flag]:
    if report.layout in TIMED_LAYOUTS:
        return record.collected_at, Flag(0) if record.collected_at else Flag.TIME_UNKNOWN
    if report.sent_at is None:
        return None, Flag.TIME_UNKNOWN
    return report.sent_at + timedelta(seconds=i), Flag.TIME_ASSUMED if i else Flag(0)


def _sample(report: Report, record: Record, at: datetime | None, flags: Flag) -> Sample:
    body = record.body
    reported = {name: getattr(body, name) for name in COLUMN_NAMES if hasattr(body, name)}
    if None in reported.values():
        flags |= Flag.SENTINEL
    if NOX_OFF_PPM in (reported.get("nox_upstream_ppm"), reported.get("nox_downstream_ppm")):
        flags |= Flag.NOX_SENSOR_OFF
    where, place_flags = place(getattr(body, "position", None) or report.position)
    return Sample(at, **where, **reported, flags=flags | place_flags)


def place(position: Position | None) -> tuple[dict[str, Any], Flag]:
    """The columns of a position, and what is odd about it; a place that does not exist is not given."""
    if position is None:
        return {}, Flag.NO_FIX
    lon, lat = position.lon, position.lat
    flags = Flag(0) if position.fix_valid else Flag.NO_FIX
    if lon is None or lat is None:
        flags |= Flag.SENTINEL
    if lon is not None and abs(lon) > 180:
        lon, flags = None, flags | Flag.OUT_OF_RANGE
    if lat is not None and abs(lat) > 90:
        lat, flags = None, flags | Flag.OUT_OF_RANGE
    where = {"lon": lon, "lat": lat, "fix_valid": position.fix_valid, "status": position.status}
    return where, flags
