"""Devices of gates (HJ 1321): barriers, cameras, displays, weighbridges, and when each was last heard of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

KINDS = ("barrier", "plate_camera", "video", "display", "weighbridge")
STATES = ("active", "suspended", "removed")
WRITTEN = ("kind", "number", "name", "address", "live_url", "replay_url", "installed_on", "state")
_COLUMNS = """v.id, v.gate_id, v.enterprise_id, v.kind, v.number, v.name, host(v.address) AS address, v.live_url,
  v.replay_url, v.installed_on, v.state, v.last_seen_at, v.created_at, x.name AS gate, x.division, e.name AS enterprise,
  coalesce(v.last_seen_at > now() - make_interval(secs => :offline_s), false) AS online"""
_SOURCE = "gate_devices v JOIN gates x ON x.id = v.gate_id JOIN enterprises e ON e.id = v.enterprise_id"
FILTERS: dict[str, str] = {
    "q": "v.number ILIKE :q OR v.name ILIKE :q OR x.name ILIKE :q OR e.name ILIKE :q",
    "kind": "v.kind = :kind",
    "state": "v.state = :state",
    "gate": "v.gate_id = cast(:gate AS int)",
    "online": "coalesce(v.last_seen_at > now() - make_interval(secs => :offline_s), false) = (:online = 'yes')",
}
SORTS = {"enterprise": "e.name", "number": "v.number"}
_LISTING = Listing(_COLUMNS, _SOURCE, _SOURCE, "v.id", SORTS, "enterprise")


def find(connection: Connection, scope: Scope, query: Query, offline_s: float) -> Found:
    """A page of devices in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("x.division", "v.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, {**values, "offline_s": offline_s})


def find_one(connection: Connection, scope: Scope, number: int, offline_s: float = 0) -> dict[str, Any] | None:
    """One device of the scope."""
    clause, values = scope.condition("x.division", "v.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE v.id = :id AND {clause}"),
        {"id": number, "offline_s": offline_s, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_gate(connection: Connection, gate_id: int, offline_s: float) -> list[dict[str, Any]]:
    """The devices of one gate that the caller may see, those in use first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE v.gate_id = :gate ORDER BY v.state, v.kind, v.number"),
        {"gate": gate_id, "offline_s": offline_s},
    )
    return [dict(row) for row in rows.mappings()]


def find_same(connection: Connection, gate_id: int, kind: str, number: str, but: int | None) -> int | None:
    """Another device of the gate with this kind and number."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM gate_devices WHERE gate_id = :gate AND kind = :kind AND number = :number"
            " AND id IS DISTINCT FROM cast(:but AS int)"
        ),
        {"gate": gate_id, "kind": kind, "number": number, "but": but},
    ).scalar_one_or_none()
    return found


def put(connection: Connection, number: int | None, gate: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Add a device to a gate or change one; its id."""
    marks = {name: f"cast(:{name} AS inet)" if name == "address" else f":{name}" for name in WRITTEN}
    if number is None:
        sql = (
            f"INSERT INTO gate_devices (gate_id, enterprise_id, {', '.join(WRITTEN)})"
            f" VALUES (:gate_id, :enterprise_id, {', '.join(marks.values())}) RETURNING id"
        )
    else:
        sets = ", ".join(f"{name} = {mark}" for name, mark in marks.items())
        sql = f"UPDATE gate_devices SET {sets} WHERE id = :id RETURNING id"
    given = {**values, "id": number, "gate_id": gate["id"], "enterprise_id": gate["enterprise_id"]}
    kept: int = connection.execute(text(sql), given).scalar_one()
    return kept


def seen(connection: Connection, gate_id: int, devices: Sequence[tuple[str, str]], at: datetime) -> list[int]:
    """Devices of the gate that were heard of, by kind and number; the places in the list that are on no file."""
    rows = connection.execute(
        text(
            "WITH heard AS (SELECT * FROM unnest(cast(:kinds AS text[]), cast(:numbers AS text[]))"
            " WITH ORDINALITY AS t (kind, number, place)), done AS (UPDATE gate_devices v"
            " SET last_seen_at = greatest(v.last_seen_at, :at) FROM heard h WHERE v.gate_id = :gate AND v.kind = h.kind"
            " AND v.number = h.number AND v.state <> 'removed' RETURNING h.place)"
            " SELECT place FROM heard WHERE place NOT IN (SELECT place FROM done) ORDER BY place"
        ),
        {"gate": gate_id, "at": at, "kinds": [k for k, _ in devices], "numbers": [n for _, n in devices]},
    )
    return [int(row.place) - 1 for row in rows]
