"""A station is put on file or changed: who it is, whose account it has, until when its licence holds."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, stations
from server.store.audit import Actor
from server.store.scopes import Scope

KINDS, STATES = ("inspection", "maintenance"), ("active", "suspended", "closed")
_CODE = re.compile(r"[A-Za-z0-9-]{2,30}")
_MOST = {"name": 100, "address": 200, "phone": 40, "licence": 60}


def save(connection: Connection, actor: Actor, scope: Scope, number: int | None, given: Mapping[str, str]) -> int:
    """Keep a station as the form gives it; its id. Raises LookupError outside the scope, Refused."""
    before = stations.find_one(connection, scope, number) if number is not None else None
    if number is not None and before is None:
        raise LookupError(number)
    values, faults = _read(given)
    faults += _taken(connection, number, values)
    if not scope.covers(values["division"]):
        faults.append(Fault("division", "请选择辖区内的区县", "Choose an area of yours"))
    if faults:
        raise Refused(faults)
    kept = stations.put(connection, number, values)
    changed = {name: value for name, value in values.items() if before is None or before.get(name) != value}
    audit.append(connection, actor, "station.save", "station", kept, changed)
    return kept


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    text = {name: given.get(name, "").strip() for name in ("code", "kind", "division", "state", *_MOST)}
    faults = list(_text_faults(text))
    values: dict[str, Any] = {name: value or None for name, value in text.items()}
    values["division"] = text["division"]
    organisation = given.get("organisation_id", "").strip()
    values["organisation_id"] = int(organisation) if organisation.isascii() and organisation.isdigit() else None
    values["licence_valid_to"] = _day(given.get("licence_valid_to", "").strip(), faults)
    values["lon"], values["lat"] = _place(given.get("lon", ""), given.get("lat", ""), faults)
    return values, faults


def _text_faults(text: Mapping[str, str]) -> Iterator[Fault]:
    if not _CODE.fullmatch(text["code"]):
        yield Fault("code", "请填写2至30位字母、数字的机构编号", "Give a code of 2 to 30 letters and digits")
    if text["kind"] not in KINDS:
        yield Fault("kind", "请选择检验机构或维修机构", "Choose inspection or maintenance")
    if text["state"] not in STATES:
        yield Fault("state", "请选择状态", "Choose the state")
    if not text["name"]:
        yield Fault("name", "请填写机构名称", "Give the name of the station")
    for name, most in _MOST.items():
        if len(text[name]) > most:
            yield Fault(name, f"不超过{most}字", f"At most {most} characters")


def _day(text: str, faults: list[Fault]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(Fault("licence_valid_to", "请填写日期，如 2027-03-01", "Give a day, as 2027-03-01"))
        return None


def _place(lon: str, lat: str, faults: list[Fault]) -> tuple[float | None, float | None]:
    if not lon.strip() and not lat.strip():
        return None, None
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        x, y = 999.0, 999.0
    if not (73 <= x <= 136 and 3 <= y <= 54):
        faults.append(
            Fault("lon", "请填写国内的经纬度（WGS-84），如 120.4512、41.5736", "Give longitude and latitude in China")
        )
        return None, None
    return x, y


def _taken(connection: Connection, number: int | None, values: Mapping[str, Any]) -> list[Fault]:
    faults = []
    other = stations.find_taken(connection, "code", values["code"], number)
    if other is not None:
        faults.append(Fault("code", f"该编号已用于{other}", f"The code is that of {other}"))
    known = {row["id"] for row in stations.organisations_of_stations(connection)}
    if values["organisation_id"] is not None:
        other = stations.find_taken(connection, "organisation_id", values["organisation_id"], number)
        if other is not None:
            faults.append(Fault("organisation_id", f"该单位已对应{other}", f"The organisation is that of {other}"))
        elif values["organisation_id"] not in known:
            faults.append(Fault("organisation_id", "请从列表中选择", "Choose one of the list"))
    return faults
