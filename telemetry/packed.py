"""Many frames of one length at once: reports that are nothing but stream records, read as columns.

The fields, factors and limits are those of the protocols' tables; the byte order, the dates and the
check bytes are done by numpy over a matrix of frames. A frame is read here only when the codec would
read it the same way: where another layout might claim it too, or anything is unusual, it is left to the
codec.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from telemetry.fits import Sizes, may_fit, sizes_of
from telemetry.protocols.annexq.envelope import DATA_AT, NOT_ENCRYPTED, SMALLEST
from telemetry.protocols.annexq.layouts import SIGNATURE_PART, SIGNATURE_SIZE, Shape
from telemetry.protocols.annexq.reports import HEAD_WITH_SERIAL, REISSUE
from telemetry.protocols.fieldtable import Field
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.gb17691 import fields as annex_q
from telemetry.protocols.gb17691.frame import A, B
from telemetry.protocols.hj1239 import fields as hj1239
from telemetry.protocols.hj1239.frame import C
from telemetry.protocols.nrmm import fields as nrmm
from telemetry.protocols.nrmm.frame import HJ1014, HJ1322
from telemetry.samples import Columns
from telemetry.timestamps import SECOND_US, ZERO_OR_DATE, read_times
from telemetry.unpacking import unpack_fields, unpack_position

Bytes = NDArray[np.uint8]
Rows = NDArray[np.int64]
FEWEST_TOGETHER = 5  # below this many frames of one length the codec is as fast
MOST_RECORDS = 32  # up to here the sizes of type 03 cannot add up in two ways
POSITION_IN_HEAD = DATA_AT + 8


@dataclass(frozen=True, slots=True)
class Plan:
    """A report of k records of one type under one layout."""

    protocol: str
    shape: Shape
    type: int
    size: int
    fields: Sequence[Field]
    position_at: int | None  # in the body; None: one position for the report
    rivals: tuple[tuple[Shape, Sizes], ...]  # the other layouts that might claim the frame

    @property
    def stride(self) -> int:
        """The size of a record."""
        return self.shape.prefix + self.size

    def records(self, data_size: int) -> tuple[int, bool]:
        """How many records fill the data unit, and whether a signature follows; 0 when they do not."""
        for signed in (False, True) if self.shape.trailing_signature else (False,):
            count, left = divmod(data_size - self.shape.head - SIGNATURE_SIZE * signed, self.stride)
            if left == 0 and 0 < count <= MOST_RECORDS:
                return count, signed
        return 0, False


@dataclass(frozen=True, slots=True)
class Packed:
    """Frames read together: their places in the batch, what their headers say, their samples in order."""

    rows: Rows
    protocol: str
    layout: str | None
    records: int  # in each frame
    command: NDArray[np.int32]
    device: list[str]
    serial: NDArray[np.int64]
    sent_us: NDArray[np.int64]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    packet_flags: NDArray[np.uint32]
    columns: Columns

    def placed(self, places: Rows) -> Packed:
        """The same frames where `places` says that the rows of the matrix are in the batch."""
        return replace(self, rows=places[self.rows])


def _truck_plans() -> Iterator[Plan]:
    newer, older = sizes_of(hj1239.BODIES), sizes_of(annex_q.BODIES)
    for (code, size), (fields, at) in hj1239.TABLES.items():
        yield Plan("hj1239", C, code, size, fields, at, ((A, older), (B, older)))
    for shape, other in ((A, B), (B, A)):
        for code, (fields, size, at) in annex_q.TABLES.items():
            yield Plan("gb17691", shape, code, size, fields, at, ((C, newer), (other, older)))


def _machine_plans() -> Iterator[Plan]:
    sizes = sizes_of(nrmm.BODIES)
    for shape, other in ((HJ1322, HJ1014), (HJ1014, HJ1322)):
        for (code, size), (fields, _) in nrmm.TABLES.items():
            yield Plan("nrmm", shape, code, size, fields, None, ((other, sizes),))


PLANS = {"hdv": tuple(_truck_plans()), "nrmm": tuple(_machine_plans())}


def read_by_length(kind: str, frames: Sequence[bytes], layouts: Sequence[str | None]) -> Iterator[Packed]:
    """The frames of a batch that can be read in matrices, one length after the other."""
    lengths = np.fromiter(map(len, frames), dtype=np.int64, count=len(frames))
    for length in np.flatnonzero(np.bincount(lengths, minlength=1) >= FEWEST_TOGETHER).tolist():
        places = np.flatnonzero(lengths == length)
        chosen = [frames[i] for i in places.tolist()]
        matrix = np.frombuffer(b"".join(chosen), dtype=np.uint8).reshape(len(places), length)
        for packed in read_packed(kind, matrix, [layouts[i] for i in places.tolist()]):
            yield packed.placed(places)


def read_packed(kind: str, frames: Bytes, layouts: Sequence[str | None]) -> Iterator[Packed]:
    """The frames of the matrix that one of the kind's plans reads; rows in none of them are for the codec."""
    data_size = frames.shape[1] - SMALLEST
    plans = [(plan, *plan.records(data_size)) for plan in PLANS.get(kind, ())]
    plans = [(plan, count, signed) for plan, count, signed in plans if count]
    if not plans:
        return
    open_rows = _sound(frames, data_size)
    hints = np.array([layout or "" for layout in layouts])
    for plan, count, signed in plans:
        wanted = open_rows & ((hints == "") | (hints == plan.shape.name))
        rows = _fitting(plan, count, signed, frames, np.flatnonzero(wanted))
        rows = _unclaimed(plan, frames, rows, hints)
        if len(rows):
            open_rows[rows] = False
            yield _read(plan, count, signed, frames[rows] if len(rows) < len(frames) else frames, rows)


