"""Instruments are registered, verified and checked; a check is judged by the tolerance of its day (enforcement.md 1.6).

Verifications and checks are only ever added: what a result rested on stays as it was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.inspections.instruments import CheckKind, InstrumentCheck, InstrumentKind, check_result
from enforcement.rules.book import Rule, RuleBook, find_rule
from server.flows.refusals import Fault, Refused
from server.store import audit, instruments
from server.store.audit import Actor
from server.store.scopes import Scope

KINDS = tuple(map(str, InstrumentKind))
CHECKS = tuple(map(str, CheckKind))
STATES = ("active", "retired")
LONGEST = timedelta(days=5 * 366)  # no certificate holds longer; a mistyped year is caught
TEXTS = {"maker": 100, "model": 100, "serial": 100, "software_version": 100, "note": 500}


@dataclass(frozen=True, slots=True)
class Draft:
    """An instrument as a form describes it."""

    kind: str
    maker: str
    model: str
    serial: str
    software_version: str = ""
    note: str = ""
    state: str = "active"


@dataclass(frozen=True, slots=True)
class Verification:
    """A certificate and the days on which the instrument may be used under it, both included."""

    certificate: str
    verified_by: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Check:
    """A check against a known value; a leak check is only passed or failed, by `seen_passed`."""

    kind: str
    at: datetime | None
    expected: float | None = None
    measured: float | None = None
    seen_passed: bool | None = None


def draft_faults(draft: Draft) -> list[Fault]:
    """What is missing or too long, field by field."""
    faults = [] if draft.kind in KINDS else [Fault("kind", "请选择仪器种类", "Choose the kind of instrument")]
    for name in ("maker", "model", "serial"):
        if not getattr(draft, name):
            faults.append(Fault(name, "必填", "Fill it in"))
    for name, most in TEXTS.items():
        if len(getattr(draft, name)) > most:
            faults.append(Fault(name, f"最多 {most} 字", f"At most {most} characters"))
    if draft.state not in STATES:
        faults.append(Fault("state", "请选择状态", "Choose a state"))
    return faults


def register(connection: Connection, actor: Actor, division: str, draft: Draft) -> int:
    """Register an instrument of the actor's organisation; its number. Raises Refused."""
    faults = draft_faults(draft)
    if not faults and instruments.find_same(connection, draft.kind, draft.maker, draft.serial) is not None:
        zh, en = "该厂家与编号的仪器已登记，请核对编号", "An instrument of this maker and serial number is registered"
        faults.append(Fault("serial", zh, en))
    if faults:
        raise Refused(faults)
    values = {**_filled(draft), "organisation_id": actor.organisation_id, "division": division}
    number = instruments.add(connection, values)
    audit.append(connection, actor, "instrument.register", "instrument", number, asdict(draft))
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, draft: Draft, seen: str | None = None
) -> None:
    """Change what may change; `seen` is the `updated_at` the form was made from. Raises Refused, LookupError."""
    row = _held(connection, scope, number)
    faults = draft_faults(draft)
    if seen is not None and seen != row["updated_at"].isoformat():
        zh, en = "他人已修改该仪器，请刷新后再改", "Somebody else has changed it meanwhile: reload the page"
        faults.append(Fault("state", zh, en))
    if faults:
        raise Refused(faults)
    instruments.update(connection, number, _filled(draft))
    audit.append(connection, actor, "instrument.change", "instrument", number, asdict(draft))


def verify(connection: Connection, actor: Actor, scope: Scope, number: int, given: Verification) -> int:
    """Record a verification. Raises Refused, LookupError."""
    _held(connection, scope, number)
    faults = _verification_faults(given)
    first = given.valid_from
    if not faults and first and instruments.overlapping(connection, number, given.certificate, first):
        faults.append(Fault("certificate", "该证书已登记", "This certificate is on file already"))
    if faults:
        raise Refused(faults)
    found = instruments.add_verification(connection, number, asdict(given), actor.user_id)
    audit.append(connection, actor, "instrument.verify", "instrument", number, asdict(given))
    return found


def check(
    connection: Connection, actor: Actor, scope: Scope, rules: RuleBook, number: int, given: Check, now: datetime
) -> bool:
    """Record a check and judge it; whether it passed. Raises Refused, LookupError."""
    row = _held(connection, scope, number)
    faults = _check_faults(given, now)
    if not faults and given.seen_passed is None and _tolerance(rules, row["kind"], given) is None:
        faults = [Fault("seen_passed", "请选择是否合格", "Say whether it passed")]
    if faults or given.at is None:
        raise Refused(faults)
    values = {**asdict(given), **judged(rules, row["kind"], given)}
    values.pop("seen_passed")
    instruments.add_check(connection, number, values, actor.user_id)
    detail = {**values, "at": given.at.isoformat()}
    audit.append(connection, actor, "instrument.check", "instrument", number, detail)
    return bool(values["passed"])


def judged(rules: RuleBook, kind: str, given: Check) -> Mapping[str, Any]:
    """passed, unit and rule_key of a check: by the tolerance of its day, else by what the officer saw."""
    rule = _tolerance(rules, kind, given)
    seen = True if given.seen_passed is None and rule is not None else bool(given.seen_passed)
    if given.at is None:
        return {"passed": seen, "unit": None, "rule_key": None}
    made = InstrumentCheck(CheckKind(given.kind), given.at, seen, given.expected, given.measured)
    passed, used = check_result(rules, InstrumentKind(kind), made)
    return {"passed": passed, "unit": used.unit if used else None, "rule_key": used.key if used else None}


def _tolerance(rules: RuleBook, kind: str, given: Check) -> Rule | None:
    return find_rule(rules, f"instrument.{kind}.{given.kind}_tolerance", given.at) if given.at else None


def _filled(draft: Draft) -> dict[str, Any]:
    return {name: value or None for name, value in asdict(draft).items()}


def _held(connection: Connection, scope: Scope, number: int) -> dict[str, Any]:
    row = instruments.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    return row


def _verification_faults(given: Verification) -> list[Fault]:
    faults = [
        Fault(name, "请填写（最多 200 字）", "Fill it in (at most 200 characters)")
        for name in ("certificate", "verified_by")
        if not 0 < len(getattr(given, name)) <= 200
    ]
    for name in ("valid_from", "valid_to"):
        if getattr(given, name) is None:
            faults.append(Fault(name, "请填写日期，如 2026-08-15", "Give a day, like 2026-08-15"))
    if given.valid_from and given.valid_to:
        if given.valid_to < given.valid_from:
            faults.append(Fault("valid_to", "止日应不早于起日", "The last day must not come before the first"))
        elif given.valid_to - given.valid_from > LONGEST:
            faults.append(Fault("valid_to", "有效期不得超过五年", "No certificate holds for more than five years"))
    return faults


def _check_faults(given: Check, now: datetime) -> list[Fault]:
    faults = []
    if given.kind not in CHECKS:
        faults.append(Fault("check", "请选择核查种类", "Choose the kind of check"))
    if given.at is None:
        faults.append(Fault("at", "请填写核查时间", "Give the time of the check"))
    elif given.at > now + timedelta(minutes=5):
        faults.append(Fault("at", "核查时间在将来，请核对", "The time lies in the future: check it"))
    if given.kind in {"zero", "span", "filter"}:
        for name in ("expected", "measured"):
            if getattr(given, name) is None:
                faults.append(Fault(name, "请填写数值", "Give a number"))
    return faults
