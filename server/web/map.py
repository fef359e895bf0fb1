"""The live map: the page, its layers, and what moves on it."""

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.store import map_layers, positions
from server.store.positions import Box
from server.web.access import allow, current_scope, may, work
from server.web.answers import tagged
from server.web.frame import local, reachable, record_address
from server.web.language import pick
from server.web.words import word

blueprint = Blueprint("map", __name__, url_prefix="/map")
MOST_VIOLATIONS = 200
LAYER_KEPT_S = 600


@blueprint.get("/")
@allow("map.read")
def show() -> str:
    """The page."""
    return render_template("map/show.html", map_data=page_data())


def page_data() -> dict[str, Any]:
    """What the map script needs to begin: addresses, extent, tile source, words."""
    settings = current_app.extensions["settings"]
    scope = current_scope()
    with work() as connection:
        extent = map_layers.extent(connection, scope.divisions or str(settings.city)[:4])
    return {
        "divisions": url_for("map.divisions"),
        "zones": url_for("map.zones"),
        "sites": url_for("sites.layer") if reachable("sites.layer") else None,
        "now": url_for("map.now"),
        "extent": extent or [118.8, 40.4, 121.3, 42.4],
        "tiles": settings.tile_url or None,
        "attribution": settings.tile_attribution,
        "city": str(settings.city),
        "words": {
            "open": _("Open"),
            "noViolations": _("No violation waits to be checked."),
            "noTerminals": _("No terminal has reported from this part of the map."),
            "more": _("and {n} more; zoom in to see each."),
            "controls": control_words(),
        },
    }


def control_words() -> dict[str, str]:
    """What the controls of the map are called."""
    return {
        "NavigationControl.ZoomIn": _("Zoom in"),
        "NavigationControl.ZoomOut": _("Zoom out"),
        "Popup.Close": _("Close"),
        "Map.Title": _("Map"),
        "ScaleControl.Meters": "m",
        "ScaleControl.Kilometers": "km",
    }


@blueprint.get("/divisions.json")
@allow("map.read")
def divisions() -> ResponseReturnValue:
    """Administrative boundaries; they hardly ever change."""
    with work() as connection:
        return tagged(map_layers.divisions(connection, str(current_app.extensions["settings"].city)), LAYER_KEPT_S)


@blueprint.get("/zones.json")
@allow("map.read")
def zones() -> ResponseReturnValue:
    """Zone versions in force."""
    with work() as connection:
        return tagged(map_layers.zones(connection))


def _box() -> Box:
    try:
        west, south, east, north = (float(part) for part in request.args.get("bbox", "").split(","))
    except ValueError:
        abort(400)
    if not (-360 <= west < east <= 360 and -90 <= south < north <= 90):
        abort(400)
    return Box(max(west, -180), south, min(east, 180), north)


@blueprint.get("/now.json")
@allow("map.read")
def now() -> ResponseReturnValue:
    """Terminals in view and violations to be checked; 304 while nothing has changed."""
    box, scope = _box(), current_scope()
    with work() as connection:
        seen = positions.in_view(connection, scope, box)
        flagged = map_layers.open_violations(connection, scope, MOST_VIOLATIONS) if may("violations.read") else []
    body: dict[str, Any] = {"violations": [_violation(row) for row in flagged]}
    body["cells"] = [
        [round(row["lon"], 5), round(row["lat"], 5), row["n"], row["violation"], row["forbidden"]]
        for row in seen["cells"]
    ]
    body["points"] = [_point(row) for row in seen["points"]]
    return tagged(body)


def _violation(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "name": row["plate"] or row["device"],
        "colour": row["plate_colour"],
        "zone": pick(row["zone_zh"], row["zone_en"]),
        "at": local(row["first_at"]),
        "lon": round(row["lon"], 6),
        "lat": round(row["lat"], 6),
        "href": record_address("violation", row["id"]),
    }


def _point(row: dict[str, Any]) -> dict[str, Any]:
    kind = "truck" if row["truck_id"] else "machine" if row["machine_id"] else "terminal"
    return {
        "id": row["terminal_id"],
        "lon": round(row["lon"], 6),
        "lat": round(row["lat"], 6),
        "dir": None if row["direction_deg"] is None else round(row["direction_deg"]),
        "state": row["state"],
        "word": word("link", row["state"]),
        "name": row["plate"] or row["number"],
        "colour": row["plate_colour"],
        "kind": kind,
        "speed": None if row["speed_kmh"] is None else round(row["speed_kmh"], 1),
        "at": local(row["measured_at"]),
        "href": record_address(kind, row["truck_id"] or row["machine_id"] or row["terminal_id"])
        or record_address("terminal", row["terminal_id"]),
    }
