"""Fixes against zones: ours beside PostGIS and beside the plain way with shapely, with equal hits required."""

import time

import city as shapes
import numpy as np
import psycopg
import shapely
from ingest_bench import VERTICES, ZONES, Place

from geo.zones import ZoneVersion, index_zones, locate
from server import db
from server.launch import databases

DEVICES = 5000
BATCH = 100_000
SLOW_SHARE = 20  # the others see every 20th fix: they would take minutes


def measure(place: Place, count: int) -> list[tuple[str, float, str, str]]:
    """Fixes a second on one core, three ways; raises when the hits differ."""
    zones = shapes.zones(ZONES, VERTICES)
    lon, lat, _ = shapes.fixes(count, DEVICES)
    index = index_zones([ZoneVersion(n, n, zone, 0, None) for n, zone in enumerate(zones)])
    at_us = np.full(count, 1_700_000_000_000_000)
    bounds = shapes.split_sizes(count, BATCH)
    begun = time.perf_counter()
    found = [locate(index, lon[a:b], lat[a:b], at_us[a:b], 0.0) for a, b in bounds]
    ours_s = time.perf_counter() - begun
    fix = np.concatenate([one.fix + a for one, (a, _) in zip(found, bounds, strict=True)])
    version = np.concatenate([one.version for one in found])
    some = np.arange(0, count, SLOW_SHARE)
    mask = fix % SLOW_SHARE == 0
    expected = set(zip(fix[mask].tolist(), version[mask].tolist(), strict=True))
    plain, plain_s = with_shapely(zones, lon[some], lat[some])
    joined, joined_s = with_postgis(place, zones, lon[some], lat[some])
    for name, pairs in (("shapely", plain), ("PostGIS", joined)):
        if {(f * SLOW_SHARE, z) for f, z in pairs} != expected:
            raise AssertionError(f"zones bench: {name} finds other hits than locate")
    what = f"{ZONES} zones of {VERTICES} vertices, {len(fix)} hits, one core"
    return [
        ("zones.fixes_per_s", count / ours_s, "fixes/s", what),
        (
            "zones.postgis_fixes_per_s",
            len(some) / joined_s,
            "fixes/s",
            "ST_Intersects join over a GiST index, same hits",
        ),
        (
            "zones.shapely_fixes_per_s",
            len(some) / plain_s,
            "fixes/s",
            "STRtree of the zones, query by points, same hits",
        ),
    ]


def with_shapely(
    zones: list[shapely.MultiPolygon], lon: np.ndarray, lat: np.ndarray
) -> tuple[set[tuple[int, int]], float]:
    """The way of the first tutorial: a tree of zones asked for points."""
    begun = time.perf_counter()
    tree = shapely.STRtree(zones)
    pairs = tree.query(shapely.points(lon, lat), predicate="intersects")
    return set(map(tuple, pairs.T.tolist())), time.perf_counter() - begun


def with_postgis(
    place: Place, zones: list[shapely.MultiPolygon], lon: np.ndarray, lat: np.ndarray
) -> tuple[set[tuple[int, int]], float]:
    """A join in the database; loading the points is not counted."""
    with db.connect(databases.prepare(place.cluster, "bench_zones")) as connection:
        connection.execute("CREATE TABLE z (n int, g geometry(MultiPolygon, 4326))")
        connection.execute("CREATE TABLE p (n int, g geometry(Point, 4326))")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO z VALUES (%s, ST_SetSRID(ST_GeomFromWKB(%s), 4326))",
                [(n, shapely.to_wkb(zone)) for n, zone in enumerate(zones)],
            )
        load_points(connection, lon, lat)
        connection.execute("CREATE INDEX ON z USING gist (g)")
        connection.execute("ANALYZE z")
        connection.execute("ANALYZE p")
        connection.execute("SET max_parallel_workers_per_gather = 0")
        begun = time.perf_counter()
        rows = connection.execute("SELECT p.n, z.n FROM p JOIN z ON ST_Intersects(z.g, p.g)").fetchall()
        return set(rows), time.perf_counter() - begun


def load_points(connection: psycopg.Connection, lon: np.ndarray, lat: np.ndarray) -> None:
    """COPY the points in."""
    with connection.cursor().copy("COPY p (n, g) FROM STDIN") as copy:
        for n, point in enumerate(
            shapely.to_wkb(shapely.set_srid(shapely.points(lon, lat), 4326), hex=True, include_srid=True)
        ):
            copy.write_row((n, point))
