"""One terminal: who it is, whether it reports, what is missing, its curves and its packets as they came."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.db import transaction
from server.store import audit, completeness, packets_read, quarantine, terminal_visits, terminals
from server.store.samples import Window, samples
from server.web import device_curves, telemetry_words
from server.web.access import allow, current_actor, current_scope, engine, may, work
from server.web.answers import tagged
from server.web.fault_sentences import in_chinese
from server.web.hex_dump import dump
from server.web.language import ZONE
from server.web.map import control_words
from server.web.packet_words import explain, label_of, unit_after, value_of
from server.web.telemetry_rules import number as rule_number
from server.web.terminal_lines import thresholds

blueprint = Blueprint("devices", __name__, url_prefix="/terminals")
PACKETS_A_PAGE = 25
DEEPEST = 4000  # pages of packets
MOST_DAYS = 7
MOST_GAPS = 200
FEWEST_POINTS, USUAL_POINTS, MOST_POINTS = 100, 1500, 20_000
EARLIEST, LATEST = datetime(2000, 1, 2, tzinfo=UTC), datetime(2099, 12, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def now_utc() -> datetime:
    """The time of this request."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """The time a page shows: [from, to)."""

    from_at: datetime
    to_at: datetime

    @property
    def day(self) -> date:
        return self.from_at.astimezone(ZONE).date()


def span_of(day: date) -> Span:
    """A day of the city."""
    begin = datetime.combine(day, time(), ZONE)
    return Span(begin, begin + timedelta(days=1))


def moment_of(text: str) -> datetime | None:
    """A time out of the address, local unless it says otherwise; None when it is none, or out of all bounds."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
        at = at if at.tzinfo else at.replace(tzinfo=ZONE)
        return at if EARLIEST <= at <= LATEST else None
    except (ValueError, OverflowError):
        return None


def chosen_span(newest_at: datetime | None) -> tuple[Span, bool]:
    """What the address asks for, else the day of the newest packet; and whether something was not understood."""
    begin, end = (moment_of(request.args.get(name, "")) for name in ("from", "to"))
    if begin and end and begin < end <= begin + timedelta(days=MOST_DAYS):
        return Span(begin, end), False
    day = moment_of(request.args.get("day", ""))
    asked = any(request.args.get(name, "").strip() for name in ("from", "to")) or bool(
        request.args.get("day") and not day
    )
    return span_of((day or newest_at or now_utc()).astimezone(ZONE).date()), asked


def _get(connection: Connection, number: int) -> dict[str, Any]:
    if number > 2_147_483_647:
        abort(404)
    return terminals.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("terminals.read")
def show(number: int) -> str:
    """The page of a terminal."""
    now = now_utc()
    with work() as connection:
        terminal = _get(connection, number)
        visits = terminal_visits.open_visits(connection, number) if may("telemetry.read") else []
        told = _told(connection, number) if may("telemetry.read") else None
    with transaction(engine()) as connection:
        held = (
            quarantine.held_of_device(connection, terminal["kind"], terminal["device"]) if may("quarantine.read") else 0
        )
    return render_template(
        "devices/show.html",
        t=terminal,
        line=terminals.line_state(terminal["seen_at"], now, thresholds(now)),
        limits={name: rule_number(name, now) for name in ("late_after_s", "offline_after_s", "clock_skew_max_s")},
        visits=visits,
        told=told,
        held=held,
        now=now,
    )


