"""Signing in on a tablet, making it known, shutting it out; the app's files; texts; compression."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from server.db import transaction
from server.store.users import Role
from server.web.access import PERMISSIONS
from tests.server.conftest import PASSWORD, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
KEY = bytes(range(32))


class Device:
    """What the app on a tablet says to the server."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.csrf = self.session()["csrf"]
        self.headers: dict[str, str] = {}

    def session(self) -> Any:
        return self.client.get("/tablet/session").json

    def send(self, method: str, path: str, body: object = None) -> TestResponse:
        headers = {"X-CSRFToken": self.csrf, "Accept": "application/json", **self.headers}
        return self.client.open(path, method=method, json=body, headers=headers)

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        answer = self.send("POST", "/tablet/session", {"username": username, "password": password})
        if answer.status_code == 200:
            self.csrf = answer.json["csrf"]  # type: ignore[index]
        return answer

    def enrol(self, number: str, key: bytes = KEY, **more: object) -> TestResponse:
        body = {"id": number, "name": "Pad 7", "vault_key": base64.b64encode(key).decode(), **more}
        return self.send("POST", "/tablet/enrolment", body)


@pytest.fixture
def device(web: Flask, city: City) -> Callable[..., Device]:
    """A tablet; with a user name: signed in."""

    def make(username: str | None = None) -> Device:
        made = Device(web.test_client())
        if username:
            assert made.sign_in(username).status_code == 200
        return made

    return make


@pytest.fixture(autouse=True)
def free_of_locks(engine: Engine) -> Iterator[None]:
    """No test's wrong passwords lock another's account."""
    yield
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM login_attempts"))


def actions(engine: Engine, subject: str) -> list[str]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_id = :s ORDER BY id"), {"s": subject}
        )
        return list(rows.scalars())


# --- signing in ---


def test_an_inspector_signs_in_and_gets_who_and_where(device: Callable[..., Device]) -> None:
    tablet = device()
    assert tablet.session()["signed_in"] is False
    told: Any = tablet.sign_in("inspector").json
    assert told["signed_in"] is True
    assert told["keep_days"] == 7
    assert told["account"]["username"] == "inspector"
    assert told["account"]["city"]["code"] == "211300"
    assert told["account"]["city"]["plate_prefix"] == "辽N"
    assert told["account"]["organisation"] == {
        "id": told["account"]["organisation"]["id"],
        "zh": "单位city",
        "en": "city",
    }
    assert tablet.session()["account"]["username"] == "inspector"


def test_an_account_of_a_county_belongs_to_its_city(device: Callable[..., Device]) -> None:
    told = device("county").session()["account"]
    assert (told["division"], told["city"]["code"]) == ("211324", "211300")


@pytest.mark.parametrize("role", list(Role))
def test_only_officers_reviewers_and_inspectors_are_let_in(device: Callable[..., Device], role: Role) -> None:
    if role is Role.DEVICE:
        return
    answer = device().sign_in(role.value)
    assert (answer.status_code == 200) == (role in PERMISSIONS["tablet.use"])
    if answer.status_code != 200:
        told: Any = answer.json
        assert (answer.status_code, told["code"]) == (403, "not_for_tablets")
        assert "生态环境" in told["zh"] and "ecology" in told["en"]


@pytest.mark.parametrize("username", ["police", "transport"])
def test_officers_of_other_bureaus_are_refused(device: Callable[..., Device], username: str) -> None:
    tablet = device()
    assert tablet.sign_in(username).status_code == 403
    assert tablet.session()["signed_in"] is False


def test_whoever_may_not_use_it_is_nobody_on_the_tablet_though_signed_in_on_the_pages(browse: Browse) -> None:
    told: Any = browse("auditor").client.get("/tablet/session").json
    assert told["signed_in"] is False


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(device: Callable[..., Device]) -> None:
    answers = [device().sign_in("nobody-here"), device().sign_in("inspector", "wrong")]
    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].json == answers[1].json
    told: Any = answers[0].json
    assert told["code"] == "wrong"


def test_wrong_passwords_lock_the_account_as_on_the_page(device: Callable[..., Device]) -> None:
    for _ in range(5):
        assert device().sign_in("reviewer", "wrong").status_code == 401
    answer = device().sign_in("reviewer")
    assert answer.status_code == 429
    assert answer.json["code"] == "locked"  # type: ignore[index]


