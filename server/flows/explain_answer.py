"""What an answer of a gate rested on, in words: measures are never changed, so their names lead to what they said."""

from collections.abc import Sequence

from sqlalchemy import Connection

from enforcement.alerts.measures import Measure
from server.flows import alert_standing


def measures_of(connection: Connection, names: Sequence[str]) -> list[Measure]:
    """The measures of these names, in their order; one that no table holds any more is left out."""
    known = {one.name: one for one in alert_standing.current(connection).measures}
    return [known[name] for name in names if name in known]