def _told(connection: Connection, number: int) -> dict[str, Any]:
    """What the terminal said in the time that is shown: completeness, gaps, packets."""
    newest_at = packets_read.newest_day(connection, number)
    span, misunderstood = chosen_span(newest_at)
    pause_s = int(rule_number("gap_after_s", span.from_at))
    page = request.args.get("packets", "1")
    page_n = min(max(int(page), 1), DEEPEST) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    between = (connection, number, span.from_at, span.to_at)
    total = packets_read.number_of(*between)
    return {
        "span": span,
        "day_before": (span.day - timedelta(days=1)).isoformat(),
        "day_after": (span.day + timedelta(days=1)).isoformat(),
        "misunderstood": misunderstood,
        "newest_at": newest_at,
        "days": completeness.days(*between, pause_s) if total else [],
        "gaps": completeness.gaps(*between, pause_s, MOST_GAPS) if total else [],
        "most_gaps": MOST_GAPS,
        "pause_s": pause_s,
        "neighbours": packets_read.neighbours(*between),
        "total": total,
        "packets": packets_read.of_terminal(*between, PACKETS_A_PAGE, (page_n - 1) * PACKETS_A_PAGE),
        "page": page_n,
        "pages": min(-(-total // PACKETS_A_PAGE), DEEPEST),
        "map": _page_data(number, span),
    }


def _page_data(number: int, span: Span) -> dict[str, Any]:
    """What the scripts of the page begin with."""
    settings = current_app.extensions["settings"]
    address = url_for("devices.curves", number=number)
    between = {"from": span.from_at.isoformat(), "to": span.to_at.isoformat()}
    return {
        "samples": f"{address}?{urlencode(between)}",
        "divisions": url_for("map.divisions"),
        "zones": url_for("map.zones"),
        "extent": [118.8, 40.4, 121.3, 42.4],
        "tiles": settings.tile_url or None,
        "attribution": settings.tile_attribution,
        "city": str(settings.city),
        "words": {
            "controls": control_words(),
            "noValue": _("no reading"),
            "none": _("No sample of this time could be drawn."),
            "noFix": _("No valid position in this time: the map has no track."),
            "all": _("all {n} samples drawn"),
            "thinned": _(
                "{n} samples; each point of a line is the least or the greatest of its stretch, so no peak is lost"
            ),
            "columns": [_("Quantity"), _("Least"), _("Mean"), _("Greatest"), _("Readings")],
            "failed": _("The curves could not be read. Reload the page to try again."),
            "colour": _("Track coloured by"),
            "notDrawn": _("Not drawn"),
        },
    }


@blueprint.get("/<int:number>/samples.json")
@allow("telemetry.read")
def curves(number: int) -> ResponseReturnValue:
    """Samples of [from, to), thinned to at most so many points a curve."""
    begin, end = (moment_of(request.args.get(name, "")) for name in ("from", "to"))
    points = request.args.get("points", str(USUAL_POINTS))
    if begin is None or end is None or not begin < end <= begin + timedelta(days=MOST_DAYS):
        abort(400)
    if not (points.isascii() and points.isdigit() and len(points) < 6 and FEWEST_POINTS <= int(points) <= MOST_POINTS):
        abort(400)
    with work() as connection:
        terminal = _get(connection, number)
        table = samples(connection, number, begin, end)
    gap_us = int(rule_number("gap_after_s", begin) * 1e6)
    window = Window(_us(begin), _us(end), int(points) // 2, gap_us)
    return tagged(device_curves.curves(table, terminal["kind"], window, begin))


def _us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _packet(number: int, at_us: int, sha256: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if not re.fullmatch("[0-9a-f]{64}", sha256) or at_us > _us(LATEST):
        abort(404)
    with work() as connection:
        terminal = _get(connection, number)
        at = EPOCH + timedelta(microseconds=at_us)
        packet = packets_read.find_one(connection, number, at, bytes.fromhex(sha256)) or abort(404)
    return terminal, packet


@blueprint.get("/<int:number>/packets/<int:at_us>/<sha256>")
@allow("telemetry.read")
def packet(number: int, at_us: int, sha256: str) -> str:
    """One packet: its bytes, and what they say."""
    terminal, found = _packet(number, at_us, sha256)
    said = explain(found["raw"], terminal["kind"], terminal["layout"])
    return render_template(
        "devices/packet.html",
        t=terminal,
        p=found,
        at_us=at_us,
        said=said,
        dump=dump(found["raw"], said.offset),
        flags=telemetry_words.packet_flags(found["flags"]),
    )


@blueprint.get("/<int:number>/packets/<int:at_us>/<sha256>/raw")
@allow("telemetry.read")
def raw(number: int, at_us: int, sha256: str) -> Response:
    """The packet as a file, as it came; who took it is logged."""
    terminal, found = _packet(number, at_us, sha256)
    with transaction(engine()) as connection:
        detail = {"sha256": sha256, "measured_at": found["measured_at"].isoformat()}
        audit.append(connection, current_actor(), "packet.download", "terminal", number, detail)
    name = NOT_IN_A_NAME.sub("_", terminal["device"])[:40]
    answer = Response(found["raw"], mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{terminal['kind']}-{name}-{sha256[:12]}.bin")
    return answer


blueprint.add_app_template_global(telemetry_words.packet_flags, "packet_flags")
blueprint.add_app_template_filter(_us, "microseconds")
blueprint.add_app_template_global(label_of, "label_of")
blueprint.add_app_template_global(value_of, "value_of")
blueprint.add_app_template_global(unit_after, "unit_after")
blueprint.add_app_template_global(in_chinese, "in_chinese")
