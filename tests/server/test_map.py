"""The live map: what is sent for which part of it, to whom, and not again while nothing changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import positions
from server.store.positions import Box
from server.store.scopes import Scope
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
VIEW = "/map/now.json?bbox=120.3,41.5,120.6,41.7"


def report(engine: Engine, lon: float, lat: float, age: timedelta = timedelta(), **values: object) -> int:
    """A truck that reported from a place some time ago; its terminal."""
    with transaction(engine) as connection:
        _, terminal_id = records.truck(connection, enterprise_id=values.get("enterprise_id"))
        connection.execute(
            text(
                "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, speed_kmh, inside)"
                " VALUES (:t, now() - :age, now() - :age, :lon, :lat, 40, :inside)"
            ),
            {"t": terminal_id, "age": age, "lon": lon, "lat": lat, "inside": values.get("inside", 0)},
        )
    return terminal_id


@pytest.fixture(autouse=True)
def nobody_reports(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM terminal_states"))


def states(browse: Browse, username: str = "officer", view: str = VIEW) -> dict[int, str]:
    body = browse(username).get(view).get_json()
    return {point["id"]: point["state"] for point in body["points"]}


def test_states_go_by_silence_zone_and_violation(browse: Browse, engine: Engine) -> None:
    on_line = report(engine, 120.41, 41.57)
    late = report(engine, 120.42, 41.57, timedelta(minutes=5))
    silent = report(engine, 120.43, 41.57, timedelta(hours=1))
    inside = report(engine, 120.44, 41.57, inside=2)
    allowed = report(engine, 120.45, 41.57, inside=1)
    assert states(browse) == {
        on_line: "online",
        late: "late",
        silent: "offline",
        inside: "forbidden",
        allowed: "online",
    }
    with transaction(engine) as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
        number = records.violation(
            connection, records.zone(connection), (_truck_of(connection, late), late), first_at=now
        )
    assert states(browse)[late] == "violation"
    found = browse("officer").get(VIEW).get_json()["violations"]
    assert [one["href"] for one in found] == [f"/violations/{number}"]


def _truck_of(connection: object, terminal_id: int) -> int:
    return connection.execute(  # type: ignore[attr-defined,no-any-return]
        text("SELECT truck_id FROM terminals WHERE id = :t"), {"t": terminal_id}
    ).scalar_one()


def test_only_what_is_in_view_is_sent(browse: Browse, engine: Engine) -> None:
    seen = report(engine, 120.41, 41.57)
    report(engine, 121.41, 41.57)
    assert set(states(browse)) == {seen}


def test_nothing_is_sent_again_while_nothing_changed(browse: Browse, engine: Engine) -> None:
    report(engine, 120.41, 41.57)
    browser = browse("officer")
    first = browser.get(VIEW)
    again = browser.get(VIEW, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    report(engine, 120.42, 41.57)
    assert browser.get(VIEW, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_above_a_number_cells_are_counted_and_lose_nobody(engine: Engine) -> None:
    with transaction(engine) as connection:
        truck_id, _ = records.truck(connection)
        connection.execute(
            text(
                "WITH d AS (INSERT INTO terminals (kind, device, truck_id)"
                " SELECT 'hdv', 'CELL' || n, :t FROM generate_series(1, 1000) n RETURNING id)"
                " INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, inside)"
                " SELECT id, now(), now(), 120.3 + random() * 0.3, 41.5 + random() * 0.2, 2 * (id % 2) FROM d"
            ),
            {"t": truck_id},
        )
        found = positions.in_view(connection, Scope("2113"), Box(120.3, 41.5, 120.6, 41.7))
        lone = found["points"]
        assert sum(cell["n"] for cell in found["cells"]) + len(lone) == 1000
        assert sum(c["forbidden"] for c in found["cells"]) + sum(p["state"] == "forbidden" for p in lone) == 500
        grid = (positions.CELLS_ACROSS + 1) ** 2
        assert len(found["cells"]) <= grid and len(lone) <= positions.FEW * grid
        connection.execute(text("DELETE FROM terminal_states"))


def test_a_county_sees_who_is_registered_in_it_or_drives_in_it(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES"
                " ('211324', 'county', '喀左县', 'Kazuo',"
                " ST_GeomFromText('MULTIPOLYGON(((119 41, 119.5 41, 119.5 41.5, 119 41.5, 119 41)))', 4326))"
                " ON CONFLICT DO NOTHING"
            )
        )
    drives_in = report(engine, 119.2, 41.2)
    elsewhere = report(engine, 120.41, 41.57)
    registered = report(engine, 120.42, 41.57)
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE trucks SET division = '211324' WHERE id = :t"), {"t": _truck_of(connection, registered)}
        )
    wide = "/map/now.json?bbox=118,40,122,43"
    assert set(states(browse, "county", wide)) == {drives_in, registered}
    assert set(states(browse, "officer", wide)) == {drives_in, registered, elsewhere}


def test_an_enterprise_sees_its_own_trucks(browse: Browse, engine: Engine, city: City) -> None:
    own = report(engine, 120.41, 41.57, enterprise_id=city.enterprise_id)
    report(engine, 120.42, 41.57)
    assert set(states(browse, "enterprise")) == {own}


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "a,b,c,d", "121,41,120,42", "nan,0,1,1", "0,-91,1,1", "inf,0,1,1", "0,0,0,0"]
)
def test_a_box_that_is_none_is_refused(browse: Browse, box: str) -> None:
    assert browse("officer").get(f"/map/now.json?bbox={box}").status_code == 400


def test_zones_in_force_are_drawn_and_former_ones_not(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        now_zone, past_zone = records.zone(connection, "现行区"), records.zone(connection, "过去区")
        connection.execute(
            text("UPDATE zone_versions SET valid_to = now() - interval '1 day' WHERE id = :v"),
            {"v": past_zone.version_id},
        )
    body = browse("officer").get("/map/zones.json").get_json()
    names = {feature["properties"]["zh"]: feature["properties"] for feature in body["features"]}
    assert "现行区" in names and "过去区" not in names
    assert names["现行区"]["id"] == now_zone.id
    assert 120.40 < names["现行区"]["lon"] < 120.50


def test_boundaries_are_kept_by_the_browser(browse: Browse) -> None:
    browser = browse("officer")
    first = browser.get("/map/divisions.json")
    assert first.status_code == 200 and "max-age" in first.headers["Cache-Control"]
    again = browser.get("/map/divisions.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_health_says_how_old_the_last_packet_is(browse: Browse, engine: Engine) -> None:
    assert browse(None).get("/healthz").get_json() == {"database": "ok", "last_packet_age_s": None}
    report(engine, 120.41, 41.57, timedelta(seconds=90))
    age = browse(None).get("/healthz").get_json()["last_packet_age_s"]
    assert age is not None and age >= 90
