"""Deadlines: the queue of what is due."""

from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field

from server.api.case_models import Deadline as DeadlineOut
from server.api.case_models import DeadlinePage
from server.api.kinds import Absent, Day, Id32, PageAsked, Text200, page_values
from server.api.operations import operation
from server.flows import rule_book
from server.store import calendar_days, deadlines
from server.web.access import current_scope, work
from server.web.clock_lines import soon_of

blueprint = APIBlueprint("api_deadlines", __name__, url_prefix="/api/v1/deadlines", tag="Deadlines")


class DeadlineFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate or machine number; a whole case number.")
    due: Literal["overdue", "due_soon", "running", "paused", "ended"] | Absent = Field(
        default=None, description="How they stand; running without it."
    )
    kind: Text200 | Absent = Field(default=None, description="What is due, as a code.")
    organisation: Id32 | Absent = Field(default=None, description="Id of the body.")
    person: Id32 | Absent = Field(default=None, description="Id of the officer.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Due on or after this day.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Due on or before this day.")


@operation(
    blueprint, "GET", "", allow="deadlines.read", asks=DeadlineFilters, gives=DeadlinePage, summary="List deadlines",
    about="Of the caller's organisation, the first due first; the city's ecology bureau sees its branches' as well.",
)  # fmt: skip
def index(query: DeadlineFilters) -> DeadlinePage:
    """A page of the queue."""
    with work() as connection:
        today = deadlines.today(connection)
        soon = soon_of(rule_book.current(connection), calendar_days.load_calendar(connection), today)
        asked = query.query("due_on", descending=False)
        found = deadlines.find(connection, current_scope(), asked, query.due or "running", today, soon)
    return DeadlinePage(items=[DeadlineOut.model_validate(row) for row in found.rows], **page_values(query, found))
