"""Whom a check is about: the register first, then what was read at the place, as the server fills it."""

import random
from typing import Any

from enforcement.json_records import plain
from enforcement.measurements import Measured, measured_of
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Machine, Truck
from enforcement.zones.terms import SubjectKind
from server.flows.inspection_subjects import SubjectGiven, _filled
from tests.tablet.node import run_node

SCRIPT = """
import { measuredSubject } from "./rules/subject.js";
const main = (asked) => asked.map(({ facts, given }) => measuredSubject(facts, given));
"""


def test_facts_are_filled_alike():
    dice = random.Random(44)
    asked, expected = [], []
    for _ in range(2000):
        kind = dice.choice(("truck", "machine"))
        categories: Any = TruckCategory if kind == "truck" else MachineCategory
        texts = {
            "stage": dice.choice(("", str(dice.choice(list(Stage))))),
            "fuel": dice.choice(("", str(dice.choice(list(Fuel))))),
            "category": dice.choice(("", str(dice.choice(list(categories))))),
        }
        powers = {name: dice.choice((None, 30.0, 120.5)) for name in ("power_kw", "rated_power_kw")}
        known = {
            "stage": dice.choice((Stage.UNKNOWN, dice.choice(list(Stage)))),
            "fuel": dice.choice((Fuel.UNKNOWN, dice.choice(list(Fuel)))),
            "category": dice.choice((categories.UNKNOWN, dice.choice(list(categories)))),
        }
        held: Truck | Machine | None = None
        if dice.random() < 0.7 and kind == "truck":
            held = Truck("辽N12345", PlateColour.YELLOW, **known)
        elif dice.random() < 0.7 and kind == "machine":
            held = Machine("2-6NA00001", power_kw=dice.choice((None, 88.0)), **known)
        measured = measured_of(held) if held else Measured(SubjectKind(kind))
        expected.append(plain(_filled(measured, SubjectGiven("辽N12345", kind=kind, **texts, **powers))))
        facts = {"kind": kind, "id": 1, **plain(held)} if held else None
        asked.append({"facts": facts, "given": {"subject_kind": kind, **texts, **powers}})
    for case, server, tablet in zip(asked, expected, run_node(SCRIPT, asked), strict=True):
        assert tablet == server, case
