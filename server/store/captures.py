"""Black-smoke captures as officers read them: the list, one with its reviews, those of a truck."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Nullable, Query, count_capped, escape_like
from server.store.scopes import Scope

_SOURCE = "captures c LEFT JOIN trucks t ON t.id = c.truck_id JOIN capture_devices d ON d.id = c.device_id"
_COLUMNS = """c.id, c.number, c.version, c.device_id, d.code AS device, d.name AS device_name, d.place, d.direction,
  d.lon, d.lat, c.source_key, c.captured_at, c.received_at, c.lane, c.division, c.plate, c.plate_colour,
  c.trailer_plate, c.plate_confidence, c.truck_id, c.enterprise_id, c.vehicle_type, c.body_colour,
  c.ringelmann::float8 AS ringelmann, c.confidence, c.smoke_frames, c.speed_kmh, c.clock_drift_s, c.standing,
  c.standing_reasons, c.standing_rules, c.same_pass_as, c.status, c.reject_reason, c.decided_at, c.hits, c.law,
  t.fuel, t.stage, t.category, t.owner, t.state AS truck_state,
  (SELECT g.name_zh FROM divisions g WHERE g.code = c.division) AS division_zh,
  (SELECT g.name_en FROM divisions g WHERE g.code = c.division) AS division_en"""
_HOUR = "extract(hour FROM c.captured_at AT TIME ZONE 'Asia/Shanghai')"

FILTERS: dict[str, str] = {
    "device": "c.device_id = cast(:device AS int)",
    "division": "c.division = :division",
    "plate_colour": "c.plate_colour = :plate_colour",
    "region": "CASE :region WHEN 'local' THEN left(c.plate, 2) = ANY (string_to_array(:local, ','))"
    " WHEN 'none' THEN c.plate IS NULL ELSE left(c.plate, 2) <> ALL (string_to_array(:local, ',')) END",
    "fuel": "t.fuel = :fuel",
    "registered": "(:registered = 'yes') = (c.truck_id IS NOT NULL)",
    "status": "c.status = :status",
    "reason": "c.reject_reason = :reason",
    "standing": "c.standing = :standing",
    "ringelmann_from": "c.ringelmann >= cast(:ringelmann_from AS numeric)",
    "ringelmann_to": "c.ringelmann <= cast(:ringelmann_to AS numeric)",
    "confidence_from": "c.confidence >= cast(:confidence_from AS float8)",
    "hits_from": "c.hits >= cast(:hits_from AS int)",
    "from": "c.captured_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "c.captured_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "band": f"CASE :band WHEN 'night' THEN {_HOUR} >= 22 OR {_HOUR} < 6 WHEN 'morning' THEN {_HOUR} BETWEEN 6 AND 9"
    f" WHEN 'day' THEN {_HOUR} BETWEEN 10 AND 16 ELSE {_HOUR} BETWEEN 17 AND 21 END",
    "truck": "c.truck_id = cast(:truck AS int)",
    "q": "c.plate ILIKE :q OR c.number = :exact",
}
SORTS = {"captured_at": "c.captured_at", "ringelmann": Nullable("c.ringelmann"), "hits": "c.hits"}


_LISTING = Listing(
    _COLUMNS, _SOURCE, "captures c LEFT JOIN trucks t ON t.id = c.truck_id", "c.id", SORTS, "captured_at"
)


def find(connection: Connection, scope: Scope, query: Query, local: str = "") -> Found:
    """A page of captures of the scope; `local` is how plates of the city begin, with commas between."""
    clauses, values = query.conditions(FILTERS, scope.condition("c.division", "c.enterprise_id"))
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "exact": values["q"].upper()}
    if "region" in values:
        values["local"] = local
    counted = _LISTING.narrow if "fuel" in values else "captures c"
    return _LISTING.find(connection, query, clauses, values, counted)


def find_one(connection: Connection, scope: Scope, capture_id: int) -> dict[str, Any] | None:
    """One capture of the scope with all that its page says."""
    clause, values = scope.condition("c.division", "c.enterprise_id")
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS}, c.raw, c.weather, encode(c.body_sha256, 'hex') AS body_sha256, c.held_by,"
            " c.held_until, t.vin, (SELECT r.number FROM captures r WHERE r.id = c.same_pass_as) AS same_pass_number"
            f" FROM {_SOURCE} WHERE c.id = :id AND {clause}"
        ),
        {"id": capture_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_id(connection: Connection, number: str) -> int | None:
    """The id behind a number; whether the account may see it is for the reader of the row to ask."""
    found: int | None = connection.execute(
        text("SELECT id FROM captures WHERE number = :number"), {"number": number}
    ).scalar()
    return found


def reviews(connection: Connection, capture_id: int) -> list[dict[str, Any]]:
    """The reviews in order, with who."""
    rows = connection.execute(
        text(
            "SELECT r.level, r.result, r.reason, r.note, r.plate, r.plate_colour, r.ringelmann::float8 AS ringelmann,"
            " r.at, r.by_user, u.name AS reviewer FROM capture_reviews r JOIN users u ON u.id = r.by_user"
            " WHERE r.capture_id = :id ORDER BY r.level"
        ),
        {"id": capture_id},
    )
    return [dict(row) for row in rows.mappings()]


def same_pass(connection: Connection, capture_id: int) -> list[dict[str, Any]]:
    """Captures that are counted under this one."""
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.captured_at, d.name AS device_name FROM captures c"
            " JOIN capture_devices d ON d.id = c.device_id WHERE c.same_pass_as = :id ORDER BY c.captured_at, c.id"
        ),
        {"id": capture_id},
    )
    return [dict(row) for row in rows.mappings()]


def of_vehicle(
    connection: Connection, scope: Scope, plate: str, colour: str | None, but: int, most: int = 10
) -> list[dict[str, Any]]:
    """Other captures of a plate in its colour, the newest first."""
    clause, values = scope.condition("c.division", "c.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT c.id, c.number, c.captured_at, c.status, c.standing, c.ringelmann::float8 AS ringelmann,"
            " d.name AS device_name FROM captures c JOIN capture_devices d ON d.id = c.device_id"
            " WHERE c.plate = :plate AND c.plate_colour IS NOT DISTINCT FROM :colour AND c.id <> :but"
            f" AND {clause} ORDER BY c.captured_at DESC, c.id DESC LIMIT :most"
        ),
        {"plate": plate, "colour": colour, "but": but, "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def of_truck(connection: Connection, scope: Scope, truck_id: int, most: int = 50) -> list[dict[str, Any]]:
    """Captures of a truck that the scope covers, the newest first."""
    clause, values = scope.condition("c.division", "c.enterprise_id")
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.captured_at, c.status, c.standing, c.ringelmann::float8 AS ringelmann, c.hits,"
            " d.name AS device_name FROM captures c JOIN capture_devices d ON d.id = c.device_id"
            f" WHERE c.truck_id = :truck AND {clause} ORDER BY c.captured_at DESC, c.id DESC LIMIT :most"
        ),
        {"truck": truck_id, "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def register_of(connection: Connection, plate: str) -> list[dict[str, Any]]:
    """What the register has under these characters, in whatever colour."""
    rows = connection.execute(
        text(
            "SELECT t.id, t.plate, t.plate_colour, t.category, t.fuel, t.stage, t.state, t.model, t.enterprise_id,"
            " coalesce(t.owner, e.name) AS owner FROM trucks t LEFT JOIN enterprises e ON e.id = t.enterprise_id"
            " WHERE t.plate = :plate ORDER BY t.id"
        ),
        {"plate": plate},
    )
    return [dict(row) for row in rows.mappings()]


def counts(connection: Connection, scope: Scope, statuses: Sequence[str], cap: int = 10_000) -> dict[str, int]:
    """How many wait in each status, counted up to the cap."""
    clause, values = scope.condition("c.division")
    return {
        status: count_capped(
            connection, f"captures c WHERE c.status = :status AND {clause}", {"status": status, **values}, cap
        )[0]
        for status in statuses
    }
