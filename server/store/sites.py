"""Sites of enterprises: plants, construction sites, mines, yards. The boundary is kept by server/store/site_boundaries.py."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

KINDS = ("plant", "construction", "mine", "yard", "port", "logistics", "other")
WRITTEN = ("name", "kind", "address", "contractor", "permit", "contact", "phone", "begins_on", "ends_on")
_COLUMNS = """s.*, e.name AS enterprise, g.name_zh AS division_zh, g.name_en AS division_en,
  (SELECT count(*) FROM site_stays y WHERE y.site_id = s.id AND y.left_at IS NULL) AS present_n,
  v.id AS version_id, v.number AS boundary_number, v.area_m2, v.valid_from AS boundary_from,
  (SELECT u.name FROM users u WHERE u.id = s.created_by) AS maker"""
_SOURCE = """sites s JOIN enterprises e ON e.id = s.enterprise_id LEFT JOIN divisions g ON g.code = s.division
  LEFT JOIN LATERAL (SELECT * FROM zone_versions n WHERE n.zone_id = s.zone_id ORDER BY n.number DESC LIMIT 1) v ON true"""
FILTERS: dict[str, str] = {
    "q": "s.name ILIKE :q OR s.address ILIKE :q OR s.contractor ILIKE :q"
    " OR s.enterprise_id IN (SELECT id FROM enterprises WHERE name ILIKE :q)",
    "kind": "s.kind = :kind",
    "state": "s.state = :state",
    "division": "s.division = :division",
    "enterprise": "s.enterprise_id = cast(:enterprise AS int)",
}
SORTS = {"name": "s.name", "division": "s.division", "created_at": "s.created_at"}
LISTING = Listing(_COLUMNS, _SOURCE, "sites s", "s.id", SORTS, "name")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of sites in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("s.division", "s.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One site of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("s.division", "s.enterprise_id")
    lock = " FOR UPDATE OF s" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE s.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_scope(connection: Connection, scope: Scope, only_active: bool = False) -> list[dict[str, Any]]:
    """Sites of the scope by name, for a choice."""
    clause, values = scope.condition("s.division", "s.enterprise_id")
    active = " AND s.state = 'active'" if only_active else ""
    rows = connection.execute(
        text(
            "SELECT s.id, s.name, s.state, e.name AS enterprise FROM sites s JOIN enterprises e ON e.id = s.enterprise_id"
            f" WHERE {clause}{active} ORDER BY e.name, s.name LIMIT 2000"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def insert(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Add a site; its id, None where the enterprise has one of that name."""
    names = ("enterprise_id", "division", *WRITTEN, "created_by")
    number: int | None = connection.execute(
        text(
            f"INSERT INTO sites ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        {name: values.get(name) for name in names},
    ).scalar_one_or_none()
    return number


def same_name(connection: Connection, enterprise_id: int, name: str, but: int | None = None) -> int | None:
    """The site of the enterprise that bears this name, but this one."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM sites WHERE enterprise_id = :enterprise AND name = :name"
            " AND id IS DISTINCT FROM cast(:but AS int)"
        ),
        {"enterprise": enterprise_id, "name": name, "but": but},
    ).scalar()
    return found


def update(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write the fields of a locked site; the version rises."""
    written = ", ".join(f"{name} = :{name}" for name in WRITTEN)
    connection.execute(
        text(f"UPDATE sites SET {written}, version = version + 1 WHERE id = :id"),
        {"id": number, **{name: values.get(name) for name in WRITTEN}},
    )


def bind(connection: Connection, number: int, zone_id: int) -> None:
    """The zone that is the site's boundary from now on; the version rises."""
    connection.execute(
        text("UPDATE sites SET zone_id = :zone, version = version + 1 WHERE id = :id"), {"id": number, "zone": zone_id}
    )


def close(connection: Connection, number: int) -> None:
    """A locked site is no longer worked on."""
    connection.execute(text("UPDATE sites SET state = 'closed', version = version + 1 WHERE id = :id"), {"id": number})
