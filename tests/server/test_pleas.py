"""Pleas: sent by the enterprise with attachments, answered once, seen in case and bundle; steps that pass over them warn."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from server.db import transaction
from tests.server import case_rows, case_world, records
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.evidence_files import jpeg
from tests.server.site_city import one, said

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SAID = {"content": "该机械当日停放在场内，未在禁用区作业。", "person": "王强", "phone": "13800000000"}


@pytest.fixture
def case_id(engine: Engine, city: City) -> int:
    """A case of the enterprise in its days to plead."""
    with transaction(engine) as connection:
        return case_rows.case(
            connection, city.organisations["city"], enterprise_id=city.enterprise_id, state="notice_served"
        )


def send(browse: Browse, **values: Any) -> Any:
    return browse("enterprise").post("/pleas/new", {**SAID, **values}, content_type="multipart/form-data")


def test_a_plea_goes_its_way_from_the_enterprise_to_the_answer(browse: Browse, engine: Engine, case_id: int) -> None:
    assert "/pleas/new?case=" in browse("enterprise").get(f"/cases/{case_id}").text
    files = (io.BytesIO(jpeg(5)), "轨迹.jpg")
    sent = send(browse, case=str(case_id), wants_hearing="yes", files=files)
    assert sent.status_code == 303, sent.text
    number = int(sent.location.rsplit("/", 1)[1])
    officer = browse("officer")
    page = officer.get(f"/pleas/{number}").text
    assert SAID["content"] in page and "要求听证" in page and "轨迹.jpg" in page and "提交陈述申辩" in page
    item = one(engine, "SELECT id FROM evidence_items WHERE owner_kind = 'plea' AND owner_id = :n", n=number)
    for who in ("officer", "enterprise"):
        seen = browse(who).get(f"/evidence/{item}/view")
        assert seen.status_code == 200
        seen.close()
    assert SAID["content"][:20] in officer.get(f"/cases/{case_id}").text
    assert "尚未答复" in officer.get(f"/cases/{case_id}").text
    assert officer.post(f"/pleas/{number}/answer", {"version": "1", "state": "", "answer": ""}).status_code == 422
    answer = {"version": "1", "state": "rejected", "answer": "经复核，轨迹显示在区内作业。"}
    assert officer.post(f"/pleas/{number}/answer", answer).status_code == 303
    assert browse("reviewer").post(f"/pleas/{number}/answer", answer).status_code == 409
    assert "经复核，轨迹显示在区内作业。" in browse("enterprise").get(f"/pleas/{number}").text
    assert "尚未答复" not in officer.get(f"/cases/{case_id}").text


def test_one_plea_at_a_time_and_it_may_be_taken_back(browse: Browse, case_id: int) -> None:
    first = send(browse, case=str(case_id))
    number = int(first.location.rsplit("/", 1)[1])
    second = send(browse, case=str(case_id))
    assert second.status_code == 422 and "尚未答复" in second.text
    assert browse("enterprise").post(f"/pleas/{number}/withdraw", {"version": "1"}).status_code == 303
    assert (
        browse("officer")
        .post(f"/pleas/{number}/answer", {"version": "2", "state": "accepted", "answer": "同意采纳"})
        .status_code
        == 422
    )
    assert send(browse, case=str(case_id)).status_code == 303


@pytest.mark.parametrize("state", ["filed", "heard", "closed"])
def test_no_plea_outside_the_days_for_it(browse: Browse, engine: Engine, city: City, state: str) -> None:
    with transaction(engine) as connection:
        number = case_rows.case(connection, city.organisations["city"], enterprise_id=city.enterprise_id, state=state)
    assert send(browse, case=str(number)).status_code == 422
    assert one(engine, "SELECT count(*) FROM pleas WHERE case_id = :c", c=number) == 0


def test_an_attachment_that_is_none_takes_the_whole_plea_back(browse: Browse, engine: Engine, case_id: int) -> None:
    answer = send(browse, case=str(case_id), files=(io.BytesIO(b"MZ program"), "a.exe"))
    assert answer.status_code == 422 and SAID["content"] in answer.text
    assert one(engine, "SELECT count(*) FROM pleas WHERE case_id = :c", c=case_id) == 0


def test_a_plea_about_a_confirmed_violation_by_the_api(web: Flask, browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        place, owner = records.zone(connection), records.truck(connection, enterprise_id=city.enterprise_id)
        mine = case_world.confirmed(connection, place, city, owner, enterprise_id=city.enterprise_id)
        flagged = records.violation(connection, place, owner, enterprise_id=city.enterprise_id)
        foreign = case_world.confirmed(connection, place, city)
    program = Program(web, make_token(engine, city.accounts["enterprise"]))
    body = {"content": SAID["content"], "person": "王强"}
    for number in (flagged, foreign):
        assert program.send("POST", "/pleas", {**body, "violation_id": number}).status_code == 404
    assert program.send("POST", "/pleas", {**body, "violation_id": mine, "case_id": 1}).status_code == 404
    sent = program.send("POST", "/pleas", {**body, "violation_id": mine}, **{"Idempotency-Key": "plea-0000001"})
    assert sent.status_code == 201 and said(sent)["violation_id"] == mine
    assert (
        program.send("POST", "/pleas", {**body, "violation_id": mine}, **{"Idempotency-Key": "plea-0000001"}).json
        == sent.json
    )
    assert said(sent)["number"] in browse("officer").get(f"/violations/{mine}").text
    answer = {"state": "accepted", "answer": "定位偏差，予以采纳"}
    bureau = Program(web, make_token(engine, city.accounts["officer"]))
    assert said(bureau.send("POST", f"/pleas/{said(sent)['id']}/answer", answer))["state"] == "accepted"
    assert program.send("POST", f"/pleas/{said(sent)['id']}/withdrawal").status_code == 422


def test_the_bundle_holds_the_plea_and_its_files(browse: Browse, case_id: int) -> None:
    sent = send(browse, case=str(case_id), files=(io.BytesIO(jpeg(6)), "证据.jpg"))
    assert sent.status_code == 303
    answer = browse("officer").get(f"/bundles/{case_id}")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        names = bundle.namelist()
        pleas = json.loads(bundle.read(next(name for name in names if name.endswith("/pleas.json"))))
        files = json.loads(bundle.read(next(name for name in names if name.endswith("files/index.json"))))
    assert [row["content"] for row in pleas] == [SAID["content"]]
    assert "证据.jpg" in [row["name"] for row in files]


def test_the_step_that_would_pass_over_a_plea_warns(browse: Browse, case_id: int) -> None:
    assert "充分听取" not in browse("officer").get(f"/cases/{case_id}").text
    assert send(browse, case=str(case_id)).status_code == 303
    assert "充分听取" in browse("officer").get(f"/cases/{case_id}").text
