"""Which way a truck goes: what may not come in and is inside already is not locked in, a person looks at it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from enforcement.alerts.answers import Answer, GateAnswer
from enforcement.sentences import Sentence


class Way(StrEnum):
    """Through the gate into the plant, or out of it."""

    IN = "in"
    OUT = "out"


def towards(way: Way, found: GateAnswer) -> GateAnswer:
    """The answer for this way: on the way out a refusal becomes a look by a person, with the same reason."""
    if way is Way.IN or found.answer is not Answer.DENY:
        return found
    reason = Sentence(
        "leaving",
        f"{found.reason.zh}该车已在厂内，出厂请人工核对是否载货并登记。",
        f"{found.reason.en} It is inside already: look whether it is loaded, note it and let it leave.",
    )
    return replace(found, answer=Answer.CHECK, reason=reason)