def test_a_right_password_of_a_refused_role_counts_as_no_failure(device: Callable[..., Device], engine: Engine) -> None:
    for _ in range(6):
        assert device().sign_in("auditor").status_code == 403
    with transaction(engine) as connection:
        failed = connection.execute(
            text("SELECT count(*) FROM login_attempts WHERE username = 'auditor' AND NOT succeeded")
        ).scalar_one()
    assert failed == 0


def test_a_body_that_is_none_is_refused(device: Callable[..., Device]) -> None:
    bodies: tuple[object, ...] = (None, [], "text", 7)
    for body in bodies:
        assert device().send("POST", "/tablet/session", body).status_code == 400


def test_nothing_is_written_without_a_token(web: Flask, city: City) -> None:
    client = web.test_client()
    for method, path in (("POST", "/tablet/session"), ("DELETE", "/tablet/session"), ("POST", "/tablet/enrolment")):
        answer = client.open(path, method=method, json={}, headers={"Accept": "application/json"})
        assert answer.status_code in {400, 401}
        assert answer.json["code"] in {"csrf", "signed_out"}  # type: ignore[index]


def test_signing_out_ends_the_session_and_is_audited(device: Callable[..., Device], engine: Engine, city: City) -> None:
    tablet = device("inspector")
    assert tablet.send("DELETE", "/tablet/session").json["signed_in"] is False  # type: ignore[index]
    assert tablet.session()["signed_in"] is False
    assert actions(engine, str(city.accounts["inspector"]))[-1] == "account.sign_out"


def aged(tablet: Device, began: int, seen: int) -> None:
    """Let the session have begun, and been used for a page, so many hours ago."""
    now = int(datetime.now(UTC).timestamp())
    with tablet.client.session_transaction() as session:
        session["began"], session["seen"] = now - began * 3600, now - seen * 3600


def test_a_log_in_on_a_tablet_lasts_for_days_and_outlives_the_browser(device: Callable[..., Device]) -> None:
    tablet = device("inspector")
    [cookie] = [one for one in tablet.send("POST", "/tablet/session", login()).headers.getlist("Set-Cookie")]
    assert "Expires=" in cookie or "Max-Age=" in cookie
    aged(tablet, 160, 160)
    assert tablet.session()["signed_in"] is True
    assert tablet.client.get("/tablet/data/reference").status_code == 200


def test_it_opens_pages_no_longer_than_others_and_is_not_ended_by_them(device: Callable[..., Device]) -> None:
    tablet = device("inspector")
    aged(tablet, 1, 1)
    tablet.client.get("/tablet/data/reference")
    assert tablet.client.get("/inspections/").status_code == 303, "left alone for an hour, whatever the tablet sends"
    assert tablet.session()["signed_in"] is True


def test_it_ends_after_seven_days(device: Callable[..., Device]) -> None:
    tablet = device("inspector")
    aged(tablet, 169, 0)
    assert tablet.session()["signed_in"] is False
    assert tablet.client.get("/tablet/data/reference", headers={"Accept": "application/json"}).status_code == 401


def login() -> dict[str, str]:
    return {"username": "inspector", "password": PASSWORD}


def test_every_answer_tells_our_time_and_what_the_device_may_be_used_for(device: Callable[..., Device]) -> None:
    tablet = device("inspector")
    answers = [tablet.client.get(one) for one in ("/tablet/session", "/tablet/data/nothing", "/tablet/sync/nothing")]
    answers.append(tablet.enrol(str(uuid4())))
    for answer in answers:
        now = datetime.now(UTC).timestamp() * 1000
        assert abs(now - int(answer.headers["X-Server-Time"])) < 60_000
        assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "X-Server-Time" not in tablet.client.get("/sign-in").headers
    assert "camera=()" in tablet.client.get("/sign-in").headers["Permissions-Policy"]


# --- making a tablet known ---


def test_the_first_key_is_kept_and_given_back_to_its_account_alone(
    device: Callable[..., Device], engine: Engine
) -> None:
    number = str(uuid4())
    first: Any = device("inspector").enrol(number, app_version="a1").json
    again: Any = device("inspector").enrol(number, bytes(32), unsent=3, offset_ms=-1500).json
    assert base64.b64decode(first["vault_key"]) == KEY
    assert again["vault_key"] == first["vault_key"]
    other = device("officer").enrol(number)
    assert (other.status_code, other.json["code"]) == (409, "other_account")  # type: ignore[index]
    assert KEY not in other.data and first["vault_key"] not in other.text
    assert actions(engine, number) == ["tablet.enrolled"]
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT * FROM tablets WHERE id = :id"), {"id": number}).one()
    assert (row.app_version, row.unsent, row.clock_offset_ms, row.name) == ("a1", 3, -1500, "Pad 7")


