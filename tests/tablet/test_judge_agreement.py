"""The evaluator of the tablet and that of the server say the same, to the letter, whatever is measured."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from enforcement.inspections import records
from enforcement.inspections.conclusions import conclude
from enforcement.inspections.instruments import Standing
from enforcement.inspections.verdicts import verdict_json
from enforcement.json_records import plain
from enforcement.measurements import Measured, Outcome
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.doubts import half_width
from enforcement.registry.fuels import Fuel
from enforcement.registry.machine_numbers import normalise_machine_number
from enforcement.registry.stages import Stage, read_stage
from enforcement.rules.book import BEIJING, RuleMissing, checked, load
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.sentences import texts
from enforcement.zones import terms_json
from enforcement.zones.terms import Purpose, SubjectKind
from server.flows import tablet_rules
from tests.enforcement.test_inspections import LOADER, TRACTOR, document, opacimeter
from tests.enforcement.test_measurements import measured
from tests.tablet.judge_cases import Case, book, cases
from tests.tablet.node import run_node

NUMBER = 10_000
CASES = Path(__file__).resolve().parents[1] / "enforcement" / "cases"
DYADIC = st.builds(lambda whole, power: whole / 2**power, st.integers(-(10**9), 10**9), st.integers(0, 12))
SCRIPT = """
import { conclude, conclusionJson } from "./rules/conclude.js";
import { readReadings } from "./rules/readings.js";
import { RuleMissing } from "./rules/rulebook.js";
import { completeSubject } from "./rules/subject.js";

function answer(data, one) {
  const methods = {};
  for (const [name, given] of Object.entries(one.record.methods)) {
    const { readings, faults } = readReadings(data, name, given);
    if (faults.length) return { faults };
    methods[name] = readings;
  }
  const inspection = { ...one.record, methods };
  try {
    const subject = completeSubject(one.subject);
    return conclusionJson(conclude(data, inspection, subject, one.at_ms, one.area, one.terms, one.purposes));
  } catch (fault) {
    if (fault instanceof RuleMissing) return { missing: fault.message };
    throw fault;
  }
}

