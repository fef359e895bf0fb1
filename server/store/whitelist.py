"""Whitelist entries: who may be where although a zone forbids it, for what, from when to when, by whose word."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class WhitelistRow:
    """One entry with the names a reader needs. `zone_id` None: the whole city."""

    id: int
    truck_id: int | None
    machine_id: int | None
    plate: str | None
    plate_colour: str | None
    machine_number: str | None
    owner: str | None
    zone_id: int | None
    zone_code: str | None
    zone_name_zh: str | None
    zone_name_en: str | None
    purpose: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    approver: str | None
    document: str | None
    note: str | None
    state: str
    decided_at: dt.datetime | None
    decided_by: int | None
    decision_note: str | None
    withdrawn_at: dt.datetime | None
    withdrawn_reason: str | None
    created_at: dt.datetime
    created_by: int | None
    asked_by: str | None
    decided_by_name: str | None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is asked for. Exactly one of truck_id and machine_id."""

    truck_id: int | None
    machine_id: int | None
    zone_id: int | None
    purpose: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    document: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class WhitelistFilter:
    """What a list shows; `divisions` is the prefix of the codes a user answers for."""

    text: str = ""
    zone_id: int | None = None
    city_wide: bool = False
    state: str | None = None
    purpose: str | None = None
    at: dt.datetime | None = None
    divisions: str | None = None
    enterprise_id: int | None = None


_FIELDS = """
SELECT w.id, w.truck_id, w.machine_id, t.plate, t.plate_colour,
  coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number) AS machine_number,
  coalesce(t.owner, m.owner) AS owner, w.zone_id, z.code AS zone_code, z.name_zh AS zone_name_zh,
  z.name_en AS zone_name_en, w.purpose, w.valid_from, w.valid_to, w.approver, w.document, w.note, w.state,
  w.decided_at, w.decided_by, w.decision_note, w.withdrawn_at, w.withdrawn_reason, w.created_at, w.created_by,
  asked.name AS asked_by, decided.name AS decided_by_name
FROM whitelist_entries w
LEFT JOIN trucks t ON t.id = w.truck_id
LEFT JOIN machines m ON m.id = w.machine_id
LEFT JOIN zones z ON z.id = w.zone_id
LEFT JOIN users asked ON asked.id = w.created_by
LEFT JOIN users decided ON decided.id = w.decided_by
"""

_SORTS = {
    "id": "w.id",
    "valid_from": "w.valid_from",
    "valid_to": "w.valid_to",
    "subject": "coalesce(t.plate, m.registration_number)",
}


def _where(wanted: WhitelistFilter) -> tuple[str, dict[str, Any]]:
    """Only the conditions that are asked for, so that each can use its index."""
    terms: dict[str, Any] = {
        "(t.plate ILIKE :text OR (coalesce(m.registration_number, '') || ' ' || coalesce(m.pin, '') || ' ' || "
        "coalesce(m.machine_code, '')) ILIKE :text)": wanted.text and ("text", f"%{_literal(wanted.text)}%"),
        "w.zone_id = :zone": wanted.zone_id and ("zone", wanted.zone_id),
        "w.zone_id IS NULL": wanted.city_wide and ("", None),
        "w.state = :state": wanted.state and ("state", wanted.state),
        "w.purpose = :purpose": wanted.purpose and ("purpose", wanted.purpose),
        "w.valid_from <= :at AND w.valid_to > :at AND (w.withdrawn_at IS NULL OR w.withdrawn_at > :at)": wanted.at
        and ("at", wanted.at),
        "(w.zone_id IS NULL OR z.division LIKE :division || '%' OR coalesce(t.division, m.division) LIKE "
        ":division || '%')": wanted.divisions and ("division", wanted.divisions),
        "coalesce(t.enterprise_id, m.enterprise_id) = :enterprise": wanted.enterprise_id
        and ("enterprise", wanted.enterprise_id),
    }
    asked = {condition: value for condition, value in terms.items() if value}
    return " AND ".join(asked) or "true", {name: value for name, value in asked.values() if name}


