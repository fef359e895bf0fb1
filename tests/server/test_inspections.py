"""Inspections: every method, legal or screening, the zone's class on its day, corrections, who sees which."""

import csv
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.flows import record_inspection, rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.record_inspection import OtherContent, StaleVersion
from server.flows.refusals import Refused
from server.store import inspections
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server import inspection_city as town
from tests.server.conftest import Browser, City
from tests.server.inspection_city import AT, CHANGE, INSIDE, NOW, OUTSIDE, READINGS, Fleet, draft, keep

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
TRUCK, MACHINE = "辽NJC001", "3-6NA00077"
SMOKY = {"free_acceleration": {"peaks": [1.3, 1.4, 1.5]}}


@pytest.fixture(scope="module")
def fleet(engine: Engine, city: City) -> Fleet:
    with transaction(engine) as connection:
        return town.fleet(connection, city)


def row_of(engine: Engine, number: int) -> dict[str, Any]:
    with transaction(engine) as connection:
        found = inspections.find_one(connection, Scope(), number)
    assert found is not None
    return found


def count(engine: Engine) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(text("SELECT count(*) FROM inspections")).scalar_one()
    return found


# --- recording ---


@pytest.mark.parametrize("method", sorted(READINGS))
def test_each_method_is_recorded_and_judged(engine: Engine, city: City, fleet: Fleet, method: str) -> None:
    is_machine = method in {"machine_smoke", "coding_check"}
    given = draft(
        fleet, "machine_spot" if is_machine else "roadside", {method: READINGS[method]},
        MACHINE if is_machine else TRUCK, point=OUTSIDE,
    )  # fmt: skip
    row = row_of(engine, keep(engine, city, given).id)
    assert row["methods"] == [method]
    assert row["standing"] == "legal", row["verdict"]["sentences"]
    assert [one["method"] for one in row["verdict"]["judgements"]] == [method]
    judgement = row["verdict"]["judgements"][0]
    assert judgement["rules"] and judgement["sentence"]["zh"] and judgement["sentence"]["en"]
    assert row["outcome"] in {"passed", "not_judged"}
    assert row["law"] == "CODE" and row["number"].startswith("J20261124-")
    assert (row["truck_id"], row["machine_id"]) == ((None, fleet.machine) if is_machine else (fleet.truck, None))


@pytest.mark.parametrize(
    ("changes", "standing", "why"),
    [
        ({}, "legal", None),
        ({"officers": town.OFFICERS[:1]}, "screening", "officers_too_few"),
        ({"officers": [{"name": "王一"}, {"name": "李二"}]}, "screening", "officers_too_few"),
        ({"instruments": ()}, "screening", "instrument_missing"),
        ({"instruments": "expired"}, "screening", "not_verified"),
        ({"at": AT + timedelta(days=3)}, "screening", "zero_check_missing"),
    ],
)
def test_what_is_missing_makes_a_screening(
    engine: Engine, city: City, fleet: Fleet, changes: dict[str, Any], standing: str, why: str | None
) -> None:
    if changes.get("instruments") == "expired":
        changes = {"instruments": (fleet.expired,)}
    row = row_of(engine, keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, **changes)).id)
    assert (row["outcome"], row["standing"]) == ("failed", standing)
    said = {one["code"] for one in row["verdict"]["sentences"]}
    assert why is None or why in said
    assert row["verdict"]["judgements"][0]["items"][0]["margin"] == pytest.approx(-0.2)


@pytest.mark.parametrize("at", [CHANGE - timedelta(seconds=1), CHANGE, CHANGE + timedelta(days=9)])
@pytest.mark.parametrize("point", [INSIDE, OUTSIDE])
def test_the_class_follows_the_zone_version_of_that_moment(
    engine: Engine, city: City, fleet: Fleet, at: Any, point: tuple[float, float]
) -> None:
    given = draft(fleet, "machine_spot", {"machine_smoke": READINGS["machine_smoke"]}, MACHINE, at=at, point=point)
    row = row_of(engine, keep(engine, city, given).id)
    inside = point == INSIDE
    version = fleet.zone_versions[at >= CHANGE]
    assert row["zone_version_ids"] == ([version] if inside else [])
    strict = inside and at >= CHANGE
    assert row["outcome"] == ("failed" if strict else "passed"), "0.6: class III allows 0.5, class II 0.8"
    assert row["verdict"]["judgements"][0]["items"][0]["limit"] == (0.5 if strict else 0.8)
    assert [zone["version_id"] for zone in row["verdict"]["zones"]] == row["zone_version_ids"]


