"""A document before it is issued: what it would say, what is missing, which duty stands in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.clocks import clock, due_on
from enforcement.cases.document_duties import DocumentKind, Facts, duties
from enforcement.rules.acts import family_of
from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from enforcement.rules.penalties import Level, Offence
from enforcement.sentences import Sentence
from server.documents import paper_templates
from server.documents.chinese_figures import day_zh
from server.documents.paper import Paper, clean, texts
from server.documents.paper_templates import Field, Template, compose, get_template, missing
from server.flows import move_case
from server.flows.document_values import (
    LABELS,
    MADE_LATER,
    Ground,
    amount_of,
    amount_values,
    values_of,
)
from server.flows.refusals import Fault
from server.flows.repair_notices import last_day
from server.store import cases, documents
from server.store.users import Account

TEXT_MOST = 5000
SPOT = "decision_on_the_spot"
_OWN_KIND = {SPOT: DocumentKind.DECISION}
_OWING = ("owed", "failed_again")
_HOLDERS = {"police": "police", "transport": "transport", "partner": "city"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it is issued: what it would say, and what stands in its way."""

    template: Template
    case: Mapping[str, Any]
    issuer: Mapping[str, Any]
    issuers: tuple[Mapping[str, Any], ...]
    fields: tuple[Field, ...]
    values: Mapping[str, Any]
    paper: Paper
    lacking: tuple[Fault, ...]
    refusals: tuple[Sentence, ...]
    rule_keys: tuple[str, ...]

    @property
    def may_issue(self) -> bool:
        return not self.lacking and not self.refusals


def kind_of(form: str) -> DocumentKind:
    """The kind of a form: a decision on the spot is a decision."""
    return _OWN_KIND.get(form) or DocumentKind(form)


def draft(
    connection: Connection,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case_id: int,
    form: str,
    given: Mapping[str, Any],
    now: datetime | None = None,
) -> Draft:
    """What the document would say with what was given; raises LookupError outside the scope or without a template."""
    case = cases.find_one(connection, account.scope, case_id)
    if case is None:
        raise LookupError(case_id)
    at, template = now or datetime.now(UTC), get_template(form)
    issuers = tuple(documents.issuers(connection, account.organisation_id))
    issuer = next((one for one in issuers if str(one["id"]) == str(given.get("issuer", ""))), issuers[0])
    known = documents.grounds(connection, case_id)
    ground = Ground(case, known, issuer, account.id)
    filled, rule_keys = values_of(connection, rules, template, ground, at)
    fields = _fields(template, filled)
    if form == DocumentKind.REPAIR_NOTICE and "repair_number" not in filled:
        filled["repair_due"] = day_zh(last_day(rules, calendar, case["division"], at)[0])
    values, faults = _merged(fields, filled, given)
    paper = compose(template, values, issuer["name_zh"], "", "预览 未编号")
    lacking = (*faults, *_lacking(template, fields, values, faults))
    facts = _facts(connection, rules, calendar, form, ground, values, paper, at)
    refusals = (*_authority(connection, account, case, template), *duties(rules, kind_of(form), facts))
    refusals += (*_twice(connection, case_id, form), *_owes(case, form))
    return Draft(template, case, issuer, issuers, fields, values, paper, lacking, refusals, tuple(rule_keys))


def _fields(template: Template, filled: Mapping[str, Any]) -> tuple[Field, ...]:
    """The form's own fields, then whatever a placeholder needs and the case does not know."""
    own = {one.name for one in template.fields}
    wanted = [
        name
        for name in paper_templates.places(template, {**filled, "hearing": True, "discussed": True})
        if name not in own and name in LABELS and name not in MADE_LATER and not filled.get(name)
    ]
    more = [Field(name, *LABELS[name]) for name in wanted]
    return (*template.fields, *more)


def _merged(
    fields: tuple[Field, ...], filled: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Fault]]:
    """Values with what was typed over what the case knows; nothing typed at all: the defaults stand."""
    values, faults, typed = dict(filled), [], bool(given.get("typed"))
    for one in fields:
        default = filled.get(one.default or one.name, "")
        if one.kind == "yes":
            values[one.name] = bool(given.get(one.name)) if typed else bool(default)
            continue
        text = clean(given[one.name]) if one.name in given else clean(default or "")
        if len(text) > TEXT_MOST:
            faults.append(Fault(one.name, f"不超过{TEXT_MOST}字", f"At most {TEXT_MOST} characters"))
            text = text[:TEXT_MOST]
        values[one.name] = text
        if one.kind == "choice" and text and text not in {code for code, _, _ in one.choices}:
            faults.append(Fault(one.name, "请从列表中选择", "Choose one of the list"))
        if one.kind == "money" and text:
            amount = amount_of(text)
            if amount is None:
                faults.append(Fault(one.name, "请填写金额，如 5000", "Give an amount in yuan, as 5000"))
            else:
                values |= amount_values(amount)
    return values, faults


