"""Decoded frames as rows of `packets` (ADR 0002): stream frames by offset and stride, others with their values."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.flows.arrivals import Arrival
from server.store import packets
from telemetry.decode import describe
from telemetry.quality import PacketFlag
from telemetry.samples import COLUMNS, Decoded

STORED_COLUMNS = tuple(c.name for c in COLUMNS if c.name not in ("packet", "flags"))


def packet_rows(
    arrivals: Sequence[Arrival], decoded: Decoded, good: NDArray[np.int64], received_us: int
) -> packets.PacketRows:
    """The good frames as rows; stream frames by offset and stride, others with their values beside them."""
    frames = [arrivals[i].frame for i in good.tolist()]
    hashes = [sha256(frame).digest() for frame in frames]
    first, last, sent = (array[good] for array in (decoded.first_us, decoded.last_us, decoded.sent_us))
    measured = np.where(first > 0, first, np.where(sent > 0, sent, received_us))
    lengths = np.array([len(frame) for frame in frames], np.int32)
    layouts = np.array([decoded.layout[i] or "" for i in good.tolist()])
    offset, stride, step = stream_shape(lengths, decoded.samples_n[good], layouts, decoded.command[good])
    shifted = [arrivals[i].terminal.coordinates != "wgs84" for i in good.tolist()]
    offset[shifted] = 0  # the view reads raw positions as WGS-84; converted ones stand in sample_values
    values = _values(decoded, good, offset)
    summaries: list[dict[str, object] | None] = [None] * len(frames)
    place = {int(index): row for row, index in enumerate(good.tolist())}
    for index, message in decoded.messages:
        if index in place:
            summaries[place[index]] = summary_of(message)
    return packets.PacketRows(
        measured,
        np.where(last > 0, last, measured),
        received_us,
        np.frombuffer(b"".join(h[:8] for h in hashes), ">i8").astype(np.int64),
        np.array([arrivals[i].terminal.id for i in good.tolist()], np.int32),
        np.where(decoded.packet_flags[good] & PacketFlag.ASSEMBLED, -1, decoded.serial[good]),  # its parts have theirs
        decoded.packet_flags[good],
        decoded.samples_n[good],
        decoded.command[good],
        offset,
        stride,
        step,
        [decoded.protocol[i] for i in good.tolist()],
        hashes,
        frames,
        values,
        summaries,
    )


def stream_shape(
    lengths: NDArray[np.int32], samples_n: NDArray[np.int32], layouts: NDArray[np.str_], command: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Offset, stride and time step of frames that hold stream records of 37 bytes and nothing else.

    Layout A: 24 header, 6 time, n x (1 type, 2 serial, 37), 1 check; record i at time + i s. Layout C: 24 header,
    6 time, 2 serial, n x (1 type, 6 time, 37), maybe 66 signature, 1 check. 0 where the frame is of another shape.
    """
    live = (samples_n > 0) & ((command == 2) | (command == 3))
    is_a = live & (layouts == "A") & (lengths == 31 + 40 * samples_n)
    is_c = live & (layouts == "C") & ((lengths == 33 + 44 * samples_n) | (lengths == 99 + 44 * samples_n))
    offset = np.where(is_a, 33, np.where(is_c, 39, 0)).astype(np.int32)
    stride = np.where(is_a, 40, np.where(is_c, 44, 0)).astype(np.int32)
    return offset, stride, is_a.astype(np.int32)


def _values(decoded: Decoded, good: NDArray[np.int64], offset: NDArray[np.int32]) -> list[bytes | None]:
    """sample_values of the frames that the view cannot read out of the raw bytes."""
    out: list[bytes | None] = [None] * len(good)
    rows = np.flatnonzero((offset == 0) & (decoded.samples_n[good] > 0))
    if not len(rows):
        return out
    columns = decoded.columns
    table = np.column_stack([columns[name].astype(np.float64) for name in STORED_COLUMNS])
    table[table[:, 0] == 0, 0] = np.nan
    starts = np.searchsorted(columns["packet"], good[rows])
    ends = np.searchsorted(columns["packet"], good[rows], side="right")
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        out[row] = packets.float8_array(table[start:end].ravel())
    return out


def summary_of(message: Any) -> dict[str, Any]:
    """What a page shows of a message that is more than samples: log-in, OBD report, alarm."""
    return describe(message)
