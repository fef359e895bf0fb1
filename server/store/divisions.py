"""Administrative areas by GB/T 2260 code."""

from dataclasses import dataclass

from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon
from sqlalchemy import CHAR, Column, Connection, Table, Text, func, text
from sqlalchemy.dialects.postgresql import insert

from server.db import METADATA

DIVISIONS = Table(
    "divisions",
    METADATA,
    Column("code", CHAR(6), primary_key=True),
    Column("parent", CHAR(6)),
    Column("level", Text),
    Column("name_zh", Text),
    Column("name_en", Text),
    Column("geometry", Geometry("MULTIPOLYGON", 4326, spatial_index=False)),
    extend_existing=True,
)


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One administrative area; level is province, city or county."""

    code: str
    parent: str | None
    level: str
    name_zh: str
    name_en: str


def put_division(connection: Connection, row: DivisionRow, geometry: MultiPolygon) -> bool:
    """Insert or bring up to date; False where nothing differed."""
    statement = insert(DIVISIONS).values(
        code=row.code,
        parent=row.parent,
        level=row.level,
        name_zh=row.name_zh,
        name_en=row.name_en,
        geometry=from_shape(geometry, srid=4326),
    )
    fresh = statement.excluded
    changed = statement.on_conflict_do_update(
        index_elements=["code"],
        set_={name: fresh[name] for name in ("parent", "level", "name_zh", "name_en", "geometry")},
        where=(DIVISIONS.c.name_zh != fresh.name_zh)
        | (DIVISIONS.c.name_en != fresh.name_en)
        | (DIVISIONS.c.parent.is_distinct_from(fresh.parent))
        | ~func.ST_OrderingEquals(DIVISIONS.c.geometry, fresh.geometry),
    )
    return connection.execute(changed.returning(DIVISIONS.c.code)).first() is not None


def list_divisions(connection: Connection, prefix: str = "", level: str | None = None) -> list[DivisionRow]:
    """Areas whose code begins with `prefix`, by code."""
    rows = connection.execute(
        text(
            "SELECT code, parent, level, name_zh, name_en FROM divisions "
            "WHERE code LIKE :prefix || '%' AND (CAST(:level AS text) IS NULL OR level = :level) ORDER BY code"
        ),
        {"prefix": prefix, "level": level},
    )
    return [DivisionRow(**row) for row in rows.mappings()]
