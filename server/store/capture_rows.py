"""How captures are written: intake, standing, reviews, the pass they belong to, the hits of their vehicle."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from enforcement.captures.records import Assessment
from server.store.scopes import Scope

_IMAGES = """(SELECT count(*) FROM evidence_items i JOIN evidence_files f ON f.id = i.file_id
  WHERE i.owner_kind = 'capture' AND i.owner_id = c.id AND f.media_type LIKE 'image/%'
  AND NOT EXISTS (SELECT FROM evidence_set_aside s WHERE s.item_id = i.id))"""


def lock_plates(connection: Connection, plates: Iterable[tuple[str | None, str | None]]) -> None:
    """One writer at a time for a vehicle: passes are merged and hits counted in turn. Before any lock of a row."""
    for key in sorted({f"{plate} {colour}" for plate, colour in plates if plate}):
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('capture'), hashtext(:key))"), {"key": key})


def insert(connection: Connection, values: Mapping[str, Any]) -> tuple[int, str] | None:
    """Add a capture: its id and number; None where the device has sent this key before."""
    row = connection.execute(
        text(
            "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, received_at, lane, division,"
            " plate, plate_colour, trailer_plate, plate_confidence, truck_id, enterprise_id, vehicle_type, body_colour,"
            " ringelmann, confidence, smoke_frames, speed_kmh, clock_drift_s, weather, raw, standing, status,"
            " same_pass_as, law) SELECT 'B' || to_char(cast(:received_at AS timestamptz) AT TIME ZONE 'Asia/Shanghai',"
            " 'YYYYMMDD') || '-' || lpad(nextval('capture_numbers')::text, 6, '0'), :device_id, :source_key,"
            " :body_sha256, :captured_at, :received_at, :lane, :division, :plate, :plate_colour, :trailer_plate,"
            " :plate_confidence, :truck_id, :enterprise_id, :vehicle_type, :body_colour, :ringelmann, :confidence,"
            " :smoke_frames, :speed_kmh, :clock_drift_s, cast(:weather AS jsonb), cast(:raw AS jsonb), 'void', :status,"
            " :same_pass_as, :law ON CONFLICT (device_id, source_key) DO NOTHING RETURNING id, number"
        ),
        {**values, "weather": _json(values["weather"]), "raw": _json(values["raw"])},
    ).one_or_none()
    return None if row is None else (row.id, row.number)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def sent_before(connection: Connection, device_id: int, source_key: str) -> dict[str, Any] | None:
    """What the device has sent under this key."""
    row = connection.execute(
        text(
            "SELECT id, number, captured_at, received_at, body_sha256 FROM captures"
            " WHERE device_id = :device AND source_key = :key"
        ),
        {"device": device_id, "key": source_key},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_pass(
    connection: Connection,
    vehicle: tuple[str, str],
    devices: Sequence[int],
    window: tuple[datetime, datetime],
    statuses: Sequence[str],
    but: int = 0,
) -> int | None:
    """A capture of the same plate and colour at one of the devices within the window, the nearest in time first."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM captures WHERE plate = :plate AND plate_colour = :colour"
            " AND captured_at BETWEEN :first AND :last AND device_id = ANY (:devices) AND status = ANY (:statuses)"
            " AND id <> :but ORDER BY captured_at, id LIMIT 1"
        ),
        {
            "plate": vehicle[0],
            "colour": vehicle[1],
            "first": window[0],
            "last": window[1],
            "devices": list(devices),
            "statuses": list(statuses),
            "but": but,
        },
    ).scalar()
    return found


def lock(connection: Connection, scope: Scope, capture_id: int) -> dict[str, Any] | None:
    """A capture of the scope, held until the transaction ends."""
    clause, values = scope.condition("c.division")
    row = connection.execute(
        text(
            "SELECT c.id, c.number, c.version, c.device_id, c.captured_at, c.division, c.plate, c.plate_colour,"
            f" c.clock_drift_s, c.status, c.standing, c.standing_reasons, c.held_by, c.held_until, {_IMAGES} AS images"
            f" FROM captures c WHERE c.id = :id AND {clause} FOR UPDATE OF c"
        ),
        {"id": capture_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def lock_waiting(connection: Connection, device_id: int) -> list[dict[str, Any]]:
    """Captures of a device that nobody has decided or is deciding at this moment, held until the transaction ends."""
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.device_id, c.captured_at, c.division, c.clock_drift_s, c.standing,"
            f" c.standing_reasons, {_IMAGES} AS images FROM captures c WHERE c.device_id = :device"
            " AND c.status IN ('first_review', 'second_review', 'disputed') ORDER BY c.id FOR UPDATE OF c SKIP LOCKED"
        ),
        {"device": device_id},
    )
    return [dict(row) for row in rows.mappings()]


