"""The checks in order. A new check is one file here, its rule rows, one case file and one line in CHECKS."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from enforcement.checks import banned_visit, unregistered_visit
from enforcement.registry.subjects import Subject
from enforcement.rules.book import RuleBook
from enforcement.zones.reasons import Reason
from enforcement.zones.terms import Purpose, ZoneTerms

Reasons = Callable[[Subject | None, ZoneTerms, RuleBook, datetime, Collection[Purpose]], tuple[Reason, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check by id, with its name in both languages."""

    id: str
    zh: str
    en: str
    reasons: Reasons


CHECKS = (
    Check(banned_visit.ID, banned_visit.ZH, banned_visit.EN, banned_visit.reasons),
    Check(unregistered_visit.ID, unregistered_visit.ZH, unregistered_visit.EN, unregistered_visit.reasons),
)


def all_reasons(
    subject: Subject | None,
    terms: ZoneTerms,
    rules: RuleBook,
    at: datetime,
    purposes: Collection[Purpose] = (),
) -> tuple[Reason, ...]:
    """What every check objects to, in order; empty = allowed."""
    return tuple(reason for check in CHECKS for reason in check.reasons(subject, terms, rules, at, purposes))