def test_two_accounts_on_one_device_have_a_tablet_and_a_key_each(device: Callable[..., Device]) -> None:
    keys = [bytes([n]) * 32 for n in (1, 2)]
    given = [
        device(name).enrol(str(uuid4()), key).json["vault_key"]  # type: ignore[index]
        for name, key in zip(("inspector", "officer"), keys, strict=True)
    ]
    assert [base64.b64decode(one) for one in given] == keys


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"id": None},
        {"id": 7},
        {"vault_key": ""},
        {"vault_key": "AAAA"},
        {"vault_key": "ä" * 44},
        {"id": {}},
    ],
)
def test_an_enrolment_that_is_none_is_refused(device: Callable[..., Device], change: dict[str, object]) -> None:
    body = {"id": str(uuid4()), "name": "x", "vault_key": base64.b64encode(KEY).decode(), **change}
    assert device("inspector").send("POST", "/tablet/enrolment", body).status_code == 400


def test_hostile_numbers_and_names_do_no_harm(device: Callable[..., Device]) -> None:
    more: dict[str, Any] = {
        "unsent": 10**30,
        "offset_ms": "x",
        "app_version": "\0" * 90,
        "discarded": [None, {"key": "\0"}, 7],
    }
    answer = device("inspector").enrol(str(uuid4()), name="\0 \n" + "长" * 99, **more)
    assert answer.status_code == 200
    assert answer.json["name"] == "长" * 60  # type: ignore[index]


def test_why_drafts_were_thrown_away_is_in_the_log(device: Callable[..., Device], engine: Engine) -> None:
    number = str(uuid4())
    told = [{"key": "k1", "subject": "辽NA1234", "reason": "误建"}]
    device("inspector").enrol(number, discarded=told)
    with transaction(engine) as connection:
        detail = connection.execute(
            text("SELECT detail FROM audit_log WHERE subject_id = :s AND action = 'tablet.draft_discarded'"),
            {"s": number},
        ).scalar_one()
    assert detail == told[0]


# --- whose call it is ---


def test_the_session_of_another_account_carries_nothing(device: Callable[..., Device]) -> None:
    tablet = device("inspector")
    tablet.headers = {"X-Tablet-Account": "officer"}
    for path in ("/tablet/enrolment", "/tablet/sync/checks", "/tablet/data/reference"):
        answer = tablet.send("POST", path, {})
        if answer.status_code != 404:
            assert (answer.status_code, answer.json["code"]) == (401, "other_account")  # type: ignore[index]
    assert tablet.enrol(str(uuid4())).status_code == 401
    tablet.headers = {"X-Tablet-Account": "inspector"}
    assert tablet.enrol(str(uuid4())).status_code == 200


# --- the page of tablets ---


def test_a_revoked_tablet_hears_it_at_once_even_signed_out_and_can_be_let_in_again(
    device: Callable[..., Device], browse: Browse, engine: Engine
) -> None:
    number, tablet = str(uuid4()), device("inspector")
    tablet.headers = {"X-Tablet": number}
    assert tablet.enrol(number).status_code == 200
    officer = browse("officer")
    assert "Pad 7" in officer.get("/tablets/?q=inspector").text
    assert officer.post(f"/tablets/{number}/revoke", {"reason": " "}).status_code == 422
    assert officer.post(f"/tablets/{number}/revoke", {"reason": "终端遗失"}).status_code == 303
    assert officer.post(f"/tablets/{number}/revoke", {"reason": "终端遗失"}).status_code == 404
    answer = tablet.send("GET", "/tablet/session")
    assert (answer.status_code, answer.json["code"]) == (403, "revoked")  # type: ignore[index]
    tablet.headers = {}
    assert tablet.session()["signed_in"] is False, "the sessions of the account have ended"
    again = device("inspector").enrol(number)
    assert (again.status_code, again.json["code"]) == (403, "revoked")  # type: ignore[index]
    assert "终端遗失" in officer.get("/tablets/").text
    assert officer.post(f"/tablets/{number}/restore").status_code == 303
    assert device("inspector").enrol(number).status_code == 200
    assert actions(engine, number) == ["tablet.enrolled", "tablet.revoked", "tablet.restored"]


