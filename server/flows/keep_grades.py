"""Performance grades are given and ended by officers with the document; the bureau's promises are revisions of rows."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from enforcement.grades.promises import FIRST_OWN_REVISION, GRADES, Kind
from enforcement.registry.stages import Stage
from server.flows.check_promises import promises_of
from server.flows.refusals import Fault, Refused
from server.flows.registry_codes import INDUSTRIES
from server.store import audit, enterprises, grades
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST = 4
Given = Mapping[str, str]


class StaleEntry(Exception):
    """Somebody else has changed the entry; nothing was written."""


def give(connection: Connection, actor: Actor, scope: Scope, given: Given) -> int:
    """Give an enterprise a grade from a day on; what it had ends there. Its number. Raises Refused."""
    grades.lock(connection)
    faults: list[Fault] = []
    found = enterprises.find_reference(connection, _text(given, "enterprise", 100))
    row = enterprises.find_one(connection, found, scope) if found is not None else None
    if row is None or not row["division"]:
        zh = "请填写辖区内已登记企业的全称或统一社会信用代码"
        faults.append(Fault("enterprise", zh, "Give full name or credit code of a registered enterprise of your area"))
    values: dict[str, Any] = {
        "grade": _one_of(given, "grade", GRADES, faults), "industry": _one_of(given, "industry", INDUSTRIES, faults),
        "from_on": _day(given, "from_on", faults), "to_on": _day(given, "to_on", faults, required=False),
        "document": _text(given, "document", 200), "reason": _text(given, "reason", 500), "recorded_by": actor.user_id,
    }  # fmt: skip
    if len(values["document"]) < 2:
        faults.append(Fault("document", "请填写公布或批准的文号", "Give the document that says so"))
    first, last = values["from_on"], values["to_on"]
    if first and last and last <= first:
        faults.append(Fault("to_on", "应晚于起始日期", "It must come after the first day"))
    if faults or row is None or first is None:
        raise Refused(faults)
    other = grades.overlapping(connection, row["id"], first, last)
    if other is not None:
        zh, en = (
            f"与第 {other} 号级别期限重叠：请先终止该级别",
            f"Grade {other} holds on some of these days: end it first",
        )
        raise Refused([Fault("from_on", zh, en)])
    number = grades.add(connection, {**values, "enterprise_id": row["id"], "division": row["division"]})
    audit.append(connection, actor, "grade.give", "grade", number, values)
    return number


def end(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, given: Given) -> None:
    """A grade ends, with the reason. Raises Refused, LookupError, StaleEntry."""
    row = grades.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleEntry(number)
    faults: list[Fault] = []
    to_on = _day(given, "to_on", faults)
    if to_on is not None and to_on <= row["from_on"]:
        faults.append(Fault("to_on", "应晚于起始日期", "It must come after the first day"))
    if row["to_on"] is not None and to_on is not None and to_on > row["to_on"]:
        faults.append(Fault("to_on", "该级别已终止", "The grade ends before that already"))
    reason = _reason(given, faults)
    if faults or to_on is None:
        raise Refused(faults)
    grades.end(connection, number, to_on)
    audit.append(connection, actor, "grade.end", "grade", number, {"to_on": to_on.isoformat(), "reason": reason})


def revise(connection: Connection, actor: Actor, given: Given, today: date) -> str:
    """The bureau's own revision of a promise, from a day not past on; or it is withdrawn. Its name. Raises Refused."""
    grades.lock(connection)
    faults: list[Fault] = []
    rows = [one for one in promises_of(connection) if one.key == given.get("key", "")]
    pattern = max(rows, key=lambda one: one.revision, default=None)
    first, share = _day(given, "from_on", faults), _share(given, faults)
    if pattern is None:
        faults.append(Fault("key", "没有该承诺", "There is no such promise"))
    if first is not None and first < today:
        faults.append(Fault("from_on", "不得早于今天", "It may not begin before today"))
    stage = _one_of(given, "least_stage", [str(one) for one in Stage if one is not Stage.UNKNOWN], faults)
    values: dict[str, Any] = {name: _text(given, name, 300) for name in ("legal_basis", "source", "zh", "en")}
    faults += [Fault(name, "不能为空", "It must not be empty") for name, text in values.items() if not text]
    reason = _reason(given, faults)
    if faults or pattern is None or first is None:
        raise Refused(faults)
    row = {
        **asdict(pattern), **values, "revision": max(FIRST_OWN_REVISION, pattern.revision + 1), "from_on": first,
        "to_on": None, "share_pct": share, "least_stage": stage, "certainty": "confirmed",
        "withdrawn": given.get("withdrawn") == "yes", "reason": reason, "recorded_by": actor.user_id,
    }  # fmt: skip
    row["subject"] = str(Kind(row["subject"]))
    grades.add_promise(connection, row)
    audit.append(connection, actor, "grade.promise", "grade", row["key"], row)
    return f"{row['key']}#{row['revision']}"


def _text(given: Given, name: str, most: int) -> str:
    return (given.get(name) or "").replace("\x00", "").strip()[:most]


def _one_of(given: Given, name: str, known: Any, faults: list[Fault]) -> str:
    text = _text(given, name, 60)
    if text not in set(known):
        faults.append(Fault(name, "请从列表中选择", "Choose one of the list"))
    return text


def _day(given: Given, name: str, faults: list[Fault], required: bool = True) -> date | None:
    text = _text(given, name, 20)
    if not text and not required:
        return None
    try:
        found = date.fromisoformat(text)
        if 2000 <= found.year <= 2200:
            return found
    except ValueError:
        pass
    faults.append(Fault(name, "请填写日期，如 2027-03-01", "Give a day, as 2027-03-01"))
    return None


def _share(given: Given, faults: list[Fault]) -> Decimal:
    try:
        found = Decimal(_text(given, "share_pct", 10))
        if found.is_finite() and 0 <= found <= 100:
            return found.quantize(Decimal("0.01"))
    except InvalidOperation:
        pass
    faults.append(Fault("share_pct", "请填写 0 至 100 的百分比", "Give a percentage of 0 to 100"))
    return Decimal(0)


def _reason(given: Given, faults: list[Fault]) -> str:
    text = _text(given, "reason", 500)
    if len(text) < REASON_LEAST:
        faults.append(Fault("reason", "请写明理由（至少四个字）", "Give the reason (four characters or more)"))
    return text
