"""Who may do what: every route with every role, CSRF, headers, addresses to go on to."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from werkzeug.routing import Rule

from server.store.users import Role
from server.web.access import PERMISSIONS, PUBLIC, permission_of, safe_next
from server.web.frame import PLACES, content_policy
from tests.server.conftest import Browser

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]

# a value for each variable part of an address; nothing with it exists
ARGUMENTS = {
    "int": 999999999,
    "default": "nothing",
    "string": "nothing",
    "path": "nothing",
    "float": 1.5,
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every rule with each method and an address that fits it."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        values = {
            name: ARGUMENTS.get(getattr(converter, "regex", "") and _kind(converter), "nothing")
            for name, converter in rule._converters.items()
        }
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, adapter.build(rule.endpoint, values, method=method)


def _kind(converter: object) -> str:
    names = {"IntegerConverter": "int", "FloatConverter": "float", "UUIDConverter": "uuid", "PathConverter": "path"}
    return names.get(type(converter).__name__, "default")


def test_every_view_names_a_permission_that_exists(web: Flask) -> None:
    for rule, _, _ in routes(web):
        permission = permission_of(web, rule.endpoint)
        assert permission == PUBLIC or permission in PERMISSIONS, rule.endpoint


def test_every_permission_has_a_role_and_reads_are_apart_from_writes() -> None:
    for permission, roles in PERMISSIONS.items():
        assert roles, permission
        if not permission.endswith((".read", "signed_in", ".evidence")):
            assert Role.READ_ONLY not in roles, permission


@pytest.mark.parametrize("role", list(Role))
def test_each_route_refuses_exactly_the_roles_that_the_table_leaves_out(web: Flask, browse: Browse, role: Role) -> None:
    browser = browse(role.value)
    wrong = []
    for rule, method, address in routes(web):
        permission = permission_of(web, rule.endpoint)
        if permission == PUBLIC or rule.endpoint in {"accounts.sign_out", "accounts.own_sessions"}:
            continue
        answer = browser.get(address) if method == "GET" else browser.client.open(address, method=method)
        if method != "GET":  # without a token every write is refused before anything else is looked at
            allowed = answer.status_code in {400, 403, 404, 405}
        else:
            allowed = (answer.status_code != 403) == (role in PERMISSIONS[str(permission)])
        if not allowed or answer.status_code >= 500:
            wrong.append((role.value, method, address, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_writes_with_a_token_refuse_the_roles_that_the_table_leaves_out(web: Flask, browse: Browse, role: Role) -> None:
    browser = browse(role.value)
    token = browser.token()
    wrong = []
    for rule, method, address in routes(web):
        permission = permission_of(web, rule.endpoint)
        if method == "GET" or permission == PUBLIC or role in PERMISSIONS[str(permission)]:
            continue
        answer = browser.client.open(address, method=method, data={"csrf_token": token})
        if answer.status_code != 403:
            wrong.append((role.value, method, address, answer.status_code))
    assert wrong == []


def test_nobody_is_sent_to_the_log_in_and_comes_back(browse: Browse) -> None:
    answer = browse(None).get("/violations/?status=flagged")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/violations/?status%3Dflagged"


def test_a_poll_of_nobody_gets_401_and_no_page(browse: Browse) -> None:
    answer = browse(None).get("/map/now.json?bbox=120,41,121,42", headers={"X-Poll": "1"})
    assert answer.status_code == 401
    assert answer.is_json


def test_a_write_without_a_token_changes_nothing(browse: Browse) -> None:
    answer = browse("officer").client.post("/language", data={"locale": "en"})
    assert answer.status_code == 400
    assert "页面已过期" in answer.text


def test_a_token_of_another_session_is_refused(browse: Browse) -> None:
    foreign = browse("officer2").token()
    answer = browse("officer").client.post("/language", data={"locale": "en", "csrf_token": foreign})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "evil.example",
        "",
        None,
    ],
)
def test_nobody_is_sent_on_to_another_site(web: Flask, target: str | None) -> None:
    with web.test_request_context():
        assert safe_next(target) == "/"


def test_addresses_of_this_site_are_gone_on_to(web: Flask) -> None:
    with web.test_request_context():
        assert safe_next("/violations/?status=flagged&page=2") == "/violations/?status=flagged&page=2"


def test_every_answer_carries_the_security_headers(browse: Browse) -> None:
    for address in ("/sign-in", "/healthz", "/nothing-here", "/static/css/frame.css"):
        answer = browse(None).get(address)
        headers = answer.headers
        answer.close()
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_only_the_host_of_the_tiles_is_let_in() -> None:
    assert "https://t0.tianditu.gov.cn;" in content_policy("https://t0.tianditu.gov.cn/vec/{z}/{x}/{y}?tk=k")
    assert "http" not in content_policy("")
    assert "javascript" not in content_policy("javascript:alert(1)")


def test_pages_hold_no_inline_script_or_style(browse: Browse) -> None:
    for address in ("/", "/map/", "/violations/", "/leads/", "/account"):
        page = browse("officer").get(address).text
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


def test_the_bar_shows_what_the_role_may_see_and_nothing_else(web: Flask, browse: Browse) -> None:
    for role in Role:
        if role is Role.DEVICE:
            continue
        page = browse(role.value).get("/").text
        for place in PLACES:
            if place.endpoint not in web.view_functions:
                continue
            permission = str(permission_of(web, place.endpoint))
            with web.test_request_context():
                shown = f'<a href="{url_for(place.endpoint)}"' in page
            assert shown == (role in PERMISSIONS[permission]), (role, place.endpoint)
