"""Two cameras and a dozen captures of the demonstration city, with pictures drawn by us; loaded once."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import Ground, GroundRecord
from enforcement.rules.book import RuleBook
from server.flows import demo_subjects, review_capture, rule_book, take_capture
from server.flows.add_capture_files import add_files
from server.flows.demo_pictures import draw
from server.flows.demo_subjects import BEIJING, read_data
from server.flows.keep_evidence import Upload
from server.flows.review_capture import Verdict
from server.flows.take_capture import CaptureFacts
from server.store import capture_devices, captures, organisations, users
from server.store.audit import PLATFORM, Actor
from server.store.evidence_store import EvidenceStore
from server.store.scopes import Scope

REVIEWERS = ("officer", "reviewer")
OWNER = "211300-ecology"
EVERYWHERE = Scope()


def load_captures(connection: Connection, store: EvidenceStore, now: dt.datetime) -> dict[str, int]:
    """Load cameras and captures where there are none of them yet; how many of each were added."""
    data = read_data("captures.yaml")
    if capture_devices.find_code(connection, EVERYWHERE, data["devices"][0]["code"]) is not None:
        return {"capture_devices": 0, "captures": 0}
    home = organisations.organisation_ids(connection)[OWNER]
    for row in data["devices"]:
        _device(connection, row, home)
    trucks = list(demo_subjects.trucks([0]))
    for place, row in enumerate(data["captures"]):
        _capture(connection, store, row, trucks, place, now)
    return {"capture_devices": len(data["devices"]), "captures": len(data["captures"])}


def _device(connection: Connection, row: Mapping[str, Any], home: int) -> None:
    about = {"maker": "演示设备厂（虚构）", "model": "DEMO-BS", "serial": f"{row['code']}-0001", "state": "active"}
    number = capture_devices.insert(connection, {**row, **about, "organisation_id": home})
    for kind in Ground:
        if kind not in row["lacks"]:
            ground = GroundRecord(kind, "演示〔2026〕1号（虚构）", dt.date(2026, 1, 1), dt.date(2029, 12, 31))
            capture_devices.add_ground(connection, number, ground, None)


def _capture(
    connection: Connection,
    store: EvidenceStore,
    row: Mapping[str, Any],
    trucks: list[dict[str, Any]],
    place: int,
    now: dt.datetime,
) -> None:
    rules = rule_book.current(connection)
    truck = trucks[row["truck"] - 1] if "truck" in row else {}
    at = dt.datetime.combine(
        now.astimezone(BEIJING).date() - dt.timedelta(days=row["days"]), dt.time.fromisoformat(row["at"]), BEIJING
    )
    plate, colour = truck.get("plate") or row["plate"], row.get("colour") or truck["plate_colour"]
    facts = CaptureFacts(
        row["device"], f"demo-{place + 1:03}", at, lane="2", plate=plate, plate_colour=colour, plate_confidence=0.93,
        vehicle_type=truck.get("category"), body_colour="红", ringelmann=row["ringelmann"], confidence=0.88,
        smoke_frames=6, speed_kmh=46.0, clock_drift_s=0.12, weather={"temperature_c": 3, "wind_ms": 2.1},
    )  # fmt: skip
    taken = take_capture.take(connection, PLATFORM, EVERYWHERE, rules, facts, now)
    stamp = f"{row['device']} {at:%Y-%m-%d %H:%M:%S}.0"
    purposes = ("scene", "smoke", "plate") + (("front",) if place % 2 else ())
    drawn = [(one, draw(one, plate, colour, row["ringelmann"], place, stamp)) for one in purposes]
    files = [Upload(f"{one}.jpg", io.BytesIO(data), one, taken_at=at) for one, data in drawn]
    add_files(connection, store, PLATFORM, EVERYWHERE, rules, taken.id, files)
    for username, said in zip(REVIEWERS, row["reviews"], strict=False):
        _review(connection, rules, taken.id, username, said, now)


def _review(
    connection: Connection, rules: RuleBook, capture_id: int, username: str, said: str, now: dt.datetime
) -> None:
    found, row = users.find_by_username(connection, username), captures.find_one(connection, EVERYWHERE, capture_id)
    if found is None or row is None:
        return
    reviewer = Actor(found[0].id, username, found[0].organisation_id)
    smoke = said == "smoke"
    verdict = Verdict(
        "smoke" if smoke else "rejected", row["version"], None if smoke else said, "演示审核", row["plate"] or "",
        row["plate_colour"] or "",
    )  # fmt: skip
    review_capture.review(connection, reviewer, EVERYWHERE, rules, capture_id, verdict, now)
