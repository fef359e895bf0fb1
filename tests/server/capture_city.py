"""Cameras with and without their grounds, facts of a pass, and pictures drawn for tests."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

from enforcement.captures.records import Ground, GroundRecord
from server.flows import review_capture, rule_book, take_capture
from server.flows.review_capture import Verdict
from server.flows.take_capture import CaptureFacts, Taken
from server.store import capture_devices, captures
from server.store.audit import Actor
from server.store.scopes import Scope

PASS_AT = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 1), date(2027, 2, 28)
keys = count(1)


def device(
    connection: Connection, organisation_id: int, code: str | None = None, without: tuple[str, ...] = (), **values: Any
) -> int:
    """A camera with all its grounds from March to February, but those left out."""
    n = next(keys)
    row = {
        "code": code or f"BS-{n:03}", "name": f"测试点位{n}", "maker": None, "model": None, "serial": None,
        "place": "101国道测试段", "direction": None, "lon": 100.0 + n % 900 * 0.02, "lat": 41.57, "division": "211302",
        "organisation_id": organisation_id, "state": "active", **values,
    }  # fmt: skip
    number = capture_devices.insert(connection, row)
    for kind in Ground:
        if kind not in without:
            capture_devices.add_ground(connection, number, GroundRecord(kind, "测试〔2026〕1号", FIRST, LAST), None)
    return number


def code_of(connection: Connection, device_id: int) -> str:
    found: str = connection.execute(
        text("SELECT code FROM capture_devices WHERE id = :id"), {"id": device_id}
    ).scalar_one()
    return found


def facts(code: str, **values: Any) -> CaptureFacts:
    """One pass of a yellow plate."""
    n = next(keys)
    given: dict[str, Any] = {
        "device": code, "source_key": f"k{n}", "captured_at": PASS_AT, "plate": f"辽N{n:05}", "plate_colour": "yellow",
        "ringelmann": 2.5, "smoke_frames": 5, "clock_drift_s": 0.1, **values,
    }  # fmt: skip
    return CaptureFacts(**given)


def actor(user_id: int | None, name: str = "officer") -> Actor:
    return Actor(user_id, name)


def take(connection: Connection, given: CaptureFacts, scope: Scope | None = None) -> Taken:
    rules = rule_book.current(connection)
    return take_capture.take(connection, actor(None, "camera"), scope or Scope(), rules, given, NOW)


def images(connection: Connection, capture_id: int, n: int = 3) -> None:
    """Rows of pictures without their bytes: enough for the standing."""
    for k in range(n):
        file_id = connection.execute(
            text(
                "INSERT INTO evidence_files (sha256, sm3, bytes, media_type) VALUES"
                " (sha256(cast(:name AS bytea)), sha256(cast(:name AS bytea)), 10, 'image/jpeg') RETURNING id"
            ),
            {"name": f"{capture_id}-{k}"},
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO evidence_items (file_id, owner_kind, owner_id, purpose, name)"
                " VALUES (:file, 'capture', :owner, :purpose, 'a.jpg')"
            ),
            {"file": file_id, "owner": capture_id, "purpose": ("wide", "rear", "plate", "front")[k % 4]},
        )
    take_capture.judge_new(connection, rule_book.current(connection), capture_id)


def row(connection: Connection, capture_id: int) -> dict[str, Any]:
    found = captures.find_one(connection, Scope(), capture_id)
    assert found is not None
    return found


def review(connection: Connection, capture_id: int, user_id: int, **values: Any) -> str:
    """A verdict on the capture as it is: smoke with its plate, unless a reason says otherwise."""
    now = row(connection, capture_id)
    given: dict[str, Any] = {
        "result": "rejected" if "reason" in values else "smoke",
        "version": now["version"],
        "plate": now["plate"] or "",
        "plate_colour": now["plate_colour"] or "",
        **values,
    }
    rules = rule_book.current(connection)
    return review_capture.review(connection, actor(user_id), Scope(), rules, capture_id, Verdict(**given), NOW)
