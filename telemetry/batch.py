"""A batch of frames of one kind to columns, messages and faults: the reader that ingest uses.

Frames of one length are read together where they are plain stream reports; all others go through the
codecs one by one. Both give the same: a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry import jt808_batch
from telemetry.kinds import read
from telemetry.packed import PLANS, Packed, read_by_length
from telemetry.protocols.annexq.messages import Record, Report
from telemetry.protocols.errors import Fault, FrameError
from telemetry.protocols.sample import Sample
from telemetry.samples import COLUMNS, Decoded, empty_columns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SAMPLE_FIELDS = tuple(field.name for field in fields(Sample) if field.name != "at")
STREAM_ONLY = frozenset({"EngineStream", "CatalystStream", "CatalystNoxStream", "MachineStream"})
TOGETHER: Mapping[str, Callable[[Sequence[bytes], Sequence[str | None]], Iterator[Packed]]] = {
    **{kind: partial(read_by_length, kind) for kind in PLANS},
    "jt808": jt808_batch.read_together,
}


def decode_batch(kind: str, frames: Sequence[bytes], layouts: Sequence[str | None]) -> Decoded:
    """Read frames of devices of one kind; `layouts` are those remembered. A bad frame gives a fault."""
    decoded = _nothing(len(frames))
    together = list(TOGETHER[kind](frames, layouts)) if kind in TOGETHER else []
    alone = np.ones(len(frames), dtype=bool)
    for packed in together:
        alone[packed.rows] = False
        _keep_headers(decoded, packed)
    rows = [_one(decoded, kind, i, frames[i], layouts[i]) for i in np.flatnonzero(alone).tolist()]
    starts = np.concatenate(([0], np.cumsum(decoded.samples_n, dtype=np.int64)))
    decoded.columns.update(_columns(decoded, together, rows, starts))
    return decoded


def _nothing(n: int) -> Decoded:
    return Decoded(
        protocol=[""] * n,
        command=np.full(n, -1, dtype=np.int32),
        layout=[None] * n,
        sent_us=np.zeros(n, dtype=np.int64),
        serial=np.full(n, -1, dtype=np.int64),
        first_us=np.zeros(n, dtype=np.int64),
        last_us=np.zeros(n, dtype=np.int64),
        samples_n=np.zeros(n, dtype=np.int32),
        packet_flags=np.zeros(n, dtype=np.uint32),
        device=[""] * n,
        columns={},
    )


def _keep_headers(decoded: Decoded, packed: Packed) -> None:
    rows = packed.rows
    decoded.command[rows] = packed.command
    decoded.sent_us[rows] = packed.sent_us
    decoded.serial[rows] = packed.serial
    decoded.first_us[rows] = packed.first_us
    decoded.last_us[rows] = packed.last_us
    decoded.samples_n[rows] = packed.records
    decoded.packet_flags[rows] = packed.packet_flags
    for row, device in zip(rows.tolist(), packed.device, strict=True):
        decoded.device[row] = device
        decoded.layout[row] = packed.layout
        decoded.protocol[row] = packed.protocol


def _one(decoded: Decoded, kind: str, i: int, frame: bytes, layout: str | None) -> tuple[int, Sequence[Sample]]:
    """Frame i through its codec: fill its place in the batch, give its rows."""
    try:
        message, rows = read(frame, kind, layout)
    except FrameError as error:
        decoded.faults.append(Fault.of(i, error, frame))
        return i, ()
    at_us = [us for us in (microseconds(row.at) for row in rows) if us]
    own_us = microseconds(getattr(message, "sent_at", None))
    decoded.protocol[i], decoded.device[i], decoded.command[i] = (
        message.protocol,
        message.device,
        message.command,
    )
    decoded.layout[i] = getattr(message, "layout", None)
    decoded.sent_us[i] = own_us
    decoded.serial[i] = serial_of(message)
    decoded.first_us[i] = min(at_us, default=own_us)
    decoded.last_us[i] = max(at_us, default=own_us)
    decoded.samples_n[i] = len(rows)
    decoded.packet_flags[i] = int(getattr(message, "flags", 0))
    if says_more(message, rows):
        decoded.messages.append((i, message))
    return i, rows


def microseconds(at: datetime | None) -> int:
    """Microseconds since 1970, 0 for an unknown time."""
    return 0 if at is None else (at - EPOCH) // MICROSECOND


def serial_of(message: Any) -> int:
    """The serial of a message, in layout A that of its first record, -1 when there is none."""
    serial = getattr(message, "serial", None)
    if serial is None and isinstance(message, Report):
        serial = message.records[0].serial
    return -1 if serial is None else int(serial)


def says_more(message: Any, rows: Sequence[Sample]) -> bool:
    """True when the message carries something besides the samples it gave."""
    if isinstance(message, Report) and rows:
        return any(not _is_stream(record) for record in message.records)
    return not rows


def _is_stream(record: Record) -> bool:
    return type(record.body).__name__ in STREAM_ONLY


def _columns(
    decoded: Decoded,
    together: Sequence[Packed],
    alone: Sequence[tuple[int, Sequence[Sample]]],
    starts: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    total = int(starts[-1])
    columns = empty_columns(total)
    columns["packet"][:] = np.repeat(np.arange(len(decoded.samples_n)), decoded.samples_n)
    for packed in together:
        places = (starts[packed.rows][:, None] + np.arange(packed.records)).reshape(-1)
        all_of_them = len(places) == total
        for name, values in packed.columns.items():
            columns[name][slice(None) if all_of_them else places] = values
    if any(rows for _, rows in alone):
        _scatter(columns, alone, starts)
    return columns


def _scatter(
    columns: dict[str, NDArray[Any]],
    alone: Sequence[tuple[int, Sequence[Sample]]],
    starts: NDArray[np.int64],
) -> None:
    """Put the rows read one by one into their places, a column at a time."""
    samples = [row for _, rows in alone for row in rows]
    places = np.concatenate([starts[i] + np.arange(len(rows)) for i, rows in alone])
    columns["at_us"][places] = [microseconds(row.at) for row in samples]
    dtypes = {column.name: column.dtype for column in COLUMNS}
    for name in SAMPLE_FIELDS:
        columns[name][places] = np.array([getattr(row, name) for row in samples], dtype=dtypes[name])
