"""Who of the demonstration city is on the road: members of the replayed fleet, with ways that give each rule a case.

Trucks and machines that the register knows drive through the zones or work in them, some allowed and some not; others
keep to the roads between the towns. Electric trucks (GB/T 32960) and layout B are silent. Two devices are on no
register: what they do in a zone becomes a lead.
"""

from collections.abc import Iterator

from sqlalchemy import Engine

from server.db import transaction
from server.flows import demo_subjects
from server.flows.demo_subjects import MACHINE_STAGES, TRUCK_KINDS, machine_device, read_data, truck_device
from server.store import registry_rows
from telemetry.fleet import CHAOYANG_WAYS, Activity, Character, Member, phone, vin
from telemetry.fleets.ways import Lonlat, crossing_way, inner_point, site_way

TRUCK_ZONES = ("OLDTOWN", "LONGCHENG", "LINGYUAN")
MACHINE_ZONES = ("URBAN-2", "BEIPIAO", "JIANPING", "LINGYUAN", "LONGCHENG")
CHARACTERS = (
    Character.NORMAL,
    Character.COLD_START,
    Character.NORMAL,
    Character.HIGH_EMITTER,
    Character.NORMAL,
    Character.UREA_EMPTY,
    Character.NORMAL,
    Character.NOX_COPY,
    Character.NOX_FROZEN,
    Character.NOX_MISSING,
    Character.DPF_REMOVED,
)
FLEET_STAGE = {"0": "III", "1": "III", "2": "III", "3": "III", "4": "IV", "5": "V", "X": "IV"}
UNREGISTERED = (vin(900_001), phone(90_000_001))
Ring = tuple[Lonlat, ...]


def demo_fleet(engine: Engine) -> tuple[Member, ...]:
    """The members whose terminals are on file and in use, and the strangers."""
    rings = {name: _ring(shape) for name, shape in read_data("shapes.yaml").items()}
    known = [*_trucks(rings), *_machines(rings)]
    with transaction(engine) as connection:
        on_file = registry_rows.names_of(
            connection,
            "SELECT kind || '/' || device, id FROM terminals WHERE state = 'active' AND device = ANY (:values)",
            [member.device for member in known],
        )
    return (*(member for member in known if f"{member.kind}/{member.device}" in on_file), *_strangers(rings))


def _ring(shape: list[list[list[list[float]]]]) -> Ring:
    """The outline of the first part of a shape."""
    return tuple((float(lon), float(lat)) for lon, lat in shape[0][0])


def _trucks(rings: dict[str, Ring]) -> Iterator[Member]:
    for i in range(demo_subjects.TRUCKS_N):
        found = truck_device(i)
        if found is None or found[0] == "ev" or found[2] == "B":
            continue
        kind, device, layout = found
        stage = FLEET_STAGE.get(TRUCK_KINDS[i % len(TRUCK_KINDS)][0].value, "VI")
        way, activity = _truck_way(i, rings)
        vehicle = ("tractor", "dump_truck", "mixer")[i % 3]
        spoken = (layout or "C") if kind == "hdv" else ""
        yield Member(device, kind, spoken, vehicle, stage, way, activity, CHARACTERS[i % len(CHARACTERS)])


def _truck_way(i: int, rings: dict[str, Ring]) -> tuple[tuple[Lonlat, ...], Activity]:
    """Two in five cross a zone, one in ten is parked in one, the others drive between the towns."""
    ring = rings[TRUCK_ZONES[i % len(TRUCK_ZONES)]]
    if i % 10 == 9:
        return (inner_point(ring),), Activity.PARKED
    if i % 5 in (0, 2):
        return crossing_way(ring, 37.0 * i % 360), Activity.DRIVING
    return CHAOYANG_WAYS[i % len(CHAOYANG_WAYS)], Activity.DRIVING


def _machines(rings: dict[str, Ring]) -> Iterator[Member]:
    for i in range(demo_subjects.MACHINES_N):
        found = machine_device(i)
        if found is None:
            continue
        kind, device = found
        code = MACHINE_STAGES[i % len(MACHINE_STAGES)].value
        vehicle = ("excavator", "loader")[i % 2]
        spoken = ("hj1322", "hj1014")[i // 2 % 2] if kind == "nrmm" else ""
        way = _machine_way(i, rings, vehicle)
        stage = "IV" if code in ("4", "D") else "III"
        yield Member(device, kind, spoken, vehicle, stage, way, Activity.WORKING, CHARACTERS[i % len(CHARACTERS)])


def _machine_way(i: int, rings: dict[str, Ring], vehicle: str) -> tuple[Lonlat, ...]:
    """Every second one works in a zone, the others by the road."""
    if i % 2 == 0:
        middle = inner_point(rings[MACHINE_ZONES[i // 2 % len(MACHINE_ZONES)]])
    else:
        road = CHAOYANG_WAYS[i % len(CHAOYANG_WAYS)]
        middle = road[i % len(road)]
    return site_way(middle, 30 if vehicle == "excavator" else 80, 29.0 * i % 360)


def _strangers(rings: dict[str, Ring]) -> Iterator[Member]:
    truck, box = UNREGISTERED
    yield Member(truck, "hdv", "C", "dump_truck", "VI", crossing_way(rings["OLDTOWN"], 80.0))
    yield Member(box, "jt808", "", "dump_truck", "IV", crossing_way(rings["LONGCHENG"], 200.0))
