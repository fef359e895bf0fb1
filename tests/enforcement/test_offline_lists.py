"""The off-line list says what the platform would say, for every truck and moment; forged and ended ones say nothing."""

import base64
import json
import runpy
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.alerts import ed25519
from enforcement.alerts.answers import Answer, Place, answer
from enforcement.alerts.directions import Way, towards
from enforcement.alerts.levels import Alert, AlertLevel
from enforcement.alerts.measures import PlaceTerms, SubjectTerms, shipped
from enforcement.alerts.offline import (
    Law,
    Listed,
    ListRefused,
    OfflineList,
    answer_from,
    make_list,
    micros,
    midnights,
    open_list,
    seal,
)
from enforcement.registry.categories import TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from enforcement.rules.book import load
from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import WhitelistEntry

SCRIPT = Path(__file__).parents[2] / "server" / "documents" / "gate_files" / "check_list.py"
check_list = SimpleNamespace(**runpy.run_path(str(SCRIPT)))
RULES = load()
KEY = bytes(range(32))
PUBLIC = ed25519.public_key(KEY)
MADE = datetime(2026, 11, 24, 4, 0, 30, tzinfo=UTC)
UNTIL = MADE + timedelta(hours=48)
BULK = Place(7, "211302", frozenset({"large_user", "plant"}), "steel", "C", 40.0)
CALM = Place(7, "211302", frozenset({"plant"}), "steel", "A", 2.0)
PARITY = replace(
    next(one for one in shipped() if one.key == "bulk_site_trucks"), key="odd_even", revision=1, levels=(AlertLevel.RED,),
    place=PlaceTerms(), terms=SubjectTerms(parity=True), exemptions=(),
)  # fmt: skip
seconds = st.integers(-3600, 50 * 3600)
moments = seconds.map(lambda s: MADE + timedelta(seconds=s))


