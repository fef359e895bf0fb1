"""Sites, machines and stays for tests, through the doors that officers and enterprises use."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import Browser, City

SQUARE = "polygon\n120.40, 41.50\n120.41, 41.50\n120.41, 41.51\n120.40, 41.51\n"
LARGER = "polygon\n120.40, 41.50\n120.42, 41.50\n120.42, 41.51\n120.40, 41.51\n"
INSIDE, OUTSIDE = (120.405, 41.505), (120.47, 41.55)


def local(at: datetime) -> str:
    """A time as a form sends it."""
    return (at.astimezone(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def form(city: City, name: str, /, **values: Any) -> dict[str, Any]:
    """The form of a site of the enterprise account's enterprise."""
    return {
        "action": "save", "enterprise": str(city.enterprise_id), "division": "211302", "name": name, "kind": "plant",
        "coordinates": SQUARE, "crs": "wgs84", **values,
    }  # fmt: skip


def site(browse: Callable[..., Browser], city: City, name: str, **values: Any) -> int:
    """A site with a square boundary, entered by an officer; its number."""
    answer = browse("officer").post("/sites/new", form(city, name, **values))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def machine(engine: Engine, number: str, enterprise_id: int | None = None, device: str = "", kind: str = "json") -> int:
    """A machine of the register with its terminal, where a device is named; its number."""
    with transaction(engine) as connection:
        machine_id: int = connection.execute(
            text(
                "INSERT INTO machines (registration_number, enterprise_id, division, category, stage, fuel)"
                " VALUES (:n, :e, '211302', 'loader', '3', 'diesel') RETURNING id"
            ),
            {"n": number, "e": enterprise_id},
        ).scalar_one()
        if device:
            connection.execute(
                text("INSERT INTO terminals (kind, device, machine_id, coordinates) VALUES (:k, :d, :m, 'wgs84')"),
                {"k": kind, "d": device, "m": machine_id},
            )
    return machine_id


def one(engine: Engine, statement: str, **values: Any) -> Any:
    """One value of the database."""
    with transaction(engine) as connection:
        return connection.execute(text(statement), values).scalar_one()


def said(answer: Any) -> Any:
    """The JSON of an answer."""
    return answer.json
