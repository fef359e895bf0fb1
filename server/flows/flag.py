"""Flag: the new fixes of a batch step the visits; a visit that a rule forbids becomes a violation, a lead.

Fixes that come in order step the open visits on. A terminal with a late fix is replayed: its fixes from the last
place before, where no visit can have been open, up to the first such place behind are stepped again from the stored
packets, and the visits of that window replaced. Either way the visits are those of all fixes in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import psycopg

from enforcement.visits.records import Ending, Visit, close_silent
from enforcement.visits.steps import step
from geo.zones import State, locate
from server.flows import verdicts
from server.flows.fixes import Fixes, only
from server.flows.flag_visits import flag_visits, inside_of
from server.flows.passages import lead_passages
from server.flows.replay_visits import replay
from server.flows.watch import Watch
from server.flows.zone_hits import hits_of
from server.store import flagged, visits
from server.store.reporting_terminals import ReportingTerminal, TerminalState
from server.store.visits import KeptVisit
from server.store.watched import WatchedVersion

VEHICLE_KINDS = frozenset({"hdv", "ev"})  # terminals that only vehicles carry
ENDED_BY_CLOCK = -1  # terminal_states.inside: no open visit, but the next fix may go on with one that was ended


class StrangerFix(NamedTuple):
    """A position in a frame of a device that is not on file."""

    kind: str
    device: str
    at_us: int
    lon: float
    lat: float


def step_fixes(
    connection: psycopg.Connection, watch: Watch, fixes: Fixes, states: Mapping[int, TerminalState]
) -> dict[int, int]:
    """Step the visits of every terminal in `fixes`; per terminal 0 no open visit, 1 allowed ones, 2 a forbidden one."""
    if not len(fixes.terminal):
        return {}
    starts = np.flatnonzero(np.append(True, np.diff(fixes.terminal) != 0))
    names = fixes.terminal[starts]
    known_us = np.array([states[int(name)].last_fix_us for name in names], np.int64)
    late = np.isin(fixes.terminal, names[fixes.at_us[starts] <= known_us])
    inside: dict[int, int] = {}
    if not late.all():
        in_order = only(fixes, ~late)
        inside |= _step_forward(connection, watch, in_order, states)
        lead_passages(connection, watch, in_order, states)
    for name in np.unique(fixes.terminal[late]).tolist():
        own = fixes.at_us[fixes.terminal == name]
        now = replay(connection, watch, fixes.terminals[name], int(own[0]), int(own[-1]))
        inside[name] = now or min(states[name].inside, 0)
    return inside


def _step_forward(
    connection: psycopg.Connection, watch: Watch, fixes: Fixes, states: Mapping[int, TerminalState]
) -> dict[int, int]:
    names = np.unique(fixes.terminal).tolist()
    kept = visits.find_open(connection, [name for name in names if states[name].inside > 0])
    ended = [name for name in names if states[name].inside == ENDED_BY_CLOCK]
    if ended:
        kept += visits.find_ended_by_clock(connection, ended)
    hits = hits_of(watch, fixes)
    if not kept and not (hits.state == State.INSIDE).any():
        return dict.fromkeys(names, 0)
    before = {name: states[name].last_fix_us for name in names if states[name].last_fix_us}
    result = step(
        {one.visit.key: replace(one.visit, ending=Ending.OPEN) for one in kept},
        fixes.terminal,
        fixes.at_us,
        hits.fix,
        hits.zone,
        hits.version,
        hits.state,
        hits.code,
        watch.settings,
        before,
    )
    now = [*result.closed, *result.open.values()]
    _save(connection, watch, kept, now, fixes.terminals)
    return inside_of(names, result.open.values(), watch)


def _save(
    connection: psycopg.Connection,
    watch: Watch,
    kept: Sequence[KeptVisit],
    now: Sequence[Visit],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    """Write what changed: a visit is the same one as before when it began at the same fix."""
    rows = {(one.visit.key, one.visit.first_us): one for one in kept}
    changed: list[tuple[int, Visit]] = []
    fresh: list[Visit] = []
    for visit in now:
        row = rows.get((visit.key, visit.first_us))
        if row is None:
            fresh.append(visit)
        elif row.visit != visit:
            changed.append((row.id, visit))
    visits.update(connection, changed, watch.settings)
    numbers = visits.insert(connection, fresh, watch.settings)
    flag_visits(connection, watch, [*changed, *zip(numbers, fresh, strict=True)], terminals)


def end_silent(connection: psycopg.Connection, watch: Watch, now_us: int) -> int:
    """Close visits of terminals that have been silent for longer than their zones' gaps; how many.

    A terminal's visits are closed together. The clock may be wrong: a backlog or a late packet goes on with them.
    """
    gap_us = min(round(one.max_gap_s * 1e6) for one in watch.settings.every())
    kept = visits.find_silent(connection, now_us - gap_us)
    silent = close_silent({one.visit.key: one.visit for one in kept}, now_us, watch.settings)
    waiting = {visit.device for visit in silent.open.values()}
    closed = [visit for visit in silent.closed if visit.device not in waiting]
    if closed:
        terminals = watch.terminals_by_id(connection, [visit.device for visit in closed])
        _save(connection, watch, kept, closed, terminals)
        flagged.set_inside(connection, {visit.device: ENDED_BY_CLOCK for visit in closed})
    return len(closed)


def flag_strangers(
    connection: psycopg.Connection, watch: Watch, fixes: Sequence[StrangerFix], received_us: int
) -> None:
    """Leads for devices that are not on file and say they are in a zone: one a device, zone and day.

    At a site only what may be a machine is asked for: unknown trucks drive in and out of plants lawfully.
    """
    if not fixes:
        return
    lon, lat, at_us = (np.array([getattr(one, name) for one in fixes]) for name in ("lon", "lat", "at_us"))
    leads: list[flagged.Lead] = []
    for _, index in watch.indexes:
        found = locate(index, lon, lat, at_us, 0.0)
        leads += [
            lead
            for row, place in zip(found.fix.tolist(), found.version.tolist(), strict=True)
            if (lead := _stranger(fixes[row], watch.versions[index.versions[place].version_id]))
        ]
    for lead in sorted(leads, key=lambda one: one.key):  # in one order, against deadlock between workers
        flagged.lead(connection, lead)


def _stranger(one: StrangerFix, version: WatchedVersion) -> flagged.Lead | None:
    if version.is_site and one.kind in VEHICLE_KINDS:
        return None
    lead = verdicts.unknown_device_lead(one.kind, one.device, version.zone_id, one.at_us, (one.lon, one.lat))
    return replace(lead, kind="unregistered_on_site") if version.is_site else lead
