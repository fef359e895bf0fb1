"""The faults of a refused form, as its template shows them: a sentence below each field."""

from collections.abc import Sequence

from server.flows.refusals import Fault
from server.web.language import pick


def by_field(faults: Sequence[Fault]) -> dict[str, str]:
    """Each field's first fault in the language of the page."""
    return {one.field: str(pick(one.zh, one.en)) for one in reversed(faults)}
