"""The `##` frames from public repositories against what their sources, or an independent script, say of them.

Where we differ, on purpose:
- a sentinel is null here, the script scales it (SCR temperatures and DPF pressure FEFF of the first frame);
- `template_bcc_stale`: the stored check byte is wrong and is refused as such; the frame with the right check
  byte is then held to the same expectation;
- a frame that two layouts consume is read as the first of them (A), as by the script, and flagged;
- one relayed frame (encryption byte 03) is in the clear; it is read and flagged;
- the script's lambda is rounded to six digits;
- a new-energy frame without its time (`vendor_dialect`) is read with its time unknown, and flagged.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from telemetry.carriage import scan, split
from telemetry.decode import decode, describe
from telemetry.protocols.annexq.diagnostics import Obd
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.gb32960.messages import EvLogin, PlatformLogin

pytestmark = pytest.mark.shared

Frame = dict[str, Any]
LOCAL = timezone(timedelta(hours=8))
STREAM = {
    "speed_kmh": "speed_kmh", "baro_kpa": "pressure_kpa", "net_torque_pct": "torque_net_pct",
    "friction_torque_pct": "torque_friction_pct", "rpm": "engine_speed_rpm", "fuel_lph": "fuel_rate_lph",
    "nox_up_ppm": "nox_upstream_ppm", "nox_down_ppm": "nox_downstream_ppm",
    "reagent_pct": "reagent_level_pct",
    "air_kgph": "air_flow_kgph", "scr_in_c": "scr_inlet_c", "scr_out_c": "scr_outlet_c",
    "dpf_kpa": "dpf_pressure_kpa", "coolant_c": "coolant_c", "fuel_level_pct": "fuel_level_pct",
    "odometer_km": "odometer_km", "twc_up_lambda": "upstream_lambda", "twc_down_o2_v": "downstream_oxygen_v",
    "twc_down_nox_ppm": "nox_downstream_ppm", "twc_temp_c": "catalyst_c", "torque_mode": "torque_mode",
    "pedal_pct": "pedal_pct", "total_fuel_l": "total_fuel_l", "urea_tank_c": "urea_tank_c",
    "urea_inj_mlph": "urea_injection_mlph", "urea_total_g": "total_urea_g", "dpf_temp_c": "dpf_exhaust_c",
}  # fmt: skip
ABOVE_THE_SLOT = {("scr_in_c", 1766.96875), ("scr_out_c", 1766.96875), ("dpf_kpa", 6527.9)}
VEHICLE = {
    "status": "state", "charge": "charge", "mode": "mode", "soc": "state_of_charge_pct", "dcdc": "dc_dc",
    "gear": "gear", "insulation_kohm": "insulation_kohm", "accel": "accelerator_pct", "brake": "brake_pct",
}  # fmt: skip


def frames(shared_dir: Path, name: str, *categories: str) -> list[Frame]:
    given = json.loads((shared_dir / "frames" / f"{name}.json").read_text(encoding="utf-8"))
    chosen = [frame for frame in given if not categories or frame["category"] in categories]
    assert chosen
    return chosen


def right(frame: Frame) -> bytes:
    """The frame with the right check byte."""
    return bytes.fromhex(frame.get("hex_bcc_recomputed") or frame["hex"])


def moment(text: str | None) -> datetime | None:
    """A time of the sources, which is the device's, GMT+8."""
    if text is None:
        return None
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=LOCAL).astimezone(UTC)


def check_obd(obd: Obd, expected: Frame) -> None:
    assert (obd.protocol, obd.mil) == (expected["protocol"], expected["mil"])
    assert (f"{obd.supported:04X}", f"{obd.readiness:04X}") == (expected["support"], expected["ready"])
    assert (obd.vin, obd.calibration_id) == (expected["vin"], expected["calid"])
    assert obd.verification_number.hex() == expected["cvn"]
    assert b"".join(ratio.to_bytes(2, "big") for ratio in obd.iupr).hex() == expected["iupr"]
    assert (obd.code_count, [code.raw.hex() for code in obd.codes]) == (
        expected["dtc_count"],
        expected["dtcs"],
    )


def check_record(record: Any, expected: Frame) -> None:
    assert record.type == expected["type"]
    if "serial" in expected:
        assert record.serial == expected["serial"]
    if "collect_time" in expected:
        assert record.collected_at == moment(expected["collect_time"])
    assert (record.signature is not None) == expected.get("signature_after", False)
    if isinstance(record.body, Obd):
        check_obd(record.body, expected)
    if "tlv" in expected:
        items = [[f"{code:04X}", raw.hex().upper()] for code, raw in record.body.items]
        assert items == expected["tlv"]
    for theirs, ours in STREAM.items():
        if theirs in expected and "tlv" not in expected:
            value = None if (theirs, expected[theirs]) in ABOVE_THE_SLOT else expected[theirs]
            assert getattr(record.body, ours) == pytest.approx(value, abs=1e-5)
    if "pos_status" in expected:
        check_position(record.body.position, expected)


