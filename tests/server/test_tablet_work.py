"""What a tablet takes along: the account's assignments, the watch list of its city, and watched subjects near by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import day_of
from geo.metres import haversine_m
from server.db import transaction
from server.flows.field_work import bearing_deg
from tests.server import records
from tests.server.conftest import COUNTY, Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]

TODAY = day_of(datetime.now(UTC))
HERE = (120.45, 41.57)


def watch(connection: Any, city: City, truck: int | None, plate: str, division: str = COUNTY) -> None:
    connection.execute(
        text(
            "INSERT INTO watch_entries (truck_id, subject_text, plate_colour, reason, note, division, organisation_id, from_on)"
            " VALUES (:t, :p, 'yellow', 'smoke_reported', '上坡冒烟', :d, :o, '2026-01-01')"
        ),
        {"t": truck, "p": plate, "d": division, "o": city.organisations["city"]},
    )


def seen(connection: Any, plate: str, lon: float, lat: float, minutes: float) -> int:
    truck, terminal = records.truck(connection, plate=plate)
    connection.execute(
        text(
            "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, speed_kmh) VALUES (:t, :at, :at,"
            " :lon, :lat, 40)"
        ),
        {"t": terminal, "at": datetime.now(UTC) - timedelta(minutes=minutes), "lon": lon, "lat": lat},
    )
    return truck


def plan(browse: Browse, city: City, who: str, **changes: Any) -> int:
    given = {
        "day": TODAY.isoformat(), "kind": "roadside", "title": "夜查", "place": "G306", "lon": "120.45", "lat": "41.57",
        "people": [str(city.accounts[who])], "subjects": "冀HV0009 蓝 外地\n3-6NA00999 举报", "wanted": "8", **changes,
    }  # fmt: skip
    answer = browse("officer").post("/assignments/new", given)
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def test_an_account_takes_its_own_days_along(browse: Browse, city: City) -> None:
    mine = plan(browse, city, "inspector")
    later = plan(browse, city, "inspector", day=(TODAY + timedelta(7)).isoformat())
    plan(browse, city, "inspector", day=(TODAY + timedelta(8)).isoformat())
    others = plan(browse, city, "officer2")
    told = browse("inspector").get("/tablet/data/work").get_json()
    assert [one["id"] for one in told["assignments"]] == [mine, later]
    first = told["assignments"][0]
    assert {name: first[name] for name in ("day", "place", "lon", "wanted", "done", "people")} == {
        "day": TODAY.isoformat(), "place": "G306", "lon": 120.45, "wanted": 8, "done": 0, "people": ["姓名inspector"],
    }  # fmt: skip
    assert [(one["kind"], one["text"], one["colour"], one["why"], one["done"]) for one in first["subjects"]] == [
        ("truck", "冀HV0009", "blue", "外地", False),
        ("machine", "3-6NA00999", None, "举报", False),
    ]
    assert [one["id"] for one in browse("officer2").get("/tablet/data/work").get_json()["assignments"]] == [others]


def test_what_the_tablet_has_is_not_sent_again(engine: Engine, browse: Browse, city: City) -> None:
    inspector = browse("inspector")
    first = inspector.get("/tablet/data/work", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip" and "private" in first.headers["Cache-Control"]
    again = inspector.get("/tablet/data/work", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    with transaction(engine) as connection:
        watch(connection, city, None, "冀HV0010")
    changed = inspector.get("/tablet/data/work", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.get_json()["watch"] == [
        {"kind": "truck", "subject_id": None, "text": "冀HV0010", "colour": "yellow", "reasons": ["smoke_reported"],
         "note": "上坡冒烟"}
    ]  # fmt: skip


def test_near_are_watched_subjects_of_the_city_seen_lately(engine: Engine, browse: Browse, city: City) -> None:
    with transaction(engine) as connection:
        for plate, north_km, minutes, division in (
            ("辽NN0001", 1.0, 2, COUNTY),
            ("辽NN0002", 19.8, 20, COUNTY),
            ("辽NN0003", 20.2, 2, COUNTY),
            ("辽NN0004", 1.0, 31, COUNTY),
            ("辽NN0005", 1.0, 2, "211403"),
        ):
            truck = seen(connection, plate, HERE[0], HERE[1] + north_km / 111.195, minutes)
            watch(connection, city, truck, plate, division)
        seen(connection, "辽NN0006", *HERE, 1)
    told = browse("county").get(f"/tablet/data/near?lon={HERE[0]}&lat={HERE[1]}").get_json()
    assert [one["text"] for one in told["items"]] == ["辽NN0001", "辽NN0002"]
    first = told["items"][0]
    assert abs(first["distance_m"] - 1000) < 3 and first["bearing_deg"] == 0
    assert 120 <= first["age_s"] < 300 and first["reasons"] == ["smoke_reported"] and first["note"] == "上坡冒烟"
    assert (told["age_min"], told["radius_km"]) == (30, 20)


@pytest.mark.parametrize("place", ["", "lon=120", "lon=x&lat=41", "lon=nan&lat=41", "lon=120&lat=91", "lon=inf&lat=1"])
def test_near_needs_a_place(browse: Browse, place: str) -> None:
    answer = browse("inspector").get(f"/tablet/data/near?{place}")
    assert answer.status_code == 400 and answer.get_json()["code"] == "no_place"


@pytest.mark.parametrize("name", ["enterprise", "station", "partner", "police", "transport", "approver", "auditor"])
def test_it_is_for_tablets_alone(browse: Browse, name: str) -> None:
    for address in ("/tablet/data/work", "/tablet/data/near?lon=120&lat=41"):
        assert browse(name).get(address).status_code == 403


def test_bearings_by_hand() -> None:
    assert [round(bearing_deg(120, 41, *to)) for to in ((120, 42), (121, 41), (120, 40), (119, 41))] == [
        0,
        90,
        180,
        270,
    ]
    assert round(float(haversine_m(120, 41, 120, 42)) / 1000) == 111
