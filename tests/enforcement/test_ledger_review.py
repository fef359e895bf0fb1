"""What is made of ledgers: clean transport, agreement with the register, scores, the draw of a verification."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from enforcement.ledgers.reconciliation import Contradiction, difference_sentence, differences, stages_agree
from enforcement.ledgers.scores import Count, ScorePart, score_weights
from enforcement.ledgers.scores import score as score_of
from enforcement.ledgers.shares import Carried, CleanShare, Mode, Target, share_of, share_terms, target_of
from enforcement.ledgers.verification import (
    Candidates,
    ItemVerdict,
    Part,
    days_between,
    draw,
    draw_some,
    method_of,
    response,
    score,
)

CASES = "ledger_review.yaml"
AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
FIRST_FIVE = (301, 679, 851, 364, 593)


def carried(row):
    cargo, tonnes, way, *vehicle = row
    return Carried(cargo, Decimal(tonnes), None if way == "road" else Mode(way), *vehicle)


def near(value):
    return value if value is None else pytest.approx(value)


def test_clean_share(case, rules):
    share = share_of(share_terms(rules, AT), [carried(row) for row in case["carried"]])
    assert share.strict_pct == near(case["strict"])
    assert share.or_six_pct == near(case["or_six"])


def test_clean_target(case, rules):
    target = target_of(rules, case["industry"], AT)
    assert (target and target.pct) == case["pct"]


def test_what_is_missing_to_the_target():
    share = CleanShare(Decimal(10), Decimal(20), Decimal(5), Decimal(65))
    assert share.missing_tonnes(Target(70, "x")) == 40
    assert share.missing_tonnes(Target(30, "x")) == 0


TONNES = some.decimals(0, 5000, places=3)
ROADS = some.tuples(some.sampled_from(["coal", "steel", "grain"]), TONNES, some.just("road"),
                    some.sampled_from(["diesel", "electric", "hydrogen"]), some.sampled_from(["4", "6", "D"]))  # fmt: skip
WAYS = some.tuples(some.sampled_from(["coal", "grain"]), TONNES, some.sampled_from(list(Mode)))


@given(rows=some.lists(ROADS | WAYS, max_size=20), split=some.integers(0, 20))
def test_shares_add_up_however_the_rows_are_split(rules, rows, split):
    terms, all_of = share_terms(rules, AT), [carried(row) for row in rows]
    whole = share_of(terms, all_of)
    assert share_of(terms, all_of[:split]) + share_of(terms, all_of[split:]) == whole
    assert whole.total == sum((one.tonnes for one in all_of if one.cargo != "grain"), Decimal(0))
    if whole.total:
        assert 0 <= whole.strict_pct <= whole.or_six_pct <= 100


def test_stage_agreement(case):
    assert stages_agree(case["said"], case["registered"]) is case["agree"]


def test_what_differs_is_named_and_what_is_unknown_is_not_compared():
    said = {"stage": "6", "fuel": "diesel", "vin": "LFWSRXRJ6H1E00001"}
    assert differences(said, {"stage": "5", "fuel": "natural_gas", "vin": "LFWSRXRJ9H1E00000"}) == [
        Contradiction.STAGE,
        Contradiction.FUEL,
        Contradiction.VIN,
    ]
    assert differences(said, {"stage": None, "fuel": "unknown", "vin": None}) == []
    assert differences({**said, "vin": "lfwsrxrj6h1e00001"}, {**said}) == []
    told = difference_sentence(Contradiction.STAGE, "辽N12345", "6", "5")
    assert "国六" in told.zh
    assert "China V" in told.en


def test_score(case, rules):
    counts = {ScorePart(part): Count(*given) for part, given in case["counts"].items()}
    found = score_of(counts, score_weights(rules, AT))
    assert found.value == near(case["score"])
    assert sum(part.points for part in found.parts) == pytest.approx(case["score"] or 0, abs=0.05)


def test_verification_score(case, rules):
    verdicts = {Part(part): [ItemVerdict(one) for one in given] for part, given in case["verdicts"].items()}
    assert score(verdicts, method_of(rules, AT)) == near(case["score"])


def candidates():
    days = days_between(date(2026, 10, 1), date(2026, 10, 31))
    first = datetime(2026, 10, 20, tzinfo=UTC)
    return Candidates(range(1, 5001), days[:20], days[20:], [first + timedelta(minutes=n) for n in range(300)])


def test_the_same_seed_draws_the_same(rules):
    method = method_of(rules, AT)
    one = draw("seed-1", candidates(), method)
    assert draw("seed-1", candidates(), method) == one
    assert draw("seed-2", candidates(), method) != one
    assert [len(one.complete), len(one.stage), len(one.normal_days), len(one.alert_days), len(one.videos)] == [
        10, 10, 5, 5, 3,
    ]  # fmt: skip


def test_a_draw_is_what_it_always_was():
    """Seeds on file must draw the same rows in years to come."""
    assert draw_some("朝阳-7", "complete", range(1, 1001), 5) == FIRST_FIVE


@given(ids=some.lists(some.integers(1, 10**9), unique=True, max_size=60), n=some.integers(0, 12))
def test_a_draw_does_not_hang_on_the_order_of_the_rows(ids, n):
    drawn = draw_some("s", "stage", ids, n)
    assert drawn == draw_some("s", "stage", sorted(ids), n)
    assert len(set(drawn)) == min(n, len(ids))
    assert set(drawn) <= set(ids)


def test_every_row_can_be_drawn_and_none_is_favoured():
    times = dict.fromkeys(range(20), 0)
    for seed in range(2000):
        for one in draw_some(str(seed), "complete", range(20), 5):
            times[one] += 1
    assert min(times.values()) > 400
    assert max(times.values()) < 600


def test_the_response_compares_days_and_counts_days_without_passages():
    days = days_between(date(2026, 10, 1), date(2026, 10, 6))
    trips = {days[0]: 100, days[1]: 80, days[4]: 30}
    found = response(trips, days[:3], days[4:])
    assert (found.normal, found.alert) == (60, 15)
    assert found.change_pct == -75
    assert response(trips, [], days).change_pct is None
