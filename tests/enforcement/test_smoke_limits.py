"""Limits of GB 36886 and the result of a test."""

from datetime import date

import pytest

from enforcement.rules.smoke_limits import SmokeClass, excess_times, is_over, mean_of, smoke_limit

CASES = "smoke_limits.yaml"


def limit_of(case, rules, beijing):
    zone = SmokeClass(case["zone"]) if case["zone"] else None
    return smoke_limit(rules, case["stage"], case["power"], zone, beijing(date(2026, 9, 1)))


def test_limit(case, rules, beijing):
    limit = limit_of(case, rules, beijing)
    if case["class"] is None:
        assert limit is None
    else:
        assert (limit.smoke_class, limit.k.value) == (case["class"], case["k"])


def test_result(case, rules, beijing):
    limit = limit_of(case, rules, beijing)
    mean = mean_of(case["readings"])
    assert mean == pytest.approx(case["mean"], abs=5e-4)
    assert is_over(mean, limit.k.number) is case["over"]
    assert excess_times(mean, limit.k.number) == pytest.approx(case["times"], abs=5e-4)


def test_three_readings_and_a_power():
    with pytest.raises(ValueError, match="three readings"):
        mean_of([1.0])
