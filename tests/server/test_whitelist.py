"""Whitelist entries: asked for by one, approved by another, withdrawn with a reason; in and out of workbooks."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.documents import workbooks
from server.documents.whitelist_files import HEADER
from server.store import whitelist
from server.store.scopes import Scope
from server.store.whitelist import WhitelistRow
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
Y = dt.datetime.now(dt.UTC).year + 1  # periods must not have passed
FROM, UNTIL = f"{Y}-01-01T00:00", f"{Y + 2}-01-01T00:00"


@pytest.fixture(scope="module", autouse=True)
def subjects(engine: Engine) -> None:
    """Plates in one and two colours, machines by registration number and PIN, a zone."""
    with transaction(engine) as connection:
        for plate in ("辽NWL001", "辽NWL002", "辽NWL003", "辽NTWO01"):
            records.truck(connection, plate)
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, division) VALUES ('辽NTWO01', 'blue', '211302'),"
                " ('辽NFAR01', 'yellow', '211322'), ('冀CFOR01', 'yellow', NULL)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO machines (registration_number, pin, division) VALUES"
                " ('3-6NA10001', 'PIN0001', '211302'), (NULL, 'PIN0002', '211324')"
            )
        )
        records.zone(connection, "白名单区")


def zone_id(engine: Engine) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(text("SELECT id FROM zones WHERE name_zh = '白名单区'")).scalar_one()
        return found


def form(subject: str, **changes: Any) -> dict[str, Any]:
    return {
        "subject": subject, "colour": "", "zone": "city", "purpose": "heating", "valid_from": FROM, "valid_to": UNTIL,
        "document": "朝许〔2026〕1号", **changes,
    }  # fmt: skip


def ask(browse: Browse, subject: str, username: str = "officer", **changes: Any) -> int:
    answer = browse(username).post("/whitelist/new", form(subject, **changes))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def review(browse: Browse, number: int, username: str = "officer2") -> None:
    answer = browse(username).post(f"/whitelist/{number}/review", {"decision": "agree", "note": "属实"})
    assert answer.status_code == 303, answer.text


def approve(browse: Browse, number: int) -> None:
    decision = {"decision": "approve", "approver": "王局长"}
    answer = browse("approver").post(f"/whitelist/{number}/decide", decision)
    assert answer.status_code == 303, answer.text


def entry(engine: Engine, number: int) -> WhitelistRow:
    with transaction(engine) as connection:
        found = whitelist.find_entry(connection, number, Scope())
    assert found is not None
    return found


def test_a_request_holds_once_another_has_approved_it(browse: Browse, engine: Engine, city: City) -> None:
    number = ask(browse, "辽n·wl001")
    asked = entry(engine, number)
    assert (asked.state, asked.plate, asked.zone_id, asked.holds_from) == ("requested", "辽NWL001", None, None)
    decision = {"decision": "approve", "approver": "王局长"}
    early = browse("approver").post(f"/whitelist/{number}/decide", decision)
    assert early.status_code == 422 and "尚未审核" in early.text
    own = browse("officer").post(f"/whitelist/{number}/review", {"decision": "agree"})
    assert own.status_code == 422 and "不能审核自己的申请" in own.text
    review(browse, number)
    assert entry(engine, number).state == "reviewed" and entry(engine, number).holds_from is None
    assert browse("officer").post(f"/whitelist/{number}/decide", decision).status_code == 403
    assert browse("approver").post(f"/whitelist/{number}/decide", decision).status_code == 303
    approved = entry(engine, number)
    assert (approved.state, approved.approver, approved.decided_by) == ("active", "王局长", city.accounts["approver"])
    assert approved.holds_from == max(approved.valid_from, approved.decided_at or approved.valid_from)
    assert browse("approver").post(f"/whitelist/{number}/decide", decision).status_code == 422  # once is enough


def test_nobody_approves_his_own_request(browse: Browse, engine: Engine) -> None:
    number = ask(browse, "辽NWL002", "approver", zone=str(zone_id(engine)))
    review(browse, number)
    answer = browse("approver").post(f"/whitelist/{number}/decide", {"decision": "approve", "approver": "我"})
    assert answer.status_code == 422
    assert "不能审批自己的申请" in answer.text
    with transaction(engine) as connection, pytest.raises(Exception, match="four_eyes"):
        connection.execute(
            text("UPDATE whitelist_entries SET state = 'refused', decided_by = created_by WHERE id = :n"), {"n": number}
        )


def test_a_refusal_needs_a_reason(browse: Browse, engine: Engine) -> None:
    number = ask(browse, "辽NWL003")
    review(browse, number)
    assert browse("approver").post(f"/whitelist/{number}/decide", {"decision": "refuse", "note": ""}).status_code == 422
    refuse = {"decision": "refuse", "note": "不符合民生保障条件"}
    assert browse("approver").post(f"/whitelist/{number}/decide", refuse).status_code == 303
    assert entry(engine, number).state == "refused"


def test_a_withdrawal_keeps_what_went_before(browse: Browse, engine: Engine) -> None:
    number = ask(browse, "3-6NA10001", purpose="construction")
    review(browse, number)
    approve(browse, number)
    assert browse("officer").post(f"/whitelist/{number}/withdraw", {"reason": "短"}).status_code == 422
    assert browse("officer").post(f"/whitelist/{number}/withdraw", {"reason": "工程已经完工"}).status_code == 303
    withdrawn = entry(engine, number)
    assert (withdrawn.state, withdrawn.withdrawn_reason) == ("withdrawn", "工程已经完工")
    assert withdrawn.holds_to == min(withdrawn.valid_to, withdrawn.withdrawn_at or withdrawn.valid_to)
    with transaction(engine) as connection:
        actions = connection.execute(
            text("SELECT action FROM audit_log WHERE subject_kind = 'whitelist' AND subject_id = :n ORDER BY id"),
            {"n": str(number)},
        ).scalars()
        steps = ["request", "review", "approve", "withdraw"]
        assert list(actions) == [f"whitelist.{step}" for step in steps]


@pytest.mark.parametrize(
    ("subject", "changes", "field"),
    [
        ("辽N00000", {}, "subject"),
        ("", {}, "subject"),
        ("辽NTWO01", {}, "subject"),  # two colours, none chosen
        ("辽NWL001", {"valid_to": FROM}, "valid_to"),
        ("辽NWL001", {"valid_from": "2019-01-01T00:00", "valid_to": "2020-01-01T00:00"}, "valid_to"),
        ("辽NWL001", {"valid_to": "9999-01-01T00:00"}, "valid_to"),
        ("辽NWL001", {"valid_from": "soon"}, "valid_from"),
        ("辽NWL001", {"zone": "999999"}, "zone"),
        ("辽NWL001", {"zone": ""}, "zone"),
        ("辽NWL001", {"purpose": "fun"}, "purpose"),
        ("辽NWL001", {"document": "", "note": ""}, "document"),
    ],
)
def test_a_wrong_request_is_refused_at_its_field(
    browse: Browse, subject: str, changes: dict[str, Any], field: str
) -> None:
    changes = {"valid_to": f"{Y + 1}-01-01T00:00", "purpose": "export", **changes}
    answer = browse("officer").post("/whitelist/new", form(subject, **changes))
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text


def test_the_same_leave_twice_is_refused_and_names_the_first(browse: Browse) -> None:
    number = ask(browse, "辽NTWO01", colour="blue", valid_to=f"{Y + 1}-01-01T00:00")
    again = form("辽NTWO01", colour="blue", valid_from=f"{Y}-06-01T00:00", valid_to=f"{Y + 2}-01-01T00:00")
    answer = browse("officer").post("/whitelist/new", again)
    assert answer.status_code == 422
    assert f"第 {number} 号条目重叠" in answer.text
    ask(browse, "辽NTWO01", colour="yellow", valid_to=f"{Y + 1}-01-01T00:00")  # another vehicle


def test_who_sees_and_does_what(browse: Browse, engine: Engine) -> None:
    number = ask(browse, "辽NFAR01", valid_to=f"{Y + 1}-01-01T00:00")
    assert browse("other").get(f"/whitelist/{number}").status_code == 200  # the county of the truck
    assert browse("county").get(f"/whitelist/{number}").status_code == 404
    assert "辽N·FAR01" not in browse("county").get("/whitelist/").text
    assert browse("county").post(f"/whitelist/{number}/withdraw", {"reason": "不是我的"}).status_code == 404
    assert browse("enterprise").get(f"/whitelist/{number}").status_code == 404
    assert browse("enterprise").get("/whitelist/").status_code == 200
    for username in ("read_only", "auditor", "enterprise", "inspector"):
        assert browse(username).post("/whitelist/new", form("辽NWL001")).status_code == 403


def test_an_approver_sees_what_waits(browse: Browse) -> None:
    number = ask(browse, "辽NWL002", purpose="post", valid_to=f"{Y + 1}-01-01T00:00")
    assert "待审核的白名单申请" in browse("officer").get("/").text
    review(browse, number)
    assert "待审批的白名单申请" in browse("approver").get("/").text
    assert "待审批的白名单申请" not in browse("officer").get("/").text


def test_the_city_sees_its_leave_for_a_foreign_truck(browse: Browse) -> None:
    number = ask(browse, "冀CFOR01", valid_to=f"{Y + 1}-01-01T00:00")
    assert browse("read_only").get(f"/whitelist/{number}").status_code == 200
    assert browse("county").get(f"/whitelist/{number}").status_code == 404


def test_the_list_filters(browse: Browse, engine: Engine) -> None:
    ask(browse, "PIN0002", zone=str(zone_id(engine)), purpose="fire", valid_to=f"{Y + 1}-01-01T00:00")
    officer = browse("officer")
    page = officer.get(f"/whitelist/?q=pin00&zone={zone_id(engine)}&state=requested&purpose=fire&holds=no")
    assert "PIN0002" in page.text
    for missing in ("q=%25", "zone=city", "state=active", "purpose=post", "holds=yes"):
        assert "PIN0002" not in officer.get(f"/whitelist/?{missing}").text, missing


def test_suggestions_are_of_ones_own_area(browse: Browse) -> None:
    found = browse("officer").get("/whitelist/subjects?q=NWL0").json
    assert {one["name"] for one in found or []} == {"辽NWL001", "辽NWL002", "辽NWL003"}
    assert browse("county").get("/whitelist/subjects?q=NWL0").json == []
    assert browse("officer").get("/whitelist/subjects?q=%25%25").json == []


def sheet(*rows: tuple[str, ...]) -> bytes:
    return workbooks.write("白名单", HEADER, rows)


def send(browse: Browse, data: bytes, mode: str = "whole") -> Any:
    form = {"mode": mode, "file": (io.BytesIO(data), "a.xlsx")}
    return browse("officer").post("/whitelist/import", form, content_type="multipart/form-data")


GOOD = ("辽NWL001", "黄", "", "全市", "医疗", f"{Y}-01-01", f"{Y}-06-30", "王局长", "")
MACHINE = ("", "", "3-6NA10001", "白名单区", "施工", f"{Y}-01-01 08:00", f"{Y}-06-30", "王局长", "备注")
BAD_ROWS = (
    ("辽N99999", "黄", "", "全市", "医疗", f"{Y}-01-01", f"{Y}-06-30", "王局长", ""),
    ("辽NWL001", "黄", "", "没有的区", "医疗", f"{Y}-01-01", f"{Y}-06-30", "王局长", ""),
    ("辽NWL001", "黄", "", "全市", "玩", f"{Y}-01-01", f"{Y}-06-30", "王局长", ""),
    ("辽NWL001", "黄", "", "全市", "医疗", f"{Y}-13-01", f"{Y}-06-30", "王局长", ""),
    ("辽NWL001", "黄", "", "全市", "医疗", f"{Y}-07-01", f"{Y}-06-30", "王局长", ""),
    ("", "", "", "全市", "医疗", f"{Y}-01-01", f"{Y}-06-30", "王局长", ""),
)


def medical(engine: Engine) -> int:
    with transaction(engine) as connection:
        count: int = connection.execute(
            text("SELECT count(*) FROM whitelist_entries WHERE purpose = 'medical'")
        ).scalar_one()
        return count


def test_a_workbook_comes_in_whole_or_not_at_all(browse: Browse, engine: Engine) -> None:
    answer = send(browse, sheet(GOOD, *BAD_ROWS))
    assert answer.status_code == 422
    assert answer.text.count('<tr><td class="numeric">') == len(BAD_ROWS)
    for number in range(3, 3 + len(BAD_ROWS)):
        assert f'<td class="numeric">{number}</td>' in answer.text
    assert medical(engine) == 0


def test_a_workbook_comes_in_with_wrong_rows_skipped(browse: Browse, engine: Engine) -> None:
    answer = send(browse, sheet(GOOD, MACHINE, *BAD_ROWS, GOOD), "skip")
    assert "已导入 2 行，拒绝 7 行" in answer.text  # the last row says what the first says already
    assert medical(engine) == 1
    with transaction(engine) as connection:
        row = connection.execute(
            text("SELECT state, approver, valid_from, valid_to FROM whitelist_entries WHERE purpose = 'medical'")
        ).one()
    assert (row.state, row.approver) == ("requested", "王局长")
    assert row.valid_from == dt.datetime(Y - 1, 12, 31, 16, tzinfo=dt.UTC)
    assert row.valid_to == dt.datetime(Y, 6, 30, 16, tzinfo=dt.UTC)  # a last day counts in full


def test_what_goes_out_comes_back(browse: Browse, engine: Engine) -> None:
    answer = browse("officer").get("/whitelist/?purpose=medical&format=xlsx")
    assert answer.status_code == 200
    back = workbooks.read(answer.data)
    assert back.rows[0][:8] == [
        "辽NWL001", "yellow", "", "全市", "medical", f"{Y}-01-01 00:00:00", f"{Y}-07-01 00:00:00", "王局长",
    ]  # fmt: skip
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE whitelist_entries SET state = 'refused', purpose = 'other' WHERE purpose = 'medical'")
        )
    again = send(browse, answer.data)
    assert again.status_code == 200, again.text
    assert medical(engine) == 1


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a,b\n1,2\n", b"\x00\x01"])
def test_a_file_that_is_no_whitelist_is_refused(browse: Browse, data: bytes) -> None:
    assert send(browse, data).status_code == 422


def test_the_template_is_the_header(browse: Browse) -> None:
    header = workbooks.write("白名单", HEADER, [("x",) * len(HEADER)])
    answer = browse("officer").get("/whitelist/template.xlsx")
    assert answer.status_code == 200
    assert answer.data[:2] == header[:2] == b"PK"
