"""Curves over months as SVG: percent from 0 to 100 upwards, months along; a month without a figure is a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 220, 44, 14, 12, 26
MOST_LABELS = 13


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: name of its style, its word, pieces of points, and each point with its month and figure."""

    style: str
    label: str
    pieces: tuple[str, ...]
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    curves: tuple[Curve, ...]
    months: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, int], ...]
    limit: tuple[float, float] | None = None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def chart(
    months: Sequence[date],
    curves: Sequence[tuple[str, str, Mapping[date, float | None]]],
    limit: float | None = None,
) -> Chart:
    """Curves of (style, word, figures by month) over these months; `limit` is a level across."""
    places = {month: _x(number, len(months)) for number, month in enumerate(months)}
    every = max(1, -(-len(months) // MOST_LABELS))
    labels = tuple((places[month], month.strftime("%Y-%m")) for month in months[::every])
    levels = tuple((_y(level), level) for level in (0, 25, 50, 75, 100))
    drawn = tuple(_curve(style, label, places, figures) for style, label, figures in curves)
    return Chart(drawn, labels, levels, None if limit is None else (_y(limit), limit))


def _x(number: int, of: int) -> float:
    return round(LEFT + (number + 0.5) * (WIDTH - LEFT - RIGHT) / max(of, 1), 1)


def _y(level: float) -> float:
    return round(HEIGHT - BOTTOM - level * (HEIGHT - TOP - BOTTOM) / 100, 1)


def _curve(style: str, label: str, places: Mapping[date, float], figures: Mapping[date, float | None]) -> Curve:
    pieces: list[list[str]] = [[]]
    points = []
    for month, x in places.items():
        figure = figures.get(month)
        if figure is None:
            pieces.append([])
            continue
        y = _y(figure)
        pieces[-1].append(f"{x},{y}")
        points.append((x, y, f"{month:%Y-%m}: {figure:.1f}"))
    return Curve(style, label, tuple(" ".join(piece) for piece in pieces if piece), tuple(points))
