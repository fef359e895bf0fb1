"""The contract between a terminal's words and everything that calculates: columns of samples.

One row per sample a terminal reported. NaN means not available, a time of 0 unknown; a sentinel is never a
number. Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.errors import Fault

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in code and storage, its type, its unit, its words."""

    name: str
    dtype: str
    unit: str
    zh: str
    en: str


COLUMNS: tuple[Column, ...] = (
    Column("packet", "int32", "", "数据包序号", "index of the packet in its batch"),
    Column("at_us", "int64", "us", "采集时间", "collect time, 0 unknown"),
    Column("lon", "float64", "deg", "经度", "longitude, WGS-84"),
    Column("lat", "float64", "deg", "纬度", "latitude, WGS-84"),
    Column("fix_valid", "bool", "", "定位有效", "position fix valid"),
    Column("speed_kmh", "float32", "km/h", "车速", "vehicle speed"),
    Column("direction_deg", "float32", "deg", "方向", "direction, north 0, clockwise"),
    Column("altitude_m", "float32", "m", "海拔", "altitude"),
    Column("engine_speed_rpm", "float32", "rpm", "发动机转速", "engine speed"),
    Column("torque_net_pct", "float32", "%", "净输出扭矩", "net engine torque, share of the reference torque"),
    Column("torque_friction_pct", "float32", "%", "摩擦扭矩", "friction torque, share of the reference torque"),
    Column("fuel_rate_lph", "float32", "L/h", "燃料流量", "fuel flow"),
    Column("nox_upstream_ppm", "float32", "ppm", "SCR上游NOx", "NOx upstream of the SCR"),
    Column("nox_downstream_ppm", "float32", "ppm", "SCR下游NOx", "NOx downstream of the SCR"),
    Column("reagent_level_pct", "float32", "%", "反应剂余量", "reagent tank level"),
    Column("air_flow_kgph", "float32", "kg/h", "进气量", "intake air mass flow"),
    Column("scr_inlet_c", "float32", "°C", "SCR入口温度", "SCR inlet temperature"),
    Column("scr_outlet_c", "float32", "°C", "SCR出口温度", "SCR outlet temperature"),
    Column("dpf_pressure_kpa", "float32", "kPa", "DPF压差", "DPF differential pressure"),
    Column("coolant_c", "float32", "°C", "冷却液温度", "coolant temperature"),
    Column("fuel_level_pct", "float32", "%", "油箱液位", "fuel tank level"),
    Column("pressure_kpa", "float32", "kPa", "大气压力", "barometric pressure"),
    Column("odometer_km", "float64", "km", "累计里程", "odometer"),
    Column("opacity_m1", "float32", "1/m", "光吸收系数", "light absorption coefficient"),
    Column("alarm", "uint32", "", "报警标志", "alarm bits as sent (JT/T 808)"),
    Column("status", "uint32", "", "状态标志", "status bits as sent"),
    Column("satellites", "float32", "", "卫星数", "satellites in use"),
    Column("flags", "uint32", "", "质量标志", "quality.Flag bits"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A batch of n frames read: per frame, per sample, and what was neither."""

    protocol: list[str]
    command: NDArray[np.int32]
    layout: list[str | None]
    sent_us: NDArray[np.int64]
    serial: NDArray[np.int64]  # -1 none
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    samples_n: NDArray[np.int32]
    packet_flags: NDArray[np.uint32]
    device: list[str]  # named inside the frame; "" when it could not be read
    columns: Columns
    messages: list[tuple[int, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def empty_columns(n: int) -> Columns:
    """Columns of n samples of which nothing is known."""
    columns: Columns = {}
    for column in COLUMNS:
        unknown = np.nan if column.dtype.startswith("float") else 0
        columns[column.name] = np.full(n, unknown, dtype=column.dtype)
    return columns
