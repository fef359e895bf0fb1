"""The tables of JT/T 808 as data: status, alarms, additional items, and the emission items of VJT.

Status and alarm bits: JT/T 808-2019 tables 24 and 25; additional items: table 27; emission items: VJT.04
sections 3.35 to 3.39, scales as GB 17691-2018 Annex Q.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MESSAGES: dict[int, str] = {
    0x0001: "terminal_answer",
    0x0002: "heartbeat",
    0x0003: "unregister",
    0x0004: "time_query",
    0x0005: "resend_request_of_terminal",
    0x0100: "register",
    0x0102: "authenticate",
    0x0107: "terminal_attributes",
    0x0200: "location",
    0x0201: "location_answer",
    0x0704: "location_batch",
    0x0705: "can_data",
    0x0900: "transparent_up",
    0x8001: "platform_answer",
    0x8003: "resend_request_of_platform",
    0x8004: "time_answer",
    0x8100: "register_answer",
    0x8900: "transparent_down",
}

STATUS_BITS: dict[int, str] = {
    0: "acc_on",
    1: "positioned",
    2: "south",
    3: "west",
    4: "out_of_service",
    5: "coordinates_shifted",
    6: "forward_collision_warning",
    7: "lane_departure_warning",
    8: "load_low",
    9: "load_high",
    10: "oil_line_cut",
    11: "circuit_cut",
    12: "doors_locked",
    13: "front_door_open",
    14: "middle_door_open",
    15: "rear_door_open",
    16: "driver_door_open",
    17: "custom_door_open",
    18: "gps_used",
    19: "beidou_used",
    20: "glonass_used",
    21: "galileo_used",
    22: "vehicle_moving",
}

LOADS: tuple[str, ...] = ("empty", "half", "reserved", "full")  # status bits 8 and 9

ALARM_BITS: dict[int, str] = {
    0: "emergency",
    1: "overspeed",
    2: "fatigue",
    3: "danger",
    4: "gnss_fault",
    5: "gnss_antenna_open",
    6: "gnss_antenna_short",
    7: "main_power_low",
    8: "main_power_lost",
    9: "display_fault",
    10: "speech_fault",
    11: "camera_fault",
    12: "ic_card_fault",
    13: "overspeed_warning",
    14: "fatigue_warning",
    15: "violation_driving",
    16: "tyre_pressure",
    17: "right_turn_blind_zone",
    18: "daily_driving_exceeded",
    19: "parking_too_long",
    20: "area_in_out",
    21: "route_in_out",
    22: "section_time",
    23: "off_route",
    24: "vss_fault",
    25: "fuel_abnormal",
    26: "stolen",
    27: "illegal_ignition",
    28: "illegal_displacement",
    29: "collision",
    30: "rollover_warning",
    31: "illegal_door",
}


class Kind(StrEnum):
    """How a value is read."""

    NUMBER = "number"  # value = raw x scale + offset
    TEXT = "text"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Field:
    """One additional or emission item: name, lengths allowed (none: any), coding, clause."""

    name: str
    lengths: tuple[int, ...]
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    kind: Kind = Kind.NUMBER
    clause: str = "JT/T 808-2019 table 27"


def _raw(name: str, *lengths: int, clause: str = "JT/T 808-2019 table 27") -> Field:
    return Field(name, lengths, kind=Kind.BYTES, clause=clause)


ITEMS: dict[int, Field] = {
    0x01: Field("mileage_km", (4,), 0.1, unit="km"),
    0x02: Field("fuel_l", (2,), 0.1, unit="L"),
    0x03: Field("recorder_speed_kmh", (2,), 0.1, unit="km/h"),
    0x04: Field("alarm_event_id", (2,)),
    0x05: _raw("tyre_pressure", 30),
    0x06: Field("compartment_temperature_c", (2,), unit="C"),
    0x11: _raw("overspeed_place", 1, 5),
    0x12: _raw("area_in_out", 6),
    0x13: _raw("section_time", 7),
    0x14: Field("video_alarm", (4,), clause="JT/T 1078 table 13"),
    0x15: Field("video_signal_lost", (4,), clause="JT/T 1078 table 13"),
    0x16: Field("video_signal_covered", (4,), clause="JT/T 1078 table 13"),
    0x17: Field("storage_fault", (2,), clause="JT/T 1078 table 13"),
    0x18: _raw("abnormal_driving", 3, clause="JT/T 1078 table 13"),
    0x25: Field("vehicle_signals", (4,)),
    0x2A: Field("io_state", (2,)),
    0x2B: Field("analog", (4,)),
    0x30: Field("signal_strength", (1,)),
    0x31: Field("satellites", (1,)),
    0x64: _raw("adas_alarm", clause="Jiangsu active safety"),
    0x65: _raw("dsm_alarm", clause="Jiangsu active safety"),
    0x66: _raw("tpms_alarm", clause="Jiangsu active safety"),
    0x67: _raw("bsd_alarm", clause="Jiangsu active safety"),
    0xE0: _raw("custom_length"),
}

# Older vendors use 05, 06 and 18 with lengths of their own; that is no fault of the frame.
LENGTH_DISPUTED: frozenset[int] = frozenset({0x05, 0x06, 0x18})

FLOW_LIST = 0xEA
EMISSION_LIST = 0xEC
LISTS: frozenset[int] = frozenset({FLOW_LIST, EMISSION_LIST})


def _vjt(name: str, length: int, scale: float = 1.0, offset: float = 0.0, unit: str = "") -> Field:
    return Field(name, (length,), scale, offset, unit, clause="VJT.04 3.35-3.39")


EMISSION: dict[int, Field] = {
    0x60C0: _vjt("engine_speed_rpm", 2, unit="rpm"),
    0x60D0: _vjt("speed_kmh", 1, unit="km/h"),
    0x6050: _vjt("coolant_c", 1, 1, -40, "C"),
    0x5005: _vjt("fuel_rate_lph", 2, 0.05, unit="L/h"),
    0x500A: _vjt("air_flow_gps", 2, 0.1, unit="g/s"),
    0x5101: _vjt("torque_net_pct", 1, 1, -125, "%"),
    0x5102: _vjt("torque_friction_pct", 1, 1, -125, "%"),
    0x5103: _vjt("nox_upstream_ppm", 2, 0.05, -200, "ppm"),
    0x5104: _vjt("nox_downstream_ppm", 2, 0.05, -200, "ppm"),
    0x5105: _vjt("reagent_level_pct", 1, 0.4, unit="%"),
    0x5106: _vjt("air_flow_kgph", 2, 0.05, unit="kg/h"),
    0x5107: _vjt("scr_inlet_c", 2, 0.03125, -273, "C"),
    0x5108: _vjt("scr_outlet_c", 2, 0.03125, -273, "C"),
    0x5109: _vjt("dpf_pressure_kpa", 2, 0.1, unit="kPa"),
    0x510A: _vjt("torque_mode", 1),
    0x510C: _vjt("urea_tank_c", 1, 1, -40, "C"),
    0x510D: _vjt("urea_injection_mlph", 4, 0.01, unit="mL/h"),
    0x510E: _vjt("urea_total_g", 4, unit="g"),
    0x510F: _vjt("dpf_exhaust_c", 2, 0.03125, -273, "C"),
    0x511A: _vjt("opacity_m1", 2, 0.01, unit="1/m"),
    0x511B: _vjt("opacity_pct", 2, 0.1, unit="%"),
    0x511C: _vjt("particle_mgm3", 2, unit="mg/m3"),
    0x511F: _vjt("engine_load_pct", 1, unit="%"),
}

REMAINING_FUEL = 0x62F0  # bit 15: 0 percent, 1 litres; the rest in tenths
MILEAGE = 0x0003  # in EA: type 1, metres 4

# Words and texts beside the quantities: sub-id -> (name, length); read as a number or as ASCII text.
EMISSION_WORDS: dict[int, tuple[str, int]] = {
    0x5111: ("obd_protocol", 1),
    0x5112: ("mil", 1),
    0x5113: ("monitors_supported", 2),
    0x5114: ("monitors_not_ready", 2),
}
EMISSION_TEXTS: dict[int, tuple[str, int]] = {0x5115: ("vin", 17), 0x5116: ("calid", 18)}
EMISSION_BYTES: dict[int, tuple[str, int]] = {0x5117: ("cvn", 18), 0x5118: ("iupr", 36)}

# Highest raw value that is a measurement; above it J1939 keeps codes for "error" and "not available".
HIGHEST_VALID: dict[int, int] = {1: 0xFA, 2: 0xFAFF, 4: 0xFAFFFFFF}
EXEMPT: frozenset[str] = frozenset({"torque_mode"})


def names(word: int, table: dict[int, str]) -> tuple[str, ...]:
    """The names of the bits that are set; a bit without a name is called by its number."""
    return tuple(table.get(bit, f"bit_{bit}") for bit in range(32) if word >> bit & 1)
