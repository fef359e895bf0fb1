"""Documents of cases: the list, one with what was filled in, and issuing one."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.errors import refused_fields
from server.api.idempotency import claim_in
from server.api.kinds import NO_NUL, Absent, Day, Id32, Id64, In, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.db import transaction
from server.documents.paper_templates import kinds
from server.flows import issue_document, rule_book
from server.flows.document_drafts import TEXT_MOST
from server.flows.refusals import Refused
from server.store import calendar_days, documents
from server.web.access import current_account, current_actor, current_scope, engine, work
from server.web.evidence_uploads import evidence_store

blueprint = APIBlueprint("api_documents", __name__, url_prefix="/api/v1/documents", tag="Documents")
FORM: Any = Literal[kinds()]
State = Literal["issued", "served", "revoked"]
Value = Annotated[str, StringConstraints(max_length=TEXT_MOST, pattern=NO_NUL)]
FieldName = Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")]


class DocumentFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a number or plate, or a whole case number.")
    kind: Text200 | Absent = Field(default=None, description="Kind of document, as a word.")
    state: State | Absent = Field(default=None, description="State.")
    organisation: Id32 | Absent = Field(default=None, description="Id of the issuing bureau.")
    case: Id64 | Absent = Field(default=None, description="Id of the case.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Issued from this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Issued up to and including this local day.")
    sort: Literal["issued_at", "-issued_at", "number", "-number"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Document(Out):
    """A document of a case."""

    id: int = Field(description="Its id.", examples=[7])
    number: str = Field(description="Its number.", examples=["朝环罚〔2026〕5号"])
    kind: str = Field(description="Kind, as a word.", examples=["decision"])
    state: State = Field(description="State.")
    case_id: int = Field(description="The case.")
    case_number: str = Field(description="Its number.")
    subject_text: str = Field(description="Plate or machine number.")
    organisation_id: int = Field(description="The issuing bureau.")
    law: str = Field(description="Law of the day of the act.", examples=["CODE"])
    issued_at: datetime = Field(description="When it was issued.")
    served_on: date | None = Field(description="Local day of service.")
    served_how: str | None = Field(description="Way of service, as a word.")
    served_to: str | None = Field(description="Who received it.")
    revoked_at: datetime | None = Field(description="When it was revoked.")
    revoked_reason: str | None = Field(description="Why.")
    docx_item_id: int | None = Field(description="Evidence item of the Word file.")
    pdf_item_id: int | None = Field(description="Evidence item of the PDF.")


class DocumentPage(PageOf):
    """A page of documents."""

    items: list[Document] = Field(description="The rows of the page.")


class DocumentDetail(Document):
    """One document with what was filled in."""

    content: dict[str, Any] = Field(description="The form, and every value by its placeholder.")
    template: str = Field(description="Name and hash of the template.")
    rule_keys: list[str] = Field(description="Rule rows that it rests on.")


class DocumentIn(In):
    """A document to be issued."""

    case_id: Id64 = Field(description="The case.")
    form: FORM = Field(description="Which document.")
    values: dict[FieldName, Value] = Field(
        default_factory=dict,
        max_length=60,
        description="Fields of the form; what is left out is taken from the case. A tick is 1, or left out.",
    )


@operation(blueprint, "GET", "", allow="cases.read", asks=DocumentFilters, gives=DocumentPage, summary="List documents")
def index(query: DocumentFilters) -> DocumentPage:
    """A page of documents."""
    with work() as connection:
        found = documents.find(connection, current_scope(), query.query("issued_at"))
    items = [Document.model_validate(row) for row in found.rows]
    return DocumentPage(items=items, **page_values(query, found))


def _detail(number: int) -> DocumentDetail:
    with work() as connection:
        row = documents.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    return DocumentDetail.model_validate(row)


@operation(
    blueprint, "GET", "/<int:number64>", allow="cases.read", gives=DocumentDetail, summary="One document",
)  # fmt: skip
def show(number64: int) -> DocumentDetail:
    """One document."""
    return _detail(number64)


@operation(
    blueprint, "POST", "", allow="documents.issue", takes=DocumentIn, gives=DocumentDetail, status=201,
    refuses=(404,), summary="Issue a document",
    about="It is refused with a sentence for each duty that is not met: hearing right, law of the date, limits of a "
    "decision on the spot, authority of the branch, prior notice, collective discussion. Its Word and PDF files are "
    "sealed as evidence; numbers have no gaps.",
    examples={"body": {"case_id": 12, "form": "prior_notice", "values": {"contact": "法制科 0421-0000000"}}},
)  # fmt: skip
def issue(body: DocumentIn) -> DocumentDetail:
    """Issue a document."""
    given = {**body.values, **({"typed": "1"} if "hearing" in body.values else {})}
    try:
        with transaction(engine()) as connection:
            claim_in(connection)
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            number = issue_document.issue(
                connection, evidence_store(), current_actor(), current_account(), rules, calendar, body.case_id,
                body.form, given,
            )  # fmt: skip
    except LookupError:
        raise NotFound from None
    except Refused as refused:
        raise refused_fields(refused, "body.values") from refused
    return _detail(number)
