"""Files become evidence: all of an upload are checked first, then kept and written down, or none of them is.

The row comes before the file and both before the commit: a committed row always has its file on the disk, a crash in
between leaves at most a file without a row, which `evidence tidy` finds. Owners are of migration 0054.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Connection

from enforcement.evidence.names import clean_name
from server.documents.media_types import Media, MediaFault, most_bytes
from server.documents.recognise import recognise
from server.store import audit, evidence_items
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore, Staged, StoreDamaged, StoreFull, TooLarge

MOST_FILES = 100
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Owner:
    """What evidence belongs to: kind and id of the row, its area, and who besides the bureau it concerns."""

    kind: str
    id: int
    division: str | None = None
    enterprise_id: int | None = None
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came. `claimed_sha256`: hex, as the device said; `made_here`: a flow of the platform wrote it."""

    name: str
    stream: BinaryIO
    purpose: str
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    claimed_sha256: str | None = None
    made_here: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One kept file of an owner; `new` is false where the owner had it for this purpose already."""

    id: int
    name: str
    purpose: str
    media_type: str
    bytes: int
    sha256: str
    sm3: str
    new: bool


class UploadFault(ValueError):
    """A file is not taken, and nothing of the whole upload was kept: field of the form, the file's name, why."""

    def __init__(self, name: str, zh: str, en: str, field: str = "files", claimed_sha256: str | None = None) -> None:
        """Keep what the form shows."""
        super().__init__(f"{name}: {en}")
        self.field, self.name, self.zh, self.en = field, name, f"{name}：{zh}", f"{name}: {en}"
        self.claimed_sha256 = claimed_sha256


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept."""

    upload: Upload
    staged: Staged
    media: Media
    name: str


def keep(
    connection: Connection, store: EvidenceStore, actor: Actor, owner: Owner, uploads: Sequence[Upload]
) -> list[Item]:
    """Keep files for an owner, in the caller's transaction; raises UploadFault and then nothing was kept."""
    with checked(store, uploads) as looked_through:
        return keep_checked(connection, store, actor, owner, looked_through)


@contextmanager
def checked(store: EvidenceStore, uploads: Sequence[Upload]) -> Iterator[list[Checked]]:
    """Files written, hashed and looked through before any row is locked; raises UploadFault. Leaving, they are gone."""
    if len(uploads) > MOST_FILES:
        raise UploadFault("–", f"一次最多上传 {MOST_FILES} 个文件。", f"At most {MOST_FILES} files at once.")
    with ExitStack() as stack:
        yield [stack.enter_context(_checked(store, upload)) for upload in uploads]


def keep_checked(
    connection: Connection, store: EvidenceStore, actor: Actor, owner: Owner, files: Sequence[Checked]
) -> list[Item]:
    """Keep files that were looked through, in the caller's transaction."""
    file_ids = _file_rows(connection, files)
    for one in files:
        with _faults_named(one.name, one.upload.claimed_sha256):
            store.publish(one.staged)
    return [_item(connection, actor, owner, one, file_ids[one.staged.digests.sha256]) for one in files]


@contextmanager
def _checked(store: EvidenceStore, upload: Upload) -> Iterator[Checked]:
    shown = clean_name(upload.name, "text/plain").removesuffix(".txt")
    with ExitStack() as stack, _faults_named(shown, upload.claimed_sha256):
        staged = stack.enter_context(store.stage(upload.stream, lambda head: most_bytes(head, store.limits)))
        if not staged.digests.bytes:
            raise MediaFault("文件为空。", "The file is empty.")
        _compare_claim(upload.claimed_sha256, staged)
        with staged.path.open("rb") as file:
            media = recognise(file, upload.name, store.limits, upload.made_here)
        yield Checked(upload, staged, media, clean_name(upload.name, media.media_type))


@contextmanager
def _faults_named(name: str, claimed: str | None) -> Iterator[None]:
    try:
        yield
    except MediaFault as fault:
        raise UploadFault(name, fault.zh, fault.en, claimed_sha256=claimed) from fault
    except TooLarge as fault:
        most = fault.most // 2**20
        zh, en = f"文件超过 {most} MB 的上限。", f"The file is larger than {most} MB."
        raise UploadFault(name, zh, en, claimed_sha256=claimed) from fault
    except StoreFull as fault:
        raise UploadFault(
            name,
            f"证据存储空间不足，文件未保存，请联系系统管理员（{fault}）。",
            f"The evidence store is full, nothing was kept; tell the system administrator ({fault}).",
        ) from fault
    except StoreDamaged as fault:
        raise UploadFault(
            name,
            "证据库中同一文件已损坏，未作任何更改，请联系系统管理员从备份恢复。",
            "The store's own copy of this file is damaged; nothing was changed. It must come back from the backup.",
        ) from fault


def _compare_claim(claimed: str | None, staged: Staged) -> None:
    if claimed is None:
        return
    if not _SHA256.fullmatch(claimed):
        raise MediaFault("声明的 SHA-256 须为 64 位小写十六进制。", "A SHA-256 is 64 lower-case hex digits.")
    if claimed != staged.digests.sha256:
        raise MediaFault(
            "文件与设备声明的 SHA-256 不符：传输中被改动或截断，请重新发送。",
            "The file does not give the SHA-256 that was claimed: it was changed or cut off on the way. Send it again.",
        )


def _file_rows(connection: Connection, checked: Sequence[Checked]) -> dict[str, int]:
    """Rows of the files by SHA-256; in one order for all, so that two uploads never wait for each other in a ring."""
    rows = {}
    for one in sorted(checked, key=lambda one: one.staged.digests.sha256):
        digests, media = one.staged.digests, one.media
        file: dict[str, Any] = {
            "sha256": digests.sha256,
            "sm3": digests.sm3,
            "bytes": digests.bytes,
            "media_type": media.media_type,
            "width_px": media.width_px,
            "height_px": media.height_px,
            "duration_s": media.duration_s,
        }
        rows[digests.sha256] = evidence_items.add_file(connection, file)
    return rows


def _item(connection: Connection, actor: Actor, owner: Owner, one: Checked, file_id: int) -> Item:
    upload, media, digests = one.upload, one.media, one.staged.digests
    told = upload.lon is not None and upload.lat is not None
    row: dict[str, Any] = {
        "file_id": file_id,
        "owner_kind": owner.kind,
        "owner_id": owner.id,
        "purpose": upload.purpose,
        "name": one.name,
        "taken_at": upload.taken_at or media.taken_at,
        "lon": upload.lon if told else media.lon,
        "lat": upload.lat if told else media.lat,
        "claimed_sha256": upload.claimed_sha256,
        "division": owner.division,
        "enterprise_id": owner.enterprise_id,
        "organisation_id": owner.organisation_id,
        "added_by": actor.user_id,
    }
    item_id, new = evidence_items.add(connection, row)
    if new:
        told_of = {"owner_kind": owner.kind, "owner_id": owner.id, "purpose": upload.purpose, "name": one.name}
        detail = {**told_of, "bytes": digests.bytes, **digests.by_algorithm, "claimed_sha256": upload.claimed_sha256}
        audit.append(connection, actor, "evidence.keep", "evidence", item_id, detail)
    return Item(item_id, one.name, upload.purpose, media.media_type, digests.bytes, digests.sha256, digests.sm3, new)
