"""Trucks and machines as the rules see them: a registry row as a value of enforcement.registry.subjects.

A code that no enum knows (an old import, another system's word) is UNKNOWN: no check may read a ban out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.subjects import AfterTreatment, Fitted, Machine, SubjectState, Truck


@dataclass(frozen=True, slots=True)
class Held:
    """A subject and the enterprise that holds it."""

    subject: Truck | Machine
    enterprise_id: int | None


Member = TypeVar("Member", bound=StrEnum)


def _code(value: str | None, unknown: Member) -> Member:
    kind = type(unknown)
    return kind(value) if value in {str(member) for member in kind} else unknown


def find_trucks(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, Held]:
    """Trucks by their number. A truck that a terminal reports for has its device."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT * FROM trucks WHERE id = ANY(%s)", (list(ids),))
        return {row["id"]: Held(_truck(row), row["enterprise_id"]) for row in cursor.fetchall()}


def read_truck(row: Mapping[str, Any]) -> Truck:
    """A row of the register as a truck."""
    return _truck(row)


def _truck(row: Mapping[str, Any]) -> Truck:
    return Truck(
        plate=row["plate"],
        plate_colour=_code(row["plate_colour"], PlateColour.OTHER),
        vin=row["vin"] or "",
        category=_code(row["category"], TruckCategory.OTHER),
        fuel=_code(row["fuel"], Fuel.UNKNOWN),
        stage=_code(row["stage"], Stage.UNKNOWN),
        stage_basis=_code(row["stage_basis"], StageBasis.UNKNOWN),
        gross_mass_kg=row["gross_mass_kg"],
        division=row["division"] or "",
        owner=row["owner"] or "",
        registered_on=row["first_registered_on"],
        after_treatment=_code(row["after_treatment"], AfterTreatment.UNKNOWN),
        device=Fitted.YES,
        state=_code(row["state"], SubjectState.ACTIVE),
    )


def find_machines(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, Held]:
    """Machines by their number. `device_fitted` is the register's word; a machine that reports has its device."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT * FROM machines WHERE id = ANY(%s)", (list(ids),))
        return {row["id"]: Held(_machine(row), row["enterprise_id"]) for row in cursor.fetchall()}


def _machine(row: dict[str, Any]) -> Machine:
    return Machine(
        registration_no=row["registration_number"] or "",
        pin=row["pin"] or "",
        machine_code=row["machine_code"] or "",
        engine_no=row["engine_number"] or "",
        engine_maker=row["engine_maker"] or "",
        category=_code(row["category"], MachineCategory.OTHER),
        maker=row["maker"] or "",
        model=row["model"] or "",
        fuel=_code(row["fuel"], Fuel.UNKNOWN),
        stage=_code(row["stage"], Stage.UNKNOWN),
        stage_basis=_code(row["stage_basis"], StageBasis.UNKNOWN),
        power_kw=None if row["power_kw"] is None else float(row["power_kw"]),
        built_on=row["built_on"],
        owner=row["owner"] or "",
        division=row["division"] or "",
        usual_place=row["usual_place"] or "",
        after_treatment=_code(row["after_treatment"], AfterTreatment.UNKNOWN),
        device=Fitted.YES,
        state=_code(row["state"], SubjectState.ACTIVE),
    )
