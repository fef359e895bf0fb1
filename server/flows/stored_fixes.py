"""The fixes of one terminal as the stored packets hold them: what a replay goes by.

Of two valid fixes of the same moment the one received first counts.
"""

from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.flows.fixes import Fixes
from server.store import packets
from server.store.coordinates import to_wgs84
from server.store.reporting_terminals import ReportingTerminal
from telemetry.batch import decode_batch

FUTURE_US = 300_000_000


@dataclass(frozen=True, slots=True)
class StoredFixes:
    """Valid fixes in order, and whether there are stored packets before and behind them."""

    at_us: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    has_earlier: bool
    has_later: bool

    def fixes(self, terminal: ReportingTerminal) -> Fixes:
        """As the stepping takes them."""
        names = np.full(len(self.at_us), terminal.id, np.int64)
        return Fixes(names, self.at_us, self.lon, self.lat, {terminal.id: terminal})


def fixes_between(connection: psycopg.Connection, terminal: ReportingTerminal, from_us: int, to_us: int) -> StoredFixes:
    """The fixes of a terminal in [from, to] (microseconds), read from its packets."""
    rows = packets.raw_between(connection, terminal.id, from_us, to_us)
    earlier, later = packets.span_around(connection, terminal.id, from_us, to_us)
    if not rows:
        empty = np.zeros(0)
        return StoredFixes(empty.astype(np.int64), empty, empty, earlier, later)
    decoded = decode_batch(terminal.kind, [row[0] for row in rows], [terminal.layout] * len(rows))
    columns = decoded.columns
    to_wgs84(columns, decoded.packet_flags, np.full(len(rows), terminal.coordinates))
    received = np.array([row[2] for row in rows], np.int64)[columns["packet"]]
    digest = np.array([row[3] for row in rows], np.int64)[columns["packet"]]
    at = columns["at_us"]
    usable = columns["fix_valid"] & np.isfinite(columns["lon"]) & np.isfinite(columns["lat"])
    usable &= (at >= from_us) & (at <= to_us) & (at > 0) & (at <= received + FUTURE_US)
    order = np.lexsort((digest, received, at))
    order = order[usable[order]]
    first = np.append(True, np.diff(at[order]) != 0) if len(order) else np.zeros(0, np.bool_)
    pick = order[first]
    return StoredFixes(at[pick], columns["lon"][pick], columns["lat"][pick], earlier, later)
