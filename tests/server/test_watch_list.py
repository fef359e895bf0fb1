"""The watch list: who may keep it, what holds when, what follows from records, and its list, files and API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from enforcement.rules.book import day_of
from server.db import Fence, transaction
from server.flows import keep_watch, rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.keep_watch import WatchDraft
from server.flows.refusals import Refused
from server.store import users, watch_entries
from server.store.audit import Actor
from server.store.users import Account
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOW = datetime.now(UTC)
TODAY = day_of(NOW)


@pytest.fixture(scope="module")
def trucks(engine: Engine, city: City) -> dict[str, int]:
    """Trucks by plate, of the county."""
    with transaction(engine) as connection:
        return {
            plate: connection.execute(
                text(
                    "INSERT INTO trucks (plate, plate_colour, vin, division) VALUES (:p, 'yellow', :v, :d) RETURNING id"
                ),
                {"p": plate, "v": f"LZZ5ELSD0CB0000{n:02}", "d": COUNTY},
            ).scalar_one()
            for n, plate in enumerate(("辽NW0001", "辽NW0002", "辽NW0003", "辽NW0004"), 10)
        }


def account(connection: Connection, username: str = "officer") -> tuple[Account, Actor]:
    found = users.find_by_username(connection, username)
    assert found is not None
    return found[0], Actor(found[0].id, username, found[0].organisation_id)


def put(connection: Connection, plate: str, reason: str = "smoke_reported", by: str = "officer", **more: Any) -> int:
    who, actor = account(connection, by)
    draft = WatchDraft(SubjectGiven(plate, more.pop("colour", "yellow"), more.pop("kind", "")), reason, **more)
    return keep_watch.add(connection, actor, who.scope, who.division, draft, NOW)


def reasons(connection: Connection, kind: str, subject: int) -> list[str]:
    values = watch_entries.watch_values(rule_book.current(connection), NOW)
    return [row["reason"] for row in watch_entries.reasons_of(connection, values, kind, subject)]


def fields(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.field for fault in refused.value.faults}


def test_an_entry_holds_from_its_first_to_its_last_day(engine: Engine, trucks: dict[str, int]) -> None:
    with transaction(engine) as connection:
        put(connection, "辽NW0001", until_on=TODAY)
        put(connection, "辽NW0001", "other_city", from_on=TODAY + timedelta(1))
        assert reasons(connection, "truck", trucks["辽NW0001"]) == ["smoke_reported"]


def test_one_active_entry_per_subject_and_reason_at_a_time(engine: Engine, trucks: dict[str, int]) -> None:
    with transaction(engine) as connection:
        number = put(connection, "辽NW0002", until_on=TODAY + timedelta(9))
        with pytest.raises(Refused) as refused:
            put(connection, "辽NW0002")
        assert fields(refused) == {"reason"}
        put(connection, "辽NW0002", "evaded_check")
        later = put(connection, "辽NW0002", from_on=TODAY + timedelta(10))
        who, actor = account(connection)
        with pytest.raises(Refused) as refused:
            keep_watch.change(connection, actor, who.scope, number, 1, "", TODAY + timedelta(10), NOW)
        assert fields(refused) == {"until_on"}
        keep_watch.withdraw(connection, actor, who.scope, later, 1, "查证不实")
        assert keep_watch.change(connection, actor, who.scope, number, 1, "", None, NOW) == 2


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"reason": "repair_overdue"}, "reason"),
        ({"reason": "other"}, "note"),
        ({"until_on": TODAY - timedelta(1)}, "until_on"),
        ({"until_on": TODAY + timedelta(6 * 366)}, "until_on"),
        ({"plate": "辽NX0001"}, "subject_kind"),
        ({"plate": "辽NX0001", "kind": "truck", "colour": ""}, "colour"),
        ({"plate": "="}, "subject"),
    ],
)
def test_what_is_refused_names_its_field(
    engine: Engine, trucks: dict[str, int], draft: dict[str, Any], field: str
) -> None:
    with transaction(engine) as connection, pytest.raises(Refused) as refused:
        put(connection, **{"plate": "辽NW0003", **draft})
    assert fields(refused) == {field}


def test_what_is_not_registered_is_watched_by_its_plate(engine: Engine, trucks: dict[str, int]) -> None:
    with transaction(engine) as connection:
        number = put(connection, "冀HX0009", "other_city", kind="truck")
        row = watch_entries.find_one(connection, account(connection)[0].scope, number)
        with pytest.raises(Refused):
            put(connection, "冀H·X0009", "other_city", kind="truck")
    assert row is not None
    assert (row["truck_id"], row["plate_colour"], row["division"]) == (None, "yellow", "211300")


def inspection(connection: Connection, city: City, truck: int, days: int, outcome: str = "failed") -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division,"
            " methods, content, verdict, outcome, standing, law) VALUES ('J' || nextval('inspection_numbers'), 'roadside',"
            " 'page', :t, 'x', :o, :at, :d, '{}', '{}', '{}', :outcome, 'legal', 'CODE') RETURNING id"
        ),
        {
            "t": truck,
            "o": city.organisations["county"],
            "at": NOW - timedelta(days=days),
            "d": COUNTY,
            "outcome": outcome,
        },
    ).scalar_one()
    return found


def test_what_follows_from_records_needs_no_entry(engine: Engine, city: City, trucks: dict[str, int]) -> None:
    truck = trucks["辽NW0004"]
    with transaction(engine) as connection:
        inspection(connection, city, truck, 400)
        first = inspection(connection, city, truck, 300)
        inspection(connection, city, truck, 200, "passed")
        assert reasons(connection, "truck", truck) == []
        inspection(connection, city, truck, 100)
        assert reasons(connection, "truck", truck) == ["failed_twice"]
        connection.execute(text("UPDATE inspections SET status = 'withdrawn' WHERE id = :i"), {"i": first})
        assert reasons(connection, "truck", truck) == []
        notice(connection, city, truck, 0)
        assert reasons(connection, "truck", truck) == []
        notice(connection, city, truck, 1)
        case(connection, city, truck)
        assert reasons(connection, "truck", truck) == ["open_case", "repair_overdue"]
        connection.execute(text("UPDATE cases SET closed_at = now() WHERE truck_id = :t"), {"t": truck})
        connection.execute(text("UPDATE repair_notices SET closed_at = now() WHERE truck_id = :t"), {"t": truck})
        assert reasons(connection, "truck", truck) == []


def notice(connection: Connection, city: City, truck: int, overdue: int) -> None:
    connection.execute(
        text(
            "INSERT INTO repair_notices (number, truck_id, subject_text, division, organisation_id, failed_items, issued_on,"
            " due_on, rule_key) VALUES ('W' || nextval('repair_notice_numbers'), :t, 'x', :d, :o, '[]', '2026-01-01', :due, 'x')"
        ),
        {"t": truck, "d": COUNTY, "o": city.organisations["county"], "due": TODAY - timedelta(overdue)},
    )


def case(connection: Connection, city: City, truck: int) -> None:
    connection.execute(
        text(
            "INSERT INTO cases (number, subject_kind, truck_id, subject_text, division, organisation_id, acted_from, acted_to,"
            " law, offences, facts, state, holder_id, opened_at) VALUES ('C' || nextval('case_numbers'), 'truck', :t, 'x', :d,"
            " :o, :at, :at, 'CODE', '{failed_inspection}', '{}', 'lead', :o, :at)"
        ),
        {"t": truck, "d": COUNTY, "o": city.organisations["county"], "at": NOW - timedelta(days=90)},
    )


def test_pages_of_the_list(engine: Engine, browse: Browse, trucks: dict[str, int]) -> None:
    officer, inspector = browse("officer"), browse("inspector")
    given = {"subject": "辽NW0003", "colour": "yellow", "reason": "tampering_suspected", "note": "尿素泵被短接"}
    answer = officer.post("/watch-list/new", given)
    assert answer.status_code == 303
    assert officer.post("/watch-list/new", given).status_code == 422
    assert inspector.post("/watch-list/new", given).status_code == 403
    assert "尿素泵被短接" in inspector.get(answer.location).text
    listed = inspector.get("/watch-list/?q=w0003&reason=tampering_suspected&standing=active&sort=-until_on").text
    assert answer.location in listed
    assert "没有" in inspector.get("/watch-list/?q=W9999").text
    for kind in ("csv", "xlsx"):
        assert inspector.get(f"/watch-list/?format={kind}").status_code == 200
        assert inspector.get(f"/watch-list/derived?format={kind}").status_code == 200
    truck = trucks["辽NW0003"]
    assert "疑似篡改" in inspector.get(f"/trucks/{truck}/file").text
    facts = inspector.post("/inspections/subject", {"subject": "辽NW0003", "colour": "yellow"})
    assert "疑似篡改" in facts.text
    changed = officer.post(f"{answer.location}/edit", {"version": "1", "note": "另见举报单"})
    assert changed.status_code == 303
    assert officer.post(f"{answer.location}/withdraw", {"version": "1", "reason": "已经查实"}).status_code == 409
    assert officer.post(f"{answer.location}/withdraw", {"version": "2", "reason": "已经查实"}).status_code == 303
    assert "疑似篡改" not in inspector.get(f"/trucks/{truck}/file").text


def test_what_follows_from_records_is_listed(
    engine: Engine, city: City, browse: Browse, trucks: dict[str, int]
) -> None:
    with transaction(engine) as connection:
        notice(connection, city, trucks["辽NW0001"], 3)
    page = browse("county").get("/watch-list/derived?reason=repair_overdue&q=w0001&sort=from_on").text
    assert "维修复检逾期" in page
    assert "维修复检逾期</td>" not in browse("other").get("/watch-list/derived?q=w0001").text


def test_those_outside_the_bureau_have_no_list(browse: Browse) -> None:
    for name in ("enterprise", "station", "partner", "police", "transport"):
        for address in ("/watch-list/", "/watch-list/derived", "/assignments/", "/assignments/week"):
            assert browse(name).get(address).status_code == 403


def test_the_database_itself_shows_fenced_accounts_nothing(engine: Engine, browse: Browse) -> None:
    for table in ("watch_entries", "assignments", "assignment_people", "assignment_subjects"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction(engine, Fence(1)) as connection:
            connection.execute(text(f"SELECT * FROM {table}"))
