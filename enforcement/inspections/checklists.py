"""Checklists by kind of check, and what to look for on what stands before an officer; the texts are checklists.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from enforcement.inspections.records import OFFICER_KINDS, InspectionKind
from enforcement.measurements.readings import Finding

CHECKLISTS = Path(__file__).parent / "checklists.yaml"
FLAGS = frozenset({
    "open_notice", "overdue_notice", "open_case", "watched", "whitelisted", "failed_last", "no_terminal", "not_coded",
    "stage_doubtful", "not_registered",
})  # fmt: skip
"""What a hint may depend on beside kind, stage, fuel, category and after-treatment."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a checklist: its code, words, the answer that is in order, and the kinds of check that have it."""

    item: str
    zh: str
    en: str
    ok: Finding
    kinds: tuple[InspectionKind, ...]
    in_alert: bool = False  # asked only while a heavy-pollution alert is in force


@dataclass(frozen=True, slots=True)
class Hint:
    """What to look for. An empty list binds all; of `when` everything must be so."""

    code: str
    zh: str
    en: str
    kind: str = ""
    stages: tuple[str, ...] = ()
    fuels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    after_treatment: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


@cache
def _content() -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(CHECKLISTS.read_text(encoding="utf-8"))
    return content


@cache
def points() -> tuple[Point, ...]:
    """Every point in order, those of no kind too."""
    return tuple(
        Point(
            item,
            row["zh"],
            row["en"],
            Finding(row["ok"]),
            tuple(map(InspectionKind, row["kinds"])),
            row.get("in_alert", False),
        )
        for item, row in _content()["points"].items()
    )


def checklist_of(kind: InspectionKind) -> tuple[Point, ...]:
    """The points that a kind of check has."""
    return tuple(point for point in points() if kind in point.kinds)


def checklists() -> dict[InspectionKind, tuple[Point, ...]]:
    """The checklist of each kind of check that officers make."""
    return {kind: checklist_of(kind) for kind in InspectionKind if kind in OFFICER_KINDS}


@cache
def hints() -> tuple[Hint, ...]:
    """What to look for, the most pressing first."""
    return tuple(
        Hint(code, row["zh"], row["en"], **{name: _tuple(value) for name, value in row["of"].items()})
        for code, row in _content()["look_for"].items()
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
