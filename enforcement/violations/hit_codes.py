"""A verdict for each hit of a batch: what the checks say, unless it is out of hours or whitelisted.

The numbers are those of `enforcement.zones.reasons`; `visits.steps.step` takes them. Checks run once for each device,
zone version and Beijing day in the batch, everything else is numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence

import numpy as np
from numpy.typing import NDArray

from enforcement.checks import all_reasons
from enforcement.registry.records import Key, match_keys
from enforcement.registry.subjects import Subject
from enforcement.rules.book import RuleBook, moment
from enforcement.rules.calendar import Calendar
from enforcement.zones.reasons import code_of
from enforcement.zones.terms import ZoneTerms, in_hours
from enforcement.zones.whitelist import WhitelistEntry, covers

Ints = NDArray[np.int64]
Known = tuple[int, int, int]  # device, zone version, Beijing day since 1970

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
    known: MutableMapping[Known, int] | None = None,
) -> Ints:
    """One code a hit, 0 = allowed. Columns are of one length: device, zone, version and time of each hit.

    A device that `subject_of` does not name is unregistered. `whitelist` comes from `by_subject`. `known` remembers
    what the checks said between calls; the caller empties it when a subject, a zone or a rule has changed.
    """
    table = np.stack([np.asarray(column, np.int64) for column in (device, version, zone, at_us)])
    codes = _asked_once(table, subject_of, terms_of, rules, {} if known is None else known)
    for number in np.unique(table[1, codes != 0]).tolist():
        if terms_of[number].windows:
            rows = np.flatnonzero((table[1] == number) & (codes != 0))
            codes[rows[~in_hours(terms_of[number], table[3, rows], calendar)]] = 0
    if whitelist:
        _give_leave(table, codes, subject_of, whitelist)
    return codes


def _asked_once(
    table: Ints,
    subject_of: Mapping[int, Subject],
    terms_of: Mapping[int, ZoneTerms],
    rules: RuleBook,
    known: MutableMapping[Known, int],
) -> Ints:
    """What the checks say of each device under each version on each Beijing day of the batch."""
    if not table.shape[1]:
        return np.zeros(0, np.int64)
    day = (table[3] + _BEIJING_US) // _DAY_US
    keys, first, which = np.unique(np.stack((table[0], table[1], day)), axis=1, return_index=True, return_inverse=True)
    answers = np.zeros(keys.shape[1], np.int64)
    for place, key in enumerate(zip(*keys.tolist(), strict=True)):
        code = known.get(key)
        if code is None:
            at = moment(int(table[3, first[place]]))
            code = known[key] = code_of(all_reasons(subject_of.get(key[0]), terms_of[key[1]], rules, at))
        answers[place] = code
    return answers[which.ravel()]


def _give_leave(
    table: Ints, codes: Ints, subject_of: Mapping[int, Subject], whitelist: Mapping[Key, Sequence[WhitelistEntry]]
) -> None:
    """Allow, in place, the hits that a whitelist entry covers at their time."""
    for device in np.unique(table[0, codes != 0]).tolist():
        subject = subject_of.get(device)
        entries = [entry for key in match_keys(subject) for entry in whitelist.get(key, ())] if subject else []
        if not subject or not entries:
            continue
        rows = np.flatnonzero((table[0] == device) & (codes != 0))
        for zone in np.unique(table[2, rows]).tolist():
            own = rows[table[2, rows] == zone]
            codes[own[covers(entries, subject, zone, table[3, own])]] = 0


def by_subject(entries: Iterable[WhitelistEntry]) -> dict[Key, list[WhitelistEntry]]:
    """Whitelist entries by the key that names their subject."""
    found: dict[Key, list[WhitelistEntry]] = {}
    for entry in entries:
        found.setdefault(entry.subject, []).append(entry)
    return found
