"""Documents of a case: filled, refused where a duty is missing, numbered without gaps, sealed, served, revoked."""

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from enforcement.rules.calendar import Calendar
from server.db import transaction
from server.documents.paper_templates import get_template
from server.flows import issue_document, rule_book, serve_document
from server.flows.document_drafts import draft
from server.flows.document_words import default_word, set_words
from server.flows.refusals import Refused
from server.flows.serve_document import Service
from server.store import documents, evidence_items, users
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore
from tests.server import case_rows, records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OFFICERS = "姓名一（LN-0001）、姓名二（LN-0002）"
NOTICE = {"typed": "1", "evidence_text": "现场笔录", "officers": OFFICERS, "contact": "科室 0421-1", "hearing": "1"}
DECISION = {
    "typed": "1", "evidence_text": "现场笔录", "officers": OFFICERS, "pleading": "当事人未提出陈述申辩。", "bank": "缴至指定账户。",
    "review_body": "朝阳市人民政府", "court": "双塔区人民法院", "party_address": "朝阳市双塔区",
}  # fmt: skip


class Desk:
    """Issues documents as an account, with the store of the application."""

    def __init__(self, web: Flask, engine: Engine, city: City) -> None:
        self.engine, self.city = engine, city
        self.store: EvidenceStore = web.extensions["evidence_store"]

    def case(self, **values: Any) -> int:
        with transaction(self.engine) as connection:
            return case_rows.case(connection, self.city.organisations[values.pop("of", "city")], **values)

    def issue(self, case_id: int, form: str, given: dict[str, str], who: str = "officer", at: datetime = NOW) -> int:
        with transaction(self.engine) as connection:
            account = users.find_account(connection, self.city.accounts[who])
            assert account is not None
            return issue_document.issue(
                connection, self.store, PLATFORM, account, rule_book.current(connection), Calendar(), case_id, form,
                given, at,
            )  # fmt: skip

    def refusals(
        self, case_id: int, form: str, given: dict[str, str], who: str = "officer", at: datetime = NOW
    ) -> set[str]:
        with pytest.raises(Refused) as caught:
            self.issue(case_id, form, given, who, at)
        assert all(fault.zh and fault.en for fault in caught.value.faults)
        return {fault.field for fault in caught.value.faults}

    def serve(self, document_id: int, on: date, who: str = "officer", at: datetime = NOW) -> None:
        with transaction(self.engine) as connection:
            account = users.find_account(connection, self.city.accounts[who])
            assert account is not None
            service = Service("in_person", "张三", on)
            serve_document.serve(connection, PLATFORM, account, document_id, service, at)

    def row(self, document_id: int) -> dict[str, Any]:
        with transaction(self.engine) as connection:
            found = connection.execute(text("SELECT * FROM documents WHERE id = :id"), {"id": document_id}).one()
            return dict(found._mapping)

    def said(self, case_id: int, form: str, given: dict[str, str]) -> Any:
        with transaction(self.engine) as connection:
            account = users.find_account(connection, self.city.accounts["officer"])
            assert account is not None
            return draft(connection, account, rule_book.current(connection), Calendar(), case_id, form, given, NOW)


@pytest.fixture(scope="module")
def desk(web: Flask, engine: Engine, city: City) -> Desk:
    with transaction(engine) as connection:
        connection.execute(text("UPDATE organisations SET name_zh = '朝阳市生态环境局' WHERE code = 'city'"))
        connection.execute(text("UPDATE organisations SET name_zh = '朝阳市生态环境局喀左分局' WHERE code = 'county'"))
        connection.execute(text("UPDATE organisations SET name_zh = '朝阳市公安局交通警察支队' WHERE code = 'police'"))
    return Desk(web, engine, city)


def test_a_notice_is_filled_from_the_case_and_sealed_as_two_files(desk: Desk, tmp_path: Path) -> None:
    case_id = desk.case()
    document_id = desk.issue(case_id, "prior_notice", NOTICE)
    row = desk.row(document_id)
    assert row["number"] == f"朝环罚告〔2026〕{row['serial']}号" and row["state"] == "issued" and row["law"] == "CODE"
    values = row["content"]["values"]
    assert values["amount"] == "5000" and values["amount_upper"] == "伍仟元整" and values["party_name"] == "张三"
    assert (
        "over_limit.fine@2026-08-15" in row["rule_keys"]
        and "《生态环境法典》第一千一百二十七条第一款" in values["basis"]
    )
    with transaction(desk.engine) as connection:
        items = evidence_items.of_owner(connection, "document", document_id)
    assert {item["purpose"] for item in items} == {"document_docx", "document_pdf"}
    assert {row["docx_item_id"], row["pdf_item_id"]} == {item["id"] for item in items}
    for item in items:
        kept = desk.store.path(item["sha256"]).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == item["sha256"]
        assert kept.startswith(b"%PDF" if item["purpose"] == "document_pdf" else b"PK")


