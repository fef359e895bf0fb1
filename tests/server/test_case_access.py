"""Who sees which case, and who may do what: every role, a foreign county, every endpoint of cases."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.flows.manage_accounts import Draft, create_account
from server.store import organisations
from server.store.audit import PLATFORM
from server.store.users import Role
from tests.server import case_world as world
from tests.server import records
from tests.server.api_world import Program, make_token
from tests.server.conftest import PASSWORD, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SEE_ALL = {"officer", "officer2", "reviewer", "inspector", "approver", "read_only"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A filed case of the enterprise's truck, sent to the police alone."""

    case_id: int
    number: str
    referral_id: int
    referral: str
    deadline_id: int
    source: int


@pytest.fixture(scope="module")
def sent(engine: Engine, city: City) -> Sent:
    with transaction(engine) as connection:
        owner = records.truck(connection, enterprise_id=city.enterprise_id)
        source = world.capture(connection, city, owner[0])
        case_id = world.opened(connection, city, ("capture", source))
        for action in ("fail", "file"):
            world.take(connection, city, case_id, "officer", "main", action)
        world.paper(connection, case_id, "transfer_letter", city.organisations["city"])
        to = {"to": city.organisations["police"], "basis": "行政处罚法第26条"}
        world.take(connection, city, case_id, "officer", "police", "refer", **to)
        case = connection.execute(text("SELECT number FROM cases WHERE id = :c"), {"c": case_id}).scalar_one()
        referral = connection.execute(text("SELECT id, number FROM referrals WHERE case_id = :c"), {"c": case_id}).one()
        deadline = connection.execute(
            text("SELECT id FROM deadlines WHERE case_id = :c AND kind = 'referral_sign'"), {"c": case_id}
        ).scalar_one()
    return Sent(case_id, case, referral.id, referral.number, deadline, source)


@pytest.fixture(scope="module")
def second_police(engine: Engine, city: City) -> Iterator[str]:
    """An officer of the police of another city, to whom nothing was sent."""
    with transaction(engine) as connection:
        body = organisations.create(
            connection, kind="police", level="city", code="police2", name_zh="锦州交警", name_en="p2", division="210700"
        )
        draft = Draft("police2", "姓名police2", body, frozenset({Role.OFFICER}))
        city.accounts["police2"] = create_account(connection, PLATFORM, draft, PASSWORD)
    yield "police2"


def test_each_account_sees_the_case_or_404(browse: Browse, city: City, sent: Sent, second_police: str) -> None:
    seen = SEE_ALL | {"police", "enterprise"}
    for username in city.accounts:
        if username in {"device"}:
            continue
        browser = browse(username)
        allowed = 200 if username in seen else 404
        if username in {"system_admin", "security_admin", "auditor", "station"}:
            allowed = 403
        assert browser.get(f"/cases/{sent.case_id}").status_code == allowed, username
        referral = 200 if username in SEE_ALL | {"police"} else 403 if allowed == 403 else 404
        assert browser.get(f"/referrals/{sent.referral_id}").status_code == referral, username
        listed = browser.get("/cases/")
        assert listed.status_code == (403 if allowed == 403 else 200), username
        assert (sent.number in listed.text) == (username in seen), username


@pytest.mark.parametrize("username", ["county", "other", "partner", "transport", "police2"])
def test_a_foreign_account_gets_404_everywhere(
    browse: Browse, web: Flask, engine: Engine, city: City, sent: Sent, second_police: str, username: str
) -> None:
    browser, before = browse(username), world.row(engine, sent.case_id)
    case, step = f"/cases/{sent.case_id}", {"branch": "police", "action": "receive", "version": str(before["version"])}
    assert browser.get(case).status_code == 404
    assert browser.get(f"/referrals/{sent.referral_id}").status_code == 404
    assert browser.post(f"{case}/steps", step).status_code == 404
    assert browser.post(f"{case}/officer", {"user": "1"}).status_code == 404
    for verb in ("pause", "resume", "extend"):
        assert browser.post(f"{case}/deadlines/{sent.deadline_id}/{verb}", {"reason": "testing"}).status_code == 404
    for path in ("/cases/", "/referrals/", "/deadlines/", "/"):
        assert sent.number not in browser.get(path).text, path
        assert sent.referral not in browser.get(path).text, path
    opening = browser.get(f"/cases/new?kind=capture&number={sent.source}").status_code
    assert opening == (404 if username in {"county", "other"} else 403)
    program = Program(web, make_token(engine, city.accounts[username]))
    for path in (f"/cases/{sent.number}", f"/referrals/{sent.referral}"):
        assert program.get(path).status_code == 404, path
    body = {"version": 1, "branch": "main", "action": "close"}
    assert program.send("POST", f"/cases/{sent.number}/steps", body).status_code == 404
    referral = {"version": 1, "branch": "police", "to": 1, "basis": "依据"}
    assert program.send("POST", f"/cases/{sent.number}/referrals", referral).status_code == 404
    answer = {"version": 1, "action": "receive"}
    assert program.send("POST", f"/referrals/{sent.referral}/answer", answer).status_code == 404
    for path in ("/cases", "/referrals", "/deadlines"):
        assert sent.number not in program.get(path).text, path
    assert world.row(engine, sent.case_id) == before


