"""The state machine of cases: ways a lawyer can read, and what holds for every sequence of steps (7.4)."""

from collections import deque
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.cases.document_duties import DOCUMENT_WORDS, DocumentKind
from enforcement.cases.reasons import REASON_WORDS, reasons_for
from enforcement.cases.referrals import OPEN, ReferralState
from enforcement.cases.repairs import DONE, RepairState
from enforcement.cases.states import BOTH, FINAL, REFERRED, Branch, CaseState, Refusal, State, branch_of
from enforcement.cases.steps import TRANSITIONS, opened, possible, step
from enforcement.cases.words import BRANCH_WORDS, state_words

CASES = "cases.yaml"
ACTORS = (
    ("ecology", "officer"), ("ecology", "reviewer"), ("ecology", "approver"), ("ecology", "inspector"),
    ("police", "officer"), ("transport", "officer"), ("partner", "partner"), ("station", "station"),
)  # fmt: skip
BUREAUS = {kind: frozenset(role for of, role in ACTORS if of == kind) for kind, _ in ACTORS}
EVERYTHING = frozenset({f"{kind}{end}" for kind in DocumentKind for end in ("", ".served")})


def start(case):
    state = CaseState(State(case.get("main", "lead")), case.get("branches", {}), subject=case["subject"])
    return state


def taken(state, move, documents=EVERYTHING, fined=False):
    """A move as a case writes it: `who role: branch action [reason]`."""
    actor, what = move.split(": ")
    kind, role = actor.split()
    key, action, *reason = what.split()
    return step(
        state, key, action, kind, {role}, reason=reason[0] if reason else None, documents=documents, fined=fined
    )


def test_way(case):
    state = start(case)
    for move in case["moves"]:
        state = taken(state, move, fined=case.get("fined", False))
        assert isinstance(state, CaseState), (move, state)
    assert state.main == case["main_at_end"]
    assert dict(state.branches) == case.get("branches_at_end", {})


def test_refused(case):
    held = case.get("documents")
    refusal = taken(
        start(case), case["move"], EVERYTHING if held is None else frozenset(held), case.get("fined", False)
    )
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.field, refusal.sentence.code) == (case["field"], case["code"])
    assert case.get("says", "") in refusal.sentence.en


# --- the table itself ---


def test_no_row_leads_out_of_an_end():
    assert not [row for row in TRANSITIONS if row.branch is Branch.MAIN and row.sources & FINAL]


def test_rows_that_need_a_reason_have_a_list_and_the_others_none():
    for row in TRANSITIONS:
        assert bool(reasons_for(row.branch, row.action)) is row.needs_reason, (row.branch, row.action)


def test_every_document_of_a_row_is_one_of_section_7_2():
    for row in TRANSITIONS:
        if row.needs_document:
            kind, _, served = row.needs_document.partition(".")
            assert DocumentKind(kind) in DOCUMENT_WORDS and served in ("", "served")


def test_two_rows_of_one_action_never_fit_the_same_state_and_actor():
    """Who may do it decides which row it is; two that fit would hide one."""
    for n, one in enumerate(TRANSITIONS):
        for other in TRANSITIONS[n + 1 :]:
            if (one.branch, one.action) == (other.branch, other.action) and one.subjects & other.subjects:
                assert not (one.sources & other.sources and one.kinds & other.kinds and one.roles & other.roles)


def test_every_row_has_words_and_every_state_too():
    for row in TRANSITIONS:
        assert row.zh and row.en and row.kinds and row.roles and row.sources
        assert BRANCH_WORDS[row.branch]
        for state in (*row.sources, row.target):
            assert state == "" or state_words(row.branch, state)


def test_every_reason_is_used():
    used = {word.code for row in TRANSITIONS for word in reasons_for(row.branch, row.action)}
    assert used == set(REASON_WORDS)


def test_states_of_referrals_and_repairs_are_those_of_the_table():
    for branch, states in ((Branch.POLICE, set(ReferralState)), (Branch.REPAIR, set(RepairState))):
        rows = [row for row in TRANSITIONS if row.branch is branch]
        named = {row.target for row in rows} | {begun for row in TRANSITIONS for of, begun in row.opens if of is branch}
        assert named == states
    assert set(RepairState) > DONE and set(ReferralState) > OPEN


# --- every state that can be reached ---


def neighbours(state, city="city:2107"):
    """Every state one step on, whoever takes it, all papers being there."""
    for kind, roles in BUREAUS.items():
        for key, row in possible(state, kind, roles):
            key = city if key == Branch.CITY else key
            reason = next((word.code for word in reasons_for(row.branch, row.action)), None)
            after = step(state, key, row.action, kind, roles, reason=reason, documents=EVERYTHING)
            if isinstance(after, CaseState):
                yield after


def frozen(state):
    return state.main, tuple(sorted(state.branches.items()))


