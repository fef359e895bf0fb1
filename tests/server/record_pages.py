"""Every page of the enforcement record with something on it, and no Chinese in any name.

What is seen on the pages is then the platform's own: a word of the other language there is a fault.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.documents import paper_templates
from server.flows import rule_book
from server.flows.case_drafts import draft_of
from server.flows.inspection_subjects import SubjectGiven
from server.flows.open_case import open_case
from server.flows.repair_notices import notice_of_inspection
from server.store import calendar_days, users
from server.store.audit import Actor
from tests.server import inspection_city
from tests.server.conftest import City
from tests.server.inspection_city import OUTSIDE, READINGS
from tests.server.record_world import RecordWorld, make_records

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
OFFICERS = [{"name": "7", "card_number": "0001"}, {"name": "8", "card_number": "0002"}]
FAILED = {
    "truck": {"free_acceleration": {"peaks": [1.82, 1.95, 1.88], "purged": "yes", "visible_smoke": "yes"}},
    "machine": {
        "machine_smoke": {"peaks": [2.6, 2.7, 2.65]},
        "coding_check": {"number_seen": ""},
        "device_check": {"devices": [{"device": "dpf", "state": "removed"}]},
    },
}
PERIODIC = {"method_code": "4", "result": "failed", "report_no": "7", "station": "7",
            "values": [{"name": "k100", "value": 1.9, "limit": 1.2, "unit": "m-1"}]}  # fmt: skip
REMOTE = {"opacity_pct": 44, "no_ppm": 900, "speed_kmh": 38, "acceleration_ms2": 0.4, "vsp_kw_t": 8, "wind_ms": 2.1,
          "temperature_c": 12, "humidity_pct": 40, "pressure_kpa": 101.2, "sky": "clear", "record_no": "7"}  # fmt: skip
NAMES = """
UPDATE organisations SET name_zh = '7', name_en = '7'; UPDATE users SET name = '7';
UPDATE enterprises SET name = id::text; UPDATE zones SET name_zh = '7', name_en = '7';
UPDATE capture_devices SET name = '7', place = '7'; UPDATE instruments SET maker = '7', model = '7';
UPDATE trucks SET owner = '7'; UPDATE sites SET name = id::text;
"""


def make(engine: Engine, city: City) -> dict[str, list[str]]:
    """Fill the database; the addresses to look at, by account."""
    with transaction(engine) as connection:
        world = make_records(connection, city)
        fleet = inspection_city.fleet(connection, city)
        connection.execute(text(NAMES))
    inspections = [_inspect(engine, city, fleet, *one) for one in _methods()]
    failed = {kind: _inspect(engine, city, fleet, kind, methods) for kind, methods in FAILED.items()}
    alone = _inspect(engine, city, fleet, "truck", {"free_acceleration": {"peaks": [2.0, 2.1, 2.2], "purged": "yes"}})
    with transaction(engine) as connection:
        cases = [_open(connection, number) for number in failed.values()]
        notice = _notice(connection, alone)
        connection.execute(text(NAMES))
    number = fleet.instruments["opacimeter"]
    numbers = {"inspections": [*inspections, *failed.values()], "cases": cases, "repairs": [notice]}
    numbers |= {"instruments": [number, fleet.expired], "trucks": [fleet.truck], "machines": [fleet.machine]}
    return _addresses(world, numbers)


def _methods() -> Iterator[tuple[str, dict[str, Any], str]]:
    for method, readings in READINGS.items():
        yield ("machine", {method: readings}, "machine_spot") if method in {"machine_smoke", "coding_check"} else (
            "truck", {method: readings}, "on_site",
        )  # fmt: skip
    yield "truck", {"periodic_report": PERIODIC}, "periodic"
    yield "truck", {"remote_sensing": REMOTE}, "remote_sensing"


def _inspect(
    engine: Engine, city: City, fleet: inspection_city.Fleet, subject: str, methods: dict[str, Any], kind: str = ""
) -> int:
    numbers = {"truck": SubjectGiven("辽NJC001", "yellow"), "machine": SubjectGiven("3-6NA00077")}
    given = inspection_city.draft(
        fleet, kind or ("machine_spot" if subject == "machine" else "roadside"), methods, numbers[subject].text,
        officers=OFFICERS, point=OUTSIDE if kind else inspection_city.INSIDE, given=numbers[subject],
    )  # fmt: skip
    return inspection_city.keep(engine, city, replace(given, place="7")).id


def _open(connection: Connection, inspection: int) -> int:
    account = users.find_by_username(connection, "officer")
    assert account is not None
    actor = Actor(account[0].id, "officer", account[0].organisation_id)
    draft = draft_of(connection, account[0].scope, [("inspection", inspection)])
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    return open_case(connection, actor, account[0], account[0].scope, rules, calendar, draft, now=NOW)


def _notice(connection: Connection, inspection: int) -> int:
    account = users.find_by_username(connection, "officer")
    assert account is not None
    actor = Actor(account[0].id, "officer", account[0].organisation_id)
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    return notice_of_inspection(connection, actor, account[0], rules, calendar, inspection, NOW)[0]


def _addresses(world: RecordWorld, numbers: dict[str, list[int]]) -> dict[str, list[str]]:
    of_world = {"/capture-devices": "capture_devices", "/captures": "captures", "/cases": "cases", "/repairs": "repairs",
                "/inspections": "inspections", "/referrals": "referrals", "/documents": "documents",
                "/evidence": "evidence", "/instruments": "instruments", "/violations": "violations",
                "/watch-list": "watch_list", "/assignments": "assignments", "/alerts": "alerts", "/leads": "leads",
                "/gates": "gates", "/gates/policies": "gate_policies", "/gates/lifts": "gate_lifts",
                "/ledgers": "ledgers",
                "/plant-vehicles": "plant_vehicles", "/plant-machines": "plant_machines",
                "/ledger-refusals": "ledger_refusals", "/ledger-imports": "ledger_imports", "/legal-holds": "legal_holds",
                "/gates/answers": "gate_answers", "/whitelist": "whitelist", "/large-users": "large_users",
                "/grades": "grades"}  # fmt: skip
    shown = [f"{path}/{world.ids[noun]}" for path, noun in of_world.items()]
    made = [f"/{noun}/{one}" for noun, ids in numbers.items() for one in ids]
    files = [f"/trucks/{numbers['trucks'][0]}/file", f"/machines/{numbers['machines'][0]}/file"]
    forms = [f"/documents/new/{case}?form={kind}" for case in numbers["cases"] for kind in paper_templates.kinds()]
    edits = [f"/inspections/{one}/edit" for one in numbers["inspections"]]
    edits += ["/capture-devices/new", "/captures/new"]
    edits += [
        f"/capture-devices/{world.ids['capture_devices']}/edit",
        "/stations/new",
        "/watch-list/",
        "/watch-list/derived",
        "/watch-list/new",
        "/assignments/",
        "/assignments/week",
        "/assignments/new",
        "/calendar/",
        "/rules/",
        "/alerts/",
        f"/alerts/{world.ids['alerts']}/live",
        f"/alerts/{world.ids['alerts']}/report",
        "/alert-measures/",
        "/alert-measures/bulk_site_trucks",
        "/leads/",
        "/gates/",
        "/gates/new",
        f"/gates/{world.ids['gates']}/edit",
        "/gates/devices/",
        f"/gates/devices/new?gate={world.ids['gates']}",
        f"/gates/devices/{world.ids['gate_devices']}/edit",
        "/gates/policies/",
        "/gates/lifts/",
        "/gates/answers/",
        "/gates/lifts/new",
        "/sites/",
        f"/sites/{world.ids['sites']}",
        f"/sites/{world.ids['sites']}/edit",
        "/sites/new",
        "/site-stays/",
        "/site-stays/new",
        f"/site-stays/{world.ids['site_stays']}",
        "/pleas/",
        f"/pleas/{world.ids['pleas']}",
        "/whitelist/",
        "/whitelist/new",
        "/whitelist/answer?plate=777777&colour=blue",
        "/large-users/",
        "/large-users/new",
        "/large-users/suggested",
        "/large-users/import",
        f"/large-users/{world.ids['large_users']}/edit",
        "/grades/",
        "/grades/new",
        "/grades/checks?month=2026-09",
        "/grades/promises?key=grade_b_road",
    ]
    edits += ["/ledgers/", "/plant-vehicles/", "/plant-machines/", "/ledger-refusals/", "/ledger-imports/"]
    edits += ["/clean-transport/", "/clean-transport/?by=month", "/clean-transport/?by=industry", "/ledger-review/",
              "/clean-transport/entries", "/verifications/", "/verifications/new"]  # fmt: skip
    enterprise = world.ids["ledger_review"]
    edits += [f"/clean-transport/{world.ids['clean_transport']}", f"/verifications/{world.ids['verifications']}",
              f"/ledger-review/{enterprise}", f"/ledger-review/{enterprise}/complete",
              f"/ledger-review/{enterprise}/register", f"/ledger-review/{enterprise}/refused"]  # fmt: skip
    edits += ["/legal-holds/", "/legal-holds/new"]
    edits += ["/rules/clock.case_filing", "/rules/instrument.opacimeter.checks", "/capture-devices/new"]
    referral = f"/referrals/{world.ids['referrals']}"
    lists = ["/", "/cases/", "/referrals/", "/deadlines/", "/documents/", "/repairs/", "/rules/"]
    return {
        "officer": [*shown, *made, *files, *forms, *edits],
        "approver": ["/alerts/new", f"/alerts/{world.ids['alerts']}", f"/alerts/{world.ids['alerts']}/level",
                     "/alert-measures/new", "/alert-measures/core_odd_even", *shown[:6], f"/cases/{numbers['cases'][1]}", *lists],
        "police": lists, "transport": lists, "partner": ["/", "/cases/", "/referrals/"],
        "station": ["/", "/repairs/", "/stations/"],
        "enterprise": ["/", "/cases/", "/documents/", "/alerts/", f"/alerts/{world.ids['alerts']}", "/alert-measures/", "/clean-transport/",
                       "/clean-transport/entries", "/clean-transport/new", "/ledger-review/", "/sites/", "/pleas/", "/whitelist/",
                       "/whitelist/apply", "/large-users/", "/grades/", "/ledgers/", "/ledgers/new", "/plant-vehicles/", "/plant-vehicles/new",
                       "/plant-machines/", "/plant-machines/new", "/ledger-reviews/", "/ledger-refusals/",
                       "/ledger-imports/", "/ledger-imports/new/A", "/ledger-imports/new/B", "/ledger-imports/new/C",
                       "/gate-codes/"],
        "security_admin": ["/system-keys/", "/documents/words/1"], "county": [referral],
    }  # fmt: skip
