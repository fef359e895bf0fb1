"""The steps of a case: who moved which branch, when, why, with which document and evidence. A step is never changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class NewStep:
    """One step as it is written; `branch` is the key of the branch (main, police, city:210700 ...)."""

    case_id: int
    branch: str
    action: str
    from_state: str | None
    to_state: str
    user_id: int | None
    organisation_id: int | None
    reason: str | None = None
    note: str | None = None
    document_id: int | None = None
    evidence_item_ids: Sequence[int] = ()
    rule_keys: Sequence[str] = ()
    detail: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None  # the flow's moment; None: the transaction's


def add(connection: Connection, step: NewStep) -> int:
    """Write a step; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO case_steps (case_id, branch, action, from_state, to_state, user_id, organisation_id, reason,"
            " note, document_id, evidence_item_ids, rule_keys, detail, at) VALUES (:case_id, :branch, :action, :from_state,"
            " :to_state, :user_id, :organisation_id, :reason, :note, :document_id, :evidence, :rules,"
            " cast(:detail AS jsonb), coalesce(cast(:at AS timestamptz), now())) RETURNING id"
        ),
        {
            **{name: getattr(step, name) for name in (
                "case_id", "branch", "action", "from_state", "to_state", "user_id", "organisation_id", "reason", "note",
                "document_id", "at",
            )},
            "evidence": list(step.evidence_item_ids),
            "rules": list(step.rule_keys),
            "detail": json.dumps(step.detail, ensure_ascii=False, default=str),
        },
    ).scalar_one()  # fmt: skip
    return number


def of_case(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The steps of a case in order, with the names of who took them and the number of the document."""
    rows = connection.execute(
        text(
            "SELECT s.*, u.name AS person, o.name_zh AS organisation_zh, o.name_en AS organisation_en,"
            " o.kind AS organisation_kind, d.number AS document_number FROM case_steps s"
            " LEFT JOIN users u ON u.id = s.user_id LEFT JOIN organisations o ON o.id = s.organisation_id"
            " LEFT JOIN documents d ON d.id = s.document_id WHERE s.case_id = :case ORDER BY s.id"
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]


def newest(connection: Connection, case_id: int) -> dict[str, Any] | None:
    """The last step, with who took it: told to whoever came second."""
    row = connection.execute(
        text(
            "SELECT s.action, s.branch, s.at, u.name AS person FROM case_steps s LEFT JOIN users u ON u.id = s.user_id"
            " WHERE s.case_id = :case ORDER BY s.id DESC LIMIT 1"
        ),
        {"case": case_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def documents_of(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Documents of a case that count, the newest last: id, kind, number, state, days."""
    rows = connection.execute(
        text(
            "SELECT d.id, d.kind, d.number, d.state, d.issued_at, d.served_on, d.referral_id, d.organisation_id,"
            " o.name_zh AS organisation_zh, o.name_en AS organisation_en FROM documents d"
            " JOIN organisations o ON o.id = d.organisation_id WHERE d.case_id = :case ORDER BY d.id"
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]
