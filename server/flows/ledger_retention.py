"""Rows of the ledgers go when they have been kept long enough (HJ 1321; PIPL 19); what something rests on stays.

Held are rows under a legal hold, of an open lead, an open verification or an open case. Every step is one transaction
with its own row of `retention_runs` and of the audit log: what is gone is always accounted for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from enforcement.ledgers.passages import oldest_kept
from enforcement.rules.book import get_rule
from server.db import transaction
from server.flows import rule_book
from server.store import audit, ledger_retention
from server.store.audit import PLATFORM

STEP_ROWS = 20_000
MOST_STEPS = 50  # of one kind in one run: the next run goes on

Remove = Callable[[Connection, datetime, int], int]
Count = Callable[[Connection, datetime], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is kept for a time."""

    what: str
    rule: str
    remove: Remove
    held: Count


KINDS = (
    Kept("videos", "ledger.keep_video_months", ledger_retention.forget_videos, ledger_retention.count_held_videos),
    Kept("passages", "ledger.keep_months", ledger_retention.remove_passages, ledger_retention.count_held),
    Kept("refusals", "ledger.keep_months", ledger_retention.remove_refusals, ledger_retention.count_held_refusals),
    Kept("sheets", "ledger.keep_months", ledger_retention.forget_sheets, ledger_retention.count_held_sheets),
)


def retain(engine: Engine, now: datetime) -> Mapping[str, int]:
    """Remove what has been kept long enough; how many of each kind."""
    return {kind.what: _all_of(engine, kind, now) for kind in KINDS}


def _all_of(engine: Engine, kind: Kept, now: datetime) -> int:
    removed = 0
    for _ in range(MOST_STEPS):
        with transaction(engine) as connection:
            done = _step(connection, kind, now)
        removed += done
        if done < STEP_ROWS:
            break
    return removed


def _step(connection: Connection, kind: Kept, now: datetime) -> int:
    rule = get_rule(rule_book.current(connection), kind.rule, now)
    before = oldest_kept(now, int(rule.number))
    done = kind.remove(connection, before, STEP_ROWS)
    if done:
        held = kind.held(connection, before) if done < STEP_ROWS else 0
        number = ledger_retention.note_run(connection, kind.what, before, done, held, [rule.key])
        detail = {"what": kind.what, "before": before.isoformat(), "removed": done, "held": held, "rule": rule.key}
        audit.append(connection, PLATFORM, "ledger.retention", "retention_run", number, detail)
    return done
