"""The integrator's view: JSON with units, words for codes, no secrets."""

import json
from datetime import UTC, datetime

from telemetry.description import describe, unit_of
from telemetry.protocols.annexq.diagnostics import Obd, read_code
from telemetry.protocols.annexq.envelope import Header
from telemetry.protocols.annexq.messages import Opaque, PlatformLogin, Record, Report
from telemetry.protocols.annexq.stream import Position
from telemetry.protocols.flags import PacketFlag
from telemetry.samples import COLUMNS

HEADER = Header(b"##", 2, "LFNAHUMJ8P1E00017", software_version=1)
OBD = Obd(
    protocol=1,
    mil=1,
    supported=0x0801,
    readiness=0,
    vin="LFNAHUMJ8P1E00017",
    calibration_id="CAL-01\0\0\0\0\0\0\0\0\0\0\0\0",
    verification_number=bytes(18),
    iupr=tuple(range(18)),
    code_count=1,
    codes=(read_code(bytes.fromhex("204700AF"), 1),),
)
REPORT = Report(
    protocol="gb17691",
    header=HEADER,
    layout="A",
    sent_at=datetime(2026, 8, 20, 1, 30, tzinfo=UTC),
    records=(Record(1, OBD, serial=7), Record(0x81, Opaque(b"\0\1\2"), serial=7)),
    flags=PacketFlag.BODY_UNKNOWN | PacketFlag.REISSUED,
    position=Position(0, 120.45, None),
)


def test_a_report() -> None:
    described = json.loads(json.dumps(describe(REPORT)))
    assert described["command"] == "0x02"
    assert described["sent_at"] == "2026-08-20T09:30:00+08:00"
    assert sorted(described["flags"]) == ["BODY_UNKNOWN", "REISSUED"]
    assert described["position"]["lon"] == {"value": 120.45, "unit": "deg"}
    assert described["position"]["lat"] == {"value": None, "unit": "deg"}
    obd, vendor = described["records"]
    assert obd["body"]["supported"] == {"raw": "0801", "monitors": ["catalyst", "scr_nox_adsorber"]}
    assert obd["body"]["mil"] == {"raw": 1, "on": True}
    assert obd["body"]["calibration_id"] == "CAL-01"
    assert obd["body"]["iupr"]["ignition_cycles"] == 1
    code = obd["body"]["codes"][0]
    assert (code["raw"], code["text"], code["status"]) == ("204700AF", "P2047-00", 0xAF)
    assert vendor == {
        "type": "0x81",
        "information": "not interpreted",
        "serial": 7,
        "body": {"raw": "000102"},
    }


def test_a_password_is_not_shown() -> None:
    login = PlatformLogin(
        protocol="gb32960",
        header=HEADER,
        sent_at=None,
        serial=1,
        username=b"user",
        password=b"secret",
        encryption=1,
    )
    described = json.dumps(describe(login))
    assert "secret" not in described
    assert b"secret".hex().upper() not in described


def test_every_column_with_a_unit_has_it_in_its_name() -> None:
    for column in COLUMNS:
        if column.unit not in ("", "us"):
            assert unit_of(column.name) == column.unit
