"""The curves of one terminal as JSON: panels with units and limits, thinned honestly, and the track beside them.

A panel without a single reading is not drawn, and it is said why. Limits are rows of the rule book, in force on the
day that is shown; where there is no row there is no line.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from numpy.typing import NDArray

from enforcement.rules.book import Rule, find_rule
from server.store.samples import Window, readings, thin, thin_track
from server.web.language import pick
from server.web.rule_book import book
from telemetry.samples import COLUMNS

UNITS = {column.name: column.unit for column in COLUMNS}
ENGINE_COLUMNS = ("engine_speed_rpm", "torque_net_pct", "fuel_rate_lph", "scr_inlet_c", "coolant_c")
ENGINE_KINDS = frozenset({"hdv", "nrmm"})  # whose terminals read the engine; boxes and trackers may


@dataclass(frozen=True, slots=True)
class Panel:
    """One set of axes: what is drawn against the left axis, what against the right, and the rules drawn as lines."""

    name: str
    label: Any
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    is_engine: bool = True


PANELS = (
    Panel("speed", _l("Speed"), ("speed_kmh",), is_engine=False),
    Panel("nox", _l("NOx"), ("nox_upstream_ppm", "nox_downstream_ppm"), rules=("telemetry.nox_watch_ppm",)),
    Panel("reagent", _l("Reagent (urea)"), ("reagent_level_pct",), rules=("telemetry.reagent_low_pct",)),
    Panel("temperature", _l("Temperatures"), ("scr_inlet_c", "scr_outlet_c", "coolant_c")),
    Panel("engine", _l("Engine"), ("engine_speed_rpm",), ("torque_net_pct",)),
    Panel("dpf", _l("Particle filter"), ("dpf_pressure_kpa",)),
    Panel("opacity", _l("Smoke"), ("opacity_m1",)),
)
LABELS = {
    "speed_kmh": _l("speed"),
    "nox_upstream_ppm": _l("NOx upstream"),
    "nox_downstream_ppm": _l("NOx downstream"),
    "reagent_level_pct": _l("reagent level"),
    "scr_inlet_c": _l("SCR inlet"),
    "scr_outlet_c": _l("SCR outlet"),
    "coolant_c": _l("coolant"),
    "engine_speed_rpm": _l("engine speed"),
    "torque_net_pct": _l("net torque"),
    "dpf_pressure_kpa": _l("DPF differential pressure"),
    "opacity_m1": _l("light absorption"),
}
TRACK_FINER = 4  # buckets of the track for one of the curves: a truck goes round a corner in less than a minute
DRAWN = tuple(LABELS)
FIRST_COLOURS = ("nox_downstream_ppm", "opacity_m1", "speed_kmh")  # what the track is coloured by at first


def curves(table: pd.DataFrame, kind: str, window: Window, at: datetime) -> dict[str, Any]:
    """All that the page draws of [from, to)."""
    at_us = table["at_us"].to_numpy()
    found = {name: readings(table, name) for name in DRAWN}
    present = {name for name, values in found.items() if not np.isnan(values).all()} if len(table) else set()
    panels = [panel for panel in PANELS if present & {*panel.left, *panel.right}]
    return {
        "from": window.from_us // 1000,
        "to": window.to_us // 1000,
        "rows": len(table),
        "thinned": len(table) > 2 * window.buckets,
        "gap_s": window.gap_us / 1e6,
        "panels": [_panel(panel, found, present, at_us, window, at) for panel in panels],
        "absent": [_absent(panel, kind, table) for panel in PANELS if panel not in panels] if len(table) else [],
        "track": _track(table, tuple(name for name in DRAWN if name in present), window),
        "colour": next((name for name in FIRST_COLOURS if name in present), None),
    }


def _panel(
    panel: Panel,
    found: dict[str, NDArray[np.float64]],
    present: set[str],
    at_us: NDArray[np.int64],
    window: Window,
    at: datetime,
) -> dict[str, Any]:
    names = [(name, side) for side, side_names in enumerate((panel.left, panel.right)) for name in side_names]
    rules = [rule for rule_id in panel.rules if (rule := find_rule(book(), rule_id, at)) is not None]
    return {
        "name": panel.name,
        "label": str(panel.label),
        "units": [UNITS[side[0]] for side in (panel.left, panel.right) if side],
        "series": [
            {
                "name": name,
                "label": str(LABELS[name]),
                "unit": UNITS[name],
                "side": side,
                **_curve(found[name], at_us, window),
            }
            for name, side in names
            if name in present
        ],
        "limits": [_limit(rule) for rule in rules],
    }


def _limit(rule: Rule) -> dict[str, Any]:
    return {"value": rule.number, "label": pick(rule.zh, rule.en), "key": rule.key, "certainty": str(rule.certainty)}


def _curve(values: NDArray[np.float64], at_us: NDArray[np.int64], window: Window) -> dict[str, Any]:
    """The thinned line; least, greatest and mean are those of every reading."""
    curve = thin(at_us, values, window)
    known = values[~np.isnan(values)]
    return {
        "at": ((curve.at_us - window.from_us) // 1000).tolist(),
        "values": _plain(curve.values),
        "least": _round(known.min()),
        "greatest": _round(known.max()),
        "mean": _round(known.mean()),
        "readings": len(known),
    }


def _round(value: float) -> float:
    return round(float(value), 3)


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if value != value else round(value, 3) for value in values.tolist()]


def _absent(panel: Panel, kind: str, table: pd.DataFrame) -> dict[str, str]:
    """Why a panel is not drawn."""
    has_engine = bool(table[list(ENGINE_COLUMNS)].notna().to_numpy().any())
    if panel.is_engine and kind not in ENGINE_KINDS and not has_engine:
        why = _("this kind of terminal reported no engine data")
    elif panel.name == "opacity":
        why = _("only retrofit smoke sensors report it; this terminal did not")
    elif panel.name == "nox" and has_engine:
        why = _("every NOx reading was sent as not available, or the sensor was not lit off")
    else:
        why = _("every sample of this time carries “not available” here, or no such field")
    return {"label": str(panel.label), "why": str(why)}


def _track(table: pd.DataFrame, names: tuple[str, ...], window: Window) -> dict[str, Any]:
    track = thin_track(table, names, replace(window, buckets=window.buckets * TRACK_FINER))
    return {
        "at": ((track["at_us"] - window.from_us) // 1000).tolist(),
        "lon": np.round(track["lon"], 6).tolist(),
        "lat": np.round(track["lat"], 6).tolist(),
        "direction": _plain(track["direction_deg"].astype(np.float64)),
        "broken": np.flatnonzero(track["broken"]).tolist(),
        "quantities": [
            {"name": name, "label": str(LABELS[name]), "unit": UNITS[name], "values": _plain(track[name])}
            for name in names
        ],
    }
