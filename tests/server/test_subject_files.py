"""One file per truck and machine: everything that happened, in order, page by page, and only what one may see."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.store import subject_files
from server.store.scopes import Scope
from server.store.subject_files import KINDS, Place
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
BEGIN = datetime(2026, 9, 1, 8, tzinfo=UTC)
EVERYTHING = Scope()


def inspection(connection: Connection, city: City, truck_id: int, n: int, at: datetime) -> None:
    connection.execute(
        text(
            "INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, enterprise_id, inspected_at,"
            " division, methods, content, verdict, outcome, standing, law) VALUES (:number, 'roadside', 'page', :truck,"
            " '辽N1', :organisation, :enterprise, :at, '211302', '{free_acceleration}', '{}', '{}', 'failed', 'legal', 'CODE')"
        ),
        {
            "number": f"J20260901-{n:06}",
            "truck": truck_id,
            "organisation": city.organisations["city"],
            "at": at,
            "enterprise": city.enterprise_id,
        },
    )


def case(connection: Connection, city: City, truck_id: int, number: str) -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO cases (number, subject_kind, truck_id, subject_text, division, organisation_id, acted_from,"
            " acted_to, law, offences, facts, state, holder_id, opened_at) VALUES (:number, 'truck', :truck, '辽N1',"
            " '211302', :o, :at, :at, 'CODE', '{failed_inspection}', '{}', 'filed', :o, :at) RETURNING id"
        ),
        {"number": number, "truck": truck_id, "o": city.organisations["city"], "at": BEGIN + timedelta(days=1)},
    ).scalar_one()
    return found


@pytest.fixture(scope="module")
def truck(engine: Engine, city: City) -> int:
    """A truck with a registration, a violation, 120 inspections (three at each moment) and two cases."""
    with transaction(engine) as connection:
        place = records.zone(connection)
        found = records.truck(connection, enterprise_id=city.enterprise_id)
        records.violation(connection, place, found, enterprise_id=city.enterprise_id)
        for n in range(120):
            inspection(connection, city, found[0], n, BEGIN - timedelta(hours=n // 3))
        first, _ = (
            case(connection, city, found[0], "A20260901-000001"),
            case(connection, city, found[0], "A20260901-000002"),
        )
        connection.execute(
            text(
                "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis)"
                " VALUES ('Y1', :case, 'police', 'transfer', :ours, :theirs, 'sent', 'CODE 1126')"
            ),
            {"case": first, "ours": city.organisations["city"], "theirs": city.organisations["police"]},
        )
    return found[0]


def test_pages_give_every_entry_once_in_order(engine: Engine, truck: int) -> None:
    seen: list[Place] = []
    before = None
    with transaction(engine) as connection:
        while page := subject_files.entries(connection, EVERYTHING, "truck", truck, KINDS, before, 50):
            seen += [entry.place for entry in page]
            before = page[-1].place
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen))
    assert [sum(place.kind == kind for place in seen) for kind in ("inspection", "case", "violation")] == [120, 2, 1]


def test_another_truck_has_none_of_it(engine: Engine, truck: int) -> None:
    with transaction(engine) as connection:
        other = records.truck(connection)[0]
        found = subject_files.entries(connection, EVERYTHING, "truck", other, KINDS, None, 50)
    assert {entry.kind for entry in found} == {"registry"}


def test_the_page_shows_filters_and_goes_on(browse: Browse, truck: int) -> None:
    officer = browse("officer")
    page = officer.get(f"/trucks/{truck}/file").text
    assert "一车一档" in page
    assert "A20260901-000001" in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    later = officer.get(following.group(1).replace("&amp;", "&"))
    assert later.status_code == 200
    assert "J20260901-000119" not in page
    assert "J20260901-" in later.text
    only = officer.get(f"/trucks/{truck}/file?kind=case").text
    assert "J20260901-" not in only
    assert officer.get(f"/trucks/{truck}/file?before=rubbish~x~y").status_code == 200


def test_the_police_see_the_case_that_was_referred_and_no_inspection(browse: Browse, truck: int) -> None:
    page = browse("police").get(f"/trucks/{truck}/file").text
    assert "A20260901-000001" in page
    assert "A20260901-000002" not in page
    assert "J20260901-" not in page


def test_an_enterprise_sees_its_own_and_a_foreign_county_nothing(browse: Browse, truck: int) -> None:
    page = browse("enterprise").get(f"/trucks/{truck}/file").text
    assert "J20260901-000000" in page
    assert "A20260901-000001" not in page, "a case is shown to the party once it is filed"
    assert browse("station").get(f"/trucks/{truck}/file").status_code in {403, 404}


def test_a_machine_has_a_file_too(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        number = connection.execute(
            text("INSERT INTO machines (registration_number) VALUES ('3-6NA00001') RETURNING id")
        ).scalar_one()
    assert "一机一档" in browse("officer").get(f"/machines/{number}/file").text
