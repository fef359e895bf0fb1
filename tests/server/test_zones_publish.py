"""Zone versions: published one after the other, never changed, never overlapping, each with its author."""

import datetime as dt
import threading
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from enforcement.rules.book import load
from enforcement.rules.penalties import Level
from enforcement.zones.terms import LegalDocument, ZoneTerms
from enforcement.zones.terms_json import from_json, to_json
from server.db import transaction
from server.flows.publish_zone import NewZone, as_zone_version, create_zone, doubts, end_zone, publish_version
from server.flows.refusals import Refused
from server.store import zones
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.zones import NewVersion
from tests.server.conftest import City

pytestmark = pytest.mark.server
ACTOR = Actor(None, "test")
CITY_SCOPE, COUNTY_SCOPE = Scope("2113"), Scope("211322")
WITH_HOLE = shapely.MultiPolygon(
    [
        shapely.Polygon(
            [(120.4, 41.5), (120.5, 41.5), (120.5, 41.6), (120.4, 41.6)],
            [[(120.43, 41.53), (120.43, 41.57), (120.47, 41.57), (120.47, 41.53)]],
        ),
        shapely.box(120.6, 41.5, 120.7, 41.6),
    ]
)


def at(day: int, month: int = 1, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, tzinfo=dt.UTC)


def version(valid_from: dt.datetime, geometry: shapely.MultiPolygon = WITH_HOLE, **more: Any) -> NewVersion:
    return NewVersion(geometry, to_json(ZoneTerms()), valid_from, **more)


def new_zone(engine: Engine, code: str, division: str = "211302") -> int:
    with transaction(engine) as connection:
        zone = NewZone(code, f"区{code}", code, division)
        return create_zone(connection, ACTOR, CITY_SCOPE, zone, version(at(1))).zone_id


def test_geometry_comes_back_as_it_was(engine: Engine) -> None:
    zone_id = new_zone(engine, "ROUND")
    with transaction(engine) as connection:
        (row,) = zones.list_versions(connection, zone_id)
    assert row.geometry.equals(WITH_HOLE)
    assert len(row.geometry.geoms) == 2
    assert len(row.geometry.geoms[0].interiors) == 1
    assert row.area_m2 == pytest.approx(170.5e6, rel=0.002)
    assert as_zone_version(row).valid_from_us == round(at(1).timestamp() * 1e6)


def test_a_new_version_closes_the_older_at_its_beginning(engine: Engine) -> None:
    zone_id = new_zone(engine, "NEXT")
    with transaction(engine) as connection:
        done = publish_version(connection, ACTOR, CITY_SCOPE, zone_id, version(at(1, 3)))
        first, second = zones.list_versions(connection, zone_id)
    assert done.number == 2
    assert (first.valid_to, second.valid_from, second.valid_to) == (at(1, 3), at(1, 3), None)


@pytest.mark.parametrize("begins", [at(1), at(31, 12, 2025)])
def test_a_version_must_begin_after_the_newest(engine: Engine, begins: dt.datetime) -> None:
    zone_id = new_zone(engine, f"EARLY-{begins.year}")
    with pytest.raises(Refused) as refused, transaction(engine) as connection:
        publish_version(connection, ACTOR, CITY_SCOPE, zone_id, version(begins))
    (fault,) = refused.value.faults
    assert fault.field == "valid_from"
    assert "2026-01-01 08:00" in fault.en
    with transaction(engine) as connection:
        assert len(zones.list_versions(connection, zone_id)) == 1


def test_the_database_refuses_overlap_change_and_invalid_geometry(engine: Engine) -> None:
    zone_id = new_zone(engine, "HELD")
    overlapping = version(at(1, 2))
    with pytest.raises(DBAPIError, match="zone_versions_zone_id_tstzrange_excl"), transaction(engine) as connection:
        zones.add_version(connection, zone_id, 2, overlapping, None)
    for change in ("terms = '{}'", "valid_from = now()", "geometry = ST_Multi(ST_Buffer(geometry, 0.1))", "number = 7"):
        with pytest.raises(DBAPIError, match="never changed"), transaction(engine) as connection:
            connection.execute(text(f"UPDATE zone_versions SET {change} WHERE zone_id = :z"), {"z": zone_id})
    with pytest.raises(DBAPIError, match="never changed"), transaction(engine) as connection:
        connection.execute(text("DELETE FROM zone_versions WHERE zone_id = :z"), {"z": zone_id})
    bow_tie = shapely.MultiPolygon([shapely.Polygon([(120, 41), (121, 42), (121, 41), (120, 42)])])
    with pytest.raises(DBAPIError, match="geometry"), transaction(engine) as connection:
        zones.add_version(connection, zone_id, 2, version(at(1, 5), bow_tie), None)


def test_a_closed_version_is_never_opened_again(engine: Engine) -> None:
    zone_id = new_zone(engine, "ENDED")
    with transaction(engine) as connection:
        end_zone(connection, ACTOR, CITY_SCOPE, zone_id, at(1, 6), "文号一")
    with pytest.raises(DBAPIError, match="never changed"), transaction(engine) as connection:
        connection.execute(text("UPDATE zone_versions SET valid_to = NULL WHERE zone_id = :z"), {"z": zone_id})
    with pytest.raises(Refused), transaction(engine) as connection:
        end_zone(connection, ACTOR, CITY_SCOPE, zone_id, at(1, 7), "文号二")


