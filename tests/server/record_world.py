"""One record of every noun, all of one county and one enterprise: what a foreign account must never see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from tests.server import records
from tests.server.conftest import COUNTY, City

AT = "2026-09-01T08:00:00+08:00"


@dataclass(frozen=True, slots=True)
class RecordWorld:
    """Ids by blueprint, and the numbers that addresses of the API name records by."""

    ids: dict[str, int]
    numbers: dict[str, str]


def make_records(connection: Connection, city: City) -> RecordWorld:
    """Fill the database; the county's branch (`county`) has everything, nobody else but the city may see it."""
    connection.execute(
        text(
            "INSERT INTO organisations (kind, level, code, name_zh, name_en, division)"
            " VALUES ('market', 'city', 'market', '市场监管', 'market', '211300') ON CONFLICT DO NOTHING"
        )
    )
    enterprise = _one(
        connection, "INSERT INTO enterprises (name, division) VALUES ('外人不得见', :d) RETURNING id", d=COUNTY
    )
    connection.execute(text(AREA), {"d": COUNTY})
    place = records.zone(connection, division=COUNTY)
    truck, terminal = records.truck(connection, enterprise_id=enterprise)
    connection.execute(text("UPDATE trucks SET division = :d WHERE id = :t"), {"d": COUNTY, "t": truck})
    connection.execute(text("UPDATE terminals SET enterprise_id = :e WHERE id = :t"), {"e": enterprise, "t": terminal})
    violation = records.violation(connection, place, (truck, terminal), enterprise_id=enterprise)
    connection.execute(text("UPDATE violations SET division = :d WHERE id = :v"), {"d": COUNTY, "v": violation})
    ours = city.organisations["county"]
    given = {"truck": truck, "d": COUNTY, "o": ours, "e": enterprise, "at": AT, "u": city.accounts["county"]}
    ids = {
        "trucks": truck,
        "terminals": terminal,
        "devices": terminal,
        "enterprises": enterprise,
        "violations": violation,
    }
    for name, statement in NOUNS.items():
        ids[name] = _one(connection, statement, **_used(statement, {**given, **_refs(ids)}))
    numbers = _numbers(connection, ids)
    numbers["tablet"] = str(_one(connection, TABLET, u=city.accounts["county"], o=ours))
    return RecordWorld(ids, numbers)


def _one(connection: Connection, statement: str, **values: Any) -> int:
    found: int = connection.execute(text(statement), values).scalar_one()
    return found


def _refs(ids: dict[str, int]) -> dict[str, int]:
    return {f"{name}_id": number for name, number in ids.items()}


def _used(statement: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}


def _numbers(connection: Connection, ids: dict[str, int]) -> dict[str, str]:
    tables = {"violation": "violations", "inspection": "inspections", "capture": "captures", "case": "cases",
              "referral": "referrals", "notice": "repair_notices", "document": "documents"}  # fmt: skip
    found = {}
    for name, table in tables.items():
        number = ids["repairs" if table == "repair_notices" else table]
        found[name] = connection.execute(
            text(f"SELECT number FROM {table} WHERE id = :id"), {"id": number}
        ).scalar_one()
    return found


