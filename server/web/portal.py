"""The first page of an enterprise's account: an alert and what it means here, gates, ledger, cases, pleas."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.alerts.levels import Alert
from enforcement.cases.pleading import pleading_refusal
from enforcement.rules.book import day_of
from server.db import transaction
from server.flows import alert_standing, gate_rules
from server.store import gates, portal
from server.store.scopes import Scope
from server.web import plea_words, words  # noqa: F401 - the words of pleas join at import
from server.web.access import engine, may, work

MOST = 8

words.add(
    "portal_effect",
    {"deny": ("禁止", "keep out"), "limit": ("限制", "check"), "allow": ("允许", "may pass")},
)
words.add(
    "party_may",
    {
        "notice_served": ("陈述申辩，可要求听证", "plead; you may ask for a hearing"),
        "hearing": ("陈述申辩，参加听证", "plead and come to the hearing"),
        "decided": ("等待送达处罚决定书", "wait for the decision to be served"),
        "served": ("按期缴款；不服可申请复议或起诉", "pay in time; or ask for review, or go to court"),
        "enforcing": ("缴款；法院执行中", "pay; the court enforces it"),
    },
)


def page_of(scope: Scope) -> dict[str, Any] | None:
    """What the first page of an enterprise shows; None for other accounts."""
    number = scope.enterprise_id
    if scope.kind != "enterprise" or not number:
        return None
    now = datetime.now(UTC)
    with work() as connection:
        found: dict[str, Any] = {
            "name": portal.name_of(connection, number),
            "counts": portal.counts(connection, number, day_of(now)),
            "gates": _gates(connection, scope, number, now),
            "violations": portal.violations(connection, number, MOST) if may("violations.read") else [],
            "cases": portal.cases(connection, number, MOST) if may("cases.read") else [],
            "pleas": portal.answered_pleas(connection, number, MOST),
        }
    with transaction(engine()) as connection:  # lists and clocks of the bureau, of what the fence let through
        due = portal.party_clocks(connection, [row["id"] for row in found["cases"]])
        found |= _alert(connection, number, now)
    for row in found["cases"]:
        row |= {"due_on": due.get(row["id"]), "may_plead": pleading_refusal(row["state"]) is None}
    return found


def _gates(connection: Connection, scope: Scope, number: int, now: datetime) -> list[dict[str, Any]]:
    if not may("gates.read"):
        return []
    return gates.of_enterprise(connection, scope, number, gate_rules.offline_s(connection, now))


def _alert(connection: Connection, number: int, now: datetime) -> dict[str, Any]:
    """The alert in force there, the highest, and the measures that bind this enterprise under it."""
    standing = alert_standing.current(connection)
    place = alert_standing.place_of(connection, number, now)
    held: list[Alert] = [one for one in standing.alerts if one.holds(place.division, now)]
    if not held:
        return {"alert": None, "measures": ()}
    highest = max(held, key=lambda one: one.level.rank)
    bound = tuple(one for one in alert_standing.bound_there(standing, place, now) if highest.level in one.levels)
    return {"alert": highest, "measures": bound}
