"""A case is opened from what was confirmed, once: one event is never two cases (enforcement.md 7.4; APL 29).

A source that is in a case already is refused with its number. Where the same truck or machine has a case about the
same act, joining that case is offered; opening another needs a reason. What the source has settled before (a person
confirmed it, an inspection established that it fails) is taken as the first steps of the case.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.parties import home_city
from enforcement.cases.states import Branch
from enforcement.cases.steps import opened
from enforcement.rules.acts import same_act
from enforcement.rules.book import RuleBook, RuleMissing, day_of
from enforcement.rules.calendar import Calendar
from enforcement.rules.laws import law_of
from server.flows import move_case
from server.flows.case_drafts import CaseDraft
from server.flows.case_penalties import act_of
from server.flows.case_work import Move, MoveRefused
from server.flows.refusals import Fault
from server.store import audit, case_sources, case_steps, cases
from server.store.audit import Actor
from server.store.case_steps import NewStep
from server.store.scopes import Scope
from server.store.users import Account

NAME_MOST, CODE_MOST, REASON_LEAST, REASON_MOST = 100, 40, 4, 500


class AlreadyInCase(Exception):
    """A source is in a case already; nothing was opened."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        super().__init__(f"the source is in case {case['number']}")
        self.case = case


class SameAct(Exception):
    """The same truck or machine has a case about the same act: join it, or say why this is another act."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        super().__init__(f"case {case['number']} is about the same act")
        self.case = case


def open_case(
    connection: Connection,
    actor: Actor,
    account: Account,
    scope: Scope,
    rules: RuleBook,
    calendar: Calendar,
    draft: CaseDraft,
    another_act: str = "",
    now: datetime | None = None,
) -> int:
    """Open a case; its id. `another_act`: why it is not the act of a case that stands.

    Raises LookupError outside the scope, MoveRefused with faults, AlreadyInCase, SameAct.
    """
    if not scope.covers(draft.division):
        raise LookupError(draft.division)
    _check(draft, another_act)
    at = now or datetime.now(UTC)
    cases.lock_subject(connection, *draft.subject)
    _refuse_taken(connection, draft)
    like = _same_act(connection, rules, draft)
    if like is not None and not another_act:
        raise SameAct(like)
    row = {**_row(rules, account, draft, actor), "opened_at": at}
    case_id, number = cases.insert(connection, row, f"{day_of(at):%Y%m%d}")
    _put_sources(connection, actor, case_id, draft)
    detail = {"number": number, "sources": [list(one) for one in draft.sources], "subject": draft.subject_text}
    if like is not None:
        detail |= {"near": like["number"], "another_act": another_act}
    _write_opening(connection, actor, account, case_id, draft, detail, at)
    audit.append(connection, actor, "case.open", "case", case_id, detail)
    _first_steps(connection, actor, account, scope, rules, calendar, case_id, draft, at)
    return case_id


def join_case(
    connection: Connection,
    actor: Actor,
    account: Account,
    scope: Scope,
    rules: RuleBook,
    draft: CaseDraft,
    case_id: int,
) -> int:
    """Put the sources of a draft into a case about the same act that is under way; the new version of the case.

    Raises LookupError outside the scope, AlreadyInCase, MoveRefused where it is another subject or act, or has ended.
    """
    case = cases.lock(connection, scope, case_id)
    if case is None or not scope.covers(draft.division):
        raise LookupError(case_id)
    barred = move_case.bar(connection, case, Branch.MAIN, "join", account)
    fault = Fault("action", barred.zh, barred.en) if barred else _join_fault(connection, rules, draft, case)
    if fault is not None:
        raise MoveRefused(fault)
    _refuse_taken(connection, draft)
    _put_sources(connection, actor, case_id, draft)
    version = cases.change(connection, case_id, _joined(case, draft))
    detail = {"number": case["number"], "sources": [list(one) for one in draft.sources]}
    step = NewStep(
        case_id, Branch.MAIN, "join", case["state"], case["state"], actor.user_id, account.organisation_id,
        detail=detail,
    )  # fmt: skip
    case_steps.add(connection, step)
    audit.append(connection, actor, "case.join", "case", case_id, detail)
    return version


def _check(draft: CaseDraft, another_act: str) -> None:
    party, faults = draft.party, []
    if party.kind not in {None, "person", "unit"}:
        faults.append(Fault("party_kind", "请选择个人或单位", "Choose person or unit"))
    if len(party.name or "") > NAME_MOST:
        faults.append(Fault("party_name", f"不超过{NAME_MOST}字", f"At most {NAME_MOST} characters"))
    if len(party.code or "") > CODE_MOST:
        faults.append(Fault("party_code", f"不超过{CODE_MOST}字", f"At most {CODE_MOST} characters"))
    if another_act and not REASON_LEAST <= len(another_act) <= REASON_MOST:
        zh = f"请说明为何属另一行为（{REASON_LEAST}至{REASON_MOST}字）"
        en = f"Say why it is another act, in {REASON_LEAST} to {REASON_MOST} characters"
        faults.append(Fault("another_act", zh, en))
    if faults:
        raise MoveRefused(*faults)


def _refuse_taken(connection: Connection, draft: CaseDraft) -> None:
    for kind, number in draft.sources:
        there = case_sources.case_of(connection, kind, number)
        if there is not None:
            raise AlreadyInCase(there)


def _put_sources(connection: Connection, actor: Actor, case_id: int, draft: CaseDraft) -> None:
    for kind, number in draft.sources:
        if not case_sources.add(connection, case_id, kind, number, actor.user_id):
            there = case_sources.case_of(connection, kind, number)
            raise AlreadyInCase(there or {"id": None, "number": "?", "division": ""})


def _same_act(connection: Connection, rules: RuleBook, draft: CaseDraft) -> dict[str, Any] | None:
    """The newest case that one of the draft's offences makes the same act; one still open goes before a closed one."""
    own = _as_case(draft)
    acts = [act_of(own, offence) for offence in draft.offences]
    found = [
        row
        for row in cases.near(connection, own, draft.acted_from, draft.acted_to)
        if any(
            same_act(rules, act, act_of({**own, **row, "subject_kind": draft.subject_kind}, offence))
            for act in acts
            for offence in row["offences"]
        )
    ]
    return min(found, key=lambda row: row["closed_at"] is not None, default=None)


