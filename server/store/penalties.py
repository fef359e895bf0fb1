"""Penalties: the decision of whichever bureau fined, under the key of the act. One act is fined once (APL 29)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

_COLUMNS = (
    "case_id", "act", "offence", "organisation_id", "referral_id", "decision_number", "code", "amount_cny", "machines",
    "points", "on_the_spot", "legal_basis", "rule_keys", "decided_on", "paid_on", "recorded_by",
)  # fmt: skip


def add(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Record a penalty; None where the act has one already."""
    names, places = ", ".join(_COLUMNS), ", ".join(f":{name}" for name in _COLUMNS)
    return connection.execute(
        text(
            f"INSERT INTO penalties ({names}) VALUES ({places})"
            " ON CONFLICT (act) WHERE revoked_at IS NULL DO NOTHING RETURNING id"
        ),
        {"paid_on": None, **values},
    ).scalar_one_or_none()


def of_act(connection: Connection, act: str) -> dict[str, Any] | None:
    """The penalty in force for an act, with the number of its case."""
    row = connection.execute(
        text(
            "SELECT p.id, p.case_id, p.decision_number, p.amount_cny, p.decided_on, c.number AS case_number"
            " FROM penalties p JOIN cases c ON c.id = p.case_id WHERE p.act = :act AND p.revoked_at IS NULL"
        ),
        {"act": act},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_subject(connection: Connection, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Penalties in force on the truck, machine or plate of a case, with their acts and the numbers of their cases."""
    if case["truck_id"] or case["machine_id"]:
        clause = "c.truck_id = :truck OR c.machine_id = :machine"
        values = {"truck": case["truck_id"], "machine": case["machine_id"]}
    else:
        clause = "c.truck_id IS NULL AND c.machine_id IS NULL AND c.subject_text = :subject"
        values = {"subject": case["subject_text"]}
    rows = connection.execute(
        text(
            "SELECT p.id, p.case_id, p.offence, p.decision_number, c.number AS case_number, c.acted_from, c.acted_to"
            f" FROM cases c JOIN penalties p ON p.case_id = c.id WHERE ({clause}) AND p.revoked_at IS NULL"
            " ORDER BY p.id"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def set_paid(connection: Connection, case_id: int, paid_on: date) -> int:
    """The fines in force of a case are paid; how many."""
    done = connection.execute(
        text("UPDATE penalties SET paid_on = :day WHERE case_id = :case AND revoked_at IS NULL AND paid_on IS NULL"),
        {"case": case_id, "day": paid_on},
    )
    return done.rowcount


def of_case(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The penalties of a case, revoked ones too."""
    rows = connection.execute(
        text(
            "SELECT p.*, o.name_zh AS organisation_zh, o.name_en AS organisation_en, u.name AS recorder"
            " FROM penalties p JOIN organisations o ON o.id = p.organisation_id"
            " LEFT JOIN users u ON u.id = p.recorded_by WHERE p.case_id = :case ORDER BY p.id"
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]


def revoke(connection: Connection, case_id: int, organisation_id: int | None, reason: str) -> list[int]:
    """Revoke what an organisation (None: any) decided in a case; the ids. The rows stay."""
    rows = connection.execute(
        text(
            "UPDATE penalties SET revoked_at = now(), revoked_reason = :reason WHERE case_id = :case"
            " AND revoked_at IS NULL AND organisation_id = coalesce(cast(:organisation AS int), organisation_id)"
            " RETURNING id"
        ),
        {"case": case_id, "organisation": organisation_id, "reason": reason},
    )
    return list(rows.scalars())