@pytest.mark.parametrize(("hour", "binds"), [(6, False), (7, True), (21, True), (22, False), (3, False)])
def test_a_zone_binds_in_its_hours_only(engine: Engine, city: City, fleet: Fleet, hour: int, binds: bool) -> None:
    with transaction(engine) as connection:
        point = town.day_zone(connection)
    at = town.AT.replace(hour=hour, minute=0)
    given = draft(fleet, "machine_spot", {"machine_smoke": READINGS["machine_smoke"]}, MACHINE, at=at, point=point)
    row = row_of(engine, keep(engine, city, given).id)
    assert len(row["zone_version_ids"]) == len(row["verdict"]["zones"]) == int(binds)
    assert row["outcome"] == ("failed" if binds else "passed"), "0.6: class III allows 0.5, class II 0.8"


def test_the_law_is_that_of_the_day(engine: Engine, city: City, fleet: Fleet) -> None:
    before = town.datetime(2026, 8, 14, 12, tzinfo=town.BEIJING)
    row = row_of(engine, keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, at=before)).id)
    assert row["law"] == "APPCL"


def test_a_foreign_plate_needs_what_its_papers_say(engine: Engine, city: City, fleet: Fleet) -> None:
    nothing = draft(fleet, "roadside", SMOKY, "冀B12345", given=SubjectGiven("冀B12345", "yellow"))
    with pytest.raises(Refused) as refused:
        keep(engine, city, nothing)
    assert [fault.field for fault in refused.value.faults] == ["subject_kind"]
    facts = SubjectGiven("冀b·12345", "yellow", "truck", "4", "diesel", "heavy_goods")
    row = row_of(engine, keep(engine, city, draft(fleet, "roadside", SMOKY, "冀B12345", given=facts)).id)
    assert (row["truck_id"], row["subject_text"], row["outcome"]) == (None, "冀B12345", "failed")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": NOW + timedelta(hours=1)}, "at"),
        ({"at": town.datetime(2009, 1, 1, tzinfo=town.BEIJING)}, "at"),
        ({"officers": []}, "officers"),
        ({"instruments": (999999,)}, "instruments"),
        ({"given": SubjectGiven("")}, "subject"),
        ({"given": SubjectGiven("辽N\u0000", "yellow", "truck")}, "subject"),
        ({"given": SubjectGiven("=1+1", "yellow", "truck")}, "subject"),
        ({"given": SubjectGiven(TRUCK, "pink")}, "colour"),
        ({"point": (500.0, 41.5)}, "lon"),
        ({"point": (120.4, None)}, "lon"),
        ({"division": "110000"}, "lon"),
    ],
)
def test_a_wrong_draft_is_refused_at_its_field_and_leaves_nothing(
    engine: Engine, city: City, fleet: Fleet, changes: dict[str, Any], field: str
) -> None:
    before = count(engine)
    with pytest.raises(Refused) as refused:
        keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, **changes))
    assert field in {fault.field for fault in refused.value.faults}
    assert count(engine) == before


def test_readings_name_the_field_that_is_wrong(engine: Engine, city: City, fleet: Fleet) -> None:
    with pytest.raises(Refused) as refused:
        keep(engine, city, draft(fleet, "roadside", {"free_acceleration": {"peaks": [1, "=1+1", 2]}}, TRUCK))
    assert {fault.field for fault in refused.value.faults} == {"methods.free_acceleration.peaks.1"}


def test_sent_twice_it_is_one_and_other_content_is_refused(engine: Engine, city: City, fleet: Fleet) -> None:
    given = draft(fleet, "roadside", SMOKY, TRUCK)
    first, again = (keep(engine, city, given, "key-1") for _ in range(2))
    assert (first.created, again.created, again.id) == (True, False, first.id)
    with pytest.raises(OtherContent, match=first.number):
        keep(engine, city, draft(fleet, "roadside", {"ringelmann": {"grade": 1}}, TRUCK), "key-1")
    with pytest.raises(OtherContent, match=first.number):
        keep(engine, city, draft(fleet, "roadside", SMOKY, "辽NJC002"), "key-1")


def test_sent_twice_at_one_moment_it_is_one(engine: Engine, city: City, fleet: Fleet) -> None:
    gate = threading.Barrier(4)

    def send(_: int) -> int:
        gate.wait()
        return keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK), "key-race").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1


