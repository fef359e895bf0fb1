"""What a decoded frame says is said in Chinese: every name of a field and every code that is a value.

Outside a request the language is Chinese.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.web import packet_words
from server.web.frame_words import NAMES, VALUES
from telemetry import description
from telemetry.carriage import split
from telemetry.decode import decode, describe
from telemetry.fleet import make_fleet, stream
from telemetry.protocols.annexq import diagnostics, envelope
from telemetry.protocols.annexq import messages as family
from telemetry.protocols.errors import FrameError
from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.gb32960 import messages as electric
from telemetry.protocols.hj1239 import messages as hj1239
from telemetry.protocols.jt808 import fields as box_fields
from telemetry.protocols.jt808 import messages as boxes
from telemetry.protocols.jt808.emission import SubItem, pack
from telemetry.protocols.jt808.header import Edition, Header, Note
from telemetry.protocols.nrmm import messages as nrmm
from telemetry.protocols.tracker_json import fields as tracker
from telemetry.protocols.tracker_json.messages import Coordinates, Form
from tests.telemetry import test_jt808_properties as box_frames
from tests.telemetry.test_family_properties import a_batch

HAN = re.compile(r"[一-鿿]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
DIGITS = re.compile(r"0x[0-9A-Fa-f]+|[0-9A-Fa-f]+|[0-9T:.+-]+Z?")
OF_THE_DEVICE = {  # texts that a device or a person at its maker's wrote, and codes of faults
    "device", "phone", "vin", "iccid", "maker", "model", "terminal", "plate", "code", "imei",
    "version", "hardware", "firmware", "calibration_id", "calid", "pack_codes", "text", "start", "username",
}  # fmt: skip
CODES = re.compile(
    r"OBD|NOx|SCR|VIN|CAN|JSON|SIM|ICCID|GPS|GLONASS|Galileo|GNSS|BCD|GBK|GCJ|WGS|ISO|SAE|EGR|VVT|DPF|NMHC|ACC|TTS|VSS"
    r"|TSP|ThingsBoard|ppm|kPa|min|deg|TLV"
)
ITEMS = tuple(
    boxes.Item(number, bytes(known.lengths[0] if known.lengths else 2)) for number, known in box_fields.ITEMS.items()
)
LIST = pack(
    [
        *(SubItem(number, bytes(known.lengths[0])) for number, known in box_fields.EMISSION.items()),
        *(
            SubItem(number, b"1" * length)
            for table in (box_fields.EMISSION_WORDS, box_fields.EMISSION_TEXTS, box_fields.EMISSION_BYTES)
            for number, (_, length) in table.items()
        ),
        SubItem(box_fields.REMAINING_FUEL, b"\x80\x01"),
        SubItem(box_fields.REMAINING_FUEL, b"\x00\x01"),
    ]
) + pack([SubItem(box_fields.MILEAGE, bytes(5))], box_fields.FLOW_LIST)
LOADED = boxes.Location(0xFFFFFFFF, 0xFFFFFFFF, 41_000_000, 120_000_000, 1, 1, 1, None, ITEMS + LIST, b"\1")


def leaves(said: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with the name of the field that it stands under."""
    if isinstance(said, dict):
        for name, inner in said.items():
            yield name, None
            yield from leaves(inner, name)
    elif isinstance(said, list | tuple):
        for inner in said:
            yield from leaves(inner, key)
    else:
        yield key, said


def english_in(said: dict[str, Any]) -> set[tuple[str, str]]:
    """What of a decoded frame a Chinese page would show in English."""
    found = set()
    for name, value in leaves(said):
        if not HAN.search(packet_words.label_of(name)):
            found.add(("name", name))
        if isinstance(value, str) and name not in OF_THE_DEVICE:
            shown = packet_words.value_of(name, value)
            if not DIGITS.fullmatch(shown) and ENGLISH.search(CODES.sub("", shown)):
                found.add((name, value))
    return found


def classes(module: ModuleType) -> Iterator[type]:
    for name in dir(module):
        one = getattr(module, name)
        if isinstance(one, type) and is_dataclass(one):
            yield one


@pytest.mark.parametrize("module", [envelope, family, diagnostics, hj1239, nrmm, electric, boxes])
def test_every_field_of_every_message_has_its_name(module: ModuleType) -> None:
    missing = {
        f"{one.__name__}.{field.name}"
        for one in classes(module)
        if one not in (boxes.Location, boxes.Batch, boxes.Message, Header)  # these describe themselves
        for field in fields(one)
        if not HAN.search(NAMES.get(field.name, ("", ""))[0])
    }
    assert missing == set()


