"""The JSON API: who gets in, who sees what, what is refused and how, paging, hostile words, the rate limit."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from werkzeug.exceptions import InternalServerError

from server.api import errors
from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows.manage_accounts import reset_password
from server.launch.ports import free_port
from server.store import users
from server.store.audit import PLATFORM
from server.store.users import Role
from tests.server.api_world import Program, World, end_token, make_token, make_world
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
Call = Callable[[str | None], Program]
TRUCK = {"plate": "辽N77777", "plate_colour": "yellow", "fuel": "diesel", "stage": "5", "stage_basis": "vehicle_list"}
DECISION = {"status": "confirmed", "reason": "track_clear", "note": "核对轨迹，确在区内"}
ERROR = {"type", "title", "status", "code", "message_zh", "message_en", "path", "faults", "first"}


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> World:
    return make_world(engine, city)


@pytest.fixture
def call(web: Flask, engine: Engine, city: City, world: World) -> Call:
    """`call("officer")`: a program with a token of that account."""
    return lambda name: Program(web, make_token(engine, city.accounts[name]) if name else None)


@pytest.fixture(autouse=True)
def _forget_calls_and_tokens(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM api_calls"))
        connection.execute(text("DELETE FROM api_tokens"))


# --- who gets in ---


def test_a_token_opens_what_its_account_may_do(call: Call) -> None:
    answer = call("officer").get("/account")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["username"] == "officer"
    assert "violations.decide" in answer.json["permissions"]
    assert "audit.read" not in answer.json["permissions"]


def test_nobody_and_a_wrong_token_get_401(web: Flask, call: Call) -> None:
    for program in (call(None), Program(web, "dmp_" + "A" * 43), Program(web, "x"), Program(web, "dmp_")):
        answer = program.get("/trucks")
        assert answer.status_code == 401
        assert answer.json is not None and set(answer.json) == ERROR
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Set-Cookie" not in answer.headers


def test_a_revoked_an_expired_and_a_closed_accounts_token_get_401(
    web: Flask, engine: Engine, city: City, call: Call
) -> None:
    revoked, expired = (make_token(engine, city.accounts["inspector"]) for _ in range(2))
    program = Program(web, revoked)
    listed = program.get("/tokens").json
    assert listed is not None
    first = max(row["id"] for row in listed["items"]) - 1  # `revoked` was made before `expired`
    assert program.send("DELETE", f"/tokens/{first}").status_code == 200
    assert program.get("/trucks").status_code == 401
    end_token(engine, expired)
    assert Program(web, expired).get("/trucks").status_code == 401
    fine = call("inspector")
    assert fine.get("/trucks").status_code == 200
    with transaction(engine) as connection:
        connection.execute(text("UPDATE users SET active = false WHERE username = 'inspector'"))
    assert fine.get("/trucks").status_code == 401
    with transaction(engine) as connection:
        connection.execute(text("UPDATE users SET active = true WHERE username = 'inspector'"))


def test_a_new_password_ends_the_tokens(call: Call, engine: Engine, city: City) -> None:
    program = call("reviewer")
    assert program.get("/trucks").status_code == 200
    with transaction(engine) as connection:
        account = users.find_account(connection, city.accounts["reviewer"])
        assert account is not None
        reset_password(connection, PLATFORM, account, "Another-2026-word")
    assert program.get("/trucks").status_code == 401


def test_a_token_is_no_key_to_the_pages_and_none_makes_a_token(call: Call) -> None:
    program = call("officer")
    page = program.client.get("/violations/", headers=program.headers)
    assert page.status_code == 303 and "/sign-in" in page.location
    answer = program.send("POST", "/tokens", {"name": "more"})
    assert answer.status_code == 403
    assert answer.json is not None and answer.json["code"] == "needs_session"


def test_a_token_is_made_with_the_session_shown_once_and_kept_as_a_hash(browse: Browse, engine: Engine) -> None:
    browser = browse("officer")
    answer = browser.client.post("/api/v1/tokens", json={"name": "闸口 3"}, headers={"X-CSRFToken": browser.token()})
    assert answer.status_code == 201
    assert answer.json is not None
    token = answer.json["token"]
    assert token not in browser.get("/api/v1/tokens").text
    with transaction(engine) as connection:
        kept = connection.execute(text("SELECT row_to_json(t)::text FROM api_tokens t")).scalars().all()
        logged = connection.execute(text("SELECT detail::text FROM audit_log WHERE action LIKE 'api_token%'")).scalars()
        assert all(token not in row for row in [*kept, *logged])


def test_the_account_page_makes_shows_once_and_revokes_a_token(web: Flask, browse: Browse) -> None:
    browser = browse("approver")
    assert "/account/tokens" in browser.get("/account").text
    page = browser.post("/account/tokens", {"name": '<b>"闸口"', "days": "30"})
    found = re.search(r"<code>(dmp_[^<]+)</code>", page.text)
    assert found is not None
    token = found.group(1)
    again = browser.get("/account/tokens").text
    assert token not in again and "&lt;b&gt;" in again and "<b>" not in again
    program = Program(web, token)
    assert program.get("/account").status_code == 200
    link = re.search(r"/account/tokens/\d+/revoke", again)
    assert link is not None
    foreign = browse("officer2").post(link.group(0))
    assert foreign.status_code == 404
    assert program.get("/account").status_code == 200
    assert browser.post(link.group(0)).status_code == 303
    assert program.get("/account").status_code == 401
    assert browser.post("/account/tokens", {"name": " ", "days": "30"}).status_code == 422
    assert browser.post("/account/tokens", {"name": "x", "days": "9999"}).status_code == 400


def test_a_write_with_the_cookie_needs_the_pages_token(browse: Browse) -> None:
    browser = browse("officer")
    without = browser.client.post("/api/v1/frames", json={"encoding": "hex", "payloads": ["00"]})
    assert without.status_code == 400
    assert without.json is not None and without.json["code"] == "csrf"
    forged = browser.client.post(
        "/api/v1/frames", json={"encoding": "hex", "payloads": ["00"]}, headers={"X-CSRFToken": "forged"}
    )
    assert forged.status_code == 400
    good = browser.client.post(
        "/api/v1/frames",
        json={"encoding": "hex", "payloads": ["00"]},
        headers={"X-CSRFToken": browser.token()},
    )
    assert good.status_code == 200


def test_a_wrong_token_is_not_mended_by_a_good_cookie(browse: Browse) -> None:
    browser = browse("officer")
    answer = browser.client.get("/api/v1/trucks", headers={"Authorization": "Bearer dmp_wrong"})
    assert answer.status_code == 401
    assert browser.get("/violations/").status_code == 200, "the session goes on"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DEVICE])
def test_every_list_is_refused_exactly_where_the_table_says_so(web: Flask, call: Call, role: Role) -> None:
    program = call(role.value)
    from server.web.access import PERMISSIONS, permission_of

    lists = [r for r in web.url_map.iter_rules() if r.rule.startswith("/api/v1/") and not r.arguments]
    for rule in lists:
        permission = str(permission_of(web, rule.endpoint))
        if "GET" not in (rule.methods or set()) or permission == "public":
            continue
        answer = program.get(rule.rule.removeprefix("/api/v1"))
        given = {200, 422} if role in PERMISSIONS[permission] else {403}  # 422: a list that must be told of what
        assert answer.status_code in given, rule.rule


# --- who sees what ---


def test_an_enterprise_sees_its_own_and_nothing_else(call: Call, world: World) -> None:
    program = call("enterprise")
    trucks = program.get("/trucks").json
    assert trucks is not None and [row["id"] for row in trucks["items"]] == [world.own_truck]
    assert program.get(f"/trucks/{world.own_truck}").status_code == 200
    assert program.get(f"/trucks/{world.foreign_truck}").status_code == 404
    assert program.get(f"/terminals/{world.foreign_terminal}").status_code == 404
    assert program.get(f"/violations/{world.flagged}").status_code == 404
    own = program.get(f"/violations/{world.confirmed}").json
    assert own is not None and own["packets"] is None, "the packets are the bureau's"
    places = program.get("/positions").json
    assert places is not None and {row["terminal_id"] for row in places["items"]} == {world.own_terminal}
    assert program.get(f"/terminals/{world.own_terminal}/samples").status_code == 403
    assert program.send("POST", "/trucks", TRUCK).status_code == 403
    entries = program.get("/whitelist").json
    assert entries is not None and [row["id"] for row in entries["items"]] == [world.entry]


def test_a_partner_sees_no_record(call: Call, world: World) -> None:
    program = call("partner")
    for path in ("/trucks", "/violations", "/positions", "/leads", "/quarantine"):
        assert program.get(path).status_code == 403
    assert program.get("/rules").status_code == 200


def test_a_county_sees_its_county(call: Call, world: World) -> None:
    program = call("other")
    violations = program.get("/violations").json
    assert violations is not None and violations["items"] == []
    assert program.get(f"/violations/{world.flagged}").status_code == 404
    assert program.send("POST", f"/violations/{world.flagged}/decision", DECISION).status_code == 404
    assert program.get(f"/trucks/{world.own_truck}").status_code == 404


# --- reading ---


def test_samples_are_columns_with_units(call: Call, world: World) -> None:
    path = f"/terminals/{world.reporting}/samples"
    whole = call("officer").get(path, **{"from": "2026-11-24T09:00:00+08:00", "to": "2026-11-24T10:00:00+08:00"}).json
    assert whole is not None
    assert whole["rows"] > 100
    assert all(len(column["values"]) == whole["rows"] for column in whole["columns"])
    by_name = {column["name"]: column for column in whole["columns"]}
    assert by_name["speed_kmh"]["unit"] == "km/h"
    assert by_name["at_us"]["values"] == sorted(by_name["at_us"]["values"])
    assert whole["next"] is None
    early = call("officer").get(path, **{"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}).json
    assert early is not None and early["rows"] == 0
    begin = early["next"].split("from=")[1].split("&")[0]
    assert begin.startswith("2026-11-24T01"), "the next stretch that has data"
    follows = call("officer").client.get(early["next"], headers=call("officer").headers)
    assert follows.json is not None and follows.json["rows"] == whole["rows"]


@pytest.mark.parametrize(
    ("begin", "end"),
    [("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")],
)
def test_samples_of_all_time_do_not_break(call: Call, world: World, begin: str, end: str) -> None:
    answer = call("officer").get(f"/terminals/{world.reporting}/samples", **{"from": begin, "to": end})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from": "2026-11-24T00:00:00Z"},
        {"from": "2026-11-24T00:00:00", "to": "2026-11-24T01:00:00Z"},
        {"from": "2026-11-24", "to": "2026-11-25"},
        {"from": "0", "to": "1"},
        {"from": "2026-11-24T02:00:00Z", "to": "2026-11-24T01:00:00Z"},
        {"from": "2026-11-24T00:00:00Z", "to": "2026-11-24T01:00:00Z", "points": "5"},
    ],
)
def test_a_time_without_its_zone_is_refused(call: Call, world: World, query: dict[str, str]) -> None:
    answer = call("officer").get(f"/terminals/{world.reporting}/samples", **query)
    assert answer.status_code == 422
    assert answer.json is not None and answer.json["path"].startswith("query.")


def test_completeness_counts_what_came(call: Call, world: World) -> None:
    found = call("officer").get(f"/terminals/{world.reporting}/completeness").json
    assert found is not None
    assert [day["day"] for day in found["days"]] == ["2026-11-24"]
    assert found["days"][0]["expected"] == found["days"][0]["counted"] + found["days"][0]["missing"]
    for day in ("0001-01-01", "9999-12-31"):
        assert call("officer").get(f"/terminals/{world.reporting}/completeness", **{"from": day}).status_code == 200


def test_a_violation_with_its_verdict_and_evidence(call: Call, world: World) -> None:
    found = call("officer").get(f"/violations/{world.flagged}").json
    assert found is not None
    assert found["verdict"]["reasons"][0]["code"] == "stage_too_low"
    assert found["packets"] == []
    assert found["zone_version"] == 1


def test_a_zone_with_its_geometry(call: Call, world: World) -> None:
    found = call("enterprise").get(f"/zones/{world.zone_code}").json
    assert found is not None
    assert found["versions"][0]["geometry"]["type"] == "MultiPolygon"
    assert found["version"] == 1 and found["in_force"] is True


def test_rules_follow_the_day_of_the_act(call: Call) -> None:
    old = call("officer").get("/rules", at="2026-08-14", prefix="law.").json
    new = call("officer").get("/rules", at="2026-08-15", prefix="law.").json
    assert old is not None and new is not None
    assert {row["id"]: row["value"] for row in old["items"]} != {row["id"]: row["value"] for row in new["items"]}


def test_pages_lead_on_and_never_overlap(call: Call, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour)"
                " SELECT '辽P' || lpad(n::text, 5, '0'), 'blue' FROM generate_series(1, 25) n"
            )
        )
    program = call("officer")
    seen: list[int] = []
    at: str | None = "/api/v1/trucks?limit=10&plate_colour=blue&sort=-plate"
    while at:
        page = program.client.get(at, headers=program.headers).json
        assert page is not None and page["total"] == 25
        seen += [row["id"] for row in page["items"]]
        at = page["next"]
    assert len(seen) == len(set(seen)) == 25


def test_positions_are_walked_through_by_id(call: Call, world: World) -> None:
    program = call("officer")
    first = program.get("/positions", limit=1, bbox="120.4,41.5,120.5,41.6").json
    assert first is not None and len(first["items"]) == 1
    second = program.client.get(first["next"], headers=program.headers).json
    assert second is not None and second["items"][0]["terminal_id"] > first["items"][0]["terminal_id"]
    nowhere = program.get("/positions", bbox="0,0,1,1").json
    assert nowhere == {"items": [], "next": None}


# --- writing ---


def test_a_truck_is_registered_once_and_the_second_is_told_of_the_first(call: Call) -> None:
    program = call("officer")
    made = program.send("POST", "/trucks", {**TRUCK, "vin": "LFWSRXRJ6H1E00002"})
    assert made.status_code == 201, made.text
    assert made.json is not None and made.json["warnings"], "the check digit is wrong; it is saved all the same"
    again = program.send("POST", "/trucks", TRUCK)
    assert again.status_code == 409
    assert again.json is not None
    assert again.json["first"] == {"id": made.json["id"], "title": "辽N77777", "field": "plate"}
    found = program.get(f"/trucks/{made.json['id']}").json
    assert found is not None and found["vin"] == "LFWSRXRJ6H1E00002" and found["stage"] == "5"


def test_a_patch_changes_what_it_names_and_null_clears(call: Call) -> None:
    program = call("officer")
    made = program.send("POST", "/trucks", {**TRUCK, "plate": "辽N77778", "model": "J6", "gross_mass_kg": 18000}).json
    assert made is not None
    path = f"/trucks/{made['id']}"
    assert program.send("PATCH", path, {"model": None, "gross_mass_kg": 25000}).status_code == 200
    found = program.get(path).json
    assert found is not None
    assert (found["model"], found["gross_mass_kg"], found["plate"], found["fuel"]) == (
        None,
        25000,
        "辽N77778",
        "diesel",
    )
    unchanged = program.send("PATCH", path, {"gross_mass_kg": 25000}).json
    assert unchanged is not None and unchanged["changed"] is False
    stage = program.send("PATCH", path, {"stage": "6"})
    assert stage.status_code == 422 and "reason" in stage.text
    assert program.send("PATCH", path, {"stage": "6", "reason": "核对铭牌"}).status_code == 200
    assert program.send("PATCH", "/trucks/2147483647", {"stage": "6"}).status_code == 404


def test_patches_at_one_moment_lose_nothing(call: Call) -> None:
    program = call("officer")
    made = program.send("POST", "/trucks", {**TRUCK, "plate": "辽N77779"}).json
    assert made is not None
    path = f"/trucks/{made['id']}"
    bodies = [{"model": "J6P"}, {"owner": "某甲"}, {"note": "备注"}, {"engine_number": "E1"}, {"gross_mass_kg": 9000}]
    programs = [call("officer") for _ in bodies]
    with ThreadPoolExecutor(5) as pool:
        done = pool.map(lambda n: programs[n].send("PATCH", path, bodies[n]).status_code, range(len(bodies)))
    assert set(done) == {200}
    found = program.get(path).json
    assert found is not None
    for body in bodies:
        assert body.items() <= found.items()


def test_a_machines_number_stays_as_it_was_written(call: Call, engine: Engine) -> None:
    program = call("officer")
    made = program.send("POST", "/machines", {"registration_number": "3-ab 123456"})
    assert made.status_code == 201, made.text
    assert made.json is not None
    assert program.send("PATCH", f"/machines/{made.json['id']}", {"model": "ZX200"}).status_code == 200
    with transaction(engine) as connection:
        kept = connection.execute(
            text("SELECT registration_number, registration_number_raw FROM machines WHERE id = :id"), made.json
        ).one()
    assert tuple(kept) == ("3-AB123456", "3-ab 123456")


def test_machine_enterprise_and_terminal_are_registered_and_changed(call: Call) -> None:
    program = call("officer")
    bodies: dict[str, dict[str, Any]] = {
        "enterprises": {"name": "宏远工程", "industry": "construction", "lon": 120.45, "lat": 41.57},
        "machines": {"pin": "CAT0320DKABC12345", "enterprise": "宏远工程", "power_kw": 103.5, "device_fitted": True,
                     "lon": 120.45, "lat": 41.57, "built_on": "2021-07-01"},
        "terminals": {"kind": "nrmm", "device": "CAT0320DKABC12345", "machine": "CAT0320DKABC12345"},
    }  # fmt: skip
    for noun, body in bodies.items():
        made = program.send("POST", f"/{noun}", body)
        assert made.status_code == 201, made.text
        assert made.json is not None
        found = program.get(f"/{noun}/{made.json['id']}").json
        assert found is not None
        assert {name: found[name] for name in body} == body
        assert program.send("POST", f"/{noun}", body).status_code == 409
        changed = program.send("PATCH", f"/{noun}/{made.json['id']}", {})
        assert changed.json is not None and changed.json["changed"] is False, noun


def test_a_violation_is_decided_once(call: Call, world: World) -> None:
    program = call("officer")
    path = f"/violations/{world.flagged}/decision"
    assert program.send("POST", path, {**DECISION, "reason": "exempt"}).status_code == 422, "no reason to confirm"
    done = program.send("POST", path, DECISION)
    assert done.status_code == 200
    assert done.json is not None
    assert done.json["status"] == "confirmed" and done.json["evidence_holds"] is True
    second = call("officer2").send("POST", path, {**DECISION, "status": "dismissed", "reason": "exempt"})
    assert second.status_code == 409
    assert second.json is not None
    assert second.json["code"] == "decided_before" and "姓名officer" in second.json["message_en"]


def test_frames_are_checked_and_not_stored(call: Call, engine: Engine) -> None:
    from telemetry.fleet import make_fleet, stream

    member = next(one for one in make_fleet(40, 0, seed=9, parked=0) if one.layout == "A")
    frame = next(one.frame for one in stream([member], 1_764_000_000_000_000, 60, seed=4))
    broken = frame[:-1] + bytes([frame[-1] ^ 1])
    body = {"encoding": "hex", "kind": "hdv", "payloads": [frame.hex(), broken.hex(), "zz"[:0]]}
    with transaction(engine) as connection:
        before = connection.execute(text("SELECT count(*) FROM packets")).scalar_one()
    answer = call("station").send("POST", "/frames", body)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["good"] == 1 and answer.json["faulty"] >= 1
    assert answer.json["frames"][0]["message"]["device"] == member.device
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM packets")).scalar_one() == before
    odd = call("station").send("POST", "/frames", {"encoding": "hex", "payloads": ["abc"]})
    assert odd.status_code == 422 and odd.json is not None and odd.json["path"] == "body.payloads.0"


# --- what is refused, and how ---


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "malformed"),
        (b"", {}, 400, "malformed"),
        (b'{"plate": "\\ud800"}', {}, 400, "malformed"),
        (b"\xff\xfe", {}, 400, "malformed"),
        (b"[]", {}, 422, "invalid"),
        (b"null", {}, 422, "invalid"),
        (b"[" * 5000, {}, 400, "malformed"),
        (b"plate=1", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        (b'{"note": "' + b"x" * (3 * 1024 * 1024) + b'"}', {}, 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_read(call: Call, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    answer = call("officer").send("POST", "/trucks", body, **headers)
    assert answer.status_code == status
    assert answer.json is not None and set(answer.json) == ERROR and answer.json["code"] == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gross_mass_kg", False),
        ("gross_mass_kg", "18000"),
        ("gross_mass_kg", 18000.5),
        ("gross_mass_kg", -1),
        ("gross_mass_kg", 10**400),
        ("plate", "辽N\u0000"),
        ("plate", "=cmd()"),
        ("plate", ["辽N12345"]),
        ("plate", None),
        ("plate_colour", "pink"),
        ("first_registered_on", "2026-02-30"),
        ("first_registered_on", "1700000000"),
        ("division", "２１１３０２"),
        ("enterprise", "nobody of this name"),
        ("stage_basis", None),
        ("unknown", 1),
        ("seen", "x"),
    ],
)
def test_a_field_that_is_not_right_is_named(call: Call, field: str, value: Any) -> None:
    answer = call("officer").send("POST", "/trucks", {**TRUCK, "plate": "辽N66666", field: value})
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert any(fault["path"] == f"body.{field}" for fault in answer.json["faults"])
    assert all(fault["message_zh"] and fault["message_en"] for fault in answer.json["faults"])


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=501", "limit=0", "limit=201", "limit=9" * 1, "page=x", "page=1&page=2", "sort=owner", "nothing=1",
     "q=%00", "q=" + "x" * 201, "division=2113", "enterprise_id=0", "enterprise_id=99999999999999999999"],
)  # fmt: skip
def test_a_query_that_is_not_right_is_refused(call: Call, query: str) -> None:
    program = call("officer")
    answer = program.client.get(f"/api/v1/trucks?{query}", headers=program.headers)
    assert answer.status_code == (200 if query == "limit=9" else 422)


@pytest.mark.parametrize(
    "word",
    ["%", "_", "\\", "'; DROP TABLE trucks; --", "🚛" * 50, "\u202e", "\ufffd", "' OR '1'='1", "{{7*7}}", "${x}"],
)
def test_hostile_words_find_nothing_and_break_nothing(call: Call, world: World, word: str) -> None:
    program = call("officer")
    for path in ("/trucks", "/machines", "/enterprises", "/terminals", "/violations", "/leads", "/zones", "/whitelist"):
        answer = program.get(path, q=word)
        assert answer.status_code == 200, (path, word)
        assert answer.json is not None and answer.json["items"] == []
    assert program.get("/quarantine", device=word).status_code == 200
    for path in (f"/zones/{word}", f"/violations/{word}"):
        assert program.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/zones/%00", "/violations/V%00", "/trucks/0", "/trucks/2147483648", "/trucks/-1",
                                  "/leads/9223372036854775807", "/leads/9223372036854775808", "/nothing"])  # fmt: skip
def test_an_address_of_nothing_is_404_in_the_one_form(call: Call, path: str) -> None:
    answer = call("officer").get(path)
    assert answer.status_code == 404
    assert answer.json is not None and set(answer.json) == ERROR


def test_a_method_that_is_not_known_is_405_with_allow(call: Call) -> None:
    answer = call("officer").send("PUT", "/trucks", {})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json is not None and answer.json["code"] == "method_not_allowed"


def test_too_many_calls_are_429_until_the_minute_is_over(database_url: str, engine: Engine, city: City) -> None:
    settings = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "s" * 40,
        "API_CALLS_ACCOUNT": "3",
        "API_CALLS_ADDRESS": "2",
    }
    apps = [create_app(load(settings)) for _ in range(2)]  # two processes of one server count together
    tokens = [make_token(engine, city.accounts["officer"]) for _ in range(2)]
    answers = [Program(apps[n % 2], tokens[n // 2]).get("/health").status_code for n in range(4)]
    nobody = [Program(app, None).get("/health") for app in (*apps, *apps)]
    for app in apps:
        app.extensions["engine"].dispose()
    assert answers.count(200) >= 3, "at most one minute passes"
    limited = nobody[-1]
    if limited.status_code == 429:  # a minute may have begun in between
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        assert limited.json is not None and limited.json["code"] == "too_many"
    assert 429 in [*answers, *(one.status_code for one in nobody)]


# --- faults are told once, at their place, and for what they are ---


@pytest.mark.parametrize(
    ("path", "query", "place", "code"),
    [
        ("/violations", "division=2113", "query.division", "string_pattern_mismatch"),
        ("/violations", "sort=owner", "query.sort", "literal_error"),
        ("/violations", "from=2026-02-30", "query.from", "date_from_datetime_parsing"),
        ("/violations", "to=yesterday", "query.to", "day"),
        ("/violations", "zone=0", "query.zone", "greater_than_equal"),
        ("/trucks", "enterprise_id=x", "query.enterprise_id", "int_parsing"),
        ("/positions", "bbox=1,2,3", "query.bbox", "string_pattern_mismatch"),
        ("/terminals", "bound=ship", "query.bound", "literal_error"),
    ],
)
def test_a_wrong_filter_is_one_fault_at_the_filter(call: Call, path: str, query: str, place: str, code: str) -> None:
    program = call("officer")
    answer = program.client.get(f"/api/v1{path}?{query}", headers=program.headers)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [fault["path"] for fault in answer.json["faults"]] == [place]
    assert answer.json["path"] == place
    assert code == "date_from_datetime_parsing" or answer.json["faults"][0]["code"] == code  # its word is pydantic's


def test_a_wrong_field_of_a_patch_is_one_fault_at_the_field(call: Call, world: World) -> None:
    answer = call("officer").send("PATCH", f"/trucks/{world.own_truck}", {"plate_colour": "pink", "plate": 7})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [fault["path"] for fault in answer.json["faults"]] == ["body.plate", "body.plate_colour"]


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/trucks", "/api/openapi.json"])
@pytest.mark.parametrize("token", [None, "dmp_" + "a" * 43])
def test_a_database_that_does_not_answer_is_503(path: str, token: str | None) -> None:
    app = create_app(load({"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/x", "SECRET_KEY": "s" * 40}))
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
    app.extensions["engine"].dispose()
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "unavailable"


def test_what_the_fence_of_the_database_refuses_is_403(web: Flask) -> None:
    refused = ProgrammingError("SELECT", {}, InsufficientPrivilege("permission denied for table audit_log"))
    with web.test_request_context("/api/v1/trucks"):
        answer = errors.answer(InternalServerError(original_exception=refused))  # as Flask hands it on
    assert answer.status_code == 403
    assert answer.json is not None and answer.json["code"] == "not_permitted"


@pytest.mark.parametrize("payload", ["", "0000", "7e7e7e"])
def test_a_payload_of_padding_is_told_as_faulty(call: Call, payload: str) -> None:
    answer = call("officer").send("POST", "/frames", {"encoding": "hex", "payloads": [payload]})
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["good"], answer.json["faulty"]) == (0, 1)
    assert answer.json["frames"][0]["fault"]["code"] == "length"
