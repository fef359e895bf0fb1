"""Late fixes: the window of a terminal's stored fixes that they fall into is stepped again (ADR 0003).

The window begins and ends where no visit can be open; the visits found take the place of those on file, row by row.
"""

from collections.abc import Sequence

import numpy as np
import psycopg

from enforcement.visits.records import Ending, Visit, close_silent
from enforcement.visits.replays import reset_after, reset_before, touched
from enforcement.visits.steps import step
from server.flows.fixes import only
from server.flows.flag_visits import flag_visits, inside_of
from server.flows.stored_fixes import StoredFixes, fixes_between
from server.flows.watch import Watch
from server.flows.zone_hits import hits_of
from server.store import flagged, visits
from server.store.reporting_terminals import ReportingTerminal
from server.store.visits import KeptVisit

HOUR_US = 3_600_000_000
EARLIEST_US = 1


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
    fresh = sorted(now, key=lambda one: one.first_us)
    updates: list[tuple[int, Visit]] = []
    gone: list[int] = []
    for row in _decided_first(connection, old):
        match = max(fresh, key=lambda one: _likeness(row.visit, one, watch), default=None)
        if match is None or not _likeness(row.visit, match, watch)[0]:
            gone.append(row.id)
            continue
        fresh.remove(match)
        if row.visit != match:
            updates.append((row.id, match))
    if gone:
        visits.supersede(connection, gone)
        flagged.supersede(connection, gone)
    visits.update(connection, updates, watch.settings)
    numbers = visits.insert(connection, fresh, watch.settings)
    kept = [*updates, *zip(numbers, fresh, strict=True)]
    flag_visits(connection, watch, kept, {terminal.id: terminal})
    _withdraw(connection, watch, updates)


def _decided_first(connection: psycopg.Connection, old: Sequence[KeptVisit]) -> list[KeptVisit]:
    """Rows in the order in which they are to go on where several overlap: what an officer decided, then leads."""
    known = flagged.find_by_visit(connection, [one.id for one in old]) if len(old) > 1 else {}
    ranks = {"confirmed": 0, "dismissed": 0, "flagged": 1}
    return sorted(old, key=lambda one: ranks.get(known[one.id].status, 2) if one.id in known else 2)


def _withdraw(connection: psycopg.Connection, watch: Watch, kept: Sequence[tuple[int, Visit]]) -> None:
    """A violation whose visit, with the late fixes in it, is no longer forbidden: the lead falls away, noted."""
    allowed = [number for number, visit in kept if not visit.forbidden(watch.settings.of(visit.zone_id))]
    if allowed:
        flagged.supersede(connection, allowed)


def _likeness(old: Visit, new: Visit, watch: Watch) -> tuple[bool, bool, int]:
    """How well a replayed visit goes on with an old one: it must overlap; then forbidden ones, then the longer."""
    shared_us = min(old.last_us, new.last_us) - max(old.first_us, new.first_us)
    overlaps = old.zone_id == new.zone_id and shared_us >= 0
    return overlaps, bool(new.forbidden(watch.settings.of(new.zone_id))), shared_us