def test_every_name_of_the_tables_has_its_word() -> None:
    names = {*diagnostics.IUPR, *tracker.POSITION, *tracker.QUANTITIES, "fix_valid", "coordinates"}
    names |= {known.name for known in (*box_fields.ITEMS.values(), *box_fields.EMISSION.values())}
    names |= {
        name
        for table in (box_fields.EMISSION_WORDS, box_fields.EMISSION_TEXTS, box_fields.EMISSION_BYTES)
        for name, _ in table.values()
    }
    assert names <= set(NAMES)
    assert all(HAN.search(zh) and en and not HAN.search(en) for zh, en in NAMES.values())


def test_every_code_that_is_a_value_has_its_word() -> None:
    assert set(diagnostics.MONITORS) == set(VALUES["monitors"]) == set(VALUES["not_complete"])
    assert {*box_fields.MESSAGES.values(), "unknown"} <= set(VALUES["name"])
    assert {*box_fields.ALARM_BITS.values(), *box_fields.STATUS_BITS.values()} <= set(VALUES["names"])
    assert set(box_fields.LOADS) == set(VALUES["load"])
    assert {note.value for note in Note} == set(VALUES["notes"])
    assert {form.value for form in Form} == set(VALUES["form"])
    assert {crs.value for crs in Coordinates} == set(VALUES["coordinates"])
    assert {flag.name for flag in PacketFlag} == set(VALUES["flags"])
    assert set(description.INFORMATION.values()) <= set(VALUES["information"])


@pytest.mark.parametrize("module", [family, hj1239, nrmm, electric])
def test_every_message_and_body_has_its_word(module: ModuleType) -> None:
    known = {*VALUES["message"], *VALUES["information"], *description.INFORMATION}
    parts = {"Message", "Record", "Header", "DiagnosticCode", "Motor"}
    assert {one.__name__ for one in classes(module)} - parts <= known


@pytest.mark.parametrize("kind", ["hdv", "nrmm", "jt808", "ev", "json"])
def test_what_a_fleet_sends_is_said_in_chinese(kind: str) -> None:
    members = [one for one in make_fleet(60, 40, seed=2, parked=0) if one.kind == kind]
    sent = stream(members[:8], 1_795_000_000_000_000, 90, seed=1, sessions=True) if members else ()
    found: set[tuple[str, str]] = set()
    for said in sent:
        for frame in split(said.frame).frames:
            found |= english_in(describe(decode(frame, kind)))
    assert found == set()


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**48), st.sampled_from([("hdv", ("A", "B", "C")), ("nrmm", ("hj1014", "hj1322")), ("ev", ("C",))])
)
def test_what_reports_of_any_kind_say(seed: int, pair: tuple[str, tuple[str, ...]]) -> None:
    kind, layouts = pair
    for frame in a_batch(seed, layouts)[0]:
        try:
            said = describe(decode(frame, kind))
        except FrameError:
            continue
        assert english_in(said) == set()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(box_frames.messages())
def test_what_boxes_say(message: boxes.Message) -> None:
    assert english_in(describe(message)) == set()


@pytest.mark.parametrize(
    "body",
    [
        LOADED,
        boxes.Batch(1, (LOADED,), 3, b"\1"),
        boxes.LocationAnswer(1, LOADED),
        boxes.Registration("2019", 21, 1302, "M", "MODEL", "T", 2, "辽NA1234"),
        boxes.RegistrationAnswer(1, 0, "X"),
        boxes.Authentication("2019-length", "CODE", "IMEI", "V1"),
        boxes.Authentication("2019-other", "CODE", "IMEI", "V1"),
        boxes.Attributes("2019", 1, "M", "MODEL", "T", "8986", "H1", "F1", 1, 1),
        boxes.Part(2, 1, b"\1"),
        boxes.Raw(b"\1"),
    ],
)
def test_what_each_body_of_a_box_says(body: boxes.Body) -> None:
    header = Header(0x0200, "013912345678", 1, Edition.E2019, packet_total=2, packet_number=1)
    assert english_in(describe(boxes.Message(header, body, tuple(Note)))) == set()


def test_a_tracker_and_its_own_keys() -> None:
    text = (
        '{"device":"T-1","time":1773451845,"lon":120.4,"lat":41.5,"accuracy_m":5,"coolant_c":80,"coordinates":"gcj02"}'
    )
    assert english_in(describe(decode(text.encode(), "json"))) == set()
    assert packet_words.label_of("battery mood") == "battery mood"  # what nobody knows is shown as it came


def test_a_password_is_counted_in_chinese() -> None:
    assert packet_words.value_of("password", "20 bytes, not shown") == "20字节，不予显示"
