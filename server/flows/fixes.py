"""Valid positions of a batch, as stepping takes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.store.reporting_terminals import ReportingTerminal


@dataclass(frozen=True, slots=True)
class Fixes:
    """Valid positions sorted by terminal, then time, one a terminal and time."""

    terminal: NDArray[np.int64]
    at_us: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    terminals: Mapping[int, ReportingTerminal]


def only(fixes: Fixes, keep: NDArray[np.bool_]) -> Fixes:
    """The fixes that are marked, in their order."""
    return Fixes(fixes.terminal[keep], fixes.at_us[keep], fixes.lon[keep], fixes.lat[keep], fixes.terminals)
