"""A case, or the part of it that lies with a body, is given to one of its people; its clocks go with it."""

from sqlalchemy import Connection

from enforcement.cases.states import Branch
from server.flows import move_case
from server.flows.case_work import MoveRefused, refusal
from server.flows.refusals import Fault
from server.store import audit, case_steps, cases, deadlines
from server.store.audit import Actor
from server.store.case_steps import NewStep
from server.store.scopes import Scope
from server.store.users import Account


def assign(connection: Connection, actor: Actor, account: Account, scope: Scope, case_id: int, user_id: int) -> None:
    """Assign; the case itself where it is this body's, else its clocks. Raises LookupError, MoveRefused."""
    case = cases.lock(connection, scope, case_id)
    if case is None:
        raise LookupError(case_id)
    if case["closed_at"] is not None:
        raise MoveRefused(Fault("user", "案件已终结", "The case has ended"))
    person = next((one for one in cases.colleagues(connection, account.organisation_id) if one["id"] == user_id), None)
    if person is None:
        raise MoveRefused(Fault("user", "请选择本单位的人员", "Choose somebody of your own body"))
    own = account.organisation_kind == "ecology"
    if own:
        barred = move_case.bar(connection, case, Branch.MAIN, "assign", account)
        if barred is not None:
            raise refusal(barred, "user")
    deadlines.hand_over(connection, case_id, account.organisation_id, user_id)
    cases.change(connection, case_id, {"assigned_to": user_id} if own else {})
    step = NewStep(
        case_id, Branch.MAIN, "assign", case["state"], case["state"], actor.user_id, account.organisation_id,
        detail={"person": person["name"]},
    )  # fmt: skip
    case_steps.add(connection, step)
    audit.append(connection, actor, "case.assign", "case", case_id, {"number": case["number"], "user": user_id})
