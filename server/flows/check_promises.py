"""What grades promise of transport, held against the ledgers of a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection

from enforcement.grades.promises import Check, Kind, Promise, Verdict, check, in_force, read_promise, shipped
from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING, RuleBook, get_rule
from server.flows import rule_book
from server.store import grades
from server.store.scopes import Scope


@dataclass(frozen=True, slots=True)
class Checked:
    """A grade on the last day of a month with what it promises and what the ledgers say."""

    grade: dict[str, Any]
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its verdicts."""
        order = (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.KEPT, Verdict.NOTHING)
        found = {one.verdict for one in self.checks}
        return next((one for one in order if one in found), Verdict.NOTHING)


def promises_of(connection: Connection) -> tuple[Promise, ...]:
    """Every promise: those that came with the platform and the bureau's."""
    return (*shipped(), *(read_promise(row) for row in grades.promises(connection)))


def month_after(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def check_month(connection: Connection, scope: Scope, month: date, enterprise_id: int | None = None) -> list[Checked]:
    """Each graded enterprise of the scope (or the one named) with its checks of a month."""
    after = month_after(month)
    last = date.fromordinal(after.toordinal() - 1)
    rules, promises = rule_book.current(connection), promises_of(connection)
    rows = grades.graded_on(connection, scope, last, enterprise_id)
    counts: dict[tuple[int, str], dict[tuple[str, str], int]] = {}
    for row in grades.month_counts(connection, [row["enterprise_id"] for row in rows], month, after):
        own = counts.setdefault((row["enterprise_id"], row["subject"]), {})
        own[row["stage"], row["fuel"]] = own.get((row["stage"], row["fuel"]), 0) + int(row["n"])
    return [Checked(row, _checks(rules, promises, row, last, counts)) for row in rows]


def _checks(
    rules: RuleBook, promises: Iterable[Promise], row: dict[str, Any], day: date,
    counts: dict[tuple[int, str], dict[tuple[str, str], int]],
) -> tuple[Check, ...]:  # fmt: skip
    at = datetime.combine(day, time(12), BEIJING)
    found = []
    for one in in_force(promises, row["industry"], row["grade"], day):
        order = get_rule(rules, "stages.machine" if one.subject is Kind.MACHINE else "stages.truck", at).words
        own = counts.get((row["enterprise_id"], str(one.subject)), {})
        found.append(check(one, own, [Stage(code) for code in order]))
    return tuple(found)
