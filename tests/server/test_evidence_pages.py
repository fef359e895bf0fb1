"""Pages and API of evidence: who may see, add, check; what is written down; what leaves; the store's own check."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.keep_evidence import Item, Owner, Upload, keep
from server.flows.verify_evidence import tidy, verify
from server.store import audit, evidence_reads
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore
from server.web import evidence_owners
from server.web.access import current_scope
from tests.server.conftest import Browser, City
from tests.server.evidence_files import jpeg, mp4, pdf, picture

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
MINE, HIDDEN = 501, 502


@pytest.fixture(scope="module", autouse=True)
def owner_kind(web: Flask) -> Iterator[None]:
    """Captures that the account sees by number, and adds to where it is the city's."""
    before = dict(evidence_owners._READERS), dict(evidence_owners._WRITERS)

    def can_read(connection: object, number: int) -> bool:
        return number == MINE and current_scope().divisions in {"2113", None}

    def writer(connection: object, number: int) -> Owner | None:
        return Owner("capture", number, "211302") if current_scope().divisions == "2113" else None

    evidence_owners.register("capture", can_read, writer)
    yield
    for kept, was in zip((evidence_owners._READERS, evidence_owners._WRITERS), before, strict=True):
        kept.clear()
        kept.update(was)


@pytest.fixture(scope="module")
def store(web: Flask) -> EvidenceStore:
    found: EvidenceStore = web.extensions["evidence_store"]
    return found


def kept(engine: Engine, store: EvidenceStore, data: bytes, name: str = "a.jpg", number: int = MINE) -> Item:
    with transaction(engine) as connection:
        (item,) = keep(
            connection, store, PLATFORM, Owner("capture", number, "211302"), [Upload(name, io.BytesIO(data), "smoke")]
        )
    return item


def looks(engine: Engine, item: Item) -> dict[str, int]:
    with transaction(engine) as connection:
        return evidence_reads.counts(connection, item.id)


def actions(engine: Engine, item: Item) -> list[str]:
    with transaction(engine) as connection:
        return [row["action"] for row in audit.of_subject(connection, "evidence", item.id)]


