"""Whitelist entries: who may be where although a zone forbids it, for what, from when to when, by whose word."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import WhitelistEntry
from server.store.paging import Found, Nullable, Query, count_capped, escape_like
from server.store.scopes import Scope


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
    reviewed_by_name: str | None
    enterprise_id: int | None
    plant: str | None
    applicant_id: int | None
    applicant: str | None
    route: str | None
    level_to: str | None
    gates_only: bool
    reviewed_at: dt.datetime | None
    reviewed_by: int | None
    review_note: str | None
    suspended: bool
    division: str | None

    @property
    def holds_from(self) -> dt.datetime | None:
        """An approval does not reach back; None where there never was one."""
        if self.state not in ("active", "withdrawn") or self.decided_at is None:
            return None
        return max(self.valid_from, self.decided_at)

    @property
    def holds_to(self) -> dt.datetime:
        """The end of the period, or the withdrawal before it."""
        return self.valid_to if self.withdrawn_at is None else min(self.valid_to, self.withdrawn_at)


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
    approver: str | None = None  # whom the request names; the decision sets it anew
    enterprise_id: int | None = None  # the plant whose gates it opens; None: every plant
    applicant_id: int | None = None  # the enterprise that applies by its own account
    applicant: str | None = None  # for whom the bureau asks
    route: str | None = None
    level_to: str | None = None
    gates_only: bool = False


_FIELDS = """
SELECT w.id, w.truck_id, w.machine_id, coalesce(t.plate, CASE WHEN w.truck_id IS NOT NULL THEN w.subject_text END) AS plate,
  coalesce(t.plate_colour, w.subject_colour) AS plate_colour,
  coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number,
           CASE WHEN w.machine_id IS NOT NULL THEN w.subject_text END) AS machine_number,
  coalesce(t.owner, m.owner) AS owner, w.zone_id, z.code AS zone_code, z.name_zh AS zone_name_zh,
  z.name_en AS zone_name_en, w.purpose, w.valid_from, w.valid_to, w.approver, w.document, w.note, w.state,
  w.decided_at, w.decided_by, w.decision_note, w.withdrawn_at, w.withdrawn_reason, w.created_at, w.created_by,
  w.enterprise_id, w.plant_text AS plant, w.applicant_id, coalesce(a.name, w.applicant) AS applicant, w.route, w.level_to,
  w.gates_only, w.reviewed_at, w.reviewed_by, w.review_note,
  EXISTS (SELECT FROM whitelist_suspensions s WHERE s.entry_id = w.id AND s.from_at <= now()
    AND (s.to_at IS NULL OR s.to_at > now())) AS suspended,
  coalesce(p.division, a.division, t.division, m.division, z.division) AS division,
  {people}
