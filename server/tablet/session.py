"""Who is signed in on a tablet, signing in and out inside the app, and making the tablet known.

The same limits, answers and audit as the log-in page; what differs is the form (JSON) and that only inspectors of an
ecology bureau are let in.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, session
from flask_login import login_user, logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection

from enforcement.rules.book import get_rule
from server.db import transaction
from server.flows import enrol_tablet, rule_book, sign_in
from server.flows.enrol_tablet import KEY_BYTES, Greeting, OtherAccount, RevokedTablet
from server.store import audit, divisions, users
from server.store.audit import Actor
from server.store.tablets import Seen
from server.store.users import Account
from server.tablet.contact import OTHER_ACCOUNT, REVOKED, tablet_id
from server.tablet.problems import Problem
from server.web.access import (
    PUBLIC,
    Visitor,
    allow,
    begin_session,
    current_account,
    current_actor,
    engine,
    find_current_account,
    permits,
    session_is_over,
)
from server.web.frame import local

blueprint = Blueprint("tablet_session", __name__, url_prefix="/tablet")

USE = "tablet.use"
WRONG = ("用户名或密码不正确。", "User name or password is not right.")
NOT_FOR_TABLETS = (
    "该账号不能使用移动执法终端：仅限生态环境部门的业务、审核和检查人员。",
    "This account may not use the tablet: it is for officers, reviewers and inspectors of an ecology bureau.",
)
MALFORMED = ("请求内容不完整。", "The request is not complete.")
MOST_OFFSET_MS = 2**53


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Problem(400, "malformed", MALFORMED)
    return body


def may_use(account: Account) -> bool:
    """Whether the tablet is for this account."""
    return account.organisation_kind == "ecology" and permits(USE, account.roles, account.organisation_kind)


def city_of(connection: Connection, account: Account) -> dict[str, str]:
    """The account's city: code, names, and the two signs its plates begin with."""
    own = account.division[:4] + "00"
    code = own if own != account.division[:2] + "0000" else str(current_app.extensions["settings"].city)
    found = [row for row in divisions.list_divisions(connection, code) if row.code == code]
    names = (found[0].name_zh, found[0].name_en) if found else (code, code)
    letters = get_rule(rule_book.current(connection), "plate.home_city", datetime.now(UTC)).words
    prefix = next((entry[:2] for entry in letters if entry.endswith(f"={code[:4]}")), "")
    return {"code": code, "zh": names[0], "en": names[1] or names[0], "plate_prefix": prefix}


def _told(account: Account | None) -> Response:
    """Who is signed in, with a token for writes: {signed_in, csrf, keep_days, account}."""
    told: dict[str, Any] = {"signed_in": account is not None, "csrf": generate_csrf(), "account": None}
    told["keep_days"] = current_app.extensions["settings"].tablet_keep_days
    if account is not None:
        with transaction(engine()) as connection:
            city = city_of(connection, account)
        told["account"] = {
            "id": account.id,
            "username": account.username,
            "name": account.name,
            "card": account.enforcement_card or "",
            "division": account.division,
            "language": account.locale,
            "organisation": {
                "id": account.organisation_id,
                "zh": account.organisation_zh,
                "en": account.organisation_en or account.organisation_zh,
            },
            "city": city,
        }
    return jsonify(told)


@blueprint.get("/session")
@allow(PUBLIC)
def show() -> Response:
    """Who is signed in; an account that may not use the tablet is nobody here."""
    account = find_current_account()
    if account is not None and (session_is_over() or not may_use(account)):
        account = None
    return _told(account)


@blueprint.post("/session")
@allow(PUBLIC)
def begin() -> Response:
    """Look at name and password ({username, password}); an unknown name and a wrong password are answered alike."""
    body = _body()
    username = str(body.get("username") or "").strip().lower()[:100]
    account = _try(username, str(body.get("password") or "")[:1024])
    session.clear()  # nothing that was there before the log-in survives it
    login_user(Visitor(account))
    begin_session(account, tablet=True)
    return _told(account)


def _try(username: str, password: str) -> Account:
    address = request.remote_addr
    with transaction(engine()) as connection:
        limits = current_app.extensions["login_limits"]
        attempt = sign_in.reserve(connection, username, address, limits, datetime.now(UTC))
    if isinstance(attempt, sign_in.Locked):
        until = local(attempt.until)
        zh = f"错误次数过多，登录已锁定，请于 {until} 后重试。"
        en = f"Too many wrong attempts. Log-in is locked; try again after {until}."
        raise Problem(429, "locked", (zh, en), until=attempt.until.isoformat())
    with transaction(engine()) as connection:
        account = sign_in.check(connection, username, password)
        if account is not None and not may_use(account):
            _note_refusal(connection, account, attempt)
        else:
            sign_in.settle(connection, username, address, account, attempt, password)
    if account is None:
        raise Problem(401, "wrong", WRONG)
    if not may_use(account):
        raise Problem(403, "not_for_tablets", NOT_FOR_TABLETS)
    return account


def _note_refusal(connection: Connection, account: Account, attempt: sign_in.Reserved) -> None:
    """The password was right, so it counts towards no lock; the log says that the tablet was refused."""
    users.settle_attempt(connection, attempt.attempt_id)
    actor = Actor(account.id, account.username, account.organisation_id, request.remote_addr)
    audit.append(connection, actor, "tablet.sign_in_refused", "account", account.id)


@blueprint.delete("/session")
@allow(PUBLIC)
def end() -> Response:
    """Sign out; nobody being signed in is well too."""
    account = find_current_account()
    if account is not None:
        with transaction(engine()) as connection:
            audit.append(connection, current_actor(), "account.sign_out", "account", account.id)
        logout_user()
    session.clear()
    return _told(None)


@blueprint.post("/enrolment")
@allow(USE)
def enrol() -> Response:
    """Make a tablet known, or greet again: {id, name, vault_key, app_version, unsent, offset_ms, discarded}."""
    greeting = _greeting(_body())
    account = current_account()
    try:
        with transaction(engine()) as connection:
            known = enrol_tablet.enrol(connection, current_actor(), account, greeting)
    except RevokedTablet:
        raise Problem(403, "revoked", REVOKED) from None
    except OtherAccount:
        raise Problem(409, "other_account", OTHER_ACCOUNT) from None
    key = base64.b64encode(known.vault_key).decode("ascii")
    return jsonify(id=str(known.id), name=known.name, vault_key=key, enrolled_at=known.enrolled_at.isoformat())


def _greeting(body: dict[str, Any]) -> Greeting:
    try:
        key = base64.b64decode(str(body.get("vault_key") or ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    named = tablet_id(body.get("id"))
    if named is None or len(key) != KEY_BYTES:
        raise Problem(400, "malformed", MALFORMED)
    version = body.get("app_version")
    seen = Seen(
        str(version).replace("\0", "")[:40] if version else None,
        _whole(body.get("unsent"), 0, 1_000_000),
        _whole(body.get("offset_ms"), -MOST_OFFSET_MS, MOST_OFFSET_MS),
    )
    return Greeting(named, _line(body.get("name"), 60) or "tablet", key, seen, _discarded(body.get("discarded")))


def _whole(value: object, low: int, high: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def _line(value: object, most: int) -> str:
    return " ".join(str(value or "").replace("\0", "").split())[:most]


def _discarded(value: object) -> list[tuple[str, str, str]]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return [(_line(row.get("key"), 36), _line(row.get("subject"), 60), _line(row.get("reason"), 200)) for row in rows]
