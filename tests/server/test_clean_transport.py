"""Clean transport: shares equal to pandas over raw rows, entries of other ways, who may write, files and API."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import RuleBook
from server.db import transaction
from server.flows import clean_shares, rule_book
from server.flows.clean_shares import Period
from server.store.scopes import Scope
from tests.server import ledger_review_world as world
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
YEAR = Period(date(2025, 12, 1), date(2026, 11, 1))
BULK = {"coal", "coke", "steel", "limestone"}


@pytest.fixture(scope="module")
def plants(engine: Engine, city: City) -> list[int]:
    """Two steel works, one cement works and one without industry, with a year of passages and some rail."""
    with transaction(engine) as connection:
        made = [
            world.make_enterprise(connection, "东钢", "steel"),
            world.make_enterprise(connection, "西钢", "steel", "211381"),
            world.make_enterprise(connection, "南水泥", "cement"),
            world.make_enterprise(connection, "无行业", None),
        ]
        world.fill(connection, made, 3000, world.at("2025-12-01", 0), 350, seed=7)
        for n, (enterprise, month, cargo, tonnes) in enumerate(
            [(0, "2026-01-01", "coal", 900), (0, "2026-02-01", "coal", 400), (2, "2026-01-01", "limestone", 5000),
             (2, "2026-01-01", "grain", 7000)]
        ):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes, document)"
                    " VALUES (:e, '211302', :m, 'in', :mode, :c, :t, '运单')"
                ),
                {"e": made[enterprise], "m": month, "c": cargo, "t": tonnes, "mode": ["rail", "water"][n % 2]},
            )
    return made


def by_pandas(engine: Engine, plants: list[int], key: str) -> dict[Any, tuple[float, float, float]]:
    """(total, strict, with VI) in per cent by a column, from raw rows."""
    with transaction(engine) as connection:
        rows = world.frame(connection, plants)
        ways = connection.execute(text("SELECT * FROM clean_transport WHERE enterprise_id = ANY (:e)"), {"e": plants})
        rows = rows[rows["cargo"].isin(BULK)].copy()
        energy = rows["fuel"].isin(["electric", "hydrogen"])
        rows["clean"] = rows["tonnes"].where(energy, 0)
        rows["either"] = rows["tonnes"].where(energy | rows["stage"].isin(["6", "6a", "6b"]), 0)
        sums = {k: list(v) for k, v in rows.groupby(key)[["tonnes", "clean", "either"]].sum().iterrows()}
        for one in ways.mappings():
            if one["cargo"] in BULK:
                place = one["enterprise_id"] if key == "enterprise_id" else one["month"].isoformat()
                sums[place] = [figure + float(one["tonnes"]) for figure in sums.get(place, [0, 0, 0])]
    return {k: (t, 100 * c / t, 100 * e / t) for k, (t, c, e) in sums.items()}


@pytest.mark.parametrize(("by", "column"), [("enterprise", "enterprise_id"), ("month", "month")])
def test_shares_equal_pandas_over_raw_rows(engine: Engine, plants: list[int], by: str, column: str) -> None:
    with transaction(engine) as connection:
        rows = clean_shares.shares(connection, Scope(), rule_book.current(connection), by, YEAR, {})
    found = {
        row.key["id"] if by == "enterprise" else row.key["month"].isoformat(): (
            float(row.share.total), row.share.strict_pct, row.share.or_six_pct,
        )
        for row in rows
    }  # fmt: skip
    expected = by_pandas(engine, plants, column)
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert found[key] == pytest.approx(figures)


def test_industries_have_their_targets(engine: Engine, plants: list[int]) -> None:
    with transaction(engine) as connection:
        rows = clean_shares.shares(connection, Scope(), rule_book.current(connection), "industry", YEAR, {})
        county = clean_shares.shares(
            connection, Scope(divisions="211381"), rule_book.current(connection), "enterprise", YEAR, {}
        )
    targets = {row.key["industry"]: row.target and row.target.pct for row in rows}
    assert targets == {"steel": 70, "cement": 80, "": None}
    assert [row.key["name"] for row in county] == ["西钢"]


def test_each_month_goes_by_the_rows_of_its_own_day(engine: Engine, plants: list[int]) -> None:
    """From July 2026 on the bureau counts steel no longer: older months keep it."""
    with transaction(engine) as connection:
        book = rule_book.current(connection)
        old = next(row for row in book.rows if row.id == "clean.bulk_cargo")
        rest = [row for row in book.rows if row is not old]
        split = date(2026, 7, 1)
        later = replace(old, valid_from=split, value=tuple(word for word in old.words if word != "steel"))
        changed = RuleBook((*rest, replace(old, valid_to=split), later))
        one, other = (
            {
                row.key["month"]: row.share.total
                for row in clean_shares.shares(connection, Scope(), rules, "month", YEAR, {})
            }
            for rules in (book, changed)
        )
        steel = connection.execute(
            text("SELECT month, sum(tonnes) AS steel FROM ledger_months WHERE cargo = 'steel' AND month >= '2026-07-01'"
                 " AND enterprise_id = ANY (:e) GROUP BY 1"), {"e": plants},
        )  # fmt: skip
        gone: dict[date, Decimal] = {row.month: row.steel for row in steel}
    assert other == {month: total - gone.get(month, 0) for month, total in one.items()}
    assert gone


def test_the_page_its_groupings_and_files(browse: Browse, plants: list[int]) -> None:
    officer = browse("officer")
    page = officer.get("/clean-transport/?from=2025-12-01&to=2026-11-30")
    assert page.status_code == 200
    assert "东钢" in page.text
    assert "<polyline" in page.text
    assert "西钢" not in officer.get("/clean-transport/?q=%E4%B8%9C&from=2025-12-01&to=2026-11-30").text
    assert "2026-01" in officer.get("/clean-transport/?by=month&from=2025-12-01&to=2026-11-30").text
    assert officer.get("/clean-transport/?by=industry").status_code == 200
    assert officer.get("/clean-transport/?from=9999-12-31&to=0001-01-01").status_code == 200
    assert officer.get("/clean-transport/?format=xlsx").data[:2] == b"PK"
    assert "东钢" in officer.get("/clean-transport/?format=csv&from=2025-12-01&to=2026-11-30").text


def entry(**more: Any) -> dict[str, Any]:
    return {"month": "2026-10", "direction": "in", "mode": "rail", "cargo": "coal", "tonnes": "1234.5", "document": "铁路运单 7",
            **more}  # fmt: skip


def test_an_enterprise_records_and_changes_with_history(engine: Engine, browse: Browse, city: City) -> None:
    own = browse("enterprise")
    made = own.post("/clean-transport/new", entry())
    assert made.status_code == 303
    address = made.headers["Location"]
    assert "1,234.500" in own.get(address).text
    again = own.post("/clean-transport/new", entry(tonnes="7"))
    assert again.status_code == 422
    changed = own.post(
        f"{address}/change", {"version": "1", "tonnes": "1300", "document": "铁路运单 7", "reason": "补计一列车"}
    )
    assert changed.status_code == 303
    page = browse("officer").get(address).text
    assert "1,300.000" in page
    assert "1,234.500" in page
    assert "补计一列车" in page
    stale = own.post(f"{address}/change", {"version": "1", "tonnes": "1", "document": "铁路运单", "reason": "又一次"})
    assert stale.status_code == 409
    assert (
        own.post(f"{address}/change", {"version": "2", "tonnes": "5", "document": "铁路运单", "reason": ""}).status_code
        == 422
    )
    with transaction(engine) as connection:
        actions = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_kind = 'clean_transport'")
        ).scalars()
        assert {"clean_transport.record", "clean_transport.change"} <= set(actions)


@pytest.mark.parametrize(
    "wrong",
    [{"month": "2014-12"}, {"month": "2999-01"}, {"month": "x"}, {"mode": "lorry"}, {"direction": "up"},
     {"cargo": "gold"}, {"tonnes": "-1"}, {"tonnes": "NaN"}, {"tonnes": "1.0001"}, {"tonnes": "1e300"}, {"document": ""}],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(browse: Browse, wrong: dict[str, str]) -> None:
    answer = browse("enterprise").post(
        "/clean-transport/new", entry(month="2026-09", **wrong) if "month" not in wrong else entry(**wrong)
    )
    assert answer.status_code == 422
    assert "fault" in answer.text


def test_nobody_else_writes_and_foreign_entries_do_not_exist(engine: Engine, browse: Browse, plants: list[int]) -> None:
    with transaction(engine) as connection:
        foreign = connection.execute(
            text("SELECT id FROM clean_transport WHERE enterprise_id = :e"), {"e": plants[0]}
        ).scalars().first()  # fmt: skip
    assert browse("officer").post("/clean-transport/new", entry()).status_code == 403
    own = browse("enterprise")
    assert own.get(f"/clean-transport/{foreign}").status_code == 404
    change = {"version": "1", "tonnes": "1", "document": "假的", "reason": "不是我的"}
    assert own.post(f"/clean-transport/{foreign}/change", change).status_code == 404
    assert "东钢" not in own.get("/clean-transport/?from=2025-12-01&to=2026-11-30").text
    assert own.get("/clean-transport/entries").status_code == 200


def test_entries_list_and_file(browse: Browse, plants: list[int]) -> None:
    officer = browse("officer")
    assert "南水泥" in officer.get("/clean-transport/entries?mode=rail&from=2026-01-01").text
    assert "运单" in officer.get("/clean-transport/entries?format=csv").text
