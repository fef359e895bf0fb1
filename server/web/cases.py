"""Cases: the list, the page of one with the steps that this account may take, and taking them."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.cases.pleading import pleading_refusal
from server.db import transaction
from server.flows import assign_case, move_case, rule_book
from server.flows.case_work import Move, MoveRefused, Stale
from server.store import (
    calendar_days,
    case_sources,
    case_steps,
    cases,
    deadlines,
    evidence_items,
    organisations,
    penalties,
    pleas,
    referrals,
)  # fmt: skip
from server.store.paging import Query
from server.web import case_facts, case_words, evidence_owners, plea_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_account, current_actor, current_scope, engine, may, work
from server.web.case_forms import step_forms
from server.web.clock_lines import clock_lines
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import WORDS, choices, word

blueprint = Blueprint("cases", __name__, url_prefix="/cases")


def _rests_on(connection: Connection, kind: str, owner_id: int) -> bool:
    """Whether the account may see a case that rests on this: the other bureau reads the evidence that it was sent.

    A party has its own way to what concerns it. Which case it is, is asked outside the fence: no fenced account reads
    the list of sources; whether the account sees that case, inside.
    """
    if current_account().organisation_kind == "enterprise" or not may("cases.read"):
        return False
    with transaction(engine()) as unfenced:
        case = case_sources.case_of(unfenced, kind, owner_id)
    return case is not None and cases.find_one(connection, current_scope(), case["id"]) is not None


evidence_owners.register_beside(_rests_on)


def _states() -> list[tuple[str, str]]:
    with work() as connection:
        return [(code, word("case_state", code)) for code in cases.states_in_use(connection)]


FILTERS = (
    Filter("q", _l("Plate, machine number, case number, party"), wide=True),
    Filter("state", _l("State"), "choice", _states),
    Filter("open", _l("Under way"), "choice", yes_no),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("offence", _l("Offence"), "choice", lambda: choices("offence")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("law", _l("Law"), "choice", lambda: choices("law", *WORDS["law"])),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("holder", "", "number"),
    Filter("assigned", "", "number"),
    Filter("truck", "", "number"),
    Filter("machine", "", "number"),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("subject", _l("Subject")),
    Column("offences", _l("Offence")),
    Column("acted_from", _l("Act"), sort=True),
    Column("state", _l("State")),
    Column("branches", _l("Beside it"), wide=True),
    Column("holder", _l("Held now by"), wide=True),
    Column("due_on", _l("Due")),
    Column("number", _l("Number"), sort=True),
    Column("opened_at", _l("Opened"), sort=True, extra=True),
    Column("division", _l("Area"), extra=True),
    Column("party", _l("Party"), extra=True),
    Column("assigned", _l("Officer"), extra=True),
    Column("law", _l("Law"), extra=True),
    Column("updated_at", _l("Changed"), sort=True, extra=True),
)


@blueprint.get("/")
@allow("cases.read")
def index() -> ResponseReturnValue:
    """All cases of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="opened_at")
    if kind_asked():
        return _export(query) if may("cases.export") else abort(403)
    with work() as connection:
        found = cases.find(connection, current_scope(), query)
    exports = KINDS if may("cases.export") else ()
    return render_template("cases/list.html", view=view(query, found, FILTERS, COLUMNS, exports), today=_today())


def _today() -> Any:
    with transaction(engine()) as connection:
        return deadlines.today(connection)


