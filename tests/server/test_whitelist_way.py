"""The way of a whitelist request: an enterprise applies, its county reviews, the city approves; suspension and its end."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.store import whitelist, whitelist_steps
from server.store.scopes import Scope
from tests.server import records
from tests.server.api_world import Program, make_token
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
Y = dt.datetime.now(dt.UTC).year + 1
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


@pytest.fixture(scope="module", autouse=True)
def subjects(engine: Engine, city: City) -> None:
    """A truck of the enterprise and one of a carrier; a plant of the county."""
    with transaction(engine) as connection:
        for n in range(1, 5):
            records.truck(connection, f"辽NOWN0{n}", enterprise_id=city.enterprise_id, owner="宏达")
        records.truck(connection, "辽NCAR01", owner="别家车主")
        connection.execute(text("UPDATE trucks SET division = '211302'"))
        connection.execute(
            text(
                "INSERT INTO enterprises (name, credit_code, division) VALUES ('喀左水泥厂', '91211324MA0UABCD1X', :d)"
            ),
            {"d": COUNTY},
        )
        connection.execute(text("INSERT INTO machines (registration_number, division) VALUES ('3-6NF00001', '211302')"))


def form(subject: str, **changes: Any) -> dict[str, Any]:
    return {
        "subject": subject, "colour": "yellow", "zone": "gates", "purpose": "heating", "valid_from": f"{Y}-01-01T00:00",
        "valid_to": f"{Y + 1}-01-01T00:00", "note": "供暖用煤", "plant": "", "level_to": "orange", "route": "G25 – 厂区",
        **changes,
    }  # fmt: skip


def apply(browse: Browse, subject: str, **changes: Any) -> int:
    answer = browse("enterprise").post("/whitelist/apply", form(subject, **changes))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def approved(browse: Browse, subject: str) -> int:
    number = apply(browse, subject)
    assert browse("officer").post(f"/whitelist/{number}/review", {"decision": "agree"}).status_code == 303
    decision = {"decision": "approve", "approver": "市局"}
    assert browse("approver").post(f"/whitelist/{number}/decide", decision).status_code == 303
    return number


def steps(engine: Engine, number: int) -> list[str]:
    with transaction(engine) as connection:
        return [one["step"] for one in whitelist_steps.steps(connection, number)]


def row(engine: Engine, number: int) -> whitelist.WhitelistRow:
    with transaction(engine) as connection:
        found = whitelist.find_entry(connection, number, Scope())
    assert found is not None
    return found


def test_an_enterprise_applies_with_its_papers_and_three_persons_decide(
    browse: Browse, engine: Engine, city: City
) -> None:
    papers = {"files": (io.BytesIO(PNG), "合同.png")}
    answer = browse("enterprise").post(
        "/whitelist/apply", form("辽NOWN01", **papers), content_type="multipart/form-data"
    )
    assert answer.status_code == 303, answer.text
    number = int(answer.location.rsplit("/", 1)[1])
    asked = row(engine, number)
    assert (asked.state, asked.applicant_id, asked.applicant) == ("requested", city.enterprise_id, "宏达运输")
    assert (asked.gates_only, asked.level_to, asked.route, asked.zone_id) == (True, "orange", "G25 – 厂区", None)
    page = browse("enterprise").get(f"/whitelist/{number}").text
    assert "合同.png" in page and "待审核" in page
    assert browse("officer").post(f"/whitelist/{number}/review", {"decision": "agree"}).status_code == 303
    both = browse("approver")
    assert both.post(f"/whitelist/{number}/decide", {"decision": "approve", "approver": "市局"}).status_code == 303
    assert steps(engine, number) == ["applied", "reviewed", "approved"]
    page = browse("enterprise").get(f"/whitelist/{number}").text
    assert "批准" in page and "officer" not in page and "姓名approver" not in page  # who in the bureau is not told


def test_a_plant_applies_for_the_truck_of_a_carrier_and_learns_nothing_more_of_it(
    browse: Browse, engine: Engine
) -> None:
    number = apply(browse, "辽NCAR01", plant="喀左水泥厂", purpose="export")
    for page in (f"/whitelist/{number}", "/whitelist/"):
        shown = browse("enterprise").get(page).text
        assert "CAR01" in shown and "别家车主" not in shown, page
    assert "喀左水泥厂" in browse("enterprise").get(f"/whitelist/{number}").text
    assert browse("county").get(f"/whitelist/{number}").status_code == 200  # the plant is the county's
    assert browse("other").get(f"/whitelist/{number}").status_code == 404
    with transaction(engine) as connection:  # an enterprise besides the two sees nothing of it
        connection.execute(text("UPDATE whitelist_entries SET applicant_id = NULL WHERE id = :n"), {"n": number})
    assert browse("enterprise").get(f"/whitelist/{number}").status_code == 404
    assert "CAR01" not in browse("enterprise").get("/whitelist/").text


def test_whose_truck_it_is_reads_the_entry_and_not_the_papers_of_who_applied(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        entry, file = connection.execute(
            text(
                "WITH w AS (INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, applicant_id) SELECT t.id,"
                " 'export', now(), '2099-01-01', e.id FROM trucks t, enterprises e WHERE t.plate = '辽NOWN01'"
                " AND e.name = '喀左水泥厂' RETURNING id), f AS (INSERT INTO evidence_files (sha256, sm3, bytes, media_type)"
                " VALUES (sha256('p'), sha256('p'), 1, 'image/png') RETURNING id) INSERT INTO evidence_items (file_id, owner_kind,"
                " owner_id, purpose, name, enterprise_id, organisation_id) SELECT f.id, 'whitelist', w.id, 'document', '别家合同.png',"
                " NULL, (SELECT min(id) FROM organisations) FROM w, f RETURNING owner_id, id"
            )
        ).one()
    page = browse("enterprise").get(f"/whitelist/{entry}")
    assert page.status_code == 200 and "别家合同" not in page.text
    assert browse("enterprise").get(f"/evidence/{file}").status_code == 404
    assert "别家合同" in browse("officer").get(f"/whitelist/{entry}").text
    with transaction(engine, Fence(row_owner(engine), None, None)) as connection:
        count = connection.execute(text("SELECT count(*) FROM evidence_items WHERE id = :f"), {"f": file})
        assert count.scalar_one() == 0


def row_owner(engine: Engine) -> int:
    with transaction(engine) as connection:
        number: int = connection.execute(text("SELECT id FROM enterprises WHERE name = '宏达运输'")).scalar_one()
    return number


@pytest.mark.parametrize(
    ("subject", "changes", "field"),
    [
        ("辽NOWN02", {"colour": ""}, "colour"),
        ("辽NNONE1", {}, "subject"),
        ("3-6NF00001", {"colour": ""}, "subject"),  # a machine of somebody else
        ("辽NOWN02", {"plant": "没有的厂"}, "plant"),
        ("辽NOWN02", {"level_to": "purple"}, "level_to"),
        ("辽NOWN02", {"zone": ""}, "zone"),
        ("辽NOWN02", {"note": "", "document": ""}, "document"),
    ],
)
def test_a_wrong_application_is_refused_at_its_field_and_nothing_is_kept(
    browse: Browse, engine: Engine, subject: str, changes: dict[str, Any], field: str
) -> None:
    answer = browse("enterprise").post("/whitelist/apply", form(subject, **changes))
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    with transaction(engine) as connection:
        count = connection.execute(text("SELECT count(*) FROM whitelist_entries WHERE subject_text = '辽NOWN02'"))
        assert count.scalar_one() == 0


def test_a_county_reviews_and_only_the_city_approves(browse: Browse, engine: Engine, city: City) -> None:
    number = apply(browse, "辽NOWN03", plant="91211324MA0UABCD1X")
    assert browse("other").post(f"/whitelist/{number}/review", {"decision": "agree"}).status_code == 404
    assert browse("county").post(f"/whitelist/{number}/review", {"decision": "agree"}).status_code == 303
    with transaction(engine) as connection:  # an approver of the county's branch
        connection.execute(
            text("UPDATE users SET roles = '{officer,approver}' WHERE id = :u"), {"u": city.accounts["officer2"]}
        )
        connection.execute(
            text("UPDATE users SET organisation_id = :o WHERE id = :u"),
            {"o": city.organisations["county"], "u": city.accounts["officer2"]},
        )
    decision = {"decision": "approve", "approver": "县局"}
    answer = browse("officer2").post(f"/whitelist/{number}/decide", decision)
    assert answer.status_code == 422 and "由市级生态环境部门审批" in answer.text
    assert browse("approver").post(f"/whitelist/{number}/decide", decision).status_code == 303
    assert row(engine, number).state == "active"


def test_who_reviewed_cannot_approve(browse: Browse, engine: Engine, city: City) -> None:
    number = apply(browse, "辽NOWN02", purpose="fire")
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE users SET roles = '{officer,approver}' WHERE id = :u"), {"u": city.accounts["reviewer"]}
        )
    assert browse("reviewer").post(f"/whitelist/{number}/review", {"decision": "agree"}).status_code == 303
    answer = browse("reviewer").post(f"/whitelist/{number}/decide", {"decision": "approve", "approver": "我"})
    assert answer.status_code == 422 and "审核人不能再作审批" in answer.text


def test_a_refusal_at_the_review_says_why(browse: Browse, engine: Engine) -> None:
    number = apply(browse, "辽NOWN02", purpose="post")
    assert browse("officer").post(f"/whitelist/{number}/review", {"decision": "refuse"}).status_code == 422
    refuse = {"decision": "refuse", "note": "不属于民生保障"}
    assert browse("officer").post(f"/whitelist/{number}/review", refuse).status_code == 303
    assert row(engine, number).state == "refused"
    assert "不属于民生保障" in browse("enterprise").get(f"/whitelist/{number}").text


def test_an_applicant_takes_its_own_back_before_the_review_and_not_after(browse: Browse, engine: Engine) -> None:
    number = apply(browse, "辽NOWN02", purpose="medical")
    own = browse("enterprise")
    assert own.post(f"/whitelist/{number}/take-back", {"reason": "短"}).status_code == 422
    assert own.post(f"/whitelist/{number}/take-back", {"reason": "合同已经取消"}).status_code == 303
    assert (row(engine, number).state, steps(engine, number)) == ("refused", ["applied", "taken_back"])
    later = apply(browse, "辽NOWN02", purpose="medical")
    browse("officer").post(f"/whitelist/{later}/review", {"decision": "agree"})
    assert own.post(f"/whitelist/{later}/take-back", {"reason": "合同已经取消"}).status_code == 404
    assert row(engine, later).state == "reviewed"


def test_a_suspension_by_hand_holds_until_somebody_ends_it(browse: Browse, engine: Engine) -> None:
    number = approved(browse, "辽NOWN04")
    assert browse("officer").post(f"/whitelist/{number}/suspend", {"suspend_reason": "短"}).status_code == 422
    assert (
        browse("officer").post(f"/whitelist/{number}/suspend", {"suspend_reason": "运输合同到期待查"}).status_code
        == 303
    )
    again = browse("officer").post(f"/whitelist/{number}/suspend", {"suspend_reason": "运输合同到期待查"})
    assert again.status_code == 422
    assert row(engine, number).suspended
    assert "已暂停" in browse("enterprise").get(f"/whitelist/{number}").text
    with transaction(engine) as connection:
        [one] = whitelist_steps.suspensions(connection, number)
    ending = f"/whitelist/{number}/suspensions/{one['id']}/end"
    assert browse("officer").post(ending, {"end_reason": "合同已续签"}).status_code == 403
    assert browse("approver").post(ending, {"end_reason": "短"}).status_code == 422
    assert browse("approver").post(ending, {"end_reason": "合同已续签"}).status_code == 303
    assert browse("approver").post(ending, {"end_reason": "合同已续签"}).status_code == 404
    assert not row(engine, number).suspended
    assert steps(engine, number)[-2:] == ["suspended", "resumed"]


def test_the_whole_way_by_programs(web: Flask, engine: Engine, city: City) -> None:
    call = {
        name: Program(web, make_token(engine, city.accounts[name])) for name in ("enterprise", "officer", "approver")
    }
    body = {"subject": "辽NCAR01", "colour": "yellow", "purpose": "people_supply", "valid_from": f"{Y}-01-01T00:00:00+08:00",
            "valid_to": f"{Y + 1}-01-01T00:00:00+08:00", "gates_only": True, "note": "蔬菜供应"}  # fmt: skip
    for wrong in ({"colour": None}, {"subject": "3-6NF00001"}, {"plant": "没有"}, {"zone_id": 999999}, {"note": None}):
        answer = call["enterprise"].send("POST", "/whitelist/applications", {**body, **wrong})
        assert answer.status_code == 422 and answer.json["faults"], wrong
    asked = call["enterprise"].send("POST", "/whitelist/applications", body)
    assert asked.status_code == 201, asked.text
    path = f"/whitelist/{asked.json['id']}"
    assert call["enterprise"].send("POST", f"{path}/review", {"agree": True}).status_code == 403
    assert call["officer"].send("POST", f"{path}/review", {"agree": False}).status_code == 422
    assert call["officer"].send("POST", f"{path}/review", {"agree": True}).json["state"] == "reviewed"
    decided = call["approver"].send("POST", f"{path}/decision", {"approve": True, "approver": "市局"})
    assert decided.json["state"] == "active", decided.text
    suspended = call["officer"].send("POST", f"{path}/suspension", {"reason": "待核查合同"})
    assert suspended.json["suspended"] is True
    withdrawn = call["officer"].send("POST", f"{path}/withdrawal", {"reason": "合同已经取消"})
    assert withdrawn.json["state"] == "withdrawn"
    assert call["enterprise"].get(path).json["state"] == "withdrawn"
