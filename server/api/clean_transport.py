"""Clean transport: what went otherwise than by road, and the shares of bulk goods by enterprise, industry and month."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from enforcement.ledgers.codes import lists
from enforcement.ledgers.shares import Mode
from enforcement.rules.book import day_of
from server.api import versions
from server.api.errors import refuse, refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Asked,
    Day,
    Division,
    Id32,
    In,
    Out,
    PageAsked,
    PageOf,
    Text200,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import clean_shares, rule_book
from server.flows import record_clean_transport as flow
from server.flows.record_clean_transport import CarriedOtherwise
from server.flows.refusals import Refused as FlowRefused
from server.store import clean_transport
from server.web.access import current_account, current_actor, current_scope, work

blueprint = APIBlueprint("api_clean_transport", __name__, url_prefix="/api/v1/clean-transport", tag="Clean transport")
MODES: Any = Literal[tuple(map(str, Mode))]
CARGOES: Any = Literal[tuple(dict.fromkeys(code.value for code in lists()["cargo"]))]
Way = Literal["in", "out"]
Tonnes = Annotated[float, Field(ge=0, le=1e8)]
Paper = Annotated[str, StringConstraints(min_length=2, max_length=200, pattern=NO_NUL)]
Why = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]


class EntryFilters(PageAsked):
    """The filters of the list."""

    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    mode: MODES | Absent = Field(default=None, description="Way of transport.")
    direction: Way | Absent = Field(default=None, description="Brought in, or taken out.")
    cargo: CARGOES | Absent = Field(default=None, description="Cargo, as a code.")
    from_: Day | Absent = Field(default=None, alias="from", description="From the month of this day on.")
    to: Day | Absent = Field(default=None, description="Up to the month of this day.")
    sort: Literal["recorded_at", "-recorded_at", "month", "-month"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class OlderContent(Out):
    """What an entry said before a change."""

    tonnes: float = Field(description="t.")
    document: str = Field(description="What proved it.")
    version: int = Field(description="The version it was.")
    at: datetime = Field(description="When it was changed.")
    by: str = Field(description="Who changed it.")
    reason: str = Field(description="Why.")


class Entry(Out):
    """Tonnes of one cargo of a month that went one way."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Its newest version.", examples=[1])
    enterprise_id: int = Field(description="The enterprise.")
    enterprise: str = Field(description="Its name.")
    division: str = Field(description="Area code.", examples=["211302"])
    month: date = Field(description="First day of the month.", examples=["2026-10-01"])
    direction: Way = Field(description="Brought in, or taken out.")
    mode: str = Field(description="Way of transport.", examples=["rail"])
    cargo: str = Field(description="Cargo, as a code.", examples=["coal"])
    tonnes: float = Field(description="t.", examples=[1234.5])
    document: str = Field(description="What proves it.")
    recorded_at: datetime = Field(description="When it was recorded.")
    history: list[OlderContent] = Field(description="What it said before, the oldest first.")


class EntryPage(PageOf):
    """A page of entries."""

    items: list[Entry] = Field(description="The rows of the page.")


class EntryNew(In):
    """What went otherwise than by road."""

    month: Day = Field(description="Any day of the month.")
    direction: Way = Field(description="Brought in, or taken out.")
    mode: MODES = Field(description="Way of transport.")
    cargo: CARGOES = Field(description="Cargo, as a code.")
    tonnes: Tonnes = Field(description="t, at most three decimals.")
    document: Paper = Field(description="What proves it: number of waybills, meter, weighing report.")


class EntryChange(In):
    """Other tonnes or another document, and why."""

    tonnes: Tonnes = Field(description="t, at most three decimals.")
    document: Paper = Field(description="What proves it.")
    reason: Why = Field(description="Why it is changed; kept with what it said before.")


