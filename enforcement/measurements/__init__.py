"""Measurements: the readings of each method and what they amount to under the rules of the day."""

from __future__ import annotations

from enforcement.measurements.judgement import Item, Judgement, Measured, Method, Outcome, measured_of
from enforcement.measurements.methods import METHODS, judge
from enforcement.measurements.readings import Readings
from enforcement.measurements.readings_json import (
    READINGS,
    ReadingsFault,
    fields_of,
    readings_from_json,
    readings_to_json,
)

__all__ = [
    "METHODS",
    "READINGS",
    "Item",
    "Judgement",
    "Measured",
    "Method",
    "Outcome",
    "Readings",
    "ReadingsFault",
    "fields_of",
    "judge",
    "measured_of",
    "readings_from_json",
    "readings_to_json",
]
