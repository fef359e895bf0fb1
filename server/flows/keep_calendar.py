"""The bureau says that a day is otherwise than the published holiday calendar; each change is in the audit log.

Zone hours that speak of working days and holidays are judged by these days first. A change for a past day alters no
violation: it is noted, and an officer decides.
"""

import datetime as dt

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, calendar_days
from server.store.audit import Actor
from server.store.calendar_days import CalendarDay

KINDS = ("workday", "rest", "holiday")
EARLIEST = dt.date(2015, 1, 1)
LATEST = dt.date(2100, 12, 31)


def keep_day(connection: Connection, actor: Actor, day: dt.date | None, kind: str, note: str) -> None:
    """Add or change the exception of a day. Raises Refused."""
    faults = []
    if day is None or not EARLIEST <= day <= LATEST:
        faults.append(Fault("day", "请填写 2015 年以后的日期，如 2027-02-14", "Give a date after 2015, as 2027-02-14"))
    if kind not in KINDS:
        faults.append(
            Fault("kind", "请选择工作日、休息日或节假日", "Choose working day, day of rest or public holiday")
        )
    if not note.strip():
        faults.append(
            Fault("note", "请填写依据（通知名称或文号）", "Say what it rests on (title or number of the notice)")
        )
    if faults or day is None:
        raise Refused(faults)
    before = calendar_days.find_calendar_day(connection, day)
    calendar_days.put_calendar_day(connection, CalendarDay(day, kind, note.strip()))
    detail = {
        "before": None if before is None else {"kind": before.kind, "note": before.note},
        "after": {"kind": kind, "note": note.strip()},
    }
    audit.append(connection, actor, "calendar.keep", "calendar_day", day.isoformat(), detail)


def remove_day(connection: Connection, actor: Actor, day: dt.date) -> bool:
    """Let the published calendar hold for a day again; False where it did."""
    before = calendar_days.find_calendar_day(connection, day)
    if before is None:
        return False
    calendar_days.remove_calendar_day(connection, day)
    detail = {"before": {"kind": before.kind, "note": before.note}, "after": None}
    audit.append(connection, actor, "calendar.remove", "calendar_day", day.isoformat(), detail)
    return True
