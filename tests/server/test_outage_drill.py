"""The outage drill: 48 hours of backlog, sent twice, out of order, in overlapping batches, over two connections at once,
with bad rows among them. The ledger is exact against pandas over what was sent; every bad row is explained once."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows import take_passages
from server.store.audit import PLATFORM
from tests.server.ledger_world import NOW, Plant, make_plant, passage_row

pytestmark = pytest.mark.server
PASSAGES, BAD, BATCH = 2400, 40, 170
FUELS = {"A": "petrol", "B": "diesel", "E": "natural_gas"}
STAGES = ("0", "3", "4", "5", "6", "X")
CARGOES = {"煤": "coal", "焦炭": "coke", "铁精粉": "iron_ore", "西瓜": "西瓜", None: ""}
UNITS = {"t": 1.0, "kg": 0.001, "车": None}


def backlog(dice: random.Random) -> list[dict[str, Any]]:
    """Two days of passages of one gate system, each under its own key."""
    rows = []
    for number in range(PASSAGES):
        unit = dice.choice(list(UNITS))
        rows.append(
            passage_row(
                minutes_ago=dice.uniform(1, 48 * 60),
                direction=dice.choice("12"),
                plate=f"辽N{dice.randrange(10_000, 99_999)}",
                plate_colour=dice.choice("01"),
                fuel=dice.choice(list(FUELS)),
                stage=dice.choice(STAGES),
                vehicle_type=dice.choice(["H11", "H21", "Q11", None]),
                cargo=dice.choice(list(CARGOES)),
                quantity=str(dice.randrange(1, 40_000) / 1000 * (1000 if unit == "kg" else 1)),
                unit=unit,
                source_key=f"p-{number:05d}",
            )
        )
    return rows


def spoilt(dice: random.Random) -> list[dict[str, Any]]:
    """Rows that no ledger can take, each for a reason of its own."""
    ways: list[dict[str, Any]] = [
        {"stage": "7"},
        {"plate_colour": "8"},
        {"fuel": "C"},
        {"passed_at": "2026-11-26 00:00:00"},
        {"passed_at": "2019-01-01 00:00:00"},
        {"quantity": "viel"},
        {"direction": None},
        {"vehicle_type": "Lkw", "unit": "Fuder"},
    ]
    return [passage_row(dice.uniform(1, 2000), source_key=f"b-{n:03d}", **ways[n % len(ways)]) for n in range(BAD)]


def batches(rows: list[dict[str, Any]], dice: random.Random) -> list[list[dict[str, Any]]]:
    """All rows twice, shuffled, in batches that overlap by a third."""
    mixed = [*rows, *rows]
    dice.shuffle(mixed)
    step = BATCH * 2 // 3
    return [mixed[start : start + BATCH] for start in range(0, len(mixed), step)]


def expected(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """What the ledger must hold, worked out from the rows alone."""
    table = pd.DataFrame(rows).drop_duplicates("source_key")
    at = pd.to_datetime(table["passed_at"]).dt.tz_localize(BEIJING)
    factor = table["unit"].map(UNITS)
    return pd.DataFrame(
        {
            "source_key": table["source_key"],
            "passed_at": at.dt.tz_convert("UTC"),
            "direction": table["direction"].map({"1": "in", "2": "out"}),
            "plate": table["plate"],
            "plate_colour": table["plate_colour"].map({"0": "blue", "1": "yellow"}),
            "fuel": table["fuel"].map(FUELS),
            "stage": table["stage"],
            "vehicle_type": table["vehicle_type"].fillna(""),
            "cargo": table["cargo"].map(lambda one: CARGOES[one if isinstance(one, str) else None]),
            "tonnes": (pd.to_numeric(table["quantity"]) * factor).round(3),
            "day": at.dt.date,
        }
    ).sort_values("source_key", ignore_index=True)


def kept(engine: Engine, plant: Plant) -> pd.DataFrame:
    with transaction(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT source_key, passed_at, direction, plate, plate_colour, fuel, stage,"
                " coalesce(vehicle_type, '') AS vehicle_type, coalesce(cargo, '') AS cargo, tonnes::float8 AS tonnes,"
                " (passed_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM ledger_passages"
                " WHERE enterprise_id = :e AND state = 'taken' ORDER BY source_key"
            ),
            {"e": plant.enterprise_id},
        )
        table = pd.DataFrame([dict(row) for row in rows.mappings()])
    table["passed_at"] = pd.to_datetime(table["passed_at"], utc=True)
    table["tonnes"] = pd.to_numeric(table["tonnes"])
    return table


def sums(engine: Engine, table: str, plant: Plant, keys: list[str]) -> dict[tuple[Any, ...], tuple[int, float]]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text(f"SELECT {', '.join(keys)}, passages, tonnes::float8 FROM {table} WHERE enterprise_id = :e"),
            {"e": plant.enterprise_id},
        ).all()
    return {tuple(row[: len(keys)]): (row[-2], round(row[-1], 3)) for row in rows if row[-2]}


def grouped(table: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], tuple[int, float]]:
    found = table.groupby(keys)["tonnes"].agg(["size", "sum"])
    return {tuple(key): (int(row["size"]), round(float(row["sum"]), 3)) for key, row in found.iterrows()}


def test_a_backlog_sent_twice_out_of_order_leaves_an_exact_ledger(engine: Engine, city: Any) -> None:
    dice = random.Random(20261124)
    plant, other = make_plant(engine, "停电两天的厂"), make_plant(engine, "没停电的厂")
    good, bad = backlog(dice), spoilt(dice)
    sent = batches([*good, *bad], dice)

    def send(batch: list[dict[str, Any]]) -> Counter[str]:
        with transaction(engine) as connection:
            taken = take_passages.take(connection, PLATFORM, plant.source, batch, NOW)
        return Counter(taken.counts)

    with ThreadPoolExecutor(2) as pool:  # two connections of the gate system at once
        counts = sum(pool.map(send, sent), Counter())

    wanted, found = expected(good), kept(engine, plant)
    pd.testing.assert_frame_equal(found, wanted[found.columns], check_dtype=False)
    times = Counter(row["source_key"] for batch in sent for row in batch)
    bad_times = {row["source_key"]: times[row["source_key"]] for row in bad}
    assert counts["taken"] == PASSAGES
    assert counts["refused"] == sum(bad_times.values())
    assert counts["repeated"] == sum(times.values()) - PASSAGES - counts["refused"]
    assert counts["corrected"] == 0
    assert sums(engine, "ledger_days", plant, ["day", "direction"]) == grouped(wanted, ["day", "direction"])
    wanted["month"] = pd.to_datetime(wanted["day"]).dt.to_period("M").dt.start_time.dt.date
    keys = ["month", "direction", "vehicle_type", "fuel", "stage", "cargo"]
    assert sums(engine, "ledger_months", plant, keys) == grouped(wanted, keys)
    assert_explained(engine, plant, bad, bad_times)
    assert sums(engine, "ledger_days", other, ["day"]) == {}


def assert_explained(engine: Engine, plant: Plant, bad: list[dict[str, Any]], times: dict[str, int]) -> None:
    """Each bad row is kept once as it came, with its reasons and how often it came."""
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT source_key, payload, faults, times FROM ledger_refusals WHERE enterprise_id = :e"),
            {"e": plant.enterprise_id},
        ).all()
    assert {row.source_key: row.payload for row in rows} == {row["source_key"]: row for row in bad}
    assert len(rows) == len(bad)
    assert {row.source_key: row.times for row in rows} == times
    assert all(fault["zh"] and fault["en"] and fault["field"] for row in rows for fault in row.faults)


def test_the_whole_backlog_again_in_one_breath_changes_nothing(engine: Engine, city: Any) -> None:
    dice = random.Random(7)
    plant = make_plant(engine, "再发一遍的厂")
    rows = [*backlog(dice)[:700], *spoilt(dice)]
    outcomes = []
    for _ in range(2):
        dice.shuffle(rows)
        with transaction(engine) as connection:
            outcomes.append(dict(take_passages.take(connection, PLATFORM, plant.source, rows, NOW).counts))
    assert outcomes == [{"taken": 700, "refused": BAD}, {"repeated": 700, "refused": BAD}]
    with transaction(engine) as connection:
        found = connection.execute(
            text("SELECT count(*), min(times), max(times) FROM ledger_refusals WHERE enterprise_id = :e"),
            {"e": plant.enterprise_id},
        ).one()
    assert tuple(found) == (BAD, 2, 2)


def test_a_late_copy_between_corrections_never_wins(engine: Engine, city: Any) -> None:
    plant = make_plant(engine, "更正过的厂")
    old = [passage_row(10 + n, source_key=f"c-{n}", plate=f"辽N{10000 + n}") for n in range(50)]
    new = [{**row, "stage": "6"} for row in old]
    later = NOW + timedelta(minutes=5)
    for batch in (old, new, old, [*new[:25], *old]):
        with transaction(engine) as connection:
            take_passages.take(connection, PLATFORM, plant.source, batch, later)
    with transaction(engine) as connection:
        stages = connection.execute(
            text("SELECT stage, version, count(*) FROM ledger_passages WHERE enterprise_id = :e GROUP BY 1, 2"),
            {"e": plant.enterprise_id},
        ).all()
    assert [tuple(row) for row in stages] == [("6", 2, 50)]
