"""Numbers of notices given to tablets: each is used once or void with a reason, and no paper that is out is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from tests.server import inspection_city
from tests.server.conftest import Browser, City
from tests.server.inspection_city import Fleet
from tests.server.tablet_world import FAILED, Answer, Tablet, counts, enrol, one, revoke

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
YEAR = datetime.now(BEIJING).year


@pytest.fixture(scope="module")
def fleet(engine: Engine, city: City) -> Fleet:
    """Trucks, a zone, instruments whose checks are of the day."""
    with transaction(engine) as connection:
        made = inspection_city.fleet(connection, city)
        connection.execute(
            text(
                "INSERT INTO instrument_checks (instrument_id, kind, at, passed)"
                " SELECT i.id, k, now() - interval '3 hours', true FROM instruments i,"
                " unnest(ARRAY['zero', 'span', 'filter', 'leak']) k"
            )
        )
    return made


@pytest.fixture
def tablet(engine: Engine, city: City, browse: Browse, fleet: Fleet) -> Tablet:
    """An inspector's tablet."""
    return Tablet(browse("inspector"), enrol(engine, city, "inspector"))


def numbers_of(tablet: Tablet, want: int = 5) -> list[str]:
    answer = tablet.send("POST", "/numbers", {"tablet": str(tablet.id), "series": "repair_notice", "want": want})
    assert answer.status_code == 200, answer.json
    found: list[str] = answer.json["numbers"]
    return found


def void(tablet: Tablet, number: str | None, reason: str = "填写错误") -> Answer:
    return tablet.send("POST", "/numbers/void", {"tablet": str(tablet.id), "number": number, "reason": reason})


def failed(tablet: Tablet, fleet: Fleet, **changes: Any) -> dict[str, Any]:
    """A legal, failed check."""
    return tablet.check(check={"methods": FAILED, "instrument_ids": list(fleet.instruments.values())}, **changes)


def state(engine: Engine, number: str) -> tuple[str, str | None]:
    with transaction(engine) as connection:
        row = connection.execute(
            text("SELECT state, reason FROM reserved_numbers WHERE number = :n"), {"n": number}
        ).one()
    return row.state, row.reason


def test_numbers_are_topped_up_and_asking_twice_changes_nothing(engine: Engine, tablet: Tablet) -> None:
    first = numbers_of(tablet)
    assert len(first) == 5 and all(number.startswith(f"W{YEAR}T-") and len(number) == 12 + 1 for number in first)
    assert numbers_of(tablet) == first
    assert numbers_of(tablet, 2) == first
    more = numbers_of(tablet, 7)
    assert more[:5] == first and len(more) == 7
    assert (
        one(
            engine,
            "SELECT count(*) FROM audit_log WHERE action = 'tablet.numbers' AND subject_id = :t",
            t=str(tablet.id),
        )
        == 2
    )


def test_no_number_is_given_twice(engine: Engine, city: City, browse: Browse, tablet: Tablet) -> None:
    other = Tablet(browse("officer"), enrol(engine, city, "officer"))
    assert not set(numbers_of(tablet)) & set(numbers_of(other))
    ordinary = one(engine, "SELECT nextval('repair_notice_numbers')")
    assert all(int(number[7:]) != ordinary for number in numbers_of(tablet, 8))


@pytest.mark.parametrize("want", [-1, 51, 10**30, 1.5, "5", None, True])
def test_hostile_wishes_are_refused(tablet: Tablet, want: object) -> None:
    answer = tablet.send("POST", "/numbers", {"tablet": str(tablet.id), "series": "repair_notice", "want": want})
    assert (answer.status_code, answer.json["faults"][0]["path"]) == (422, "want")


