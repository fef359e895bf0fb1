"""Bytes to messages and back (GB/T 32960.3-2016).

A report gives one row: speed, odometer, position, engine speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from telemetry.protocols.annexq import reports, session
from telemetry.protocols.annexq.envelope import (
    ANSWER_FLAG_COMMAND,
    DATA_AT,
    EV_2025_START,
    Header,
    open_frame,
    read_time,
    seal,
    write_time,
)
from telemetry.protocols.annexq.session import Reader
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import NO_FLAGS, Flag, PacketFlag
from telemetry.protocols.gb32960.fields import BODIES
from telemetry.protocols.gb32960.frame import EDITION_2025, PROTOCOL, SHAPES, STARTS, UNTIMED
from telemetry.protocols.gb32960.messages import (
    Engine,
    EvLogin,
    Message,
    Opaque,
    Position,
    Record,
    Report,
    Vehicle,
)
from telemetry.protocols.sample import Sample

REPORTS = frozenset({0x02, 0x03})
LOGIN_SIZE = 30


def decode(frame: bytes, layout: str | None = None) -> Message:
    """The message in one frame. What another side answers has no table of its own and is kept raw."""
    header = open_frame(frame, STARTS)
    if header.answer_flag is None:
        raise FrameError(FaultCode.START, 3, f"no answer flag ({frame[3]:02X}): a header of Annex Q")
    answered = header.answer_flag != ANSWER_FLAG_COMMAND
    try:
        return _read(header, frame, layout)
    except FrameError:
        if answered or header.start == EV_2025_START:
            return session.read_raw(PROTOCOL, header, frame)
        raise


def encode(message: Message) -> bytes:
    """The frame of a message."""
    if isinstance(message, EvLogin):
        return seal(message.header, _login_data(message))
    if not isinstance(message, Report):
        return session.write_session(message)
    if message.layout == EDITION_2025:
        bodies = b"".join(record.body.raw for record in message.records)
        return seal(message.header, write_time(message.sent_at) + bodies)
    return reports.write_report(message, SHAPES, BODIES)


def samples(message: Message) -> tuple[Sample, ...]:
    """The one row of a report that has a vehicle, engine or position body."""
    if not isinstance(message, Report):
        return ()
    bodies = {type(record.body): record.body for record in message.records}
    vehicle, engine, position = bodies.get(Vehicle), bodies.get(Engine), bodies.get(Position)
    if vehicle is None and engine is None and position is None:
        return ()
    place, flags = reports.place(position)
    reported = {
        **({"speed_kmh": vehicle.speed_kmh, "odometer_km": vehicle.odometer_km} if vehicle else {}),
        **({"engine_speed_rpm": engine.engine_speed_rpm} if engine else {}),
    }
    flags |= Flag.SENTINEL if None in reported.values() else NO_FLAGS
    flags |= NO_FLAGS if message.sent_at else Flag.TIME_UNKNOWN
    return (Sample(message.sent_at, **place, **reported, flags=flags),)


def _read(header: Header, frame: bytes, layout: str | None) -> Message:
    if header.command in REPORTS and header.start == EV_2025_START:
        return _report_2025(header, frame)
    if header.command in REPORTS:
        return _report(header, frame, layout)
    reader = SESSION.get(header.command)
    if reader is None:
        raise FrameError(FaultCode.UNKNOWN_COMMAND, 2, f"command {header.command:02X} is not in table 3")
    return reader(PROTOCOL, header, frame)


def _report(header: Header, frame: bytes, layout: str | None) -> Report:
    report = reports.read_report(PROTOCOL, header, frame, SHAPES, BODIES, layout)
    if report.layout == UNTIMED.name:
        return replace(report, flags=report.flags | PacketFlag.UNTIMED)
    return report


def _report_2025(header: Header, frame: bytes) -> Report:
    record = Record(0, Opaque(frame[DATA_AT + 6 : -1]))
    reissued = PacketFlag.REISSUED if header.command == reports.REISSUE else PacketFlag(0)
    return Report(
        protocol=PROTOCOL,
        header=header,
        layout=EDITION_2025,
        sent_at=read_time(frame, DATA_AT),
        records=(record,),
        flags=PacketFlag.BODY_UNKNOWN | reissued,
    )


def _login(protocol: str, header: Header, frame: bytes) -> EvLogin:
    data = frame[DATA_AT:-1]
    size = LOGIN_SIZE + data[28] * data[29] if len(data) >= LOGIN_SIZE else LOGIN_SIZE
    if len(data) != size:
        raise FrameError(FaultCode.LENGTH, 22, f"login carries {len(data)} bytes, its table has {size}")
    return EvLogin(
        protocol=protocol,
        header=header,
        sent_at=read_time(frame, DATA_AT),
        serial=int.from_bytes(data[6:8], "big"),
        iccid=data[8:28].decode("latin-1"),
        pack_count=data[28],
        code_length=data[29],
        pack_codes=data[30:].decode("latin-1"),
    )


def _login_data(message: EvLogin) -> bytes:
    head = write_time(message.sent_at) + message.serial.to_bytes(2, "big") + message.iccid.encode("latin-1")
    return head + bytes([message.pack_count, message.code_length]) + message.pack_codes.encode("latin-1")


SESSION: Mapping[int, Reader] = {
    0x01: _login,
    0x04: session.read_logout,
    0x05: session.read_platform_login,
    0x06: session.read_platform_logout,
    0x07: session.read_time_sync,  # heartbeat: empty as well
    0x08: session.read_time_sync,
    0x80: session.read_raw,
    0x81: session.read_raw,
    0x82: session.read_raw,
}
