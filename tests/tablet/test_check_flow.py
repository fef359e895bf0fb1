"""The parts of a check that need no browser: steps, what is typed, the place, the record, the last day of a repair."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from enforcement.cases.clocks import Clock, due_on
from enforcement.cases.clocks import DayKind as ClockDay
from enforcement.rules.book import BEIJING
from enforcement.rules.calendar import Calendar, DayKind
from tests.tablet.node import run_node

CLEAN = {"outcome": "passed", "standing": "legal", "offences": [], "judgements": []}
OVER = {"outcome": "failed", "standing": "legal", "offences": ["failed_inspection"], "judgements": []}
SCREENED = {**OVER, "standing": "screening"}
ZONED = {"outcome": "passed", "standing": "legal", "offences": ["truck_zone_breach"], "judgements": []}
STEPS = """
import { stepsOf, after, before, photosWanted, lacking, owesNotice } from "./check/steps.js";
const main = (records) => records.map((record) => ({
  steps: stepsOf(record), wanted: photosWanted(record), lacking: lacking(record).map(({ code }) => code),
  owes: owesNotice(record.verdict), afterParty: after(record, "party"), beforeKnown: before(record, "known"),
  afterNotice: after(record, "notice"),
}));
"""


def record(verdict: dict[str, Any] | None, methods: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A record as far as the steps look at it."""
    check = {
        "subject": "辽NJC001", "subject_kind": "truck", "methods": methods or {}, "lon": 120.4, "place": "",
        "officers": [{"name": "王一", "card_number": "1"}],
    }  # fmt: skip
    return {"verdict": verdict, "check": check, "base": None, "reason": "", "known": {"id": 1}, **more}


