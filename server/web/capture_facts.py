"""What the pages of a capture show together: its files, the register beside the reading, warnings, hits, standing."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.captures import OnFile, Seen, ground_states, warnings
from enforcement.rules import get_rule
from server.flows import rule_book
from server.store import capture_devices, captures
from server.store.scopes import Scope

PLATE = "plate"


def gather(connection: Connection, scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """All that stands beside one capture; the caller has made sure that the account may see it."""
    rules, at, area = rule_book.current(connection), row["captured_at"], row["division"]
    on_file = captures.register_of(connection, row["plate"]) if row["plate"] else []
    own = next((one for one in on_file if one["plate_colour"] == row["plate_colour"]), None)
    others = [one for one in on_file if one is not own]
    items = captures.items(connection, row["id"])
    grounds = capture_devices.grounds_of(connection, [row["device_id"]])[row["device_id"]]
    seen = Seen(row["plate"], row["plate_colour"], row["vehicle_type"], row["ringelmann"], row["smoke_frames"])
    kept = OnFile(own["category"], own["fuel"], own["state"]) if own else None
    return {
        "own": own,
        "others": others,
        "beside": own or (others[0] if others else None),
        "warnings": warnings(rules, seen, kept, [one["plate_colour"] for one in others], at, area),
        "images": [one for one in items if one["media_type"].startswith("image/")],
        "videos": [one for one in items if one["media_type"].startswith("video/")],
        "plate_image": next((one for one in items if one["purpose"] == PLATE), None),
        "hits": captures.of_vehicle(connection, scope, row["plate"], row["plate_colour"], row["id"])
        if row["plate"]
        else [],
        "hit_days": int(get_rule(rules, "capture.hit_window_d", at, area).number),
        "grounds": ground_states(rules, grounds, datetime.now(UTC), area),
    }
