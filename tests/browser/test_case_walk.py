"""A case from the camera to its end in Chromium, each body with its own account, and the bundle that a stranger checks.

Issue 3, must show 4: capture, two reviews, referral, decision of the police, repair, re-test, closed; every step is
clicked on a page. The bundle is unpacked outside the project and verified with standard tools and its own script.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.demo_pictures import draw
from tests.browser import case_walk as town
from tests.browser.case_walk import PLATE, Town, done, fill, issue, step, wait_for
from tests.server.conftest import City

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> Town:
    return town.found(engine, city)


@pytest.fixture
def camera(browser: Browser, address: str, world: Town) -> APIRequestContext:
    context = browser.new_context(base_url=address, extra_http_headers={"Authorization": f"Bearer {world.key}"})
    yield context.request
    context.close()


def captured(camera: APIRequestContext) -> str:
    """The camera's system sends a pass and its pictures; the number of the capture."""
    at = datetime.now(UTC) - timedelta(hours=1)
    facts = {
        "device": town.CAMERA, "source_key": "walk-1", "captured_at": at.isoformat(), "plate": PLATE,
        "plate_colour": "yellow", "ringelmann": 3.0, "smoke_frames": 6, "clock_drift_s": 0.1,
    }  # fmt: skip
    taken = camera.post("/api/v1/captures", data=facts)
    assert taken.ok, taken.text()
    number: str = taken.json()["number"]
    pictures = {
        purpose: {"name": f"{purpose}.jpg", "mimeType": "image/jpeg", "buffer": draw(purpose, PLATE, "yellow", 3.0, 7)}
        for purpose in ("scene", "smoke", "front", "plate")
    }
    kept = camera.post(f"/api/v1/captures/{number}/files", multipart=pictures)
    assert kept.ok, kept.text()
    assert len(kept.json()["files"]) == 4
    return number


def reviewed(page: Page, capture: str) -> None:
    """From the first page to the desk; black smoke."""
    page.goto("/")
    page.locator("a.todo-card", has_text="待我审核").click()
    expect(page.locator("#desk-slot .desk-item")).to_have_attribute("data-number", capture)
    page.locator("#desk-slot [data-verdict=smoke]").click()
    page.get_by_role("button", name="提交并审下一条").click()
    expect(page.locator("#desk-empty")).to_be_visible()


def opened(page: Page, capture: str) -> str:
    """Open the case of a confirmed capture, establish that it fails, file it; its number."""
    page.goto("/captures/")
    page.get_by_role("link", name=PLATE[2:]).first.click()
    expect(page.locator(".record-head")).to_contain_text(capture)
    page.get_by_role("link", name="登记案件", exact=True).click()
    fill(page.locator("form[data-keep]"), party_kind="person", party_name="李四")
    page.get_by_role("button", name="登记案件", exact=True).click()
    done(page)
    step(page, "main.fail")
    step(page, "main.file")
    return page.locator(".record-head .machine-number").inner_text()


def referred(page: Page) -> None:
    """The letter of transfer, then the referral to the police, which the letter goes with."""
    expect(page.locator('[id="step-police.refer"] summary')).to_contain_text("⊘")
    number = issue(page, "transfer_letter", recipient=town.NAMES["police"], contact="执法支队 0421-1")
    assert "移" in number
    step(page, "police.refer", message="请依法处理。", contact="0421-1")


def penalised(page: Page) -> None:
    """The police sign for it, accept it, record their decision under 6063, and answer."""
    wait_for(page, "待签收")
    step(page, "police.receive")
    step(page, "police.accept")
    proposal = page.locator('[id="step-police.penalise"]')
    assert proposal.locator('[name="code"]').input_value() == "6063"
    assert float(proposal.locator('[name="amount"]').input_value()) == 200
    step(page, "police.penalise", decision_number="朝公交决字〔2026〕第17号", amount="200", code="6063")
    expect(page.locator("#main")).to_contain_text("朝公交决字〔2026〕第17号")
    step(page, "police.answer")


def copied(officer: Page, transport: Page) -> None:
    """A copy to transport with its letter; transport signs and answers."""
    officer.reload()
    expect(officer.locator("#main")).to_contain_text("朝公交决字〔2026〕第17号")
    issue(officer, "copy_letter", recipient=town.NAMES["transport"], contact="0421-1")
    step(officer, "transport.refer")
    wait_for(transport, "待签收")
    step(transport, "transport.receive")
    step(transport, "transport.answer", result="已督促所有人维修。")


def noticed(page: Page) -> str:
    """The document that tells the owner to repair; the number that stations look it up by."""
    page.reload()
    issue(page, "repair_notice", contact="0421-1")
    page.goto("/repairs/")
    number = page.locator("table.list a.machine-number").first.inner_text()
    assert number.startswith("W")
    return number


def looked_up(page: Page, notice: str) -> None:
    page.goto("/repairs/")
    expect(page.locator(".empty")).to_be_visible()
    fill(page.locator("form[data-keep]"), plate=PLATE, number=notice)
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator(".record-head")).to_contain_text(notice)