def test_the_database_fences_partner_and_enterprise(engine: Engine, city: City, sent: Sent) -> None:
    tables = ("cases", "case_steps", "penalties", "referrals", "deadlines")

    def counts(fence: Fence) -> list[int]:
        with transaction(engine, fence) as connection:
            key = {"cases": "id"}
            return [
                connection.execute(
                    text(f"SELECT count(*) FROM {table} WHERE {key.get(table, 'case_id')} = :c"), {"c": sent.case_id}
                ).scalar_one()
                for table in tables
            ]

    assert counts(Fence(None, "2107", city.organisations["partner"])) == [0, 0, 0, 0, 0]
    own = counts(Fence(city.enterprise_id, None, city.organisations["enterprise"]))
    assert own[0] == 1 and own[1] > 0 and own[3:] == [0, 0], "its filed case, no referral, no clock of a bureau"
    assert counts(Fence(999, None, 999)) == [0, 0, 0, 0, 0]


def test_a_party_reads_no_names_reasons_or_notes(browse: Browse, engine: Engine, city: City, sent: Sent) -> None:
    page = browse("enterprise").get(f"/cases/{sent.case_id}").text
    for hidden in ("姓名officer", sent.referral, "/steps", "referral_sign"):
        assert hidden not in page, hidden


def test_a_withdrawn_referral_closes_the_door_again(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        case_id = world.opened(connection, city, ("capture", world.capture(connection, city, owner[0])))
        world.take(connection, city, case_id, "officer", "main", "fail")
        for kind in ("transfer_letter", "copy_letter"):
            world.paper(connection, case_id, kind, city.organisations["city"])
        for branch, to in (("police", "police"), ("city", "partner")):
            values = {"to": city.organisations[to], "basis": "依据"}
            world.take(connection, city, case_id, "officer", branch, "refer", **values)
    for username in ("police", "partner"):
        assert browse(username).get(f"/cases/{case_id}").status_code == 200
    with transaction(engine) as connection:
        for branch in ("police", "city:2107"):
            world.take(connection, city, case_id, "officer", branch, "withdraw", reason="sent_by_mistake")
    for username in ("police", "partner"):
        assert browse(username).get(f"/cases/{case_id}").status_code == 404


def test_a_county_reads_the_citys_case_in_its_area_and_leaves_it_alone(
    browse: Browse, engine: Engine, city: City
) -> None:
    with transaction(engine) as connection:
        zone = records.zone(connection, division="211324")
        case_id = world.opened(
            connection, city, ("violation", world.confirmed(connection, zone, city, division="211324"))
        )
    county, version = browse("county"), world.row(engine, case_id)["version"]
    assert county.get(f"/cases/{case_id}").status_code == 200
    data = {"branch": "main", "action": "file", "version": str(version)}
    answer = county.post(f"/cases/{case_id}/steps", data)
    assert answer.status_code == 422 and "该步骤由单位city办理" in answer.text
    assert browse("officer").post(f"/cases/{case_id}/steps", data).status_code == 303


def test_the_police_take_no_step_of_the_ecology_bureau(browse: Browse, engine: Engine, sent: Sent) -> None:
    version = world.row(engine, sent.case_id)["version"]
    for branch, action in (("main", "close"), ("police", "withdraw"), ("transport", "refer"), ("repair", "waive")):
        data = {"branch": branch, "action": action, "version": str(version), "reason": "sold"}
        assert browse("police").post(f"/cases/{sent.case_id}/steps", data).status_code == 422, action


def test_exports_take_no_formula_along_and_are_logged(browse: Browse, engine: Engine, city: City, sent: Sent) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE cases SET party_name = '=HYPERLINK(\"http://x\")' WHERE id = :c"), {"c": sent.case_id}
        )
    answer = browse("officer").get("/cases/?format=csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    line = next(row for row in rows if sent.number in row)
    assert '\'=HYPERLINK("http://x")' in line
    for path in ("/cases/", "/referrals/", "/deadlines/"):
        for kind in ("csv", "xlsx"):
            assert browse("officer").get(f"{path}?format={kind}").status_code == 200
            assert browse("read_only").get(f"{path}?format={kind}").status_code == 403
            assert browse("enterprise").get(f"{path}?format={kind}").status_code == 403
    with transaction(engine) as connection:
        logged = connection.execute(text("SELECT count(*) FROM audit_log WHERE action = 'case.export'")).scalar_one()
    assert logged >= 3


def test_hostile_text_is_text(browse: Browse, engine: Engine, city: City, sent: Sent) -> None:
    hostile = '<script>alert("x")</script>{{7*7}}'
    officer, version = browse("officer"), world.row(engine, sent.case_id)["version"]
    data = {"branch": "objection", "action": "object", "version": str(version), "reason": "other", "note": hostile}
    assert officer.post(f"/cases/{sent.case_id}/steps", data).status_code == 303
    page = officer.get(f"/cases/{sent.case_id}").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "{{7*7}}" in page


def test_programs_open_move_and_answer(web: Flask, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        number = world.capture(connection, city, owner[0])
    officer, police = (Program(web, make_token(engine, city.accounts[name])) for name in ("officer", "police"))
    body = {"sources": [{"kind": "capture", "id": number}], "party_kind": "unit"}
    key = {"Idempotency-Key": f"open-{number}-case"}
    made = officer.send("POST", "/cases", body, **key)
    assert made.status_code == 201, made.text
    case = made.json
    assert case is not None
    assert officer.send("POST", "/cases", body, **key).json == case, "sent twice it is one case"
    assert officer.send("POST", "/cases", body).json["code"] == "already_in_case"  # type: ignore[index]
    steps = {one["action"] for one in case["possible"]}
    assert {"fail", "file", "exempt"} & steps
    path = f"/cases/{case['number']}"
    moved = officer.send("POST", f"{path}/steps", {"version": case["version"], "branch": "main", "action": "fail"})
    assert moved.status_code == 200, moved.text
    stale = officer.send("POST", f"{path}/steps", {"version": case["version"], "branch": "main", "action": "file"})
    assert (stale.status_code, stale.json["code"]) == (409, "stale")  # type: ignore[index]
    old = officer.send(
        "POST", f"{path}/steps", {"version": moved.json["version"], "branch": "main", "action": "file"},  # type: ignore[index]
        **{"If-Match": made.headers.get("ETag", '"1-v1"')},
    )  # fmt: skip
    assert old.status_code == 412
    version = moved.json["version"]  # type: ignore[index]
    referral = {"version": version, "branch": "police", "to": city.organisations["police"], "basis": "行政处罚法第26条"}
    refused = officer.send("POST", f"{path}/referrals", referral)
    assert refused.status_code == 422 and "letter of transfer" in refused.text
    with transaction(engine) as connection:
        case_id = connection.execute(text("SELECT id FROM cases WHERE number = :n"), {"n": case["number"]}).scalar_one()
        world.paper(connection, case_id, "transfer_letter", city.organisations["city"])
    sent = officer.send("POST", f"{path}/referrals", referral)
    assert sent.status_code == 201, sent.text
    there = f"/referrals/{sent.json['number']}"  # type: ignore[index]
    assert police.get("/referrals", box="in", open="yes").json["items"]  # type: ignore[index]
    for action in ("receive", "accept"):
        now = police.get(there).json["case_version"]  # type: ignore[index]
        answer = police.send("POST", f"{there}/answer", {"version": now, "action": action})
        assert answer.status_code == 200, answer.text
    fine = {
        "offence": "failed_inspection",
        "decision_number": "朝公交决〔2026〕77号",
        "amount": "200",
        "decided_on": "x",
    }
    now = police.get(there).json["case_version"]  # type: ignore[index]
    wrong = police.send("POST", f"{there}/answer", {"version": now, "action": "penalise", "values": fine})
    assert wrong.status_code == 422 and wrong.json["faults"][0]["path"] == "body.values.decided_on"  # type: ignore[index]
    done = police.send(
        "POST", f"{there}/answer",
        {"version": now, "action": "penalise", "values": {**fine, "decided_on": "2026-09-20"}},
    )  # fmt: skip
    assert done.status_code == 200 and done.json["state"] == "penalised"  # type: ignore[index]
    assert officer.get(path).json["penalties"][0]["amount_cny"] == 200  # type: ignore[index]
    assert police.get("/deadlines").json["total"] > 0  # type: ignore[index]
