"""Violations: who sees which, the page and its evidence, and a decision that is made once."""

import csv
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.flows import decide_violation
from server.flows.decide_violation import Decision, EvidenceBroken
from server.store import violations
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
CONFIRM = {"status": "confirmed", "reason": "track_clear", "note": "核对轨迹，确在区内"}
DISMISS = {"status": "dismissed", "reason": "exempt", "note": "持有通行手续"}
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>\'"&{{7*7}}'


@pytest.fixture(scope="module")
def zone(engine: Engine, city: City) -> records.Zone:
    with transaction(engine) as connection:
        return records.zone(connection)


@pytest.fixture
def flagged(engine: Engine, zone: records.Zone) -> int:
    with transaction(engine) as connection:
        return records.violation(connection, zone)


def status_of(engine: Engine, number: int) -> str:
    with transaction(engine) as connection:
        found: str = connection.execute(
            text("SELECT status FROM violations WHERE id = :id"), {"id": number}
        ).scalar_one()
        return found


# --- who sees which ---


def test_a_county_does_not_see_another_countys_violation(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        own = records.violation(connection, zone, division="211324")
        foreign = records.violation(connection, zone, division="211322")
    county = browse("county")
    assert county.get(f"/violations/{own}").status_code == 200
    for part in ("", "/why", "/track.json"):
        assert county.get(f"/violations/{foreign}{part}").status_code == 404
    assert county.post(f"/violations/{foreign}/decision", CONFIRM).status_code == 404
    assert status_of(engine, foreign) == "flagged"
    page = county.get("/violations/").text
    assert f"/violations/{own}" in page and f"/violations/{foreign}" not in page
    assert browse("officer").get(f"/violations/{foreign}").status_code == 200, "the city sees all its counties"


def test_an_enterprise_sees_its_own_confirmed_ones_and_nothing_else(
    browse: Browse, engine: Engine, zone: records.Zone, city: City
) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection, enterprise_id=city.enterprise_id)
        own = records.violation(connection, zone, owner, enterprise_id=city.enterprise_id)
        open_one = records.violation(connection, zone, owner, enterprise_id=city.enterprise_id)
        foreign = records.violation(connection, zone)
        records.packets(connection, owner[1])
    browse("officer").post(f"/violations/{own}/decision", CONFIRM)
    browse("officer").post(f"/violations/{foreign}/decision", CONFIRM)
    enterprise = browse("enterprise")
    page = enterprise.get(f"/violations/{own}")
    assert page.status_code == 200
    assert "SHA-256" not in page.text, "the packets are the bureau's"
    assert enterprise.get(f"/violations/{own}/track.json").status_code == 200
    assert enterprise.get(f"/violations/{own}/why").status_code == 200
    for hidden in (open_one, foreign):
        assert enterprise.get(f"/violations/{hidden}").status_code == 404
        assert enterprise.get(f"/violations/{hidden}/track.json").status_code == 404


def test_the_database_itself_fences_an_enterprise_on_a_connection_used_before(
    engine: Engine, zone: records.Zone, city: City
) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection, enterprise_id=city.enterprise_id)
        records.violation(connection, zone, owner, enterprise_id=city.enterprise_id, status="superseded")
        records.violation(connection, zone)
    one = engine.connect()  # held: every transaction below runs on this very connection
    try:
        raw = one.connection.driver_connection
        counts = []
        for fence in (None, city.enterprise_id, None, 0, city.enterprise_id):
            with one.begin():
                if fence is not None:
                    one.execute(text("SET LOCAL ROLE platform_fenced"))
                    one.execute(text("SELECT set_config('app.enterprise', :e, true)"), {"e": str(fence or "")})
                counts.append(one.execute(text("SELECT count(*) FROM trucks")).scalar_one())
        with one.begin():  # the role without its setting, after transactions that had one
            one.execute(text("SET LOCAL ROLE platform_fenced"))
            counts.append(one.execute(text("SELECT count(*) FROM trucks")).scalar_one())
        assert one.connection.driver_connection is raw
    finally:
        one.close()
    everything, own = counts[0], counts[1]
    assert everything > own > 0
    assert counts == [everything, own, everything, 0, own, 0]


