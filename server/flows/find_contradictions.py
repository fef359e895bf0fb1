"""Contradictions of ledgers become leads (job `ledger_contradictions`): each stretch of time is looked at once.

Rows are taken by when they came in, visits and captures by when they ended; both wait until what belongs to them has
had its time to come in. A lead is one truck at one plant with one pair of values, or one visit, passage or capture.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.ledgers.reconciliation import (
    Contradiction,
    ReviewTerms,
    capture_sentence,
    difference_sentence,
    passage_sentence,
    review_terms,
    track_sentence,
)
from enforcement.rules.book import get_rule
from enforcement.sentences import Sentence
from server.db import transaction
from server.flows import rule_book
from server.store import ledger_contradictions as store
from server.store import ledger_leads, ledger_review_marks
from server.store.ledger_leads import LedgerLead

STRETCH = timedelta(days=1)
MOST_STRETCHES = 60  # of one review in one run; the next run goes on


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of time as a review looks at it; `until` is not part of it."""

    since: datetime
    until: datetime
    terms: ReviewTerms


Look = Callable[[Connection, Stretch], list[LedgerLead]]


def run(engine: Engine, now: datetime) -> dict[str, int]:
    """The job: how many leads are new, by kind of review."""
    with transaction(engine) as connection:
        rules = rule_book.current(connection)
        terms = review_terms(rules, now)
        lag = timedelta(minutes=get_rule(rules, "review.lag_min", now).number)
        begin = store.first_received(connection)
    if begin is None:
        return {}
    ends = {"register": now - lag, "elsewhere": now - lag, "visits": now - terms.wait, "captures": now - terms.wait}
    return {name: _review(engine, name, look, begin, ends[name], terms) for name, look in LOOKS.items()}


def _review(engine: Engine, name: str, look: Look, begin: datetime, end: datetime, terms: ReviewTerms) -> int:
    new = 0
    with transaction(engine) as connection:
        mark = ledger_review_marks.find(connection, name) or begin
    for since, until in _stretches(mark, end):
        with transaction(engine) as connection:
            found = look(connection, Stretch(since, until, terms))
            new += sum(ledger_leads.put(connection, lead) for lead in found)
            ledger_review_marks.put(connection, name, until)
    return new


def _stretches(mark: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for _ in range(MOST_STRETCHES):
        if mark >= end:
            return
        until = min(mark + STRETCH, end)
        yield mark, until
        mark = until


def _register(connection: Connection, stretch: Stretch) -> list[LedgerLead]:
    leads = []
    for row in store.register_differences(connection, stretch.since, stretch.until):
        told = difference_sentence(Contradiction(row["kind"]), row["plate"], row["said"], row["registered"])
        facts = {"said": row["said"], "registered": row["registered"], "passages": row["n"]}
        key = f"{row['enterprise_id']}:{row['truck_id']}:{row['said']}:{row['registered']}"
        times = {"first_at": row["first_at"], "last_at": row["last_at"]}
        leads.append(_lead(row, key, told, stretch.terms, facts, passage_id=row["passage_id"], **times))
    return leads


def _visits(connection: Connection, stretch: Stretch) -> list[LedgerLead]:
    leads = []
    for row in store.unknown_visits(connection, stretch.since, stretch.until, stretch.terms.tolerance):
        told = track_sentence(row["plate"], row["enterprise"], row["first_at"], row["last_at"])
        facts = {"visit_id": row["id"], "terminal_id": row["terminal_id"]}
        times = {"first_at": row["first_at"], "last_at": row["last_at"]}
        leads.append(_lead(row, str(row["id"]), told, stretch.terms, facts, zone_id=row["zone_id"], **times))
    return leads


def _elsewhere(connection: Connection, stretch: Stretch) -> list[LedgerLead]:
    terms, leads = stretch.terms, []
    for row in store.passages_elsewhere(connection, stretch.since, stretch.until, terms.fix_age, terms.elsewhere_km):
        told = passage_sentence(row["plate"], row["enterprise"], row["passed_at"], row["km"])
        facts = {"fix_at": row["measured_at"].isoformat(), "km": round(row["km"], 2)}
        place = {"lon": row["lon"], "lat": row["lat"], "first_at": row["passed_at"], "last_at": row["passed_at"]}
        leads.append(_lead(row, str(row["id"]), told, terms, facts, passage_id=row["id"], **place))
    return leads


def _captures(connection: Connection, stretch: Stretch) -> list[LedgerLead]:
    terms, leads = stretch.terms, []
    found = store.unknown_captures(connection, stretch.since, stretch.until, terms.tolerance, terms.capture_radius_m)
    for row in found:
        told = capture_sentence(row["plate"], row["enterprise"], row["number"], row["captured_at"])
        place = {"lon": row["lon"], "lat": row["lat"], "first_at": row["captured_at"], "last_at": row["captured_at"]}
        leads.append(_lead(row, str(row["id"]), told, terms, {"capture_id": row["id"]}, **place))
    return leads


def _lead(
    row: Mapping[str, Any], key: str, told: Sentence, terms: ReviewTerms, facts: Mapping[str, Any], **more: Any
) -> LedgerLead:
    detail = {"zh": told.zh, "en": told.en, "rules": list(terms.rules), "plate": row["plate"], **facts}
    return LedgerLead(
        kind=told.code, key=key, division=row["division"], enterprise_id=row["enterprise_id"],
        truck_id=row["truck_id"], detail=detail, **more,
    )  # fmt: skip


LOOKS: dict[str, Look] = {
    "register": _register,
    "elsewhere": _elsewhere,
    "visits": _visits,
    "captures": _captures,
}
"""Each review with its mark; a plant or truck is looked at by each of them."""
