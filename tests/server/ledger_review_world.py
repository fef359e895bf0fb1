"""Ledgers full of passages of every kind, and the same rows as a frame of pandas: figures are recomputed from these."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

INSERT = text(
    "INSERT INTO ledger_passages (enterprise_id, division, entrance_no, barrier_no, direction, passed_at, received_at, plate,"
    " plate_colour, vehicle_type, vin, registered_on, model, usage, fuel, stage, cargo, quantity, unit, tonnes, photo,"
    " source, source_key, state, doubts, truck_id, content_sha256) VALUES (:enterprise_id, :division, '1', '01', :direction,"
    " :passed_at, :received_at, :plate, 'yellow', :vehicle_type, :vin, :registered_on, :model, :usage, :fuel, :stage,"
    " :cargo, :tonnes, 't', :tonnes, :photo, 'gate', :source_key, :state, :doubts, :truck_id, sha256('x'::bytea))"
)
VEHICLES = (("diesel", "3"), ("diesel", "4"), ("diesel", "5"), ("diesel", "6"), ("diesel", "6b"), ("electric", "D"),
            ("hydrogen", "X"), ("natural_gas", "5"), ("natural_gas", "6"))  # fmt: skip
CARGOES = ("coal", "coke", "steel", "limestone", "grain", "empty", "other", None)


def make_enterprise(connection: Connection, name: str, industry: str | None = "steel", division: str = "211302") -> int:
    """An enterprise of an industry."""
    found: int = connection.execute(
        text("INSERT INTO enterprises (name, industry, division) VALUES (:n, :i, :d) RETURNING id"),
        {"n": name, "i": industry, "d": division},
    ).scalar_one()
    return found


def passage(enterprise_id: int, at: datetime, **more: Any) -> dict[str, Any]:
    """One row with every field, as it lies in the table."""
    row = {
        "enterprise_id": enterprise_id, "division": "211302", "direction": "in", "passed_at": at,
        "received_at": at + timedelta(minutes=1), "plate": "辽N70001", "vehicle_type": "H11",
        "vin": "LFWSRXRJ6H1E00001", "registered_on": "2020-01-01", "model": "M", "usage": "F", "fuel": "diesel",
        "stage": "5", "cargo": "coal", "tonnes": 30, "photo": "https://x.test/1.jpg", "source_key": None,
        "state": "taken", "doubts": [], "truck_id": None,
    }  # fmt: skip
    return row | more


def put(connection: Connection, *rows: dict[str, Any]) -> None:
    """Write rows."""
    if rows:
        connection.execute(INSERT, list(rows))


def fill(
    connection: Connection, enterprises: list[int], rows: int, first: datetime, days: int, seed: int, **more: Any
) -> None:
    """Random passages of these enterprises over so many days; some struck out, waiting, late, doubtful, incomplete."""
    dice = random.Random(seed)
    made = []
    for n in range(rows):
        fuel, stage = dice.choice(VEHICLES)
        at = first + timedelta(seconds=dice.randrange(days * 86400), microseconds=n)
        made.append(
            passage(
                dice.choice(enterprises), at, direction=dice.choice(["in", "out"]), fuel=fuel, stage=stage,
                plate=f"辽N{dice.randrange(200):05}", cargo=dice.choice(CARGOES),
                tonnes=dice.choice([None, 0, round(dice.uniform(1, 40), 3)]), vin=dice.choice([None, "V", "W"]),
                photo=dice.choice([None, "p"]), doubts=dice.choice([[], [], ["vin_form"]]),
                state=dice.choices(["taken", "void", "pending", "refused"], [90, 4, 3, 3])[0],
                received_at=at + timedelta(hours=dice.choice([0.01, 1, 23.9, 25, 60])), source_key=f"s{seed}-{n}",
                **{name: dice.choice(values) for name, values in more.items()},
            )
        )  # fmt: skip
    put(connection, *made)


def frame(connection: Connection, enterprises: list[int]) -> pd.DataFrame:
    """The rows that stand, with their Beijing month and day."""
    raw = connection.execute(
        text("SELECT * FROM ledger_passages WHERE enterprise_id = ANY (:e) AND state = 'taken'"), {"e": enterprises}
    )
    rows = pd.DataFrame([dict(row) for row in raw.mappings()])
    local = pd.to_datetime(rows["passed_at"], utc=True).dt.tz_convert("Asia/Shanghai")
    rows["month"] = local.dt.strftime("%Y-%m-01")
    rows["day"] = local.dt.date
    rows["tonnes"] = rows["tonnes"].fillna(0).map(float)
    return rows


def at(day: str, hour: float = 12) -> datetime:
    """A moment of a Beijing day."""
    return datetime.fromisoformat(f"{day}T00:00:00+08:00").astimezone(UTC) + timedelta(hours=hour)
