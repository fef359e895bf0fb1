"""Generated inspections for the agreement of the two evaluators: seeded, and crowded where answers turn.

Values lie at, just under and just over every limit; days around every change of a rule; facts are missing or unknown;
areas have rows of their own; zones have terms of every kind.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from enforcement.inspections.instruments import CheckKind, InstrumentKind
from enforcement.inspections.records import InspectionKind
from enforcement.measurements.readings import (
    Device,
    DeviceState,
    Dosing,
    Finding,
    FuelKind,
    Procedure,
    Quantity,
    Sky,
)
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING, Rule, RuleBook, checked, load
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.zones.terms import Purpose, SubjectKind
from server.flows.tablet_rules import METHODS, rule_rows

Case = dict[str, Any]
SEED = 20260815
AREAS = ("211302", "211381", "2113", "210302", "211402", "110105", "")
EDGES = (0.0, 1e-7, -1e-7, 4e-7, -4e-7, 5e-7, -5e-7, 1e-6, -1e-6, 0.0004, 0.0005, 0.001, -0.001, 0.05, -0.05, 0.5, 3)
MARKS = ("", "S1", "环-1", " ")
NUMBERS = ("2-6NA00001", "3-6NA00001", "2-6NA00002", "26NA00001", "２－６ＮＡ００００１", "环2-6na00001", "旧编号'7\"", "X-6NA00009",
           "it's", "\\7", "", " ", "环", "2一6NA00001", "Ⅳ-6NA00001", "ﬁ-1", "4-6NA0000")  # fmt: skip
PLATES = ("国三", "第四阶段", "China III", "Ⅱ", "2", "X", "不详", "国五", "stage (iv)", "?", "")


def book() -> RuleBook:
    """The shipped book with rows of narrower areas, revisions and awkward numbers."""
    shipped = load()

    def row(rule_id: str, area: str, value: object, start: str, end: str | None = None, **more: Any) -> Rule:
        pattern = shipped.by_id[rule_id][-1]
        last = date.fromisoformat(end) if end else None
        return replace(
            pattern, area=area, value=value, valid_from=date.fromisoformat(start), valid_to=last, **more
        )  # fmt: skip

    narrower = (
        row("gb3847.limit_set", "2113", "b", "2020-01-01", "2023-07-01"),
        row("gb3847.limit_set", "211381", "c", "2024-01-01", "2024-06-01"),  # a set without rows
        row("gb3847.set_a.free_acceleration_k", "2103", 1.0625, "2021-01-01", revision=3),
        row("gb3847.ringelmann", "2114", 0, "2019-05-01"),
        row("gb3847.visible_smoke_fails", "21", False, "2021-06-01", "2022-06-01"),
        row("gb3847.wheel_power_min_pct", "2113", 42.5, "2022-01-01"),
        row("gb3847.altitude_raise_k_per_km", "2113", 0.123456789, "2022-01-01"),
        row("gb3847.spread_max_k", "2113", 0.0625, "2022-01-01"),
        row("gb3847.lug_down_ambient_max_c", "2103", 40.123456, "2022-01-01"),
        row("smoke.ringelmann", "211302", 0.5, "2021-01-01"),
        row("smoke.visible_smoke_fails_classes", "211302", ("II", "III"), "2021-01-01", "2026-01-01"),
        row("smoke.class_II_stages", "211302", ("3",), "2021-01-01", "2026-01-01"),
        row("smoke_k.class_II.from_37", "21", 0.7, "2022-01-01", revision=2),
        row("smoke.spread_max_share_pct", "211302", 12.5, "2021-01-01"),
        row("smoke.constant_speed_procedure", "2103", "free_acceleration", "2021-01-01"),
        row("obd.fails_on", "211302", ("no_obd", "mil_on"), "2022-01-01"),
        row("obd.repeat_on", "211302", ("no_communication",), "2023-01-01"),
        row("obd.decisive", "2103", False, "2023-01-01", "2025-01-01"),
        row("device_check.parts", "2103", ("dpf", "scr"), "2023-01-01"),
        row("urea.tampering_dosing", "211381", ("shielded", "not_working"), "2022-01-01"),
        row("coding.number_required", "2103", False, "2022-01-01"),
        row("fuel.sulphur_max_mg_kg", "2113", 6, "2022-01-01"),
        row("officers.minimum", "2103", 3, "2022-01-01"),
        row("instrument.check_max_age_h", "2114", 12.5, "2022-01-01"),
        row("instrument.opacimeter.zero_tolerance", "2113", 0.5, "2022-01-01"),
        row("instrument.required_fields", "2114", ("serial", "maker", "verifications"), "2022-01-01"),
        row("inspection.screening_kinds", "2114", ("remote_sensing", "machine_spot"), "2023-01-01"),
        row("stages.truck", "", ("0", "1", "2", "3", "4", "5", "6a"), "1999-01-01", "2000-01-01"),
    )
    return checked((*shipped.rows, *narrower))


@dataclass(frozen=True)
class Spread:
    """What the dice may show: limits by unit-less size, and days around each change."""

    days: tuple[date, ...]
    limits: tuple[float, ...]

    @classmethod
    def of(cls, rules: RuleBook) -> "Spread":
        rows = [row for row in rules.rows if row.id in {one["id"] for one in rule_rows(rules, "")}]
        turns = {day for row in rows for day in (row.valid_from, row.valid_to) if day is not None}
        numbers = {float(row.value) for row in rows if type(row.value) in (int, float)}
        return cls(tuple(sorted(turns)), tuple(sorted(numbers)))


class Dice:
    """One run of the generator."""

    def __init__(self, rules: RuleBook, seed: int) -> None:
        self.random, self.spread = random.Random(seed), Spread.of(rules)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, choices: Any) -> Any:
        return self.random.choice(list(choices))

    def some(self, choices: Any, most: int = 3) -> list[Any]:
        pool = list(choices)
        return self.random.sample(pool, self.random.randint(0, min(most, len(pool))))

    def maybe(self, value: Callable[[], Any], share: float = 0.5) -> Any:
        return value() if self.chance(share) else None

    def near(self, limits: Any, low: float, high: float) -> float:
        """At a limit, just beside it, or anywhere in the span."""
        if self.chance(0.75):
            value = float(self.one(limits)) + self.one(EDGES)
        else:
            value = round(self.random.uniform(low, high), self.random.randint(0, 8))
        return min(max(value, low), high)

    def moment(self) -> datetime:
        """Mostly around the turn of a rule, to the millisecond; else any time the book may be asked for."""
        if self.chance(0.5):
            at = datetime.combine(self.one(self.spread.days), datetime.min.time(), BEIJING)
            step = self.one((0, 1, -1, 999, 86_399_999, 86_400_000, -86_400_000, 43_200_000))
            return max(at + timedelta(milliseconds=step), datetime(2000, 1, 1, tzinfo=UTC))
        start = datetime(2015, 6, 1, tzinfo=UTC) if self.chance(0.1) else datetime(2019, 6, 1, tzinfo=UTC)
        return start + timedelta(milliseconds=self.random.randrange(int(7.6 * 365 * 86_400_000)))


def cases(rules: RuleBook, number: int, seed: int = SEED) -> Iterator[Case]:
    """So many cases: `record` as an inspection's JSON, `subject`, `terms`, `area`, `purposes`, `at_ms`."""
    dice = Dice(rules, seed)
    for _ in range(number):
        at = dice.moment()
        area = dice.one(AREAS)
        kind = dice.one(InspectionKind) if dice.chance(0.1) else dice.one(("roadside", "on_site", "machine_spot"))
        subject = _subject(dice)
        methods = [dice.one(_fitting(subject))] if dice.chance(0.8) else []
        methods += dice.random.sample(METHODS, dice.random.randint(0 if methods else 1, 2))
        if dice.chance(0.2):
            kind, methods = dice.one(("roadside", "machine_spot")), [dice.one(_fitting(subject))]
        record = {
            "kind": str(kind),
            "at": at.isoformat(),
            "methods": {str(name): _READINGS[name](dice) for name in dict.fromkeys(map(str, methods))},
            "officers": [
                {"name": f"人员{place}", "card_number": dice.one(("", " ", "C1", "C2", " C1 ", "C3", "C4", "C5"))}
                for place in range(dice.random.choices((1, 2, 3, 4), (2, 8, 2, 1))[0])
            ],
            "weather": dice.maybe(lambda: _weather(dice), 0.8),
            "instruments": [_instrument(dice, at) for _ in range(dice.random.choices((0, 1, 2, 4), (2, 5, 4, 2))[0])],
        }
        if len(methods) == 1 and dice.chance(0.7):
            record |= _in_order(dice, at)
        yield {
            "at_ms": round(at.timestamp() * 1000),
            "area": area,
            "record": record,
            "subject": subject,
            "terms": [_terms(dice) for _ in range(dice.random.choices((0, 1, 2), (4, 5, 1))[0])],
            "purposes": dice.some(map(str, Purpose), 2) if dice.chance(0.15) else [],
        }