def test_15_the_hearing_right_of_a_person_from_5000(desk: Desk) -> None:
    """Section 11, 15: without the hearing right the notice is refused; below the threshold it is not needed."""
    case_id = desk.case()
    without = {name: value for name, value in NOTICE.items() if name != "hearing"}
    assert desk.refusals(case_id, "prior_notice", without) == {"hearing_right_missing"}
    assert desk.refusals(case_id, "prior_notice", {**without, "amount": "5000"}) == {"hearing_right_missing"}
    assert desk.issue(case_id, "prior_notice", {**without, "amount": "4999.99"})
    unit = desk.case(party_kind="unit", party_name="宏达运输", party_code="91211302MA0000000X")
    assert desk.issue(unit, "prior_notice", without)


def test_14_a_document_that_cites_repealed_law_is_refused(desk: Desk) -> None:
    """Section 11, 14: APPCL for an act from 2026-08-15; and the Code for an act before."""
    case_id = desk.case()
    cited = {**NOTICE, "facts": "违反《大气污染防治法》第一百一十四条。"}
    assert desk.refusals(case_id, "prior_notice", cited) == {"law_not_in_force"}
    before = case_rows.ACT.replace(month=8, day=14)
    old = desk.case(acted_from=before, acted_to=before, law="APPCL")
    assert desk.row(desk.issue(old, "prior_notice", NOTICE))["law"] == "APPCL"
    assert desk.refusals(old, "prior_notice", {**NOTICE, "facts": "违反《生态环境法典》。"}) == {"law_not_in_force"}


def test_8_a_machine_fine_is_never_on_the_spot_and_200_is(desk: Desk) -> None:
    """Section 11, 8."""
    given = {"typed": "1", "officers": OFFICERS, "bank": "缴至指定账户。", "court": "法院", "review_body": "市政府"}
    case_id = desk.case()
    assert desk.refusals(case_id, "decision_on_the_spot", given) == {"not_on_the_spot"}
    assert desk.refusals(case_id, "decision_on_the_spot", {**given, "amount": "200.01"}) == {"not_on_the_spot"}
    document_id = desk.issue(case_id, "decision_on_the_spot", {**given, "amount": "200"})
    assert desk.row(document_id)["kind"] == "decision"
    unit = desk.case(party_kind="unit")
    assert desk.issue(unit, "decision_on_the_spot", {**given, "amount": "3000"})


def test_18_a_branch_signs_its_own_paper_since_the_code(desk: Desk) -> None:
    """Section 11, 18: in its own name from 2026-08-15 on, not before."""
    case_id = desk.case(of="county", division="211324")
    before = datetime(2026, 8, 14, 2, 0, tzinfo=UTC)
    assert "may_not_sign" in desk.refusals(case_id, "prior_notice", NOTICE, "county", before)
    document_id = desk.issue(case_id, "prior_notice", NOTICE, "county")
    assert desk.row(document_id)["number"].startswith("朝环喀罚告〔2026〕")


def test_another_branch_and_another_bureau_issue_nothing_here(desk: Desk) -> None:
    case_id = desk.case(of="county", division="211324")
    for who in ("other", "police", "transport"):
        with pytest.raises(LookupError):
            desk.issue(case_id, "prior_notice", NOTICE, who)
    with transaction(desk.engine) as connection:
        refer(connection, case_id, desk.city.organisations["county"], desk.city.organisations["police"])
    assert "wrong_issuer" in desk.refusals(case_id, "correction_order", {}, "police")


def refer(connection: Any, case_id: int, from_id: int, to_id: int) -> int:
    number: int = connection.execute(
        text(
            "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis) VALUES"
            " ('T' || nextval('referral_numbers'), :c, 'police', 'transfer', :f, :t, 'sent', 'x') RETURNING id"
        ),
        {"c": case_id, "f": from_id, "t": to_id},
    ).scalar_one()
    return number


