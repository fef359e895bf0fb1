"""Every sentence that decoders and ingest can write about a refused frame has its Chinese, with the same numbers.

The sentences are gathered twice: out of the source, and from many frames that are not as they should be.
"""

import ast
import inspect
import json
import json.scanner
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.flows import arrivals, ingest
from server.web.fault_sentences import SENTENCES, in_chinese
from telemetry.carriage import split
from telemetry.decode import decode, detect
from telemetry.kinds import KINDS
from telemetry.protocols.errors import FrameError
from telemetry.protocols.jt808 import codec as boxes
from telemetry.protocols.jt808.fields import MESSAGES
from telemetry.protocols.jt808.frame import seal
from telemetry.protocols.jt808.header import Edition, Header
from telemetry.protocols.jt808.identity import REGISTRATION
from telemetry.protocols.jt808.messages import Message
from tests.telemetry.test_family_properties import a_batch, sealed, some
from tests.telemetry.test_jt808_properties import messages
from tests.telemetry.test_tracker_json import NATIVE, SHAPED

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    *sorted((ROOT / "telemetry").rglob("*.py")),
    *(Path(inspect.getfile(module)) for module in (arrivals, ingest)),
]
RAISERS = {"FrameError": 2, "Objection": 2, "_refuse": 4, "Fault": 3}
WRITTEN = ("detail", "said")
OBJECTORS = ("_objection", "_number_objection", "_unfit")
FILLERS = ("7", "2F 00", "an answer", "str", "suspended", "C", "'2026'", "device", "$", "day is out of range for month",
           "no possible date", "NaN")  # fmt: skip
ENGLISH = re.compile(r"[A-Za-z]{3,}")
CODES = re.compile(
    r"VIN|CAN|BCD|UTF-8|JSON|QoS|ISO|retain|emission/v1|HJ|GB|wgs84|gcj02|null|true|false|NaN|`[a-z]+`|uXXXX|\$\S*"
)
HEX = re.compile(r"\b(?:[0-9A-Fa-f]{2} ?)+\b")
QUOTED = re.compile(r"""(['"]).*?\1""", re.DOTALL)  # what a sender wrote


def english_left(detail: str) -> str | None:
    """What of the sentence would be English on a Chinese page."""
    zh = in_chinese(detail)
    if zh is None:
        return detail
    left = ENGLISH.findall(HEX.sub("", CODES.sub("", QUOTED.sub("", zh))))
    return f"{detail} -> {zh}" if left else None


# --- out of the source ---


def written_sentences(path: Path) -> Iterator[ast.expr]:
    """The expressions of a module that become the one line about a frame."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            at = RAISERS.get(name, 99)
            yield from node.args[at : at + 1]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id in WRITTEN:
                yield node.value
        elif isinstance(node, ast.FunctionDef) and node.name in OBJECTORS:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield inner.value


def pieces(node: ast.expr) -> list[list[str]]:
    """Each text of an expression as its constant pieces; between two of them stands a value."""
    if isinstance(node, ast.Constant):
        return [[node.value]] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.JoinedStr):
        out = [""]
        for part in node.values:
            if isinstance(part, ast.Constant):
                out[-1] += part.value
            else:
                out.append("")
        return [out] if any(ENGLISH.search(piece) for piece in out) else []
    if isinstance(node, ast.IfExp):
        return pieces(node.body) + pieces(node.orelse)
    if isinstance(node, ast.Tuple):
        return pieces(node.elts[-1])
    return []


def filled(parts: list[str]) -> Iterator[str]:
    """The sentence with plausible values."""
    for values in product(FILLERS, repeat=len(parts) - 1):
        yield parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=True))


GATHERED = sorted({tuple(parts) for path in SOURCES for node in written_sentences(path) for parts in pieces(node)})


def test_the_source_is_found() -> None:
    texts = ["{}".join(parts) for parts in GATHERED]
    assert len(texts) > 60
    for known in ("login carries {} bytes, its table has {}", "no terminal of this kind and name is on file"):
        assert known in texts


@pytest.mark.parametrize("parts", GATHERED, ids="{}".join)
def test_every_sentence_of_the_source_has_its_chinese(parts: tuple[str, ...]) -> None:
    tries = [english_left(sentence) for sentence in filled(list(parts))]
    assert None in tries, "{}".join(parts)


@pytest.mark.parametrize("path", sorted((ROOT / "telemetry/protocols/jt808").glob("*.py")), ids=lambda path: path.stem)
def test_what_needs_more_bytes_is_named_in_chinese(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    needed = [node.args[3] for node in calls if isinstance(node.func, ast.Name) and node.func.id == "need"]
    for what in needed:
        names = [what.value] if isinstance(what, ast.Constant) else [f"registration {name}" for name in REGISTRATION]
        for name in names:
            assert english_left(f"{name} needs 5 bytes, 3 are here") is None


@pytest.mark.parametrize("what", ["suspended", "removed"])
def test_the_state_of_a_terminal(what: str) -> None:
    assert english_left(f"the terminal is {what}") is None


def test_the_messages_of_the_standard_library() -> None:
    """Those that the running Python's decoder holds."""
    source = inspect.getsource(json.decoder) + inspect.getsource(json.scanner)
    said = re.findall(r"""(?:JSONDecodeError\(|msg = )"([^"]+)\"""", source)
    assert len(said) >= 8
    for one in said:
        assert english_left(one.replace("\\\\", "\\").replace("{0!r}", "'x'").format("'x'")) is None, one


# --- as frames say them ---


