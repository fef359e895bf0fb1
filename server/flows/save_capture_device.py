"""Registering cameras and recording what makes their records evidence; both are audited."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import Ground, GroundRecord
from enforcement.rules.book import RuleBook
from server.flows import capture_standing
from server.flows.refusals import Fault, Refused
from server.store import audit, capture_devices
from server.store.audit import Actor
from server.store.scopes import Scope

TEXTS = {"code": 60, "name": 100, "maker": 100, "model": 100, "serial": 100, "place": 200, "direction": 100}
NEEDED = ("code", "name", "place")
STATES = ("active", "suspended", "removed")
CODE_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


def save(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    form: Mapping[str, str],
    before: Mapping[str, Any] | None = None,
) -> int:
    """Add or change a device; its id. Raises Refused with every fault."""
    values, faults = _read(form)
    if not faults and not scope.covers(values["division"]):
        faults.append(Fault("division", "不在本账号的管辖范围内。", "It lies outside the account's area."))
    if not faults and capture_devices.code_taken(connection, values["code"], before["id"] if before else 0):
        faults.append(Fault("code", "该编号已登记，请换一个编号。", "The code is on file already: choose another."))
    if faults:
        raise Refused(faults)
    if before is None:
        values["organisation_id"] = actor.organisation_id
        number = capture_devices.insert(connection, values)
        audit.append(connection, actor, "capture_device.create", "capture_device", number, values)
        return number
    changed = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    if changed:
        capture_devices.update(connection, before["id"], values)
        audit.append(connection, actor, "capture_device.change", "capture_device", before["id"], changed)
    return int(before["id"])


def _read(form: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {name: form.get(name, "").replace("\0", "").strip() or None for name in TEXTS}
    faults = [_too_long(name, most) for name, most in TEXTS.items() if len(values[name] or "") > most]
    faults += [Fault(name, "必填。", "Needed.") for name in NEEDED if not values[name]]
    if values["code"] and not set(values["code"]) <= CODE_SIGNS:
        zh, en = "只能用字母、数字、点、横线和下划线。", "Letters, digits, dot, dash and underline only."
        faults.append(Fault("code", zh, en))
    for name, most in (("lon", 180), ("lat", 90)):
        values[name] = _degrees(form.get(name, ""), most)
        if values[name] is None:
            zh = f"请填写 -{most} 至 {most} 之间的度数，如 120.4500。"
            faults.append(Fault(name, zh, f"Give degrees from -{most} to {most}, like 120.4500."))
    values["division"] = form.get("division", "").strip()
    if not (values["division"].isascii() and values["division"].isdigit() and len(values["division"]) == 6):
        faults.append(Fault("division", "请选择区县。", "Choose an area."))
    values["state"] = form.get("state", "active")
    if values["state"] not in STATES:
        faults.append(Fault("state", "请选择状态。", "Choose a state."))
    return values, faults


def _too_long(name: str, most: int) -> Fault:
    return Fault(name, f"最多{most}字。", f"At most {most} characters.")


def _degrees(text: str, most: int) -> float | None:
    try:
        value = float(text.strip())
    except ValueError:
        return None
    return value if -most <= value <= most else None


def record_ground(
    connection: Connection, actor: Actor, rules: RuleBook, device: Mapping[str, Any], form: Mapping[str, str]
) -> list[str]:
    """Record a ground and judge what waits anew; numbers of the captures whose standing changed. Raises Refused."""
    ground = _ground(form)
    capture_devices.lock(connection, device["id"])
    ground_id = capture_devices.add_ground(connection, device["id"], ground, actor.user_id)
    changed = capture_standing.judge_waiting(connection, rules, device["id"])
    detail = {
        "ground": ground_id,
        "kind": ground.kind,
        "document": ground.document,
        "valid_from": ground.valid_from,
        "valid_to": ground.valid_to,
        "captures_changed": changed,
    }
    audit.append(connection, actor, "capture_device.ground", "capture_device", device["id"], detail)
    return changed


def _ground(form: Mapping[str, str]) -> GroundRecord:
    faults = []
    kind, document = form.get("kind", ""), form.get("document", "").replace("\0", "").strip()
    if kind not in set(Ground):
        faults.append(Fault("kind", "请选择前提。", "Choose what it is."))
    if not 2 <= len(document) <= 200:
        faults.append(Fault("document", "请填写文号或名称（2至200字）。", "Name the document, 2 to 200 characters."))
    first, last = _day(form.get("valid_from", "")), _day(form.get("valid_to", ""))
    if first is None:
        faults.append(Fault("valid_from", "请填写起始日期。", "Give the first day."))
    if form.get("valid_to", "").strip() and last is None:
        faults.append(Fault("valid_to", "请填写日期，或留空。", "Give a day, or leave it empty."))
    if first and last and last < first:
        faults.append(Fault("valid_to", "不得早于起始日期。", "It comes before the first day."))
    if faults or first is None:
        raise Refused(faults)
    return GroundRecord(Ground(kind), document, first, last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
