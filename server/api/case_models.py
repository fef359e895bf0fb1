"""Models of cases, their steps and referrals in the API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from server.api.kinds import NO_NUL, Id32, Id64, In, Out, PageOf, Text200

Note = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern="^[a-z_]+$")]
Key = Annotated[str, StringConstraints(pattern="^(main|police|transport|repair|objection|city(:[0-9]{4})?)$")]
Name = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Code = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]


class Case(Out):
    """A case as lists give it."""

    number: str = Field(description="Its number.", examples=["C20261124-000001"])
    version: int = Field(description="Counts its changes; a step names the one it rests on.")
    subject_kind: str = Field(description="truck or machine.", examples=["truck"])
    subject_text: str = Field(description="Plate or machine number.", examples=["辽N12345"])
    truck_id: int | None = Field(description="Id of the truck.")
    machine_id: int | None = Field(description="Id of the machine.")
    division: str = Field(description="Area code.", examples=["211302"])
    law: str = Field(description="Law by the date of the act.", examples=["CODE"])
    offences: list[str] = Field(description="What it is about, as codes.", examples=[["failed_inspection"]])
    acted_from: datetime = Field(description="When the act began.")
    acted_to: datetime = Field(description="When it ended.")
    place: str | None = Field(description="Where.")
    state: str = Field(description="State of the main line.", examples=["filed"])
    states: dict[str, str] = Field(description="States of the branches beside it, by key.")
    holder_zh: str = Field(description="The body that has to act next, in Chinese.")
    holder_en: str | None = Field(description="The same in English.")
    due_on: date | None = Field(default=None, description="The next last day of a running deadline.")
    outcome: str | None = Field(description="How it ended.", examples=["penalised"])
    opened_at: datetime = Field(description="When it was opened.")
    filed_at: datetime | None = Field(description="When it was filed.")
    closed_at: datetime | None = Field(description="When it ended.")


class CasePage(PageOf):
    """A page of cases."""

    items: list[Case] = Field(description="The rows of the page.")


class StepOut(Out):
    """One step that was taken."""

    branch: str = Field(description="Key of the branch.", examples=["main"])
    action: str = Field(description="What was done.", examples=["file"])
    from_state: str | None = Field(description="State before.")
    to_state: str = Field(description="State after.")
    at: datetime = Field(description="When.")
    organisation_zh: str | None = Field(description="The body that took it.")
    reason: str | None = Field(description="Reason, as a code.")
    note: str | None = Field(description="In the officer's words.")


class PossibleOut(Out):
    """A step that this account may take now."""

    branch: str = Field(description="Key of the branch.", examples=["main"])
    action: str = Field(description="What to name in the step.", examples=["file"])
    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")
    lacking: str | None = Field(description="Why it is refused as things stand; null: nothing but the form is needed.")
    reasons: list[str] = Field(description="Codes of the reasons; empty where none is needed.")
    values: list[str] = Field(description="Names of the values that it takes.")


class PenaltyOut(Out):
    """A penalty."""

    offence: str = Field(description="For what, as a code.")
    decision_number: str = Field(description="Number of the decision.")
    code: str | None = Field(description="Code of the police.")
    amount_cny: float = Field(description="Yuan.")
    machines: int = Field(description="How many machines.")
    decided_on: date = Field(description="Day of the decision.")
    legal_basis: str = Field(description="Its basis.")
    paid_on: date | None = Field(description="When it was paid.")
    revoked_at: datetime | None = Field(description="When it was revoked.")


class CaseDetail(Case):
    """One case with what belongs to it."""

    facts: dict[str, Any] = Field(description="As they were when the case was opened: sources with values and rules.")
    steps: list[StepOut] = Field(description="What was done, in order.")
    possible: list[PossibleOut] = Field(description="What this account may do now.")
    penalties: list[PenaltyOut] = Field(description="Fines, revoked ones too.")


class SourceIn(In):
    """What a case rests on."""

    kind: Literal["violation", "capture", "inspection"] = Field(description="Kind.")
    id: Id64 = Field(description="Its id.")


class CaseIn(In):
    """A case to be opened."""

    sources: Annotated[list[SourceIn], Field(min_length=1, max_length=20)] = Field(
        description="Confirmed violations, confirmed captures with evidence standing, failed legal inspections."
    )
    party_kind: Literal["person", "unit"] | None = Field(default=None, description="Whom it is against.")
    party_name: Name | None = Field(default=None, description="Name of the party, where the register's is not right.")
    party_code: Code | None = Field(default=None, description="Its credit or identity code.")
    another_act: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = Field(
        default="", description="Why it is not the act of a case on file (answer 409 same_act)."
    )


class MoveIn(In):
    """A step to be taken."""

    version: Id32 = Field(description="The version of the case that it rests on.")
    branch: Key = Field(description="Key of the branch; `city` to send to a city for the first time.")
    action: Word = Field(description="The step, as `possible` names it.")
    reason: Word | None = Field(default=None, description="Code of the reason, where one is needed.")
    note: Note = Field(default="", description="In the officer's words.")
    values: dict[Word, Note] = Field(
        default_factory=dict, description="What the step takes besides, as `possible` names it, all as text."
    )


class Referral(Out):
    """A case, or its copy, sent on."""

    number: str = Field(description="Its number.", examples=["R20261124-000001"])
    case_number: str = Field(description="Number of the case.")
    branch: str = Field(description="Key of the branch of the case.", examples=["police"])
    kind: str = Field(description="transfer or copy.")
    state: str = Field(description="State.", examples=["sent"])
    subject_text: str = Field(description="Plate or machine number.")
    offences: list[str] = Field(description="What it is about, as codes.")
    from_zh: str = Field(description="Who sent it.")
    to_zh: str = Field(description="Who got it.")
    basis: str = Field(description="The clause it rests on.")
    message: str | None = Field(description="What was written.")
    sent_at: datetime = Field(description="When it was sent.")
    received_at: datetime | None = Field(description="When it was signed for.")
    answered_at: datetime | None = Field(description="When it was answered, returned or withdrawn.")
    due_on: date | None = Field(default=None, description="The next last day for the receiver.")
    reason: str | None = Field(description="Why it was returned or withdrawn.")
    result: dict[str, Any] | None = Field(description="The result, as it was answered.")


class ReferralPage(PageOf):
    """A page of referrals."""

    items: list[Referral] = Field(description="The rows of the page.")


class ReferralDetail(Referral):
    """One referral with what was sent."""

    version: int = Field(description="Counts its changes.")
    case_version: int = Field(description="The version of the case, for the next step.")
    manifest: dict[str, Any] = Field(description="Evidence with SHA-256 and SM3, sources, documents, as sent.")


class ReferralIn(In):
    """A referral to be sent."""

    version: Id32 = Field(description="The version of the case that it rests on.")
    branch: Literal["police", "transport", "city"] = Field(description="To whom.")
    to: Id32 = Field(description="Id of the organisation.")
    basis: Text200 = Field(description="The clause that it is asked under.")
    message: Note = Field(default="", description="What to say.")
    contact: Text200 = Field(default="", description="Whom to ask.")


class AnswerIn(In):
    """What the receiver does with it."""

    version: Id32 = Field(description="The version of the case (`case_version`).")
    action: Word = Field(description="receive, accept, return, penalise, answer and the like.")
    reason: Word | None = Field(default=None, description="Code of the reason, for return.")
    note: Note = Field(default="", description="In the officer's words.")
    values: dict[Word, Note] = Field(
        default_factory=dict,
        description="For penalise: offence, decision_number, decided_on, amount, code; for answer of a copy: result.",
    )


class Deadline(Out):
    """A deadline of a case."""

    case_number: str = Field(description="Number of the case.")
    kind: str = Field(description="What is due, as a code.", examples=["case_filing"])
    rule_key: str = Field(description="The rule row that it rests on.")
    day_kind: str = Field(description="working or calendar.")
    days: int = Field(description="How many.")
    starts_on: date = Field(description="The day it starts from, which does not count.")
    due_on: date = Field(description="The last day, pauses in it.")
    state: str = Field(description="running, paused, met, cancelled.")
    organisation_zh: str = Field(description="The body that it binds.")
    person: str | None = Field(description="The officer.")
    reminded_at: datetime | None = Field(description="When the platform reminded of it.")


class DeadlinePage(PageOf):
    """A page of deadlines."""

    items: list[Deadline] = Field(description="The rows of the page.")
