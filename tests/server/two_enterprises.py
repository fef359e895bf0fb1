"""Two enterprises with a record in every noun; all words and numbers of one bear its mark, so that a leak is seen.

`fill` writes into the tables: what the nouns' own flows do is tested elsewhere, here every table has to have a row.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tests.server import case_world, evidence_files, records
from tests.server.conftest import City

AT = "2026-11-20T08:00:00+08:00"
SQUARE = "ST_Multi(ST_MakeEnvelope(:x, 41.5, :x + 0.01, 41.51, 4326))"


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise, its mark (letters and figures that stand nowhere else), and the ids of its rows by table."""

    id: int
    mark: str
    ids: dict[str, int]


ROWS: dict[str, str] = {
    "machines": "INSERT INTO machines (registration_number, enterprise_id, division, owner) VALUES ('3-6' || :m, :e, :d, :m)",
    "capture_devices": "INSERT INTO capture_devices (code, name, place, lon, lat, division, organisation_id) VALUES"
    " ('CAM' || :e, '7', '7', 120, 41, :d, :o)",
    "captures": "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate, plate_colour,"
    " truck_id, enterprise_id, standing, law, status) VALUES ('B' || :m, :capture_devices, :m, sha256('a'), :at, :d, :plate,"
    " 'yellow', :trucks, :e, 'evidence', 'CODE', 'confirmed')",
    "inspections": "INSERT INTO inspections (number, kind, source, truck_id, subject_text, enterprise_id, organisation_id,"
    " inspected_at, division, methods, content, verdict, outcome, standing, law) VALUES ('J' || :m, 'roadside', 'page',"
    " :trucks, :plate, :e, :o, :at, :d, '{}', '{}', '{}', 'failed', 'legal', 'CODE')",
    "cases": "INSERT INTO cases (number, subject_kind, truck_id, subject_text, enterprise_id, division, organisation_id,"
    " acted_from, acted_to, law, offences, facts, state, holder_id, filed_at, party_name) VALUES ('A' || :m, 'truck', :trucks,"
    " :plate, :e, :d, :o, :at, :at, 'CODE', '{failed_inspection}', '{}', 'notice_served', :o, :at, :m)",
    "repair_notices": "INSERT INTO repair_notices (number, case_id, truck_id, subject_text, enterprise_id, division,"
    " organisation_id, failed_items, issued_on, due_on, rule_key) VALUES ('W' || :m, :cases, :trucks, :plate, :e, :d, :o,"
    " '[]', '2026-09-01', '2026-10-01', 'x@2026-01-01')",
    "documents": "INSERT INTO documents (case_id, kind, organisation_id, word, year, serial, number, content, template, law,"
    " state, served_on, served_how, served_to) VALUES (:cases, 'repair_notice', :o, :m, 2026, 9, '文' || :m,"
    " json_build_object('form', 'repair_notice', 'values', json_build_object()), 't', 'CODE', 'served', '2026-09-02',"
    " 'in_person', :m)",
    "gates": "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name, person) VALUES (:e, :d, '1', '01', :m, :m)",
    "gate_devices": "INSERT INTO gate_devices (gate_id, enterprise_id, kind, number, name) VALUES (:gates, :e, 'barrier', :m, :m)",
    "gate_policies": "INSERT INTO gate_policies (enterprise_id, when_unreachable, reason) VALUES (:e, 'list', :m)",
    "gate_lists": "INSERT INTO gate_lists (enterprise_id, valid_until, entries_n, sha256, key_id, content) VALUES (:e,"
    " now() + interval '1 day', 1, sha256('a'), :m, convert_to(:m, 'UTF8'))",
    "whitelist_entries": "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, applicant_id,"
    " enterprise_id, applicant, route, state, decided_at) VALUES (:trucks, 'people_supply', :at, '2027-03-01', :m, :e, :e, :m,"
    " :m, 'active', :at)",
    "whitelist_suspensions": "INSERT INTO whitelist_suspensions (entry_id, from_at, cause, reason_zh, reason_en) VALUES"
    " (:whitelist_entries, :at, 'by_hand', :m, :m)",
    "whitelist_steps": "INSERT INTO whitelist_steps (entry_id, step, by_name, note) VALUES (:whitelist_entries, 'apply', :m, :m)",
    "gate_answers": "INSERT INTO gate_answers (gate_id, enterprise_id, plate, plate_colour, direction, answer, reason_code,"
    " reason_zh, reason_en, whitelist_id, truck_id) VALUES (:gates, :e, :plate, 'yellow', 'in', 'deny', 'x', :m, :m,"
    " :whitelist_entries, :trucks)",
    "gate_lifts": "INSERT INTO gate_lifts (gate_id, enterprise_id, at, plate, plate_colour, person, reason, note) VALUES"
    " (:gates, :e, :at, :plate, 'yellow', :m, 'power_cut', :m)",
    "ledger_batches": "INSERT INTO ledger_batches (enterprise_id, division, ledger, source, file_name, rows_n,"
    " refused_n) VALUES (:e, :d, 'A', 'sheet', :m || '.xlsx', 2, 1)",
    "ledger_refusals": "INSERT INTO ledger_refusals (enterprise_id, ledger, batch_id, position, payload, payload_sha256, faults)"
    " VALUES (:e, 'A', :ledger_batches, 1, jsonb_build_object('plate', cast(:plate AS text), 'cargo', cast(:m AS text)),"
    " sha256(convert_to(:m, 'UTF8')), '[]')",
    "ledger_passages": "INSERT INTO ledger_passages (enterprise_id, truck_id, passed_at, batch_id, answer_id, division,"
    " entrance_no, barrier_no, direction, plate, plate_colour, fuel, stage, cargo, tonnes, owner, source, content_sha256)"
    " VALUES (:e, :trucks, :at, :ledger_batches, :gate_answers, :d, '1', '01', 'in', :plate, 'yellow', 'diesel', '5', :m, 30,"
    " :m, 'gate', sha256('a'))",
    "plant_vehicles": "INSERT INTO plant_vehicles (enterprise_id, division, internal_no, fuel, stage, owner, source,"
    " content_sha256) VALUES (:e, :d, :m, 'diesel', '3', :m, 'hand', sha256('a'))",
    "plant_machines": "INSERT INTO plant_machines (enterprise_id, division, registration_number, stage, fuel, owner, source,"
    " content_sha256) VALUES (:e, :d, '3-7' || :m, '3', 'diesel', :m, 'hand', sha256('a'))",
    "ledger_history": "INSERT INTO ledger_history (ledger, row_id, enterprise_id, version, by_name, reason, before, after)"
    " VALUES ('A', :ledger_passages, :e, 1, :m, :m, '{}', '{}')",
    "ledger_scores": "INSERT INTO ledger_scores (enterprise_id, division, month, score, passages, parts)"
    " VALUES (:e, :d, '2026-11-01', 77.77, 1, '{}')",
    "large_users": "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, trips_normal, contact,"
    " reason_in) VALUES (:e, :d, :m, '2026-01-01', 'steel', 20, :m, :m)",
    "performance_grades": "INSERT INTO performance_grades (enterprise_id, division, industry, grade, from_on, document, reason)"
    " VALUES (:e, :d, 'steel', 'B', '2026-01-01', :m, :m)",
    "verification_tasks": "INSERT INTO verification_tasks (number, enterprise_id, division, from_on, to_on, seed, method, state,"
    " finished_at, conclusion) VALUES ('HY' || :m, :e, :d, '2026-11-01', '2026-11-10', :m, '{}', 'finished', now(), :m)",
    "verification_items": "INSERT INTO verification_items (task_id, part, ordinal, drawn, note) VALUES (:verification_tasks,"
    " 'stage', 1, jsonb_build_object('plate', cast(:plate AS text)), :m)",
    "clean_transport": "INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes, document)"
    " VALUES (:e, :d, '2026-11-01', 'in', 'rail', :m, 900, :m)",
    "legal_holds": "INSERT INTO legal_holds (enterprise_id, division, from_on, to_on, reason) VALUES (:e, :d, '2026-11-01',"
    " '2026-11-30', :m)",
    "zones": "INSERT INTO zones (code, name_zh, name_en, division, kind) VALUES ('SITE-' || :m, :m, :m, :d, 'site')",
    "zone_versions": "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from, source) VALUES (:zones, 1,"
    f" {SQUARE}, '{{}}', '2026-01-01', :m)",
    "sites": "INSERT INTO sites (enterprise_id, zone_id, division, name, kind, contact) VALUES (:e, :zones, :d, :m, 'plant', :m)",
    "site_stays": "INSERT INTO site_stays (site_id, enterprise_id, machine_id, machine_text, entered_at, person) VALUES (:sites,"
    " :e, :machines, '3-6' || :m, :at, :m)",
    "pleas": "INSERT INTO pleas (number, enterprise_id, division, case_id, content, person) VALUES ('P' || :m, :e, :d, :cases,"
    " '陈述申辩内容在此，标记' || :m, :m)",
    "evidence_items": "INSERT INTO evidence_items (file_id, owner_kind, owner_id, purpose, name, division, enterprise_id,"
    " organisation_id) VALUES (:files, 'plea', :pleas, 'document', :m || '.png', :d, :e, :home)",
    "leads": "INSERT INTO leads (kind, key, device, division, first_at, last_at, enterprise_id, detail) VALUES ('banned_entry',"
    " :m, :m, :d, :at, :at, :e, jsonb_build_object('zh', cast(:m AS text), 'en', cast(:m AS text)))",
}
"""A row of each table; `:<table>` is the id of a row made before it."""
KEYS = {"gate_policies": "enterprise_id", "ledger_scores": "enterprise_id"}


