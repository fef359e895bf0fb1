"""How old the newest packet may be (rows of the rule book), and the small map of a last position."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import current_app, url_for

from server.store.terminals import Thresholds, line_state
from server.web.map import control_words
from server.web.telemetry_rules import number


def thresholds(at: datetime | None = None) -> Thresholds:
    """Late and off-line, in force now."""
    moment = at or datetime.now(UTC)
    return Thresholds(int(number("late_after_s", moment)), int(number("offline_after_s", moment)))


def line_of(row: Mapping[str, Any]) -> str:
    """online, late, offline or never."""
    return line_state(row.get("seen_at"), datetime.now(UTC), thresholds())


def map_begin(lon: float, lat: float) -> dict[str, Any]:
    """What every small map needs: addresses of the base, extent around a place, tile source, words."""
    settings = current_app.extensions["settings"]
    return {
        "divisions": url_for("map.divisions"),
        "zones": url_for("map.zones"),
        "extent": [lon - 0.06, lat - 0.04, lon + 0.06, lat + 0.04],
        "tiles": settings.tile_url or None,
        "attribution": settings.tile_attribution,
        "city": str(settings.city),
        "words": {"controls": control_words()},
    }


def small_map(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The map of a subject's last position; None where there is none."""
    if row.get("lon") is None or row.get("lat") is None:
        return None
    line = line_of(row)
    return {
        **map_begin(row["lon"], row["lat"]),
        "place": [row["lon"], row["lat"]],
        "direction": row.get("direction_deg"),
        "line": "offline" if line == "never" else line,
    }
