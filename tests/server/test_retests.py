"""An inspection station records its own re-test: readings on a form, the verdict by the rules, one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import cases, repairs
from server.store.scopes import Scope
from tests.server import case_rows
from tests.server.conftest import Browser, City
from tests.server.test_repairs import Loop, local, loop  # noqa: F401 - a fixture

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
PEAKS = "methods.free_acceleration.peaks."


def form_of(loop: Loop, notice: dict[str, Any], *peaks: float, **more: str) -> dict[str, str]:  # noqa: F811
    """The form as the station sends it."""
    given = {f"{PEAKS}{place}": str(peak) for place, peak in enumerate(peaks)}
    return {
        "version": str(loop.row(notice["id"])["version"]),
        "at": local(datetime.now(UTC)),
        "tester": "甲",
        **given,
        **more,
    }


def repaired(loop: Loop, plate: str, order: str) -> dict[str, Any]:  # noqa: F811
    """A notice of a truck whose repair is finished and that the station has looked up."""
    notice = loop.notice(plate)
    with transaction(loop.engine) as connection:
        connection.execute(
            text("UPDATE trucks SET stage = '5', fuel = 'diesel', category = 'heavy_goods' WHERE id = :t"),
            {"t": notice["truck_id"]},
        )
    assert loop.look_up("workshop", notice) == 303
    now = local(datetime.now(UTC))
    begun = {"version": str(loop.row(notice["id"])["version"]), "work_order": order, "accepted_at": now}
    assert loop.browse("workshop").post(f"/repairs/{notice['id']}/begin", begun).status_code == 303
    assert loop.finish(notice, finished_at=now).status_code == 303
    assert loop.look_up("station", notice) == 303
    return notice


def test_readings_below_the_limit_close_the_notice(loop: Loop) -> None:  # noqa: F811
    notice = repaired(loop, "辽N31001", "RT-1")
    station, page = loop.browse("station"), f"/repairs/{notice['id']}/test"
    assert "现在复检并登记读数" in station.get(f"/repairs/{notice['id']}").text
    assert 'name="methods.lug_down.smoke_100"' in station.get(page).text
    preview = station.post(f"{page}/preview", form_of(loop, notice, 0.5, 0.6, 0.5)).text
    assert "合格" in preview
    answer = station.post(page, form_of(loop, notice, 0.5, 0.6, 0.5))
    assert answer.status_code == 303, answer.text
    assert loop.row(notice["id"])["state"] == "passed"
    row = _inspection(loop, notice)
    assert (row["kind"], row["outcome"], row["standing"], row["retest_of"]) == (
        "periodic", "passed", "legal", notice["inspection_id"],
    )  # fmt: skip
    assert row["organisation_id"] == loop.city.organisations["station"]


def test_readings_above_it_send_it_back(loop: Loop) -> None:  # noqa: F811
    notice = repaired(loop, "辽N31002", "RT-2")
    answer = loop.browse("station").post(f"/repairs/{notice['id']}/test", form_of(loop, notice, 2.4, 2.5, 2.6))
    assert answer.status_code == 303
    assert loop.row(notice["id"])["state"] == "failed_again"


@pytest.mark.parametrize(
    ("plate", "change", "field"),
    [
        ("辽N31101", {f"{PEAKS}{n}": "" for n in range(3)}, "至少一种烟度"),
        ("辽N31102", {f"{PEAKS}1": "viel"}, "methods.free_acceleration.peaks"),
        ("辽N31103", {"at": "2026-01-01T08:00"}, "复检时间早于维修完成时间"),
        ("辽N31104", {"at": ""}, "f-at"),
        ("辽N31105", {"version": "1"}, "已被更改"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_no_inspection(
    loop: Loop,  # noqa: F811
    plate: str,
    change: dict[str, str],
    field: str,
) -> None:
    notice = repaired(loop, plate, plate)
    answer = loop.browse("station").post(f"/repairs/{notice['id']}/test", form_of(loop, notice, 0.5, 0.5, 0.5) | change)
    assert answer.status_code == 422 and field in answer.text
    assert _inspection(loop, notice) == {} and loop.row(notice["id"])["state"] == "repaired"


def test_without_a_finished_repair_there_is_no_retest(loop: Loop) -> None:  # noqa: F811
    notice = loop.notice("辽N31200")
    loop.look_up("station", notice)
    answer = loop.browse("station").post(f"/repairs/{notice['id']}/test", form_of(loop, notice, 0.5, 0.5, 0.5))
    assert answer.status_code == 422 and "未查到维修完成记录" in answer.text
    assert _inspection(loop, notice) == {}


def test_only_an_inspection_station_that_looked_it_up_has_the_form(loop: Loop) -> None:  # noqa: F811
    notice = repaired(loop, "辽N31300", "RT-3")
    page = f"/repairs/{notice['id']}/test"
    assert loop.browse("foreign").get(page).status_code == 404
    assert loop.browse("officer").get(page).status_code == 404 == loop.browse("officer").post(page).status_code
    assert loop.browse("transport").get(page).status_code == 403
    workshop = loop.browse("workshop").post(page, form_of(loop, notice, 0.5, 0.5, 0.5))
    assert workshop.status_code == 422 and "不是在用的检验机构" in workshop.text
    assert "inspections/new?truck=" in loop.browse("officer").get(f"/repairs/{notice['id']}").text


def test_a_truck_of_no_register_is_tested_by_what_its_plate_says(loop: Loop) -> None:  # noqa: F811
    notice = repaired(loop, "冀B77001", "RT-4")
    with transaction(loop.engine) as connection:
        connection.execute(text("UPDATE repair_notices SET truck_id = NULL WHERE id = :n"), {"n": notice["id"]})
        connection.execute(text("UPDATE trucks SET plate = '冀B77009' WHERE id = :t"), {"t": notice["truck_id"]})
    page, station = f"/repairs/{notice['id']}/test", loop.browse("station")
    assert 'name="stage"' in station.get(page).text
    read = {"stage": "5", "fuel": "diesel", "category": "heavy_goods"}
    assert station.post(page, form_of(loop, notice, 0.5, 0.5, 0.5, **read)).status_code == 303
    assert loop.row(notice["id"])["state"] == "passed"


def test_a_failed_inspection_offers_a_notice_once(loop: Loop, engine: Engine, city: City, browse: Browse) -> None:  # noqa: F811
    with transaction(engine) as connection:
        number = case_rows.inspection(connection, city.organisations["city"], subject_text="辽N31400")
    page, action = f"/inspections/{number}", f"/repairs/of-inspection/{number}"
    assert f'action="{action}"' in browse("officer").get(page).text
    for who in ("inspector", "approver", "read_only"):
        assert action not in browse(who).get(page).text
    assert browse("officer").post(action).status_code == 303
    shown = browse("officer").get(page).text
    assert "该检查已签发维修通知" in shown and action not in shown


def test_a_document_whose_repair_is_under_way_is_not_revoked(loop: Loop, browse: Browse) -> None:  # noqa: F811
    case_id = loop.desk.case(states={"repair": "owed"}, subject_kind="truck")
    document = loop.desk.issue(case_id, "repair_notice", {"typed": "1", "contact": "0421-1", "retest_rule": "复检"})
    refused = browse("officer").post(f"/documents/{document}/revocation", {"reason": "当事人姓名有误"})
    assert refused.status_code == 422 and "无需维修" in refused.text
    assert loop.desk.row(document)["state"] == "issued"


def test_a_notice_and_its_case_are_locked_in_one_order(loop: Loop) -> None:  # noqa: F811
    """A step of the case and a step of a station at the same moment: one waits for the other, none is thrown out."""
    case_id = loop.desk.case(states={"repair": "owed"})
    loop.desk.issue(case_id, "repair_notice", {"typed": "1", "contact": "0421-1", "retest_rule": "复检"})
    with transaction(loop.engine) as connection:
        notice = repairs.open_of_case(connection, case_id) or {}

    def station() -> None:
        with transaction(loop.engine) as second:
            repairs.lock(second, notice["id"])
            cases.lock(second, Scope(), case_id)

    waits = text("SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                 " WHERE NOT l.granted AND d.datname = current_database()) OR EXISTS (SELECT FROM pg_stat_activity"
                 " WHERE datname = current_database() AND wait_event_type = 'Lock')")  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        with transaction(loop.engine) as first:
            cases.lock(first, Scope(), case_id)
            done = pool.submit(station)
            with loop.engine.connect() as watch:
                while not done.done() and not watch.execute(waits).scalar_one():
                    watch.rollback()
            assert repairs.close_of_case(first, case_id, "withdrawn") is not None
        done.result()


def _inspection(loop: Loop, notice: dict[str, Any]) -> dict[str, Any]:  # noqa: F811
    """The newest inspection of the truck by the station, if any."""
    with transaction(loop.engine) as connection:
        row = connection.execute(
            text("SELECT * FROM inspections WHERE subject_text = :s AND organisation_id = :o ORDER BY id DESC LIMIT 1"),
            {"s": notice["subject_text"], "o": loop.city.organisations["station"]},
        ).one_or_none()
    return dict(row._mapping) if row else {}
