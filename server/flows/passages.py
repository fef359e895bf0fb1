"""Passages between two fixes become leads: the straight way cuts a zone that is closed to the subject.

Only what a sparse terminal leaves open is asked: both fixes outside, no longer apart than the zone's longest silence,
and a way inside of `visit.passage_min_m` or more. It is a hint for an officer, never a visit and never a violation.
"""

from collections.abc import Mapping

import numpy as np
import psycopg

from enforcement.rules.book import find_rule, moment
from enforcement.zones.reasons import codes_in
from geo.passages import Passages, passages
from server.flows.fixes import Fixes
from server.flows.watch import Watch, subject_key
from server.store import flagged
from server.store.reporting_terminals import TerminalState


def lead_passages(
    connection: psycopg.Connection, watch: Watch, fixes: Fixes, states: Mapping[int, TerminalState]
) -> int:
    """Make the leads of fixes that came in order; how many."""
    if not len(fixes.terminal) or not watch.versions:
        return 0
    lon_a, lat_a, since_us = _fix_before(fixes, states)
    gap_us = fixes.at_us - since_us
    longest_us = max(round(one.max_gap_s * 1e6) for one in watch.settings.every())
    asked = np.flatnonzero((since_us > 0) & (gap_us > 0) & (gap_us <= longest_us) & np.isfinite(lon_a))
    if not len(asked):
        return 0
    rule = find_rule(watch.rules, "visit.passage_min_m", moment(int(fixes.at_us[asked[-1]])))
    if rule is None:
        return 0
    least_m = rule.number
    found = passages(watch.tree, lon_a[asked], lat_a[asked], fixes.lon[asked], fixes.lat[asked], least_m)
    return _lead(connection, watch, fixes, since_us, asked[found.way], found)


def _fix_before(fixes: Fixes, states: Mapping[int, TerminalState]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place and time of the fix before each: in the batch, else the terminal's last known."""
    lon, lat, at_us = (np.roll(one, 1) for one in (fixes.lon, fixes.lat, fixes.at_us))
    begins = np.flatnonzero(np.append(True, np.diff(fixes.terminal) != 0))
    known = [states[name] for name in fixes.terminal[begins].tolist()]
    lon[begins] = [np.nan if one.lon is None else one.lon for one in known]
    lat[begins] = [np.nan if one.lat is None else one.lat for one in known]
    at_us[begins] = [one.last_fix_us for one in known]
    return lon, lat, at_us


def _lead(
    connection: psycopg.Connection,
    watch: Watch,
    fixes: Fixes,
    since_us: np.ndarray,
    fix: np.ndarray,
    found: Passages,
) -> int:
    version = watch.tree_versions[found.area]
    middle_us = (fixes.at_us[fix] + since_us[fix]) // 2
    in_force = np.array([watch.holds(int(v), int(at)) for v, at in zip(version, middle_us, strict=True)], np.bool_)
    zone = np.array([watch.versions[int(number)].zone_id for number in version], np.int64)
    code = watch.codes(fixes.terminal[fix], fixes.terminals, (zone, version), middle_us)
    rows = np.flatnonzero(in_force & (code != 0))
    for row in rows.tolist():
        terminal = fixes.terminals[int(fixes.terminal[fix[row]])]
        if subject_key(terminal) is None:
            continue
        first_us, last_us = int(since_us[fix[row]]), int(fixes.at_us[fix[row]])
        detail = {
            "version_id": int(version[row]),
            "inside_m": round(float(found.inside_m[row])),
            "reasons": [str(one) for one in codes_in(int(code[row]))],
        }
        key = f"{terminal.id}:{zone[row]}:{first_us}"
        place = float(found.lon[row]), float(found.lat[row])
        flagged.lead(
            connection,
            flagged.Lead(
                "passage", key, terminal.id, int(zone[row]), terminal.device, first_us, last_us, *place, detail
            ),
        )
    return len(rows)
