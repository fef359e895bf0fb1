"""Days that differ from the published calendar: kept with their source, audited, used by the zone hours."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.calendar import DayKind
from server.db import transaction
from server.store import calendar_days
from tests.server.conftest import Browser

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


def kind(engine: Engine, day: str) -> DayKind:
    with transaction(engine) as connection:
        return calendar_days.load_calendar(connection).kind(dt.date.fromisoformat(day))


def test_a_day_is_kept_changed_and_given_back(browse: Browse, engine: Engine) -> None:
    saturday = {"day": "2026-11-28", "kind": "workday", "note": "市政府通知"}
    assert kind(engine, "2026-11-28") is DayKind.REST_DAY
    assert browse("officer").post("/calendar/", saturday).status_code == 303
    assert kind(engine, "2026-11-28") is DayKind.WORKDAY
    browse("officer").post("/calendar/", {**saturday, "kind": "holiday"})
    assert kind(engine, "2026-11-28") is DayKind.HOLIDAY
    page = browse("read_only").get("/calendar/?year=2026").text
    assert "2026-11-28" in page
    assert "市政府通知" in page
    browse("officer").post("/calendar/remove", {"day": "2026-11-28"})
    assert kind(engine, "2026-11-28") is DayKind.REST_DAY
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT action, detail FROM audit_log WHERE subject_kind = 'calendar_day' ORDER BY id")
        ).all()
    assert [row.action for row in rows] == ["calendar.keep", "calendar.keep", "calendar.remove"]
    assert rows[1].detail["before"]["kind"] == "workday"


@pytest.mark.parametrize(
    ("day", "kind_", "note"),
    [("", "rest", "x"), ("2026-02-30", "rest", "x"), ("1999-01-01", "rest", "x"), ("2026-12-05", "", "x"),
     ("2026-12-05", "feast", "x"), ("2026-12-05", "rest", " ")],
)  # fmt: skip
def test_a_wrong_day_is_refused(browse: Browse, engine: Engine, day: str, kind_: str, note: str) -> None:
    answer = browse("officer").post("/calendar/", {"day": day, "kind": kind_, "note": note})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    with transaction(engine) as connection:
        assert calendar_days.list_calendar_days(connection, 2026) == []


def test_who_may_keep_it(browse: Browse) -> None:
    day = {"day": "2026-12-05", "kind": "rest", "note": "x"}
    for username in ("read_only", "approver", "inspector", "enterprise"):
        assert browse(username).post("/calendar/", day).status_code == 403
    assert browse("officer").get("/calendar/?year=abc").status_code == 200
    assert browse("officer").post("/calendar/remove", {"day": "never"}).status_code == 422
