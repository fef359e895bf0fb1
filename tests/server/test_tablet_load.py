"""A week of five hundred checks with two thousand photos, over a line that loses answers: all arrive, none twice."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from server.store.evidence_store import EvidenceStore
from server.store.piece_files import PieceFiles
from tests.server import inspection_city
from tests.server.conftest import Browser, City
from tests.server.tablet_world import Answer, Tablet, enrol, named, one, photo, sha

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]  # ten thousand requests, each through to the disk
CHECKS, PHOTOS = 500, 2000
SEED = 20261124


class Line:
    """A line that loses requests and answers: what was lost is None, and the server may have taken it or not."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.lost = chance, Counter[str]()

    def __call__(self, send: Callable[[], Answer]) -> Answer | None:
        fate = self.chance.random()
        if fate < 0.05:
            self.lost["request"] += 1
            return None
        answer = send()
        if fate < 0.12:
            self.lost["answer"] += 1
            return None
        return answer


def send_photo(line: Line, tablet: Tablet, data: bytes, piece: int) -> None:
    """As the app does it: ask what stands, send from there, until it is complete."""
    for _ in range(60):
        there = line(lambda: tablet.send("GET", f"/files/{sha(data)}"))
        if there is None:
            continue
        received = there.json["received"] if there.status_code == 200 else 0
        while received < len(data):
            answer = line(lambda at=received: tablet.put(data, at, piece=piece))  # type: ignore[misc]
            if answer is None:
                break
            assert answer.status_code in {200, 409}, answer.json
            received = answer.json["received"]
        if received == len(data):
            return
    raise AssertionError("the photo never came through")


def send_check(line: Line, tablet: Tablet, body: dict[str, Any], photos: dict[str, bytes], piece: int) -> Answer:
    for _ in range(60):
        answer = line(lambda: tablet.take(body))
        if answer is None:
            continue
        if answer.status_code == 409 and answer.json["code"] == "files_missing":
            for name in answer.json["missing"]:
                send_photo(line, tablet, photos[name], piece)
            continue
        return answer
    raise AssertionError("the check never came through")


def test_five_hundred_checks_arrive_once(
    web: Flask, engine: Engine, city: City, browse: Callable[..., Browser]
) -> None:
    chance = random.Random(SEED)
    line = Line(chance)
    with transaction(engine) as connection:
        inspection_city.fleet(connection, city)
        for n in range(40):
            inspection_city.add_truck(connection, f"辽NL{n:04}")
    tablets = [
        Tablet(browse(name), enrol(engine, city, name), behind=behind, known=behind)
        for name, behind in (("inspector", timedelta(hours=26)), ("officer", -timedelta(hours=30)))
    ]
    expected: dict[str, list[bytes]] = {}
    answers: dict[str, Answer] = {}
    sent: list[tuple[Tablet, dict[str, Any]]] = []
    for n in range(CHECKS):
        tablet = tablets[n % 2]
        photos = [photo(n * 4 + k) for k in range(PHOTOS // CHECKS)]
        files = [named(data, ("scene", "plate", "reading", "signature")[k]) for k, data in enumerate(photos)]
        body = tablet.check(f"辽NL{n % 40:04}", files, ago=timedelta(minutes=20 * n + 5))
        by_name = {sha(data): data for data in photos}
        if chance.random() < 0.7:  # otherwise the check goes first and is told what is missing
            for data in photos:
                send_photo(line, tablet, data, chance.choice((400, 10**6, 10**6)))
        answers[body["key"]] = answer = send_check(line, tablet, body, by_name, 400)
        assert answer.status_code in {200, 201}, answer.json
        expected[body["key"]] = photos
        sent.append((tablet, body))
        if chance.random() < 0.2:  # an old one again, as after a restart that lost the note of its answer
            other, again = chance.choice(sent)
            repeated = other.take(again)
            assert (repeated.status_code, repeated.json) == (200, answers[again["key"]].json)
    assert line.lost["request"] > 100 and line.lost["answer"] > 100
    check_everything(web, engine, city, expected, answers, sent)


def check_everything(
    web: Flask,
    engine: Engine,
    city: City,
    expected: dict[str, list[bytes]],
    answers: dict[str, Answer],
    sent: list[tuple[Tablet, dict[str, Any]]],
) -> None:
    store: EvidenceStore = web.extensions["evidence_store"]
    assert len({answer.json["id"] for answer in answers.values()}) == CHECKS
    for table in ("inspections", "inspection_versions", "tablet_checks"):
        assert one(engine, f"SELECT count(*) FROM {table}") == CHECKS
    assert one(engine, "SELECT count(*) FROM evidence_items") == PHOTOS
    assert one(engine, "SELECT count(*) FROM evidence_files") == PHOTOS
    assert one(engine, "SELECT count(*) FROM audit_log WHERE action = 'tablet.check'") == CHECKS
    assert one(engine, "SELECT count(*) FROM tablet_files") == 0
    assert not [path for path in PieceFiles(store).root.rglob("*") if path.is_file()]
    assert not list(store.incoming.glob("*"))
    assert len(list(store.names())) == PHOTOS
    with transaction(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT c.key::text, i.id, i.inspected_at, array_agg(encode(f.sha256, 'hex') ORDER BY e.id) AS hashes"
                " FROM tablet_checks c JOIN inspections i ON i.id = c.inspection_id"
                " JOIN evidence_items e ON e.owner_kind = 'inspection' AND e.owner_id = i.id"
                " JOIN evidence_files f ON f.id = e.file_id GROUP BY c.key, i.id"
            )
        ).all()
    by_key = {body["key"]: (tablet, body) for tablet, body in sent}
    for key, number, inspected_at, hashes in rows:
        tablet, body = by_key[key]
        assert hashes == [sha(data) for data in expected[key]]
        assert answers[key].json["id"] == number
        assert [one["sha256"] for one in answers[key].json["files"]] == hashes
        true = tablet.behind + inspected_at.fromisoformat(body["device_at"])
        assert abs(inspected_at - true) < timedelta(seconds=1)
        for data in expected[key]:
            assert hashlib.sha256(store.path(sha(data)).read_bytes()).hexdigest() == sha(data)