def _in_order(dice: Dice, at: datetime) -> Case:
    """Nothing is lacking: so much that the result may carry a case."""
    day, checked_at = at.astimezone(BEIJING).date(), (at - timedelta(hours=dice.one((0, 1, 12)))).isoformat()
    proof = {"certificate": "C1", "valid_from": day.isoformat(), "valid_to": day.isoformat()}
    checks = [{"kind": str(kind), "at": checked_at, "passed": True} for kind in CheckKind]
    named = {"serial": "S1", "model": "M1", "maker": "甲厂", "software_version": "1.0", "verifications": [proof]}
    return {
        "officers": [{"name": f"人员{place}", "card_number": f"C{place}"} for place in range(3)],
        "weather": {"sky": "clear", "temperature_c": 20.0, "humidity_pct": 40.0, "pressure_kpa": 100.0},
        "instruments": [{"kind": str(kind), **named, "checks": checks} for kind in InstrumentKind],
    }


def _fitting(subject: Case) -> tuple[str, ...]:
    if subject["kind"] == "machine":
        return (
            "machine_smoke",
            "machine_smoke",
            "ringelmann",
            "device_check",
            "urea_check",
            "coding_check",
            "fuel_sample",
        )
    return ("free_acceleration", "lug_down", "ringelmann", "obd_check", "device_check", "urea_check", "fuel_sample")


