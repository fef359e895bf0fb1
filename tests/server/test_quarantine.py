"""Quarantine pages: filters and counts, the place of the fault, replay after a mend, setting aside; all audited."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import quarantine
from server.store.paging import Query
from server.web.hex_dump import attempt, lines
from telemetry.fleet import CHAOYANG_WAYS, Activity, Character, Member, stream, vin
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
START = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
DEVICE = vin(77)


def frame() -> bytes:
    member = Member(DEVICE, "hdv", "C", "tractor", "VI", CHAOYANG_WAYS[0], Activity.DRIVING, Character.NORMAL)
    return next(iter(stream([member], int(START.timestamp() * 1e6), 20, seed=1))).frame


@pytest.fixture
def held(engine: Engine, city: City) -> Iterator[list[int]]:
    """A whole frame of an unregistered device, and two broken ones."""
    good = frame()
    broken = good[:-1] + bytes([good[-1] ^ 1])
    rows = (
        ("unknown_device", DEVICE, good, 0),
        ("check_byte", "DEV2", broken, len(broken) - 1),
        ("check_byte", "DEV3", broken + b"x", 3),
    )
    with transaction(engine) as connection:
        connection.execute(text("TRUNCATE quarantine, packets, terminal_states, terminals RESTART IDENTITY CASCADE"))
        numbers = [
            connection.execute(
                text(
                    "INSERT INTO quarantine (received_at, last_received_at, kind, device, topic, code, at_byte, detail, sha256, raw)"
                    " VALUES (:at, :at, 'hdv', :d, :topic, :code, :byte, 'detail <b>', sha256(:raw), :raw) RETURNING id"
                ),
                {
                    "at": START,
                    "d": device,
                    "topic": f"emission/v1/hdv/{device}/up",
                    "code": code,
                    "byte": at,
                    "raw": raw,
                },
            ).scalar_one()
            for code, device, raw, at in rows
        ]
    yield numbers


@pytest.mark.parametrize(
    ("values", "found"),
    [({"code": "check_byte"}, 2), ({"device": "dev2"}, 1), ({"kind": "nrmm"}, 0), ({"state": "held"}, 3), ({"from": "2026-11-24", "to": "2026-11-24"}, 3),
     ({"to": "2026-11-23"}, 0), ({"sha256": "00"}, 0)],
)  # fmt: skip
def test_filters(engine: Engine, held: list[int], values: dict[str, str], found: int) -> None:
    with transaction(engine) as connection:
        assert quarantine.find(connection, Query(values)).total == found
        assert len(quarantine.matching(connection, Query(values), 100)) == found


def test_counts_by_cause(engine: Engine, held: list[int]) -> None:
    with transaction(engine) as connection:
        counts = [(row["code"], row["frames"], row["devices"]) for row in quarantine.counts(connection)]
    assert counts == [("check_byte", 2, 2), ("unknown_device", 1, 1)]


def test_the_place_of_the_fault_is_marked() -> None:
    shown = lines(bytes(range(20)), mark=17)
    assert [text_ for line in shown for text_, marked in line.bytes if marked] == ["11"]
    assert shown[1].offset == "0010" and shown[0].text.startswith("·")
    said = attempt(frame()[:-1] + b"\x00", "hdv", None)
    assert said.said is None and said.code == "check_byte"


def test_pages_show_what_is_held(browse: Browse, held: list[int]) -> None:
    officer = browse("officer")
    page = officer.get("/quarantine/").text
    assert "校验码错误" in page and "设备未登记" in page
    one = officer.get(f"/quarantine/{held[1]}").text
    assert "<mark>" in one and "detail &lt;b&gt;" in one
    assert "<mark>" not in officer.get(f"/quarantine/{held[0]}").text
    assert len(officer.get(f"/quarantine/{held[0]}/raw").data) == len(frame())
    assert browse("enterprise").get("/quarantine/").status_code == 403


def test_replay_after_the_device_is_registered(browse: Browse, engine: Engine, held: list[int]) -> None:
    with transaction(engine) as connection:
        connection.execute(text("INSERT INTO terminals (kind, device) VALUES ('hdv', :d)"), {"d": DEVICE})
    officer = browse("officer")
    answer = officer.post("/quarantine/replay", {"which": "all", "state": "held"}, follow_redirects=True)
    assert answer.status_code == 200 and "入库" in answer.text
    with transaction(engine) as connection:
        states = [quarantine.find_one(connection, number) for number in held]
        stored = connection.execute(
            text("SELECT count(*) FROM packets p JOIN terminals t ON t.id = p.terminal_id WHERE t.device = :d"),
            {"d": DEVICE},
        ).scalar_one()
        logged = (
            connection.execute(text("SELECT username FROM audit_log WHERE action = 'quarantine.replay'"))
            .scalars()
            .all()
        )
    assert [row["state"] for row in states if row] == ["replayed", "held", "held"]
    assert stored == 1 and "officer" in logged


def test_setting_aside_needs_a_reason_and_keeps_the_bytes(browse: Browse, engine: Engine, held: list[int]) -> None:
    officer = browse("officer")
    officer.post("/quarantine/set-aside", {"id": [held[1]]})
    with transaction(engine) as connection:
        row = quarantine.find_one(connection, held[1])
        assert row is not None and row["state"] == "held"
    officer.post("/quarantine/set-aside", {"id": [held[1], held[2]], "reason": "测试设备"})
    with transaction(engine) as connection:
        row = quarantine.find_one(connection, held[1])
        logged = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'quarantine.set_aside'")
        ).scalar_one()
    assert row is not None and (row["state"], row["reason"]) == ("set_aside", "测试设备") and row["raw"]
    assert logged == 2
    assert "测试设备" in officer.get(f"/quarantine/{held[1]}").text


def test_who_may_look_may_not_settle(browse: Browse, held: list[int]) -> None:
    for username in ("read_only", "inspector"):
        assert browse(username).get("/quarantine/").status_code == 200
        assert browse(username).post("/quarantine/replay", {"id": held}).status_code == 403
        assert browse(username).post("/quarantine/set-aside", {"id": held, "reason": "x"}).status_code == 403


def test_nothing_chosen_does_nothing(browse: Browse, held: list[int]) -> None:
    answer = browse("officer").post("/quarantine/replay", {"id": ["x", "-1"]}, follow_redirects=True)
    assert "未选择" in answer.text