def test_the_page_shows_hashes_custody_and_who_looked(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    item = kept(engine, store, jpeg(1, lon=120.4, lat=41.5))
    officer = browse("officer")
    assert officer.get(f"/evidence/{item.id}/view", buffered=True).status_code == 200
    page = officer.get(f"/evidence/{item.id}").text
    assert item.sha256 in page and item.sm3 in page
    assert "证据入库" in page and "姓名officer" in page and "120.400000" in page
    assert looks(engine, item) == {"view": 1}


def test_copies_and_originals_leave_their_rows(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    data = jpeg(2, lon=120.4, lat=41.5)
    item = kept(engine, store, data, "黑烟 1.jpg")
    officer = browse("officer")
    thumbnail, share, original = (
        officer.get(f"/evidence/{item.id}/{how}", buffered=True) for how in ("thumbnail", "share", "download")
    )
    with Image.open(io.BytesIO(share.data)) as copy:
        assert not copy.getexif()
    assert thumbnail.mimetype == share.mimetype == "image/jpeg" and original.data == data
    assert (
        "attachment" in share.headers["Content-Disposition"] and "attachment" in original.headers["Content-Disposition"]
    )
    assert (
        original.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in original.headers["Content-Security-Policy"]
    )
    assert looks(engine, item) == {"thumbnail": 1, "share": 1, "download": 1}
    assert actions(engine, item) == ["evidence.keep", "evidence.share", "evidence.download"]


def test_a_film_is_sent_in_pieces_and_counted_once(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    data = mp4(seed=9, media_bytes=5000)
    item = kept(engine, store, data, "a.mp4")
    officer = browse("officer")
    first = officer.get(f"/evidence/{item.id}/view", headers={"Range": "bytes=0-99"}, buffered=True)
    later = officer.get(f"/evidence/{item.id}/view", headers={"Range": "bytes=1000-1099"}, buffered=True)
    assert (first.status_code, later.status_code) == (206, 206) and later.data == data[1000:1100]
    assert looks(engine, item) == {"view": 1}
    for how in ("share", "thumbnail"):
        assert officer.get(f"/evidence/{item.id}/{how}", buffered=True).status_code == 404


def test_whoever_may_not_read_the_owner_sees_nothing_of_it(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    mine, hidden = kept(engine, store, jpeg(3)), kept(engine, store, jpeg(4), number=HIDDEN)
    for username, item in (("officer", hidden), ("county", mine), ("station", mine), ("enterprise", mine)):
        browser = browse(username)
        for how in ("", "/thumbnail", "/view", "/share", "/download"):
            assert browser.get(f"/evidence/{item.id}{how}").status_code == 404, (username, how)
        assert browser.client.get(f"/api/v1/evidence/{item.id}/file").status_code == 404
        assert looks(engine, item) == {}
    assert browse("auditor").get(f"/evidence/{mine.id}").status_code == 403


def test_the_check_reads_the_bytes_and_says_what_is_wrong(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    data = picture("PNG", 5)
    item = kept(engine, store, data, "a.png")
    officer = browse("officer")
    good = officer.post(f"/evidence/{item.id}/recheck", follow_redirects=True).text
    assert "均与入库时一致" in good
    path = store.path(item.sha256)
    path.chmod(0o640)
    path.write_bytes(data[:-1] + b"?")
    bad = officer.post(f"/evidence/{item.id}/recheck", follow_redirects=True).text
    assert "与入库时不一致（SHA-256, SM3）" in bad
    path.write_bytes(data)
    assert actions(engine, item) == ["evidence.keep", "evidence.recheck", "evidence.recheck"]
    assert browse("read_only").post(f"/evidence/{item.id}/recheck").status_code == 403


def test_files_are_added_by_form_and_refused_by_name(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    officer = browse("officer")
    files = [(io.BytesIO(jpeg(6)), "一.jpg"), (io.BytesIO(pdf(b"6")), "二.pdf")]
    told = officer.post(
        f"/evidence/of/capture/{MINE}", {"files": files, "purpose": "scene", "next": "/account"}, follow_redirects=True
    )
    assert "已保存 2 个文件" in told.text
    files = [(io.BytesIO(jpeg(7)), "三.jpg"), (io.BytesIO(b"<svg onload=x>"), "四<b>.jpg")]
    told = officer.post(
        f"/evidence/of/capture/{MINE}", {"files": files, "purpose": "scene", "next": "/account"}, follow_redirects=True
    )
    assert "四_b_.jpg：不接收 SVG" in told.text
    assert hashlib.sha256(jpeg(7)).hexdigest() not in set(store.names())
    assert browse("county").post(f"/evidence/of/capture/{MINE}", {"purpose": "x"}).status_code == 404
    assert officer.post(f"/evidence/of/inspection/{MINE}", {"purpose": "x"}).status_code == 404


def test_an_item_is_set_aside_with_a_reason_and_stays(
    engine: Engine, store: EvidenceStore, browse: Browse, city: City
) -> None:
    item = kept(engine, store, jpeg(8))
    officer = browse("officer")
    assert officer.post(f"/evidence/{item.id}/set-aside", {"reason": "x"}).status_code == 422
    page = officer.post(f"/evidence/{item.id}/set-aside", {"reason": "拍错了车辆"}, follow_redirects=True).text
    assert "拍错了车辆" in page and "不再采用" in page
    again = officer.post(f"/evidence/{item.id}/set-aside", {"reason": "又一次又一次"}, follow_redirects=True).text
    assert "未作任何更改" in again and "又一次" not in again
    assert officer.get(f"/evidence/{item.id}/download", buffered=True).status_code == 200


def test_the_api_lists_takes_and_gives(engine: Engine, browse: Browse, city: City) -> None:
    officer = browse("officer")
    token = {"X-CSRFToken": officer.token()}
    client, data = officer.client, jpeg(10)
    address = f"/api/v1/evidence?owner_kind=capture&owner_id={MINE}"
    send = f"{address}&purpose=smoke&name=../x.png&claimed_sha256={hashlib.sha256(data).hexdigest()}&lon=120.5&lat=41.5"
    made = client.post(send, data=data, headers=token, content_type="image/png")
    assert made.status_code == 200, made.text
    item = made.get_json()
    assert (item["name"], item["media_type"], item["lon"]) == ("x.png.jpg", "image/jpeg", 120.5)
    assert client.post(send, data=data, headers=token).get_json()["id"] == item["id"]
    assert item in client.get(address).get_json()["items"]
    assert client.get(f"/api/v1/evidence/{item['id']}").get_json() == item
    assert client.get(f"/api/v1/evidence/{item['id']}/file").data == data
    wrong = client.post(send, data=jpeg(11), headers=token)
    assert wrong.status_code == 422 and wrong.get_json()["faults"][0]["path"] == "body"
    assert client.post(send, data=b"", headers=token).status_code == 422
    assert client.post(send, data=data).status_code == 400
    assert client.get(f"/api/v1/evidence?owner_kind=capture&owner_id={HIDDEN}").status_code == 404
    assert client.post(send.replace(str(MINE), str(HIDDEN)), data=data, headers=token).status_code == 404


def test_an_upload_above_the_limit_is_refused_before_it_is_read(web: Flask, browse: Browse, city: City) -> None:
    officer = browse("officer")
    token = officer.token()
    answer = officer.client.post(
        f"/api/v1/evidence?owner_kind=capture&owner_id={MINE}&purpose=smoke&name=x",
        headers={"X-CSRFToken": token},
        environ_overrides={"CONTENT_LENGTH": str(2**40)},
    )
    assert answer.status_code == 413


def test_the_store_is_checked_as_a_whole_and_strays_are_taken_away(
    engine: Engine, tmp_path: Path, store: EvidenceStore
) -> None:
    own = EvidenceStore(tmp_path / "own", store.limits)
    with transaction(engine) as connection:
        connection.execute(text("SELECT 1"))
    before = verify(engine, own)
    good, bad, gone = (kept(engine, own, jpeg(i)) for i in (20, 21, 22))
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        keep(connection, own, PLATFORM, Owner("capture", MINE), [Upload("s.jpg", io.BytesIO(jpeg(23)), "smoke")])
        raise ZeroDivisionError
    own.path(bad.sha256).chmod(0o640)
    own.path(bad.sha256).write_bytes(b"x")
    own.path(gone.sha256).unlink()
    found = verify(engine, own)
    wrong = {fault.sha256: fault.wrong for fault in found.faults}
    assert (wrong[bad.sha256], wrong[gone.sha256]) == (("bytes", "sha256", "sm3"), ("missing",))
    assert good.sha256 not in wrong and (found.files - before.files, found.unclaimed) == (3, 1)
    assert tidy(engine, own).files == 0, "within a day it may still be somebody's"
    for name in own.names():
        os.utime(own.path(name), (0, 0))
    assert tidy(engine, own).files == 1
    assert set(own.names()) == {good.sha256, bad.sha256}
    assert verify(engine, own).unclaimed == 0


def test_the_command_line_checks_the_store(database_url: str, engine: Engine, store: EvidenceStore) -> None:
    item = kept(engine, store, jpeg(30))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": database_url, "EVIDENCE_DIR": str(store.root)}
        command = [sys.executable, "-m", "server.cli", "evidence", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2])

    path = store.path(item.sha256)
    path.rename(path.with_name("away"))
    failed = run("verify")
    path.with_name("away").rename(path)
    assert failed.returncode == 1 and f"{item.sha256}: missing" in failed.stdout, failed.stderr
    tidied = run("tidy")
    assert tidied.returncode == 0 and "taken away" in tidied.stdout


def test_the_gallery_names_every_picture(
    web: Flask, browse: Browse, engine: Engine, store: EvidenceStore, city: City
) -> None:
    kept(engine, store, jpeg(40))
    item = kept(engine, store, jpeg(41), 'a"><script>alert(1)</script>.jpg')
    page = browse("officer").get(f"/evidence/{item.id}").text
    assert "<script>alert" not in page
    assert page.count("data-picture=") >= 2 and 'alt="黑烟照片' in page
    words = page.split("data-words='")[1].split("'")[0]
    assert set(json.loads(words.replace("&#34;", '"'))) >= {"next", "previous", "beside", "mark"}
