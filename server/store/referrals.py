"""Referrals: a case, or its copy, sent to another bureau or city; receipt, acceptance, return, result."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

ENDED = "('returned', 'answered', 'withdrawn')"
_COLUMNS = """r.id, r.number, r.version, r.case_id, r.branch, r.kind, r.from_id, r.to_id, r.state, r.basis, r.message,
  r.contact, r.manifest, r.result, r.reason, r.sent_at, r.received_at, r.accepted_at, r.answered_at,
  c.number AS case_number, c.subject_kind, c.subject_text, c.acted_from, c.offences, c.law, c.division,
  t.plate, t.plate_colour, coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  a.name_zh AS from_zh, a.name_en AS from_en, b.name_zh AS to_zh, b.name_en AS to_en, b.kind AS to_kind,
  (SELECT min(d.due_on) FROM deadlines d WHERE d.referral_id = r.id AND d.state IN ('running', 'paused')) AS due_on"""
_SOURCE = """referrals r JOIN cases c ON c.id = r.case_id
  LEFT JOIN trucks t ON t.id = c.truck_id LEFT JOIN machines m ON m.id = c.machine_id
  JOIN organisations a ON a.id = r.from_id JOIN organisations b ON b.id = r.to_id"""

FILTERS: dict[str, str] = {
    "q": "r.number = :q_whole OR r.case_id IN (SELECT x.id FROM cases x WHERE x.subject_text ILIKE :q"
    " OR x.number = :q_whole)",
    "state": "r.state = :state",
    "kind": "r.kind = :kind",
    "to": "r.to_id = cast(:to AS int)",
    "open": f"CASE :open WHEN 'yes' THEN r.state NOT IN {ENDED} ELSE r.state IN {ENDED} END",
    "since": "r.sent_at >= cast(:since AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "until": "r.sent_at < (cast(:until AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}

SORTS = {"sent_at": "r.sent_at"}


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """SQL for the referrals that an account may see: of its organisation; the ecology bureau's by area as well."""
    values: dict[str, Any] = {"scope_organisation": scope.organisation_id}
    if scope.kind in {"enterprise", "station"}:
        return "false", {}
    if scope.kind != "ecology":
        return "(r.to_id = :scope_organisation AND r.state <> 'withdrawn' OR r.from_id = :scope_organisation)", values
    if scope.divisions is None:
        return "true", {}
    inside = "SELECT o.id FROM organisations o WHERE o.kind = 'ecology' AND o.division LIKE :scope_divisions"
    return (
        f"(r.to_id IN ({inside}) OR r.from_id IN ({inside}))",
        {"scope_divisions": scope.divisions + "%"},
    )


BOXES = {"in": "r.to_id = :box_organisation", "out": "r.from_id = :box_organisation", "all": "true"}


_FENCED_Q = (
    "r.number = :q_whole OR EXISTS (SELECT FROM cases x WHERE x.id = r.case_id"
    " AND (x.subject_text ILIKE :q OR x.number = :q_whole))"
)  # behind a row policy no search index can be used: the few referrals of the account are looked through


_LISTING = Listing(_COLUMNS, _SOURCE, "referrals r", "r.id", SORTS, "sent_at")


