"""What a tablet sends arrives once, whole, or not at all."""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from enforcement.evidence.digests import Limits
from server.db import transaction
from server.store.evidence_store import EvidenceStore
from server.store.piece_files import PieceFiles
from tests.server import evidence_files, inspection_city
from tests.server.conftest import Browser, City
from tests.server.inspection_city import Fleet
from tests.server.tablet_world import Tablet, counts, enrol, iso, named, one, photo, revoke, sha

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def fleet(engine: Engine, city: City) -> Fleet:
    """Trucks, a zone, instruments."""
    with transaction(engine) as connection:
        return inspection_city.fleet(connection, city)


@pytest.fixture
def tablet(engine: Engine, city: City, browse: Browse, fleet: Fleet) -> Tablet:
    """An inspector's tablet, enrolled now."""
    return Tablet(browse("inspector"), enrol(engine, city, "inspector"))


def sent(tablet: Tablet, *photos: bytes) -> list[dict[str, Any]]:
    """Send photos; the first is the scene, the last the signature."""
    for data in photos:
        assert tablet.put(data).json == {"received": len(data), "bytes": len(data), "complete": True}
    purposes = ["scene", "plate", "signature"]
    return [named(data, purposes[place % 3]) for place, data in enumerate(photos)]


def test_a_check_arrives_whole(web: Flask, engine: Engine, city: City, tablet: Tablet) -> None:
    photos = [photo(n) for n in (1, 2, 3)]
    taken = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    files = sent(tablet, *photos)
    files[0] |= {"taken_at": iso(taken), "lon": 120.451, "lat": 41.571}
    body = tablet.check(files=files, device_verdict={"outcome": "passed", "standing": "screening", "offences": []})
    answer = tablet.take(body)
    assert answer.status_code == 201, answer.json
    found = answer.json
    assert found["outcome"] == "passed" and found["version"] == 1 and found["notice"] is None
    assert found["same_verdict"] is True
    assert [one["sha256"] for one in found["files"]] == [sha(data) for data in photos]
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT * FROM inspections WHERE id = :i"), {"i": found["id"]}).mappings().one()
        items = (
            connection.execute(
                text(
                    "SELECT i.*, encode(i.claimed_sha256, 'hex') AS claimed FROM evidence_items i"
                    " WHERE owner_kind = 'inspection' AND owner_id = :i ORDER BY id"
                ),
                {"i": found["id"]},
            )
            .mappings()
            .all()
        )
        how = (
            connection.execute(text("SELECT * FROM tablet_checks WHERE key = :k"), {"k": body["key"]}).mappings().one()
        )
        audit = (
            connection.execute(
                text("SELECT action FROM audit_log WHERE subject_kind = 'inspection' AND subject_id = :i ORDER BY id"),
                {"i": str(found["id"])},
            )
            .scalars()
            .all()
        )
    assert (row["source"], row["organisation_id"]) == ("tablet", city.organisations["city"])
    assert row["recorded_by"] == city.accounts["inspector"]
    assert abs(row["inspected_at"] - datetime.fromisoformat(body["device_at"])) < timedelta(seconds=1)
    assert [item["purpose"] for item in items] == ["scene", "plate", "signature"]
    assert [item["claimed"] for item in items] == [sha(data) for data in photos]
    assert (items[0]["taken_at"], items[0]["lon"], items[0]["lat"]) == (taken, 120.451, 41.571)
    assert (how["tablet_id"], how["accuracy_m"], how["version"]) == (tablet.id, 8.5, 1)
    assert how["device_verdict"]["outcome"] == "passed"
    assert audit == ["inspection.record", "tablet.check"]
    store: EvidenceStore = web.extensions["evidence_store"]
    for data in photos:
        assert store.path(sha(data)).read_bytes() == data
        assert PieceFiles(store).length(city.accounts["inspector"], sha(data)) == 0
    assert one(engine, "SELECT count(*) FROM tablet_files") == 0
    assert tablet.send("GET", f"/files/{sha(photos[0])}").status_code == 404
    assert one(engine, "SELECT unsent FROM tablets WHERE id = :t", t=tablet.id) == 1


def test_the_same_key_and_content_give_the_same_answer(engine: Engine, tablet: Tablet) -> None:
    body = tablet.check(files=sent(tablet, photo(10)))
    first = tablet.take(body)
    before = counts(engine)
    again = tablet.take({**body, "unsent": 7})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert counts(engine) == before