def _export(query: Query) -> Response:
    with work() as connection:
        rows = cases.find(connection, current_scope(), whole(query)).rows
    lines = [_line(row) for row in rows]
    return export("cases", head_of(COLUMNS), lines, query, "case.export", ("case", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["plate"] or row["machine_number"] or row["subject_text"],
        ", ".join(word("offence", code) for code in row["offences"]),
        local(row["acted_from"]),
        word("case_state", row["state"]),
        ", ".join(f"{branch_name(key)}: {branch_state(key, code)}" for key, code in row["states"].items()),
        pick(row["holder_zh"], row["holder_en"]),
        row["due_on"].isoformat() if row["due_on"] else None,
        row["number"],
        local(row["opened_at"]),
        pick(row["division_zh"], row["division_en"]) or row["division"],
        row["party_name"],
        row["assigned"],
        word("law", row["law"]),
        local(row["updated_at"]),
    ]


@blueprint.app_template_global()
def branch_name(key: str) -> str:
    """A branch in words; a copy to another city names the city."""
    branch, colon, city = key.partition(":")
    return word("branch", branch) + (f" {city}" if colon else "")


@blueprint.app_template_global()
def branch_state(key: str, code: str) -> str:
    """The state of a branch in words."""
    return word("repair_state" if key == "repair" else "case_state", code)


@blueprint.get("/<int:number>")
@allow("cases.read")
def show(number: int) -> str:
    """One case."""
    return page(number)


def get(number: int) -> dict[str, Any]:
    """The case behind an address, under the fence of the account; 404 where it is not to be seen."""
    with work() as connection:
        return cases.find_one(connection, current_scope(), number) or abort(404)


def page(number: int, failed: str = "", faults: dict[str, str] | None = None) -> str:
    """The page of a case; `failed`: the form that was refused, with a text for each field in `faults`."""
    found, account = get(number), current_account()
    kind = account.organisation_kind
    own = None if kind == "ecology" else account.organisation_id
    with transaction(engine()) as connection:  # the fence has let the case through: what belongs to it may be read
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        sent = [one for one in referrals.of_case(connection, number) if own in (None, one["to_id"], one["from_id"])]
        papers = [one for one in case_steps.documents_of(connection, number) if _may_read(one, kind, own, sent)]
        clocks = [] if kind == "enterprise" else deadlines.of_case(connection, number, own)
        values = {
            "sources": case_sources.of_case(connection, number),
            "steps_taken": told(case_steps.of_case(connection, number), kind),
            "referrals": [] if kind == "enterprise" else sent,
            "penalties": penalties.of_case(connection, number),
            "deadlines": clock_lines(rules, calendar, clocks, deadlines.today(connection)),
            "documents": papers,
            "pleas": pleas.of_case(connection, number) if kind in ("ecology", "enterprise") else [],
            "pleading": pleading_refusal(found["state"]) if may("pleas.send") else None,
            "evidence": _evidence(connection, number, kind),
            "forms": step_forms(connection, rules, found, account) if may("cases.work") else [],
            "home": _home(connection, found["home_city"]),
            "colleagues": cases.colleagues(connection, account.organisation_id) if may("cases.work") else [],
        }
    return render_template(
        "cases/show.html", c=found, facts=case_facts.read(found["facts"]), today=_today(), failed=failed,
        faults=faults or {}, is_party=kind == "enterprise", own=own, account_organisation=account.organisation_id,
        **values,
    )  # fmt: skip


def _home(connection: Connection, code: str | None) -> str:
    """The city of a plate in words, where the reference has it."""
    found = organisations.divisions_within(connection, code)[:1] if code else []
    return str(pick(found[0]["name_zh"], found[0]["name_en"])) if found else ""


def _may_read(paper: dict[str, Any], kind: str, own: int | None, sent: list[dict[str, Any]]) -> bool:
    """The ecology bureau reads every document, a party what was served, another body its own and what it was sent."""
    if own is None:
        return True
    if kind == "enterprise":
        return bool(paper["state"] == "served")
    return paper["organisation_id"] == own or paper["referral_id"] in {one["id"] for one in sent}


def _evidence(connection: Connection, number: int, kind: str) -> list[dict[str, Any]]:
    """Files of the case and of what it rests on; a party asks for the file itself, as the law gives it to see."""
    if kind == "enterprise" or not may("evidence.read"):
        return []
    rows = case_sources.of_case(connection, number)
    owners = [("case", number), *((row["kind"], row["source_id"]) for row in rows)]
    return evidence_items.of_owners(connection, owners)


def told(steps: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The timeline; a party reads what was done and when, not who, why and what was noted."""
    if kind != "enterprise":
        return steps
    hidden: dict[str, Any] = {"person": None, "reason": None, "note": None, "detail": {}, "evidence_item_ids": []}
    return [{**one, **hidden} for one in steps if one["branch"] in {"main", "repair", "objection"}]


@blueprint.post("/<int:number>/steps")
@allow("cases.work")
def move(number: int) -> ResponseReturnValue:
    """Take a step; whoever comes second is told who was first."""
    get(number)
    form = request.form
    asked = Move(
        form.get("branch", ""), form.get("action", ""), whole_number(form.get("version", "")),
        form.get("reason") or None, form.get("note", ""), form.to_dict(),
    )  # fmt: skip
    try:
        with transaction(engine()) as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            move_case.move(
                connection, current_actor(), current_account(), current_scope(), rules, calendar, number, asked
            )
    except LookupError:
        abort(404)
    except Stale as stale:
        return redirect(staletold(stale, number), 303)
    except MoveRefused as refused:
        return page(number, f"{asked.branch}.{asked.action}".replace(":", "-"), by_field(refused.faults)), 422
    flash(_("Done: %(step)s.", step=word("case_step", f"{asked.branch.partition(':')[0]}.{asked.action}")), "good")
    return redirect(_after(number), 303)


def _after(number: int) -> str:
    """Back to the page that the step was taken on, where the case is still to be seen."""
    back = request.form.get("back", "")
    if back.isascii() and back.isdigit() and len(back) < 19:
        return url_for("referrals.show", number=int(back))
    return url_for("cases.show", number=number)


def staletold(stale: Stale, number: int) -> str:
    """Say who was first; the address to go on to."""
    if stale.person:
        text = _("%(name)s was first (%(time)s). Nothing was changed; look at the case as it is now.",
                 name=stale.person, time=local(stale.at))  # fmt: skip
    else:
        text = _("The case has changed meanwhile. Nothing was changed; look at it as it is now.")
    flash(text, "due")
    return url_for("cases.show", number=number)


def whole_number(text: str) -> int:
    """A whole number out of a form; 0 for anything else, which no record has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@blueprint.post("/<int:number>/officer")
@allow("cases.work")
def assign(number: int) -> ResponseReturnValue:
    """Give the case, or the part of it that lies with this body, to one of its people."""
    get(number)
    user_id = whole_number(request.form.get("user", ""))
    try:
        with transaction(engine()) as connection:
            assign_case.assign(connection, current_actor(), current_account(), current_scope(), number, user_id)
    except LookupError:
        abort(404)
    except MoveRefused as refused:
        return page(number, "assign", by_field(refused.faults)), 422
    flash(_("The case is assigned."), "good")
    return redirect(url_for("cases.show", number=number), 303)
