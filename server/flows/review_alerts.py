"""Passages of ledger A against the alerts in force when they passed: who came in although a measure keeps it out.

Each passage is judged once, by alert, measures, whitelist and lists of the bureau at its own time; the truck as the
register holds it, and as the ledger says where the register is silent. An alert that was entered late, lifted or
withdrawn makes the passages of its period unjudged again, and a lead that no longer stands falls away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.alerts.answers import Answer, GateAnswer, Place, answer
from enforcement.registry.categories import TruckCategory, read_truck_category
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from enforcement.rules.book import day_of, get_rule
from enforcement.zones.whitelist import at_gates
from server.db import transaction
from server.flows import alert_standing, rule_book
from server.store import alert_leave, alert_passages, ledger_leads, subjects
from server.store.ledger_leads import LedgerLead
from server.store.scopes import division_prefix

KIND = "banned_entry"
BATCH, BATCHES = 2000, 25


def review_alerts(engine: Engine, now: datetime) -> dict[str, int]:
    """Follow changed alerts, then judge what is unjudged; counts."""
    counts = {"alerts": _follow(engine), "passages": 0, "leads": 0, "fallen_away": 0}
    for _batch in range(BATCHES):
        with transaction(engine) as connection:
            rows = alert_passages.unjudged(connection, BATCH)
            for name, number in _judge(connection, rows).items():
                counts[name] += number
        if len(rows) < BATCH:
            break
    return counts


def _follow(engine: Engine) -> int:
    with transaction(engine) as connection:
        if not alert_passages.changed_alerts(connection):
            return 0
    with transaction(engine) as connection:
        alert_passages.lock(connection)  # from here on whoever writes passages sees the alert
    with transaction(engine) as connection:
        changed = alert_passages.changed_alerts(connection)
        for alert in changed:
            _apply(connection, alert)
    return len(changed)


def _apply(connection: Connection, alert: Mapping[str, Any]) -> None:
    """Judge its period again: to the present, for what was lifted was judged as if it went on."""
    area = division_prefix(alert["division"])
    alert_passages.unjudge(connection, area, alert["from_at"], None)
    rules, at = rule_book.current(connection), alert["from_at"]
    wanted, back = (
        round(get_rule(rules, f"alert.{name}", at, alert["division"]).number)
        for name in ("normal_days", "normal_days_back")
    )
    days = alert_passages.normal_days(connection, area, day_of(at), wanted, back)
    alert_passages.sum_normals(connection, alert["id"], area, days)
    alert_passages.applied(connection, alert["id"], alert["version"], days)


def _judge(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    if not rows:
        return {}
    ids = sorted({row["truck_id"] for row in rows if row["truck_id"] is not None})
    raw: Any = connection.connection.driver_connection
    known, leave = subjects.find_trucks(raw, ids), alert_leave.of_trucks(connection, ids)
    standing, rules = alert_standing.current(connection), rule_book.current(connection)
    places: dict[Any, Place] = {}
    open_before = ledger_leads.open_passages(connection, KIND, [row["id"] for row in rows])
    leads = fallen = 0
    for row in rows:
        at = row["passed_at"]
        spot = (row["enterprise_id"], day_of(at))
        if spot not in places:
            places[spot] = alert_standing.place_of(connection, row["enterprise_id"], at)
        held = known.get(row["truck_id"])
        truck = truck_of(row, held.subject if held is not None and isinstance(held.subject, Truck) else None)
        own = at_gates(leave.get(row["truck_id"], ()), row["enterprise_id"])
        found = answer(rules, standing.measures, standing.alerts, places[spot], truck, own, at)
        if found.answer is Answer.DENY and row["direction"] == "in":
            leads += ledger_leads.put(connection, _lead(row, truck, found))
        elif row["id"] in open_before:
            note = "预警或措施已变更，该车次不再属于禁止进入"
            fallen += ledger_leads.drop(connection, KIND, _key(row), note)
    alert_passages.judged(connection, [row["id"] for row in rows])
    return {"passages": len(rows), "leads": leads, "fallen_away": fallen}


def truck_of(row: Mapping[str, Any], held: Truck | None) -> Truck:
    """The truck of a ledger row: as registered, and as the row says where the register is silent."""
    colour = row["plate_colour"] if row["plate_colour"] in tuple(PlateColour) else PlateColour.OTHER
    truck = held or Truck(row["plate"], PlateColour(colour), category=TruckCategory.UNKNOWN)
    told = read_truck_category(row["vehicle_type"] or "")
    category = told if told and truck.category in (TruckCategory.UNKNOWN, TruckCategory.OTHER) else truck.category
    stage = row["stage"] if truck.stage is Stage.UNKNOWN and row["stage"] in tuple(Stage) else truck.stage
    fuel = row["fuel"] if truck.fuel is Fuel.UNKNOWN and row["fuel"] in tuple(Fuel) else truck.fuel
    return replace(truck, category=category, stage=Stage(stage), fuel=Fuel(fuel))


def _key(row: Mapping[str, Any]) -> str:
    return f"passage:{row['id']}"


def _lead(row: Mapping[str, Any], truck: Truck, found: GateAnswer) -> LedgerLead:
    detail: dict[str, Any] = {
        "zh": f"{row['enterprise']}：{found.reason.zh}", "en": f"{row['enterprise']}: {found.reason.en}",
        "rules": [rule.key for rule in found.rules], "measures": list(found.measures),
        "plate": row["plate"], "plate_colour": row["plate_colour"], "stage": str(truck.stage),
    }  # fmt: skip
    if row["answer_id"] is not None:
        detail["gate_answer"] = {"zh": row["reason_zh"], "en": row["reason_en"], "answer": row["answer"]}
    if row["control_result"]:
        detail["control_result"] = row["control_result"]
    return LedgerLead(
        KIND, _key(row), row["division"], enterprise_id=row["enterprise_id"], truck_id=row["truck_id"],
        alert_id=found.alert.id if found.alert else None, passage_id=row["id"], first_at=row["passed_at"],
        last_at=row["passed_at"], detail=detail, device=row["plate"],
    )  # fmt: skip
