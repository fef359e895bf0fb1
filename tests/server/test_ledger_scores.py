"""Scores of ledgers: every count equal to pandas over raw rows, agreement in SQL equal to the pure one, the pages."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from enforcement.ledgers.reconciliation import fuels_agree, stages_agree, vins_agree
from server.db import transaction
from server.flows import score_ledgers
from server.flows.jobs import JOBS
from tests.server import ledger_review_world as world
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
REGISTERED = (
    ("diesel", "5", "V"),
    ("diesel", "6b", "w"),
    ("electric", "D", None),
    ("unknown", "X", "V"),
    (None, None, None),
)


@pytest.fixture(scope="module")
def plants(engine: Engine, city: City) -> list[int]:
    """Three plants with two months of passages of registered and other trucks, refused rows, scores made."""
    with transaction(engine) as connection:
        made = [world.make_enterprise(connection, f"评分厂{n}") for n in range(3)]
        trucks = [
            connection.execute(
                text(
                    "INSERT INTO trucks (plate, plate_colour, fuel, stage, vin) VALUES (:p, 'yellow', :f, :s, :v) RETURNING id"
                ),
                {"p": f"辽N8{n:04}", "f": fuel, "s": stage, "v": vin},
            ).scalar_one()
            for n, (fuel, stage, vin) in enumerate(REGISTERED)
        ]
        world.fill(connection, made, 2500, world.at("2026-10-01", 0), 54, seed=3, truck_id=[None, *trucks])
        batch = connection.execute(
            text("INSERT INTO ledger_batches (enterprise_id, division, ledger, source) VALUES (:e, '211302', 'A', 'gate')"
                 " RETURNING id"), {"e": made[0]},
        ).scalar_one()  # fmt: skip
        for n, (day, settled) in enumerate(
            [("2026-10-05", None), ("2026-10-31", None), ("2026-11-02", None), ("2026-10-06", 1)]
        ):
            connection.execute(
                text(
                    "INSERT INTO ledger_refusals (enterprise_id, ledger, batch_id, position, payload, payload_sha256, faults,"
                    " first_at, settled_at, settled_how) VALUES (:e, 'A', :b, :n, '{}', sha256(cast(:k AS bytea)), '[]', :at,"
                    " cast(:settled AS timestamptz), CASE WHEN cast(:settled AS timestamptz) IS NOT NULL THEN 'dropped' END)"
                ),
                {"e": made[0], "b": batch, "n": n, "k": str(n).encode(), "at": world.at(day),
                 "settled": world.at(day) if settled else None},
            )  # fmt: skip
    job = next(job for job in JOBS if job.name == "ledger_scores")
    assert job.run(engine, NOW)["months"] >= 2
    return made


def stored(engine: Engine, plants: list[int], month: str) -> dict[int, dict[str, tuple[int, int]]]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT * FROM ledger_scores WHERE month = :m AND enterprise_id = ANY (:e)"), {"m": month, "e": plants}
        )
        return {
            row["enterprise_id"]: {one["part"]: (one["good"], one["of"]) for one in row["parts"]}
            for row in rows.mappings()
        }


def recomputed(engine: Engine, plants: list[int], month: str) -> dict[int, dict[str, tuple[int, int]]]:
    with transaction(engine) as connection:
        rows = world.frame(connection, plants)
        trucks = pd.DataFrame([dict(r) for r in connection.execute(text("SELECT * FROM trucks")).mappings()]).set_index(
            "id"
        )
    rows = rows[rows["month"] == month].copy()
    needed = ["vehicle_type", "vin", "registered_on", "model", "usage", "cargo", "photo"]
    rows["complete"] = rows[needed].notna().all(axis=1) & (rows["doubts"].map(len) == 0)
    rows["timely"] = (rows["received_at"] - rows["passed_at"]).map(lambda d: d.total_seconds() <= 24 * 3600)
    compared = [agreement(row, trucks) for row in rows.to_dict("records")]
    rows["compared"] = [one is not None for one in compared]
    rows["agrees"] = [bool(one) for one in compared]
    refused = {"2026-10-01": 2, "2026-11-01": 1}[month]
    found = {}
    for enterprise, own in rows.groupby("enterprise_id"):
        n = len(own)
        found[enterprise] = {
            "complete": (int(own["complete"].sum()), n), "timely": (int(own["timely"].sum()), n),
            "register": (int(own["agrees"].sum()), int(own["compared"].sum())), "tracks": (0, 0), "captures": (0, 0),
            "refused": (n, n + (refused if enterprise == plants[0] else 0)),
        }  # fmt: skip
    return found


def agreement(row: dict[str, Any], trucks: pd.DataFrame) -> bool | None:
    """By the pure functions: None where nothing can be compared."""
    if pd.isna(row["truck_id"]):
        return None
    known = {k: None if pd.isna(v) else v for k, v in trucks.loc[int(row["truck_id"])].to_dict().items()}
    row = {k: None if isinstance(v, float) and pd.isna(v) else v for k, v in row.items()}
    found = [
        stages_agree(row["stage"], known["stage"]), fuels_agree(row["fuel"], known["fuel"]),
        vins_agree(row["vin"], known["vin"]),
    ]  # fmt: skip
    told = [one for one in found if one is not None]
    return all(told) if told else None


@pytest.mark.parametrize("month", ["2026-10-01", "2026-11-01"])
def test_every_count_equals_pandas_over_raw_rows(engine: Engine, plants: list[int], month: str) -> None:
    assert stored(engine, plants, month) == recomputed(engine, plants, month)


def test_a_score_follows_from_its_parts(engine: Engine, plants: list[int]) -> None:
    with transaction(engine) as connection:
        rows = list(
            connection.execute(text("SELECT * FROM ledger_scores WHERE enterprise_id = ANY (:e)"), {"e": plants})
        )
    assert len(rows) == 6
    for row in rows:
        used = [part for part in row.parts if part["of"]]
        whole = sum(part["weight"] for part in used)
        expected = sum(100 * part["weight"] / whole * part["good"] / part["of"] for part in used)
        assert float(row.score) == pytest.approx(expected, abs=0.006)
        assert "review.weight.register@2016-01-01" in row.rule_keys


def test_a_backlog_changes_the_score_of_its_month(engine: Engine, plants: list[int], city: City) -> None:
    with transaction(engine) as connection:
        own = world.make_enterprise(connection, "补报厂")
        world.put(connection, world.passage(own, world.at("2025-03-05"), received_at=world.at("2026-11-20")))
    score_ledgers.run(engine, datetime(2026, 11, 25, 4, tzinfo=UTC))
    assert stored(engine, [own], "2025-03-01")[own]["timely"] == (0, 1)
    with transaction(engine) as connection:
        world.put(connection, world.passage(own, world.at("2025-03-05", 13), received_at=world.at("2026-11-26")))
    score_ledgers.run(engine, datetime(2026, 11, 26, 4, 30, tzinfo=UTC))
    assert stored(engine, [own], "2025-03-01")[own]["timely"] == (0, 2)


def test_the_pages_show_each_part_and_the_rows_behind_it(browse: Browse, plants: list[int]) -> None:
    officer = browse("officer")
    assert "评分厂1" in officer.get("/ledger-review/?month=2026-10-05").text
    assert "评分厂1" in officer.get("/ledger-review/?format=csv&month=2026-10-05").text
    page = officer.get(f"/ledger-review/{plants[0]}?month=2026-10-01")
    assert page.status_code == 200
    for part in ("complete", "register", "timely", "refused"):
        behind = officer.get(f"/ledger-review/{plants[0]}/{part}?month=2026-10-01")
        assert f"/ledger-review/{plants[0]}/{part}" in page.text
        assert "<tbody>" in behind.text
    assert officer.get(f"/ledger-review/{plants[0]}/nonsense").status_code == 404
    assert officer.get("/ledger-review/999999").status_code == 404


def test_an_enterprise_reads_its_own_score_alone(engine: Engine, browse: Browse, city: City, plants: list[int]) -> None:
    with transaction(engine) as connection:
        world.put(connection, world.passage(city.enterprise_id, world.at("2026-11-03")))
        score_ledgers.score_month(connection, score_ledgers.rule_book.current(connection), date(2026, 11, 1), NOW)
    own = browse("enterprise")
    assert own.get(f"/ledger-review/{city.enterprise_id}").status_code == 200
    assert own.get(f"/ledger-review/{city.enterprise_id}/complete").status_code == 200
    assert own.get(f"/ledger-review/{plants[0]}").status_code == 404
    assert own.get(f"/ledger-review/{plants[0]}/complete").status_code == 404
    assert "评分厂" not in own.get("/ledger-review/").text
