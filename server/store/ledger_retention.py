"""Rows of the ledgers that have been kept long enough, unless something still rests on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_ON_HOLD = """EXISTS (SELECT FROM legal_holds h WHERE h.enterprise_id = {row}.enterprise_id AND h.released_at IS NULL
  AND beijing_day({at}) BETWEEN h.from_on AND h.to_on)"""
_HELD = f"""({_ON_HOLD.format(row="p", at="p.passed_at")}
  OR EXISTS (SELECT FROM leads l WHERE l.passage_id = p.id AND (l.status = 'open' OR EXISTS (
    SELECT FROM case_sources s JOIN cases c ON c.id = s.case_id
    WHERE s.kind = 'lead' AND s.source_id = l.id AND c.closed_at IS NULL)))
  OR EXISTS (SELECT FROM verification_items i JOIN verification_tasks t ON t.id = i.task_id
    WHERE i.passage_id = p.id AND t.state = 'open')
  OR EXISTS (SELECT FROM cases c WHERE c.closed_at IS NULL AND (c.truck_id = p.truck_id
    OR c.truck_id IS NULL AND c.machine_id IS NULL AND c.enterprise_id = p.enterprise_id)))"""


def remove_passages(connection: Connection, before: datetime, most: int) -> int:
    """Delete passages of before this moment that nothing holds, with their history; how many. The sums stay."""
    connection.execute(text("SELECT set_config('app.retention', 'on', true)"))
    gone = connection.execute(
        text(
            "DELETE FROM ledger_passages WHERE id IN (SELECT p.id FROM ledger_passages p WHERE p.passed_at < :before"
            f" AND NOT {_HELD} ORDER BY p.passed_at, p.id LIMIT :most) RETURNING id"
        ),
        {"before": before, "most": most},
    ).scalars()
    ids = list(gone)
    connection.execute(text("DELETE FROM ledger_history WHERE ledger = 'A' AND row_id = ANY(:ids)"), {"ids": ids})
    return len(ids)


def count_held(connection: Connection, before: datetime) -> int:
    """Passages of before this moment that something holds."""
    found: int = connection.execute(
        text(f"SELECT count(*) FROM ledger_passages p WHERE p.passed_at < :before AND {_HELD}"), {"before": before}
    ).scalar_one()
    return found


def forget_videos(connection: Connection, before: datetime, most: int) -> int:
    """Take the reference to the video out of passages of before this moment that nothing holds; how many."""
    done = connection.execute(
        text(
            "UPDATE ledger_passages SET video = NULL WHERE id IN (SELECT p.id FROM ledger_passages p"
            f" WHERE p.video IS NOT NULL AND p.passed_at < :before AND NOT {_HELD}"
            " ORDER BY p.passed_at, p.id LIMIT :most)"
        ),
        {"before": before, "most": most},
    )
    return done.rowcount


def count_held_videos(connection: Connection, before: datetime) -> int:
    """References to videos of before this moment that something holds."""
    found: int = connection.execute(
        text(f"SELECT count(*) FROM ledger_passages p WHERE p.video IS NOT NULL AND p.passed_at < :before AND {_HELD}"),
        {"before": before},
    ).scalar_one()
    return found


def remove_refusals(connection: Connection, before: datetime, most: int) -> int:
    """Delete refused rows that came last before this moment; how many."""
    done = connection.execute(
        text(
            "DELETE FROM ledger_refusals WHERE id IN (SELECT f.id FROM ledger_refusals f WHERE f.last_at < :before"
            f" AND NOT {_ON_HOLD.format(row='f', at='f.last_at')} ORDER BY f.last_at, f.id LIMIT :most)"
        ),
        {"before": before, "most": most},
    )
    return done.rowcount


def count_held_refusals(connection: Connection, before: datetime) -> int:
    """Refused rows of before this moment that a legal hold keeps."""
    found: int = connection.execute(
        text(
            "SELECT count(*) FROM ledger_refusals f WHERE f.last_at < :before"
            f" AND {_ON_HOLD.format(row='f', at='f.last_at')}"
        ),
        {"before": before},
    ).scalar_one()
    return found


def forget_sheets(connection: Connection, before: datetime, most: int) -> int:
    """Drop the files of sheets that came before this moment; how many. The batch stays with its counts."""
    done = connection.execute(
        text(
            "UPDATE ledger_batches SET content = NULL WHERE id IN (SELECT b.id FROM ledger_batches b"
            f" WHERE b.received_at < :before AND b.content IS NOT NULL AND NOT {_ON_HOLD.format(row='b', at='b.received_at')}"
            " ORDER BY b.received_at, b.id LIMIT :most)"
        ),
        {"before": before, "most": most},
    )
    return done.rowcount


def count_held_sheets(connection: Connection, before: datetime) -> int:
    """Files of sheets of before this moment that a legal hold keeps."""
    found: int = connection.execute(
        text(
            "SELECT count(*) FROM ledger_batches b WHERE b.received_at < :before AND b.content IS NOT NULL"
            f" AND {_ON_HOLD.format(row='b', at='b.received_at')}"
        ),
        {"before": before},
    ).scalar_one()
    return found


def note_run(connection: Connection, what: str, before: datetime, removed: int, held: int, rules: list[str]) -> int:
    """What one run of the retention did; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO retention_runs (what, before_at, removed_n, held_n, rule_keys)"
            " VALUES (:what, :before, :removed, :held, :rules) RETURNING id"
        ),
        {"what": what, "before": before, "removed": removed, "held": held, "rules": rules},
    ).scalar_one()
    return number


def last_runs(connection: Connection, most: int) -> list[dict[str, Any]]:
    """The last runs that removed something, the newest first."""
    rows = connection.execute(
        text("SELECT at, what, before_at, removed_n, held_n FROM retention_runs ORDER BY id DESC LIMIT :most"),
        {"most": most},
    )
    return [dict(row) for row in rows.mappings()]