def _lacking(
    template: Template, fields: tuple[Field, ...], values: Mapping[str, Any], faults: list[Fault]
) -> list[Fault]:
    wrong = {fault.field for fault in faults}
    empty = [one for one in fields if one.required and one.kind != "yes" and not values.get(one.name)]
    named = {one.name for one in fields}
    unknown = [
        name
        for name in missing(template, values)
        if name not in named and name not in MADE_LATER and name in LABELS and name not in wrong
    ]
    found = [Fault(one.name, f"请填写“{one.zh}”", f"Fill in: {one.en}") for one in empty if one.name not in wrong]
    return found + [Fault(name, f"缺少“{LABELS[name][0]}”", f"Missing: {LABELS[name][1]}") for name in unknown]


def _facts(
    connection: Connection,
    rules: RuleBook,
    calendar: Calendar,
    form: str,
    ground: Ground,
    values: Mapping[str, Any],
    paper: Paper,
    at: datetime,
) -> Facts:
    """What the duties look at, out of the case and the form."""
    case, known = ground.case, ground.known
    notice = documents.newest_of(connection, case["id"], "prior_notice") or {}
    served = notice.get("served_on")
    hearing_clock = clock(rules, "hearing_request", at, case["division"])
    amount: Decimal | None = amount_of(str(values.get("amount") or ""))
    own_right = bool(values.get("hearing")) if form == "prior_notice" else _offered(notice)
    steps = set(known["steps"])
    return Facts(
        acted_at=case["acted_from"],
        issued_at=at,
        text="\n".join(texts(paper)),
        signer=Level(ground.issuer["level"]) if ground.issuer["kind"] == "ecology" else Level.CITY,
        issuer_kind=ground.issuer["kind"],
        families=tuple(family_of(Offence(one), case["subject_kind"]) for one in case["offences"]),
        area=case["division"],
        amount_cny=None if amount is None else float(amount),
        is_person=case["party_kind"] != "unit",
        on_the_spot=form == SPOT,
        evidence_void=known["has_void_source"] or case["state"] == "evidence_invalid",
        officers=_officers(values),
        states_hearing_right=own_right,
        notice_served_on=served,
        hearing_due_on=due_on(calendar, served, hearing_clock) if served else None,
        hearing_asked="request_hearing" in steps,
        hearing_held="end_hearing" in steps,
        hearing_waived=bool(values.get("hearing_waived")),
        discussed="discuss" in steps,
        legally_reviewed="review" in steps,
    )


def _offered(notice: Mapping[str, Any]) -> bool:
    return bool((notice.get("content") or {}).get("values", {}).get("hearing"))


def _officers(values: Mapping[str, Any]) -> int:
    """How many officers the form names: parted by 、 or ; or a new line."""
    text = str(values.get("officers") or "")
    for mark in ("；", ";", "\n"):
        text = text.replace(mark, "、")
    return len({part.strip() for part in text.split("、") if part.strip()})


def _authority(
    connection: Connection, account: Account, case: Mapping[str, Any], template: Template
) -> tuple[Sentence, ...]:
    """Whether this body issues such documents, and whether the case, or its referral, is its own."""
    if account.organisation_kind not in template.issuers:
        zh, en = f"本单位不制作《{template.title}》。", f"Your bureau does not issue this document ({template.en})."
        return (Sentence("wrong_issuer", zh, en),)
    branch = _HOLDERS.get(account.organisation_kind, "main")
    barred = move_case.bar(connection, case, branch, "issue", account)
    return () if barred is None else (barred,)


def _twice(connection: Connection, case_id: int, form: str) -> tuple[Sentence, ...]:
    """One case has one decision that counts (APL 29)."""
    there = documents.newest_of(connection, case_id, "decision") if kind_of(form) is DocumentKind.DECISION else None
    if there is None:
        return ()
    return (
        Sentence(
            "decision_there",
            f"本案已有处罚决定书{there['number']}，须先撤销方可另行制作。",
            f"The case has a decision, {there['number']}: revoke it before another is issued.",
        ),
    )


def _owes(case: Mapping[str, Any], form: str) -> tuple[Sentence, ...]:
    """A repair notice is for a case that owes a repair, or that failed the re-test."""
    if form != DocumentKind.REPAIR_NOTICE or case["states"].get("repair") in _OWING:
        return ()
    return (
        Sentence(
            "no_repair_owed",
            "本案尚未认定需要维修，或维修已在进行：请先在案件中办理“要求维修”。",
            "The case owes no repair yet, or one is under way: take the step that requires a repair first.",
        ),
    )