@pytest.mark.parametrize("username", ["station", "partner"])
def test_a_fenced_account_without_an_enterprise_sees_nothing(engine: Engine, username: str, city: City) -> None:
    with transaction(engine, Fence()) as connection:
        assert connection.execute(text("SELECT count(*) FROM trucks")).scalar_one() == 0
        assert violations.find(connection, Scope(), Query()).rows == []


# --- the page ---


def test_the_page_tells_why_in_both_languages(browse: Browse, flagged: int) -> None:
    browser = browse("reviewer")
    page = browser.get(f"/violations/{flagged}").text
    for words in (
        "货车位于禁用区内。",
        "排放阶段为国三。",
        "《生态环境法典》第1057条",
        "已核实",
        "本记录为线索。",
        "0:10:00",
    ):
        assert words in page
    browser.post("/language", {"locale": "en"})
    page = browse("reviewer").get(f"/violations/{flagged}/why").text
    for words in (
        "The truck was inside the zone.",
        "The stage is III.",
        "Ecological Environment Code, art. 1057",
        "This is a lead.",
    ):
        assert words in page
    browser.post("/language", {"locale": "zh"})


@pytest.mark.parametrize("kept", [{}, {"sentence": None, "rules": "x", "segments": [1], "reasons": [{}]}, {"law": {}}])
def test_a_verdict_that_lacks_parts_still_shows(
    browse: Browse, engine: Engine, zone: records.Zone, kept: dict[str, object]
) -> None:
    with transaction(engine) as connection:
        number = records.violation(connection, zone, verdict=kept)
    assert browse("officer").get(f"/violations/{number}").status_code == 200