def test_a_failed_check_brings_its_notice(engine: Engine, city: City, tablet: Tablet, fleet: Fleet) -> None:
    number = numbers_of(tablet)[0]
    body = failed(tablet, fleet, notice={"number": number})
    answer, again = tablet.take(body), tablet.take(body)
    assert (answer.status_code, again.status_code) == (201, 200), answer.json
    assert (answer.json["outcome"], answer.json["standing"]) == ("failed", "legal")
    notice = answer.json["notice"]
    assert (notice["number"], notice["state"], notice["withdrawn_reason"]) == (number, "issued", None)
    assert again.json == answer.json
    assert state(engine, number) == ("used", None)
    with transaction(engine) as connection:
        row = (
            connection.execute(text("SELECT * FROM repair_notices WHERE id = :i"), {"i": notice["id"]}).mappings().one()
        )
    assert (row["inspection_id"], row["number"], row["due_on"].isoformat()) == (
        answer.json["id"],
        number,
        notice["due_on"],
    )
    assert row["issued_on"] == datetime.fromisoformat(answer.json["at"]).astimezone(BEIJING).date()
    assert row["failed_items"] and row["plate_colour"] == "yellow"
    assert (row["organisation_id"], row["created_by"]) == (city.organisations["city"], city.accounts["inspector"])
    assert number not in numbers_of(tablet)


def test_a_failed_check_without_a_notice_stays_possible(tablet: Tablet, fleet: Fleet) -> None:
    answer = tablet.take(failed(tablet, fleet))
    assert (answer.status_code, answer.json["outcome"], answer.json["notice"]) == (201, "failed", None)


@pytest.mark.parametrize("methods", ["passed", "screening"])
def test_a_notice_that_does_not_hold_is_on_file_as_withdrawn(
    engine: Engine, browse: Browse, tablet: Tablet, fleet: Fleet, methods: str
) -> None:
    """The paper is out: its number leads to a record that says why it does not hold, and the check is recorded."""
    number = numbers_of(tablet)[0]
    body = tablet.check(notice={"number": number})  # passed
    if methods == "screening":
        body["check"]["methods"] = FAILED  # failed without an instrument
    answer = tablet.take(body)
    assert answer.status_code == 201, answer.json
    notice = answer.json["notice"]
    assert (notice["number"], notice["state"]) == (number, "withdrawn")
    assert "现场已交付的通知不成立" in notice["withdrawn_reason"]
    assert state(engine, number) == ("used", None)
    page = browse("officer").get(f"/repairs/{notice['id']}").text
    assert number in page and "现场已交付的通知不成立" in page
    assert tablet.take(body).json == answer.json


def test_a_second_notice_of_one_inspection_is_withdrawn(engine: Engine, tablet: Tablet, fleet: Fleet) -> None:
    first_number, second_number = numbers_of(tablet)[:2]
    first = tablet.take(failed(tablet, fleet, notice={"number": first_number})).json
    base = {"id": first["id"], "version": 1}
    answer = tablet.take(failed(tablet, fleet, base=base, reason="补录通知", notice={"number": second_number}))
    assert (answer.status_code, answer.json["notice"]["state"]) == (201, "withdrawn")
    assert first_number in answer.json["notice"]["withdrawn_reason"]
    assert one(engine, "SELECT state FROM repair_notices WHERE number = :n", n=first_number) == "issued"


def test_a_number_that_is_not_the_tablets_is_refused_and_the_check_waits(
    engine: Engine, city: City, browse: Browse, tablet: Tablet, fleet: Fleet
) -> None:
    other = Tablet(browse("inspector"), enrol(engine, city, "inspector", "平板2"))
    foreign = numbers_of(other)[0]
    used = numbers_of(tablet)[0]
    assert tablet.take(failed(tablet, fleet, notice={"number": used})).status_code == 201
    before = counts(engine)
    for number in (foreign, used, f"W{YEAR}T-999999"):
        answer = tablet.take(failed(tablet, fleet, notice={"number": number}))
        assert (answer.status_code, answer.json["faults"][0]["path"]) == (422, "notice.number")
    assert counts(engine) == before
    assert state(engine, foreign)[0] == "reserved"


