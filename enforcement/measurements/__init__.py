"""Measurements: the readings of each method and what they amount to under the rules of the day."""

from __future__ import annotations

from enforcement.measurements.judgement import Item, Judgement, Measured, Method, Outcome, measured_of
from enforcement.measurements.readings import Readings
from enforcement.measurements.readings_json import (
    READINGS,
    ReadingsFault,
    fields_of,
    readings_from_json,
    readings_to_json,
)

METHODS: tuple[Method, ...] = tuple(Method)

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
    "measured_of",
    "readings_from_json",
    "readings_to_json",
]
