"""Whitelist entries are asked for, approved or refused by another person, and withdrawn with a reason.

An entry holds from its approval on, never before it: violations of its period that exist already are counted for the
approver and altered by nobody but an officer.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from enforcement.imports.rows import HEADER_ROW
from enforcement.rules.book import moment
from enforcement.zones.whitelist import WhitelistEntry, parse_whitelist
from server.documents.sheets import Sheet
from server.flows.refusals import Fault, Refused
from server.store import audit, whitelist, zones
from server.store.audit import Actor
from server.store.whitelist import NewEntry, WhitelistRow

LONGEST = dt.timedelta(days=5 * 366)
REASON_LEAST = 4


def entry_faults(entry: NewEntry, now: dt.datetime) -> Iterator[Fault]:
    """What is wrong with a request, field by field."""
    if (entry.truck_id is None) == (entry.machine_id is None):
        yield Fault(
            "subject",
            "请填写一个已登记的车牌或机械编号",
            "Name one registered plate or machine number",
        )
    if entry.valid_to <= entry.valid_from:
        yield Fault("valid_to", "结束时间应晚于开始时间", "The end must come after the beginning")
    elif entry.valid_to - entry.valid_from > LONGEST:
        yield Fault("valid_to", "期限不得超过五年", "A period of more than five years is not taken")
    elif entry.valid_to <= now:
        yield Fault("valid_to", "期限已经过去", "The period has already passed")
    if not (entry.document or entry.note or entry.approver):
        yield Fault("document", "请填写批准文号或说明", "Give the document or a note that it rests on")


def request_entry(connection: Connection, actor: Actor, entry: NewEntry, now: dt.datetime) -> int:
    """Keep a request; its number. Raises Refused."""
    faults = list(entry_faults(entry, now))
    if not faults:
        other = whitelist.find_overlapping(connection, entry)
        if other is not None:
            faults.append(
                Fault(
                    "valid_from",
                    f"与第 {other} 号条目重叠（同一对象、区域、用途）：请先撤销该条目或改期限",
                    f"It overlaps entry {other} (same subject, zone and purpose): withdraw that or change the period",
                )
            )
    if faults:
        raise Refused(faults)
    entry_id = whitelist.add_entry(connection, entry, actor.user_id)
    audit.append(connection, actor, "whitelist.request", "whitelist", entry_id, asdict(entry))
    return entry_id


def decide_entry(
    connection: Connection, actor: Actor, entry: WhitelistRow, approve: bool, approver: str, note: str
) -> None:
    """Approve or refuse a request that is locked. Raises Refused."""
    faults = list(_decision_faults(actor, entry, approve, approver, note))
    if faults:
        raise Refused(faults)
    state = "active" if approve else "refused"
    whitelist.settle_entry(connection, entry.id, state, actor.user_id, approver or None, note or None)
    detail = {"approver": approver, "note": note, "covered": whitelist.count_covered_violations(connection, entry.id)}
    action = "whitelist.approve" if approve else "whitelist.refuse"
    audit.append(connection, actor, action, "whitelist", entry.id, detail)


def _decision_faults(actor: Actor, entry: WhitelistRow, approve: bool, approver: str, note: str) -> Iterator[Fault]:
    if entry.state != "requested":
        yield Fault("state", "该条目已处理，请刷新页面", "This entry is settled already: reload the page")
    if actor.user_id is not None and actor.user_id == entry.created_by:
        yield Fault("state", "申请人不能审批自己的申请", "Who asked cannot approve the same entry")
    if approve and not approver.strip():
        yield Fault("approver", "请填写批准人或批准单位", "Name the person or bureau that approves")
    if not approve and len(note.strip()) < REASON_LEAST:
        yield Fault("note", "请写明不予批准的理由", "Say why it is refused")


def withdraw(connection: Connection, actor: Actor, entry: WhitelistRow, reason: str, now: dt.datetime) -> None:
    """End an active entry that is locked; acts before now stay covered. Raises Refused."""
    faults = []
    if entry.state != "active":
        faults.append(Fault("state", "只有有效条目可以撤销", "Only an active entry can be withdrawn"))
    if len(reason.strip()) < REASON_LEAST:
        faults.append(Fault("reason", "请写明撤销理由（至少四个字）", "Give the reason (four characters or more)"))
    if faults:
        raise Refused(faults)
    whitelist.withdraw_entry(connection, entry.id, now, reason.strip())
    audit.append(connection, actor, "whitelist.withdraw", "whitelist", entry.id, {"reason": reason.strip()})


def find_subject(connection: Connection, words: str, colour: str | None) -> tuple[int | None, int | None, Fault | None]:
    """A plate or a machine number as (truck_id, machine_id, fault): exactly one of the three is given."""
    plain = words.strip().upper().replace(" ", "").replace("·", "")
    trucks = whitelist.find_truck_ids(connection, plain, colour or None)
    machines = [] if trucks else whitelist.find_machine_ids(connection, plain)
    if len(trucks) + len(machines) == 1:
        return (trucks[0] if trucks else None), (machines[0] if machines else None), None
    if len(trucks) > 1:
        fault = Fault(
            "subject", f"{plain} 有多种车牌颜色，请选择颜色", f"{plain} exists in several plate colours: choose one"
        )
    elif len(machines) > 1:
        fault = Fault(
            "subject",
            f"{plain} 对应多台机械，请用登记号码",
            f"{plain} names several machines: use the registration number",
        )
    else:
        fault = Fault(
            "subject",
            f"未登记：{plain or '（空）'}。请先在台账中登记",
            f"Not registered: {plain or '(empty)'}. Register it first",
        )
    return None, None, fault


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a file that was not taken: its number, the column, why."""

    row: int
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many rows became requests, and the refused ones."""

    taken: int
    refused: tuple[RefusedRow, ...]


def import_entries(
    connection: Connection, actor: Actor, sheet: Sheet, whole_file: bool, now: dt.datetime
) -> ImportReport:
    """Take each row as a request; with `whole_file` one wrong row means that none is taken."""
    named = {name: row.id for row in zones.list_zones(connection, now) for name in (row.code, row.name_zh, row.name_en)}
    parsed = parse_whitelist(sheet.header, sheet.rows, named)
    numbers = dict(enumerate(sheet.numbers, start=HEADER_ROW + 1))
    refused = [RefusedRow(numbers.get(one.row, one.row), one.column, one.zh, one.en) for one in parsed.refused]
    taken = 0
    attempt = connection.begin_nested()
    for number, entry in parsed.good:
        try:
            request_entry(connection, actor, _request_of(connection, entry), now)
            taken += 1
        except Refused as fault:
            refused.extend(RefusedRow(numbers[number], one.field, one.zh, one.en) for one in fault.faults)
    if refused and whole_file:
        attempt.rollback()
        return ImportReport(0, tuple(sorted(refused, key=lambda one: one.row)))
    attempt.commit()
    if taken:
        detail = {"taken": taken, "refused": len(refused)}
        audit.append(connection, actor, "whitelist.import", "whitelist", "file", detail)
    return ImportReport(taken, tuple(sorted(refused, key=lambda one: one.row)))


def _request_of(connection: Connection, entry: WhitelistEntry) -> NewEntry:
    """The request a row makes. Raises Refused where the subject is not registered."""
    kind, value = entry.subject
    plate, _, colour = value.partition(" ") if kind == "plate" else (value, "", "")
    truck, machine, fault = find_subject(connection, plate, colour)
    if fault is not None:
        raise Refused([fault])
    return NewEntry(
        truck, machine, entry.zone_id, str(entry.purpose), moment(entry.valid_from_us), moment(entry.valid_to_us),
        None, entry.note or None, entry.approver or None,
    )  # fmt: skip
