"""The readings of each method as an officer, a station or a sensor gives them.

The span of a field is what can be read at all, never a limit of law; those are rows of the rule book.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from enforcement.json_records import entry


class Quantity(StrEnum):
    """How smoke was read: light absorption coefficient k in m⁻¹, or opacity in percent."""

    K = "k"
    OPACITY = "opacity"


class Procedure(StrEnum):
    """How the engine of a machine was run: constant-speed engines need a loaded test (GB 36886)."""

    FREE_ACCELERATION = "free_acceleration"
    LOADED = "loaded"


class Finding(StrEnum):
    """Something an officer looked for."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Device(StrEnum):
    """Parts of the emission-control system (CODE 223 para. 3)."""

    DOC = "doc"
    DPF = "dpf"
    SCR = "scr"
    EGR = "egr"
    NOX_SENSOR = "nox_sensor"
    OBD = "obd"
    TERMINAL = "terminal"


class DeviceState(StrEnum):
    """How a part was found."""

    FITTED = "fitted"
    MISSING = "missing"
    FAULTY = "faulty"
    REMOVED = "removed"
    BYPASSED = "bypassed"
    SHIELDED = "shielded"
    NOT_REQUIRED = "not_required"
    NOT_CHECKED = "not_checked"


class Dosing(StrEnum):
    """Whether urea reaches the exhaust."""

    WORKING = "working"
    NOT_WORKING = "not_working"
    SHIELDED = "shielded"
    UNKNOWN = "unknown"


class Sky(StrEnum):
    """The weather of a measurement in the open."""

    CLEAR = "clear"
    CLOUDY = "cloudy"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"
    DUST = "dust"


class FuelKind(StrEnum):
    """What the fuel was sold or used as."""

    VEHICLE_DIESEL = "vehicle_diesel"
    ORDINARY_DIESEL = "ordinary_diesel"
    UNKNOWN = "unknown"


class PeriodicMethod(StrEnum):
    """Method codes of station reports (HJ 1238; enforcement.md 3.1); 5 is not used."""

    EXEMPT = "0"
    TWO_SPEED_IDLE = "1"
    STEADY_STATE = "2"
    SHORT_TRANSIENT = "3"
    LUG_DOWN = "4"
    FREE_ACCELERATION = "6"
    RINGELMANN = "7"
    TRANSIENT = "8"
    OTHER = "9"


