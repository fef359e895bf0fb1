"""A document is filled, checked against its duties, numbered, written, sealed as evidence; all of it or nothing.

enforcement.md 7.2, 7.3. A duty that is not met refuses with a sentence (`enforcement/cases/document_duties.py`). The
number is taken last and given back where anything after it fails; a revoked document keeps its number for good.
"""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.document_duties import DocumentKind
from enforcement.rules.book import RuleBook, day_of
from enforcement.rules.calendar import Calendar
from enforcement.rules.laws import law_of
from server.documents import paper_pdf, papers
from server.documents.paper import Paper
from server.documents.paper_templates import compose
from server.flows import move_case
from server.flows.case_work import Move, MoveRefused
from server.flows.document_drafts import Draft, draft, kind_of
from server.flows.document_values import (
    repair_values,
)
from server.flows.document_words import word_of
from server.flows.keep_evidence import Owner, Upload, UploadFault, keep
from server.flows.refusals import Fault, Refused
from server.flows.repair_notices import notice_of_case
from server.store import audit, cases, documents, referrals, repairs
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore
from server.store.users import Account


def issue(
    connection: Connection,
    store: EvidenceStore,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case_id: int,
    form: str,
    given: Mapping[str, Any],
    now: datetime | None = None,
) -> int:
    """Issue a document; its id. Raises LookupError outside the scope, Refused with what is wrong and where."""
    at = now or datetime.now(UTC)
    case = cases.lock(connection, account.scope, case_id)
    if case is None:
        raise LookupError(case_id)
    made = draft(connection, account, rules, calendar, case_id, form, given, at)
    faults = [*made.lacking, *(Fault(one.code, one.zh, one.en) for one in made.refusals)]
    if faults:
        raise Refused(faults)
    if form != DocumentKind.REPAIR_NOTICE:
        return _written(connection, store, actor, account, rules, made, form, at)
    notice_id, _ = notice_of_case(connection, actor, account, rules, calendar, case, at)
    notice = repairs.lock(connection, notice_id) or {}
    made = replace(made, values={**made.values, **repair_values(notice)})
    document_id = _written(connection, store, actor, account, rules, made, form, at)
    repairs.put_document(connection, notice_id, document_id)
    _notify(connection, actor, account, rules, calendar, case, notice, at)
    return document_id


def _notify(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    case: Mapping[str, Any],
    notice: Mapping[str, Any],
    at: datetime,
) -> None:
    """The case has told the owner; a notice that failed its re-test begins again with a new last day."""
    try:
        asked = Move("repair", "notify", case["version"])
        move_case.take(connection, actor, account, rules, calendar, case, asked, at)
    except MoveRefused as refused:
        raise Refused([Fault("state", fault.zh, fault.en) for fault in refused.faults]) from refused
    if notice["state"] == "failed_again":
        repairs.move(connection, notice["id"], "issued", False)


def _written(
    connection: Connection,
    store: EvidenceStore,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    made: Draft,
    form: str,
    at: datetime,
) -> int:
    year, word = day_of(at).year, word_of(connection, dict(made.issuer), made.template)
    serial = documents.next_serial(connection, made.issuer["id"], word, year)
    number = f"{word}〔{year}〕{serial}号"
    values = {**made.values, "document_number": number}
    case = made.case
    row = {
        "case_id": case["id"], "referral_id": _referral(connection, case["id"], kind_of(form)),
        "kind": str(kind_of(form)), "organisation_id": made.issuer["id"], "word": word, "year": year,
        "serial": serial, "number": number, "content": {"form": form, "values": values},
        "template": made.template.version, "law": str(law_of(rules, case["acted_from"])),
        "rule_keys": list(made.rule_keys), "issued_at": at, "issued_by": account.id,
    }  # fmt: skip
    document_id = documents.insert(connection, row)
    paper = compose(made.template, values, made.issuer["name_zh"], number)
    sealed = _seal(connection, store, actor, made, document_id, paper)
    documents.put_files(connection, document_id, sealed["document_docx"]["id"], sealed["document_pdf"]["id"])
    detail = {"number": number, "kind": row["kind"], "case": case["number"], "template": row["template"]}
    hashes = {purpose: one["sha256"] for purpose, one in sealed.items()}
    audit.append(connection, actor, "document.issue", "document", document_id, {**detail, **hashes})
    return document_id


def _referral(connection: Connection, case_id: int, kind: DocumentKind) -> int | None:
    """A reply belongs to the referral that it answers; a letter is sent along by the step that refers."""
    sent = referrals.of_case(connection, case_id) if kind is DocumentKind.RESULT_RECEIPT else []
    return sent[-1]["id"] if sent else None


def _seal(
    connection: Connection, store: EvidenceStore, actor: Actor, made: Draft, document_id: int, paper: Paper
) -> dict[str, dict[str, Any]]:
    """Write both files and keep them as evidence; by purpose their item id and SHA-256."""
    try:
        files = papers.render(paper)
    except paper_pdf.FontsMissing as fault:
        raise Refused([Fault("files", fault.zh, fault.en)]) from fault
    case, name = made.case, f"{made.template.title} {paper.number}"
    owner = Owner("document", document_id, case["division"], case["enterprise_id"], made.issuer["id"])
    uploads = [
        Upload(f"{name}.docx", io.BytesIO(files.docx), "document_docx", made_here=True),
        Upload(f"{name}.pdf", io.BytesIO(files.pdf), "document_pdf", made_here=True),
    ]
    try:
        kept = keep(connection, store, actor, owner, uploads)
    except UploadFault as fault:
        raise Refused([Fault("files", fault.zh, fault.en)]) from fault
    return {one.purpose: {"id": one.id, "sha256": one.sha256} for one in kept}