def test_the_same_key_for_something_else_is_refused(engine: Engine, tablet: Tablet) -> None:
    body = tablet.check()
    first = tablet.take(body)
    before = counts(engine)
    answer = tablet.take({**body, "check": {**body["check"], "note": "改过"}})
    assert (answer.status_code, answer.json["code"]) == (409, "other_content")
    assert answer.json["current"]["number"] == first.json["number"]
    assert counts(engine) == before


def test_the_key_of_another_account_tells_nothing(engine: Engine, city: City, browse: Browse, tablet: Tablet) -> None:
    body = tablet.check()
    assert tablet.take(body).status_code == 201
    other = Tablet(browse("officer"), enrol(engine, city, "officer"))
    answer = other.take({**body, "tablet": str(other.id)})
    assert (answer.status_code, answer.json["code"], answer.json["current"]) == (409, "other_content", None)


@pytest.mark.parametrize("note", ["", "其他"])
def test_a_key_that_another_system_used_is_no_check_of_a_tablet(
    engine: Engine, city: City, fleet: Fleet, tablet: Tablet, note: str
) -> None:
    body = tablet.check()
    draft = inspection_city.draft(fleet, "roadside", body["check"]["methods"], "辽NJC001", instruments=())
    inspection_city.keep(engine, city, replace(draft, record={**draft.record, "note": note}), body["key"])
    before = counts(engine)
    answer = tablet.take(body)
    assert (answer.status_code, answer.json["code"]) == (409, "other_content")
    assert counts(engine) == before


def test_two_requests_of_one_key_at_one_moment_are_one_record(
    web: Flask, engine: Engine, city: City, browse: Browse, tablet: Tablet
) -> None:
    body = tablet.check(files=sent(tablet, photo(20), photo(21)))
    twins = [Tablet(browse("inspector"), tablet.id) for _ in range(4)]
    for twin in twins:
        twin.csrf = twin.browser.token()
    before = one(engine, "SELECT count(*) FROM inspections")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda t=twin: found.append(t.take(body))) for twin in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in found) == [200, 200, 200, 201]
    assert len({json.dumps(answer.json, sort_keys=True) for answer in found}) == 1
    assert one(engine, "SELECT count(*) FROM inspections") == before + 1


def test_a_check_waits_for_its_photos(engine: Engine, tablet: Tablet) -> None:
    whole, half, none = photo(30), photo(31), photo(32)
    tablet.put(whole)
    tablet.put(half, piece=100)
    before = counts(engine)
    body = tablet.check(files=[named(whole), named(half), named(none)])
    answer = tablet.take(body)
    assert (answer.status_code, answer.json["code"]) == (409, "files_missing")
    assert answer.json["missing"] == sorted([sha(half), sha(none)])
    assert counts(engine) == before
    tablet.put(half, offset=100)
    tablet.put(none)
    assert tablet.take(body).status_code == 201


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("film.mp4", evidence_files.mp4(seed=3)),
        ("page.html", b"<html><script>alert(1)</script></html>"),
        ("broken.jpg", photo(40)[:-40]),
        ("words.txt", b"nothing but words"),
        ("both.jpg", photo(41) + evidence_files.docx()),
    ],
)
def test_what_is_no_picture_is_refused_by_name_and_nothing_is_kept(
    web: Flask, engine: Engine, tablet: Tablet, name: str, data: bytes
) -> None:
    good = photo(42)
    files = [named(good), {**named(data), "name": name}]
    tablet.put(good)
    tablet.put(data)
    before = counts(engine)
    answer = tablet.take(tablet.check(files=files))
    assert (answer.status_code, answer.json["code"]) == (422, "refused")
    assert [fault["path"] for fault in answer.json["faults"]] == ["files.1"]
    assert name in answer.json["faults"][0]["en"] and name in answer.json["faults"][0]["zh"]
    assert counts(engine) == before
    store: EvidenceStore = web.extensions["evidence_store"]
    assert not store.path(sha(good)).exists()
    assert not list(store.incoming.glob("*"))


def test_a_paper_is_taken(tablet: Tablet) -> None:
    paper = evidence_files.pdf(b"% a paper")
    tablet.put(paper)
    answer = tablet.take(tablet.check(files=[{**named(paper, "document"), "name": "notice.pdf"}]))
    assert answer.status_code == 201


