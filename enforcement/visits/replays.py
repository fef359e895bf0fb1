"""Which window of a device's fixes must be stepped again when late fixes arrive.

A *reset* is a place in a device's ordered fixes where no visit can be open in any zone, whatever came
before: after `exit_fixes` fixes that touch no zone, or in a silence longer than every zone's `max_gap_s`.
Stepping the fixes from one reset up to the next, then `close_silent` at the time of the fix after the
window, gives the same visits as stepping everything. A visit that began before the window and is still open
(there was no later fix until now) ends in the silence before it: `close_silent` at the window's first fix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enforcement.visits.records import SettingsByZone

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def touched(fixes_n: int, hit_fix: NDArray[np.integer]) -> Bools:
    """True for a fix that has any hit, inside or uncertain."""
    hit = np.zeros(fixes_n, np.bool_)
    hit[np.asarray(hit_fix, np.int64)] = True
    return hit


def reset_before(at_us: Ints, hit: Bools, index: int, settings: SettingsByZone) -> int | None:
    """The last place at or before `index`, the first late fix, at which nothing can be open.

    The fixes from there on are stepped again. None: it is not among these fixes; load earlier ones, or
    begin at 0 if these are all.
    """
    silent, away = _resets(at_us, hit, settings)
    places = np.flatnonzero((silent | away)[: index + 1])
    return int(places[-1]) if len(places) else None


def reset_after(at_us: Ints, hit: Bools, index: int, settings: SettingsByZone) -> int | None:
    """The first place after `index`, the last late fix, where nothing is open with or without late fixes.

    None: the window reaches the end, and what it leaves open is what is open now.
    """
    silent, away = _resets(at_us, hit, settings)
    exits, _ = _widest(settings)
    silent[: index + 2] = False  # a late fix must not be the one before an entry that is kept
    away[: index + 1 + exits] = False
    places = np.flatnonzero(silent | away)
    return int(places[0]) if len(places) else None


def _resets(at_us: Ints, hit: Bools, settings: SettingsByZone) -> tuple[Bools, Bools]:
    """Per place 0..n (before fix i; n = after the last): a long silence; enough untouched fixes before."""
    exits, gap_us = _widest(settings)
    n = len(at_us)
    silent = np.zeros(n + 1, np.bool_)
    silent[1:n] = np.diff(at_us) > gap_us
    hits_before = np.concatenate(([0], np.cumsum(hit)))
    away = np.zeros(n + 1, np.bool_)
    if n >= exits:
        away[exits:] = hits_before[exits:] == hits_before[: n + 1 - exits]
    return silent, away


def _widest(settings: SettingsByZone) -> tuple[int, int]:
    exits = max(zone.exit_fixes for zone in settings.every())
    return exits, max(round(zone.max_gap_s * 1e6) for zone in settings.every())
