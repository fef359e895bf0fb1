"""Violations as officers read and decide them; how ingest writes them is in store/flagged.py."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

BEFORE = AFTER = timedelta(minutes=15)  # of the track and the packets around the act
LONGEST_PACKET = timedelta(hours=1)  # no frame covers more time than this

_SOURCE = """violations v
  LEFT JOIN trucks t ON t.id = v.truck_id LEFT JOIN machines m ON m.id = v.machine_id
  LEFT JOIN terminals d ON d.id = v.terminal_id LEFT JOIN zones z ON z.id = v.zone_id"""

_LIST_COLUMNS = """v.id, v.number, v.status, v.first_at, v.last_at, v.dwell_s, v.division, v.law, v.reason_codes,
  v.flagged_at, v.decided_at, v.lon, v.lat, v.terminal_id, v.truck_id, v.machine_id, v.zone_id,
  t.plate, t.plate_colour, coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number, d.device,
  z.name_zh AS zone_zh, z.name_en AS zone_en,
  (SELECT g.name_zh FROM divisions g WHERE g.code = v.division) AS division_zh,
  (SELECT g.name_en FROM divisions g WHERE g.code = v.division) AS division_en"""

FILTERS: dict[str, str] = {
    "status": "v.status = :status",
    "zone": "v.zone_id = cast(:zone AS int)",
    "division": "v.division = :division",
    "subject": "CASE :subject WHEN 'truck' THEN v.truck_id IS NOT NULL ELSE v.machine_id IS NOT NULL END",
    "reason": ":reason = ANY (v.reason_codes)",
    "law": "v.law = :law",
    "from": "v.first_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "v.first_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "truck": "v.truck_id = cast(:truck AS int)",
    "machine": "v.machine_id = cast(:machine AS int)",
    "q": "v.number ILIKE :q OR t.plate ILIKE :q OR d.device ILIKE :q OR m.registration_number ILIKE :q"
    " OR m.machine_code ILIKE :q OR m.pin ILIKE :q",
}
SORTS = {
    "first_at": "v.first_at",
    "number": "v.number",
    "dwell_s": "v.dwell_s",
    "flagged_at": "v.flagged_at",
    "status": "v.status",
    "zone": "z.name_zh",
}


# the database drops the joins that neither filter nor order needs when the page is picked
_LISTING = Listing(_LIST_COLUMNS, _SOURCE, _SOURCE, "v.id", SORTS, "first_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of violations in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("v.division", "v.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    counted = _SOURCE if "q" in values else "violations v"
    return _LISTING.find(connection, query, clauses, values, counted)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One violation with all that its page says, if the scope has it."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    row = connection.execute(
        text(
            f"SELECT {_LIST_COLUMNS}, v.verdict, v.evidence, v.revised, v.zone_version_id, v.enterprise_id,"
            " v.decided_by, v.decision_reason, v.decision_note, t.vin, t.fuel, t.stage, t.category, t.owner,"
            " m.fuel AS machine_fuel, m.stage AS machine_stage, m.category AS machine_category, m.pin,"
            " m.owner AS machine_owner, d.kind AS terminal_kind, d.accuracy_m,"
            " (SELECT e.name FROM enterprises e WHERE e.id = v.enterprise_id) AS enterprise,"
            " n.number AS zone_version, n.valid_from AS zone_from, n.valid_to AS zone_to, n.terms,"
            " i.open AS visit_open"
            f" FROM {_SOURCE} JOIN zone_versions n ON n.id = v.zone_version_id JOIN visits i ON i.id = v.visit_id"
            f" WHERE v.id = :id AND {clause}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_id(connection: Connection, number: str) -> int | None:
    """The id of a violation by its number; whether the account may see it is for the reader of the row to ask."""
    return connection.execute(text("SELECT id FROM violations WHERE number = :number"), {"number": number}).scalar()


def decider(connection: Connection, user_id: int) -> str | None:
    """The name of who decided (accounts are outside the fence)."""
    name: str | None = connection.execute(
        text("SELECT name FROM users WHERE id = :id"), {"id": user_id}
    ).scalar_one_or_none()
    return name


def zone_shape(connection: Connection, version_id: int) -> dict[str, Any]:
    """The zone as it was drawn in this version, as GeoJSON."""
    shape: str = connection.execute(
        text("SELECT ST_AsGeoJSON(geometry, 6) FROM zone_versions WHERE id = :id"), {"id": version_id}
    ).scalar_one()
    return dict(json.loads(shape))


def track(
    connection: Connection, terminal_id: int, version_id: int, first_at: datetime, last_at: datetime, most: int
) -> dict[str, Any]:
    """Positions around the act, in order, with inside or outside of the zone version.

    Above `most` points every n-th one is taken; the first and last of each stretch inside or outside stay.
    """
    rows = connection.execute(
        text(
            """
