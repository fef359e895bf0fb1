"""A device of a gate is put on file or changed (HJ 1321: barrier, cameras, display, weighbridge)."""

import re
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, gate_devices, gates
from server.store.audit import Actor
from server.store.gate_devices import KINDS, STATES
from server.store.scopes import Scope

_NUMBER = re.compile(r"[^\s\x00-\x1f](?:[^\x00-\x1f]{0,38}[^\s\x00-\x1f])?")
_SCHEMES = frozenset({"http", "https", "rtsp", "rtmp", "rtsps"})
LONGEST_URL = 300


def add(connection: Connection, actor: Actor, scope: Scope, gate_id: int, given: Mapping[str, str]) -> int:
    """Put a device of a gate on file; its id. Raises Refused, LookupError."""
    return _save(connection, actor, scope, gate_id, None, given)


def change(connection: Connection, actor: Actor, scope: Scope, number: int, given: Mapping[str, str]) -> int:
    """Change a device; the gate it belongs to. Raises Refused, LookupError."""
    before = gate_devices.find_one(connection, scope, number)
    if before is None:
        raise LookupError(number)
    _save(connection, actor, scope, before["gate_id"], number, given)
    return int(before["gate_id"])


def _save(
    connection: Connection, actor: Actor, scope: Scope, gate_id: int, number: int | None, given: Mapping[str, str]
) -> int:
    gate = gates.find_one(
        connection, scope, gate_id, hold=True
    )  # two that add the same device come one after the other
    if gate is None:
        raise LookupError(gate_id)
    faults: list[Fault] = []
    values = _read(given, faults)
    same = gate_devices.find_same(connection, gate_id, values["kind"], values["number"], number)
    if same is not None:
        zh, en = "该门禁已有同类同编号的设备", "The gate has a device of this kind and number already"
        faults.append(Fault("number", zh, en))
    if faults:
        raise Refused(faults)
    kept = gate_devices.put(connection, number, gate, values)
    audit.append(connection, actor, "gate_device.save", "gate_device", kept, {"gate_id": gate_id, **values})
    return kept


def _read(given: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
    names = ("kind", "number", "name", "address", "live_url", "replay_url", "state")
    text = {name: given.get(name, "").strip() for name in names}
    if text["kind"] not in KINDS:
        faults.append(Fault("kind", "请选择设备类型", "Choose the kind of device"))
    if not _NUMBER.fullmatch(text["number"]):
        faults.append(Fault("number", "请填写 1 至 40 字的设备编号", "Give a number of 1 to 40 characters"))
    if text["state"] not in STATES:
        faults.append(Fault("state", "请选择状态", "Choose the state"))
    if len(text["name"]) > 100:
        faults.append(Fault("name", "不超过 100 字", "At most 100 characters"))
    values: dict[str, Any] = {name: value or None for name, value in text.items()}
    values["kind"], values["number"] = text["kind"], text["number"]
    values["address"] = _address(text["address"], faults)
    for name in ("live_url", "replay_url"):
        _check_url(name, text[name], faults)
    values["installed_on"] = _day(given.get("installed_on", "").strip(), faults)
    return values


def _address(text: str, faults: list[Fault]) -> str | None:
    try:
        return str(ip_address(text)) if text else None
    except ValueError:
        faults.append(Fault("address", "请填写 IP 地址，如 192.168.1.64", "Give an IP address, as 192.168.1.64"))
        return None


def _check_url(name: str, text: str, faults: list[Fault]) -> None:
    try:
        good = not text or (urlsplit(text).scheme in _SCHEMES and bool(urlsplit(text).hostname))
    except ValueError:
        good = False
    if not good or len(text) > LONGEST_URL or not text.isprintable():
        zh, en = "请填写视频地址，如 rtsp://192.168.1.64/live", "Give an address, as rtsp://192.168.1.64/live"
        faults.append(Fault(name, zh, en))


def _day(text: str, faults: list[Fault]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(Fault("installed_on", "请填写日期，如 2026-03-01", "Give a day, as 2026-03-01"))
        return None
