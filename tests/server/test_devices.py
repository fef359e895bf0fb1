"""The page of a terminal: who may read it, what is missing, curves, packets, and what it says of nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import completeness, packets_read
from tests.server import fleets
from tests.server.conftest import Browser, City
from tests.server.fleets import BEGIN, BEGIN_US, SECOND_US

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SPAN = "from=2026-11-24T08:00&to=2026-11-24T09:00"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def truck(engine: Engine, city: City) -> int:
    """A truck of layout C with ten minutes of reports, three frames of which are lost and four minutes silent."""
    one = fleets.member("hdv", "C")
    number = fleets.enrol(engine, one)
    sent = fleets.frames(one, 600, sessions=True)
    fleets.take(engine, [*sent[:10], *sent[13:20], *sent[44:]], BEGIN_US + 605 * SECOND_US)
    return number


def packet_address(engine: Engine, number: int) -> str:
    with transaction(engine) as connection:
        found = packets_read.of_terminal(connection, number, BEGIN, BEGIN + HOUR, 1, 0)[0]
    at_us = round(found["measured_at"].timestamp()) * SECOND_US
    return f"/terminals/{number}/packets/{at_us}/{found['sha256']}"


# --- who may read ---


def test_a_county_does_not_read_another_countys_terminal(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "C")
    number = fleets.enrol(engine, one, division="211322")
    fleets.take(engine, fleets.frames(one, 20), BEGIN_US + 25 * SECOND_US)
    packet = packet_address(engine, number)
    places = (f"/terminals/{number}", f"/terminals/{number}/samples.json?{SPAN}", packet, f"{packet}/raw")
    for place in places:
        assert browse("county").get(place).status_code == 404, place
        assert browse("other").get(place).status_code == 200, place
        assert browse("officer").get(place).status_code == 200, place


def test_an_enterprise_sees_its_own_terminal_without_what_it_said(browse: Browse, engine: Engine, city: City) -> None:
    own, foreign = fleets.member("hdv", "A"), fleets.member("hdv", "A")
    mine = fleets.enrol(engine, own, enterprise_id=city.enterprise_id)
    theirs = fleets.enrol(engine, foreign)
    fleets.take(engine, [*fleets.frames(own, 20), *fleets.frames(foreign, 20)], BEGIN_US + 25 * SECOND_US)
    enterprise = browse("enterprise")
    page = enterprise.get(f"/terminals/{mine}")
    assert page.status_code == 200
    assert "device-data" not in page.text and "仅对主管部门账号开放" in page.text
    assert enterprise.get(f"/terminals/{mine}/samples.json?{SPAN}").status_code == 403
    assert enterprise.get(packet_address(engine, mine)).status_code == 403
    assert enterprise.get(f"/terminals/{theirs}").status_code == 404


def test_the_system_administrator_sees_the_terminal_and_no_data(browse: Browse, truck: int) -> None:
    page = browse("system_admin").get(f"/terminals/{truck}")
    assert page.status_code == 200 and "device-data" not in page.text


@pytest.mark.parametrize("username", ["auditor", "security_admin", "station", "partner"])
def test_others_do_not(browse: Browse, truck: int, username: str) -> None:
    assert browse(username).get(f"/terminals/{truck}").status_code == 403
    assert browse(username).get(f"/terminals/{truck}/samples.json?{SPAN}").status_code == 403


# --- what is missing ---


def test_lost_frames_and_a_silence_are_named(browse: Browse, engine: Engine, truck: int) -> None:
    with transaction(engine) as connection:
        (day,) = completeness.days(connection, truck, BEGIN, BEGIN + HOUR, 120)
        gaps = completeness.gaps(connection, truck, BEGIN, BEGIN + HOUR, 120)
    lost = [(gap.first, gap.last, gap.missing) for gap in gaps if gap.kind == "serial"]
    assert lost == [(10, 12, 3), (20, 43, 24)]  # a log-in comes first: frame n carries serial n
    assert [gap.kind for gap in gaps].count("silence") == 1
    assert day.missing == 27 and day.received == 62 - 27 and day.silent_s > 200
    page = browse("officer").get(f"/terminals/{truck}?day=2026-11-24").text
    assert "10–12" in page and "20–43" in page and "无数据时段" in page


@pytest.mark.parametrize(("kind", "layout"), [("hdv", "A"), ("hdv", "C"), ("nrmm", "hj1014"), ("jt808", "")])
def test_whole_frames_leave_no_gap_and_the_page_says_clean(
    browse: Browse, engine: Engine, kind: str, layout: str, city: City
) -> None:
    one = fleets.member(kind, layout)
    number = fleets.enrol(engine, one)
    fleets.take(engine, fleets.frames(one, 300), BEGIN_US + 305 * SECOND_US)
    with transaction(engine) as connection:
        (day,) = completeness.days(connection, number, BEGIN, BEGIN + HOUR, 120)
        assert completeness.gaps(connection, number, BEGIN, BEGIN + HOUR, 120) == []
    assert day.missing == 0 and day.counted == (300 if layout == "A" else 30)
    page = browse("officer").get(f"/terminals/{number}").text
    assert "首末数据包之间没有缺失" in page and 'id="nothing"' not in page


def test_a_lost_frame_of_layout_a_is_ten_serials(engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "A")
    number = fleets.enrol(engine, one)
    sent = fleets.frames(one, 100)
    fleets.take(engine, [*sent[:4], *sent[5:]], BEGIN_US + 105 * SECOND_US)
    with transaction(engine) as connection:
        (gap,) = completeness.gaps(connection, number, BEGIN, BEGIN + HOUR, 120)
    assert (gap.first, gap.last, gap.missing) == (50, 59, 10)


def test_no_data_and_clean_never_look_the_same(browse: Browse, engine: Engine, truck: int, city: City) -> None:
    never = fleets.enrol(engine, fleets.member("hdv", "C"))
    page = browse("officer").get(f"/terminals/{never}").text
    assert "该终端从未上报" in page and 'id="nothing"' in page and "没有缺失" not in page
    page = browse("officer").get(f"/terminals/{truck}?day=2026-11-20").text
    assert "这不等于当日正常" in page and "此后最早数据" in page and "没有缺失" not in page


# --- curves ---


def test_curves_carry_units_limits_and_why_a_panel_is_missing(browse: Browse, truck: int) -> None:
    found = browse("officer").get(f"/terminals/{truck}/samples.json?{SPAN}").get_json()
    panels = {panel["name"]: panel for panel in found["panels"]}
    assert {"speed", "reagent", "temperature", "engine"} <= set(panels)
    assert panels["engine"]["units"] == ["rpm", "%"]
    assert panels["reagent"]["limits"][0]["value"] == 10
    assert "烟度" in [one["label"] for one in found["absent"]]
    assert found["rows"] == sum(panels["speed"]["series"][0][name] for name in ("readings",))
    assert None in panels["speed"]["series"][0]["values"], "four silent minutes break the line"
    assert len(found["track"]["broken"]) == 1


def test_a_tracker_draws_speed_alone_and_says_so(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("json")
    number = fleets.enrol(engine, one)
    fleets.take(engine, fleets.frames(one, 300), BEGIN_US + 305 * SECOND_US)
    found = browse("officer").get(f"/terminals/{number}/samples.json?{SPAN}").get_json()
    assert [panel["name"] for panel in found["panels"]] == ["speed"]
    assert {"该类终端未上报发动机数据"} <= {one["why"] for one in found["absent"]}
    assert "不带流水号" in browse("officer").get(f"/terminals/{number}").text


def test_few_points_are_kept_and_the_extremes_with_them(browse: Browse, truck: int) -> None:
    officer = browse("officer")
    whole = officer.get(f"/terminals/{truck}/samples.json?{SPAN}&points=20000").get_json()
    thin = officer.get(f"/terminals/{truck}/samples.json?{SPAN}&points=100").get_json()
    for one, other in zip(whole["panels"], thin["panels"], strict=True):
        for full, short in zip(one["series"], other["series"], strict=True):
            known = [value for value in short["values"] if value is not None]
            assert len(known) <= 100
            assert (max(known), min(known)) == (full["greatest"], full["least"])
    assert thin["thinned"] and not whole["thinned"]


@pytest.mark.parametrize(
    "question",
    [
        "", "from=2026-11-24T08:00", "from=x&to=y", "from=2026-11-24T09:00&to=2026-11-24T08:00",
        "from=2026-11-01T00:00&to=2026-11-24T00:00", "from=0001-01-01T00:00&to=0001-01-02T00:00",
        "from=9999-12-31T00:00&to=9999-12-31T23:59:59", f"{SPAN}&points=0", f"{SPAN}&points=-5",
        f"{SPAN}&points=999999", f"{SPAN}&points=٣٠٠", f"{SPAN}&points=1e3", "from=%00&to=%FF",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(browse: Browse, truck: int, question: str) -> None:
    assert browse("officer").get(f"/terminals/{truck}/samples.json?{question}").status_code == 400


@pytest.mark.parametrize(
    "question",
    [
        "day=x", "day=2026-02-30", "day=9999-12-31", "day=0001-01-01", "from=a&to=b", "packets=0", "packets=99999",
        "packets=-1", "packets=x", "day=%00", "from=2026-11-24T08:00&to=2027-11-24T08:00",
    ],
)  # fmt: skip
def test_a_page_asked_for_wrongly_still_opens(browse: Browse, truck: int, question: str) -> None:
    assert browse("officer").get(f"/terminals/{truck}?{question}").status_code == 200


def test_a_day_with_very_many_packets_pages_in_the_database(browse: Browse, engine: Engine, city: City) -> None:
    number = fleets.enrol(engine, fleets.member("jt808"))
    with transaction(engine) as connection:
        connection.execute(text("SELECT ensure_packet_partitions('2026-11-23', '2026-11-25')"))
        connection.execute(
            text(
                "INSERT INTO packets (measured_at, last_at, received_at, digest, terminal_id, serial, flags, samples_n,"
                " command, stream_offset, stream_stride, time_step_s, protocol, sha256, raw)"
                " SELECT a.at, a.at, a.at, n, :t, n % 65536, 0, 0, 2, 0, 0, 0, 'jt808', sha256(n::text::bytea),"
                " n::text::bytea FROM generate_series(0, 86399) n,"
                " LATERAL (SELECT timestamptz '2026-11-23 16:00+00' + make_interval(secs => n) AS at) a"
            ),
            {"t": number},
        )
        (day,) = completeness.days(connection, number, BEGIN - 8 * HOUR, BEGIN + 16 * HOUR, 120)
    assert (day.received, day.counted, day.missing) == (86_400, 86_400, 0), "the serial wraps once and nothing is lost"
    page = browse("officer").get(f"/terminals/{number}?day=2026-11-24&packets=3456")
    assert page.status_code == 200 and "86,400" in page.text
    found = browse("officer").get(f"/terminals/{number}/samples.json?from=2026-11-24&to=2026-11-25").get_json()
    assert found["rows"] == 0 and found["panels"] == []


# --- packets ---


def test_a_packet_shows_its_bytes_and_what_they_say_and_can_be_taken_away(
    browse: Browse, engine: Engine, truck: int
) -> None:
    officer = browse("officer")
    address = packet_address(engine, truck)
    page = officer.get(address).text
    assert "23 23" in page and address.rsplit("/", 1)[1] in page
    answer = officer.get(f"{address}/raw")
    assert answer.data[:2] == b"##"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=hdv-")
    with transaction(engine) as connection:
        logged = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'packet.download' AND subject_id = :t"),
            {"t": str(truck)},
        ).scalar_one()
    assert logged == 1


def test_a_packet_that_is_not_there_is_not_found(browse: Browse, truck: int) -> None:
    for rest in (f"1/{'0' * 64}", f"{10**40}/{'0' * 64}", f"1/{'g' * 64}", "1/../..", f"{2**63}/{'0' * 64}"):
        assert browse("officer").get(f"/terminals/{truck}/packets/{rest}").status_code == 404, rest
    for number in ("0", str(2**31), str(10**30)):
        assert browse("officer").get(f"/terminals/{number}").status_code == 404


def test_a_clock_far_off_is_warned_of(browse: Browse, engine: Engine, truck: int) -> None:
    with transaction(engine) as connection:
        set_ = "UPDATE terminal_states SET clock_offset_s = :s WHERE terminal_id = :t"
        connection.execute(text(set_), {"s": -1800, "t": truck})
    assert "时钟偏差" in browse("officer").get(f"/terminals/{truck}").text
    with transaction(engine) as connection:
        connection.execute(text(set_), {"s": 3, "t": truck})
    assert "时钟偏差" not in browse("officer").get(f"/terminals/{truck}").text


def test_thresholds_of_the_rule_book_say_who_is_on_line(browse: Browse, engine: Engine, truck: int) -> None:
    for age, state in ((5, "online"), (120, "late"), (3600, "offline")):
        with transaction(engine) as connection:
            connection.execute(
                text(
                    "UPDATE terminal_states SET received_at = now() - make_interval(secs => :s) WHERE terminal_id = :t"
                ),
                {"s": age, "t": truck},
            )
        assert f"state-{state}" in browse("officer").get(f"/terminals/{truck}").text


def test_pages_hold_no_inline_script_or_style(browse: Browse, engine: Engine, truck: int) -> None:
    for place in (f"/terminals/{truck}?day=2026-11-24", packet_address(engine, truck)):
        page = browse("officer").get(place).text
        assert " style=" not in page and " onclick=" not in page and "<script>" not in page


def test_local_time_is_the_citys(browse: Browse, truck: int) -> None:
    page = browse("officer").get(f"/terminals/{truck}?{SPAN}").text
    assert "2026-11-24 08:09:50" in page
    assert 'value="2026-11-24T08:00"' in page
