"""Where fixes lie: the zone versions in force that they touch, each with the verdict code of the hit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.zones import locate
from server.flows.fixes import Fixes
from server.flows.watch import Watch


@dataclass(frozen=True, slots=True)
class ZoneHits:
    """Hits as the state machine takes them."""

    fix: NDArray[np.int64]
    zone: NDArray[np.int64]
    version: NDArray[np.int64]
    state: NDArray[np.int64]
    code: NDArray[np.int64]


def hits_of(watch: Watch, fixes: Fixes) -> ZoneHits:
    """The zone versions in force that the fixes touch, with the verdict code of each hit.

    Zones that ask for the same distance from their edges are looked up together: a fix is as uncertain as its
    terminal or its zone makes it, whichever is more.
    """
    names, which = np.unique(fixes.terminal, return_inverse=True)
    accuracy = np.array([fixes.terminals[int(name)].accuracy_m for name in names])[which]
    parts = []
    for edge_m, index in watch.indexes:
        found = locate(index, fixes.lon, fixes.lat, fixes.at_us, np.maximum(accuracy, edge_m))
        version = np.array([one.version_id for one in index.versions], np.int64)[found.version]
        zone = np.array([one.zone_id for one in index.versions], np.int64)[found.version]
        parts.append(np.stack([found.fix.astype(np.int64), zone, version, found.state.astype(np.int64)]))
    table = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), np.int64)
    if len(parts) > 1:
        table = table[:, np.lexsort((table[2], table[0]))]
    fix, zone, version, state = table
    code = watch.codes(fixes.terminal[fix], fixes.terminals, (zone, version), fixes.at_us[fix])
    return ZoneHits(fix, zone, version, state, code)
