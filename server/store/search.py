"""The one search field: plate, VIN, machine number, device, violation or capture number, enterprise."""

from typing import Any

from sqlalchemy import Connection, text

from server.store import cases
from server.store.paging import escape_like
from server.store.scopes import Scope

MOST_EACH = 20

# kind -> (what it shows, where it looks, columns of scope); rows: number, title, colour, more
_SOURCES: dict[str, tuple[str, str, tuple[str, str | None]]] = {
    "truck": (
        "t.id AS number, t.plate AS title, t.plate_colour AS colour, t.vin AS more",
        "trucks t WHERE (t.plate ILIKE :q OR t.vin ILIKE :q)",
        ("t.division", "t.enterprise_id"),
    ),
    "machine": (
        "m.id AS number, coalesce(m.registration_number, m.machine_code, m.pin, m.engine_number) AS title,"
        " NULL AS colour, concat_ws(' ', m.machine_code, m.pin) AS more",
        "machines m WHERE (coalesce(m.registration_number, '') || ' ' || coalesce(m.pin, '') || ' '"
        " || coalesce(m.machine_code, '') ILIKE :q OR m.engine_number = :raw)",
        ("m.division", "m.enterprise_id"),
    ),
    "terminal": (
        "d.id AS number, d.device AS title, NULL AS colour, d.kind AS more",
        "terminals d WHERE d.device ILIKE :q",
        ("true::text", None),
    ),
    "violation": (
        "v.id AS number, v.number AS title, NULL AS colour, v.status AS more",
        "violations v WHERE v.number ILIKE :q",
        ("v.division", "v.enterprise_id"),
    ),
    "capture": (
        "c.id AS number, c.number AS title, NULL AS colour, c.plate AS more",
        "captures c WHERE c.number = :raw",
        ("c.division", "c.enterprise_id"),
    ),
    "enterprise": (
        "e.id AS number, e.name AS title, NULL AS colour, e.credit_code AS more",
        "enterprises e WHERE (e.name ILIKE :q OR e.credit_code ILIKE :q)",
        ("e.division", "e.id"),
    ),
}


def normalise(asked: str) -> str:
    """Plates and numbers are written with dots, dashes and spaces; none of them counts in a search."""
    return "".join(sign for sign in asked.upper().strip() if sign not in " ·•.　")


def find(connection: Connection, scope: Scope, asked: str) -> list[dict[str, Any]]:
    """What the text may mean, by kind; at most 20 of each. Violation numbers keep their dash."""
    wanted = normalise(asked)
    if len(wanted) < 2:
        return []
    hits = _cases(connection, scope, wanted)
    for kind, (shown, source, (division, enterprise)) in _SOURCES.items():
        area = (
            Scope(scope.divisions, scope.enterprise_id)
            if kind in {"violation", "capture"}
            else Scope(None, scope.enterprise_id)
        )
        clause, values = area.condition(division, enterprise)
        rows = connection.execute(
            text(f"SELECT {shown} FROM {source} AND {clause} ORDER BY title LIMIT :most"),
            {"q": escape_like(wanted), "raw": wanted, "most": MOST_EACH, **values},
        )
        hits += [{"kind": kind, **row} for row in rows.mappings()]
    return hits


def _cases(connection: Connection, scope: Scope, wanted: str) -> list[dict[str, Any]]:
    """The case of a number, where the account may see it."""
    clause, values = cases.visible(scope)
    rows = connection.execute(
        text(
            "SELECT 'case' AS kind, c.id AS number, c.number AS title, NULL AS colour, c.subject_text AS more"
            f" FROM cases c WHERE c.number = :raw AND {clause}"
        ),
        {"raw": wanted, **values},
    )
    return [dict(row) for row in rows.mappings()]
