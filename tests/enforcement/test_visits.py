"""Visits against a slow obvious version: one fix at a time, one dictionary a zone."""

from dataclasses import asdict, dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcement.visits.replays import reset_after, reset_before, touched
from enforcement.visits.steps import (
    Ending,
    Segment,
    SettingsByZone,
    State,
    VisitSettings,
    close_silent,
    forbidden_runs,
    step,
)

SECOND = 1_000_000
SETTINGS = SettingsByZone(
    VisitSettings(min_dwell_s=20, min_inside_fixes=2, exit_fixes=2, max_gap_s=60),
    {2: VisitSettings(exit_fixes=3, max_gap_s=100), 3: VisitSettings(exit_fixes=1, max_gap_s=30)},
)


@dataclass(frozen=True)
class Fix:
    device: int
    at_us: int
    hits: dict = field(default_factory=dict)  # zone -> (version, state, code)


def oracle(fixes, by_zone=SETTINGS):
    """The rule read aloud. Returns (open, closed) as dictionaries."""
    open_, closed, last_fix = {}, [], {}
    for fix in fixes:
        for key in [key for key in open_ if key[0] == fix.device]:
            if fix.at_us - open_[key]["last_fix_us"] > by_zone.of(key[1]).max_gap_s * 1e6:
                closed.append(open_.pop(key) | {"ending": "silent"})
        for zone in {key[1] for key in open_ if key[0] == fix.device} | set(fix.hits):
            version, state, code = fix.hits.get(zone, (0, State.OUTSIDE, 0))
            key = (fix.device, zone)
            if key not in open_:
                if state != State.INSIDE:
                    continue
                open_[key] = begun(fix, zone, last_fix.get(fix.device, 0))
            visit = open_[key]
            visit["last_fix_us"] = fix.at_us
            take(visit, fix.at_us, version, state, code)
            if visit["outside_run"] >= by_zone.of(zone).exit_fixes:
                closed.append(open_.pop(key) | {"ending": "left"})
        last_fix[fix.device] = fix.at_us
    return open_, closed


def begun(fix, zone, entered_after):
    return {
        "device": fix.device,
        "zone_id": zone,
        "first_us": fix.at_us,
        "last_us": fix.at_us,
        "inside_fixes": 0,
        "uncertain_fixes": 0,
        "uncertain_last_us": 0,
        "outside_run": 0,
        "outside_since_us": 0,
        "last_fix_us": fix.at_us,
        "entered_after_us": entered_after,
        "segments": [],
        "ending": "open",
    }


def take(visit, at_us, version, state, code):
    if state == State.OUTSIDE:
        visit["outside_run"] += 1
        visit["outside_since_us"] = visit["outside_since_us"] or at_us
        return
    visit["outside_run"], visit["outside_since_us"] = 0, 0
    if state == State.UNCERTAIN:
        visit["uncertain_fixes"] += 1
        visit["uncertain_last_us"] = at_us
        return
    visit["inside_fixes"] += 1
    visit["last_us"] = at_us
    segments = visit["segments"]
    if segments and (segments[-1]["version_id"], segments[-1]["code"]) == (version, code):
        segments[-1]["last_us"] = at_us
        segments[-1]["inside_fixes"] += 1
    else:
        segments.append({"version_id": version, "code": code, "first_us": at_us, "last_us": at_us, "inside_fixes": 1})


def columns(fixes):
    hits = [(i, zone, *hit) for i, fix in enumerate(fixes) for zone, hit in sorted(fix.hits.items())]
    table = np.array(hits, np.int64).reshape(-1, 5)
    device = np.array([fix.device for fix in fixes], np.int64)
    at_us = np.array([fix.at_us for fix in fixes], np.int64)
    return device, at_us, *table.T


def run(fixes, open_=None, before=None, by_zone=SETTINGS):
    return step(open_ or {}, *columns(fixes), by_zone, before)


