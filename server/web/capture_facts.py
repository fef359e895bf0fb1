"""What the pages of a capture show together: its files, the register beside the reading, warnings, hits, standing."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import OnFile, Seen, ground_states, warnings
from enforcement.rules.book import get_rule
from server.flows import rule_book
from server.flows.add_capture_files import OPEN
from server.flows.keep_evidence import Owner
from server.store import capture_devices, captures, evidence_items
from server.store.scopes import Scope
from server.web import evidence_owners
from server.web.access import current_scope, may

PLATE = "plate"


def gather(connection: Connection, scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """All that stands beside one capture; the caller has made sure that the account may see it."""
    rules, at, area = rule_book.current(connection), row["captured_at"], row["division"]
    on_file = captures.register_of(connection, row["plate"]) if row["plate"] else []
    own = next((one for one in on_file if one["plate_colour"] == row["plate_colour"]), None)
    others = [one for one in on_file if one is not own]
    kept = evidence_items.of_owner(connection, "capture", row["id"])
    items = [one for one in kept if not one["set_aside"]]
    grounds = capture_devices.grounds_of(connection, [row["device_id"]])[row["device_id"]]
    seen = Seen(row["plate"], row["plate_colour"], row["vehicle_type"], row["ringelmann"], row["smoke_frames"])
    on_file_of = OnFile(own["category"], own["fuel"], own["state"]) if own else None
    return {
        "own": own,
        "others": others,
        "beside": own or (others[0] if others else None),
        "warnings": warnings(rules, seen, on_file_of, [one["plate_colour"] for one in others], at, area),
        "items": kept,
        "images": [one for one in items if one["media_type"].startswith("image/")],
        "videos": [one for one in items if one["media_type"].startswith("video/")],
        "plate_image": next((one for one in items if one["purpose"] == PLATE), None),
        "hits": captures.of_vehicle(connection, scope, row["plate"], row["plate_colour"], row["id"])
        if row["plate"]
        else [],
        "hit_days": int(get_rule(rules, "capture.hit_window_d", at, area).number),
        "grounds": ground_states(rules, grounds, datetime.now(UTC), area),
    }


def _can_read(connection: Connection, capture_id: int) -> bool:
    return may("captures.read") and captures.find_one(connection, current_scope(), capture_id) is not None


def _owner(connection: Connection, capture_id: int) -> Owner | None:
    """New files come by the pages of the capture; what was added can be set aside until it is decided."""
    row = captures.find_one(connection, current_scope(), capture_id) if may("captures.review") else None
    return Owner("capture", capture_id, row["division"]) if row and row["status"] in OPEN else None


evidence_owners.register("capture", _can_read, _owner)
