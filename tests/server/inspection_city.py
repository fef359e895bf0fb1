"""What tests of inspections need: a zone with a class III version, trucks and machines, instruments, good readings."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows import rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.record_inspection import Recorded, record
from server.store.audit import Actor
from server.store.scopes import Scope
from tests.server.conftest import City

AT = datetime(2026, 11, 20, 9, 30, tzinfo=BEIJING)
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CHANGE = datetime(2026, 10, 1, tzinfo=BEIJING)  # the day on which the zone's version changed
INSIDE, OUTSIDE = (120.45, 41.57), (120.60, 41.57)
ZONE = "SRID=4326;MULTIPOLYGON(((120.40 41.55, 120.50 41.55, 120.50 41.60, 120.40 41.60, 120.40 41.55)))"
READINGS: dict[str, dict[str, Any]] = {
    "free_acceleration": {"peaks": [0.8, 0.9, 1.0], "purged": "yes"},
    "lug_down": {"smoke_100": 0.6, "smoke_80": 0.7, "nox_80_ppm": 1200, "wheel_power_kw": 120, "rated_power_kw": 200},
    "machine_smoke": {"peaks": [0.6, 0.6, 0.6]},
    "ringelmann": {"grade": 1},
    "obd_check": {"has_obd": "yes", "mil_on": "no", "communicates": "yes", "mil_works": "yes", "is_ready": "yes"},
    "device_check": {"devices": [{"device": "dpf", "state": "fitted"}]},
    "urea_check": {"concentration_pct": 32.5, "level_pct": 60, "dosing": "working"},
    "coding_check": {"number_seen": "3-6NA00077"},
    "fuel_sample": {"sulphur_mg_kg": 8, "kind": "vehicle_diesel"},
}
OFFICERS = [{"name": "王一", "card_number": "06130001"}, {"name": "李二", "card_number": "06130002"}]
WEATHER = {"sky": "clear", "temperature_c": 5, "humidity_pct": 40, "pressure_kpa": 101.3}
INSTRUMENTS = ("opacimeter", "nox_analyser", "dynamometer", "obd_reader", "ringelmann_chart", "urea_meter", "fuel_kit")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Ids by what they are."""

    truck: int
    machine: int
    zone_versions: tuple[int, int]
    instruments: dict[str, int]
    expired: int
    enterprise_truck: int


def fleet(connection: Connection, city: City) -> Fleet:
    """The things above; the zone asks class III from CHANGE on, before it named none."""
    zone_id = connection.execute(
        text(
            "INSERT INTO zones (code, name_zh, name_en, division) VALUES ('Z3', '三类区', 'Class zone', '211302') RETURNING id"
        )
    ).scalar_one()
    versions = [
        connection.execute(
            text(
                "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from, valid_to) VALUES"
                " (:z, :n, ST_GeomFromEWKT(:g), cast(:t AS jsonb), :f, :u) RETURNING id"
            ),
            {"z": zone_id, "n": n, "g": ZONE, "t": json.dumps(terms), "f": first, "u": last},
        ).scalar_one()
        for n, terms, first, last in (
            (1, {"applies_to": ["machine"]}, datetime(2026, 1, 1, tzinfo=BEIJING), CHANGE),
            (2, {"applies_to": ["machine"], "smoke_class": "III"}, CHANGE, None),
        )
    ]
    truck = add_truck(connection, "辽NJC001")
    own = add_truck(connection, "辽NJC002", city.enterprise_id)
    machine = connection.execute(
        text(
            "INSERT INTO machines (registration_number, pin, division, stage, fuel, category, power_kw)"
            " VALUES ('3-6NA00077', 'PINJC77', '211302', '3', 'diesel', 'excavator', 120) RETURNING id"
        )
    ).scalar_one()
    kept = {kind: instrument(connection, city, kind, f"{kind}-1") for kind in INSTRUMENTS}
    expired = instrument(connection, city, "opacimeter", "expired-1", valid_to="2026-10-31")
    return Fleet(truck, machine, (versions[0], versions[1]), kept, expired, own)