function main({ data, cases }) {
  return cases.map((one) => answer(data, one));
}
"""


def data_of(rules) -> dict[str, Any]:
    return {
        "rules": tablet_rules.rule_rows(rules, ""),
        "sentences": tablet_rules.sentence_rows(),
        "names": tablet_rules.names(),
        "fields": tablet_rules.method_fields(),
    }


def measured_of(facts: Case) -> Measured:
    categories = TruckCategory if facts["kind"] == "truck" else MachineCategory
    return Measured(
        SubjectKind(facts["kind"]),
        Stage(facts["stage"]),
        facts["power_kw"],
        facts["rated_power_kw"],
        Fuel(facts["fuel"]),
        categories(facts["category"]) if facts["category"] else None,
        SmokeClass(facts["zone_smoke_class"]) if facts["zone_smoke_class"] else None,
        facts["registration_no"],
        date.fromisoformat(facts["built_on"]) if facts["built_on"] else None,
    )


def of_server(rules, case: Case) -> dict[str, Any]:
    """What the server concludes, as the tablet writes it."""
    inspection = records.from_json(case["record"])
    terms = [terms_json.from_json(one) for one in case["terms"]]
    purposes = [Purpose(one) for one in case["purposes"]]
    try:
        found = conclude(rules, inspection, measured_of(case["subject"]), terms, case["area"], purposes)
    except RuleMissing as missing:
        return {"missing": str(missing)}
    verdict = verdict_json(found)
    names = ("method", "outcome", "items", "offences", "rules", "doubts", "sentence")
    verdict["judgements"] = [{name: one[name] for name in names} for one in verdict["judgements"]]
    for judgement in verdict["judgements"]:
        judgement["items"] = [
            {name: value for name, value in item.items() if name not in ("zh", "en")} for item in judgement["items"]
        ]
    verdict["rules"] = [rule["key"] for rule in verdict["rules"]]
    return json.loads(json.dumps(verdict))


def of_tablet(rules, given: list[Case]) -> list[dict[str, Any]]:
    """What the tablet concludes of the same cases; it gets whole instruments and terms, as the reference file has them."""
    sent = []
    for case in given:
        read = records.from_json(case["record"])
        filled = {"instruments": plain(read.instruments), "officers": plain(read.officers)}
        terms = [terms_json.to_json(terms_json.from_json(one)) for one in case["terms"]]
        sent.append({**case, "record": {**case["record"], **filled}, "terms": terms})
    answers = run_node(SCRIPT, {"data": data_of(rules), "cases": sent})
    assert isinstance(answers, list)
    return answers


def compare(rules, given: list[Case]) -> list[dict[str, Any]]:
    expected = [of_server(rules, case) for case in given]
    for case, server, tablet in zip(given, expected, of_tablet(rules, given), strict=True):
        assert tablet == server, json.dumps(case, ensure_ascii=False, indent=1)
    return expected


@pytest.fixture(scope="module")
def agreed():
    """Ten thousand cases that both judged alike, with what they said."""
    rules = book()
    return compare(rules, list(cases(rules, NUMBER)))


def test_they_agree_and_every_branch_was_walked(agreed):
    """No sentence, offence, outcome or standing that the server can come to was left out."""
    found = [one for one in agreed if "missing" not in one]
    assert {(one["outcome"], one["standing"]) for one in found} == set(product(map(str, Outcome), map(str, Standing)))
    assert {name for one in found for name in one["offences"]} == set(map(str, Offence))
    assert {one["law"] for one in found} == {"APPCL", "CODE"}
    assert any("missing" in one for one in agreed)
    for method in tablet_rules.METHODS:
        judged = [each for one in found for each in one["judgements"] if each["method"] == method]
        # urea that says nothing is refused, and its rows are as old as the book: it is always judged
        never = {"not_judged"} if method == "urea_check" else set()
        assert {each["outcome"] for each in judged} == set(map(str, Outcome)) - never, method
        assert any(each["doubts"] for each in judged), method


def test_every_sentence_was_said(agreed):
    said = "\n".join({text for one in agreed for text in zh_texts(one)})
    silent = {name for name, one in texts().items() if not re.search(pattern(one.zh), said)}
    assert silent == NEVER_SAID


NEVER_SAID = {
    "stage_inferred",  # an inspection does not say how a stage is known: test_zones_agreement has it
    "reading_missing",  # the server refuses such readings before it judges
    "reading_span",
    "reading_numbers",
    "reading_choice",
    "readings_nothing",
    "readings_incomplete",
    "reference_outdated",  # of the tablet itself
}


def zh_texts(one: dict[str, Any]) -> Iterator[str]:
    yield from (sentence["zh"] for sentence in one.get("sentences", ()))
    for judgement in one.get("judgements", ()):
        yield judgement["sentence"]["zh"]
        yield from (doubt["zh"] for doubt in judgement["doubts"])


def pattern(template: str) -> str:
    return "[^\n]*?".join(map(re.escape, re.split(r"\{[^}]*\}", template)))


def yaml_cases(name: str, *lists: str) -> list[Case]:
    whole = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    return [{"list": one, **case} for one in lists for case in whole[one]]


def beijing(day: Any) -> datetime:
    at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - as written
    return at.replace(tzinfo=BEIJING)


def as_case(at: datetime, record: Case, subject: Measured, area: str, terms=(), purposes=()) -> Case:
    return json.loads(
        json.dumps(
            {
                "at_ms": round(at.timestamp() * 1000),
                "area": area,
                "record": record,
                "subject": plain(subject),
                "terms": list(terms),
                "purposes": list(purposes),
            },
            default=str,
        )
    )


def test_worked_measurements():
    """Every worked case of a lawyer for these methods, as a whole inspection."""
    base = load()
    here = next(row for row in base.rows if row.id == "gb3847.limit_set")
    rules = checked((*base.rows, replace(here, value="b", area="11")))
    given = [
        as_case(
            at := beijing(case["at"]),
            {**document(at, "on_site"), "methods": {case["method"]: case["readings"]}},
            measured(case),
            case.get("area", "211300"),
        )
        for case in yaml_cases("measurements.yaml", "worked", "limits", "checks")
        if case["method"] in tablet_rules.METHODS
    ]
    assert len(given) > 60
    for case, answer in zip(given, compare(rules, given), strict=True):
        assert "missing" in answer or answer["judgements"], case


def test_worked_inspections():
    given = []
    for case in yaml_cases("inspections.yaml", "conclusion", "instrument"):
        at = beijing(case["at"])
        record = document(at)
        if case["list"] == "instrument":
            used = opacimeter(at, case.get("age_h", 2), case.get("without"), case.get("filter", (50, 50)))
            record["instruments"] = [used | case.get("change", {})]
        else:
            record |= case.get("change", {})
        if set(record["methods"]) <= set(tablet_rules.METHODS):
            given.append(as_case(at, record, TRACTOR, "211300"))
    for case in yaml_cases("inspections.yaml", "zone"):
        at = beijing(datetime(2026, 9, 1, 10))  # noqa: DTZ001 - as written
        methods = {"machine_smoke": {"peaks": [0.9, 1.0, 1.1], "visible_smoke": case.get("visible", "unknown")}}
        methods |= {"device_check": {"devices": case["devices"]}} if "devices" in case else {}
        terms = [case["terms"]] if case["terms"] is not None else []
        record = document(at, "machine_spot", methods)
        given.append(as_case(at, record, LOADER, "211300", terms, case.get("purposes", [])))
    assert len(given) > 25
    compare(load(), given)


@given(
    numbers=st.lists(st.one_of(st.floats(-1e6, 1e6), st.integers(-(10**9), 10**9), DYADIC), min_size=200, max_size=200)
)
@settings(max_examples=5, deadline=None, phases=[Phase.generate])  # node starts for each: no shrinking
def test_numbers_are_rounded_and_written_alike(numbers):
    script = """
    import { fixed, general, round } from "./rules/numbers.js";
    const main = (numbers) => numbers.map((x) => [round(x), round(x, 3), fixed(x, 3), general(x)]);
    """
    for number, found in zip(numbers, run_node(script, numbers), strict=True):
        x = float(number)
        assert found == [round(x, 6), round(x, 3), f"{x:.3f}", f"{x:g}"], number


LETTERS = st.one_of(
    st.sampled_from(
        "环.·-‐‑–—―−﹣－_一国第阶段排放标准ⅠⅣⅥⅵVIviaA六五四ＡＢ０９2-6NA00001'\"\\\x85\u200b\ufeff\u3000\u2028 \t\n"
    ),
    st.characters(min_codepoint=0x20, max_codepoint=0x17F),  # later letters change with the version of Unicode
    st.characters(min_codepoint=0x4E00, max_codepoint=0x4F00),
    st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF),
)


@given(texts=st.lists(st.text(LETTERS, max_size=12), min_size=300, max_size=300))
@settings(max_examples=5, deadline=None, phases=[Phase.generate])  # node starts for each: no shrinking
def test_text_is_read_alike(texts):
    script = """
    import { normaliseMachineNumber } from "./rules/machine_numbers.js";
    import { readStage } from "./rules/stages.js";
    import { halfWidth, quoted, strip } from "./rules/text.js";
    const main = ({ texts, names }) =>
      texts.map((x) => [halfWidth(x), strip(x), normaliseMachineNumber(x), readStage(names, x), quoted(halfWidth(x))]);
    """
    answers = run_node(script, {"texts": texts, "names": tablet_rules.names()})
    for text, found in zip(texts, answers, strict=True):
        wide = half_width(text)
        assert found == [wide, text.strip(), normalise_machine_number(text), read_stage(text), repr(wide)], repr(text)