def _as_case(draft: CaseDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in (
        "subject_kind", "truck_id", "machine_id", "subject_text", "acted_from", "acted_to",
    )}  # fmt: skip


def _row(rules: RuleBook, account: Account, draft: CaseDraft, actor: Actor) -> dict[str, Any]:
    state, party = opened(draft.subject_kind), draft.party
    return {
        **_as_case(draft),
        "home_city": _home(rules, draft),
        "enterprise_id": party.enterprise_id,
        "party_name": party.name or None,
        "party_kind": party.kind or None,
        "party_code": party.code or None,
        "division": draft.division,
        "organisation_id": account.organisation_id,
        "place": draft.place,
        "lon": draft.lon,
        "lat": draft.lat,
        "law": str(law_of(rules, draft.acted_from)),
        "offences": list(draft.offences),
        "facts": dict(draft.facts),
        "state": state.main,
        "states": dict(state.branches),
        "holder_id": account.organisation_id,
        "assigned_to": actor.user_id,
        "opened_by": actor.user_id,
    }


def _home(rules: RuleBook, draft: CaseDraft) -> str | None:
    if draft.subject_kind != "truck":
        return None
    try:
        return home_city(rules, draft.subject_text, draft.acted_from)
    except RuleMissing:
        return None


def _write_opening(
    connection: Connection,
    actor: Actor,
    account: Account,
    case_id: int,
    draft: CaseDraft,
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    said = [f"{one['number']}" for one in draft.facts["sources"]]
    case_steps.add(
        connection,
        NewStep(
            case_id, Branch.MAIN, "open", None, opened(draft.subject_kind).main, actor.user_id,
            account.organisation_id, note=detail.get("another_act"), detail={**detail, "rests_on": said},
            at=at,
        ),
    )  # fmt: skip


def _first_steps(
    connection: Connection,
    actor: Actor,
    account: Account,
    scope: Scope,
    rules: RuleBook,
    calendar: Calendar,
    case_id: int,
    draft: CaseDraft,
    at: datetime,
) -> None:
    """A confirmed source is a verified lead; an inspection with legal standing has been tested, and failed."""
    actions = ["verify", "test", "fail"] if any(kind == "inspection" for kind, _ in draft.sources) else ["verify"]
    for version, action in enumerate(actions, 1):
        asked = Move(Branch.MAIN, action, version)
        move_case.move(connection, actor, account, scope, rules, calendar, case_id, asked, at)


def _join_fault(connection: Connection, rules: RuleBook, draft: CaseDraft, case: Mapping[str, Any]) -> Fault | None:
    if case["closed_at"] is not None:
        return Fault("action", "案件已终结，不能并入", "The case has ended: nothing can be joined to it")
    like = [row["id"] for row in [_same_act(connection, rules, draft)] if row is not None]
    if case["id"] not in like:
        zh, en = "不是该案件的同一违法行为，不能并入", "It is not the same act as that case's: it cannot be joined"
        return Fault("action", zh, en)
    return None


def _joined(case: Mapping[str, Any], draft: CaseDraft) -> dict[str, Any]:
    facts = {**case["facts"], "sources": [*case["facts"].get("sources", []), *draft.facts["sources"]]}
    return {
        "acted_from": min(case["acted_from"], draft.acted_from),
        "acted_to": max(case["acted_to"], draft.acted_to),
        "offences": list(dict.fromkeys([*case["offences"], *draft.offences])),
        "facts": facts,
    }