# --- corrections ---


def test_a_correction_is_a_new_version_with_its_reason(
    engine: Engine, city: City, fleet: Fleet, browse: Browse
) -> None:
    number = keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK)).id
    actor = Actor(city.accounts["officer"], "officer", city.organisations["city"])
    mended = draft(fleet, "roadside", {"free_acceleration": {"peaks": [0.9, 0.9, 0.9]}}, TRUCK)

    def correct(version: int, reason: str) -> None:
        with transaction(engine) as connection:
            rules = rule_book.current(connection)
            record_inspection.correct(connection, actor, Scope("2113"), rules, number, version, mended, reason, NOW)

    with pytest.raises(Refused):
        correct(1, "短")
    correct(1, "抄录读数有误，按打印条更正")
    with pytest.raises(StaleVersion):
        correct(1, "第二个人不知道已经改过")
    row = row_of(engine, number)
    assert (row["version"], row["outcome"]) == (2, "passed")
    with transaction(engine) as connection:
        versions = inspections.versions(connection, number)
    assert [(one["version"], one["row"]["outcome"]) for one in versions] == [(1, "failed"), (2, "passed")]
    page = browse("officer").get(f"/inspections/{number}").text
    assert "按打印条更正" in page and "<del>1.3" in page and "<ins>0.9" in page
    with transaction(engine) as connection, pytest.raises(Exception, match="append"):
        connection.execute(text("UPDATE inspection_versions SET reason = 'x' WHERE inspection_id = :n"), {"n": number})


def test_withdrawn_it_stays_with_its_reason_and_is_not_corrected(
    engine: Engine, city: City, fleet: Fleet, browse: Browse
) -> None:
    number = keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK)).id
    officer = browse("officer")
    assert officer.post(f"/inspections/{number}/withdraw", {"version": "1", "reason": ""}).status_code == 422
    assert officer.post(f"/inspections/{number}/withdraw", {"version": "7", "reason": "录错车辆了"}).status_code == 409
    assert officer.post(f"/inspections/{number}/withdraw", {"version": "1", "reason": "录错车辆了"}).status_code == 303
    assert row_of(engine, number)["status"] == "withdrawn"
    assert officer.post(f"/inspections/{number}/withdraw", {"version": "2", "reason": "再来一次"}).status_code == 422
    assert "录错车辆了" in officer.get(f"/inspections/{number}").text


# --- who sees which ---


def test_a_county_sees_its_own_area_alone(engine: Engine, city: City, fleet: Fleet, browse: Browse) -> None:
    own = keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, division="211324")).id
    foreign = keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, division="211322")).id
    county = browse("county")
    assert county.get(f"/inspections/{own}").status_code == 200
    for path in ("", "/edit"):
        assert county.get(f"/inspections/{foreign}{path}").status_code == 404
    assert county.post(f"/inspections/{foreign}/withdraw", {"version": "1", "reason": "不是我的"}).status_code == 404
    page = county.get("/inspections/").text
    assert f'/inspections/{own}"' in page and f'/inspections/{foreign}"' not in page
    with pytest.raises(Refused):
        keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK, division="211322"), scope=Scope("211324"))


def test_an_enterprise_sees_its_own_by_the_row_policy_too(
    engine: Engine, city: City, fleet: Fleet, browse: Browse
) -> None:
    own = keep(engine, city, draft(fleet, "roadside", SMOKY, "辽NJC002")).id
    foreign = keep(engine, city, draft(fleet, "roadside", SMOKY, TRUCK)).id
    enterprise = browse("enterprise")
    page = enterprise.get(f"/inspections/{own}")
    assert page.status_code == 200 and "更正" not in page.text
    assert enterprise.get(f"/inspections/{foreign}").status_code == 404
    assert f'/inspections/{foreign}"' not in enterprise.get("/inspections/").text
    with transaction(engine, Fence(city.enterprise_id)) as connection:
        seen = set(connection.execute(text("SELECT enterprise_id FROM inspections")).scalars())
        kept = set(connection.execute(text("SELECT inspection_id FROM inspection_versions")).scalars())
    assert seen == {city.enterprise_id} and foreign not in kept and own in kept


# --- pages ---


