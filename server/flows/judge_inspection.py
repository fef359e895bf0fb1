"""An inspection put together and judged, before anything is written: the preview and the record use this one way.

Subject from the register, zone versions in force at the point at that time, instruments as they stood, then the
rules of the day (enforcement.inspections.conclusions.conclude).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from enforcement.inspections import conclusions as rules_of_inspections
from enforcement.inspections.conclusions import Conclusion, Inspection, InspectionFault, conclude
from enforcement.inspections.instruments import Standing
from enforcement.inspections.standing import standing_of
from enforcement.inspections.zones import strictest_class
from enforcement.json_records import plain
from enforcement.measurements import Method, Outcome
from enforcement.rules.book import RuleBook, RuleMissing
from enforcement.rules.penalties import Offence
from enforcement.zones import terms_json
from enforcement.zones.terms import ZoneTerms, in_hours
from server.flows import inspection_subjects, remote_history
from server.flows.inspection_subjects import InspectedSubject, SubjectGiven
from server.flows.inspection_verdicts import remote_json, verdict_json
from server.flows.refusals import Fault, Refused
from server.flows.used_instruments import used_json
from server.store import calendar_days, inspection_places
from server.store.scopes import Scope

MINUTE = timedelta(minutes=1)
SINGLE = "single_record"  # why one record of remote sensing is a screening; a chain of them is not
_PLACE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class InspectionDraft:
    """An inspection as somebody sends it: `record` is enforcement.inspections.records as JSON without the instruments.

    `lon`, `lat` in WGS-84; `division` counts where no boundary holds the point.
    """

    record: Mapping[str, Any]
    subject: SubjectGiven
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    division: str = ""
    instrument_ids: tuple[int, ...] = ()
    retest_of: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What will be written: the columns, and the conclusion for whoever wants it in full."""

    row: dict[str, Any]
    conclusion: Conclusion
    inspection: Inspection
    subject: InspectedSubject


def judge(
    connection: Connection,
    scope: Scope,
    rules: RuleBook,
    draft: InspectionDraft,
    now: datetime,
    number: str = "",
    correcting: int | None = None,
) -> Judged:
    """Read and judge a draft. Raises Refused with every fault that could be found."""
    inspection = _read(connection, scope, rules, draft, now)
    subject = inspection_subjects.find(connection, draft.subject)
    division = _division(connection, scope, draft)
    zones, terms = _zones(connection, draft, inspection.at)
    try:
        conclusion = conclude(rules, inspection, subject.measured, terms, division)
    except RuleMissing as missing:
        zh, en = "该日期早于规则库的起始日期", f"No rule was in force that day: {missing}"
        raise Refused([Fault("at", zh, en)]) from missing
    smoke_class = strictest_class(subject.measured, terms)
    verdict = verdict_json(conclusion, zones, subject.facts, str(smoke_class) if smoke_class else None)
    conclusion, verdict = _with_history(
        connection, rules, inspection, subject, (conclusion, verdict), division, number, correcting
    )
    return Judged(
        _row(draft, inspection, subject, division, zones, conclusion, verdict), conclusion, inspection, subject
    )


def _read(connection: Connection, scope: Scope, rules: RuleBook, draft: InspectionDraft, now: datetime) -> Inspection:
    faults: list[Fault] = list(_place_faults(draft))
    used, instrument_faults = used_json(connection, scope, draft.instrument_ids, draft.record.get("at"))
    faults += instrument_faults
    record = {**draft.record, **({"instruments": used} if used or "instruments" not in draft.record else {})}
    try:
        inspection = rules_of_inspections.from_json(record)
    except InspectionFault as fault:
        faults += [Fault(form_name(one.field), one.zh, one.en) for one in fault.faults]
        raise Refused(faults) from fault
    if inspection.at > now + MINUTE:
        faults.append(Fault("at", "检查时间在将来，请核对", "The time lies in the future: check it"))
    if faults:
        raise Refused(faults)
    return inspection


def content_of(draft: InspectionDraft) -> dict[str, Any]:
    """What a draft says, without instruments, as it would be kept. Raises Refused."""
    try:
        return dict(plain(rules_of_inspections.from_json({**draft.record, "instruments": []})))
    except InspectionFault as fault:
        raise Refused([Fault(form_name(one.field), one.zh, one.en) for one in fault.faults]) from fault


