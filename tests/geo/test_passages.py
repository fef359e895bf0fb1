"""Passages: the straight way between two fixes outside cuts an area."""

import numpy as np
import pytest
import shapely

from geo.passages import passages

SQUARE = shapely.box(120.40, 41.50, 120.42, 41.52)  # about 1,670 m by 2,220 m
FAR = shapely.box(121.0, 41.0, 121.1, 41.1)
TREE = shapely.STRtree([FAR, SQUARE])


def ways(*ends: tuple[float, float, float, float]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column) for column in zip(*ends, strict=True))


def test_a_way_through_is_found_with_its_length_and_middle() -> None:
    found = passages(TREE, *ways((120.39, 41.51, 120.43, 41.51)), 200.0)
    assert (found.way.tolist(), found.area.tolist()) == ([0], [1])
    assert found.inside_m[0] == pytest.approx(1669, rel=0.005)
    assert (found.lon[0], found.lat[0]) == pytest.approx((120.41, 41.51))


@pytest.mark.parametrize(
    "way",
    [
        (120.39, 41.51, 120.41, 41.51),  # ends inside: an entry, not a passage
        (120.41, 41.51, 120.43, 41.51),  # begins inside
        (120.39, 41.53, 120.43, 41.53),  # passes by
        (120.399, 41.5005, 120.4005, 41.499),  # cuts a corner, less than 200 m
        (120.3999, 41.51, 120.3999, 41.5101),  # too short to be asked
    ],
)
def test_what_is_no_passage(way: tuple[float, float, float, float]) -> None:
    assert len(passages(TREE, *ways(way), 200.0).way) == 0


def test_a_hole_is_not_inside() -> None:
    ring = shapely.difference(SQUARE, shapely.box(120.403, 41.503, 120.417, 41.517))
    found = passages(shapely.STRtree([ring]), *ways((120.39, 41.51, 120.43, 41.51)), 200.0)
    assert found.inside_m[0] == pytest.approx(1669 * 6 / 20, rel=0.01)


def test_no_ways_and_no_areas() -> None:
    assert len(passages(TREE, *ways((0.0, 0.0, 0.0, 0.0)), 1.0).way) == 0
    assert len(passages(shapely.STRtree([]), *ways((120.0, 41.0, 121.0, 42.0)), 1.0).way) == 0
