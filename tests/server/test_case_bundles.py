"""The bundle of a case: whole, the same twice, verified by strangers' tools, and every change of it found."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.documents.bundles import PartChanged, zipped
from server.flows import rule_book
from server.flows.bundle_case import Bundle, BundleBroken, Exporter, bundle_case, record
from server.flows.keep_evidence import Owner, Upload, keep
from server.store import audit, evidence_items, evidence_reads
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore
from server.store.scopes import Scope
from tests.server import records
from tests.server.conftest import Browser, City
from tests.server.evidence_files import jpeg, mp4, pdf

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
EVERYWHERE = Scope()
EXPORTER = Exporter("局 officer", 1, datetime(2026, 11, 24, 2, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Kept:
    """A case with a violation, its packets, three files; and the store."""

    case_id: int
    store: EvidenceStore
    packets: list[str]
    zone_version_id: int


@pytest.fixture(scope="module")
def kept(engine: Engine, city: City, web: object) -> Kept:
    """A case that rests on a violation."""
    store: EvidenceStore = web.extensions["evidence_store"]  # type: ignore[attr-defined]
    with transaction(engine) as connection:
        place = records.zone(connection)
        owner = records.truck(connection, "辽N12345")
        hashes = records.packets(connection, owner[1])
        violation = records.violation(connection, place, owner)
        case_id = connection.execute(
            text(
                "INSERT INTO cases (number, subject_kind, truck_id, subject_text, division, organisation_id, acted_from,"
                " acted_to, law, offences, facts, state, holder_id) VALUES ('朝环案〔2026〕1号', 'truck', :t, '辽N12345',"
                " '211302', :o, :at, :at, 'CODE', '{zone_breach}', cast(:facts AS jsonb), 'filed', :o) RETURNING id"
            ),
            {
                "t": owner[0],
                "o": city.organisations["city"],
                "at": records.ACT,
                "facts": json.dumps({"zone_version_id": place.version_id, "rules": ["law.air@2026-08-15"]}),
            },
        ).scalar_one()
        connection.execute(
            text("INSERT INTO case_sources (kind, source_id, case_id) VALUES ('violation', :v, :c)"),
            {"v": violation, "c": case_id},
        )
        connection.execute(
            text(
                "INSERT INTO case_steps (case_id, branch, action, to_state, rule_keys)"
                " VALUES (:c, 'main', 'file', 'filed', '{law.air@2026-08-15}')"
            ),
            {"c": case_id},
        )
        files = [
            Upload("现场.jpg", io.BytesIO(jpeg(1, lon=120.41, lat=41.57)), "scene"),
            Upload("a.mp4", io.BytesIO(mp4(media_bytes=3_000_000)), "video"),
        ]
        keep(connection, store, PLATFORM, Owner("case", case_id, "211302"), files)
        keep(
            connection,
            store,
            PLATFORM,
            Owner("objection", case_id, "211302"),
            [Upload("b.pdf", io.BytesIO(pdf()), "document")],
        )
        audit.append(connection, PLATFORM, "case.open", "case", case_id, {"number": "朝环案〔2026〕1号"})
        audit.append(connection, PLATFORM, "other", "truck", 1, {"secret": "not of this case"})
        audit.append(connection, PLATFORM, "case.filed", "case", case_id, {})
        audit.append(connection, PLATFORM, "case.note", "case", case_id, {"text": '引号" 与 \\ 与 ☃'})
    return Kept(case_id, store, hashes, place.version_id)


def made(engine: Engine, kept: Kept, scope: Scope = EVERYWHERE) -> Bundle:
    with transaction(engine) as connection:
        rules = rule_book.current(connection)
        return bundle_case(connection, kept.store, scope, rules, kept.case_id, EXPORTER)


@pytest.fixture
def unpacked(engine: Engine, kept: Kept, tmp_path: Path) -> Path:
    """The bundle, unpacked by a stranger's tool outside the project."""
    bundle = made(engine, kept)
    archive = tmp_path / "case.zip"
    archive.write_bytes(b"".join(zipped(bundle.parts, bundle.folder)))
    subprocess.run(["unzip", "-q", str(archive), "-d", str(tmp_path / "out")], check=True)
    (folder,) = (tmp_path / "out").iterdir()
    return folder


def sha256sum(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)


def script(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, env={"LC_ALL": "C"}
    )


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_both_ways_find_the_bundle_whole(unpacked: Path) -> None:
    first, second = sha256sum(unpacked), script(unpacked)
    assert first.returncode == 0 and "FAILED" not in first.stdout
    assert second.returncode == 0 and "unchanged" in second.stdout, second.stdout + second.stderr
    assert first.stdout.count(": OK") == len(names(unpacked)) - 1