def _subject(dice: Dice) -> Case:
    kind = dice.one(SubjectKind)
    is_truck = kind is SubjectKind.TRUCK
    categories = TruckCategory if is_truck else MachineCategory
    power = dice.maybe(lambda: dice.one((18.999999, 19, 36.9999, 37, 37.5, 130, 0.1, 300)), 0.85)
    built = dice.maybe(lambda: dice.one((date(2017, 12, 31), date(2018, 1, 1), date(2021, 5, 6))).isoformat(), 0.3)
    fuel = dice.random.choices(("diesel", "unknown", str(dice.one(Fuel))), (6, 1, 2))[0]
    return {
        "kind": str(kind),
        "stage": dice.random.choices((str(dice.one(Stage)), "2" if not is_truck else "5"), (3, 1))[0],
        "power_kw": power,
        "rated_power_kw": dice.maybe(lambda: dice.one((100.0, 90.7, 162.0)), 0.6),
        "fuel": fuel,
        "category": dice.random.choices((None, "unknown", str(dice.one(categories))), (1, 1, 5))[0],
        "registration_no": "" if is_truck else dice.one(NUMBERS),
        "built_on": built,
        "zone_smoke_class": dice.maybe(lambda: str(dice.one(SmokeClass)), 0.1),
    }


def _peaks(dice: Dice, limits: tuple[float, ...]) -> list[float]:
    """Three peaks whose mean lies at or beside a limit, close together, far apart or all the same."""
    mean = dice.near(limits, 0, 100)
    spread = dice.one((0, 0, 0.1, 0.125, 0.12500001, 0.25, 0.3, mean / 2, mean / 4, 1.5))
    low = min(spread, mean, 100 - mean)
    return dice.one(([mean] * 3, [mean - low, mean, mean + low], [mean + low, mean - low, mean]))


def _eye(dice: Dice) -> Case:
    found: Case = {}
    if dice.chance(0.4):
        found["ringelmann"] = dice.near((0, 0.5, 1), 0, 5)
    if dice.chance(0.6):
        found["visible_smoke"] = str(dice.one(Finding))
    return found


def _free_acceleration(dice: Dice) -> Case:
    quantity = dice.one(Quantity)
    limits = (0.7, 1.2, 1.0625, 0) if quantity is Quantity.K else (26, 40)
    found: Case = {"peaks": _peaks(dice, limits), "quantity": str(quantity), **_eye(dice)}
    if quantity is Quantity.K and dice.chance(0.5):
        del found["quantity"]
    return found | ({"purged": str(dice.one(Finding))} if dice.chance(0.5) else {})


