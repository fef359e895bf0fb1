"""Scores of ledgers: made anew for the newest months, once for each older month with rows (job `ledger_scores`)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.ledgers.reconciliation import ReviewTerms, review_terms
from enforcement.ledgers.scores import Count, Score, ScorePart, score, score_weights
from enforcement.rules.book import BEIJING, RuleBook, day_of, get_rule
from server.db import transaction
from server.flows import rule_book
from server.store import ledger_review_marks, ledger_scores

MOST_OLDER = 24  # months made for the first time in one run
MARK = "scores"
OVERLAP = timedelta(hours=1)  # a batch may take as long between its time and its commit


def run(engine: Engine, now: datetime) -> dict[str, int]:
    """The job: how many months and scores were made."""
    with transaction(engine) as connection:
        months = due_months(connection, rule_book.current(connection), now)
    counts = {"months": 0, "scores": 0}
    for month in months:
        with transaction(engine) as connection:
            counts["scores"] += score_month(connection, rule_book.current(connection), month, now)
        counts["months"] += 1
    with transaction(engine) as connection:
        ledger_review_marks.put(connection, MARK, now)
    return counts


def due_months(connection: Connection, rules: RuleBook, now: datetime) -> list[date]:
    """The newest months, older ones into which rows came since the last run, and those that never were scored."""
    newest = day_of(now).replace(day=1)
    how_many = int(get_rule(rules, "review.score_months", now).number)
    recent = [_back(newest, n) for n in range(how_many)]
    last = ledger_review_marks.find(connection, MARK)
    changed = ledger_scores.months_received(connection, last - OVERLAP) if last else []
    older = {month for month in changed if month < recent[-1]}
    unscored = [m for m in ledger_scores.unscored_months(connection, _back(newest, 60)) if m < recent[-1]]
    return sorted(recent) + sorted(older | set(unscored[:MOST_OLDER]))


def _back(month: date, months: int) -> date:
    year, number = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, number + 1, 1)


def terms_of(rules: RuleBook, month: date) -> tuple[ReviewTerms, tuple[str, ...], str]:
    """The numbers, expected fields and the key of their row that hold in a month."""
    at = datetime(month.year, month.month, 1, 12, tzinfo=BEIJING)
    expected = get_rule(rules, "review.expected_fields", at)
    return review_terms(rules, at), expected.words, expected.key


def score_month(connection: Connection, rules: RuleBook, month: date, now: datetime) -> int:
    """Make the scores of a month; how many. Every enterprise with a passage or a refused row has one."""
    terms, expected, key = terms_of(rules, month)
    weights = score_weights(rules, datetime(month.year, month.month, 1, 12, tzinfo=BEIJING))
    passages = ledger_scores.passages_of(connection, month)
    counts = ledger_scores.counts_of(connection, month, terms, expected)
    rows = []
    for enterprise in sorted(passages.keys() | counts.keys()):
        made = score({part: Count(*given) for part, given in counts.get(enterprise, {}).items()}, weights)
        rows.append(_row(enterprise, passages.get(enterprise, 0), made, (*terms.rules, key, *weights.rules)))
    return ledger_scores.put(connection, month, rows, now)


def _row(enterprise: int, passages: int, made: Score, keys: tuple[str, ...]) -> Mapping[str, Any]:
    parts = [
        {"part": one.part, "good": one.good, "of": one.of, "weight": one.weight, "points": one.points, "most": one.most}
        for one in made.parts
    ]
    return {"enterprise_id": enterprise, "score": made.value, "passages": passages, "parts": parts, "rule_keys": keys}


def rows_behind(
    connection: Connection, rules: RuleBook, enterprise_id: int, month: date, part: ScorePart, most: int
) -> list[dict[str, Any]]:
    """What lowers a part of a score."""
    terms, expected, _ = terms_of(rules, month)
    return ledger_scores.rows_behind(connection, enterprise_id, month, part, terms, expected, most)
