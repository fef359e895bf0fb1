"""The reference file as tablets get it, and what a tablet judges with it against what the server judges."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from enforcement.inspections.records import InspectionKind
from enforcement.rules.book import BEIJING, Certainty
from server.db import transaction
from server.flows import rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft, judge
from server.flows.repair_notices import last_day
from server.flows.rule_book import Change
from server.store import calendar_days
from server.store.audit import Actor
from server.store.scopes import Scope
from tests.server.inspection_city import AT, INSIDE, OFFICERS, OUTSIDE, READINGS, WEATHER, day_zone, fleet
from tests.tablet.node import run_node

PATH = "/tablet/data/reference"


@pytest.fixture(scope="module")
def things(engine, city):
    with transaction(engine) as connection:
        made = fleet(connection, city)
        connection.execute(
            text("INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES"
                 " ('211300', 'city', '朝阳市', 'Chaoyang', ST_GeomFromText(:g, 4326)),"
                 " ('211302', 'county', '双塔区', 'Shuangta', ST_GeomFromText(:g, 4326))"),
            {"g": "MULTIPOLYGON(((120 41, 121 41, 121 42, 120 42, 120 41)))"},
        )  # fmt: skip
        connection.execute(
            text("UPDATE users SET enforcement_card = '06130001' WHERE username IN ('inspector', 'county')")
        )
        connection.execute(
            text("INSERT INTO stations (code, kind, name, division, address, phone) VALUES"
                 " ('S1', 'maintenance', '龙城维修', '211302', '解放路1号', '0421-1'), ('S2', 'inspection', '远处检测', '210302', '', '')")
        )  # fmt: skip
    return made


@pytest.fixture
def fetch(browse, things):
    def get(username="inspector", **headers):
        return browse(username).get(PATH, headers=headers)

    return get


@pytest.fixture
def data(fetch):
    return fetch().json


def zone(connection, code, division, first, last=None, lon=120.1, terms=None):
    number = connection.execute(
        text("INSERT INTO zones (code, name_zh, name_en, division) VALUES (:c, :c, :c, :d) RETURNING id"),
        {"c": code, "d": division},
    ).scalar_one()
    square = f"MULTIPOLYGON((({lon} 41, {lon + 0.1} 41, {lon + 0.1} 41.1, {lon} 41.1, {lon} 41)))"
    connection.execute(
        text("INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from, valid_to)"
             " VALUES (:z, 1, ST_GeomFromText(:g, 4326), cast(:t AS jsonb), :f, :u)"),
        {"z": number, "g": square, "t": json.dumps(terms or {}), "f": first, "u": last},
    )  # fmt: skip


def test_the_file_holds_what_an_inspector_needs(data):
    assert data["city"]["code"] == "211300" and data["city"]["plate_prefix"] == "辽N"
    assert {row["id"] for row in data["rules"]} >= {"gb3847.limit_set", "law.air", "clock.repair", "stages.machine"}
    assert data["words"]["inspection_kind"]["roadside"][0] == "路检"
    assert set(data["methods"]) == {"roadside", "on_site", "machine_spot"}
    assert "coding_check" in data["methods"]["machine_spot"] and "periodic_report" not in data["methods"]["on_site"]
    assert data["fields"]["free_acceleration"][0]["size"] == 3
    assert [one["item"] for one in data["checklists"]["roadside"]][:2] == ["cards_shown", "rights_told"]
    assert data["colleagues"] == [{"name": "姓名inspector", "card_number": "06130001"}]
    assert data["stations"] == [{"kind": "maintenance", "name": "龙城维修", "address": "解放路1号", "phone": "0421-1"}]
    assert ["211302", "双塔区", "Shuangta"] in data["divisions"]
    assert {one["serial"] for one in data["instruments"]} >= {"opacimeter-1", "expired-1"}


def test_no_personal_data_but_colleagues(fetch, city):
    body = fetch().get_data(as_text=True)
    assert "姓名officer" not in body and "姓名enterprise" not in body and "username" not in body
    assert "宏达运输" not in body


def test_an_unchanged_file_costs_nothing(fetch):
    first = fetch()
    again = fetch(**{"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.get_data()) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.json["revision"] == fetch().json["revision"]
    assert "private" in first.headers["Cache-Control"]
    assert int(again.headers["X-Server-Time"]) > 1_700_000_000_000


def test_it_travels_packed(fetch):
    plain, small = fetch(), fetch(**{"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    unpacked = json.loads(gzip.decompress(small.get_data()))
    assert unpacked["revision"] == plain.json["revision"]
    sizes = len(plain.get_data()), len(small.get_data())
    print(f"reference file: {sizes[0]} bytes, packed {sizes[1]}")
    assert sizes[1] < 60_000


def test_who_may_not(fetch, browse):
    assert browse(None).get(PATH, headers={"Accept": "application/json"}).status_code == 401
    for username in ("enterprise", "station", "police", "read_only"):
        assert fetch(username).status_code == 403, username


def test_a_changed_rule_is_a_new_file(fetch, engine, city):
    before = fetch()
    actor = Actor(city.accounts["system_admin"], "system_admin", city.organisations["city"])
    with transaction(engine) as connection:
        change = Change(
            "urea.level_min_pct",
            "2113",
            date(2026, 12, 1),
            15,
            "市局通告",
            "通告原文",
            Certainty.CONFIRMED,
            "冬季",
        )
        rule_book.change(connection, actor, change)
        elsewhere = Change(
            "urea.level_min_pct",
            "2101",
            date(2026, 12, 1),
            20,
            "他市",
            "他市",
            Certainty.CONFIRMED,
            "他市通告",
        )
        rule_book.change(connection, actor, elsewhere)
    after = fetch(**{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    rows = [row for row in after.json["rules"] if row["id"] == "urea.level_min_pct"]
    assert {row["area"] for row in rows} == {"", "2113"}
    assert next(row for row in rows if row["area"])["value"] == 15


def test_zones_of_the_city_around_today(fetch, engine):
    now = datetime.now(UTC)
    days = {
        name: now + timedelta(days=step)
        for name, step in (("old", -60), ("past", -40), ("lately", -5), ("soon", 20), ("late", 50))
    }
    with transaction(engine) as connection:
        zone(connection, "GONE", "211302", days["old"], days["past"])
        zone(connection, "LATELY", "211302", days["old"], days["lately"])
        zone(connection, "SOON", "211302", days["soon"])
        zone(connection, "LATE", "211302", days["late"])
        zone(connection, "PROVINCE", "210000", days["old"])
        zone(connection, "ABROAD", "110105", days["old"], lon=116.4)
        zone(connection, "REACHES", "210700", days["old"], lon=120.95)
    found = {one["code"]: one for one in fetch().json["zones"]}
    assert set(found) - {"Z3-DAY"} == {"Z3", "LATELY", "SOON", "PROVINCE", "REACHES"}
    assert found["LATELY"]["polygons"] == [[[[120.1, 41], [120.2, 41], [120.2, 41.1], [120.1, 41.1], [120.1, 41]]]]
    assert found["LATELY"]["terms"]["applies_to"] == ["machine", "truck"] and "document" in found["LATELY"]


def test_the_calendar_says_which_days_are_not_as_their_weekday(fetch, engine):
    today = datetime.now(BEIJING).date()
    odd = next(day for step in range(1, 8) if (day := today + timedelta(days=step)).weekday() == 2)
    with transaction(engine) as connection:
        calendar_days.put_calendar_day(connection, calendar_days.CalendarDay(odd, "rest", "停电"))
    assert odd.isoformat() in fetch().json["calendar"]["rest_days"]


JUDGE = """
import { judge } from "./rules/judge.js";
import { measuredSubject } from "./rules/subject.js";
function main({ data, asked }) {
  return asked.map(({ check, facts, at, area }) => {
    const { outcome, standing, offences, law, sentences, judgements } = judge(data, check, measuredSubject(facts, check), at, area);
    const short = judgements.map(({ method, outcome, sentence, doubts, rules }) => ({ method, outcome, sentence, doubts, rules }));
    return { outcome, standing, offences, law, sentences, judgements: short };
  });
}
"""
TRUCK = {"kind": "truck", "id": 1, "stage": "5", "fuel": "diesel", "category": "heavy_goods"}
MACHINE = {"kind": "machine", "id": 1, "stage": "3", "fuel": "diesel", "category": "excavator", "power_kw": 120,
           "registration_no": "3-6NA00077", "built_on": None}  # fmt: skip


def checks(things) -> list[dict[str, Any]]:
    """Checks of a truck and a machine: by every method, inside and outside the zone, with and without what is needed."""
    kept = things.instruments
    found: list[dict[str, Any]] = []
    for place in (INSIDE, OUTSIDE):
        for facts, kind, methods in (
            (
                TRUCK,
                "roadside",
                (
                    "free_acceleration",
                    "lug_down",
                    "ringelmann",
                    "obd_check",
                    "device_check",
                    "urea_check",
                    "fuel_sample",
                ),
            ),
            (
                MACHINE,
                "machine_spot",
                ("machine_smoke", "ringelmann", "device_check", "urea_check", "coding_check", "fuel_sample"),
            ),
        ):
            subject = (
                {"subject": "辽NJC001", "colour": "yellow"}
                if facts is TRUCK
                else {"subject": "3-6NA00077", "colour": ""}
            )
            base = {"kind": kind, **subject, "lon": place[0], "lat": place[1], "officers": OFFICERS, "weather": WEATHER}
            found += [
                {**base, "facts": facts, "methods": {name: READINGS[name]}, "instrument_ids": list(kept.values())}
                for name in methods
            ]
            first = {methods[0]: READINGS[methods[0]]}
            found.append({**base, "facts": facts, "methods": first, "instrument_ids": []})
            found.append(
                {**base, "facts": facts, "methods": first, "instrument_ids": [things.expired], "weather": None}
            )
            found.append(
                {
                    **base,
                    "facts": facts,
                    "methods": first,
                    "instrument_ids": list(kept.values()),
                    "officers": OFFICERS[:1],
                }
            )
    late = "2026-11-20T03:00:00+08:00"  # outside the hours of the day zone
    found += [{**found[-1], "lon": 120.71, "lat": 41.57, "when": when} for when in (AT.isoformat(), late)]
    unknown = {
        "subject": "辽N99999",
        "colour": "blue",
        "subject_kind": "truck",
        "stage": "6",
        "fuel": "",
        "category": "light_goods",
    }
    found.append({**found[0], **unknown, "facts": None})
    return found


def when_of(check: dict[str, Any]) -> str:
    return str(check.get("when", AT.isoformat()))


def test_the_tablet_says_what_the_server_will(fetch, engine, things):
    """The same checks through the flow that records them: register, zones, instruments out of the database."""
    asked, expected = [], []
    with transaction(engine) as connection:
        day_zone(connection)
        rules = rule_book.current(connection)
        for one in checks(things):
            record = {"kind": one["kind"], "at": when_of(one), "methods": one["methods"], "officers": one["officers"]}
            record |= {"weather": one["weather"]} if one["weather"] else {}
            given = SubjectGiven(
                one["subject"],
                one["colour"],
                *(one.get(name, "") for name in ("subject_kind", "stage", "fuel", "category")),
            )
            draft = InspectionDraft(record, given, one["lon"], one["lat"], "", "211302", tuple(one["instrument_ids"]))
            verdict = judge(connection, Scope("2113"), rules, draft, datetime.now(UTC)).row["verdict"]
            names = ("method", "outcome", "sentence", "doubts", "rules")
            judgements = [
                {**{name: each[name] for name in names}, "rules": [row["key"] for row in each["rules"]]}
                for each in verdict["judgements"]
            ]
            shown = {name: verdict[name] for name in ("outcome", "standing", "offences", "law", "sentences")}
            expected.append({**shown, "judgements": judgements})
            at = round(datetime.fromisoformat(when_of(one)).timestamp() * 1000)
            asked.append(
                {
                    "check": {key: value for key, value in one.items() if key not in ("facts", "when")},
                    "facts": one["facts"],
                    "at": at,
                    "area": "211302",
                }
            )
    answers = run_node(JUDGE, {"data": fetch().json, "asked": asked})
    for case, server, tablet in zip(asked, expected, answers, strict=True):
        assert tablet == server, case
    assert {one["standing"] for one in expected} == {"legal", "screening"}
    assert {one["outcome"] for one in expected} >= {"passed", "failed"}


def test_incomplete_readings_are_not_judged_yet(data):
    script = """
    import { judge, judgeMethod } from "./rules/judge.js";
    function main(data) {
      const subject = { kind: "truck", stage: "5", fuel: "diesel" };
      const at = Date.parse("2026-11-20T09:30:00+08:00");
      const readings = { peaks: [0.5, 0.6] };
      const check = { kind: "roadside", methods: { free_acceleration: readings, ringelmann: { grade: 2 } }, officers: [] };
      const early = Date.parse("2010-01-01T00:00:00Z");
      return [
        judgeMethod(data, "free_acceleration", readings, subject, at, "211302"),
        judge(data, check, subject, at, "211302"),
        judge(data, check, subject, early, "211302"),
      ];
    }
    """
    one, whole, early = run_node(script, data)
    assert one["outcome"] == "not_judged" and [doubt["code"] for doubt in one["doubts"]] == ["readings_incomplete"]
    assert "三次峰值" in one["doubts"][0]["zh"]
    assert whole["outcome"] == "failed" and {each["method"] for each in whole["judgements"]} == {
        "free_acceleration",
        "ringelmann",
    }
    assert early["outcome"] == "not_judged" and early["sentences"][1]["code"] == "no_rule_in_force"


def test_the_notice_by_the_law_of_the_day(data, engine):
    script = """
    import { noticeText, repairDueOn } from "./rules/notice.js";
    function main({ data, days }) {
      const old = noticeText(data, Date.parse("2026-08-14T10:00:00+08:00"), { repair_number: "W1", subject: ["甲", "A"] });
      const now = noticeText(data, Date.parse("2026-08-15T10:00:00+08:00"), { repair_number: "W1", subject: ["甲", "A"] });
      return { old, now, due: days.map((day) => repairDueOn(data, day, "211302")) };
    }
    """
    start = datetime.now(BEIJING)
    days = [start + timedelta(days=step) for step in range(-10, 60)]
    with transaction(engine) as connection:
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    answer = run_node(script, {"data": data, "days": [round(day.timestamp() * 1000) for day in days]})
    assert answer["due"] == [last_day(rules, calendar, "211302", day)[0].isoformat() for day in days]
    assert "《大气污染防治法》第六十条" in "".join(answer["old"]["paragraphs"]["zh"])
    assert "《生态环境法典》第二百二十九条" in "".join(answer["now"]["paragraphs"]["zh"])
    assert any(
        "Ecological Environment Code" in line and "A" in line for line in [" ".join(answer["now"]["paragraphs"]["en"])]
    )
    assert answer["now"]["issuer"]["zh"] == "单位city" and "W1" in "".join(answer["now"]["paragraphs"]["zh"])
    assert not any(
        "{" in line
        for text in (answer["old"], answer["now"])
        for lines in text["paragraphs"].values()
        for line in lines
    )


def test_what_to_look_for(data):
    script = """
    import { lookFor } from "./rules/look_for.js";
    const main = ({ data, all }) => all.map((facts) => lookFor(data, facts).map((hint) => hint.code));
    """
    cases = [
        ({"kind": "truck", "id": 1, "stage": "6b", "fuel": "diesel", "device": "no"}, ["truck_scr", "truck_vi_obd", "no_terminal"]),
        ({"kind": "truck", "id": 1, "stage": "4", "fuel": "diesel", "open_notice": {"overdue": True}, "open_cases": 1},
         ["open_notice", "overdue_notice", "open_case", "truck_old"]),
        ({"kind": "machine", "id": 1, "stage": "4", "fuel": "diesel", "registration_no": "", "watch": ["x"], "last": [{"outcome": "failed"}]},
         ["watched", "failed_last", "machine_plate", "machine_not_coded", "machine_smoke", "machine_iv"]),
        ({"kind": "truck", "stage_basis": "date", "stage": "5", "fuel": "natural_gas"}, ["not_registered", "stage_doubtful", "truck_gas"]),
    ]  # fmt: skip
    answers = run_node(script, {"data": data, "all": [facts for facts, _ in cases]})
    assert answers == [codes for _, codes in cases]


def test_checklists_are_data(data):
    assert set(data["checklists"]) == {
        str(kind) for kind in InspectionKind if kind in ("roadside", "on_site", "machine_spot")
    }
    last = data["checklists"]["machine_spot"][-1]
    assert (last["item"], last["ok"]) == ("smoke_seen", "no")
    assert all(
        one["zh"] and one["en"] and one["ok"] in ("yes", "no")
        for points in data["checklists"].values()
        for one in points
    )
