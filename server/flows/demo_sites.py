"""Sites of the demonstration plant with machines on them, an alert of last week, a plea: by the flows that people use.

Loaded once, seen from the day of the loading; whoever looks at the plant's first page finds something in each part.
"""

import datetime as dt

from shapely import MultiPolygon, box
from sqlalchemy import Connection, text

from enforcement.rules.book import BEIJING, day_of
from server.flows import announce_alert, keep_site, keep_stay
from server.flows.announce_alert import AlertDraft
from server.flows.demo_subjects import NOTE
from server.flows.keep_site import SiteDraft
from server.flows.keep_stay import StayDraft
from server.store import alerts, sites, users
from server.store.audit import Actor
from server.store.paging import Query
from server.store.users import Account

# name, kind, contractor, west, south, east, north
SITES = (
    ("演示主厂区（虚构）", "plant", "", 120.376, 41.535, 120.391, 41.547),
    ("演示原料堆场（虚构）", "yard", "", 120.392, 41.537, 120.397, 41.543),
    (
        "演示超低排放改造工地（虚构）",
        "construction",
        "演示城建工程有限公司（虚构）",
        120.378,
        41.548,
        120.383,
        41.551,
    ),
)
STAYS_N, FOREIGN = 5, "演示租赁-07"


def load_sites(connection: Connection, now: dt.datetime) -> int:
    """Load the sites if the plant has none; how many there are."""
    officer, plant = (users.find_by_username(connection, name) for name in ("officer", "enterprise"))
    if officer is None or plant is None or not plant[0].scope.enterprise_id:
        return 0
    number = plant[0].scope.enterprise_id
    if sites.of_scope(connection, plant[0].scope):
        return 0
    made = [_site(connection, officer[0], number, row, now) for row in SITES]
    _stays(connection, plant[0], number, made, now)
    return len(made)


def _actor(account: Account) -> Actor:
    return Actor(account.id, account.username, account.organisation_id)


def _site(
    connection: Connection, officer: Account, enterprise_id: int, row: tuple[str, str, str, float, float, float, float],
    now: dt.datetime,
) -> int:  # fmt: skip
    name, kind, contractor, west, south, east, north = row
    begins = day_of(now) - dt.timedelta(days=120)
    shape = MultiPolygon([box(west, south, east, north)])
    draft = SiteDraft(
        enterprise_id, "211303", name, kind, "演示工业园一号", contractor, begins_on=begins, shape=shape, source=NOTE
    )
    return keep_site.create(connection, _actor(officer), officer.scope, draft, now)


def _stays(connection: Connection, plant: Account, enterprise_id: int, made: list[int], now: dt.datetime) -> None:
    """Machines of the plant came some days apart; every second one has left; one belongs to a stranger."""
    rows = connection.execute(
        text(
            "SELECT coalesce(registration_number, machine_code, pin) AS number, stage, category FROM machines"
            " WHERE enterprise_id = :e ORDER BY id LIMIT :most"
        ),
        {"e": enterprise_id, "most": STAYS_N},
    )
    for order, row in enumerate(rows.mappings().all()):
        came = now - dt.timedelta(days=3 * order + 2, hours=order)
        left = came + dt.timedelta(days=1, hours=5) if order % 2 else None
        draft = StayDraft(
            made[order % len(made)],
            row["number"],
            came,
            left,
            row["category"] or "",
            row["stage"] or "",
            "",
            "演示门卫",
            NOTE,
        )
        keep_stay.enter(connection, _actor(plant), plant.scope, draft, now)
    rented = StayDraft(
        made[-1], FOREIGN, now - dt.timedelta(hours=30), None, "excavator", "2", "diesel", "演示门卫", NOTE
    )
    keep_stay.enter(connection, _actor(plant), plant.scope, rented, now)


def load_past_alert(connection: Connection, now: dt.datetime) -> int:
    """An orange alert of last week that was lifted after two days, if there was never one."""
    approver = users.find_by_username(connection, "approver")
    if approver is None or alerts.find(connection, approver[0].scope, Query(size=1)).rows:
        return 0
    begins = (now.astimezone(BEIJING) - dt.timedelta(days=6)).replace(hour=0, minute=0, second=0, microsecond=0)
    document = f"演示重污染办〔{begins.year}〕1号（虚构）"
    draft = AlertDraft(
        "orange", "211300", begins, document, "演示市重污染天气应急指挥部（虚构）", begins.date(),
        begins + dt.timedelta(days=2), NOTE,
    )  # fmt: skip
    actor, scope = _actor(approver[0]), approver[0].scope
    number = announce_alert.enter(connection, actor, scope, draft, now)
    lifted = f"演示重污染办〔{begins.year}〕2号（虚构）"
    announce_alert.lift(connection, actor, scope, number, 1, begins + dt.timedelta(days=2, hours=10), lifted, now)
    return 1