def test_it_holds_everything_the_case_rests_on(unpacked: Path, kept: Kept) -> None:
    found = names(unpacked)
    assert {"README.txt", "verify.py", "manifest.json", "SHA256SUMS", "SM3SUMS", "facts.json", "law.json"} <= set(found)
    packets = [name for name in found if name.endswith(".bin")]
    assert len(packets) == 20
    assert sorted(name[-20:-4] for name in packets) == sorted(one[:16] for one in kept.packets)
    zone = json.loads((unpacked / f"zones/{kept.zone_version_id}.geojson").read_text())
    assert zone["geometry"]["type"] == "MultiPolygon" and zone["properties"]["number"] == 1
    rules = json.loads((unpacked / "rules.json").read_text())
    assert [row["rule"] for row in rules["rows"]] == ["law.air"]
    assert json.loads((unpacked / "law.json").read_text())["rows"][0]["value"] == "CODE"
    items = json.loads((unpacked / "files/index.json").read_text())
    assert [item["name"] for item in items] == ["现场.jpg", "a.mp4", "b.pdf"]
    assert (unpacked / items[0]["path"]).read_bytes() == jpeg(1, lon=120.41, lat=41.57)
    log = (unpacked / "audit.jsonl").read_text()
    assert "case.open" in log and "not of this case" not in log
    readme = (unpacked / "README.txt").read_text()
    assert readme.index("怎样核对") < readme.index("How to check") and "{" not in readme


def test_the_same_case_gives_the_same_bytes(engine: Engine, kept: Kept) -> None:
    first, second = made(engine, kept), made(engine, kept)
    assert b"".join(zipped(first.parts, first.folder)) == b"".join(zipped(second.parts, second.folder))
    assert first.seal == second.seal


def test_a_flipped_byte_in_any_file_is_found_both_ways(unpacked: Path) -> None:
    missed = []
    for name in names(unpacked):
        path = unpacked / name
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        path.write_bytes(bytes([*data[:middle], data[middle] ^ 1, *data[middle + 1 :]]))
        if sha256sum(unpacked).returncode == 0:
            missed.append(f"sha256sum: {name}")
        if script(unpacked).returncode == 0:
            missed.append(f"verify.py: {name}")
        path.write_bytes(data)
    assert missed == []
    assert script(unpacked).returncode == 0


def test_a_missing_file_is_found_both_ways(unpacked: Path) -> None:
    found = names(unpacked)
    for name in ("facts.json", "SM3SUMS", "manifest.json", next(n for n in found if n.endswith(".bin"))):
        data = (unpacked / name).read_bytes()
        (unpacked / name).unlink()
        assert sha256sum(unpacked).returncode != 0, name
        assert script(unpacked).returncode != 0, name
        (unpacked / name).write_bytes(data)


@pytest.mark.parametrize("name", ["extra.json", "files/extra.jpg", "new/extra"])
def test_an_added_file_is_found(unpacked: Path, name: str) -> None:
    (unpacked / name).parent.mkdir(exist_ok=True)
    (unpacked / name).write_text("x")
    answer = script(unpacked)
    assert answer.returncode == 1 and f"{name}: " in answer.stdout


def _rewritten(folder: Path) -> None:
    """What a forger does who knows the way: write every list anew."""
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    for one in manifest["files"]:
        data = (folder / one["path"]).read_bytes()
        one.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), sm3=hashlib.new("sm3", data).hexdigest())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for name, algorithm, left_out in (
        ("SM3SUMS", "sm3", {"SM3SUMS", "SHA256SUMS"}),
        ("SHA256SUMS", "sha256", {"SHA256SUMS"}),
    ):
        lines = [
            f"{hashlib.new(algorithm, (folder / path).read_bytes()).hexdigest()}  {path}\n"
            for path in names(folder) if path not in left_out
        ]  # fmt: skip
        (folder / name).write_text("".join(lines))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [{**rows[0], "content": rows[0]["content"].replace("case", "cake")}, *rows[1:]], "does not give"),
        (lambda rows: [*rows[:-1], {**rows[-1], "previous_hash": "0" * 64}], "does not give"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "out of order"),
        (lambda rows: [{**rows[0], "id": 999}, *rows[1:]], "does not give"),
    ],
)
def test_a_changed_audit_row_is_found_even_when_every_list_is_written_anew(
    unpacked: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]], told: str
) -> None:
    path = unpacked / "audit.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in change(rows)))
    _rewritten(unpacked)
    answer = script(unpacked)
    assert answer.returncode == 1 and told in answer.stdout


def test_rows_that_follow_each_other_are_linked(unpacked: Path) -> None:
    """A row is made anew with a right hash of its own: only the link gives it away."""
    import hashlib

    path = unpacked / "audit.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    at = next(i for i in range(1, len(rows)) if rows[i]["id"] == rows[i - 1]["id"] + 1) - 1
    content = rows[at]["content"].replace("platform", "someone")
    assert content != rows[at]["content"]
    digest = hashlib.sha256(bytes.fromhex(rows[at]["previous_hash"]) + content.encode()).hexdigest()
    rows[at] |= {"content": content, "hash": digest}
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    _rewritten(unpacked)
    answer = script(unpacked)
    assert answer.returncode == 1 and "not linked" in answer.stdout