def form(fleet: Fleet, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "roadside", "at": "2026-11-20T09:30", "subject": TRUCK, "colour": "yellow", "lon": "120.45",
        "lat": "41.57", "place": "收费站", "method": ["free_acceleration"],
        "methods.free_acceleration.peaks.0": "1.3", "methods.free_acceleration.peaks.1": "1.4",
        "methods.free_acceleration.peaks.2": "1.5", "officers.0.name": "王一", "officers.0.card_number": "06130001",
        "officers.1.name": "李二", "officers.1.card_number": "06130002", "weather.temperature_c": "5",
        "weather.humidity_pct": "40", "weather.pressure_kpa": "101.3",
        "instruments": [str(number) for number in fleet.instruments.values()], **changes,
    }  # fmt: skip


def test_the_form_previews_what_it_then_records(engine: Engine, fleet: Fleet, browse: Browse) -> None:
    officer = browse("officer")
    assert officer.get(f"/inspections/new?truck={fleet.truck}").status_code == 200
    shown = officer.post("/inspections/preview", form(fleet)).text
    assert "不合格" in shown and "可作执法依据" in shown and "1.2" in shown
    missing = officer.post("/inspections/preview", form(fleet, subject="")).text
    assert "f-subject" in missing
    answer = officer.post("/inspections/new", form(fleet, source_key="form-1"))
    assert answer.status_code == 303, answer.text
    again = officer.post("/inspections/new", form(fleet, source_key="form-1"))
    assert again.location == answer.location
    row = row_of(engine, int(answer.location.rsplit("/", 1)[1]))
    assert (row["outcome"], row["standing"], row["place"]) == ("failed", "legal", "收费站")
    assert row["content"]["officers"][1]["card_number"] == "06130002"
    page = officer.get(answer.location)
    assert page.status_code == 200 and "1.4" in page.text and "gb3847" in page.text


def test_a_wrong_form_keeps_what_was_typed(fleet: Fleet, browse: Browse) -> None:
    answer = browse("officer").post("/inspections/new", form(fleet, **{"methods.free_acceleration.peaks.1": "一点四"}))
    assert answer.status_code == 422
    assert "一点四" in answer.text and "f-methods.free_acceleration.peaks.1" in answer.text


def test_the_form_of_a_correction_holds_what_was_recorded(engine: Engine, fleet: Fleet, browse: Browse) -> None:
    officer = browse("officer")
    number = int(officer.post("/inspections/new", form(fleet)).location.rsplit("/", 1)[1])
    page = officer.get(f"/inspections/{number}/edit").text
    assert 'value="1.4"' in page and 'value="06130002"' in page and 'value="2026-11-20T09:30:00"' in page
    changed = form(fleet, version="1", reason="补正第二次峰值", **{"methods.free_acceleration.peaks.1": "1.1"})
    assert officer.post(f"/inspections/{number}/edit", changed).status_code == 303
    assert row_of(engine, number)["version"] == 2
    assert officer.post(f"/inspections/{number}/edit", changed).status_code == 409


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_runs_no_formula(engine: Engine, city: City, fleet: Fleet, browse: Browse, kind: str) -> None:
    keep(engine, city, replace(draft(fleet, "roadside", SMOKY, TRUCK), place="=1+1"))
    answer = browse("officer").get(f"/inspections/?format={kind}")
    assert answer.status_code == 200
    if kind == "csv":
        cells = [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
        assert "'=1+1" in cells and not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "query",
    [
        "kind=roadside", "outcome=failed", "standing=screening", "division=211302", "subject=machine",
        "method=ringelmann", "from=2026-11-01&to=2026-11-30", "law=APPCL", "q=NJC", "q=%25_", "truck=1", "sort=number",
    ],
)  # fmt: skip
def test_every_filter_answers(browse: Browse, fleet: Fleet, query: str) -> None:
    assert browse("officer").get(f"/inspections/?{query}").status_code == 200


def test_filters_find_what_they_name(engine: Engine, city: City, fleet: Fleet) -> None:
    number = keep(engine, city, draft(fleet, "roadside", {"ringelmann": {"grade": 2}}, TRUCK)).id
    wanted = {"method": "ringelmann", "outcome": "failed", "subject": "truck", "law": "CODE", "q": "NJC001"}
    with transaction(engine) as connection:
        found = inspections.find(connection, Scope("2113"), Query(values=wanted, sort="inspected_at"))
    assert number in {row["id"] for row in found.rows} and found.total == len(found.rows)
