"""The quarantine: who sees which frames, filters, the place of the fault, replay and setting aside, alarms."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import settle_quarantine
from server.store import quarantine
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from server.web import hex_dump
from server.web.telemetry_words import QUARANTINE
from telemetry.protocols.errors import FaultCode
from tests.server import fleets
from tests.server.conftest import Browser, City
from tests.server.fleets import BEGIN_US, SECOND_US, Sent

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
HOSTILE = b"<script>alert(1)</script><img src=x onerror=alert(1)>"
ACTOR = Actor(None, "test")


def held(engine: Engine, device: str) -> list[dict[str, object]]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT id, code, state, reason, settled_by, times FROM quarantine WHERE device = :d ORDER BY id"),
            {"d": device},
        )
        return [dict(row) for row in rows.mappings()]


def stranger(engine: Engine, frames_n: int = 3) -> tuple[str, list[Sent]]:
    """Frames of a terminal that nobody has on file."""
    one = fleets.member("hdv", "C")
    sent = fleets.frames(one, 10 * frames_n)
    fleets.take(engine, sent, BEGIN_US + 10 * (frames_n + 1) * SECOND_US)
    return one.device, sent


def test_every_cause_has_words_and_advice_in_both_languages() -> None:
    assert {str(code) for code in FaultCode} <= set(QUARANTINE)
    assert {"unknown_device", "device_suspended", "topic", "qos", "retained", "platform_fault"} <= set(QUARANTINE)
    assert all(text_ for pairs in QUARANTINE.values() for pair in pairs for text_ in pair)


def test_the_city_sees_all_and_a_county_its_own_terminals(browse: Browse, engine: Engine, city: City) -> None:
    own, foreign = fleets.member("hdv", "C"), fleets.member("hdv", "C")
    fleets.enrol(engine, own, division="211324")
    fleets.enrol(engine, foreign, division="211322")
    wrong = [fleets.broken(fleets.frames(one, 10)[0]) for one in (own, foreign)]
    fleets.take(engine, wrong, BEGIN_US + 15 * SECOND_US)
    unknown, _ = stranger(engine)
    county, officer = browse("county"), browse("officer")
    mine, theirs, nobodys = (int(str(held(engine, d)[0]["id"])) for d in (own.device, foreign.device, unknown))
    page = county.get("/quarantine/").text
    assert own.device in page and foreign.device not in page and unknown not in page
    for number in (theirs, nobodys):
        assert county.get(f"/quarantine/{number}").status_code == 404
        assert county.get(f"/quarantine/{number}/raw").status_code == 404
        county.post("/quarantine/set-aside", {"chosen": number, "reason": "不是我的"})
        county.post("/quarantine/replay", {"chosen": number})
        assert officer.get(f"/quarantine/{number}").status_code == 200
    assert held(engine, foreign.device)[0]["state"] == held(engine, unknown)[0]["state"] == "held"
    assert county.get(f"/quarantine/{mine}").status_code == 200
    county.post("/quarantine/set-aside", {"which": "all", "device": foreign.device, "reason": "不是我的"})
    assert held(engine, foreign.device)[0]["state"] == "held"


def test_who_may_not_settle_sees_no_button(browse: Browse, engine: Engine, city: City) -> None:
    device, _ = stranger(engine)
    number = held(engine, device)[0]["id"]
    page = browse("read_only").get(f"/quarantine/{number}").text
    assert 'name="reason"' not in page
    assert browse("read_only").post("/quarantine/replay", {"chosen": number}).status_code == 403
    assert browse("enterprise").get("/quarantine/").status_code == 403


def test_the_fault_is_marked_at_its_byte(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "A")
    fleets.enrol(engine, one)
    sent = fleets.broken(fleets.frames(one, 10)[0])
    fleets.take(engine, [sent], BEGIN_US + 15 * SECOND_US)
    found = held(engine, one.device)[0]
    page = browse("officer").get(f"/quarantine/{found['id']}").text
    assert found["code"] == "check_byte"
    assert f"<mark>{sent.payload[-1]:02X}</mark>" in page
    assert "校验码错误" in page and "位于第 430 字节" in page
    assert sent.topic in page
    assert browse("officer").get(f"/quarantine/{found['id']}/raw").data == sent.payload


def test_after_the_mend_a_replay_takes_them_in(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "C")
    fleets.take(engine, fleets.frames(one, 30), BEGIN_US + 40 * SECOND_US)
    officer = browse("officer")
    assert [row["state"] for row in held(engine, one.device)] == ["held"] * 3
    first = held(engine, one.device)[0]["id"]
    page = officer.get(f"/quarantine/{first}").text
    assert "设备未登记" in page and "解码器可以解析" in page
    officer.post("/quarantine/replay", {"chosen": first, "number": first})
    assert held(engine, one.device)[0]["state"] == "held", "nobody has put it on file yet"
    number = fleets.enrol(engine, one)
    answer = officer.post("/quarantine/replay", {"which": "all", "device": one.device, "state": "held"})
    assert answer.status_code == 303
    rows = held(engine, one.device)
    assert [row["state"] for row in rows] == ["replayed"] * 3
    assert {row["settled_by"] for row in rows} == {city.accounts["officer"]}
    with transaction(engine) as connection:
        stored = connection.execute(
            text("SELECT count(*), min(received_at) FROM packets WHERE terminal_id = :t"), {"t": number}
        ).one()
        audited = connection.execute(text("SELECT count(*) FROM audit_log WHERE action = 'quarantine.replay'")).scalar()
    assert stored[0] == 3 and round(stored[1].timestamp()) * SECOND_US == BEGIN_US + 40 * SECOND_US
    assert audited
    assert officer.get(f"/terminals/{number}").status_code == 200


def test_a_long_replay_goes_on_by_portions_and_never_over_the_same_frame(
    browse: Browse, engine: Engine, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle_quarantine, "PORTION", 2)
    device, _ = stranger(engine, 5)
    officer = browse("officer")
    form = {"which": "all", "device": device, "state": "held"}
    seen = []
    for _ in range(5):
        answer = officer.post("/quarantine/replay", form)
        if answer.status_code == 303:
            break
        fields = dict(re.findall(r'name="(after|taken|stored|total)" value="(\d+)"', answer.text))
        seen.append(int(fields["taken"]))
        form |= fields
    assert seen == [2, 4] and fields["total"] == "5"
    assert {row["times"] for row in held(engine, device)} == {2}, "each was refused once more"


def test_set_aside_needs_a_reason_and_keeps_what_was_typed(browse: Browse, engine: Engine, city: City) -> None:
    device, _ = stranger(engine)
    officer = browse("officer")
    numbers = [row["id"] for row in held(engine, device)]
    answer = officer.post("/quarantine/set-aside", {"chosen": numbers[0], "number": numbers[0], "reason": "短"})
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text and 'value="短"' in answer.text
    answer = officer.post("/quarantine/set-aside", {"chosen": numbers[:2], "reason": "厂家测试报文"})
    assert answer.status_code == 303
    rows = held(engine, device)
    assert [row["state"] for row in rows] == ["set_aside", "set_aside", "held"]
    assert rows[0]["reason"] == "厂家测试报文" and rows[0]["settled_by"] == city.accounts["officer"]
    assert "厂家测试报文" in officer.get(f"/quarantine/{numbers[0]}").text
    with transaction(engine) as connection:
        detail = connection.execute(
            text("SELECT detail FROM audit_log WHERE action = 'quarantine.set_aside' ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    assert detail["frames"] == 2 and detail["ids"] == numbers[:2]


def test_nothing_chosen_changes_nothing_and_says_so(browse: Browse) -> None:
    for place in ("replay", "set-aside"):
        for form in ({}, {"chosen": "x"}, {"chosen": "9" * 30}, {"chosen": "-1"}):
            answer = browse("officer").post(f"/quarantine/{place}", {"reason": "足够长的原因", **form})
            assert answer.status_code == 422 and "请在列表中勾选报文" in answer.text


def test_filters_find_and_all_stays_all(browse: Browse, engine: Engine, city: City) -> None:
    device, _ = stranger(engine)
    officer = browse("officer")
    number = held(engine, device)[0]["id"]
    officer.post("/quarantine/set-aside", {"chosen": number, "reason": "筛选测试用"})
    assert f'data-href="/quarantine/{number}"' not in officer.get(f"/quarantine/?device={device}").text
    every = officer.get(f"/quarantine/?device={device}&state=").text
    assert f'data-href="/quarantine/{number}"' in every
    assert "state=&amp;" in every, "links to other pages keep it"
    assert f'data-href="/quarantine/{number}"' in officer.get(f"/quarantine/?device={device}&state=set_aside").text
    for question in ("code=check_byte", "kind=json", "from=2027-01-01", "to=2020-01-01"):
        assert (
            f'data-href="/quarantine/{number}"'
            not in officer.get(f"/quarantine/?state=&device={device}&{question}").text
        )
    for question in (
        "code=x",
        "kind=%00",
        "from=x",
        "sort=raw",
        "sort=times",
        "page=99999",
        "device=%25_%5C",
        "id=%27",
    ):
        assert officer.get(f"/quarantine/?{question}").status_code == 200, question


def test_hostile_bytes_and_names_stay_text(browse: Browse, engine: Engine, city: City) -> None:
    topic = f"emission/v1/json/{HOSTILE.decode()[:30]}/up"
    payloads = [
        HOSTILE,
        b'{"' + HOSTILE + b'": 1}',
        b"\x00\xff\xfe" * 50,
        bytes(range(256)),
        b"",
        b"##" + b"\x00" * 30000,
    ]
    fleets.take(engine, [Sent(topic, payload) for payload in payloads], BEGIN_US + 9 * SECOND_US)
    fleets.take(engine, [Sent("a/b/<script>", HOSTILE)], BEGIN_US + 9 * SECOND_US)
    with transaction(engine) as connection:
        numbers = list(connection.execute(text("SELECT id FROM quarantine WHERE topic LIKE '%script%'")).scalars())
        assert len(numbers) == 7
    officer = browse("officer")
    for place in ["/quarantine/?columns=topic&columns=device", *(f"/quarantine/{number}" for number in numbers)]:
        answer = officer.get(place)
        assert answer.status_code == 200, place
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text and " style=" not in answer.text


def test_open_alarms_stand_on_top_until_somebody_has_seen_them(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        number = connection.execute(
            text("INSERT INTO alarms (kind, detail) VALUES ('bad_frames', '{\"held\": 97}') RETURNING id")
        ).scalar_one()
    officer = browse("officer")
    seen = f"/quarantine/alarms/{number}/seen"
    assert seen in officer.get("/quarantine/").text
    assert seen not in browse("read_only").get("/quarantine/").text
    assert officer.post(seen).status_code == 303
    assert seen not in officer.get("/quarantine/").text
    assert "此前已处理" in officer.post(seen, follow_redirects=True).text
    assert officer.post(f"/quarantine/alarms/{10**30}/seen").status_code == 303


def test_a_hundred_thousand_frames_page_in_the_database(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO quarantine (received_at, last_received_at, kind, device, topic, code, detail, sha256, raw)"
                " SELECT now(), now(), 'hdv', 'MANY' || n % 500, 'many', 'length', 'x', sha256(n::text::bytea),"
                " n::text::bytea FROM generate_series(1, 100000) n"
            )
        )
        connection.execute(text("ANALYZE quarantine"))
        plan = connection.execute(
            text("EXPLAIN SELECT q.* FROM quarantine q WHERE q.state = 'held' ORDER BY q.id DESC, q.id DESC LIMIT 50")
        ).scalars()
        assert "Index Scan" in "\n".join(plan)
    page = browse("officer").get("/quarantine/?code=length&page=1000")
    assert page.status_code == 200 and page.text.count("data-href=") == 50
    assert "10,000" in page.text
    with transaction(engine) as connection:
        found = quarantine.find(connection, Query({"code": "length"}), Scope())
        assert found.capped and len(found.rows) == 50
        query = Query({"code": "length", "device": "MANY"})
        assert settle_quarantine.set_aside_found(connection, ACTOR, Scope(), query, "大量测试") == 20_000
        connection.rollback()


# --- bytes for a reader: pure ---


def test_a_dump_marks_one_place_and_keeps_every_byte() -> None:
    raw = bytes(range(70))
    for marked in (None, 0, 15, 16, 37, 69, 70, 10**6, -1):
        found = hex_dump.dump(raw, marked)
        joined = " ".join(part for line in found.lines for part in line.hex if part)
        assert joined == raw.hex(" ").upper()
        marks = [line.hex[1] for line in found.lines if line.hex[1]]
        assert marks == ([f"{raw[marked]:02X}"] if marked is not None and 0 <= marked < 70 else [])
    assert hex_dump.dump(b"").lines == []
    assert hex_dump.dump(bytes(20_000)).left_out == 20_000 - hex_dump.MOST_BYTES
