"""The whole way of a truck's case between four bureaus, and of a machine's, on the pages and in the database."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server import case_world as world
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def zone(engine: Engine, city: City) -> records.Zone:
    with transaction(engine) as connection:
        return records.zone(connection)


def step(browser: Browser, engine: Engine, case_id: int, branch: str, action: str, **form: str) -> int:
    """Take a step on the page; the status of the answer."""
    version = str(world.row(engine, case_id)["version"])
    data = {"branch": branch, "action": action, "version": version, **form}
    return browser.post(f"/cases/{case_id}/steps", data).status_code


def test_the_whole_way_of_a_truck_case(browse: Browse, engine: Engine, city: City, zone: records.Zone) -> None:
    officer, police, transport = browse("officer"), browse("police"), browse("transport")
    with transaction(engine) as connection:
        owner = records.truck(connection, enterprise_id=city.enterprise_id)
        seen = world.confirmed(connection, zone, city, owner)
        smoke = world.capture(connection, city, owner[0])
    form = officer.get(f"/cases/new?kind=capture&number={smoke}")
    assert form.status_code == 200 and "林格曼黑度3级" in form.text
    assert f"violation:{seen}" in form.text, "what else is on file about the truck is offered"
    answer = officer.post("/cases/new", {"source": [f"capture:{smoke}", f"violation:{seen}"], "party_kind": "unit"})
    assert answer.status_code == 303
    case_id = int(answer.location.rsplit("/", 1)[1])
    page = officer.get(f"/cases/{case_id}").text
    assert "认定排放不合格" in page
    assert police.get(f"/cases/{case_id}").status_code == 404, "nothing was sent to the police yet"
    assert browse("enterprise").get(f"/cases/{case_id}").status_code == 404, "not filed yet"

    assert step(officer, engine, case_id, "main", "fail") == 303
    assert step(officer, engine, case_id, "main", "file") == 303
    own = browse("enterprise").get(f"/cases/{case_id}")
    assert own.status_code == 200 and "姓名officer" not in own.text
    to_police = {"to": str(city.organisations["police"]), "basis": "行政处罚法第26条"}
    assert step(officer, engine, case_id, "police", "refer", **to_police) == 422, "the letter is missing"
    with transaction(engine) as connection:
        world.paper(connection, case_id, "transfer_letter", city.organisations["city"])
        world.paper(connection, case_id, "copy_letter", city.organisations["city"])
        world.paper(connection, case_id, "repair_notice", city.organisations["city"])
    assert step(officer, engine, case_id, "police", "refer", **to_police) == 303
    to_transport = {"to": str(city.organisations["transport"]), "basis": "抄告维修"}
    assert step(officer, engine, case_id, "transport", "refer", **to_transport) == 303
    to_city = {"to": str(city.organisations["partner"]), "basis": "外地车辆抄告"}
    assert step(officer, engine, case_id, "city", "refer", **to_city) == 303
    held = world.row(engine, case_id)
    assert held["states"] == {"repair": "owed", "police": "sent", "transport": "sent", "city:2107": "sent"}
    assert held["holder_id"] == city.organisations["police"], "the police hold it"

    assert police.get(f"/cases/{case_id}").status_code == 200
    assert "移送、抄告待签收" in police.get("/").text
    assert "/referrals/" in browse("transport").get("/referrals/").text
    for action in ("receive", "accept"):
        assert step(police, engine, case_id, "police", action) == 303, action
    decision = {"decision_number": "朝公交决〔2026〕1号", "decided_on": "2026-09-20", "amount": "200", "code": "6063",
                "offence": "failed_inspection"}  # fmt: skip
    assert step(police, engine, case_id, "police", "penalise", **decision) == 303
    assert step(police, engine, case_id, "police", "answer") == 303
    assert world.row(engine, case_id)["holder_id"] == city.organisations["city"], "back with the bureau"
    for browser, key in ((transport, "transport"), (browse("partner"), "city:2107")):
        assert step(browser, engine, case_id, key, "receive") == 303
        assert step(browser, engine, case_id, key, "answer", result="已督促维修") == 303

    assert step(officer, engine, case_id, "main", "close") == 422, "the repair is owed"
    for action in ("notify", "pass_retest"):
        assert step(officer, engine, case_id, "repair", action) == 422, "taken with the notice and the re-test alone"
    with transaction(engine) as connection:
        for by, action in (
            ("officer", "notify"), ("station", "begin_repair"), ("station", "finish_repair"), ("station", "pass_retest"),
        ):  # fmt: skip
            world.recorded(connection, city, case_id, by, action)
    assert step(officer, engine, case_id, "main", "close") == 303
    closed = world.row(engine, case_id)
    assert (closed["state"], closed["outcome"]) == ("closed", "penalised")
    with transaction(engine) as connection:
        left = connection.execute(
            text("SELECT count(*) FROM deadlines WHERE case_id = :c AND state = 'running'"), {"c": case_id}
        )
        assert left.scalar_one() == 0
        fine = connection.execute(text("SELECT * FROM penalties WHERE case_id = :c"), {"c": case_id}).one()
        assert (fine.amount_cny, fine.code, fine.organisation_id) == (200, "6063", city.organisations["police"])
        trail = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE subject_kind = 'case' AND subject_id = :c"), {"c": str(case_id)}
        )
        assert trail.scalar_one() >= 15
    for key, action in (("main", "close"), ("police", "revoke_penalty"), ("objection", "object"), ("main", "remove")):
        assert step(officer, engine, case_id, key, action, reason="other", note="再办一次") == 422, (
            "closed stays closed"
        )
    assert date(2026, 9, 20) == fine.decided_on
    assert re.search(r"案件已终结", officer.get(f"/cases/{case_id}").text)
