"""What ingest needs to know of terminals: who reports, for which truck or machine, and where it was last.

`find` is asked once a topic and remembered by the worker; `lock_states` holds the rows of a batch's terminals for the
length of its transaction, so that several workers never step the same terminal's visits at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.store.binary_arrays import Float8s, Int4s, Int8s

Ints = NDArray[np.int64]
Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class ReportingTerminal:
    """A terminal on file, as a worker sees it."""

    id: int
    kind: str
    device: str
    layout: str | None
    answers: bool
    coordinates: str
    accuracy_m: float
    truck_id: int | None
    machine_id: int | None
    enterprise_id: int | None
    state: str


@dataclass(frozen=True, slots=True)
class TerminalState:
    """How far the visits of a terminal have been stepped, and whether any is open (-1: the clock ended the last)."""

    last_fix_us: int
    inside: int
    measured_us: int
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest that terminals said in a batch: columns of one length; NaN and 0 where not said."""

    terminal_id: Ints
    measured_us: Ints
    last_fix_us: Ints
    lon: Floats
    lat: Floats
    speed_kmh: Floats
    direction_deg: Floats
    nox_downstream_ppm: Floats
    clock_offset_s: Floats
    flags: Ints
    inside: Ints
    is_newer: NDArray[np.bool_]


def find(connection: psycopg.Connection, kind: str, devices: Sequence[str]) -> list[ReportingTerminal]:
    """The terminals of one kind with these device names that are on file."""
    cursor = connection.execute(
        "SELECT id, kind, device, layout, answers, coordinates, accuracy_m, truck_id, machine_id, enterprise_id, state "
        "FROM terminals WHERE kind = %s AND device = ANY(%s)",
        (kind, list(devices)),
    )
    return [ReportingTerminal(*row) for row in cursor.fetchall()]


def find_phones(connection: psycopg.Connection, phones: Sequence[str]) -> dict[str, ReportingTerminal]:
    """JT/T 808 terminals by phone, the zeros that pad it to the width of its field aside."""
    cursor = connection.execute(
        "SELECT id, kind, device, layout, answers, coordinates, accuracy_m, truck_id, machine_id, enterprise_id, state "
        "FROM terminals WHERE kind = 'jt808' AND ltrim(device, '0') = ANY(%s) ORDER BY id DESC",
        ([phone.lstrip("0") for phone in phones],),
    )
    found = {row[2].lstrip("0"): ReportingTerminal(*row) for row in cursor.fetchall()}
    return {phone: found[phone.lstrip("0")] for phone in phones if phone.lstrip("0") in found}


def by_ids(connection: psycopg.Connection, ids: Sequence[int]) -> list[ReportingTerminal]:
    """The terminals with these numbers."""
    cursor = connection.execute(
        "SELECT id, kind, device, layout, answers, coordinates, accuracy_m, truck_id, machine_id, enterprise_id, state "
        "FROM terminals WHERE id = ANY(%s)",
        (list(ids),),
    )
    return [ReportingTerminal(*row) for row in cursor.fetchall()]


def learn_layouts(connection: psycopg.Connection, layouts: dict[int, str]) -> None:
    """Remember the layout by which a terminal's frames were understood (telemetry.md 1.5)."""
    connection.execute(
        "SELECT FROM terminals WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (sorted(layouts),)
    )  # in one order, against deadlock between workers
    connection.execute(
        "UPDATE terminals t SET layout = n.layout FROM unnest(%s::int[], %s::text[]) AS n (id, layout) "
        "WHERE t.id = n.id AND t.layout IS DISTINCT FROM n.layout",
        (list(layouts), list(layouts.values())),
    )


def lock_states(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, TerminalState]:
    """Lock the states of these terminals until the transaction ends; in the order of their ids, against deadlock."""
    wanted = sorted(set(ids))
    states = _locked(connection, wanted)
    if len(states) < len(wanted):
        missing = [one for one in wanted if one not in states]
        connection.execute(
            "INSERT INTO terminal_states (terminal_id) SELECT unnest(%s::int[]) ON CONFLICT DO NOTHING", (missing,)
        )
        states |= _locked(connection, missing)
    return states


def _locked(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, TerminalState]:
    cursor = connection.execute(
        "SELECT terminal_id, last_fix_us, inside, coalesce((extract(epoch FROM measured_at) * 1000000)::bigint, 0), "
        "lon, lat FROM terminal_states WHERE terminal_id = ANY(%s) ORDER BY terminal_id FOR UPDATE",
        (Int4s(np.array(ids)),),
        binary=True,
    )
    return {row[0]: TerminalState(*row[1:]) for row in cursor.fetchall()}


def hear(connection: psycopg.Connection, ids: Sequence[int], received_us: int) -> None:
    """Terminals whose states are locked sent something without a sample: they are on line."""
    connection.execute(
        "UPDATE terminal_states SET received_at = greatest(received_at, to_timestamp(%s / 1e6)) "
        "WHERE terminal_id = ANY(%s)",
        (received_us, Int4s(np.array(ids))),
    )


def save_newest(connection: psycopg.Connection, newest: Newest, received_us: int) -> None:
    """Move the states of locked terminals on.

    Where `is_newer` is False the batch spoke of an older time than the one known: only the receipt, the fix counter
    and `inside` move.
    """
    newer = newest.is_newer
    if newer.any():
        ints = (newest.terminal_id, newest.flags, newest.inside)
        longs = (newest.measured_us, newest.last_fix_us)
        floats = (newest.lon, newest.lat, newest.speed_kmh, newest.direction_deg, newest.nox_downstream_ppm)
        connection.execute(
            """
UPDATE terminal_states s SET
  measured_at = to_timestamp(n.us / 1e6), received_at = greatest(s.received_at, to_timestamp(%s / 1e6)),
  last_fix_us = greatest(s.last_fix_us, n.fix_us), inside = n.inside, flags = n.flags,
  lon = coalesce(nullif(n.lon, 'NaN'), s.lon), lat = coalesce(nullif(n.lat, 'NaN'), s.lat),
  speed_kmh = nullif(n.speed, 'NaN'), direction_deg = coalesce(nullif(n.direction, 'NaN'), s.direction_deg),
  nox_downstream_ppm = nullif(n.nox, 'NaN'), clock_offset_s = coalesce(nullif(n.clock, 'NaN'), s.clock_offset_s)
FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
  AS n (id, flags, inside, us, fix_us, lon, lat, speed, direction, nox, clock)
WHERE s.terminal_id = n.id
""",
            (
                received_us,
                *(Int4s(column[newer]) for column in ints),
                *(Int8s(column[newer]) for column in longs),
                *(Float8s(column[newer]) for column in (*floats, newest.clock_offset_s)),
            ),
        )
    if not newer.all():
        connection.execute(
            "UPDATE terminal_states s SET received_at = greatest(s.received_at, to_timestamp(%s / 1e6)), "
            "last_fix_us = greatest(s.last_fix_us, n.fix_us), inside = n.inside "
            "FROM unnest(%s, %s, %s) AS n (id, inside, fix_us) WHERE s.terminal_id = n.id",
            (
                received_us,
                Int4s(newest.terminal_id[~newer]),
                Int4s(newest.inside[~newer]),
                Int8s(newest.last_fix_us[~newer]),
            ),
        )