def repaired(page: Page, notice: str) -> None:
    """A workshop takes it in and uploads its work."""
    looked_up(page, notice)
    now = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    fill(page.locator("form[data-keep]"), work_order="WX-17", accepted_at=now)
    page.locator("form[data-keep] button").click()
    done(page)
    fill(
        page.locator("form[data-keep]"), items="更换喷油器\n清洗颗粒捕集器", parts="喷油器 ×4", fault_codes="P0201",
        readings_before="烟度 2.40 m⁻¹", readings_after="烟度 0.50 m⁻¹", certificate="HG-17", finished_at=now,
    )  # fmt: skip
    page.get_by_role("button", name="完成维修").click()
    done(page)


def retested(page: Page, notice: str) -> None:
    """An inspection station finds the record of the repair, tests again, and gives its readings."""
    looked_up(page, notice)
    expect(page.locator("#main")).to_contain_text("更换喷油器")
    page.get_by_role("link", name="现在复检并登记读数").click()
    form = page.locator("#test-form")
    expect(page.locator("#preview")).to_contain_text("烟度")
    peaks = form.locator('[name^="methods.free_acceleration.peaks."]')
    for place, peak in enumerate(("0.52", "0.55", "0.50")):
        peaks.nth(place).fill(peak)
    fill(form, **{"methods.free_acceleration.purged": "yes", "tester": "检测员甲"})
    expect(page.locator("#preview .state-active").first).to_be_visible()
    page.get_by_role("button", name="登记为复检").click()
    done(page)
    expect(page.locator(".record-head")).to_contain_text("复检合格")


def downloaded(page: Page, case: str, directory: Path) -> Path:
    """Close the case, take its bundle through the browser, unpack it outside the project."""
    page.goto("/cases/")
    page.get_by_role("link", name=case).first.click()
    step(page, "main.close")
    expect(page.locator(".case-top")).to_contain_text("案件已终结")
    with page.expect_download() as started:
        page.get_by_role("link", name="导出案卷证据包").click()
    archive = directory / "case.zip"
    started.value.save_as(archive)
    subprocess.run(["unzip", "-q", str(archive), "-d", str(directory / "out")], check=True)
    (folder,) = (directory / "out").iterdir()
    return folder


def sums(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["sha256sum", "-c", "SHA256SUMS"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def script(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "verify.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def flipped(path: Path) -> bytes:
    """One bit of one byte in the middle, changed; what stood there before."""
    before = path.read_bytes()
    place = len(before) // 2
    path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
    return before


def test_04_a_case_from_the_camera_to_a_bundle_that_a_stranger_verifies(
    sign_in: SignIn, camera: APIRequestContext, world: Town, engine: Engine, tmp_path: Path
) -> None:
    capture = captured(camera)
    for who in ("officer2", "reviewer"):
        reviewed(sign_in(who), capture)
    officer = sign_in("officer")
    case = opened(officer, capture)
    referred(officer)
    penalised(sign_in("police"))
    copied(officer, sign_in("transport"))
    notice = noticed(officer)
    repaired(sign_in("workshop"), notice)
    retested(sign_in("station"), notice)
    folder = downloaded(officer, case, tmp_path)
    _holds(engine, case, notice)
    assert (sums(folder).returncode, script(folder).returncode) == (0, 0), script(folder).stdout
    changed = [
        next((folder / "files").glob("*.jpg")), folder / "facts.json", next((folder / "files").glob("*.pdf")),
        next((folder / "documents").iterdir()), next((folder / "captures").iterdir()), folder / "audit.jsonl",
    ]  # fmt: skip
    for path in changed:
        before, name = flipped(path), path.relative_to(folder).as_posix()
        told = sums(folder)
        assert told.returncode == 1 and name in told.stdout
        told = script(folder)
        assert told.returncode == 1 and name in told.stdout
        path.write_bytes(before)
    assert (sums(folder).returncode, script(folder).returncode) == (0, 0)


def _holds(engine: Engine, case: str, notice: str) -> None:
    """What the pages said is what is stored: the states, the fine, the re-test that an inspection carries."""
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT * FROM cases WHERE number = :n"), {"n": case}).one()
        fine = connection.execute(text("SELECT * FROM penalties WHERE case_id = :c"), {"c": row.id}).one()
        test = connection.execute(
            text(
                "SELECT t.outcome, i.kind, i.source, i.standing, i.truck_id, n.state FROM retests t"
                " JOIN inspections i ON i.id = t.inspection_id JOIN repair_notices n ON n.id = t.notice_id"
                " WHERE n.number = :n"
            ),
            {"n": notice},
        ).one()
    assert (row.state, row.outcome) == ("closed", "penalised")
    assert row.states == {"police": "answered", "transport": "answered", "repair": "passed"}
    assert (fine.code, fine.amount_cny) == ("6063", 200)
    assert tuple(test) == ("passed", "periodic", "page", "legal", row.truck_id, "passed")
