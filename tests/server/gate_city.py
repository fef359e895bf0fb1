"""A plant with a gate, a key of its gate system, and trucks that come to it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows import system_keys
from server.flows.system_keys import Wanted
from server.store.audit import PLATFORM
from tests.server.conftest import City

PLANT = (120.451234, 41.573612)


@dataclass(frozen=True, slots=True)
class Plant:
    """The enterprise of the enterprise account, with one gate and the key of its system."""

    enterprise_id: int
    gate_id: int
    key: str
    key_id: int


def make_plant(engine: Engine, city: City) -> Plant:
    """Put it there; the enterprise gets an area and a place."""
    with transaction(engine) as connection:
        connection.execute(
            text(
                "UPDATE enterprises SET division = '211302', location = ST_SetSRID(ST_MakePoint(:x, :y), 4326)"
                " WHERE id = :e"
            ),
            {"e": city.enterprise_id, "x": PLANT[0], "y": PLANT[1]},
        )
        gate_id = make_gate(connection, city.enterprise_id)
        issued = make_key(connection, city.organisations["enterprise"])
    return Plant(city.enterprise_id, gate_id, issued.text, issued.id)


def make_key(connection: Connection, organisation_id: int) -> Any:
    """A key of a gate system of an organisation."""
    return system_keys.issue(connection, PLATFORM, Wanted("门禁", organisation_id, ["gate"], 30), datetime.now(UTC))


def make_gate(connection: Connection, enterprise_id: int, entrance: str = "1", barrier: str = "01") -> int:
    """A gate in the county of Shuangta."""
    found: int = connection.execute(
        text(
            "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name, location) VALUES (:e, '211302',"
            " :n, :b, '东门', ST_SetSRID(ST_MakePoint(:x, :y), 4326)) RETURNING id"
        ),
        {"e": enterprise_id, "n": entrance, "b": barrier, "x": PLANT[0], "y": PLANT[1]},
    ).scalar_one()
    return found


def make_foreign(engine: Engine) -> tuple[int, int]:
    """Another enterprise in another county, with a gate: (enterprise, gate)."""
    with transaction(engine) as connection:
        other = connection.execute(
            text("INSERT INTO enterprises (name, division) VALUES ('别家钢铁', '211322') RETURNING id")
        ).scalar_one()
        return other, make_gate(connection, other)


def make_truck(connection: Connection, plate: str, **values: Any) -> int:
    """A heavy diesel truck of stage V, or as `values` say."""
    given = {
        "plate_colour": "yellow",
        "stage": "5",
        "fuel": "diesel",
        "category": "heavy_goods",
        **values,
        "plate": plate,
    }
    names = ", ".join(given)
    found: int = connection.execute(
        text(f"INSERT INTO trucks ({names}) VALUES ({', '.join(f':{name}' for name in given)}) RETURNING id"), given
    ).scalar_one()
    return found
