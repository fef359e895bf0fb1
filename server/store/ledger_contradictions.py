"""Where ledgers contradict register, tracks and captures: candidates for leads, of one stretch of time each.

What counts as a visit, as known, as different stands once, in `ledger_scores`: a lead and a score say the same.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from server.store.ledger_scores import (
    CAPTURE_COUNTS,
    CAPTURE_KNOWN,
    CAPTURES_AT,
    FUEL_DIFFERS,
    SITE_VISITS,
    STAGE_DIFFERS,
    VIN_DIFFERS,
    VISIT_COUNTS,
    VISIT_KNOWN,
)

LONGEST_VISIT = timedelta(days=31)  # a visit that lasts longer is no visit of a gate
_REGISTER = """SELECT p.enterprise_id, p.division, e.name AS enterprise, p.truck_id, p.plate, '{kind}' AS kind,
  {said} AS said, {known} AS registered, min(p.passed_at) AS first_at, max(p.passed_at) AS last_at, count(*) AS n,
  (array_agg(p.id ORDER BY p.passed_at DESC, p.id DESC))[1] AS passage_id
  FROM ledger_passages p JOIN trucks t ON t.id = p.truck_id JOIN enterprises e ON e.id = p.enterprise_id
  WHERE p.received_at >= :since AND p.received_at < :until AND p.state = 'taken' AND {differs}
  GROUP BY 1, 2, 3, 4, 5, 7, 8"""
REGISTER = " UNION ALL ".join(
    [
        _REGISTER.format(kind="stage_differs", said="p.stage", known="t.stage", differs=STAGE_DIFFERS),
        _REGISTER.format(kind="fuel_differs", said="p.fuel", known="t.fuel", differs=FUEL_DIFFERS),
        _REGISTER.format(kind="vin_differs", said="p.vin", known="t.vin", differs=VIN_DIFFERS),
    ]
)


def first_received(connection: Connection) -> datetime | None:
    """When the oldest rows of the ledgers came in."""
    found: datetime | None = connection.execute(
        text("SELECT received_at FROM ledger_passages ORDER BY id LIMIT 1")
    ).scalar()
    return found


def register_differences(connection: Connection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Trucks whose ledger rows of [since, until) differ from the register: one line a truck, plant and pair of values."""
    rows = connection.execute(text(f"{REGISTER} ORDER BY 1, 4, 6, 7"), {"since": since, "until": until})
    return [dict(row) for row in rows.mappings()]


def unknown_visits(
    connection: Connection, since: datetime, until: datetime, tolerance: timedelta
) -> list[dict[str, Any]]:
    """Visits to sites that ended in [since, until) and have no passage; vehicles of the plant itself left out."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.zone_id, v.terminal_id, v.first_at, v.last_at, s.enterprise_id, s.division,"
            f" e.name AS enterprise, t.id AS truck_id, t.plate FROM {SITE_VISITS} JOIN enterprises e"
            " ON e.id = s.enterprise_id WHERE v.first_at >= cast(:since AS timestamptz) - :longest"
            f" AND v.last_at >= :since AND v.last_at < :until AND {VISIT_COUNTS} AND NOT {VISIT_KNOWN} ORDER BY v.id"
        ),
        {"since": since, "until": until, "tolerance": tolerance, "longest": LONGEST_VISIT},
    )
    return [dict(row) for row in rows.mappings()]


def unknown_captures(
    connection: Connection, since: datetime, until: datetime, tolerance: timedelta, radius_m: float
) -> list[dict[str, Any]]:
    """Captures at a gate of [since, until) that have no passage."""
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.captured_at, c.plate, c.truck_id, d.lon, d.lat, s.enterprise_id, s.division,"
            f" e.name AS enterprise FROM {CAPTURES_AT} JOIN enterprises e ON e.id = s.enterprise_id"
            f" WHERE c.captured_at >= :since AND c.captured_at < :until AND {CAPTURE_COUNTS} AND NOT {CAPTURE_KNOWN}"
            " ORDER BY c.id"
        ),
        {"since": since, "until": until, "tolerance": tolerance, "radius": radius_m},
    )
    return [dict(row) for row in rows.mappings()]


def passages_elsewhere(
    connection: Connection, since: datetime, until: datetime, fix_age: timedelta, km: float
) -> list[dict[str, Any]]:
    """Passages that came in in [since, until) while the truck's own terminal was further away than that.

    The distance is from the nearest site or gate of the enterprise to the fix nearest in time.
    """
    rows = connection.execute(
        text(
            "SELECT p.id, p.enterprise_id, p.division, e.name AS enterprise, p.truck_id, p.plate, p.passed_at,"
            " f.measured_at, f.lon, f.lat, far.m / 1000 AS km FROM ledger_passages p"
            " JOIN terminals k ON k.truck_id = p.truck_id AND k.state = 'active'"
            " JOIN enterprises e ON e.id = p.enterprise_id"
            " JOIN LATERAL (SELECT r.measured_at, r.lon, r.lat FROM sample_rows r WHERE r.terminal_id = k.id"
            "  AND r.packet_at >= p.passed_at - cast(:age AS interval) - interval '10 minutes'"
            "  AND r.packet_at <= p.passed_at + cast(:age AS interval)"
            "  AND r.measured_at BETWEEN p.passed_at - :age AND p.passed_at + :age AND r.fix_valid AND r.lon IS NOT NULL"
            "  ORDER BY greatest(r.measured_at - p.passed_at, p.passed_at - r.measured_at) LIMIT 1) f ON true"
            " JOIN LATERAL (SELECT min(ST_Distance(place.at::geography,"
            "   ST_SetSRID(ST_MakePoint(f.lon, f.lat), 4326)::geography)) AS m FROM"
            "  (SELECT g.location AS at FROM gates g WHERE g.enterprise_id = p.enterprise_id AND g.location IS NOT NULL"
            "   UNION ALL SELECT z.geometry FROM sites s JOIN zone_versions z ON z.zone_id = s.zone_id"
            "   WHERE s.enterprise_id = p.enterprise_id AND z.valid_from <= p.passed_at"
            "   AND coalesce(z.valid_to, 'infinity') > p.passed_at) place) far ON far.m > :metres"
            " WHERE p.received_at >= :since AND p.received_at < :until AND p.state = 'taken' AND p.truck_id IS NOT NULL"
            " ORDER BY p.id"
        ),
        {"since": since, "until": until, "age": fix_age, "metres": km * 1000},
    )
    return [dict(row) for row in rows.mappings()]
