"""What a station does with a notice: look it up, take the vehicle in, upload its work, test again (enforcement.md 3).

A maintenance station repairs, an inspection station tests; neither may do the other's. A re-test without the record of
a finished repair is refused (`enforcement.cases.repairs.retest_refusal`). Where the notice is a case's, its repair
branch moves with it in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.repairs import DONE, RepairRecord, Retest, retest_refusal
from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from server.flows import move_case
from server.flows.case_work import Move, MoveRefused
from server.flows.refusals import Fault, Refused
from server.flows.repair_notices import stale, target
from server.store import audit, cases, repairs, stations
from server.store import repair_work as works
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.users import Account, Role

TEXT_MOST, ROWS_MOST, SHORT_MOST = 500, 100, 60
CLOCK_LEEWAY = timedelta(minutes=10)  # a station's clock may run ahead
EVERYWHERE = Scope()
Who = tuple[Connection, Actor, Account, RuleBook, Calendar]
"""What every step of a station needs first: where, who, and by which rules."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a station uploads. `items` and `parts`: name with amount; readings: name, value, unit; times aware."""

    fault_codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    parts: tuple[Mapping[str, Any], ...] = ()
    readings_before: tuple[Mapping[str, Any], ...] = ()
    readings_after: tuple[Mapping[str, Any], ...] = ()
    certificate: str = ""
    finished_at: datetime | None = None


def own_station(connection: Connection, account: Account, kind: str) -> dict[str, Any]:
    """The station in use whose account it is. Raises Refused where there is none of the kind."""
    found = stations.of_organisation(connection, account.organisation_id)
    if found is None or found["kind"] != kind or found["state"] != "active":
        zh = {"maintenance": "维修", "inspection": "检验"}[kind]
        raise Refused(
            [Fault("station", f"本账号所属单位不是在用的{zh}机构", f"Your organisation is no {kind} station in use")]
        )
    return found


def _locked(connection: Connection, number: int, version: int) -> dict[str, Any]:
    notice = repairs.lock(connection, number)
    if notice is None:
        raise LookupError(number)
    faults = stale(notice, version)
    if notice["state"] in DONE:
        faults.append(Fault("state", "该通知已办结，不能再办理", "The notice is closed: nothing more can be done"))
    if faults:
        raise Refused(faults)
    return notice


def _move(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    notice: Mapping[str, Any],
    action: str,
    at: datetime,
) -> str:
    """The next state of the notice, and of the repair branch of its case."""
    to = target(notice["state"], action)
    if to is None:
        zh, en = "该通知的状态不允许此操作，请刷新页面", "The notice is not at this step: load the page again"
        raise Refused([Fault("state", zh, en)])
    if notice["case_id"] is not None:
        _move_case(connection, actor, account, rules, calendar, notice["case_id"], action, at)
    repairs.move(connection, notice["id"], to, to in DONE)
    return str(to)


def _move_case(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case_id: int,
    action: str,
    at: datetime,
) -> None:
    case = cases.lock(connection, EVERYWHERE, case_id)  # the notice was let through; its case follows it
    if case is None:
        raise LookupError(case_id)
    asked = Move("repair", action, case["version"])
    if account.organisation_kind == "station":  # a key of the station's own system has no roles
        account = replace(account, roles=account.roles | {Role.STATION})
    try:
        move_case.take(connection, actor, account, rules, calendar, case, asked, at)
    except MoveRefused as refused:
        raise Refused([Fault("state", fault.zh, fault.en) for fault in refused.faults]) from refused


def begin(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    number: int,
    version: int,
    work_order: str,
    accepted_at: datetime | None,
    now: datetime | None = None,
) -> int:
    """A maintenance station opens its work order; the id of the work. Raises LookupError, Refused."""
    at = now or datetime.now(UTC)
    notice, station = _locked(connection, number, version), own_station(connection, account, "maintenance")
    if notice["state"] == "failed_again" and notice["case_id"] is None:
        notice = {**notice, "state": "issued"}  # without a case no second notice is written: the loop goes on
    faults = _begin_faults(connection, notice, station["id"], work_order, accepted_at, at)
    if faults or accepted_at is None:
        raise Refused(faults)
    _move(connection, actor, account, rules, calendar, notice, "begin_repair", at)
    work_id = works.begin(connection, number, station["id"], work_order.strip(), accepted_at, actor.user_id)
    detail = {"number": notice["number"], "station": station["code"], "work_order": work_order.strip()}
    audit.append(connection, actor, "repair.begin", "repair_notice", number, detail)
    return work_id


def _begin_faults(
    connection: Connection,
    notice: Mapping[str, Any],
    station_id: int,
    work_order: str,
    accepted_at: datetime | None,
    now: datetime,
) -> list[Fault]:
    faults = []
    order = work_order.strip()
    if not 1 <= len(order) <= SHORT_MOST:
        faults.append(Fault("work_order", "请填写工单号，不超过60字", "Give the number of the work order, 60 at most"))
    elif works.work_order_taken(connection, station_id, order):
        faults.append(Fault("work_order", "本机构已有该工单号", "The station has a work order of this number"))
    if accepted_at is None or accepted_at > now + CLOCK_LEEWAY:
        faults.append(Fault("accepted_at", "请填写接车时间，不得晚于现在", "Say when it was taken in, not after now"))
    elif accepted_at < notice["created_at"] - timedelta(days=1):
        zh, en = "接车时间早于通知签发", "It was taken in before the notice was issued"
        faults.append(Fault("accepted_at", zh, en))
    return faults


