"""Cases: the list, one with the steps that the caller may take, opening, a step."""

from dataclasses import replace
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from enforcement.cases.reasons import reasons_for
from server.api import idempotency, versions
from server.api.case_errors import case_refusals
from server.api.case_models import Case as CaseOut
from server.api.case_models import CaseDetail, CaseIn, CasePage, MoveIn
from server.api.errors import Fault, invalid
from server.api.kinds import Absent, Day, Division, Id32, PageAsked, Text200, page_values
from server.api.operations import operation
from server.db import transaction
from server.flows import move_case, open_case, rule_book
from server.flows.case_drafts import CaseDraft, draft_of
from server.flows.case_work import Move
from server.store import calendar_days, case_steps, cases, penalties, referrals
from server.web.access import current_account, current_actor, current_scope, engine, may, work
from server.web.case_forms import fields_of
from server.web.cases import told

blueprint = APIBlueprint("api_cases", __name__, url_prefix="/api/v1/cases", tag="Cases")
Sort = Literal["opened_at", "-opened_at", "acted_from", "-acted_from", "number", "-number", "updated_at", "-updated_at"]


class CaseFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate or machine number; a whole case number.")
    state: Text200 | Absent = Field(default=None, description="State of the main line.")
    open: Literal["yes", "no"] | Absent = Field(default=None, description="Under way or ended.")
    subject: Literal["truck", "machine"] | Absent = Field(default=None, description="Kind of subject.")
    offence: Text200 | Absent = Field(default=None, description="Offence, as a code.")
    division: Division | Absent = Field(default=None, description="Area code.")
    law: Literal["CODE", "APPCL"] | Absent = Field(default=None, description="Law by the date of the act.")
    holder: Id32 | Absent = Field(default=None, description="Id of the body that has to act next.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Opened on or after this local day.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Opened on or before this local day.")
    sort: Sort | Absent = Field(default=None, description="Order; - for the other direction.")


@operation(
    blueprint, "GET", "", allow="cases.read", asks=CaseFilters, gives=CasePage, summary="List cases",
    about="The ecology bureau sees its area, other bodies what was referred to them, an enterprise its own filed ones.",
)  # fmt: skip
def index(query: CaseFilters) -> CasePage:
    """A page of cases."""
    with work() as connection:
        found = cases.find(connection, current_scope(), query.query("opened_at"))
    return CasePage(items=[CaseOut.model_validate(row) for row in found.rows], **page_values(query, found))


def id_of(number: str) -> int:
    """The id of a case that the caller may see; raises NotFound."""
    with work() as connection:
        found = cases.find_id(connection, number) if "\0" not in number else None
    if found is None:
        raise NotFound
    return found


def detail(case_id: int) -> CaseDetail:
    """One case; raises NotFound where the caller may not see it."""
    with work() as connection:
        row = cases.find_one(connection, current_scope(), case_id)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    account = current_account()
    with transaction(engine()) as connection:  # the scope has let it through: what belongs to it may be read
        steps = told(case_steps.of_case(connection, case_id), account.organisation_kind)
        values = {
            "steps": steps,
            "possible": _possible(connection, row) if may("cases.work") else [],
            "penalties": penalties.of_case(connection, case_id),
        }
    return CaseDetail.model_validate({**row, **values})


def _possible(connection: Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "branch": key,
            "action": step.action,
            "zh": step.zh,
            "en": step.en,
            "lacking": lacking.en if lacking else None,
            "reasons": [one.code for one in reasons_for(step.branch, step.action)],
            "values": list(fields_of(step)),
        }
        for key, step, lacking in move_case.open_steps(connection, row, current_account())
    ]


@operation(
    blueprint, "GET", "/<string:case>", allow="cases.read", gives=CaseDetail, summary="One case", versioned=True,
    about="With its facts, the steps taken, and those that the caller may take now.",
)  # fmt: skip
def show(case: str) -> CaseDetail:
    """One case."""
    return detail(id_of(case))


@operation(
    blueprint, "POST", "", allow="cases.open", takes=CaseIn, gives=CaseDetail, status=201, refuses=(409,),
    summary="Open a case",
    about="409 `already_in_case`: a source is in a case; 409 `same_act`: the subject has a case about the same act.",
    examples={"body": {"sources": [{"kind": "violation", "id": 1}], "party_kind": "unit"}},
)  # fmt: skip
def create(body: CaseIn) -> CaseDetail:
    """Open a case."""
    account = current_account()
    with case_refusals(), idempotency.creating() as connection:
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        draft = _draft(connection, body)
        party = replace(
            draft.party,
            kind=body.party_kind or draft.party.kind,
            name=body.party_name or draft.party.name,
            code=body.party_code or draft.party.code,
        )
        case_id = open_case.open_case(
            connection, current_actor(), account, current_scope(), rules, calendar, replace(draft, party=party),
            body.another_act.strip(),
        )  # fmt: skip
    return detail(case_id)


def _draft(connection: Connection, body: CaseIn) -> CaseDraft:
    try:
        return draft_of(connection, current_scope(), [(one.kind, one.id) for one in body.sources])
    except LookupError:
        zh, en = "没有该记录，或不在管辖范围内", "There is no such record, or it lies outside the account's area"
        fault = Fault(path="body.sources", code="not_found", message_zh=zh, message_en=en)
        raise invalid([fault]) from None


def take(case_id: int, asked: Move, referral_id: int | None = None) -> None:
    """A step of a case that the caller may see; If-Match names the case, or the referral that is worked on."""
    with work() as connection:
        if cases.find_one(connection, current_scope(), case_id) is None:
            raise NotFound
    with case_refusals(), transaction(engine()) as connection:
        check_version(connection, case_id, referral_id)
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        move_case.move(connection, current_actor(), current_account(), current_scope(), rules, calendar, case_id, asked)


def check_version(connection: Connection, case_id: int, referral_id: int | None = None) -> None:
    """Lock the case, and its referrals with it, and refuse what rests on an older version (412)."""
    row = cases.lock(connection, current_scope(), case_id)
    if referral_id is not None:
        row = referrals.find_one(connection, current_scope(), referral_id)
    if row is not None:
        versions.check(row)


@operation(
    blueprint, "POST", "/<string:case>/steps", allow="cases.work", takes=MoveIn, gives=CaseDetail, refuses=(409,),
    versioned=True, summary="Take a step in a case",
    about="`possible` of the case says which steps there are. 409 `stale`: somebody else was first.",
    examples={"body": {"version": 2, "branch": "main", "action": "file"}},
)  # fmt: skip
def move(body: MoveIn, case: str) -> CaseDetail:
    """Take a step."""
    case_id = id_of(case)
    take(case_id, Move(body.branch, body.action, body.version, body.reason, body.note.strip(), body.values))
    return detail(case_id)