FROM
"""
_SOURCE = """whitelist_entries w
LEFT JOIN trucks t ON t.id = w.truck_id
LEFT JOIN machines m ON m.id = w.machine_id
LEFT JOIN zones z ON z.id = w.zone_id
LEFT JOIN enterprises a ON a.id = w.applicant_id
LEFT JOIN enterprises p ON p.id = w.enterprise_id
"""

_PEOPLE = (
    "(SELECT u.name FROM users u WHERE u.id = w.created_by) AS asked_by, "
    "(SELECT u.name FROM users u WHERE u.id = w.decided_by) AS decided_by_name, "
    "(SELECT u.name FROM users u WHERE u.id = w.reviewed_by) AS reviewed_by_name"
)
_NOBODY = "NULL AS asked_by, NULL AS decided_by_name, NULL AS reviewed_by_name"


def _select(scope: Scope) -> str:
    """Fenced accounts do not learn who in the bureau asked and decided: they may not read the accounts."""
    return _FIELDS.format(people=_NOBODY if scope.fence else _PEOPLE)


FILTERS = {
    "q": "w.subject_text ILIKE :q OR t.plate ILIKE :q OR (coalesce(m.registration_number, '') || ' ' || coalesce(m.pin, '') || ' ' || "
    "coalesce(m.machine_code, '')) ILIKE :q",
    "zone": "coalesce(CAST(w.zone_id AS text), 'city') = :zone",
    "state": "w.state = :state",
    "purpose": "w.purpose = :purpose",
    "holds": "EXISTS (SELECT FROM whitelist_leave l WHERE l.entry_id = w.id AND l.held_from <= now() AND l.held_to > now())"
    " = (:holds = 'yes')",
    "suspended": "EXISTS (SELECT FROM whitelist_suspensions s WHERE s.entry_id = w.id AND s.to_at IS NULL)"
    " = (:suspended = 'yes')",
    "enterprise": "w.enterprise_id = cast(:enterprise AS int) OR w.applicant_id = cast(:enterprise AS int)",
}
SORTS = {
    "id": "w.id",
    "valid_from": "w.valid_from",
    "valid_to": "w.valid_to",
    "subject": Nullable("coalesce(t.plate, m.registration_number)"),
    "zone": Nullable("z.code"),
    "state": "w.state",
}


def scope_condition(scope: Scope) -> tuple[str, dict[str, Any]]:
    """A county: entries of its zones, subjects, plants and applicants; the city: all, foreign subjects too; an
    enterprise: of its vehicles and what it applied for."""
    clauses: list[str] = []
    values: dict[str, Any] = {}
    if scope.divisions is not None and len(scope.divisions) > 4:
        clauses.append("concat_ws(' ', z.division, t.division, m.division, a.division, p.division) ~ :scope_divisions")
        values["scope_divisions"] = rf"\m{scope.divisions}"
    if scope.enterprise_id is not None:
        clauses.append(
            "(coalesce(t.enterprise_id, m.enterprise_id) = :scope_enterprise OR w.applicant_id = :scope_enterprise)"
        )
        values["scope_enterprise"] = scope.enterprise_id
    return " AND ".join(clauses) or "true", values


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of entries."""
    clauses, values = query.conditions(FILTERS, scope_condition(scope))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"{_SOURCE} WHERE {clauses}"
    behind, place = query.behind(connection, _SOURCE, SORTS, "id", "w.id")
    rows = connection.execute(
        text(
            f"{_select(scope)} {source} AND ({behind}) ORDER BY {query.order(SORTS, 'id', 'w.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **place, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def count_waiting(connection: Connection, scope: Scope, state: str) -> int:
    """How many requests wait for review (`requested`) or approval (`reviewed`)."""
    clause, values = scope_condition(scope)
    source = f"{_SOURCE} WHERE w.state = :waiting AND {clause}"
    return count_capped(connection, source, {**values, "waiting": state})[0]


def find_entry(connection: Connection, entry_id: int, scope: Scope, hold: bool = False) -> WhitelistRow | None:
    """One entry that the scope may see; `hold` locks it until the transaction ends."""
    clause, values = scope_condition(scope)
    lock = " FOR UPDATE OF w" if hold else ""
    found = connection.execute(
        text(f"{_select(scope)} {_SOURCE} WHERE w.id = :id AND {clause}{lock}"), {"id": entry_id, **values}
    )
    row = found.mappings().first()
    return None if row is None else WhitelistRow(**row)


def add_entry(connection: Connection, entry: NewEntry, created_by: int | None) -> int:
    """Keep a request; it counts for nothing until it is approved."""
    number: int = connection.execute(
        text(
            "INSERT INTO whitelist_entries (truck_id, machine_id, zone_id, purpose, valid_from, valid_to, "
            "document, note, approver, enterprise_id, applicant_id, applicant, route, level_to, gates_only, created_by) "
            "VALUES (:truck_id, :machine_id, :zone_id, :purpose, :valid_from, :valid_to, :document, :note, :approver, "
            ":enterprise_id, :applicant_id, :applicant, :route, :level_to, :gates_only, :created_by) RETURNING id"
        ),
        {**_values(entry), "created_by": created_by},
    ).scalar_one()
    return number


def _values(entry: NewEntry) -> Mapping[str, Any]:
    return {name: getattr(entry, name) for name in NewEntry.__dataclass_fields__}


def find_overlapping(connection: Connection, entry: NewEntry) -> int | None:
    """An entry that already says the same for part of the period: same subject, zone, plant and purpose."""
    return connection.execute(
        text(
            "SELECT id FROM whitelist_entries WHERE truck_id IS NOT DISTINCT FROM :truck_id "
            "AND machine_id IS NOT DISTINCT FROM :machine_id AND zone_id IS NOT DISTINCT FROM :zone_id "
            "AND enterprise_id IS NOT DISTINCT FROM :enterprise_id AND gates_only = :gates_only "
            "AND purpose = :purpose AND state IN ('requested', 'reviewed', 'active') "
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
    """Approve (state active, the approver's name) or refuse a request that is locked and may be settled."""
    connection.execute(
        text(
            "UPDATE whitelist_entries SET state = :state, decided_at = now(), decided_by = :by, "
            "approver = :approver, decision_note = :note WHERE id = :id AND state IN ('requested', 'reviewed')"
        ),
        {"id": entry_id, "state": state, "by": decided_by, "approver": approver, "note": note},
    )


def put_review(connection: Connection, entry_id: int, reviewed_by: int | None, note: str | None) -> None:
    """A locked request has been reviewed and goes on to the city."""
    connection.execute(
        text(
            "UPDATE whitelist_entries SET state = 'reviewed', reviewed_at = now(), reviewed_by = :by, review_note = :note "
            "WHERE id = :id AND state = 'requested'"
        ),
        {"id": entry_id, "by": reviewed_by, "note": note},
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


def any_entry(connection: Connection) -> bool:
    """Whether there is an entry at all."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM whitelist_entries)")).scalar())


def count_covered_violations(connection: Connection, entry_id: int) -> int:
    """Violations of the subject that fall into the entry: what a late approval would alter, and does not."""
    number: int = connection.execute(
        text(
            "SELECT count(*) FROM whitelist_entries w JOIN violations v "
            "ON (v.truck_id = w.truck_id OR v.machine_id = w.machine_id) "
            "AND (w.zone_id IS NULL OR v.zone_id = w.zone_id) "
            "AND v.first_at >= w.valid_from AND v.first_at < w.valid_to WHERE w.id = :id"
        ),
        {"id": entry_id},
    ).scalar_one()
    return number


def leave_of_truck(connection: Connection, truck_id: int) -> list[WhitelistEntry]:
    """Each stretch in which the truck has leave, suspensions cut out; an entry that was suspended is several."""
    rows = connection.execute(
        text(
            "SELECT l.*, t.plate, t.plate_colour FROM whitelist_leave l JOIN trucks t ON t.id = l.truck_id "
            "WHERE l.truck_id = :truck ORDER BY l.entry_id, l.held_from"
        ),
        {"truck": truck_id},
    )
    return [_leave(row) for row in rows.mappings()]


def leave_now(connection: Connection, plate: str, colour: str, at: dt.datetime) -> list[RowMapping]:
    """Purpose, end, level and kind of place of each leave that a plate has at a moment; an end is a suspension's too."""
    rows = connection.execute(
        text(
            "SELECT l.purpose, l.held_to AS until, l.level_to,"
            " CASE WHEN l.gates_only THEN 'gates' WHEN l.zone_id IS NULL THEN 'city' ELSE 'zone' END AS place"
            " FROM whitelist_leave l JOIN trucks t ON t.id = l.truck_id"
            " WHERE t.plate = :plate AND t.plate_colour = :colour AND l.held_from <= :at AND l.held_to > :at"
            " ORDER BY l.held_to DESC, l.entry_id"
        ),
        {"plate": plate, "colour": colour, "at": at},
    )
    return list(rows.mappings())


def _leave(row: RowMapping) -> WhitelistEntry:
    return WhitelistEntry(
        subject=("plate", f"{row['plate']} {row['plate_colour']}"),
        zone_id=row["zone_id"],
        purpose=Purpose(row["purpose"]),
        valid_from_us=round(row["held_from"].timestamp() * 1e6),
        valid_to_us=round(row["held_to"].timestamp() * 1e6),
        approver=row["approver"],
        note=row["document"],
        entry_id=row["entry_id"],
        enterprise_id=row["enterprise_id"],
        level_to=row["level_to"],
        gates_only=row["gates_only"],
    )


def find_truck_ids(connection: Connection, plate: str, colour: str | None) -> list[int]:
    """Trucks of that plate: several where the same characters exist in two colours and none was given."""
    rows = connection.execute(
        text(
            "SELECT id FROM trucks WHERE plate = :plate AND (CAST(:colour AS text) IS NULL OR plate_colour = :colour)"
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


def machine_visible(connection: Connection, machine_id: int) -> bool:
    """Whether the account's fence lets a machine through."""
    found = connection.execute(text("SELECT EXISTS (SELECT FROM machines WHERE id = :id)"), {"id": machine_id})
    return bool(found.scalar_one())


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
        {"words": escape_like(words), "limit": limit, "division": divisions},
    )
    return [dict(row) for row in rows.mappings()]
