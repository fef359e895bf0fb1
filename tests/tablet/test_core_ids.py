"""Ids and the clock of the app, in node."""

import re
import uuid

import pytest

from tests.tablet.node import run_node

FORM = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
NOW = 1795500000000


def test_ids_are_uuid7_with_their_time() -> None:
    made = run_node(
        """import { uuid7, timeOf } from "./ids.js";
        const main = (ms) => { const id = uuid7(ms); return [id, timeOf(id)]; };""",
        NOW,
    )
    assert isinstance(made, list)
    assert FORM.match(made[0])
    assert made[1] == NOW
    assert uuid.UUID(made[0]).version == 7
    assert uuid.UUID(made[0]).int >> 80 == NOW


def test_ids_of_one_millisecond_sort_as_they_were_made_and_none_is_twice() -> None:
    made = run_node(
        """import { uuid7 } from "./ids.js";
        const main = (ms) => Array.from({ length: 20000 }, () => uuid7(ms));""",
        NOW,
    )
    assert isinstance(made, list)
    assert made == sorted(made)
    assert len(set(made)) == 20000


def test_a_clock_set_back_a_little_keeps_the_order_and_one_set_back_a_day_is_believed() -> None:
    made = run_node(
        """import { uuid7, timeOf } from "./ids.js";
        const main = (ms) => [uuid7(ms), uuid7(ms - 5000), timeOf(uuid7(ms - 86400000))];""",
        NOW,
    )
    assert isinstance(made, list)
    assert made[0] < made[1]
    assert made[2] == NOW - 86400000


@pytest.mark.parametrize(
    ("server", "sent", "got", "expected"),
    [
        (NOW, NOW, NOW, 0),
        (NOW + 100, NOW, NOW + 200, 0),  # the clocks agree, the way took 200 ms
        (NOW + 86400000, NOW, NOW + 2000, 86399000),  # the device is a day behind
        (NOW - 5000, NOW, NOW, -5000),
    ],
)
def test_the_difference_of_the_clocks_is_taken_at_the_middle_of_the_way(
    server: int, sent: int, got: int, expected: int
) -> None:
    script = """import { noteServerTime, offsetMs, startClock } from "./clock.js";
    const main = ([server, sent, got]) => {
      const kept = [];
      startClock(undefined, (offset) => kept.push(offset));
      const before = offsetMs();
      noteServerTime(server, sent, got);
      return [before, offsetMs(), kept];
    };"""
    assert run_node(script, [server, sent, got]) == [None, expected, [expected]]


def test_an_answer_without_a_time_or_from_before_it_was_asked_for_changes_nothing() -> None:
    script = """import { noteServerTime, offsetMs, startClock } from "./clock.js";
    const main = () => {
      startClock(42, () => {});
      noteServerTime(NaN, 1, 2);
      noteServerTime(5, 10, 9); // the clock was set between asking and answer
      return offsetMs();
    };"""
    assert run_node(script) == 42
