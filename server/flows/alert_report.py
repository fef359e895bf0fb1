"""What an alert brought, by enterprise and in all, beside the same hours of normal days: live page and report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import BEIJING, day_of
from server.store import alert_figures, alerts
from server.store.alert_figures import Span
from server.store.scopes import Scope, division_prefix

SUMMED = ("trips", "banned", "waiting", "machines", "denied", "looked")
NEWEST = 15


@dataclass(frozen=True, slots=True)
class Report:
    """The figures up to `until`; `normal_days` empty: nothing to compare with yet."""

    alert: Mapping[str, Any]
    until: datetime
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    normal_days: list[date]
    machines_now: dict[str, int]
    newest: list[dict[str, Any]]


def report(connection: Connection, scope: Scope, number: int, now: datetime) -> Report | None:
    """The figures of an alert in the account's part of its area; None where it sees none."""
    alert = alerts.find_one(connection, scope, number)
    if alert is None or alert["state"] != "active" or alert["from_at"] > now:
        return None
    until = min(now, alert["to_at"] or now)
    area = _area(alert["division"], scope)
    span = span_of(number, area, alert["from_at"], until, now)
    days = alert_figures.normal_days(connection, number)
    rows = [_compared(row, bool(days)) for row in alert_figures.by_enterprise(connection, span)]
    totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in SUMMED}
    totals["expected"] = sum(row["expected"] or 0 for row in rows) if days else None
    totals |= {"enterprises": len(rows)} | alert_figures.inspections_made(connection, area, span.from_at, until)
    machines = alert_figures.machines_now(connection, area, now)
    newest = alert_figures.newest_leads(connection, number, area, NEWEST)
    return Report(alert, until, rows, _compared(totals, bool(days)), days, machines, newest)


def _area(division: str, scope: Scope) -> str:
    """The narrower of the alert's area and the account's."""
    area, own = division_prefix(division), scope.divisions or ""
    return own if own.startswith(area) else area


def _compared(row: Mapping[str, Any], known: bool) -> dict[str, Any]:
    expected = float(row["expected"] or 0) if known else None
    change = None if not expected else (row["trips"] - expected) / expected * 100
    return {**row, "expected": expected, "change_pct": change}


def span_of(number: int, area: str, from_at: datetime, until: datetime, now: datetime) -> Span:
    """The time of an alert cut into whole days (today is whole: nothing has passed later) and begun ones."""
    whole: list[date] = []
    begun: list[tuple[datetime, datetime]] = []
    day = day_of(from_at)
    while _begins(day) < until or (day == day_of(from_at) and from_at < until):
        first, last = max(from_at, _begins(day)), min(until, _begins(day + timedelta(days=1)))
        if first == _begins(day) and (last == _begins(day + timedelta(days=1)) or until == now):
            whole.append(day)
        elif first < last:
            begun.append((first, last))
        day += timedelta(days=1)
    return Span(number, area, from_at, until, whole, begun, hours_of(from_at, until))


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).astimezone(UTC)


def hours_of(from_at: datetime, until: datetime) -> list[float]:
    """How often each hour of a Beijing day lies in the time; begun hours by their part."""
    weights = [0.0] * 24
    at = from_at
    while at < until:
        begins = at.astimezone(BEIJING).replace(minute=0, second=0, microsecond=0)
        ends = min(until, begins + timedelta(hours=1))
        weights[begins.hour] += (ends - at) / timedelta(hours=1)
        at = ends
    return weights
