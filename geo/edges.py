"""The boundary of many zones as flat arrays of straight edges, and the distance from a point to an edge.

Distances are in metres by the local equirectangular scale at the middle latitude of each zone's box
(see `geo.metres`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.metres import metres_per_degree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Areas = NDArray[np.object_]  # of prepared two-dimensional MultiPolygons


@dataclass(frozen=True, slots=True)
class Edges:
    """Edge k runs from (ax, ay) by (dx, dy) degrees and belongs to zone number `owner[k]`."""

    ax: Floats
    ay: Floats
    dx: Floats
    dy: Floats
    owner: Ints
    scale_x: Floats  # metres per degree, one per zone
    scale_y: Floats
    metric: Floats  # (edge, 8): ax, ay, scale x, scale y, edge east m, edge north m, 1 / length^2, 0


def edges_of(areas: Areas) -> Edges:
    """Every edge of every ring of these areas."""
    parts, part_owner = shapely.get_parts(areas, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, step = coordinates[:-1][same], (coordinates[1:] - coordinates[:-1])[same]
    owner = part_owner[ring_part[ring[:-1][same]]].astype(np.int64)
    scale_x, scale_y = _scales(areas)
    return _edges(start, step, owner, scale_x, scale_y)


def outlines_of(areas: Areas, edges: Edges) -> NDArray[np.object_]:
    """The boundary of each area in metres by its own scale, prepared for `within_reach`."""
    boundaries = shapely.boundary(areas)
    count = shapely.get_num_coordinates(boundaries)
    scale = np.column_stack((np.repeat(edges.scale_x, count), np.repeat(edges.scale_y, count)))
    outlines: NDArray[np.object_] = shapely.set_coordinates(boundaries, shapely.get_coordinates(boundaries) * scale)
    shapely.prepare(outlines)
    shapely.dwithin(outlines, shapely.Point(0, 0), 1.0)  # builds their trees now, not in two threads later
    return outlines


def within_reach(
    outlines: NDArray[np.object_],
    edges: Edges,
    owner: NDArray[np.signedinteger],
    lon: Floats,
    lat: Floats,
    reach_m: Floats,
) -> NDArray[np.bool_]:
    """Is point i closer than reach i to the boundary of area `owner` i? For boundaries of any size."""
    points = shapely.points(lon * edges.scale_x[owner], lat * edges.scale_y[owner])
    just_less = np.nextafter(reach_m, 0.0)  # dwithin means "not farther"
    near: NDArray[np.bool_] = shapely.dwithin(outlines[owner], points, just_less)  # type: ignore[call-overload]
    return near


def _scales(areas: Areas) -> tuple[Floats, Floats]:
    bounds = shapely.bounds(areas).reshape(-1, 4)
    middle = np.nan_to_num((bounds[:, 1] + bounds[:, 3]) / 2)
    return metres_per_degree(middle)


def _edges(start: Floats, step: Floats, owner: Ints, scale_x: Floats, scale_y: Floats) -> Edges:
    metric = np.zeros((len(owner), 8))
    metric[:, 0:2] = start
    metric[:, 2], metric[:, 3] = scale_x[owner], scale_y[owner]
    metric[:, 4:6] = step * metric[:, 2:4]
    length2 = metric[:, 4] ** 2 + metric[:, 5] ** 2
    np.divide(1.0, length2, out=metric[:, 6], where=length2 > 1e-12)  # shorter than a micrometre: a point
    return Edges(
        start[:, 0].copy(),
        start[:, 1].copy(),
        step[:, 0].copy(),
        step[:, 1].copy(),
        owner,
        scale_x,
        scale_y,
        metric,
    )


def distance2(metric: Floats, lon: Floats, lat: Floats) -> Floats:
    """Squared metres from point i to edge row i."""
    east = (lon - metric[:, 0]) * metric[:, 2]
    north = (lat - metric[:, 1]) * metric[:, 3]
    edge_east, edge_north = metric[:, 4], metric[:, 5]
    along = np.clip((east * edge_east + north * edge_north) * metric[:, 6], 0.0, 1.0)
    east -= along * edge_east
    north -= along * edge_north
    return east * east + north * north
