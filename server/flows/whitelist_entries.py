"""Whitelist entries are asked for: by an enterprise's account, by the bureau for somebody, or by the rows of a file.

What becomes of a request is in whitelist_way.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from enforcement.alerts.levels import AlertLevel
from enforcement.imports.rows import HEADER_ROW
from enforcement.rules.book import moment
from enforcement.zones.whitelist import WhitelistEntry, parse_whitelist
from server.documents.sheets import Sheet
from server.flows.refusals import Fault, Refused
from server.store import audit, whitelist, whitelist_steps, zones
from server.store.audit import Actor
from server.store.whitelist import NewEntry

LONGEST = dt.timedelta(days=5 * 366)


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
    if entry.level_to is not None and entry.level_to not in set(AlertLevel):
        yield Fault("level_to", "请选择预警级别", "Choose a level of alert")
    if entry.gates_only and entry.zone_id is not None:
        yield Fault("zone", "仅用于门禁的申请不选区域", "What is for gates only names no zone")
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
    whitelist_steps.add_step(connection, entry_id, "applied", actor.user_id, actor.username, entry.note or "")
    audit.append(connection, actor, "whitelist.request", "whitelist", entry_id, asdict(entry))
    return entry_id


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