def check_position(position: Any, expected: Frame) -> None:
    assert (position.status, position.lon, position.lat) == (
        expected["pos_status"],
        expected["lon"],
        expected["lat"],
    )
    assert position.fix_valid == expected.get("fix_valid", True)


def check_truck(message: Any, expected: Frame) -> None:
    assert (message.device, f"0x{message.command:02X}") == (expected["vin"], expected["cmd"])
    data = expected["data"]
    if "items" not in data:
        assert (message.sent_at, message.serial) == (moment(data["time"]), data["serial"])
        assert getattr(message, "iccid", None) == data.get("iccid")
        if "pos_status" in data:
            check_position(message.position, data)
        return
    assert message.layout == data["layout"]
    assert message.sent_at == moment(data.get("send_time") or data.get("collect_time"))
    assert message.serial == data.get("serial")
    assert len(message.records) == len(data["items"])
    for record, item in zip(message.records, data["items"], strict=True):
        check_record(record, item)


@pytest.mark.parametrize("name", ["gb17691", "hj1239"])
def test_trucks_say_what_their_sources_say(shared_dir: Path, name: str) -> None:
    for frame in frames(shared_dir, name, "valid", "edge_case", "ambiguous", "template_bcc_stale"):
        check_truck(decode(right(frame), "hdv"), frame["expected"])


def test_the_ambiguous_frame_is_flagged_and_a_remembered_layout_settles_it(shared_dir: Path) -> None:
    (frame,) = frames(shared_dir, "gb17691", "ambiguous")
    guessed = decode(right(frame), "hdv")
    assert guessed.flags & PacketFlag.AMBIGUOUS_LAYOUT
    for layout in frame["layouts_that_consume_exactly"]:
        assert decode(right(frame), "hdv", layout).layout == layout


def test_only_the_ambiguous_frame_is_flagged_as_such(shared_dir: Path) -> None:
    for frame in frames(shared_dir, "gb17691", "valid") + frames(shared_dir, "hj1239"):
        assert not decode(right(frame), "hdv").flags & PacketFlag.AMBIGUOUS_LAYOUT


@pytest.mark.parametrize(("name", "kind"), [("hj1239", "hdv"), ("gb32960", "ev")])
def test_a_stale_check_byte_is_refused(shared_dir: Path, name: str, kind: str) -> None:
    for frame in frames(shared_dir, name, "template_bcc_stale"):
        raw = bytes.fromhex(frame["hex"])
        assert split(raw).frames == (raw,)
        with pytest.raises(FrameError) as caught:
            decode(raw, kind)
        assert (caught.value.code, caught.value.offset) == (FaultCode.CHECK_BYTE, len(raw) - 1)


def test_the_relayed_frame_that_claims_encryption(shared_dir: Path) -> None:
    claims = [frame for frame in frames(shared_dir, "hj1239") if right(frame)[21] != 1]
    assert len(claims) == 1
    assert decode(right(claims[0]), "hdv").flags & PacketFlag.ENCRYPTION_CLAIMED


def test_the_stream_whose_first_frame_lost_its_head(shared_dir: Path) -> None:
    (frame,) = frames(shared_dir, "gb17691", "stream")
    raw, expected = bytes.fromhex(frame["hex"]), frame["expected"]
    carried = split(raw)
    assert [found.hex().upper() for found in carried.frames] == expected["frames"]
    assert [fault.raw.hex().upper() for fault in carried.faults] == [expected["noise_prefix"]]
    found, rest = [], b""
    for at in range(0, len(raw), 11):
        scanned = scan(rest + raw[at : at + 11])
        found += scanned.frames
        rest = scanned.rest
    assert [one.hex().upper() for one in found] == expected["frames"]
    assert rest.hex() == expected["residue"]


@pytest.mark.parametrize("name", ["gb17691", "hj1239", "gb32960"])
def test_text_and_binary_carry_the_same(shared_dir: Path, name: str) -> None:
    for frame in frames(shared_dir, name):
        binary = split(bytes.fromhex(frame["hex"]))
        spaced = " ".join(frame["hex"][at : at + 2] for at in range(0, len(frame["hex"]), 2))
        for text in (frame["hex"], frame["hex"].lower(), spaced + "\r\n"):
            carried = split(text.encode("ascii"))
            assert carried.hex_text
            assert (carried.frames, carried.faults) == (binary.frames, binary.faults)


