"""The pages of an import: file, report, decision; another account's import is not there."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import Browser
from tests.server.registry_sheets import TRUCK_HEAD, sheet

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ROW = ("辽N00001", "黄", "", "国五", "铭牌", 25000, "211302", "张三")


def send(browser: Browser, content: bytes, noun: str = "trucks") -> str:
    answer = browser.post(f"/imports/new/{noun}", {"file": (io.BytesIO(content), "../../车辆<b>.csv")})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_from_the_file_to_the_register(browse: Browse, engine: Engine) -> None:
    officer = browse("officer")
    address = send(officer, sheet(TRUCK_HEAD, ROW, ("辽N00002", "粉红", *ROW[2:])))
    page = officer.get(address).text
    assert "粉红" in page and "蓝、黄" in page and "车辆&lt;b&gt;.csv" in page
    assert officer.get(f"{address}/report.xlsx").data.startswith(b"PK")
    assert "未写入" in officer.post(f"{address}/write", {"mode": "whole"}, follow_redirects=True).text
    assert "已于" in officer.post(f"{address}/write", {"mode": "skip"}, follow_redirects=True).text
    assert "已写入" in officer.post(f"{address}/write", {"mode": "skip"}, follow_redirects=True).text
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT owner FROM trucks WHERE plate = '辽N00001'")).scalar_one() == "张三"
        actions = (
            connection.execute(text("SELECT action FROM audit_log WHERE subject_kind = 'import' ORDER BY id"))
            .scalars()
            .all()
        )
    assert actions == ["registry.upload", "registry.import"]
    for username in ("officer2", "county"):
        for path in ("", "/report.xlsx", "/progress"):
            assert browse(username).get(address + path).status_code == 404


def test_refused_files_and_empty_forms(browse: Browse) -> None:
    officer = browse("officer")
    assert "公式" in officer.get("/imports/new/trucks").text or officer.get("/imports/new/trucks").status_code == 200
    assert officer.post("/imports/new/trucks", {"file": (io.BytesIO(b""), "x.csv")}).status_code == 422
    assert officer.post("/imports/new/trucks").status_code == 422
    assert officer.get("/imports/new/nothing").status_code == 404
    refused = officer.get(send(officer, b"\xff\xd8\xff")).text
    assert "JPEG" in refused and "另选文件" in refused


@pytest.mark.parametrize("noun", ["trucks", "machines", "enterprises", "terminals"])
def test_the_template_reads_as_an_empty_import(browse: Browse, noun: str) -> None:
    officer = browse("officer")
    data = officer.get(f"/imports/template/{noun}.xlsx").data
    page = officer.get(send(officer, data, noun)).text
    assert "没有可写入的内容" in page


def test_a_running_import_shows_how_far_it_is(browse: Browse, engine: Engine) -> None:
    officer = browse("officer")
    address = send(officer, sheet(TRUCK_HEAD, ROW))
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE registry_imports SET state = 'writing', done_n = 40, rows_n = 1000, beat_at = now()")
        )
    assert "40 / 1,000" in officer.get(address).text
    assert "40 / 1,000" in officer.get(address + "/progress").text
    with transaction(engine) as connection:
        connection.execute(text("UPDATE registry_imports SET state = 'read'"))
    assert officer.get(address + "/progress").headers["HX-Redirect"] == address