def find(connection: Connection, scope: Scope, query: Query, box: str) -> Found:
    """A page of referrals: received (`in`), sent (`out`) by the account's organisation, or `all` it may see."""
    more = (BOXES[box], {"box_organisation": scope.organisation_id} if box != "all" else {})
    filters = FILTERS if scope.fence is None else {**FILTERS, "q": _FENCED_Q}
    clauses, values = query.conditions(filters, visible(scope), more)
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "q_whole": values["q"]}
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One referral, if the scope has it."""
    clause, values = visible(scope)
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS}, c.version AS case_version, c.facts, c.acted_to, c.place, c.party_name, c.party_kind,"
            " c.truck_id, c.machine_id, c.state AS case_state, c.states AS case_states,"
            " (SELECT u.name FROM users u WHERE u.id = r.sent_by) AS sender,"
            " (SELECT u.name FROM users u WHERE u.id = r.received_by) AS receiver,"
            " (SELECT u.name FROM users u WHERE u.id = r.answered_by) AS answerer"
            f" FROM {_SOURCE} WHERE r.id = :id AND {clause}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_id(connection: Connection, number: str) -> int | None:
    """The id of a referral by its number."""
    return connection.execute(text("SELECT id FROM referrals WHERE number = :number"), {"number": number}).scalar()


def of_case(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The referrals of a case in order."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE r.case_id = :case ORDER BY r.id"), {"case": case_id}
    )
    return [dict(row) for row in rows.mappings()]


def newest_of(connection: Connection, case_id: int, branch: str) -> dict[str, Any] | None:
    """The referral of a branch that counts: the newest, where it was sent again."""
    row = connection.execute(
        text("SELECT * FROM referrals WHERE case_id = :case AND branch = :branch ORDER BY id DESC LIMIT 1"),
        {"case": case_id, "branch": branch},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def insert(connection: Connection, values: Mapping[str, Any], day: str) -> tuple[int, str]:
    """A new referral, state `sent`: its id and number. `referrals_one_open` refuses a second open one to a body."""
    row = connection.execute(
        text(
            "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis, message, contact,"
            " manifest, sent_by, sent_at) VALUES ('R' || :day || '-' || lpad(nextval('referral_numbers')::text, 6, '0'),"
            " :case_id, :branch, :kind, :from_id, :to_id, 'sent', :basis, :message, :contact,"
            " cast(:manifest AS jsonb), :sent_by, :sent_at) RETURNING id, number"
        ),
        {"day": day, **values, "manifest": json.dumps(values["manifest"], ensure_ascii=False, default=str)},
    ).one()
    return row.id, row.number


_STAMPS = {
    "received": "received_at = :at, received_by = :user",
    "accepted": "accepted_at = :at",
    "returned": "answered_at = :at, answered_by = :user",
    "answered": "answered_at = :at, answered_by = :user",
    "withdrawn": "answered_at = :at, answered_by = :user",
}
"""Times that a state is written with; the states between acceptance and answer have none of their own."""


def settle(
    connection: Connection,
    referral_id: int,
    state: str,
    user_id: int | None,
    reason: str | None,
    result: Mapping[str, Any] | None,
    at: datetime,
) -> None:
    """Write what became of a referral."""
    stamps = f", {_STAMPS[state]}" if state in _STAMPS else ""
    connection.execute(
        text(
            "UPDATE referrals SET state = :state, version = version + 1, reason = coalesce(:reason, reason),"
            f" result = coalesce(cast(:result AS jsonb), result){stamps} WHERE id = :id"
        ),
        {
            "id": referral_id,
            "state": state,
            **({"user": user_id} if ":user" in stamps else {}),
            **({"at": at} if stamps else {}),
            "reason": reason,
            "result": None if result is None else json.dumps(dict(result), ensure_ascii=False, default=str),
        },
    )


def bodies(connection: Connection, kinds: list[str]) -> list[dict[str, Any]]:
    """Active organisations that a case can be sent to, bureaus before partner cities."""
    rows = connection.execute(
        text(
            "SELECT id, kind, level, division, name_zh, name_en FROM organisations WHERE active AND kind = ANY (:kinds)"
            " ORDER BY array_position(:kinds, kind), division, id"
        ),
        {"kinds": kinds},
    )
    return [dict(row) for row in rows.mappings()]


def waiting(connection: Connection, organisation_id: int) -> dict[str, int]:
    """Referrals that wait for an organisation: to be signed for, to be worked on, and its own that came back."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM referrals WHERE to_id = :o AND state = 'sent') AS sent,"
            f" (SELECT count(*) FROM referrals WHERE to_id = :o AND state <> 'sent' AND state NOT IN {ENDED}) AS held,"
            " (SELECT count(*) FROM referrals r JOIN cases c ON c.id = r.case_id WHERE r.from_id = :o"
            "  AND r.state = 'returned' AND c.closed_at IS NULL AND r.id = (SELECT max(n.id) FROM referrals n"
            "  WHERE n.case_id = r.case_id AND n.branch = r.branch)) AS returned"
        ),
        {"o": organisation_id},
    ).one()
    return dict(row._mapping)


def evidence(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Evidence that goes with a case: files of the case and of what it rests on, but those set aside, with hashes."""
    rows = connection.execute(
        text(
            "SELECT i.id, i.purpose, i.name, f.bytes, encode(f.sha256, 'hex') AS sha256, encode(f.sm3, 'hex') AS sm3"
            " FROM evidence_items i JOIN evidence_files f ON f.id = i.file_id WHERE (i.owner_kind, i.owner_id) IN"
            " (SELECT 'case', cast(:case AS bigint) UNION ALL SELECT kind, source_id FROM case_sources"
            "  WHERE case_id = :case AND kind IN ('capture', 'inspection', 'referral'))"
            " AND NOT EXISTS (SELECT FROM evidence_set_aside a WHERE a.item_id = i.id) ORDER BY i.id"
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]
