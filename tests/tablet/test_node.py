"""The way to node itself: values pass both ways, faults are seen."""

import pytest

from tests.tablet.node import NodeFault, run_node

SCRIPT = "export function main(input) { return { twice: input.n * 2, text: input.text }; }"


def test_values_go_in_and_out() -> None:
    assert run_node(SCRIPT, {"n": 0.1, "text": "辽N12345"}) == {"twice": 0.2, "text": "辽N12345"}


def test_a_script_may_wait_and_answer_much() -> None:
    answer = run_node("async function main(n) { return 'x'.repeat(await n); }", 3_000_000)
    assert answer == "x" * 3_000_000


def test_nothing_is_null() -> None:
    assert run_node("function main() {}") is None


def test_what_a_script_throws_is_said() -> None:
    with pytest.raises(NodeFault, match="no such plate"):
        run_node("function main() { throw new Error('no such plate'); }")
