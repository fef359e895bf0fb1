"""What a terminal is told of its frames, on the topic `.../down` (ADR 0004; HJ 1239.3, 5.3.2)."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from server.flows.arrivals import Arrival
from telemetry.protocols.errors import Fault


class Reply(NamedTuple):
    """One answer to a terminal: topic and payload."""

    topic: str
    payload: bytes


def answers_of(arrivals: Sequence[Arrival], faults: Mapping[int, Fault]) -> list[Reply]:
    """Right or wrong for each frame of the terminals that are to be told."""
    out = []
    for index, arrival in enumerate(arrivals):
        if arrival.terminal.answers:
            fault = faults.get(index)
            out.append(answer_of(arrival.topic, arrival.frame, str(fault.code) if fault else None))
    return out


def answer_of(topic: str, frame: bytes, code: str | None) -> Reply:
    """The answer to one frame; `code` says what is wrong with it."""
    body = {"sha256": sha256(frame).hexdigest(), "result": "wrong" if code else "right", "fault": code}
    return Reply(topic.removesuffix("/up") + "/down", json.dumps(body, separators=(",", ":")).encode())
