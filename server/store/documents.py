"""Documents of cases: their words and numbers, the list, one document, and how it was served or revoked.

A number is taken by a row of `document_counters` that stays locked until the document is committed: two writers get
two numbers in a row, and a document that fails gives its number back.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

_COLUMNS = """d.id, d.case_id, d.referral_id, d.kind, d.organisation_id, d.word, d.year, d.serial, d.number, d.state,
  d.template, d.law, d.docx_item_id, d.pdf_item_id, d.issued_at, d.issued_by, d.served_on, d.served_how, d.served_to,
  d.revoked_at, d.revoked_reason, c.number AS case_number, c.subject_text, c.division, c.enterprise_id, t.plate,
  t.plate_colour, coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  o.name_zh AS organisation_zh, o.name_en AS organisation_en, u.name AS issuer"""
_SOURCE = """documents d JOIN cases c ON c.id = d.case_id JOIN organisations o ON o.id = d.organisation_id
  LEFT JOIN trucks t ON t.id = c.truck_id LEFT JOIN machines m ON m.id = c.machine_id
  LEFT JOIN users u ON u.id = d.issued_by"""

FILTERS: dict[str, str] = {
    "q": "d.number ILIKE :q OR d.case_id IN (SELECT id FROM cases WHERE subject_text ILIKE :q OR number = :q_whole)",
    "kind": "d.kind = :kind",
    "state": "d.state = :state",
    "organisation": "d.organisation_id = cast(:organisation AS int)",
    "case": "d.case_id = cast(:case AS bigint)",
    "from": "d.issued_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "d.issued_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"issued_at": "d.issued_at", "number": "d.number", "served_on": MaybeNull("d.served_on")}


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """SQL for the documents that an account may see: the ecology bureau by the area of the case, others by the way."""
    if scope.fence is not None:
        return "true", {}  # the row policy holds
    if scope.kind == "ecology":
        if scope.divisions is None:
            return "true", {}
        clause, values = scope.condition("division")
        return f"d.case_id IN (SELECT id FROM cases WHERE {clause})", values
    return (
        "d.organisation_id = :scope_organisation"
        " OR d.referral_id IN (SELECT id FROM referrals WHERE to_id = :scope_organisation AND state <> 'withdrawn')",
        {"scope_organisation": scope.organisation_id},
    )


_LISTING = Listing(_COLUMNS, _SOURCE, "documents d", "d.id", SORTS, "issued_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of documents in the scope."""
    clauses, values = query.conditions(FILTERS, visible(scope))
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "q_whole": values["q"]}
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One document with all that was filled in, if the scope has it."""
    clause, values = visible(scope)
    row = connection.execute(
        text(f"SELECT {_COLUMNS}, d.content, d.rule_keys FROM {_SOURCE} WHERE d.id = :id AND ({clause})"),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def readable(connection: Connection, scope: Scope, number: int) -> bool:
    """Whether the scope has the document (for its evidence; joins nothing, so that the fence alone decides)."""
    clause, values = visible(scope)
    asked = text(f"SELECT EXISTS (SELECT FROM documents d WHERE d.id = :id AND ({clause}))")
    return bool(connection.execute(asked, {"id": number, **values}).scalar_one())


def lock(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """A document in the scope, locked until the transaction ends."""
    clause, values = visible(scope)
    row = connection.execute(
        text(f"SELECT d.* FROM documents d WHERE d.id = :id AND ({clause}) FOR UPDATE OF d"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def newest_of(connection: Connection, case_id: int, kind: str) -> dict[str, Any] | None:
    """The newest document of a kind in a case that was not revoked."""
    row = connection.execute(
        text(
            "SELECT d.* FROM documents d WHERE d.case_id = :case AND d.kind = :kind AND d.state <> 'revoked'"
            " ORDER BY d.id DESC LIMIT 1"
        ),
        {"case": case_id, "kind": kind},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


# --- words and numbers ---


def find_word(connection: Connection, organisation_id: int, kind: str) -> str | None:
    """The word that the bureau's numbers of this kind begin with, if it has one."""
    found: str | None = connection.execute(
        text("SELECT word FROM document_words WHERE organisation_id = :o AND kind = :k"),
        {"o": organisation_id, "k": kind},
    ).scalar_one_or_none()
    return found


def words_of(connection: Connection, organisation_id: int) -> dict[str, str]:
    """The words of a bureau, by kind."""
    rows = connection.execute(
        text("SELECT kind, word FROM document_words WHERE organisation_id = :o"), {"o": organisation_id}
    )
    return {kind: word for kind, word in rows}


def put_word(connection: Connection, organisation_id: int, kind: str, word: str) -> bool:
    """Give a bureau its word; False where another bureau or kind has it."""
    taken = connection.execute(
        text("SELECT EXISTS (SELECT FROM document_words WHERE word = :w AND (organisation_id, kind) <> (:o, :k))"),
        {"w": word, "o": organisation_id, "k": kind},
    ).scalar_one()
    if taken:
        return False
    connection.execute(
        text(
            "INSERT INTO document_words (organisation_id, kind, word) VALUES (:o, :k, :w)"
            " ON CONFLICT (organisation_id, kind) DO UPDATE SET word = excluded.word"
        ),
        {"o": organisation_id, "k": kind, "w": word},
    )
    return True


