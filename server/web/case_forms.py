"""The steps that an account may take in a case, as forms: which fields each asks for, and what stands in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.pleading import PASSES_OVER, unanswered_warning
from enforcement.cases.reasons import reasons_for
from enforcement.cases.states import Branch, Transition
from enforcement.rules.book import RuleBook, RuleMissing, day_of
from enforcement.rules.penalties import Offence, proposed
from server.flows.case_effects import RECEIVERS
from server.flows.move_case import open_steps
from server.store import pleas, referrals
from server.store.users import Account
from server.web.language import pick
from server.web.words import word

ENDINGS = frozenset(
    {"remove", "invalidate", "exempt", "revoke", "withdraw", "return", "revoke_penalty", "waive", "scrap"}
)


@dataclass(frozen=True, slots=True)
class StepForm:
    """One step as the page shows it. `fields`: the names of its own entries; `lacking`: why it cannot be taken yet."""

    id: str
    key: str
    action: str
    label: str
    lacking: str
    reasons: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    is_ending: bool
    choices: Mapping[str, list[tuple[str, str]]]
    proposal: Mapping[str, Any]
    warning: str = ""


def step_forms(connection: Connection, rules: RuleBook, case: Mapping[str, Any], account: Account) -> list[StepForm]:
    """The forms in the order of the table, main line first."""
    return [
        _form(connection, rules, case, key, row, lacking) for key, row, lacking in open_steps(connection, case, account)
    ]


def _form(
    connection: Connection, rules: RuleBook, case: Mapping[str, Any], key: str, row: Transition, lacking: Any
) -> StepForm:
    fields = fields_of(row)
    choices: dict[str, list[tuple[str, str]]] = {}
    if "to" in fields:
        choices["to"] = receivers(connection, case, row.branch, key)
    if "offence" in fields:
        choices["offence"] = [(code, word("offence", code)) for code in case["offences"]]
    return StepForm(
        f"{key}.{row.action}".replace(":", "-"),
        key,
        row.action,
        str(pick(row.zh, row.en)),
        str(pick(lacking.zh, lacking.en)) if lacking else "",
        tuple((one.code, str(pick(one.zh, one.en))) for one in reasons_for(row.branch, row.action)),
        fields,
        row.action in ENDINGS,
        choices,
        _proposal(rules, case) if "amount" in fields else {},
        _warning(connection, case, row),
    )


def _warning(connection: Connection, case: Mapping[str, Any], row: Transition) -> str:
    """What an officer has to think of before the step, where it would pass over a plea."""
    if row.branch is not Branch.MAIN or row.action not in PASSES_OVER:
        return ""
    said = unanswered_warning(row.action, len(pleas.open_of_case(connection, case["id"])))
    return str(pick(said.zh, said.en)) if said else ""


def fields_of(row: Transition) -> tuple[str, ...]:
    """The entries of a step beside reason and note."""
    if row.action == "refer":
        return ("to", "basis", "message", "contact")
    if row.action == "penalise":
        return ("offence", "decision_number", "decided_on", "amount", "code", "legal_basis", "on_the_spot")
    if row.action == "decide":
        return ("offence", "decision_number", "decided_on", "amount", "machines", "legal_basis", "mitigated")
    if row.action == "pay":
        return ("paid_on",)
    if row.action == "answer" and row.branch in (Branch.TRANSPORT, Branch.CITY):
        return ("result",)
    return ()


def receivers(connection: Connection, case: Mapping[str, Any], branch: Branch, key: str) -> list[tuple[str, str]]:
    """Bodies that a referral of this branch can go to; of the city of the case, but for other cities."""
    found = referrals.bodies(connection, [RECEIVERS[branch]])
    if branch is not Branch.CITY:
        found = [one for one in found if one["division"][:4] == case["division"][:4]]
    elif key != Branch.CITY:
        found = [one for one in found if key == f"{Branch.CITY}:{one['division'][:4]}"]
    home = case.get("home_city")
    found.sort(key=lambda one: one["division"][:4] != home)
    return [(str(one["id"]), str(pick(one["name_zh"], one["name_en"]))) for one in found]


def _proposal(rules: RuleBook, case: Mapping[str, Any]) -> dict[str, Any]:
    """What the law of the day of the act proposes for the first offence, as the values the form begins with."""
    try:
        found = proposed(
            rules, Offence(case["offences"][0]), case["acted_from"], 1, datetime.now(UTC), case["division"]
        )
    except (RuleMissing, ValueError):
        return {}
    return {
        "amount": found.amount_cny,
        "code": found.code,
        "legal_basis": found.rule.legal_basis,
        "decided_on": day_of(datetime.now(UTC)).isoformat(),
        "offence": case["offences"][0] if len(case["offences"]) == 1 else "",
        "questions": [str(pick(one.zh, one.en)) for one in found.questions],
        "certainty": str(found.rule.certainty),
        "rule": str(pick(found.rule.zh, found.rule.en)),
    }
