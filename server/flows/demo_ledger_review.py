"""What the bureau has made of the demonstration's ledgers: scores, tonnes by rail, a verification that is half done."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from enforcement.rules.book import day_of
from server.flows import draw_verification, rule_book, score_ledgers, verify_ledger
from server.flows.draw_verification import TaskDraft
from server.flows.verify_ledger import ItemFound
from server.store import clean_transport, verification_tasks
from server.store.audit import PLATFORM
from server.store.scopes import Scope

EVERYWHERE = Scope()
SEED = "demo-2026"


def load_ledger_review(connection: Connection, now: datetime) -> int:
    """Make it once, from whatever passages are on file; how many scores and entries there are."""
    if connection.execute(text("SELECT EXISTS (SELECT FROM ledger_scores)")).scalar():
        return 0
    months = connection.execute(text("SELECT DISTINCT month FROM ledger_months ORDER BY 1")).scalars().all()
    rules = rule_book.current(connection)
    made = sum(score_ledgers.score_month(connection, rules, month, now) for month in months)
    plants = connection.execute(
        text(
            "SELECT m.enterprise_id AS id, coalesce(e.division, '211302') AS division, max(m.month) AS month"
            " FROM ledger_months m JOIN enterprises e ON e.id = m.enterprise_id GROUP BY 1, 2 ORDER BY 1 LIMIT 3"
        )
    ).all()
    for n, plant in enumerate(plants):
        made += _rail(connection, plant.id, plant.division, plant.month, 4200 - 900 * n)
    if plants:
        made += _verification(connection, plants[0].id, now)
    return made


def _rail(connection: Connection, enterprise: int, division: str, month: date, tonnes: int) -> int:
    values = {
        "enterprise_id": enterprise, "division": division, "month": month, "direction": "in", "mode": "rail",
        "cargo": "coal", "tonnes": tonnes, "document": "演示：铁路运单汇总", "recorded_by": None,
    }  # fmt: skip
    return int(clean_transport.add(connection, values) is not None)


def _verification(connection: Connection, enterprise: int, now: datetime) -> int:
    last = day_of(now)
    first = last - timedelta(days=60)
    if not verification_tasks.passages_between(connection, enterprise, first, last):
        return 0
    draft = TaskDraft(str(enterprise), first, last, None, SEED)
    number = draw_verification.draw_task(connection, PLATFORM, EVERYWHERE, draft, now)
    for item in verification_tasks.items_of(connection, number):
        if item["part"] == "complete":
            found = ItemFound("good" if item["ordinal"] % 4 else "fault", "" if item["ordinal"] % 4 else "演示：缺照片")
            verify_ledger.judge(connection, PLATFORM, EVERYWHERE, number, item["id"], found, now)
    return 1
