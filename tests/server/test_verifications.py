"""Verification of a ledger: drawn again by its seed, normal days against alert days, verdicts, score, who may."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.ledgers.verification import draw_some
from server.db import transaction
from server.flows.load_reference import load_reference
from tests.server import ledger_review_world as world
from tests.server.conftest import Browser, City
from tests.server.evidence_files import jpeg

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SEED = "七号种子"


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> int:
    """A plant with October's passages: 10 a day, 4 on the three days of an orange alert."""
    load_reference(engine)
    with transaction(engine) as connection:
        made = world.make_enterprise(connection, "核查厂")
        rows = []
        for n in range(31):
            day = date(2026, 10, 1) + timedelta(days=n)
            for k in range(4 if 19 <= n <= 21 else 10):
                rows.append(
                    world.passage(made, world.at(day.isoformat(), 6 + k / 2), plate=f"辽N{n:03}{k:02}", vin=None)
                )
                rows.append(
                    world.passage(made, world.at(day.isoformat(), 7 + k / 2), plate=f"辽N{n:03}{k:02}", direction="out")
                )
        world.put(connection, *rows)
        connection.execute(
            text(
                "INSERT INTO alerts (level, division, from_at, to_at, document, authority, issued_on, lifted_at) VALUES ('orange',"
                " '211300', :f, :t, '朝重污指〔2026〕7号', '市政府', '2026-10-19', :t)"
            ),
            {"f": world.at("2026-10-20", 0), "t": world.at("2026-10-22", 20)},
        )
    return made


def draw(browse: Browse, plant: int, **more: str) -> Any:
    form = {"enterprise": "核查厂", "from_on": "2026-10-01", "to_on": "2026-10-31", "seed": SEED, **more}
    return browse("officer").post("/verifications/new", form)


def task_of(answer: Any) -> int:
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def items(engine: Engine, task: int) -> list[Any]:
    with transaction(engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM verification_items WHERE task_id = :t ORDER BY part, ordinal"), {"t": task}
            )
        )


def test_the_same_seed_draws_the_same_and_the_pure_function_agrees(engine: Engine, browse: Browse, plant: int) -> None:
    one, two = (items(engine, task_of(draw(browse, plant))) for _ in range(2))
    drawn = [(item.part, item.ordinal, item.passage_id, item.day) for item in one]
    assert drawn == [(item.part, item.ordinal, item.passage_id, item.day) for item in two]
    other = items(engine, task_of(draw(browse, plant, seed="")))
    assert drawn != [(item.part, item.ordinal, item.passage_id, item.day) for item in other]
    with transaction(engine) as connection:
        ids = (
            connection.execute(text("SELECT id FROM ledger_passages WHERE enterprise_id = :e"), {"e": plant})
            .scalars()
            .all()
        )
    assert [item.passage_id for item in one if item.part == "complete"] == list(draw_some(SEED, "complete", ids, 10))
    assert [len([i for i in one if i.part == part]) for part in ("complete", "stage", "normal_day", "alert_day", "video")] == [
        10, 10, 5, 3, 3,
    ]  # fmt: skip
    assert {item.day for item in one if item.part == "alert_day"} == {date(2026, 10, day) for day in (20, 21, 22)}
    assert {item.day for item in one if item.part == "video"} <= {date(2026, 10, day) for day in (20, 21, 22)}


def test_normal_days_against_alert_days(engine: Engine, browse: Browse, plant: int) -> None:
    task = task_of(draw(browse, plant))
    with transaction(engine) as connection:
        method = connection.execute(
            text("SELECT method FROM verification_tasks WHERE id = :t"), {"t": task}
        ).scalar_one()
    assert (method["normal_mean"], method["alert_mean"], method["change_pct"]) == (10, 4, -60)
    only_alert = task_of(draw(browse, plant, from_on="2026-10-20", to_on="2026-10-22"))
    days = [item.day for item in items(engine, only_alert) if item.part == "normal_day"]
    assert len(days) == 5
    assert max(days) < date(2026, 10, 20)
    assert "-60.0 %" in browse("officer").get(f"/verifications/{task}").text


def judge(browse: Browse, task: int, item: int, **form: Any) -> Any:
    return browse("officer").post(f"/verifications/{task}/items/{item}", form, content_type="multipart/form-data")


