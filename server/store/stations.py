"""Inspection and maintenance stations: the list, one station, whose account it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

COLUMNS = (
    "code", "kind", "name", "organisation_id", "division", "address", "phone", "licence", "licence_valid_to", "state",
)  # fmt: skip
_COLUMNS = """s.id, s.code, s.kind, s.name, s.organisation_id, s.division, s.address, s.phone, s.licence,
  s.licence_valid_to, s.state, s.created_at, s.updated_at, ST_X(s.location) AS lon, ST_Y(s.location) AS lat,
  o.name_zh AS organisation_zh, o.name_en AS organisation_en, g.name_zh AS division_zh, g.name_en AS division_en"""
_SOURCE = """stations s LEFT JOIN organisations o ON o.id = s.organisation_id
  LEFT JOIN divisions g ON g.code = s.division"""
FILTERS: dict[str, str] = {
    "q": "s.name ILIKE :q OR s.code ILIKE :q OR s.address ILIKE :q",
    "kind": "s.kind = :kind",
    "state": "s.state = :state",
    "division": "s.division = :division",
}
SORTS = {
    "name": "s.name",
    "code": "s.code",
    "division": "s.division",
    "licence_valid_to": MaybeNull("s.licence_valid_to"),
}


_LISTING = Listing(_COLUMNS, _SOURCE, "stations s", "s.id", SORTS, "name")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of stations in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("s.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One station in the scope."""
    clause, values = scope.condition("s.division")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE s.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_organisation(connection: Connection, organisation_id: int) -> dict[str, Any] | None:
    """The station whose account an organisation is."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE s.organisation_id = :o"), {"o": organisation_id}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def for_notice(connection: Connection, division: str, most: int = 12) -> list[dict[str, str]]:
    """Stations in use near an area, as a notice lists them: those of the county first, then of the city."""
    rows = connection.execute(
        text(
            "SELECT CASE kind WHEN 'inspection' THEN '检验' ELSE '维修' END AS kind, name, coalesce(address, '') AS address,"
            " coalesce(phone, '') AS phone FROM stations WHERE state = 'active' AND division LIKE :city"
            " ORDER BY kind = 'inspection', division = :division DESC, name LIMIT :most"
        ),
        {"city": division[:4] + "%", "division": division, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def find_taken(connection: Connection, column: str, value: object, but: int | None) -> str | None:
    """The name of another station that has this code or organisation."""
    if column not in {"code", "organisation_id"}:
        raise ValueError(column)
    found: str | None = connection.execute(
        text(f"SELECT name FROM stations WHERE {column} = :value AND id IS DISTINCT FROM cast(:but AS int)"),
        {"value": value, "but": but},
    ).scalar_one_or_none()
    return found


def put(connection: Connection, number: int | None, values: Mapping[str, Any]) -> int:
    """Add a station or change one; its id. `lon` and `lat` are WGS-84, both or neither."""
    place = "CASE WHEN cast(:lon AS float8) IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) END"
    names = ", ".join(COLUMNS)
    if number is None:
        sql = f"INSERT INTO stations ({names}, location) VALUES ({', '.join(':' + n for n in COLUMNS)}, {place})"
    else:
        sets = ", ".join(f"{name} = :{name}" for name in COLUMNS)
        sql = f"UPDATE stations SET {sets}, location = {place}, updated_at = now() WHERE id = :id"
    kept: int = connection.execute(text(f"{sql} RETURNING id"), {**values, "id": number}).scalar_one()
    return kept


def organisations_of_stations(connection: Connection) -> list[dict[str, Any]]:
    """Organisations whose accounts are stations'."""
    rows = connection.execute(
        text("SELECT id, name_zh, name_en FROM organisations WHERE kind = 'station' AND active ORDER BY name_zh")
    )
    return [dict(row) for row in rows.mappings()]
