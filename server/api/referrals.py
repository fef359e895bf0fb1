"""Referrals: inbox and outbox, one, sending, and what the receiver does with it."""

from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api import idempotency, versions
from server.api.case_errors import case_refusals
from server.api.case_models import AnswerIn, ReferralDetail, ReferralIn, ReferralPage
from server.api.case_models import Referral as ReferralOut
from server.api.cases import check_version, id_of, take
from server.api.kinds import Absent, Day, Id32, PageAsked, Text200, page_values
from server.api.operations import operation
from server.db import transaction
from server.flows import move_case, rule_book
from server.flows.case_work import Move
from server.store import calendar_days, cases, referrals
from server.web.access import current_account, current_actor, current_scope, engine, work

blueprint = APIBlueprint("api_referrals", __name__, url_prefix="/api/v1", tag="Referrals")


class ReferralFilters(PageAsked):
    """The filters of the list."""

    box: Literal["in", "out", "all"] | Absent = Field(default=None, description="Received, sent, or all in sight.")
    q: Text200 | Absent = Field(default=None, description="Part of a plate or machine number; a whole number.")
    open: Literal["yes", "no"] | Absent = Field(default=None, description="Under way or ended.")
    state: Text200 | Absent = Field(default=None, description="State.")
    kind: Literal["transfer", "copy"] | Absent = Field(default=None, description="Kind.")
    to: Id32 | Absent = Field(default=None, description="Id of the receiver.")
    since: Day | Absent = Field(default=None, description="Sent on or after this local day.")
    until: Day | Absent = Field(default=None, description="Sent on or before this local day.")


@operation(
    blueprint, "GET", "/referrals", allow="cases.read", asks=ReferralFilters, gives=ReferralPage,
    summary="List referrals",
    about="Those of the caller's organisation; the ecology bureau sees its branches' as well.",
)  # fmt: skip
def index(query: ReferralFilters) -> ReferralPage:
    """A page of referrals."""
    with work() as connection:
        found = referrals.find(connection, current_scope(), query.query("sent_at"), query.box or "all")
    return ReferralPage(items=[ReferralOut.model_validate(row) for row in found.rows], **page_values(query, found))


def _detail(referral_id: int) -> ReferralDetail:
    with work() as connection:
        row = referrals.find_one(connection, current_scope(), referral_id)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return ReferralDetail.model_validate(row)


def _id_of(number: str) -> int:
    with work() as connection:
        found = referrals.find_id(connection, number) if "\0" not in number else None
    if found is None:
        raise NotFound
    return found


@operation(
    blueprint, "GET", "/referrals/<string:referral>", allow="cases.read", gives=ReferralDetail, summary="One referral",
    versioned=True, about="With the manifest of the evidence as it was sent.",
)  # fmt: skip
def show(referral: str) -> ReferralDetail:
    """One referral."""
    return _detail(_id_of(referral))


@operation(
    blueprint, "POST", "/cases/<string:case>/referrals", allow="cases.work", takes=ReferralIn, gives=ReferralDetail,
    status=201, refuses=(409,), versioned=True, summary="Send a case on",
    about="`case` is the number of the case, If-Match names its version. The letter of the referral must have been "
    "issued.",
    examples={"body": {"version": 3, "branch": "police", "to": 2, "basis": "《行政处罚法》第26条"}},
)  # fmt: skip
def send(body: ReferralIn, case: str) -> ReferralDetail:
    """Send a case on."""
    case_id = id_of(case)
    with work() as connection:
        if cases.find_one(connection, current_scope(), case_id) is None:
            raise NotFound
    values = {"to": str(body.to), "basis": body.basis, "message": body.message, "contact": body.contact}
    with case_refusals(), transaction(engine()) as connection:
        idempotency.claim_in(connection)
        check_version(connection, case_id)
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        asked = Move(body.branch, "refer", body.version, values=values)
        move_case.move(connection, current_actor(), current_account(), current_scope(), rules, calendar, case_id, asked)
        sent = max(one["id"] for one in referrals.of_case(connection, case_id))
    return _detail(sent)


@operation(
    blueprint, "POST", "/referrals/<string:referral>/answer", allow="cases.work", takes=AnswerIn, gives=ReferralDetail,
    refuses=(409,), versioned=True, summary="Receive, accept, return or answer a referral",
    about="The steps are those of the branch of the case. 409 `stale`: the case has changed meanwhile.",
    examples={"body": {"version": 5, "action": "receive"}},
)  # fmt: skip
def answer(body: AnswerIn, referral: str) -> ReferralDetail:
    """Do something with a referral."""
    referral_id = _id_of(referral)
    with work() as connection:
        row = referrals.find_one(connection, current_scope(), referral_id)
    if row is None:
        raise NotFound
    asked = Move(row["branch"], body.action, body.version, body.reason, body.note.strip(), body.values)
    take(row["case_id"], asked, referral_id)
    return _detail(referral_id)
