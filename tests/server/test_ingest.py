"""Ingest: what a message becomes in the database, for every kind of terminal and for what must be refused."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest

from geo.crs import wgs84_to_gcj02
from server import db
from server.flows.ingest import Ingest, Tally
from telemetry.fleet import bulk_frames
from telemetry.fleets import packing
from telemetry.protocols.jt808 import codec as jt808
from telemetry.protocols.jt808.header import Header
from telemetry.protocols.jt808.messages import Batch, Empty, Location, Message
from tests.server import ingest_city as city
from tests.server.ingest_city import BEGIN_US, SECOND, Sent

pytestmark = pytest.mark.server
NOW_US = BEGIN_US + 3600 * SECOND
LON, LAT = 120.405, 41.555
POSITIONED = 2


@dataclass
class Bench:
    """A worker's ingest over the module's database, and questions to that database."""

    connection: psycopg.Connection
    ingest: Ingest
    at_us: int = NOW_US

    def take(self, *messages: Sent) -> Tally:
        self.at_us += SECOND
        return self.ingest.take(messages, self.at_us)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self.connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def held(self, topic: str) -> list[tuple[object, ...]]:
        return self.rows("SELECT code, raw, times FROM quarantine WHERE topic = %s ORDER BY id", topic)

    def packets(self, terminal_id: int) -> list[tuple[object, ...]]:
        return self.rows(
            "SELECT protocol, raw, samples_n FROM packets WHERE terminal_id = %s ORDER BY received_at, digest",
            terminal_id,
        )

    def samples(self, terminal_id: int) -> list[tuple[object, ...]]:
        return self.rows(
            "SELECT (extract(epoch FROM measured_at) * 1000000)::bigint, round(lon::numeric, 6)::float8, "
            "round(lat::numeric, 6)::float8 FROM samples WHERE terminal_id = %s ORDER BY 1",
            terminal_id,
        )

    def world(self) -> list[tuple[object, ...]]:
        """All that a repetition must not change."""
        return [
            *self.rows("SELECT terminal_id, measured_at, digest, received_at FROM packets ORDER BY 1, 2, 3"),
            *self.rows("SELECT id, state, open, superseded FROM visits ORDER BY 1"),
            *self.rows("SELECT id, number, status, first_at, last_at, verdict, revised FROM violations ORDER BY 1"),
            *self.rows(
                "SELECT terminal_id, measured_at, last_fix_us, lon, lat, inside FROM terminal_states ORDER BY 1"
            ),
        ]


@pytest.fixture
def bench(database_url: str) -> Iterator[Bench]:
    with db.connect(database_url) as connection:
        yield Bench(connection, Ingest(connection))


def said(tally: Tally) -> list[tuple[str, str, str | None]]:
    """Answers: topic, result, fault."""
    return [(one.topic, (body := json.loads(one.payload))["result"], body["fault"]) for one in tally.replies]


def location(at_us: int, lon: float = LON, lat: float = LAT, status: int = POSITIONED) -> Location:
    return Location(0, status, round(lat * 1e6), round(lon * 1e6), 100, 300, 90, city.moment(at_us))


def box_frame(
    phone: str, serial: int, at_us: int, lon: float = LON, lat: float = LAT, status: int = POSITIONED
) -> bytes:
    return jt808.encode(Message(Header(0x0200, phone, serial), location(at_us, lon, lat, status)))


def machine_frames(code: str, at_us: int) -> dict[str, bytes]:
    """One report of each dialect, two records."""
    who, position = packing.identities([code]), packing.write_positions(*np.array([[LON], [LAT]]), np.array([True]))
    bodies = packing.machine_bodies({"engine_speed_rpm": np.array([900.0, 950.0])}, 2)
    at, times, serial = np.array([at_us]), np.array([at_us, at_us + SECOND]), np.array([7])
    return {
        "hj1014": packing.untimed_layout(who, at, serial, bodies, position)[0],
        "hj1322": packing.timed_layout(who, at, serial, bodies, times, position)[0],
    }


def ev_frame(name: str, at: bytes = bytes([26, 11, 20, 8, 30, 0])) -> bytes:
    """GB/T 32960.3: real-time report with a position (type 05), written by hand."""
    data = at + b"\x05\x00" + round(LON * 1e6).to_bytes(4, "big") + round(LAT * 1e6).to_bytes(4, "big")
    body = b"\x02\xfe" + name.encode() + b"\x01" + len(data).to_bytes(2, "big") + data
    check = 0
    for octet in body:
        check ^= octet
    return b"##" + body + bytes([check])


@pytest.mark.parametrize(("layout", "protocol"), [("A", "gb17691"), ("C", "hj1239")])
def test_truck_frames_are_kept_whole_and_read_as_samples(bench: Bench, layout: str, protocol: str) -> None:
    name = city.vin(100 + ord(layout))
    number = city.terminal(bench.connection, "hdv", name)
    [frames] = bulk_frames([name], BEGIN_US, 30, 10, layout=layout)
    tally = bench.take(*(Sent(city.topic("hdv", name), frame) for frame in frames))
    assert (tally.stored, tally.repeated, tally.held, tally.samples) == (3, 0, 0, 30)
    assert sorted(bench.packets(number)) == sorted((protocol, frame, 10) for frame in frames)
    samples = bench.samples(number)
    assert [row[0] for row in samples] == [BEGIN_US + n * SECOND for n in range(30)]
    assert bench.rows("SELECT sha256 FROM packets WHERE terminal_id = %s AND raw = %s", number, frames[0]) == [
        (hashlib.sha256(frames[0]).digest(),)
    ]
    assert bench.rows("SELECT layout FROM terminals WHERE id = %s", number) == [(layout,)]
    assert said(tally) == [(city.topic("hdv", name).replace("/up", "/down"), "right", None)] * 3


@pytest.mark.parametrize("dialect", ["hj1014", "hj1322"])
def test_machine_frames(bench: Bench, dialect: str) -> None:
    code = f"SYNMACH{dialect[2:]:0>10}"
    number = city.terminal(bench.connection, "nrmm", code)
    frame = machine_frames(code, BEGIN_US)[dialect]
    assert bench.take(Sent(city.topic("nrmm", code), frame)).stored == 1
    assert bench.packets(number) == [("nrmm", frame, 2)]
    assert bench.samples(number)[0][1:] == (LON, LAT)


def test_box_frames_single_and_in_a_batch(bench: Bench) -> None:
    number = city.terminal(bench.connection, "jt808", "13800000001")
    one = box_frame("13800000001", 1, BEGIN_US)
    many = Message(
        Header(0x0704, "13800000001", 2), Batch(1, tuple(location(BEGIN_US + n * 30 * SECOND) for n in (1, 2, 3)))
    )
    tally = bench.take(*(Sent(city.topic("jt808", "13800000001"), f) for f in (one, jt808.encode(many))))
    assert (tally.stored, tally.samples) == (2, 4)
    assert [row[0] for row in bench.samples(number)] == [BEGIN_US + n * 30 * SECOND for n in range(4)]


@pytest.mark.parametrize("registered", ["13800000002", "013800000003"])
@pytest.mark.parametrize("padded", [False, True])
def test_zeros_that_pad_a_phone_make_no_other_device(bench: Bench, registered: str, padded: bool) -> None:
    """The field is of 6 or 10 bytes: the register, the topic and the frame may each write it with zeros or without."""
    bench.connection.execute("DELETE FROM terminal_states; DELETE FROM terminals WHERE kind = 'jt808'")
    number = city.terminal(bench.connection, "jt808", registered)
    name = registered.lstrip("0").zfill(12 if padded else 1)
    tally = bench.take(Sent(city.topic("jt808", name), box_frame(name, 1, BEGIN_US + number)))
    assert said(tally) == [(f"emission/v1/jt808/{name}/down", "right", None)]
    assert len(bench.packets(number)) == 1


def test_electric_vehicles_and_trackers(bench: Bench) -> None:
    name = city.vin(120)
    ev = city.terminal(bench.connection, "ev", name)
    tracker = city.terminal(bench.connection, "json", "TRK-1")
    report = city.report([(BEGIN_US, LON, LAT)])
    tally = bench.take(Sent(city.topic("ev", name), ev_frame(name)), Sent(city.topic("json", "TRK-1"), report))
    assert tally.stored == 2
    assert bench.packets(ev) == [("gb32960", ev_frame(name), 1)]
    at_us = round(datetime(2026, 11, 20, 0, 30, tzinfo=UTC).timestamp()) * SECOND
    assert bench.samples(ev) == [(at_us, LON, LAT)]
    assert bench.packets(tracker) == [("json", report, 1)]


def test_hex_text_and_several_frames_in_a_message(bench: Bench) -> None:
    name = city.vin(130)
    number = city.terminal(bench.connection, "hdv", name)
    [frames] = bulk_frames([name], BEGIN_US, 50, 10)
    broken = frames[3][:-1] + bytes([frames[3][-1] ^ 1])
    payload = b"".join(frames[:3]) + broken + frames[4]
    tally = bench.take(
        Sent(city.topic("hdv", name), payload), Sent(city.topic("hdv", name), frames[3].hex(" ").encode())
    )
    assert (tally.received, tally.stored, tally.held) == (2, 5, 1)
    assert sorted(row[1] for row in bench.packets(number)) == sorted(frames)
    assert [row[1] for row in bench.held(city.topic("hdv", name))] == [broken]


def test_a_repetition_changes_nothing(bench: Bench) -> None:
    """Frames sent again in any company, one of them twice in a batch, and a re-issue of what was sent live."""
    name = city.vin(140)
    owner = city.truck(bench.connection)
    city.version(bench.connection, city.zone(bench.connection), city.square())
    number = city.terminal(bench.connection, "hdv", name, truck_id=owner)
    bodies = packing.truck_bodies({}, np.full(60, LON), np.full(60, LAT), np.ones(60, np.bool_))
    times = BEGIN_US + np.arange(60) * SECOND
    who = packing.identities([name] * 6)
    frames = packing.timed_layout(who, times[9::10], np.arange(6), bodies, times)
    messages = [Sent(city.topic("hdv", name), frame) for frame in frames]
    bench.take(*messages[:4])
    bench.take(*messages[4:])
    assert bench.rows("SELECT count(*) FROM violations WHERE terminal_id = %s", number) == [(1,)]
    before = bench.world()
    tally = bench.take(messages[5], messages[0], messages[0], *messages)
    assert (tally.stored, tally.repeated, tally.samples) == (0, 9, 0)
    assert {result for _, result, _ in said(tally)} == {"right"} and len(tally.replies) == 9
    assert bench.world() == before
    reissued = []
    for frame in frames:
        body = frame[:2] + b"\x03" + frame[3:-1]
        reissued.append(body + bytes([np.bitwise_xor.reduce(np.frombuffer(body[2:], np.uint8))]))
    samples = bench.samples(number)
    assert bench.take(*(Sent(city.topic("hdv", name), frame) for frame in reissued)).stored == 6
    assert bench.samples(number) == samples
    same = "SELECT id, state, superseded FROM visits WHERE terminal_id = %s"
    assert bench.rows("SELECT count(*) FROM violations WHERE terminal_id = %s", number) == [(1,)]
    assert len(bench.rows(same, number)) == 1


def test_a_frame_without_a_time_is_kept_once(bench: Bench) -> None:
    """A heartbeat says no time: what was not answered in time and is sent again is the same packet still."""
    number = city.terminal(bench.connection, "jt808", "13800000010")
    beat = Sent(city.topic("jt808", "13800000010"), jt808.encode(Message(Header(0x0002, "13800000010", 9), Empty())))
    assert bench.take(beat).stored == 1
    assert (bench.take(beat, beat).stored, len(bench.packets(number))) == (0, 1)
    bench.at_us += 2 * 3600 * SECOND
    assert bench.take(beat).stored == 1  # serials come round again: hours later it is another one


REFUSED = [
    ("retained", {"retained": True}, False),
    ("qos", {"qos": 0}, False),
    ("length", {"payload": b""}, True),
    ("check_byte", {"payload": None}, True),
    ("length", {"payload": b"x" * 300_000}, True),
]


@pytest.mark.parametrize(("code", "changes", "told"), REFUSED, ids=[f"{row[0]}{n}" for n, row in enumerate(REFUSED)])
def test_what_is_refused_is_held_whole(bench: Bench, code: str, changes: dict[str, object], told: bool) -> None:
    name = city.vin(200 + next(city.numbers))
    number = city.terminal(bench.connection, "hdv", name)
    [[frame]] = bulk_frames([name], BEGIN_US, 10, 10)
    message = Sent(city.topic("hdv", name), frame)._replace(**changes)
    if message.payload is None:
        message = message._replace(payload=frame[:40] + bytes([frame[40] ^ 1]) + frame[41:])
    tally = bench.take(message)
    assert (tally.stored, tally.held) == (0, 1)
    assert bench.held(message.topic) == [(code, message.payload, 1)]
    assert bench.packets(number) == []
    assert said(tally) == ([(message.topic.replace("/up", "/down"), "wrong", code)] if told else [])
    bench.take(message)
    assert bench.held(message.topic) == [(code, message.payload, 2)]


def test_encryption_is_held_and_told(bench: Bench) -> None:
    name = city.vin(300)
    city.terminal(bench.connection, "hdv", name)
    [[frame]] = bulk_frames([name], BEGIN_US, 10, 10)
    body = frame[:21] + b"\x03" + frame[22:-1]
    body += bytes([np.bitwise_xor.reduce(np.frombuffer(body[2:], np.uint8))])
    tally = bench.take(Sent(city.topic("hdv", name), body))
    assert said(tally)[0][1:] == ("wrong", "encrypted")


def test_a_frame_must_name_the_device_of_its_topic(bench: Bench) -> None:
    names = [city.vin(310), city.vin(311)]
    numbers = [city.terminal(bench.connection, "hdv", name) for name in names]
    [[frame]] = bulk_frames([names[0]], BEGIN_US, 10, 10)
    tally = bench.take(Sent(city.topic("hdv", names[1]), frame))
    assert said(tally)[0][1:] == ("wrong", "device_mismatch")
    assert [bench.packets(number) for number in numbers] == [[], []]


def test_a_suspended_terminal_is_not_heard_until_it_is_active_again(bench: Bench) -> None:
    for answers, device in ((True, "TRK-20"), (False, "TRK-21")):
        number = city.terminal(bench.connection, "json", device, state="suspended", answers=answers)
        message = Sent(city.topic("json", device), city.report([(BEGIN_US, LON, LAT)]))
        tally = bench.take(message)
        assert [row[2] for row in said(tally)] == (["device_suspended"] if answers else [])
        bench.connection.execute("UPDATE terminals SET state = 'active' WHERE id = %s", (number,))
        assert bench.take(message).stored == 1


def test_a_terminal_of_a_standard_without_answers_is_told_nothing(bench: Bench) -> None:
    city.terminal(bench.connection, "json", "TRK-22", answers=False)
    good, bad = city.report([(BEGIN_US, LON, LAT)]), b'{"time": "never", "lon": 1, "lat": 2}'
    tally = bench.take(Sent(city.topic("json", "TRK-22"), good), Sent(city.topic("json", "TRK-22"), bad))
    assert (tally.stored, tally.held, tally.replies) == (1, 1, [])


def test_times_ahead_of_ours(bench: Bench) -> None:
    """Up to five minutes ahead counts; up to a day is kept but is no position; beyond that it is no time."""
    number = city.terminal(bench.connection, "json", "TRK-30")
    for ahead_s, stored, last in ((250, 1, 250), (3600, 1, 250), (86_400 * 2, 0, 250)):
        at_us = bench.at_us + SECOND + ahead_s * SECOND
        tally = bench.take(Sent(city.topic("json", "TRK-30"), city.report([(at_us, LON, LAT)])))
        assert tally.stored == stored
        [(last_fix_us,)] = bench.rows("SELECT last_fix_us FROM terminal_states WHERE terminal_id = %s", number)
        assert last_fix_us == NOW_US + SECOND + last * SECOND


def test_declared_gcj02_is_stored_as_wgs84(bench: Bench) -> None:
    lon, lat = (round(float(one), 6) for one in wgs84_to_gcj02(LON, LAT))
    declared = city.terminal(bench.connection, "json", "TRK-40", coordinates="gcj02")
    spoken = city.terminal(bench.connection, "jt808", "13800000040")
    bench.take(
        Sent(city.topic("json", "TRK-40"), city.report([(BEGIN_US, lon, lat)])),
        Sent(city.topic("jt808", "13800000040"), box_frame("13800000040", 1, BEGIN_US, lon, lat, POSITIONED | 0x20)),
    )
    for number in (declared, spoken):
        [(_, got_lon, got_lat)] = bench.samples(number)
        assert (got_lon, got_lat) == (pytest.approx(LON, abs=3e-6), pytest.approx(LAT, abs=3e-6))


HOSTILE = [
    "emission/v1/json/TRK\x00/up",
    "emission/v1/json/" + "Ω" * 3000 + "/up",
    "emission/v1/json/" + "".join(chr(0x4E00 + n * 7 % 20000) for n in range(6000)) + "/up",
    "emission/v1/json/'; DROP TABLE packets; --/up",
    "emission/v1/json//up",
    "emission/v1/boat/X/up",
    "emission/v2/json/X/up",
    "�" * 100,
    "",
]


@pytest.mark.parametrize("topic", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_topics_are_held_and_stop_nothing(bench: Bench, topic: str) -> None:
    device = f"TRK-H{next(city.numbers)}"
    number = city.terminal(bench.connection, "json", device)
    zone = city.zone(bench.connection)
    city.version(bench.connection, zone, city.square())
    fix = city.report([(BEGIN_US, LON, LAT)])
    tally = bench.take(Sent(topic, fix), Sent(city.topic("json", device), fix))
    assert (tally.stored, tally.held) == (1, 1)
    assert len(bench.packets(number)) == 1
    assert bench.rows("SELECT count(*) FROM quarantine WHERE code = 'platform_fault'") == [(0,)]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"time": "2026-11-20T00:00:00Z", "lon": 120.4, "lat": 41.5, "note": "\\u0000 \\ud800 <script>"}',
        b'{"time": "2026-11-20T00:00:00Z", "lon": 1e400, "lat": 41.5}',
        b'{"time": "9999-12-31T23:59:59Z", "lon": 120.4, "lat": 41.5}',
        b'{"time": "0001-01-01T00:00:00Z", "lon": 120.4, "lat": 41.5}',
        b'{"time": -62135596800, "lon": 120.4, "lat": 41.5}',
        b'{"ts": 99999999999999999999, "values": {"lon": 120.4, "lat": 41.5}}',
        b"[" * 5000,
        b'{"lon": NaN, "lat": 41.5}',
        b"\xff\xfe\x00",
        b"##" * 2000,
        b"~" * 3000,
    ],
    ids=range(11),
)
def test_hostile_payloads_are_stored_or_held_and_never_a_fault_of_ours(bench: Bench, payload: bytes) -> None:
    device = f"TRK-P{next(city.numbers)}"
    number = city.terminal(bench.connection, "json", device)
    good = city.report([(BEGIN_US, LON, LAT)])
    tally = bench.take(Sent(city.topic("json", device), payload), Sent(city.topic("json", device), good))
    assert tally.stored >= 1 and tally.stored + tally.held >= 2
    assert good in [row[1] for row in bench.packets(number)]
    assert bench.rows("SELECT detail FROM quarantine WHERE code = 'platform_fault'") == []
    assert bench.rows("SELECT count(*) FROM sample_rows WHERE terminal_id = %s", number)[0][0] >= 1


def test_a_message_that_the_database_refuses_is_held_alone(bench: Bench) -> None:
    """Whatever a row breaks, the others of its batch are stored, it is held with the cause, and an alarm is raised."""
    bench.connection.execute(
        "CREATE OR REPLACE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.raw LIKE '%%poison%%' THEN RAISE EXCEPTION 'refused' USING ERRCODE = current_setting('poison.code'); "
        "END IF; RETURN NEW; END $$"
    )
    number = city.terminal(bench.connection, "json", "TRK-50")
    bench.take(Sent(city.topic("json", "TRK-50"), city.report([(BEGIN_US, LON, LAT)])))
    day = f"packets_{city.BEGIN:%Y%m%d}"
    bench.connection.execute(
        f"CREATE TRIGGER poison BEFORE INSERT ON {day} FOR EACH ROW EXECUTE FUNCTION refuse_poison()"  # type: ignore[arg-type]
    )
    try:
        for code in ("23514", "54000", "22000"):
            bench.connection.execute("SELECT set_config('poison.code', %s, false)", (code,))
            at_us = BEGIN_US + (int(code) + 1) * SECOND
            messages = [
                Sent(
                    city.topic("json", "TRK-50"),
                    city.report([(at_us + n, LON, LAT)], note="poison" if n == 3 else code),
                )
                for n in range(9)
            ]
            tally = bench.take(*messages)
            assert (tally.stored, tally.held) == (8, 1)
            assert sorted(row[2] or "" for row in said(tally)) == [*[""] * 8, "platform_fault"]
            [(_raw, detail)] = bench.rows(
                "SELECT raw, detail FROM quarantine WHERE code = 'platform_fault' AND raw = %s", messages[3].payload
            )
            assert "refused" in str(detail)
        assert len(bench.packets(number)) == 25
        assert bench.rows("SELECT count(*) FROM alarms WHERE kind = 'platform_fault'") == [(1,)]
    finally:
        bench.connection.execute(f"DROP TRIGGER poison ON {day}")  # type: ignore[arg-type]
        bench.connection.execute("DELETE FROM quarantine WHERE code = 'platform_fault'")


def test_many_bad_frames_raise_one_alarm(bench: Bench) -> None:
    city.terminal(bench.connection, "json", "TRK-60")
    bad = [Sent(city.topic("json", "TRK-60"), b'{"n": %d}' % n) for n in range(30)]
    bench.take(*bad[:15])
    assert bench.rows("SELECT count(*) FROM alarms WHERE kind = 'bad_frames'") == [(0,)]
    bench.take(*bad)
    bench.take(*bad)
    assert bench.rows("SELECT count(*), max(detail ->> 'held') FROM alarms WHERE kind = 'bad_frames'") == [(1, "30")]


def test_the_minute_counts_add_up(bench: Bench) -> None:
    city.terminal(bench.connection, "json", "TRK-61")
    ingest = Ingest(bench.connection, slot=77)
    good = Sent(city.topic("json", "TRK-61"), city.report([(BEGIN_US, LON, LAT), (BEGIN_US + SECOND, LON, LAT)]))
    for _ in range(3):
        ingest.take([good, good._replace(qos=0)], NOW_US)
    [counted] = bench.rows("SELECT received, stored, repeated, held, samples FROM ingest_counts WHERE slot = 77")
    assert counted == (6, 1, 2, 3, 2)


def test_days_that_have_no_partition_are_made_and_batches_span_them(bench: Bench) -> None:
    number = city.terminal(bench.connection, "json", "TRK-70")
    days = [BEGIN_US - n * 86_400 * SECOND for n in (400, 1, 0, 800)]
    tally = bench.take(*(Sent(city.topic("json", "TRK-70"), city.report([(at, LON, LAT)])) for at in days))
    assert (tally.stored, tally.held) == (4, 0)
    assert [row[0] for row in bench.samples(number)] == sorted(days)
    assert bench.take(Sent(city.topic("json", "TRK-70"), city.report([(days[3], LON, LAT)]))).repeated == 1


def test_a_learned_layout_is_kept_where_its_batch_was_undone_first(
    bench: Bench, database_url: str, make_other: Callable[[], Ingest]
) -> None:
    """Another worker reads by the layout that this one learned; a batch that is undone leaves no false memory."""
    name = city.vin(400)
    number = city.terminal(bench.connection, "hdv", name)
    [frames] = bulk_frames([name], BEGIN_US, 30, 10, layout="A")
    bench.take(Sent(city.topic("hdv", name), frames[0]))
    other = make_other()
    assert other.take([Sent(city.topic("hdv", name), frames[1])], bench.at_us).stored == 1
    assert other.watch.terminals["hdv", name].layout == "A"
    assert bench.rows("SELECT layout FROM terminals WHERE id = %s", number) == [("A",)]
    assert replace(other.watch.terminals["hdv", name], layout=None).layout is None


@pytest.fixture
def make_other(database_url: str) -> Iterator[Callable[[], Ingest]]:
    opened = []

    def make() -> Ingest:
        opened.append(db.connect(database_url))
        return Ingest(opened[-1], slot=1)

    yield make
    for one in opened:
        one.close()


def long_batch(phone: str, serial: int, count: int = 60) -> tuple[Message, list[bytes]]:
    """A 0704 of many positions, which goes in parts."""
    whole = Message(
        Header(0x0704, phone, serial), Batch(1, tuple(location(BEGIN_US + n * SECOND) for n in range(count)))
    )
    return whole, list(jt808.encode_parts(whole, 500))


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2], [2, 2, 0, 3, 1, 1]])
def test_parts_of_a_long_message_may_come_in_any_batch_and_to_any_worker(
    bench: Bench, make_other: Callable[[], Ingest], order: list[int]
) -> None:
    phone = f"138001{next(city.numbers):05d}"
    number = city.terminal(bench.connection, "jt808", phone)
    _, parts = long_batch(phone, 65_534)  # the serials of the parts come round
    assert len(parts) == 4
    workers = [bench.ingest, make_other()]
    for n, place in enumerate(order):
        last = set(order[: n + 1]) == set(range(4))
        assert (len(bench.samples(number)) > 0) is (set(order[:n]) == set(range(4)))
        tally = workers[n % 2].take([Sent(city.topic("jt808", phone), parts[place])], bench.at_us + n)
        assert [result for _, result, _ in said(tally)] == ["right"]
        assert tally.stored == int(place not in order[:n])
        assert (len(bench.samples(number)) == 60) is last
    stored = [row[1] for row in bench.packets(number)]
    assert sorted(stored) == sorted([*parts, b"".join(parts)])
    assert [row[0] for row in bench.samples(number)] == [BEGIN_US + n * SECOND for n in range(60)]
    before = bench.world()
    bench.at_us += 100
    bench.take(*(Sent(city.topic("jt808", phone), part) for part in reversed(parts)))
    assert bench.world() == before


def test_all_parts_in_one_batch_make_a_visit(bench: Bench) -> None:
    phone = "13800190000"
    number = city.terminal(bench.connection, "jt808", phone, truck_id=city.truck(bench.connection))
    city.version(bench.connection, city.zone(bench.connection), city.square())
    _, parts = long_batch(phone, 5)
    other = box_frame(phone, 100, BEGIN_US + 90 * SECOND)
    tally = bench.take(*(Sent(city.topic("jt808", phone), frame) for frame in (*parts[:2], other, *parts[2:])))
    assert (tally.stored, tally.held, tally.samples) == (5, 0, 61)
    rows = bench.rows("SELECT dwell_s FROM violations WHERE terminal_id = %s AND status = 'flagged'", number)
    assert {row[0] for row in rows} == {90}


def test_a_part_that_never_comes_leaves_the_others_as_they_are(bench: Bench) -> None:
    phone = "13800190001"
    number = city.terminal(bench.connection, "jt808", phone)
    _, parts = long_batch(phone, 5)
    bench.take(*(Sent(city.topic("jt808", phone), part) for part in parts[1:]))
    assert sorted(row[1] for row in bench.packets(number)) == sorted(parts[1:])
    assert bench.samples(number) == []


def test_a_heartbeat_is_heard_though_it_measures_nothing(bench: Bench) -> None:
    number = city.terminal(bench.connection, "jt808", "13800000077")
    beat = jt808.encode(Message(Header(0x0002, "13800000077", 3), Empty()))
    bench.take(Sent(city.topic("jt808", "13800000077"), beat))
    heard = bench.rows(
        "SELECT (extract(epoch FROM received_at) * 1000000)::bigint, measured_at, lon FROM terminal_states "
        "WHERE terminal_id = %s",
        number,
    )
    assert heard == [(bench.at_us, None, None)]
