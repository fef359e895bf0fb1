"""Fuels, stages and categories: one list here, a mapping for each interface."""

import pytest

from enforcement.registry.categories import (
    MachineCategory,
    MachineCodes,
    machine_codes,
    read_machine_category,
    read_truck_category,
    write_machine_category,
)
from enforcement.registry.fuels import Fuel, FuelCodes, fuel_codes, read_fuel, write_fuel
from enforcement.registry.stages import Stage, meets, read_stage


def test_the_shifted_letters_mean_other_fuels():
    assert (read_fuel(FuelCodes.GAT16, "C"), read_fuel(FuelCodes.SHIFTED, "C")) == ("electric", "mixed_oil")
    assert (read_fuel(FuelCodes.GAT16, "N"), read_fuel(FuelCodes.SHIFTED, "N")) == ("solar", "electric")
    assert {read_fuel(interface, "b") for interface in FuelCodes} == {Fuel.DIESEL}


@pytest.mark.parametrize("interface", FuelCodes)
def test_fuels_go_out_and_in(interface):
    for fuel in set(Fuel) - {Fuel.UNKNOWN}:
        assert read_fuel(interface, write_fuel(interface, fuel)) is fuel
    assert write_fuel(interface, Fuel.UNKNOWN) == "Z"
    assert len(fuel_codes(interface)) == 13 + 1
    with pytest.raises(ValueError, match="'R' is not in the list"):
        read_fuel(interface, "R")


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("5", "5"), ("国五", "5"), ("国Ⅴ", "5"), ("国V", "5"), ("China V", "5"), ("第五阶段", "5"),
        ("国六", "6"),
        ("国六a", "6a"), ("国Ⅵb", "6b"), ("国六(B)", "6b"), ("国零", "0"), ("国一前", "0"), ("国Ⅰ前", "0"),
        ("第三阶段", "3"), ("国Ⅲ排放标准", "3"), ("D", "D"), ("纯电动", "D"), ("X", "X"), ("未知", "X"),
        ("国七", None), ("", None), ("柴油", None),
    ],
)  # fmt: skip
def test_stage_words(text, stage):
    assert read_stage(text) == stage


@pytest.mark.parametrize(
    ("stage", "least", "answer"),
    [
        ("2", "3", False), ("3", "3", True), ("4", "3", True), ("D", "4", True), ("X", "1", None),
        ("6", "6a", True), ("6", "6b", None), ("6a", "6b", False), ("6b", "6a", True), ("5", "6a", False),
        ("6a", "6", True), ("0", "1", False),
    ],
)  # fmt: skip
def test_stage_at_least(stage, least, answer, rules):
    order = rules.by_id["stages.truck"][0].words
    assert meets(Stage(stage), Stage(least), order) is answer


def test_a_machine_has_no_stage_five(rules):
    assert meets(Stage.V, Stage.III, rules.by_id["stages.machine"][0].words) is None


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("H11", "heavy_goods"),
        ("h21", "medium_goods"),
        ("Q11", "heavy_tractor"),
        ("B11", "trailer"),
        ("Z51", "special"),
    ],
)
def test_truck_codes(code, category):
    assert read_truck_category(code) == category


def test_truck_codes_of_no_truck():
    assert read_truck_category("K11") is None
    assert read_truck_category("重型货车") is None


@pytest.mark.parametrize("interface", MachineCodes)
def test_machines_go_out_and_in(interface):
    for code, category in machine_codes(interface).items():
        assert write_machine_category(interface, category) == code
    with pytest.raises(ValueError, match="'9' is not in the list"):
        read_machine_category(interface, "9")


def test_what_an_interface_does_not_list_is_its_other():
    assert write_machine_category(MachineCodes.PLANT, MachineCategory.CRANE) == "6"
    assert write_machine_category(MachineCodes.YARD, MachineCategory.CRANE) == "5"
