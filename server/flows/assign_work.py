"""A day's work is planned, changed, called off with a reason, closed; checks made for it name it. Each is audited.

An assignment belongs to the organisation whose people do it; that organisation alone writes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.flows.assigned_subjects import NamedSubject, resolved
from server.flows.refusals import Fault, Refused
from server.store import assignments, audit, cases, inspection_places
from server.store.audit import Actor
from server.store.scopes import Scope

KINDS = ("roadside", "on_site", "machine_spot")
TITLE_MOST, PLACE_MOST, NOTE_MOST = 100, 200, 2000
WANTED_MOST, PEOPLE_MOST = 1000, 50
AHEAD = timedelta(days=366)
REASON_LEAST, REASON_MOST = 4, 500


class StaleAssignment(Exception):
    """Somebody else has changed it; nothing was written. Carries the version that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


@dataclass(frozen=True, slots=True)
class AssignmentDraft:
    """What is planned. `day`: a Beijing day; `lon`, `lat` in WGS-84; `enterprise`: its name or credit code."""

    day: date | None
    kind: str
    title: str
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    enterprise: str = ""
    note: str = ""
    wanted: float | None = None
    people: tuple[int, ...] = ()
    subjects: tuple[NamedSubject, ...] = ()


def plan(
    connection: Connection, actor: Actor, scope: Scope, division: str, draft: AssignmentDraft, now: datetime
) -> int:
    """Plan a day's work for the actor's organisation; its number. Raises Refused."""
    values, named = _checked(connection, actor.organisation_id or 0, scope, division, draft, day_of(now), None)
    values |= {"organisation_id": actor.organisation_id, "created_by": actor.user_id}
    number = assignments.add(connection, values)
    _put(connection, number, draft, named)
    audit.append(connection, actor, "assignment.plan", "assignment", number, _told(values, draft))
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, draft: AssignmentDraft, now: datetime
) -> None:
    """Plan it anew. Raises Refused, LookupError, StaleAssignment."""
    row = _held(connection, actor, scope, number, version)
    values, named = _checked(connection, row["organisation_id"], scope, row["division"], draft, day_of(now), row["day"])
    assignments.change(connection, number, values)
    _put(connection, number, draft, named)
    audit.append(connection, actor, "assignment.change", "assignment", number, _told(values, draft))


def cancel(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str) -> None:
    """Call it off, with the reason. Raises Refused, LookupError, StaleAssignment."""
    _held(connection, actor, scope, number, version)
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        zh = f"请写明取消理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        en = f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)"
        raise Refused([Fault("reason", zh, en)])
    assignments.settle(connection, number, "cancelled", reason.strip())
    audit.append(connection, actor, "assignment.cancel", "assignment", number, {"reason": reason.strip()})


def close(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, note: str) -> None:
    """It is done; the note may say what is left. Raises Refused, LookupError, StaleAssignment."""
    row = _held(connection, actor, scope, number, version)
    if len(note.strip()) > REASON_MOST:
        raise Refused([Fault("note", f"最多 {REASON_MOST} 字", f"At most {REASON_MOST} characters")])
    assignments.settle(connection, number, "done", note.strip() or None)
    detail = {"note": note.strip(), "checks": row["done_n"], "wanted": row["wanted"]}
    audit.append(connection, actor, "assignment.close", "assignment", number, detail)


def link(connection: Connection, scope: Scope, organisation_id: int, number: int, inspection_id: int) -> None:
    """An inspection was made for an assignment of the organisation. Raises Refused."""
    row = assignments.find_one(connection, scope, number)
    if row is None or row["organisation_id"] != organisation_id or row["state"] == "cancelled":
        raise Refused([Fault("assignment", "请选择本单位的任务", "Choose an assignment of your own body")])
    assignments.link(connection, number, inspection_id)


