"""Measures in an alert: the shipped ones as cases, and how revisions, areas, levels and leave work together."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.alerts.answers import Answer, Place, answer
from enforcement.alerts.levels import Alert, AlertLevel, highest
from enforcement.alerts.measures import Effect, PlaceTerms, SubjectTerms, in_force, plain, read_measure, shipped
from enforcement.json_records import RecordFault
from enforcement.registry.categories import TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from enforcement.rules.book import BEIJING
from enforcement.zones.terms import Purpose, SubjectKind
from enforcement.zones.whitelist import WhitelistEntry

CASES = "measures.yaml"
NOW = datetime(2026, 11, 24, 12, tzinfo=BEIJING)
DAY = timedelta(days=1)
ORANGE = Alert(3, AlertLevel.ORANGE, "2113", NOW - 4 * DAY, None, "朝政预〔2026〕3号")
MINE = Place(8, "211302", frozenset({"mine"}), trips_per_day=50)
OLD = Truck("辽N12345", PlateColour.YELLOW, category=TruckCategory.HEAVY_GOODS, fuel=Fuel.DIESEL, stage=Stage.IV)
BULK = next(one for one in shipped() if one.name == "bulk_site_trucks#2")


def leave(**changes):
    span = [round((NOW + days * DAY).timestamp() * 1e6) for days in (-30, 30)]
    entry = WhitelistEntry(("plate", "辽N12345 yellow"), None, Purpose.HEATING, *span, "市局", entry_id=7)
    return [replace(entry, **changes)]


def test_shipped_measures(case, rules, beijing, subject_of):
    since = beijing(case["since"]) if "since" in case else NOW - 4 * DAY
    alert = replace(ORANGE, level=AlertLevel(case.get("level", "orange")), from_at=since)
    place = Place(
        1, "211302", frozenset(case["kinds"]), grade=case.get("grade", ""), trips_per_day=case.get("trips"),
        people_supply=case.get("people", False),
    )  # fmt: skip
    found = answer(rules, shipped(), [alert], place, subject_of(case), [], beijing(case["at"]) if "at" in case else NOW)
    assert (found.answer, found.reason.code, list(found.measures)) == (case["answer"], case["code"], case["by"])
    assert (found.alert == alert) == bool(case["by"])


def test_every_shipped_measure_goes_there_and_back_as_json():
    assert [read_measure(plain(one)) for one in shipped()] == list(shipped())
    assert len({one.name for one in shipped()}) == len(shipped())
    for one in shipped():
        assert one.certainty == "unconfirmed"
        assert ("APPCL" in one.legal_basis) == (one.valid_from.year == 2016)


def test_of_one_key_the_highest_revision_that_has_begun_counts():
    own = replace(BULK, revision=101, valid_from=NOW, terms=SubjectTerms(stages=(Stage.V,)))
    rows = [*shipped(), own]
    assert BULK in in_force(rows, NOW - timedelta(seconds=1), "211302")
    assert own in in_force(rows, NOW, "211302")
    assert BULK not in in_force(rows, NOW, "211302")
    gone = replace(own, revision=102, valid_from=NOW + DAY, withdrawn=True)
    assert {one.key for one in in_force([*rows, gone], NOW + DAY, "211302")} == {one.key for one in shipped()} - {
        BULK.key
    }


def test_a_county_row_goes_before_the_citys_and_its_withdrawal_gives_the_city_back_its_say():
    county = replace(BULK, revision=101, area="211302", valid_from=NOW, effect=Effect.LIMIT)
    assert county in in_force([*shipped(), county], NOW, "211302")
    assert BULK in in_force([*shipped(), county], NOW, "211303")
    gone = replace(county, revision=102, withdrawn=True)
    assert BULK in in_force([*shipped(), county, gone], NOW, "211302")


def test_a_row_that_has_ended_says_nothing(rules):
    ended = replace(BULK, revision=101, valid_from=NOW - DAY, valid_to=NOW)
    rows = [*shipped(), ended]
    assert answer(rules, rows, [ORANGE], MINE, OLD, [], NOW - timedelta(seconds=1)).answer is Answer.DENY
    assert answer(rules, rows, [ORANGE], MINE, OLD, [], NOW).answer is Answer.ALLOW


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Answer.ALLOW),
        ({"enterprise_id": 8}, Answer.ALLOW),
        ({"enterprise_id": 9}, Answer.DENY),
        ({"level_to": "orange"}, Answer.ALLOW),
        ({"level_to": "red"}, Answer.ALLOW),
        ({"level_to": "yellow"}, Answer.DENY),
        ({"valid_to_us": round(NOW.timestamp() * 1e6)}, Answer.DENY),
        ({"valid_from_us": round(NOW.timestamp() * 1e6)}, Answer.ALLOW),
        ({"subject": ("plate", "辽N12345 blue")}, Answer.DENY),
    ],
)
def test_leave_is_for_a_plant_a_level_and_a_period(rules, changes, expected):
    assert answer(rules, shipped(), [ORANGE], MINE, OLD, leave(**changes), NOW).answer is expected


def test_a_measure_that_lets_in_goes_before_one_that_keeps_out(rules):
    green = replace(BULK, key="green_lane", revision=101, effect=Effect.ALLOW, place=PlaceTerms())
    found = answer(rules, [*shipped(), green], [ORANGE], MINE, OLD, [], NOW)
    assert (found.answer, found.reason.code, found.measures) == ("allow", "let_in", ("green_lane#101",))


def test_an_answer_is_valid_until_what_is_known_to_change(rules):
    def until(alerts, entries=()):
        return answer(rules, shipped(), alerts, MINE, OLD, entries, NOW).valid_until - NOW

    assert until([ORANGE]) == timedelta(seconds=120)
    assert until([replace(ORANGE, to_at=NOW + timedelta(seconds=30))]) == timedelta(seconds=30)
    assert until([replace(ORANGE, from_at=NOW + timedelta(seconds=60))]) == timedelta(seconds=60)
    ends = round((NOW + timedelta(seconds=10)).timestamp() * 1e6)
    assert until([ORANGE], leave(valid_to_us=ends)) == timedelta(seconds=10)


def test_the_higher_of_a_citys_and_a_countys_alert_counts():
    county = replace(ORANGE, id=4, area="211302", level=AlertLevel.RED)
    assert highest([ORANGE, county], "211302", NOW) == county
    assert highest([ORANGE, county], "211303", NOW) == ORANGE
    assert highest([replace(ORANGE, to_at=NOW)], "211302", NOW) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("levels", []),
        ("levels", ["purple"]),
        ("exemptions", ["friends"]),
        ("terms", {"machine_types": ["loader"]}),
        ("valid_to", "2016-01-01T00:00:00+08:00"),
        ("place", {"trips_above": -1}),
        ("place", {"kinds": ["moon"]}),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_place(field, value):
    with pytest.raises(RecordFault) as refused:
        read_measure({**plain(BULK), field: value})
    assert refused.value.faults[0].field.startswith(field)
    assert refused.value.zh


@given(
    st.sampled_from(list(Stage)), st.sampled_from(list(TruckCategory)), st.sampled_from(list(Fuel)),
    st.sets(st.sampled_from(["mine", "plant", "large_user", "construction", "city_core", "zone"])),
    st.sampled_from([None, 0.0, 10.0, 10.5, 80.0]), st.sampled_from(list(AlertLevel)),
)  # fmt: skip
def test_no_answer_is_silent_about_why(rules, stage, category, fuel, kinds, trips, level):
    place = Place(1, "211302", frozenset(kinds), trips_per_day=trips)
    truck = replace(OLD, stage=stage, category=category, fuel=fuel)
    found = answer(rules, shipped(), [replace(ORANGE, level=level)], place, truck, [], NOW)
    assert found.reason.code
    assert found.reason.zh
    assert found.reason.en
    assert found.answer is Answer.ALLOW or found.measures
    if found.answer is Answer.DENY:  # what is not known keeps nobody out
        row = {one.name: one for one in shipped()}[found.measures[0]]
        assert Stage.UNKNOWN is not stage or not row.terms.stages
        assert TruckCategory.UNKNOWN is not category or not row.terms.categories
        assert row.subject is SubjectKind.TRUCK
