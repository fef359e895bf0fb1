"""JSON of simple trackers: what is accepted, and what is refused at which byte."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.tracker_json import codec
from telemetry.protocols.tracker_json.fields import POSITION, QUANTITIES, SCHEMA
from telemetry.protocols.tracker_json.frame import offset_of, walk
from telemetry.protocols.tracker_json.messages import Coordinates, Form, Message, Record
from telemetry.samples import COLUMNS

AT = datetime(2026, 3, 14, 1, 30, 45, tzinfo=UTC)
NATIVE = (
    b'{"device":"EXC-0007","time":"2026-03-14T09:30:45+08:00","lon":120.45,"lat":41.57,'
    b'"speed_kmh":12.5,"direction_deg":270,"accuracy_m":8}'
)


def refusal(text: str | bytes) -> tuple[FaultCode, int, str]:
    with pytest.raises(FrameError) as refused:
        codec.decode(text if isinstance(text, bytes) else text.encode())
    return refused.value.code, refused.value.offset, refused.value.detail


def valid(value: Any) -> None:
    jsonschema.validate(value, SCHEMA)


def test_one_position() -> None:
    message = codec.decode(NATIVE)
    assert (message.protocol, message.device, message.command) == ("json", "EXC-0007", 0)
    wanted = Record(AT, 120.45, 41.57, True, 12.5, 270.0, 8.0)
    assert message.records == (wanted,)
    assert message.sent_at == AT
    (sample,) = codec.samples(message)
    assert (sample.at, sample.lon, sample.lat, sample.fix_valid) == (AT, 120.45, 41.57, True)
    assert (sample.speed_kmh, sample.direction_deg, sample.flags) == (12.5, 270, Flag(0))
    valid(json.loads(NATIVE))


def test_a_list_with_engine_quantities_and_unknown_keys() -> None:
    entries = [
        {"device": "T1", "time": 1773451845, "lon": 120.45, "lat": 41.57, "nox_downstream_ppm": 85.5},
        {"time": 1773451846000, "lon": 120.46, "lat": 41.58, "coolant_c": None, "battery": {"v": 12.6}},
    ]
    message = codec.decode(json.dumps(entries).encode())
    assert message.device == "T1"
    assert [record.at.second for record in message.records if record.at] == [45, 46]
    assert message.records[1].extra == {"battery": {"v": 12.6}}
    first, second = codec.samples(message)
    assert first.nox_downstream_ppm == 85.5
    assert second.flags == Flag.SENTINEL
    valid(entries)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14T01:30:45Z",
        "2026-03-14T09:30:45+08:00",
        "2026-03-14 09:30:45.000+0800",
        1773451845,
        1773451845.0,
        1773451845000,
    ],
)
def test_times(text: str | float) -> None:
    assert codec.decode(json.dumps({"time": text, "lon": 120, "lat": 41}).encode()).sent_at == AT


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14T09:30:45",
        "2026-03-14",
        "yesterday",
        "2026-02-30T00:00:00Z",
        True,
        [],
        {},
        None,
        5,
        1e18,
        -1,
    ],
)
def test_times_that_are_none(text: Any) -> None:
    code, offset, detail = refusal(json.dumps({"lon": 120, "time": text, "lat": 41}))
    assert (code, offset) == (FaultCode.BAD_TIME, 21)
    assert detail.startswith("$.time")


def test_thingsboard_forms() -> None:
    values = {"longitude": 120.45, "latitude": 41.57, "engine_speed_rpm": 1450}
    timed: dict[str, Any] = {"ts": 1773451845000, "values": values}
    for value in (timed, [timed], {"Device A": [timed]}):
        message = codec.decode(json.dumps(value).encode())
        assert (message.records[0].at, message.records[0].lon) == (AT, 120.45)
        assert message.records[0].quantities == {"engine_speed_rpm": 1450}
        valid(value)
    gateway = codec.decode(json.dumps({"Device A": [timed, timed]}).encode())
    assert (gateway.device, gateway.form, len(gateway.records)) == ("Device A", Form.GATEWAY, 2)
    bare = codec.decode(json.dumps(values).encode())
    assert (bare.form, bare.records[0].at) == (Form.THINGSBOARD, None)
    assert codec.samples(bare)[0].flags == Flag.TIME_UNKNOWN


def test_gcj02_is_declared_for_the_whole_text() -> None:
    shifted = {"time": 1773451845, "lon": 120.45, "lat": 41.57, "coordinates": "gcj02"}
    message = codec.decode(json.dumps(shifted).encode())
    assert (message.coordinates, message.flags) == (Coordinates.GCJ02, PacketFlag.GCJ02_DECLARED)
    mixed = json.dumps([shifted, {**shifted, "coordinates": "wgs84"}])
    assert refusal(mixed)[0] is FaultCode.JSON
    assert refusal(json.dumps({**shifted, "coordinates": "bd09"}))[2].startswith("$.coordinates")


def test_doubtful_positions_are_flagged_and_kept() -> None:
    def flags(lon: float | None, lat: float | None, **more: Any) -> Flag:
        text = json.dumps({"time": 1773451845, "lon": lon, "lat": lat, **more})
        return codec.samples(codec.decode(text.encode()))[0].flags

    assert flags(None, None) == Flag.NO_FIX
    assert flags(0, 0) == Flag.COORD_ZERO
    assert flags(41.57, 85) == Flag.COORD_OUTSIDE_CHINA | Flag.COORD_SWAPPED
    assert flags(2.35, 48.85) == Flag.COORD_OUTSIDE_CHINA
    assert flags(120.4, 41.5, fix_valid=False) == Flag.NO_FIX
    assert flags(120.4, 41.5, nox_downstream_ppm=-200) == Flag.NOX_SENSOR_OFF
    assert flags(120.4, 41.5, coolant_c=900) == Flag.OUT_OF_RANGE


@pytest.mark.parametrize(
    ("text", "code", "at", "path"),
    [
        ('{"time":1773451845,"lon":"120.4","lat":41}', FaultCode.JSON, 25, "$.lon"),
        ('{"time":1773451845,"lon":120.4,"lat":true}', FaultCode.JSON, 37, "$.lat"),
        ('{"time":1773451845,"lon":190,"lat":41}', FaultCode.RANGE, 25, "$.lon"),
        ('{"time":1773451845,"lon":120,"lat":41,"speed_kmh":-1}', FaultCode.RANGE, 50, "$.speed_kmh"),
        ('[{"time":1773451845},{"time":1773451845,"coolant_c":"x"}]', FaultCode.JSON, 52, "$[1].coolant_c"),
        ('{"time":1773451845,"lon":120}', FaultCode.JSON, 0, "$"),
        ('{"time":1773451845,"lon":1,"longitude":1,"lat":1}', FaultCode.JSON, 0, "$"),
        ('{"device":7,"time":1773451845}', FaultCode.JSON, 10, "$.device"),
        ('{"device":"a/b","time":1773451845}', FaultCode.DEVICE, 10, "$.device"),
        ('{"device":"D1"}', FaultCode.JSON, 0, "$"),
        ('{"ts":"x","values":{"lon":1,"lat":1}}', FaultCode.BAD_TIME, 6, "$.ts"),
        ('{"ts":1773451845,"values":{"lon":1,"lat":[]}}', FaultCode.JSON, 41, "$.values.lat"),
        ("[]", FaultCode.JSON, 0, "$"),
        ("7", FaultCode.JSON, 0, "$"),
        ("[7]", FaultCode.JSON, 1, "$[0]"),
        ("{}", FaultCode.JSON, 0, "$"),
        ('{"A":[{"ts":1}],"B":7}', FaultCode.JSON, 0, "$"),
    ],
)
def test_refusals_name_the_place(text: str, code: FaultCode, at: int, path: str) -> None:
    found, offset, detail = refusal(text)
    assert (found, offset) == (code, at)
    assert detail.startswith(path + ":")


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ('{"time":1773451845,"lon":NaN,"lat":1}', 25, "NaN"),
        ('{"time":1773451845,"x":[1,-Infinity]}', 26, "Infinity"),
        ('{"time":1,"time":2}', 10, "twice"),
        ('{"time":1,"x":{"a":1,"b":2,"a":3}}', 27, "twice"),
        ('{"time":1e999}', 8, "too large"),
        ('{"time":' + "9" * 5000 + "}", 8, "more than"),
        ('{"time":1,"x":' + "[" * 5000 + "]" * 5000 + "}", 30, "nested"),
        ('{"time":1,"x":' + '{"a":' * 40 + "1" + "}" * 40 + "}", 15 + 15 * 5, "nested"),
        ('{"time":1,}', 10, ""),
        ("", 0, ""),
        ('{"time":1} x', 11, "Extra data"),
        ('{"time":1', 9, ""),
    ],
)
def test_unacceptable_json(text: str, at: int, said: str) -> None:
    code, offset, detail = refusal(text)
    assert (code, offset) == (FaultCode.JSON, at)
    assert said in detail
    assert len(detail) <= 200


def test_offsets_count_bytes() -> None:
    assert refusal('{"司机":"张","time":true}')[1] == len('{"司机":"张","time":'.encode())
    assert refusal(b'\xef\xbb\xbf{"time":true}')[1] == 11
    assert refusal(b'{"time":"\xff"}')[:2] == (FaultCode.JSON, 9)
    assert codec.decode(b"\xef\xbb\xbf" + NATIVE).device == "EXC-0007"


def test_a_text_speaks_for_one_device() -> None:
    one = {"device": "A", "time": 1773451845}
    code, offset, _ = refusal(json.dumps([one, {**one, "device": "B"}]))
    assert (code, offset) == (FaultCode.DEVICE_MISMATCH, 38)
    assert refusal('{"A":[{"ts":1773451845,"values":{}}],"B":[{"values":{}}]}')[0] is FaultCode.DEVICE_MISMATCH
    assert refusal('{"A":[{"device":"B","ts":1773451845,"values":{}}]}')[0] is FaultCode.DEVICE_MISMATCH


def test_too_long_a_text() -> None:
    assert refusal(b" " * 1_000_001)[0] is FaultCode.LENGTH


def test_the_table_and_the_columns_agree() -> None:
    columns = {column.name for column in COLUMNS}
    assert set(QUANTITIES) <= columns
    assert set(POSITION) - {"accuracy_m"} <= columns
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


LETTERS = 'aB1"\\{}[]:, \n\x00é好'  # what could trip a scanner
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
JSONS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.integers(-(10**25), 10**25) | st.text(LETTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(LETTERS, max_size=4), inner, max_size=3),
    max_leaves=4,
)
RECORDS = st.builds(
    lambda at, place, speed, quantities, extra: Record(
        at, *place, place[0] is not None, speed, quantities=quantities, extra=extra
    ),
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.just((None, None)) | st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.none() | st.floats(0, 500),
    st.dictionaries(st.sampled_from(sorted(QUANTITIES)), st.none() | NUMBERS, max_size=4),
    st.dictionaries(st.sampled_from(["note", "x1", "电压"]), JSONS, max_size=2),
)


@given(st.sampled_from(["", "A1"]), st.lists(RECORDS, min_size=1, max_size=3), st.sampled_from(Coordinates))
def test_what_is_written_is_read_again(device: str, records: list[Record], crs: Coordinates) -> None:
    message = Message(device, tuple(records), crs)
    text = codec.encode(message)
    assert codec.decode(text) == message
    assert len(codec.samples(message)) == len(records)
    json.dumps(codec.describe(message), allow_nan=False)


@given(st.binary(max_size=60) | st.text(LETTERS, max_size=60).map(str.encode) | JSONS.map(json.dumps).map(str.encode))
def test_any_bytes_are_a_message_or_a_refusal(text: bytes) -> None:
    try:
        codec.samples(codec.decode(text))
    except FrameError as error:
        assert 0 <= error.offset <= len(text)


KEYS = st.sampled_from(["time", "ts", "values", "device", "lon", "lat", "speed_kmh", "coolant_c", "fix_valid", "z"])
SHAPED = st.dictionaries(KEYS, JSONS | st.just(1773451845) | st.dictionaries(KEYS, JSONS, max_size=3), max_size=5)


@given(SHAPED | st.lists(SHAPED, max_size=3) | st.dictionaries(st.just("D"), st.lists(SHAPED, max_size=2)))
def test_nearly_right_texts(value: Any) -> None:
    try:
        message = codec.decode(json.dumps(value).encode())
    except FrameError:
        return
    codec.describe(message)
    codec.samples(message)


@given(JSONS)
def test_the_slow_walk_finds_what_the_parser_read(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for place in walk(text):
        found = value
        for step in place.path[:-1] if place.is_key else place.path:
            found = found[step]
        if not place.is_key and place.text not in "[{":
            assert json.loads(place.text) == found
            assert offset_of(text.encode(), place.path) == len(text[: place.at].encode())
