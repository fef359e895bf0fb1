"""A row that comes again: known by the partner's key, else by place and time, and compared by content.

A backlog may come twice, out of order, in overlapping batches. The same content is taken once. Other content under the
same key corrects the row, unless a person has touched it since: a person's word is not undone by a machine's. Content
that the row held before, and was corrected away from, is a late copy and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from enforcement.sentences import Sentence


class Outcome(StrEnum):
    """What became of a row."""

    TAKEN = "taken"
    REPEATED = "repeated"
    CORRECTED = "corrected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Known:
    """A row on file that may be the same; `older`: hashes of what it said before it was corrected."""

    source_key: str | None
    sha256: bytes
    is_open: bool  # taken or pending: neither struck out nor refused
    by_hand: bool
    older: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """A row that comes in; `may_correct`: its source stands for what it sends (a gate, a sheet)."""

    source_key: str | None
    sha256: bytes
    may_correct: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of it, and why where that is not plain; `by_key`: the row of the same key is meant."""

    outcome: Outcome
    note: Sentence | None = None
    by_key: bool = True


def decide(sent: Sent, same_key: Known | None, same_place: Known | None) -> Verdict:
    """What becomes of a row; `same_place` is the open row of the same vehicle, barrier and moment, if any.

    In its stead may stand a closed one that said the same: what was struck out does not come back by itself.
    """
    if same_key is not None:
        return _under_key(sent, same_key, same_place)
    if same_place is not None:
        return _at_place(sent, same_place)
    return Verdict(Outcome.TAKEN)


def _under_key(sent: Sent, known: Known, same_place: Known | None) -> Verdict:
    if known.sha256 == sent.sha256:
        return Verdict(Outcome.REPEATED, None if known.is_open else STRUCK_OUT)
    if sent.sha256 in known.older:
        return Verdict(Outcome.REPEATED, LATE_COPY)
    if not known.is_open:
        return Verdict(Outcome.REFUSED, STRUCK_OUT)
    if same_place is not None and same_place is not known:
        return Verdict(Outcome.REFUSED, PLACE_TAKEN)
    return _corrected(sent, known, by_key=True)


def _at_place(sent: Sent, known: Known) -> Verdict:
    own = sent.source_key is None and known.source_key is None
    if not known.is_open:
        return Verdict(Outcome.REPEATED, STRUCK_OUT, by_key=False)
    if known.sha256 == sent.sha256:
        return Verdict(Outcome.REPEATED, None if own else OTHER_KEY, by_key=False)
    if sent.sha256 in known.older:
        return Verdict(Outcome.REPEATED, LATE_COPY, by_key=False)
    if not own:
        return Verdict(Outcome.REPEATED, OTHER_CONTENT, by_key=False)
    return _corrected(sent, known, by_key=False)


def _corrected(sent: Sent, known: Known, by_key: bool) -> Verdict:
    if not sent.may_correct:
        return Verdict(Outcome.REFUSED, EXISTS, by_key)
    if known.by_hand:
        return Verdict(Outcome.REFUSED, BY_HAND, by_key)
    return Verdict(Outcome.CORRECTED, None, by_key)


STRUCK_OUT = Sentence(
    "struck_out", "该条记录已被作废或退回，重传不再生效。", "The row was struck out or refused; sent again it stays so."
)
LATE_COPY = Sentence(
    "late_copy", "该内容已被后来的更正取代，未作更改。", "A later correction has replaced this; nothing was changed."
)
BY_HAND = Sentence(
    "corrected_by_hand",
    "该条记录已由人工录入或更正，来源系统重传的不同内容不予采用。",
    "A person has entered or corrected this row: other content of a system does not replace it.",
)
PLACE_TAKEN = Sentence(
    "place_taken",
    "同一车辆、道闸和时刻已有另一条记录，不能更正为与其相同。",
    "Another row has this vehicle, barrier and moment: it cannot be corrected to the same.",
)
EXISTS = Sentence(
    "exists",
    "同一车辆、道闸和时刻已有记录且内容不同，请在该记录上更正。",
    "A row with this vehicle, barrier and moment is on file with other content: correct it there.",
)
OTHER_KEY = Sentence(
    "other_key", "内容相同的记录已存在，通行编号不同。", "The same is on file under another number, or under none."
)
OTHER_CONTENT = Sentence(
    "other_content",
    "同一车辆、道闸和时刻已有另一编号的记录，内容不同，以在案记录为准。",
    "A row with this vehicle, barrier and moment is on file under another number with other content; that one stands.",
)
