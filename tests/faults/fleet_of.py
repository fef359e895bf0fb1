"""Who drives in the fault runs: trucks with three kinds of terminals about three zones, and every frame they make."""

from dataclasses import dataclass, field

import numpy as np
import psycopg

from enforcement.registry.stages import Stage
from enforcement.zones.terms import ZoneTerms
from telemetry.fleets import packing
from telemetry.protocols.jt808 import codec as jt808
from telemetry.protocols.jt808.header import Header
from telemetry.protocols.jt808.messages import Location, Message
from tests.faults.terminals import Outgoing
from tests.server import ingest_city as city
from tests.server.visit_oracle import Fix, Version

STEP_S = 10
POSITIONED = 2


@dataclass
class Driver:
    """One terminal, what it said and what it never sent (runs of serials)."""

    kind: str
    device: str
    stage: str
    id: int
    fixes: list[Fix] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    never_sent: list[tuple[int, int]] = field(default_factory=list)

    def code_of(self, version: Version, _at_us: int) -> int:
        return int(self.stage == "3" and version.terms.min_truck_stage is not None)


def make_zones(connection: psycopg.Connection, begin_us: int) -> None:
    """Two overlapping zones that ban stage III, one that bans nobody; all with a short dwell."""
    presence = {"min_dwell_s": 40.0, "edge_accuracy_m": 5.0, "max_gap_s": 120.0}
    banned = ZoneTerms(min_truck_stage=Stage.V, **presence)
    for shape, terms in (
        (city.square(), banned),
        (city.square(city.WEST + 0.006, city.SOUTH + 0.004), banned),
        (city.square(city.WEST - 0.008, city.SOUTH - 0.002), ZoneTerms(**presence)),
    ):
        city.version(connection, city.zone(connection), shape, terms, begin_us - 86_400 * city.SECOND)


def make_drivers(connection: psycopg.Connection, count: int) -> list[Driver]:
    """Trucks of stages III and VI with terminals of each kind, all told right or wrong."""
    drivers = []
    for n in range(count):
        kind, stage = ("hdv", "jt808", "json")[n % 3], ("3", "3", "6")[n // 3 % 3]
        device = {"hdv": city.vin(n + 1), "jt808": f"1380013{n:04d}", "json": f"TRK-{n}"}[kind]
        number = city.terminal(connection, kind, device, truck_id=city.truck(connection, stage), answers=True)
        drivers.append(Driver(kind, device, stage, number))
    return drivers


def drive(drivers: list[Driver], begin_us: int, frames: int, rng: np.random.Generator) -> None:
    """Random walks about the zones, a fix a frame; some runs of frames are lost before they were ever sent."""
    for driver in drivers:
        lon = city.WEST + 0.005 + np.cumsum(rng.normal(0, 0.0006, frames))
        lat = city.SOUTH + 0.005 + np.cumsum(rng.normal(0, 0.0005, frames))
        lon, lat = city.WEST - 0.01 + (lon - city.WEST) % 0.025, city.SOUTH - 0.004 + (lat - city.SOUTH) % 0.018
        lost = np.zeros(frames, np.bool_)
        for start in sorted(rng.choice(np.arange(5, frames - 20, 15), max(1, frames // 150), replace=False).tolist()):
            size = int(rng.integers(1, 5))
            lost[start : start + size] = True
            driver.never_sent.append((start + 1, start + size))
        for n in range(frames):
            if not lost[n]:
                at_us = begin_us + n * STEP_S * city.SECOND
                fix = (at_us, round(float(lon[n]), 6), round(float(lat[n]), 6))
                driver.fixes.append(fix)
                driver.frames.append(frame_of(driver, fix, n + 1))


def frame_of(driver: Driver, fix: Fix, serial: int) -> bytes:
    at_us, lon, lat = fix
    if driver.kind == "json":
        return city.report([fix], driver.device)
    if driver.kind == "jt808":
        place = Location(
            alarm=0, status=POSITIONED, latitude_e6=round(lat * 1e6), longitude_e6=round(lon * 1e6), altitude_m=100,
            speed_raw=300, direction_deg=90, at=city.moment(at_us), items=(),
        )  # fmt: skip
        return jt808.encode(Message(Header(0x0200, driver.device, serial), place))
    places = np.array([lon]), np.array([lat])
    body = packing.truck_bodies({}, *places, np.array([True]))
    times = np.array([at_us])
    return packing.timed_layout(packing.identities([driver.device]), times, np.array([serial]), body, times)[0]


def queue_of(drivers: list[Driver], rng: np.random.Generator) -> list[Outgoing]:
    """All frames in the order of time; one in fifty is garbled on the way the first time it is sent."""
    queue = []
    for n in range(max(len(driver.frames) for driver in drivers)):
        for driver in drivers:
            if n < len(driver.frames):
                frame, garbled = driver.frames[n], None
                if driver.kind != "json" and rng.random() < 0.02:
                    place = len(frame) - 6  # inside the last fields: the check byte no longer comes out
                    garbled = frame[:place] + bytes([frame[place] ^ 0x10]) + frame[place + 1 :]
                queue.append(Outgoing(city.topic(driver.kind, driver.device), frame, garbled))
    return queue