@st.composite
def alert_lists(draw: st.DrawFn) -> tuple[Alert, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        begins = draw(moments)
        ends = draw(st.none() | st.integers(1, 40 * 3600).map(lambda s, b=begins: b + timedelta(seconds=s)))
        area = draw(st.sampled_from(["2113", "211302", "211324"]))
        found.append(
            Alert(number + 1, draw(st.sampled_from(list(AlertLevel))), area, begins, ends, f"朝政预{number}号")
        )
    return tuple(found)


@st.composite
def listed(draw: st.DrawFn) -> Listed:
    plate = draw(st.sampled_from(["辽N", "冀B"])) + draw(st.text("0123456789AB", min_size=5, max_size=5))
    truck = Truck(
        plate, draw(st.sampled_from([PlateColour.YELLOW, PlateColour.GREEN])),
        category=draw(st.sampled_from([TruckCategory.HEAVY_GOODS, TruckCategory.SPECIAL, TruckCategory.UNKNOWN])),
        fuel=draw(st.sampled_from([Fuel.DIESEL, Fuel.ELECTRIC, Fuel.UNKNOWN])), stage=draw(st.sampled_from(list(Stage))),
    )  # fmt: skip
    leave = []
    for number in range(draw(st.integers(0, 2))):
        begins = draw(moments)
        entry = WhitelistEntry(
            ("plate", f"{truck.plate} {truck.plate_colour}"), None, draw(st.sampled_from([Purpose.HEATING, Purpose.OTHER])),
            micros(begins), micros(begins) + draw(st.integers(1, 30 * 3600)) * 1_000_000, "市局", entry_id=number + 1,
            enterprise_id=draw(st.sampled_from([None, 7, 8])), level_to=draw(st.sampled_from([None, "orange"])),
        )  # fmt: skip
        leave.append(entry)
    return Listed(truck, tuple(leave))


def law_of(alerts: tuple[Alert, ...], *places: Place) -> Law:
    days = [MADE, *midnights(MADE, UNTIL)]
    return Law(RULES, (*shipped(), PARITY), alerts, tuple((at, places[n % len(places)]) for n, at in enumerate(days)))


def opened(law: Law, trucks: list[Listed]) -> OfflineList:
    content = make_list(law, trucks, {"list_id": 1, "measures": {}}, MADE, UNTIL)
    return open_list(json.loads(json.dumps(seal(content, KEY))), PUBLIC)


@settings(max_examples=60, deadline=None)
@given(
    alert_lists(),
    st.lists(listed(), min_size=1, max_size=6, unique_by=lambda one: (one.truck.plate, one.truck.plate_colour)),
    st.lists(st.integers(0, 48 * 3600 - 1), min_size=1, max_size=12),
    st.booleans(),
)
def test_the_list_says_what_the_platform_would_say(
    alerts: tuple[Alert, ...], trucks: list[Listed], asked: list[int], changes: bool
) -> None:
    law = law_of(alerts, BULK, CALM) if changes else law_of(alerts, BULK)
    held = opened(law, trucks)
    edges = [at for one in alerts for at in (one.from_at, one.to_at) if at and MADE <= at < UNTIL]
    for at in [MADE + timedelta(seconds=s) for s in asked] + edges + [one - timedelta(microseconds=1) for one in edges]:
        if not MADE <= at < UNTIL:
            continue
        for one in trucks:
            for way in Way:
                expected = towards(way, answer(RULES, law.measures, alerts, law.place_at(at), one.truck, one.leave, at))
                found = answer_from(held, one.truck.plate, str(one.truck.plate_colour), way, at)
                assert (found.answer, found.code, found.zh, found.en) == (
                    expected.answer, expected.reason.code, expected.reason.zh, expected.reason.en,
                )  # fmt: skip
                assert found.measures == expected.measures
                assert found.alert_id == (expected.alert.id if expected.alert else None)
                assert found.whitelist_id == expected.whitelist_id
                assert found.is_listed
                alone = check_list.answer(held.content, one.truck.plate, str(one.truck.plate_colour), way, at)
                assert (alone["answer"], alone["code"], alone["zh"]) == (found.answer, found.code, found.zh)
                assert at < found.valid_until <= UNTIL


def test_an_alert_known_to_begin_tomorrow_counts_from_its_moment_on() -> None:
    begins = MADE + timedelta(hours=20)
    held = opened(
        law_of((Alert(1, AlertLevel.ORANGE, "2113", begins, None, "预1号"),), BULK),
        [Listed(Truck("辽N40000", PlateColour.YELLOW, category=TruckCategory.HEAVY_GOODS, stage=Stage.IV))],
    )
    before = answer_from(held, "辽N40000", "yellow", "in", begins - timedelta(microseconds=1))
    assert (before.answer, before.valid_until) == ("allow", begins)
    assert answer_from(held, "辽N40000", "yellow", "in", begins).answer == "deny"
    assert answer_from(held, "辽N40000", "yellow", "out", begins).answer == "check"


def test_who_is_not_on_the_list_is_a_truck_that_nobody_knows() -> None:
    law = law_of((Alert(1, AlertLevel.ORANGE, "2113", MADE, None, "预1号"),), BULK)
    found = answer_from(opened(law, []), "吉A99999", "yellow", "in", MADE)
    assert (found.answer, found.is_listed) == (Answer.CHECK, False)
    assert "吉A99999" in found.zh


@pytest.mark.parametrize(
    ("at", "code"),
    [(MADE - timedelta(microseconds=1), "not_yet"), (UNTIL, "expired"), (UNTIL + timedelta(1), "expired")],
)
def test_outside_its_time_it_says_nothing(at: datetime, code: str) -> None:
    with pytest.raises(ListRefused) as refused:
        answer_from(opened(law_of((), BULK), []), "辽N1", "yellow", "in", at)
    assert refused.value.code == code


def forged(**changes: Any) -> dict[str, Any]:
    return {**seal(make_list(law_of((), BULK), [], {"list_id": 1}, MADE, UNTIL), KEY), **changes}


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (forged(content=forged()["content"].replace('"others":0', '"others":1')), "forged"),
        (forged(content=forged()["content"] + " "), "forged"),
        (forged(signature=base64.b64encode(bytes(64)).decode()), "forged"),
        (forged(signature=base64.b64encode(ed25519.sign(bytes(32), forged()["content"].encode())).decode()), "forged"),
        (forged(signature="%%%"), "unreadable"),
        (forged(signature=None), "unreadable"),
        (forged(content=None), "unreadable"),
        ({}, "unreadable"),
        (seal({"form": "other/1", "trucks": []}, KEY), "unreadable"),
    ],
)
def test_what_was_tampered_with_is_refused(envelope: dict[str, Any], code: str) -> None:
    with pytest.raises(ListRefused) as refused:
        open_list(envelope, PUBLIC)
    assert refused.value.code == code
    with pytest.raises(check_list.Refused, match=code):
        check_list.opened(envelope, PUBLIC)


def test_the_program_for_gates_answers_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(forged(), ensure_ascii=False), encoding="utf-8")

    def run(*words: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), *words], capture_output=True, text=True, encoding="utf-8", check=False
        )
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    at = (MADE + timedelta(hours=1)).isoformat()
    code, told = run(str(path), PUBLIC.hex(), "辽NA1234", "yellow", "in", at)
    assert (code, told["answer"], told["is_listed"], told["list_id"]) == (0, "allow", False, 1)
    assert run(str(path), bytes(32).hex(), "辽NA1234", "yellow", "in", at) == (1, {"refused": "forged"})
    late = run(str(path), PUBLIC.hex(), "辽NA1234", "yellow", "in", UNTIL.isoformat())
    assert late == (1, {"refused": "expired"})
    path.write_text("no list", encoding="utf-8")
    assert run(str(path), PUBLIC.hex(), "辽NA1234", "yellow", "in", at) == (1, {"refused": "unreadable"})
    assert run(str(path))[0] == 2
