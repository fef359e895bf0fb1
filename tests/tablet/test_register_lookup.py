"""Finding in the register as one types, held against a slow scan; labels of machines; speed is the bench's."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.tablet.register_file import lines
from tests.tablet.node import run_node

Row = dict[str, Any]
START = """
import { decode } from "./register/file.js";
import { Lookup } from "./register/lookup.js";
import { numbersOf } from "./register/label.js";
const open = (text) => Lookup.of(decode(text).tables, () => Date.parse("2026-11-24T04:00:00Z"));
"""
FIND = (
    START
    + """
export function main({ file, asked, limit }) {
  const lookup = open(file);
  return asked.map((text) => lookup.lookup(text, { limit }).map((facts) => [facts.kind, facts.id]));
}"""
)
BASE = {"category": "x", "fuel": "diesel", "stage": "5", "state": "active"}
SIGN = st.sampled_from("N01OIB8")
PLATE = st.text(SIGN, min_size=4, max_size=6).map(lambda rest: "辽" + rest)
NUMBER = st.text(SIGN | st.just("-"), max_size=8)
TRUCK = st.fixed_dictionaries({"plate": PLATE, "vin": NUMBER, "colour": st.sampled_from(["yellow", "blue"])})
MACHINE = st.fixed_dictionaries({"registration_no": NUMBER, "pin": NUMBER, "machine_code": NUMBER})
TYPED = st.text(SIGN, max_size=6) | st.text(SIGN, max_size=5).map(lambda rest: "辽" + rest)


def _file(trucks: list[Row], machines: list[Row]) -> str:
    trucks = sorted(trucks, key=lambda row: (row["plate"], row["id"]))
    machines = sorted(machines, key=lambda row: (row["registration_no"], row["id"]))
    rows = [
        (kind, row["id"], json.dumps({**BASE, **row}))
        for kind, many in (("truck", trucks), ("machine", machines))
        for row in many
    ]
    return b"".join(lines({}, [rows], [])).decode()


def _numbered(rows: list[Row]) -> list[Row]:
    return [{"id": n + 1, **row} for n, row in enumerate(rows)]


def _folded(text: str) -> str:
    return text.replace("O", "0").replace("I", "1")


def _scan(typed: str, trucks: list[Row], machines: list[Row]) -> tuple[set[Any], list[set[Any]]]:
    """Who is meant at all, and the groups in which they come: better ones first."""
    loose = _folded(typed)

    def numbers(row: Row) -> list[str]:
        return [row[name] for name in ("registration_no", "pin", "machine_code")]

    inside = not typed.startswith("辽")
    of_trucks: list[Callable[[Row], bool]] = [
        lambda row: row["plate"].startswith(typed),
        lambda row: _folded(row["plate"]).startswith(loose),
        lambda row: inside and typed in row["plate"],
        lambda row: inside and typed in row["vin"],  # of eight signs at most: all of it is tail
        lambda row: inside and loose in _folded(row["plate"]),
        lambda row: inside and loose in row["vin"],
    ]
    of_machines: list[Callable[[Row], bool]] = [
        lambda row: row["registration_no"].startswith(typed),
        lambda row: any(typed in number for number in numbers(row)),
        lambda row: any(loose in _folded(number) for number in numbers(row)),
    ]
    groups = [{("truck", row["id"]) for row in trucks if test(row)} for test in of_trucks]
    groups += [{("machine", row["id"]) for row in machines if test(row)} for test in of_machines]
    return set().union(*groups), groups


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TRUCK, max_size=30, unique_by=lambda row: (row["plate"], row["colour"])),
    st.lists(MACHINE, max_size=15),
    st.lists(TYPED, min_size=1, max_size=12),
)
def test_what_is_found_is_what_a_slow_scan_finds(trucks: list[Row], machines: list[Row], asked: list[str]) -> None:
    trucks, machines = _numbered(trucks), _numbered(machines)
    answers: Any = run_node(FIND, {"file": _file(trucks, machines), "asked": asked, "limit": 1000})
    for typed, answer in zip(asked, answers, strict=True):
        found = [tuple(one) for one in answer]
        if len(typed) < 4:
            assert found == []
            continue
        meant, groups = _scan(typed, trucks, machines)
        assert set(found) == meant and len(found) == len(meant)
        rank = [next(n for n, group in enumerate(groups) if one in group) for one in found]
        assert rank == sorted(rank), "better ones come first"


@settings(max_examples=20, deadline=None)
@given(st.lists(TRUCK, max_size=30, unique_by=lambda row: (row["plate"], row["colour"])), TYPED)
def test_a_limit_keeps_the_best(trucks: list[Row], typed: str) -> None:
    file = _file(_numbered(trucks), [])
    few: Any = run_node(FIND, {"file": file, "asked": [typed], "limit": 3})
    all_: Any = run_node(FIND, {"file": file, "asked": [typed], "limit": 1000})
    assert few[0] == all_[0][:3]


def test_a_vin_is_found_by_its_end_and_by_the_whole_of_it() -> None:
    trucks = [{"id": n, "plate": f"辽N0000{n}", "colour": "blue", "vin": f"LZZ5CLSB8NA00000{n}"} for n in (1, 2)]
    asked = ["00002", "NA000002", "LZZ5CLSB8NA000002", "5CLSB8NA000002", "LZZ5CLSB", "lzz5clsb8na00000", "LZZ5"]
    answers: Any = run_node(FIND, {"file": _file(trucks, []), "asked": asked, "limit": 9})
    assert [[number for _, number in answer] for answer in answers] == [[2], [2], [2], [2], [], [1, 2], []]


def test_by_number_names_one_or_none() -> None:
    trucks = [
        {"id": 1, "plate": "辽N12345", "colour": "yellow"},
        {"id": 2, "plate": "辽N12345", "colour": "blue"},
        {"id": 3, "plate": "辽N12346", "colour": "blue", "vin": "LZZ5CLSB8NA000001"},
    ]
    machines = [
        {"id": 1, "registration_no": "3-6NA00077", "pin": "PIN77"},
        {"id": 2, "registration_no": "", "pin": "CLG00055"},
        {"id": 3, "registration_no": "3-6NA000771", "pin": ""},
    ]
    script = (
        START
        + """
    export function main({ file, asked }) {
      const lookup = open(file);
      const one = (facts) => facts && [facts.kind, facts.id];
      return [asked.map(([number, colour]) => one(lookup.byNumber(number, colour))),
        [lookup.get("truck", 3).vin, lookup.get("truck", 9), lookup.get("machine", 2).pin]];
    }"""
    )
    asked = [
        ["辽N12345", "blue"], ["辽N12345", ""], ["辽n·12346", ""], ["3-6NA00077", ""], ["clg00055", ""], ["CLG0005", ""],
        ["", ""], ["辽N12345", "green"],
    ]  # fmt: skip
    answer: Any = run_node(script, {"file": _file(trucks, machines), "asked": asked})
    found, got = answer
    assert found == [["truck", 2], None, ["truck", 3], ["machine", 1], ["machine", 2], None, None, None]
    assert got == ["LZZ5CLSB8NA000001", None, "CLG00055"]


LABELS = {
    "3-6NA00077": "3-6NA00077",
    "  3-6na00077\n": "3-6NA00077",
    "https://example.cn/m/3-6NA00077": "3-6NA00077",
    "https://example.cn/q?no=3-6NA00077&t=1": "3-6NA00077",
    "https://example.cn/q?type=2&code=3%2D6NA00077#top": "3-6NA00077",
    "环保登记号码：3-6NA00077\n机械类型：装载机": "3-6NA00077",
    "登记号码=3-6NA00077;阶段=国三": "3-6NA00077",
    '{"registration_no": "3-6NA00077", "kind": "loader"}': "3-6NA00077",
    "机械环保代码：CLG00055,排放阶段：国四": "CLG00055",
    "https://example.cn/label/CLG00055": "CLG00055",
    "朝阳市 3-6NA00077 装载机": "3-6NA00077",
}
SILENT = ["", "欢迎", "https://example.cn/", "http://example.cn/index.html?x=", "%E0%A4%A", "weixin://dl/business"]


def test_the_number_of_a_label_is_found_however_it_is_written() -> None:
    script = START + "export function main(texts) { return texts.map(numbersOf); }"
    found: Any = run_node(script, list(LABELS))
    assert {text: numbers[0] if numbers else None for text, numbers in zip(LABELS, found, strict=True)} == LABELS


def test_a_label_that_names_no_machine_names_none() -> None:
    script = (
        START
        + "export function main(texts) { return texts.map((text) => numbersOf(text).filter((one) => one.length > 4)); }"
    )
    found: Any = run_node(script, SILENT)
    assert [numbers for numbers in found if numbers and numbers != ["INDEX.HTML"]] == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20))
def test_no_text_of_a_code_breaks_the_reader(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    run_node(START + "export function main(texts) { return texts.map(numbersOf); }", texts)