def touch(connection: Connection, capture_id: int) -> None:
    """It is no longer what it was when somebody looked at it."""
    connection.execute(text("UPDATE captures SET version = version + 1 WHERE id = :id"), {"id": capture_id})


def set_standing(connection: Connection, capture_id: int, found: Assessment) -> None:
    """Write the standing with its reasons and the rows it rests on."""
    connection.execute(
        text(
            "UPDATE captures SET standing = :standing, standing_reasons = cast(:reasons AS jsonb),"
            " standing_rules = :rules, version = version + 1 WHERE id = :id"
        ),
        {
            "id": capture_id,
            "standing": found.standing,
            "reasons": _json([{"code": one.code, "zh": one.zh, "en": one.en} for one in found.reasons]),
            "rules": [rule.key for rule in found.rules],
        },
    )


def add_review(connection: Connection, capture_id: int, level: int, user_id: int, values: Mapping[str, Any]) -> None:
    """Keep a verdict; the database refuses a level or a person twice."""
    connection.execute(
        text(
            "INSERT INTO capture_reviews (capture_id, level, result, reason, note, plate, plate_colour, ringelmann,"
            " by_user) VALUES (:capture, :level, :result, :reason, :note, :plate, :colour, :ringelmann, :user)"
        ),
        {**values, "capture": capture_id, "level": level, "user": user_id},
    )


def set_status(connection: Connection, capture_id: int, status: str, decided: bool, **values: Any) -> None:
    """Move a capture on and let go of it; `values` may name reject_reason, same_pass_as and the final subject."""
    columns = ("reject_reason", "same_pass_as", "plate", "plate_colour", "truck_id", "enterprise_id")
    written = "".join(f", {name} = :{name}" for name in columns if name in values)
    connection.execute(
        text(
            "UPDATE captures SET status = :status, decided_at = CASE WHEN :decided THEN now() END, held_by = NULL,"
            f" held_until = NULL, version = version + 1{written} WHERE id = :id"
        ),
        {**values, "id": capture_id, "status": status, "decided": decided},
    )


def count_hits(connection: Connection, plate: str, colour: str, at: datetime, window: timedelta) -> None:
    """Count the confirmed captures of a vehicle anew where one at this moment makes a difference."""
    connection.execute(
        text(
            "UPDATE captures c SET hits = (SELECT count(*) FROM captures h WHERE h.plate = c.plate"
            " AND h.plate_colour = c.plate_colour AND h.status = 'confirmed'"
            " AND h.captured_at > c.captured_at - cast(:window AS interval) AND h.captured_at <= c.captured_at)"
            " WHERE c.plate = :plate AND c.plate_colour = :colour AND c.captured_at >= :at"
            " AND c.captured_at < cast(:at AS timestamptz) + cast(:window AS interval)"
        ),
        {"plate": plate, "colour": colour, "at": at, "window": window},
    )


def release_pass(connection: Connection, capture_id: int) -> int | None:
    """Give the pass of a capture that fell away to the next record of it; its id."""
    heir: int | None = connection.execute(
        text(
            "UPDATE captures SET status = 'first_review', same_pass_as = NULL, version = version + 1 WHERE id ="
            " (SELECT id FROM captures WHERE same_pass_as = :id AND status = 'duplicate' ORDER BY id LIMIT 1)"
            " AND NOT EXISTS (SELECT FROM capture_reviews r WHERE r.capture_id = captures.id) RETURNING id"
        ),
        {"id": capture_id},
    ).scalar()
    if heir is not None:
        connection.execute(
            text("UPDATE captures SET same_pass_as = :heir WHERE same_pass_as = :id"), {"id": capture_id, "heir": heir}
        )
    return heir
