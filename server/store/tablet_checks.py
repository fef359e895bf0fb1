"""How versions of inspections came in from tablets, and the rows of the tablets that sent them (migration 0060)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from server.store.inspections import condition
from server.store.scopes import Scope


def hold_key(connection: Connection, key: UUID) -> None:
    """Who comes with the same key at the same moment waits until the first is done."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('tablet_check'), hashtext(:key))"), {"key": str(key)}
    )


def hold_tablet(connection: Connection, tablet_id: UUID) -> dict[str, Any] | None:
    """The row of a tablet, locked until the transaction ends."""
    row = connection.execute(
        text(
            "SELECT id, user_id, organisation_id, name, enrolled_at, revoked_at, revoked_reason FROM tablets WHERE id = :id"
            " FOR NO KEY UPDATE"
        ),
        {"id": tablet_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def seen(connection: Connection, tablet_id: UUID, offset_ms: int, unsent: int | None) -> None:
    """What a tablet said of itself at this contact."""
    connection.execute(
        text(
            "UPDATE tablets SET last_seen_at = now(), clock_offset_ms = :offset, unsent = coalesce(:unsent, unsent)"
            " WHERE id = :id"
        ),
        {"id": tablet_id, "offset": offset_ms, "unsent": unsent},
    )


def find(connection: Connection, key: UUID) -> dict[str, Any] | None:
    """What stands under a key, with its account and what that version of the inspection says."""
    row = connection.execute(
        text(
            "SELECT c.*, encode(c.body_sha256, 'hex') AS body_hex, t.user_id, t.organisation_id, i.number, v.row"
            " FROM tablet_checks c JOIN tablets t ON t.id = c.tablet_id JOIN inspections i ON i.id = c.inspection_id"
            " JOIN inspection_versions v ON v.inspection_id = c.inspection_id AND v.version = c.version"
            " WHERE c.key = :key"
        ),
        {"key": key},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


_NEW = (
    "key", "inspection_id", "version", "tablet_id", "device_at", "begun_at", "ended_at", "sent_at", "received_at",
    "offset_at_check_ms", "offset_at_send_ms", "offset_used_ms", "accuracy_m",
)  # fmt: skip


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write down how a version came in; it can never be changed."""
    verdict = values["device_verdict"]
    connection.execute(
        text(
            f"INSERT INTO tablet_checks ({', '.join(_NEW)}, body_sha256, device_verdict) VALUES"
            f" ({', '.join(f':{name}' for name in _NEW)}, decode(:body_sha256, 'hex'), cast(:device_verdict AS jsonb))"
        ),
        {**values, "device_verdict": None if verdict is None else json.dumps(verdict, ensure_ascii=False)},
    )


def of_inspection(connection: Connection, inspection_id: int) -> list[dict[str, Any]]:
    """Each version that a tablet sent, the newest first, with the device and who had it."""
    rows = connection.execute(
        text(
            "SELECT c.*, t.name AS tablet, u.name AS person, v.row ->> 'outcome' AS outcome,"
            " v.row ->> 'standing' AS standing, v.row -> 'offences' AS offences FROM tablet_checks c"
            " JOIN tablets t ON t.id = c.tablet_id JOIN users u ON u.id = t.user_id"
            " JOIN inspection_versions v ON v.inspection_id = c.inspection_id AND v.version = c.version"
            " WHERE c.inspection_id = :id ORDER BY c.version DESC"
        ),
        {"id": inspection_id},
    )
    return [dict(row) for row in rows.mappings()]


def of_tablet(connection: Connection, tablet_id: UUID, most: int = 50) -> list[dict[str, Any]]:
    """The newest checks of a tablet."""
    rows = connection.execute(
        text(
            "SELECT c.key, c.inspection_id, c.version, c.device_at, c.received_at, c.offset_used_ms, i.number,"
            " i.subject_text, i.inspected_at, i.outcome, i.status FROM tablet_checks c"
            " JOIN inspections i ON i.id = c.inspection_id WHERE c.tablet_id = :id"
            " ORDER BY c.received_at DESC, c.key LIMIT :most"
        ),
        {"id": tablet_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def find_tablet(connection: Connection, scope: Scope, tablet_id: UUID) -> dict[str, Any] | None:
    """A tablet of the bureaus in the scope, with who has it; never its key."""
    clause, values = scope.condition("o.division")
    row = connection.execute(
        text(
            "SELECT t.id, t.name, t.app_version, t.enrolled_at, t.last_seen_at, t.clock_offset_ms, t.unsent,"
            " t.revoked_at, t.revoked_reason, t.organisation_id, u.name AS person, o.name_zh AS organisation_zh,"
            " o.name_en AS organisation_en FROM tablets t JOIN users u ON u.id = t.user_id"
            f" JOIN organisations o ON o.id = t.organisation_id WHERE t.id = :id AND {clause}"
        ),
        {"id": tablet_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def link_assignment(
    connection: Connection, inspection_id: int, assignment_id: int, organisation_id: int, user_id: int
) -> bool:
    """Say for which assignment an inspection was made; False: the account has no such assignment."""
    done = connection.execute(
        text(
            "UPDATE inspections SET assignment_id = :assignment WHERE id = :id AND EXISTS ("
            " SELECT FROM assignments a WHERE a.id = :assignment AND (a.organisation_id = :organisation"
            " OR EXISTS (SELECT FROM assignment_people p WHERE p.assignment_id = a.id AND p.user_id = :user)))"
        ),
        {"id": inspection_id, "assignment": assignment_id, "organisation": organisation_id, "user": user_id},
    )
    return bool(done.rowcount)


def files_of(
    connection: Connection, inspection_ids: list[int], set_aside: bool = False
) -> dict[int, list[dict[str, Any]]]:
    """Evidence of inspections that still counts, or all of it: item, hash, purpose, name."""
    rows = connection.execute(
        text(
            "SELECT i.owner_id, i.id AS item_id, encode(f.sha256, 'hex') AS sha256, i.purpose, i.name, f.media_type,"
            " f.bytes FROM evidence_items i JOIN evidence_files f ON f.id = i.file_id"
            " WHERE i.owner_kind = 'inspection' AND i.owner_id = ANY (:ids)"
            " AND (:set_aside OR NOT EXISTS (SELECT FROM evidence_set_aside a WHERE a.item_id = i.id)) ORDER BY i.id"
        ),
        {"ids": inspection_ids, "set_aside": set_aside},
    )
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in inspection_ids}
    for row in rows.mappings():
        found[row["owner_id"]].append({name: row[name] for name in row if name != "owner_id"})
    return found


def recent(
    connection: Connection,
    scope: Scope,
    organisation_id: int,
    back: timedelta,
    since: datetime | None = None,
    only: int | None = None,
    most: int = 200,
) -> list[dict[str, Any]]:
    """The newest inspections of an organisation, or those changed `since`, or `only` one; newest first."""
    clause, values = condition(scope)
    own = "i.id = :only" if only else "i.organisation_id = :organisation AND i.inspected_at > now() - :back"
    rows = connection.execute(
        text(
            "SELECT i.id, i.number, i.version, i.status, i.kind, i.source, i.inspected_at, i.subject_text, i.lon, i.lat,"
            " i.place, i.division, i.outcome, i.standing, i.offences, i.content, i.verdict, i.assignment_id,"
            " i.recorded_at, t.plate_colour, v.at AS changed_at,"
            " coalesce((SELECT u.name FROM users u WHERE u.id = v.by_user), '') AS recorded_by"
            " FROM inspections i LEFT JOIN trucks t ON t.id = i.truck_id"
            " JOIN inspection_versions v ON v.inspection_id = i.id AND v.version = i.version"
            f" WHERE {own} AND {clause} AND (cast(:since AS timestamptz) IS NULL OR v.at > :since)"
            " ORDER BY i.inspected_at DESC, i.id DESC LIMIT :most"
        ),
        {"only": only, "organisation": organisation_id, "back": back, "since": since, "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]
