"""What an enterprise's first page counts and lists; every statement names the enterprise, whatever the fence does."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, text

_COUNTS = """SELECT
  (SELECT coalesce(sum(passages), 0) FROM ledger_days WHERE enterprise_id = :e AND day = :today AND direction = 'in') AS in_n,
  (SELECT coalesce(sum(passages), 0) FROM ledger_days WHERE enterprise_id = :e AND day = :today AND direction = 'out') AS out_n,
  (SELECT count(*) FROM ledger_passages WHERE enterprise_id = :e AND state = 'pending') AS pending_n,
  (SELECT count(*) FROM ledger_refusals WHERE enterprise_id = :e AND settled_at IS NULL) AS refused_n,
  (SELECT count(*) FROM plant_vehicles WHERE enterprise_id = :e AND state = 'taken' AND gone_on IS NULL) AS vehicles_n,
  (SELECT count(*) FROM plant_vehicles WHERE enterprise_id = :e AND state = 'taken' AND gone_on IS NULL
    AND doubts <> '{}') AS vehicles_doubtful,
  (SELECT count(*) FROM plant_machines WHERE enterprise_id = :e AND state = 'taken' AND left_on IS NULL) AS machines_n,
  (SELECT count(*) FROM plant_machines WHERE enterprise_id = :e AND state = 'taken' AND left_on IS NULL
    AND doubts <> '{}') AS machines_doubtful,
  (SELECT count(*) FROM site_stays WHERE enterprise_id = :e AND left_at IS NULL) AS present_n,
  (SELECT count(*) FROM whitelist_entries WHERE applicant_id = :e AND state IN ('requested', 'reviewed')) AS asked_n,
  (SELECT count(*) FROM whitelist_entries WHERE applicant_id = :e AND state = 'active' AND valid_to > now()) AS granted_n,
  (SELECT count(*) FROM whitelist_suspensions s JOIN whitelist_entries w ON w.id = s.entry_id
    WHERE w.applicant_id = :e AND s.to_at IS NULL AND w.state = 'active') AS suspended_n,
  (SELECT count(*) FROM pleas WHERE enterprise_id = :e AND state = 'sent') AS pleas_n,
  (SELECT count(*) FROM repair_notices WHERE enterprise_id = :e AND closed_at IS NULL) AS repairs_n,
  (SELECT count(*) FROM repair_notices WHERE enterprise_id = :e AND closed_at IS NULL AND due_on < :today) AS repairs_late"""


def counts(connection: Connection, enterprise_id: int, today: dt.date) -> dict[str, int]:
    """Every count of the page; `today` is the Beijing day."""
    row = connection.execute(text(_COUNTS), {"e": enterprise_id, "today": today}).one()
    return {name: int(value) for name, value in row._mapping.items()}


def name_of(connection: Connection, enterprise_id: int) -> str:
    """What the enterprise is called."""
    found = connection.execute(text("SELECT name FROM enterprises WHERE id = :e"), {"e": enterprise_id}).scalar()
    return str(found or "")


def violations(connection: Connection, enterprise_id: int, most: int) -> list[dict[str, Any]]:
    """Confirmed violations, the newest first, each with why, by which rule rows and which version of the zone."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.number, v.first_at, v.dwell_s, v.reason_codes, v.verdict -> 'sentence' AS sentence,"
            " v.verdict -> 'rules' AS rules, z.name_zh AS zone_zh, z.name_en AS zone_en, n.number AS zone_version,"
            " t.plate, t.plate_colour, coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number"
            " FROM violations v JOIN zones z ON z.id = v.zone_id JOIN zone_versions n ON n.id = v.zone_version_id"
            " LEFT JOIN trucks t ON t.id = v.truck_id LEFT JOIN machines m ON m.id = v.machine_id"
            " WHERE v.enterprise_id = :e AND v.status = 'confirmed' ORDER BY v.first_at DESC, v.id DESC LIMIT :most"
        ),
        {"e": enterprise_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def cases(connection: Connection, enterprise_id: int, most: int) -> list[dict[str, Any]]:
    """Cases under way that were filed, the newest first, with the plea that waits for its answer."""
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.subject_text, c.state, c.offences, c.acted_from,"
            " (SELECT p.id FROM pleas p WHERE p.case_id = c.id AND p.state = 'sent' ORDER BY p.id LIMIT 1) AS plea_id"
            " FROM cases c WHERE c.enterprise_id = :e AND c.filed_at IS NOT NULL AND c.closed_at IS NULL"
            " ORDER BY c.id DESC LIMIT :most"
        ),
        {"e": enterprise_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def party_clocks(connection: Connection, case_ids: list[int]) -> dict[int, dt.date]:
    """Until when the party may ask for a hearing or has to pay, by case; read outside the fence, for cases it sees."""
    rows = connection.execute(
        text(
            "SELECT case_id, min(due_on) AS due_on FROM deadlines WHERE case_id = ANY(:ids)"
            " AND kind IN ('hearing_request', 'payment') AND state IN ('running', 'paused') GROUP BY case_id"
        ),
        {"ids": case_ids},
    )
    return {row.case_id: row.due_on for row in rows}


def answered_pleas(connection: Connection, enterprise_id: int, most: int) -> list[dict[str, Any]]:
    """Pleas, those that wait first, then the newest."""
    rows = connection.execute(
        text(
            "SELECT p.id, p.number, p.state, p.sent_at, p.answered_at, p.answer, p.content, p.person, p.wants_hearing"
            " FROM pleas p WHERE p.enterprise_id = :e AND p.state <> 'withdrawn'"
            " ORDER BY p.state = 'sent' DESC, p.id DESC LIMIT :most"
        ),
        {"e": enterprise_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]
