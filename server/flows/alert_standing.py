"""What alerts and measures stand, for whoever asks: gates, review of ledgers, visits, tablets, the strip of the pages.

Kept in memory by database and revision, so that asking again costs one cheap query; what an enterprise's place is
follows from the bureau's lists on the day asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from enforcement.alerts.answers import Place
from enforcement.alerts.levels import Alert, AlertLevel
from enforcement.alerts.measures import (
    Effect,
    Measure,
    PlaceKind,
    PlaceTerms,
    SubjectTerms,
    in_force,
    plain,
    read_measure,
    shipped,
)
from enforcement.alerts.predicates import covers
from enforcement.rules.book import get_rule
from server.flows import rule_book
from server.store import alert_places
from server.store import alerts as store
from server.store.scopes import division_prefix

__all__ = (
    "Alert", "Effect", "Measure", "PlaceKind", "PlaceTerms", "Standing", "SubjectTerms", "alerts_in", "current",
    "measure_of", "place_of", "row_of", "zone_place",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Every alert that was not withdrawn, every measure; `revision` changes when one of them does."""

    revision: str
    alerts: tuple[Alert, ...]
    measures: tuple[Measure, ...]
    area_names: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # of each alert, Chinese and English


_known: dict[str, Standing] = {}  # by database
_guard = Lock()


def current(connection: Connection) -> Standing:
    """What stands now; read again when something changed."""
    name = connection.engine.url.render_as_string(hide_password=True)
    revision = store.revision(connection)
    with _guard:
        known = _known.get(name)
    if known is not None and known.revision == revision:
        return known
    rows = store.active(connection)
    names = {row["id"]: (row["name_zh"] or row["division"], row["name_en"] or row["division"]) for row in rows}
    alerts = tuple(alert_of(row) for row in rows)
    standing = Standing(revision, alerts, (*shipped(), *own_measures(connection)), names)
    with _guard:
        _known[name] = standing
    return standing


def alert_of(row: Mapping[str, Any]) -> Alert:
    """A row of the table as an alert: a city covers its counties."""
    area = division_prefix(row["division"])
    return Alert(row["id"], AlertLevel(row["level"]), area, row["from_at"], row["to_at"], row["document"])


def own_measures(connection: Connection) -> tuple[Measure, ...]:
    """The bureau's revisions."""
    return tuple(measure_of(row) for row in store.measure_rows(connection))


def measure_of(row: Mapping[str, Any]) -> Measure:
    """A row of the table as a measure."""
    values = {name: row[name] for name in store.MEASURE_COLUMNS}
    for name in ("valid_from", "valid_to"):
        values[name] = values[name] and values[name].isoformat()
    return read_measure(values)


def row_of(measure: Measure) -> dict[str, Any]:
    """A measure as a row of the table."""
    return plain(measure)


def alerts_in(standing: Standing, divisions: str, at: datetime) -> list[Alert]:
    """Alerts in force in an area or in a part of it, highest level first."""
    held = [
        one
        for one in standing.alerts
        if (one.area.startswith(divisions) or divisions.startswith(one.area)) and one.holds(one.area, at)
    ]
    return sorted(held, key=lambda one: (-one.level.rank, len(one.area), one.id))


def place_of(connection: Connection, enterprise_id: int, at: datetime) -> Place:
    """The enterprise as measures ask of it. Raises LookupError."""
    row = alert_places.find(connection, enterprise_id, at)
    if row is None:
        raise LookupError(enterprise_id)
    rules = rule_book.current(connection)
    division = row["division"] or ""
    core = set(get_rule(rules, "alert.city_core_zones", at, division).words) & set(row["zone_codes"])
    trips = row["trips_normal"]
    if trips is None:
        days = round(get_rule(rules, "alert.trips_days", at, division).number)
        trips = alert_places.daily_trips(connection, enterprise_id, at, days)
    kinds = {*row["site_kinds"], *_kinds(row), *([PlaceKind.CITY_CORE] if core else [])}
    return Place(
        enterprise_id, division, frozenset(str(kind) for kind in kinds), row["industry"], row["grade"],
        None if trips is None else float(trips), row["people_supply"], frozenset(row["zone_codes"]),
    )  # fmt: skip


def _kinds(row: Mapping[str, Any]) -> set[str]:
    kinds = {"large_user", row["user_kind"]} if row["user_kind"] else set()
    return kinds | ({"zone"} if row["zone_codes"] else set())


def zone_place(connection: Connection, code: str, division: str, at: datetime) -> Place:
    """A control zone as a place."""
    core = get_rule(rule_book.current(connection), "alert.city_core_zones", at, division).words
    kinds = frozenset({"zone", "city_core"} if code in core else {"zone"})
    return Place(None, division, kinds, zone_codes=frozenset({code}))


def only(standing: Standing, alert_id: int) -> Standing:
    """The same as if this were the one alert."""
    return replace(standing, alerts=tuple(one for one in standing.alerts if one.id == alert_id))


def bound_there(standing: Standing, place: Place, at: datetime) -> tuple[Measure, ...]:
    """The measures that hold at a place under the alert in force there; none without an alert."""
    held = [one for one in standing.alerts if one.holds(place.division, at)]
    levels = {one.level for one in held}
    return tuple(
        one
        for one in in_force(standing.measures, at, place.division)
        if levels & set(one.levels) and covers(one.place, place)
    )


def with_zone(place: Place, kind: str) -> Place:
    """The place of a site: its enterprise's, and the kind of the site itself."""
    return replace(place, kinds=place.kinds | {kind})
