"""Who belongs to a fleet: identity, terminal, vehicle, way, and what is wrong with it.

Identities are made up: the VINs carry a right check digit (GB 16735), the maker's code LSY belongs to none
that builds trucks in numbers here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from telemetry.fleets.ways import CHAOYANG_WAYS, Lonlat, crossing_way, inner_point, site_way

_VALUES = {digit: int(digit) for digit in "0123456789"}
_VALUES |= {letter: 1 + i for i, letter in enumerate("ABCDEFGH")} | {"P": 7, "R": 9}
_VALUES |= {letter: 1 + i for i, letter in enumerate("JKLMN")}
_VALUES |= {letter: 2 + i for i, letter in enumerate("STUVWXYZ")}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


class Character(StrEnum):
    """How a vehicle behaves, or is made to behave."""

    NORMAL = "normal"
    COLD_START = "cold_start"
    HIGH_EMITTER = "high_emitter"
    UREA_EMPTY = "urea_empty"
    NOX_COPY = "nox_copy"  # an emulator copies the upstream signal
    NOX_FROZEN = "nox_frozen"
    NOX_MISSING = "nox_missing"
    DPF_REMOVED = "dpf_removed"


class Activity(StrEnum):
    """What it does all day."""

    DRIVING = "driving"
    WORKING = "working"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Member:
    """One vehicle with its terminal; `layout` is A, C (hdv), hj1014, hj1322 (nrmm) or empty."""

    device: str
    kind: str
    layout: str
    vehicle: str
    stage: str  # III, IV, V, VI
    way: tuple[Lonlat, ...]
    activity: Activity = Activity.DRIVING
    character: Character = Character.NORMAL


def vin(number: int) -> str:
    """A VIN of the made-up maker with a right check digit."""
    bare = f"LSYN1HD0XRA{number:06d}"[:17]
    bare = bare[:8] + "0" + bare[9:]
    rest = sum(_VALUES[letter] * weight for letter, weight in zip(bare, _WEIGHTS, strict=True)) % 11
    return bare[:8] + ("X" if rest == 10 else str(rest)) + bare[9:]


def machine_code(number: int) -> str:
    """Seventeen characters in the place of a machine's environmental code."""
    return f"SYNMACH{number:010d}"


def phone(number: int) -> str:
    """A terminal's phone; no network gives out numbers beginning with 100."""
    return f"100{number:08d}"


# (kind, layout, stage, vehicle, share)
_TRUCKS = (
    ("hdv", "C", "VI", "tractor", 0.35),
    ("hdv", "A", "VI", "dump_truck", 0.20),
    ("jt808", "", "V", "dump_truck", 0.20),
    ("jt808", "", "IV", "mixer", 0.15),
    ("json", "", "III", "dump_truck", 0.10),
)
_MACHINES = (
    ("nrmm", "hj1322", "IV", "excavator", 0.30),
    ("nrmm", "hj1014", "IV", "loader", 0.30),
    ("jt808", "", "III", "excavator", 0.20),
    ("json", "", "III", "loader", 0.20),
)
_CHARACTERS = (
    (Character.NORMAL, 0.60),
    (Character.COLD_START, 0.15),
    (Character.HIGH_EMITTER, 0.06),
    (Character.UREA_EMPTY, 0.05),
    (Character.NOX_COPY, 0.04),
    (Character.NOX_FROZEN, 0.03),
    (Character.NOX_MISSING, 0.04),
    (Character.DPF_REMOVED, 0.03),
)


def make_fleet(
    trucks: int,
    machines: int,
    seed: int,
    ways: tuple[tuple[Lonlat, ...], ...] = CHAOYANG_WAYS,
    zones: tuple[tuple[Lonlat, ...], ...] = (),
    entering: float = 0.2,
    parked: float = 0.1,
) -> tuple[Member, ...]:
    """A fleet; shares `entering` and `parked` drive through or stand in one of the zones, rings of points."""
    rng = np.random.default_rng(seed)
    made = [_truck(rng, number, ways, zones, entering, parked) for number in range(trucks)]
    return (*made, *(_machine(rng, trucks + number, ways, zones) for number in range(machines)))


def _truck(
    rng: np.random.Generator,
    number: int,
    ways: tuple[tuple[Lonlat, ...], ...],
    zones: tuple[tuple[Lonlat, ...], ...],
    entering: float,
    parked: float,
) -> Member:
    kind, layout, stage, vehicle, _ = _TRUCKS[_drawn(rng, [row[4] for row in _TRUCKS])]
    character = _CHARACTERS[_drawn(rng, [share for _, share in _CHARACTERS])][0]
    luck = rng.random()
    activity = Activity.PARKED if luck >= 1 - parked else Activity.DRIVING
    way = ways[int(rng.integers(len(ways)))]
    if zones and (luck < entering or activity is Activity.PARKED):
        zone = zones[int(rng.integers(len(zones)))]
        still = activity is Activity.PARKED
        way = (inner_point(zone),) if still else crossing_way(zone, float(rng.uniform(0, 360)))
    elif activity is Activity.PARKED:
        way = (way[int(rng.integers(len(way)))],)
    return Member(_identity(kind, number), kind, layout, vehicle, stage, way, activity, character)


def _machine(
    rng: np.random.Generator,
    number: int,
    ways: tuple[tuple[Lonlat, ...], ...],
    zones: tuple[tuple[Lonlat, ...], ...],
) -> Member:
    kind, layout, stage, vehicle, _ = _MACHINES[_drawn(rng, [row[4] for row in _MACHINES])]
    character = _CHARACTERS[_drawn(rng, [share for _, share in _CHARACTERS])][0]
    way = ways[int(rng.integers(len(ways)))]
    site = way[int(rng.integers(len(way)))]
    if zones and rng.random() < 0.5:
        site = inner_point(zones[int(rng.integers(len(zones)))])
    square = site_way(site, 30 if vehicle == "excavator" else 80, float(rng.uniform(0, 360)))
    return Member(_identity(kind, number), kind, layout, vehicle, stage, square, Activity.WORKING, character)


def _drawn(rng: np.random.Generator, shares: list[float]) -> int:
    weights = np.array(shares)
    return int(rng.choice(len(shares), p=weights / weights.sum()))


def _identity(kind: str, number: int) -> str:
    if kind == "hdv":
        return vin(number)
    if kind == "nrmm":
        return machine_code(number)
    return phone(number) if kind == "jt808" else f"TRK-{number:05d}"
