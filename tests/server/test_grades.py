"""Performance grades by days, and their promises of transport against the ledgers of a month."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import check_promises
from server.store.scopes import Scope
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
MONTH = dt.date(2026, 9, 1)


@pytest.fixture(scope="module", autouse=True)
def plants(engine: Engine, city: City) -> None:
    """A plant of the county with ledgers A, B and C of September, and the enterprise of the account."""
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE enterprises SET division = '211302', credit_code = '91211302MA0UABCD1X' WHERE id = :e"),
            {"e": city.enterprise_id},
        )
        plant = connection.execute(
            text(
                "INSERT INTO enterprises (name, credit_code, division, industry) VALUES ('喀左水泥厂', 'C1', :d, 'cement') RETURNING id"
            ),
            {"d": COUNTY},
        ).scalar_one()
        for month, stage, fuel, passages in (
            (MONTH, "6", "diesel", 60), (MONTH, "5", "diesel", 5), (MONTH, "D", "electric", 5), (MONTH, "4", "diesel", 30),
            (dt.date(2026, 8, 1), "4", "diesel", 100),
        ):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO ledger_months (enterprise_id, month, direction, vehicle_type, fuel, stage, cargo, passages,"
                    " tonnes) VALUES (:e, :m, 'in', 'H11', :f, :s, '', :n, 0)"
                ),
                {"e": plant, "m": month, "f": fuel, "s": stage, "n": passages},
            )
        for number, stage, entered, left in (
            ("1", "3", "2026-01-01", None), ("2", "2", "2026-01-01", "2026-08-31"), ("3", "2", "2026-10-01", None),
            ("4", "X", "2026-09-30", None),
        ):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO plant_machines (enterprise_id, division, registration_number, stage, fuel, entered_on, left_on,"
                    " source, content_sha256) VALUES (:e, :d, :n, :s, 'diesel', :in, :out, 'hand', sha256('x'))"
                ),
                {"e": plant, "d": COUNTY, "n": number, "s": stage, "in": entered, "out": left},
            )


def form(**changes: Any) -> dict[str, Any]:
    return {"enterprise": "喀左水泥厂", "grade": "B", "industry": "cement", "from_on": "2026-01-01", "to_on": "",
            "document": "朝环发〔2026〕1号", "reason": "", **changes}  # fmt: skip


def give(browse: Browse, **changes: Any) -> int:
    answer = browse("officer").post("/grades/new", form(**changes))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def checks(engine: Engine, month: dt.date = MONTH) -> dict[str, tuple[str, int, int, int]]:
    with transaction(engine) as connection:
        [one] = check_promises.check_month(connection, Scope(), month)
        return {str(c.promise.subject): (str(c.verdict), c.total, c.good, c.unknown) for c in one.checks}


def test_a_grade_its_checks_and_its_end(browse: Browse, engine: Engine) -> None:
    number = give(browse)
    assert checks(engine) == {
        "road": ("kept", 100, 70, 0), "plant_vehicle": ("nothing", 0, 0, 0), "machine": ("unknown", 2, 1, 1),
    }  # fmt: skip
    assert checks(engine, dt.date(2026, 8, 1))["road"] == ("broken", 100, 0, 0)
    assert checks(engine, dt.date(2026, 8, 1))["machine"] == ("broken", 2, 1, 0)
    page = browse("officer").get("/grades/checks?month=2026-09").text
    assert "喀左水泥厂" in page and "达到" in page
    export = browse("officer").get("/grades/checks?month=2026-09&format=csv").data.decode("utf-8-sig")
    assert len(export.splitlines()) == 4 and "70.0" in export
    for odd in ("soon", "0000-13", "", "9999-99"):
        assert browse("officer").get(f"/grades/checks?month={odd}").status_code == 200
    assert browse("officer").post("/grades/new", form(from_on="2026-06-01")).status_code == 422  # it has one
    off = {"version": "1", "to_on": "2026-09-30", "reason": "复核降级"}
    assert browse("officer").post(f"/grades/{number}/end", {**off, "reason": ""}).status_code == 422
    assert browse("officer").post(f"/grades/{number}/end", off).status_code == 303
    assert browse("officer").post(f"/grades/{number}/end", off).status_code == 409
    give(browse, grade="A", from_on="2026-09-30")
    assert checks(engine)["road"][0] == "broken"  # A promises all of them
    shown = browse("county").get(f"/grades/{number}")
    assert shown.status_code == 200 and "喀左水泥厂" in shown.text
    for account in ("other", "enterprise"):
        assert browse(account).get(f"/grades/{number}").status_code == 404
        assert "喀左水泥厂" not in browse(account).get("/grades/checks?month=2026-09").text
        assert "喀左水泥厂" not in browse(account).get("/grades/").text
    assert browse("enterprise").post("/grades/new", form()).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"enterprise": "没有的厂"}, "enterprise"),
        ({"grade": "E"}, "grade"),
        ({"industry": ""}, "industry"),
        ({"from_on": "soon"}, "from_on"),
        ({"to_on": "2025-01-01"}, "to_on"),
        ({"document": ""}, "document"),
    ],
)
def test_a_wrong_grade_is_refused_at_its_field(browse: Browse, changes: dict[str, Any], field: str) -> None:
    answer = browse("officer").post("/grades/new", {**form(enterprise="91211302MA0UABCD1X"), **changes})
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text


def test_the_bureau_revises_a_promise_from_a_day_not_past_on(browse: Browse, engine: Engine) -> None:
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    change = {"key": "grade_c_road", "share_pct": "60", "least_stage": "6", "from_on": today.isoformat(), "source": "市局文件",
              "legal_basis": "朝环发〔2026〕9号", "zh": "C 级：国六不低于 60%", "en": "Grade C: 60 % China VI", "reason": "年度修订",
              "withdrawn": "no"}  # fmt: skip
    for wrong, field in (({"from_on": "2020-01-01"}, "from_on"), ({"share_pct": "101"}, "share_pct"), ({"reason": ""}, "reason"),
                         ({"share_pct": "NaN"}, "share_pct"), ({"least_stage": "9"}, "least_stage")):  # fmt: skip
        answer = browse("officer").post("/grades/promises", {**change, **wrong})
        assert answer.status_code == 422 and f'id="f-{field}-fault"' in answer.text, wrong
    assert browse("officer").post("/grades/promises", {**change, "key": "none"}).status_code == 422
    assert browse("officer").post("/grades/promises", change).status_code == 303
    assert "grade_c_road#101" in browse("read_only").get("/grades/promises").text
    assert browse("read_only").post("/grades/promises", change).status_code == 403