def test_later_data_are_told_beside_it(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    us = int(records.ACT.timestamp() * 1e6)
    with transaction(engine) as connection:
        number = records.violation(
            connection, zone, revised=[{"first_us": us, "last_us": us + 60_000_000}, {"superseded": True}]
        )
    page = browse("officer").get(f"/violations/{number}").text
    assert "在区时段现为 2026-11-24 08:15:00 至 2026-11-24 08:16:00。" in page
    assert "该在区记录不再成立" in page


def test_the_track_says_what_was_inside_and_keeps_the_edges_when_thinned(engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        _, terminal_id = records.truck(connection)
        records.packets(connection, terminal_id, 20)
        whole = violations.track(connection, terminal_id, zone.version_id, records.ACT, records.ACT, 5000)
        thin = violations.track(connection, terminal_id, zone.version_id, records.ACT, records.ACT, 10)
    assert whole["total"] == 120 and len(whole["points"]) == 120
    assert [p[5] for p in whole["points"]] == [120.40 <= p[1] <= 120.50 for p in whole["points"]]
    assert [p[0] for p in whole["points"]] == sorted(p[0] for p in whole["points"])
    changes = [(a[0], b[0]) for a, b in zip(whole["points"], whole["points"][1:], strict=False) if a[5] != b[5]]
    assert changes
    assert thin["total"] == 120 and len(thin["points"]) < 20
    times = {p[0] for p in thin["points"]}
    assert all(a in times and b in times for a, b in changes)


def test_packets_are_listed_in_pages_with_their_hashes(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        hashes = records.packets(connection, owner[1], 30)
        number = records.violation(connection, zone, owner)
    browser = browse("officer")
    first, second = (browser.get(f"/violations/{number}?packets={n}").text for n in (1, 2))
    assert [h in first for h in hashes] == [True] * 20 + [False] * 10
    assert [h in second for h in hashes] == [False] * 20 + [True] * 10


def test_hostile_names_stay_text_everywhere(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, HOSTILE)
        owner = records.truck(connection, "辽N<b>1", owner=HOSTILE)
        bad = records.verdict(
            sentence={"zh": HOSTILE, "en": HOSTILE}, reasons=[{"code": HOSTILE, "zh": HOSTILE, "en": HOSTILE}]
        )
        number = records.violation(connection, place, owner, verdict=bad, revised=[{"x": HOSTILE}])
        connection.execute(
            text(
                "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat)"
                " VALUES (:t, now(), now(), 120.41, 41.57)"
            ),
            {"t": owner[1]},
        )
        lead = connection.execute(
            text(
                "INSERT INTO leads (kind, key, device, division, first_at, last_at, detail) VALUES"
                " (:h, :h, :h, '211302', now(), now(), jsonb_build_object(cast(:h AS text), cast(:h AS text)))"
                " RETURNING id"
            ),
            {"h": HOSTILE},
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO alarms (kind, detail) VALUES (:h, jsonb_build_object(cast(:h AS text), cast(:h AS text)))"
            ),
            {"h": HOSTILE},
        )
    browser = browse("officer")
    browser.post(f"/violations/{number}/decision", {**DISMISS, "note": HOSTILE})
    addresses = [
        "/", "/map/", "/violations/", "/leads/", f"/leads/{lead}", f"/violations/{number}", f"/violations/{number}/why",
        "/search?q=%3Cscript%3E", "/violations/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/violations/?sort=%22%3E%3Cscript%3E",
    ]  # fmt: skip
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text, address
        assert "<img src=x" not in answer.text, address
        assert "<b>1" not in answer.text, address


# --- the list ---


def test_filters_sort_and_pages_stand_in_the_address(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, "分页区")
        numbers = [records.violation(connection, place, first_at=records.ACT + timedelta(minutes=n)) for n in range(55)]
    browser = browse("officer")
    first = browser.get(f"/violations/?zone={place.id}&sort=first_at").text
    second = browser.get(f"/violations/?zone={place.id}&sort=first_at&page=2").text
    assert "共 55 条" in first
    shown = [[f'href="/violations/{n}"' in page for n in numbers] for page in (first, second)]
    assert shown == [[True] * 50 + [False] * 5, [False] * 50 + [True] * 5]
    assert f"zone={place.id}&amp;sort=first_at&amp;page=2" in first
    newest = browser.get(f"/violations/?zone={place.id}&sort=-first_at").text
    assert f'href="/violations/{numbers[-1]}"' in newest


@pytest.mark.parametrize(
    "query",
    ["status=nonsense", "zone=x", "zone=99999999999999999999", "from=2026-13-99", "page=0", "page=-1", "page=99999999",
     "page=1e3", "sort=;drop", "q=%00", "q=%25_%5C", "reason='", "law=%00", "columns=number&columns=zz", "truck=1"],
)  # fmt: skip
def test_an_address_with_nonsense_in_it_still_answers(browse: Browse, query: str) -> None:
    assert browse("officer").get(f"/violations/?{query}").status_code == 200


def test_an_export_holds_the_whole_filtered_list_and_no_formula(
    browse: Browse, engine: Engine, zone: records.Zone
) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, '=HYPERLINK("http://x")')
        for plate in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "辽N77777"):
            records.violation(connection, place, records.truck(connection, plate))
    browser = browse("officer")
    text_file = browser.get(f"/violations/?zone={place.id}&sort=first_at&format=csv")
    assert text_file.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text_file.data.decode("utf-8-sig"))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(browser.get(f"/violations/?zone={place.id}&format=xlsx").data))
    sheet = book.get_sheet_by_index(0).to_python()
    assert len(rows) == len(sheet) == 7
    assert rows[0][0] == sheet[0][0] == "对象"
    for table in (rows, sheet):
        for row in table[1:]:
            assert not any(str(cell).startswith(("=", "+", "-", "@", "\t")) for cell in row[:2]), row
    assert {row[0] for row in rows[1:]} >= {"'=1+1", "辽N77777"}


# --- the decision ---


def test_a_decision_needs_a_reason_and_a_note(browse: Browse, engine: Engine, flagged: int) -> None:
    browser = browse("officer")
    for data in (
        {},
        {**CONFIRM, "reason": ""},
        {**CONFIRM, "note": "  "},
        {**CONFIRM, "reason": "exempt"},
        {**CONFIRM, "status": "superseded"},
    ):
        answer = browser.post(f"/violations/{flagged}/decision", data)
        assert answer.status_code == 422
        assert 'class="fault"' in answer.text
    kept = browser.post(f"/violations/{flagged}/decision", {**CONFIRM, "reason": "", "note": "写了很长的说明"})
    assert "写了很长的说明" in kept.text
    assert status_of(engine, flagged) == "flagged"