def _sound(frames: Bytes, data_size: int) -> NDArray[np.bool_]:
    """Frames whose envelope is in order: start, command, identity, no encryption, length, check byte."""
    command = frames[:, 2]
    sound: NDArray[np.bool_] = (frames[:, 0] == 0x23) & (frames[:, 1] == 0x23) & ((command == 2) | (command == 3))
    sound &= frames[:, 21] == NOT_ENCRYPTED
    sound &= (frames[:, 22] == data_size >> 8) & (frames[:, 23] == data_size & 0xFF)
    sound &= np.bitwise_xor.reduce(frames, axis=1) == 0
    identity = frames[:, 4:20]  # in both headers; the byte that only one of them has is looked at below
    sound &= ((identity > 0x20) & (identity <= 0x7E)).all(axis=1)
    third, last = frames[:, 3], frames[:, 20]
    answered = (third < 0x21) | (third > 0x7A)
    sound &= ~answered | ((last > 0x20) & (last <= 0x7E))
    return sound


def _fitting(plan: Plan, count: int, signed: bool, frames: Bytes, rows: Rows) -> Rows:
    """Of these rows, those that the plan consumes exactly, dates included."""
    first = DATA_AT + plan.shape.head
    types = first + plan.stride * np.arange(count)
    rows = rows[(frames[np.ix_(rows, types)] == plan.type).all(axis=1)]
    if signed and len(rows):
        at = first + plan.stride * count
        marks = frames[rows][:, [at, at + 1 + SIGNATURE_PART]]
        rows = rows[(marks == SIGNATURE_PART).all(axis=1)]
    starts = [DATA_AT, *(types + 1)] if plan.shape.record_time else [DATA_AT]
    places = np.add.outer(starts, np.arange(6))
    states = read_times(frames[rows[:, None, None], places].reshape(-1, 6))[1]
    return rows[(states.reshape(len(rows), len(starts)) <= ZERO_OR_DATE).all(axis=1)]


