"""The share of bulk goods that comes and goes by clean ways (enforcement.md 5.7): strict, and with China VI by road.

Tonnes are the measure. Whether a road vehicle of China VI is clean differs by document: both shares are told, always.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from enforcement.rules.book import RuleBook, find_rule, get_rule

NONE = Decimal(0)


class Mode(StrEnum):
    """Ways other than the road; each is clean."""

    RAIL = "rail"
    WATER = "water"
    PIPELINE = "pipeline"
    TUBULAR_BELT = "tubular_belt"
    CLOSED_CORRIDOR = "closed_corridor"


MODE_WORDS: dict[Mode, tuple[str, str]] = {
    Mode.RAIL: ("铁路", "rail"),
    Mode.WATER: ("水路", "water"),
    Mode.PIPELINE: ("管道", "pipeline"),
    Mode.TUBULAR_BELT: ("管状带式输送", "tubular belt"),
    Mode.CLOSED_CORRIDOR: ("封闭式皮带廊道", "closed corridor"),
}


class RoadClass(StrEnum):
    """How a road vehicle counts."""

    NEW_ENERGY = "new_energy"
    SIX = "six"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ShareTerms:
    """What counts as what on a day, with the keys of the rows; stages and fuels are those of the ledgers."""

    bulk: frozenset[str]
    new_energy: frozenset[str]
    six: frozenset[str]
    rules: tuple[str, ...] = ()

    def road_class(self, fuel: str, stage: str) -> RoadClass:
        """How tonnes carried by such a vehicle count."""
        if fuel in self.new_energy:
            return RoadClass.NEW_ENERGY
        return RoadClass.SIX if stage in self.six else RoadClass.OTHER


@dataclass(frozen=True, slots=True)
class Target:
    """What the plan asks of an industry."""

    pct: float
    rule: str


@dataclass(frozen=True, slots=True)
class CleanShare:
    """Tonnes by way, and the two shares in per cent; None where nothing was carried."""

    other_ways: Decimal = NONE
    new_energy: Decimal = NONE
    six: Decimal = NONE
    other_road: Decimal = NONE

    @property
    def road(self) -> Decimal:
        return self.new_energy + self.six + self.other_road

    @property
    def total(self) -> Decimal:
        return self.other_ways + self.road

    @property
    def strict_pct(self) -> float | None:
        """Without China VI."""
        return self._pct(self.other_ways + self.new_energy)

    @property
    def or_six_pct(self) -> float | None:
        """With China VI."""
        return self._pct(self.other_ways + self.new_energy + self.six)

    def missing_tonnes(self, target: Target) -> Decimal:
        """How many tonnes more would have to go by clean ways for the strict share to reach the target."""
        wanted = self.total * Decimal(str(target.pct)) / 100
        return max(wanted - self.other_ways - self.new_energy, NONE)

    def _pct(self, clean: Decimal) -> float | None:
        return float(clean * 100 / self.total) if self.total else None

    def __add__(self, other: CleanShare) -> CleanShare:
        return CleanShare(
            self.other_ways + other.other_ways, self.new_energy + other.new_energy, self.six + other.six,
            self.other_road + other.other_road,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carried:
    """Tonnes of one cargo that went one way; `mode` is None for the road."""

    cargo: str
    tonnes: Decimal
    mode: Mode | None = None
    fuel: str = ""
    stage: str = ""


@dataclass(slots=True)
class _Sums:
    ways: Decimal = NONE
    road: dict[RoadClass, Decimal] = field(default_factory=lambda: dict.fromkeys(RoadClass, NONE))


def share_of(terms: ShareTerms, carried: Iterable[Carried]) -> CleanShare:
    """The share over what was carried, in and out; other cargoes than bulk goods do not count."""
    sums = _Sums()
    for one in carried:
        if one.cargo not in terms.bulk:
            continue
        if one.mode is not None:
            sums.ways += one.tonnes
        else:
            sums.road[terms.road_class(one.fuel, one.stage)] += one.tonnes
    road = sums.road
    return CleanShare(sums.ways, road[RoadClass.NEW_ENERGY], road[RoadClass.SIX], road[RoadClass.OTHER])


def share_terms(rules: RuleBook, at: datetime, area: str = "") -> ShareTerms:
    """What counts as what on a day."""
    names = ("clean.bulk_cargo", "clean.new_energy_fuels", "clean.six_stages")
    bulk, energy, six = (get_rule(rules, name, at, area) for name in names)
    keys = (bulk.key, energy.key, six.key)
    return ShareTerms(frozenset(bulk.words), frozenset(energy.words), frozenset(six.words), keys)


def target_of(rules: RuleBook, industry: str | None, at: datetime, area: str = "") -> Target | None:
    """The plan's target for an industry on a day; None: it has none."""
    if not industry or industry not in get_rule(rules, "clean.target_industries", at, area).words:
        return None
    own = find_rule(rules, f"clean.target_pct.{industry}", at, area)
    row = own or get_rule(rules, "clean.target_pct", at, area)
    return Target(row.number, row.key)
