"""A gate is put on file or changed: whose it is, at which entrance, where, and who looks after it (HJ 1321)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.flows.gate_places import read_place
from server.flows.refusals import Fault, Refused
from server.store import audit, enterprises, gates
from server.store.audit import Actor
from server.store.scopes import Scope

STATES = ("active", "closed")
_ENTRANCE, _BARRIER = re.compile(r"[0-9A-Za-z]{1,4}", re.ASCII), re.compile(r"[0-9A-Za-z]{1,3}", re.ASCII)
MOST = {
    "name": 100, "address": 200, "person": 60, "phone": 40, "maintenance_firm": 100, "maintenance_contact": 100,
}  # fmt: skip


class StaleGate(Exception):
    """Somebody else has changed the gate; nothing was written. Carries the version that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


@dataclass(frozen=True, slots=True)
class Owner:
    """The enterprise a gate belongs to."""

    id: int
    division: str


def add(connection: Connection, actor: Actor, scope: Scope, given: Mapping[str, str]) -> int:
    """Put a gate on file; its id. Raises Refused."""
    faults: list[Fault] = []
    owner = _owner(connection, scope, given.get("enterprise", "").strip(), faults)
    values = read(given, faults)
    if owner is not None:
        faults += _taken(connection, owner.id, values, None)
    if faults or owner is None:
        raise Refused(faults)
    number = gates.add(connection, owner.id, owner.division, values)
    audit.append(connection, actor, "gate.save", "gate", number, {"enterprise_id": owner.id, **_told(values)})
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, given: Mapping[str, str]
) -> None:
    """Write a gate anew. Raises Refused, LookupError outside the scope, StaleGate."""
    before = gates.find_one(connection, scope, number, hold=True)
    if before is None:
        raise LookupError(number)
    if before["version"] != version:
        raise StaleGate(before["version"])
    faults: list[Fault] = []
    values = read(given, faults)
    faults += _taken(connection, before["enterprise_id"], values, number)
    if faults:
        raise Refused(faults)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if changed:
        gates.change(connection, number, values)
        old = {name: before[name] for name in changed}
        audit.append(connection, actor, "gate.save", "gate", number, {"before": old, "after": changed})


def _owner(connection: Connection, scope: Scope, wording: str, faults: list[Fault]) -> Owner | None:
    number = scope.enterprise_id if scope.fence is not None else enterprises.find_reference(connection, wording)
    row = enterprises.find_one(connection, number, scope) if number else None
    if row is None:
        zh, en = (
            "请填写辖区内企业的名称或统一社会信用代码",
            "Give the name or credit code of an enterprise of your area",
        )
        faults.append(Fault("enterprise", zh, en))
    elif not row["division"]:
        zh, en = "该企业未登记所在区县，请先补登记", "The register does not say in which county the enterprise is"
        faults.append(Fault("enterprise", zh, en))
    else:
        return Owner(row["id"], row["division"])
    return None


def read(given: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
    """The fields of a gate; faults are added."""
    text = {name: " ".join(given.get(name, "").split()) for name in ("entrance_no", "barrier_no", "state", *MOST)}
    faults += _text_faults(text)
    values: dict[str, Any] = {name: value or None for name, value in text.items()}
    values["for_goods"] = given.get("for_goods", "yes") == "yes"
    values["lon"], values["lat"] = read_place(given, faults)
    return values


def _text_faults(text: Mapping[str, str]) -> Iterator[Fault]:
    if not _ENTRANCE.fullmatch(text["entrance_no"]):
        yield Fault("entrance_no", "请填写 1 至 4 位字母数字", "Give 1 to 4 letters and digits")
    if not _BARRIER.fullmatch(text["barrier_no"]):
        yield Fault("barrier_no", "请填写 1 至 3 位字母数字", "Give 1 to 3 letters and digits")
    if not text["name"]:
        yield Fault("name", "请填写门禁名称", "Give the gate a name")
    if text["state"] not in STATES:
        yield Fault("state", "请选择状态", "Choose the state")
    for name, most in MOST.items():
        if len(text[name]) > most:
            yield Fault(name, f"不超过 {most} 字", f"At most {most} characters")


def _taken(connection: Connection, enterprise_id: int, values: Mapping[str, Any], but: int | None) -> list[Fault]:
    entrance, barrier = values["entrance_no"] or "", values["barrier_no"] or ""
    other = gates.find_taken(connection, enterprise_id, entrance, barrier, but)
    if other is None:
        return []
    return [Fault("barrier_no", f"该编号已用于“{other}”", f"These numbers are those of “{other}”")]


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
