"""The form behind the QR code of a gate: who may use it, what it tells, what becomes of an entry."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import TOKEN, Browser, City, close_sent
from tests.server.ledger_world import add_gate

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
KEY = re.compile(r'name="form_key" value="([0-9a-f]{32})"')
ENTRY = {"direction": "in", "plate": "辽n12345", "plate_colour": "yellow", "fuel": "diesel", "stage": "5", "cargo": "煤",
         "quantity": "31.5", "unit": "t", "owner_phone": "13800000000"}  # fmt: skip


@pytest.fixture(scope="module")
def gate(engine: Engine, city: City) -> tuple[int, str]:
    """The gate of the enterprise account and what its QR code holds."""
    with transaction(engine) as connection:
        number = add_gate(connection, city.enterprise_id)
        code: str = connection.execute(
            text("SELECT driver_code FROM gates WHERE id = :id"), {"id": number}
        ).scalar_one()
    return number, code


@pytest.fixture(autouse=True)
def calm(web: Flask, engine: Engine, city: City) -> Iterator[None]:
    """No count of an earlier test holds a later one back."""
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM api_calls"))
    yield


def open_form(browser: Browser, code: str) -> dict[str, str]:
    """The hidden fields of a fresh form."""
    page = browser.get(f"/gate/{code}").text
    token, key = TOKEN.search(page), KEY.search(page)
    assert token is not None and key is not None, page
    return {"csrf_token": token[1], "form_key": key[1]}


def send(browser: Browser, code: str, hidden: dict[str, str], **changes: Any) -> Any:
    answer = browser.client.post(f"/gate/{code}", data={**hidden, **ENTRY, **changes})
    close_sent(answer)
    return answer


def passages(engine: Engine) -> list[Any]:
    with transaction(engine) as connection:
        return list(connection.execute(text("SELECT * FROM ledger_passages ORDER BY id")))


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "JPEG")
    out.seek(0)
    return out


def test_an_entry_waits_and_the_gatekeeper_confirms_it(
    browse: Browse, engine: Engine, city: City, gate: tuple[int, str]
) -> None:
    driver, plant = browse(None), browse("enterprise")
    hidden = open_form(driver, gate[1])
    answer = send(driver, gate[1], hidden, list_photo=(picture(), "清单.jpg"))
    assert answer.status_code == 200 and "已提交" in answer.text and "12345" in answer.text
    again = send(driver, gate[1], hidden)
    assert again.status_code == 200
    (row,) = passages(engine)
    assert (row.state, row.source, row.plate, row.enterprise_id) == ("pending", "phone", "辽N12345", city.enterprise_id)
    assert (row.entrance_no, row.barrier_no, row.direction, str(row.tonnes)) == ("1", "01", "in", "31.500")
    item = int(row.photos["vehicle_list"].removeprefix("item:"))
    assert plant.get(f"/evidence/{item}").status_code == 200
    assert browse("other").get(f"/evidence/{item}").status_code == 404
    assert count(engine, "SELECT coalesce(sum(passages), 0) FROM ledger_days") == 0  # what waits counts for nothing

    assert "有 1 条司机登记待门卫核对" in plant.get("/ledgers/").text
    listed = plant.get("/ledger-reviews/").text
    assert "12345" in listed and "13800000000" in listed
    assert plant.post(f"/ledger-reviews/{row.id}/confirm", {"version": row.version + 5}).status_code == 409
    done = plant.post(f"/ledger-reviews/{row.id}/confirm", {"version": row.version}, follow_redirects=True)
    assert "已确认" in done.text
    assert passages(engine)[0].state == "taken"
    assert count(engine, "SELECT sum(passages) FROM ledger_days") == 1
    assert plant.post(f"/ledger-reviews/{row.id}/confirm", {"version": row.version + 1}).status_code == 422


def count(engine: Engine, statement: str) -> int:
    with transaction(engine) as connection:
        return int(connection.execute(text(statement)).scalar_one())


def test_an_entry_is_refused_with_a_reason_or_corrected(browse: Browse, engine: Engine, gate: tuple[int, str]) -> None:
    driver, plant = browse(None), browse("enterprise")
    send(driver, gate[1], open_form(driver, gate[1]), plate="辽N55555")
    row = passages(engine)[-1]
    assert plant.post(f"/ledger-reviews/{row.id}/refuse", {"version": row.version, "reason": ""}).status_code == 422
    answer = plant.post(f"/ledger-reviews/{row.id}/refuse", {"version": row.version, "reason": "没有这辆车"})
    assert answer.status_code == 303 and passages(engine)[-1].state == "refused"
    page = plant.get(f"/ledgers/{row.id}").text
    assert "没有这辆车" in page and "未确认" in page
    send(driver, gate[1], open_form(driver, gate[1]), plate="辽N55555")
    row = passages(engine)[-1]
    assert row.state == "pending"
    draft = {
        "version": row.version,
        "reason": "司机写错排放阶段",
        **fields_of(plant.get(f"/ledgers/{row.id}/edit").text),
    }
    assert plant.post(f"/ledgers/{row.id}/edit", {**draft, "stage": "4"}).status_code == 303
    corrected = passages(engine)[-1]
    assert (corrected.stage, corrected.state) == ("4", "pending")


FIELD = re.compile(r'<input class="form-control" type="(?:text|date)" value="([^"]*)" id="f-\w+" name="(\w+)"')
SELECT = re.compile(r'<select[^>]* name="(\w+)".*?</select>', re.DOTALL)
CHOSEN = re.compile(r'<option value="([^"]*)" selected')


def fields_of(page: str) -> dict[str, str]:
    """What the form holds as it is shown."""
    found = {name: value for value, name in FIELD.findall(page)}
    for one in SELECT.finditer(page):
        chosen = CHOSEN.search(one[0])
        found[one[1]] = chosen[1] if chosen else ""
    return found


def test_faults_stand_at_their_fields_and_nothing_is_kept(
    browse: Browse, engine: Engine, gate: tuple[int, str]
) -> None:
    driver, before = browse(None), len(passages(engine))
    refusals = count(engine, "SELECT count(*) FROM ledger_refusals")
    answer = send(driver, gate[1], open_form(driver, gate[1]), plate="?", stage="7", unit="", quantity="-3")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text and "不是号牌" in answer.text and "代码 7" in answer.text
    assert 'value="13800000000"' in answer.text  # what was typed stays
    broken = send(driver, gate[1], open_form(driver, gate[1]), list_photo=(io.BytesIO(b"MZ no picture"), "x.jpg"))
    assert broken.status_code == 422 and "x.jpg" in broken.text
    assert send(driver, gate[1], {**open_form(driver, gate[1]), "form_key": "x"}).status_code == 422
    assert send(driver, gate[1], {"form_key": "0" * 32}).status_code == 400  # no token of the page
    assert len(passages(engine)) == before
    assert count(engine, "SELECT count(*) FROM ledger_refusals") == refusals


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_tells_the_name_of_the_gate_and_nothing_else(
    browse: Browse, engine: Engine, gate: tuple[int, str], language: str
) -> None:
    driver = browse(None)
    driver.client.set_cookie("language", language)
    page = driver.get(f"/gate/{gate[1]}").text
    assert "东门" in page and "宏达运输" not in page and "211302" not in page
    assert ("Which way" in page) == (language == "en")
    for code in ("0" * 64, "x", gate[1][:-1], gate[1].upper(), "%00" * 64, "../gates"):
        assert driver.get(f"/gate/{code}").status_code == 404, code


def test_a_closed_gate_and_a_renewed_code_lead_nowhere(browse: Browse, engine: Engine, gate: tuple[int, str]) -> None:
    driver, plant = browse(None), browse("enterprise")
    with transaction(engine) as connection:
        connection.execute(text("UPDATE gates SET state = 'closed' WHERE id = :id"), {"id": gate[0]})
    assert driver.get(f"/gate/{gate[1]}").status_code == 404
    assert plant.get(f"/gate-codes/{gate[0]}").status_code == 404
    with transaction(engine) as connection:
        connection.execute(text("UPDATE gates SET state = 'active' WHERE id = :id"), {"id": gate[0]})
    page = plant.get(f"/gate-codes/{gate[0]}").text
    assert f"/gate/{gate[1]}" in page and "东门" in plant.get("/gate-codes/").text
    drawing = plant.get(f"/gate-codes/{gate[0]}/code.svg")
    assert drawing.mimetype == "image/svg+xml" and 'xmlns="http://www.w3.org/2000/svg"' in drawing.text
    assert plant.post(f"/gate-codes/{gate[0]}/renew", {"reason": ""}).status_code == 422
    assert plant.post(f"/gate-codes/{gate[0]}/renew", {"reason": "有人乱扫"}).status_code == 303
    assert driver.get(f"/gate/{gate[1]}").status_code == 404
    with transaction(engine) as connection:
        new = connection.execute(text("SELECT driver_code FROM gates WHERE id = :id"), {"id": gate[0]}).scalar_one()
        connection.execute(text("UPDATE gates SET driver_code = :c WHERE id = :id"), {"c": gate[1], "id": gate[0]})
    assert re.fullmatch("[0-9a-f]{64}", new) and new != gate[1]
    assert browse("officer").get(f"/gate-codes/{gate[0]}").status_code == 403


def test_sending_too_often_is_held_back(web: Flask, browse: Browse, engine: Engine, gate: tuple[int, str]) -> None:
    driver, most = browse(None), web.extensions["settings"].driver_sends_address
    hidden = open_form(driver, gate[1])
    answers = [send(driver, gate[1], hidden).status_code for _ in range(most + 1)]
    assert answers == [200] * most + [429]
    held = send(driver, gate[1], hidden)
    assert held.status_code == 429 and 0 < int(held.headers["Retry-After"]) <= 60 and "提交过于频繁" in held.text
    assert driver.get(f"/gate/{gate[1]}").status_code == 200  # looking is counted apart
