"""Cases of the demonstration city on their way: at the police, at the workshop, with documents, one overdue.

Each rests on an inspection of `demo_inspections`; steps and documents are dated back through `now`, as if a bureau had
worked for weeks. Loaded together with them, once.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook, day_of
from enforcement.rules.calendar import Calendar
from server.documents.paper_pdf import FontsMissing, check_fonts
from server.flows import repair_work, rule_book
from server.flows.case_drafts import draft_of
from server.flows.case_work import Move
from server.flows.demo_inspections import key_of
from server.flows.issue_document import issue
from server.flows.move_case import move
from server.flows.open_case import open_case
from server.flows.record_inspection import key_within
from server.flows.repair_notices import notice_of_inspection
from server.flows.serve_document import Service, serve
from server.store import calendar_days, cases, inspections, organisations, repairs, users
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore
from server.store.scopes import Scope
from server.store.users import Account

OFFICERS = "演示业务员（DEMO-0001）、演示检查员（DEMO-0003）"
CONTACT = "演示联系人 0421-0000000（虚构）"
BASIS = "生态环境法典第二十三条、行政处罚法第二十七条"
EVERYWHERE = Scope()
FORM = {"officers": OFFICERS, "contact": CONTACT, "evidence_text": "现场检测记录、照片（演示）"}


@dataclass(frozen=True, slots=True)
class Bureau:
    """What every step needs; `now` is the moment of the first start."""

    connection: Connection
    store: EvidenceStore
    book: RuleBook
    calendar: Calendar
    now: dt.datetime
    accounts: dict[str, Account] = field(default_factory=dict)

    def account(self, username: str) -> Account:
        """An account of the demonstration by its name."""
        if username not in self.accounts:
            found = users.find_by_username(self.connection, username)
            if found is None:
                raise LookupError(username)
            self.accounts[username] = found[0]
        return self.accounts[username]

    def actor(self, username: str) -> Actor:
        """The same, as the audit log knows it."""
        one = self.account(username)
        return Actor(one.id, one.username, one.organisation_id)

    def ago(self, days: float) -> dt.datetime:
        """A moment before now."""
        return self.now - dt.timedelta(days=days)


def load_casework(connection: Connection, store: EvidenceStore, now: dt.datetime) -> int:
    """Take the inspections of the demonstration further; how many cases were opened. Call it once."""
    calendar, book = calendar_days.load_calendar(connection), rule_book.current(connection)
    bureau = Bureau(connection, store, book, calendar, now)
    try:
        check_fonts()
    except FontsMissing:
        return 0  # without fonts no document can be written; the platform says so elsewhere
    _referred(bureau)
    _waiting(bureau)
    _machine(bureau)
    _open(bureau, "overdue", 39)
    _notice_alone(bureau)
    return 4


def _referred(bureau: Bureau) -> None:
    """At the police, accepted; the repair it owes is in work at the workshop."""
    case = _open(bureau, "referred", 11)
    _steps(bureau, case, 11, ("officer", "main", "file"))  # it fails and owes a repair by its inspection
    _issue(bureau, case, "transfer_letter", 10)
    _refer(bureau, case, "police", "211300-police", 10)
    _steps(bureau, case, 9, ("police", "police", "receive"))
    _steps(bureau, case, 8, ("police", "police", "accept"))
    paper = _issue(bureau, case, "repair_notice", 10)
    _serve(bureau, paper, 9)
    notice = repairs.open_of_case(bureau.connection, case) or {}
    _take_in(bureau, notice["id"], 7)


def _waiting(bureau: Bureau) -> None:
    """Sent to the police and not signed for in time, with a copy to transport."""
    case = _open(bureau, "waiting", 8)
    _steps(bureau, case, 8, ("officer", "main", "file"))
    _issue(bureau, case, "transfer_letter", 8)
    _refer(bureau, case, "police", "211300-police", 8)
    _issue(bureau, case, "copy_letter", 7)
    _refer(bureau, case, "transport", "211300-transport", 7)


def _machine(bureau: Bureau) -> None:
    """A machine's case: corrected, told of its penalty, the days to plead are running."""
    case = _open(bureau, "machine", 19)
    _steps(bureau, case, 18, ("approver", "main", "file"))
    _issue(bureau, case, "correction_order", 17)
    notice = _issue(bureau, case, "prior_notice", 4)
    _steps(bureau, case, 4, ("officer", "main", "notify"))
    _serve(bureau, notice, 3)
    _steps(bureau, case, 3, ("officer", "main", "serve_notice"))


