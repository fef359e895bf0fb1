"""Clean-transport shares over months: each month by the rows that were in force in it, then added up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.shares import CleanShare, ShareTerms, Target, share_terms, target_of
from enforcement.rules.book import BEIJING, RuleBook
from server.store import clean_transport
from server.store.scopes import Scope

GROUPINGS = ("enterprise", "industry", "month")
MOST_MONTHS = 120
EARLIEST, LATEST = date(2016, 1, 1), date(2200, 1, 1)  # the rows of clean transport begin in 2016


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One line of the report. `key`: what it stands for, by the grouping; `target` where the industry has one."""

    key: Mapping[str, Any]
    share: CleanShare
    target: Target | None

    @property
    def below(self) -> bool:
        """Whether the strict share lies below the target."""
        strict = self.share.strict_pct
        return self.target is not None and strict is not None and strict < self.target.pct


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, both ends included."""

    first: date
    last: date


def period_of(first: date | None, last: date | None, today: date) -> Period:
    """The months that are asked for; without any the twelve up to this one."""
    to = clean_transport.month_of(min(max(last or today, EARLIEST), LATEST))
    begin = clean_transport.month_of(min(max(first, EARLIEST), LATEST)) if first else _back(to, 11)
    if begin > to:
        begin = to
    return Period(max(begin, _back(to, MOST_MONTHS - 1)), to)


def _back(month: date, months: int) -> date:
    year, number = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, number + 1, 1)


def months(period: Period) -> Iterator[date]:
    """Each month of the period."""
    month = period.first
    while month <= period.last:
        yield month
        month = _back(month, -1)


def in_month(month: date) -> datetime:
    """A moment of the month by which its rows are read."""
    return datetime(month.year, month.month, 1, 12, tzinfo=BEIJING)


@dataclass(frozen=True, slots=True)
class Line:
    """Tonnes of one enterprise in one month: the grain that every grouping adds up from."""

    enterprise: Mapping[str, Any]
    month: date
    share: CleanShare


def lines(
    connection: Connection, scope: Scope, rules: RuleBook, period: Period, filters: Mapping[str, str]
) -> list[Line]:
    """What the account may see, read once."""
    found = []
    for terms, first, last in _stretches(rules, period):
        for row in clean_transport.sums(connection, scope, terms, first, last, filters):
            share = CleanShare(*(row.pop(name) for name in ("other_ways", "new_energy", "six", "other_road")))
            found.append(Line(row, row.pop("month"), share))
    return found


def grouped(rules: RuleBook, by: str, of: Iterable[Line], period: Period, filters: Mapping[str, str]) -> list[ShareRow]:
    """Lines added up by enterprise, industry or month."""
    found: dict[Any, tuple[Mapping[str, Any], CleanShare]] = {}
    for line in of:
        key = _key(by, line)
        place = tuple(key.values())
        before = found.get(place)
        found[place] = (key, line.share + before[1] if before else line.share)
    return [ShareRow(key, share, _target(rules, by, key, period, filters)) for key, share in found.values()]


def _key(by: str, line: Line) -> Mapping[str, Any]:
    if by == "enterprise":
        return line.enterprise
    return {"month": line.month} if by == "month" else {"industry": line.enterprise["industry"] or ""}


def shares(
    connection: Connection, scope: Scope, rules: RuleBook, by: str, period: Period, filters: Mapping[str, str]
) -> list[ShareRow]:
    """Shares by enterprise, industry or month, of what the account may see."""
    return grouped(rules, by, lines(connection, scope, rules, period, filters), period, filters)


def _stretches(rules: RuleBook, period: Period) -> Iterator[tuple[ShareTerms, date, date]]:
    begin, terms = period.first, share_terms(rules, in_month(period.first))
    end = begin
    for month in months(period):
        here = share_terms(rules, in_month(month))
        if here != terms:
            yield terms, begin, end
            begin, terms = month, here
        end = month
    yield terms, begin, end


def _target(
    rules: RuleBook, by: str, row: Mapping[str, Any], period: Period, filters: Mapping[str, str]
) -> Target | None:
    industry = row.get("industry") or filters.get("industry")
    if by == "month":
        return target_of(rules, filters.get("industry"), in_month(row["month"]))
    return target_of(rules, industry, in_month(period.last), row.get("division") or "")


def whole(rows: list[ShareRow]) -> CleanShare:
    """All lines together."""
    return sum((row.share for row in rows), CleanShare())
