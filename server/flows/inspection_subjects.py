"""Whom an inspection is about: out of the register, and what was read off a plate where the register is silent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection

from enforcement import json_records
from enforcement.measurements import Measured, measured_of
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.zones.terms import SubjectKind
from server.flows.refusals import Fault, Refused
from server.store import subjects, whitelist

LONGEST = 40
_NUMBER = re.compile(r"[^\W_][\w./-]*")  # plates and numbers of machines, of whatever place; no formula begins so
Code = TypeVar("Code", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SubjectGiven:
    """What was typed or sent: a plate with its colour or a machine number, and facts read at the place."""

    text: str
    colour: str = ""
    kind: str = ""
    stage: str = ""
    fuel: str = ""
    category: str = ""
    power_kw: float | None = None
    rated_power_kw: float | None = None


@dataclass(frozen=True, slots=True)
class InspectedSubject:
    """Whom it is about; both ids are None where the register does not hold it."""

    text: str
    truck_id: int | None
    machine_id: int | None
    enterprise_id: int | None
    measured: Measured
    facts: Mapping[str, Any]


def plain(text: str) -> str:
    """A plate or number as it is kept: upper case, without spaces and the dot of a plate."""
    return text.strip().upper().replace(" ", "").replace("·", "")


def find(connection: Connection, given: SubjectGiven) -> InspectedSubject:
    """The subject. Raises Refused where nothing was given, or several are meant."""
    text = plain(given.text)
    faults = _faults(text, given)
    if faults:
        raise Refused(faults)
    trucks = whitelist.find_truck_ids(connection, text, given.colour or None) if given.kind != "machine" else []
    machines = whitelist.find_machine_ids(connection, text) if not trucks and given.kind != "truck" else []
    if len(trucks) > 1:
        raise Refused(
            [Fault("colour", f"{text} 有多种车牌颜色，请选择颜色", f"{text} exists in several colours: choose")]
        )
    if len(machines) > 1:
        zh, en = f"{text} 对应多台机械，请用环保登记号码", f"{text} names several machines: use the registration number"
        raise Refused([Fault("subject", zh, en)])
    if trucks or machines:
        return _registered(connection, text, given, trucks, machines)
    return _unregistered(text, given)


def _faults(text: str, given: SubjectGiven) -> list[Fault]:
    faults = []
    if len(text) > LONGEST or not _NUMBER.fullmatch(text):
        zh, en = "请填写车牌或机械编号", "Give a plate or a machine number"
        faults.append(Fault("subject", zh, en))
    if given.colour and given.colour not in tuple(PlateColour):
        faults.append(Fault("colour", "请选择车牌颜色", "Choose the plate colour"))
    if given.kind and given.kind not in tuple(SubjectKind):
        faults.append(Fault("subject_kind", "请选择货车或机械", "Choose truck or machine"))
    categories: type[StrEnum] = MachineCategory if given.kind == "machine" else TruckCategory
    for name, value, known in (
        ("stage", given.stage, Stage), ("fuel", given.fuel, Fuel), ("category", given.category, categories),
    ):  # fmt: skip
        if value and value not in tuple(known):
            faults.append(Fault(name, "请从列表中选择", "Choose one of the list"))
    for name in ("power_kw", "rated_power_kw"):
        power = getattr(given, name)
        if power is not None and not 0 < power <= 3000:
            faults.append(Fault(name, "应为 0 至 3000 kW", "A power from 0 to 3000 kW"))
    return faults


def _registered(
    connection: Connection, text: str, given: SubjectGiven, trucks: list[int], machines: list[int]
) -> InspectedSubject:
    raw: Any = connection.connection.driver_connection
    number = (trucks or machines)[0]
    held = (subjects.find_trucks if trucks else subjects.find_machines)(raw, [number])[number]
    measured = _filled(measured_of(held.subject), given)
    facts = {"kind": str(measured.kind), "registered": True, "colour": given.colour, **json_records.plain(held.subject)}
    return InspectedSubject(
        text, number if trucks else None, number if machines else None, held.enterprise_id, measured,
        {**facts, "read": read_facts(given)},
    )  # fmt: skip


def _unregistered(text: str, given: SubjectGiven) -> InspectedSubject:
    if not given.kind:
        zh = "登记库中没有该号码：请选择货车或机械，并按铭牌填写阶段、燃料等"
        en = "The register does not hold it: choose truck or machine, and enter stage and fuel as its plate says"
        raise Refused([Fault("subject_kind", zh, en)])
    measured = _filled(Measured(SubjectKind(given.kind)), given)
    facts = {"kind": given.kind, "registered": False, "colour": given.colour, "read": read_facts(given)}
    return InspectedSubject(text, None, None, None, measured, facts)


def _filled(measured: Measured, given: SubjectGiven) -> Measured:
    """What the register does not know is taken from what was read at the place; it never goes before the register."""
    category = measured.category
    if category is None or category in (TruckCategory.UNKNOWN, MachineCategory.UNKNOWN):
        categories: Any = TruckCategory if measured.is_truck else MachineCategory
        category = _code(categories, given.category) or category
    return replace(
        measured,
        stage=_code(Stage, given.stage) or measured.stage if measured.stage is Stage.UNKNOWN else measured.stage,
        fuel=_code(Fuel, given.fuel) or measured.fuel if measured.fuel is Fuel.UNKNOWN else measured.fuel,
        category=category,
        power_kw=measured.power_kw or given.power_kw,
        rated_power_kw=measured.rated_power_kw or given.rated_power_kw or given.power_kw,
    )


def _code(kind: type[Code], text: str) -> Code | None:
    return kind(text) if text in tuple(kind) else None


def read_facts(given: SubjectGiven) -> dict[str, Any]:
    """What was read at the place, for the form of a correction."""
    return {
        name: value for name, value in json_records.plain(given).items() if name != "text" and value not in ("", None)
    }