WITH fixes AS (
  SELECT s.measured_at, s.lon, s.lat, s.speed_kmh, s.direction_deg, row_number() OVER w AS n, count(*) OVER () AS total,
    ST_Intersects(z.geometry, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)) AS inside
  FROM samples s JOIN zone_versions z ON z.id = :version
  WHERE s.terminal_id = :terminal AND s.measured_at BETWEEN :from AND :to
    AND s.packet_at BETWEEN cast(:from AS timestamptz) - cast(:longest AS interval) AND :to
    AND s.fix_valid AND s.lon BETWEEN -180 AND 180 AND s.lat BETWEEN -90 AND 90
  WINDOW w AS (ORDER BY s.measured_at)
), marked AS (
  SELECT f.*, f.inside IS DISTINCT FROM lag(f.inside) OVER w OR f.inside IS DISTINCT FROM lead(f.inside) OVER w AS edge
  FROM fixes f WINDOW w AS (ORDER BY f.n)
)
SELECT measured_at, lon, lat, speed_kmh, direction_deg, inside, total FROM marked
WHERE total <= :most OR edge OR n % ceil(total::float8 / :most)::int = 1 ORDER BY n LIMIT 2 * :most
"""
        ),
        {
            "terminal": terminal_id,
            "version": version_id,
            "from": first_at - BEFORE,
            "to": last_at + AFTER,
            "longest": LONGEST_PACKET,
            "most": most,
        },
    ).all()
    points = [
        [round(r.measured_at.timestamp() * 1000), r.lon, r.lat, r.speed_kmh, r.direction_deg, r.inside] for r in rows
    ]
    return {"points": points, "total": rows[0].total if rows else 0}


_PACKETS = """FROM packets WHERE terminal_id = :terminal AND last_at >= :from AND measured_at <= :to
  AND measured_at >= cast(:from AS timestamptz) - cast(:longest AS interval)"""


def _window(terminal_id: int, first_at: datetime, last_at: datetime) -> dict[str, Any]:
    return {
        "terminal": terminal_id,
        "from": first_at - BEFORE,
        "to": last_at + AFTER,
        "longest": LONGEST_PACKET,
    }


def packets(connection: Connection, terminal_id: int, first_at: datetime, last_at: datetime, query: Query) -> Found:
    """A page of the packets around the act, in order of time, with their SHA-256."""
    window = _window(terminal_id, first_at, last_at)
    rows = connection.execute(
        text(
            "SELECT measured_at, last_at, received_at, serial, samples_n, protocol, command,"
            f" octet_length(raw) AS bytes, encode(sha256, 'hex') AS sha256 {_PACKETS}"
            " ORDER BY measured_at, digest LIMIT :limit OFFSET :offset"
        ),
        {**window, **query.window},
    )
    total: int = connection.execute(text(f"SELECT count(*) {_PACKETS}"), window).scalar_one()
    return Found([dict(row) for row in rows.mappings()], total)


def evidence_hashes(
    connection: Connection, terminal_id: int, first_at: datetime, last_at: datetime
) -> list[tuple[str, str]]:
    """(SHA-256 as kept, SHA-256 of the raw bytes computed now) of every packet around the act, in order of time."""
    rows = connection.execute(
        text(f"SELECT encode(sha256, 'hex'), encode(sha256(raw), 'hex') {_PACKETS} ORDER BY measured_at, digest"),
        _window(terminal_id, first_at, last_at),
    )
    return [(row[0], row[1]) for row in rows]


def raw_packets(
    connection: Connection, terminal_id: int, first_at: datetime, last_at: datetime
) -> Iterator[dict[str, Any]]:
    """Every packet around the act as it came (`raw`), with what was noted on receipt, in order of time."""
    rows = connection.execute(
        text(
            "SELECT measured_at, last_at, received_at, serial, samples_n, protocol, command, raw,"
            f" encode(sha256, 'hex') AS sha256 {_PACKETS} ORDER BY measured_at, digest"
        ),
        _window(terminal_id, first_at, last_at),
    )
    for row in rows.mappings():
        yield dict(row)


def lock(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """The state of a violation in the scope, locked until the transaction ends: one decides, the other waits."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    row = connection.execute(
        text(
            "SELECT v.id, v.number, v.status, v.terminal_id, v.first_at, v.last_at, v.verdict, v.zone_version_id,"
            " v.decided_at, v.decided_by, (SELECT u.name FROM users u WHERE u.id = v.decided_by) AS decider"
            f" FROM violations v WHERE v.id = :id AND {clause} FOR UPDATE OF v"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def decide(
    connection: Connection,
    number: int,
    status: str,
    user_id: int | None,
    reason: str,
    note: str,
    evidence: Mapping[str, Any] | None,
) -> bool:
    """Write the decision, if the violation is still flagged; whether it was."""
    done = connection.execute(
        text(
            "UPDATE violations SET status = :status, decided_at = now(), decided_by = :user, decision_reason = :reason,"
            " decision_note = :note, evidence = cast(:evidence AS jsonb) WHERE id = :id AND status = 'flagged'"
        ),
        {
            "id": number,
            "status": status,
            "user": user_id,
            "reason": reason,
            "note": note,
            "evidence": None if evidence is None else json.dumps(dict(evidence), ensure_ascii=False),
        },
    )
    return bool(done.rowcount)


def recent_reasons(connection: Connection) -> list[str]:
    """Reason codes that occur in the newest violations, for the filter."""
    return list(
        connection.execute(
            text(
                "SELECT DISTINCT unnest(reason_codes) AS code FROM (SELECT reason_codes FROM violations"
                " ORDER BY id DESC LIMIT 5000) AS newest ORDER BY code"
            )
        ).scalars()
    )


def zones(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Control zones of the scope, for the filter."""
    clause, values = scope.condition("division")
    rows = connection.execute(
        text(f"SELECT id, name_zh, name_en FROM zones WHERE kind = 'control' AND {clause} ORDER BY code"),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def waiting(connection: Connection, scope: Scope, most: int) -> list[dict[str, Any]]:
    """Flagged violations of the scope, the oldest first."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT {_LIST_COLUMNS} FROM {_SOURCE} WHERE v.status = 'flagged' AND {clause}"
            " ORDER BY v.first_at LIMIT :most"
        ),
        {"most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def ages(connection: Connection, scope: Scope) -> dict[str, int]:
    """Flagged violations of the scope by age: today, this week, older."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    row = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE v.flagged_at > now() - interval '1 day') AS day,"
            " count(*) FILTER (WHERE v.flagged_at <= now() - interval '1 day'"
            " AND v.flagged_at > now() - interval '7 days') AS week,"
            " count(*) FILTER (WHERE v.flagged_at <= now() - interval '7 days') AS older"
            f" FROM violations v WHERE v.status = 'flagged' AND {clause}"
        ),
        values,
    ).one()
    return dict(row._mapping)
