"""The public answer for one plate: what it says, what it never says, how often it is given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOW = "now()"


@pytest.fixture(scope="module", autouse=True)
def subjects(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM api_calls"))
        for plate in ("辽NPUB01", "辽NPUB02", "辽NPUB03"):
            truck, _terminal = records.truck(connection, plate, owner="不得公开")
            entry = connection.execute(
                text(
                    "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at,"
                    " level_to, gates_only) VALUES (:t, 'heating', now() - interval '1 day', '2099-01-01', '不得公开', 'active',"
                    " now() - interval '1 h', 'orange', true) RETURNING id"
                ),
                {"t": truck},
            ).scalar_one()
            if plate == "辽NPUB02":
                connection.execute(
                    text(
                        "INSERT INTO whitelist_suspensions (entry_id, from_at, cause, reason_zh, reason_en)"
                        " VALUES (:e, now(), 'failed_test', 'x', 'x')"
                    ),
                    {"e": entry},
                )


def ask(web: Flask, plate: str, colour: str = "yellow", address: str = "203.0.113.1") -> Any:
    path = f"/api/v1/public/whitelist?plate={plate}&colour={colour}"
    return web.test_client().get(path, environ_base={"REMOTE_ADDR": address})


def test_it_says_for_what_until_when_and_up_to_which_level(web: Flask) -> None:
    answer = ask(web, "辽NPUB01")
    assert answer.status_code == 200
    assert answer.json["valid"] is True
    [leave] = answer.json["leave"]
    assert (leave["purpose"], leave["level_to"], leave["place"]) == ("heating", "orange", "gates")
    assert leave["until"].startswith("2098-12-31T16") or leave["until"].startswith("2099-01-01")
    assert "不得公开" not in answer.text


def test_suspended_unknown_and_differently_coloured_plates_are_answered_in_one_form(web: Flask) -> None:
    answers = [ask(web, plate, colour) for plate, colour in
               (("辽NPUB02", "yellow"), ("辽NNONE9", "yellow"), ("辽NPUB01", "blue"))]  # fmt: skip
    known = ask(web, "辽NPUB03").json
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json.keys() == known.keys()
        assert (answer.json["valid"], answer.json["leave"]) == (False, [])


def test_the_page_answers_without_an_account(browse: Browse) -> None:
    page = browse(None).get("/whitelist/answer?plate=辽n·pub01&colour=yellow")
    assert page.status_code == 200
    assert "当前有效" in page.text and "供暖" in page.text and "不得公开" not in page.text
    assert "当前没有有效的白名单" in browse(None).get("/whitelist/answer?plate=辽NPUB02&colour=yellow").text
    for odd in (
        "",
        "?plate=&colour=",
        "?plate=%00&colour=yellow",
        "?plate=辽N1&colour=pink",
        "?plate=%25%25%25&colour=blue",
    ):
        assert browse(None).get(f"/whitelist/answer{odd}").status_code == 200, odd


def test_an_address_is_answered_so_often_a_minute_and_others_besides(web: Flask, engine: Engine) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    with transaction(engine) as connection:  # as if it had asked before, in this minute and the next
        for at in (minute, minute + timedelta(minutes=1)):
            connection.execute(
                text("INSERT INTO api_calls (caller, minute, calls) VALUES ('whitelist:203.0.113.9', :m, 30)"),
                {"m": at},
            )
    answer = ask(web, "辽NPUB01", address="203.0.113.9")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    page = web.test_client().get(
        "/whitelist/answer?plate=辽NPUB01&colour=yellow", environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert page.status_code == 429 and "Retry-After" in page.headers and "查询过于频繁" in page.text
    assert ask(web, "辽NPUB01", address="203.0.113.8").status_code == 200
