"""Evidence items: rows that say which file belongs to what; the files lie in store/evidence_store.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

_COLUMNS = """i.id, i.owner_kind, i.owner_id, i.purpose, i.name, i.taken_at, i.lon, i.lat, i.division, i.enterprise_id,
  i.organisation_id, i.added_at, i.added_by, encode(i.claimed_sha256, 'hex') AS claimed_sha256,
  i.file_id, f.media_type, f.bytes, f.width_px, f.height_px, f.duration_s, f.kept_at,
  encode(f.sha256, 'hex') AS sha256, encode(f.sm3, 'hex') AS sm3,
  a.reason AS set_aside, a.at AS set_aside_at, a.by_user AS set_aside_by"""
_SOURCE = """evidence_items i JOIN evidence_files f ON f.id = i.file_id
  LEFT JOIN evidence_set_aside a ON a.item_id = i.id"""


def of_owner(connection: Connection, kind: str, owner_id: int) -> list[dict[str, Any]]:
    """Every item of one thing, in the order they were added; `set_aside` is the reason, or None."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE i.owner_kind = :kind AND i.owner_id = :id ORDER BY i.id"),
        {"kind": kind, "id": owner_id},
    )
    return [dict(row) for row in rows.mappings()]


def of_owners(connection: Connection, owners: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Every item of several things, by id."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM (SELECT DISTINCT * FROM unnest(cast(:kinds AS text[]), cast(:ids AS bigint[])))"
            " AS o(kind, id) JOIN evidence_items i ON i.owner_kind = o.kind AND i.owner_id = o.id"
            " JOIN evidence_files f ON f.id = i.file_id LEFT JOIN evidence_set_aside a ON a.item_id = i.id ORDER BY i.id"
        ),
        {"kinds": [kind for kind, _ in owners], "ids": [number for _, number in owners]},
    )
    return [dict(row) for row in rows.mappings()]


def find_one(connection: Connection, item_id: int) -> dict[str, Any] | None:
    """One item; whether the account may see it is for the reader of its owner to say."""
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE i.id = :id"), {"id": item_id}).one_or_none()
    return None if row is None else dict(row._mapping)


def add_file(connection: Connection, file: Mapping[str, Any]) -> int:
    """The id of a file's row, new or there already. Who adds the same file at the same time waits for the other."""
    found: int | None = connection.execute(
        text(
            "INSERT INTO evidence_files (sha256, sm3, bytes, media_type, width_px, height_px, duration_s)"
            " VALUES (decode(:sha256, 'hex'), decode(:sm3, 'hex'), :bytes, :media_type, :width_px, :height_px,"
            " :duration_s) ON CONFLICT (sha256) DO NOTHING RETURNING id"
        ),
        dict(file),
    ).scalar_one_or_none()
    if found is not None:
        return found
    there: int = connection.execute(
        text("SELECT id FROM evidence_files WHERE sha256 = decode(:sha256, 'hex')"), {"sha256": file["sha256"]}
    ).scalar_one()
    return there


def add(connection: Connection, item: Mapping[str, Any]) -> tuple[int, bool]:
    """The id of an item and whether it is new: the same file for the same purpose of the same owner is one item."""
    found: int | None = connection.execute(
        text(
            "INSERT INTO evidence_items (file_id, owner_kind, owner_id, purpose, name, taken_at, lon, lat,"
            " claimed_sha256, division, enterprise_id, organisation_id, added_by) VALUES (:file_id, :owner_kind,"
            " :owner_id, :purpose, :name, :taken_at, :lon, :lat, decode(:claimed_sha256, 'hex'), :division,"
            " :enterprise_id, :organisation_id, :added_by)"
            " ON CONFLICT (owner_kind, owner_id, file_id, purpose) DO NOTHING RETURNING id"
        ),
        dict(item),
    ).scalar_one_or_none()
    if found is not None:
        return found, True
    there: int = connection.execute(
        text(
            "SELECT id FROM evidence_items WHERE owner_kind = :owner_kind AND owner_id = :owner_id"
            " AND file_id = :file_id AND purpose = :purpose"
        ),
        dict(item),
    ).scalar_one()
    return there, False


def set_aside(connection: Connection, item_id: int, reason: str, user_id: int) -> bool:
    """An item no longer counts; False: it was set aside before."""
    done = connection.execute(
        text(
            "INSERT INTO evidence_set_aside (item_id, reason, by_user) VALUES (:item, :reason, :user)"
            " ON CONFLICT (item_id) DO NOTHING"
        ),
        {"item": item_id, "reason": reason, "user": user_id},
    )
    return bool(done.rowcount)