def _lug_down(dice: Dice) -> Case:
    quantity = dice.one(Quantity)
    limits = (0.7, 1.2, 1.325, 0.825, 1.95, 1.45) if quantity is Quantity.K else (26, 40)
    share = dice.near((40, 42.5), 0, 120)
    optional = {
        "nox_80_ppm": lambda: dice.near((1500, 1200, 900), 0, 10000),
        "wheel_power_kw": lambda: share * dice.one((1.0, 0.907, 1.62)),
        "rated_power_kw": lambda: dice.one((100, 90.7, 162)),
        "altitude_m": lambda: dice.near((1500, 2000, 3500, 4500, 4501), -500, 6000),
        "ambient_c": lambda: dice.near((45, 40.123456, 44.99999), -60, 70),
    }
    found: Case = {"smoke_100": dice.near(limits, 0, 100), "smoke_80": dice.near(limits, 0, 100), **_eye(dice)}
    found |= {name: value() for name, value in optional.items() if dice.chance(0.6 if name != "ambient_c" else 0.3)}
    return found | {"quantity": str(quantity)}


def _machine_smoke(dice: Dice) -> Case:
    limits = (3.0, 2.0, 1.61, 1.0, 0.8, 0.7, 0.5, 3.25, 2.25, 1.86, 1.25, 1.05, 0.95, 0.75)
    found: Case = {"peaks": _peaks(dice, limits), **_eye(dice)}
    if dice.chance(0.3):
        found |= {"procedure": str(dice.one(Procedure)), "constant_speed": dice.chance(0.7)}
    return found | ({"altitude_m": dice.near((1700,), -500, 6000)} if dice.chance(0.4) else {})


def _ringelmann(dice: Dice) -> Case:
    seen = _eye(dice)
    seen.pop("ringelmann", None)
    return {"grade": dice.near((0, 0.5, 1), 0, 5), **seen}


def _obd_check(dice: Dice) -> Case:
    good = {"has_obd": "yes", "mil_on": "no", "mil_works": "yes", "communicates": "yes", "is_ready": "yes"}
    found: Case = {name: (value if dice.chance(0.7) else str(dice.one(Finding))) for name, value in good.items()}
    for name in ("mil_on", "mil_works", "communicates", "is_ready"):
        if dice.chance(0.1):
            del found[name]
    codes = [f"P{number:04}" for number in range(dice.one((0, 0, 1, 3, 12)))]
    return found | ({"fault_codes": codes} if codes else {})


def _device_check(dice: Dice) -> Case:
    devices = dice.random.sample(list(Device), dice.random.randint(1, 4))
    if dice.chance(0.4):
        devices = list(dict.fromkeys((*devices, Device.TERMINAL)))
    return {"devices": [{"device": str(one), "state": str(dice.one(DeviceState))} for one in devices]}


def _urea_check(dice: Dice) -> Case:
    found: Case = {"dosing": str(dice.one(Dosing))}
    if dice.chance(0.6) or found["dosing"] == "unknown":
        found["concentration_pct"] = dice.near((31.8, 33.2, 32.5), 0, 100)
    if dice.chance(0.5):
        found["level_pct"] = dice.near((10,), 0, 100)
    return found


def _coding_check(dice: Dice) -> Case:
    return {"number_seen": dice.one(NUMBERS)} | ({"stage_plate": dice.one(PLATES)} if dice.chance(0.6) else {})


def _fuel_sample(dice: Dice) -> Case:
    found: Case = {"kind": str(dice.one(FuelKind)), "sealed": str(dice.one(Finding))}
    found["report_no"] = dice.one(("", "R-1"))
    if dice.chance(0.7):
        found["sulphur_mg_kg"] = dice.near((10, 6), 0, 100000)
    return found | ({"sample_no": "Y-1"} if "sulphur_mg_kg" not in found else {})


_READINGS: dict[str, Callable[[Dice], Case]] = {
    "free_acceleration": _free_acceleration,
    "lug_down": _lug_down,
    "machine_smoke": _machine_smoke,
    "ringelmann": _ringelmann,
    "obd_check": _obd_check,
    "device_check": _device_check,
    "urea_check": _urea_check,
    "coding_check": _coding_check,
    "fuel_sample": _fuel_sample,
}


