"""The list of large truck users is kept by officers: on it from a day with a reason, off it from a day with a reason.

A form, a program and a row of a file give the same fields as text; `read` says what is wrong with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.stages import Stage
from enforcement.rules.book import day_of, get_rule
from server.flows import rule_book
from server.flows.refusals import Fault, Refused
from server.flows.registry_codes import INDUSTRIES
from server.store import audit, enterprises, large_users
from server.store.audit import Actor
from server.store.scopes import Scope

KINDS = {
    "plant": ("工厂", "plant"), "mine": ("矿山", "mine"), "coal_washing": ("洗煤厂", "coal washing"),
    "port": ("港口", "port"), "logistics": ("物流园区", "logistics"), "construction": ("建筑工地", "construction site"),
    "other": ("其他", "other"),
}  # fmt: skip
GATES = {"none": ("未建", "none"), "built": ("已建未联网", "built"), "networked": ("已联网", "networked")}
STAGES = tuple(str(stage) for stage in Stage if stage not in (Stage.VI_A, Stage.VI_B))
REASON_LEAST = 4
_MOST = {"list_version": 60, "plan_file": 200, "contact": 60, "phone": 40, "reason_in": 500}


class StaleEntry(Exception):
    """Somebody else has changed the entry; nothing was written."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


@dataclass(frozen=True, slots=True)
class LargeUser:
    """What is given of an entry, read."""

    enterprise_id: int
    division: str
    values: dict[str, Any]


def enter(connection: Connection, actor: Actor, scope: Scope, given: Mapping[str, str]) -> int:
    """Put an enterprise on the list; the entry's number. Raises Refused."""
    large_users.lock(connection)
    read_ = read(connection, scope, given)
    other = large_users.overlapping(connection, read_.enterprise_id, read_.values["from_on"], None, 0)
    if other is not None:
        raise Refused([_taken(other)])
    number = large_users.add(connection, read_.enterprise_id, read_.division, read_.values, actor.user_id)
    audit.append(connection, actor, "large_user.enter", "large_user", number, read_.values)
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, given: Mapping[str, str]
) -> None:
    """Correct an entry; the older content stands in the audit log. Raises Refused, LookupError, StaleEntry."""
    large_users.lock(connection)
    row = _held(connection, scope, number, version)
    read_ = read(connection, scope, {**given, "enterprise": row["credit_code"] or row["enterprise"]})
    faults = _short(given.get("reason", ""), "reason", "请写明更改理由", "Say why it is changed")
    other = large_users.overlapping(connection, row["enterprise_id"], read_.values["from_on"], row["to_on"], number)
    if other is not None:
        faults.append(_taken(other))
    if row["to_on"] is not None and read_.values["from_on"] >= row["to_on"]:
        faults.append(Fault("from_on", "应早于移出日期", "It must come before the day it went off the list"))
    if faults:
        raise Refused(faults)
    large_users.change(connection, number, read_.values)
    before = {name: row[name] for name in (*large_users.WRITTEN, "fleet")}
    detail = {"reason": given.get("reason", "").strip(), "before": before, "after": read_.values}
    audit.append(connection, actor, "large_user.change", "large_user", number, detail)


def take_off(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, to_on: date | None, reason: str
) -> None:
    """It stands on the list no longer from a day on. Raises Refused, LookupError, StaleEntry."""
    row = _held(connection, scope, number, version)
    faults = _short(reason, "reason", "请写明移出理由（至少四个字）", "Give the reason (four characters or more)")
    if to_on is None or to_on <= row["from_on"]:
        faults.append(Fault("to_on", "请填写列入之后的日期", "Give a day after it came on the list"))
    if row["to_on"] is not None:
        faults.append(Fault("to_on", "已移出", "It is off the list already"))
    if faults or to_on is None:
        raise Refused(faults)
    large_users.end(connection, number, to_on, reason.strip())
    detail = {"to_on": to_on.isoformat(), "reason": reason.strip()}
    audit.append(connection, actor, "large_user.take_off", "large_user", number, detail)


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = large_users.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleEntry(row["version"])
    return row