def _notice_alone(bureau: Bureau) -> None:
    """A repair notice for a failed inspection that no case took up."""
    who = bureau.account("officer")
    notice_of_inspection(
        bureau.connection, bureau.actor("officer"), who, bureau.book, bureau.calendar,
        _inspection(bureau, "notice"), bureau.ago(6),
    )  # fmt: skip


def _inspection(bureau: Bureau, case: str) -> int:
    found = inspections.by_source_key(bureau.connection, key_within(bureau.actor("officer"), key_of(case)))
    if found is None:
        raise LookupError(case)
    return int(found["id"])


def _open(bureau: Bureau, case: str, days: float) -> int:
    who = bureau.account("officer")
    draft = draft_of(bureau.connection, who.scope, [("inspection", _inspection(bureau, case))])
    return open_case(
        bureau.connection, bureau.actor("officer"), who, who.scope, bureau.book, bureau.calendar, draft,
        now=bureau.ago(days),
    )  # fmt: skip


def _steps(bureau: Bureau, case: int, days: float, *steps: tuple[str, str, str]) -> None:
    for username, branch, action in steps:
        _move(bureau, case, username, branch, action, days)


def _move(
    bureau: Bureau,
    case: int,
    username: str,
    branch: str,
    action: str,
    days: float,
    values: Mapping[str, str] | None = None,
) -> None:
    row, who = cases.find_one(bureau.connection, EVERYWHERE, case) or {}, bureau.account(username)
    asked = Move(branch, action, row["version"], values=values or {})
    move(
        bureau.connection, bureau.actor(username), who, who.scope, bureau.book, bureau.calendar, case, asked,
        bureau.ago(days),
    )  # fmt: skip


def _refer(bureau: Bureau, case: int, branch: str, to: str, days: float) -> None:
    body = organisations.organisation_ids(bureau.connection)[to]
    values = {"to": str(body), "basis": BASIS, "message": "演示：请依法处理并反馈结果。", "contact": CONTACT}
    _move(bureau, case, "officer", branch, "refer", days, values)


def _issue(bureau: Bureau, case: int, form: str, days: float) -> int:
    at, who = bureau.ago(days), bureau.account("officer")
    given: dict[str, Any] = {**FORM, "due_day": f"{day_of(at) + dt.timedelta(days=30):%Y年%-m月%-d日}"}
    given |= {"court": "演示市人民法院（虚构）", "recipient": _recipient(form), "party_address": "演示地址（虚构）"}
    given |= {"party_code": "DEMO-PARTY-01", "party_name": "演示当事人（虚构）"}
    return issue(
        bureau.connection, bureau.store, bureau.actor("officer"), who, bureau.book, bureau.calendar, case, form,
        {name: value for name, value in given.items() if value}, at,
    )  # fmt: skip


def _recipient(form: str) -> str:
    return {"transfer_letter": "朝阳市公安局交通警察支队（演示）", "copy_letter": "朝阳市交通运输局（演示）"}.get(
        form, ""
    )


def _serve(bureau: Bureau, paper: int, days: float) -> None:
    at = bureau.ago(days)
    how = Service("in_person", "演示当事人（虚构）", day_of(at))
    serve(bureau.connection, bureau.actor("officer"), bureau.account("officer"), paper, how, at)


def _take_in(bureau: Bureau, notice: int, days: float) -> None:
    for username in ("workshop", "station"):
        seeing = bureau.account(username)
        repairs.show_to(bureau.connection, notice, seeing.organisation_id, seeing.id)
    at, version = bureau.ago(days), (repairs.lock(bureau.connection, notice) or {})["version"]
    repair_work.begin(
        bureau.connection, bureau.actor("workshop"), bureau.account("workshop"), bureau.book, bureau.calendar, notice,
        version, "DEMO-WO-0001", at, bureau.now,
    )  # fmt: skip