def check_vehicle(body: Any, item: Frame) -> None:
    for theirs, ours in VEHICLE.items():
        assert getattr(body, ours) == item[theirs]
    assert body.speed_kmh == item["speed_raw_0.1kmh"] / 10
    assert body.odometer_km == item["odo_raw_0.1km"] / 10
    assert body.voltage_v == item["volt_raw_0.1V"] / 10
    assert body.current_a == pytest.approx(item["amp_raw_0.1A_off-1000"] / 10 - 1000)


def check_packs(body: Any, item: Frame) -> None:
    for (head, cells), pack in zip(body.packs, item["subs"], strict=True):
        assert head[0] == pack["no"]
        if "probes" in pack:
            assert (len(cells), cells[0] - 40) == (pack["probes"], pack["first_c"])
        else:
            assert len(cells) == 2 * pack["in_frame"]
            assert int.from_bytes(head[1:3], "big") / 10 == pack["volt"]


def check_ev(message: Any, data: Frame) -> None:
    assert message.sent_at == moment(data["time"])
    if "items" not in data:
        assert message.serial == data["serial"]
        if isinstance(message, EvLogin):
            assert (message.iccid, message.pack_count) == (data["iccid"], data["pack_count"])
            assert (message.code_length, message.pack_codes) == (data["pack_code_len"], data["codes"])
        return
    assert [record.type for record in message.records] == [item["type"] for item in data["items"]]
    for record, item in zip(message.records, data["items"], strict=True):
        if item["type"] == 1:
            check_vehicle(record.body, item)
        if item["type"] == 4:
            assert (record.body.state, record.body.engine_speed_rpm) == (
                item["engine_status"],
                item["crank_rpm"],
            )
        if item["type"] == 5:
            assert (record.body.status, record.body.lon, record.body.lat) == (
                item["pos_status"], item["lon"], item["lat"]
            )  # fmt: skip
        if item["type"] == 7:
            assert (record.body.level, f"{record.body.bits:08x}") == (item["max_level"], item["flags"])
        if item["type"] in (8, 9):
            check_packs(record.body, item)


def test_new_energy_vehicles_say_what_their_sources_say(shared_dir: Path) -> None:
    looked_at = 0
    for frame in frames(shared_dir, "gb32960"):
        message: Any = decode(right(frame), "ev")
        data = frame["expected"].get("data") or frame.get("reference_decode", {}).get("data")
        if data and frame["category"] != "vendor_dialect" and not isinstance(message, PlatformLogin):
            check_ev(message, data)
            looked_at += 1
        if "time" in frame["expected"]:
            assert message.sent_at == moment(frame["expected"]["time"])
        json.dumps(describe(message))
    assert looked_at >= 9


def test_the_values_that_other_projects_assert_for_new_energy_vehicles(shared_dir: Path) -> None:
    asserted = {frame["source_path"]: frame for frame in frames(shared_dir, "gb32960")}
    prefix = "apps/emqx_gateway_gbt32960/test/emqx_gbt32960_parser_SUITE.erl case"
    login: Any = decode(right(asserted[f"{prefix}01"]), "ev")
    assert (login.serial, login.iccid, login.pack_count, login.pack_codes) == (
        1,
        "12345678901234567890",
        1,
        "C",
    )
    vehicle = decode(right(asserted[f"{prefix}02"]), "ev").records[0].body
    assert (vehicle.speed_kmh, vehicle.odometer_km, vehicle.voltage_v) == (200, 99999.9, 500)
    assert (vehicle.current_a, vehicle.insulation_kohm, vehicle.accelerator_pct) == (500, 6000, 90)
    motors = decode(right(asserted[f"{prefix}03"]), "ev").records[0].body.motors
    assert [motor.motor_speed_rpm for motor in motors] == [10_000, 10_200]  # raw less 20,000
    assert [motor.motor_torque_nm for motor in motors] == [500, 530]
    assert [motor.controller_c for motor in motors] == [85, 85]
    assert [motor.motor_c for motor in motors] == [85, 105]
    platform: Any = decode(right(asserted["JTNEPackageParseTests.cs"]), "ev")
    assert platform.username.decode("gb18030") == "威海广泰空港"
    assert (platform.serial, platform.encryption) == (1, 1)


def test_the_dialect_without_a_time(shared_dir: Path) -> None:
    (frame,) = frames(shared_dir, "gb32960", "vendor_dialect")
    message: Any = decode(right(frame), "ev")
    assert message.flags & PacketFlag.UNTIMED
    bodies = {record.type: record.body for record in message.records}
    assert (message.device, message.sent_at) == ("123456789", None)
    assert (bodies[1].speed_kmh, bodies[1].odometer_km, bodies[1].state_of_charge_pct) == (5.8, 666.6, 3)
    assert (bodies[4].engine_speed_rpm, bodies[5].lon) == (203, 3.255555)
    assert (bodies[7].level, f"{bodies[7].bits}") == (17, "5533")