def _held(connection: Connection, actor: Actor, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = assignments.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["organisation_id"] != actor.organisation_id:
        zh, en = "只有安排该任务的单位可以修改", "Only the body that planned it may change it"
        raise Refused([Fault("reason", zh, en)])
    if row["version"] != version:
        raise StaleAssignment(row["version"])
    if row["state"] != "planned":
        raise Refused([Fault("reason", "任务已结束或已取消", "It is closed or called off already")])
    return row


def _checked(
    connection: Connection,
    organisation_id: int,
    scope: Scope,
    division: str,
    draft: AssignmentDraft,
    today: date,
    before: date | None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    faults = [
        *_text_faults(draft),
        *_day_faults(draft.day, today, before),
        *_people_faults(connection, organisation_id, draft),
    ]
    site, fault = _site(connection, scope, draft)
    faults += [fault] if fault else []
    point, place_faults = _point(draft, site)
    faults += place_faults
    area = _area(connection, scope, point, site, division)
    if area is None:
        zh = "该地点不在您单位的管辖范围，请核对坐标（WGS-84）"
        faults.append(Fault("lon", zh, "The place lies outside your area: check the coordinates (WGS-84)"))
    named, subject_faults = resolved(connection, draft.subjects)
    faults += subject_faults
    if faults:
        raise Refused(faults)
    values = {
        "day": draft.day, "kind": draft.kind, "title": draft.title.strip(), "place": draft.place.strip(),
        "lon": point[0] if point else None, "lat": point[1] if point else None,
        "enterprise_id": site["id"] if site else None, "note": draft.note.strip(),
        "wanted": int(draft.wanted) if draft.wanted else None, "division": area,
    }  # fmt: skip
    return values, named


def _text_faults(draft: AssignmentDraft) -> list[Fault]:
    faults = []
    if draft.kind not in KINDS:
        faults.append(Fault("kind", "请选择检查种类", "Choose the kind of check"))
    if not 0 < len(draft.title.strip()) <= TITLE_MOST:
        faults.append(
            Fault("title", f"请填写（最多 {TITLE_MOST} 字）", f"Fill it in (at most {TITLE_MOST} characters)")
        )
    for name, most in (("place", PLACE_MOST), ("note", NOTE_MOST)):
        if len(getattr(draft, name)) > most:
            faults.append(Fault(name, f"最多 {most} 字", f"At most {most} characters"))
    if draft.wanted is not None and (draft.wanted != int(draft.wanted) or not 0 < draft.wanted <= WANTED_MOST):
        faults.append(Fault("wanted", f"应为 1 至 {WANTED_MOST} 的整数", f"A whole number from 1 to {WANTED_MOST}"))
    return faults


def _day_faults(day: date | None, today: date, before: date | None) -> list[Fault]:
    if day is None:
        return [Fault("day", "请填写日期，如 2026-11-25", "Give a day, like 2026-11-25")]
    if day == before or today <= day <= today + AHEAD:
        return []
    return [Fault("day", "应为今天或之后一年内", "From today on, within a year")]


def _people_faults(connection: Connection, organisation_id: int, draft: AssignmentDraft) -> list[Fault]:
    own = {row["id"] for row in cases.colleagues(connection, organisation_id)}
    if not draft.people:
        return [Fault("people", "请选择执行人员", "Choose who is to do it")]
    if len(draft.people) > PEOPLE_MOST or not set(draft.people) <= own:
        return [Fault("people", "请选择本单位的在用账号", "Choose active accounts of your own body")]
    return []


def _site(
    connection: Connection, scope: Scope, draft: AssignmentDraft
) -> tuple[Mapping[str, Any] | None, Fault | None]:
    words = draft.enterprise.strip()
    found = assignments.enterprises_named(connection, scope, words) if words else []
    if words and len(found) != 1:
        zh = "登记库中没有该企业" if not found else "有多家同名企业，请填写统一社会信用代码"
        en = "The register does not hold it" if not found else "Several bear this name: give the credit code"
        return None, Fault("enterprise", zh, en)
    return (found[0] if found else None), None


def _point(draft: AssignmentDraft, site: Mapping[str, Any] | None) -> tuple[tuple[float, float] | None, list[Fault]]:
    faults = []
    for name, value, most in (("lon", draft.lon, 180), ("lat", draft.lat, 90)):
        if value is not None and not -most <= value <= most:
            faults.append(Fault(name, f"应为 -{most} 至 {most} 度", f"Degrees from -{most} to {most}"))
    if (draft.lon is None) != (draft.lat is None):
        faults.append(Fault("lon", "经度与纬度应同时填写", "Give both longitude and latitude"))
    if draft.lon is not None and draft.lat is not None and not faults:
        return (draft.lon, draft.lat), []
    if site is not None and site["lon"] is not None and not faults:
        return (site["lon"], site["lat"]), []
    return None, faults


def _area(
    connection: Connection,
    scope: Scope,
    point: tuple[float, float] | None,
    site: Mapping[str, Any] | None,
    division: str,
) -> str | None:
    """Where it is: by the point, else by the enterprise, else the body's own area; None outside the scope."""
    found = inspection_places.division_at(connection, *point) if point else None
    area = found or (site or {}).get("division") or division
    return area if scope.covers(area) else None


def _put(connection: Connection, number: int, draft: AssignmentDraft, named: Sequence[Mapping[str, Any]]) -> None:
    assignments.put_people(connection, number, draft.people)
    assignments.put_subjects(connection, number, named)


def _told(values: Mapping[str, Any], draft: AssignmentDraft) -> dict[str, Any]:
    names = ("kind", "title", "place", "wanted", "division")
    return {
        "day": values["day"].isoformat(), **{name: values[name] for name in names},
        "people": list(draft.people), "subjects": [one.text for one in draft.subjects],
    }  # fmt: skip
