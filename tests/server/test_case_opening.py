"""Opening a case: what carries one, what is in one already, and one act that two sources saw."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import rule_book
from server.flows.case_drafts import SourceRefused, draft_of
from server.flows.case_work import MoveRefused
from server.flows.open_case import AlreadyInCase, SameAct, join_case
from tests.server import case_world as world
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def zone(engine: Engine, city: City) -> records.Zone:
    with transaction(engine) as connection:
        return records.zone(connection)


def test_a_flagged_violation_carries_no_case(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        flagged = records.violation(connection, zone)
        with pytest.raises(SourceRefused, match="not confirmed"):
            world.opened(connection, city, ("violation", flagged))


@pytest.mark.parametrize(
    ("values", "said"),
    [({"standing": "void"}, "void as evidence"), ({"status": "first_review"}, "two reviews")],
)
def test_a_void_or_unreviewed_capture_carries_no_case(
    engine: Engine, city: City, values: dict[str, str], said: str
) -> None:
    with transaction(engine) as connection:
        truck = records.truck(connection)[0]
        number = world.capture(connection, city, truck, **values)
        with pytest.raises(SourceRefused, match=said):
            world.opened(connection, city, ("capture", number))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"standing": "screening"}, "screening"),
        ({"outcome": "passed"}, "did not fail"),
        ({"status": "withdrawn"}, "withdrawn"),
    ],
)
def test_only_a_failed_inspection_with_legal_standing_carries_a_case(
    engine: Engine, city: City, values: dict[str, str], said: str
) -> None:
    with transaction(engine) as connection:
        number = world.inspection(connection, city, machine_id=world.machine(connection), **values)
        with pytest.raises(SourceRefused, match=said):
            world.opened(connection, city, ("inspection", number))


def test_a_source_of_another_county_is_not_there(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        foreign = world.confirmed(connection, zone, city, division="211322")
        with pytest.raises(LookupError):
            world.opened(connection, city, ("violation", foreign), by="county")


def test_two_sources_of_one_act_are_one_case_with_both_facts(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        sources = (
            ("violation", world.confirmed(connection, zone, city, owner)),
            ("inspection", world.inspection(connection, city, truck_id=owner[0], at=world.ACT + timedelta(hours=1))),
        )
        case_id = world.opened(connection, city, *sources)
    case = world.row(engine, case_id)
    assert case["state"] == "failed", "the inspection has established it"
    assert case["states"] == {"repair": "owed"}
    assert [one["kind"] for one in case["facts"]["sources"]] == ["violation", "inspection"]
    assert case["offences"] == ["truck_zone_breach", "failed_inspection"]
    assert case["acted_to"] == world.ACT + timedelta(hours=1)
    assert case["facts"]["sources"][1]["items"][0]["limit"] == 1.61


def test_sources_about_two_trucks_are_no_case(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        one, other = (world.confirmed(connection, zone, city) for _ in range(2))
        with pytest.raises(SourceRefused, match="not the same truck"):
            world.opened(connection, city, ("violation", one), ("violation", other))


def test_a_source_is_in_one_case_only(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        number = world.confirmed(connection, zone, city)
        case_id = world.opened(connection, city, ("violation", number))
    with transaction(engine) as connection, pytest.raises(AlreadyInCase) as found:
        world.opened(connection, city, ("violation", number), by="officer2")
    assert found.value.case["id"] == case_id


def test_two_officers_opening_at_once_open_one_case(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        number = world.confirmed(connection, zone, city)
    together = threading.Barrier(2)

    def open_it(username: str) -> str:
        try:
            with transaction(engine) as connection:
                together.wait()
                world.opened(connection, city, ("violation", number), by=username)
                return "opened"
        except AlreadyInCase:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(open_it, ("officer", "officer2")))
    assert answers == ["opened", "refused"]
    with transaction(engine) as connection:
        sql = "SELECT count(*) FROM case_sources WHERE kind = 'violation' AND source_id = :s"
        assert connection.execute(text(sql), {"s": number}).scalar_one() == 1


def test_two_sources_of_one_act_at_once_are_not_two_cases(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        smoke = world.capture(connection, city, owner[0])
        test = world.inspection(connection, city, truck_id=owner[0])
    together = threading.Barrier(2)

    def open_it(given: tuple[str, str, int]) -> str:
        username, kind, number = given
        try:
            with transaction(engine) as connection:
                together.wait()
                world.opened(connection, city, (kind, number), by=username)
                return "opened"
        except SameAct:
            return "same act"

    with ThreadPoolExecutor(2) as pool:
        wanted = [("officer", "capture", smoke), ("officer2", "inspection", test)]
        assert sorted(pool.map(open_it, wanted)) == ["opened", "same act"]


def test_the_same_act_is_joined_or_said_to_be_another(
    browse: Browse, engine: Engine, city: City, zone: records.Zone
) -> None:
    officer = browse("officer")
    with transaction(engine) as connection:
        owner = records.truck(connection)
        first = world.opened(connection, city, ("capture", world.capture(connection, city, owner[0])))
        second = world.capture(connection, city, owner[0], at=world.ACT + timedelta(hours=2))
        third = world.capture(connection, city, owner[0], at=world.ACT + timedelta(hours=3))
    number = world.row(engine, first)["number"]
    offered = officer.post("/cases/new", {"source": f"capture:{second}"})
    assert offered.status_code == 409 and number in offered.text and f'name="join" value="{first}"' in offered.text
    joined = officer.post("/cases/new", {"source": f"capture:{second}", "join": str(first)})
    assert joined.status_code == 303 and joined.location.endswith(f"/cases/{first}")
    assert len(world.row(engine, first)["facts"]["sources"]) == 2
    short = officer.post("/cases/new", {"source": f"capture:{third}", "another_act": "x"})
    assert short.status_code == 422
    other = officer.post("/cases/new", {"source": f"capture:{third}", "another_act": "次日另一路段再次上路"})
    assert other.status_code == 303 and not other.location.endswith(f"/cases/{first}")


def test_nothing_is_joined_to_another_act_or_an_ended_case(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        case_id = world.opened(connection, city, ("violation", world.confirmed(connection, zone, city, owner)))
        later = world.confirmed(connection, zone, city, owner, first_at=world.ACT + timedelta(days=5))
        same = world.confirmed(connection, zone, city, owner, first_at=world.ACT + timedelta(minutes=30))
        officer = world.account(connection, city, "officer")
        book = rule_book.current(connection)
        for number in (later, same):
            if number == same:
                world.take(connection, city, case_id, "officer", "main", "remove", reason="double")
            draft = draft_of(connection, officer.scope, [("violation", number)])
            with pytest.raises(MoveRefused):
                join_case(connection, world.actor(officer), officer, officer.scope, book, draft, case_id)


def test_an_act_of_another_day_is_another_case(engine: Engine, city: City, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        for days in (0, 5):
            number = world.confirmed(connection, zone, city, owner, first_at=world.ACT + timedelta(days=days))
            world.opened(connection, city, ("violation", number))


def test_the_page_of_a_source_leads_to_its_case(browse: Browse, engine: Engine, city: City, zone: records.Zone) -> None:
    officer = browse("officer")
    with transaction(engine) as connection:
        owner = records.truck(connection)
        number = world.confirmed(connection, zone, city, owner)
    assert f"/cases/new?kind=violation&amp;number={number}" in officer.get(f"/violations/{number}").text
    with transaction(engine) as connection:
        case_id = world.opened(connection, city, ("violation", number))
    assert f"/cases/{case_id}" in officer.get(f"/violations/{number}").text
    assert f"/cases/{case_id}" in officer.get(f"/trucks/{owner[0]}").text
    again = officer.post("/cases/new", {"source": f"violation:{number}"})
    assert again.status_code == 303 and again.location.endswith(f"/cases/{case_id}")