def test_from_verdicts_to_the_score(engine: Engine, browse: Browse, plant: int) -> None:
    task = task_of(draw(browse, plant))
    officer = browse("officer")
    drawn = items(engine, task)
    first = next(item for item in drawn if item.part == "stage")
    assert judge(browse, task, first.id, verdict="fault", note="").status_code == 422
    photo = (io.BytesIO(jpeg()), "铭牌.jpg")
    assert judge(browse, task, first.id, verdict="fault", note="铭牌为国四", stage="4", files=photo).status_code == 303
    assert officer.post(f"/verifications/{task}/finish", {"version": "2", "conclusion": "基本属实"}).status_code == 422
    for item in drawn:
        if item.part != "normal_day" and item.id != first.id:
            assert judge(browse, task, item.id, verdict="good").status_code == 303
    page = officer.get(f"/verifications/{task}").text
    assert "铭牌为国四" in page
    version = next(part for part in page.split('name="version" value="')[1:]).split('"')[0]
    assert officer.post(f"/verifications/{task}/finish", {"version": "1", "conclusion": "基本属实"}).status_code == 409
    assert (
        officer.post(f"/verifications/{task}/finish", {"version": version, "conclusion": "基本属实"}).status_code == 303
    )
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT * FROM verification_tasks WHERE id = :t"), {"t": task}).one()
        kept = connection.execute(
            text("SELECT count(*) FROM evidence_items WHERE owner_kind = 'verification' AND owner_id = :t"), {"t": task}
        ).scalar_one()
    assert (row.state, float(row.score), kept) == ("finished", 97.0, 1)  # a tenth of the part that weighs 30 of 100
    assert judge(browse, task, first.id, verdict="good").status_code == 422


def test_a_drawn_row_keeps_what_it_said(engine: Engine, browse: Browse, plant: int) -> None:
    task = task_of(draw(browse, plant))
    item = next(one for one in items(engine, task) if one.part == "complete")
    with transaction(engine) as connection:
        connection.execute(text("UPDATE ledger_passages SET stage = '6' WHERE id = :p"), {"p": item.passage_id})
    again = next(one for one in items(engine, task) if one.id == item.id)
    assert again.drawn["stage"] == "5"
    with transaction(engine) as connection:
        connection.execute(text("UPDATE ledger_passages SET stage = '5' WHERE id = :p"), {"p": item.passage_id})


def test_voiding_needs_a_reason(browse: Browse, plant: int) -> None:
    task = task_of(draw(browse, plant))
    officer = browse("officer")
    assert officer.post(f"/verifications/{task}/void", {"version": "1", "reason": ""}).status_code == 422
    assert officer.post(f"/verifications/{task}/void", {"version": "1", "reason": "期间选错"}).status_code == 303
    assert "期间选错" in officer.get(f"/verifications/{task}").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"enterprise": "没有的厂"}, "enterprise"), ({"from_on": ""}, "from_on"), ({"to_on": "2026-09-30"}, "to_on"),
     ({"from_on": "2020-01-01", "to_on": "2020-01-05"}, "from_on"), ({"from_on": "2024-01-01"}, "to_on"),
     ({"to_on": f"{(datetime(2100, 1, 1, tzinfo=UTC)).date()}"}, "to_on")],
)  # fmt: skip
def test_what_cannot_be_drawn(browse: Browse, plant: int, wrong: dict[str, str], field: str) -> None:
    answer = draw(browse, plant, **wrong)
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text


def test_others_neither_see_nor_draw(browse: Browse, plant: int) -> None:
    task = task_of(draw(browse, plant))
    assert browse("enterprise").get("/verifications/").status_code == 403
    assert browse("other").get(f"/verifications/{task}").status_code == 404
    assert browse("read_only").post("/verifications/new", {}).status_code == 403
    assert (
        browse("other")
        .post("/verifications/new", {"enterprise": "核查厂", "from_on": "2026-10-01", "to_on": "2026-10-31"})
        .status_code
        == 422
    )
    listed = browse("officer").get("/verifications/?state=open")
    assert "核查厂" in listed.text
    assert browse("officer").get("/verifications/?format=xlsx").data[:2] == b"PK"
    assert browse("officer").get("/verifications/new?enterprise=1").status_code == 200
