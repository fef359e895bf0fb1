"""Brings the off-line register of the tablets up to date, before it is sent: at most now and then, by one at a time.

It is done when a tablet asks. A schedule would compute it while nobody is out, and an ingest worker has frames to
take; who asks while another is at it gets what stood before.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.subjects import AfterTreatment
from enforcement.rules.book import RuleBook, find_rule
from server.store import tablet_register

FAILED_CHECKS, FAILED_MONTHS = 2, 12  # where the rule book is silent: no law sets them
CODES: dict[str, Any] = {
    "colours": list(PlateColour),
    "truck_categories": list(TruckCategory),
    "machine_categories": list(MachineCategory),
    "fuels": list(Fuel),
    "stages": list(Stage),
    "stage_bases": list(StageBasis),
    "after_treatments": list(AfterTreatment),
}
"""A code that no list knows reads as it does where the server judges (server/store/subjects.py)."""


def refresh_tablet_register(connection: Connection, rules: RuleBook, every: timedelta) -> int | None:
    """Compute what changed, unless that was done less than `every` ago or is being done; how many rows changed."""
    never = tablet_register.find_mark(connection) is None
    if not never and _is_fresh(connection, every):
        return None
    if not tablet_register.lock(connection, wait=never) or _is_fresh(connection, every):
        return None
    return tablet_register.refresh(connection, codes_of(rules))


def _is_fresh(connection: Connection, every: timedelta) -> bool:
    at = tablet_register.refreshed_at(connection)
    return at is not None and datetime.now(UTC) - at < every


def codes_of(rules: RuleBook) -> dict[str, Any]:
    """The known codes, and what the rules of today say: where plates belong, how many failed checks make a watch."""
    at = datetime.now(UTC)
    least, span = find_rule(rules, "watch.failed_checks", at), find_rule(rules, "watch.failed_span_months", at)
    return {
        **CODES,
        "homes": json.dumps(homes(rules, at)),
        "watch_failed": int(least.number) if least else FAILED_CHECKS,
        "watch_months": int(span.number) if span else FAILED_MONTHS,
    }


def homes(rules: RuleBook, at: datetime) -> Mapping[str, str]:
    """The area (six digits) that a plate's first two signs name: where a truck belongs whose file names none."""
    rule = find_rule(rules, "plate.home_city", at)
    if rule is None:
        return {}
    return {sign: f"{code:0<6}" for sign, code in (entry.split("=", 1) for entry in rule.words)}
