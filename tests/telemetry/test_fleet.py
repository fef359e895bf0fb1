"""The synthetic fleet: the codecs read its bytes, its vehicles behave, the same seed gives the same."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet import (
    Activity,
    Character,
    Emitted,
    Member,
    Track,
    bulk_frames,
    disturb,
    make_fleet,
    replay,
    stream,
    vin,
)
from telemetry.fleets import packing
from telemetry.fleets.ways import BOX, crossing_way, distance_m, inner_point, lay, walk
from telemetry.kinds import read
from telemetry.protocols.errors import FrameError
from telemetry.protocols.gb17691 import codec as gb17691
from telemetry.protocols.hj1239 import codec as hj1239
from telemetry.protocols.nrmm import codec as nrmm
from telemetry.protocols.sample import Sample

START = 1_773_451_840_000_000  # 2026-03-14 09:30:40, GMT+8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROAD = ((120.40, 41.55), (120.50, 41.60))
ZONE = ((120.44, 41.56), (120.48, 41.56), (120.48, 41.59), (120.46, 41.57), (120.44, 41.59))


def member(kind: str = "hdv", layout: str = "C", stage: str = "VI", **more: object) -> Member:
    vehicle = "excavator" if kind == "nrmm" else "tractor"
    given = {"activity": Activity.WORKING if kind == "nrmm" else Activity.DRIVING, **more}
    device = {"hdv": vin(7), "nrmm": "SYNMACH0000000007", "jt808": "10000000007", "json": "TRK-7"}[kind]
    return Member(device, kind, layout, vehicle, stage, ROAD, **given)  # type: ignore[arg-type]


def rows_of(emitted: list[Emitted], layout: str | None = None) -> list[Sample]:
    return [row for one in emitted for row in read(one.frame, one.kind, layout)[1]]


def driven(one: Member, seconds: int, seed: int = 1) -> list[Sample]:
    return rows_of(list(stream([one], START, seconds, seed)), one.layout or None)


# --- the stream -------------------------------------------------------------------------------------------


def test_every_frame_is_read_and_names_its_device() -> None:
    members = make_fleet(40, 20, seed=5, zones=(ZONE,))
    emitted = list(stream(members, START, 120, seed=5))
    assert {one.kind for one in emitted} == {"hdv", "nrmm", "jt808", "json"}
    layouts = {one.device: one.layout or None for one in members}
    for one in emitted:
        message, rows = read(one.frame, one.kind, layouts[one.device])
        assert message.device == one.device
        assert rows
        assert all(row.at is not None for row in rows)
    assert len({one.device for one in emitted}) == len(members)


def test_frames_come_in_the_order_of_sending_and_after_their_samples() -> None:
    members = make_fleet(20, 10, seed=2)
    emitted = list(stream(members, START, 60, seed=2))
    assert all(before.at_us <= after.at_us for before, after in itertools.pairwise(emitted))
    for one in emitted:
        _, rows = read(one.frame, one.kind)
        sent_at = EPOCH + timedelta(microseconds=one.at_us)
        assert all(row.at is not None and timedelta(0) < sent_at - row.at < timedelta(seconds=15) for row in rows)


def test_the_same_seed_gives_the_same_bytes() -> None:
    members = make_fleet(10, 5, seed=3)
    assert members == make_fleet(10, 5, seed=3)
    once, again = (list(stream(members, START, 40, seed=9)) for _ in range(2))
    assert once == again
    assert once != list(stream(members, START, 40, seed=10))


def test_ten_records_of_one_second_without_a_gap() -> None:
    for layout in ("A", "C"):
        rows = driven(member(layout=layout), 60)
        times = [row.at for row in rows]
        assert times == [EPOCH + timedelta(microseconds=START, seconds=second) for second in range(60)]


def test_an_empty_fleet_says_nothing() -> None:
    assert list(stream([], START, 60)) == []
    assert make_fleet(0, 0, seed=1) == ()


def test_who_is_parked_is_still_and_sends_once_a_minute() -> None:
    parked = member(activity=Activity.PARKED)
    emitted = list(stream([parked], START, 180))
    assert len(emitted) == 3
    rows = rows_of(emitted)
    assert {row.speed_kmh for row in rows} == {0}
    assert {row.engine_speed_rpm for row in rows} == {0}


def test_positions_stay_in_the_box_and_on_the_road() -> None:
    rows = [row for row in driven(member(), 600) if row.lon is not None and row.lat is not None]
    way = lay(ROAD)
    dense = np.linspace(0, way.length_m, 2_000)
    lon, lat, _ = walk(way, dense)
    for row in rows[::20]:
        assert row.lon is not None
        assert row.lat is not None
        assert BOX[0] < row.lon < BOX[2]
        assert distance_m(lon, lat, np.full(2_000, row.lon), np.full(2_000, row.lat)).min() < 30


def test_speed_and_positions_agree() -> None:
    rows = driven(member(), 600)
    lon = np.array([row.lon for row in rows], dtype=float)
    lat = np.array([row.lat for row in rows], dtype=float)
    gone_km = distance_m(lon[:-10:10], lat[:-10:10], lon[10::10], lat[10::10]).sum() / 1_000
    odometer = rows[-1].odometer_km, rows[0].odometer_km
    assert odometer[0] is not None
    assert odometer[1] is not None
    assert gone_km == pytest.approx(odometer[0] - odometer[1], rel=0.15)
    assert max(row.speed_kmh or 0 for row in rows) < 120


# --- engines ----------------------------------------------------------------------------------------------


def warm_mean(rows: list[Sample], name: str) -> float:
    values = [getattr(row, name) for row in rows if (row.scr_inlet_c or 0) > 250]
    return float(np.mean([value for value in values if value is not None and value >= 0]))


def test_a_clean_truck_and_a_high_emitter() -> None:
    clean = driven(member(), 1_800)
    high = driven(member(character=Character.HIGH_EMITTER), 1_800)
    assert warm_mean(clean, "nox_downstream_ppm") < 150
    assert warm_mean(high, "nox_downstream_ppm") > 400
    assert warm_mean(clean, "nox_upstream_ppm") > 400


def test_without_urea_nothing_is_converted() -> None:
    rows = driven(member(character=Character.UREA_EMPTY), 900)
    assert {row.reagent_level_pct for row in rows} == {0}
    assert warm_mean(rows, "nox_downstream_ppm") == pytest.approx(warm_mean(rows, "nox_upstream_ppm"), rel=0.01)


def test_a_copied_signal_differs_by_less_than_five_percent() -> None:
    rows = driven(member(character=Character.NOX_COPY), 600)
    pairs = [(row.nox_upstream_ppm, row.nox_downstream_ppm) for row in rows]
    assert all(up is not None and down is not None and abs(up - down) <= 0.05 * abs(up) for up, down in pairs)


def test_a_frozen_and_a_missing_sensor() -> None:
    frozen = driven(member(character=Character.NOX_FROZEN), 300)
    assert len({row.nox_downstream_ppm for row in frozen}) == 1
    missing = driven(member(character=Character.NOX_MISSING), 60)
    assert {row.nox_downstream_ppm for row in missing} == {None}


def test_a_cold_start_warms_up_and_its_sensor_lights_late() -> None:
    rows = driven(member(character=Character.COLD_START), 1_800)
    coolant = [row.coolant_c or 0 for row in rows]
    assert coolant[0] < 15
    assert coolant[-1] > 70
    assert rows[0].nox_downstream_ppm == -200
    assert rows[-1].nox_upstream_ppm is not None
    assert rows[-1].nox_upstream_ppm > 0


def test_a_removed_filter_has_no_pressure() -> None:
    assert {row.dpf_pressure_kpa for row in driven(member(character=Character.DPF_REMOVED), 60)} == {0}
    assert min(row.dpf_pressure_kpa or 0 for row in driven(member(), 60)) > 0.1


def test_a_retrofit_reports_emissions_over_jt808() -> None:
    rows = driven(member("jt808", "", "V"), 300)
    assert len(rows) == 30
    assert all(row.scr_inlet_c is not None and row.satellites is not None for row in rows)
    assert all(row.engine_speed_rpm is None for row in driven(member("jt808", "", "III"), 60))


def test_a_machine_works_on_its_site() -> None:
    machines = [one for one in make_fleet(0, 12, seed=4) if one.kind == "nrmm"]
    emitted = list(stream(machines, START, 300, seed=4))
    by_device: dict[str, list[Sample]] = defaultdict(list)
    for one in emitted:
        by_device[one.device] += read(one.frame, one.kind)[1]
    for rows in by_device.values():
        lon = np.array([row.lon for row in rows], dtype=float)
        lat = np.array([row.lat for row in rows], dtype=float)
        assert distance_m(lon, lat, np.full_like(lon, lon[0]), np.full_like(lat, lat[0])).max() < 250
        assert max(row.speed_kmh or 0 for row in rows) < 20
        assert max(row.torque_net_pct or 0 for row in rows) > 40


# --- identities, ways, zones ------------------------------------------------------------------------------


@given(st.integers(0, 999_999))
def test_vins_carry_a_right_check_digit(number: int) -> None:
    values = {"A": 1, "D": 4, "H": 8, "L": 3, "N": 5, "R": 9, "S": 2, "X": 7, "Y": 8}
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    made = vin(number)
    total = sum(
        (int(letter) if letter.isdigit() else values[letter]) * weight
        for letter, weight in zip(made, weights, strict=True)
        if weight
    )
    assert len(made) == 17
    assert made[8] == ("X" if total % 11 == 10 else str(total % 11))


def inside(ring: tuple[tuple[float, float], ...], lon: float, lat: float) -> bool:
    hits = 0
    for (x, y), (to_x, to_y) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y > lat) != (to_y > lat) and lon < x + (lat - y) / (to_y - y) * (to_x - x):
            hits += 1
    return hits % 2 == 1


@given(st.floats(0, 360))
def test_a_crossing_way_begins_outside_enters_and_leaves(direction: float) -> None:
    assert inside(ZONE, *inner_point(ZONE))
    way = lay(crossing_way(ZONE, direction))
    lon, lat, _ = walk(way, np.linspace(0, way.length_m, 500))
    within = [inside(ZONE, x, y) for x, y in zip(lon, lat, strict=True)]
    assert not within[0]
    assert not within[-1]
    assert any(within)


def test_vehicles_enter_and_stand_in_the_zones_given() -> None:
    members = make_fleet(60, 0, seed=8, zones=(ZONE,), entering=0.5, parked=0.3)
    parked = [one for one in members if one.activity is Activity.PARKED]
    assert parked
    assert all(inside(ZONE, *one.way[0]) for one in parked)
    crossing = [one for one in members if len(one.way) == 3]
    assert len(crossing) > 15
    with pytest.raises(ValueError, match="encloses nothing"):
        inner_point(((1.0, 1.0), (2.0, 1.0)))


# --- packing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hdv", "nrmm"])
def test_packed_frames_are_what_the_codecs_write(kind: str) -> None:
    codecs = {"A": gb17691, "C": hj1239, "hj1014": nrmm, "hj1322": nrmm}
    for layout in ("A", "C") if kind == "hdv" else ("hj1014", "hj1322"):
        for one in stream([member(kind, layout)], START, 30):
            message = codecs[layout].decode(one.frame, layout)
            assert message.layout == layout  # type: ignore[union-attr]
            assert codecs[layout].encode(message) == one.frame


def test_what_is_not_known_or_out_of_range_is_packed_as_the_table_says() -> None:
    values = {"speed_kmh": np.array([np.nan, 9_999.0, -5.0]), "coolant_c": np.array([-40.0, 210.0, 500.0])}
    body = packing.write_table(packing.TRUCK_STREAM, values, 3, 37)
    assert [row[:2].tobytes() for row in body] == [b"\xff\xff", b"\xfa\xff", b"\x00\x00"]
    assert body[:, 22].tolist() == [0, 0xFA, 0xFA]
    assert body[0, 5:7].tobytes() == b"\xff\xff"


@given(st.lists(st.integers(946_684_800, 4_102_444_799), min_size=1, max_size=5))
def test_times_are_packed_as_the_calendar_says(seconds: list[int]) -> None:
    packed = packing.write_times(np.array(seconds, dtype=np.int64) * 1_000_000)
    for row, second in zip(packed, seconds, strict=True):
        local = EPOCH + timedelta(seconds=second, hours=8)
        if local.year < 2100:
            wanted = [local.year - 2000, local.month, local.day, local.hour, local.minute, local.second]
            assert row.tolist() == wanted


def test_west_and_south_are_in_the_status() -> None:
    body = packing.write_positions(np.array([-1.5, 1.5]), np.array([2.5, -2.5]), np.array([True, False]))
    assert body[:, 0].tolist() == [4, 3]
    assert body[0, 1:5].tobytes() == (1_500_000).to_bytes(4, "big")


# --- bulk -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layout", "records"), [("A", 1), ("A", 10), ("C", 1), ("C", 10)])
def test_bulk_frames(layout: str, records: int) -> None:
    devices = [vin(number) for number in range(7)]
    made = bulk_frames(devices, START, 40, records, seed=1, layout=layout)
    assert [len(frames) for frames in made] == [40 // records] * 7
    for device, frames in zip(devices, made, strict=True):
        rows = []
        for frame in frames:
            message, found = read(frame, "hdv", layout)
            assert message.device == device
            rows += found
        assert [row.at for row in rows] == [
            EPOCH + timedelta(microseconds=START, seconds=second) for second in range(40)
        ]
        assert len({(row.lon, row.lat) for row in rows}) == 40
        assert all(row.nox_upstream_ppm is not None and row.fix_valid for row in rows)
    assert made == bulk_frames(devices, START, 40, records, seed=1, layout=layout)
    assert len({frame for frames in made for frame in frames}) == 7 * 40 // records


def test_bulk_frames_of_nothing_and_of_an_unknown_layout() -> None:
    assert bulk_frames([], START, 40) == []
    assert bulk_frames([vin(1)], START, 5) == [[]]
    with pytest.raises(ValueError, match="not A or C"):
        bulk_frames([vin(1)], START, 10, layout="B")


# --- replay -----------------------------------------------------------------------------------------------


def track(n: int = 25) -> Track:
    at_us = START + np.cumsum(np.array([0, 1, 1, 20, 5] * 5, dtype=np.int64)[:n]) * 1_000_000
    lon = np.round(120.40 + 0.0001 * np.arange(n), 6)
    return Track(at_us, lon, np.round(41.55 + 0.00005 * np.arange(n), 6))


@pytest.mark.parametrize(
    ("kind", "layout", "frames"),
    [
        ("hdv", "C", 3),
        ("hdv", "A", 25),
        ("nrmm", "hj1322", 25),
        ("nrmm", "hj1014", 25),
        ("jt808", "", 25),
        ("json", "", 25),
    ],
)
def test_a_replayed_track_keeps_its_fixes(kind: str, layout: str, frames: int) -> None:
    given = track()
    emitted = list(replay(given, member(kind, layout)))
    assert len(emitted) == frames
    rows = rows_of(emitted, layout or None)
    assert [row.at for row in rows] == [EPOCH + timedelta(microseconds=int(at)) for at in given.at_us]
    assert [row.lon for row in rows] == given.lon.tolist()
    assert [row.lat for row in rows] == given.lat.tolist()
    assert all(before.at_us <= after.at_us for before, after in itertools.pairwise(emitted))


def test_a_track_can_be_moved_in_time_and_may_be_short() -> None:
    moved = track().shifted(START + 86_400_000_000)
    assert moved.at_us[0] == START + 86_400_000_000
    assert np.array_equal(np.diff(moved.at_us), np.diff(track().at_us))
    assert list(replay(track(0), member())) == []
    (only,) = replay(track(1), member())
    assert len(read(only.frame, "hdv")[1]) == 1


def test_a_replay_with_given_speeds() -> None:
    given = track()
    speeds = np.linspace(0, 60, 25)
    rows = rows_of(list(replay(Track(given.at_us, given.lon, given.lat, speeds), member())))
    assert [row.speed_kmh for row in rows] == pytest.approx(speeds.tolist(), abs=0.01)


# --- sessions and disturbances ----------------------------------------------------------------------------


def test_terminals_log_in_first_and_out_last() -> None:
    members = make_fleet(10, 6, seed=6)
    emitted = list(stream(members, START, 30, seed=6, sessions=True))
    assert all(before.at_us <= after.at_us for before, after in itertools.pairwise(emitted))
    commands = defaultdict(list)
    for one in emitted:
        message, _ = read(one.frame, one.kind)
        assert message.device == one.device
        commands[one.device].append(message.command)
    for one in members:
        if one.layout:
            assert (commands[one.device][0], commands[one.device][-1]) == (1, 4)
        elif one.kind == "jt808":
            assert commands[one.device][0] == 0x0102


def test_serials_count_up_by_one_also_of_who_is_parked() -> None:
    emitted = list(stream([member(activity=Activity.PARKED)], START, 300))
    serials = [read(one.frame, "hdv", "C")[0].serial for one in emitted]  # type: ignore[attr-defined]
    assert serials == [1, 2, 3, 4, 5]


def test_disturbances_are_counted_and_keep_the_order() -> None:
    members = make_fleet(20, 10, seed=6)
    clean = list(stream(members, START, 300, seed=6))
    shares = {"broken": 0.1, "repeated": 0.1, "late": 0.1, "lost": 0.1}
    disturbed = list(disturb(clean, 1, **shares, delay_s=60))
    assert disturbed == list(disturb(clean, 1, **shares, delay_s=60))
    assert all(before.at_us <= after.at_us for before, after in itertools.pairwise(disturbed))
    refused = repeated = reissued = 0
    seen: set[bytes] = set()
    for one in disturbed:
        repeated += one.frame in seen
        seen.add(one.frame)
        try:
            message, _ = read(one.frame, one.kind)
        except FrameError:
            refused += 1
        else:
            reissued += one.kind in ("hdv", "nrmm") and message.command == 3
    near = pytest.approx(len(clean) * 0.1, rel=0.4)
    assert refused == near
    assert repeated == near
    assert 0 < reissued < len(clean) * 0.1
    assert len(disturbed) == pytest.approx(len(clean), rel=0.05)
    assert list(disturb(clean, 1)) == clean
