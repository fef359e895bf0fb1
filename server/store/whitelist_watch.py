"""What became known of vehicles with leave since it was approved, for the suspensions that follow from it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

PORTION = 500

_FACTS = """
SELECT w.id, w.truck_id IS NOT NULL AS is_truck, coalesce(t.division, m.division, '') AS division,
  t.first_registered_on, f.id AS failed_id, f.number AS failed_number, f.inspected_at AS failed_at,
  c.id AS smoke_id, c.number AS smoke_number, c.captured_at AS smoke_at,
  h.id AS stage_id, h.before AS stage_before, h.after AS stage_after, h.at AS stage_at,
  d.id AS heard_id, d.device AS heard_number, d.measured_at AS heard_at,
  p.id AS inspected_id, p.number AS inspected_number, p.inspected_at AS inspected_at,
  s.causes, s.silent_since
FROM whitelist_entries w
LEFT JOIN trucks t ON t.id = w.truck_id
LEFT JOIN machines m ON m.id = w.machine_id
LEFT JOIN LATERAL (  -- failed since the approval, and no test passed after it
  SELECT i.id, i.number, i.inspected_at FROM inspections i
  WHERE (i.truck_id = w.truck_id OR i.machine_id = w.machine_id) AND i.status = 'recorded' AND i.standing = 'legal'
    AND i.outcome = 'failed' AND i.recorded_at >= w.decided_at
    AND NOT EXISTS (SELECT FROM inspections q WHERE (q.truck_id = w.truck_id OR q.machine_id = w.machine_id)
      AND q.status = 'recorded' AND q.outcome = 'passed' AND q.inspected_at > i.inspected_at)
  ORDER BY i.inspected_at DESC, i.id DESC LIMIT 1) f ON true
LEFT JOIN LATERAL (
  SELECT c.id, c.number, c.captured_at FROM captures c
  WHERE c.truck_id = w.truck_id AND c.status = 'confirmed' AND c.standing = 'evidence' AND c.decided_at >= w.decided_at
  ORDER BY c.captured_at DESC, c.id DESC LIMIT 1) c ON true
LEFT JOIN LATERAL (
  SELECT r.id, r.before ->> 'stage' AS before, r.after ->> 'stage' AS after, r.at FROM registry_history r
  WHERE r.noun = CASE WHEN w.truck_id IS NOT NULL THEN 'trucks' ELSE 'machines' END
    AND r.row_id = coalesce(w.truck_id, w.machine_id) AND r.at >= w.decided_at
    AND r.before ->> 'stage' IS DISTINCT FROM r.after ->> 'stage' AND r.before IS NOT NULL
  ORDER BY r.at DESC, r.id DESC LIMIT 1) h ON true
LEFT JOIN LATERAL (
  SELECT e.id, e.device, n.measured_at FROM terminals e JOIN terminal_states n ON n.terminal_id = e.id
  WHERE (e.truck_id = w.truck_id OR e.machine_id = w.machine_id) AND e.state = 'active' AND n.measured_at IS NOT NULL
  ORDER BY n.measured_at DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (
  SELECT i.id, i.number, i.inspected_at FROM inspections i
  WHERE i.truck_id = w.truck_id AND i.kind = 'periodic' AND i.status = 'recorded' AND i.outcome = 'passed'
  ORDER BY i.inspected_at DESC LIMIT 1) p ON true
LEFT JOIN LATERAL (
  SELECT array_agg(u.cause || ' ' || u.cause_id) FILTER (WHERE u.cause <> 'terminal_silent' AND u.cause_id IS NOT NULL) AS causes,
    array_agg(u.from_at) FILTER (WHERE u.cause = 'terminal_silent') AS silent_since
  FROM whitelist_suspensions u WHERE u.entry_id = w.id) s ON true
WHERE w.state = 'active' AND w.valid_to > now() AND w.decided_at IS NOT NULL AND w.id > :after
ORDER BY w.id LIMIT :most
"""


def facts(connection: Connection) -> Iterator[dict[str, Any]]:
    """The facts of each entry that is approved and has not ended, in portions by its number."""
    after = 0
    while True:
        rows = connection.execute(text(_FACTS), {"after": after, "most": PORTION}).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < PORTION:
            return
        after = rows[-1]["id"]


def hold(connection: Connection, entry_id: int) -> bool:
    """Lock an entry; whether it is still active."""
    found = connection.execute(
        text("SELECT state = 'active' FROM whitelist_entries WHERE id = :id FOR UPDATE"), {"id": entry_id}
    )
    return bool(found.scalar_one_or_none())