def test_a_decision_waits_for_notice_hearing_days_and_discussion(desk: Desk) -> None:
    case_id = desk.case()
    assert desk.refusals(case_id, "decision", DECISION) == {
        "prior_notice_missing", "hearing_right_missing", "hearing_days_unknown", "discussion_missing",
        "notice_served_day", "notice_number",
    }  # fmt: skip
    issued = NOW - timedelta(days=5)
    notice = desk.issue(case_id, "prior_notice", NOTICE, at=issued)
    desk.serve(notice, date(2026, 11, 19), at=NOW)
    assert desk.refusals(case_id, "decision", DECISION) == {"hearing_days_run", "discussion_missing"}
    later = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    assert desk.refusals(case_id, "decision", DECISION, at=datetime(2026, 11, 26, 15, 59, tzinfo=UTC)) >= {
        "hearing_days_run"
    }
    with transaction(desk.engine) as connection:
        case_rows.steps(connection, case_id, "discuss")
    decision = desk.issue(case_id, "decision", DECISION, at=later)
    values = desk.row(decision)["content"]["values"]
    assert values["notice_number"] == desk.row(notice)["number"] and values["notice_served_day"] == "2026年11月19日"
    assert desk.refusals(case_id, "decision", DECISION, at=later) == {"decision_there"}


def test_what_is_missing_is_named_and_too_much_is_refused(desk: Desk) -> None:
    case_id = desk.case(party_name=None, place=None)
    assert desk.refusals(case_id, "prior_notice", {"typed": "1", "hearing": "1"}) >= {
        "party_name",
        "evidence_text",
        "contact",
    }
    said = desk.said(case_id, "prior_notice", NOTICE)
    assert not said.may_issue and "party_name" in {one.name for one in said.fields}
    assert desk.refusals(case_id, "prior_notice", {**NOTICE, "party_name": "王" * 5001}) == {"party_name"}
    for amount in ("-1", "0", "NaN", "1e99", "五千", "5000.001"):
        assert "amount" in desk.refusals(case_id, "prior_notice", {**NOTICE, "party_name": "王五", "amount": amount})
    hostile = "*{party_code}* #panic() =1+1 \u202e <script>"
    document_id = desk.issue(case_id, "prior_notice", {**NOTICE, "party_name": hostile})
    assert desk.row(document_id)["content"]["values"]["party_name"] == hostile.replace("\u202e", "")


def test_void_evidence_and_one_officer_refuse(desk: Desk) -> None:
    case_id = desk.case(state="evidence_invalid")
    assert desk.refusals(case_id, "prior_notice", {**NOTICE, "officers": "姓名一（1）、姓名一（1）"}) == {
        "evidence_void", "officers_missing",
    }  # fmt: skip


def test_numbers_have_no_gaps_under_concurrent_writers(desk: Desk) -> None:
    case_ids = [desk.case() for _ in range(2)]
    first = desk.row(desk.issue(case_ids[0], "result_notice", {"contact": "一"}))["serial"]
    failures: list[BaseException] = []
    wrong = threading.Barrier(2)

    def write(case_id: int) -> None:
        try:
            wrong.wait()
            for n in range(6):
                if n % 3 == 2:
                    desk.refusals(case_id, "result_notice", {"contact": ""})
                else:
                    desk.issue(case_id, "result_notice", {"contact": "一"})
        except BaseException as failure:
            failures.append(failure)

    writers = [threading.Thread(target=write, args=(case_id,)) for case_id in case_ids]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    with transaction(desk.engine) as connection:
        serials = connection.execute(
            text("SELECT serial FROM documents WHERE word = '朝环检告' AND year = 2026 ORDER BY serial")
        ).scalars().all()  # fmt: skip
    assert list(serials) == list(range(1, first + 9))


def test_a_document_that_fails_gives_its_number_back_and_leaves_no_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = desk.case()
    first = desk.row(desk.issue(case_id, "closing", {"ground": "复检合格", "explanation": "一", "contact": "一"}))[
        "serial"
    ]
    from server.documents import paper_pdf

    def missing(installed: Any = None) -> None:
        raise paper_pdf.FontsMissing(("Noto Serif CJK SC",))

    with monkeypatch.context() as patch:
        patch.setattr(paper_pdf, "check_fonts", missing)
        assert desk.refusals(case_id, "closing", {"ground": "复检合格", "explanation": "一", "contact": "一"}) == {
            "files"
        }
    second = desk.row(desk.issue(case_id, "closing", {"ground": "复检合格", "explanation": "一", "contact": "一"}))[
        "serial"
    ]
    assert second == first + 1


