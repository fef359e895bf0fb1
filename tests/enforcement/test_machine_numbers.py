"""The grammar of registration numbers, and repainted ones."""

from enforcement.registry.machine_numbers import (
    check_machine_number,
    machine_number,
    normalise_machine_number,
    tamper_alert,
)

CASES = "machine_numbers.yaml"


def test_check(case):
    number = normalise_machine_number(case["number"])
    parts = machine_number(number)
    assert number == case["normal"]
    assert (parts.province if parts else None) == case["province"]
    assert [doubt.code for doubt in check_machine_number(number, case.get("stage"))] == case["doubts"]


def test_alert(case):
    alert = tamper_alert(case["seen"], case["registered"])
    assert (alert.code if alert else None) == case["code"]
