"""A repair notice: of a case that owes a repair or of a failed inspection; withdrawn with a reason."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.clocks import clock, due_on
from enforcement.cases.repairs import DONE, REPAIRS, RepairState
from enforcement.rules.book import RuleBook, day_of
from enforcement.rules.calendar import Calendar
from server.flows.case_drafts import CaseDraft, SourceRefused, draft_of
from server.flows.document_values import readings
from server.flows.refusals import Fault, Refused
from server.store import audit, case_sources, repairs
from server.store.audit import Actor
from server.store.users import Account

REASON_LEAST, REASON_MOST = 4, 500


def last_day(rules: RuleBook, calendar: Calendar, division: str, at: datetime) -> tuple[date, str]:
    """The last day for a passed re-test of a notice of this moment, and the key of the rule row."""
    of = clock(rules, "repair", at, division)
    return due_on(calendar, day_of(at), of), of.rule.key


def notice_of_case(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case: Mapping[str, Any],
    at: datetime,
) -> tuple[int, str]:
    """The open notice of a locked case, or a new one: its id and number."""
    there = repairs.open_of_case(connection, case["id"])
    if there is not None:
        return there["id"], there["number"]
    values = {name: case[name] for name in ("truck_id", "machine_id", "subject_text", "enterprise_id", "division")}
    row = {**values, "case_id": case["id"], "inspection_id": None, "failed_items": _failed(case["facts"])}
    return _insert(connection, actor, account, rules, calendar, row, at)


def notice_of_inspection(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    inspection_id: int,
    at: datetime,
) -> tuple[int, str]:
    """A notice for a failed inspection that no case took up. Raises LookupError outside the scope, Refused."""
    try:
        found = draft_of(connection, account.scope, [("inspection", inspection_id)])
    except SourceRefused as refused:
        raise Refused([Fault("inspection", refused.zh, refused.en)]) from refused
    faults = _inspection_faults(connection, inspection_id)
    if faults:
        raise Refused(faults)
    return _insert(connection, actor, account, rules, calendar, _row_of(found, inspection_id), at)


def notice_handed_out(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    inspection: Mapping[str, Any],
    number: str,
) -> tuple[int, Fault | None]:
    """The notice that was handed out with an inspection under a reserved number: its id.

    The paper is out, so it is always on file; where the inspection carries no notice it is withdrawn at once, and the
    fault says why.
    """
    owner = {name: inspection[name] for name in ("truck_id", "machine_id", "subject_text", "enterprise_id", "division")}
    row = {**owner, "case_id": None, "inspection_id": inspection["id"], "failed_items": []}
    why: Fault | None = None
    try:
        row = _row_of(draft_of(connection, account.scope, [("inspection", inspection["id"])]), inspection["id"])
        why = next(iter(_inspection_faults(connection, inspection["id"])), None)
    except SourceRefused:
        why = _carries_none(inspection)
    reason = f"现场已交付的通知不成立：{why.zh}" if why else None
    at = inspection["inspected_at"]
    return _insert(connection, actor, account, rules, calendar, row, at, number, reason)[0], why


def _carries_none(inspection: Mapping[str, Any]) -> Fault:
    number = inspection["number"]
    if inspection["outcome"] != "failed":
        zh = f"平台未判定检查{number}不合格，不产生维修义务。"
        return Fault(
            "inspection", zh, f"Inspection {number} did not fail by the platform's verdict: no repair is owed."
        )
    zh = f"检查{number}仅为筛查（人员、仪器等要件不全），不能作为维修通知的依据，请重新检测。"
    en = f"Inspection {number} is a screening (officers or instruments were not in order): measure again."
    return Fault("inspection", zh, en)


def _inspection_faults(connection: Connection, inspection_id: int) -> list[Fault]:
    case = case_sources.case_of(connection, "inspection", inspection_id)
    there = repairs.of_inspection(connection, inspection_id)
    faults = []
    if case is not None:
        zh = f"该检查已立案（{case['number']}），请在案件中制作维修告知书。"
        faults.append(
            Fault("inspection", zh, f"The inspection is in case {case['number']}: issue the notice of the case.")
        )
    if there is not None:
        zh = f"该检查已有维修通知{there['number']}。"
        faults.append(Fault("inspection", zh, f"It has the repair notice {there['number']} already."))
    return faults


def _row_of(found: CaseDraft, inspection_id: int) -> dict[str, Any]:
    return {
        "case_id": None, "inspection_id": inspection_id, "truck_id": found.truck_id, "machine_id": found.machine_id,
        "subject_text": found.subject_text, "enterprise_id": found.party.enterprise_id, "division": found.division,
        "failed_items": _failed(found.facts),
    }  # fmt: skip


def _failed(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = readings(facts)
    return [row for row in rows if row["judged"] == "超标"] or rows


def _insert(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    row: Mapping[str, Any],
    at: datetime,
    handed_out: str | None = None,
    withdrawn: str | None = None,
) -> tuple[int, str]:
    due, rule_key = last_day(rules, calendar, row["division"], at)
    values = {
        **row, **repairs.identity_of(connection, row["truck_id"], row["machine_id"]), "issued_on": day_of(at),
        "due_on": due, "rule_key": rule_key, "organisation_id": account.organisation_id,
        "created_by": account.id, "created_at": at,
    }  # fmt: skip
    number, text = repairs.insert(connection, values, handed_out, withdrawn)
    detail = {"number": text, "due_on": due, "case_id": row["case_id"], "inspection_id": row["inspection_id"]}
    audit.append(connection, actor, "repair.notice", "repair_notice", number, detail)
    if withdrawn:
        told = {"number": text, "reason": withdrawn}
        audit.append(connection, actor, "repair.withdraw", "repair_notice", number, told)
    return number, text


def withdraw(connection: Connection, actor: Actor, account: Account, number: int, version: int, reason: str) -> None:
    """Take back a notice without a case; one of a case ends with the step of the case. Raises LookupError, Refused."""
    if repairs.find_one(connection, account.scope, number) is None:
        raise LookupError(number)
    notice = repairs.lock(connection, number) or {}
    faults = [*stale(notice, version)]
    if notice["case_id"] is not None:
        zh, en = (
            "该通知属于案件，请在案件页办理“无需维修”。",
            'The notice is a case\'s: take the step "No repair is owed" there.',
        )
        faults.append(Fault("state", zh, en))
    if notice["state"] in DONE:
        faults.append(Fault("state", "该通知已办结", "The notice is closed already"))
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        zh, en = (
            f"请填写理由（{REASON_LEAST}至{REASON_MOST}字）",
            f"Give the reason, {REASON_LEAST} to {REASON_MOST} characters",
        )
        faults.append(Fault("reason", zh, en))
    if faults:
        raise Refused(faults)
    repairs.move(connection, number, RepairState.WITHDRAWN, True, reason.strip())
    detail = {"number": notice["number"], "reason": reason.strip()}
    audit.append(connection, actor, "repair.withdraw", "repair_notice", number, detail)


def stale(row: Mapping[str, Any], version: int) -> list[Fault]:
    """A fault where somebody changed the row after the page was drawn."""
    if row["version"] == version:
        return []
    return [Fault("version", "页面打开后记录已被更改，请核对后重试", "The record was changed meanwhile: look again")]


def target(state: str, action: str) -> RepairState | None:
    """Where a step of the loop leads from a state; None where it does not (the table: enforcement/cases/repairs.py)."""
    found = [row for row in REPAIRS if row.action == action and state in row.sources]
    return RepairState(found[0].target) if found else None
