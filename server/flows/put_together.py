"""Long messages of JT/T 808 whose parts are all here: put together out of the stored packets (2019, clause 4.4.3).

The parts are packets of their own, kept as they came; they may come in different batches and to different workers.
Whoever stores a part first locks the terminal, so that of two workers with one part each the second sees both. The
whole is stored beside its parts, its raw bytes being theirs in order: it reads as samples like any other packet.
"""

from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.flows.arrivals import Arrival
from server.store import packets, reporting_terminals
from telemetry.protocols.jt808.messages import Message, Part, Raw
from telemetry.protocols.jt808.subpackets import wholes_of
from telemetry.samples import Decoded

TOGETHER_US = 3_600_000_000  # parts of one message are received within an hour; serials come round again


def put_together(
    connection: psycopg.Connection,
    arrivals: Sequence[Arrival],
    decoded: Decoded,
    is_new: NDArray[np.bool_],
    received_us: int,
) -> list[Arrival]:
    """The messages that the new parts of this batch complete, each as an arrival of its own."""
    parts = [index for index, one in decoded.messages if is_new[index] and _is_part(one)]
    if not parts:
        return []
    new = is_new[decoded.columns["packet"]]
    moving = {arrivals[index].terminal.id for index in np.unique(decoded.columns["packet"][new]).tolist()}
    reporting_terminals.lock_states(connection, sorted(moving | {arrivals[index].terminal.id for index in parts}))
    groups: dict[tuple[int, int], list[int]] = {}
    for index in parts:
        groups.setdefault((arrivals[index].terminal.id, int(decoded.command[index])), []).append(index)
    found: list[Arrival] = []
    for (terminal_id, command), own in sorted(groups.items()):
        stored = packets.raw_parts(
            connection, terminal_id, command, received_us - TOGETHER_US, received_us + TOGETHER_US
        )
        fresh = {arrivals[index].frame for index in own}
        for message, frames in wholes_of(stored):
            if fresh.intersection(frames) and not isinstance(message.body, Raw):
                found.append(arrivals[own[0]]._replace(frame=b"".join(frames)))
    return found


def _is_part(message: object) -> bool:
    return isinstance(message, Message) and isinstance(message.body, Part)
