"""When leave is suspended by itself, and why."""

from datetime import datetime

import pytest

from enforcement.registry.stages import Stage
from enforcement.zones.suspensions import Cause, LeaveFacts, Record, StageChange, due

CASES = "suspensions.yaml"
NOW = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - made aware by `beijing`


@pytest.fixture
def facts_of(beijing):
    def make(case):
        given = case["facts"]
        records = {
            name: Record(7, f"N-{name}", beijing(given[name]))
            for name in ("failed", "smoke", "heard", "inspected")
            if name in given
        }
        change = given.get("stage")
        return LeaveFacts(
            is_truck=not case.get("machine", False),
            stage=StageChange(7, Stage(change[0]), Stage(change[1]), beijing(NOW)) if change else None,
            registered_at=beijing(given["registered"]) if "registered" in given else None,
            suspended=frozenset((Cause(one), 7) for one in given.get("suspended", [])),
            silent_since=frozenset(beijing(one) for one in given.get("silent_since", [])),
            **records,
        )

    return make


def test_due(case, rules, beijing, facts_of):
    found = due(rules, facts_of(case), beijing(case.get("at", NOW)))
    assert [str(one.cause) for one in found] == case["causes"]
    for one in found:
        assert one.reason.zh and one.reason.en and one.cause_id == 7


def test_the_reason_names_the_row_and_the_rule(rules, beijing, facts_of):
    facts = facts_of({"facts": {"failed": NOW, "heard": datetime(2026, 1, 1)}})  # noqa: DTZ001
    failed, silent = due(rules, facts, beijing(NOW))
    assert "N-failed" in failed.reason.zh and "2026-11-24" in failed.reason.en
    assert [rule.id for rule in silent.rules] == ["whitelist.silent_days"]