def form_name(path: str) -> str:
    """The place of a fault as a form names its field: methods.free_acceleration.peaks[1] -> ....peaks.1."""
    return _PLACE.sub(r".\1", path)


def _place_faults(draft: InspectionDraft) -> Sequence[Fault]:
    faults = []
    for name, value, most in (("lon", draft.lon, 180), ("lat", draft.lat, 90)):
        if value is not None and not -most <= value <= most:
            faults.append(Fault(name, f"应为 -{most} 至 {most} 度", f"Degrees from -{most} to {most}"))
    if (draft.lon is None) != (draft.lat is None):
        faults.append(Fault("lon", "经度与纬度应同时填写", "Give both longitude and latitude"))
    if len(draft.place) > 200:
        faults.append(Fault("place", "最多 200 字", "At most 200 characters"))
    return faults


def _zones(
    connection: Connection, draft: InspectionDraft, at: datetime
) -> tuple[list[dict[str, Any]], list[ZoneTerms]]:
    """The zone versions at the point whose terms hold at that hour, and the terms."""
    if draft.lon is None or draft.lat is None:
        return [], []
    found = inspection_places.zones_at(connection, draft.lon, draft.lat, at)
    read = [(zone, terms_json.from_json(zone["terms"])) for zone in found]
    if any(terms.windows for _, terms in read):
        calendar, moment = calendar_days.load_calendar(connection), np.array([round(at.timestamp() * 1e6)], np.int64)
        read = [(zone, terms) for zone, terms in read if in_hours(terms, moment, calendar)[0]]
    return [zone for zone, _ in read], [terms for _, terms in read]


def _division(connection: Connection, scope: Scope, draft: InspectionDraft) -> str:
    found = None
    if draft.lon is not None and draft.lat is not None:
        found = inspection_places.division_at(connection, draft.lon, draft.lat)
    division = found or draft.division
    if not division or not scope.covers(division):
        zh = "该地点不在您单位的管辖范围，请核对坐标（WGS-84）"
        raise Refused([Fault("lon", zh, "The place lies outside your area: check the coordinates (WGS-84)")])
    return division


def _with_history(
    connection: Connection,
    rules: RuleBook,
    inspection: Inspection,
    subject: InspectedSubject,
    found: tuple[Conclusion, dict[str, Any]],
    division: str,
    number: str,
    correcting: int | None,
) -> tuple[Conclusion, dict[str, Any]]:
    """A record of remote sensing with what it makes of the truck's history: the second hit in a row fails the truck."""
    conclusion, verdict = found
    if Method.REMOTE_SENSING not in inspection.methods or subject.truck_id is None:
        return found
    one = next(item for item in verdict["judgements"] if item["method"] == Method.REMOTE_SENSING)
    record = remote_history.record_of(one, inspection.at, number)
    history = remote_history.of_truck(
        connection, rules, subject.truck_id, inspection.at, division, [record], correcting
    )
    verdict = {**verdict, "remote": remote_json(history) if history else None}
    if not remote_history.completes_chain(history, number) or conclusion.outcome is not Outcome.FAILED:
        return conclusion, verdict
    _, lacking, _ = standing_of(rules, inspection, division)
    standing = Standing.LEGAL if all(one.code == SINGLE for one in lacking) else Standing.SCREENING
    offences = tuple(dict.fromkeys((*conclusion.offences, Offence.FAILED_INSPECTION)))
    conclusion = replace(conclusion, standing=standing, offences=offences)
    return conclusion, {**verdict, "standing": str(standing), "offences": [str(one) for one in offences]}


def _row(
    draft: InspectionDraft,
    inspection: Inspection,
    subject: InspectedSubject,
    division: str,
    zones: Sequence[Mapping[str, Any]],
    conclusion: Conclusion,
    verdict: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "kind": str(inspection.kind),
        "truck_id": subject.truck_id,
        "machine_id": subject.machine_id,
        "subject_text": subject.text,
        "enterprise_id": subject.enterprise_id,
        "inspected_at": inspection.at,
        "lon": draft.lon,
        "lat": draft.lat,
        "place": draft.place or None,
        "division": division,
        "zone_version_ids": [zone["version_id"] for zone in zones],
        "methods": [str(method) for method in inspection.methods],
        "content": plain(inspection),
        "verdict": verdict,
        "outcome": str(conclusion.outcome),
        "standing": str(conclusion.standing),
        "offences": [str(one) for one in conclusion.offences],
        "law": str(conclusion.law),
    }
