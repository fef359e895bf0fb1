"""The clocks of a case: what a step starts and stops, and the pauses that a statute gives (enforcement.md 7.3).

A clock that starts with the service of a document starts on the day of service, every other on the day of the step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.clocks import Clock, Pause, PauseReason, clock, due_on, extended, pause_refusal
from enforcement.cases.clocks import DayKind as ClockDays
from enforcement.cases.states import REFERRED
from enforcement.rules.book import BEIJING, Rule, RuleBook, RuleMissing, find_rule
from enforcement.rules.calendar import Calendar
from server.flows.case_work import Effect, MoveRefused, Work, refusal
from server.flows.refusals import Fault
from server.store import audit, cases, deadlines
from server.store.audit import Actor
from server.store.users import Account

_DROPPED = frozenset({"withdraw", "waive", "scrap"})  # the clock was not kept, what it ran for fell away
TEXT_MOST = 500


def run(work: Work, effect: Effect) -> list[dict[str, Any]]:
    """Stop and start the clocks of a step; what was started, for its record."""
    case_id, row = work.case["id"], work.row
    if row.stops:
        state = "cancelled" if row.action in _DROPPED else "met"
        referral = effect.referral_id if row.branch in REFERRED else None
        deadlines.end(work.connection, case_id, list(row.stops), state, referral)
    if row.is_final:
        deadlines.end_all(work.connection, case_id)
        return []
    return [_start(work, effect, kind) for kind in row.starts]


def _start(work: Work, effect: Effect, kind: str) -> dict[str, Any]:
    of = clock(work.rules, kind, work.now, work.case["division"])
    starts_on = _starts_on(work)
    due = due_on(work.calendar, starts_on, of)
    organisation = effect.organisation_id or work.case["organisation_id"]
    own = organisation == work.case["organisation_id"]
    deadlines.start(
        work.connection,
        {
            "case_id": work.case["id"], "referral_id": effect.referral_id, "kind": kind, "rule_key": of.rule.key,
            "day_kind": str(of.day_kind), "days": of.days, "starts_on": starts_on, "due_on": due,
            "organisation_id": organisation, "user_id": work.case["assigned_to"] if own else None,
        },
    )  # fmt: skip
    return {"kind": kind, "due_on": due.isoformat(), "rule_key": of.rule.key}


def _starts_on(work: Work) -> date:
    kind, _, served = (work.row.needs_document or "").partition(".")
    document = work.document(kind) if served else None
    day: date | None = document["served_on"] if document else None
    return day or work.today


def _stored(rules: RuleBook, row: Mapping[str, Any]) -> Clock:
    """The clock of a deadline as it was started, though its rule row may have been replaced since."""
    at = datetime.combine(row["starts_on"], datetime.min.time(), BEIJING)
    of = clock(rules, row["kind"], at)
    return Clock(row["kind"], row["days"], ClockDays(row["day_kind"]), of.rule, of.rolls)


def _pauses(rows: Sequence[Mapping[str, Any]]) -> list[Pause]:
    return [Pause(one["from_day"], one["to_day"], PauseReason(one["reason"])) for one in rows]


def due_with_pauses(rules: RuleBook, calendar: Calendar, row: Mapping[str, Any], today: date) -> date:
    """The last day of a stored deadline with its pauses; one that still runs counts up to and with `today`."""
    return due_on(calendar, row["starts_on"], _stored(rules, row), _pauses(row["pauses"]), today)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """A stored clock in hand: the deadline locked, with its pauses, and who asks, on which Beijing day."""

    connection: Connection
    actor: Actor
    account: Account
    rules: RuleBook
    calendar: Calendar
    deadline: Mapping[str, Any]
    today: date

    @property
    def began_at(self) -> datetime:
        """The day it started, as a moment for the rule book."""
        return datetime.combine(self.deadline["starts_on"], datetime.min.time(), BEIJING)


def pause(work: Clockwork, values: Mapping[str, Any]) -> date:
    """Stop a clock from a day on, or between two days; the last day now. Raises MoveRefused.

    `values`: reason (a PauseReason), from_day, to_day or None while it goes on, document.
    """
    _may_change(work)
    barred = pause_refusal(work.rules, work.deadline["kind"], PauseReason(values["reason"]), work.began_at)
    if barred is not None:
        raise refusal(barred, "reason")
    faults = _pause_faults(work.deadline, values, work.today)
    if faults:
        raise MoveRefused(*faults)
    deadlines.pause(work.connection, work.deadline["id"], {**values, "user": work.actor.user_id})
    return _settled(work, {"pauses": [*work.deadline["pauses"], values]}, "deadline.pause", values)


def resume(work: Clockwork, to_day: date) -> date:
    """End the pause that goes on with a day; the last day now. Raises MoveRefused."""
    _may_change(work)
    running = [one for one in work.deadline["pauses"] if one["to_day"] is None]
    if not running:
        raise MoveRefused(Fault("to_day", "该期限没有正在进行的中止", "No pause of this clock goes on"))
    if not running[0]["from_day"] <= to_day <= work.today:
        raise MoveRefused(_day_fault("to_day", running[0]["from_day"], work.today))
    deadlines.end_pause(work.connection, work.deadline["id"], to_day)
    pauses = [{**one, "to_day": one["to_day"] or to_day} for one in work.deadline["pauses"]]
    return _settled(work, {"pauses": pauses}, "deadline.resume", {"to_day": to_day.isoformat()})


def extend(work: Clockwork, extension: str, document: str) -> date:
    """Lengthen a clock by an extension that the law gives (`extension.<clock>.<name>`), once; the last day now."""
    _may_change(work)
    if not 2 <= len(document) <= TEXT_MOST:
        raise MoveRefused(Fault("document", "请填写批准文书或会议记录编号", "Name the document that approves it"))
    base = clock(work.rules, work.deadline["kind"], work.began_at)
    try:
        longer = extended(work.rules, base, extension, work.began_at)  # from the clock's own days, not on an extension
    except RuleMissing:
        raise MoveRefused(Fault("extension", "法律未规定该项延长", "The law gives no such extension")) from None
    if longer.days <= work.deadline["days"]:
        raise MoveRefused(Fault("extension", "该期限已按此项延长", "The clock was lengthened by this already"))
    deadlines.set_days(work.connection, work.deadline["id"], longer.days, f"{base.rule.key}+{extension}")
    said = {"extension": extension, "document": document, "days": longer.days}
    return _settled(work, {"days": longer.days}, "deadline.extend", said)


def extensions(rules: RuleBook, deadline: Mapping[str, Any]) -> list[Rule]:
    """The extensions that the law gives a clock and that would still lengthen it."""
    at = datetime.combine(deadline["starts_on"], datetime.min.time(), BEIJING)
    prefix = f"extension.{deadline['kind']}."
    rows = [find_rule(rules, name, at) for name in rules.by_id if name.startswith(prefix)]
    base = clock(rules, deadline["kind"], at)
    return [row for row in rows if row is not None and base.days + row.number > deadline["days"]]


def pause_reasons(rules: RuleBook, deadline: Mapping[str, Any]) -> list[PauseReason]:
    """What a statute lets a clock stop for."""
    at = datetime.combine(deadline["starts_on"], datetime.min.time(), BEIJING)
    return [one for one in PauseReason if pause_refusal(rules, deadline["kind"], one, at) is None]


def _may_change(work: Clockwork) -> None:
    own = work.account.organisation_id == work.deadline["organisation_id"]
    above = work.account.organisation_kind == "ecology" and len(work.account.scope.divisions or "") < 6
    if not own and not above:
        raise MoveRefused(Fault("action", "该期限属于其他单位", "The clock is another body's"))


def _pause_faults(deadline: Mapping[str, Any], values: Mapping[str, Any], today: date) -> list[Fault]:
    faults, first, last = [], values["from_day"], values["to_day"]
    if not deadline["starts_on"] <= first <= today:
        faults.append(_day_fault("from_day", deadline["starts_on"], today))
    if last is not None and not first <= last <= today:
        faults.append(_day_fault("to_day", first, today))
    if any(_overlap(one, first, last) for one in deadline["pauses"]):
        faults.append(Fault("from_day", "与已登记的中止期间重叠", "It overlaps a pause that is on record"))
    if len(values["document"] or "") > TEXT_MOST:
        faults.append(Fault("document", f"不超过{TEXT_MOST}字", f"At most {TEXT_MOST} characters"))
    return faults


def _overlap(one: Mapping[str, Any], first: date, last: date | None) -> bool:
    return (one["to_day"] is None or one["to_day"] >= first) and (last is None or last >= one["from_day"])


def _day_fault(name: str, first: date, last: date) -> Fault:
    return Fault(name, f"应在{first}至{last}之间", f"It must be from {first} to {last}")


def _settled(work: Clockwork, changed: Mapping[str, Any], action: str, said: Mapping[str, Any]) -> date:
    row = {**work.deadline, **changed}
    due = due_with_pauses(work.rules, work.calendar, row, work.today)
    state = "paused" if any(one["to_day"] is None for one in row["pauses"]) else "running"
    deadlines.set_due(work.connection, row["id"], state, due)
    cases.change(work.connection, row["case_id"], {})
    detail = {"deadline": row["id"], "kind": row["kind"], "due_on": due, **said}
    audit.append(work.connection, work.actor, action, "case", row["case_id"], detail)
    return due