def next_serial(connection: Connection, organisation_id: int, word: str, year: int) -> int:
    """The next number of a bureau, word and year; held until the transaction ends, given back where it fails."""
    number: int = connection.execute(
        text(
            "INSERT INTO document_counters (organisation_id, word, year, last) VALUES (:o, :w, :y, 1)"
            " ON CONFLICT (organisation_id, word, year) DO UPDATE SET last = document_counters.last + 1 RETURNING last"
        ),
        {"o": organisation_id, "w": word, "y": year},
    ).scalar_one()
    return number


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """A new document, its files to follow; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO documents (case_id, referral_id, kind, organisation_id, word, year, serial, number, content,"
            " template, law, rule_keys, issued_at, issued_by) VALUES (:case_id, :referral_id, :kind, :organisation_id,"
            " :word, :year, :serial, :number, cast(:content AS jsonb), :template, :law, :rule_keys, :issued_at,"
            " :issued_by) RETURNING id"
        ),
        {**values, "content": json.dumps(values["content"], ensure_ascii=False)},
    ).scalar_one()
    return number


def put_files(connection: Connection, number: int, docx_item_id: int, pdf_item_id: int) -> None:
    """Where its files are kept."""
    connection.execute(
        text("UPDATE documents SET docx_item_id = :d, pdf_item_id = :p WHERE id = :id"),
        {"d": docx_item_id, "p": pdf_item_id, "id": number},
    )


def serve(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """It reached somebody: served_on, served_how, served_to, served_by."""
    connection.execute(
        text(
            "UPDATE documents SET state = 'served', served_on = :served_on, served_how = :served_how,"
            " served_to = :served_to, served_by = :served_by WHERE id = :id AND state = 'issued'"
        ),
        {**values, "id": number},
    )


def revoke(connection: Connection, number: int, user_id: int | None, reason: str) -> None:
    """It no longer counts; the number is never used again."""
    connection.execute(
        text(
            "UPDATE documents SET state = 'revoked', revoked_at = now(), revoked_by = :user, revoked_reason = :reason"
            " WHERE id = :id AND state <> 'revoked'"
        ),
        {"id": number, "user": user_id, "reason": reason},
    )


# --- what a document is filled from ---


def grounds(connection: Connection, case_id: int) -> dict[str, Any]:
    """Register rows of the case's subject, steps taken, whether a source is void, the newest referral."""
    row = connection.execute(
        text(
            """
SELECT t.vin, t.owner AS truck_owner, t.category AS truck_category, m.pin, m.machine_code, m.registration_number,
  m.owner AS machine_owner, m.category AS machine_category, t.plate_colour,
  coalesce(e.address, '') AS party_address, coalesce(e.credit_code, '') AS credit_code, e.name AS enterprise,
  ARRAY(SELECT s.action FROM case_steps s WHERE s.case_id = c.id AND s.branch = 'main') AS steps,
  EXISTS (SELECT FROM case_sources s JOIN captures k ON k.id = s.source_id
          WHERE s.case_id = c.id AND s.kind = 'capture' AND k.standing = 'void') AS has_void_source
FROM cases c LEFT JOIN trucks t ON t.id = c.truck_id LEFT JOIN machines m ON m.id = c.machine_id
  LEFT JOIN enterprises e ON e.id = c.enterprise_id WHERE c.id = :id"""
        ),
        {"id": case_id},
    ).one()
    return dict(row._mapping)


def inspected(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Instruments, officers and party of the inspections that the case rests on, the oldest first."""
    rows = connection.execute(
        text(
            "SELECT coalesce(i.content->'instruments', '[]') AS instruments,"
            " coalesce(i.content->'officers', '[]') AS officers, i.content->'party' AS party"
            " FROM case_sources s JOIN inspections i ON i.id = s.source_id"
            " WHERE s.case_id = :case AND s.kind = 'inspection' AND i.status = 'recorded' ORDER BY i.inspected_at, i.id"
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]


def people(connection: Connection, user_ids: list[int]) -> list[dict[str, Any]]:
    """Names and enforcement cards of accounts, in the order asked for."""
    rows = connection.execute(
        text(
            "SELECT id, name, enforcement_card FROM users WHERE id = ANY (:ids) AND enforcement_card IS NOT NULL"
            " ORDER BY array_position(cast(:ids AS int[]), id)"
        ),
        {"ids": user_ids},
    )
    return [dict(row) for row in rows.mappings()]


def issuers(connection: Connection, organisation_id: int) -> list[dict[str, Any]]:
    """In whose name somebody of this organisation may issue: its own, and the bureaus above it of the same kind."""
    rows = connection.execute(
        text(
            """
WITH RECURSIVE above AS (
  SELECT o.*, 0 AS height FROM organisations o WHERE o.id = :id
  UNION ALL SELECT p.*, above.height + 1 FROM organisations p JOIN above ON p.id = above.parent_id
  WHERE p.kind = above.kind AND above.height < 5)
SELECT id, kind, level, code, name_zh, name_en, division FROM above WHERE active ORDER BY height"""
        ),
        {"id": organisation_id},
    )
    return [dict(row) for row in rows.mappings()]


def city_name(connection: Connection, division: str) -> str | None:
    """The name of a bureau's area: a county's, or its city's."""
    found: str | None = connection.execute(
        text("SELECT name_zh FROM divisions WHERE code = :code"), {"code": division}
    ).scalar_one_or_none()
    return found
