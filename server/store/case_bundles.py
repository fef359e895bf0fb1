"""Everything on record about one case, as the database would write it as JSON, for its bundle."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

_ROWS: dict[str, str] = {
    "sources": "SELECT to_jsonb(s) FROM case_sources s WHERE case_id = :case ORDER BY kind, source_id",
    "steps": "SELECT to_jsonb(s) FROM case_steps s WHERE case_id = :case ORDER BY id",
    "referrals": "SELECT to_jsonb(r) FROM referrals r WHERE case_id = :case"
    " AND (cast(:own AS int) IS NULL OR :own IN (to_id, from_id)) ORDER BY id",
    "penalties": "SELECT to_jsonb(p) FROM penalties p WHERE case_id = :case ORDER BY id",
    "deadlines": "SELECT to_jsonb(d) || jsonb_build_object('pauses', (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.id),"
    " '[]') FROM deadline_pauses p WHERE p.deadline_id = d.id)) FROM deadlines d WHERE case_id = :case ORDER BY id",
    "pleas": "SELECT to_jsonb(p) FROM pleas p WHERE case_id = :case AND cast(:own AS int) IS NULL ORDER BY id",
    "documents": "SELECT to_jsonb(d) FROM documents d WHERE case_id = :case AND (cast(:own AS int) IS NULL"
    " OR organisation_id = :own OR referral_id IN (SELECT id FROM referrals WHERE to_id = :own)) ORDER BY id",
    "repairs": "SELECT to_jsonb(n) || jsonb_build_object("
    "'repairs', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM repairs r WHERE r.notice_id = n.id),"
    " 'retests', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.at), '[]') FROM retests t WHERE t.notice_id = n.id))"
    " FROM repair_notices n WHERE case_id = :case ORDER BY id",
    "violations": "SELECT to_jsonb(v) FROM violations v WHERE id IN (SELECT source_id FROM case_sources"
    " WHERE case_id = :case AND kind = 'violation') ORDER BY id",
    "captures": "SELECT to_jsonb(c) || jsonb_build_object("
    "'device', (SELECT to_jsonb(d) FROM capture_devices d WHERE d.id = c.device_id),"
    " 'device_grounds', (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.id), '[]') FROM capture_device_grounds g"
    " WHERE g.device_id = c.device_id),"
    " 'reviews', (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.id), '[]') FROM capture_reviews w"
    " WHERE w.capture_id = c.id)) FROM captures c WHERE id IN (SELECT source_id FROM case_sources"
    " WHERE case_id = :case AND kind = 'capture') ORDER BY id",
    "inspections": "SELECT to_jsonb(i) || jsonb_build_object("
    "'versions', (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.version), '[]') FROM inspection_versions w"
    " WHERE w.inspection_id = i.id)) FROM inspections i WHERE id IN (SELECT source_id FROM case_sources"
    " WHERE case_id = :case AND kind = 'inspection' UNION SELECT t.inspection_id FROM retests t"
    " JOIN repair_notices n ON n.id = t.notice_id WHERE n.case_id = :case) ORDER BY id",
}
"""What a bundle holds by noun; `:own` is a bureau that was sent the case and reads its own papers alone."""


def find_case(connection: Connection, scope: Scope, case_id: int) -> dict[str, Any] | None:
    """The case as JSON, if the account's scope has it."""
    clause, values = scope.bureau_condition("c.division", "c.id")
    found: dict[str, Any] | None = connection.execute(
        text(f"SELECT to_jsonb(c) FROM cases c WHERE c.id = :id AND {clause}"), {"id": case_id, **values}
    ).scalar_one_or_none()
    return found


def owner_of(connection: Connection, scope: Scope, case_id: int) -> dict[str, Any] | None:
    """Area and enterprise of a case that the account sees, for the evidence of the case; None outside the scope."""
    clause, values = scope.bureau_condition("c.division", "c.id")
    row = connection.execute(
        text(f"SELECT c.division, c.enterprise_id FROM cases c WHERE c.id = :id AND {clause}"),
        {"id": case_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def rows_of(connection: Connection, case_id: int, own: int | None) -> dict[str, list[dict[str, Any]]]:
    """Every row by noun; `own`: the organisation of a bureau that the case was sent to, None for the case's own."""
    values = {"case": case_id, "own": own}
    return {noun: list(connection.execute(text(statement), values).scalars()) for noun, statement in _ROWS.items()}


def zone_versions(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Zone versions as GeoJSON features, with the zone's names, terms and validity."""
    rows = connection.execute(
        text(
            "SELECT jsonb_build_object('type', 'Feature', 'id', v.id, 'geometry', ST_AsGeoJSON(v.geometry, 9)::jsonb,"
            " 'properties', (to_jsonb(v) - 'geometry') || jsonb_build_object('code', z.code, 'name_zh', z.name_zh,"
            " 'name_en', z.name_en, 'division', z.division)) FROM zone_versions v JOIN zones z ON z.id = v.zone_id"
            " WHERE v.id = ANY (:ids) ORDER BY v.id"
        ),
        {"ids": list(ids)},
    )
    return list(rows.scalars())


def rule_rows(connection: Connection, keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the rule book by rule, area, first day and revision, as far as they are on record."""
    rows = connection.execute(
        text(
            "SELECT to_jsonb(r) FROM rule_rows r JOIN jsonb_to_recordset(cast(:keys AS jsonb))"
            " AS k(rule text, area text, valid_from date, revision int) USING (rule, area, valid_from, revision)"
            " ORDER BY r.rule, r.area, r.valid_from, r.revision"
        ),
        {"keys": json.dumps(list(keys))},
    )
    return list(rows.scalars())


def audit_extract(connection: Connection, subjects: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Audit rows of some things, each with the very text that its hash was made of (audit_hash, migration 0001)."""
    rows = connection.execute(
        text(
            "SELECT a.id, jsonb_build_array(a.id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US'),"
            " a.user_id, a.username, a.organisation_id, a.address, a.action, a.subject_kind, a.subject_id,"
            " a.detail)::text AS content, encode(a.previous_hash, 'hex') AS previous_hash, encode(a.hash, 'hex') AS hash"
            " FROM audit_log a JOIN (SELECT DISTINCT * FROM unnest(cast(:kinds AS text[]), cast(:ids AS text[])))"
            " AS s(kind, id) ON a.subject_kind = s.kind AND a.subject_id = s.id ORDER BY a.id"
        ),
        {"kinds": [kind for kind, _ in subjects], "ids": [str(number) for _, number in subjects]},
    )
    return [dict(row) for row in rows.mappings()]