def test_an_officer_sees_the_tablets_of_the_own_area_and_the_security_administrator_all(
    device: Callable[..., Device], browse: Browse
) -> None:
    number = str(uuid4())
    device("county").enrol(number, name="县局终端")
    assert "县局终端" in browse("officer").get("/tablets/").text
    assert "县局终端" in browse("county").get("/tablets/").text
    assert "县局终端" in browse("security_admin").get("/tablets/").text
    assert "县局终端" not in browse("other").get("/tablets/").text
    assert browse("other").post(f"/tablets/{number}/revoke", {"reason": "不归我管"}).status_code == 404
    assert browse("inspector").get("/tablets/").status_code == 403
    assert browse("police").get("/tablets/").status_code == 403


def test_the_key_is_on_no_page(device: Callable[..., Device], browse: Browse) -> None:
    device("inspector").enrol(str(uuid4()))
    page = browse("security_admin").get("/tablets/").text
    assert base64.b64encode(KEY).decode() not in page and KEY.hex() not in page


# --- the files of the app ---


def files_of(worker: str) -> list[tuple[str, str]]:
    found = re.search(r"^const FILES = (.*);$", worker, re.M)
    assert found
    return [(address, sha256) for address, sha256 in json.loads(found.group(1))]


def test_every_file_that_the_worker_keeps_is_served_as_it_was_listed(web: Flask) -> None:
    client = web.test_client()
    files = files_of(client.get("/tablet/worker.js").text)
    for address, sha256 in files:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert hashlib.sha256(answer.data).hexdigest() == sha256, address
        answer.close()
    kept = {address for address, _ in files}
    assert {"/tablet/", "/tablet/words/zh.json", "/static/tablet/app.js", "/static/css/tablet.css"} <= kept
    assert not any(address.startswith(("/tablet/session", "/tablet/data", "/tablet/sync")) for address in kept)


def test_one_answer_holds_every_file_but_the_page(web: Flask) -> None:
    client = web.test_client()
    files = files_of(client.get("/tablet/worker.js").text)
    texts = json.loads(client.get("/tablet/pack.json").data)
    assert texts.keys() == {address for address, _ in files} - {"/tablet/"}
    for address, sha256 in files:
        assert address == "/tablet/" or hashlib.sha256(texts[address].encode()).hexdigest() == sha256


def test_the_page_loads_ahead_what_the_first_screen_needs_and_no_more(web: Flask) -> None:
    page = web.test_client().get("/tablet/").text
    ahead = set(re.findall(r'rel="modulepreload" href="/static/([^"]+)"', page))
    assert {"tablet/app.js", "tablet/screens/sign_in.js", "tablet/vault/pin.js", "vendor/idb.js"} <= ahead
    assert not ahead & {"tablet/screens/home.js", "tablet/installs.js", "tablet/screens/index.js"}


def test_every_module_that_is_imported_is_kept(web: Flask) -> None:
    client = web.test_client()
    kept = {address for address, _ in files_of(client.get("/tablet/worker.js").text)}
    importing = re.compile(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""")
    for address in sorted(one for one in kept if one.endswith(".js") and "/vendor/" not in one):
        answer = client.get(address)
        for name in importing.findall(answer.text):
            path = address.rsplit("/", 1)[0]
            for part in name.split("/"):
                path = path.rsplit("/", 1)[0] if part == ".." else path if part == "." else f"{path}/{part}"
            assert path in kept, f"{address} imports {name}"
        answer.close()


def test_the_page_is_the_same_for_everybody_and_holds_no_account(browse: Browse) -> None:
    nobody, inspector = browse(None).get("/tablet/"), browse("inspector").get("/tablet/")
    assert nobody.status_code == 200
    assert nobody.data == inspector.data
    assert "姓名" not in nobody.text and "csrf" not in nobody.text
    assert nobody.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in nobody.headers
    assert "default-src 'none'" in nobody.headers["Content-Security-Policy"]


def test_the_manifest_has_what_installing_needs(web: Flask) -> None:
    client = web.test_client()
    told = json.loads(client.get("/tablet/manifest.webmanifest").data)
    assert (told["start_url"], told["scope"], told["display"]) == ("/tablet/", "/tablet/", "standalone")
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        answer = client.get(icon["src"])
        assert answer.status_code == 200
        answer.close()


def test_scripts_and_styles_leave_compressed_and_a_known_one_is_not_sent_again(web: Flask) -> None:
    client = web.test_client()
    for address in ("/static/tablet/app.js", "/static/css/tablet.css", "/tablet/", "/tablet/worker.js"):
        plain = client.get(address)
        packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data)
        headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
        again = client.get(address, headers=headers)
        assert (again.status_code, again.data) == (304, b"")
        for one in (plain, packed, again):
            one.close()


def test_pages_with_a_token_are_never_compressed(browse: Browse) -> None:
    answer = browse("officer").get("/account", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
