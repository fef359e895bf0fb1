"""What whole inspections amount to: outcome, standing, offences, law; and what instruments must have."""

import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.inspections.conclusions import conclude, from_json, to_json
from enforcement.inspections.instruments import CheckKind, InstrumentCheck, InstrumentKind, check_result, standing
from enforcement.inspections.verdicts import verdict_json
from enforcement.measurements import Measured
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING, RuleMissing
from enforcement.zones.terms import Purpose, SubjectKind
from enforcement.zones.terms_json import from_json as terms_from_json

CASES = "inspections.yaml"
TRACTOR = Measured(SubjectKind.TRUCK, Stage.V, fuel=Fuel.DIESEL, category=TruckCategory.HEAVY_TRACTOR)
LOADER = Measured(
    SubjectKind.MACHINE, Stage.II, 162, fuel=Fuel.DIESEL, category=MachineCategory.LOADER, registration_no="2-6NA00001"
)
CLOSING = {"rules_unconfirmed"}


def opacimeter(at, age_h=2.0, without=None, filter_values=(50, 50)):
    checked_at = (at - timedelta(hours=age_h)).isoformat()
    checks = [
        {"kind": kind, "at": checked_at, "passed": True}
        for kind in ("zero", "span", "filter", "leak")
        if kind != without
    ]
    for check in checks:
        if check["kind"] == "filter":
            check |= dict(zip(("expected", "measured"), filter_values, strict=True))
    return {
        "kind": "opacimeter",
        "serial": "S1",
        "model": "M1",
        "software_version": "1.0",
        "verifications": [{"certificate": "C1", "valid_from": "2025-09-01", "valid_to": "2026-09-01"}],
        "checks": checks,
    }


def document(at, kind="roadside", methods=None):
    return {
        "kind": kind,
        "at": at.isoformat(),
        "methods": methods or {"free_acceleration": {"peaks": [0.5, 0.6, 0.6]}},
        "officers": [{"name": "王一", "card_number": "21130001"}, {"name": "李二", "card_number": "21130002"}],
        "weather": {"sky": "clear", "temperature_c": 20, "humidity_pct": 40, "pressure_kpa": 100},
        "instruments": [opacimeter(at)],
        "party": {"name": "赵三", "signature": "signed"},
    }


def codes(conclusion):
    return [sentence.code for sentence in conclusion.sentences[1:] if sentence.code not in CLOSING]


def test_conclusion(case, rules, beijing):
    inspection = from_json(document(beijing(case["at"])) | case.get("change", {}))
    answer = conclude(rules, inspection, TRACTOR, (), "211300")
    assert (answer.outcome, answer.standing) == (case["outcome"], case["standing"])
    assert list(answer.offences) == case.get("offences", [])
    assert answer.law == case.get("law", "CODE")
    assert codes(answer) == case["says"]


def test_zone(case, rules, beijing):
    at = beijing(datetime(2026, 9, 1, 10))  # noqa: DTZ001 - a case's moment is Beijing's
    methods = {"machine_smoke": {"peaks": [0.9, 1.0, 1.1], "visible_smoke": case.get("visible", "unknown")}}
    if "devices" in case:
        methods["device_check"] = {"devices": case["devices"]}
    terms = () if case["terms"] is None else (terms_from_json(case["terms"]),)
    purposes = [Purpose(name) for name in case.get("purposes", [])]
    inspection = from_json(document(at, "machine_spot", methods))
    answer = conclude(rules, inspection, LOADER, terms, "211300", purposes)
    assert answer.outcome == case["outcome"]
    assert list(answer.offences) == case["offences"]
    assert codes(answer) == case["says"]


def test_instrument(case, rules, beijing):
    at = beijing(case["at"])
    used = opacimeter(at, case.get("age_h", 2), case.get("without"), case.get("filter", (50, 50)))
    change = json.loads(json.dumps(case.get("change", {}), default=str))
    inspection = from_json(document(at) | {"instruments": [used | change]})
    answer, sentences = standing(rules, inspection.instruments, at)
    assert answer == case["standing"]
    assert [sentence.code for sentence in sentences] == case["says"]


def test_a_check_written_down_as_failed_stays_failed(rules, beijing):
    at = beijing(date(2026, 9, 1))
    failed = InstrumentCheck(CheckKind.FILTER, at, passed=False, expected=50, measured=50)
    passed, rule = check_result(rules, InstrumentKind.OPACIMETER, failed)
    assert not passed and rule.id == "instrument.opacimeter.filter_tolerance"
    by_eye = InstrumentCheck(CheckKind.LEAK, at, passed=True)
    assert check_result(rules, InstrumentKind.OPACIMETER, by_eye) == (True, None)


def test_the_verdict_holds_every_row_and_is_json(rules, beijing):
    inspection = from_json(document(beijing(date(2026, 9, 1))))
    answer = conclude(rules, inspection, TRACTOR, (), "211300")
    stored = json.loads(json.dumps(verdict_json(answer), allow_nan=False))
    keys = {row["key"] for row in stored["rules"]}
    for judgement in stored["judgements"]:
        assert set(judgement["rules"]) <= keys
        assert {item["rule"] for item in judgement["items"] if item["rule"]} <= keys
    assert {"law.air@2026-08-15", "officers.minimum@2021-07-15", "gb3847.limit_set@2019-05-01"} <= keys
    assert all(row["legal_basis"] and row["certainty"] in ("confirmed", "unconfirmed") for row in stored["rules"])
    assert stored["sentences"][0] == {"code": "passed", "zh": "检查结论：合格。", "en": "The inspection: passed."}
    assert from_json(to_json(inspection)) == inspection


def test_before_the_rule_book_begins_nothing_is_concluded(rules, beijing):
    inspection = from_json(document(beijing(date(2015, 12, 31))))
    with pytest.raises(RuleMissing):
        conclude(rules, inspection, TRACTOR, (), "211300")


@given(st.sets(st.sampled_from(["weather", "instruments", "officer", "card", "checks"])))
def test_a_screening_never_becomes_legal_by_what_is_taken_away(rules, beijing, taken):
    value = document(beijing(date(2026, 9, 1)))
    if "weather" in taken:
        value["weather"] = None
    if "checks" in taken:
        value["instruments"][0]["checks"] = []
    if "instruments" in taken:
        value["instruments"] = []
    if "officer" in taken:
        value["officers"].pop()
    if "card" in taken:
        value["officers"][0]["card_number"] = ""
    answer = conclude(rules, from_json(value), TRACTOR, (), "211300")
    assert answer.standing == ("screening" if taken else "legal")
    assert bool(codes(answer)) is bool(taken)


def test_what_was_said_at_the_place_is_kept_whole():
    value = document(datetime(2026, 9, 1, 10, tzinfo=BEIJING)) | {
        "checklist": [{"item": "随车清单", "answer": "yes", "note": "已核对"}],
        "note": "当事人对结果无异议",
    }
    kept = to_json(from_json(value))
    assert kept["checklist"] == value["checklist"] and kept["note"] == value["note"]
    assert kept["at"] == "2026-09-01T10:00:00+08:00"
    assert kept["party"] == {"name": "赵三", "phone": "", "signature": "signed", "statement": ""}