def test_the_script_needs_no_sm3(unpacked: Path) -> None:
    code = (
        "import hashlib, runpy\nplain = hashlib.new\n"
        "def new(name, *data):\n    if name == 'sm3': raise ValueError(name)\n    return plain(name, *data)\n"
        "hashlib.new = new\nrunpy.run_path('verify.py', run_name='__main__')\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=unpacked, capture_output=True, text=True)
    assert answer.returncode == 0 and "SHA-256 alone" in answer.stdout, answer.stderr


def test_a_changed_file_or_packet_stops_the_export(engine: Engine, kept: Kept, tmp_path: Path) -> None:
    copied = EvidenceStore(tmp_path / "store", kept.store.limits)
    shutil.copytree(kept.store.kept, copied.kept)
    whole = Kept(kept.case_id, copied, kept.packets, kept.zone_version_id)
    bundle = made(engine, whole)
    victim = copied.path(next(copied.names()))
    victim.chmod(0o640)
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(BundleBroken):
        made(engine, whole)
    with pytest.raises(PartChanged):  # changed between the check and the sending: the archive breaks off
        list(zipped(bundle.parts, bundle.folder))


def test_the_scope_holds(engine: Engine, kept: Kept, city: City) -> None:
    for scope in (Scope(divisions="211324"), Scope(organisation_id=city.organisations["police"], kind="police")):
        with pytest.raises(LookupError):
            made(engine, kept, scope)


def test_what_leaves_is_written_down(engine: Engine, kept: Kept) -> None:
    bundle = made(engine, kept)
    with transaction(engine) as connection:
        record(connection, PLATFORM, kept.case_id, bundle)
        row = audit.of_subject(connection, "case", kept.case_id)[-1]
        assert (row["action"], row["detail"]["seal_sha256"]) == ("case.bundle", bundle.seal)
        for item in bundle.item_ids:
            assert evidence_reads.counts(connection, item)["bundle"] >= 1


def test_a_bureau_that_was_sent_the_case_gets_its_own_papers(engine: Engine, kept: Kept, city: City) -> None:
    police, transport, own = (city.organisations[name] for name in ("police", "transport", "city"))
    with transaction(engine) as connection:
        for number, to in (("R-1", police), ("R-2", transport)):
            connection.execute(
                text(
                    "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis)"
                    " VALUES (:n, :c, 'police', 'transfer', :f, :t, 'sent', 'x')"
                ),
                {"n": number, "c": kept.case_id, "f": own, "t": to},
            )
    bundle = made(engine, kept, Scope(organisation_id=police, kind="police"))
    content = b"".join(next(p for p in bundle.parts if p.path == "referrals.json").pieces())
    assert [row["number"] for row in json.loads(content)] == ["R-1"]


def test_the_page_sends_it_and_the_road_is_fenced(browse: Browse, kept: Kept) -> None:
    answer = browse("officer").get(f"/bundles/{kept.case_id}")
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        sums = next(name for name in archive.namelist() if name.endswith("/SHA256SUMS"))
        import hashlib

        assert hashlib.sha256(archive.read(sums)).hexdigest() == answer.headers["X-Bundle-Seal"]
    assert browse("county").get(f"/bundles/{kept.case_id}").status_code == 404
    for username in ("enterprise", "station", "partner", "read_only", "auditor"):
        assert browse(username).get(f"/bundles/{kept.case_id}").status_code == 403


def test_the_bureaus_of_a_case_read_and_add_its_evidence_and_the_party_does_not(
    engine: Engine, kept: Kept, city: City, browse: Browse
) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE cases SET enterprise_id = :e, filed_at = now() WHERE id = :c"),
            {"e": city.enterprise_id, "c": kept.case_id},
        )
        connection.execute(
            text(
                "INSERT INTO referrals (number, case_id, branch, kind, from_id, to_id, state, basis)"
                " VALUES ('R-9', :c, 'city:210700', 'copy', :f, :t, 'sent', 'x')"
            ),
            {"c": kept.case_id, "f": city.organisations["city"], "t": city.organisations["partner"]},
        )
        first = evidence_items.of_owner(connection, "case", kept.case_id)[0]["id"]
    seen = {
        name: browse(name).get(f"/evidence/{first}").status_code
        for name in ("officer", "partner", "enterprise", "county")
    }
    assert seen == {"officer": 200, "partner": 200, "enterprise": 404, "county": 404}
    files = {"files": [(io.BytesIO(jpeg(900)), "a.jpg")], "purpose": "scene", "next": "/account"}
    assert browse("partner").post(f"/evidence/of/case/{kept.case_id}", files).status_code == 303
    with transaction(engine) as connection:
        added = evidence_items.of_owner(connection, "case", kept.case_id)[-1]
    assert (added["organisation_id"], added["division"]) == (city.organisations["partner"], "211302")
    files = {"files": [(io.BytesIO(jpeg(901)), "a.jpg")]}
    assert browse("enterprise").post(f"/evidence/of/case/{kept.case_id}", files).status_code == 403
