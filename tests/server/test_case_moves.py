"""Moving a case: versions, clocks on real dates, one fine for one act, returns, and the end that stays."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from enforcement.cases.steps import TRANSITIONS
from enforcement.rules.calendar import Calendar
from server import db
from server.db import transaction
from server.flows import case_clocks, rule_book
from server.flows.case_work import MoveRefused, Stale
from server.flows.remind import remind
from server.store import calendar_days, deadlines
from tests.server import case_world as world
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
FINE = {"decision_number": "朝公交决〔2026〕9号", "decided_on": "2026-09-20", "amount": "200"}


@pytest.fixture(scope="module")
def zone(engine: Engine, city: City) -> records.Zone:
    with transaction(engine) as connection:
        return records.zone(connection)


def filed_truck(connection: Connection, city: City, owner: tuple[int, int] | None = None, **more: Any) -> int:
    """A filed case of a truck that a camera saw."""
    owner = owner or records.truck(connection)
    at = more.pop("at", world.ACT)
    case_id = world.opened(connection, city, ("capture", world.capture(connection, city, owner[0], at=at)), **more)
    for action in ("fail", "file"):
        world.take(connection, city, case_id, "officer", "main", action)
    for kind in ("transfer_letter", "copy_letter"):
        world.paper(connection, case_id, kind, city.organisations["city"])
    return case_id


def with_police(connection: Connection, city: City, case_id: int) -> None:
    """Send a case to the police, who accept it."""
    to = city.organisations["police"]
    world.take(connection, city, case_id, "officer", "police", "refer", to=to, basis="行政处罚法第26条")
    for action in ("receive", "accept"):
        world.take(connection, city, case_id, "police", "police", action)


def machine_case(connection: Connection, city: City, owner: str | None = "张三", **more: Any) -> int:
    """A filed case of a machine over the limit."""
    machine = more.pop("machine", None) or world.machine(connection, owner=owner)
    at = more.pop("at", world.ACT)
    now = more.pop("now", None)
    case_id = world.opened(
        connection, city, ("inspection", world.inspection(connection, city, machine_id=machine, at=at)), now=now, **more
    )
    world.take(connection, city, case_id, "approver", "main", "file", now=now)
    return case_id


def clocks(connection: Connection, case_id: int) -> dict[str, tuple[date, str]]:
    """Last day and state of each clock of a case."""
    rows = connection.execute(text("SELECT kind, due_on, state FROM deadlines WHERE case_id = :c"), {"c": case_id})
    return {row.kind: (row.due_on, row.state) for row in rows}


# --- who is first ---


def test_the_second_of_two_officers_is_told_who_was_first(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        case_id = world.opened(connection, city, ("capture", world.capture(connection, city, owner[0])))
        version = world.version_of(connection, case_id)
    together = threading.Barrier(2)

    def move(username: str) -> str:
        try:
            with transaction(engine) as connection:
                together.wait()
                world.take(connection, city, case_id, username, "main", "fail", version=version)
                return "moved"
        except Stale as stale:
            assert stale.person in {"姓名officer", "姓名officer2"} and stale.action == "fail"
            return "stale"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, ("officer", "officer2"))) == ["moved", "stale"]
    with transaction(engine) as connection:
        sql = "SELECT count(*) FROM case_steps WHERE case_id = :c AND action = 'fail'"
        assert connection.execute(text(sql), {"c": case_id}).scalar_one() == 1


def test_an_old_page_changes_nothing_and_says_so(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
    version = world.row(engine, case_id)["version"]
    data = {"branch": "objection", "action": "object", "reason": "denies_fact", "version": str(version - 1)}
    officer = browse("officer")
    answer = officer.post(f"/cases/{case_id}/steps", data)
    assert answer.status_code == 303 and "已先行办理" in officer.get(answer.location).text
    assert world.row(engine, case_id)["version"] == version


# --- machines: notice, hearing, decision ---


def test_case_16_the_days_to_ask_for_a_hearing_skip_national_day(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = machine_case(connection, city, now=datetime(2026, 9, 28, 2, tzinfo=UTC))
        world.paper(connection, case_id, "prior_notice", city.organisations["city"], served_on=date(2026, 9, 30))
        for action in ("notify", "serve_notice"):
            world.take(connection, city, case_id, "officer", "main", action, now=datetime(2026, 10, 9, 2, tzinfo=UTC))
        # served on Wednesday 30 September; 1 to 7 October are holidays, Saturday 10 October is worked
        assert clocks(connection, case_id)["hearing_request"] == (date(2026, 10, 13), "running")


def test_case_11_days_of_testing_are_not_counted(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = machine_case(connection, city, now=datetime(2026, 9, 2, 2, tzinfo=UTC))
        day0 = date(2026, 9, 2)
        assert clocks(connection, case_id)["case_decision"] == (day0 + timedelta(days=90), "running")
        clockwork = _clockwork(connection, city, case_id, "case_decision", date(2026, 10, 30))
        values = {"reason": "testing", "from_day": date(2026, 9, 10), "to_day": None, "document": "委托检测书"}
        case_clocks.pause(clockwork, values)
        assert clocks(connection, case_id)["case_decision"][1] == "paused"
        clockwork = _clockwork(connection, city, case_id, "case_decision", date(2026, 10, 30))
        assert case_clocks.resume(clockwork, date(2026, 9, 29)) == day0 + timedelta(days=110)
        assert clocks(connection, case_id)["case_decision"] == (day0 + timedelta(days=110), "running")


def _clockwork(connection: Connection, city: City, case_id: int, kind: str, today: date) -> case_clocks.Clockwork:
    number = connection.execute(
        text("SELECT id FROM deadlines WHERE case_id = :c AND kind = :k"), {"c": case_id, "k": kind}
    ).scalar_one()
    row = deadlines.lock(connection, case_id, number)
    assert row is not None
    officer = world.account(connection, city, "officer")
    book, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    return case_clocks.Clockwork(connection, world.actor(officer), officer, book, calendar, row, today)


def test_a_clock_stops_only_for_what_a_statute_says_and_never_twice_at_once(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = machine_case(connection, city, now=datetime(2026, 9, 2, 2, tzinfo=UTC))
        clockwork = _clockwork(connection, city, case_id, "case_decision", date(2026, 10, 30))
        span = {"from_day": date(2026, 9, 10), "to_day": date(2026, 9, 12), "document": None}
        with pytest.raises(MoveRefused):
            case_clocks.pause(clockwork, {"reason": "hearing", **span})
        case_clocks.pause(clockwork, {"reason": "testing", **span})
        again = _clockwork(connection, city, case_id, "case_decision", date(2026, 10, 30))
        with pytest.raises(MoveRefused, match="overlaps"):
            case_clocks.pause(again, {"reason": "appraisal", **span})
        with pytest.raises(MoveRefused):
            case_clocks.pause(again, {"reason": "appraisal", **span, "from_day": date(2026, 8, 1)})


def test_a_clock_is_lengthened_as_the_law_allows_and_once(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = machine_case(connection, city, now=datetime(2026, 9, 2, 2, tzinfo=UTC))
        today = date(2026, 10, 30)
        first = _clockwork(connection, city, case_id, "case_decision", today)
        assert case_clocks.extend(first, "approved", "审批表1号") == date(2026, 9, 2) + timedelta(days=120)
        for extension, said in (("approved", "already"), ("nothing", "no such extension")):
            with pytest.raises(MoveRefused, match=said):
                case_clocks.extend(_clockwork(connection, city, case_id, "case_decision", today), extension, "审批表")
        last = _clockwork(connection, city, case_id, "case_decision", today)
        assert case_clocks.extend(last, "discussed", "会议纪要2号") == date(2026, 9, 2) + timedelta(days=150)


def machine_to_decision(connection: Connection, city: City, case_id: int) -> None:
    world.paper(connection, case_id, "prior_notice", city.organisations["city"], served_on=date(2026, 9, 10))
    for by, action in (
        ("officer", "notify"), ("officer", "serve_notice"), ("officer", "end_pleading"), ("approver", "discuss"),
    ):  # fmt: skip
        world.take(connection, city, case_id, by, "main", action)


def test_the_whole_way_of_a_machine_case(engine: Engine, city: City) -> None:
    fine = {"decision_number": "朝环罚〔2026〕1号", "decided_on": "2026-09-25", "amount": "5000"}
    with transaction(engine) as connection:
        case_id = machine_case(connection, city)
        machine_to_decision(connection, city, case_id)
        with pytest.raises(MoveRefused, match="penalty decision"):
            world.take(connection, city, case_id, "approver", "main", "decide", **fine)
        world.paper(connection, case_id, "decision", city.organisations["city"], served_on=date(2026, 9, 26))
        with pytest.raises(MoveRefused, match="role"):
            world.take(connection, city, case_id, "officer", "main", "decide", **fine)
        for wrong in ({"amount": "9000"}, {"amount": "x"}, {"decided_on": "2030-01-01"}, {"on_the_spot": "yes"},
                      {"legal_basis": "APPCL 114"}, {"amount": "100"}):  # fmt: skip
            with pytest.raises(MoveRefused):
                world.take(connection, city, case_id, "approver", "main", "decide", **{**fine, **wrong})
        world.take(connection, city, case_id, "approver", "main", "decide", **fine)
        world.take(connection, city, case_id, "officer", "main", "serve")
        assert clocks(connection, case_id)["payment"][1] == "running"
        world.take(connection, city, case_id, "officer", "main", "pay", paid_on="2026-10-09")
        world.take(connection, city, case_id, "approver", "repair", "waive", reason="sold")
        world.take(connection, city, case_id, "officer", "main", "close")
        assert {state for _, state in clocks(connection, case_id).values()} <= {"met", "cancelled"}
    case = world.row(engine, case_id)
    assert (case["state"], case["outcome"]) == ("closed", "penalised")


# --- one act, one fine ---


def test_one_act_is_not_fined_in_two_cases(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        first = filed_truck(connection, city, owner)
        second = filed_truck(
            connection, city, owner, at=world.ACT + timedelta(hours=2), another_act="办案人员认为属另一行为"
        )
        for case_id in (first, second):
            with_police(connection, city, case_id)
        world.take(connection, city, first, "police", "police", "penalise", **FINE)
        number = connection.execute(text("SELECT number FROM cases WHERE id = :c"), {"c": first}).scalar_one()
        with pytest.raises(MoveRefused, match=number):
            world.take(connection, city, second, "police", "police", "penalise", **FINE)
        world.take(connection, city, first, "police", "police", "revoke_penalty", reason="fact_wrong")
        world.take(connection, city, second, "police", "police", "penalise", **FINE)


def test_two_fines_for_one_act_at_once_are_one(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        both = [
            filed_truck(connection, city, owner),
            filed_truck(connection, city, owner, at=world.ACT + timedelta(hours=2), another_act="认为属另一行为"),
        ]
        for case_id in both:
            with_police(connection, city, case_id)
    together = threading.Barrier(2)

    def fine(case_id: int) -> str:
        try:
            with transaction(engine) as connection:
                together.wait()
                world.take(connection, city, case_id, "police", "police", "penalise", **FINE)
                return "fined"
        except MoveRefused:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(fine, both)) == ["fined", "refused"]


def test_the_police_do_not_fine_what_is_not_theirs(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        with_police(connection, city, case_id)
        for wrong in ({"offence": "over_limit"}, {"amount": "-1"}, {"decision_number": ""}, {"amount": "201"}):
            with pytest.raises(MoveRefused):
                world.take(connection, city, case_id, "police", "police", "penalise", **{**FINE, **wrong})


# --- referrals ---


def test_a_returned_referral_is_back_with_the_bureau_and_sent_again(engine: Engine, city: City) -> None:
    to = {"to": city.organisations["police"], "basis": "行政处罚法第26条"}
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        world.take(connection, city, case_id, "officer", "police", "refer", **to)
        assert clocks(connection, case_id)["referral_sign"][1] == "running"
        with pytest.raises(MoveRefused, match="reason"):
            world.take(connection, city, case_id, "police", "police", "return")
        world.take(connection, city, case_id, "police", "police", "return", reason="evidence_missing", note="缺视频")
        state = connection.execute(
            text("SELECT state, reason, answered_at FROM referrals WHERE case_id = :c"), {"c": case_id}
        ).one()
        assert (state.state, state.reason) == ("returned", "证据或材料不全：缺视频") and state.answered_at
        assert clocks(connection, case_id)["referral_sign"][1] == "met"
        with pytest.raises(MoveRefused, match="returned"):
            world.take(connection, city, case_id, "officer", "main", "close")
        world.take(connection, city, case_id, "officer", "police", "refer", **to)
        world.take(connection, city, case_id, "officer", "police", "withdraw", reason="sent_by_mistake")
        assert set(clocks(connection, case_id)) >= {"referral_sign", "referral_answer"}
        states = connection.execute(text("SELECT state FROM referrals WHERE case_id = :c ORDER BY id"), {"c": case_id})
        assert list(states.scalars()) == ["returned", "withdrawn"]
    case = world.row(engine, case_id)
    assert case["holder_id"] == city.organisations["city"]


def test_a_referral_needs_a_body_of_the_right_kind_and_a_basis(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        for wrong in ({"to": city.organisations["transport"]}, {"to": "x"}, {"basis": ""}, {"message": "x" * 2001}):
            values = {"to": city.organisations["police"], "basis": "行政处罚法第26条", **wrong}
            with pytest.raises(MoveRefused):
                world.take(connection, city, case_id, "officer", "police", "refer", **values)


def test_what_was_sent_says_the_hashes_of_the_evidence(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        file_id = connection.execute(
            text(
                "INSERT INTO evidence_files (sha256, sm3, bytes, media_type) VALUES (sha256(:b), sha256(:b), 3,"
                " 'image/jpeg') RETURNING id"
            ),
            {"b": str(case_id).encode()},
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO evidence_items (file_id, owner_kind, owner_id, purpose, name) SELECT :f, s.kind,"
                " s.source_id, 'photo', '尾气.jpg' FROM case_sources s WHERE s.case_id = :c"
            ),
            {"f": file_id, "c": case_id},
        )
        with_police(connection, city, case_id)
        manifest = connection.execute(
            text("SELECT manifest FROM referrals WHERE case_id = :c"), {"c": case_id}
        ).scalar_one()
    assert [one["name"] for one in manifest["evidence"]] == ["尾气.jpg"]
    assert len(manifest["evidence"][0]["sha256"]) == 64
    assert manifest["sources"][0]["sha256"] and manifest["documents"][0]["kind"] == "transfer_letter"


# --- the end ---


def test_closed_stays_closed_whatever_is_asked_and_by_whom(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        with_police(connection, city, case_id)
        world.take(connection, city, case_id, "police", "police", "penalise", **FINE)
        world.take(connection, city, case_id, "police", "police", "answer")
        world.take(connection, city, case_id, "approver", "repair", "waive", reason="sold")
        world.take(connection, city, case_id, "officer", "main", "close")
        deadline = connection.execute(
            text("SELECT id FROM deadlines WHERE case_id = :c LIMIT 1"), {"c": case_id}
        ).scalar_one()
    before = world.row(engine, case_id)
    for username in ("officer", "reviewer", "approver", "police"):
        browser = browse(username)
        for branch, action in sorted({(str(row.branch), row.action) for row in TRANSITIONS}):
            data = {"branch": branch, "action": action, "version": str(before["version"]), "reason": "other", "note": "再办",
                    "to": str(city.organisations["partner"]), "basis": "依据", "result": "结果", **FINE}  # fmt: skip
            assert browser.post(f"/cases/{case_id}/steps", data).status_code == 422, (username, branch, action)
        assert browser.post(f"/cases/{case_id}/officer", {"user": str(city.accounts[username])}).status_code == 422
        for verb in ("pause", "resume", "extend"):
            answer = browser.post(f"/cases/{case_id}/deadlines/{deadline}/{verb}", {"reason": "testing"})
            assert answer.status_code in {404, 422}, verb
    assert world.row(engine, case_id) == before


def test_every_step_stands_in_the_timeline_and_the_audit_log(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        steps = connection.execute(text("SELECT action FROM case_steps WHERE case_id = :c ORDER BY id"), {"c": case_id})
        assert list(steps.scalars()) == ["open", "verify", "fail", "file"]
        audited = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE subject_kind = 'case' AND subject_id = :c"), {"c": str(case_id)}
        )
        assert audited.scalar_one() == 4
    with transaction(engine) as connection, pytest.raises(Exception, match="is append-only"):
        connection.execute(text("UPDATE case_steps SET note = 'x' WHERE case_id = :c"), {"c": case_id})


def test_a_refused_step_leaves_nothing_behind(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
    before = world.row(engine, case_id)
    for number in range(2):
        with pytest.raises(MoveRefused), transaction(engine) as connection:
            values = {"to": city.organisations["police"], "basis": ""}
            world.take(connection, city, case_id, "officer", "police", "refer", **values)
        assert world.row(engine, case_id) == before, number


# --- reminders ---


def test_the_platform_reminds_once_of_what_is_near(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        case_id = filed_truck(connection, city)
        with_police(connection, city, case_id)
        connection.execute(
            text("UPDATE deadlines SET due_on = current_date - 1 WHERE case_id = :c AND kind = 'referral_result'"),
            {"c": case_id},
        )
        connection.execute(text("UPDATE deadlines SET reminded_at = now() WHERE case_id <> :c"), {"c": case_id})
    url = engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    with db.connect(url) as connection:
        book, calendar = rule_book.current_for_worker(connection), Calendar()
        assert [remind(connection, book, calendar) for _ in range(2)] == [1, 0]
    number = world.row(engine, case_id)["number"]
    assert number in browse("police").get("/").text
    assert number not in browse("transport").get("/").text
    queue = browse("police").get("/deadlines/?due=overdue").text
    assert number in queue and "已逾期" in queue