def _unclaimed(plan: Plan, frames: Bytes, rows: Rows, hints: NDArray[np.str_]) -> Rows:
    """Of these rows, those whose layout is remembered or that no other layout might consume."""
    guessed = rows[hints[rows] == ""]
    if not len(guessed):
        return rows
    claimed = np.zeros(len(frames), dtype=bool)
    for shape, sizes in plan.rivals:
        claimed[guessed] |= may_fit(frames[guessed], shape, sizes)
    return rows[~claimed[rows]]


def _read(plan: Plan, count: int, signed: bool, frames: Bytes, rows: Rows) -> Packed:
    n = len(frames)
    first = DATA_AT + plan.shape.head
    records = np.ascontiguousarray(frames[:, first : first + count * plan.stride])
    records = records.reshape(n * count, plan.stride)
    sent_us, _ = read_times(frames[:, DATA_AT : DATA_AT + 6])
    at_us, flags = _times(plan, count, records, sent_us)
    columns, sentinel = unpack_fields(plan.fields, records[:, plan.shape.prefix :])
    if plan.position_at is None:
        places = np.repeat(frames[:, POSITION_IN_HEAD : POSITION_IN_HEAD + 9], count, axis=0)
    else:
        at = plan.shape.prefix + plan.position_at
        places = records[:, at : at + 9]
    flags |= sentinel | unpack_position(places, columns)
    columns["at_us"], columns["flags"] = at_us, flags
    first_us, last_us = _span(at_us.reshape(n, count), sent_us)
    return Packed(
        rows=rows,
        protocol=plan.protocol,
        layout=plan.shape.name,
        records=count,
        command=frames[:, 2].astype(np.int32),
        device=_devices(frames),
        serial=_serial(plan, frames),
        sent_us=sent_us,
        first_us=first_us,
        last_us=last_us,
        packet_flags=_packet_flags(frames, signed),
        columns=columns,
    )


def _times(
    plan: Plan, count: int, records: Bytes, sent_us: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The times of the records, and the flags that say where they come from."""
    if plan.shape.record_time:
        at_us, _ = read_times(records[:, plan.shape.prefix - 6 : plan.shape.prefix])
        return at_us, (at_us == 0) * np.uint32(Flag.TIME_UNKNOWN)
    offsets = np.arange(count) * SECOND_US
    at_us = np.where(sent_us[:, None] == 0, 0, sent_us[:, None] + offsets).reshape(-1)
    assumed = np.where(offsets > 0, np.uint32(Flag.TIME_ASSUMED), np.uint32(0)).astype(np.uint32)
    return at_us, np.where(at_us == 0, np.uint32(Flag.TIME_UNKNOWN), np.tile(assumed, len(sent_us)))


def _span(at_us: NDArray[np.int64], sent_us: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last known time of each frame's samples, else the frame's own."""
    last = at_us.max(axis=1)
    first = np.where(at_us == 0, np.iinfo(np.int64).max, at_us).min(axis=1)
    unknown = last == 0
    return np.where(unknown, sent_us, first), np.where(unknown, sent_us, last)


def _serial(plan: Plan, frames: Bytes) -> NDArray[np.int64]:
    """The serial of the report; in layout A that of its first record."""
    at = DATA_AT + (6 if plan.shape.head >= HEAD_WITH_SERIAL else 7)
    return frames[:, at].astype(np.int64) << 8 | frames[:, at + 1]


def _devices(frames: Bytes) -> list[str]:
    third = frames[:, 3]
    answered = (third < 0x21) | (third > 0x7A)
    places = np.where(answered[:, None], frames[:, 4:21], frames[:, 3:20])
    text = places.tobytes().decode("ascii")
    return [text[at : at + 17] for at in range(0, len(text), 17)]


def _packet_flags(frames: Bytes, signed: bool) -> NDArray[np.uint32]:
    third = frames[:, 3]
    flags = ((third < 0x21) | (third > 0x7A)) * np.uint32(PacketFlag.TSP_HEADER)
    flags |= (frames[:, 2] == REISSUE) * np.uint32(PacketFlag.REISSUED)
    return flags | np.uint32(PacketFlag.SIGNATURE_PRESENT if signed else 0)
