"""Move on with the new fixes of a batch: step the visits, and the last states that the map shows."""

from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.flows import flag
from server.flows.arrivals import Arrival
from server.flows.fixes import Fixes
from server.flows.newest import newest_samples
from server.flows.watch import Watch
from server.store import reporting_terminals
from telemetry.samples import Decoded

FUTURE_US = 300_000_000
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def advance(
    connection: psycopg.Connection,
    watch: Watch,
    arrivals: Sequence[Arrival],
    decoded: Decoded,
    is_new: Bools,
    digest_of: Ints,
    received_us: int,
) -> None:
    """Take the samples of the frames that are new (`is_new`, by arrival) into visits and last states."""
    columns = decoded.columns
    packet = columns["packet"]
    terminal_of = np.array([one.terminal.id for one in arrivals], np.int64)
    heard = np.unique(terminal_of[is_new]).tolist()
    if not heard:
        return
    states = reporting_terminals.lock_states(connection, heard)
    chosen = np.flatnonzero(is_new[packet])
    terminal, at = terminal_of[packet[chosen]], columns["at_us"][chosen]
    silent = sorted(set(heard) - set(terminal.tolist()))
    if silent:  # a log-in or a heartbeat: nothing measured, but it was heard
        reporting_terminals.hear(connection, silent, received_us)
    if not len(chosen):
        return
    order = np.lexsort((digest_of[packet[chosen]], at, terminal))
    chosen, terminal, at = chosen[order], terminal[order], at[order]
    fixable = columns["fix_valid"][chosen] & (at > 0) & (at <= received_us + FUTURE_US)
    fixable &= np.isfinite(columns["lon"][chosen]) & np.isfinite(columns["lat"][chosen])
    pick = _first_of_each(terminal, at, fixable)
    by_id = {one.terminal.id: one.terminal for one in arrivals}
    fixes = Fixes(terminal[pick], at[pick], columns["lon"][chosen[pick]], columns["lat"][chosen[pick]], by_id)
    inside = flag.step_fixes(connection, watch, fixes, states)
    newest = newest_samples(columns, chosen, terminal, at, pick, states, inside, received_us)
    reporting_terminals.save_newest(connection, newest, received_us)


def _first_of_each(terminal: Ints, at: Ints, fixable: Bools) -> Bools:
    """The first valid fix of each terminal and moment, of rows in that order."""
    rows = np.flatnonzero(fixable)
    first = np.ones(len(rows), np.bool_)
    first[1:] = (np.diff(terminal[rows]) != 0) | (np.diff(at[rows]) != 0)
    pick = np.zeros(len(terminal), np.bool_)
    pick[rows[first]] = True
    return pick
