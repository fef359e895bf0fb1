"""Readings from JSON and back, by method; forms and importers read labels, units and spans from the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from enforcement.json_records import FieldFault, Json, RecordFault, plain, read
from enforcement.measurements import readings as kinds
from enforcement.measurements.judgement import Method
from enforcement.measurements.readings import Readings


class ReadingsFault(RecordFault):
    """Readings cannot be read; names the field and what to do, in both languages."""


READINGS: Mapping[Method, type[Readings]] = {
    Method.FREE_ACCELERATION: kinds.FreeAcceleration,
    Method.LUG_DOWN: kinds.LugDown,
    Method.MACHINE_SMOKE: kinds.MachineSmoke,
    Method.RINGELMANN: kinds.Ringelmann,
    Method.OBD_CHECK: kinds.ObdCheck,
    Method.DEVICE_CHECK: kinds.DeviceCheck,
    Method.UREA_CHECK: kinds.UreaCheck,
    Method.CODING_CHECK: kinds.CodingCheck,
    Method.FUEL_SAMPLE: kinds.FuelSample,
    Method.REMOTE_SENSING: kinds.RemoteSensing,
    Method.PERIODIC_REPORT: kinds.PeriodicReport,
}


def readings_from_json(method: Method, value: Json) -> Readings:
    """The readings of a method. Raises ReadingsFault, and nothing else, whatever the JSON is."""
    faults: list[FieldFault] = []
    found = read_readings(method, value, "", faults)
    if found is None:
        raise ReadingsFault(tuple(faults))
    return found


def read_readings(method: Method, value: Json, path: str, faults: list[FieldFault]) -> Readings | None:
    """The same inside a larger document: faults are collected under `path`."""
    found: Readings | None = read(READINGS[method], value, path, faults)
    if found is not None and _says_nothing(found):
        faults.append(FieldFault(path or "$", "至少填写一项读数。", "must hold at least one reading."))
        return None
    return found


def readings_to_json(readings: Readings) -> dict[str, Json]:
    """Plain values that `readings_from_json` reads back to the same readings."""
    values: dict[str, Json] = plain(readings)
    return values


def fields_of(method: Method) -> tuple[Field[Any], ...]:
    """The fields of a method in order; `metadata` holds zh, en, unit, least, most, size."""
    return fields(READINGS[method])


def _says_nothing(found: Readings) -> bool:
    match found:
        case kinds.UreaCheck(None, None, kinds.Dosing.UNKNOWN) | kinds.DeviceCheck(()):
            return True
        case kinds.FuelSample(sulphur_mg_kg=None, sample_no="", report_no=""):
            return True
        case kinds.RemoteSensing(None, None, None):
            return True
    return False