def day_zone(connection: Connection) -> tuple[float, float]:
    """A point inside a zone of class III that binds from 07:00 to 22:00; made once."""
    terms = {"applies_to": ["machine"], "smoke_class": "III", "windows": [{"from": "07:00", "to": "22:00"}]}
    square = "SRID=4326;MULTIPOLYGON(((120.70 41.55, 120.72 41.55, 120.72 41.60, 120.70 41.60, 120.70 41.55)))"
    connection.execute(
        text(
            "WITH z AS (INSERT INTO zones (code, name_zh, name_en, division) VALUES"
            " ('Z3-DAY', '日间区', 'Day zone', '211302') ON CONFLICT DO NOTHING RETURNING id)"
            " INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from)"
            " SELECT id, 1, ST_GeomFromEWKT(:g), cast(:t AS jsonb), '2026-01-01' FROM z"
        ),
        {"g": square, "t": json.dumps(terms)},
    )
    return 120.71, 41.57


def add_truck(connection: Connection, plate: str, enterprise_id: int | None = None, division: str = "211302") -> int:
    """A heavy diesel truck of stage V."""
    found: int = connection.execute(
        text(
            "INSERT INTO trucks (plate, plate_colour, stage, fuel, category, division, enterprise_id)"
            " VALUES (:p, 'yellow', '5', 'diesel', 'heavy_goods', :d, :e) RETURNING id"
        ),
        {"p": plate, "d": division, "e": enterprise_id},
    ).scalar_one()
    return found


def instrument(connection: Connection, city: City, kind: str, serial: str, valid_to: str = "2027-06-30") -> int:
    """An instrument verified up to a day, with every check an hour before AT passed."""
    number: int = connection.execute(
        text(
            "INSERT INTO instruments (kind, maker, model, serial, software_version, organisation_id, division)"
            " VALUES (:k, '南华', 'NHT-6', :s, '2.1', :o, '211300') RETURNING id"
        ),
        {"k": kind, "s": serial, "o": city.organisations["city"]},
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO instrument_verifications (instrument_id, certificate, verified_by, valid_from, valid_to)"
            " VALUES (:i, 'C-1', '省计量院', '2026-01-01', :u)"
        ),
        {"i": number, "u": valid_to},
    )
    for name in ("zero", "span", "filter", "leak"):
        connection.execute(
            text("INSERT INTO instrument_checks (instrument_id, kind, at, passed) VALUES (:i, :n, :at, true)"),
            {"i": number, "n": name, "at": AT - timedelta(hours=1)},
        )
    return number


def draft(fleet: Fleet, kind: str, methods: dict[str, Any], subject: str, **changes: Any) -> InspectionDraft:
    """An inspection in order: two officers, weather, every instrument."""
    lon, lat = changes.get("point", INSIDE)
    content = {
        "kind": kind,
        "at": changes.get("at", AT).isoformat(),
        "methods": methods,
        "officers": changes.get("officers", OFFICERS),
        "weather": WEATHER,
    }
    used = changes.get("instruments", tuple(fleet.instruments.values()))
    colour = "yellow" if subject.startswith("辽") else ""
    given = changes.get("given", SubjectGiven(subject, colour))
    return InspectionDraft(content, given, lon, lat, "国道101线", changes.get("division", "211302"), used)


def keep(engine: Engine, city: City, given: InspectionDraft, key: str | None = None, **options: Any) -> Recorded:
    """Record a draft as the officer of the city."""
    actor = Actor(city.accounts["officer"], "officer", city.organisations["city"])
    scope = options.pop("scope", Scope("2113"))
    with transaction(engine) as connection:
        rules = rule_book.current(connection)
        return record(connection, actor, scope, rules, given, NOW, "page", key, **options)
