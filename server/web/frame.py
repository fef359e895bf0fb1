"""What every page has: places in the bar, addresses of records, times and numbers as text, security headers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, url_for
from flask_babel import lazy_gettext as _l

from server.web.access import find_current_account, may, permission_of
from server.web.language import ZONE


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the bar; shown when its endpoint exists and the account may go there."""

    endpoint: str
    label: Any
    icon: str
    seldom: bool = False  # kept behind "Manage": what is set up once and looked at now and then

    @property
    def noun(self) -> str:
        """The blueprint it leads to."""
        return self.endpoint.split(".")[0]


PLACES: tuple[Place, ...] = (
    Place("home.show", _l("To do"), "todo"),
    Place("map.show", _l("Map"), "map"),
    Place("violations.index", _l("Violations"), "violation"),
    Place("leads.index", _l("Leads"), "lead"),
    Place("captures.index", _l("Captures"), "capture"),
    Place("inspections.index", _l("Inspections"), "inspection"),
    Place("assignments.index", _l("Assignments"), "assignment"),
    Place("watch_list.index", _l("Watch list"), "watch"),
    Place("cases.index", _l("Cases"), "case"),
    Place("deadlines.index", _l("Deadlines"), "deadline"),
    Place("repairs.index", _l("Repairs"), "repair"),
    Place("alerts.index", _l("Alerts"), "alert"),
    Place("ledgers.index", _l("Ledgers"), "ledger"),
    Place("gates.index", _l("Gates"), "gate"),
    Place("sites.index", _l("Sites"), "site"),
    Place("pleas.index", _l("Pleas"), "plea"),
    Place("ledger_review.index", _l("Ledger review"), "review", seldom=True),
    Place("large_users.index", _l("Large users"), "large_user", seldom=True),
    Place("trucks.index", _l("Trucks"), "truck"),
    Place("machines.index", _l("Machines"), "machine"),
    Place("enterprises.index", _l("Enterprises"), "enterprise"),
    Place("terminals.index", _l("Terminals"), "terminal"),
    Place("zones.index", _l("Zones"), "zone"),
    Place("whitelist.index", _l("Whitelist"), "whitelist"),
    Place("quarantine.index", _l("Quarantine"), "quarantine", seldom=True),
    Place("instruments.index", _l("Instruments"), "instrument", seldom=True),
    Place("capture_devices.index", _l("Cameras"), "camera", seldom=True),
    Place("stations.index", _l("Stations"), "station", seldom=True),
    Place("rules.index", _l("Rules"), "rule", seldom=True),
    Place("system_keys.index", _l("System keys"), "key", seldom=True),
    Place("organisations.index", _l("Organisations"), "organisation", seldom=True),
    Place("tablets.index", _l("Tablets"), "capture", seldom=True),
    Place("accounts.index", _l("Accounts"), "account"),
    Place("audit.index", _l("Audit"), "audit"),
)
"""The bar, in order. Endpoints are `<noun>.index`; a record's page is `<noun>.show` with its number as `number`."""

RECORDS: dict[str, str] = {
    "truck": "trucks.show",
    "machine": "machines.show",
    "enterprise": "enterprises.show",
    "terminal": "devices.show",
    "zone": "zones.show",
    "violation": "violations.show",
    "lead": "leads.show",
    "whitelist": "whitelist.show",
    "account": "accounts.edit",
    "inspection": "inspections.show",
    "instrument": "instruments.show",
    "capture": "captures.show",
    "capture_device": "capture_devices.show",
    "case": "cases.show",
    "referral": "referrals.show",
    "document": "documents.show",
    "repair_notice": "repairs.show",
    "station": "stations.show",
    "watch_entry": "watch_list.show",
    "assignment": "assignments.show",
    "alert": "alerts.show",
    "gate": "gates.show",
    "gate_lift": "gate_lifts.show",
    "gate_answer": "gate_answers.show",
    "passage": "ledgers.show",
    "plant_vehicle": "plant_vehicles.show",
    "plant_machine": "plant_machines.show",
    "site": "sites.show",
    "site_stay": "site_stays.show",
    "plea": "pleas.show",
    "large_user": "large_users.show",
    "verification": "verifications.show",
}


def reachable(endpoint: str) -> bool:
    """Whether the endpoint exists and the account may use it."""
    if endpoint not in current_app.view_functions:
        return False
    permission = permission_of(current_app, endpoint)
    return permission is not None and may(permission)


def places() -> list[Place]:
    """The entries of the bar for this account."""
    return [place for place in PLACES if reachable(place.endpoint)] if find_current_account() else []


PART_OF = {
    "devices": "terminals",
    "referrals": "cases",
    "documents": "cases",
    "bundles": "cases",
    "tablet_numbers": "tablets",
    "alert_measures": "alerts",
    "alert_reviews": "alerts",
    "plant_vehicles": "ledgers",
    "plant_machines": "ledgers",
    "ledger_imports": "ledgers",
    "ledger_reviews": "ledgers",
    "ledger_refusals": "ledgers",
    "gate_codes": "ledgers",
    "gate_answers": "gates",
    "gate_devices": "gates",
    "gate_lifts": "gates",
    "gate_policies": "gates",
    "verifications": "ledger_review",
    "clean_transport": "ledger_review",
    "legal_holds": "ledger_review",
    "grades": "large_users",
    "site_stays": "sites",
}
"""Blueprints whose pages belong to another's place in the bar."""


def place_here() -> str:
    """The noun of the place in the bar that the page belongs to."""
    noun = (request.endpoint or "").split(".")[0]
    return PART_OF.get(noun, noun)


def record_address(kind: str, number: Any) -> str | None:
    """The address of a record's page; None where there is none for this account."""
    endpoint = RECORDS.get(kind)
    if number is None or endpoint is None or not reachable(endpoint):
        return None
    return url_for(endpoint, number=number)


def local(at: datetime | None, seconds: bool = True) -> str:
    """A time in Asia/Shanghai: 2026-11-24 08:15:32."""
    if at is None:
        return "–"
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def moment(text: str | None) -> datetime | None:
    """A time out of JSON (ISO 8601, or microseconds since 1970)."""
    if text is None or text == "":
        return None
    if isinstance(text, (int, float)):
        return datetime.fromtimestamp(text / 1e6, UTC)
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def duration(seconds: float | None) -> str:
    """A length of time: 1:05:09 (h:mm:ss)."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def number(value: float | int | None, places_: int = 0) -> str:
    """A figure with thousands apart; a dash for none."""
    return "–" if value is None else f"{value:,.{places_}f}"


def _tile_host(tile_url: str) -> str:
    parts = urlsplit(tile_url.replace("{s}", "*"))
    return f" {parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def content_policy(tile_url: str) -> str:
    """The content security policy: our own files alone, and the tile source if one is set."""
    tiles = _tile_host(tile_url)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"img-src 'self' data: blob:{tiles}; media-src 'self'; connect-src 'self'{tiles}; worker-src 'self' blob:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )


def security_headers(policy: str, secure: bool) -> Callable[[Response], Response]:
    """An after_request that adds the headers."""
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"

    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static" and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    return add


def init(app: Flask, tile_url: str, secure: bool) -> None:
    """Give templates what they need and every answer its headers."""
    app.after_request(security_headers(content_policy(tile_url), secure))
    app.jinja_env.globals.update(
        places=places, place_here=place_here, record_address=record_address, reachable=reachable
    )
    app.jinja_env.filters.update(local=local, moment=moment, duration=duration, figure=number)
