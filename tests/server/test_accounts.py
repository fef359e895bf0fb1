"""Signing in and out, locks, sessions, passwords, and the administration of accounts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import sign_in
from server.flows.manage_accounts import password_faults
from server.flows.sign_in import Limits, Locked
from tests.server.conftest import PASSWORD, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(autouse=True)
def no_attempts(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM login_attempts"))


def test_signing_in_and_out(browse: Browse) -> None:
    browser = browse("officer", PASSWORD)
    assert browser.get("/violations/").status_code == 200
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/violations/").status_code == 303


def test_the_user_name_is_taken_in_capitals_and_with_blanks(browse: Browse) -> None:
    assert browse(" Officer ", PASSWORD).get("/").status_code == 200


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(browse: Browse) -> None:
    known = browse(None).post("/sign-in", {"username": "officer", "password": "wrong"})
    unknown = browse(None).post("/sign-in", {"username": "nobody.at.all", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    one, other = (
        "\n".join(line for line in answer.text.splitlines() if "csrf" not in line and 'name="username"' not in line)
        for answer in (known, unknown)
    )
    assert one == other
    assert "用户名或密码不正确" in known.text


@pytest.mark.parametrize("username", ["officer", "nobody.at.all"])
def test_five_wrong_passwords_lock_the_name_and_the_page_says_until_when(browse: Browse, username: str) -> None:
    for _ in range(5):
        assert browse(None).post("/sign-in", {"username": username, "password": "wrong"}).status_code == 401
    answer = browse(None).post("/sign-in", {"username": username, "password": PASSWORD})
    assert answer.status_code == 429
    assert "登录已锁定" in answer.text


def test_a_right_password_starts_the_count_anew(browse: Browse) -> None:
    for _ in range(4):
        browse(None).post("/sign-in", {"username": "officer", "password": "wrong"})
    assert browse("officer", PASSWORD).get("/").status_code == 200
    for _ in range(4):
        answer = browse(None).post("/sign-in", {"username": "officer", "password": "wrong"})
    assert answer.status_code == 401
    assert browse("officer", PASSWORD).get("/").status_code == 200


def test_a_lock_ends_by_itself(engine: Engine) -> None:
    limits = Limits(3, 50, timedelta(minutes=15))
    begin = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    with transaction(engine) as connection:
        for minute in range(3):
            sign_in.reserve(connection, "officer", "10.0.0.1", limits, begin + timedelta(minutes=minute))
        locked = sign_in.reserve(connection, "officer", "10.0.0.2", limits, begin + timedelta(minutes=5))
        assert locked == Locked(begin + timedelta(minutes=15))
        after = sign_in.reserve(connection, "officer", "10.0.0.2", limits, begin + timedelta(minutes=15, seconds=1))
        assert not isinstance(after, Locked)


def test_an_address_that_tries_many_names_is_locked(engine: Engine) -> None:
    limits = Limits(3, 10, timedelta(minutes=15))
    begin = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    with transaction(engine) as connection:
        tries = [sign_in.reserve(connection, f"name{n}", "10.0.0.9", limits, begin) for n in range(12)]
        elsewhere = sign_in.reserve(connection, "name99", "10.0.0.10", limits, begin)
    assert [isinstance(one, Locked) for one in tries] == [False] * 10 + [True] * 2
    assert not isinstance(elsewhere, Locked)


def test_guesses_at_the_same_moment_are_counted_one_by_one(engine: Engine) -> None:
    limits = Limits(5, 500, timedelta(minutes=15))
    at = datetime.now(UTC)

    def guess(_: int) -> bool:
        with transaction(engine) as connection:
            return isinstance(sign_in.reserve(connection, "officer", "10.0.0.1", limits, at), Locked)

    with ThreadPoolExecutor(8) as pool:
        locked = list(pool.map(guess, range(16)))
    assert locked.count(False) == 5


def test_what_was_in_the_session_before_does_not_survive_the_log_in(web: Flask, browse: Browse) -> None:
    browser = browse(None)
    token = browser.token()
    with browser.client.session_transaction() as session:
        session["planted"] = "x"
    browser.client.post("/sign-in", data={"csrf_token": token, "username": "officer", "password": PASSWORD})
    with browser.client.session_transaction() as session:
        assert "planted" not in session
        assert "_user_id" in session


def test_the_cookie_is_kept_from_scripts_and_other_sites(browse: Browse) -> None:
    answer = browse(None).get("/sign-in")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_session_left_alone_ends(browse: Browse) -> None:
    browser = browse("officer")
    with browser.client.session_transaction() as session:
        session["seen"] -= 31 * 60
    assert browser.get("/").status_code == 303


def test_a_session_ends_however_busy_it_is(browse: Browse) -> None:
    browser = browse("officer")
    with browser.client.session_transaction() as session:
        session["began"] -= 13 * 3600
    assert browser.get("/").status_code == 303


def test_the_feed_of_the_map_does_not_keep_a_session_alive(browse: Browse) -> None:
    browser = browse("officer")
    with browser.client.session_transaction() as session:
        session["seen"] -= 600
        before = session["seen"]
    browser.get("/map/now.json?bbox=120,41,121,42", headers={"X-Poll": "1"})
    with browser.client.session_transaction() as session:
        assert session["seen"] == before


def test_a_new_password_ends_the_other_sessions(browse: Browse) -> None:
    here, there = browse("reviewer"), browse("reviewer")
    data = {"old": PASSWORD, "new": "Another-2026-pass", "again": "Another-2026-pass"}
    assert here.post("/account/password", data).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    back = {"old": "Another-2026-pass", "new": PASSWORD, "again": PASSWORD}
    assert here.post("/account/password", back).status_code == 303


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"old": "wrong", "new": "Another-2026-pass", "again": "Another-2026-pass"}, "当前密码不正确"),
        ({"old": PASSWORD, "new": "Another-2026-pass", "again": "other"}, "两次输入的新密码不一致"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "密码"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "不得与当前密码相同"),
    ],
)
def test_a_bad_change_of_password_says_why(browse: Browse, data: dict[str, str], said: str) -> None:
    answer = browse("officer").post("/account/password", data)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abcdefg123", True),
        ("Abcdefg12", False),
        ("abcdefg123", False),
        ("柴油车执法平台Aa12", True),
        ("Officer-1234", False),
        ("A1-" + "x" * 126, False),
    ],
)
def test_the_rules_for_passwords(password: str, good: bool) -> None:
    assert (password_faults(password, "officer") == []) == good


def test_the_language_of_the_account_stays(browse: Browse) -> None:
    browser = browse("inspector")
    assert "待办" in browser.get("/").text
    browser.post("/language", {"locale": "en", "next": "/account"})
    page = browse("inspector").get("/").text
    assert '<html lang="en">' in page and "To do" in page
    browser.post("/language", {"locale": "zh", "next": "/"})


# --- administration ---


def make(browse: Browse, city: City, username: str, **changes: object) -> tuple[Browser, int]:
    browser = browse("security_admin")
    data = {
        "username": username,
        "name": "新人",
        "organisation_id": city.organisations["city"],
        "roles": ["officer"],
        "password": PASSWORD,
        **changes,
    }
    answer = browser.post("/accounts/new", data)
    assert answer.status_code == 303, answer.text
    return browser, int(answer.location.rsplit("/", 1)[1])


def test_an_account_is_made_changed_and_closed(browse: Browse, city: City, engine: Engine) -> None:
    browser, number = make(browse, city, "newcomer")
    fresh = browse("newcomer", PASSWORD)
    assert fresh.get("/violations/").status_code == 200
    data = {"name": "新人", "organisation_id": city.organisations["city"], "roles": ["read_only"], "active": "yes"}
    assert browser.post(f"/accounts/{number}", data).status_code == 303
    assert fresh.get("/violations/").status_code == 303, "a change of roles ends the sessions"
    assert browser.post(f"/accounts/{number}", {**data, "active": ""}).status_code == 303
    assert browse("newcomer", PASSWORD).get("/").status_code == 303
    with transaction(engine) as connection:
        actions = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_kind = 'account' AND subject_id = :n ORDER BY id"),
            {"n": str(number)},
        ).scalars()
        assert [a for a in actions if a != "account.sign_in"] == ["account.create", "account.change", "account.change"]


def test_a_bad_account_form_keeps_its_input_and_says_what_is_wrong(browse: Browse) -> None:
    answer = browse("security_admin").post("/accounts/new", {"username": "a b", "name": "留下的姓名", "password": "x"})
    assert answer.status_code == 422
    assert "留下的姓名" in answer.text
    assert answer.text.count('class="fault"') >= 3
    assert answer.text.count('aria-invalid="true"') >= 3


def test_a_user_name_is_used_once(browse: Browse, city: City) -> None:
    answer = browse("security_admin").post(
        "/accounts/new",
        {
            "username": "officer",
            "name": "又一个",
            "organisation_id": city.organisations["city"],
            "roles": ["officer"],
            "password": PASSWORD,
        },
    )
    assert answer.status_code == 422
    assert "该用户名已被使用" in answer.text


@pytest.mark.parametrize(
    "change", [{"roles": ["officer"], "active": "yes"}, {"roles": ["security_admin"], "active": ""}]
)
def test_the_last_security_administrator_stays(browse: Browse, city: City, change: dict[str, object]) -> None:
    number = city.accounts["security_admin"]
    data = {"name": "管理员", "organisation_id": city.organisations["city"], **change}
    answer = browse("security_admin").post(f"/accounts/{number}", data)
    assert answer.status_code == 422
    assert "最后一个有效的安全管理员" in answer.text


def test_a_password_that_was_lost_is_set_anew(browse: Browse, city: City) -> None:
    browser, number = make(browse, city, "forgetful")
    assert browser.post(f"/accounts/{number}/password", {"password": "weak"}).status_code == 422
    assert browser.post(f"/accounts/{number}/password", {"password": "Brand-New-2026"}).status_code == 303
    assert browse("forgetful", "Brand-New-2026").get("/").status_code == 200


def test_accounts_are_found_by_filter(browse: Browse, city: City) -> None:
    page = browse("security_admin").get("/accounts/?role=auditor&q=audit").text
    assert ">auditor</a>" in page and ">officer</a>" not in page