def plain(visit):
    row = asdict(visit)
    return row | {"segments": [dict(segment) for segment in row["segments"]]}


def order(visits):
    return sorted(visits, key=lambda visit: (visit["device"], visit["zone_id"], visit["first_us"]))


def same(result, expected):
    open_, closed = expected
    assert order(plain(v) for v in result.open.values()) == order(open_.values())
    assert order(plain(v) for v in result.closed) == order(closed)
    assert all(visit.key == key for key, visit in result.open.items())


hit = st.tuples(st.integers(1, 3), st.sampled_from([State.INSIDE, State.INSIDE, State.UNCERTAIN]), st.integers(0, 2))
some_hits = st.one_of(st.just({}), st.dictionaries(st.integers(1, 3), hit, max_size=3))


@st.composite
def tracks(draw, devices=3, most=25):
    fixes = []
    for device in range(1, draw(st.integers(1, devices)) + 1):
        at_us = draw(st.integers(1, 50)) * SECOND
        for _ in range(draw(st.integers(0, most))):
            at_us += draw(st.sampled_from([1, 10, 29, 30, 31, 60, 61, 100, 101])) * SECOND
            fixes.append(Fix(device, at_us, draw(some_hits)))
    return fixes


@given(tracks())
def test_equals_the_slow_version(fixes):
    same(run(fixes), oracle(fixes))


@settings(max_examples=300)
@given(tracks(), st.data())
def test_any_portions_give_the_same_visits(fixes, data):
    """Cut the fixes by time at random places and feed them one portion after another."""
    last = max((fix.at_us for fix in fixes), default=0)
    cuts = sorted(data.draw(st.lists(st.integers(0, last + 1), max_size=6)))
    open_, closed, before = {}, [], {}
    for low, high in zip([0, *cuts], [*cuts, last + 1], strict=True):
        result = run([fix for fix in fixes if low <= fix.at_us < high], open_, before)
        open_, before = result.open, before | result.last_fix_us
        closed += result.closed
    expected_open, expected_closed = oracle(fixes)
    assert order(map(plain, closed)) == order(expected_closed)
    assert order(map(plain, open_.values())) == order(expected_open.values())


@settings(max_examples=300)
@given(tracks(devices=1, most=60), st.data())
def test_a_window_between_resets_is_enough(fixes, data):
    """Late fixes put in order and only their window stepped again: as if everything had been."""
    late = data.draw(st.sets(st.integers(0, max(len(fixes) - 1, 0)), max_size=4)) if fixes else set()
    early = [fix for i, fix in enumerate(fixes) if i not in late]
    if not late or not early:
        return
    old_open, old_closed = oracle(early)
    _, at_us, hit_fix, *_ = columns(fixes)
    hit_ = touched(len(fixes), hit_fix)
    first = reset_before(at_us, hit_, min(late), SETTINGS) or 0
    last = reset_after(at_us, hit_, max(late), SETTINGS)
    end = len(fixes) if last is None else last
    before = {1: int(at_us[first - 1])} if first else {}
    result = run(fixes[first:end], {}, before)
    from_us, to_us = at_us[first], at_us[end] if end < len(fixes) else 2**62
    waiting = step({}, *columns(early), SETTINGS).open
    waiting = {key: visit for key, visit in waiting.items() if visit.first_us < from_us}
    closed = [visit for visit in old_closed if not from_us <= visit["first_us"] < to_us]
    closed += map(plain, close_silent(waiting, from_us, SETTINGS).closed)
    open_ = list(result.open.values())
    if end < len(fixes):
        rest = close_silent(result.open, to_us, SETTINGS)
        assert not rest.open
        closed += map(plain, rest.closed)
        open_ = [visit for visit in old_open.values() if visit["first_us"] >= to_us]
    else:
        open_ = [plain(visit) for visit in open_]
    closed += map(plain, result.closed)
    expected_open, expected_closed = oracle(fixes)
    assert order(closed) == order(expected_closed)
    assert order(open_) == order(expected_open.values())


