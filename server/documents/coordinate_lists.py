"""A zone as a list of coordinates that a person can type: the form's text area and the map both speak it.

    polygon
    120.4101, 41.5502
    120.4712, 41.5503
    120.4700, 41.6001
    hole
    ...

One vertex a line, longitude first; `polygon` (面) begins a polygon, `hole` (孔) a hole in it; rings close themselves.
"""

import math
import re
from dataclasses import dataclass

import shapely

_HEADINGS = {"polygon": "polygon", "面": "polygon", "hole": "hole", "孔": "hole"}
_SEPARATORS = re.compile(r"[\s,，;；]+")
MOST_FAULTS = 20

Ring = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line that cannot be read, and what would be right."""

    line: int
    zh: str
    en: str


def read_coordinates(content: str) -> tuple[list[list[Ring]], list[LineFault]]:
    """Polygons as lists of rings (outline first), rings not closed; the faults by line."""
    polygons: list[list[Ring]] = []
    faults: list[LineFault] = []
    for number, raw in enumerate(content.splitlines(), start=1):
        line = raw.strip().lstrip("#").strip()
        heading = _HEADINGS.get(re.sub(r"[\s\d:：.]+$", "", line.lower()))
        if heading:
            _begin(polygons, heading)
        elif line:
            place = _place(line)
            if place is None:
                faults.append(_unreadable(number, line))
                continue
            if not polygons:
                polygons.append([[]])
            polygons[-1][-1].append(place)
    kept = [[_opened(ring) for ring in rings if ring] for rings in polygons]
    return [rings for rings in kept if rings], faults[:MOST_FAULTS]


def _begin(polygons: list[list[Ring]], heading: str) -> None:
    if heading == "polygon" or not polygons:
        polygons.append([[]])
    else:
        polygons[-1].append([])


def _place(line: str) -> tuple[float, float] | None:
    try:
        numbers = [float(part) for part in _SEPARATORS.split(line) if part]
    except ValueError:
        return None
    if len(numbers) not in (2, 3) or not all(math.isfinite(number) for number in numbers):
        return None
    return numbers[0], numbers[1]


def _opened(ring: Ring) -> Ring:
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def _unreadable(number: int, line: str) -> LineFault:
    shown = line if len(line) <= 40 else line[:40] + "…"
    return LineFault(
        number,
        f"第 {number} 行“{shown}”无法读取：每行一个顶点，先经度后纬度，如 120.4500, 41.5700",
        f"Line {number}, “{shown}”, cannot be read: one vertex a line, longitude first, as 120.4500, 41.5700",
    )


def write_coordinates(geometry: shapely.MultiPolygon, places: int = 7) -> str:
    """The geometry as such a list, to `places` decimals (7: a centimetre)."""
    lines: list[str] = []
    for polygon in geometry.geoms:
        for heading, ring in [("polygon", polygon.exterior), *(("hole", hole) for hole in polygon.interiors)]:
            lines.append(heading)
            lines.extend(f"{_number(x, places)}, {_number(y, places)}" for x, y, *_ in ring.coords[:-1])
    return "\n".join(lines) + ("\n" if lines else "")


def _number(value: float, places: int) -> str:
    return f"{value:.{places}f}".rstrip("0").rstrip(".")


def as_geojson(polygons: list[list[Ring]]) -> dict[str, object]:
    """The list as a GeoJSON MultiPolygon, rings closed: what geo.geojson judges."""
    closed = [[[*map(list, ring), list(ring[0])] for ring in rings] for rings in polygons]
    return {"type": "MultiPolygon", "coordinates": closed}
