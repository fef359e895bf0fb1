"""Fixes and zone hits in, visits out: a state machine without a clock (enforcement.md 4.4).

A visit begins at an INSIDE fix; an UNCERTAIN one keeps it open but never begins one; `exit_fixes` consecutive
OUTSIDE fixes end it, and so does a silence longer than `max_gap_s`: no presence is claimed over a gap. `step`
may be fed the ordered fixes in any portions, the visits are the same; late fixes are handled by replaying the
window that `enforcement.visits.replays` finds. numpy does the work; Python runs once a visit and once a segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from enforcement.visits.chains import Chains, Fixes, Ints, Rows, chains_of, check_hits, group_fixes, rows_of
from enforcement.visits.records import (
    Ending,
    Segment,
    SettingsByZone,
    State,
    StepResult,
    Visit,
    VisitSettings,
    close_silent,
    forbidden_runs,
)

__all__ = [
    "Ending",
    "Segment",
    "SettingsByZone",
    "State",
    "StepResult",
    "Visit",
    "VisitSettings",
    "close_silent",
    "forbidden_runs",
    "step",
]

_EARLIER = np.iinfo(np.int64).min
OpenVisits = Mapping[tuple[int, int], Visit]


def step(
    open_visits: OpenVisits,
    device: NDArray[np.integer],
    at_us: NDArray[np.integer],
    hit_fix: NDArray[np.integer],
    hit_zone: NDArray[np.integer],
    hit_version: NDArray[np.integer],
    hit_state: NDArray[np.integer],
    hit_code: NDArray[np.integer],
    settings: SettingsByZone,
    before: Mapping[int, int] | None = None,
) -> StepResult:
    """Take the fixes (by device, then time, no duplicates) and their hits (by fix) into the visits.

    `before` names the time of each device's last fix before these, where it is known. Where two versions of
    one zone claim the same fix the later row counts.
    """
    fixes = group_fixes(np.asarray(device, np.int64), np.asarray(at_us, np.int64))
    if not len(fixes.at_us):
        return StepResult(dict(open_visits), [], {})
    slot = {name: index for index, name in enumerate(fixes.devices)}
    carried = [visit for visit in open_visits.values() if visit.device in slot]
    hits = [np.asarray(column, np.int64) for column in (hit_fix, hit_zone, hit_version, hit_state, hit_code)]
    check_hits(hits, len(fixes.at_us))
    untouched = {key: visit for key, visit in open_visits.items() if visit.device not in slot}
    last_fix = dict(zip(fixes.devices, fixes.at_us[fixes.ends - 1].tolist(), strict=True))
    result = StepResult(untouched, [], last_fix)
    rows = rows_of(fixes, carried, [slot[visit.device] for visit in carried], hits, settings)
    if len(rows.pair):
        _settle(fixes, rows, chains_of(rows), carried, before or {}, result)
    return result


def _ends(fixes: Fixes, rows: Rows, last: Ints) -> tuple[list[Ending], Ints]:
    """How each chain ends, and the index of the last fix it has considered."""
    exit_at, gap_at, end = rows.exit_at[last], rows.gap_at[last], fixes.ends[rows.group[last]]
    silent = (gap_at <= exit_at) & (gap_at < end)
    left = ~silent & (exit_at < end)
    last_at = np.where(silent, gap_at - 1, np.where(left, exit_at, end - 1))
    endings = (Ending.OPEN, Ending.LEFT, Ending.SILENT)
    return [endings[code] for code in (left + 2 * silent).tolist()], last_at


def _segments(fixes: Fixes, rows: Rows, chains: Chains) -> tuple[list[Segment], list[int]]:
    """All segments in row order, and where each chain's segments begin (one more at the end)."""
    inside = np.flatnonzero(rows.inside)
    chain, version, code = chains.of_row[inside], rows.version[inside], rows.code[inside]
    at_us = fixes.at_us[rows.pos[inside]]
    new = np.ones(len(inside), np.bool_)
    new[1:] = (np.diff(chain) != 0) | (np.diff(version) != 0) | (np.diff(code) != 0)
    start = np.flatnonzero(new)
    end = np.append(start, len(inside))[1:]
    columns = version[start], code[start], at_us[start], at_us[end - 1], end - start
    segments = [Segment(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    bounds = np.searchsorted(chain[start], np.arange(len(chains.first) + 1))
    return segments, bounds.tolist()


def _settle(
    fixes: Fixes,
    rows: Rows,
    chains: Chains,
    carried: Sequence[Visit],
    before: Mapping[int, int],
    result: StepResult,
) -> None:
    """Write each chain that has begun as a visit into the result."""
    begun = np.flatnonzero(chains.first < len(rows.pair))
    for carry, visit in zip(rows.carry[chains.first[begun]].tolist(), _visits(fixes, rows, chains, begun), strict=True):
        if carry >= 0:
            visit = _continued(carried[carry], visit)
        elif visit.entered_after_us == _EARLIER:
            visit = replace(visit, entered_after_us=before.get(visit.device, 0))
        if visit.ending is Ending.OPEN:
            result.open[visit.key] = visit
        else:
            result.closed.append(visit)


def _visits(fixes: Fixes, rows: Rows, chains: Chains, begun: Ints) -> Iterator[Visit]:
    """What this step alone saw of each visit; `_EARLIER` stands where a time lies before this step."""
    first, last = chains.first[begun], chains.last[begun]
    inside, uncertain = chains.last_inside[begun], chains.last_uncertain[begun]
    start, pos = fixes.starts[rows.group[first]], rows.pos[last]
    endings, last_at = _ends(fixes, rows, last)
    run = last_at - pos
    segments, bounds = _segments(fixes, rows, chains)
    columns = (
        np.array(fixes.devices)[rows.group[first]],
        rows.zone[first],
        _time_at(fixes, rows.pos[first], start),
        np.where(inside < 0, _EARLIER, _time_at(fixes, rows.pos[inside], start)),
        chains.inside_n[begun],
        chains.uncertain_n[begun],
        np.where(uncertain < 0, 0, _time_at(fixes, rows.pos[uncertain], start)),
        run,
        np.where(run == 0, 0, _time_at(fixes, pos + 1, start)),
        _time_at(fixes, last_at, start),
        _time_at(fixes, rows.pos[first] - 1, start),
    )
    own = [tuple(segments[bounds[chain] : bounds[chain + 1]]) for chain in begun.tolist()]
    for row in zip(*(column.tolist() for column in columns), own, endings, strict=True):
        yield Visit(*row)


def _time_at(fixes: Fixes, index: Ints, start: Ints) -> Ints:
    return np.where(index < start, _EARLIER, fixes.at_us[index.clip(0, len(fixes.at_us) - 1)])


def _continued(old: Visit, seen: Visit) -> Visit:
    """A visit that was open before this step, with what the step saw of it."""
    return replace(
        seen,
        first_us=old.first_us,
        last_us=seen.last_us if seen.inside_fixes else old.last_us,
        inside_fixes=old.inside_fixes + seen.inside_fixes,
        uncertain_fixes=old.uncertain_fixes + seen.uncertain_fixes,
        uncertain_last_us=seen.uncertain_last_us or old.uncertain_last_us,
        outside_since_us=old.outside_since_us if seen.outside_since_us == _EARLIER else seen.outside_since_us,
        last_fix_us=old.last_fix_us if seen.last_fix_us == _EARLIER else seen.last_fix_us,
        entered_after_us=old.entered_after_us,
        segments=_appended(old.segments, seen.segments),
    )


def _appended(old: tuple[Segment, ...], new: tuple[Segment, ...]) -> tuple[Segment, ...]:
    if not old or not new or (old[-1].version_id, old[-1].code) != (new[0].version_id, new[0].code):
        return old + new
    fixes = old[-1].inside_fixes + new[0].inside_fixes
    return (*old[:-1], replace(old[-1], last_us=new[0].last_us, inside_fixes=fixes), *new[1:])
