"""Where a gate is: read with six decimals, converted from what the source speaks, and held against its enterprise.

A point of a Chinese web map stands half a kilometre off (GCJ-02); the enterprise's own place tells of it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from sqlalchemy import Connection

from enforcement.registry.doubts import Warning_
from geo.crs import Crs, Mixup, convert, guard
from geo.metres import metres_per_degree
from server.flows.refusals import Fault
from server.store import gates

_DEGREES = re.compile(r"\d{1,3}\.\d{6,12}", re.ASCII)
NAMES = {Crs.WGS84: "WGS-84", Crs.GCJ02: "GCJ-02", Crs.BD09: "BD-09"}
WEST, EAST, SOUTH, NORTH = 73.0, 136.0, 3.0, 54.0


def read_place(given: Mapping[str, str], faults: list[Fault]) -> tuple[float | None, float | None]:
    """Longitude and latitude in WGS-84, six decimals; (None, None) where both are empty."""
    lon, lat = given.get("lon", "").strip(), given.get("lat", "").strip()
    if not lon and not lat:
        return None, None
    crs = given.get("crs", "").strip() or Crs.WGS84.value
    if crs not in set(Crs):
        faults.append(Fault("crs", "请选择坐标系", "Choose what the coordinates speak"))
        return None, None
    for name, text in (("lon", lon), ("lat", lat)):
        if not _DEGREES.fullmatch(text):
            zh, en = "请填写六位小数的度数，如 120.451200", "Give degrees with six decimals, as 120.451200"
            faults.append(Fault(name, zh, en))
    if faults:
        return None, None
    return placed(float(lon), float(lat), Crs(crs), faults)


def placed(lon: float, lat: float, crs: Crs, faults: list[Fault]) -> tuple[float | None, float | None]:
    """The same point in WGS-84; a fault where it lies outside China."""
    if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
        zh, en = "请填写国内的经纬度", "Give a longitude and latitude in China"
        faults.append(Fault("lon", zh, en))
        return None, None
    x, y = convert([lon], [lat], crs)
    return round(float(x[0]), 6), round(float(y[0]), 6)


def doubts(connection: Connection, gate: Mapping[str, Any], far_m: float) -> list[Warning_]:
    """What speaks against a gate's place: it fits better in another system, or lies far from its enterprise."""
    if gate["lon"] is None:
        return []
    homes = list(gates.homes(connection, gate["enterprise_id"]))
    if not homes:
        return []
    mixup = guard([(gate["lon"], gate["lat"])], shapely.MultiPoint(homes))
    if mixup is not None:
        return [_told(mixup)]
    away_m = nearest_m(gate["lon"], gate["lat"], homes)
    if away_m <= far_m:
        return []
    zh = f"距企业登记位置 {away_m / 1000:.1f} 千米，请核对坐标。"
    return [Warning_("lon", "far", zh, f"It lies {away_m / 1000:.1f} km from the place of its enterprise: check it.")]


def _told(mixup: Mixup) -> Warning_:
    name = NAMES[mixup.looks_like]
    before, after = f"{mixup.declared_m:.0f}", f"{mixup.looks_like_m:.0f}"
    zh = f"坐标像是 {name}：距企业登记位置 {before} 米，按 {name} 换算后为 {after} 米。请核对坐标系。"
    en = f"The point looks like {name}: {before} m from the place of its enterprise, {after} m when read as {name}."
    return Warning_("lon", "crs", zh, f"{en} Check what it was measured in.")


def nearest_m(lon: float, lat: float, homes: Iterable[tuple[float, float]]) -> float:
    """Metres to the nearest of the places."""
    x_m, y_m = metres_per_degree(lat)
    return min(float((((lon - x) * x_m) ** 2 + ((lat - y) * y_m) ** 2) ** 0.5) for x, y in homes)
