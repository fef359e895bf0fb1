"""Large truck users: on the list and off it by days with reasons, by form and by sheet; who belongs there."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import day_of
from server.db import transaction
from server.documents import workbooks
from server.flows.import_large_users import HEADER, TITLES
from server.store import large_users
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module", autouse=True)
def plants(engine: Engine, city: City) -> dict[str, int]:
    """Plants of the county, the enterprise of the account, and ledgers of a month."""
    made = {}
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE enterprises SET division = '211302', credit_code = '91211302MA0UABCD1X' WHERE id = :e"),
            {"e": city.enterprise_id},
        )
        for name, code in (
            ("喀左水泥厂", "91211324MA0UABCD2X"),
            ("喀左矿业", "91211324MA0UABCD3X"),
            ("喀左小厂", None),
        ):
            made[name] = connection.execute(
                text(
                    "INSERT INTO enterprises (name, credit_code, division, industry) VALUES (:n, :c, :d, 'cement') RETURNING id"
                ),
                {"n": name, "c": code, "d": COUNTY},
            ).scalar_one()
        for name, a_day in (("喀左水泥厂", 40), ("喀左矿业", 10), ("喀左小厂", 9)):
            connection.execute(
                text(
                    "INSERT INTO ledger_days (enterprise_id, day, direction, passages, tonnes) SELECT :e, :today - n, d, :half, 0"
                    " FROM generate_series(1, 12) n, (VALUES ('in', 0), ('out', 1)) v (d, k)"
                    if a_day % 2 == 0
                    else "INSERT INTO ledger_days (enterprise_id, day, direction, passages, tonnes) SELECT :e, :today - n, 'in', :all, 0"
                    " FROM generate_series(1, 12) n"
                ),
                {"e": made[name], "today": day_of(dt.datetime.now(dt.UTC)), "half": a_day // 2, "all": a_day},
            )
    return made


def form(enterprise: str, **changes: Any) -> dict[str, Any]:
    return {
        "enterprise": enterprise, "list_version": "2026", "from_on": "2026-01-01", "industry": "cement", "kind": "plant",
        "gate_state": "built", "trips_normal": "120", "trips_alert": "30", "fleet_5": "12", "fleet_D": "3",
        "reason_in": "日均进出超过十次", **changes,
    }  # fmt: skip


def enter(browse: Browse, enterprise: str, **changes: Any) -> int:
    answer = browse("officer").post("/large-users/new", form(enterprise, **changes))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def row(engine: Engine, number: int) -> dict[str, Any]:
    with transaction(engine) as connection:
        found = large_users.find_one(connection, Scope(), number)
    assert found is not None
    return found


def test_on_the_list_corrected_and_off_it_with_reasons(browse: Browse, engine: Engine, city: City) -> None:
    number = enter(browse, "91211302MA0UABCD1X")
    on = row(engine, number)
    assert (on["enterprise_id"], on["division"], on["standing"], on["fleet"]) == (
        city.enterprise_id, "211302", "on", {"5": 12, "D": 3},
    )  # fmt: skip
    officer = browse("officer")
    corrected = form("", trips_normal="80", version="1", reason="抄录有误")
    assert officer.post(f"/large-users/{number}/edit", {**corrected, "reason": ""}).status_code == 422
    assert officer.post(f"/large-users/{number}/edit", corrected).status_code == 303
    assert officer.post(f"/large-users/{number}/edit", corrected).status_code == 409
    assert float(row(engine, number)["trips_normal"]) == 80.0
    off = {"version": "2", "to_on": "2026-06-01", "reason": "停产"}
    assert (
        officer.post(f"/large-users/{number}/off", {**off, "reason": "长期停产", "to_on": "2025-01-01"}).status_code
        == 422
    )
    assert officer.post(f"/large-users/{number}/off", off).status_code == 422
    assert officer.post(f"/large-users/{number}/off", {**off, "reason": "长期停产"}).status_code == 303
    assert (row(engine, number)["standing"], row(engine, number)["reason_out"]) == ("out", "长期停产")
    again = enter(browse, "91211302MA0UABCD1X", from_on="2026-06-01", list_version="2026-2")
    page = browse("enterprise").get(f"/large-users/{again}")
    assert page.status_code == 200 and "2026-06-01" in page.text
    with transaction(engine) as connection:
        actions = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_kind = 'large_user' AND subject_id = :n ORDER BY id"),
            {"n": str(number)},
        ).scalars()
        assert list(actions) == ["large_user.enter", "large_user.change", "large_user.take_off"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"enterprise": "没有的厂"}, "enterprise"),
        ({"from_on": "soon"}, "from_on"),
        ({"industry": "fun"}, "industry"),
        ({"kind": ""}, "kind"),
        ({"trips_normal": "-1"}, "trips_normal"),
        ({"trips_normal": "nan"}, "trips_normal"),
        ({"trips_alert": "x"}, "trips_alert"),
        ({"fleet_5": "-3"}, "fleet_5"),
        ({"reason_in": ""}, "reason_in"),
        ({"list_version": ""}, "list_version"),
        ({"contact": "x" * 61}, "contact"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(browse: Browse, changes: dict[str, Any], field: str) -> None:
    answer = browse("officer").post("/large-users/new", {**form("喀左矿业"), **changes})
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text


def test_two_entries_of_one_enterprise_never_overlap(browse: Browse) -> None:
    number = enter(browse, "喀左小厂")
    answer = browse("officer").post("/large-users/new", form("喀左小厂", from_on="2026-09-01"))
    assert answer.status_code == 422 and f"第 {number} 号条目" in answer.text


def test_who_sees_and_does_what(browse: Browse) -> None:
    number = enter(browse, "喀左矿业", from_on="2020-01-01")
    browse("officer").post(f"/large-users/{number}/off", {"version": "1", "to_on": "2021-01-01", "reason": "试毕移出"})
    assert browse("county").get(f"/large-users/{number}").status_code == 200
    for account in ("other", "enterprise"):
        assert browse(account).get(f"/large-users/{number}").status_code == 404
        assert "喀左矿业" not in browse(account).get("/large-users/").text
    assert browse("other").post("/large-users/new", form("喀左矿业")).status_code == 422  # not of its area
    assert browse("enterprise").post("/large-users/new", form("喀左矿业")).status_code == 403


def test_who_belongs_on_the_list_by_its_ledger(browse: Browse) -> None:
    page = browse("officer").get("/large-users/suggested").text
    assert "喀左水泥厂" in page and "喀左矿业" in page  # at the limit
    assert "喀左小厂" not in page  # below it
    assert "喀左水泥厂" not in browse("other").get("/large-users/suggested").text
    number = enter(browse, "喀左水泥厂")
    assert "喀左水泥厂" not in browse("officer").get("/large-users/suggested").text
    browse("officer").post(f"/large-users/{number}/off", {"version": "1", "to_on": "2026-01-02", "reason": "试毕移出"})
    assert "喀左水泥厂" in browse("officer").get("/large-users/suggested").text


def sheet(*rows: dict[str, str]) -> bytes:
    return workbooks.write("用车大户", TITLES, [[row.get(name, "") for name in HEADER] for row in rows])


def send(browse: Browse, data: bytes) -> Any:
    given = {"file": (io.BytesIO(data), "list.xlsx")}
    return browse("officer").post("/large-users/import", given, content_type="multipart/form-data")


def test_a_yearly_list_comes_in_whole_or_not_at_all_and_goes_out(browse: Browse, engine: Engine) -> None:
    good = {**form("91211324MA0UABCD2X", from_on="2027-01-01", list_version="2027"), "industry": "水泥", "kind": "工厂",
            "gate_state": "已联网", "people_supply": "是"}  # fmt: skip
    bad = {**good, "enterprise": "没有的厂", "trips_normal": "很多"}
    answer = send(browse, sheet(good, bad, good))
    assert answer.status_code == 422
    assert '<td class="numeric">3</td>' in answer.text and '<td class="numeric">4</td>' in answer.text
    with transaction(engine) as connection:
        assert large_users.find(connection, Scope(), Query({"list_version": "2027"})).total == 0
    assert send(browse, sheet(good)).status_code == 200
    with transaction(engine) as connection:
        [kept] = large_users.find(connection, Scope(), Query({"list_version": "2027"})).rows
    assert (kept["kind"], kept["gate_state"], kept["people_supply"], kept["standing"]) == (
        "plant", "networked", True, "planned",
    )  # fmt: skip
    listed = browse("officer").get("/large-users/?list_version=2027&format=csv")
    assert "喀左水泥厂" in listed.data.decode("utf-8-sig")
    for odd in (b"", b"a,b\n1,2\n", b"PK\x03\x04"):
        assert send(browse, odd).status_code == 422
