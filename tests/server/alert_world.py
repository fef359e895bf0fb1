"""A city with a listed plant, trucks at its gate, a site and a zone: what an alert is played through on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store import alerts

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
AREAS = (("211300", "city", "朝阳市", "Chaoyang"), ("211324", "county", "喀左县", "Kazuo"))


@dataclass(frozen=True, slots=True)
class AlertWorld:
    """Ids: the plant, an old truck (China IV) and a clean one (China VI)."""

    plant: int
    old: int
    clean: int


def make(connection: Connection) -> AlertWorld:
    """Fill the database."""
    for code, level, zh, en in AREAS:
        connection.execute(
            text(
                "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES (:c, :l, :zh, :en,"
                " ST_Multi(ST_MakeEnvelope(119, 40, 122, 43, 4326))) ON CONFLICT DO NOTHING"
            ),
            {"c": code, "l": level, "zh": zh, "en": en},
        )
    plant = one(
        connection,
        "INSERT INTO enterprises (name, division, industry) VALUES ('凌源钢铁', '211324', 'steel') RETURNING id",
    )
    connection.execute(
        text(
            "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
            " reason_in) VALUES (:e, '211324', '2026', '2026-01-01', 'steel', 'plant', 40, '达到门槛')"
        ),
        {"e": plant},
    )
    return AlertWorld(plant, truck(connection, "辽N11111", "4"), truck(connection, "辽N66666", "6"))


def one(connection: Connection, statement: str, **values: Any) -> int:
    """The id that a statement returns."""
    found: int = connection.execute(text(statement), values).scalar_one()
    return found


def truck(connection: Connection, plate: str, stage: str) -> int:
    """A heavy diesel truck of the register."""
    return one(
        connection,
        "INSERT INTO trucks (plate, plate_colour, category, fuel, stage, division) VALUES (:p, 'yellow', 'heavy_goods',"
        " 'diesel', :s, '211324') RETURNING id",
        p=plate,
        s=stage,
    )


def passage(
    connection: Connection, world: AlertWorld, at: datetime, plate: str = "辽N11111", truck_id: int | None = None,
    direction: str = "in", **more: Any,
) -> int:  # fmt: skip
    """A row of ledger A as it stands; its id."""
    values = {
        "e": world.plant, "at": at, "plate": plate, "truck": truck_id, "dir": direction, "stage": "4",
        "type": "H11", "answer": None, "hash": f"{plate} {at} {direction}", **more,
    }  # fmt: skip
    return one(
        connection,
        "INSERT INTO ledger_passages (enterprise_id, truck_id, passed_at, division, entrance_no, barrier_no, direction,"
        " plate, plate_colour, fuel, stage, vehicle_type, source, answer_id, content_sha256) VALUES (:e, :truck, :at,"
        " '211324', '1', '01', :dir, :plate, 'yellow', 'diesel', :stage, :type, 'gate', :answer,"
        " sha256(convert_to(:hash, 'UTF8'))) RETURNING id",
        **values,
    )


def alert(connection: Connection, level: str = "orange", division: str = "211300", from_at: datetime = NOW) -> int:
    """An alert as it was entered; its number."""
    return alerts.insert(
        connection,
        {
            "level": level, "division": division, "from_at": from_at, "planned_to_at": None, "note": None,
            "document": "朝政预〔2026〕3号", "authority": "朝阳市人民政府", "issued_on": date(2026, 11, 23), "entered_by": None,
        },
    )  # fmt: skip


def leave(connection: Connection, truck_id: int, **more: Any) -> int:
    """A whitelist entry that holds; its number."""
    values = {"t": truck_id, "purpose": "heating", "plant": None, "to": None, **more}
    return one(
        connection,
        "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at,"
        " enterprise_id, level_to) VALUES (:t, :purpose, '2026-11-01', '2026-12-31', '朝阳市生态环境局', 'active',"
        " '2026-11-01', :plant, :to) RETURNING id",
        **values,
    )