def test_a_version_after_a_gap_leaves_the_end_as_it_was(engine: Engine) -> None:
    zone_id = new_zone(engine, "GAP")
    with transaction(engine) as connection:
        end_zone(connection, ACTOR, CITY_SCOPE, zone_id, at(1, 3), "文号一")
        publish_version(connection, ACTOR, CITY_SCOPE, zone_id, version(at(1, 6)))
        first, _second = zones.list_versions(connection, zone_id)
    assert first.valid_to == at(1, 3)


def test_two_publications_at_once_come_one_after_the_other(engine: Engine) -> None:
    zone_id = new_zone(engine, "RACE")
    ready = threading.Barrier(8)
    outcomes: list[object] = []

    def publish() -> None:
        ready.wait()
        try:
            with transaction(engine) as connection:
                outcomes.append(publish_version(connection, ACTOR, CITY_SCOPE, zone_id, version(at(1, 4))).number)
        except Refused as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in outcomes if not isinstance(one, Refused)] == [2]
    assert len(outcomes) == 8
    with transaction(engine) as connection:
        assert [row.number for row in zones.list_versions(connection, zone_id)] == [1, 2]


def test_two_zones_of_one_code_at_once(engine: Engine) -> None:
    ready = threading.Barrier(4)
    outcomes: list[object] = []

    def create() -> None:
        ready.wait()
        try:
            outcomes.append(new_zone(engine, "TWICE"))
        except Refused as refused:
            outcomes.append(refused.faults[0].field)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes))[-3:] == ["code", "code", "code"]


def test_a_county_publishes_in_its_own_area_alone(engine: Engine) -> None:
    zone_id = new_zone(engine, "CITY-ZONE", "211300")
    with pytest.raises(Refused) as refused, transaction(engine) as connection:
        publish_version(connection, ACTOR, COUNTY_SCOPE, zone_id, version(at(1, 9)))
    assert refused.value.faults[0].field == "division"
    with pytest.raises(Refused), transaction(engine) as connection:
        create_zone(connection, ACTOR, COUNTY_SCOPE, NewZone("ELSEWHERE", "区", "z", "211381"), version(at(1)))
    with transaction(engine) as connection:
        create_zone(connection, ACTOR, COUNTY_SCOPE, NewZone("OWN", "区", "z", "211322"), version(at(1, 9)))


def test_each_publication_is_in_the_audit_log(engine: Engine, city: City) -> None:
    actor = Actor(city.accounts["officer"], "officer", None, "10.0.0.1")
    with transaction(engine) as connection:
        done = create_zone(connection, actor, CITY_SCOPE, NewZone("LOGGED", "区", "z", "211302"), version(at(1)))
        row = connection.execute(
            text("SELECT username, address, detail FROM audit_log WHERE subject_kind = 'zone' AND subject_id = :z"),
            {"z": str(done.zone_id)},
        ).one()
        assert not connection.execute(text("SELECT * FROM verify_audit()")).all()
    assert (row.username, row.address, row.detail["version_id"]) == ("officer", "10.0.0.1", done.version_id)


RULES = load()
NOTICE = LegalDocument(number="朝政〔2026〕1号")


@pytest.mark.parametrize(
    ("level", "begins", "codes"),
    [
        (Level.COUNTY, dt.datetime(2026, 8, 14, 15, 59, tzinfo=dt.UTC), ["authority_too_low"]),
        (Level.COUNTY, dt.datetime(2026, 8, 14, 16, 0, tzinfo=dt.UTC), []),
        (Level.CITY, at(1), []),
        (Level.TOWN, at(1, 9), ["authority_too_low"]),
    ],
)
def test_who_may_draw_a_zone_changed_with_the_code(level: Level, begins: dt.datetime, codes: list[str]) -> None:
    terms = ZoneTerms(authority_level=level, document=NOTICE)
    assert [one.code for one in doubts(RULES, "211322", terms, begins)] == codes


def test_a_zone_without_a_notice_or_of_another_city_is_doubted() -> None:
    terms = from_json({"authority_code": "210700"})
    assert [one.code for one in doubts(RULES, "211322", terms, at(1))] == ["no_document", "authority_elsewhere"]


@pytest.mark.parametrize(
    ("zone", "field"),
    [
        (NewZone("", "区", "z", "211302"), "code"),
        (NewZone("A B", "区", "z", "211302"), "code"),
        (NewZone("X" * 41, "区", "z", "211302"), "code"),
        (NewZone("OK", " ", "z", "211302"), "name_zh"),
        (NewZone("OK", "区", "z", ""), "division"),
        (NewZone("OK", "区", "z", "110105"), "division"),
    ],
)
def test_a_zone_needs_code_name_and_place(engine: Engine, zone: NewZone, field: str) -> None:
    with pytest.raises(Refused) as refused, transaction(engine) as connection:
        create_zone(connection, ACTOR, CITY_SCOPE, zone, version(at(1)))
    assert [fault.field for fault in refused.value.faults] == [field]
