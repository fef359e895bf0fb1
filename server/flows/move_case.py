"""A case moves: the one way in which any branch of any case goes on (enforcement.md 7.4).

The case is locked; who comes second with an old version is told who was first. The pure table says whether the step
may be taken; then what belongs to it is done (referral, penalty), its clocks start and stop, and the step, the audit
row and the new version are written in the same transaction. Nothing else writes `cases.state` after the opening.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.reasons import reasons_for
from enforcement.cases.referrals import OPEN
from enforcement.cases.states import NONE, REFERRED, Branch, CaseState, Refusal, Transition, branch_of
from enforcement.cases.steps import State, possible, step
from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from enforcement.sentences import Sentence
from server.flows import case_clocks
from server.flows.case_effects import EFFECTS, city_key
from server.flows.case_work import Effect, Move, MoveRefused, Stale, Work, held, refusal, state_of
from server.flows.refusals import Fault
from server.store import audit, case_steps, cases, organisations, penalties, referrals, repairs
from server.store.audit import Actor
from server.store.case_steps import NewStep
from server.store.scopes import Scope
from server.store.users import Account

NOTE_MOST = 2000
RECORDED = frozenset({"notify", "begin_repair", "finish_repair", "pass_retest", "fail_retest"})
"""Steps of the repair branch that are taken with their record (notice, repair, re-test), never by themselves."""


def move(
    connection: Connection,
    actor: Actor,
    account: Account,
    scope: Scope,
    rules: RuleBook,
    calendar: Calendar,
    case_id: int,
    asked: Move,
    now: datetime | None = None,
) -> int:
    """Take a step; the new version of the case.

    Raises LookupError outside the scope, Stale for an old version, MoveRefused with what is wrong and where.
    """
    case = cases.lock(connection, scope, case_id)
    if case is None:
        raise LookupError(case_id)
    if case["version"] != asked.version:
        last = case_steps.newest(connection, case_id) or {}
        raise Stale(last.get("person"), last.get("at"), last.get("action"))
    if is_recorded(asked.branch, asked.action):
        zh = "该步骤随维修告知书、维修记录或复检记录一并办理，不能单独办理。"
        raise refusal(Sentence("recorded", zh, "This step is taken with the notice, the repair or the re-test itself."))
    return take(connection, actor, account, rules, calendar, case, asked, now or datetime.now(UTC))


def is_recorded(branch: str, action: str) -> bool:
    """Whether a step comes with a record of its own and is not offered by itself."""
    return branch == Branch.REPAIR and action in RECORDED


def take(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case: Mapping[str, Any],
    asked: Move,
    now: datetime,
) -> int:
    """The step in a case that the caller has locked; for flows that move a case along with something else."""
    key = _key(connection, case, asked)
    state, documents = state_of(case), tuple(case_steps.documents_of(connection, case["id"]))
    after = _stepped(state, key, asked, account, documents)
    barred = bar(connection, case, key, asked.action, account)
    if barred is not None:
        raise refusal(barred)
    row = row_of(state, key, asked.action, account)
    work = Work(connection, actor, account, rules, calendar, now, case, key, row, asked, documents)
    effect = EFFECTS.get((row.branch, row.action), _nothing)(work)
    started = case_clocks.run(work, effect)
    return _written(work, after, effect, started)


def _key(connection: Connection, case: Mapping[str, Any], asked: Move) -> str:
    if asked.branch == Branch.CITY and asked.action == "refer":
        return city_key(connection, case, asked)
    return asked.branch


def _stepped(
    state: CaseState, key: str, asked: Move, account: Account, documents: tuple[dict[str, Any], ...]
) -> CaseState:
    if len(asked.note) > NOTE_MOST:
        raise MoveRefused(Fault("note", f"说明不超过{NOTE_MOST}字", f"The note must not pass {NOTE_MOST} characters"))
    after = step(
        state, key, asked.action, account.organisation_kind, account.roles,
        reason=asked.reason or None, documents=held(documents), note=asked.note,
    )  # fmt: skip
    if isinstance(after, Refusal):
        raise refusal(after.sentence, after.field)
    return after


def row_of(state: CaseState, key: str, action: str, account: Account) -> Transition:
    """The row of the table that a step goes by; the step was found possible."""
    return next(
        row
        for found, row in possible(state, account.organisation_kind, account.roles)
        if found == key or (branch_of(key) is Branch.CITY and found == Branch.CITY and key not in state.branches)
        if row.action == action
    )


def bar(connection: Connection, case: Mapping[str, Any], key: str, action: str, account: Account) -> Sentence | None:
    """Why this bureau may not take the step though its kind may: the case, or the referral, is another body's."""
    if account.organisation_kind == "ecology":
        own = account.organisation_id == case["organisation_id"]
        above = account.scope.divisions is None or len(account.scope.divisions) < 6
        return None if own or above else _anothers(connection, case["organisation_id"])
    if branch_of(key) in REFERRED:
        open_one = referrals.newest_of(connection, case["id"], key)
        if open_one is not None and open_one["to_id"] == account.organisation_id:
            return None
        return _anothers(connection, open_one["to_id"] if open_one else case["holder_id"])
    return None