def steps(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """What the flow says of each."""
    found: Any = run_node(STEPS, list(records))
    return list(found)


def test_a_check_without_a_fault_skips_notice_and_review() -> None:
    (found,) = steps(record(CLEAN, {"ringelmann": {"grade": 0}}))
    assert found["steps"] == ["identify", "known", "checklist", "readings", "photos", "officers", "party", "done"]
    assert found["wanted"] == []
    assert found["lacking"] == []
    assert found["afterParty"] == "done"


def test_a_failed_check_with_legal_standing_gets_its_notice() -> None:
    found, screened, zoned = steps(
        record(OVER, {"free_acceleration": {"peaks": [3, 3, 3]}}),
        record(SCREENED, {"ringelmann": {"grade": 3}}),
        record(ZONED),
    )
    assert found["owes"]
    assert found["afterParty"] == "notice"
    assert found["afterNotice"] == "review"
    assert found["wanted"] == ["scene", "plate", "reading"]
    assert not screened["owes"]
    assert screened["afterParty"] == "review"
    assert screened["wanted"] == ["scene", "plate", "smoke"]
    assert not zoned["owes"]
    assert zoned["wanted"] == ["scene", "plate"]


def test_a_correction_goes_by_the_review_and_needs_its_reason() -> None:
    one = record(CLEAN, {"ringelmann": {"grade": 0}}, base={"id": 3, "number": "J1", "version": 1}, reason="误")
    two = {**one, "reason": "读数抄错"}
    found, said = steps(one, two)
    assert found["steps"][-2:] == ["review", "done"]
    assert found["lacking"] == ["reason"]
    assert said["lacking"] == []


def test_what_is_lacking_is_named_in_the_order_of_the_steps() -> None:
    empty = record(None)
    empty["check"].update(subject="", subject_kind=None, officers=[], lon=None)
    empty["known"] = None
    assert steps(empty)[0]["lacking"] == ["subject", "subject_kind", "methods", "officers", "place"]


ENTRIES = """
import { readingsOf, textsOf, pressed, lookedAtOnly, inUsualOrder } from "./check/entries.js";
const main = ({ fields, typed, keys, looked, order }) => ({
  readings: (typed ?? []).map((one) => readingsOf(fields, one)),
  back: (typed ?? []).map((one) => readingsOf(fields, textsOf(fields, readingsOf(fields, one)))),
  text: (keys ?? []).map((row) => row.reduce(pressed, "")),
  looked: (looked ?? []).map(([offered, subject, known]) => lookedAtOnly(offered, subject, known)),
  order: order ? inUsualOrder(...order) : null,
});
"""
PEAKS = {"name": "peaks", "kind": "numbers", "size": 3, "low": 0, "high": 100, "required": True, "unit": ""}
QUANTITY = {"name": "quantity", "kind": "choice", "default": "k", "required": False}
ALTITUDE = {"name": "altitude_m", "kind": "number", "low": -500, "high": 6000, "required": False, "unit": "m"}


def entries(**given_: Any) -> dict[str, Any]:
    """What the page makes of what was typed."""
    found: Any = run_node(ENTRIES, {"fields": [PEAKS, QUANTITY, ALTITUDE], **given_})
    return dict(found)


def test_readings_are_complete_or_none() -> None:
    typed = [
        {"peaks": ["1.95", "2", "2,05"]}, {"peaks": ["1.95", "2"]}, {"peaks": ["1.95", "2", "101"]},
        {"peaks": ["1.95", "2", "x"]}, {"peaks": ["0", "0", "0"], "altitude_m": "-12.5", "quantity": "opacity"}, {},
        {"peaks": ["1", "1", "1"], "altitude_m": "-501"}, {"peaks": ["1", "1", "1."]},
    ]  # fmt: skip
    found = entries(typed=typed)
    assert found["readings"][0] == {"peaks": [1.95, 2, 2.05]}
    assert found["readings"][1:4] == [None, None, None]
    assert found["readings"][4] == {"peaks": [0, 0, 0], "quantity": "opacity", "altitude_m": -12.5}
    assert found["readings"][5:7] == [None, None]
    assert found["readings"][7] == {"peaks": [1, 1, 1]}
    assert found["back"] == found["readings"]


def test_the_keys_of_the_number_pad() -> None:
    keys = [
        ["1", ".", "9", "5"],
        [".", "5"],
        ["0", "7"],
        ["1", ".", "."],
        ["5", "sign"],
        ["5", "sign", "sign"],
        ["1", "2", "back"],
        list("123456789"),
    ]
    assert entries(keys=keys)["text"] == ["1.95", "0.5", "7", "1.", "-5", "5", "1", "1234567"]


def test_looked_at_only_says_what_can_be_said_of_the_subject() -> None:
    roadside = ["free_acceleration", "ringelmann", "obd_check", "urea_check", "device_check"]
    spot = ["machine_smoke", "ringelmann", "urea_check", "coding_check"]
    looked = [
        [roadside, {"kind": "truck", "stage": "5", "fuel": "diesel"}, None],
        [roadside, {"kind": "truck", "stage": "3", "fuel": "diesel"}, None],
        [roadside, {"kind": "truck", "stage": "D", "fuel": "electric"}, None],
        [spot, {"kind": "machine", "stage": "3", "fuel": "diesel"}, {"registration_no": "3-6NA00077"}],
        [
            spot,
            {"kind": "machine", "stage": "4", "fuel": "diesel"},
            {"registration_no": "", "after_treatment": ["scr"]},
        ],
    ]
    found = [sorted(one) for one in entries(looked=looked)["looked"]]
    assert found == [
        ["obd_check", "ringelmann", "urea_check"], ["obd_check", "ringelmann"], ["ringelmann"],
        ["coding_check", "ringelmann"], ["ringelmann", "urea_check"],
    ]  # fmt: skip


def test_the_usual_method_is_first() -> None:
    assert entries(order=[["a", "b", "c"], {"c": 4, "b": 4}])["order"] == ["b", "c", "a"]
    assert entries(order=[["a", "b", "c"], None])["order"] == ["a", "b", "c"]


FIXES = """
import { isBetter } from "./check/location.js";
const main = (pairs) => pairs.map(([record, fix]) => isBetter(record, fix));
"""


def test_a_fix_is_taken_while_it_gets_better_and_never_over_a_hand() -> None:
    def at(step: str, accuracy: float | None, placed: str | None = "device") -> dict[str, Any]:
        lon = None if accuracy is None else 120.0
        return {"step": step, "placed": placed, "fix_ms": 0, "check": {"lon": lon, "accuracy_m": accuracy}}

    def fix(accuracy: float, ms: int = 1000) -> dict[str, Any]:
        return {"lon": 120, "lat": 41, "accuracy_m": accuracy, "at_ms": ms}

    pairs = [
        [at("readings", None, None), fix(900)], [at("readings", 30), fix(8)], [at("readings", 8), fix(30)],
        [at("known", 8), fix(12, 60_000)], [at("readings", 8), fix(12, 60_000)], [at("known", 50, "hand"), fix(3)],
        [at("known", None, "kept"), fix(3)],
    ]  # fmt: skip
    assert run_node(FIXES, pairs) == [True, True, False, True, False, False, False]


DRAFTS = """
import { seed, identify, subjectOf, correctionOf } from "./check/drafts.js";
const blank = () => seed({ key: "k", account: "a", kind: "roadside", nowMs: 1000, offsetMs: 50, officers: [] });
const main = ({ facts, given, row }) => {
  const record = blank();
  identify(record, facts, given, 2000, 60);
  return { check: record.check, subject: subjectOf(record), at: record.device_at, offset: record.offset_ms,
    correction: row ? correctionOf(row, blank(), facts) : null };
};
"""


def test_the_register_goes_before_what_was_read_at_the_place() -> None:
    facts = {
        "kind": "truck",
        "id": 7,
        "plate": "辽NJC001",
        "colour": "yellow",
        "stage": "5",
        "fuel": "unknown",
        "category": "heavy_goods",
    }
    found: Any = run_node(DRAFTS, {"facts": facts, "given": {"text": "辽NJC001", "stage": "6a", "fuel": "diesel"}})
    assert found["subject"]["stage"] == "5"
    assert found["subject"]["fuel"] == "diesel"
    assert found["check"]["colour"] == "yellow"
    assert (found["at"], found["offset"]) == (2000, 60)


def test_a_stranger_is_what_was_read() -> None:
    found: Any = run_node(
        DRAFTS, {"facts": None, "given": {"text": "3-1AA00001", "kind": "machine", "stage": "2", "power_kw": 90}}
    )
    assert found["subject"] == {
        "kind": "machine", "stage": "2", "fuel": "unknown", "category": None, "power_kw": 90, "rated_power_kw": 90,
        "registration_no": "", "built_on": None, "zone_smoke_class": None,
    }  # fmt: skip


def test_a_correction_begins_with_what_stands() -> None:
    row = {
        "id": 9, "number": "J20261120-000009", "version": 2, "at": "2026-11-20T01:30:00+00:00", "subject_text": "辽NJC001",
        "colour": "yellow", "kind": "on_site", "lon": 120.4, "lat": 41.5, "place": "国道101线",
        "content": {"methods": {"ringelmann": {"grade": 2}}, "officers": [{"name": "王一"}], "checklist": [], "party": {"name": "张三"}},
    }  # fmt: skip
    found: Any = run_node(DRAFTS, {"facts": {"kind": "truck", "id": 1}, "given": {"text": "x"}, "row": row})
    made = found["correction"]
    assert made["base"] == {"id": 9, "number": "J20261120-000009", "version": 2}
    assert made["device_at"] + made["offset_ms"] == int(
        datetime(2026, 11, 20, 9, 30, tzinfo=BEIJING).timestamp() * 1000
    )
    assert made["check"]["methods"] == {"ringelmann": {"grade": 2}}
    assert made["check"]["kind"] == "on_site"
    assert made["step"] == "review"


DUE = """
import { repairDueOn } from "./rules/notice.js";
const main = ({ reference, moments }) => moments.map((at) => repairDueOn(reference, at, "211302"));
"""


@pytest.mark.parametrize(
    ("days", "unit", "rolls"),
    [(30, "calendar days", ["repair"]), (15, "working days", []), (15, "calendar days", ["payment"])],
)
def test_the_last_day_of_a_repair_is_the_servers(days: int, unit: str, rolls: list[str]) -> None:
    def rule(name: str, value: Any, of: str) -> dict[str, Any]:
        return {
            "id": name,
            "key": name,
            "value": value,
            "unit": of,
            "valid_from": "2016-01-01",
            "valid_to": None,
            "area": "",
        }

    calendar = Calendar()
    first = date(2026, 1, 1)
    days_of = [first + timedelta(days=n) for n in range(500)]
    told = {
        "holidays": [one.isoformat() for one in days_of if calendar.kind(one) is DayKind.HOLIDAY],
        "workdays": [one.isoformat() for one in days_of if one.weekday() > 4 and calendar.is_working_day(one)],
        "rest_days": [],
    }  # fmt: skip
    reference = {
        "rules": [rule("clock.repair", days, unit), rule("clock_rolls.kinds", rolls, "kinds of clock")],
        "calendar": told,
    }
    moments = [datetime(2026, 1, 1, 23, 59, tzinfo=BEIJING) + timedelta(days=n) for n in range(300)]
    found: Any = run_node(DUE, {"reference": reference, "moments": [one.timestamp() * 1000 for one in moments]})
    of = Clock("repair", days, ClockDay(unit.split()[0]), None, "repair" in rolls)  # type: ignore[arg-type]
    assert found == [due_on(calendar, one.date(), of).isoformat() for one in moments]
