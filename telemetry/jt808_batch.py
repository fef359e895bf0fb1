"""Plain location reports of JT/T 808, many at once, as columns (JT/T 808-2019 table 23).

Read here are frames 0200 that are in order: escapes, check byte, length, a header of the edition that it
names, a phone in BCD, a date. All other frames are left to the codec, and a property test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.jt808_emission import emission_columns
from telemetry.jt808_items import Items, read_items
from telemetry.packed import Packed
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.jt808.messages import PROTOCOL
from telemetry.samples import Columns, empty_columns
from telemetry.timestamps import ZERO_OR_DATE, read_times

Bytes = NDArray[np.uint8]
Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]
Flags = NDArray[np.uint32]

LOCATION = 0x0200
BASIC_BYTES = 28
_HEADER, _HEADER_2019 = 12, 17
_SPARE = 8  # bytes behind the longest frame, so that a look ahead stays inside
_LON_E6, _LAT_E6 = (73_000_000, 135_000_000), (3_000_000, 54_000_000)


class _Envelope(NamedTuple):
    """Rows that are in order, with where their bodies begin and end."""

    rows: Rows
    matrix: Bytes
    body: Rows
    end: Rows

    def of(self, chosen: Bools) -> _Envelope:
        """The chosen rows only."""
        return _Envelope(self.rows[chosen], self.matrix[chosen], self.body[chosen], self.end[chosen])


def read_together(frames: Sequence[bytes], layouts: Sequence[str | None]) -> Iterator[Packed]:
    """The plain location reports of a batch; `rows` says which of its frames these are."""
    opened = _opened(frames)
    if len(opened.rows):
        yield _read(opened)


def _read(opened: _Envelope) -> Packed:
    basic = opened.matrix[np.arange(len(opened.rows))[:, None], opened.body[:, None] + np.arange(BASIC_BYTES)]
    at_us, dated = _times(basic[:, 22:28])
    items = read_items(opened.matrix, opened.body + BASIC_BYTES, opened.end)
    good = dated & ~items.unclear
    if not good.all():
        opened, items = opened.of(good), items.of(good)
        basic, at_us = basic[good], at_us[good]
    columns, packet_flags = _columns(basic, at_us, items)
    device, serial = _senders(opened)
    command = np.full(len(at_us), LOCATION, dtype=np.int32)
    return Packed(opened.rows, PROTOCOL, None, 1, command, device, serial, at_us, at_us, at_us, packet_flags, columns)


def _opened(frames: Sequence[bytes]) -> _Envelope:
    contents = [_content(frame) for frame in frames]
    places = [place for place, content in enumerate(contents) if content]
    kept = [contents[place] for place in places]
    lengths = np.fromiter(map(len, kept), dtype=np.int64, count=len(kept))
    width = int(lengths.max(initial=_HEADER_2019 + BASIC_BYTES)) + _SPARE
    joined = b"".join([content.ljust(width, b"\0") for content in kept])
    matrix = np.frombuffer(joined, dtype=np.uint8).reshape(len(kept), width)
    sound, body = _sound(matrix, lengths)
    rows = np.array(places, dtype=np.int64)
    return _Envelope(rows[sound], matrix[sound], body[sound], lengths[sound] - 1)


def _content(frame: bytes) -> bytes:
    """Header, body and check byte without escapes; nothing where the frame is not plainly a frame."""
    if frame[:1] != b"~" or frame[-1:] != b"~" or frame.count(b"~") != 2 or len(frame) < 3 + _HEADER:
        return b""
    content = frame[1:-1]
    escapes = content.count(b"}")
    if not escapes:
        return content
    if content.count(b"}\x01") + content.count(b"}\x02") != escapes:
        return b""
    return content.replace(b"}\x02", b"~").replace(b"}\x01", b"}")


def _sound(matrix: Bytes, lengths: Rows) -> tuple[Bools, Rows]:
    """Which rows are location reports in order, and where their bodies begin."""
    attributes = matrix[:, 2].astype(np.int64) << 8 | matrix[:, 3]
    newer = (attributes & 0x4000) != 0
    body = np.where(newer, _HEADER_2019, _HEADER)
    size = attributes & 0x03FF
    sound = (matrix[:, 0] == LOCATION >> 8) & (matrix[:, 1] == LOCATION & 0xFF)
    sound &= (attributes & 0x3C00) == 0  # neither encrypted nor in parts
    sound &= (body + size + 1 == lengths) & (size >= BASIC_BYTES)
    sound &= np.bitwise_xor.reduce(matrix, axis=1) == 0
    digits = np.where(newer[:, None], matrix[:, 5:15], np.pad(matrix[:, 4:10], ((0, 0), (4, 0))))
    sound &= ((digits & 0x0F) <= 9).all(axis=1) & (digits <= 0x99).all(axis=1)
    return sound, body


def _senders(opened: _Envelope) -> tuple[list[str], NDArray[np.int64]]:
    newer = opened.body == _HEADER_2019
    phones = np.where(newer[:, None], opened.matrix[:, 5:15], np.pad(opened.matrix[:, 4:10], ((0, 0), (4, 0))))
    text = phones.tobytes().hex()
    devices = [text[at : at + 20].lstrip("0") or "0" for at in range(0, len(text), 20)]
    at = np.where(newer, 15, 10)
    rows = np.arange(len(opened.rows))
    serial = opened.matrix[rows, at].astype(np.int64) << 8 | opened.matrix[rows, at + 1]
    return devices, serial


def _times(bcd: Bytes) -> tuple[NDArray[np.int64], Bools]:
    """BCD in GMT+8 to microseconds, 0 for six zero bytes; and whether it is one or the other."""
    at_us, state = read_times((bcd >> 4) * 10 + (bcd & 0x0F))
    decimal = (bcd <= 0x99).all(axis=1) & ((bcd & 0x0F) <= 9).all(axis=1)
    return at_us, decimal & (state <= ZERO_OR_DATE)


def _columns(basic: Bytes, at_us: NDArray[np.int64], items: Items) -> tuple[Columns, Flags]:
    words = np.ascontiguousarray(basic[:, :16]).view(">u4").astype(np.int64)
    alarm, status, lat, lon = words.T
    altitude = np.ascontiguousarray(basic[:, 16:18]).view(">i2")[:, 0]
    speed, direction = np.ascontiguousarray(basic[:, 18:22]).view(">u2").astype(np.int64).T
    columns = empty_columns(len(basic))
    del columns["packet"]
    columns["at_us"] = at_us
    columns["alarm"][:], columns["status"][:] = alarm, status
    columns["altitude_m"][:] = altitude
    columns["speed_kmh"][:] = np.where(speed == 0xFFFF, np.nan, speed / 10)
    columns["direction_deg"][:] = np.where(direction <= 360, direction % 360, np.nan)
    columns["odometer_km"][:] = items.mileage / 10
    columns["satellites"][:] = items.satellites
    flags = _place(columns, status, lat, lon)
    flags |= (speed == 0xFFFF) * np.uint32(Flag.SENTINEL)
    flags |= (direction > 360) * np.uint32(Flag.OUT_OF_RANGE)
    flags |= (at_us == 0) * np.uint32(Flag.TIME_UNKNOWN)
    columns["flags"][:] = flags | emission_columns(items.raw, columns)
    shifted = ((status & 0x20) != 0) * np.uint32(PacketFlag.GCJ02_DECLARED)
    return columns, items.packet_flags | shifted


def _place(columns: Columns, status: NDArray[np.int64], lat: NDArray[np.int64], lon: NDArray[np.int64]) -> Flags:
    exists = (lat <= 90_000_000) & (lon <= 180_000_000)
    positioned = (status & 0x02) != 0
    columns["lat"][:] = np.where(exists, np.where(status & 0x04, -lat, lat) / 1e6, np.nan)
    columns["lon"][:] = np.where(exists, np.where(status & 0x08, -lon, lon) / 1e6, np.nan)
    columns["fix_valid"][:] = positioned & exists
    zero = (lat == 0) & (lon == 0)
    outside = ~zero & ~(_within(lon, _LON_E6) & _within(lat, _LAT_E6) & ((status & 0x0C) == 0))
    swapped = outside & _within(lat, _LON_E6) & _within(lon, _LAT_E6)
    flags: Flags = (~positioned) * np.uint32(Flag.NO_FIX) | zero * np.uint32(Flag.COORD_ZERO)
    flags |= outside * np.uint32(Flag.COORD_OUTSIDE_CHINA) | swapped * np.uint32(Flag.COORD_SWAPPED)
    return flags | (~exists) * np.uint32(Flag.OUT_OF_RANGE)


def _within(value: NDArray[np.int64], limits: tuple[int, int]) -> Bools:
    return (limits[0] <= value) & (value <= limits[1])
