"""Pages of documents, and documents and repairs over the API, with the accounts that may and may not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from server.db import transaction
from server.flows import system_keys
from server.store.audit import PLATFORM
from tests.server.api_world import make_token
from tests.server.conftest import Browser, City
from tests.server.test_documents import NOTICE, Desk, desk  # noqa: F401 - a fixture
from tests.server.test_repairs import Loop, loop  # noqa: F401 - a fixture

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


def test_an_officer_previews_issues_serves_and_revokes(desk: Desk, browse: Browse) -> None:  # noqa: F811
    case_id, officer = desk.case(), browse("officer")
    form = officer.get(f"/documents/new/{case_id}?form=prior_notice").text
    assert "请填写“主要证据”" in form and "执法人员不得少于2人" in form
    address = f"/documents/new/{case_id}/prior_notice"
    preview = officer.post(address, {**NOTICE, "do": "preview"}).text
    assert "data:image/png;base64," in preview and "可以签发" in preview
    refused = officer.post(address, {**NOTICE, "hearing": "", "do": "issue"})
    assert refused.status_code == 422 and "听证" in refused.text and "现场笔录" in refused.text
    issued = officer.post(address, {**NOTICE, "do": "issue"})
    assert issued.status_code == 303
    page = issued.headers["Location"]
    shown = officer.get(page).text
    assert "待送达" in shown and officer.get(f"{page}/pages/1.png").data.startswith(b"\x89PNG")
    assert officer.get(f"{page}/pages/99.png").status_code == 404 == officer.get(f"{page}/files/exe").status_code
    assert officer.get(f"{page}/files/pdf").data.startswith(b"%PDF") and officer.get(
        f"{page}/files/docx"
    ).data.startswith(b"PK")
    assert officer.post(f"{page}/service", {"how": "x", "to": "", "on": "nie"}).status_code == 422
    today = datetime.now(UTC).date().isoformat()
    assert officer.post(f"{page}/service", {"how": "in_person", "to": "张三", "on": today}).status_code in {303, 422}
    assert officer.post(f"{page}/revocation", {"reason": "写错当事人姓名"}).status_code == 303
    assert "已撤销" in officer.get("/documents/?state=revoked").text
    for who in ("other", "station", "enterprise", "police"):
        assert browse(who).get(page).status_code in {403, 404}, who
        assert browse(who).get(f"{page}/files/pdf").status_code in {403, 404}, who


def test_the_system_administrator_sets_words(desk: Desk, browse: Browse) -> None:  # noqa: F811
    address = f"/documents/words/{desk.city.organisations['city']}"
    admin = browse("system_admin")
    assert "朝环罚" in admin.get(address).text
    assert admin.post(address, {"decision": "朝环罚字"}).status_code == 303
    assert admin.post(address, {"decision": "<x>"}).status_code == 422
    assert browse("officer").get(address).status_code == 403


def test_documents_over_the_api(web: Flask, engine: Engine, city: City, desk: Desk) -> None:  # noqa: F811
    caller, case_id = web.test_client(), desk.case()
    head = {"Authorization": f"Bearer {make_token(engine, city.accounts['officer'])}"}
    values = {name: value for name, value in NOTICE.items() if name not in {"typed", "hearing"}}
    refused = caller.post("/api/v1/documents", json={"case_id": case_id, "form": "decision"}, headers=head)
    assert refused.status_code == 422 and "prior_notice_missing" in refused.text
    made = caller.post(
        "/api/v1/documents", json={"case_id": case_id, "form": "prior_notice", "values": values}, headers=head
    )
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.get_json()
    assert (
        caller.get(f"/api/v1/documents/{found['id']}", headers=head).get_json()["content"]["values"]["hearing"] is True
    )
    assert found["number"] in caller.get(f"/api/v1/documents?case={case_id}", headers=head).text
    foreign = {"Authorization": f"Bearer {make_token(engine, city.accounts['other'])}"}
    assert caller.get(f"/api/v1/documents/{found['id']}", headers=foreign).status_code == 404


def test_a_stations_system_walks_the_loop_with_its_key(web: Flask, engine: Engine, loop: Loop) -> None:  # noqa: F811
    notice = loop.notice("辽N30500")
    with transaction(engine) as connection:
        wanted = system_keys.Wanted("M站系统", loop.city.organisations["workshop"], frozenset({"station"}), 30)
        key = system_keys.issue(connection, PLATFORM, wanted, datetime.now(UTC))
    caller, head = web.test_client(), {"Authorization": f"Bearer {key.text}"}
    base = f"/api/v1/repairs/{notice['id']}"
    assert caller.get(base, headers=head).status_code == 404
    told = caller.post("/api/v1/repairs/lookup", json={"plate": "辽N30500", "number": notice["number"]}, headers=head)
    assert told.status_code == 200, told.text
    now = datetime.now(UTC).isoformat()
    begun = caller.post(
        f"{base}/work-orders", json={"version": 1, "work_order": "S-1", "accepted_at": now}, headers=head
    )
    assert begun.status_code == 201, begun.text
    work = begun.get_json()["repairs"][0]
    body = {
        "version": work["version"], "items": ["更换颗粒捕集器"], "parts": [{"name": "颗粒捕集器"}], "certificate": "HG-9",
        "readings_after": [{"name": "烟度", "value": 0.4, "unit": "m⁻¹"}], "finished_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    assert caller.put(f"{base}/work-orders/{work['id']}", json={**body, "items": []}, headers=head).status_code == 422
    done = caller.put(f"{base}/work-orders/{work['id']}", json=body, headers=head)
    assert done.status_code == 200 and done.get_json()["state"] == "repaired", done.text
    assert date.fromisoformat(done.get_json()["due_on"])
    assert caller.post(f"{base}/retests", json={"version": 3, "inspection_id": 1}, headers=head).status_code == 422