def fill(connection: Connection, city: City, enterprise_id: int, mark: str, home: int, x: float) -> Firm:
    """A row of every table for an enterprise; `home`: its organisation, `x`: where its site lies."""
    connection.execute(
        text("UPDATE enterprises SET name = name || :m, division = '211302', contact = :m WHERE id = :e"),
        {"m": mark, "e": enterprise_id},
    )
    plate = f"辽N{mark[-5:]}"
    truck, terminal = records.truck(connection, plate, enterprise_id=enterprise_id, owner=mark)
    connection.execute(
        text("UPDATE terminals SET enterprise_id = :e WHERE id = :t"), {"e": enterprise_id, "t": terminal}
    )
    place = records.zone(connection)
    violation = case_world.confirmed(
        connection, place, city, (truck, terminal), enterprise_id=enterprise_id,
        verdict=records.verdict(sentence={"code": "x", "zh": mark, "en": mark}),
    )  # fmt: skip
    ids = {"trucks": truck, "terminals": terminal, "violations": violation, "files": _file(connection, mark)}
    given = {"m": mark, "e": enterprise_id, "d": "211302", "at": AT, "plate": plate, "x": x, "home": home,
             "o": city.organisations["city"]}  # fmt: skip
    for table, statement in ROWS.items():
        values = {name: value for name, value in {**given, **ids}.items() if f":{name}" in statement}
        returning = f"{statement} RETURNING {KEYS.get(table, 'id')}"
        ids[table] = connection.execute(text(returning), values).scalar_one()
    return Firm(enterprise_id, mark, ids)


def _file(connection: Connection, mark: str) -> int:
    content = evidence_files.picture("PNG") + mark.encode()
    found: int = connection.execute(
        text(
            "INSERT INTO evidence_files (sha256, sm3, bytes, media_type) VALUES (:s, :s, :n, 'image/png') RETURNING id"
        ),
        {"s": hashlib.sha256(content).digest(), "n": len(content)},
    ).scalar_one()
    return found


def two(connection: Connection, city: City) -> tuple[Firm, Firm]:
    """(the enterprise of the account `enterprise`, another that it must never hear of)."""
    organisation = connection.execute(
        text(
            "INSERT INTO organisations (kind, level, code, name_zh, name_en, division)"
            " VALUES ('enterprise', 'body', 'foreign', 'FOREIGN9Z8', 'FOREIGN9Z8', '211302') RETURNING id"
        )
    ).scalar_one()
    other = connection.execute(
        text("INSERT INTO enterprises (name, organisation_id) VALUES ('外厂', :o) RETURNING id"), {"o": organisation}
    ).scalar_one()
    own = fill(connection, city, city.enterprise_id, "OWN7Q7A1", city.organisations["enterprise"], 120.40)
    return own, fill(connection, city, other, "FOREIGN9Z8", organisation, 120.45)
