"""Enterprises, trucks, machines and terminals of the demonstration city: invented, and the same at every start.

Every emission stage, plate colour, fuel and kind of terminal occurs, so that each rule and each page has something
to show. Numbers carry right check characters; the note of each record says that it is invented.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.credit_codes import credit_check_character, organisation_check_character
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.vins import vin_check_digit
from telemetry.fleet import phone

DATA = Path(__file__).resolve().parent.parent / "demo_city"
NOTE = "演示数据，虚构"
TRUCKS_N = 60
MACHINES_N = 60
BEIJING = dt.timezone(dt.timedelta(hours=8))

S, F, T, C = Stage, Fuel, TruckCategory, PlateColour

# Kinds of trucks: stage, fuel, category, plate colour, gross mass kg; taken in turn.
TRUCK_KINDS: tuple[tuple[Stage, Fuel, TruckCategory, PlateColour, int], ...] = (
    (S.III, F.DIESEL, T.HEAVY_GOODS, C.YELLOW, 25000),
    (S.IV, F.DIESEL, T.HEAVY_TRACTOR, C.YELLOW, 49000),
    (S.V, F.DIESEL, T.HEAVY_GOODS, C.YELLOW, 31000),
    (S.VI_A, F.DIESEL, T.HEAVY_TRACTOR, C.YELLOW, 49000),
    (S.VI_B, F.DIESEL, T.HEAVY_GOODS, C.YELLOW, 31000),
    (S.IV, F.DIESEL, T.LIGHT_GOODS, C.BLUE, 4490),
    (S.VI_B, F.NATURAL_GAS, T.HEAVY_TRACTOR, C.YELLOW, 49000),
    (S.ELECTRIC, F.ELECTRIC, T.HEAVY_GOODS, C.YELLOW_GREEN, 31000),
    (S.V, F.DIESEL, T.MEDIUM_GOODS, C.YELLOW, 11800),
    (S.ELECTRIC, F.ELECTRIC, T.LIGHT_GOODS, C.GREEN, 4490),
    (S.II, F.DIESEL, T.HEAVY_GOODS, C.YELLOW, 20000),
    (S.VI, F.DIESEL, T.SPECIAL, C.YELLOW, 25000),
    (S.I, F.DIESEL, T.MEDIUM_GOODS, C.FARM_YELLOW, 8000),
    (S.V, F.HYBRID, T.HEAVY_GOODS, C.YELLOW, 31000),
    (S.VI_B, F.METHANOL, T.HEAVY_TRACTOR, C.YELLOW, 49000),
    (S.PRE_I, F.DIESEL, T.LIGHT_GOODS, C.FARM_GREEN, 3500),
    (S.ELECTRIC, F.HYDROGEN, T.HEAVY_TRACTOR, C.YELLOW_GREEN, 49000),
    (S.UNKNOWN, F.DIESEL, T.HEAVY_GOODS, C.YELLOW, 25000),
    (S.V, F.DIESEL, T.SPECIAL, C.WHITE, 18000),
    (S.IV, F.PETROL, T.MINI_GOODS, C.BLUE, 1800),
    (S.III, F.LPG, T.LIGHT_GOODS, C.BLACK, 4200),
)
HOMES = ("辽N", "辽N", "辽N", "辽N", "辽G", "辽N", "辽J", "辽N", "辽P", "蒙D")
DIVISIONS = ("211302", "211303", "211321", "211322", "211324", "211381", "211382")
MACHINE_STAGES = (S.II, S.III, S.IV, S.I, S.III, S.PRE_I, S.IV, S.ELECTRIC, S.II, S.UNKNOWN)
MACHINE_KINDS = tuple(MachineCategory)
BASES = (StageBasis.VEHICLE_LIST, StageBasis.NAMEPLATE, StageBasis.REPORT, StageBasis.VEHICLE_LIST, StageBasis.DATE)
AFTER = {"6a": "dpf_scr", "6b": "dpf_scr", "6": "dpf_scr", "5": "scr", "4": "scr", "D": "none"}
# hdv layouts C, A, B (a terminal in store: it never reports) and one not known yet, a tracker box, a simple tracker.
TRUCK_TERMINALS = (("hdv", "C"), ("hdv", "A"), ("jt808", None), ("hdv", "B"), ("json", None), ("hdv", None))
MACHINE_TERMINALS = ("nrmm", "nrmm", "jt808", "nrmm", "json")
TERMINAL_MAKER = "演示终端厂（虚构）"


def read_data(name: str) -> Any:
    """One of the data files of the demonstration city."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def credit_code(stem: str) -> str:
    """Sixteen characters with the two check characters put behind."""
    code = stem + organisation_check_character(stem + "0")
    return code + credit_check_character(code + "0")


def vin(serial: int) -> str:
    """A VIN of a maker that does not exist (LDX), with a right check digit."""
    plain = f"LDXDEM{serial % 10}M0NA{serial:06}"
    return plain[:8] + vin_check_digit(plain) + plain[9:]


def enterprises() -> list[dict[str, Any]]:
    """The enterprises with their credit codes."""
    return [
        {
            **{key: value for key, value in row.items() if key != "code_stem"},
            "credit_code": credit_code(row["code_stem"]),
        }
        for row in read_data("enterprises.yaml")
    ]


