"""Keeping evidence: what is taken, what is refused, and that nothing is ever there by half."""

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from enforcement.evidence.digests import Limits
from server.db import Fence, transaction
from server.flows import read_evidence
from server.flows.keep_evidence import Item, Owner, Upload, UploadFault, keep
from server.flows.read_evidence import picture as picture_copy
from server.flows.read_evidence import recheck
from server.store import audit, evidence_items
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore
from tests.server.conftest import City
from tests.server.evidence_files import box, docx, jpeg, mp4, pdf, picture, png_claiming

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("default::UserWarning:PIL")]
LIMITS = Limits(free_bytes=0)
TAKEN_FROM_SHARED = {
    "app13.jpg", "broken_exif_dpi.jpg", "empty_gps_ifd.jpg", "exif-dpi-zerodivision.jpg", "exif_gps.jpg",
    "exif_typeerror.jpg", "hopper.jpg", "hopper.png", "hopper.webp", "hopper_bad_exif.jpg", "hopper_orientation_3.jpg",
    "hopper_orientation_4.jpg", "hopper_orientation_5.jpg", "hopper_orientation_6.jpg", "hopper_orientation_7.jpg",
    "invalid-exif-without-x-resolution.jpg", "invalid-exif.jpg",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """An empty store."""
    return EvidenceStore(tmp_path / "evidence", LIMITS)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Ids of owners that no other test uses."""
    return iter(range(10_000, 20_000))


def upload(data: bytes, name: str = "a.jpg", **more: Any) -> Upload:
    return Upload(name, io.BytesIO(data), "scene", **more)


def files_in(store: EvidenceStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def rows(engine: Engine) -> tuple[int, ...]:
    with transaction(engine) as connection:
        tables = ("evidence_files", "evidence_items", "audit_log")
        return tuple(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables)


def keep_one(engine: Engine, store: EvidenceStore, number: int, data: bytes, name: str = "a.jpg", **more: Any) -> Item:
    with transaction(engine) as connection:
        return keep(connection, store, PLATFORM, Owner("case", number), [upload(data, name, **more)])[0]


def row_of(engine: Engine, item: Item) -> dict[str, Any]:
    with transaction(engine) as connection:
        found = evidence_items.find_one(connection, item.id)
    assert found is not None
    return found


def refused(engine: Engine, store: EvidenceStore, data: bytes, name: str = "a.jpg", **more: Any) -> UploadFault:
    """The fault; nothing of the file is left, neither bytes nor rows."""
    before, files = rows(engine), files_in(store)
    with pytest.raises(UploadFault) as caught:
        keep_one(engine, store, 9, data, name, **more)
    assert rows(engine) == before
    assert files_in(store) == files
    assert caught.value.zh and caught.value.en and caught.value.field == "files"
    return caught.value


def test_a_picture_is_kept_once_by_its_hash_with_both_hashes_and_read_only(
    engine: Engine, store: EvidenceStore
) -> None:
    data = jpeg(1)
    first = keep_one(engine, store, 1, data)
    second = keep_one(engine, store, 2, data, "other.jpg")
    again = keep_one(engine, store, 2, data, "third.jpg")
    assert first.sha256 == hashlib.sha256(data).hexdigest() == second.sha256
    assert first.sm3 == hashlib.new("sm3", data).hexdigest()
    assert (first.new, second.new, again.new) == (True, True, False)
    assert second.id == again.id != first.id
    path = store.path(first.sha256)
    assert files_in(store) == [path]
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o440
    found = row_of(engine, first)
    assert (found["media_type"], found["width_px"], found["height_px"], found["name"]) == (
        "image/jpeg",
        64,
        48,
        "a.jpg",
    )
    assert found["set_aside"] is None


@pytest.mark.parametrize(
    ("data", "name", "media_type", "kept_name"),
    [
        (picture("PNG", 11), "a.png", "image/png", "a.png"),
        (picture("WEBP", 12), "a.webp", "image/webp", "a.webp"),
        (picture("WEBP", 13, lossless=True), "a.webp", "image/webp", "a.webp"),
        (picture("PNG", 14), "photo.jpg", "image/png", "photo.jpg.png"),
        (mp4(seed=1), "a.mp4", "video/mp4", "a.mp4"),
        (pdf(b"1"), "报告.PDF", "application/pdf", "报告.pdf"),
    ],
)
def test_type_follows_the_content_and_the_ending_follows_the_type(
    engine: Engine,
    store: EvidenceStore,
    numbers: Iterator[int],
    data: bytes,
    name: str,
    media_type: str,
    kept_name: str,
) -> None:
    item = keep_one(engine, store, next(numbers), data, name)
    assert (item.media_type, item.name) == (media_type, kept_name)


def test_a_film_tells_its_length(engine: Engine, store: EvidenceStore, numbers: Iterator[int]) -> None:
    assert row_of(engine, keep_one(engine, store, next(numbers), mp4(7, 3)))["duration_s"] == 7.0


def test_word_and_text_come_from_our_own_flows_alone(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    refused(engine, store, docx(), "a.docx")
    refused(engine, store, b"a,b\n1,2\n", "a.csv")
    kinds = [
        keep_one(engine, store, next(numbers), data, name, made_here=True).media_type
        for data, name in ((docx(), "a.docx"), (b"a,b\n", "a.csv"), (b'{"a": 1}', "a.json"), ("文本".encode(), "a.txt"))
    ]
    assert [kind.rpartition("/")[2].rpartition(".")[2] for kind in kinds] == ["document", "csv", "json", "plain"]
    refused(engine, store, docx("word/vbaProject.bin"), "a.docx", made_here=True)
    refused(engine, store, b"\xff\xfe\x00a", "a.txt", made_here=True)


def test_time_and_place_are_read_from_the_picture_and_the_device_goes_first(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    data = jpeg(21, lon=120.4512, lat=41.5763, at=datetime(2026, 11, 20, 8, 30, 5))  # noqa: DTZ001  a camera names no zone

    found = row_of(engine, keep_one(engine, store, next(numbers), data))
    assert (found["lon"], found["lat"]) == pytest.approx((120.4512, 41.5763), abs=1e-6)
    assert found["taken_at"] == datetime(2026, 11, 20, 0, 30, 5, tzinfo=UTC)
    at = datetime(2026, 11, 20, 1, tzinfo=UTC)
    told = row_of(engine, keep_one(engine, store, next(numbers), data, taken_at=at, lon=120.0, lat=41.0))
    assert (told["taken_at"], told["lon"], told["lat"]) == (at, 120.0, 41.0)


def test_copies_hold_no_place_stand_upright_and_may_be_deleted(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (41.0, 30.0, 0.0), 3: "E", 4: (120.0, 30.0, 0.0)}
    data = picture("JPEG", 22, (640, 480), exif=exif)
    found = row_of(engine, keep_one(engine, store, next(numbers), data))
    for thumbnail, size in ((True, (240, 320)), (False, (480, 640))):
        path = picture_copy(store, found, thumbnail)
        with Image.open(path) as copy:
            assert copy.size == size
            assert not copy.getexif() and b"Exif" not in path.read_bytes()
        path.unlink()
        assert picture_copy(store, found, thumbnail).is_file()
    assert store.path(found["sha256"]).read_bytes() == data


def test_see_through_pictures_are_copied_on_white(engine: Engine, store: EvidenceStore, numbers: Iterator[int]) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    found = row_of(engine, keep_one(engine, store, next(numbers), out.getvalue(), "a.png"))
    with Image.open(picture_copy(store, found, thumbnail=True)) as copy:
        assert min(copy.getpixel((10, 10))) > 250  # type: ignore[type-var]


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"\n <!DOCTYPE html><html><script>alert(1)</script></html>",
    "xml": b'\xef\xbb\xbf<?xml version="1.0"?><a/>',
    "gif": b"GIF89a" + bytes(40),
    "program": b"MZ" + bytes(200),
    "text": b"hello",
    "empty": b"",
    "cut jpeg": jpeg(31)[:-200],
    "cut png": picture("PNG", 31)[:-16],
    "cut webp": picture("WEBP", 31)[:-16],
    "cut film": mp4()[:-10],
    "film with more behind it": mp4() + b"<html><script>alert(1)</script>",
    "film without a film": box(b"ftyp", b"isom\0\0\2\0isom") + box(b"mdat", b"x" * 50),
    "heic": box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(40)),
    "jpeg and archive": jpeg(32) + docx(),
    "jpeg and page": jpeg(33) + b"<html><script>alert(1)</script></html>",
    "jpeg and pdf": jpeg(34)[:20] + b"\xff\xfe\x00\x20%PDF-1.4" + jpeg(34)[20:],
    "png and page": picture("PNG", 35) + b"<script>alert(1)</script>",
    "png and archive": picture("PNG", 36) + docx(),
    "webp and page": picture("WEBP", 37) + b"<script>alert(1)</script>",
    "png bomb": png_claiming(60_000, 60_000),
    "pdf with script": pdf(b"2 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj"),
    "pdf with attachment": pdf(b"<</EmbeddedFiles 3 0 R>>"),
    "cut pdf": pdf()[:-8],
    "jpeg, archive and more": jpeg(38) + docx() + b"and more",
    "pdf and archive": pdf() + docx() + b"",
    "film and archive": mp4() + box(b"free", docx()),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_and_broken_files_leave_nothing_behind(engine: Engine, store: EvidenceStore, what: str) -> None:
    refused(engine, store, HOSTILE[what], "evidence.jpg")


def test_one_bad_file_refuses_the_whole_upload(engine: Engine, store: EvidenceStore) -> None:
    before = rows(engine)
    with pytest.raises(UploadFault, match=r"^bad\.png"), transaction(engine) as connection:
        files = [upload(jpeg(41)), upload(b"<svg/>", "../../bad.png"), upload(jpeg(42))]
        keep(connection, store, PLATFORM, Owner("case", 3), files)
    assert (rows(engine), files_in(store)) == (before, [])


@pytest.mark.shared
def test_broken_images_of_the_world_are_read_or_refused(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int], shared_dir: Path
) -> None:
    taken = set()
    for path in sorted((shared_dir / "data" / "images").glob("*/*")):
        before, files = rows(engine), files_in(store)
        try:
            item = keep_one(engine, store, next(numbers), path.read_bytes(), path.name)
        except UploadFault:
            assert (rows(engine), files_in(store)) == (before, files), path.name
            continue
        taken.add(path.name)
        picture_copy(store, row_of(engine, item), thumbnail=True)
    assert taken >= TAKEN_FROM_SHARED
    assert not [
        name
        for name in taken
        if name.startswith(
            ("truncated_i", "truncated_j", "truncated_end", "broken.", "broken_data", "decompression_bomb")
        )
    ]
    assert not [name for name in taken if name.endswith((".gif", ".bmp", ".tif", ".ico"))]


@pytest.mark.shared
def test_a_camera_with_gps_tells_its_place(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int], shared_dir: Path
) -> None:
    data = (shared_dir / "data/images/exif_samples/gps_DSCN0010.jpg").read_bytes()
    found = row_of(engine, keep_one(engine, store, next(numbers), data))
    assert (found["lon"], found["lat"]) == pytest.approx((11.885128, 43.467447), abs=1e-4)
    assert found["taken_at"].date().isoformat() == "2008-10-23"


@pytest.mark.shared
def test_hostile_names_are_cleaned(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int], shared_dir: Path
) -> None:
    hostile = shared_dir / "data" / "hostile_inputs"
    names = json.loads((hostile / "blns.json").read_text())
    names += (hostile / "path_traversal_deep.txt").read_text(errors="replace").splitlines()[:200]
    number = next(numbers)
    with transaction(engine) as connection:
        for place in range(0, len(names), 50):
            some = [upload(jpeg(50 + place + i), name) for i, name in enumerate(names[place : place + 50])]
            keep(connection, store, PLATFORM, Owner("case", number), some)
        kept = [row["name"] for row in evidence_items.of_owner(connection, "case", number)]
    assert len(kept) == len(names)
    for name in kept:
        assert not set(name) & set('/\\<>:"|?*\0\u202e\u200b\ufeff') and name.isprintable()
        assert name.endswith((".jpg", ".jpeg")) and len(name.encode()) <= 200 and not name.startswith(".")


def test_too_many_pixels_and_too_many_bytes_are_refused_with_the_limit(engine: Engine, tmp_path: Path) -> None:
    small = EvidenceStore(tmp_path / "s", Limits(image_bytes=100_000, video_bytes=2000, pixels=10_000, free_bytes=0))
    assert "320×240" in refused(engine, small, picture("PNG", 1, (320, 240))).en
    assert "320×240" in refused(engine, small, picture("WEBP", 1, (320, 240))).en
    tight = EvidenceStore(tmp_path / "t", Limits(image_bytes=2**20, video_bytes=2**20, free_bytes=0))
    assert "1 MB" in refused(engine, tight, mp4(media_bytes=2**20)).en


def test_a_full_disk_is_told_and_nothing_is_kept(engine: Engine, tmp_path: Path) -> None:
    full = EvidenceStore(tmp_path / "full", Limits(free_bytes=2**62))
    fault = refused(engine, full, jpeg(61))
    assert "空间不足" in fault.zh and "full" in fault.en


def test_the_claimed_hash_must_be_that_of_the_bytes(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    data = jpeg(62)
    claimed = hashlib.sha256(data).hexdigest()
    found = row_of(engine, keep_one(engine, store, next(numbers), data, claimed_sha256=claimed))
    assert found["claimed_sha256"] == claimed
    refused(engine, store, jpeg(63), claimed_sha256=claimed)
    refused(engine, store, jpeg(63), claimed_sha256="zz")


def test_the_store_never_holds_a_large_file_in_memory(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    class Film(io.RawIOBase):
        """A film of 200 MB that is made as it is read."""

        head = mp4()[:-1008]
        length = 200 * 2**20
        at, largest = 0, 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 2**20
            start = self.head + (self.length + 8).to_bytes(4, "big") + b"mdat"
            total = len(start) + self.length
            piece = start[self.at : self.at + size] or bytes(min(size, total - self.at))
            self.at += len(piece)
            return piece

    with transaction(engine) as connection:
        (item,) = keep(
            connection, store, PLATFORM, Owner("capture", next(numbers)),
            [Upload("a.mp4", Film(), "video")],  # type: ignore[arg-type]
        )  # fmt: skip
    assert item.bytes > 200 * 2**20


KILLED = """
import sys, os, io, signal
from pathlib import Path
from enforcement.evidence.digests import Limits
from server.db import connect_engine, transaction
from server.flows.keep_evidence import Owner, Upload, keep
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore

url, root, data, where, number = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Cut(io.BytesIO):
    def read(self, size=-1):
        piece = super().read(1000)
        if where == "reading" and self.tell() > 1000:
            die()
        return piece

if where == "linking":
    os.link = die
if where == "linked":
    linked = os.link
    os.link = lambda *names: (linked(*names), die())
if where == "before commit":
    from server.store import audit
    audit.append = die
with transaction(connect_engine(url)) as connection:
    keep(connection, EvidenceStore(Path(root), Limits(free_bytes=0)), PLATFORM, Owner("case", int(number)),
         [Upload("a.jpg", Cut(Path(data).read_bytes()), "scene")])
"""


@pytest.mark.parametrize("where", ["reading", "linking", "linked", "before commit"])
def test_a_killed_process_leaves_no_half_file_and_no_row(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int], database_url: str, tmp_path: Path, where: str
) -> None:
    data = picture("PNG", 71, (200, 200)) if where != "reading" else picture("PNG", 72, (900, 900), compress_level=0)
    (tmp_path / "a.png").write_bytes(data)
    before, number = rows(engine), next(numbers)
    arguments = [database_url, str(store.root), str(tmp_path / "a.png"), where, str(number)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == -9
    assert rows(engine) == before
    visible = list(store.names())
    assert all(store.digests(name).sha256 == name for name in visible)
    assert (visible == []) == (where in {"reading", "linking"})
    item = keep_one(engine, store, number, data)  # what was left behind stops nothing
    assert store.digests(item.sha256).sm3 == item.sm3
    for part in store.incoming.glob("*.part"):
        os.utime(part, (0, 0))
    assert store.sweep() == 1
    assert [path.name for path in files_in(store)] == [item.sha256]


def test_two_writers_of_the_same_content_at_once_keep_one_file(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    datas = [jpeg(80 + i) for i in range(6)]
    owners = [next(numbers) for _ in range(4)]
    gate, faults = threading.Barrier(len(owners)), []

    def write(owner: int, turned: bool) -> None:
        files = [upload(data) for data in (reversed(datas) if turned else datas)]
        gate.wait()
        try:
            with transaction(engine) as connection:
                keep(connection, store, PLATFORM, Owner("case", owner), files)
        except Exception as fault:  # told below
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(owner, i % 2 == 1)) for i, owner in enumerate(owners)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert sorted(path.name for path in files_in(store)) == sorted(hashlib.sha256(data).hexdigest() for data in datas)
    with transaction(engine) as connection:
        assert [len(evidence_items.of_owner(connection, "case", owner)) for owner in owners] == [6] * 4
        assert audit.verify(connection)[1] == []


def test_an_upload_that_is_undone_leaves_no_row(engine: Engine, store: EvidenceStore) -> None:
    before = rows(engine)
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        keep(connection, store, PLATFORM, Owner("case", 5), [upload(jpeg(91))])
        raise ZeroDivisionError
    assert rows(engine) == before


def test_rows_are_never_changed_or_deleted(engine: Engine, store: EvidenceStore, numbers: Iterator[int]) -> None:
    keep_one(engine, store, next(numbers), jpeg(92))
    for statement in (
        "UPDATE evidence_files SET bytes = 1",
        "DELETE FROM evidence_items",
        "DELETE FROM evidence_files",
    ):
        with pytest.raises(ProgrammingError, match="append-only"), transaction(engine) as connection:
            connection.execute(text(statement))


def test_a_damaged_file_is_found_and_not_covered_up(
    engine: Engine, store: EvidenceStore, numbers: Iterator[int]
) -> None:
    data = jpeg(93)
    item = keep_one(engine, store, next(numbers), data)
    path = store.path(item.sha256)
    path.chmod(0o640)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    with transaction(engine) as connection:
        assert recheck(connection, store, PLATFORM, row_of(engine, item)).wrong == ("sha256", "sm3")
    assert "damaged" in refused(engine, store, data).en
    path.unlink()
    with transaction(engine) as connection:
        assert recheck(connection, store, PLATFORM, row_of(engine, item)).wrong == ("missing",)


def row_in(connection: Connection, item: Item) -> dict[str, Any]:
    found = evidence_items.find_one(connection, item.id)
    assert found is not None
    return found


def repair_of(engine: Engine, station: int) -> int:
    """A repair that a station works on."""
    with transaction(engine) as connection:
        station_id = connection.execute(
            text(
                "INSERT INTO stations (code, kind, name, organisation_id, division)"
                " VALUES ('M1', 'maintenance', '维修站', :o, '211302') RETURNING id"
            ),
            {"o": station},
        ).scalar_one()
        notice = connection.execute(
            text(
                "INSERT INTO repair_notices (number, subject_text, division, organisation_id, failed_items, issued_on,"
                " due_on, rule_key) VALUES ('N1', 'x', '211302', :o, '[]', '2026-11-24', '2026-12-04', 'x') RETURNING id"
            ),
            {"o": station},
        ).scalar_one()
        repair: int = connection.execute(
            text(
                "INSERT INTO repairs (notice_id, station_id, work_order, accepted_at) VALUES (:n, :s, 'W1', now())"
                " RETURNING id"
            ),
            {"n": notice, "s": station_id},
        ).scalar_one()
    return repair


def test_fenced_accounts_see_what_they_brought_and_what_their_records_hold(
    engine: Engine, store: EvidenceStore, city: City, numbers: Iterator[int]
) -> None:
    station, partner = city.organisations["station"], city.organisations["partner"]
    with transaction(engine) as connection:
        case = connection.execute(
            text(
                "INSERT INTO cases (number, subject_kind, subject_text, enterprise_id, division, organisation_id,"
                " acted_from, acted_to, law, offences, facts, state, holder_id, filed_at) VALUES ('RLS-1', 'truck', 'x',"
                " :e, '211302', :o, now(), now(), 'CODE', '{}', '{}', 'filed', :o, now()) RETURNING id"
            ),
            {"e": city.enterprise_id, "o": city.organisations["city"]},
        ).scalar_one()
        mine = keep(
            connection, store, PLATFORM, Owner("case", case, enterprise_id=city.enterprise_id), [upload(jpeg(94))]
        )
        hidden = keep(connection, store, PLATFORM, Owner("inspection", next(numbers)), [upload(jpeg(95))])
        theirs = keep(
            connection, store, PLATFORM, Owner("repair", next(numbers), organisation_id=station), [upload(jpeg(96))]
        )
    own = Fence(None, None, station)
    repair = repair_of(engine, station)
    with transaction(engine, own) as connection:  # the station adds to its own repair, and the same again
        brought = Owner("repair", repair, organisation_id=station)
        (added,) = keep(connection, store, PLATFORM, brought, [upload(jpeg(98))])
        (again,) = keep(connection, store, PLATFORM, brought, [upload(jpeg(98))])
        assert (added.new, again.new, again.id) == (True, False, added.id)
        read_evidence.look(connection, PLATFORM, row_in(connection, added), "view")
    seen = {}
    for name, fence in (
        ("enterprise", Fence(city.enterprise_id, None, city.organisations["enterprise"])),
        ("station", Fence(None, None, station)),
        ("partner", Fence(None, "2107", partner)),
    ):
        with transaction(engine, fence) as connection:
            ids = connection.execute(text("SELECT id FROM evidence_items")).scalars()
            seen[name] = set(ids) & {mine[0].id, hidden[0].id, theirs[0].id}
    assert seen == {"enterprise": {mine[0].id}, "station": {theirs[0].id}, "partner": set()}
    with (
        pytest.raises(ProgrammingError, match="row-level"),
        transaction(engine, Fence(None, None, station)) as connection,
    ):
        keep(connection, store, PLATFORM, Owner("case", case, organisation_id=station), [upload(jpeg(97))])
    with pytest.raises(ProgrammingError, match="denied"), transaction(engine, Fence(None, None, station)) as connection:
        connection.execute(text("SELECT * FROM evidence_reads"))
