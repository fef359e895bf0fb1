"""Checklists and hints are data with words, and the tablet knows every flag that a hint may ask."""

from enforcement.inspections.checklists import FLAGS, checklists, hints, points
from enforcement.inspections.records import OFFICER_KINDS
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import AfterTreatment
from tests.tablet.node import run_node

FLAG_NAMES = """
import { FLAGS } from "./rules/look_for.js";
const main = () => Object.keys(FLAGS);
"""


def test_every_kind_of_officers_has_its_points():
    assert set(checklists()) == set(OFFICER_KINDS)
    for listed in checklists().values():
        assert [point.item for point in listed][:3] == ["cards_shown", "rights_told", "camera_on"]
    assert len({point.item for point in points()}) == len(points())
    assert all(point.zh and point.en and point.ok in ("yes", "no") for point in points())


def test_hints_ask_only_what_there_is():
    for hint in hints():
        assert hint.zh and hint.en and hint.kind in ("", "truck", "machine")
        assert set(hint.stages) <= set(Stage) and set(hint.fuels) <= set(Fuel)
        assert set(hint.categories) <= {*TruckCategory, *MachineCategory}
        assert set(hint.after_treatment) <= set(AfterTreatment)
        assert set(hint.when) <= FLAGS


def test_the_tablet_knows_every_flag():
    assert set(run_node(FLAG_NAMES)) == FLAGS