def _literal(text_: str) -> str:
    """A user's words inside LIKE: its signs are only signs."""
    return text_.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_entries(
    connection: Connection,
    wanted: WhitelistFilter,
    sort: str = "id",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> list[WhitelistRow]:
    """One page of the entries that fit."""
    condition, values = _where(wanted)
    way = "DESC" if descending else "ASC"
    order = f"{_SORTS[sort]} {way} NULLS LAST, w.id {way}"
    rows = connection.execute(
        text(f"{_FIELDS} WHERE {condition} ORDER BY {order} LIMIT :limit OFFSET :offset"),
        {**values, "limit": limit, "offset": offset},
    )
    return [WhitelistRow(**row) for row in rows.mappings()]


def count_entries(connection: Connection, wanted: WhitelistFilter, cap: int = 10_001) -> int:
    """How many fit, counted no further than `cap`."""
    condition, values = _where(wanted)
    inner = _FIELDS[_FIELDS.index("FROM") :]
    return connection.execute(
        text(f"SELECT count(*) FROM (SELECT 1 {inner} WHERE {condition} LIMIT :cap) AS fitting"),  # noqa: S608
        {**values, "cap": cap},
    ).scalar_one()


def find_entry(connection: Connection, entry_id: int, hold: bool = False) -> WhitelistRow | None:
    """One entry; `hold` locks it until the transaction ends."""
    lock = " FOR UPDATE OF w" if hold else ""
    row = connection.execute(text(f"{_FIELDS} WHERE w.id = :id{lock}"), {"id": entry_id}).mappings().first()
    return None if row is None else WhitelistRow(**row)


def add_entry(connection: Connection, entry: NewEntry, created_by: int | None) -> int:
    """Keep a request; it counts for nothing until it is approved."""
    return connection.execute(
        text(
            "INSERT INTO whitelist_entries (truck_id, machine_id, zone_id, purpose, valid_from, valid_to, "
            "document, note, created_by) VALUES (:truck_id, :machine_id, :zone_id, :purpose, :valid_from, "
            ":valid_to, :document, :note, :created_by) RETURNING id"
        ),
        {**_values(entry), "created_by": created_by},
    ).scalar_one()


def _values(entry: NewEntry) -> Mapping[str, Any]:
    return {name: getattr(entry, name) for name in NewEntry.__dataclass_fields__}


def find_overlapping(connection: Connection, entry: NewEntry) -> int | None:
    """An entry that already says the same for part of the period: same subject, zone and purpose."""
    return connection.execute(
        text(
            "SELECT id FROM whitelist_entries WHERE truck_id IS NOT DISTINCT FROM :truck_id "
            "AND machine_id IS NOT DISTINCT FROM :machine_id AND zone_id IS NOT DISTINCT FROM :zone_id "
            "AND purpose = :purpose AND state IN ('requested', 'active') "
            "AND valid_from < :valid_to AND valid_to > :valid_from ORDER BY id LIMIT 1"
        ),
        _values(entry),
    ).scalar()


def settle_entry(
    connection: Connection,
    entry_id: int,
    state: str,
    decided_by: int | None,
    approver: str | None,
    note: str | None,
) -> None:
    """Approve (state active, the approver's name) or refuse a request."""
    connection.execute(
        text(
            "UPDATE whitelist_entries SET state = :state, decided_at = now(), decided_by = :by, "
            "approver = :approver, decision_note = :note WHERE id = :id AND state = 'requested'"
        ),
        {"id": entry_id, "state": state, "by": decided_by, "approver": approver, "note": note},
    )


def withdraw_entry(connection: Connection, entry_id: int, at: dt.datetime, reason: str) -> None:
    """The entry ends at `at`; acts before that stay covered."""
    connection.execute(
        text(
            "UPDATE whitelist_entries SET state = 'withdrawn', withdrawn_at = :at, withdrawn_reason = :reason "
            "WHERE id = :id AND state = 'active'"
        ),
        {"id": entry_id, "at": at, "reason": reason},
    )


def list_standing(connection: Connection, since: dt.datetime | None = None) -> list[WhitelistRow]:
    """Every entry that was ever approved and reaches past `since`: what the checks judge by."""
    rows = connection.execute(
        text(
            f"{_FIELDS} WHERE w.state IN ('active', 'withdrawn') "
            "AND (CAST(:since AS timestamptz) IS NULL OR w.valid_to > :since) ORDER BY w.id"
        ),
        {"since": since},
    )
    return [WhitelistRow(**row) for row in rows.mappings()]


def count_covered_violations(connection: Connection, entry_id: int) -> int:
    """Violations of the subject that fall into the entry: what a late approval would alter, and does not."""
    return connection.execute(
        text(
            "SELECT count(*) FROM whitelist_entries w JOIN violations v "
            "ON (v.truck_id = w.truck_id OR v.machine_id = w.machine_id) "
            "AND (w.zone_id IS NULL OR v.zone_id = w.zone_id) "
            "AND v.first_at >= w.valid_from AND v.first_at < w.valid_to WHERE w.id = :id"
        ),
        {"id": entry_id},
    ).scalar_one()


def find_truck_ids(connection: Connection, plate: str, colour: str | None) -> list[int]:
    """Trucks of that plate: several where the same characters exist in two colours and none was given."""
    rows = connection.execute(
        text(
            "SELECT id FROM trucks WHERE plate = :plate "
            "AND (CAST(:colour AS text) IS NULL OR plate_colour = :colour)"
        ),
        {"plate": plate, "colour": colour},
    )
    return list(rows.scalars())


def find_machine_ids(connection: Connection, number: str) -> list[int]:
    """Machines of which any identifier is that number."""
    rows = connection.execute(
        text(
            "SELECT id FROM machines WHERE registration_number = :n OR pin = :n OR machine_code = :n "
            "OR engine_number = :n"
        ),
        {"n": number},
    )
    return list(rows.scalars())


def search_subjects(
    connection: Connection, words: str, divisions: str | None = None, limit: int = 12
) -> list[dict[str, Any]]:
    """Trucks and machines whose plate or number holds the words, for the field of a form."""
    rows = connection.execute(
        text(
            "(SELECT 'truck' AS kind, id, plate AS name, plate_colour AS colour, owner FROM trucks "
            " WHERE plate ILIKE :words AND (CAST(:division AS text) IS NULL OR division LIKE :division || '%') "
            " ORDER BY plate LIMIT :limit) UNION ALL "
            "(SELECT 'machine', id, coalesce(registration_number, pin, machine_code, engine_number), NULL, owner "
            " FROM machines WHERE (coalesce(registration_number, '') || ' ' || coalesce(pin, '') || ' ' || "
            " coalesce(machine_code, '')) ILIKE :words "
            " AND (CAST(:division AS text) IS NULL OR division LIKE :division || '%') "
            " ORDER BY registration_number LIMIT :limit)"
        ),
        {"words": f"%{_literal(words)}%", "limit": limit, "division": divisions},
    )
    return [dict(row) for row in rows.mappings()]
