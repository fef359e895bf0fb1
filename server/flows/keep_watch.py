"""The watch list is kept by officers: put on it with a reason, changed, taken off with a reason; each is audited.

One active entry per subject and reason at a time. Reasons that follow from records are not kept here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.watch_reasons import ENTERED, WatchReason
from enforcement.rules.book import day_of
from server.flows import inspection_subjects
from server.flows.inspection_subjects import InspectedSubject, SubjectGiven
from server.flows.refusals import Fault, Refused
from server.store import audit, watch_entries
from server.store.audit import Actor
from server.store.scopes import Scope

NOTE_MOST, REASON_LEAST, REASON_MOST = 500, 4, 500
LONGEST_DAYS = 5 * 366


class StaleEntry(Exception):
    """Somebody else has changed the entry; nothing was written. Carries the version that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


@dataclass(frozen=True, slots=True)
class WatchDraft:
    """What is asked for; `from_on` None: from today on, `until_on` None: until it is withdrawn. Beijing days."""

    subject: SubjectGiven
    reason: str
    note: str = ""
    from_on: date | None = None
    until_on: date | None = None


def add(connection: Connection, actor: Actor, scope: Scope, division: str, draft: WatchDraft, now: datetime) -> int:
    """Put a truck or machine on the list; its number. `division`: the area where the subject has none.

    Raises Refused, and where the subject is not known twice over: as in an inspection.
    """
    first = draft.from_on or day_of(now)
    faults = _faults(draft, first, day_of(now))
    found: InspectedSubject | None = None
    try:
        found = inspection_subjects.find(connection, draft.subject)
    except Refused as refused:
        faults += refused.faults
    if found is not None and _is_truck(found) and found.truck_id is None and not draft.subject.colour:
        faults.append(Fault("colour", "请选择车牌颜色", "Choose the plate colour"))
    if faults or found is None:
        raise Refused(faults)
    known = watch_entries.identity_of(connection, found.truck_id, found.machine_id)
    values = {
        "truck_id": found.truck_id, "machine_id": found.machine_id, "subject_text": known["text"] or found.text,
        "plate_colour": (known["colour"] or draft.subject.colour) if _is_truck(found) else None,
        "reason": draft.reason, "note": draft.note.strip(), "from_on": first, "until_on": draft.until_on,
        "division": _area(scope, division, known["division"]),
        "organisation_id": actor.organisation_id, "created_by": actor.user_id,
    }  # fmt: skip
    number = _put(connection, values)
    audit.append(connection, actor, "watch.add", "watch_entry", number, _told(values))
    return number


def _put(connection: Connection, values: dict[str, Any]) -> int:
    kind = "truck" if values["plate_colour"] else "machine"
    watch_entries.lock_subject(connection, kind, values["subject_text"])
    other = watch_entries.same(connection, values)
    number = None if other is not None else watch_entries.add(connection, values)
    if number is None:
        raise Refused([_taken(other)])
    return number


def _taken(other: int | None) -> Fault:
    which = f"第 {other} 号" if other else "已有"
    return Fault(
        "reason",
        f"{which}条目以同一原因关注该对象，期限重叠：请修改或撤销该条目",
        f"Entry {other or ''} watches it for the same reason in part of that time: change or withdraw that one",
    )


def _is_truck(found: InspectedSubject) -> bool:
    return found.measured.is_truck


def _area(scope: Scope, own: str, of_subject: str | None) -> str:
    """A county watches foreign subjects as its own matter; the city as one of the subject's area."""
    return of_subject if of_subject and scope.covers(of_subject) else own


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, note: str, until_on: date | None,
    now: datetime,
) -> int:  # fmt: skip
    """Another note or last day; the new version. Raises Refused, LookupError, StaleEntry."""
    row = _held(connection, scope, number, version)
    faults = _period_faults(row["from_on"], until_on, day_of(now)) + _note_faults(row["reason"], note)
    if row["state"] != "active":
        faults.append(Fault("note", "已撤销的条目不能修改", "What was withdrawn is not changed"))
    if faults:
        raise Refused(faults)
    watch_entries.lock_subject(connection, "truck" if row["plate_colour"] else "machine", row["subject_text"])
    other = watch_entries.same(connection, {**row, "until_on": until_on}, but=number)
    if other is not None:
        raise Refused([_taken(other)._replace(field="until_on")])
    detail = {"note": note.strip(), "until_on": until_on.isoformat() if until_on else None}
    found = watch_entries.change(connection, number, note.strip(), until_on)
    audit.append(connection, actor, "watch.change", "watch_entry", number, {**detail, "version": found})
    return found


def withdraw(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str) -> None:
    """Take it off the list; it stays on file with why. Raises Refused, LookupError, StaleEntry."""
    row = _held(connection, scope, number, version)
    faults = []
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        zh = f"请写明撤销理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        faults.append(Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)"))
    if row["state"] != "active":
        faults.append(Fault("reason", "该条目已撤销", "It is withdrawn already"))
    if faults:
        raise Refused(faults)
    watch_entries.withdraw(connection, number, actor.user_id, reason.strip())
    audit.append(connection, actor, "watch.withdraw", "watch_entry", number, {"reason": reason.strip()})


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = watch_entries.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleEntry(row["version"])
    return row


def _faults(draft: WatchDraft, first: date, today: date) -> list[Fault]:
    faults = []
    if draft.reason not in ENTERED:
        faults.append(Fault("reason", "请选择关注原因", "Choose why it is watched"))
    return faults + _note_faults(draft.reason, draft.note) + _period_faults(first, draft.until_on, today)


def _note_faults(reason: str, note: str) -> list[Fault]:
    if len(note.strip()) > NOTE_MOST:
        return [Fault("note", f"最多 {NOTE_MOST} 字", f"At most {NOTE_MOST} characters")]
    if reason == WatchReason.OTHER and not note.strip():
        return [Fault("note", "原因为“其他”时请写明说明", "With the reason “other” say why in the note")]
    return []


def _period_faults(first: date, last: date | None, today: date) -> list[Fault]:
    if last is None:
        return []
    if last < first:
        return [Fault("until_on", "止日应不早于起日", "The last day must not come before the first")]
    if last < today:
        return [Fault("until_on", "止日已经过去", "The last day has passed")]
    if (last - first).days > LONGEST_DAYS:
        return [Fault("until_on", "期限不得超过五年", "A period of more than five years is not taken")]
    return []


def _told(values: dict[str, Any]) -> dict[str, Any]:
    names = ("subject_text", "plate_colour", "reason", "note", "division")
    days = {name: values[name].isoformat() if values[name] else None for name in ("from_on", "until_on")}
    return {**{name: values[name] for name in names}, **days}
