"""Large truck users, performance grades and the check of their promises, to be read."""

from datetime import date
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from enforcement.grades.promises import GRADES
from server.api import versions
from server.api.kinds import Absent, Asked, Division, Id32, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.flows import check_promises
from server.flows.check_promises import Checked
from server.store import large_users
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_large_users", __name__, url_prefix="/api/v1/large-users", tag="Large users")
GRADE: Any = Literal[GRADES]


class LargeUserFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a name or credit code.")
    standing: Literal["on", "planned", "out"] | Absent = Field(default=None, description="`on`: on the list today.")
    list_version: Text200 | Absent = Field(default=None, description="Version of the list.")
    industry: Text200 | Absent = Field(default=None, description="Industry, as a word.")
    kind: Text200 | Absent = Field(default=None, description="Kind of place, as a word.")
    division: Division | Absent = Field(default=None, description="Area code.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    sort: Literal["from_on", "-from_on", "name", "-name", "trips_normal", "-trips_normal"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class LargeUser(Out):
    """An enterprise on the list of large truck users, with its days on it: [from_on, to_on)."""

    id: int = Field(description="Its id.", examples=[3])
    enterprise_id: int = Field(description="The enterprise.")
    enterprise: str = Field(description="Its name.")
    credit_code: str | None = Field(description="Its credit code.")
    division: str = Field(description="Area code.", examples=["211302"])
    list_version: str = Field(description="Version of the list.", examples=["2026"])
    standing: Literal["on", "planned", "out"] = Field(description="`on`: on the list today.")
    from_on: date = Field(description="First local day.")
    to_on: date | None = Field(description="First day off the list; null: still on it.")
    industry: str = Field(description="Industry, as a word.")
    kind: str = Field(description="Kind of place, as a word.")
    grade: str | None = Field(description="Performance grade today.")
    people_supply: bool = Field(description="It supplies people's needs.")
    trips_normal: float = Field(description="Goods passages a normal day.")
    trips_alert: float | None = Field(description="Goods passages an alert day.")
    fleet: dict[str, int] = Field(description="Number of vehicles by stage code.", examples=[{"5": 12, "D": 3}])
    gate_state: Literal["none", "built", "networked"] = Field(description="Its gate.")
    plan_file: str | None = Field(description="Number of the emergency plan.")
    reason_in: str = Field(description="Why it is on the list.")
    reason_out: str | None = Field(description="Why it went off.")
    version: int = Field(description="Its newest version.")


class LargeUserPage(PageOf):
    """A page of large users."""

    items: list[LargeUser] = Field(description="The rows of the page.")


class MonthAsked(Asked):
    """A month, and an enterprise where one is meant."""

    month: Annotated[str, StringConstraints(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$")] = Field(
        description="The month.", examples=["2026-09"]
    )
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")


class PromiseCheck(Out):
    """One promise against the ledgers of a month."""

    promise: str = Field(description="Name of the row: key#revision.", examples=["grade_b_road#1"])
    subject: Literal["road", "plant_vehicle", "machine"] = Field(description="Ledger A, B or C.")
    promised_pct: float = Field(description="The share that is promised, percent.")
    least_stage: str = Field(description="The lowest stage that counts, as a code; new energy always does.")
    total: int = Field(description="Passages (road) or vehicles in the ledger.")
    good: int = Field(description="Of the stage or better, or new energy.")
    unknown: int = Field(description="Of a stage that is not known.")
    share_pct: float | None = Field(description="good / total, percent; null without vehicles.")
    verdict: Literal["kept", "broken", "unknown", "nothing"] = Field(
        description="`unknown`: those of unknown stage would decide; `nothing`: no such vehicle in the ledger."
    )
    sentence_zh: str = Field(description="In words, Chinese.")
    sentence_en: str = Field(description="In words, English.")


class GradeCheck(Out):
    """A graded enterprise and its promises in a month."""

    enterprise_id: int = Field(description="The enterprise.")
    enterprise: str = Field(description="Its name.")
    grade: GRADE = Field(description="Its grade on the last day of the month.")
    industry: str = Field(description="The industry it was graded in.")
    verdict: Literal["kept", "broken", "unknown", "nothing"] = Field(description="The worst of its verdicts.")
    checks: list[PromiseCheck] = Field(description="Each promise.")


class GradeChecks(Out):
    """Graded enterprises of the caller's area, at most 500."""

    items: list[GradeCheck] = Field(description="By name.")


@operation(
    blueprint, "GET", "", allow="large_users.read", asks=LargeUserFilters, gives=LargeUserPage,
    summary="List large truck users",
)  # fmt: skip
def index(query: LargeUserFilters) -> LargeUserPage:
    """A page of large users."""
    with work() as connection:
        found = large_users.find(connection, current_scope(), query.query("from_on"))
    return LargeUserPage(items=[LargeUser.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number>", allow="large_users.read", gives=LargeUser, versioned=True,
           summary="One large user")  # fmt: skip
def show(number: int) -> LargeUser:
    """One entry."""
    with work() as connection:
        row = large_users.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return LargeUser.model_validate(row)


@operation(
    blueprint, "GET", "/promise-checks", allow="large_users.read", asks=MonthAsked, gives=GradeChecks,
    summary="Promises of graded enterprises against the ledgers of a month",
)  # fmt: skip
def promise_checks(query: MonthAsked) -> GradeChecks:
    """What the ledgers say of the promises."""
    month = date.fromisoformat(f"{query.month}-01")
    with work() as connection:
        found = check_promises.check_month(connection, current_scope(), month, query.enterprise)
    return GradeChecks(items=[_told(one) for one in found])


def _told(one: Checked) -> GradeCheck:
    row = one.grade
    checks = [
        PromiseCheck(
            promise=check.promise.name, subject=check.promise.subject.value, verdict=check.verdict.value,
            total=check.total,
            promised_pct=float(check.promise.share_pct), least_stage=str(check.promise.least_stage), good=check.good,
            unknown=check.unknown, share_pct=check.share_pct, sentence_zh=check.sentence.zh,
            sentence_en=check.sentence.en,
        )
        for check in one.checks
    ]  # fmt: skip
    return GradeCheck(
        enterprise_id=row["enterprise_id"], enterprise=row["enterprise"], grade=row["grade"], industry=row["industry"],
        verdict=one.verdict.value, checks=checks,
    )  # fmt: skip
