"""The arrays behind `enforcement.visits.steps`: fixes by device, hits by zone, chains that are visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enforcement.visits.records import SettingsByZone, State, Visit

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fixes:
    """The fixes of a step, grouped by device: group g is the rows starts[g]..ends[g]-1."""

    at_us: Ints
    group: Ints
    devices: list[int]
    starts: Ints
    ends: Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """Carried visits and hits, by (device, zone), then by fix; a carried visit stands before its fixes."""

    pair: Ints
    zone: Ints
    group: Ints
    pos: Ints  # index of the fix; for a carried visit where its last fix that was not OUTSIDE would stand
    carry: Ints  # index of the carried visit, -1 for a hit
    inside: Bools
    uncertain: Bools
    version: Ints
    code: Ints
    exit_at: Ints  # index of the fix that would end the visit by leaving
    gap_at: Ints  # index of the first later fix that comes after too long a silence


@dataclass(frozen=True, slots=True)
class Chains:
    """Rows that belong to one visit: first..last of each, and what is counted over them."""

    of_row: Ints
    first: Ints
    last: Ints
    last_inside: Ints
    last_uncertain: Ints
    inside_n: Ints
    uncertain_n: Ints


def group_fixes(device: Ints, at_us: Ints) -> Fixes:
    """Group fixes that are sorted by device and time; refuse any that are not."""
    if device.shape != at_us.shape:
        raise ValueError("device and at_us differ in length")
    if not len(device):
        empty = np.zeros(0, np.int64)
        return Fixes(at_us, empty, [], empty, empty)
    change = np.diff(device)
    wrong = np.flatnonzero((change < 0) | ((change == 0) & (np.diff(at_us) <= 0)))
    if len(wrong):
        raise ValueError(f"fix {wrong[0] + 1}: fixes must be sorted by device and time, without duplicates")
    starts = np.concatenate(([0], np.flatnonzero(change) + 1))
    ends = np.append(starts[1:], len(device))
    group = np.repeat(np.arange(len(starts)), ends - starts)
    return Fixes(at_us, group, device[starts].tolist(), starts, ends)


def check_hits(hits: list[Ints], fixes_n: int) -> None:
    """Refuse hits that are not sorted or name no fix of this step."""
    fix = hits[0]
    if any(len(column) != len(fix) for column in hits):
        raise ValueError("the columns of the hits differ in length")
    if len(fix) and (fix[0] < 0 or fix[-1] >= fixes_n or np.any(np.diff(fix) < 0)):
        raise ValueError("hit_fix must be sorted and name fixes of this step")


def rows_of(
    fixes: Fixes, carried: Sequence[Visit], slots: list[int], hits: list[Ints], settings: SettingsByZone
) -> Rows:
    """Put carried visits and hits in order and say where each would end."""
    fix, hit_zone, hit_version, hit_state, hit_code = hits
    none = np.full(len(carried), -1)
    carry_zone = np.array([visit.zone_id for visit in carried], np.int64)
    carry_run = np.array([visit.outside_run for visit in carried], np.int64)
    carry_group = np.array(slots, np.int64)
    zones, zone = np.unique(np.concatenate((carry_zone, hit_zone)), return_inverse=True)
    group = np.concatenate((carry_group, fixes.group[fix]))
    pos = np.concatenate((fixes.starts[carry_group] - 1 - carry_run, fix))
    pair = group * max(len(zones), 1) + zone
    order = np.argsort(pair, kind="stable")
    order = order[_later_claims(pair[order], pos[order])]
    carry = np.concatenate((np.arange(len(carried)), np.full(len(fix), -1)))[order]
    state = np.concatenate((none, hit_state))[order]
    zone, group, pos = zone[order], group[order], pos[order]
    limits = [settings.of(int(name)) for name in zones]
    exits = np.array([limit.exit_fixes for limit in limits], np.int64)
    gaps_us = np.array([round(limit.max_gap_s * 1e6) for limit in limits], np.int64)
    return Rows(
        pair[order],
        zones[zone],
        group,
        pos,
        carry,
        state == State.INSIDE,
        state == State.UNCERTAIN,
        np.concatenate((none, hit_version))[order],
        np.concatenate((none, hit_code))[order],
        np.maximum(pos + exits[zone], fixes.starts[group]),
        _silences(fixes, carried, carry, group, pos, gaps_us[zone]),
    )


def _later_claims(pair: Ints, pos: Ints) -> Bools:
    """False for a row whose fix and zone are claimed again by the next row."""
    kept = np.ones(len(pair), np.bool_)
    kept[:-1] = (pair[1:] != pair[:-1]) | (pos[1:] != pos[:-1])
    return kept


def _silences(fixes: Fixes, carried: Sequence[Visit], carry: Ints, group: Ints, pos: Ints, gap_us: Ints) -> Ints:
    """For each row the first later fix that comes more than gap_us after the one before; else a far index."""
    far = len(fixes.at_us)
    wait = np.diff(fixes.at_us, prepend=fixes.at_us[:1])
    wait[fixes.starts] = 0  # a device's first fix waits on no other device
    start = fixes.starts[group]
    gap_at = np.full(len(pos), far)
    for gap in np.unique(gap_us):
        places = np.append(np.flatnonzero(wait > gap), far)
        mine = np.flatnonzero(gap_us == gap)
        next_place = np.searchsorted(places[:-1], np.maximum(pos, start)[mine], side="right")
        gap_at[mine] = places[next_place]
    old = np.flatnonzero(carry >= 0)
    heard = np.array([visit.last_fix_us for visit in carried], np.int64)[carry[old]]
    silent = old[fixes.at_us[start[old]] - heard > gap_us[old]]
    gap_at[silent] = start[silent]
    return gap_at


def chains_of(rows: Rows) -> Chains:
    """Part the rows where a visit ends, and drop what comes before the first fix inside."""
    n = len(rows.pair)
    index = np.arange(n)
    new = np.ones(n, np.bool_)
    new[1:] = (
        (rows.pair[1:] != rows.pair[:-1]) | (rows.exit_at[:-1] < rows.pos[1:]) | (rows.gap_at[:-1] <= rows.pos[1:])
    )
    start = np.flatnonzero(new)
    of_row = np.cumsum(new) - 1
    first = np.minimum.reduceat(np.where(rows.inside | (rows.carry >= 0), index, n), start)
    uncertain = rows.uncertain & (index >= first[of_row])
    return Chains(
        of_row,
        first,
        np.append(start[1:], n) - 1,
        np.maximum.reduceat(np.where(rows.inside, index, -1), start),
        np.maximum.reduceat(np.where(uncertain, index, -1), start),
        np.add.reduceat(rows.inside.astype(np.int64), start),
        np.add.reduceat(uncertain.astype(np.int64), start),
    )
