"""Gates as the drivers' form needs them: found by the code of their QR, and the code itself, which its gate can renew."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

_COLUMNS = """g.id, g.enterprise_id, g.division, g.entrance_no, g.barrier_no, g.name, g.address, g.state, g.driver_code,
 g.version, e.name AS enterprise"""
_SOURCE = "gates g JOIN enterprises e ON e.id = g.enterprise_id"


def by_code(connection: Connection, driver_code: str) -> dict[str, Any] | None:
    """The gate in use whose QR code holds this; None for an unknown or renewed one, and for a gate that is closed."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE g.driver_code = :code AND g.state = 'active'"),
        {"code": driver_code},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def in_scope(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Gates in use, in the order of their numbers."""
    clause, values = scope.condition("g.division", "g.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE g.state = 'active' AND {clause}"
            " ORDER BY g.entrance_no, g.barrier_no, g.id LIMIT 500"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One gate of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("g.division", "g.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE g.id = :id AND {clause}{' FOR UPDATE OF g' if hold else ''}"),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def renew(connection: Connection, number: int, driver_code: str) -> None:
    """Another code for a gate: what hangs there is worth nothing from now on."""
    connection.execute(
        text("UPDATE gates SET driver_code = :code, version = version + 1, updated_at = now() WHERE id = :id"),
        {"id": number, "code": driver_code},
    )


def ensure(
    connection: Connection, enterprise_id: int, division: str, entrance_no: str, barrier_no: str, name: str
) -> None:
    """A gate with these numbers, if the enterprise has none."""
    connection.execute(
        text(
            "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name)"
            " VALUES (:enterprise, :division, :entrance, :barrier, :name) ON CONFLICT DO NOTHING"
        ),
        {
            "enterprise": enterprise_id,
            "division": division,
            "entrance": entrance_no,
            "barrier": barrier_no,
            "name": name,
        },
    )