def suggestions(connection: Connection, scope: Scope, now: datetime) -> tuple[list[dict[str, Any]], float, int]:
    """Enterprises that belong on the list by their ledgers; passages a day and days that the rules ask for."""
    rules = rule_book.current(connection)
    least = get_rule(rules, "large_user.trips_per_day", now).number
    days = int(get_rule(rules, "large_user.days", now).number)
    return large_users.suggested(connection, scope, day_of(now), days, least), least, days


def read(connection: Connection, scope: Scope, given: Mapping[str, str]) -> LargeUser:
    """The fields of an entry. Raises Refused with every fault."""
    text = {name: (value or "").replace("\x00", "").strip() for name, value in given.items()}
    faults: list[Fault] = []
    place = _enterprise(connection, scope, text.get("enterprise", ""), faults)
    values: dict[str, Any] = {name: text.get(name, "") or None for name in _MOST}
    for name, most in _MOST.items():
        if len(values[name] or "") > most:
            faults.append(Fault(name, f"不超过{most}字", f"At most {most} characters"))
    if not values["list_version"]:
        faults.append(Fault("list_version", "请填写清单版本，如 2026", "Give the version of the list, as 2026"))
    faults += _short(values["reason_in"] or "", "reason_in", "请写明列入理由", "Say why it is on the list")
    values["from_on"] = _day(text.get("from_on", ""), "from_on", faults)
    for name, known in (("industry", INDUSTRIES), ("kind", KINDS), ("gate_state", GATES)):
        values[name] = _coded(text.get(name, ""), name, known, faults)
    values["people_supply"] = text.get("people_supply", "") in ("yes", "是", "true")
    values["trips_normal"] = _amount(text.get("trips_normal", ""), "trips_normal", True, faults)
    values["trips_alert"] = _amount(text.get("trips_alert", ""), "trips_alert", False, faults)
    values["fleet"] = _fleet(text, faults)
    if faults or place is None:
        raise Refused(faults)
    return LargeUser(place[0], place[1], values)


def _enterprise(connection: Connection, scope: Scope, wording: str, faults: list[Fault]) -> tuple[int, str] | None:
    found = enterprises.find_reference(connection, wording) if wording else None
    row = enterprises.find_one(connection, found, scope) if found is not None else None
    if row is None:
        zh = "请填写辖区内已登记企业的全称或统一社会信用代码"
        faults.append(Fault("enterprise", zh, "Give full name or credit code of a registered enterprise of your area"))
        return None
    if not row["division"]:
        faults.append(Fault("enterprise", "该企业未登记所在区县", "The enterprise has no area on file"))
        return None
    return int(row["id"]), str(row["division"])


def _day(text: str, name: str, faults: list[Fault]) -> date | None:
    try:
        found = date.fromisoformat(text)
        if 2000 <= found.year <= 2200:
            return found
    except ValueError:
        pass
    faults.append(Fault(name, "请填写日期，如 2027-03-01", "Give a day, as 2027-03-01"))
    return None


def _coded(text: str, name: str, known: Mapping[str, tuple[str, str]], faults: list[Fault]) -> str | None:
    for code, words in known.items():
        if text.lower() == code or text in words:
            return code
    listed = "、".join(words[0] for words in known.values())
    faults.append(Fault(name, f"请选择：{listed}", f"Choose one of: {', '.join(known)}"))
    return None


def _amount(text: str, name: str, required: bool, faults: list[Fault]) -> float | None:
    if not text and not required:
        return None
    try:
        found = float(text)
        if 0 <= found < 1_000_000:
            return round(found, 1)
    except ValueError:
        pass
    faults.append(Fault(name, "请填写次数，如 120", "Give a number of passages, as 120"))
    return None


def _fleet(text: Mapping[str, str], faults: list[Fault]) -> dict[str, int]:
    found = {}
    for stage in STAGES:
        given = text.get(f"fleet_{stage}", "")
        if given and not (given.isascii() and given.isdigit() and len(given) < 6):
            faults.append(Fault(f"fleet_{stage}", "请填写车辆数", "Give a number of vehicles"))
        elif given and int(given):
            found[stage] = int(given)
    return found


def _taken(other: int) -> Fault:
    return Fault(
        "from_on",
        f"该企业已有第 {other} 号条目，期限重叠：请先移出",
        f"Entry {other} holds on some of these days: end it first",
    )


def _short(text: str, field: str, zh: str, en: str) -> list[Fault]:
    return [Fault(field, zh, en)] if len(text.strip()) < REASON_LEAST else []
