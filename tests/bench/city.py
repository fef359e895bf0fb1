"""The bench's city: zones of many vertices over the Chaoyang box, all seeded."""

from itertools import pairwise

import numpy as np
import shapely

WEST, EAST, SOUTH, NORTH = 118.8, 121.2, 40.6, 42.3
FOREVER_FROM_US = 1_700_000_000_000_000


def blob(rng: np.random.Generator, lon: float, lat: float, radius_deg: float, vertices: int) -> shapely.MultiPolygon:
    """A star-shaped ring with a ragged edge: no two neighbouring vertices at the same distance."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    waves = sum(rng.uniform(0.02, 0.15) * np.sin(k * angle + rng.uniform(0, 6.3)) for k in range(2, 9))
    reach = radius_deg * (1 + waves + rng.uniform(-0.01, 0.01, vertices))
    ring = np.column_stack([lon + reach * np.cos(angle) / np.cos(np.radians(lat)), lat + reach * np.sin(angle)])
    return shapely.MultiPolygon([shapely.Polygon(ring)])


def zones(count: int, vertices: int, seed: int = 7) -> list[shapely.MultiPolygon]:
    """Zones of 0.3 to 4 km radius, spread with clusters around seven towns; some overlap."""
    rng = np.random.default_rng(seed)
    towns = [
        (120.45, 41.57),
        (120.77, 41.80),
        (119.40, 41.25),
        (119.64, 41.40),
        (119.74, 41.13),
        (120.41, 41.6),
        (120.2, 41.4),
    ]
    out = []
    for n in range(count):
        town = towns[n % len(towns)]
        lon, lat = town[0] + rng.normal(0, 0.12), town[1] + rng.normal(0, 0.1)
        out.append(blob(rng, lon, lat, float(rng.uniform(0.003, 0.04)), vertices))
    return out


def fixes(count: int, devices: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`count` fixes of `devices` that wander about the towns at up to 25 m/s, in time order: lon, lat, device."""
    rng = np.random.default_rng(seed)
    steps = -(-count // devices)
    towns = np.array([(120.45, 41.57), (120.77, 41.80), (119.40, 41.25), (119.64, 41.40), (119.74, 41.13)])
    home = towns[rng.integers(0, len(towns), devices)] + rng.normal(0, 0.15, (devices, 2))
    heading = rng.uniform(0, 2 * np.pi, devices) + np.cumsum(rng.normal(0, 0.15, (steps, devices)), axis=0)
    speed = rng.uniform(0, 25, devices) / 111_000
    lon = home[:, 0] + np.cumsum(speed * np.cos(heading) / 0.75, axis=0)
    lat = home[:, 1] + np.cumsum(speed * np.sin(heading), axis=0)
    device = np.broadcast_to(np.arange(devices), (steps, devices))
    return lon.ravel()[:count], lat.ravel()[:count], device.ravel()[:count]


def split_sizes(total: int, size: int) -> list[tuple[int, int]]:
    """Bounds of consecutive portions."""
    edges = [*range(0, total, size), total]
    return list(pairwise(edges))
