"""Retention: what has been kept long enough goes, with its account; what something rests on stays, until it does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.ledgers.passages import oldest_kept
from server.db import transaction
from server.flows import ledger_retention, take_passages
from server.store.audit import PLATFORM
from tests.server.conftest import Browser, City
from tests.server.ledger_world import NOW, Plant, make_plant, passage_row

pytestmark = pytest.mark.server
OLD, YOUNG = oldest_kept(NOW, 24) - timedelta(seconds=1), oldest_kept(NOW, 24)
VIDEO_OLD, VIDEO_YOUNG = oldest_kept(NOW, 12) - timedelta(seconds=1), oldest_kept(NOW, 12)


@pytest.fixture
def plant(engine: Engine, city: City, request: pytest.FixtureRequest) -> Plant:
    return make_plant(engine, f"厂-{request.node.name}")


def take(engine: Engine, plant: Plant, at: Any, key: str, **changes: Any) -> int:
    """A passage of long ago, taken when it was young."""
    row = passage_row(0, at, source_key=key, passed_at=at.isoformat(), video="https://v.example/1", **changes)
    with transaction(engine) as connection:
        taken = take_passages.take(connection, PLATFORM, plant.source, [row], at)
    assert taken.results[0].passage_id is not None, taken.results
    return taken.results[0].passage_id


def run(engine: Engine, sql: str, **values: Any) -> Any:
    with transaction(engine) as connection:
        done = connection.execute(text(sql), values)
        return done.scalar() if done.returns_rows else None


def kept(engine: Engine, plant: Plant) -> dict[int, bool]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT id, video IS NOT NULL FROM ledger_passages WHERE enterprise_id = :e"),
            {"e": plant.enterprise_id},
        )
        return {row[0]: row[1] for row in rows}


def test_rows_and_videos_go_at_their_time_and_the_sums_stay(engine: Engine, plant: Plant) -> None:
    ids = [take(engine, plant, at, f"r-{n}") for n, at in enumerate((OLD, YOUNG, VIDEO_OLD, VIDEO_YOUNG))]
    sums = "SELECT sum(passages) FROM ledger_days WHERE enterprise_id = :e"
    before = run(engine, sums, e=plant.enterprise_id)
    done = ledger_retention.retain(engine, NOW)
    assert (done["passages"], done["videos"]) == (1, 3)
    assert kept(engine, plant) == {ids[1]: False, ids[2]: False, ids[3]: True}
    assert run(engine, sums, e=plant.enterprise_id) == before == 4
    assert ledger_retention.retain(engine, NOW)["passages"] == 0
    told = run(
        engine,
        "SELECT json_build_array(r.removed_n, r.rule_keys[1], a.detail ->> 'removed') FROM retention_runs r"
        " JOIN audit_log a ON a.action = 'ledger.retention' AND a.subject_id = r.id::text"
        " WHERE r.what = 'passages' ORDER BY r.id DESC LIMIT 1",
    )
    assert told == [1, "ledger.keep_months@2016-01-01", "1"]


def test_a_correction_goes_with_its_row_and_refused_rows_in_their_time(engine: Engine, plant: Plant) -> None:
    take(engine, plant, OLD, "c-1")
    take_again = {"source_key": "c-1", "stage": "6", "video": None}
    with transaction(engine) as connection:
        rows = [passage_row(0, OLD, **take_again), passage_row(0, OLD, source_key="c-2", stage="7")]
        counts = take_passages.take(connection, PLATFORM, plant.source, rows, OLD).counts
    assert counts == {"corrected": 1, "refused": 1}
    ledger_retention.retain(engine, NOW)
    for table in ("ledger_passages", "ledger_history", "ledger_refusals"):
        assert run(engine, f"SELECT count(*) FROM {table} WHERE enterprise_id = :e", e=plant.enterprise_id) == 0


HOLDS = {
    "a hold": (
        "INSERT INTO legal_holds (enterprise_id, division, from_on, to_on, reason) VALUES (:e, '211302',"
        " beijing_day(:at), beijing_day(:at), '案件保全') RETURNING id",
        "UPDATE legal_holds SET released_at = now(), release_reason = '结案' WHERE id = :id",
    ),
    "an open lead": (
        "INSERT INTO leads (kind, key, first_at, last_at, passage_id) VALUES ('stage_differs', :key, :at, :at, :row)"
        " RETURNING id",
        "UPDATE leads SET status = 'dismissed' WHERE id = :id",
    ),
    "an open case of the truck": (
        "INSERT INTO cases (number, subject_kind, truck_id, subject_text, division, organisation_id, acted_from, acted_to,"
        " law, offences, facts, state, holder_id) VALUES ('C20241101-' || :row, 'truck', :truck, 'x', '211302', :o, :at,"
        " :at, 'APPCL', '{failed_inspection}', '{}', 'lead', :o) RETURNING id",
        "UPDATE cases SET closed_at = now() WHERE id = :id",
    ),
    "an open verification": (
        "WITH t AS (INSERT INTO verification_tasks (number, enterprise_id, division, from_on, to_on, seed, method) VALUES"
        " ('V-' || :row, :e, '211302', '2024-01-01', '2024-12-31', 's', '{}') RETURNING id), i AS ("
        "INSERT INTO verification_items (task_id, part, ordinal, passage_id) SELECT id, 'stage', 1, :row FROM t)"
        " SELECT id FROM t",
        "UPDATE verification_tasks SET state = 'finished', finished_at = now() WHERE id = :id",
    ),
}


@pytest.mark.parametrize("why", HOLDS)
def test_what_something_rests_on_stays_until_it_does_not(engine: Engine, city: City, plant: Plant, why: str) -> None:
    plate = f"辽NR{list(HOLDS).index(why):04d}"
    truck = run(engine, "INSERT INTO trucks (plate, plate_colour) VALUES (:p, 'yellow') RETURNING id", p=plate)
    held = take(engine, plant, OLD, "h-1", plate=plate)
    other = take(engine, plant, OLD - timedelta(days=40), "h-2")
    assert held != other
    begin, end = HOLDS[why]
    given = {"e": plant.enterprise_id, "at": OLD, "row": held, "key": str(held), "truck": truck,
             "o": city.organisations["city"]}  # fmt: skip
    number = run(engine, begin, **{name: value for name, value in given.items() if f":{name}" in begin})
    assert ledger_retention.retain(engine, NOW)["passages"] == 1
    assert kept(engine, plant) == {held: True}
    run(engine, end, id=number)
    assert ledger_retention.retain(engine, NOW)["passages"] == 1
    assert kept(engine, plant) == {}


def test_steps_go_on_where_the_last_one_ended(engine: Engine, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_retention, "STEP_ROWS", 2)
    for n in range(5):
        take(engine, plant, OLD - timedelta(days=n), f"s-{n}")
    assert ledger_retention.retain(engine, NOW)["passages"] == 5
    assert kept(engine, plant) == {}


def test_holds_are_set_and_released_on_their_pages(
    engine: Engine, plant: Plant, browse: Callable[..., Browser]
) -> None:
    run(engine, "UPDATE enterprises SET name = '保全厂' WHERE id = :e", e=plant.enterprise_id)
    officer = browse("officer")
    form = {"enterprise": "保全厂", "from_on": "2024-11-01", "to_on": "2024-11-30", "reason": "某案调查需要"}
    for wrong in ({"enterprise": "没有这家"}, {"to_on": "2024-10-31"}, {"reason": "短"}, {"from_on": ""}):
        assert officer.post("/legal-holds/new", {**form, **wrong}).status_code == 422
    made = officer.post("/legal-holds/new", form)
    assert made.status_code == 303
    number = int(made.location.rsplit("/", 1)[1])
    assert "保全厂" in officer.get("/legal-holds/").text
    assert "保全厂" in officer.get("/legal-holds/?format=csv").data.decode("utf-8-sig")
    assert officer.post(f"/legal-holds/{number}/release", {"reason": "短"}).status_code == 422
    assert officer.post(f"/legal-holds/{number}/release", {"reason": "案件已结"}).status_code == 303
    assert officer.post(f"/legal-holds/{number}/release", {"reason": "案件已结"}).status_code == 422
    assert "案件已结" in officer.get(f"/legal-holds/{number}").text
    assert browse("enterprise").get("/legal-holds/").status_code == 403
