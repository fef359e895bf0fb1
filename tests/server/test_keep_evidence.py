"""Keeping evidence: what is taken, what is refused, and that nothing is ever there by half."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from enforcement.evidence import Limits
from server.db import transaction
from server.flows.keep_evidence import Owner, Upload, keep
from server.store import evidence_items
from server.store.audit import PLATFORM
from server.store.evidence_store import EvidenceStore
from tests.server.evidence_files import jpeg

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("default::UserWarning:PIL")]
LIMITS = Limits(free_bytes=0)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """An empty store."""
    return EvidenceStore(tmp_path / "evidence", LIMITS)


@pytest.fixture
def numbers() -> Iterator[int]:
    """Ids of owners that no other test uses."""
    return iter(range(10_000, 20_000))


def upload(data: bytes, name: str = "a.jpg", **more: object) -> Upload:
    return Upload(name, io.BytesIO(data), "scene", **more)  # type: ignore[arg-type]


def files_in(store: EvidenceStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def kept_rows(engine: Engine) -> tuple[int, int]:
    with transaction(engine) as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("evidence_files", "evidence_items")
        )


def keep_one(engine: Engine, store: EvidenceStore, number: int, data: bytes, name: str = "a.jpg", **more: object):
    with transaction(engine) as connection:
        return keep(connection, store, PLATFORM, Owner("case", number), [upload(data, name, **more)])[0]


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
    with transaction(engine) as connection:
        (row,) = evidence_items.of_owner(connection, "case", 1)
    assert (row["media_type"], row["width_px"], row["height_px"], row["name"]) == ("image/jpeg", 64, 48, "a.jpg")
    assert row["set_aside"] is None
