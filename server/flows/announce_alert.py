"""An official alert is entered with its document, changed by a following one, lifted, or withdrawn as a mistake.

Only governments issue alerts (CODE 263, 1134): what is entered names the authority and the document. An alert is
never rewritten; gates follow from the next second on, the ledgers of its period are judged again by the review job.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from enforcement.alerts.levels import AlertLevel
from enforcement.rules.book import day_of
from server.flows.refusals import Fault, Refused
from server.store import alerts, audit, divisions
from server.store.audit import Actor
from server.store.scopes import Scope

TEXT_LEAST, TEXT_MOST, NOTE_MOST = 2, 100, 1000
REASON_LEAST, REASON_MOST = 4, 500
FURTHEST_BACK, FURTHEST_AHEAD = timedelta(days=400), timedelta(days=15)


class StaleAlert(Exception):
    """Somebody else has changed the alert; nothing was written."""


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """What the document says. Times are aware; `planned_to_at` is what was announced and ends nothing by itself."""

    level: str
    division: str
    from_at: datetime | None
    document: str
    authority: str
    issued_on: date | None
    planned_to_at: datetime | None = None
    note: str = ""


def enter(connection: Connection, actor: Actor, scope: Scope, draft: AlertDraft, now: datetime) -> int:
    """Enter an alert; its number. One of the same area that is in force is a change of level: `change`.

    Raises Refused.
    """
    faults = _faults(connection, scope, draft, now)
    if draft.from_at is not None and not faults:
        other = alerts.find_overlapping(connection, draft.division, draft.from_at)
        if other is not None:
            faults.append(_taken(other))
    if faults:
        raise Refused(faults)
    return _insert(connection, actor, draft)


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, draft: AlertDraft, now: datetime
) -> int:
    """Another level from a moment on: the alert ends there and a new one begins; the new one's number.

    Raises Refused, LookupError, StaleAlert.
    """
    row = _held(connection, scope, number, version)
    faults = [one for one in _faults(connection, scope, draft, now) if one.field != "division"]
    faults += _not_standing(row, "level")
    if draft.level == row["level"]:
        faults.append(Fault("level", "级别没有变化", "The level is the same"))
    if draft.from_at is not None and draft.from_at <= row["from_at"]:
        faults.append(_too_early("from_at", row))
    if faults or draft.from_at is None:
        raise Refused(faults)
    _end(connection, actor, row, draft.from_at, draft.document.strip(), "alert.change")
    following = AlertDraft(**{**_values_of(draft), "division": row["division"]})
    return _insert(connection, actor, following)


def lift(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, to_at: datetime | None,
    document: str, now: datetime,
) -> None:  # fmt: skip
    """Lift an alert by a document. Raises Refused, LookupError, StaleAlert."""
    row = _held(connection, scope, number, version)
    faults = [*_not_standing(row, "to_at"), *_short("document", document, TEXT_LEAST, TEXT_MOST)]
    if to_at is None:
        faults.append(Fault("to_at", "请填写解除时间", "Give the time from which it is lifted"))
    elif to_at <= row["from_at"]:
        faults.append(_too_early("to_at", row))
    elif to_at > now + FURTHEST_AHEAD:
        faults.append(Fault("to_at", "解除时间过于靠后", "The time lies too far ahead"))
    if faults or to_at is None:
        raise Refused(faults)
    _end(connection, actor, row, to_at, document.strip(), "alert.lift")


def withdraw(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str) -> None:
    """Take back an entry made by mistake; what was answered under it keeps it.

    Raises Refused, LookupError, StaleAlert.
    """
    row = _held(connection, scope, number, version)
    faults = _short("reason", reason, REASON_LEAST, REASON_MOST)
    if row["state"] != "active":
        faults.append(Fault("reason", "该预警已撤回", "It is withdrawn already"))
    if faults:
        raise Refused(faults)
    if not alerts.withdraw(connection, number, version, reason.strip(), actor.user_id):
        raise StaleAlert(number)
    audit.append(connection, actor, "alert.withdraw", "alert", number, {"reason": reason.strip()})


def _insert(connection: Connection, actor: Actor, draft: AlertDraft) -> int:
    values = {**_values_of(draft), "note": draft.note.strip() or None, "entered_by": actor.user_id}
    values |= {name: values[name].strip() for name in ("document", "authority")}
    try:
        with connection.begin_nested():
            number = alerts.insert(connection, values)
    except IntegrityError as error:  # the exclusion of two alerts of one area: somebody entered one just now
        zh, en = "该区域此时段已有预警，请刷新后核对", "The area has an alert in that time already: look again"
        raise Refused([Fault("from_at", zh, en)]) from error
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    audit.append(connection, actor, "alert.enter", "alert", number, told)
    return number


def _end(connection: Connection, actor: Actor, row: dict[str, Any], at: datetime, document: str, action: str) -> None:
    if not alerts.lift(connection, row["id"], row["version"], at, document, actor.user_id):
        raise StaleAlert(row["id"])
    audit.append(connection, actor, action, "alert", row["id"], {"to_at": at.isoformat(), "document": document})


def _values_of(draft: AlertDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in AlertDraft.__dataclass_fields__}


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = alerts.find_one(connection, scope, number, hold=True)
    if row is None or not scope.covers(row["division"]):  # a county reads the city's alert and does not touch it
        raise LookupError(number)
    if row["version"] != version:
        raise StaleAlert(number)
    return row


def _not_standing(row: dict[str, Any], field: str) -> list[Fault]:
    if row["state"] == "withdrawn":
        return [Fault(field, "该预警已撤回", "It is withdrawn")]
    if row["to_at"] is not None:
        return [Fault(field, "该预警已解除", "It is lifted already")]
    return []


def _too_early(field: str, row: dict[str, Any]) -> Fault:
    return Fault(
        field, "应晚于预警开始时间；录入有误请撤回", "It must come after the beginning; withdraw a mistaken entry"
    )


def _taken(other: dict[str, Any]) -> Fault:
    zh = f"第 {other['id']} 号预警在该区域尚未解除或时段重叠：变更级别请在该预警中办理"
    en = f"Alert {other['id']} of this area is not lifted, or overlaps: change its level there"
    return Fault("from_at", zh, en)


def _short(name: str, given: str, least: int, most: int) -> list[Fault]:
    if least <= len(given.strip()) <= most:
        return []
    return [Fault(name, f"请填写 {least} 至 {most} 字", f"Write {least} to {most} characters")]


def _faults(connection: Connection, scope: Scope, draft: AlertDraft, now: datetime) -> list[Fault]:
    faults = []
    if draft.level not in tuple(AlertLevel):
        faults.append(Fault("level", "请选择预警级别", "Choose the level"))
    if not scope.covers(draft.division) or not divisions.list_divisions(connection, draft.division or "-"):
        faults.append(Fault("division", "请选择本辖区内的区域", "Choose an area of your own"))
    faults += _short("document", draft.document, TEXT_LEAST, TEXT_MOST)
    faults += _short("authority", draft.authority, TEXT_LEAST, TEXT_MOST)
    faults += _time_faults(draft, now)
    if len(draft.note) > NOTE_MOST:
        faults.append(Fault("note", f"最多 {NOTE_MOST} 字", f"At most {NOTE_MOST} characters"))
    return faults


def _time_faults(draft: AlertDraft, now: datetime) -> list[Fault]:
    faults = []
    if draft.from_at is None:
        faults.append(Fault("from_at", "请填写开始时间", "Give the time from which it holds"))
    elif not now - FURTHEST_BACK <= draft.from_at <= now + FURTHEST_AHEAD:
        zh, en = "开始时间过早或过晚，请核对", "The beginning lies too far back or ahead: check it"
        faults.append(Fault("from_at", zh, en))
    if draft.issued_on is None:
        faults.append(Fault("issued_on", "请填写发布日期", "Give the day it was issued"))
    elif draft.issued_on > day_of(now):
        faults.append(Fault("issued_on", "发布日期不能晚于今天", "It cannot be issued after today"))
    if draft.planned_to_at is not None and draft.from_at is not None and draft.planned_to_at <= draft.from_at:
        faults.append(Fault("planned_to_at", "应晚于开始时间", "It must come after the beginning"))
    return faults