def details_of(frame: bytes, kind: str | None, layout: str | None = None) -> Iterator[str]:
    try:
        decode(frame, kind, layout)
    except FrameError as fault:
        yield fault.detail
    for fault in split(frame).faults:
        yield fault.detail


def check(frame: bytes, *kinds: str | None) -> None:
    left = {one for kind in kinds for detail in details_of(frame, kind) if (one := english_left(detail))}
    assert left == set(), frame.hex()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**48))
def test_damaged_reports_and_sessions(seed: int) -> None:
    random = Random(seed)
    for frame in filter(
        None, a_batch(seed, ("A", "B", "C", "hj1014", "hj1322"))[0]
    ):  # an empty one has no byte to damage
        raw = bytearray(frame)
        for _ in range(random.randrange(3)):
            raw[random.randrange(len(raw))] = random.choice([0, 1, 0xFE, 0xFF, 0x7E, 0x7D, random.randrange(256)])
        for one in (frame, bytes(raw), sealed(bytes(raw[:22]).ljust(22, b"1"), bytes(raw[24:-1])), bytes(raw[:9])):
            check(one, None, *KINDS)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 255), st.binary(max_size=60), st.sampled_from([b"##", b"~~", b"$$"]), st.booleans())
def test_any_data_under_any_command(command: int, data: bytes, start: bytes, answered: bool) -> None:
    head = bytes([command]) + (b"\xfe" if answered else b"") + b"LFNAHUMJ8P1E00017" + (b"" if answered else b"\1")
    check(sealed(start + head + b"\1", data), None, *KINDS)


@settings(max_examples=200, deadline=None)
@given(messages(), st.integers(0, 2**48))
def test_damaged_frames_of_boxes(message: Message, seed: int) -> None:
    random = Random(seed)
    frame = boxes.encode(message)
    body = frame[13:-2][: random.randrange(60)] + some(random, random.randrange(30))
    for command in random.sample(sorted(MESSAGES), 4):
        for edition in Edition:
            check(seal(Header(command, "1", 1, edition), body), "jt808")
            part = Header(command, "1", 1, edition, packet_total=random.randrange(3), packet_number=random.randrange(4))
            check(seal(part, body), "jt808")
    raw = bytearray(frame)
    raw[random.randrange(len(raw))] = random.randrange(256)
    for one in (bytes(raw), frame[:-3], frame[1:], b"~" + some(random, 20) + b"~"):
        check(one, None, "jt808")


@settings(max_examples=200, deadline=None)
@given(SHAPED, st.integers(0, 2**48))
def test_texts_of_trackers(value: object, seed: int) -> None:
    random = Random(seed)
    text = json.dumps(value)
    check(text.encode(), "json")
    at = random.randrange(len(NATIVE))
    odd = random.choice('{}[],:"\\\n7x').encode()
    for one in (NATIVE[:at] + odd + NATIVE[at:], NATIVE[:at], NATIVE + text.encode()):
        check(one, "json")


@pytest.mark.parametrize(
    "text",
    [
        b"[]", b"\xff{", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":' + b"1" * 40 + b"}", b'{"a":1,"a":2}',
        b"[" * 20 + b"]" * 20, b'{"time":null}', b'{"device":"x","lon":1}', b'{"time":1773451845,"lon":1}',
        b'{"time":1773451845,"lon":181,"lat":2}', b'{"time":1773451845,"lon":1,"longitude":1}', b'{"time":"x"}',
        b'{"time":"2026-01-01"}', b'{"time":"1990-01-01T00:00:00Z"}', b'{"time":5}', b'{"time":[]}',
        b'{"time":1773451845,"fix_valid":7}', b'{"time":1773451845,"coordinates":"bd09"}', b'{"time":1773451845,"lon":"x"}',
        b'{"time":1773451845,"device":7}', b'{"time":1773451845,"device":"a/b"}', b'{"a: b":{"c":NaN}}', b"[7]",
        b'[{"device":"a","time":1773451845},{"device":"b","time":1773451845}]', b'{"d":[{"device":"e","time":1773451845}]}',
        b'{"a":"\\q"}', b'{"a":"\\u12"}', b'{"a":"\n"}', b"{" + b" " * 1_000_001,
    ],
)  # fmt: skip
def test_what_a_tracker_is_refused_for(text: bytes) -> None:
    assert list(details_of(text, "json"))
    check(text, "json")


# --- the table itself ---


def test_numbers_stay() -> None:
    assert in_chinese("login carries 12 bytes, its table has 28") == "登入数据为 12 字节，按标准应为 28 字节"
    assert in_chinese("$[2].values.lon: a number is wanted, str is given") == "$[2].values.lon：应为数字，却是文字"
    assert (
        in_chinese("time 1a 02 1e 01 01 01: day is out of range for month")
        == "时间 1a 02 1e 01 01 01 不存在：该月没有这一天"
    )


def test_every_place_of_a_template_is_used() -> None:
    for english, zh in SENTENCES.items():
        places = len(re.findall(r"\{[nxst]\}", english))
        assert {int(n) for n in re.findall(r"\{(\d)\}", zh)} == set(range(places)), english


def test_a_sentence_that_nobody_knows_has_no_chinese() -> None:
    assert in_chinese("KeyError: 7 (ingest.py:12)") is None
    assert in_chinese("") is None


def test_keys_full_of_colons_take_no_time() -> None:
    assert in_chinese("$" + ".$: " * 120 + "x") is None


def test_a_start_that_no_kind_has() -> None:
    for frame in (b"", b"xx", b"\0\0\0"):
        with pytest.raises(FrameError) as fault:
            detect(frame)
        assert english_left(fault.value.detail) is None