def test_one_photo_for_two_purposes_is_one_file_with_two_items(tablet: Tablet) -> None:
    data = photo(50)
    tablet.put(data)
    answer = tablet.take(tablet.check(files=[named(data, "scene"), named(data, "plate")]))
    assert answer.status_code == 201
    assert len({file["item_id"] for file in answer.json["files"]}) == 2


def test_faults_name_the_fields_of_the_check(engine: Engine, tablet: Tablet) -> None:
    before = counts(engine)
    wrong: dict[str, Any] = {"methods": {"free_acceleration": {"peaks": [1.0, "x", 1.0]}}, "officers": [], "lon": None}
    answer = tablet.take(tablet.check(check=wrong))
    assert answer.status_code == 422
    paths = {fault["path"] for fault in answer.json["faults"]}
    assert {"methods.free_acceleration.peaks.1", "lon"} <= paths
    assert all(fault["zh"] and fault["en"] for fault in answer.json["faults"])
    assert counts(engine) == before


def corrected(tablet: Tablet, stands: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {"id": stands["id"], "version": stands["version"]}
    return tablet.check(base=base, reason="读数抄录有误", **changes)


def test_a_correction_is_one_version_however_often_it_is_sent(engine: Engine, tablet: Tablet) -> None:
    first = tablet.take(tablet.check(files=sent(tablet, photo(60)))).json
    more = photo(61)
    tablet.put(more)
    body = corrected(tablet, first, check={"note": "补充"}, files=[named(photo(60)), named(more, "plate")])
    answer, again = tablet.take(body), tablet.take(body)
    assert (answer.status_code, again.status_code) == (201, 200)
    assert answer.json == again.json
    assert (answer.json["id"], answer.json["version"]) == (first["id"], 2)
    assert answer.json["at"] == first["at"]  # a correction leaves the time of the inspection
    assert answer.json["files"][0]["item_id"] == first["files"][0]["item_id"]
    assert one(engine, "SELECT count(*) FROM inspection_versions WHERE inspection_id = :i", i=first["id"]) == 2
    assert one(engine, "SELECT content ->> 'note' FROM inspections WHERE id = :i", i=first["id"]) == "补充"
    assert tablet.take(body).json == answer.json


def test_a_correction_may_set_the_time_itself(engine: Engine, tablet: Tablet) -> None:
    first = tablet.take(tablet.check()).json
    at = "2026-11-20T09:30:00+08:00"
    answer = tablet.take(corrected(tablet, first, check={"at": at}))
    assert answer.status_code == 201, answer.json
    assert datetime.fromisoformat(answer.json["at"]) == datetime.fromisoformat(at)


def test_two_tablets_that_edit_one_record_do_not_write_over_each_other(
    engine: Engine, city: City, browse: Browse, tablet: Tablet
) -> None:
    first = tablet.take(tablet.check()).json
    other = Tablet(browse("officer"), enrol(engine, city, "officer"))
    assert other.take(corrected(other, first, check={"note": "先改"})).status_code == 201
    before = counts(engine)
    answer = tablet.take(corrected(tablet, first, check={"note": "后改"}, files=[named(photo(65))]))  # not sent yet
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    current = answer.json["current"]
    assert (current["id"], current["number"], current["version"]) == (first["id"], first["number"], 2)
    assert (current["recorded_by"], current["check"]["note"], current["subject_text"]) == (
        "姓名officer",
        "先改",
        "辽NJC001",
    )
    assert counts(engine) == before
    redone = tablet.take(corrected(tablet, {**first, "version": 2}, check={"note": "再改"}))
    assert (redone.status_code, redone.json["version"]) == (201, 3)


def test_a_correction_needs_a_reason_and_a_record_that_is_seen(
    engine: Engine, city: City, browse: Browse, tablet: Tablet
) -> None:
    first = tablet.take(tablet.check()).json
    answer = tablet.take({**corrected(tablet, first), "reason": ""})
    assert [fault["path"] for fault in answer.json["faults"]] == ["reason"]
    assert tablet.take(corrected(tablet, {"id": 999_999_999, "version": 1})).status_code == 404
    foreign = Tablet(browse("other"), enrol(engine, city, "other"))
    assert foreign.take(corrected(foreign, first)).status_code == 404


def test_a_tablet_that_is_revoked_unknown_or_anothers_sends_nothing(
    engine: Engine, city: City, browse: Browse, tablet: Tablet
) -> None:
    body, before = tablet.check(), counts(engine)
    foreign = Tablet(browse("officer"), tablet.id)
    for answer in (foreign.take(body), tablet.take({**body, "tablet": str(uuid4())})):
        assert (answer.status_code, answer.json["code"]) == (403, "tablet_unknown")
    assert counts(engine) == before
    assert tablet.take(body).status_code == 201
    revoke(engine, tablet)
    for again in (body, tablet.check()):
        answer = tablet.take(again)
        assert (answer.status_code, answer.json["code"]) == (403, "revoked")


def test_the_assignment_is_linked_and_a_foreign_one_loses_no_check(engine: Engine, city: City, tablet: Tablet) -> None:
    own, foreign = (
        one(
            engine,
            "INSERT INTO assignments (day, kind, title, division, organisation_id) VALUES ('2026-11-24', 'roadside', 'x',"
            " '211300', :o) RETURNING id",
            o=city.organisations[home],
        )
        for home in ("city", "other")
    )
    linked = tablet.take(tablet.check(assignment={"id": own, "subject_id": None})).json
    for number in (foreign, 2_000_000_000):
        assert tablet.take(tablet.check(assignment={"id": number, "subject_id": 3})).status_code == 201
    assert one(engine, "SELECT assignment_id FROM inspections WHERE id = :i", i=linked["id"]) == own
    assert one(engine, "SELECT count(*) FROM inspections WHERE assignment_id IS NOT NULL") == 1


def test_the_full_store_keeps_nothing_of_a_check(
    web: Flask, engine: Engine, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = tablet.check(files=sent(tablet, photo(70)))
    store: EvidenceStore = web.extensions["evidence_store"]
    full = EvidenceStore(store.root, Limits(free_bytes=2**60))
    before = counts(engine)
    monkeypatch.setitem(web.extensions, "evidence_store", full)
    answer = tablet.take(body)
    assert (answer.status_code, answer.json["code"]) == (507, "store_full")
    piece = tablet.put(photo(71))
    assert (piece.status_code, piece.json["code"]) == (507, "store_full")
    assert "管理员" in piece.json["zh"]
    assert counts(engine) == before
    monkeypatch.undo()
    assert tablet.take(body).status_code == 201


def test_a_fault_in_the_middle_leaves_nothing(
    web: Flask, engine: Engine, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database fails at the last row: inspection, evidence and notice are not there either."""
    body = tablet.check(files=sent(tablet, photo(80)))
    before = counts(engine)

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("server.store.tablet_checks.seen", fail)
    monkeypatch.setattr(web, "testing", False)
    assert tablet.take(body).status_code == 500
    assert counts(engine) == before
    monkeypatch.undo()
    assert tablet.take(body).status_code == 201


def test_the_list_is_whole_enough_to_correct_from(
    engine: Engine, city: City, browse: Browse, tablet: Tablet, fleet: Fleet
) -> None:
    used = list(fleet.instruments.values())
    files = sent(tablet, photo(90))
    first = tablet.take(tablet.check("辽NJC001", files, check={"instrument_ids": used, "note": "清单"})).json
    answer = tablet.send("GET", "/inspections")
    assert answer.status_code == 200
    item = next(one for one in answer.json["items"] if one["id"] == first["id"])
    assert (item["number"], item["version"], item["outcome"], item["colour"]) == (
        first["number"],
        1,
        "passed",
        "yellow",
    )
    assert item["files"][0]["sha256"] == files[0]["sha256"]
    assert sorted(item["check"]["instrument_ids"]) == sorted(used)
    sent_back = tablet.take(corrected(tablet, item, check={**item["check"], "note": "改"}))
    assert sent_back.status_code == 201, sent_back.json
    assert one(engine, "SELECT standing FROM inspections WHERE id = :i", i=first["id"]) == first["standing"]
    since = answer.json["asked_at"]
    later = tablet.send("GET", f"/inspections?since={since.replace('+', '%2B')}")
    assert first["id"] in {one["id"] for one in later.json["items"]}
    future = iso(datetime.now(UTC) + MINUTE).replace("+", "%2B")
    assert tablet.send("GET", f"/inspections?since={future}").json["items"] == []
    assert tablet.send("GET", "/inspections?since=yesterday").status_code == 422
    packed = tablet.send("GET", "/inspections", headers={"Accept-Encoding": "gzip"})
    assert len(json.loads(gzip.decompress(packed.data))["items"]) == len(answer.json["items"])
    foreign = Tablet(browse("other"), enrol(engine, city, "other"))
    assert foreign.send("GET", "/inspections").json["items"] == []


def test_the_page_says_how_it_came_in(engine: Engine, browse: Browse, tablet: Tablet) -> None:
    tablet.behind, tablet.known = timedelta(days=1, seconds=3), timedelta(0)
    shown = {"outcome": "failed", "standing": "legal", "offences": ["failed_inspection"]}
    found = tablet.take(tablet.check(files=sent(tablet, photo(95)), device_verdict=shown)).json
    assert found["same_verdict"] is False
    page = browse("officer").get(f"/inspections/{found['id']}").text
    for text_ in ("平板1", "时钟被更改", "慢", "终端在现场显示的结论不同"):
        assert text_ in page
    assert f"/tablets/{tablet.id}" in page
    assert "平板1" in browse("inspector").get(f"/inspections/{found['id']}").text
    assert "设备时钟" not in browse("enterprise").get(f"/inspections/{found['id']}").text


# --- hostile requests ---

NUL, DEEP = "a\x00b", b'{"check":' * 5000 + b"1" + b"}" * 5000
BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"null", 422),
    (b"[]", 422),
    (b"{}", 422),
    (DEEP, 400),
    (b'{"check": "' + b"x" * 10_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("data", "status"), BODIES)
@pytest.mark.parametrize("path", ["/checks", "/numbers", "/numbers/void"])
def test_broken_bodies_are_refused(engine: Engine, tablet: Tablet, path: str, data: bytes, status: int) -> None:
    before = counts(engine)
    answer = tablet.send("POST", path, data, headers={"Content-Type": "application/json"})
    assert answer.status_code in {status, 413 if len(data) > 16_000 else status}
    assert answer.json["code"] and answer.json["zh"] and answer.json["en"]
    assert counts(engine) == before


CHANGES: list[tuple[str, Any]] = [
    ("key", 1), ("key", "x"), ("key", NUL), ("key", None), ("tablet", []), ("device_at", "yesterday"),
    ("device_at", 1e300), ("device_at", "9999-12-31T23:59:59Z"), ("device_at", "0001-01-01T00:00:00+14:00"),
    ("sent_at", None), ("offset_ms", 10**40), ("offset_ms", 1.5), ("offset_ms", True), ("base", {"id": -1, "version": 1}),
    ("base", {"id": 10**30, "version": 1}), ("files", [{}]), ("files", "x"), ("files", [named(photo(1))] * 101),
    ("files", [{**named(photo(1)), "sha256": "A" * 64}]), ("files", [{**named(photo(1)), "name": NUL}]),
    ("files", [{**named(photo(1)), "purpose": "a' OR 1"}]), ("files", [{**named(photo(1)), "bytes": -1}]),
    ("files", [{**named(photo(1)), "lon": 1e308}]), ("notice", {"number": NUL}), ("notice", {"number": "W1"}),
    ("assignment", {"id": 0}), ("device_verdict", {"outcome": NUL}), ("unsent", -1), ("nothing", 1), ("check", None),
    ("reason", NUL),
]  # fmt: skip
CHECK_CHANGES: list[tuple[str, Any]] = [
    ("kind", "x"), ("kind", None), ("subject", NUL), ("subject", "x" * 101), ("subject", ""), ("subject", "=1+1"),
    ("lon", float("nan")), ("lon", float("inf")), ("lat", 1e300), ("lat", "41"), ("accuracy_m", -1), ("place", NUL),
    ("methods", {}), ("methods", {"x": {}}), ("methods", {NUL: {}}), ("methods", {"free_acceleration": []}),
    ("methods", {"free_acceleration": {"peaks": [float("nan")] * 3}}), ("methods", {"free_acceleration": {"peaks": [10**400]}}),
    ("methods", {"free_acceleration": {"peaks": [1.0, 1.0, 1.0], NUL: 1}}), ("note", NUL), ("note", "x" * 2001),
    ("officers", [{"name": NUL}]), ("officers", [{}] * 21), ("weather", {"sky": NUL}), ("party", {"name": NUL}),
    ("checklist", [{"item": NUL, "answer": "yes"}]), ("instrument_ids", [10**20]), ("instrument_ids", [2_000_000_000]),
    ("power_kw", -5), ("stage", "x"), ("colour", "pink"), ("content", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_a_hostile_value_is_refused_by_name(engine: Engine, tablet: Tablet, name: str, value: Any) -> None:
    before = counts(engine)
    body = {**tablet.check(), name: value}
    answer = tablet.send("POST", "/checks", body)
    assert answer.status_code in {400, 422}, answer.json
    if answer.status_code == 422:
        assert any(fault["path"].split(".")[0] == name for fault in answer.json["faults"])
    assert counts(engine) == before


@pytest.mark.parametrize(("name", "value"), CHECK_CHANGES)
def test_a_hostile_value_of_the_check_is_refused_by_name(engine: Engine, tablet: Tablet, name: str, value: Any) -> None:
    before = counts(engine)
    body = tablet.check()
    answer = tablet.send("POST", "/checks", {**body, "check": {**body["check"], name: value}})
    assert answer.status_code in {400, 422}, answer.json
    assert answer.json["faults"] and all("\x00" not in fault["path"] for fault in answer.json["faults"])
    assert counts(engine) == before


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "refused"),
        ("offset=0", 422, "refused"),
        ("offset=-1&bytes=10", 422, "refused"),
        ("offset=0&bytes=-10", 422, "refused"),
        ("offset=0&bytes=0", 422, "refused"),
        ("offset=x&bytes=10", 422, "refused"),
        ("offset=1e3&bytes=10", 422, "refused"),
        ("offset=٣&bytes=10", 422, "refused"),
        ("offset=0&bytes=99999999999999999999", 422, "refused"),
        ("offset=0&bytes=999999999999", 422, "refused"),
        ("offset=8&bytes=10", 422, "refused"),
        ("offset=3&bytes=10", 409, "offset"),
    ],
)
def test_hostile_pieces_are_refused(engine: Engine, tablet: Tablet, query: str, status: int, code: str) -> None:
    answer = tablet.send("PUT", f"/files/{sha(b'hostile')}?{query}", b"abcde")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert one(engine, "SELECT count(*) FROM tablet_files WHERE received > 0 AND sha256 = sha256('hostile')") == 0


def test_hostile_names_and_sizes_of_pieces_are_refused(engine: Engine, tablet: Tablet) -> None:
    for name in ("x", "A" * 64, "..%2f..%2fetc", "0" * 63, "0" * 65, "%00" * 3):
        for method in ("GET", "PUT"):
            body = b"x" if method == "PUT" else None
            assert tablet.send(method, f"/files/{name}?offset=0&bytes=5", body).status_code in {404, 422}
    big = tablet.send("PUT", f"/files/{sha(b'big')}?offset=0&bytes=3000000", bytes(2**20 + 1))
    assert (big.status_code, big.json["code"]) == (413, "too_large")
    empty = tablet.send("PUT", f"/files/{sha(b'empty')}?offset=0&bytes=5", b"")
    assert empty.status_code == 422


def test_a_wrong_hash_is_told_and_begun_anew(tablet: Tablet) -> None:
    data = photo(99)
    answer = tablet.put(data, name=sha(b"something else"))
    assert (answer.status_code, answer.json["code"], answer.json["received"]) == (422, "hash", 0)
    assert tablet.take(tablet.check(files=[{**named(data), "sha256": sha(b"something else")}])).status_code == 409


def test_photos_of_another_account_are_not_there(engine: Engine, city: City, browse: Browse, tablet: Tablet) -> None:
    data = photo(100)
    tablet.put(data)
    other = Tablet(browse("officer"), enrol(engine, city, "officer"))
    assert other.send("GET", f"/files/{sha(data)}").status_code == 404
    answer = other.take(other.check(files=[named(data)]))
    assert (answer.status_code, answer.json["code"]) == (409, "files_missing")


@pytest.mark.parametrize("path", ["/checks", "/numbers", "/numbers/void"])
def test_writes_need_json_the_token_and_the_role(browse: Browse, tablet: Tablet, path: str) -> None:
    plain = tablet.send("POST", path, b"{}", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    without = tablet.send("POST", path, {}, headers={"X-CSRFToken": ""})
    assert (without.status_code, without.json["code"]) == (400, "csrf")
    for role in ("read_only", "enterprise", "station", "approver", "auditor"):
        assert Tablet(browse(role), UUID(int=1)).send("POST", path, {}).status_code == 403
    nobody = browse(None)
    asks_for_json = {"X-CSRFToken": "x", "Accept": "application/json"}
    answer = nobody.client.post(f"/tablet/sync{path}", json={}, headers=asks_for_json)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "signed_out")
    assert nobody.get("/tablet/sync/inspections", headers=asks_for_json).status_code == 401
