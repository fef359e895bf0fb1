"""The evaluator of the tablet and that of the server say the same, to the letter, whatever is measured."""

import json
from datetime import date
from typing import Any

import pytest

from enforcement.inspections import records
from enforcement.inspections.conclusions import conclude
from enforcement.inspections.verdicts import verdict_json
from enforcement.json_records import plain
from enforcement.measurements import Measured
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import RuleMissing
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.zones import terms_json
from enforcement.zones.terms import Purpose, SubjectKind
from server.flows import tablet_rules
from tests.tablet.judge_cases import Case, book, cases
from tests.tablet.node import run_node

NUMBER = 10_000
BATCH = 2_500
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
    sent = [
        {
            **case,
            "record": {
                **case["record"],
                "instruments": plain(records.from_json(case["record"]).instruments),
            },
            "terms": [terms_json.to_json(terms_json.from_json(one)) for one in case["terms"]],
        }
        for case in given
    ]
    answers = run_node(SCRIPT, {"data": data_of(rules), "cases": sent})
    assert isinstance(answers, list)
    return answers


def compare(rules, given: list[Case]) -> list[dict[str, Any]]:
    expected = [of_server(rules, case) for case in given]
    for case, server, tablet in zip(given, expected, of_tablet(rules, given), strict=True):
        assert tablet == server, json.dumps(case, ensure_ascii=False, indent=1)
    return expected


@pytest.mark.parametrize("batch", range(NUMBER // BATCH))
def test_they_agree(batch):
    rules = book()
    compare(rules, list(cases(rules, BATCH, seed=batch)))