def trucks(enterprise_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Sixty trucks."""
    for i in range(TRUCKS_N):
        stage, fuel, category, colour, mass = TRUCK_KINDS[i % len(TRUCK_KINDS)]
        home = HOMES[i % len(HOMES)]
        yield {
            "plate": _plate(home, i, colour),
            "plate_colour": colour.value,
            "vin": vin(i + 1),
            "category": category.value,
            "fuel": fuel.value,
            "stage": stage.value,
            "stage_basis": (StageBasis.UNKNOWN if stage is S.UNKNOWN else BASES[i % len(BASES)]).value,
            "gross_mass_kg": mass,
            "model": f"DEMO-{category.value[:5].upper()}",
            "engine_model": f"DEMO{6 + i % 5}L",
            "engine_number": f"DE{i + 1:06}",
            "reference_torque_nm": (900 + 100 * (i % 12)) if mass > 4500 else None,
            "after_treatment": AFTER.get(stage.value, "none"),
            "first_registered_on": f"{2010 + i % 15}-{1 + i % 12:02}-15",
            "division": DIVISIONS[i % len(DIVISIONS)] if home == "辽N" else None,
            "owner": None if i % 5 else f"演示车主{i + 1:02}",
            "enterprise_id": enterprise_ids[i % len(enterprise_ids)] if i % 5 else None,
            "note": NOTE,
        }


def _plate(home: str, i: int, colour: PlateColour) -> str:
    if colour is C.YELLOW_GREEN:
        return f"{home}{90001 + i:05}D"
    if colour is C.GREEN:
        return f"{home}DX{9001 + i:04}"
    return f"{home}XY{i + 1:03}"


def machines(enterprise_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Sixty machines; every tenth has no registration number yet, so that coding rules have a case."""
    for i in range(MACHINES_N):
        stage = MACHINE_STAGES[i % len(MACHINE_STAGES)]
        yield {
            "registration_number": None if i % 10 == 7 else f"{stage.value}-6NA{i + 1:05}",
            "pin": f"DEM0PN{i + 1:011}",
            "machine_code": machine_code(i),
            "engine_number": f"ME{i + 1:06}",
            "engine_maker": "演示发动机厂（虚构）",
            "maker": "演示机械厂（虚构）",
            "model": f"DM-{100 + i % 40}",
            "category": MACHINE_KINDS[i % len(MACHINE_KINDS)].value,
            "fuel": (F.ELECTRIC if stage is S.ELECTRIC else F.DIESEL).value,
            "stage": stage.value,
            "stage_basis": (StageBasis.UNKNOWN if stage is S.UNKNOWN else BASES[i % len(BASES)]).value,
            "power_kw": 37.0 + 11 * (i % 20),
            "built_on": f"{2006 + i % 19}-{1 + i % 12:02}-01",
            "device_fitted": i % 4 != 3,
            "owner": None if i % 6 else f"演示机主{i + 1:02}",
            "enterprise_id": enterprise_ids[i % len(enterprise_ids)] if i % 6 else None,
            "usual_place": "演示工地" if i % 2 else None,
            "division": DIVISIONS[i % len(DIVISIONS)],
            "note": NOTE,
        }


def truck_device(i: int) -> tuple[str, str, str | None] | None:
    """Kind, device and layout of the terminal of truck `i`; None: it has none. Electric trucks speak GB/T 32960."""
    if i % 12 == 11:
        return None
    kind, layout = TRUCK_TERMINALS[i % len(TRUCK_TERMINALS)]
    if TRUCK_KINDS[i % len(TRUCK_KINDS)][0] is S.ELECTRIC:
        return "ev", vin(i + 1), None
    return kind, {"jt808": phone(i + 1), "json": f"demo-tracker-{i + 1:03}"}.get(kind, vin(i + 1)), layout


def machine_device(i: int) -> tuple[str, str] | None:
    """Kind and device of the terminal of machine `i`; None: it has none."""
    if i % 6 == 5:
        return None
    kind = MACHINE_TERMINALS[i % len(MACHINE_TERMINALS)]
    return kind, {"jt808": phone(i + 501), "json": f"demo-machine-{i + 1:03}"}.get(kind, machine_code(i))


def machine_code(i: int) -> str:
    """The environmental code of machine `i`."""
    return f"DXCDEM{i + 1:011}"


def terminals(truck_ids: Mapping[str, int], machine_ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """A terminal for most trucks and most machines, of every kind and layout; the ids by VIN and machine code."""
    for i in range(TRUCKS_N):
        of_truck = truck_device(i)
        if of_truck is not None:
            yield _terminal(*of_truck, truck_id=truck_ids[vin(i + 1)])
    for i in range(MACHINES_N):
        of_machine = machine_device(i)
        if of_machine is not None:
            yield _terminal(*of_machine, None, machine_id=machine_ids[machine_code(i)])


def _terminal(kind: str, device: str, layout: str | None, **subject: int) -> dict[str, Any]:
    protocol = {"hdv": "gb17691", "nrmm": "hj1239", "jt808": "jt808", "ev": "gb32960", "json": "tracker_json"}[kind]
    return {
        "kind": kind,
        "device": device,
        "protocol": protocol,
        "layout": layout,
        "maker": TERMINAL_MAKER,
        "model": f"DEMO-{kind.upper()}",
        "installed_on": "2026-01-15",
        **subject,
    }