class StationResult(StrEnum):
    """What the station wrote."""

    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FreeAcceleration:
    """GB 3847-2018 annex A: three peaks after purging; the result is their mean."""

    peaks: tuple[float, ...] = entry("三次峰值", "three peaks", "", 0, 100, size=3)
    quantity: Quantity = entry("读数类型", "quantity", default=Quantity.K)
    purged: Finding = entry("已吹拂", "purged before", default=Finding.UNKNOWN)
    ringelmann: float | None = entry("林格曼黑度", "Ringelmann number", "", 0, 5, default=None)
    visible_smoke: Finding = entry("可见黑烟", "visible smoke", default=Finding.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LugDown:
    """GB 3847-2018 annex B: smoke at 100 % and 80 % of the speed of maximum power, NOx at 80 %, wheel power."""

    smoke_100: float = entry("100%点烟度", "smoke at the 100 % point", "", 0, 100)
    smoke_80: float = entry("80%点烟度", "smoke at the 80 % point", "", 0, 100)
    nox_80_ppm: float | None = entry("80%点NOx", "NOx at the 80 % point", "ppm", 0, 10000, default=None)
    wheel_power_kw: float | None = entry("修正最大轮边功率", "corrected wheel power", "kW", 0, 3000, default=None)
    rated_power_kw: float | None = entry("发动机额定功率", "rated engine power", "kW", 1, 3000, default=None)
    quantity: Quantity = entry("读数类型", "quantity", default=Quantity.K)
    altitude_m: float | None = entry("海拔", "altitude", "m", -500, 6000, default=None)
    ambient_c: float | None = entry("环境温度", "ambient temperature", "°C", -60, 70, default=None)
    ringelmann: float | None = entry("林格曼黑度", "Ringelmann number", "", 0, 5, default=None)
    visible_smoke: Finding = entry("可见黑烟", "visible smoke", default=Finding.UNKNOWN)


@dataclass(frozen=True, slots=True)
class MachineSmoke:
    """GB 36886-2018: three readings of k; the result is their mean."""

    peaks: tuple[float, ...] = entry("三次读数", "three readings", "m⁻¹", 0, 100, size=3)
    procedure: Procedure = entry("检测工况", "procedure", default=Procedure.FREE_ACCELERATION)
    constant_speed: bool = entry("恒速发动机", "constant-speed engine", default=False)
    altitude_m: float | None = entry("海拔", "altitude", "m", -500, 6000, default=None)
    ringelmann: float | None = entry("林格曼黑度", "Ringelmann number", "", 0, 5, default=None)
    visible_smoke: Finding = entry("可见黑烟", "visible smoke", default=Finding.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Ringelmann:
    """Smoke by eye or camera; the highest number of the observation."""

    grade: float = entry("林格曼黑度", "Ringelmann number", "", 0, 5)
    visible_smoke: Finding = entry("可见黑烟", "visible smoke", default=Finding.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ObdCheck:
    """GB 3847-2018 annex E: indicator, communication, codes, readiness."""

    has_obd: Finding = entry("装有OBD", "has OBD")
    mil_on: Finding = entry("故障指示灯点亮", "indicator is lit", default=Finding.UNKNOWN)
    mil_works: Finding = entry("故障指示灯自检正常", "indicator works", default=Finding.UNKNOWN)
    communicates: Finding = entry("OBD通讯成功", "OBD communicates", default=Finding.UNKNOWN)
    is_ready: Finding = entry("就绪状态完成", "readiness is complete", default=Finding.UNKNOWN)
    fault_codes: tuple[str, ...] = entry("故障码", "fault codes", default=())
    calibration_id: str = entry("CALID", "CALID", default="")
    verification_number: str = entry("CVN", "CVN", default="")
    odometer_km: float | None = entry("里程表读数", "odometer", "km", 0, 1e7, default=None)


@dataclass(frozen=True, slots=True)
class DeviceFound:
    """One part and how it was found."""

    device: Device = entry("装置", "device")
    state: DeviceState = entry("状态", "state")
    note: str = entry("说明", "note", default="")


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """Whether the emission-control system is there and works (CODE 223, 226, 228)."""

    devices: tuple[DeviceFound, ...] = entry("装置清单", "devices")


@dataclass(frozen=True, slots=True)
class UreaCheck:
    """The reagent of the SCR and whether it is used (GB 29518)."""

    concentration_pct: float | None = entry("尿素浓度", "urea concentration", "%", 0, 100, default=None)
    level_pct: float | None = entry("尿素液位", "urea level", "%", 0, 100, default=None)
    dosing: Dosing = entry("喷射状态", "dosing", default=Dosing.UNKNOWN)


@dataclass(frozen=True, slots=True)
class CodingCheck:
    """The registration number as it stands on the machine; empty: none was found."""

    number_seen: str = entry("机身环保登记号码", "number on the machine")
    stage_plate: str = entry("铭牌排放阶段", "stage on the plate", default="")


@dataclass(frozen=True, slots=True)
class FuelSample:
    """A sample from a tank, measured by a kit on the spot or by a laboratory."""

    sulphur_mg_kg: float | None = entry("硫含量", "sulphur", "mg/kg", 0, 100000, default=None)
    kind: FuelKind = entry("油品类型", "kind of fuel", default=FuelKind.UNKNOWN)
    sample_no: str = entry("样品编号", "sample number", default="")
    report_no: str = entry("检测报告编号", "laboratory report", default="")
    sealed: Finding = entry("样品已封存", "sample is sealed", default=Finding.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RemoteSensing:
    """One record of a remote sensor (HJ 845-2017), with what tells whether it is valid."""

    opacity_pct: float | None = entry("不透光度", "opacity", "%", 0, 100, default=None)
    ringelmann: float | None = entry("林格曼黑度", "Ringelmann number", "", 0, 5, default=None)
    no_ppm: float | None = entry("NO", "NO", "ppm", 0, 20000, default=None)
    speed_kmh: float | None = entry("车速", "speed", "km/h", 0, 200, default=None)
    acceleration_ms2: float | None = entry("加速度", "acceleration", "m/s²", -20, 20, default=None)
    vsp_kw_t: float | None = entry("比功率", "specific power", "kW/t", -200, 200, default=None)
    wind_ms: float | None = entry("风速", "wind", "m/s", 0, 100, default=None)
    temperature_c: float | None = entry("气温", "temperature", "°C", -60, 70, default=None)
    humidity_pct: float | None = entry("相对湿度", "humidity", "%", 0, 100, default=None)
    pressure_kpa: float | None = entry("气压", "pressure", "kPa", 30, 120, default=None)
    co2_plume_pct: float | None = entry("烟羽CO₂", "CO₂ of the plume", "%", 0, 100, default=None)
    plate_confidence: float | None = entry("车牌识别置信度", "confidence of the plate", "", 0, 1, default=None)
    sky: Sky | None = entry("天气", "sky", default=None)
    lane: str = entry("车道", "lane", default="")
    record_no: str = entry("记录编号", "record number", default="")


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """One value of a station report with the limit the station used."""

    name: str = entry("项目", "item", filled=True)
    value: float = entry("数值", "value", "", -1e6, 1e6)
    limit: float | None = entry("限值", "limit", "", -1e6, 1e6, default=None)
    is_lower_limit: bool = entry("限值为下限", "the limit is a lower one", default=False)
    unit: str = entry("单位", "unit", default="")


@dataclass(frozen=True, slots=True)
class PeriodicReport:
    """What a test station reported: the result is the station's (CODE 223, 225)."""

    method_code: PeriodicMethod = entry("检验方法代码", "method code")
    result: StationResult = entry("检验结论", "result")
    report_no: str = entry("检验报告编号", "report number", filled=True)
    station: str = entry("检验机构", "station", filled=True)
    attempt: int = entry("检验次数", "attempt", "", 1, 99, default=1)
    values: tuple[ReportedValue, ...] = entry("检验数据", "values", default=())


Readings = (
    FreeAcceleration
    | LugDown
    | MachineSmoke
    | Ringelmann
    | ObdCheck
    | DeviceCheck
    | UreaCheck
    | CodingCheck
    | FuelSample
    | RemoteSensing
    | PeriodicReport
)