def put_work(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    work_id: int,
    version: int,
    work: Work,
    now: datetime | None = None,
) -> str:
    """Keep what was done; with `finished_at` the repair is over. Gives the notice's state."""
    at = now or datetime.now(UTC)
    station = own_station(connection, account, "maintenance")
    row = works.lock_repair(connection, work_id, station["id"])
    if row is None:
        raise LookupError(work_id)
    faults = [*stale(row, version), *work_faults(work)]
    if row["finished_at"] is not None:
        faults.append(Fault("state", "维修已完成，记录不能更改", "The repair is finished: its record stands"))
    if work.finished_at is not None:
        faults += _finish_faults(row, work, at)
    if faults:
        raise Refused(faults)
    works.put_work(connection, work_id, _values(work))
    notice = repairs.lock(connection, row["notice_id"]) or {}
    detail = {"work_order": row["work_order"], "items": len(work.items), "parts": len(work.parts)}
    state = str(notice["state"])
    if work.finished_at is not None:
        state = _move(connection, actor, account, rules, calendar, notice, "finish_repair", at)
        detail |= {"finished_at": work.finished_at.isoformat(), "certificate": work.certificate}
    action = "repair.finish" if work.finished_at else "repair.record"
    audit.append(connection, actor, action, "repair_notice", notice["id"], detail)
    return state


def _values(work: Work) -> dict[str, Any]:
    return {
        "fault_codes": list(work.fault_codes), "items": list(work.items), "parts": [dict(one) for one in work.parts],
        "readings_before": {"rows": [dict(one) for one in work.readings_before]},
        "readings_after": {"rows": [dict(one) for one in work.readings_after]},
        "certificate": work.certificate.strip() or None, "finished_at": work.finished_at,
    }  # fmt: skip


def work_faults(work: Work) -> list[Fault]:
    """What is too long or not whole, field by field."""
    faults = []
    for name in ("fault_codes", "items", "parts", "readings_before", "readings_after"):
        rows = getattr(work, name)
        if len(rows) > ROWS_MOST:
            faults.append(Fault(name, f"最多{ROWS_MOST}行", f"At most {ROWS_MOST} lines"))
        elif any(len(str(text)) > TEXT_MOST for row in rows for text in _texts(row)):
            faults.append(Fault(name, f"每项不超过{TEXT_MOST}字", f"At most {TEXT_MOST} characters each"))
    for name in ("readings_before", "readings_after"):
        if any(not isinstance(row.get("value"), int | float) for row in getattr(work, name)):
            zh, en = "每行写“项目 数值 单位”，如：烟度 1.10 m⁻¹", "Each line is: item, value, unit, as: smoke 1.10 m⁻¹"
            faults.append(Fault(name, zh, en))
    if len(work.certificate) > SHORT_MOST:
        faults.append(Fault("certificate", f"不超过{SHORT_MOST}字", f"At most {SHORT_MOST} characters"))
    return faults


def _texts(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, Mapping) else [row]


def _finish_faults(row: Mapping[str, Any], work: Work, now: datetime) -> list[Fault]:
    faults, finished = [], work.finished_at
    if finished is None or not row["accepted_at"] <= finished <= now + CLOCK_LEEWAY:
        zh, en = "完工时间应在接车之后、现在之前", "It must be finished after it was taken in and not after now"
        faults.append(Fault("finished_at", zh, en))
    if not work.items:
        faults.append(Fault("items", "请填写维修项目，每行一项", "Say what was repaired, one item a line"))
    if not work.readings_after:
        faults.append(Fault("readings_after", "请填写维修后的读数", "Give the readings after the repair"))
    if not work.certificate.strip():
        faults.append(Fault("certificate", "请填写维修合格证编号", "Give the number of the repair certificate"))
    return faults


def retest(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    number: int,
    version: int,
    inspection_id: int | None,
    now: datetime | None = None,
) -> str:
    """An inspection counts as the re-test; the state of the notice. Raises LookupError, Refused."""
    at = now or datetime.now(UTC)
    is_station = account.organisation_kind == "station"
    station = own_station(connection, account, "inspection") if is_station else None
    notice = _locked(connection, number, version)
    own = account.organisation_id if is_station else None
    chosen = next((one for one in works.candidates(connection, notice, own) if one["id"] == inspection_id), None)
    refuse_retest(connection, rules, notice, chosen["inspected_at"] if chosen else at, station)
    if chosen is None or chosen["outcome"] == "not_judged":
        zh, en = "请选择同一车辆（机械）维修后的检测，且检测已有结论", "Choose a test of the same subject with a result"
        raise Refused([Fault("inspection", zh, en)])
    action = "pass_retest" if chosen["outcome"] == "passed" else "fail_retest"
    state = _move(connection, actor, account, rules, calendar, notice, action, at)
    repair_id = works.repairs_of(connection, number)[-1]["id"]
    works.add_retest(connection, number, chosen["id"], repair_id, chosen["outcome"])
    detail = {"number": notice["number"], "inspection": chosen["number"], "outcome": chosen["outcome"]}
    audit.append(connection, actor, f"repair.{action}", "repair_notice", number, detail)
    return state


def refuse_retest(
    connection: Connection,
    rules: RuleBook,
    notice: Mapping[str, Any],
    tested_at: datetime,
    station: Mapping[str, Any] | None,
) -> None:
    """Raises Refused where a test of this moment, at this station, may not count as the re-test."""
    done = works.repairs_of(connection, notice["id"])
    record, test = _record(done[-1]) if done else None, Retest(tested_at, station["code"] if station else None)
    refusal = retest_refusal(rules, notice["state"], record, test, notice["division"])
    if refusal is not None:
        raise Refused([Fault("inspection", refusal.zh, refusal.en)])


def _record(row: Mapping[str, Any]) -> RepairRecord:
    return RepairRecord(
        row["station_code"], row["work_order"], row["accepted_at"], row["finished_at"], len(row["items"])
    )
