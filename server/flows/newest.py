"""The newest that each terminal said in a batch: what the map shows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.store.reporting_terminals import Newest, TerminalState

Ints = NDArray[np.int64]


def newest_samples(
    columns: Mapping[str, NDArray[Any]],
    chosen: Ints,
    terminal: Ints,
    at: Ints,
    pick: NDArray[np.bool_],
    states: Mapping[int, TerminalState],
    inside: Mapping[int, int],
    received_us: int,
) -> Newest:
    """The last row of each terminal in the (terminal, time) order `chosen`, with its last valid position so far."""
    ends = np.append(np.flatnonzero(np.diff(terminal)), len(terminal) - 1)
    starts = np.append(0, ends[:-1] + 1)
    fix = np.maximum.accumulate(np.where(pick, np.arange(len(pick)), -1))[ends]
    has_fix = fix >= starts
    row, fix_row = chosen[ends], chosen[np.where(has_fix, fix, ends)]
    names = terminal[ends]
    measured = np.where(at[ends] > 0, at[ends], received_us)
    known = np.array([states[name].measured_us for name in names.tolist()], np.int64)
    clock = (received_us - at[ends]) / 1e6
    return Newest(
        names,
        measured,
        np.where(has_fix, at[np.where(has_fix, fix, ends)], 0),
        np.where(has_fix, columns["lon"][fix_row], np.nan),
        np.where(has_fix, columns["lat"][fix_row], np.nan),
        columns["speed_kmh"][row],
        columns["direction_deg"][row],
        columns["nox_downstream_ppm"][row],
        np.where(at[ends] > 0, clock, np.nan),
        columns["flags"][row].astype(np.int64),
        np.array([inside.get(name, states[name].inside) for name in names.tolist()], np.int64),
        measured >= known,
    )
