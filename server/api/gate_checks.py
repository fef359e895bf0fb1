"""A gate's question and its answer; answers given before, with what they rested on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from server.api.errors import Fault, invalid, refused_fields
from server.api.gate_check_models import (
    AlertTold,
    GateAt,
    GateCheck,
    GateCheckExplained,
    GateCheckFilters,
    GateCheckPage,
    GateQuestion,
    MeasureTold,
    OfflineDecisions,
    OfflineFault,
    OfflineReceipt,
    OfflineTaken,
)
from server.api.kinds import page_values
from server.api.operations import operation
from server.db import single_statements, transaction
from server.flows import ask_gate, explain_answer, take_offline_answers
from server.flows.ask_gate import Question
from server.flows.gate_boards import board
from server.flows.refusals import Refused as FlowRefused
from server.flows.take_offline_answers import Decision
from server.store import gate_answers
from server.web.access import current_scope, engine, work

blueprint = APIBlueprint("api_gate_answers", __name__, url_prefix="/api/v1/gate-checks", tag="Gates")
EXAMPLE = {"plate": "辽NA1234", "colour": "yellow", "gate": {"entrance": "1", "barrier": "01"}, "direction": "in"}
ABOUT = (
    "Whether a truck may pass, why, by which measures and rules, and until when the answer holds. Every answer is kept "
    "and can be explained later. A key of a gate may ask more often than other callers (`API_CALLS_GATE` a minute)."
)


def own_enterprise() -> int:
    """The enterprise whose key or account calls; raises 422 where there is none."""
    number = current_scope().enterprise_id
    if not number:
        zh, en = "该密钥或账号不属于任何企业", "This key or account belongs to no enterprise"
        raise invalid([Fault(path="header.Authorization", code="refused", message_zh=zh, message_en=en)])
    return number


def _gate_of(given: int | GateAt) -> int | tuple[str, str]:
    return (given.entrance, given.barrier) if isinstance(given, GateAt) else given


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of answers as the API gives it."""
    facts = row["facts"]
    alert = None
    if row["alert_id"] is not None:
        alert = AlertTold(id=row["alert_id"], level=row["alert_level"], document=row["alert_document"])
    stage = str(facts.get("stage", "X"))
    return {
        **row, "colour": row["plate_colour"], "allow": row["answer"] == "allow", "stage": stage,
        "fuel": str(facts.get("fuel", "unknown")), "known_by": str(facts.get("known_by", "nobody")),
        "rules": row["rule_keys"], "measures": row["measure_keys"], "alert": alert,
        "display": board(row["plate"], stage, row["alert_level"], row["answer"]),
    }  # fmt: skip


@operation(
    blueprint, "POST", "", allow="gates.ask", takes=GateQuestion, gives=GateCheck, summary="May this truck pass?",
    about=ABOUT, examples={"body": EXAMPLE},
)  # fmt: skip
def ask(body: GateQuestion) -> GateCheck:
    """Answer a gate."""
    question = Question(
        own_enterprise(),
        _gate_of(body.gate),
        str(body.plate),
        str(body.colour),
        body.direction,
        str(body.enterprise).strip(),
    )
    try:
        with single_statements(engine()) as connection:  # trucks of every owner: the flow looks at the enterprise
            row = ask_gate.ask(connection, question, datetime.now(UTC))
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return GateCheck.model_validate(told(row))


@operation(
    blueprint, "GET", "", allow="gates.read", asks=GateCheckFilters, gives=GateCheckPage,
    summary="List answers of gates",
)  # fmt: skip
def index(query: GateCheckFilters) -> GateCheckPage:
    """A page of answers."""
    with work() as connection:
        found = gate_answers.find(connection, current_scope(), query.query("asked_at"))
    return GateCheckPage(items=[GateCheck.model_validate(told(row)) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number64>", allow="gates.read", gives=GateCheckExplained, summary="One answer of a gate",
    about="As it was given, with the measures as they were worded then: later alerts and revisions change nothing.",
)  # fmt: skip
def show(number64: int) -> GateCheckExplained:
    """One answer."""
    with work() as connection:
        row = gate_answers.find_one(connection, current_scope(), number64)
        if row is None:
            raise NotFound
        measures = explain_answer.measures_of(connection, row["measure_keys"])
    named = [MeasureTold(name=one.name, zh=one.zh, en=one.en) for one in measures]
    return GateCheckExplained.model_validate({**told(row), "measures_told": named})


@operation(
    blueprint, "POST", "/offline", allow="gates.ask", takes=OfflineDecisions, gives=OfflineReceipt,
    summary="Tell what gates did while they were cut off",
    about="By their list or by the policy. Item by item: a wrong one refuses nothing but itself, and what was told "
    "before (same gate, moment, truck and direction) is kept once.",
    examples={"body": {"items": [{"gate": {"entrance": "1", "barrier": "01"}, "at": "2026-11-24T08:15:00+08:00",
              "plate": "辽NA1234", "colour": "yellow", "direction": "in", "answer": "allow", "source": "policy"}]}},
)  # fmt: skip
def offline(body: OfflineDecisions) -> OfflineReceipt:
    """Take them."""
    decisions = [
        Decision(
            _gate_of(one.gate), one.at, str(one.plate), str(one.colour), one.direction, one.answer, one.source,
            one.list_id,
        )
        for one in body.items
    ]  # fmt: skip
    with transaction(engine()) as connection:  # as a question: trucks of every owner
        taken = take_offline_answers.take(connection, own_enterprise(), decisions, datetime.now(UTC))
    return OfflineReceipt(
        items=[
            OfflineTaken(
                position=place, outcome=one.outcome, answer_id=one.answer_id,
                faults=[OfflineFault(field=fault.field, zh=fault.zh, en=fault.en) for fault in one.faults],
            )
            for place, one in enumerate(taken)
        ]
    )  # fmt: skip