def test_numbers_are_made_void_with_a_reason(engine: Engine, tablet: Tablet, fleet: Fleet) -> None:
    first, second, third, *_ = numbers_of(tablet)
    assert void(tablet, first).json == {"void": [first]}
    assert void(tablet, first).json == {"void": []}
    assert state(engine, first) == ("void", "填写错误")
    assert void(tablet, second, "x").status_code == 422
    assert void(tablet, "W1").status_code == 404
    assert tablet.take(failed(tablet, fleet, notice={"number": third})).status_code == 201
    answer = void(tablet, third)
    assert (answer.status_code, answer.json["code"]) == (409, "used")
    left = numbers_of(tablet, 0)
    assert first not in left and second in left
    assert void(tablet, None, "终端清除").json == {"void": left}
    assert numbers_of(tablet, 0) == []


def test_a_void_number_on_a_paper_that_is_out_counts(engine: Engine, tablet: Tablet, fleet: Fleet) -> None:
    """Its tablet was revoked and let in again, or gave it back by mistake: the paper was handed out all the same."""
    number = numbers_of(tablet)[0]
    void(tablet, number)
    answer = tablet.take(failed(tablet, fleet, notice={"number": number}))
    assert (answer.status_code, answer.json["notice"]["state"]) == (201, "issued")
    assert state(engine, number) == ("used", None)


def test_numbers_of_a_foreign_or_revoked_tablet_are_out_of_reach(
    engine: Engine, city: City, browse: Browse, tablet: Tablet
) -> None:
    number = numbers_of(tablet)[0]
    foreign = Tablet(browse("officer"), tablet.id)
    wish = {"tablet": str(tablet.id), "series": "repair_notice", "want": 3}
    for answer in (foreign.send("POST", "/numbers", wish), void(foreign, number)):
        assert (answer.status_code, answer.json["code"]) == (403, "tablet_unknown")
    other = Tablet(browse("officer"), enrol(engine, city, "officer"))
    assert void(other, number).status_code == 404
    revoke(engine, tablet)
    for answer in (tablet.send("POST", "/numbers", wish), void(tablet, number)):
        assert (answer.status_code, answer.json["code"]) == (403, "revoked")
    assert state(engine, number)[0] == "reserved"


def test_revoking_a_tablet_makes_its_numbers_void(engine: Engine, city: City, browse: Browse, tablet: Tablet) -> None:
    numbers = numbers_of(tablet)
    officer = browse("officer")
    assert officer.post(f"/tablets/{tablet.id}/revoke", {"reason": "遗失于国道"}).status_code == 303
    assert {state(engine, number) for number in numbers} == {("void", "终端已停用：遗失于国道")}


def test_the_page_of_a_tablet_explains_every_number(
    engine: Engine, browse: Browse, tablet: Tablet, fleet: Fleet
) -> None:
    used, gone, left, *_ = numbers_of(tablet)
    found = tablet.take(failed(tablet, fleet, notice={"number": used})).json
    void(tablet, gone, "打印损坏")
    page = browse("officer").get(f"/tablets/{tablet.id}").text
    for shown in (used, gone, left, "打印损坏", "辽NJC001", found["number"], "未使用", "已使用", "已作废"):
        assert shown in page
    assert f"/repairs/{found['notice']['id']}" in page
    assert f"/tablets/{tablet.id}" in browse("officer").get("/tablets/").text
    assert browse("security_admin").get(f"/tablets/{tablet.id}").status_code == 200
    assert browse("other").get(f"/tablets/{tablet.id}").status_code == 404
    assert browse("inspector").get(f"/tablets/{tablet.id}").status_code == 403


def test_the_due_day_follows_the_time_of_the_check_not_of_its_arrival(tablet: Tablet, fleet: Fleet) -> None:
    numbers = numbers_of(tablet)
    late = tablet.take(failed(tablet, fleet, notice={"number": numbers[0]}, ago=timedelta(days=6))).json
    prompt = tablet.take(failed(tablet, fleet, notice={"number": numbers[1]}, ago=timedelta(minutes=1))).json
    days = [one["notice"]["due_on"] for one in (late, prompt) if one["notice"]["state"] == "issued"]
    assert datetime.fromisoformat(late["at"]) < datetime.now(UTC) - timedelta(days=5)
    assert late["notice"]["due_on"] < prompt["notice"]["due_on"], days
