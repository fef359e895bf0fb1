"""Assignments: planning a day with its people and named subjects, what was done for it, and who sees it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import day_of
from server.db import transaction
from server.flows.assigned_subjects import read_lines
from server.store import assignments, users
from server.store.scopes import Scope
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
TODAY = day_of(datetime.now(UTC))


@pytest.fixture(scope="module")
def truck(engine: Engine, city: City) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, vin, division) VALUES ('辽NV0001', 'yellow', 'LZZ5ELSD0CB000020',"
                " :d) RETURNING id"
            ),
            {"d": COUNTY},
        ).scalar_one()
        return found


def form(city: City, **changes: Any) -> dict[str, Any]:
    people = [str(city.accounts["inspector"])]
    given = {
        "day": TODAY.isoformat(),
        "kind": "roadside",
        "title": "国道夜查",
        "place": "G306 检查站",
        "people": people,
    }
    return {**given, **changes}


def plan(browse: Browse, city: City, who: str = "officer", **changes: Any) -> int:
    answer = browse(who).post("/assignments/new", form(city, **changes))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def row(engine: Engine, number: int) -> dict[str, Any]:
    with transaction(engine) as connection:
        found = assignments.find_one(connection, Scope(), number)
    assert found is not None
    return found


def check(engine: Engine, city: City, assignment: int, truck: int | None, subject: str) -> int:
    with transaction(engine) as connection:
        number: int = connection.execute(
            text(
                "INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division,"
                " methods, content, verdict, outcome, standing, law, assignment_id) VALUES ('J' || nextval('inspection_numbers'),"
                " 'roadside', 'tablet', :t, :s, :o, now(), :d, '{}', '{}', '{}', 'passed', 'legal', 'CODE', :a) RETURNING id"
            ),
            {"t": truck, "s": subject, "o": city.organisations["city"], "d": COUNTY, "a": assignment},
        ).scalar_one()
        return number


def test_lines_of_subjects_are_read_as_they_are_pasted() -> None:
    given = "辽NV0001 黄牌 举报冒黑烟\n\n辽NV0002\tyellow\n 3-6NA00077  逾期未复检\n辽NV0003 群众举报"
    assert [(one.text, one.colour, one.why) for one in read_lines(given)] == [
        ("辽NV0001", "yellow", "举报冒黑烟"),
        ("辽NV0002", "yellow", ""),
        ("3-6NA00077", "", "逾期未复检"),
        ("辽NV0003", "", "群众举报"),
    ]


def test_a_subject_is_done_when_a_check_made_for_it_is_about_it(
    engine: Engine, city: City, browse: Browse, truck: int
) -> None:
    number = plan(browse, city, subjects="辽N·V0001 黄\n冀HV0002 蓝 外地", wanted="5")
    assert (row(engine, number)["subjects_n"], row(engine, number)["done_n"]) == (2, 0)
    other = plan(browse, city)
    check(engine, city, other, truck, "辽NV0001")
    assert row(engine, number)["subjects_done"] == 0
    check(engine, city, number, truck, "辽NV0001")
    withdrawn = check(engine, city, number, None, "冀HV0002")
    found = row(engine, number)
    assert (found["subjects_done"], found["done_n"]) == (2, 2)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE inspections SET status = 'withdrawn' WHERE id = :i"), {"i": withdrawn})
    assert (row(engine, number)["subjects_done"], row(engine, number)["done_n"]) == (1, 1)
    page = browse("inspector").get(f"/assignments/{number}").text
    assert "1 / 5" in page and "未检查" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": (TODAY - timedelta(1)).isoformat()}, "day"),
        ({"day": ""}, "day"),
        ({"kind": "periodic"}, "kind"),
        ({"title": " "}, "title"),
        ({"people": []}, "people"),
        ({"wanted": "0"}, "wanted"),
        ({"wanted": "x"}, "wanted"),
        ({"wanted": "1.5"}, "wanted"),
        ({"lon": "120.1"}, "lon"),
        ({"lon": "220", "lat": "41"}, "lon"),
        ({"enterprise": "没有的企业"}, "enterprise"),
        ({"subjects": "=1+1"}, "subjects"),
        ({"subjects": "\n".join(f"辽NV{n:04}" for n in range(201))}, "subjects"),
    ],
)
def test_what_is_refused_stands_at_its_field(city: City, browse: Browse, changes: dict[str, Any], field: str) -> None:
    answer = browse("officer").post("/assignments/new", form(city, **changes))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text


def test_people_are_of_the_own_body(city: City, browse: Browse) -> None:
    answer = browse("officer").post("/assignments/new", form(city, people=[str(city.accounts["county"])]))
    assert answer.status_code == 422


def test_it_is_changed_called_off_and_closed_by_its_own_body_alone(engine: Engine, city: City, browse: Browse) -> None:
    officer = browse("officer")
    number = plan(browse, city, subjects="辽NV0001 黄\n冀HV0002 蓝")
    with transaction(engine) as connection:
        before = {one["subject_text"]: one["id"] for one in assignments.subjects(connection, [number])}
    changed = form(city, title="国道日查", subjects="冀HV0002 蓝 再查\n冀HV0003 蓝", version="1")
    assert officer.post(f"/assignments/{number}/edit", changed).status_code == 303
    assert officer.post(f"/assignments/{number}/edit", changed).status_code == 409
    with transaction(engine) as connection:
        after = {one["subject_text"]: one["id"] for one in assignments.subjects(connection, [number])}
    assert set(after) == {"冀HV0002", "冀HV0003"} and after["冀HV0002"] == before["冀HV0002"]
    assert officer.post(f"/assignments/{number}/cancel", {"version": "2", "reason": "短"}).status_code == 422
    assert officer.post(f"/assignments/{number}/cancel", {"version": "2", "reason": "大雪封路"}).status_code == 303
    assert officer.post(f"/assignments/{number}/close", {"version": "3"}).status_code == 422
    county = plan(browse, city, "county", people=[str(city.accounts["county"])])
    assert officer.get(f"/assignments/{county}").status_code == 200
    assert officer.post(f"/assignments/{county}/close", {"version": "1"}).status_code == 422
    assert (
        browse("county").post(f"/assignments/{county}/close", {"version": "1", "note": "全部完成"}).status_code == 303
    )
    assert browse("other").get(f"/assignments/{county}").status_code == 404
    assert browse("inspector").post(f"/assignments/{county}/close", {"version": "2"}).status_code == 403


def test_the_watch_list_offers_subjects(engine: Engine, city: City, browse: Browse, truck: int) -> None:
    added = browse("officer").post(
        "/watch-list/new", {"subject": "辽NV0001", "colour": "yellow", "reason": "evaded_check", "note": "绕行"}
    )
    assert added.status_code == 303
    number = plan(browse, city, watch=[f"truck:{truck}"])
    with transaction(engine) as connection:
        named = assignments.subjects(connection, [number])
    assert [(one["subject_text"], one["why"]) for one in named] == [("辽NV0001", "evaded_check")]
    assert "逃避检查" in browse("officer").get(f"/assignments/{number}").text


def test_its_people_find_it_on_their_first_page(city: City, browse: Browse) -> None:
    number = plan(browse, city, title="只给检查员看")
    assert f"/assignments/{number}" in browse("inspector").get("/").text
    assert f"/assignments/{number}" not in browse("officer2").get("/").text


def test_list_week_and_files(city: City, browse: Browse) -> None:
    person = str(city.accounts["inspector"])
    plan(browse, city, title="下周任务", day=(TODAY + timedelta(7)).isoformat())
    listed = browse("officer").get(f"/assignments/?person={person}&state=planned&from={TODAY}&sort=day").text
    assert "下周任务" in listed and "国道夜查" in listed
    assert "下周任务" in browse("officer").get(f"/assignments/week?day={TODAY + timedelta(7)}").text
    assert "下周任务" not in browse("officer").get("/assignments/week?day=x").text
    assert browse("officer").get("/assignments/?format=csv").status_code == 200
    assert browse("officer").get("/assignments/?format=xlsx").status_code == 200


def test_an_inspection_of_the_form_is_linked(engine: Engine, city: City, browse: Browse, truck: int) -> None:
    number = plan(browse, city)
    given = {
        "kind": "roadside", "at": datetime.now(UTC).astimezone().strftime("%Y-%m-%dT%H:%M"), "subject": "辽NV0001",
        "colour": "yellow", "method": ["free_acceleration"], "assignment": str(number), "source_key": "page:x", "officers.0.name": "王一",
        **{f"methods.free_acceleration.peaks.{n}": "1.2" for n in range(3)},
    }  # fmt: skip
    page = browse("inspector").get(f"/inspections/new?assignment={number}").text
    assert f'<option value="{number}" selected>' in page
    answer = browse("inspector").post("/inspections/new", given)
    assert answer.status_code == 303, answer.text
    assert row(engine, number)["done_n"] == 1
    assert f"/assignments/{number}" in browse("inspector").get(answer.location).text


def test_the_person_is_found_by_day(engine: Engine, city: City, browse: Browse) -> None:
    number = plan(browse, city)
    with transaction(engine) as connection:
        found = users.find_by_username(connection, "inspector")
        assert found is not None
        mine = assignments.of_person(connection, found[0].id, TODAY, TODAY)
    assert number in {one["id"] for one in mine}