TABLET = (
    "INSERT INTO tablets (id, user_id, organisation_id, name, vault_key) VALUES (gen_random_uuid(), :u, :o, '外人不得见',"
    " decode(repeat('77', 32), 'hex')) RETURNING id"
)
AREA = (
    "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES (:d, 'county', '7', '7',"
    " ST_Multi(ST_MakeEnvelope(119, 40, 120, 41, 4326))) ON CONFLICT DO NOTHING"
)
NOUNS: dict[str, str] = {
    "alerts": "INSERT INTO alerts (level, division, from_at, document, authority, issued_on) VALUES ('orange', :d, :at, '7-7',"
    " '7-7', '2026-09-01') RETURNING id",
    "machines": "INSERT INTO machines (registration_number, enterprise_id, division) VALUES ('3-6NA77777', :e, :d)"
    " RETURNING id",
    "leads": "INSERT INTO leads (kind, key, device, division, first_at, last_at) VALUES ('unknown_device', 'k77', 'd77',"
    " :d, :at, :at) RETURNING id",
    "whitelist": "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver)"
    " VALUES (:truck, 'people_supply', :at, '2027-01-01', 'x') RETURNING id",
    "instruments": "INSERT INTO instruments (kind, maker, model, serial, organisation_id, division)"
    " VALUES ('opacimeter', 'M', 'X', 'S77', :o, :d) RETURNING id",
    "inspections": "INSERT INTO inspections (number, kind, source, truck_id, subject_text, enterprise_id,"
    " organisation_id, inspected_at, division, methods, content, verdict, outcome, standing, law) VALUES ('J20260901-777777',"
    " 'roadside', 'page', :truck, '辽N77777', :e, :o, :at, :d, '{}', '{}', '{}', 'failed', 'legal', 'CODE') RETURNING id",
    "capture_devices": "INSERT INTO capture_devices (code, name, place, lon, lat, division, organisation_id)"
    " VALUES ('CAM77', '相机', '某处', 120, 41, :d, :o) RETURNING id",
    "captures": "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate,"
    " plate_colour, truck_id, enterprise_id, standing, law) VALUES ('B20260901-777777', :capture_devices_id, 'k77',"
    " decode(repeat('00', 32), 'hex'), :at, :d, '辽N77777', 'yellow', :truck, :e, 'evidence', 'CODE') RETURNING id",
    "cases": "INSERT INTO cases (number, subject_kind, truck_id, subject_text, enterprise_id, division, organisation_id,"
    " acted_from, acted_to, law, offences, facts, state, holder_id) VALUES ('A20260901-777777', 'truck', :truck, '辽N77777',"
    " :e, :d, :o, :at, :at, 'CODE', '{failed_inspection}', '{}', 'lead', :o) RETURNING id",
    "referrals": "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis) VALUES"
    " ('Y20260901-777777', :cases_id, 'police', 'transfer', :o, (SELECT max(id) FROM organisations WHERE kind = 'market'),"
    " 'sent', 'CODE 20') RETURNING id",
    "documents": "INSERT INTO documents (case_id, kind, organisation_id, word, year, serial, number, content, template, law)"
    " VALUES (:cases_id, 'repair_notice', :o, '朝环', 2026, 777, '朝环〔2026〕777号', json_build_object('form', 'repair_notice', 'values', json_build_object()), 't', 'CODE') RETURNING id",
    "repairs": "INSERT INTO repair_notices (number, case_id, truck_id, subject_text, enterprise_id, division,"
    " organisation_id, failed_items, issued_on, due_on, rule_key) VALUES ('W20260901-777777', :cases_id, :truck, '辽N77777',"
    " :e, :d, :o, '[]', '2026-09-01', '2026-10-01', 'x@2026-01-01') RETURNING id",
    "watch_list": "INSERT INTO watch_entries (truck_id, subject_text, plate_colour, reason, division, organisation_id, from_on)"
    " VALUES (:truck, '辽N77777', 'yellow', 'smoke_reported', :d, :o, '2026-09-01') RETURNING id",
    "assignments": "INSERT INTO assignments (day, kind, title, place, division, organisation_id, created_by)"
    " VALUES ('2026-09-01', 'roadside', '7', '7', :d, :o, :u) RETURNING id",
    "sites": "WITH z AS (INSERT INTO zones (code, name_zh, name_en, division, kind) VALUES ('SITE-77', '7', '7', :d, 'site')"
    " RETURNING id), v AS (INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from) SELECT id, 1,"
    " ST_Multi(ST_MakeEnvelope(120.4, 41.5, 120.41, 41.51, 4326)), '{}', '2026-01-01' FROM z) INSERT INTO sites"
    " (enterprise_id, zone_id, division, name, kind) SELECT :e, id, :d, '外人不得见', 'plant' FROM z RETURNING id",
    "site_stays": "INSERT INTO site_stays (site_id, enterprise_id, machine_id, machine_text, entered_at)"
    " VALUES (:sites_id, :e, :machines_id, '3-6NA77777', :at) RETURNING id",
    "pleas": "INSERT INTO pleas (number, enterprise_id, division, case_id, content, person) VALUES ('P20260901-777777', :e,"
    " :d, :cases_id, '7777777777777', '7') RETURNING id",
    "gates": "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name) VALUES (:e, :d, '7', '77', '7')"
    " RETURNING id",
    "gate_devices": "INSERT INTO gate_devices (gate_id, enterprise_id, kind, number) VALUES (:gates_id, :e, 'barrier', '77')"
    " RETURNING id",
    "gate_policies": "INSERT INTO gate_policies (enterprise_id, when_unreachable, reason) VALUES (:e, 'list', '7777')"
    " RETURNING enterprise_id",
    "gate_lifts": "INSERT INTO gate_lifts (gate_id, enterprise_id, at, plate, plate_colour, person, reason) VALUES"
    " (:gates_id, :e, :at, '辽N77777', 'yellow', '7', 'power_cut') RETURNING id",
    "gate_answers": "INSERT INTO gate_answers (gate_id, enterprise_id, plate, plate_colour, direction, answer, reason_code,"
    " reason_zh, reason_en) VALUES (:gates_id, :e, '辽N77777', 'yellow', 'in', 'allow', 'no_alert', '7', '7') RETURNING id",
    "large_users": "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, trips_normal, reason_in)"
    " VALUES (:e, :d, '2026', '2026-01-01', 'steel', 77, '7777') RETURNING id",
    "grades": "INSERT INTO performance_grades (enterprise_id, division, industry, grade, from_on, document)"
    " VALUES (:e, :d, 'steel', 'B', '2026-01-01', '7-7') RETURNING id",
    "evidence": "WITH f AS (INSERT INTO evidence_files (sha256, sm3, bytes, media_type) VALUES (decode(repeat('77', 32),"
    " 'hex'), decode(repeat('77', 32), 'hex'), 1, 'image/png') RETURNING id) INSERT INTO evidence_items (file_id,"
    " owner_kind, owner_id, purpose, name, division, enterprise_id, organisation_id) SELECT f.id, 'case', :cases_id, 'scene',"
    " 'x.png', :d, :e, :o FROM f RETURNING id",
    "ledger_batches": "INSERT INTO ledger_batches (enterprise_id, division, ledger, source, refused_n)"
    " VALUES (:e, :d, 'A', 'gate', 1) RETURNING id",
    "ledger_imports": "INSERT INTO ledger_batches (enterprise_id, division, ledger, source, file_name, content, rows_n)"
    " VALUES (:e, :d, 'A', 'sheet', '7.csv', 'x', 1) RETURNING id",
    "ledger_refusals": "INSERT INTO ledger_refusals (enterprise_id, ledger, batch_id, position, payload, payload_sha256,"
    " faults) VALUES (:e, 'A', :ledger_imports_id, 2, jsonb_build_object('plate', '辽N77777'), decode(repeat('77', 32), 'hex'),"
    " jsonb_build_array(jsonb_build_object('field', 'stage', 'zh', '七', 'en', '7'))) RETURNING id",
    "ledgers": "INSERT INTO ledger_passages (enterprise_id, division, passed_at, entrance_no, barrier_no, direction, plate,"
    " plate_colour, fuel, stage, source, state, content_sha256, batch_id) VALUES (:e, :d, :at, '7', '77', 'in', '辽N77777',"
    " 'yellow', 'diesel', '5', 'phone', 'pending', decode(repeat('77', 32), 'hex'), :ledger_imports_id) RETURNING id",
    "plant_vehicles": "INSERT INTO plant_vehicles (enterprise_id, division, internal_no, fuel, stage, source, content_sha256)"
    " VALUES (:e, :d, '7', 'diesel', '5', 'hand', decode(repeat('77', 32), 'hex')) RETURNING id",
    "plant_machines": "INSERT INTO plant_machines (enterprise_id, division, registration_number, fuel, stage, source,"
    " content_sha256) VALUES (:e, :d, '3-6NA77777', 'diesel', '3', 'hand', decode(repeat('77', 32), 'hex')) RETURNING id",
    "legal_holds": "INSERT INTO legal_holds (enterprise_id, division, from_on, to_on, reason, set_by)"
    " VALUES (:e, :d, '2026-01-01', '2026-12-31', '7777', :u) RETURNING id",
    "clean_transport": "INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes,"
    " document) VALUES (:e, :d, '2026-08-01', 'in', 'rail', 'coal', 77, '7') RETURNING id",
    "ledger_review": "INSERT INTO ledger_scores (enterprise_id, division, month, score, passages, parts, rule_keys)"
    " SELECT :e, :d, '2026-08-01', 77, 7, json_agg(json_build_object('part', p, 'good', 6, 'of', 7, 'weight', 10,"
    " 'points', 8, 'most', 10)), '{}' FROM unnest(ARRAY['complete', 'register', 'tracks', 'captures', 'timely',"
    " 'refused']) p RETURNING enterprise_id",
    "verifications": "WITH v AS (INSERT INTO verification_tasks (number, enterprise_id, division, from_on, to_on, seed,"
    " method) VALUES ('H20260901-777777', :e, :d, '2026-08-01', '2026-08-31', '7', cast('{\"passages\"\\: 7,"
    ' "normal_mean"\\: 7, "alert_mean"\\: 6, "change_pct"\\: -14, "video_min"\\: 10, "unclear_counts"\\: 0.5,'
    ' "draws"\\: {}, "weights"\\: {"complete"\\: 20}}\' AS jsonb)) RETURNING id), i AS (INSERT INTO verification_items'
    " (task_id, part, ordinal, day, drawn) SELECT id, 'alert_day', 1, '2026-08-02', json_build_object('vehicles', 7)"
    " FROM v) SELECT id FROM v",
}
"""A row of each noun, by the blueprint that shows it; `:<blueprint>_id` is a row made before it."""
