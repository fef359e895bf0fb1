"""Captures against the real database: taken once, merged, reviewed by different people, void without a ground."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.captures.records import Ground, GroundRecord
from enforcement.rules.book import BEIJING
from server.db import Fence, transaction
from server.flows import hold_capture, review_capture, rule_book, save_capture_device
from server.flows.refusals import Refused
from server.flows.review_capture import ReviewRefused, Verdict
from server.flows.take_capture import OtherFacts
from server.store import capture_devices, capture_queue, captures
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server import capture_city as world
from tests.server import records
from tests.server.conftest import City

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def camera(engine: Engine, city: City) -> str:
    with transaction(engine) as connection:
        world.device(connection, city.organisations["city"], "CY-1", lon=120.45)
    return "CY-1"


def taken(engine: Engine, given: Any, images: int = 3) -> int:
    with transaction(engine) as connection:
        capture_id = world.take(connection, given).id
        if images:
            world.images(connection, capture_id, images)
        return capture_id


def row(engine: Engine, capture_id: int) -> dict[str, Any]:
    with transaction(engine) as connection:
        return world.row(connection, capture_id)


def review(engine: Engine, capture_id: int, user_id: int, **values: Any) -> str:
    with transaction(engine) as connection:
        return world.review(connection, capture_id, user_id, **values)


def codes(found: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in found["standing_reasons"]]


def at_once(n: int, work: Callable[[int], Any]) -> list[Any]:
    """The same work from `n` threads that start together; exceptions are results."""
    gate = threading.Barrier(n)

    def run(k: int) -> Any:
        gate.wait()
        try:
            return work(k)
        except Exception as fault:
            return fault

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))


# --- intake ---


def test_sent_twice_it_is_one_capture_with_one_answer(engine: Engine, camera: str) -> None:
    given = world.facts(camera)
    with transaction(engine) as connection:
        first = world.take(connection, given)
    with transaction(engine) as connection:
        second = world.take(connection, given)
    assert replace(second, fresh=True) == first and not second.fresh


def test_other_facts_under_the_same_key_are_refused(engine: Engine, camera: str) -> None:
    given = world.facts(camera)
    first = taken(engine, given)
    with pytest.raises(OtherFacts), transaction(engine) as connection:
        world.take(connection, replace(given, ringelmann=3.0))
    assert row(engine, first)["ringelmann"] == 2.5


def test_the_same_moment_in_another_zone_is_the_same_fact(engine: Engine, camera: str) -> None:
    given = world.facts(camera)
    first = taken(engine, given)
    assert taken(engine, replace(given, captured_at=given.captured_at.astimezone(BEIJING)), 0) == first


def test_two_writers_at_once_make_one_capture(engine: Engine, camera: str) -> None:
    given = world.facts(camera)
    found = at_once(6, lambda _: taken(engine, given, 0))
    assert len(set(found)) == 1
    other = at_once(2, lambda k: taken(engine, replace(given, source_key="both", ringelmann=float(k)), 0))
    assert sorted(isinstance(one, OtherFacts) for one in other) == [False, True]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"device": "nobody"}, "device"),
        ({"captured_at": world.NOW + timedelta(minutes=6)}, "captured_at"),
        ({"captured_at": datetime(2010, 1, 1, tzinfo=UTC)}, "captured_at"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    engine: Engine, camera: str, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused, transaction(engine) as connection:
        world.take(connection, replace(world.facts(camera), **change))
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_camera_of_another_county_or_out_of_service_takes_nothing(engine: Engine, city: City, camera: str) -> None:
    with pytest.raises(Refused), transaction(engine) as connection:
        world.take(connection, world.facts(camera), Scope(divisions="211324"))
    with transaction(engine) as connection:
        world.device(connection, city.organisations["city"], "CY-OFF", state="suspended")
    with pytest.raises(Refused), transaction(engine) as connection:
        world.take(connection, world.facts("CY-OFF"))


# --- vehicle ---


def test_the_plate_is_normalised_and_finds_its_truck_in_its_colour(engine: Engine, camera: str) -> None:
    with transaction(engine) as connection:
        truck_id, _ = records.truck(connection, "辽N7A001")
    yellow = row(engine, taken(engine, world.facts(camera, plate="辽n·7a001 ")))
    blue = row(engine, taken(engine, world.facts(camera, plate="辽N7A001", plate_colour="blue")))
    assert (yellow["plate"], yellow["truck_id"]) == ("辽N7A001", truck_id)
    assert (blue["truck_id"], blue["status"]) == (None, "first_review"), "another colour is another vehicle"


def test_a_trailer_never_becomes_the_subject(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera, plate="辽N1234挂"))
    found = row(engine, capture_id)
    assert (found["plate"], found["plate_colour"], found["trailer_plate"]) == (None, None, "辽N1234挂")
    assert found["raw"]["plate"] == "辽N1234挂"
    officer, reviewer = city.accounts["officer"], city.accounts["reviewer"]
    for plate in ("", "辽N1234挂"):
        with pytest.raises(Refused) as refused:
            review(engine, capture_id, officer, plate=plate, plate_colour="yellow")
        assert refused.value.faults[0].field == "plate"
    for user in (officer, reviewer):
        status = review(engine, capture_id, user, plate="辽N1A234", plate_colour="yellow")
    assert (status, row(engine, capture_id)["plate"]) == ("confirmed", "辽N1A234")


# --- standing ---


@pytest.mark.parametrize("kind", list(Ground))
def test_without_a_ground_it_is_void(engine: Engine, city: City, kind: Ground) -> None:
    with transaction(engine) as connection:
        device_id = world.device(connection, city.organisations["city"], without=(kind,))
        code = world.code_of(connection, device_id)
    found = row(engine, taken(engine, world.facts(code)))
    assert (found["standing"], codes(found)) == ("void", [f"no_{kind}"])


@pytest.mark.parametrize(
    ("moment", "standing"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=BEIJING), "void"),
        (datetime(2026, 3, 1, tzinfo=BEIJING), "evidence"),
        (datetime(2026, 6, 30, 23, 59, 59, tzinfo=BEIJING), "evidence"),
        (datetime(2026, 7, 1, tzinfo=BEIJING), "void"),
    ],
)
def test_a_ground_holds_on_its_first_and_its_last_day(
    engine: Engine, city: City, moment: datetime, standing: str
) -> None:
    with transaction(engine) as connection:
        device_id = world.device(connection, city.organisations["city"], without=("site_published",))
        ground = GroundRecord(Ground.SITE_PUBLISHED, "公告", date(2026, 3, 1), date(2026, 6, 30))
        capture_devices.add_ground(connection, device_id, ground, None)
        code = world.code_of(connection, device_id)
    assert row(engine, taken(engine, world.facts(code, captured_at=moment)))["standing"] == standing


def test_images_drift_and_their_lack(engine: Engine, camera: str) -> None:
    assert codes(row(engine, taken(engine, world.facts(camera), 2))) == ["too_few_images"]
    assert codes(row(engine, taken(engine, world.facts(camera, clock_drift_s=-1.5)))) == ["clock_drift"]
    assert codes(row(engine, taken(engine, world.facts(camera, clock_drift_s=None)))) == ["clock_unknown"]
    good = row(engine, taken(engine, world.facts(camera)))
    assert good["standing"] == "evidence"
    assert "capture.grounds@2021-07-15" in good["standing_rules"]


def test_a_ground_recorded_later_lifts_what_waits_and_not_what_is_decided(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        device_id = world.device(connection, city.organisations["city"], without=("sign_set_up",))
        code = world.code_of(connection, device_id)
    waiting, decided = (taken(engine, world.facts(code)) for _ in range(2))
    for user in ("officer", "reviewer"):
        review(engine, decided, city.accounts[user])
    with transaction(engine) as connection:
        device = capture_devices.find_one(connection, Scope(), device_id)
        assert device is not None
        form = {"kind": "sign_set_up", "document": "照片〔2026〕2号", "valid_from": "2026-03-01", "valid_to": ""}
        changed = save_capture_device.record_ground(
            connection, world.actor(city.accounts["officer"]), rule_book.current(connection), device, form
        )
    assert changed == [row(engine, waiting)["number"]]
    assert row(engine, waiting)["standing"] == "evidence"
    assert (row(engine, decided)["status"], row(engine, decided)["standing"]) == ("confirmed", "void")


# --- one pass ---


def test_one_pass_seen_twice_is_one_capture(engine: Engine, city: City, camera: str) -> None:
    with transaction(engine) as connection:
        near = world.code_of(connection, world.device(connection, city.organisations["city"], lon=120.455))
        far = world.code_of(connection, world.device(connection, city.organisations["city"], lon=120.60))
    first = world.facts(camera)
    plate = {"plate": first.plate}
    root = taken(engine, first)
    same = [
        world.facts(camera, **plate, captured_at=world.PASS_AT + timedelta(seconds=120)),
        world.facts(camera, **plate, captured_at=world.PASS_AT - timedelta(seconds=120)),
        world.facts(near, **plate),
    ]
    other = [
        world.facts(camera, **plate, captured_at=world.PASS_AT + timedelta(seconds=241)),
        world.facts(far, **plate),
        world.facts(camera, **plate, plate_colour="blue"),
    ]
    for given in same:
        found = row(engine, taken(engine, given))
        assert (found["status"], found["same_pass_as"]) == ("duplicate", root)
    for given in other:
        assert row(engine, taken(engine, given))["same_pass_as"] is None


def test_two_cameras_at_once_make_one_pass(engine: Engine, city: City, camera: str) -> None:
    given = [world.facts(camera, plate="辽N8B001") for _ in range(4)]
    found = [row(engine, capture_id) for capture_id in at_once(4, lambda k: taken(engine, given[k], 0))]
    assert sorted(one["status"] for one in found) == ["duplicate"] * 3 + ["first_review"]


def test_a_pass_whose_pictures_are_rejected_goes_to_its_next_record(engine: Engine, city: City, camera: str) -> None:
    first = world.facts(camera)
    root, second, third = (
        taken(engine, one) for one in (first, *(world.facts(camera, plate=first.plate) for _ in range(2)))
    )
    for user in ("officer", "reviewer"):
        review(engine, root, city.accounts[user], reason="plate_unclear")
    assert (row(engine, second)["status"], row(engine, third)["same_pass_as"]) == ("first_review", second)
    for user in ("officer", "reviewer"):
        review(engine, second, city.accounts[user], reason="not_exhaust")
    assert row(engine, third)["status"] == "duplicate", "the pass itself was judged"


def test_a_corrected_plate_can_show_that_a_pass_is_on_file(engine: Engine, city: City, camera: str) -> None:
    right, misread = world.facts(camera, plate="辽N9C001"), world.facts(camera, plate="辽N9C0D1")
    first, second = taken(engine, right), taken(engine, misread)
    for capture_id in (first, second):
        for user in ("officer", "reviewer"):
            review(engine, capture_id, city.accounts[user], plate="辽N9C001")
    assert row(engine, first)["status"] == "confirmed"
    assert (row(engine, second)["status"], row(engine, second)["same_pass_as"]) == ("duplicate", first)
    assert row(engine, first)["hits"] == 1


# --- hits ---


def test_hits_count_confirmed_captures_up_to_the_windows_edge(engine: Engine, city: City, camera: str) -> None:
    day = timedelta(days=1)
    last = world.PASS_AT
    moments = [last - 180 * day, last - 180 * day + timedelta(minutes=5), last - 30 * day, last]
    ids = [taken(engine, world.facts(camera, plate="辽N5E001", captured_at=at)) for at in moments]
    unreviewed = taken(engine, world.facts(camera, plate="辽N5E001", captured_at=last - 20 * day))
    for capture_id in reversed(ids):
        for user in ("officer", "reviewer"):
            review(engine, capture_id, city.accounts[user])
    assert [row(engine, one)["hits"] for one in ids] == [1, 2, 3, 3]
    assert row(engine, unreviewed)["hits"] == 3, "the last one comes after it"


# --- review ---


def test_the_same_person_twice_is_refused_also_at_once(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera))
    officer = city.accounts["officer"]
    review(engine, capture_id, officer)
    with pytest.raises(ReviewRefused) as refused:
        review(engine, capture_id, officer, reason="no_smoke")
    assert refused.value.why.code == "same_reviewer"
    other = taken(engine, world.facts(camera))
    found = at_once(4, lambda _: review(engine, other, officer))
    assert sum(one == "second_review" for one in found) == 1
    assert sum(isinstance(one, ReviewRefused) for one in found) == 3


def test_two_people_at_once_are_first_and_second(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera))
    users = [city.accounts[name] for name in ("officer", "reviewer", "inspector")]
    found = at_once(3, lambda k: review(engine, capture_id, users[k]))
    kept = sorted((str(one) for one in found if isinstance(one, str)), reverse=True)
    assert kept == ["second_review", "confirmed"][: len(kept)]
    assert all(isinstance(one, str | ReviewRefused) for one in found)
    with transaction(engine) as connection:
        assert [one["level"] for one in captures.reviews(connection, capture_id)] == list(range(1, len(kept) + 1))


def test_where_two_differ_a_third_decides(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera))
    users = [city.accounts[name] for name in ("officer", "reviewer", "inspector", "officer2")]
    assert review(engine, capture_id, users[0]) == "second_review"
    assert review(engine, capture_id, users[1], reason="not_exhaust") == "disputed"
    with pytest.raises(ReviewRefused):
        review(engine, capture_id, users[0])
    assert review(engine, capture_id, users[2]) == "confirmed"
    with pytest.raises(ReviewRefused) as refused:
        review(engine, capture_id, users[3])
    assert refused.value.why.code == "decided"


def test_what_changed_since_it_was_looked_at_is_looked_at_again(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera))
    with pytest.raises(ReviewRefused) as refused:
        review(engine, capture_id, city.accounts["officer"], version=1)
    assert refused.value.why.code == "changed"


def test_reviews_cannot_be_changed_or_deleted(engine: Engine, city: City, camera: str) -> None:
    capture_id = taken(engine, world.facts(camera))
    review(engine, capture_id, city.accounts["officer"])
    for statement in ("UPDATE capture_reviews SET result = 'rejected'", "DELETE FROM capture_reviews",
                      "UPDATE capture_device_grounds SET valid_to = NULL", "DELETE FROM capture_device_grounds"):  # fmt: skip
        with pytest.raises(Exception, match="append"), transaction(engine) as connection:
            connection.execute(text(statement))


# --- the desk's queue ---


def hold(engine: Engine, user_id: int, without: tuple[int, ...] = (), now: datetime = world.NOW) -> int | None:
    with transaction(engine) as connection:
        return hold_capture.hold_next(connection, Scope(), rule_book.current(connection), user_id, without, now)


def settle_all(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("UPDATE captures SET status = 'rejected', held_by = NULL WHERE status <> 'confirmed'"))


def test_nobody_gets_what_another_holds_and_never_what_he_has_reviewed(engine: Engine, city: City, camera: str) -> None:
    settle_all(engine)
    ids = [taken(engine, world.facts(camera)) for _ in range(12)]
    users = [city.accounts[name] for name in ("officer", "reviewer", "inspector", "officer2")]
    with transaction(engine) as connection:
        connection.execute(text("UPDATE captures SET held_by = NULL WHERE held_by IS NOT NULL"))

    def take_three(k: int) -> list[int | None]:
        mine: list[int | None] = []
        for _ in range(3):
            mine.append(hold(engine, users[k], tuple(one for one in mine if one)))
        return mine

    found = at_once(4, take_three)
    assert sorted(one for mine in found for one in mine) == ids
    assert hold(engine, users[0], tuple(found[0])) is None, "the others hold the rest"
    mine = found[0][0]
    review(engine, mine, users[0])
    assert mine not in {hold(engine, users[0], ()), hold(engine, users[0], tuple(found[0][1:]))}
    assert hold(engine, users[1], tuple(found[1])) == mine, "second reviews go before first ones"


def test_a_hold_runs_out_and_a_holder_keeps_others_out_until_then(engine: Engine, city: City, camera: str) -> None:
    settle_all(engine)
    capture_id = taken(engine, world.facts(camera))
    officer, reviewer = city.accounts["officer"], city.accounts["reviewer"]
    assert hold(engine, officer) == capture_id
    assert hold(engine, reviewer) is None
    with pytest.raises(ReviewRefused) as refused:
        review(engine, capture_id, reviewer)
    assert refused.value.why.code == "held"
    assert hold(engine, reviewer, now=world.NOW + timedelta(seconds=601)) == capture_id
    with transaction(engine) as connection:
        capture_queue.release(connection, reviewer)
    assert hold(engine, officer) == capture_id


# --- who sees which ---


def test_scope_and_row_policy(engine: Engine, city: City, camera: str) -> None:
    with transaction(engine) as connection:
        records.truck(connection, "辽N6F001", enterprise_id=city.enterprise_id)
    own = taken(engine, world.facts(camera, plate="辽N6F001"))
    hidden = taken(engine, world.facts(camera, plate="辽N6F001", captured_at=world.PASS_AT - timedelta(days=1)))
    for user in ("officer", "reviewer"):
        review(engine, own, city.accounts[user])
    with transaction(engine, Fence(city.enterprise_id)) as connection:
        seen = list(connection.execute(text("SELECT id FROM captures")).scalars())
        assert own in seen and hidden not in seen
        assert all(
            one["enterprise_id"] == city.enterprise_id for one in captures.find(connection, Scope(), Query()).rows
        )
    with transaction(engine, Fence(None)) as connection:
        assert captures.find(connection, Scope(), Query()).rows == []
    with transaction(engine) as connection:
        assert captures.find_one(connection, Scope(divisions="211324"), own) is None
        with pytest.raises(LookupError):
            review_capture.review(
                connection, world.actor(city.accounts["county"]), Scope(divisions="211324"),
                rule_book.current(connection), hidden, Verdict("rejected", 1, "no_smoke"), world.NOW,
            )  # fmt: skip
