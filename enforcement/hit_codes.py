"""A verdict for each hit of a batch: what the checks say, unless it is out of hours or whitelisted.

The numbers are those of `enforcement.reasons`; `visits.step` takes them. Checks run once for each device,
zone version and Beijing day in the batch, everything else is numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from enforcement.calendar import Calendar
from enforcement.checks import all_reasons
from enforcement.reasons import code_of
from enforcement.registry import Key, match_keys
from enforcement.rules import RuleBook, moment
from enforcement.subjects import Subject
from enforcement.whitelist import WhitelistEntry, covers
from enforcement.zones import ZoneTerms, in_hours

Ints = NDArray[np.int64]

_DAY_US = 86_400_000_000
_BEIJING_US = 8 * 3_600_000_000


Verdicts = dict[tuple[int, int, int], int]


def hit_codes(
    device: NDArray[np.integer],
    zone: NDArray[np.integer],
    version: NDArray[np.integer],
    at_us: NDArray[np.integer],
    subject_of: Mapping[int, Subject],
    terms_of: Mapping[int, ZoneTerms],
    whitelist: Mapping[Key, Sequence[WhitelistEntry]],
    rules: RuleBook,
    calendar: Calendar,
    verdicts: Verdicts | None = None,
) -> Ints:
    """One code a hit, 0 = allowed. Columns are of one length: device, zone, version and time of each hit.

    A device that `subject_of` does not name is unregistered. `whitelist` comes from `by_subject`. `verdicts`
    is the caller's memory of (device, version, day) between batches; it forgets when records or terms change.
    """
    names, zones, versions, times = (np.asarray(column, np.int64) for column in (device, zone, version, at_us))
    codes = np.zeros(len(names), np.int64)
    verdicts = {} if verdicts is None else verdicts
    for key, rows in _groups(names, versions, (times + _BEIJING_US) // _DAY_US):
        if key not in verdicts:
            at = moment(int(times[rows[0]]))
            verdicts[key] = code_of(all_reasons(subject_of.get(key[0]), terms_of[key[1]], rules, at))
        codes[rows] = verdicts[key]
    _free_out_of_hours(codes, versions, times, terms_of, calendar)
    if whitelist:
        _free_whitelisted(codes, names, zones, times, subject_of, whitelist)
    return codes


def by_subject(entries: Iterable[WhitelistEntry]) -> dict[Key, list[WhitelistEntry]]:
    """Whitelist entries by the key that names their subject."""
    found: dict[Key, list[WhitelistEntry]] = {}
    for entry in entries:
        found.setdefault(entry.subject, []).append(entry)
    return found


def _groups(*columns: Ints) -> Iterator[tuple[tuple[int, int, int], Ints]]:
    """The rows of each device, version and Beijing day."""
    if not len(columns[0]):
        return
    order = np.lexsort(columns[::-1])
    keys = np.stack(columns)[:, order]
    starts = np.flatnonzero(np.any(np.diff(keys, axis=1, prepend=keys[:, :1] - 1) != 0, axis=0))
    ends = [*starts[1:].tolist(), len(order)]
    for (device, version, day), start, end in zip(keys[:, starts].T.tolist(), starts, ends, strict=True):
        yield (device, version, day), order[start:end]


def _free_out_of_hours(
    codes: Ints, versions: Ints, times: Ints, terms_of: Mapping[int, ZoneTerms], calendar: Calendar
) -> None:
    for version in np.unique(versions).tolist():
        if terms_of[version].windows:
            rows = np.flatnonzero((versions == version) & (codes != 0))
            codes[rows[~in_hours(terms_of[version], times[rows], calendar)]] = 0


def _free_whitelisted(
    codes: Ints,
    devices: Ints,
    zones: Ints,
    times: Ints,
    subject_of: Mapping[int, Subject],
    whitelist: Mapping[Key, Sequence[WhitelistEntry]],
) -> None:
    for device in np.unique(devices[codes != 0]).tolist():
        subject = subject_of.get(device)
        entries = _entries(subject, whitelist) if subject else []
        if not subject or not entries:
            continue
        mine = np.flatnonzero((devices == device) & (codes != 0))
        for zone in np.unique(zones[mine]).tolist():
            rows = mine[zones[mine] == zone]
            codes[rows[covers(entries, subject, zone, times[rows])]] = 0


def _entries(subject: Subject, whitelist: Mapping[Key, Sequence[WhitelistEntry]]) -> list[WhitelistEntry]:
    return [entry for key in match_keys(subject) for entry in whitelist.get(key, ())]
