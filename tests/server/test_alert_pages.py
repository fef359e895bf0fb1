"""Pages of alerts and measures: entering, changing the level, lifting, withdrawing; who sees and may do what."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import alert_standing
from server.flows.review_alerts import review_alerts
from server.web.language import ZONE
from tests.server import alert_world
from tests.server.alert_world import AlertWorld, alert, passage
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> AlertWorld:
    with transaction(engine) as connection:
        made = alert_world.make(connection)
        connection.execute(
            text(
                "INSERT INTO divisions SELECT '211322', NULL, 'county', '北票', 'Beipiao', geometry FROM divisions LIMIT 1"
            )
        )
        return made


@pytest.fixture(autouse=True)
def empty(engine: Engine, world: AlertWorld) -> Any:
    yield
    with transaction(engine) as connection:
        connection.execute(
            text(
                "TRUNCATE leads, alert_normals, alert_reviews, alerts, ledger_passages, ledger_days, alert_measures CASCADE"
            )
        )


def local(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def form(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "level": "orange", "division": "211300", "from_at": local(now - timedelta(hours=2)), "document": "朝政预〔2026〕3号",
        "authority": "朝阳市人民政府", "issued_on": (now - timedelta(days=1)).astimezone(ZONE).date().isoformat(), **changes,
    }  # fmt: skip


def entered(browser: Browser, **changes: Any) -> int:
    answer = browser.post("/alerts/new", form(**changes))
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>([^<]*)', answer.text)
    return int(answer.location.rsplit("/", 1)[-1])


def state(engine: Engine) -> list[tuple[Any, ...]]:
    with transaction(engine) as connection:
        rows = connection.execute(text("SELECT level, to_at IS NOT NULL, state FROM alerts ORDER BY id"))
        return [tuple(row) for row in rows]


def test_an_approver_enters_an_alert_and_every_page_says_so(browse: Browse, engine: Engine, world: AlertWorld) -> None:
    number = entered(browse("approver"))
    for account in ("officer", "county", "enterprise", "police"):
        page = browse(account).get("/account").text
        assert f'href="/alerts/{number}"' in page, account
        assert "橙色" in page
    assert "朝政预〔2026〕3号" in browse("officer").get("/alerts/").text
    shown = browse("officer").get(f"/alerts/{number}").text
    assert "停止使用国四及以下重型货车" in shown
    assert "解除预警" not in shown, "an officer does not lift it"
    with transaction(engine) as connection:
        audited = connection.execute(text("SELECT count(*) FROM audit_log WHERE action = 'alert.enter'")).scalar()
    assert audited == 1


def test_an_enterprise_reads_what_an_alert_means_for_it(
    browse: Browse, engine: Engine, city: City, world: AlertWorld
) -> None:
    number = entered(browse("approver"))
    nothing = browse("enterprise").get(f"/alerts/{number}")
    assert nothing.status_code == 200
    assert "按现行名单，本次预警没有针对本企业的措施。" in nothing.text
    assert "姓名approver" not in nothing.text
    with transaction(engine) as connection:
        connection.execute(text("UPDATE enterprises SET division = '211324' WHERE id = :e"), {"e": city.enterprise_id})
        connection.execute(
            text(
                "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
                " reason_in) VALUES (:e, '211324', '2026', '2026-01-01', 'steel', 'plant', 40, '达到门槛')"
            ),
            {"e": city.enterprise_id},
        )
    mine = browse("enterprise").get(f"/alerts/{number}").text.split("对本企业的要求")[1].split("</section>")[0]
    assert "停止使用国四及以下重型货车" in mine
    assert "城市建成区" not in mine


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "purple"}, "level"),
        ({"division": "210100"}, "division"),
        ({"division": ""}, "division"),
        ({"from_at": ""}, "from_at"),
        ({"from_at": "1999-01-01T00:00"}, "from_at"),
        ({"document": ""}, "document"),
        ({"authority": "x" * 101}, "authority"),
        ({"issued_on": "2199-01-01"}, "issued_on"),
        ({"planned_to_at": "2001-01-01T00:00"}, "planned_to_at"),
    ],
)
def test_what_the_document_does_not_say_is_refused_at_its_field(
    browse: Browse, engine: Engine, world: AlertWorld, changes: dict[str, str], field: str
) -> None:
    answer = browse("approver").post("/alerts/new", form(**changes))
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert state(engine) == []


def test_two_alerts_of_one_area_do_not_overlap_and_a_level_changes_by_its_own_form(
    browse: Browse, engine: Engine, world: AlertWorld
) -> None:
    browser = browse("approver")
    number = entered(browser)
    again = browser.post("/alerts/new", form(level="red"))
    assert again.status_code == 422
    assert f"第 {number} 号" in again.text
    changed = browser.post(
        f"/alerts/{number}/level", form(level="red", version="1", from_at=local(datetime.now(UTC) - timedelta(hours=1)))
    )
    assert changed.status_code == 303
    assert state(engine) == [("orange", True, "active"), ("red", False, "active")]
    assert browser.post(f"/alerts/{number}/level", form(level="red", version="2")).status_code == 422


def test_lifting_needs_a_document_and_happens_once(browse: Browse, engine: Engine, world: AlertWorld) -> None:
    browser = browse("approver")
    number = entered(browser)
    now = local(datetime.now(UTC))
    assert browser.post(f"/alerts/{number}/lift", {"version": "1", "to_at": now}).status_code == 422
    assert (
        browser.post(f"/alerts/{number}/lift", {"version": "7", "to_at": now, "document": "解〔1〕号"}).status_code
        == 409
    )
    assert (
        browser.post(f"/alerts/{number}/lift", {"version": "1", "to_at": now, "document": "解〔1〕号"}).status_code
        == 303
    )
    assert (
        browser.post(f"/alerts/{number}/lift", {"version": "2", "to_at": now, "document": "解〔1〕号"}).status_code
        == 422
    )
    assert state(engine) == [("orange", True, "active")]
    assert 'class="strip strip-alert' not in browser.get("/account").text


def test_a_mistake_is_withdrawn_with_a_reason(browse: Browse, engine: Engine, world: AlertWorld) -> None:
    browser = browse("approver")
    number = entered(browser)
    assert browser.post(f"/alerts/{number}/withdraw", {"version": "1", "reason": "误"}).status_code == 422
    assert browser.post(f"/alerts/{number}/withdraw", {"version": "1", "reason": "误把演练录入"}).status_code == 303
    assert state(engine) == [("orange", False, "withdrawn")]
    assert "误把演练录入" in browser.get(f"/alerts/{number}").text


def test_a_county_reads_the_citys_alert_and_does_not_touch_it_nor_sees_its_neighbours(
    browse: Browse, engine: Engine, world: AlertWorld
) -> None:
    of_city = entered(browse("approver"))
    with transaction(engine) as connection:
        own = alert(connection, division="211324", from_at=datetime.now(UTC))
    assert browse("county").get(f"/alerts/{of_city}").status_code == 200
    assert browse("county").get(f"/alerts/{own}").status_code == 200
    assert browse("other").get(f"/alerts/{own}").status_code == 404
    assert browse("other").get(f"/alerts/{own}/live").status_code == 404
    assert browse("county").post(f"/alerts/{of_city}/lift", {"version": "1"}).status_code == 403


def test_a_measure_is_revised_confirmed_and_withdrawn(browse: Browse, engine: Engine, world: AlertWorld) -> None:
    browser = browse("approver")
    page = browser.get("/alert-measures/new?key=bulk_site_trucks").text
    assert 'value="bulk_site_trucks"' in page
    values = {
        "key": "bulk_site_trucks", "subject": "truck", "effect": "limit", "levels": ["orange", "red"],
        "kinds": ["large_user"], "trips_above": "10", "stages": ["0", "1"], "exemptions": ["heating"],
        "legal_basis": "CODE 263", "source": "市预案", "certainty": "unconfirmed", "zh": "市里的措施", "en": "the city's",
        "reason": "市预案修订",
    }  # fmt: skip
    refused = browser.post("/alert-measures/new", {**values, "levels": [], "reason": ""})
    assert refused.status_code == 422
    assert "至少选择一个预警级别" in refused.text
    past = browser.post("/alert-measures/new", {**values, "valid_from": "2026-01-01T00:00"})
    assert past.status_code == 422
    assert "不能早于现在" in past.text
    assert browser.post("/alert-measures/new", values).status_code == 303
    place = "/alert-measures/bulk_site_trucks"
    assert browser.post(f"{place}/confirm", {"source": "市预案第五章", "reason": "已核对预案"}).status_code == 303
    shown = browser.get(place).text
    for name in ("bulk_site_trucks#1", "bulk_site_trucks#2", "bulk_site_trucks#101", "bulk_site_trucks#102"):
        assert name in shown
    assert browser.post(f"{place}/withdraw", {"reason": "不再执行"}).status_code == 303
    with transaction(engine) as connection:
        standing = alert_standing.current(connection)
    newest = max((one for one in standing.measures if one.key == "bulk_site_trucks"), key=lambda one: one.revision)
    assert (newest.revision, newest.withdrawn) == (103, True)
    assert browser.post(f"{place}/withdraw", {"reason": "不再执行"}).status_code == 404
    assert browse("officer").post(f"{place}/withdraw", {"reason": "不再执行"}).status_code == 403
    assert "市里的措施" not in browser.get("/alert-measures/").text
    assert "市里的措施" in browser.get("/alert-measures/?standing=withdrawn").text


@pytest.mark.parametrize("path", ["/alerts/?format=xlsx", "/alerts/?format=csv", "/alert-measures/?format=csv"])
def test_the_lists_are_taken_away_as_files(browse: Browse, world: AlertWorld, path: str) -> None:
    entered(browse("approver"))
    answer = browse("officer").get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()


def test_the_live_page_and_the_report_say_the_same_as_the_rows(
    browse: Browse, engine: Engine, world: AlertWorld
) -> None:
    now = datetime.now(UTC)
    began = now - timedelta(hours=30)
    with transaction(engine) as connection:
        for back in range(3, 10):
            passage(connection, world, now - timedelta(days=back, hours=1), "辽N66666", world.clean)
        number = alert(connection, from_at=began)
        banned = passage(connection, world, now - timedelta(hours=1), truck_id=world.old)
        passage(connection, world, now - timedelta(hours=2), "辽N66666", world.clean)
        passage(connection, world, began - timedelta(minutes=1), "辽N66666", world.clean)
    review_alerts(engine, now)
    page = browse("officer").get(f"/alerts/{number}/live").text
    assert 'hx-trigger="every 15s"' in page
    assert re.search(r"<dt>预警以来车次</dt><dd>2</dd>", page)
    assert re.search(r"<dt>禁行车辆进入</dt><dd>1</dd>", page)
    part = browse("officer").get(f"/alerts/{number}/live", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    report = browse("officer").get(f"/alerts/{number}/report").text
    assert "every 15s" not in report
    assert "凌源钢铁" in report
    sheet = browse("officer").get(f"/alerts/{number}/report?format=csv")
    lines = sheet.text.splitlines()
    assert lines[1].split(",")[:3] == ["凌源钢铁", "喀左县", "2"]
    assert lines[1].split(",")[5] == "1"
    sheet.close()
    paper = browse("officer").get(f"/alerts/{number}/report?format=pdf")
    assert paper.data.startswith(b"%PDF")
    paper.close()
    with transaction(engine) as connection:
        lead = connection.execute(text("SELECT id FROM leads WHERE passage_id = :p"), {"p": banned}).scalar_one()
    assert f'href="/leads/{lead}"' in page
    assert browse("enterprise").get(f"/alerts/{number}/live").status_code == 403
    assert browse("other").get(f"/alerts/{number}/live").status_code == 200
    assert "凌源钢铁" not in browse("other").get(f"/alerts/{number}/live").text