def _weather(dice: Dice) -> Case:
    values = {
        "sky": str(dice.one(Sky)),
        "temperature_c": 20.0,
        "humidity_pct": 40.0,
        "pressure_kpa": 100.0,
        "wind_ms": 1.0,
    }
    return {name: value for name, value in values.items() if dice.chance(0.9)}


def _instrument(dice: Dice, at: datetime) -> Case:
    day = at.astimezone(BEIJING).date()
    spans = [(day, day), (day + timedelta(1), day + timedelta(9)), (day - timedelta(9), day - timedelta(1)),
             (day - timedelta(99), day + timedelta(99))]  # fmt: skip
    kind = dice.one(("opacimeter", "opacimeter", "nox_analyser", *InstrumentKind))
    return {
        "kind": str(kind),
        "serial": dice.random.choices(MARKS, (1, 9, 2, 1))[0],
        "model": dice.random.choices(("", "M1"), (1, 9))[0],
        "maker": dice.one(("", "甲厂")),
        "software_version": dice.random.choices(("", "1.0"), (1, 9))[0],
        "verifications": [
            {
                "certificate": dice.one(("C1", "C2", "C3", " ")),
                "valid_from": first.isoformat(),
                "valid_to": last.isoformat(),
            }
            for first, last in (dice.one((*spans, spans[-1], spans[-1])) for _ in range(dice.one((0, 1, 1, 2))))
        ],
        "checks": [one for name in CheckKind if dice.chance(0.85) for one in _checks(dice, str(name), at)],
    }


def _checks(dice: Dice, kind: str, at: datetime) -> list[Case]:
    steps = (0, 1, 999, 1000, -1, -1000, 3_600_000_000, 45_000_000_000, 45_000_000_001, 86_400_000_000, 86_400_000_001)
    found = []
    for _ in range(dice.one((1, 1, 2))):
        check: Case = {"kind": kind, "at": (at - timedelta(microseconds=dice.one(steps))).isoformat()}
        check["passed"] = dice.chance(0.93)
        if dice.chance(0.6):
            check["expected"] = dice.one((0, 32.1, 50, 400))
            check["measured"] = max(check["expected"] + dice.near((0, 0, 0.5, 1, 2, 25, 50, -0.5, -2), -60, 60), -1e6)
        found.append(check)
    return found


def _terms(dice: Dice) -> Case:
    """Terms of a zone; a scope or a ban that is left out says nothing."""
    offences = [str(one) for one in Offence]
    drawn: dict[str, tuple[float, Callable[[], Any]]] = {
        "applies_to": (0.5, lambda: dice.one((["truck"], ["machine"], ["truck", "machine"]))),
        "machine_types": (0.25, lambda: [str(one) for one in dice.some(MachineCategory, 12)]),
        "truck_categories": (0.25, lambda: [str(one) for one in dice.some(TruckCategory, 8)]),
        "fuels": (0.2, lambda: ["diesel", *(str(one) for one in dice.some(Fuel, 2))]),
        "windows": (0.2, lambda: [{"from": "07:00", "to": "22:00"}]),
        "exemptions": (0.3, lambda: ["clean_energy", *(str(one) for one in dice.some(Purpose, 4))]),
        "min_machine_stage": (0.5, lambda: dice.one("1234")),
        "min_truck_stage": (0.5, lambda: dice.one(("0", "1", "2", "3", "4", "5", "6", "6a", "6b"))),
        "banned_machine_types": (0.2, lambda: [str(one) for one in dice.some(MachineCategory, 6)]),
        "banned_truck_categories": (0.2, lambda: [str(one) for one in dice.some(TruckCategory, 4)]),
        "banned_fuels": (0.25, lambda: dice.one((["petrol", "unknown"], ["diesel"], ["lpg"]))),
        "device_required": (0.3, lambda: True),
        "coding_required": (0.3, lambda: True),
        "smoke_class": (0.5, lambda: str(dice.one(SmokeClass))),
        "black_smoke_ban": (0.4, lambda: True),
        "machine_offence": (0.1, lambda: dice.one(offences)),
        "truck_offence": (0.1, lambda: dice.one(offences)),
    }
    return {name: value() for name, (share, value) in drawn.items() if dice.chance(share)}
