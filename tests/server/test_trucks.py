"""Trucks: key, doubts, reasons, scope, history; list pages over 100,000 rows go by their indexes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.flows.registry_forms import DoubtfulEntryError, RefusedEntryError, signature
from server.flows.save_truck import save_truck
from server.store import registry_rows, trucks
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from server.store.trucks import TRUCKS
from tests.server import records
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ACTOR = Actor(None, "tester")
CITY = Scope(divisions="2113")
GOOD = {
    "plate": "辽N12345",
    "plate_colour": "yellow",
    "stage": "5",
    "stage_basis": "vehicle_list",
    "division": "211324",
}


@pytest.fixture(autouse=True)
def _empty(engine: Engine, city: City) -> Iterator[None]:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM terminals; DELETE FROM trucks"))
    yield


def save(engine: Engine, entry: dict[str, str], number: int | None = None, scope: Scope = CITY) -> int:
    with transaction(engine) as connection:
        return save_truck(connection, ACTOR, scope, entry, number).id


def test_plate_and_colour_are_the_key_and_the_first_file_is_named(engine: Engine) -> None:
    first = save(engine, GOOD)
    with pytest.raises(RefusedEntryError) as refused:
        save(engine, {**GOOD, "plate": "辽 n·12345"})
    assert refused.value.first is not None and refused.value.first.id == first
    blue = {**GOOD, "plate_colour": "blue"}
    assert save(engine, blue) != first


def test_doubts_are_shown_once_and_never_block(engine: Engine) -> None:
    entry = {**GOOD, "vin": "LFWSRXRJ9H1E00000"}
    with pytest.raises(DoubtfulEntryError) as doubtful:
        save(engine, entry)
    assert [doubt.code for doubt in doubtful.value.doubts] == ["vin_check_digit"]
    assert save(engine, {**entry, "seen": signature(doubtful.value.doubts)})
    with pytest.raises(DoubtfulEntryError):  # other doubts are shown again
        save(engine, {**entry, "plate": "辽NI2345", "seen": signature(doubtful.value.doubts)})


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"plate": ""}, {"plate"}),
        ({"plate_colour": "pink"}, {"plate_colour"}),
        ({"stage_basis": ""}, {"stage_basis"}),
        ({"stage": ""}, {"stage"}),
        ({"gross_mass_kg": "-1"}, {"gross_mass_kg"}),
        ({"gross_mass_kg": "18 t"}, {"gross_mass_kg"}),
        ({"first_registered_on": "2021-02-30"}, {"first_registered_on"}),
        ({"division": "朝阳"}, {"division"}),
        ({"enterprise": "没有的公司"}, {"enterprise"}),
        ({"owner": "=1+1", "note": "x" * 501}, {"owner", "note"}),
    ],
)
def test_a_wrong_entry_is_named_at_its_field(engine: Engine, changes: dict[str, str], fields: set[str]) -> None:
    with pytest.raises(RefusedEntryError) as refused:
        save(engine, {**GOOD, **changes})
    assert {fault[0] for fault in refused.value.faults} == fields


def test_a_change_of_stage_needs_a_reason_and_stands_in_the_history(engine: Engine) -> None:
    number = save(engine, GOOD)
    with pytest.raises(RefusedEntryError) as refused:
        save(engine, {**GOOD, "stage": "6a"}, number)
    assert [fault[0] for fault in refused.value.faults] == ["reason"]
    save(engine, {**GOOD, "stage": "6a", "reason": "随车清单复核"}, number)
    with transaction(engine) as connection:
        newest, oldest = registry_rows.history(connection, "trucks", number)
        logged = connection.execute(
            text(
                "SELECT action, detail->>'reason' FROM audit_log"
                " WHERE subject_kind = 'truck' AND subject_id = :n ORDER BY id"
            ),
            {"n": str(number)},
        ).all()
    assert newest["changes"] == [{"column": "stage", "before": "5", "after": "6a"}]
    assert (newest["actor"], newest["reason"], oldest["created"]) == ("tester", "随车清单复核", True)
    assert logged == [("truck.create", None), ("truck.change", "随车清单复核")]


def test_saving_the_same_again_writes_nothing(engine: Engine) -> None:
    number = save(engine, GOOD)
    with transaction(engine) as connection:
        assert save_truck(connection, ACTOR, CITY, GOOD, number).changed is False


def test_a_county_sees_and_registers_its_own_the_city_also_foreign_trucks(engine: Engine) -> None:
    own = save(engine, GOOD)
    elsewhere = save(engine, {**GOOD, "plate": "辽N22222", "division": "211322"})
    foreign = save(engine, {**GOOD, "plate": "蒙D33333", "division": ""})
    other_city = save(engine, {**GOOD, "plate": "冀H44444", "division": "130800"})
    county = Scope(divisions=COUNTY)
    with transaction(engine) as connection:
        assert {row["id"] for row in trucks.find(connection, Query(), county).rows} == {own}
        assert {row["id"] for row in trucks.find(connection, Query(), CITY).rows} == {
            own,
            elsewhere,
            foreign,
            other_city,
        }
        assert trucks.find(connection, Query(), Scope(divisions="2107")).total == 2  # neither bureau's own
        assert trucks.find_one(connection, elsewhere, county) is None
    with pytest.raises(RefusedEntryError):
        save(engine, {**GOOD, "plate": "辽N55555", "division": "211322"}, scope=county)
    with pytest.raises(LookupError):
        save(engine, GOOD, elsewhere, county)


def test_an_enterprise_is_fenced_by_the_database(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        mine = records.truck(connection, enterprise_id=city.enterprise_id)[0]
        records.truck(connection)
    with transaction(engine, Fence(enterprise_id=city.enterprise_id)) as connection:
        assert [row["id"] for row in trucks.find(connection, Query(), Scope()).rows] == [mine]
        assert registry_rows.history(connection, "trucks", mine)
        assert registry_rows.history(connection, "trucks", mine + 1) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"q": "n123"}, 1), ({"q": "%"}, 0), ({"plate_colour": "blue"}, 0), ({"stage": "5"}, 2),
        ({"terminal": "yes"}, 0),
        ({"terminal": "no"}, 2), ({"division": "211324"}, 1), ({"owner": "无人"}, 0), ({"state": "scrapped"}, 1),
    ],
)  # fmt: skip
def test_filters(engine: Engine, values: dict[str, str], found: int) -> None:
    save(engine, GOOD)
    save(engine, {**GOOD, "plate": "辽N77777", "division": "211302", "state": "scrapped"})
    with transaction(engine) as connection:
        assert trucks.find(connection, Query(values), CITY).total == found


def plan(engine: Engine, query: Query, scope: Scope) -> str:
    clauses, values = registry_rows._where(TRUCKS, query, scope)
    with transaction(engine) as connection:
        rows = connection.execute(
            text("EXPLAIN " + registry_rows.page_statement(TRUCKS, query, clauses)), {**values, **query.window}
        )
        return "\n".join(row[0] for row in rows)


def test_lists_over_100_000_rows_go_by_their_indexes(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("ALTER TABLE trucks DISABLE TRIGGER trucks_history"))
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, vin, stage, division, updated_at)"
                " SELECT '辽N' || lpad(i::text, 6, '0'), 'yellow', 'VIN' || i, (i % 7)::text,"
                " (ARRAY['211302', '211303', '211321', '211322', '211324'])[i % 5 + 1], now() - i * interval '1 s'"
                " FROM generate_series(1, 100000) AS i"
            )
        )
        connection.execute(text("ALTER TABLE trucks ENABLE TRIGGER trucks_history"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE trucks"))
    for query, index in (
        (Query(sort="plate", descending=False), "trucks_plate_order"),
        (Query(sort="plate", descending=True, page=3), "trucks_plate_order"),
        (Query(sort="updated_at"), "trucks_updated"),
        (Query({"q": "N054321"}, "plate"), "trucks_plate on trucks|trucks_vin_search"),
        (Query({"stage": "3"}, "plate"), "trucks_plate_order"),
    ):
        shown = plan(engine, query, CITY)
        assert any(name in shown for name in index.split("|")), shown
        assert "Seq Scan on trucks" not in shown, shown
    with transaction(engine) as connection:
        found = trucks.find(connection, Query(sort="plate", descending=False, page=2), CITY)
    assert (found.total, found.capped) == (10_000, True)
    assert [row["plate"] for row in found.rows] == [f"辽N{i:06}" for i in range(51, 101)]


# --- pages ---


def form(**changes: str) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_the_pages_of_a_truck(browse: Browse, engine: Engine) -> None:
    officer = browse("officer")
    answer = officer.post("/trucks/new", form(vin="LFWSRXRJ9H1E00000"))
    assert answer.status_code == 422 and "仍然保存" in answer.text and 'value="LFWSRXRJ9H1E00000"' in answer.text
    made = officer.post("/trucks/new", form(vin="LFWSRXRJ9H1E00000", seen="vin:vin_check_digit"))
    assert made.status_code == 303
    page = officer.get(made.location)
    assert page.status_code == 200 and "校验位" in page.text and "国五" in page.text
    twice = officer.post("/trucks/new", form())
    assert twice.status_code == 422 and f'href="{made.location}"' in twice.text
    wrong = officer.post(f"{made.location}/edit", form(stage="6a"))
    assert wrong.status_code == 422 and 'id="f-reason-fault"' in wrong.text
    assert officer.post(f"{made.location}/edit", form(stage="6a", reason="复核")).status_code == 303
    assert "复核" in officer.get(made.location).text
    assert officer.get("/trucks/?q=12345&sort=-updated_at").text.count("<tr tabindex") == 1
    assert "没有" in officer.get("/trucks/?q=zzz").text


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_the_list_as_a_file_is_logged(browse: Browse, engine: Engine, kind: str, start: bytes) -> None:
    save(engine, {**GOOD, "owner": "李四"})
    answer = browse("officer").get(f"/trucks/?format={kind}")
    assert answer.data.startswith(start)
    with transaction(engine) as connection:
        last = connection.execute(text("SELECT action, username FROM audit_log ORDER BY id DESC LIMIT 1")).one()
    assert last == ("truck.export", "officer")


def test_who_may_read_may_not_write_and_another_county_finds_nothing(browse: Browse, engine: Engine) -> None:
    number = save(engine, GOOD)
    assert browse("county").get(f"/trucks/{number}").status_code == 200
    for username in ("other", "enterprise"):
        assert browse(username).get(f"/trucks/{number}").status_code == 404, username
    assert browse("other").post(f"/trucks/{number}/edit", form()).status_code == 404
    for username in ("read_only", "inspector", "enterprise", "system_admin"):
        assert browse(username).post(f"/trucks/{number}/edit", form()).status_code == 403, username
    assert browse("read_only").get("/imports/new/trucks").status_code == 403