@cache
def explored(subject, beside):
    """All states with no more branches than `beside` and the repair that a failed test opens; and who leads where."""
    first, ways = opened(subject), {}
    waiting = deque([first])
    while waiting:
        state = waiting.popleft()
        if frozen(state) in ways:
            continue
        after = [
            one for one in neighbours(state) if {branch_of(key) for key in one.branches} <= {*beside, Branch.REPAIR}
        ]
        ways[frozen(state)] = {frozen(one) for one in after}
        waiting.extend(after)
    return ways


BESIDE = [
    ("truck", (Branch.POLICE, Branch.OBJECTION)),
    ("truck", (Branch.TRANSPORT,)),
    ("truck", (Branch.CITY,)),
    ("machine", (Branch.OBJECTION,)),
    ("machine", (Branch.CITY,)),
]


@pytest.mark.parametrize(("subject", "beside"), BESIDE)
def test_every_state_has_a_way_to_an_end(subject, beside):
    ways = explored(subject, beside)
    ended = {state for state in ways if state[0] in FINAL}
    assert all(not ways[state] for state in ended)
    into = {}
    for source, targets in ways.items():
        for target in targets:
            into.setdefault(target, set()).add(source)
    waiting, good = deque(ended), set(ended)
    while waiting:
        fresh = into.get(waiting.popleft(), set()) - good
        good |= fresh
        waiting.extend(fresh)
    assert set(ways) - good == set()


def test_every_state_of_every_branch_is_reached():
    found = {branch: set() for branch in Branch}
    for subject, beside in BESIDE:
        for main, branches in explored(subject, beside):
            found[Branch.MAIN].add(main)
            for key, state in branches:
                found[branch_of(key)].add(state)
    assert found[Branch.MAIN] == set(State)
    for row in TRANSITIONS:
        assert row.target in found[row.branch], row
        assert row.sources - {""} <= found[row.branch], row


# --- any sequence ---

MOVES = st.tuples(
    st.sampled_from(ACTORS),
    st.sampled_from([*(str(branch) for branch in Branch), "city:2107", "city:2109", "city:x", "nonsense"]),
    st.sampled_from(sorted({row.action for row in TRANSITIONS})),
    st.sampled_from([None, "other", *sorted(REASON_WORDS)]),
    st.booleans(),
)


@given(st.sampled_from(sorted(BOTH)), st.lists(MOVES, max_size=60))
def test_any_sequence_stays_in_the_table_and_closed_stays_closed(subject, moves):
    state = opened(subject)
    for (kind, role), key, action, reason, has_papers in moves:
        papers = EVERYTHING if has_papers else frozenset()
        after = step(state, key, action, kind, {role}, reason=reason, documents=papers, note="说明")
        offered = {(found, row.action) for found, row in possible(state, kind, {role})}
        if isinstance(after, Refusal):
            assert after.sentence.zh and after.sentence.en
            continue
        assert not state.is_final
        assert (key, action) in offered or ("city", action) in offered
        state = after
        assert branch_of(key) is not None


@given(st.data(), st.sampled_from(sorted(BOTH)))
def test_any_walk_ends_with_everything_settled(data, subject):
    """Walk along offered steps alone: at the end no referral is open, no objection, and no repair is owed."""
    state = opened(subject)
    for _ in range(40):
        onward = list(neighbours(state))
        if not onward:
            break
        state = data.draw(st.sampled_from(onward))
    if not state.is_final:
        return
    assert list(neighbours(state)) == []
    for key, stage in state.branches.items():
        if branch_of(key) in REFERRED:
            assert stage in (ReferralState.ANSWERED, ReferralState.WITHDRAWN)
    assert state.of(Branch.OBJECTION) not in ("raised", "upheld")
    assert state.of(Branch.REPAIR) in ("", *DONE)


def test_what_a_key_is():
    assert branch_of("city:210700") is branch_of("city:2107") is branch_of("city") is Branch.CITY
    for key in ("city:", "city:21", "city:21ab", "police:2107", "", "x"):
        assert branch_of(key) is None, key


def test_a_case_is_of_a_truck_or_a_machine():
    with pytest.raises(ValueError, match="truck or a machine"):
        opened("ship")


def test_possible_names_only_what_this_bureau_may_do():
    state = CaseState(State.FILED, {"repair": "owed"}, subject="truck")
    actions = {(key, row.action) for key, row in possible(state, "ecology", {"officer"})}
    assert {
        ("police", "refer"),
        ("transport", "refer"),
        ("city", "refer"),
        ("repair", "notify"),
        ("main", "close"),
    } <= actions
    assert ("main", "exempt") not in actions  # an approver's
    assert possible(state, "ecology", {"read_only"}) == ()
    assert {key for key, _ in possible(state, "station", {"station"})} == set()
