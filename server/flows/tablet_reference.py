"""The reference file of a tablet: what an inspector of one organisation needs to judge at the place without a network.

No personal data but the names and card numbers of colleagues. The same content has the same revision.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import MultiPolygon
from sqlalchemy import Connection

from enforcement.alerts.levels import Alert
from enforcement.alerts.measures import in_force
from enforcement.inspections import checklists
from enforcement.json_records import plain
from enforcement.rules.book import BEIJING, RuleBook
from enforcement.rules.calendar import Calendar, DayKind
from enforcement.zones import terms_json
from server.flows import alert_standing, rule_book, tablet_notice, tablet_rules
from server.flows.alert_standing import Standing
from server.flows.used_instruments import CHECKS_BACK
from server.store import calendar_days, divisions, tablet_reference
from server.store.users import Account

ZONES_AROUND = dt.timedelta(days=30)  # versions that ended or begin within so many days
CHECKS_KEPT = CHECKS_BACK + dt.timedelta(days=7)  # a check made a week ago looks back as far
DAYS_BACK, DAYS_AHEAD = 40, 150  # of the calendar: zone hours, and the last day of a repair
DEGREES = 6  # decimals: a tenth of a metre


@dataclass(frozen=True, slots=True)
class Offered:
    """What the faces know: the city {code, zh, en, plate_prefix}, words of codes, methods by kind of check."""

    city: Mapping[str, str]
    words: Mapping[str, Mapping[str, tuple[str, str]]]
    methods: Mapping[str, list[str]]


def reference(connection: Connection, account: Account, offered: Offered, now: dt.datetime) -> dict[str, Any]:
    """The whole file as JSON values, without `revision` and `made_at`."""
    book, area = rule_book.current(connection), offered.city["code"][:4]
    calendar = calendar_days.load_calendar(connection)
    return {
        "city": dict(offered.city),
        **rules_part(book, area),
        "words": offered.words,
        "methods": offered.methods,
        **checklist_part(),
        "alerts": alert_part(connection, account, now),
        "instruments": _instruments(connection, account, now),
        "colleagues": tablet_reference.colleagues(connection, account.organisation_id),
        "stations": tablet_reference.stations(connection, account.division),
        "divisions": [(row.code, row.name_zh, row.name_en) for row in divisions.list_divisions(connection, area)],
        "calendar": calendar_part(calendar, now.astimezone(BEIJING).date()),
        "zones": [_zone(row) for row in _zones(connection, area, now)],
        "notice": tablet_notice.wording(book, account.organisation_zh, account.organisation_en),
    }


def rules_part(book: RuleBook, area: str) -> dict[str, Any]:
    """What judges readings: rows, sentences, names, fields."""
    return {
        "rules": tablet_rules.rule_rows(book, area),
        "sentences": tablet_rules.sentence_rows(),
        "names": tablet_rules.names(),
        "fields": tablet_rules.method_fields(),
    }


def checklist_part() -> dict[str, Any]:
    """Checklists by kind of check, and what to look for."""
    listed = {
        str(kind): [
            {"item": one.item, "zh": one.zh, "en": one.en, "ok": str(one.ok)}
            | ({"in_alert": True} if one.in_alert else {})
            for one in points
        ]
        for kind, points in checklists.checklists().items()
    }
    hints = [{name: value for name, value in plain(hint).items() if value} for hint in checklists.hints()]
    return {"checklists": listed, "look_for": hints}


def alert_part(connection: Connection, account: Account, now: dt.datetime) -> list[dict[str, Any]]:
    """Alerts of the area that hold or are to come, each with what its measures say."""
    standing, area = alert_standing.current(connection), account.scope.divisions or account.division
    held = [
        one
        for one in standing.alerts
        if (one.area.startswith(area) or area.startswith(one.area)) and (one.to_at is None or one.to_at > now)
    ]
    return [_alert(standing, one, max(one.from_at, now)) for one in held]


def _alert(standing: Standing, alert: Alert, at: dt.datetime) -> dict[str, Any]:
    measures = [one for one in in_force(standing.measures, at, alert.area) if alert.level in one.levels]
    area_zh, area_en = standing.area_names[alert.id]
    return {
        "id": alert.id, "level": str(alert.level), "area": alert.area, "area_zh": area_zh, "area_en": area_en,
        "from_at": plain(alert.from_at), "to_at": plain(alert.to_at), "document": alert.document,
        "measures": [
            {"name": one.name, "subject": str(one.subject), "effect": str(one.effect), "zh": one.zh, "en": one.en}
            for one in measures
        ],
    }  # fmt: skip


def calendar_part(calendar: Calendar, today: dt.date) -> dict[str, list[str]]:
    """The days around today that are not what their weekday says, by kind, and up to where it was looked."""
    days = [today + dt.timedelta(days=step) for step in range(-DAYS_BACK, DAYS_AHEAD + 1)]
    kinds = {day: calendar.kind(day) for day in days}
    usual = {day: DayKind.REST_DAY if day.weekday() > 4 else DayKind.WORKDAY for day in days}
    odd = {
        kind: [day.isoformat() for day, found in kinds.items() if found is kind and found is not usual[day]]
        for kind in DayKind
    }
    names = {DayKind.HOLIDAY: "holidays", DayKind.WORKDAY: "workdays", DayKind.REST_DAY: "rest_days"}
    return {names[kind]: found for kind, found in odd.items()}


def _instruments(connection: Connection, account: Account, now: dt.datetime) -> list[dict[str, Any]]:
    rows = tablet_reference.instruments(connection, account.scope)
    ids = [row["id"] for row in rows]
    since = now - CHECKS_KEPT
    verified = tablet_reference.verifications(connection, ids, since.date())
    checked = tablet_reference.checks(connection, ids, since)
    return [
        {**row, "verifications": plain(verified.get(row["id"], [])), "checks": plain(checked.get(row["id"], []))}
        for row in rows
    ]


def _zones(connection: Connection, area: str, now: dt.datetime) -> list[dict[str, Any]]:
    return tablet_reference.zones(connection, area, now - ZONES_AROUND, now + ZONES_AROUND)


def _zone(row: Mapping[str, Any]) -> dict[str, Any]:
    terms = terms_json.to_json(terms_json.from_json(row["terms"]))
    names = ("zone_id", "version_id", "code", "name_zh", "name_en")
    return {
        **{name: row[name] for name in names},
        "valid_from": plain(row["valid_from"]),
        "valid_to": plain(row["valid_to"]),
        "document": terms.pop("document"),
        "terms": terms,
        "polygons": polygons_of(row["geometry"]),
    }


def polygons_of(area: MultiPolygon) -> list[list[list[tuple[float, float]]]]:
    """Polygons as lists of rings, the outer first; degrees rounded to a tenth of a metre."""
    return [[_ring(ring.coords) for ring in (part.exterior, *part.interiors)] for part in area.geoms]


def _ring(coords: Any) -> list[tuple[float, float]]:
    points = [(round(x, DEGREES), round(y, DEGREES)) for x, y, *_ in coords]
    return [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]


def packed(content: Mapping[str, Any]) -> tuple[str, bytes]:
    """The revision of a content, and the content as JSON that bears it."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()[:32], body.encode()


def dated(revision: str, body: bytes, now: dt.datetime) -> bytes:
    """The file as it is sent: the content with its revision and the time it was made."""
    head = json.dumps({"revision": revision, "made_at": now.isoformat()}).encode()
    return head[:-1] + b"," + body[1:]