def test_a_year_begins_at_one_and_a_revoked_number_is_not_used_again(desk: Desk) -> None:
    case_id = desk.case()
    last = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    given = {"ground": "证据无效", "explanation": "一", "contact": "一"}
    old = desk.row(desk.issue(case_id, "closing", given, at=last))
    new_id = desk.issue(case_id, "closing", given, at=last + timedelta(minutes=1))
    new = desk.row(new_id)
    assert (old["year"], new["year"], new["serial"]) == (2026, 2027, 1)
    with transaction(desk.engine) as connection:
        account = users.find_account(connection, desk.city.accounts["officer"])
        assert account is not None
        with pytest.raises(Refused):
            serve_document.revoke(connection, PLATFORM, account, new_id, "短")
        serve_document.revoke(connection, PLATFORM, account, new_id, "文书写错，另行制作")
        with pytest.raises(Refused):
            serve_document.revoke(connection, PLATFORM, account, new_id, "文书写错，另行制作")
    again = desk.row(desk.issue(case_id, "closing", given, at=last + timedelta(minutes=2)))
    assert again["serial"] == 2


def test_service_is_written_down_once_and_within_its_days(desk: Desk) -> None:
    document_id = desk.issue(desk.case(), "prior_notice", NOTICE)
    for on in (date(2026, 11, 23), date(2026, 11, 25)):
        with pytest.raises(Refused) as caught:
            desk.serve(document_id, on)
        assert {fault.field for fault in caught.value.faults} == {"on"}
    desk.serve(document_id, date(2026, 11, 24))
    assert desk.row(document_id)["state"] == "served"
    with pytest.raises(Refused):
        desk.serve(document_id, date(2026, 11, 24))


def test_words_of_bureaus_never_meet(desk: Desk) -> None:
    template = get_template("decision")
    assert default_word("朝阳市生态环境局", "ecology", template) == "朝环罚"
    assert default_word("朝阳市生态环境局建平分局", "ecology", template) == "朝环建罚"
    assert default_word("朝阳市公安局交通警察支队", "police", template) == "朝公交罚"
    city, county = desk.city.organisations["city"], desk.city.organisations["county"]
    with transaction(desk.engine) as connection:
        assert set_words(connection, PLATFORM, city, {"decision": "朝环罚字"}) == 1
        with pytest.raises(Refused):
            set_words(connection, PLATFORM, county, {"decision": "朝环罚字"})
        with pytest.raises(Refused):
            set_words(connection, PLATFORM, county, {"decision": "<b>"})


def test_a_letter_goes_with_its_referral_and_an_enterprise_reads_what_was_served(desk: Desk) -> None:
    case_id = desk.case(enterprise_id=desk.city.enterprise_id)
    letter = desk.issue(case_id, "transfer_letter", {"recipient": "交警支队", "contact": "一"})
    notice = desk.issue(case_id, "prior_notice", NOTICE)

    def sees(who: str) -> set[int]:
        with transaction(desk.engine) as connection:
            account = users.find_account(connection, desk.city.accounts[who])
        assert account is not None
        with transaction(desk.engine, account.scope.fence) as connection:
            return {one for one in (letter, notice) if documents.find_one(connection, account.scope, one)}

    assert sees("police") == sees("enterprise") == sees("station") == sees("other") == set()
    with transaction(desk.engine) as connection:
        refer(connection, case_id, desk.city.organisations["city"], desk.city.organisations["police"])
    assert sees("police") == {letter} and sees("transport") == set()
    desk.serve(notice, date(2026, 11, 24))
    assert sees("enterprise") == {notice} and sees("officer") == {letter, notice}


def test_trucks_are_named_by_plate_and_colour(desk: Desk) -> None:
    with transaction(desk.engine) as connection:
        truck_id, _ = records.truck(connection, "辽N77777", owner="李四")
    case_id = desk.case(
        subject_kind="truck",
        truck_id=truck_id,
        subject_text="辽N77777",
        offences=["failed_inspection"],
        party_name=None,
    )
    values = desk.said(case_id, "transfer_letter", {}).values
    assert (
        values["subject"] == "黄牌 辽N77777" and values["party_name"] == "李四" and values["identity"].startswith("LZZ")
    )
    assert values["transfer_basis"].startswith("《生态环境法典》第二十三条")
