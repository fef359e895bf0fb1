"""Many samples to many frames at once: the tables of the protocols, written with numpy.

The codecs write one frame from one message; here a matrix of bytes holds a frame a row. Both use the same
field tables, and a test reads what is packed here with the codecs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.annexq.stream import ENGINE, POSITION, POSITION_SIZE, TRUCK_STREAM
from telemetry.protocols.fieldtable import Field
from telemetry.protocols.nrmm.fields import MACHINE_STREAM, MACHINE_STREAM_SIZE

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Values = Mapping[str, Floats]

CHINA_US = 8 * 3_600 * 1_000_000
HEAD = 24
STREAM_TYPE = 0x02
STREAM_SIZE = 37
POSITION_AT = 24
_REAL_TIME = 0x02
_IN_THE_CLEAR = 0x01
_SOFTWARE = 1


def write_table(table: Iterable[Field], values: Values, rows: int, size: int) -> Bytes:
    """A body a row; NaN becomes "not available", what is beyond the table its nearest valid value."""
    body = np.zeros((rows, size), dtype=np.uint8)
    for field in table:
        value = values.get(field.name)
        raw = np.full(rows, (1 << 8 * field.width) - 1, dtype=np.uint32)
        if value is not None:
            known = ~np.isnan(value)
            scaled = np.rint((np.where(known, value, 0) * field.denominator - field.shift) / field.numerator)
            raw = np.where(known, np.clip(scaled, 0, field.limit).astype(np.uint32), raw)
        _put(body, field.offset, raw, field.width)
    return body


def _put(body: Bytes, at: int, raw: NDArray[np.uint32], width: int) -> None:
    octets = raw.astype(">u4").view(np.uint8).reshape(-1, 4)
    body[:, at : at + width] = octets[:, 4 - width :]


def write_positions(lon: Floats, lat: Floats, fixed: NDArray[np.bool_]) -> Bytes:
    """Status, longitude, latitude: nine bytes a row."""
    body = write_table(POSITION, {"lon": np.abs(lon), "lat": np.abs(lat)}, len(lon), POSITION_SIZE)
    body[:, 0] = (~fixed) | (lat < 0) * np.uint8(2) | (lon < 0) * np.uint8(4)
    return body


def write_times(at_us: Times) -> Bytes:
    """Year less 2000, month, day, hour, minute, second in GMT+8, plain binary: six bytes a row."""
    seconds = (at_us + CHINA_US) // 1_000_000
    days = (seconds // 86_400).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    out = np.empty((len(at_us), 6), dtype=np.uint8)
    out[:, 0] = years.astype(np.int64) + 1970 - 2000
    out[:, 1] = (months - years).astype(np.int64) + 1
    out[:, 2] = (days - months).astype(np.int64) + 1
    of_day = seconds % 86_400
    out[:, 3], out[:, 4], out[:, 5] = of_day // 3_600, of_day // 60 % 60, of_day % 60
    return out


def truck_bodies(values: Values, lon: Floats, lat: Floats, fixed: NDArray[np.bool_]) -> Bytes:
    """The 37-byte engine stream of trucks, a row a sample."""
    body = write_table(TRUCK_STREAM, values, len(lon), STREAM_SIZE)
    body[:, POSITION_AT : POSITION_AT + POSITION_SIZE] = write_positions(lon, lat, fixed)
    return body


def machine_bodies(values: Values, rows: int) -> Bytes:
    """The 28-byte engine stream of machines; the EGR valve is not simulated."""
    return write_table((*ENGINE, *MACHINE_STREAM[len(ENGINE) :]), values, rows, MACHINE_STREAM_SIZE)


def identities(devices: Sequence[str]) -> Bytes:
    """Seventeen characters a row."""
    padded = b"".join(device.encode("ascii").ljust(17, b"\0")[:17] for device in devices)
    return np.frombuffer(padded, dtype=np.uint8).reshape(-1, 17)


def layout_a(vins: Bytes, sent_us: Times, bodies: Bytes, first_serial: NDArray[np.int64]) -> list[bytes]:
    """Annex Q: time, then type, serial and body of each record; `bodies` begins with those of frame 0."""
    frames, records = len(vins), len(bodies) // len(vins)
    items = np.empty((frames, records, 3 + STREAM_SIZE), dtype=np.uint8)
    serials = (first_serial[:, None] + np.arange(records)) & 0xFFFF
    items[:, :, 0] = STREAM_TYPE
    items[:, :, 1], items[:, :, 2] = serials >> 8, serials & 0xFF
    items[:, :, 3:] = bodies.reshape(frames, records, STREAM_SIZE)
    return sealed(vins, [write_times(sent_us), items.reshape(frames, -1)])


def timed_layout(
    vins: Bytes,
    sent_us: Times,
    serial: NDArray[np.int64],
    bodies: Bytes,
    at_us: Times,
    position: Bytes | None = None,
) -> list[bytes]:
    """HJ 1239.3 (layout C) and, with a position, HJ 1322: records with a collect time each."""
    frames, records, size = len(vins), len(bodies) // len(vins), bodies.shape[1]
    items = np.empty((frames * records, 7 + size), dtype=np.uint8)
    items[:, 0] = STREAM_TYPE
    items[:, 1:7] = write_times(at_us)
    items[:, 7:] = bodies
    parts = [write_times(sent_us), _words(serial), *([] if position is None else [position])]
    return sealed(vins, [*parts, items.reshape(frames, -1)])


def untimed_layout(
    vins: Bytes, sent_us: Times, serial: NDArray[np.int64], bodies: Bytes, position: Bytes
) -> list[bytes]:
    """HJ 1014: time, serial, one position, then type and body of each record."""
    frames, size = len(vins), bodies.shape[1]
    items = np.empty((len(bodies), 1 + size), dtype=np.uint8)
    items[:, 0] = STREAM_TYPE
    items[:, 1:] = bodies
    return sealed(vins, [write_times(sent_us), _words(serial), position, items.reshape(frames, -1)])


def _words(values: NDArray[np.int64]) -> Bytes:
    octets: Bytes = (values & 0xFFFF).astype(">u2").view(np.uint8).reshape(-1, 2)
    return octets


def sealed(vins: Bytes, parts: Sequence[Bytes]) -> list[bytes]:
    """Header before and check byte behind the data, a frame a row."""
    rows, size = len(vins), sum(part.shape[1] for part in parts)
    frame = np.empty((rows, HEAD + size + 1), dtype=np.uint8)
    frame[:, 0:2] = ord("#")
    frame[:, 2] = _REAL_TIME
    frame[:, 3:20] = vins
    frame[:, 20], frame[:, 21] = _SOFTWARE, _IN_THE_CLEAR
    frame[:, 22], frame[:, 23] = size >> 8, size & 0xFF
    at = HEAD
    for part in parts:
        frame[:, at : at + part.shape[1]] = part
        at += part.shape[1]
    frame[:, -1] = np.bitwise_xor.reduce(frame[:, 2:-1], axis=1)
    raw, length = frame.tobytes(), frame.shape[1]
    return [raw[start : start + length] for start in range(0, len(raw), length)]
