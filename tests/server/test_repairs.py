"""The loop of inspection and maintenance with the accounts that walk it: bureau, stations, transport, enterprise."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from enforcement.rules.calendar import Calendar
from server.db import transaction
from server.flows import repair_notices, rule_book
from server.flows.manage_accounts import Draft, create_account
from server.flows.refusals import Refused
from server.store import cases, organisations, repairs, users
from server.store import repair_work as works
from server.store.audit import PLATFORM
from server.store.paging import Query
from tests.server import case_rows, records
from tests.server.conftest import CITY, PASSWORD, Browser, City
from tests.server.test_documents import NOW, Desk

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
LOCAL = "%Y-%m-%dT%H:%M"
BEIJING = timedelta(hours=8)


def local(at: datetime) -> str:
    return (at + BEIJING).strftime(LOCAL)


class Loop:
    """Notices of trucks, and the accounts `workshop`, `station` (inspection), `foreign` (another workshop)."""

    def __init__(self, web: Flask, engine: Engine, city: City, browse: Browse) -> None:
        self.engine, self.city, self.browse = engine, city, browse
        self.desk = Desk(web, engine, city)

    def notice(self, plate: str, **values: Any) -> dict[str, Any]:
        with transaction(self.engine) as connection:
            truck_id, _ = records.truck(
                connection, plate, owner="李四", enterprise_id=values.pop("enterprise_id", None)
            )
            inspection = case_rows.inspection(
                connection, self.city.organisations["city"], truck_id=truck_id, subject_text=plate, **values
            )
            account = users.find_account(connection, self.city.accounts["officer"])
            assert account is not None
            number, _ = repair_notices.notice_of_inspection(
                connection, PLATFORM, account, rule_book.current(connection), Calendar(), inspection, datetime.now(UTC)
            )
        return self.row(number)

    def row(self, number: int) -> dict[str, Any]:
        with transaction(self.engine) as connection:
            return dict(
                connection.execute(text("SELECT * FROM repair_notices WHERE id = :n"), {"n": number}).one()._mapping
            )

    def look_up(self, who: str, notice: dict[str, Any], plate: str = "", number: str = "") -> int:
        given = {"plate": plate or notice["subject_text"], "number": number or notice["number"]}
        return self.browse(who).post("/repairs/lookup", given).status_code

    def repair(self, notice: dict[str, Any], order: str = "WX-1", who: str = "workshop") -> dict[str, Any]:
        """From the look-up to the finished repair."""
        browser, number = self.browse(who), notice["id"]
        assert self.look_up(who, notice) == 303
        now = datetime.now(UTC)
        started = browser.post(
            f"/repairs/{number}/begin",
            {"version": self.row(number)["version"], "work_order": order, "accepted_at": local(now)},
        )
        assert started.status_code == 303, started.text
        assert self.finish(notice, who).status_code == 303
        return self.row(number)

    def work(self, notice: dict[str, Any]) -> dict[str, Any]:
        with transaction(self.engine) as connection:
            return works.repairs_of(connection, notice["id"])[-1]

    def finish(self, notice: dict[str, Any], who: str = "workshop", **changes: str) -> Any:
        work = self.work(notice)
        given = {
            "version": work["version"], "do": "finish", "items": "更换颗粒捕集器", "parts": "颗粒捕集器 ×1",
            "fault_codes": "P2002 P2463", "readings_before": "烟度 1.95 m⁻¹", "readings_after": "烟度 0.40 m⁻¹",
            "certificate": "HG-001", "finished_at": local(datetime.now(UTC) + timedelta(minutes=2)), **changes,
        }  # fmt: skip
        return self.browse(who).post(f"/repairs/{notice['id']}/work/{work['id']}", given)

    def test(self, notice: dict[str, Any], outcome: str, who: str = "station", of: str = "station") -> Any:
        """An inspection after the repair, counted as the re-test."""
        with transaction(self.engine) as connection:
            inspection = case_rows.inspection(
                connection, self.city.organisations[of], truck_id=notice["truck_id"], outcome=outcome,
                subject_text=notice["subject_text"], inspected_at=datetime.now(UTC) + timedelta(minutes=5),
            )  # fmt: skip
        given = {"version": self.row(notice["id"])["version"], "inspection": inspection}
        return self.browse(who).post(f"/repairs/{notice['id']}/retest", given)


@pytest.fixture(scope="module")
def loop(web: Flask, engine: Engine, city: City, browse: Browse) -> Loop:
    with transaction(engine) as connection:
        for code in ("workshop", "foreign"):
            city.organisations[code] = organisations.create(
                connection,
                kind="station",
                level="body",
                code=code,
                name_zh=f"维修厂{code}",
                name_en=code,
                division="211302",
            )
            draft = Draft(code, f"姓名{code}", city.organisations[code], frozenset({"station"}))
            city.accounts[code] = create_account(connection, PLATFORM, draft, PASSWORD)
        for code, kind in (("station", "inspection"), ("workshop", "maintenance"), ("foreign", "maintenance")):
            connection.execute(
                text(
                    "INSERT INTO stations (code, kind, name, organisation_id, division) VALUES (:c, :k, :n, :o, '211302')"
                ),
                {"c": code.upper(), "k": kind, "n": f"机构{code}", "o": city.organisations[code]},
            )
    return Loop(web, engine, city, browse)


def test_a_notice_has_30_days_from_an_unconfirmed_row_and_the_failed_items(loop: Loop) -> None:
    notice = loop.notice("辽N30001")
    today = (datetime.now(UTC) + BEIJING).date()
    assert (notice["due_on"] - today).days >= 30 and notice["rule_key"].startswith("clock.repair@")
    assert Calendar().is_working_day(notice["due_on"])
    assert notice["failed_items"][0]["value"] == "1.95" and notice["vin"].startswith("LZZ")


def test_only_a_failed_legal_inspection_without_a_case_gets_one_notice(loop: Loop) -> None:
    for values in ({"outcome": "passed"}, {"standing": "screening"}):
        with pytest.raises(Refused):
            loop.notice(f"辽N3{len(values)}{values.get('outcome', 'x')[0]}02".upper(), **values)
    notice = loop.notice("辽N30003")
    officer = loop.browse("officer")
    answer = officer.post(f"/repairs/of-inspection/{notice['inspection_id']}", follow_redirects=True)
    assert "已有维修通知" in answer.text
    assert officer.post("/repairs/of-inspection/999999").status_code == 404


def test_a_station_comes_to_a_notice_by_plate_and_number_or_vin_alone(loop: Loop) -> None:
    notice = loop.notice("辽N30010")
    page = f"/repairs/{notice['id']}"
    workshop, foreign = loop.browse("workshop"), loop.browse("foreign")
    assert workshop.get(page).status_code == 404
    assert loop.look_up("workshop", notice, number="W20260101-999999") == 422
    assert loop.look_up("workshop", notice, plate="辽N99999") == 422
    assert workshop.get(page).status_code == 404
    assert loop.look_up("workshop", notice, plate="辽N·30010") == 303
    assert workshop.get(page).status_code == 200 and "辽N30010" not in foreign.get("/repairs/").text
    assert loop.look_up("foreign", notice, number=notice["vin"]) == 303
    assert "李四" not in workshop.get(page).text


def test_a_foreign_station_sees_nothing_of_another_stations_work(loop: Loop) -> None:
    notice = loop.notice("辽N30020")
    loop.repair(notice, "WX-20")
    assert loop.browse("foreign").get(f"/repairs/{notice['id']}").status_code == 404
    loop.look_up("foreign", notice)
    with transaction(loop.engine) as connection:
        account = users.find_account(connection, loop.city.accounts["foreign"])
    assert account is not None
    with transaction(loop.engine, account.scope.fence) as connection:
        assert works.repairs_of(connection, notice["id"]) == []
        for table in ("repair_notices", "repairs", "retests", "notice_lookups", "stations"):
            with pytest.raises(Exception, match="permission denied"), connection.begin_nested():
                connection.execute(text(f"DELETE FROM {table}"))
        with pytest.raises(Exception, match="permission denied"), connection.begin_nested():
            connection.execute(text("UPDATE repair_notices SET state = 'passed'"))
    page = loop.browse("foreign").get(f"/repairs/{notice['id']}").text
    assert "WX-20" not in page and "更换颗粒捕集器" not in page
    work = loop.work(notice)
    assert (
        loop.browse("foreign")
        .post(f"/repairs/{notice['id']}/work/{work['id']}", {"version": work["version"]})
        .status_code
        == 404
    )


def test_the_whole_loop_closes_the_notice(loop: Loop) -> None:
    notice = loop.notice("辽N30030")
    assert loop.repair(notice, "WX-30")["state"] == "repaired"
    assert loop.look_up("station", notice) == 303
    page = loop.browse("station").get(f"/repairs/{notice['id']}").text
    assert "更换颗粒捕集器" in page and "P2002" in page and "HG-001" in page
    assert loop.test(notice, "passed").status_code == 303
    done = loop.row(notice["id"])
    assert done["state"] == "passed" and done["closed_at"] is not None
    assert "该通知已办结" in loop.test(notice, "passed").text
    with transaction(loop.engine) as connection:
        actions = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_kind = 'repair_notice' AND subject_id = :n ORDER BY id"),
            {"n": str(notice["id"])},
        ).scalars().all()  # fmt: skip
    assert list(actions) == [
        "repair.notice", "repair.look_up", "repair.begin", "repair.finish", "repair.look_up", "repair.pass_retest",
    ]  # fmt: skip


def test_without_a_finished_repair_there_is_no_retest(loop: Loop) -> None:
    notice = loop.notice("辽N30040")
    loop.look_up("station", notice)
    answer = loop.test(notice, "passed")
    assert answer.status_code == 422 and "未查到维修完成记录" in answer.text
    assert loop.row(notice["id"])["state"] == "issued"
    assert "未查到维修完成记录" in loop.test(notice, "passed", who="inspector", of="city").text
    loop.look_up("workshop", notice)
    now = datetime.now(UTC)
    given = {"version": 1, "work_order": "WX-40", "accepted_at": local(now)}
    assert loop.browse("workshop").post(f"/repairs/{notice['id']}/begin", given).status_code == 303
    assert loop.test(notice, "passed").status_code == 422
    for name, value in (
        ("items", ""),
        ("readings_after", ""),
        ("readings_after", "烟度 很低"),
        ("certificate", ""),
        ("finished_at", ""),
    ):
        answer = loop.finish(notice, **{name: value})
        assert answer.status_code == 422 and f'id="f-{name}-fault"' in answer.text, name
    assert loop.row(notice["id"])["state"] == "in_repair"


def test_failed_again_loops_and_says_when_scrapping_is_due(loop: Loop) -> None:
    notice = loop.notice("辽N30050")
    loop.look_up("station", notice)
    for turn in range(3):
        loop.repair(notice, f"WX-50-{turn}")
        answer = loop.test(notice, "failed")
        assert answer.status_code == 303
        assert loop.row(notice["id"])["state"] == "failed_again" and loop.row(notice["id"])["closed_at"] is None
    assert "强制报废" in loop.browse("station").get(f"/repairs/{notice['id']}").text
    loop.repair(notice, "WX-50-9")
    assert loop.test(notice, "passed").status_code == 303
    assert loop.row(notice["id"])["state"] == "passed"


def test_two_at_once_and_wrong_stations_are_refused(loop: Loop) -> None:
    notice = loop.notice("辽N30060")
    now = local(datetime.now(UTC))
    for who in ("workshop", "foreign", "station"):
        loop.look_up(who, notice)
    given = {"version": 1, "work_order": "WX-60", "accepted_at": now}
    assert "不是在用的维修机构" in loop.browse("station").post(f"/repairs/{notice['id']}/begin", given).text
    assert loop.browse("workshop").post(f"/repairs/{notice['id']}/begin", given).status_code == 303
    second = loop.browse("foreign").post(f"/repairs/{notice['id']}/begin", given)
    assert second.status_code == 422 and "页面打开后记录已被更改" in second.text
    assert loop.browse("officer").post(f"/repairs/{notice['id']}/begin", given).status_code == 403
    answer = loop.browse("workshop").post(f"/repairs/{notice['id']}/begin", {**given, "version": 2})
    assert answer.status_code == 422


def test_hostile_uploads_are_refused_or_stay_text(loop: Loop) -> None:
    notice = loop.notice("辽N30070")
    loop.look_up("workshop", notice)
    begin = f"/repairs/{notice['id']}/begin"
    for field, value in (
        ("work_order", "x" * 61),
        ("accepted_at", "2099-01-01T00:00"),
        ("accepted_at", "nie"),
        ("version", "-1"),
    ):
        given = {"version": 1, "work_order": "WX-70", "accepted_at": local(datetime.now(UTC)), field: value}
        assert loop.browse("workshop").post(begin, given).status_code == 422
    given = {"version": 1, "work_order": "<script>alert(1)</script>", "accepted_at": local(datetime.now(UTC))}
    assert loop.browse("workshop").post(begin, given).status_code == 303
    assert "<script>alert" not in loop.browse("workshop").get(f"/repairs/{notice['id']}").text
    assert loop.finish(notice, items="\n".join("x" for _ in range(101))).status_code == 422
    assert loop.finish(notice, items="x" * 501).status_code == 422
    assert (
        loop.browse("workshop").post("/repairs/lookup", {"plate": "\x00'; DROP TABLE--", "number": "%"}).status_code
        == 422
    )


def test_transport_lists_what_is_not_repaired_overdue_first_and_exports_harmlessly(loop: Loop) -> None:
    late, fresh = loop.notice("辽N30080"), loop.notice("辽N30081")
    with transaction(loop.engine) as connection:
        connection.execute(
            text("UPDATE repair_notices SET issued_on = '2026-01-01', due_on = '2026-01-31' WHERE id = :n"),
            {"n": late["id"]},
        )
        connection.execute(
            text("UPDATE trucks SET owner = '=HYPERLINK(\"http://x\")' WHERE id = :t"), {"t": late["truck_id"]}
        )
    transport = loop.browse("transport")
    page = transport.get("/repairs/").text
    assert page.index("W20") and page.index(late["number"]) < page.index(fresh["number"]) and "逾期" in page
    overdue = transport.get("/repairs/?overdue=yes").text
    assert late["number"] in overdue and fresh["number"] not in overdue
    file = transport.get("/repairs/?overdue=yes&format=csv")
    assert "'=HYPERLINK" in file.text and ",=HYPERLINK" not in file.text and late["number"] in file.text
    assert transport.get("/repairs/?format=xlsx").data.startswith(b"PK")
    assert late["number"] not in loop.browse("police").get("/repairs/?overdue=yes").text
    assert late["number"] not in loop.browse("other").get("/repairs/?overdue=yes").text


def test_an_enterprise_sees_its_own_notices(loop: Loop) -> None:
    own = loop.notice("辽N30090", enterprise_id=loop.city.enterprise_id)
    other = loop.notice("辽N30091")
    with transaction(loop.engine) as connection:
        connection.execute(
            text("UPDATE repair_notices SET enterprise_id = :e WHERE id = :n"),
            {"e": loop.city.enterprise_id, "n": own["id"]},
        )
    page = loop.browse("enterprise").get("/repairs/").text
    assert own["number"] in page and other["number"] not in page
    assert loop.browse("enterprise").get(f"/repairs/{other['id']}").status_code == 404
    assert loop.browse("enterprise").post("/repairs/lookup", {}).status_code == 403


def test_a_notice_without_a_case_is_withdrawn_with_a_reason(loop: Loop) -> None:
    notice = loop.notice("辽N30100")
    address = f"/repairs/{notice['id']}/withdrawal"
    officer = loop.browse("officer")
    assert officer.post(address, {"version": 1, "reason": "短"}).status_code == 422
    assert officer.post(address, {"version": 7, "reason": "检测仪器有误"}).status_code == 422
    assert officer.post(address, {"version": 1, "reason": "检测仪器有误"}).status_code == 303
    assert loop.row(notice["id"])["state"] == "withdrawn"


def test_the_repair_branch_of_a_case_moves_with_its_notice(loop: Loop) -> None:
    with transaction(loop.engine) as connection:
        truck_id, _ = records.truck(connection, "辽N30110", owner="李四")
    case_id = loop.desk.case(
        subject_kind="truck", truck_id=truck_id, subject_text="辽N30110", offences=["failed_inspection"],
        states={"repair": "owed"},
    )  # fmt: skip
    none = loop.desk.case(
        subject_kind="truck", truck_id=truck_id, subject_text="辽N30110", offences=["failed_inspection"]
    )
    assert loop.desk.refusals(none, "repair_notice", {"contact": "一"}) == {"no_repair_owed"}
    document_id = loop.desk.issue(case_id, "repair_notice", {"contact": "一"}, at=datetime.now(UTC))
    values = loop.desk.row(document_id)["content"]["values"]
    with transaction(loop.engine) as connection:
        notice = repairs.open_of_case(connection, case_id)
        clock = connection.execute(
            text("SELECT due_on FROM deadlines WHERE case_id = :c AND kind = 'repair'"), {"c": case_id}
        ).scalar()
    assert notice is not None and notice["document_id"] == document_id and clock == notice["due_on"]
    assert values["repair_number"] == notice["number"] and f"{notice['due_on'].day}日" in values["repair_due"]
    assert branch(loop, case_id) == "issued"
    loop.repair(notice, "WX-110")
    assert branch(loop, case_id) == "repaired"
    loop.look_up("station", notice)
    loop.test(notice, "failed")
    assert branch(loop, case_id) == "failed_again" == loop.row(notice["id"])["state"]
    loop.desk.issue(case_id, "repair_notice", {"contact": "一"}, at=datetime.now(UTC))
    loop.repair(loop.row(notice["id"]), "WX-111")
    loop.test(notice, "passed")
    assert branch(loop, case_id) == "passed" == loop.row(notice["id"])["state"]


def branch(loop: Loop, case_id: int) -> str:
    with transaction(loop.engine) as connection:
        states = connection.execute(text("SELECT states FROM cases WHERE id = :c"), {"c": case_id}).scalar_one()
    return str(states.get("repair"))


def test_a_notice_ends_with_the_branch_of_its_case(loop: Loop) -> None:
    case_id = loop.desk.case(states={"repair": "owed"})
    loop.desk.issue(case_id, "repair_notice", {"contact": "一"}, at=datetime.now(UTC))
    with transaction(loop.engine) as connection:
        notice = repairs.open_of_case(connection, case_id) or {}
        cases.change(connection, case_id, {"states": {"repair": "scrapped"}})
    assert loop.row(notice["id"])["state"] == "scrapped" and loop.row(notice["id"])["closed_at"] is not None


@pytest.mark.parametrize("days,overdue", [(-1, True), (0, False), (1, False)])
def test_overdue_follows_from_the_day(loop: Loop, days: int, overdue: bool) -> None:
    notice = loop.notice(f"辽N3020{days + 1}")
    with transaction(loop.engine) as connection:
        today: date = repairs.today(connection)
        connection.execute(
            text("UPDATE repair_notices SET issued_on = :i, due_on = :d WHERE id = :n"),
            {"i": today - timedelta(days=40), "d": today + timedelta(days=days), "n": notice["id"]},
        )
        account = users.find_account(connection, loop.city.accounts["officer"])
        assert account is not None
        found = repairs.find(connection, account.scope, Query({"q": notice["number"]}, "due_on", False)).rows
    assert [row["overdue"] for row in found] == [overdue]


def test_stations_are_put_on_file_by_transport_and_ecology(loop: Loop) -> None:
    given = {"kind": "maintenance", "code": "M-900", "name": "新维修厂", "division": "211302", "state": "active"}
    for who, allowed in (
        ("transport", True),
        ("officer", True),
        ("police", False),
        ("station", False),
        ("read_only", False),
    ):
        given = {**given, "code": f"M-{who}".replace("_", "")}
        answer = loop.browse(who).post("/stations/new", given)
        assert (answer.status_code == 303) is allowed, who
    officer = loop.browse("officer")
    wrong = {
        **given,
        "code": "M-officer",
        "kind": "x",
        "lon": "1",
        "lat": "2",
        "licence_valid_to": "x",
        "organisation_id": "1",
    }
    page = officer.post("/stations/new", wrong)
    assert page.status_code == 422
    assert all(
        f'id="f-{name}-fault"' in page.text for name in ("code", "kind", "lon", "licence_valid_to", "organisation_id")
    )
    assert loop.browse("county").post("/stations/new", {**given, "code": "M-x"}).status_code == 422
    assert CITY and NOW
