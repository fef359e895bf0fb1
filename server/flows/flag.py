"""Flag: the new fixes of a batch step the visits; a visit that a rule forbids becomes a violation, a lead.

Fixes that come in order step the open visits on. A terminal with a late fix is replayed: its fixes from the last
place before, where no visit can have been open, up to the first such place behind are stepped again from the stored
packets, and the visits of that window replaced. Either way the visits are those of all fixes in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from enforcement.replays import reset_after, reset_before, touched
from enforcement.visit_records import Ending, Segment, Visit, close_silent
from enforcement.visits import step
from geo.zones import State, locate
from server.flows import verdicts
from server.flows.fixes import Fixes, only
from server.flows.passages import lead_passages
from server.flows.stored_fixes import StoredFixes, fixes_between
from server.flows.watch import Watch, subject_key
from server.store import flagged, visits
from server.store.reporting_terminals import ReportingTerminal, TerminalState
from server.store.visits import KeptVisit

HOUR_US = 3_600_000_000
EARLIEST_US = 1
ENDED_BY_CLOCK = -1  # terminal_states.inside: no open visit, but the next fix may go on with one that was ended


class StrangerFix(NamedTuple):
    """A position in a frame of a device that is not on file."""

    kind: str
    device: str
    at_us: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class ZoneHits:
    """Hits as the state machine takes them."""

    fix: NDArray[np.int64]
    zone: NDArray[np.int64]
    version: NDArray[np.int64]
    state: NDArray[np.int64]
    code: NDArray[np.int64]


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


def hits_of(watch: Watch, fixes: Fixes) -> ZoneHits:
    """The zone versions in force that the fixes touch, with the verdict code of each hit.

    Zones that ask for the same distance from their edges are looked up together: a fix is as uncertain as its
    terminal or its zone makes it, whichever is more.
    """
    names, which = np.unique(fixes.terminal, return_inverse=True)
    accuracy = np.array([fixes.terminals[int(name)].accuracy_m for name in names])[which]
    parts = []
    for edge_m, index in watch.indexes:
        found = locate(index, fixes.lon, fixes.lat, fixes.at_us, np.maximum(accuracy, edge_m))
        version = np.array([one.version_id for one in index.versions], np.int64)[found.version]
        zone = np.array([one.zone_id for one in index.versions], np.int64)[found.version]
        parts.append(np.stack([found.fix.astype(np.int64), zone, version, found.state.astype(np.int64)]))
    table = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), np.int64)
    if len(parts) > 1:
        table = table[:, np.lexsort((table[2], table[0]))]
    fix, zone, version, state = table
    code = watch.codes(fixes.terminal[fix], fixes.terminals, (zone, version), fixes.at_us[fix])
    return ZoneHits(fix, zone, version, state, code)


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


def inside_of(names: Sequence[int], open_visits: object, watch: Watch) -> dict[int, int]:
    """What terminal_states.inside says of each terminal."""
    inside = dict.fromkeys(names, 0)
    for visit in open_visits:  # type: ignore[attr-defined]
        forbidden = visit.forbidden(watch.settings.of(visit.zone_id))
        inside[visit.device] = max(inside.get(visit.device, 0), 2 if forbidden else 1)
    return inside


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


def flag_visits(
    connection: psycopg.Connection,
    watch: Watch,
    kept: Sequence[tuple[int, Visit]],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    """Violations and leads of these visits: made when the minimums are reached, moved on while the visit lasts."""
    forbidden: list[tuple[int, Visit]] = []
    strangers: list[Visit] = []
    for number, visit in kept:
        settings = watch.settings.of(visit.zone_id)
        if subject_key(terminals[visit.device]) is not None:
            if visit.forbidden(settings):
                forbidden.append((number, visit))
        elif visit.is_established(settings):
            strangers.append(visit)
    _lead_strangers(connection, watch, strangers, terminals)
    known = flagged.find_by_visit(connection, [number for number, _ in forbidden]) if forbidden else {}
    _flag_new(connection, watch, [one for one in forbidden if one[0] not in known], terminals)
    _move_on(connection, watch, [one for one in forbidden if one[0] in known], known, terminals)


def _lead_strangers(
    connection: psycopg.Connection, watch: Watch, visits_: Sequence[Visit], terminals: Mapping[int, ReportingTerminal]
) -> None:
    places = verdicts.places_of(connection, [(terminals[one.device], one.first_us) for one in visits_])
    for visit, place in zip(visits_, places, strict=True):
        flagged.lead(connection, verdicts.stranger_lead(visit, terminals[visit.device], place))


def _flag_new(
    connection: psycopg.Connection,
    watch: Watch,
    rows: Sequence[tuple[int, Visit]],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    if not rows:
        return
    segments = [visit.forbidden(watch.settings.of(visit.zone_id)) for _, visit in rows]
    begins = [(terminals[visit.device], own[0].first_us) for (_, visit), own in zip(rows, segments, strict=True)]
    places = verdicts.places_of(connection, begins)
    flagged.insert(
        connection,
        [
            flagged.NewViolation(
                number,
                verdicts.violation_of(watch, visit, terminals[visit.device], shape_of(own)),
                own[0].first_us,
                own[-1].last_us,
                place,
            )
            for (number, visit), own, place in zip(rows, segments, places, strict=True)
        ],
    )


def shape_of(segments: Sequence[Segment]) -> list[list[int]]:
    """What a verdict depends on beside the times: versions and reasons in order."""
    return [[segment.version_id, segment.code] for segment in segments]


def _move_on(
    connection: psycopg.Connection,
    watch: Watch,
    rows: Sequence[tuple[int, Visit]],
    known: Mapping[int, flagged.KnownViolation],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    moves: list[tuple[int, int, int]] = []
    for number, visit in rows:
        own, before = visit.forbidden(watch.settings.of(visit.zone_id)), known[number]
        first_us, last_us, over = own[0].first_us, own[-1].last_us, visit.ending is not Ending.OPEN
        moved = (before.first_us, before.last_us) != (first_us, last_us)
        if before.status == "flagged":
            if moved:
                moves.append((before.id, first_us, last_us))
            if over or before.shape != shape_of(own):
                judged = verdicts.violation_of(watch, visit, terminals[visit.device], shape_of(own))
                flagged.judge_anew(connection, before.id, judged)
        elif over and moved:
            flagged.note_revision(connection, before.id, {"first_us": first_us, "last_us": last_us})
    flagged.move_on(connection, moves)


def replay(
    connection: psycopg.Connection, watch: Watch, terminal: ReportingTerminal, first_us: int, last_us: int
) -> int:
    """Step the window around the late fixes [first, last] again; what `inside` of the terminal is then."""
    stored, begin, end = _window(connection, watch, terminal, first_us, last_us)
    fixes = stored.fixes(terminal)
    window = np.zeros(len(fixes.at_us), np.bool_)
    window[begin:end] = True
    own = only(fixes, window)
    hits = hits_of(watch, own)
    before = {terminal.id: int(fixes.at_us[begin - 1])} if begin else {}
    result = step(
        {}, own.terminal, own.at_us, hits.fix, hits.zone, hits.version, hits.state, hits.code, watch.settings, before
    )
    now = [*result.closed]
    if end < len(fixes.at_us):
        closed = close_silent(result.open, int(fixes.at_us[end]), watch.settings)
        now += [*closed.closed, *closed.open.values()]
        until = int(fixes.at_us[end - 1])
    else:
        now += result.open.values()
        until = np.iinfo(np.int64).max // 2_000_000 * 1_000_000
    since = int(own.at_us[0]) if len(own.at_us) else first_us
    old = visits.find_between(connection, terminal.id, since, min(until, last_us + 10 * 365 * 24 * HOUR_US))
    _replace(connection, watch, old, now, terminal)
    still_open = [visit for visit in now if visit.ending is Ending.OPEN]
    if end < len(fixes.at_us):
        still_open += [one.visit for one in visits.find_open(connection, [terminal.id])]
    return inside_of([terminal.id], still_open, watch)[terminal.id]


def _window(
    connection: psycopg.Connection, watch: Watch, terminal: ReportingTerminal, first_us: int, last_us: int
) -> tuple[StoredFixes, int, int]:
    """The stored fixes around [first, last] and the part of them that must be stepped again."""
    back, ahead = HOUR_US, HOUR_US
    while True:
        stored = fixes_between(connection, terminal, max(first_us - back, EARLIEST_US), last_us + ahead)
        fixes = stored.fixes(terminal)
        touch = touched(len(fixes.at_us), hits_of(watch, fixes).fix)
        begin = reset_before(fixes.at_us, touch, int(np.searchsorted(fixes.at_us, first_us)), watch.settings)
        end = reset_after(fixes.at_us, touch, int(np.searchsorted(fixes.at_us, last_us)), watch.settings)
        if begin is None and stored.has_earlier:
            back *= 4
        elif end is None and stored.has_later:
            ahead *= 4
        else:
            return stored, begin or 0, len(fixes.at_us) if end is None else end


def _replace(
    connection: psycopg.Connection,
    watch: Watch,
    old: Sequence[KeptVisit],
    now: Sequence[Visit],
    terminal: ReportingTerminal,
) -> None:
    """Put the replayed visits in the place of the old: rows that overlap go on, the rest is marked superseded."""
    left = list(old)
    updates: list[tuple[int, Visit]] = []
    fresh: list[Visit] = []
    for visit in sorted(now, key=lambda one: one.first_us):
        match = next((one for one in left if _same(one.visit, visit)), None)
        if match is None:
            fresh.append(visit)
            continue
        left.remove(match)
        if match.visit != visit:
            updates.append((match.id, visit))
    gone = [one.id for one in left]
    if gone:
        visits.supersede(connection, gone)
        flagged.supersede(connection, gone)
    visits.update(connection, updates, watch.settings)
    numbers = visits.insert(connection, fresh, watch.settings)
    kept = [*updates, *zip(numbers, fresh, strict=True)]
    flag_visits(connection, watch, kept, {terminal.id: terminal})
    _withdraw(connection, watch, updates)


def _withdraw(connection: psycopg.Connection, watch: Watch, kept: Sequence[tuple[int, Visit]]) -> None:
    """A violation whose visit, with the late fixes in it, is no longer forbidden: the lead falls away, noted."""
    allowed = [number for number, visit in kept if not visit.forbidden(watch.settings.of(visit.zone_id))]
    if allowed:
        flagged.supersede(connection, allowed)


def _same(old: Visit, new: Visit) -> bool:
    return old.zone_id == new.zone_id and old.first_us <= new.last_us and new.first_us <= old.last_us


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
    """Leads for devices that are not on file and say they are in a zone: one a device, zone and day."""
    if not fixes:
        return
    lon, lat, at_us = (np.array([getattr(one, name) for one in fixes]) for name in ("lon", "lat", "at_us"))
    leads: list[flagged.Lead] = []
    for _, index in watch.indexes:
        found = locate(index, lon, lat, at_us, 0.0)
        leads += [
            _stranger(fixes[row], index.versions[version].zone_id)
            for row, version in zip(found.fix.tolist(), found.version.tolist(), strict=True)
        ]
    for lead in sorted(leads, key=lambda one: one.key):  # in one order, against deadlock between workers
        flagged.lead(connection, lead)


def _stranger(one: StrangerFix, zone_id: int) -> flagged.Lead:
    return verdicts.unknown_device_lead(one.kind, one.device, zone_id, one.at_us, (one.lon, one.lat))