def test_confirming_seals_the_evidence_and_the_audit_log_pins_it(
    browse: Browse, engine: Engine, zone: records.Zone
) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        hashes = records.packets(connection, owner[1], 20)
        number = records.violation(connection, zone, owner)
    browser = browse("officer")
    assert browser.post(f"/violations/{number}/decision", CONFIRM).status_code == 303
    page = browser.get(f"/violations/{number}").text
    assert "违规已确认，证据已封存。" in page and "共 20 个数据包" in page and "姓名officer" in page
    with transaction(engine) as connection:
        evidence, verdict = connection.execute(
            text("SELECT evidence, verdict FROM violations WHERE id = :id"), {"id": number}
        ).one()
        detail, username, address = connection.execute(
            text(
                "SELECT detail, username, address FROM audit_log"
                " WHERE action = 'violation.confirmed' AND subject_id = :n"
            ),
            {"n": str(number)},
        ).one()
    assert evidence["packets"] == hashes
    assert decide_violation.manifest_holds(evidence, verdict)
    assert not decide_violation.manifest_holds({**evidence, "packets": hashes[1:]}, verdict)
    assert not decide_violation.manifest_holds(evidence, {**verdict, "law": "APPCL"})
    assert detail["manifest_sha256"] == evidence["manifest_sha256"]
    assert (username, address) == ("officer", "127.0.0.1")


def test_a_packet_that_was_changed_stops_the_confirmation(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        owner = records.truck(connection)
        records.packets(connection, owner[1], 3)
        number = records.violation(connection, zone, owner)
        connection.execute(text("ALTER TABLE packets_20261124 DISABLE TRIGGER USER"))
        connection.execute(
            text("UPDATE packets SET raw = raw || '\\x00' WHERE terminal_id = :t AND serial = 1"), {"t": owner[1]}
        )
        connection.execute(text("ALTER TABLE packets_20261124 ENABLE TRIGGER USER"))
        actor = Actor(None, "x")
        with pytest.raises(EvidenceBroken):
            decide_violation.decide(connection, actor, Scope(), number, Decision("confirmed", "admitted", "note"))
    browser = browse("officer")
    browser.post(f"/violations/{number}/decision", CONFIRM)
    assert "与入库时的哈希值不符" in browser.get("/").text
    assert status_of(engine, number) == "flagged"


def test_the_second_officer_is_told_who_decided(browse: Browse, engine: Engine, flagged: int) -> None:
    first, second = browse("officer"), browse("officer2")
    assert first.post(f"/violations/{flagged}/decision", DISMISS).status_code == 303
    assert second.post(f"/violations/{flagged}/decision", CONFIRM).status_code == 303
    page = second.get(f"/violations/{flagged}").text
    assert "姓名officer 已对该违规作出处理（已排除，" in page
    assert status_of(engine, flagged) == "dismissed"


def test_of_many_officers_at_the_same_moment_one_decides(web: Flask, city: City, engine: Engine, flagged: int) -> None:
    barrier = threading.Barrier(6)

    def decide(n: int) -> bool:
        actor = Actor(city.accounts["officer" if n % 2 else "officer2"], f"officer{n}")
        decision = Decision("confirmed", "admitted", "同时") if n % 2 else Decision("dismissed", "other", "同时")
        with transaction(engine) as connection:
            barrier.wait()
            return decide_violation.decide(connection, actor, Scope("2113"), flagged, decision) is None

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(decide, range(6)))
    assert done.count(True) == 1
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE subject_kind = 'violation' AND subject_id = :n"),
            {"n": str(flagged)},
        ).scalar_one()
    assert rows == 1


def test_a_superseded_violation_cannot_be_decided(browse: Browse, engine: Engine, zone: records.Zone) -> None:
    with transaction(engine) as connection:
        number = records.violation(connection, zone, status="superseded")
    browser = browse("officer")
    browser.post(f"/violations/{number}/decision", CONFIRM)
    assert "该违规已被后续数据替代" in browser.get("/").text
    assert status_of(engine, number) == "superseded"
