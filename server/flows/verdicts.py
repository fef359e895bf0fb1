"""A visit judged: the verdict as it is kept with the violation, in words, rows and versions of the day.

What is kept is complete in itself: subject, zone and terminal as they were on file, the reasons in both languages,
each rule row used with its validity and certainty, so that a later change of any of them changes no record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np
import psycopg

from enforcement.rules.book import Rule
from enforcement.sentences import Sentence
from enforcement.violations.verdicts import JudgedSegment, Verdict, judge
from enforcement.visits.records import Visit
from enforcement.zones.reasons import codes_in
from server.flows.watch import Watch, subject_key
from server.store import packets
from server.store.coordinates import to_wgs84
from server.store.flagged import Lead, Violation
from server.store.reporting_terminals import ReportingTerminal
from server.store.watched import WatchedVersion
from telemetry.batch import decode_batch

DAY_US, BEIJING_US = 86_400_000_000, 28_800_000_000


def violation_of(watch: Watch, visit: Visit, terminal: ReportingTerminal, shape: Sequence[Sequence[int]]) -> Violation:
    """The violation that a visit with a forbidden part amounts to."""
    subject = watch.subject_of(terminal)
    if subject is None:
        raise LookupError(f"terminal {terminal.id} reports for nothing on file; its visits are leads")
    first = watch.versions[int(shape[0][0])]
    leave = watch.leave_of(terminal, subject)
    settings = watch.settings.of(visit.zone_id)
    verdict = judge(
        visit, subject, watch.terms, watch.rules, leave, settings, (first.name_zh, first.name_en), terminal.device
    )
    if verdict is None:
        raise ValueError(f"visit of terminal {terminal.id} in zone {visit.zone_id} has no forbidden part")
    kind, number = subject_key(terminal) or ("", 0)
    return Violation(
        terminal_id=terminal.id,
        truck_id=number if kind == "truck" else None,
        machine_id=number if kind == "machine" else None,
        enterprise_id=watch.enterprise_of(terminal),
        zone_id=visit.zone_id,
        zone_version_id=first.id,
        law=str(verdict.law),
        reason_codes=[str(reason.code) for reason in verdict.reasons],
        verdict={
            **verdict_json(verdict, watch.versions),
            "shape": [list(one) for one in shape],
            "subject": {"kind": kind, "id": number, **_plain(asdict(subject))},
            "terminal": {"id": terminal.id, "kind": terminal.kind, "device": terminal.device},
        },
    )


def verdict_json(verdict: Verdict, versions: Mapping[int, WatchedVersion]) -> dict[str, Any]:
    """A verdict as JSON: `sentence` is why, `consequence` what might follow, `segments` where and when."""
    return {
        "weight": str(verdict.weight),
        "law": str(verdict.law),
        "acted_from": verdict.acted_from.isoformat(),
        "acted_to": verdict.acted_to.isoformat(),
        "sentence": _sentence(verdict.why),
        "consequence": _sentence(verdict.consequence),
        "questions": [_sentence(one) for one in verdict.questions],
        "reasons": [_plain(asdict(reason)) for reason in verdict.reasons],
        "segments": [_segment(one, versions[one.version_id]) for one in verdict.segments],
        "rules": [_rule(rule) for rule in verdict.rules],
        "proposals": [
            {"offence": str(one.offence), "amount_cny": one.amount_cny, "law": str(one.law), "rule": one.rule.key}
            for one in verdict.proposals
        ],
    }


def _segment(one: JudgedSegment, version: WatchedVersion) -> dict[str, Any]:
    return {
        "version_id": one.version_id,
        "version": version.number,
        "zone": {"code": version.code, "zh": version.name_zh, "en": version.name_en},
        "terms": version.terms,
        "first_at": one.first_at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "fixes": one.inside_fixes,
        "reasons": [str(reason.code) for reason in one.reasons],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {"key": rule.key, **_plain(asdict(rule))}


def _sentence(one: Sentence) -> dict[str, str]:
    return {"code": one.code, "zh": one.zh, "en": one.en}


def _plain(value: Any) -> Any:
    """Values that json can write: enums by value, days and moments in ISO 8601."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value


def stranger_lead(visit: Visit, terminal: ReportingTerminal, place: tuple[float, float]) -> Lead:
    """A terminal on file that reports for no truck or machine, in a zone: whose is it?"""
    codes = sorted({str(code) for one in visit.segments for code in codes_in(one.code)})
    return Lead(
        "unregistered_subject",
        f"{terminal.id}:{visit.zone_id}:{visit.first_us}",
        terminal.id,
        visit.zone_id,
        terminal.device,
        visit.first_us,
        visit.last_us,
        place[0],
        place[1],
        {"kind": terminal.kind, "fixes": visit.inside_fixes, "reasons": codes},
    )


def unknown_device_lead(kind: str, device: str, zone_id: int, at_us: int, place: tuple[float, float]) -> Lead:
    """A device that is on no file at all says it is in a zone: one lead a device, zone and day of Beijing."""
    day = (at_us + BEIJING_US) // DAY_US
    return Lead(
        "unknown_device",
        f"{kind}/{device}:{zone_id}:{day}",
        None,
        zone_id,
        device,
        at_us,
        at_us,
        *place,
        {"kind": kind},
    )


def places_of(
    connection: psycopg.Connection, wanted: Sequence[tuple[ReportingTerminal, int]]
) -> list[tuple[float, float]]:
    """Where terminals were at the moment of one of their fixes, from the stored packets: lon, lat in WGS-84."""
    places: dict[tuple[int, int], tuple[float, float]] = {}
    terminals = {terminal.id: terminal for terminal, _ in wanted}
    rows = packets.raw_at(connection, [(terminal.id, at_us) for terminal, at_us in wanted])
    for kind in sorted({one.kind for one in terminals.values()}):
        own = [row for row in rows if terminals[row[0]].kind == kind]
        if own:
            places.update(_places(own, terminals, kind))
    return [places[terminal.id, at_us] for terminal, at_us in wanted]


def _places(
    rows: Sequence[tuple[int, bytes]], terminals: Mapping[int, ReportingTerminal], kind: str
) -> dict[tuple[int, int], tuple[float, float]]:
    owners = [terminals[number] for number, _ in rows]
    decoded = decode_batch(kind, [raw for _, raw in rows], [one.layout for one in owners])
    columns = decoded.columns
    to_wgs84(columns, decoded.packet_flags, np.array([one.coordinates for one in owners]))
    usable = np.flatnonzero(columns["fix_valid"] & np.isfinite(columns["lon"]) & np.isfinite(columns["lat"]))
    names = np.array([one.id for one in owners])[columns["packet"][usable]].tolist()
    keys = zip(names, columns["at_us"][usable].tolist(), strict=True)
    values = zip(columns["lon"][usable].tolist(), columns["lat"][usable].tolist(), strict=True)
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, value)  # of two packets about one second the first received counts
    return found