class SharesAsked(Asked):
    """Which shares."""

    by: Literal["enterprise", "industry", "month"] = Field(default="enterprise", description="What a line stands for.")
    from_: Day | Absent = Field(
        default=None, alias="from", description="First month, any day of it; at most 120 months."
    )
    to: Day | Absent = Field(default=None, description="Last month, any day of it; without: this month.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    industry: Text200 | Absent = Field(default=None, description="Industry, as a code.", examples=["steel"])
    division: Division | Absent = Field(default=None, description="Area code.")


class Share(Out):
    """Bulk goods by way, and the share that goes by clean ways."""

    enterprise_id: int | None = Field(description="The enterprise, where lines stand for enterprises.")
    name: str | None = Field(description="Its name.")
    industry: str | None = Field(description="Industry, as a code.")
    month: date | None = Field(description="The month, where lines stand for months.")
    total_t: float = Field(description="Bulk goods in and out.")
    other_ways_t: float = Field(description="By rail, water, pipeline, tubular belt, closed corridor.")
    road_new_energy_t: float = Field(description="By new-energy road vehicles.")
    road_six_t: float = Field(description="By road vehicles of China VI.")
    road_other_t: float = Field(description="By other road vehicles.")
    strict_pct: float | None = Field(description="Clean share without China VI; null: nothing was carried.")
    or_six_pct: float | None = Field(description="Clean share with China VI.")
    target_pct: float | None = Field(description="The plan's target; null: none for this industry.")


class Shares(Out):
    """The shares of some months."""

    first: date = Field(description="First month.")
    last: date = Field(description="Last month.")
    items: list[Share] = Field(description="The lines, the most tonnes first.")


EXAMPLE = {"month": "2026-10-01", "direction": "in", "mode": "rail", "cargo": "coal", "tonnes": 1234.5,
           "document": "铁路运单汇总 2026-10"}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="ledger_review.read", asks=EntryFilters, gives=EntryPage,
    summary="List tonnes that did not go by road",
)  # fmt: skip
def index(query: EntryFilters) -> EntryPage:
    """A page of entries."""
    with work() as connection:
        found = clean_transport.find(connection, current_scope(), query.query("recorded_at"))
    return EntryPage(items=[Entry.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/shares", allow="ledger_review.read", asks=SharesAsked, gives=Shares,
    summary="Clean-transport shares",
    about="Tonnes of bulk goods of ledger A (road) and of what enterprises recorded for other ways.",
)  # fmt: skip
def shares(query: SharesAsked) -> Shares:
    """The shares, the most tonnes first."""
    period = clean_shares.period_of(query.from_, query.to, day_of(datetime.now(UTC)))
    given = {"enterprise": query.enterprise, "industry": query.industry, "division": query.division}
    filters = {name: str(value) for name, value in given.items() if value}
    with work() as connection:
        rows = clean_shares.shares(
            connection, current_scope(), rule_book.current(connection), query.by, period, filters
        )
    rows.sort(key=lambda row: (-row.share.total, str(row.key)))
    return Shares(first=period.first, last=period.last, items=[_share(row) for row in rows])


def _share(row: clean_shares.ShareRow) -> Share:
    share, key = row.share, row.key
    return Share(
        enterprise_id=key.get("id"), name=key.get("name"), industry=key.get("industry") or None,
        month=key.get("month"), total_t=float(share.total), other_ways_t=float(share.other_ways),
        road_new_energy_t=float(share.new_energy), road_six_t=float(share.six), road_other_t=float(share.other_road),
        strict_pct=share.strict_pct, or_six_pct=share.or_six_pct, target_pct=row.target.pct if row.target else None,
    )  # fmt: skip


@operation(
    blueprint, "GET", "/<int:number>", allow="ledger_review.read", gives=Entry, versioned=True, summary="One entry"
)
def show(number: int) -> Entry:
    """One entry."""
    return _entry(number)


def _entry(number: int) -> Entry:
    with work() as connection:
        row = clean_transport.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return Entry.model_validate(row)


@operation(
    blueprint, "POST", "", allow="ledgers.record", takes=EntryNew, gives=Entry, status=201,
    summary="Record tonnes that did not go by road",
    about="One entry a month, direction, way and cargo, of the caller's own enterprise.", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: EntryNew) -> Entry:
    """Record an entry."""
    enterprise = current_scope().enterprise_id
    if not enterprise:
        raise refuse(403)
    draft = CarriedOtherwise(
        body.month, body.direction, body.mode, body.cargo, Decimal(str(body.tonnes)), body.document.strip()
    )
    try:
        with creating() as connection:
            own = clean_transport.enterprise_named(connection, current_scope(), str(enterprise)) or {}
            division = own.get("division") or current_account().division
            number = flow.record(connection, current_actor(), enterprise, division, draft, datetime.now(UTC))
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _entry(number)


@operation(
    blueprint, "PATCH", "/<int:number>", allow="ledgers.record", takes=EntryChange, gives=Entry, refuses=(412,),
    versioned=True, summary="Change an entry", about="What it said before stays in its history with the reason.",
)  # fmt: skip
def change(body: EntryChange, number: int) -> Entry:
    """Change an entry."""
    try:
        with work() as connection:
            row = clean_transport.find_one(connection, current_scope(), number, hold=True)
            if row is None:
                raise NotFound
            versions.check(row)
            flow.change(
                connection, current_actor(), current_scope(), number, row["version"], Decimal(str(body.tonnes)),
                body.document.strip(), body.reason.strip(), datetime.now(UTC),
            )  # fmt: skip
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _entry(number)
