"""Keys, PIN and sealing, in node: what opens what, and what stands in the way."""

from typing import Any

import pytest

from tests.tablet.node import run_node

DAY = 86_400_000
NOW = 1_795_500_000_000
RECORD: dict[str, Any] = {
    "account": "inspector",
    "wrap": {"data": 1},
    "failures": 0,
    "waitUntilMs": 0,
    "revoked": False,
    "lastContactMs": NOW,
    "latestMs": NOW,
}


def test_what_was_sealed_opens_with_the_key_that_the_pin_unwraps_and_with_no_other_pin() -> None:
    script = """import { makeKeyBytes } from "./vault/keys.js";
    import { unwrap, wrap } from "./vault/pin.js";
    import { makeVault } from "./vault/seal.js";
    const main = async (value) => {
      const key = makeKeyBytes();
      const wrapped = await wrap(key, "482916", 1000);
      const vault = makeVault();
      await vault.unlockWith(key);
      const sealed = await vault.seal(value);
      vault.lock();
      const shut = await vault.open(sealed).catch((fault) => fault.name);
      await vault.unlockWith(await unwrap(wrapped, "482916"));
      const wrong = await unwrap(wrapped, "482917").catch((fault) => fault.name);
      const text = new TextDecoder("latin1").decode(sealed.data);
      return [await vault.open(sealed), shut, wrong, text.includes("N12345"), wrapped.deviceKey.extractable];
    };"""
    value = {"subject": "辽N12345", "n": [1, None, 2.5]}
    assert run_node(script, value) == [value, "Locked", "WrongPin", False, False]


def test_the_same_value_never_looks_the_same_twice_and_a_changed_bit_does_not_open() -> None:
    script = """import { makeKeyBytes } from "./vault/keys.js";
    import { makeVault } from "./vault/seal.js";
    const main = async () => {
      const vault = makeVault();
      await vault.unlockWith(makeKeyBytes());
      const [one, other] = [await vault.sealBytes(new Uint8Array(40)), await vault.sealBytes(new Uint8Array(40))];
      const same = one.data.every((byte, at) => byte === other.data[at]);
      one.data[3] ^= 1;
      return [same, await vault.openBytes(one).then(() => "opened", () => "refused")];
    };"""
    assert run_node(script) == [False, "refused"]


@pytest.mark.parametrize(
    ("change", "now", "expected"),
    [
        ({}, NOW, None),
        ({}, NOW + 7 * DAY, None),  # on the day
        ({}, NOW + 7 * DAY + 1, {"code": "days"}),
        ({"latestMs": NOW + 8 * DAY}, NOW, {"code": "days"}),  # the clock was set back
        ({"revoked": True}, NOW, {"code": "revoked"}),
        ({"wrap": None}, NOW, {"code": "no_pin"}),
        ({"failures": 9}, NOW, None),
        ({"failures": 10}, NOW, {"code": "no_pin"}),
        ({"failures": 4, "waitUntilMs": NOW + 20_000}, NOW, {"code": "wait", "waitMs": 20_000}),
        ({"failures": 4, "waitUntilMs": NOW + 20_000}, NOW + 20_000, None),
        ({"failures": 4, "waitUntilMs": NOW + 30 * DAY}, NOW, None),  # the clock was ahead then: no wait for a month
    ],
)
def test_what_stands_in_the_way_of_the_pin(change: dict[str, Any], now: int, expected: object) -> None:
    script = """import { obstacle } from "./vault/pin.js"; const main = ([record, now]) => obstacle(record, now);"""
    assert run_node(script, [{**RECORD, **change}, now]) == expected


def test_a_wrong_pin_is_counted_before_it_is_tried_and_waits_grow_to_ten_minutes() -> None:
    script = """import { countRight, countTry, waitMs } from "./vault/pin.js";
    const main = ([record, now]) => {
      const tried = countTry(record, now);
      return [Array.from({ length: 11 }, (_, n) => waitMs(n) / 1000), tried.failures, countRight(tried).failures];
    };"""
    assert run_node(script, [RECORD, NOW]) == [[0, 0, 0, 10, 20, 40, 80, 160, 320, 600, 600], 1, 0]


@pytest.mark.parametrize(
    ("pin", "form", "weak"),
    [("000000", True, True), ("123456", True, True), ("987654", True, True), ("890123", True, True),
     ("482916", True, False), ("112233", True, False), ("48291", False, False), ("4829161", False, False)],
)  # fmt: skip
def test_a_pin_is_six_digits_and_not_the_first_that_a_thief_tries(pin: str, form: bool, weak: bool) -> None:
    script = """import { isPin, isWeak } from "./vault/pin.js"; const main = (pin) => [isPin(pin), isWeak(pin)];"""
    assert run_node(script, pin) == [form, weak]
