"""The newest that each terminal said in a batch: what the map shows."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from server.store.reporting_terminals import NewestSample, TerminalState


def newest_samples(
    columns: Mapping[str, NDArray[np.generic]],
    chosen: NDArray[np.int64],
    terminal: NDArray[np.int64],
    at: NDArray[np.int64],
    pick: NDArray[np.bool_],
    states: Mapping[int, TerminalState],
    inside: Mapping[int, int],
    received_us: int,
) -> list[NewestSample]:
    """The last row of each terminal in the (terminal, time) order, with the last valid position up to it."""
    ends = np.append(np.flatnonzero(np.diff(terminal)), len(terminal) - 1)
    last_fix = np.maximum.accumulate(np.where(pick, np.arange(len(pick)), -1))
    starts = np.append(0, ends[:-1] + 1)
    out = []
    for start, end, fix in zip(starts.tolist(), ends.tolist(), last_fix[ends].tolist(), strict=True):
        row, has_fix = chosen[end], fix >= start
        fix_row = chosen[fix] if has_fix else row
        number = int(terminal[end])
        out.append(
            NewestSample(
                number,
                int(at[end]) or received_us,
                int(at[fix]) if has_fix else 0,
                float(columns["lon"][fix_row]) if has_fix else None,  # type: ignore[arg-type]
                float(columns["lat"][fix_row]) if has_fix else None,  # type: ignore[arg-type]
                _number(columns["speed_kmh"][row]),
                _number(columns["direction_deg"][row]),
                _number(columns["nox_downstream_ppm"][row]),
                (received_us - int(at[end])) / 1e6 if at[end] else None,
                int(columns["flags"][row]),  # type: ignore[call-overload]
                inside.get(number, states[number].inside),
            )
        )
    return out


def _number(value: np.generic) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number