def at(*states, every=10, version=1, code=0, zone=1, begin=100):
    """Fixes of device 1: I inside, U uncertain, - outside."""
    names = {"I": State.INSIDE, "U": State.UNCERTAIN}
    return [
        Fix(1, (begin + every * i) * SECOND, {zone: (version, names[s], code)} if s in names else {})
        for i, s in enumerate(states)
    ]


def test_uncertain_begins_nothing_and_keeps_open():
    result = run(at(*"UU-IU-U-U--"))
    (visit,) = result.closed
    assert (visit.first_us, visit.last_us) == (130 * SECOND, 130 * SECOND)
    assert (visit.inside_fixes, visit.uncertain_fixes, visit.ending) == (1, 3, Ending.LEFT)
    assert visit.uncertain_last_us == 180 * SECOND
    assert visit.entered_after_us == 120 * SECOND
    assert not visit.is_established(SETTINGS.of(1))


@pytest.mark.parametrize(
    ("states", "every", "established"),
    [("III", 9, False), ("III", 10, True), ("II", 20, True), ("I", 20, False), ("IUU", 30, False)],
)
def test_minimums_below_at_and_above(states, every, established):
    (visit,) = run(at(*states, every=every)).open.values()
    assert visit.is_established(SETTINGS.of(1)) is established


def test_silence_at_and_above_the_gap():
    assert not run(at(*"II", every=60)).closed
    result = run(at(*"II", every=61))
    assert [visit.ending for visit in result.closed] == [Ending.SILENT]
    assert len(result.open) == 1


def test_version_change_makes_segments():
    fixes = at(*"II", version=1, code=0) + at(*"III", version=2, code=4, begin=120)
    (visit,) = run(fixes).open.values()
    assert visit.segments == (
        Segment(1, 0, 100 * SECOND, 110 * SECOND, 2),
        Segment(2, 4, 120 * SECOND, 140 * SECOND, 3),
    )
    assert visit.forbidden(SETTINGS.of(1)) == visit.segments[1:]


def test_a_short_forbidden_part_is_no_violation():
    fixes = at(*"IIII") + at(*"II", version=2, code=4, begin=140)
    (visit,) = run(fixes).open.values()
    assert visit.is_established(SETTINGS.of(1))
    assert forbidden_runs(visit) == (visit.segments[1:],)
    assert visit.forbidden(SETTINGS.of(1)) == ()


def test_an_allowed_part_between_parts_two_runs():
    fixes = at(*"II", code=1) + at("I", code=0, begin=120) + at(*"II", code=2, begin=130)
    (visit,) = run(fixes).open.values()
    assert [len(run_) for run_ in forbidden_runs(visit)] == [1, 1]


def test_the_later_of_two_versions_counts():
    fixes = at("I")
    device, at_us, *_ = columns(fixes)
    result = step({}, device, at_us, [0, 0], [1, 1], [1, 2], [2, 2], [0, 3], SETTINGS)
    assert [segment.version_id for segment in result.open[1, 1].segments] == [2]


def test_close_silent_is_what_the_next_fix_would_do():
    open_ = run(at(*"II")).open
    assert not close_silent(open_, 170 * SECOND, SETTINGS).closed
    (visit,) = close_silent(open_, 170 * SECOND + 1, SETTINGS).closed
    assert visit == run(at("-", begin=171), open_).closed[0]


def test_unsorted_fixes_are_named():
    with pytest.raises(ValueError, match="fix 1"):
        step({}, [1, 1], [5, 5], [], [], [], [], [], SETTINGS)
    with pytest.raises(ValueError, match="hit_fix"):
        step({}, [1], [5], [1], [1], [1], [2], [0], SETTINGS)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="exit_fixes"):
        VisitSettings(exit_fixes=0)
    with pytest.raises(ValueError, match="max_gap_s"):
        VisitSettings(max_gap_s=0)
