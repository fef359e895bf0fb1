"""Whether the instruments of a measurement let it carry a case: verified on the day, checked before the series.

Anything missing or expired makes a screening, never a legal result (enforcement.md 1.6; CODE 225).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from enforcement.json_records import entry
from enforcement.rules.book import Rule, RuleBook, day_of, find_rule, get_rule
from enforcement.sentences import Sentence, said


class InstrumentKind(StrEnum):
    """What an instrument measures with."""

    OPACIMETER = "opacimeter"
    NOX_ANALYSER = "nox_analyser"
    DYNAMOMETER = "dynamometer"
    OBD_READER = "obd_reader"
    RINGELMANN_CHART = "ringelmann_chart"
    UREA_METER = "urea_meter"
    FUEL_KIT = "fuel_kit"
    REMOTE_SENSOR = "remote_sensor"


class CheckKind(StrEnum):
    """Checks before a series."""

    ZERO = "zero"
    SPAN = "span"
    FILTER = "filter"
    LEAK = "leak"


class Standing(StrEnum):
    """Legal: may carry a case. Screening: something was missing; the sentences say what."""

    LEGAL = "legal"
    SCREENING = "screening"


INSTRUMENT_NAMES: Mapping[str, tuple[str, str]] = {
    InstrumentKind.OPACIMETER: ("不透光烟度计", "opacimeter"),
    InstrumentKind.NOX_ANALYSER: ("氮氧化物分析仪", "NOx analyser"),
    InstrumentKind.DYNAMOMETER: ("底盘测功机", "dynamometer"),
    InstrumentKind.OBD_READER: ("OBD诊断仪", "OBD reader"),
    InstrumentKind.RINGELMANN_CHART: ("林格曼图", "Ringelmann chart"),
    InstrumentKind.UREA_METER: ("尿素浓度计", "urea meter"),
    InstrumentKind.FUEL_KIT: ("油品快检设备", "fuel kit"),
    InstrumentKind.REMOTE_SENSOR: ("遥感设备", "remote sensor"),
}
CHECK_NAMES: Mapping[str, tuple[str, str]] = {
    CheckKind.ZERO: ("零点核查", "zero check"),
    CheckKind.SPAN: ("量距点核查", "span check"),
    CheckKind.FILTER: ("滤光片核查", "filter check"),
    CheckKind.LEAK: ("泄漏检查", "leak check"),
}


@dataclass(frozen=True, slots=True)
class Verification:
    """A certificate; `valid_to` is the last day on which the instrument may be used."""

    certificate: str = entry("检定证书编号", "certificate")
    valid_from: date = entry("有效期起", "valid from")
    valid_to: date = entry("有效期止", "valid to")


@dataclass(frozen=True, slots=True)
class InstrumentCheck:
    """A check before a series: values where it has them, else what the operator saw."""

    kind: CheckKind = entry("核查类型", "kind")
    at: datetime = entry("核查时间", "time")
    passed: bool = entry("核查通过", "passed")
    expected: float | None = entry("标准值", "expected", "", -1e6, 1e6, default=None)
    measured: float | None = entry("测得值", "measured", "", -1e6, 1e6, default=None)
    operator: str = entry("操作人", "operator", default="")


@dataclass(frozen=True, slots=True)
class InstrumentUsed:
    """An instrument as it was on the day, with its certificates and checks."""

    kind: InstrumentKind = entry("仪器类型", "kind")
    serial: str = entry("出厂编号", "serial")
    maker: str = entry("生产厂家", "maker", default="")
    model: str = entry("型号", "model", default="")
    software_version: str = entry("软件版本", "software version", default="")
    verifications: tuple[Verification, ...] = entry("检定记录", "verifications", default=())
    checks: tuple[InstrumentCheck, ...] = entry("核查记录", "checks", default=())

    @property
    def words(self) -> tuple[str, str]:
        zh, en = INSTRUMENT_NAMES[self.kind]
        return f"{zh}{self.serial}", f"{en} {self.serial}"


def standing(
    rules: RuleBook, used: Iterable[InstrumentUsed], at: datetime, area: str = ""
) -> tuple[Standing, tuple[Sentence, ...]]:
    """Legal if every instrument is verified and checked as its kind must be; else screening and why."""
    reasons = tuple(reason for instrument in used for reason in _lacking(rules, instrument, at, area))
    return (Standing.SCREENING if reasons else Standing.LEGAL), reasons


def check_result(
    rules: RuleBook, instrument: InstrumentKind, check: InstrumentCheck, area: str = ""
) -> tuple[bool, Rule | None]:
    """Whether a check is passed: by its tolerance where there is one and both values, else as it was written.

    A check that was written down as failed stays failed.
    """
    rule = find_rule(rules, f"instrument.{instrument}.{check.kind}_tolerance", check.at, area)
    if rule is None or check.expected is None or check.measured is None:
        return check.passed, None
    return check.passed and round(abs(check.measured - check.expected), 6) <= rule.number, rule


def rules_of(rules: RuleBook, used: Iterable[InstrumentUsed], at: datetime, area: str = "") -> tuple[Rule, ...]:
    """The rows that `standing` rests on."""
    names = ["instrument.required_fields", "instrument.verified_kinds", "instrument.check_max_age_h"]
    for instrument in used:
        names.append(f"instrument.{instrument.kind}.checks")
        names += [f"instrument.{instrument.kind}.{check.kind}_tolerance" for check in instrument.checks]
    return tuple(row for name in dict.fromkeys(names) if (row := find_rule(rules, name, at, area)) is not None)


def _lacking(rules: RuleBook, instrument: InstrumentUsed, at: datetime, area: str) -> Iterator[Sentence]:
    empty = [
        name for name in get_rule(rules, "instrument.required_fields", at, area).words if not getattr(instrument, name)
    ]
    if empty:
        yield said("instrument_data_missing", instrument=instrument.words, names=", ".join(empty))
    verified = instrument.kind in get_rule(rules, "instrument.verified_kinds", at, area).words
    if verified and not any(_holds(proof, day_of(at)) for proof in instrument.verifications):
        yield _not_verified(instrument, at)
    needed = find_rule(rules, f"instrument.{instrument.kind}.checks", at, area)
    for name in needed.words if needed else ():
        reason = _check_lacking(rules, instrument, CheckKind(name), at, area)
        if reason:
            yield reason


def _holds(proof: Verification, day: date) -> bool:
    return bool(proof.certificate.strip()) and proof.valid_from <= day <= proof.valid_to


def _not_verified(instrument: InstrumentUsed, at: datetime) -> Sentence:
    return said("not_verified", instrument=instrument.words, day=day_of(at).isoformat())


def _check_lacking(
    rules: RuleBook, instrument: InstrumentUsed, kind: CheckKind, at: datetime, area: str
) -> Sentence | None:
    hours = get_rule(rules, "instrument.check_max_age_h", at, area).number
    recent = [
        check
        for check in instrument.checks
        if check.kind is kind and timedelta(0) <= at - check.at <= timedelta(hours=hours)
    ]
    named = {"kind": kind, "instrument": instrument.words, "check": CHECK_NAMES[kind]}
    if not recent:
        return said("check_missing", hours=hours, **named)
    if check_result(rules, instrument.kind, max(recent, key=lambda check: check.at), area)[0]:
        return None
    return said("check_failed", **named)
