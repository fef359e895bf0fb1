"""The off-line register: what it says of a subject, deltas, what is gone, other cities, days."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from werkzeug.test import TestResponse

from server.db import transaction
from server.flows import rule_book
from server.flows.refresh_tablet_register import refresh_tablet_register
from server.store import tablet_register
from server.tablet.columns import SIGNS
from server.tablet.register_file import gzipped, lines
from tests.server.conftest import Browser, City
from tests.server.inspection_city import add_truck

pytestmark = pytest.mark.server
Facts = dict[tuple[str, int], dict[str, Any]]
OURS, OTHERS = "2113", "2107"


def _refresh(connection: Connection) -> int | None:
    return refresh_tablet_register(connection, rule_book.current(connection), timedelta(0))


def _read(connection: Connection, city: str = OURS, since: int | None = None) -> Facts:
    rows = tablet_register.stream(connection, city, since)
    return {(kind, number): json.loads(facts) for portion in rows for kind, number, facts in portion}


def _revision(connection: Connection) -> int:
    mark = tablet_register.find_mark(connection)
    assert mark is not None
    return mark.revision


@pytest.fixture
def connection(engine: Engine, city: City) -> Any:
    """A transaction that is taken back."""
    with engine.connect() as found:
        yield found
        found.rollback()


def _inspect(
    connection: Connection, city: City, truck: int, at: str, outcome: str = "passed", division: str = "211302"
) -> None:
    connection.execute(
        text(
            "INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division,"
            " methods, content, verdict, outcome, standing, law) SELECT 'X' || nextval('inspection_numbers'), 'roadside', 'page',"
            " :t, 'x', :o, cast(:at AS timestamptz), :d, '{free_acceleration}', '{}', '{}', :r, 'legal', 'CODE'"
        ),
        {"t": truck, "o": city.organisations["city"], "at": at, "r": outcome, "d": division},
    )


def _notice(connection: Connection, city: City, truck: int, number: str, due: str) -> None:
    connection.execute(
        text(
            "INSERT INTO repair_notices (number, truck_id, subject_text, division, organisation_id, failed_items, issued_on,"
            " due_on, rule_key) VALUES (:n, :t, 'x', '211302', :o, '[]', '2025-01-01', cast(:due AS date), 'x@2026-01-01')"
        ),
        {"t": truck, "n": number, "o": city.organisations["city"], "due": due},
    )


def _watch(
    connection: Connection, city: City, subject: str, truck: int | None, until: str | None, division: str = "211302"
) -> None:
    connection.execute(
        text(
            "INSERT INTO watch_entries (truck_id, subject_text, plate_colour, reason, division, organisation_id, from_on, until_on)"
            " VALUES (:t, :s, 'yellow', 'smoke_reported', :d, :o, '2026-01-01', cast(:u AS date))"
        ),
        {"t": truck, "s": subject, "d": division, "o": city.organisations["city"], "u": until},
    )


def test_a_truck_s_facts_are_those_of_its_records(connection: Connection, city: City) -> None:
    truck = add_truck(connection, "辽NTR001", city.enterprise_id)
    for at, outcome in (
        ("2025-01-05", "failed"),
        ("2025-02-05", "passed"),
        ("2025-03-05 23:30+08", "failed"),
        ("2025-04-05", "passed"),
    ):
        _inspect(connection, city, truck, at, outcome)
    _notice(connection, city, truck, "W20250101-000001", "2025-05-01")
    _watch(connection, city, "辽NTR001", truck, None)
    connection.execute(
        text(
            "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at) VALUES"
            " (:t, 'heating', '2026-01-01', '2099-01-01', '市局', 'active', '2026-02-01'),"
            " (:t, 'post', '2020-01-01', '2020-02-01', '市局', 'active', '2020-01-01'),"
            " (:t, 'post', '2026-01-01', '2099-02-01', NULL, 'requested', NULL)"
        ),
        {"t": truck},
    )
    connection.execute(  # a suspended one is not shown
        text(
            "WITH s AS (INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at)"
            " VALUES (:t, 'export', '2026-01-01', '2099-01-01', '市局', 'active', '2026-02-01') RETURNING id)"
            " INSERT INTO whitelist_suspensions (entry_id, from_at, cause, reason_zh, reason_en)"
            " SELECT id, '2026-03-01', 'black_smoke', 'x', 'x' FROM s"
        ),
        {"t": truck},
    )
    _refresh(connection)
    facts = _read(connection)["truck", truck]
    assert facts == {
        "plate": "辽NTR001", "colour": "yellow", "category": "heavy_goods", "fuel": "diesel", "stage": "5",
        "stage_basis": "unknown", "after_treatment": "unknown", "device": "unknown", "state": "active",
        "division": "211302", "enterprise": "宏达运输",
        "last": [["2025-04-05", "roadside", "passed"], ["2025-03-05", "roadside", "failed"], ["2025-02-05", "roadside", "passed"]],
        "notice": ["W20250101-000001", "2025-05-01"],
        "watch": [["repair_overdue", "2025-05-02", None], ["smoke_reported", "2026-01-01", None]],
        "permits": [[int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()), int(datetime(2099, 1, 1, tzinfo=UTC).timestamp()), "heating", None]],
    }  # fmt: skip


def test_two_failures_in_a_year_are_watched_until_the_second_newest_is_a_year_old(
    connection: Connection, city: City
) -> None:
    one, other = add_truck(connection, "辽NTR001"), add_truck(connection, "辽NTR002")
    now = datetime.now(UTC)
    second = now - timedelta(days=90)
    for days in (10, 90, 200):
        _inspect(connection, city, one, (now - timedelta(days=days)).isoformat(), "failed")
    for days in (10, 400):
        _inspect(connection, city, other, (now - timedelta(days=days)).isoformat(), "failed")
    _refresh(connection)
    found = _read(connection)
    code, first, until = found["truck", one]["watch"][0]
    assert (code, first) == ("failed_twice", None)
    assert abs(datetime.fromisoformat(until).replace(tzinfo=UTC) - second - timedelta(days=365)) < timedelta(days=2)
    assert "watch" not in found["truck", other]


def test_a_withdrawn_inspection_says_nothing(connection: Connection, city: City) -> None:
    truck = add_truck(connection, "辽NTR001")
    _inspect(connection, city, truck, "2026-01-05", "failed")
    connection.execute(text("UPDATE inspections SET status = 'withdrawn' WHERE truck_id = :t"), {"t": truck})
    _refresh(connection)
    assert "last" not in _read(connection)["truck", truck]


def test_a_watch_entry_for_a_plate_that_was_registered_later_counts(connection: Connection, city: City) -> None:
    _watch(connection, city, "辽NTR009", None, None)
    _watch(connection, city, "辽NTR008", None, "2026-01-02")
    ours, over = add_truck(connection, "辽NTR009"), add_truck(connection, "辽NTR008")
    _refresh(connection)
    found = _read(connection)
    assert found["truck", ours]["watch"] == [["smoke_reported", "2026-01-01", None]]
    assert "watch" not in found["truck", over]


def test_codes_that_no_list_knows_read_as_where_the_server_judges(connection: Connection) -> None:
    truck = add_truck(connection, "辽NTR001")
    connection.execute(
        text("UPDATE trucks SET stage = '国8', fuel = NULL, category = NULL, plate_colour = 'pink' WHERE id = :t"),
        {"t": truck},
    )
    _refresh(connection)
    facts = _read(connection)["truck", truck]
    assert [facts[name] for name in ("stage", "fuel", "category", "colour")] == ["X", "unknown", "other", "other"]


def test_another_city_s_subjects_and_records_never_appear(connection: Connection, city: City) -> None:
    theirs = add_truck(connection, "辽GTR001", division="210702")
    ours = add_truck(connection, "辽NTR001")
    _inspect(connection, city, ours, "2026-01-05", "failed", "210702")
    _watch(connection, city, "辽NTR001", ours, None, "210702")
    _refresh(connection)
    found = _read(connection)
    assert ("truck", theirs) not in found and "last" not in found["truck", ours] and "watch" not in found["truck", ours]
    assert set(_read(connection, OTHERS)) >= {("truck", theirs)} and ("truck", ours) not in _read(connection, OTHERS)


def test_a_truck_whose_file_names_no_area_belongs_where_its_plate_does(connection: Connection) -> None:
    truck = add_truck(connection, "辽NTR001")
    connection.execute(text("UPDATE trucks SET division = NULL WHERE id = :t"), {"t": truck})
    _refresh(connection)
    assert ("truck", truck) in _read(connection)


def test_who_moved_away_is_gone_for_the_city_it_left_and_for_no_other(connection: Connection) -> None:
    truck, third = add_truck(connection, "辽NTR001"), add_truck(connection, "辽PTR001", division="211402")
    _refresh(connection)
    before = _revision(connection)
    connection.execute(text("UPDATE trucks SET division = '210702' WHERE id = :t"), {"t": truck})
    connection.execute(text("UPDATE trucks SET vin = 'NEW' WHERE id = :t"), {"t": third})
    _refresh(connection)
    assert tablet_register.find_gone(connection, OURS, before) == [("truck", truck)]
    assert tablet_register.find_gone(connection, OTHERS, before) == []
    assert set(_read(connection, OTHERS, before)) == {("truck", truck)}
    moved = _revision(connection)
    connection.execute(text("UPDATE trucks SET division = '211303' WHERE id = :t"), {"t": truck})
    _refresh(connection)
    assert tablet_register.find_gone(connection, OURS, moved) == [] and ("truck", truck) in _read(
        connection, OURS, moved
    )
    assert tablet_register.find_gone(connection, OTHERS, moved) == [("truck", truck)]


def test_nothing_new_makes_no_revision(connection: Connection) -> None:
    add_truck(connection, "辽NTR001")
    assert _refresh(connection)
    before = _revision(connection)
    assert _refresh(connection) == 0 and _revision(connection) == before


def test_it_is_computed_once_in_the_time_set(connection: Connection) -> None:
    rules = rule_book.current(connection)
    assert refresh_tablet_register(connection, rules, timedelta(minutes=1)) is not None
    add_truck(connection, "辽NTR001")
    assert refresh_tablet_register(connection, rules, timedelta(minutes=1)) is None


def test_who_asks_while_another_computes_gets_what_stood(engine: Engine, city: City) -> None:
    with transaction(engine) as first:
        _refresh(first)
    with transaction(engine) as first, transaction(engine) as second:
        assert tablet_register.lock(first, wait=True)
        assert _refresh(second) is None


@pytest.mark.parametrize(
    "name", ["", "1", "1-", "x-y", "-1-abc", "99999999999999999999-a", "1-abcdefabcdef", "١-abcdefabcdef"]
)
def test_a_revision_that_was_never_given_out_is_not_known(connection: Connection, name: str) -> None:
    _refresh(connection)
    assert tablet_register.find_mark(connection, name) is None


CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "drop", "vin", "move", "back", "inspect", "notice"]), st.integers(0, 7)),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_a_delta_leads_to_the_whole_file(engine: Engine, city: City, rounds: list[list[tuple[str, int]]]) -> None:
    """Whatever happens between two refreshes, what a tablet kept with the deltas put in is what a new one gets."""
    with engine.connect() as connection:
        ids = [add_truck(connection, f"辽NPT{n:03}") for n in range(4)]
        _refresh(connection)
        kept, revision = {city_: _read(connection, city_) for city_ in (OURS, OTHERS)}, _revision(connection)
        for changes in rounds:
            for what, which in changes:
                _change(connection, city, ids, what, which)
            _refresh(connection)
            for city_, held in kept.items():
                for key in tablet_register.find_gone(connection, city_, revision):
                    held.pop(key, None)
                held.update(_read(connection, city_, revision))
                assert held == _read(connection, city_)
            revision = _revision(connection)
        connection.rollback()


def _change(connection: Connection, city: City, ids: list[int], what: str, which: int) -> None:
    if what == "add":
        ids.append(add_truck(connection, f"辽NPX{len(ids):03}", division="210702" if which % 2 else "211302"))
        return
    truck = ids[which % len(ids)]
    held = connection.execute(text("SELECT 1 FROM trucks WHERE id = :t"), {"t": truck}).scalar()
    if not held:
        return
    if what == "drop":
        for table in ("inspections", "repair_notices", "trucks"):
            column = "id" if table == "trucks" else "truck_id"
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :t"), {"t": truck})
    elif what == "inspect":
        _inspect(connection, city, truck, f"2026-03-0{1 + which}", "failed" if which % 2 else "passed")
    elif what == "notice":
        number = connection.execute(text("SELECT 'W' || nextval('inspection_numbers')")).scalar_one()
        _notice(connection, city, truck, number, f"2026-02-0{1 + which}")
    else:
        given_ = {"vin": f"vin = 'V{which}'", "move": "division = '210702'", "back": "division = '211303'"}[what]
        connection.execute(text(f"UPDATE trucks SET {given_} WHERE id = :t"), {"t": truck})


def test_the_file_of_a_revision_is_the_same_whenever_it_is_made(connection: Connection) -> None:
    for n in range(5):
        add_truck(connection, f"辽NTR00{n}")
    _refresh(connection)
    made = [gzipped(lines({"city": OURS}, tablet_register.stream(connection, OURS), [])) for _ in range(2)]
    assert made[0] == made[1]


def _lines(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    return [json.loads(line) for line in body.splitlines()]


@pytest.fixture
def fleet(engine: Engine, city: City, web: Flask) -> Any:
    """Two trucks of ours and one of another city, kept; the register is computed at each call."""
    web.extensions["settings"] = replace(web.extensions["settings"], tablet_register_s=0)
    with transaction(engine) as connection:
        made = [
            add_truck(connection, "辽NGT001"),
            add_truck(connection, "辽NGT002"),
            add_truck(connection, "辽GGT001", division="210702"),
        ]
    yield made
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM trucks WHERE id = ANY (:ids)"), {"ids": made})


def test_the_file_is_whole_first_and_a_delta_then(
    browse: Callable[..., Browser], engine: Engine, fleet: list[int]
) -> None:
    browser = browse("inspector")
    whole = browser.get("/tablet/data/register", headers={"Accept-Encoding": "gzip"})
    head, *blocks, end = _lines(whole)
    assert whole.headers["Content-Encoding"] == "gzip" and head["full"] and head["since"] is None
    assert "json" not in whole.headers["Content-Type"], "the tablet reads it line by line"
    assert (
        end["end"]["truck"] >= 2
        and {"辽NGT001", "辽NGT002"} <= set(_plates(blocks))
        and "辽GGT001" not in _plates(blocks)
    )
    with transaction(engine) as connection:
        connection.execute(text("UPDATE trucks SET vin = 'CHANGED' WHERE id = :id"), {"id": fleet[1]})
    head2, *blocks, end = _lines(browser.get("/tablet/data/register", query_string={"since": head["revision"]}))
    assert not head2["full"] and head2["since"] == head["revision"] and _plates(blocks) == ["辽NGT002"]
    head3, *blocks, end = _lines(browser.get("/tablet/data/register", query_string={"since": head2["revision"]}))
    assert head3["revision"] == head2["revision"] and blocks == [] and end["gone"] == {"truck": [], "machine": []}


def _plates(blocks: list[dict[str, Any]]) -> list[str]:
    plates: list[str] = []
    for block in blocks:
        before = ""
        for text_ in block["plate"].split("|") if block["kind"] == "truck" else ():
            before = before[: SIGNS.index(text_[0])] + text_[1:]
            plates.append(before)
    return plates


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name[:-1] + "0" + "x",
        lambda name: "2107" + name[4:],
        lambda name: "",
        lambda name: "2113-1-abcdefabcdef",
    ],
)
def test_a_revision_of_another_database_or_city_gives_the_whole_file(
    browse: Callable[..., Browser], fleet: list[int], change: Callable[[str], str]
) -> None:
    browser = browse("inspector")
    name = _lines(browser.get("/tablet/data/register"))[0]["revision"]
    assert _lines(browser.get("/tablet/data/register", query_string={"since": change(name)}))[0]["full"]


def test_what_the_tablet_has_is_not_sent_again(browse: Callable[..., Browser], fleet: list[int]) -> None:
    browser = browse("county")
    first = browser.get("/tablet/data/register")
    tag = first.headers["ETag"]
    again = browser.get("/tablet/data/register", headers={"If-None-Match": tag})
    assert (
        not tag.startswith("W/") and again.status_code == 304 and again.data == b"" and again.headers["X-Register-At"]
    )
    assert browser.get("/tablet/data/register").headers["ETag"] == tag
    assert _lines(first)[0]["city"] == "2113", "a county's inspector has the city's register"


@pytest.mark.parametrize(
    ("username", "status"), [("officer", 200), ("read_only", 403), ("enterprise", 403), ("police", 403), (None, 401)]
)
def test_who_gets_it(browse: Callable[..., Browser], fleet: list[int], username: str | None, status: int) -> None:
    assert browse(username).get("/tablet/data/register", headers={"Accept": "application/json"}).status_code == status
