"""A machine comes to a site and leaves it: recorded by the enterprise or the bureau, corrected with why."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.categories import MachineCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from server.flows.inspection_subjects import plain
from server.flows.refusals import Fault, Refused
from server.store import audit, site_stays, sites
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST, NOTE_MOST, PERSON_MOST, NUMBER_MOST = 4, 500, 500, 60, 40
EARLIEST = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
CLOCK = dt.timedelta(minutes=10)  # a clock at a gate may run ahead by so much


class StaleStay(Exception):
    """Somebody else has changed the stay; nothing was written."""


@dataclass(frozen=True, slots=True)
class StayDraft:
    """What is asked for; times aware, `left_at` None: it is still there."""

    site_id: int | None
    machine: str
    entered_at: dt.datetime | None
    left_at: dt.datetime | None = None
    category: str = ""
    stage: str = ""
    fuel: str = ""
    person: str = ""
    note: str = ""


def enter(connection: Connection, actor: Actor, scope: Scope, draft: StayDraft, now: dt.datetime) -> int:
    """A machine came; the number of its stay. Raises Refused."""
    site = sites.find_one(connection, scope, draft.site_id) if draft.site_id else None
    faults = _faults(draft, now)
    if site is None or site["state"] != "active":
        faults.append(Fault("site", "请选择在用的场地", "Choose a site that is in use"))
    if faults or site is None:
        raise Refused(faults)
    site_stays.lock(connection, site["id"])
    values = {**_values(connection, draft), "site_id": site["id"], "enterprise_id": site["enterprise_id"]}
    other = site_stays.overlapping(connection, values)
    if other is not None:
        raise Refused([_overlap(other)])
    number = site_stays.insert(connection, {**values, "recorded_by": actor.user_id})
    audit.append(connection, actor, "site_stay.enter", "site_stay", number, values)
    return number


def leave(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, at: dt.datetime | None,
    now: dt.datetime,
) -> None:  # fmt: skip
    """It left. Raises Refused, LookupError, StaleStay."""
    row = _held(connection, scope, number, version)
    faults = _time_faults(row["entered_at"], at, now)
    if at is None:
        faults.append(Fault("left_at", "请填写出场时间", "Give the time of leaving"))
    if row["left_at"] is not None:
        faults.append(Fault("left_at", "已登记出场", "It is registered as left already"))
    if faults:
        raise Refused(faults)
    _write(connection, actor, row, {**{name: row[name] for name in site_stays.WRITTEN}, "left_at": at}, "", now)
    audit.append(connection, actor, "site_stay.leave", "site_stay", number, {"left_at": at})


def correct(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, draft: StayDraft, reason: str,
    now: dt.datetime,
) -> None:  # fmt: skip
    """What was recorded was wrong; what it said stays in its history. Raises Refused, LookupError, StaleStay."""
    row = _held(connection, scope, number, version)
    faults = _faults(draft, now)
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        zh = f"请写明更正理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        faults.append(Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)"))
    if faults:
        raise Refused(faults)
    site_stays.lock(connection, row["site_id"])
    values = _values(connection, draft)
    other = site_stays.overlapping(connection, {**values, "site_id": row["site_id"]}, but=number)
    if other is not None:
        raise Refused([_overlap(other)])
    _write(connection, actor, row, values, reason.strip(), now)
    before = {name: row[name] for name in values if row[name] != values[name]}
    detail = {"before": before, "after": {name: values[name] for name in before}, "reason": reason.strip()}
    audit.append(connection, actor, "site_stay.correct", "site_stay", number, detail)


def _write(
    connection: Connection, actor: Actor, row: Mapping[str, Any], values: Mapping[str, Any], reason: str,
    now: dt.datetime,
) -> None:  # fmt: skip
    before = {name: row[name] for name in site_stays.WRITTEN}
    kept = {**before, "version": row["version"], "at": now, "by": actor.username, "reason": reason}
    site_stays.update(connection, row["id"], values, kept)


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = site_stays.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleStay(row["version"])
    return row


def _values(connection: Connection, draft: StayDraft) -> dict[str, Any]:
    number = plain(draft.machine)
    return {
        "machine_id": site_stays.machine_id_of(connection, number), "machine_text": number,
        "category": draft.category or None, "stage": draft.stage or None, "fuel": draft.fuel or None,
        "entered_at": draft.entered_at, "left_at": draft.left_at, "person": draft.person.strip() or None,
        "note": draft.note.strip() or None,
    }  # fmt: skip


def _faults(draft: StayDraft, now: dt.datetime) -> list[Fault]:
    faults = []
    if not 1 <= len(plain(draft.machine)) <= NUMBER_MOST:
        zh, en = (
            f"请填写机械编号（最长 {NUMBER_MOST} 位）",
            f"Give the machine's number, {NUMBER_MOST} characters at most",
        )
        faults.append(Fault("machine", zh, en))
    if draft.entered_at is None:
        faults.append(Fault("entered_at", "请填写进场时间", "Give the time of coming"))
    for name, value, known in (
        ("category", draft.category, MachineCategory), ("stage", draft.stage, Stage), ("fuel", draft.fuel, Fuel),
    ):  # fmt: skip
        if value and value not in [str(one) for one in known]:
            faults.append(Fault(name, "请从列表中选择", "Choose one of the list"))
    for name, most in (("person", PERSON_MOST), ("note", NOTE_MOST)):
        if len(getattr(draft, name)) > most:
            faults.append(Fault(name, f"最长 {most} 字", f"At most {most} characters"))
    return faults + _time_faults(draft.entered_at, draft.left_at, now)


def _time_faults(entered_at: dt.datetime | None, left_at: dt.datetime | None, now: dt.datetime) -> list[Fault]:
    faults = []
    if entered_at is not None and entered_at < EARLIEST:
        faults.append(Fault("entered_at", "不得早于 2010 年", "It cannot lie before 2010"))
    for name, at in (("entered_at", entered_at), ("left_at", left_at)):
        if at is not None and at > now + CLOCK:
            faults.append(Fault(name, "时间在将来，请核对", "It lies in the future: check it"))
    if entered_at is not None and left_at is not None and left_at < entered_at:
        faults.append(Fault("left_at", "出场时间不得早于进场时间", "It cannot leave before it came"))
    return faults


def _overlap(other: int) -> Fault:
    return Fault(
        "machine",
        f"该机械在此场地的第 {other} 号登记与之时间重叠：请先登记出场或更正该条",
        f"Stay {other} of this machine at this site overlaps: record its leaving or correct it first",
    )