def _anothers(connection: Connection, organisation_id: int) -> Sentence:
    zh, en = organisations.names(connection, organisation_id)
    return Sentence("anothers", f"该步骤由{zh}办理。", f"This step is for {en}.")


def _nothing(_: Work) -> Effect:
    return Effect()


def _written(work: Work, after: CaseState, effect: Effect, started: list[dict[str, Any]]) -> int:
    case, row, asked = work.case, work.row, work.move
    before = state_of(case).of(work.key)
    document = work.document(row.needs_document.partition(".")[0]) if row.needs_document else None
    case_steps.add(
        work.connection,
        NewStep(
            case["id"], work.key, row.action, before or None, after.of(work.key),
            work.actor.user_id, work.account.organisation_id, asked.reason if row.needs_reason else None,
            asked.note.strip() or None, document["id"] if document else None, asked.evidence,
            (*effect.rule_keys, *(one["rule_key"] for one in started)),
            {**effect.detail, **({"clocks": started} if started else {})}, work.now,
        ),
    )  # fmt: skip
    version = cases.change(work.connection, case["id"], _changes(work, after, effect))
    if after.is_final:  # nothing is owed in a case that is over: its notice ends with it
        repairs.close_of_case(work.connection, case["id"], "withdrawn")
    detail = {
        "number": case["number"], "branch": work.key, "step": row.action, "from": before, "to": after.of(work.key),
        "version": version, "reason": asked.reason or None, **effect.detail,
    }  # fmt: skip
    audit.append(work.connection, work.actor, "case.step", "case", case["id"], detail)
    return version


def _changes(work: Work, after: CaseState, effect: Effect) -> dict[str, Any]:
    values: dict[str, Any] = {"state": after.main, "states": dict(after.branches), "holder_id": _holder(work, after)}
    if after.main is State.FILED and work.case["filed_at"] is None:
        values["filed_at"] = work.now
    if after.is_final:
        values |= {"closed_at": work.now, "outcome": effect.outcome or _outcome(work, after)}
    return values


def _holder(work: Work, after: CaseState) -> int:
    """The police while a truck's case lies with them, else the bureau that opened it."""
    if after.of(Branch.POLICE) in OPEN and not after.is_final:
        there = referrals.newest_of(work.connection, work.case["id"], Branch.POLICE)
        if there is not None:
            return int(there["to_id"])
    return int(work.case["organisation_id"])


def _outcome(work: Work, after: CaseState) -> str:
    if after.main is not State.CLOSED:
        return str(after.main)
    if any(one["revoked_at"] is None for one in penalties.of_case(work.connection, work.case["id"])):
        return "penalised"
    return "repaired" if after.of(Branch.REPAIR) not in (NONE, "withdrawn") else "passed"


def open_steps(
    connection: Connection, case: Mapping[str, Any], account: Account
) -> list[tuple[str, Transition, Sentence | None]]:
    """The steps that this account may take now, in the order of the table: key, row, and what is still lacking."""
    state, documents = state_of(case), held(tuple(case_steps.documents_of(connection, case["id"])))
    found = []
    for key, row in possible(state, account.organisation_kind, account.roles):
        if is_recorded(key, row.action):
            continue
        barred = bar(connection, case, key, row.action, account)
        found.append((key, row, barred or _lacking(state, key, row, account, documents)))
    return found


def _lacking(
    state: CaseState, key: str, row: Transition, account: Account, documents: frozenset[str]
) -> Sentence | None:
    """What besides the form stands in the way: a document, a branch that is not settled."""
    reasons = reasons_for(row.branch, row.action)
    probe = f"{Branch.CITY}:0000" if key == Branch.CITY else key
    after = step(
        state, probe, row.action, account.organisation_kind, account.roles,
        reason=reasons[0].code if reasons else None, documents=documents, note="-",
    )  # fmt: skip
    return after.sentence if isinstance(after, Refusal) else None
