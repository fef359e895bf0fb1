"""What alerts, measures and places stand, and leads that rest on them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from enforcement.alerts.answers import Answer, answer
from enforcement.alerts.levels import AlertLevel
from enforcement.alerts.measures import shipped
from enforcement.registry.categories import TruckCategory
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from server.db import transaction
from server.flows import alert_standing, rule_book
from server.store import alerts, ledger_leads
from server.store.ledger_leads import LedgerLead

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = Truck("辽N12345", PlateColour.YELLOW, category=TruckCategory.HEAVY_GOODS, stage=Stage.IV)


def enter(connection: Connection, level: str = "orange", division: str = "211300", from_at: datetime = NOW) -> int:
    return alerts.insert(
        connection,
        {
            "level": level, "division": division, "from_at": from_at, "planned_to_at": None, "note": None,
            "document": "朝政预〔2026〕3号", "authority": "朝阳市人民政府", "issued_on": date(2026, 11, 23), "entered_by": None,
        },
    )  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def city_area(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES ('211300', 'city', '朝阳市',"
                " 'Chaoyang', ST_Multi(ST_MakeEnvelope(119, 40, 122, 43, 4326)))"
            )
        )


@pytest.fixture
def plant(engine: Engine) -> int:
    with transaction(engine) as connection:
        number: int = connection.execute(
            text(
                "INSERT INTO enterprises (name, division, industry, location) VALUES ('凌钢' || gen_random_uuid(),"
                " '211324', 'steel', ST_SetSRID(ST_MakePoint(120.45, 41.57), 4326)) RETURNING id"
            )
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
                " reason_in) VALUES (:e, '211324', '2026', '2026-09-01', 'steel', 'plant', 40, '达到门槛')"
            ),
            {"e": number},
        )
        connection.execute(
            text(
                "INSERT INTO performance_grades (enterprise_id, division, industry, grade, from_on, document)"
                " VALUES (:e, '211324', 'steel', 'C', '2026-09-01', '朝环发〔2026〕1号')"
            ),
            {"e": number},
        )
    return number


def test_an_entered_alert_counts_at_once_and_no_more_when_it_is_withdrawn(engine: Engine, plant: int) -> None:
    with transaction(engine) as connection:
        before = alert_standing.current(connection)
        number = enter(connection)
        standing = alert_standing.current(connection)
        assert standing.revision != before.revision
        assert [(one.id, one.level, one.area) for one in standing.alerts] == [(number, AlertLevel.ORANGE, "2113")]
        assert alert_standing.current(connection) is standing
        rules, place = rule_book.current(connection), alert_standing.place_of(connection, plant, NOW)
        found = answer(rules, standing.measures, standing.alerts, place, OLD, [], NOW)
        assert (found.answer, found.measures[0]) == (Answer.DENY, "bulk_site_trucks#2")
        assert alerts.withdraw(connection, number, 1, "录入有误", None)
        assert alert_standing.current(connection).alerts == ()
        connection.rollback()


def test_a_measure_of_the_bureau_stands_above_the_shipped_one(engine: Engine) -> None:
    row = alert_standing.row_of(next(one for one in shipped() if one.name == "bulk_site_trucks#2"))
    with transaction(engine) as connection:
        own = {**row, "revision": 101, "valid_from": NOW, "effect": "limit"}
        alerts.add_measure(connection, own, "市里意见", None)
        standing = alert_standing.current(connection)
        assert [one.effect for one in standing.measures if one.name == "bulk_site_trucks#101"] == ["limit"]
        assert set(shipped()) < set(standing.measures)
        connection.rollback()


def test_what_a_place_is_follows_the_lists_of_the_day(engine: Engine, plant: int) -> None:
    with transaction(engine) as connection:
        place = alert_standing.place_of(connection, plant, NOW)
        assert (place.kinds, place.grade, place.trips_per_day, place.division) == (
            {"large_user", "plant"}, "C", 40, "211324",
        )  # fmt: skip
        before = alert_standing.place_of(connection, plant, datetime(2026, 8, 31, 15, 59, tzinfo=UTC))
        assert (before.kinds, before.grade, before.trips_per_day) == (frozenset(), "", None)
        first = alert_standing.place_of(connection, plant, datetime(2026, 8, 31, 16, tzinfo=UTC))
        assert "large_user" in first.kinds  # 2026-09-01 begins at 16:00 UTC
        with pytest.raises(LookupError):
            alert_standing.place_of(connection, 0, NOW)


def test_a_lead_is_put_once_and_counts_what_is_new(engine: Engine, plant: int) -> None:
    lead = LedgerLead(
        "banned_entry", "passage:1", "211324", enterprise_id=plant, passage_id=1, first_at=NOW, last_at=NOW,
        detail={"zh": "甲", "en": "a", "rules": ["x"]},
    )  # fmt: skip
    with transaction(engine) as connection:
        assert ledger_leads.put(connection, lead)
        assert not ledger_leads.put(connection, lead)
        rows = connection.execute(text("SELECT times, detail FROM leads WHERE key = 'passage:1'")).all()
        assert rows == [(1, {"zh": "甲", "en": "a", "rules": ["x"]})]
        assert not ledger_leads.put(connection, LedgerLead("banned_entry", "passage:1", "211324", last_at=NOW + DAY))
        assert connection.execute(text("SELECT times FROM leads WHERE key = 'passage:1'")).scalar_one() == 2
        assert ledger_leads.drop(connection, "banned_entry", "passage:1", "预警撤回")
        assert not ledger_leads.put(connection, lead), "a closed lead is not opened again"
        connection.rollback()
