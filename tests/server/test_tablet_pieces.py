"""Photos in pieces: gone on with after any break, whole or not at all, never more than may wait."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from enforcement.evidence.digests import Limits
from server.db import transaction
from server.flows import receive_piece, verify_evidence
from server.flows.receive_piece import Outcome, Standing, TooMany
from server.flows.refusals import Refused
from server.store import tablet_files
from server.store.evidence_store import EvidenceStore, StoreFull
from server.store.piece_files import PieceFiles
from tests.server.conftest import City
from tests.server.evidence_files import jpeg

pytestmark = pytest.mark.server
Send = Callable[..., tuple[Outcome, Standing]]
PHOTO = jpeg(7) + bytes(1500)
NAME = hashlib.sha256(PHOTO).hexdigest()
TOTAL = len(PHOTO)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """An empty store."""
    return EvidenceStore(tmp_path / "evidence", Limits(free_bytes=0))


@pytest.fixture
def user(city: City, engine: Engine) -> Iterator[int]:
    """An inspector, of whom nothing waits."""
    yield city.accounts["inspector"]
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM tablet_files"))


@pytest.fixture
def send(engine: Engine, store: EvidenceStore, user: int) -> Send:
    """Send a piece: offset, bytes."""

    def one(offset: int, data: bytes, name: str = NAME, total: int = TOTAL) -> tuple[Outcome, Standing]:
        with transaction(engine) as connection:
            return receive_piece.receive(connection, store, user, name, offset, total, data)

    return one


def stands(engine: Engine, store: EvidenceStore, user: int, name: str = NAME) -> Standing | None:
    with transaction(engine) as connection:
        return receive_piece.standing(connection, PieceFiles(store), user, name)


def test_pieces_make_a_whole_whose_hash_is_right(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    assert stands(engine, store, user) is None
    assert send(0, PHOTO[:1000]) == (Outcome.KEPT, Standing(1000, TOTAL))
    assert stands(engine, store, user) == Standing(1000, TOTAL)
    outcome, found = send(1000, PHOTO[1000:])
    assert (outcome, found.is_complete) == (Outcome.KEPT, True)
    assert PieceFiles(store).path(user, NAME).read_bytes() == PHOTO


def test_a_piece_that_was_kept_is_answered_with_what_stands(send: Send) -> None:
    """Its answer was lost: the tablet sends it again and is told where to go on."""
    send(0, PHOTO[:1000])
    assert send(0, PHOTO[:1000]) == (Outcome.OFFSET, Standing(1000, TOTAL))
    send(1000, PHOTO[1000:])
    outcome, found = send(1000, PHOTO[1000:])
    assert (outcome, found.is_complete) == (Outcome.OFFSET, True)


@pytest.mark.parametrize("offset", [1, 999, 1001, 1500])
def test_another_offset_writes_nothing(
    engine: Engine, store: EvidenceStore, user: int, send: Send, offset: int
) -> None:
    send(0, PHOTO[:1000])
    assert send(offset, b"x" * 10) == (Outcome.OFFSET, Standing(1000, TOTAL))
    assert PieceFiles(store).path(user, NAME).read_bytes() == PHOTO[:1000]


def test_other_bytes_are_dropped_and_sent_anew(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    send(0, PHOTO[:1000])
    assert send(1000, b"x" * (TOTAL - 1000)) == (Outcome.HASH, Standing(0, TOTAL))
    assert stands(engine, store, user) == Standing(0, TOTAL)
    assert send(0, PHOTO)[1].is_complete


def test_another_total_begins_anew(send: Send) -> None:
    send(0, PHOTO[:1000], total=TOTAL + 5)
    assert send(1000, PHOTO[1000:]) == (Outcome.OFFSET, Standing(0, TOTAL))
    assert send(0, PHOTO)[1].is_complete


def test_killed_between_the_write_and_the_commit(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    """The file is longer than the row says: what was not answered is cut off and comes again."""
    send(0, PHOTO[:1000])
    with PieceFiles(store).path(user, NAME).open("ab") as file:
        file.write(b"half a piece")
    assert stands(engine, store, user) == Standing(1000, TOTAL)
    assert send(1000, PHOTO[1000:])[1].is_complete
    assert PieceFiles(store).path(user, NAME).read_bytes() == PHOTO


def test_the_disk_lost_what_the_row_says(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    """The file is shorter than the row (a backup put back, a disk that lied): it goes on from where the file ends."""
    send(0, PHOTO[:1000])
    path = PieceFiles(store).path(user, NAME)
    path.write_bytes(PHOTO[:400])
    assert stands(engine, store, user) == Standing(400, TOTAL)
    assert send(1000, PHOTO[1000:]) == (Outcome.OFFSET, Standing(400, TOTAL))
    assert send(400, PHOTO[400:])[1].is_complete
    path.unlink()
    found = stands(engine, store, user)
    assert found == Standing(0, TOTAL)
    assert not found.is_complete


def test_a_piece_that_was_undone_leaves_what_stood(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    send(0, PHOTO[:1000])
    with pytest.raises(RuntimeError), transaction(engine) as connection:
        receive_piece.receive(connection, store, user, NAME, 1000, TOTAL, PHOTO[1000:1200])
        raise RuntimeError("killed")
    assert stands(engine, store, user) == Standing(1000, TOTAL)
    assert send(1000, PHOTO[1000:])[1].is_complete


@pytest.mark.parametrize(
    ("offset", "total", "data", "field"),
    [
        (0, TOTAL, b"", "body"),
        (0, TOTAL, bytes(receive_piece.MOST_PIECE + 1), "body"),
        (TOTAL, TOTAL, b"x", "offset"),
        (10**15, TOTAL, b"x", "offset"),
        (0, 2, b"xyz", "offset"),
        (0, 10**15, b"x", "bytes"),
    ],
)
def test_what_cannot_be_is_refused(
    engine: Engine, store: EvidenceStore, user: int, send: Send, offset: int, total: int, data: bytes, field: str
) -> None:
    with pytest.raises(Refused) as caught:
        send(offset, data, total=total)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert stands(engine, store, user) is None


def test_a_full_disk_is_told_and_what_stood_stands(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    send(0, PHOTO[:1000])
    full = EvidenceStore(store.root, Limits(free_bytes=2**60))
    with pytest.raises(StoreFull), transaction(engine) as connection:
        receive_piece.receive(connection, full, user, NAME, 1000, TOTAL, PHOTO[1000:])
    assert stands(engine, store, user) == Standing(1000, TOTAL)


def test_pieces_of_one_file_sent_at_once_are_taken_one_at_a_time(
    engine: Engine, store: EvidenceStore, user: int, send: Send
) -> None:
    found: list[tuple[Outcome, Standing]] = []
    threads = [threading.Thread(target=lambda: found.append(send(0, PHOTO[:1000]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome for outcome, _ in found) == [Outcome.KEPT, Outcome.OFFSET, Outcome.OFFSET, Outcome.OFFSET]
    assert send(1000, PHOTO[1000:])[1].is_complete


def test_pieces_are_an_accounts_own(engine: Engine, store: EvidenceStore, user: int, city: City, send: Send) -> None:
    send(0, PHOTO)
    assert stands(engine, store, city.accounts["officer"]) is None


def test_an_account_has_a_limit_and_what_it_gave_up_makes_room(
    engine: Engine, store: EvidenceStore, user: int, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive_piece, "MOST_FILES", 3)
    names = [hashlib.sha256(bytes([n])).hexdigest() for n in range(4)]
    for name in names[:3]:
        send(0, b"x", name, 10)
    with pytest.raises(TooMany):
        send(0, b"x", names[3], 10)
    assert send(1, b"y", names[0], 10)[0] is Outcome.KEPT  # what was begun goes on
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE tablet_files SET changed_at = now() - interval '25 hours' WHERE sha256 = decode(:n, 'hex')"),
            {"n": names[1]},
        )
    assert send(0, b"x", names[3], 10)[0] is Outcome.KEPT
    assert stands(engine, store, user, names[1]) is None
    assert PieceFiles(store).length(user, names[1]) == 0


def test_tidying_takes_stale_pieces_and_strays(engine: Engine, store: EvidenceStore, user: int, send: Send) -> None:
    fresh, stale, stray = (hashlib.sha256(bytes([n])).hexdigest() for n in (20, 21, 22))
    for name in (fresh, stale):
        send(0, b"x", name, 10)
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE tablet_files SET changed_at = now() - :age WHERE sha256 = decode(:n, 'hex')"),
            {"n": stale, "age": receive_piece.STALE + timedelta(hours=1)},
        )
    files = PieceFiles(store)
    files.write(user, stray, 0, b"no row")
    done = verify_evidence.tidy(engine, store)
    assert done.pieces == 1
    assert [files.length(user, name) for name in (fresh, stale, stray)] == [1, 0, 6]
    age(files.path(user, stray))
    age(files.path(user, fresh))
    assert verify_evidence.tidy(engine, store).pieces == 1
    assert [files.length(user, name) for name in (fresh, stray)] == [1, 0]
    with transaction(engine) as connection:
        assert tablet_files.names(connection) == {(user, fresh)}


def age(path: Path) -> None:
    """Let a file be two days old."""
    two_days_ago = time.time() - 2 * 86400
    os.utime(path, (two_days_ago, two_days_ago))
