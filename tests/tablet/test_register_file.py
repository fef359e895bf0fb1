"""The register file: what Python writes, the tablet's own module reads; deltas; what it keeps it reads again."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.tablet.columns import SIGNS, numbers
from server.tablet.register_file import lines
from tests.tablet.node import NodeFault, run_node

HEAD = {
    "revision": "7-abcdefabcdef",
    "made_at": "2026-11-24T00:00:00+00:00",
    "city": "2113",
    "full": True,
    "since": None,
}
TODAY = "2026-11-24"
READ = """
import { decode, encode, apply } from "./register/file.js";
import { factsOf } from "./register/subject.js";
const NOW = Date.parse("2026-11-24T04:00:00Z");
const all = (tables) => ["truck", "machine"].flatMap((kind) =>
  Array.from({ length: tables[kind].n }, (_, row) => factsOf(kind, tables[kind], row, NOW)));
"""
Row = dict[str, Any]

# What the database can hold: no NUL, no half of a sign.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
HOSTILE = ("|", "~", "~0", "~1|", "辽N12345", "\n", "\r\n\u2028", "𠮷𠮷𠮷", "1234567𠮷89", "\ufffd\uffff", '"\\', "")
HARD = TEXT | st.sampled_from(HOSTILE)
DAY = st.dates(min_value=date(1900, 1, 1)).map(str)
RESULT = st.tuples(DAY, st.sampled_from(["roadside", "periodic"]), st.sampled_from(["passed", "failed"])).map(list)
WATCH = st.tuples(HARD, DAY | st.none(), DAY | st.none()).map(list)


def _facts(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {"category": HARD, "fuel": HARD, "stage": HARD, "state": HARD, **more},
        optional={
            "owner": HARD,
            "enterprise": HARD,
            "division": HARD,
            "cases": st.integers(1, 99),
            "notice": st.tuples(HARD, st.just("2026-11-20")).map(list),
            "last": st.lists(RESULT, max_size=3).map(lambda rows: sorted(rows, key=lambda row: row[0], reverse=True)),
            "watch": st.lists(WATCH, min_size=1, max_size=3),
        },
    )


TRUCKS = _facts(plate=HARD, colour=HARD, vin=HARD, registered_on=DAY)
POWER = st.sampled_from(["", 55.5, 0, 1200])
MACHINES = _facts(registration_no=HARD, pin=HARD, machine_code=HARD, maker=HARD, power_kw=POWER)
PLAIN = {
    "id": 5,
    "plate": "辽N12345",
    "colour": "yellow",
    "category": "c",
    "fuel": "f",
    "stage": "5",
    "state": "active",
}


def _file(trucks: list[Row], machines: list[Row], head: Row = HEAD, gone: Any = ()) -> str:
    """As the store hands it over: in the order of code points, in portions."""
    trucks = sorted(trucks, key=lambda row: (row["plate"], row["id"]))
    machines = sorted(machines, key=lambda row: (row["registration_no"], row["id"]))
    rows = [
        (kind, row["id"], json.dumps({name: value for name, value in row.items() if name != "id"}))
        for kind, many in (("truck", trucks), ("machine", machines))
        for row in many
    ]
    return b"".join(lines(head, [rows[at : at + 3] for at in range(0, len(rows), 3)], gone)).decode()


def _with_ids(rows: list[Row], first: int = 1) -> list[Row]:
    return [{"id": (n * 7919) % 1_000_003 + first, **row} for n, row in enumerate(rows)]


def _assert_same(facts: Row, row: Row) -> None:
    for name in facts.keys() & row.keys() - {"last", "watch", "power_kw"}:
        assert facts[name] == row[name], name
    assert facts["open_cases"] == row.get("cases", 0)
    assert [[one["at"], one["kind"], one["outcome"]] for one in facts["last"]] == row.get("last", [])
    assert (facts["open_notice"] or {}).get("number") == (row.get("notice") or [None])[0]
    held = [
        code
        for code, first, until in row.get("watch", [])
        if (not first or first <= TODAY) and (not until or until >= TODAY)
    ]
    by_itself = {"not_in_use", "open_case"}
    assert set(facts["watch"]) - by_itself == set(held) - by_itself
    assert ("open_case" in facts["watch"]) == ("cases" in row)
    if "power_kw" in row:
        assert facts["power_kw"] == (None if row["power_kw"] == "" else row["power_kw"])


@settings(max_examples=40, deadline=None)
@given(st.lists(TRUCKS, max_size=12), st.lists(MACHINES, max_size=7))
def test_what_python_writes_the_tablet_reads_and_keeps(trucks: list[Row], machines: list[Row]) -> None:
    trucks, machines = _with_ids(trucks), _with_ids(machines)
    script = (
        READ
        + """
    export function main(text) {
      const file = decode(text);
      const kept = decode(encode(file.head, file.tables));
      return { first: all(file.tables), kept: all(kept.tables), head: file.head };
    }"""
    )
    answer: Any = run_node(script, _file(trucks, machines))
    assert answer["first"] == answer["kept"]
    assert answer["head"]["revision"] == HEAD["revision"]
    expected = {"truck": {row["id"]: row for row in trucks}, "machine": {row["id"]: row for row in machines}}
    assert len(answer["first"]) == len(trucks) + len(machines)
    for facts in answer["first"]:
        _assert_same(facts, expected[facts["kind"]][facts["id"]])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_delta_put_in_is_the_whole_file(data: st.DataObject) -> None:
    before = _with_ids(data.draw(st.lists(TRUCKS, max_size=10)))
    machines = _with_ids(data.draw(st.lists(MACHINES, max_size=3)))
    gone = {row["id"] for row in before if data.draw(st.booleans())}
    stay = [row["id"] for row in before if row["id"] not in gone]
    changed = [{**data.draw(TRUCKS), "id": number} for number in stay if data.draw(st.booleans())]
    changed += _with_ids(data.draw(st.lists(TRUCKS, max_size=3)), first=2_000_000)
    out = gone | {row["id"] for row in changed}
    after = [row for row in before if row["id"] not in out] + changed
    script = (
        READ
        + """
    export function main({ old, delta, whole }) {
      const kept = decode(old).tables;
      return [all(apply(kept, decode(delta))), all(decode(whole).tables)];
    }"""
    )
    head = {**HEAD, "full": False, "since": "6-abcdefabcdef"}
    files = {
        "old": _file(before, machines),
        "delta": _file(changed, [], head, [("truck", number) for number in sorted(gone)]),
        "whole": _file(after, machines),
    }
    answer: Any = run_node(script, files)
    assert answer[0] == answer[1]


def test_a_file_cut_off_anywhere_is_refused() -> None:
    whole = _file([PLAIN], [])
    script = (
        READ
        + """
    export function main(texts) {
      return texts.map((text) => { try { decode(text); return "read"; } catch { return "refused"; } });
    }"""
    )
    answers: Any = run_node(script, [whole[:at] for at in range(len(whole))] + [whole])
    assert answers[-1] == "read"
    assert "read" not in answers[:-1]


@pytest.mark.parametrize(
    "change", [('"format":1', '"format":2'), ('"truck":1', '"truck":2'), ('"id":"1A"', '"id":"1"')]
)
def test_a_file_of_another_form_is_refused(change: tuple[str, str]) -> None:
    text = _file([PLAIN], [])
    assert change[0] in text
    with pytest.raises(NodeFault, match="register file"):
        run_node(READ + "export function main(text) { return decode(text).head; }", text.replace(*change))


def test_what_depends_on_the_day_is_decided_on_the_tablet() -> None:
    row = {
        **PLAIN,
        "state": "scrapped",
        "notice": ["W20261101-000001", "2026-11-24"],
        "watch": [["repair_overdue", "2026-11-25", None], ["failed_twice", None, "2026-11-24"]],
        "permits": [[1764000000, 1795536000, "heating", None], [1795536000, 1796000000, "post", 3]],
    }
    script = (
        READ
        + """
    export function main({ text, times }) {
      const { tables } = decode(text);
      return times.map((time) => {
        const facts = factsOf("truck", tables.truck, 0, Date.parse(time));
        return [facts.watch, facts.open_notice.overdue, facts.whitelist];
      });
    }"""
    )
    times = ["2026-11-24T15:59:59Z", "2026-11-24T16:00:00Z", "2026-12-30T00:00:00Z"]
    answers: Any = run_node(script, {"text": _file([row], []), "times": times})
    last_day, next_day, later = answers
    assert last_day[:2] == [["failed_twice", "not_in_use"], False]
    assert last_day[2] == {"until": "2026-11-24T16:00:00.000Z", "purpose": "heating", "zone_id": None}
    assert next_day[:2] == [["repair_overdue", "not_in_use"], True]
    assert next_day[2]["purpose"] == "post" and next_day[2]["zone_id"] == 3
    assert later[2] is None


@given(st.lists(st.integers(0, 2**31 - 1), max_size=20))
def test_numbers_have_one_width(values: list[int]) -> None:
    text = numbers(values)
    assert len(text) == 1 + int(text[0]) * len(values)
    assert set(text) <= set(SIGNS)
