"""What a worker judges with: zones, terms, registry, whitelist and calendar, held in memory and kept fresh.

The database says at commit which table changed (channel `watch`, migration 0005); `refresh` reads that part again
before the next batch. What is asked most, whether this subject may be under these terms on this day, is answered once
and remembered until one of them changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import psycopg
from numpy.typing import NDArray
from shapely import STRtree

from enforcement.registry.records import match_keys
from enforcement.registry.subjects import Subject
from enforcement.rules.book import RuleBook, moment
from enforcement.rules.calendar import Calendar, DayKind
from enforcement.violations.hit_codes import Known, by_subject, hit_codes
from enforcement.visits.records import SettingsByZone
from enforcement.zones.terms import Purpose, ZoneTerms, default_settings
from enforcement.zones.terms_json import ZoneTermsFault, from_json
from enforcement.zones.whitelist import WhitelistEntry
from geo.zones import ZoneIndex, ZoneVersion, index_zones
from server.flows.rule_book import current_for_worker
from server.store import counts, reporting_terminals, subjects, watched
from server.store.reporting_terminals import ReportingTerminal
from server.store.watched import WatchedVersion

Ints = NDArray[np.int64]
Table = tuple[Ints, Ints]
Key = tuple[str, int]  # ("truck" | "machine", number in the register)
LONGEST_REACH_M = 500.0
EARLIEST_DEFAULTS_US = 1_755_000_000_000_000  # the rule book knows no minimums for zones of long ago
MOST_REMEMBERED = 500_000  # answers and unknown names kept between batches; beyond it they are asked for again
CALENDAR_WORDS = {"workday": DayKind.WORKDAY, "rest": DayKind.REST_DAY, "holiday": DayKind.HOLIDAY}


def subject_key(terminal: ReportingTerminal) -> Key | None:
    """Which truck or machine a terminal reports for."""
    if terminal.truck_id is not None:
        return "truck", terminal.truck_id
    return ("machine", terminal.machine_id) if terminal.machine_id is not None else None


class Watch:
    """The memory of one worker; every method that reads the database takes its connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.rules: RuleBook = current_for_worker(connection)
        self.terminals: dict[tuple[str, str], ReportingTerminal] = {}
        self.unknown: set[tuple[str, str]] = set()
        self.subjects: dict[Key, Subject | None] = {}
        self.enterprises: dict[Key, int | None] = {}
        self._codes: dict[Known, int] = {}
        self.settings = SettingsByZone()
        watched.listen(connection)
        self._load_zones(connection)
        self._load_leave(connection)

    def refresh(self, connection: psycopg.Connection) -> None:
        """Read again what changed since the last batch."""
        changed = watched.changed_tables(connection)
        if "rule_rows" in changed:
            self.rules = current_for_worker(connection)
            self._load_zones(connection)  # their minimums may rest on a rule
        if changed & {"zones", "zone_versions"}:
            self._load_zones(connection)
        if changed & {"whitelist_entries", "whitelist_suspensions", "calendar_days"}:
            self._load_leave(connection)
        if changed & {"terminals", "trucks", "machines"}:
            self.terminals.clear()
            self.unknown.clear()
            self.subjects.clear()
            self.enterprises.clear()
        if changed or len(self._codes) > MOST_REMEMBERED:
            self._codes.clear()
        if len(self.unknown) > MOST_REMEMBERED:
            self.unknown.clear()

    def forget_terminals(self) -> None:
        """Read the terminals again when they are next asked for: a transaction that learned of them was undone."""
        self.terminals.clear()
        self.unknown.clear()

    def _load_zones(self, connection: psycopg.Connection) -> None:
        self.versions: dict[int, WatchedVersion] = {}
        self.sites: list[int] = []
        self.site_zones: set[int] = set()
        self.terms: dict[int, ZoneTerms] = {}
        for one in watched.zone_versions(connection):
            try:
                self.terms[one.id] = from_json(one.terms)
                self.versions[one.id] = one
                if one.is_site:
                    self.sites.append(one.id)
                    self.site_zones.add(one.zone_id)
            except ZoneTermsFault as fault:  # one zone is not watched; the alarm says which and why
                detail = {"zone": one.code, "version": one.number, "fault": str(fault)[:300]}
                counts.raise_alarm(connection, "unreadable_zone", detail)
        by_edge: dict[float, list[ZoneVersion]] = {}
        for one in self.versions.values():
            version = ZoneVersion(one.id, one.zone_id, one.geometry, one.valid_from_us, one.valid_to_us)
            by_edge.setdefault(self.terms[one.id].edge_accuracy_m, []).append(version)
        self.indexes: list[tuple[float, ZoneIndex]] = [
            (edge_m, index_zones(versions, LONGEST_REACH_M)) for edge_m, versions in sorted(by_edge.items())
        ]
        self.tree = STRtree([one.geometry for one in self.versions.values()])
        self.tree_versions = np.array(list(self.versions), np.int64)
        newest = {one.zone_id: one.id for one in sorted(self.versions.values(), key=lambda one: one.valid_from_us)}
        zones = {zone_id: self.terms[version].visit_settings for zone_id, version in newest.items()}
        now = moment(max((one.valid_from_us for one in self.versions.values()), default=0))
        now = max(now, moment(EARLIEST_DEFAULTS_US))
        self.settings = SettingsByZone(default_settings(self.rules, now), zones)

    def holds(self, version_id: int, at_us: int) -> bool:
        """Whether a zone version was in force at a moment."""
        one = self.versions[version_id]
        return one.valid_from_us <= at_us and (one.valid_to_us is None or at_us < one.valid_to_us)

    def _load_leave(self, connection: psycopg.Connection) -> None:
        overrides = {day: CALENDAR_WORDS[kind] for day, kind in watched.calendar(connection).items()}
        self.calendar = Calendar(overrides)
        self._leave: dict[Key, list[watched.WatchedEntry]] = {}
        for entry in watched.whitelist(connection):
            key = ("truck", entry.truck_id) if entry.truck_id is not None else ("machine", entry.machine_id or 0)
            self._leave.setdefault(key, []).append(entry)

    def find_terminals(
        self, connection: psycopg.Connection, names: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], ReportingTerminal]:
        """The terminals on file of these (kind, device) names."""
        missing = [name for name in names if name not in self.terminals and name not in self.unknown]
        for kind in {name[0] for name in missing}:
            devices = [name[1] for name in missing if name[0] == kind]
            found = reporting_terminals.find(connection, kind, devices)
            self._remember(connection, found)
            known = {one.device for one in found}
            left = [device for device in devices if device not in known]
            if kind == "jt808" and left:
                padded = reporting_terminals.find_phones(connection, left)
                self._remember(connection, list(padded.values()))
                self.terminals.update({(kind, name): one for name, one in padded.items()})
                left = [device for device in left if device not in padded]
            self.unknown.update((kind, device) for device in left)
        return self.terminals

    def terminals_by_id(self, connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, ReportingTerminal]:
        """Terminals by their number, with their subjects read."""
        found = reporting_terminals.by_ids(connection, ids)
        self._remember(connection, found)
        return {one.id: one for one in found}

    def _remember(self, connection: psycopg.Connection, found: Sequence[ReportingTerminal]) -> None:
        self.terminals.update({(one.kind, one.device): one for one in found})
        keys = {key for one in found if (key := subject_key(one)) is not None and key not in self.subjects}
        trucks = subjects.find_trucks(connection, [number for kind, number in keys if kind == "truck"])
        machines = subjects.find_machines(connection, [number for kind, number in keys if kind == "machine"])
        for kind, rows in (("truck", trucks), ("machine", machines)):
            self.subjects.update({(kind, number): one.subject for number, one in rows.items()})
            self.enterprises.update({(kind, number): one.enterprise_id for number, one in rows.items()})

    def learn_layouts(self, layouts: Mapping[tuple[str, str], str]) -> None:
        """What `reporting_terminals.learn_layouts` wrote, in memory."""
        for name, layout in layouts.items():
            self.terminals[name] = replace(self.terminals[name], layout=layout)

    def subject_of(self, terminal: ReportingTerminal) -> Subject | None:
        """The truck or machine a terminal reports for."""
        key = subject_key(terminal)
        return self.subjects.get(key) if key else None

    def enterprise_of(self, terminal: ReportingTerminal) -> int | None:
        """The enterprise that holds a terminal's truck or machine, else the one the terminal itself is listed under."""
        key = subject_key(terminal)
        return (self.enterprises.get(key) if key else None) or terminal.enterprise_id

    def leave_of(self, terminal: ReportingTerminal, subject: Subject) -> list[WhitelistEntry]:
        """The whitelist entries of a terminal's subject."""
        key = subject_key(terminal)
        own = match_keys(subject)[0]
        return [
            WhitelistEntry(
                own,
                one.zone_id,
                Purpose(one.purpose),
                round(one.valid_from.timestamp() * 1e6),
                round(one.valid_to.timestamp() * 1e6),
                one.approver,
                one.document,
                one.id,
            )
            for one in (self._leave.get(key, []) if key else [])
        ]

    def codes(self, terminal: Ints, terminals: Mapping[int, ReportingTerminal], hits: Table, at_us: Ints) -> Ints:
        """The verdict of each hit as `enforcement.zones.reasons.code_of` numbers it, 0 = allowed.

        `hits` = zone, version. The boundary of a site forbids nobody, whatever is amiss with a subject's record.
        """
        zone, version = hits
        present = np.unique(terminal).tolist()
        subject_of = {name: one for name in present if (one := self.subject_of(terminals[name])) is not None}
        leave = {
            key: entries
            for name, subject in (subject_of.items() if self._leave else ())
            for key, entries in by_subject(self.leave_of(terminals[name], subject)).items()
        }
        code = hit_codes(
            terminal, zone, version, at_us, subject_of, self.terms, leave, self.rules, self.calendar, self._codes
        )
        return np.where(np.isin(version, self.sites), 0, code) if self.sites else code
