"""A small city behind the API: a zone, trucks of two enterprises, violations, real samples, a lead, a held frame."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from server import db
from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows import api_tokens
from server.flows.ingest import Ingest
from server.store.audit import PLATFORM
from telemetry.fleet import make_fleet, stream
from tests.server import capture_city, records
from tests.server.conftest import City
from tests.server.test_samples import Sent

BEGIN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
MINUTES = 5


@dataclass(frozen=True, slots=True)
class World:
    """Ids and numbers of what there is."""

    zone_code: str
    own_truck: int
    own_terminal: int
    foreign_truck: int
    foreign_terminal: int
    flagged: str
    confirmed: str
    reporting: int
    lead: int
    held: int
    entry: int
    capture: str


def unlimited_app(database_url: str, evidence: Path) -> Flask:
    """The application of conftest.py, without a limit that thousands of calls a minute would reach."""
    many = {"API_CALLS_ACCOUNT": "1000000", "API_CALLS_ADDRESS": "1000000", "EVIDENCE_DIR": str(evidence),
            "SECRETS_DIR": str(evidence / "secrets")}  # fmt: skip
    return create_app(load({"DATABASE_URL": database_url, "SECRET_KEY": "s" * 40, **many}))


def make_world(engine: Engine, city: City) -> World:
    """Fill the database."""
    reporting = _reporting(engine)
    with transaction(engine) as connection:
        place = records.zone(connection)
        own = records.truck(connection, enterprise_id=city.enterprise_id, owner="宏达")
        foreign = records.truck(connection)
        flagged = records.violation(connection, place, foreign)
        confirmed = records.violation(connection, place, own, enterprise_id=city.enterprise_id)
        connection.execute(
            text(
                "UPDATE violations SET status = 'confirmed', decided_by = :u, decided_at = now(),"
                " decision_reason = 'track_clear', decision_note = '核对无误' WHERE id = :id"
            ),
            {"u": city.accounts["officer"], "id": confirmed},
        )
        numbers = {row.id: row.number for row in connection.execute(text("SELECT id, number FROM violations"))}
        for _, terminal_id in (own, foreign):
            connection.execute(
                text(
                    "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, speed_kmh)"
                    " VALUES (:t, now(), now(), 120.45, 41.57, 40) ON CONFLICT DO NOTHING"
                ),
                {"t": terminal_id},
            )
        code = connection.execute(text("SELECT code FROM zones WHERE id = :z"), {"z": place.id}).scalar_one()
        return World(
            code, *own, *foreign, numbers[flagged], numbers[confirmed], reporting, _lead(connection, place.id),
            _held(connection), _entry(connection, own[0], place.id), _capture(connection, city),
        )  # fmt: skip


def _capture(connection: Any, city: City) -> str:
    """A capture that waits for its first review."""
    device_id = capture_city.device(connection, city.organisations["city"], "CY-BS-001")
    return capture_city.take(connection, capture_city.facts(capture_city.code_of(connection, device_id))).number


def _reporting(engine: Engine) -> int:
    """A truck's terminal with five minutes of real frames."""
    member = next(one for one in make_fleet(40, 0, seed=9, parked=0) if one.layout == "A")
    begin_us = int(BEGIN.timestamp()) * 1_000_000
    url = engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    with db.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO terminals (kind, device) VALUES (%s, %s) RETURNING id", (member.kind, member.device)
        ).fetchone()
        assert row is not None
        emitted = stream([member], begin_us, 60 * MINUTES, seed=4, sessions=True)
        sent = [Sent(f"emission/v1/{one.kind}/{one.device}/up", one.frame) for one in emitted]
        Ingest(connection).take(sent, begin_us + (60 * MINUTES + 10) * 1_000_000)
    return int(row[0])


def _lead(connection: Any, zone_id: int) -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO leads (kind, key, zone_id, device, division, first_at, last_at, lon, lat) VALUES"
            " ('unknown_device', 'hdv/X:1', :z, 'X', '211302', now(), now(), 120.4, 41.5) RETURNING id"
        ),
        {"z": zone_id},
    ).scalar_one()
    return found


def _held(connection: Any) -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO quarantine (received_at, last_received_at, kind, device, topic, code, detail, sha256, raw)"
            " VALUES (now(), now(), 'hdv', 'X', 'emission/v1/hdv/X/up', 'check_byte', 'wrong', sha256('a'), 'a')"
            " RETURNING id"
        )
    ).scalar_one()
    return found


def _entry(connection: Any, truck_id: int, zone_id: int) -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO whitelist_entries (truck_id, zone_id, purpose, valid_from, valid_to) VALUES"
            " (:t, :z, 'livelihood', now(), now() + interval '30 days') RETURNING id"
        ),
        {"t": truck_id, "z": zone_id},
    ).scalar_one()
    return found


def make_token(engine: Engine, user_id: int, days: int = 10) -> str:
    """A token of an account."""
    with transaction(engine) as connection:
        return api_tokens.issue(connection, PLATFORM, user_id, "test", datetime.now(UTC), days).text


def end_token(engine: Engine, token: str) -> None:
    """Let a token have expired."""
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE api_tokens SET created_at = :c, expires_at = :e WHERE sha256 = :s"),
            {
                "c": datetime.now(UTC) - timedelta(days=2),
                "e": datetime.now(UTC) - timedelta(days=1),
                "s": api_tokens.digest(token),
            },
        )


class Program:
    """Something that calls the API with a token."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.open(
            f"/api/v1{path}",
            method=method,
            data=None if body is None else body if isinstance(body, bytes) else json.dumps(body),
            headers={"Content-Type": "application/json", **self.headers, **headers},
        )
