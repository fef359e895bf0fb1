"""Ways that vehicles follow: lines of lon, lat, walked by distance.

The default ways join the towns of Chaoyang by rough way-points, not by surveyed roads; give real ones where a
map is looked at closely. Distances use a sphere, good to half a percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Lonlat = tuple[float, float]
Floats = NDArray[np.float64]

METRES_PER_DEGREE = 111_195.0
BOX = (118.8, 40.6, 121.2, 42.3)  # Chaoyang: west, south, east, north

CHAOYANG_WAYS: tuple[tuple[Lonlat, ...], ...] = (
    # Chaoyang - Beipiao
    ((120.4508, 41.5737), (120.5020, 41.6105), (120.5712, 41.6460), (120.6405, 41.7042), (120.7102, 41.7501),
     (120.7706, 41.8007)),
    # Chaoyang - Jianping
    ((120.4508, 41.5737), (120.3705, 41.5602), (120.2503, 41.5180), (120.0811, 41.4835), (119.8902, 41.4405),
     (119.7604, 41.4107), (119.6430, 41.4030)),
    # Jianping - Lingyuan
    ((119.6430, 41.4030), (119.5812, 41.3650), (119.5103, 41.3105), (119.4011, 41.2456)),
    # Lingyuan - Kazuo
    ((119.4011, 41.2456), (119.4905, 41.2101), (119.6102, 41.1652), (119.7413, 41.1279)),
    # Kazuo - Chaoyang
    ((119.7413, 41.1279), (119.8604, 41.2010), (120.0205, 41.3008), (120.2010, 41.4102), (120.3402, 41.5005),
     (120.4508, 41.5737)),
    # round the town of Chaoyang
    ((120.4208, 41.5602), (120.4490, 41.5505), (120.4801, 41.5610), (120.4905, 41.5830), (120.4702, 41.6004),
     (120.4400, 41.5988), (120.4205, 41.5801), (120.4208, 41.5602)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A line with the distance from its start at each point; it is driven there and back for ever."""

    lon: Floats
    lat: Floats
    at_m: Floats

    @property
    def length_m(self) -> float:
        """Metres from end to end."""
        return float(self.at_m[-1])


def lay(points: tuple[Lonlat, ...]) -> Way:
    """The way through the points."""
    lon, lat = np.array(points, dtype=np.float64).T
    legs = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return Way(lon, lat, np.concatenate([[0.0], np.cumsum(legs)]))


def walk(way: Way, travelled_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude and direction after so many metres, turning at both ends."""
    if way.length_m == 0:
        still = np.zeros_like(travelled_m)
        return still + way.lon[0], still + way.lat[0], still
    around = np.mod(travelled_m, 2 * way.length_m)
    back = around > way.length_m
    along = np.where(back, 2 * way.length_m - around, around)
    lon, lat = np.interp(along, way.at_m, way.lon), np.interp(along, way.at_m, way.lat)
    leg = np.clip(np.searchsorted(way.at_m, along, side="right") - 1, 0, len(way.at_m) - 2)
    ahead = bearing_deg(way.lon[leg], way.lat[leg], way.lon[leg + 1], way.lat[leg + 1])
    return lon, lat, np.mod(ahead + 180 * back, 360)


def distance_m(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    """Metres between points that are near each other."""
    east = (to_lon - lon) * np.cos(np.radians((lat + to_lat) / 2))
    metres: Floats = METRES_PER_DEGREE * np.hypot(east, to_lat - lat)
    return metres


def bearing_deg(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    """Direction from one point to the next, north 0, clockwise."""
    east = (to_lon - lon) * np.cos(np.radians((lat + to_lat) / 2))
    degrees: Floats = np.mod(np.degrees(np.arctan2(east, to_lat - lat)), 360)
    return degrees


def shifted(point: Lonlat, direction_deg: float, metres: float) -> Lonlat:
    """The point so many metres away in a direction."""
    lon, lat = point
    angle = np.radians(direction_deg)
    north = metres * float(np.cos(angle)) / METRES_PER_DEGREE
    east = metres * float(np.sin(angle)) / METRES_PER_DEGREE / float(np.cos(np.radians(lat)))
    return lon + east, lat + north


def inner_point(ring: tuple[Lonlat, ...]) -> Lonlat:
    """A point well inside a ring, however bent: the middle of the widest cut at half height."""
    lats = [lat for _, lat in ring]
    level = (min(lats) + max(lats)) / 2
    cuts = []
    for (lon, lat), (to_lon, to_lat) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (lat > level) != (to_lat > level):
            cuts.append(lon + (level - lat) / (to_lat - lat) * (to_lon - lon))
    cuts.sort()
    pairs = list(zip(cuts[::2], cuts[1::2], strict=True))
    if not pairs:
        raise ValueError("the ring encloses nothing")
    west, east = max(pairs, key=lambda pair: pair[1] - pair[0])
    return (west + east) / 2, level


def crossing_way(ring: tuple[Lonlat, ...], direction_deg: float) -> tuple[Lonlat, ...]:
    """A way from outside through the zone and out on the other side, with a bend within."""
    middle = inner_point(ring)
    lon, lat = np.array(ring, dtype=np.float64).T
    reach = float(distance_m(lon, lat, np.full_like(lon, middle[0]), np.full_like(lat, middle[1])).max())
    outside = 1.3 * reach + 1_500
    return (
        shifted(middle, direction_deg, outside),
        middle,
        shifted(middle, direction_deg + 160, outside),
    )


def site_way(middle: Lonlat, metres: float, direction_deg: float) -> tuple[Lonlat, ...]:
    """The square in which a machine works."""
    corners = [shifted(middle, direction_deg + turn, metres) for turn in (0, 90, 180, 270)]
    return (*corners, corners[0])
