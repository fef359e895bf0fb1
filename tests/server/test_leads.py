"""Leads: seen in their area, closed once, with a reason."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SETTLE = {"status": "settled", "reason": "visited", "note": "已到现场核查"}


def lead(engine: Engine, device: str, division: str = "211302") -> int:
    with transaction(engine) as connection:
        number: int = connection.execute(
            text(
                "INSERT INTO leads (kind, key, device, division, first_at, last_at, lon, lat, detail) VALUES"
                " ('unknown_device', :d, :d, :v, now(), now(), 120.44, 41.58, '{\"kind\": \"hdv\"}') RETURNING id"
            ),
            {"d": device, "v": division},
        ).scalar_one()
    return number


def test_a_lead_is_closed_once_and_stands_in_the_audit_log(browse: Browse, engine: Engine) -> None:
    number = lead(engine, "LUNKNOWN1")
    first, second = browse("officer"), browse("inspector")
    assert "LUNKNOWN1" in first.get("/leads/?status=open").text
    assert first.post(f"/leads/{number}/decision", SETTLE).status_code == 303
    assert (
        second.post(f"/leads/{number}/decision", {**SETTLE, "status": "dismissed", "reason": "other"}).status_code
        == 303
    )
    assert "该线索已由他人处理" in second.get("/").text
    page = first.get(f"/leads/{number}").text
    assert "已现场核查" in page and "已到现场核查" in page and "姓名officer" in page and "处理线索" in page


@pytest.mark.parametrize(
    "data", [{}, {**SETTLE, "reason": "other"}, {**SETTLE, "note": ""}, {**SETTLE, "status": "open"}]
)
def test_closing_needs_a_reason_and_a_note(browse: Browse, engine: Engine, data: dict[str, str]) -> None:
    number = lead(engine, f"LUNKNOWN{id(data)}")
    answer = browse("officer").post(f"/leads/{number}/decision", data)
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text


def test_a_county_sees_its_own_leads(browse: Browse, engine: Engine, city: City) -> None:
    own, foreign = lead(engine, "LOWN", "211324"), lead(engine, "LFOREIGN", "211322")
    county = browse("county")
    assert county.get(f"/leads/{own}").status_code == 200
    assert county.get(f"/leads/{foreign}").status_code == 404
    assert county.post(f"/leads/{foreign}/decision", SETTLE).status_code == 404
    page = county.get("/leads/").text
    assert "LOWN" in page and "LFOREIGN" not in page
