"""The quarantine: frames that could not be taken, why, what to do about it; replay, or set aside with a reason."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from server.flows import settle_alarm as alarm_flow
from server.flows import settle_quarantine as flow
from server.store import audit, quarantine, tasks
from server.store.paging import COUNT_CAP, Query
from server.web import registry_words, telemetry_words  # noqa: F401 - the register's words join at import
from server.web.access import allow, current_actor, current_scope, engine, may, work
from server.web.hex_dump import dump
from server.web.language import pick
from server.web.listing import Column, Filter, View, read, view
from server.web.packet_words import explain
from server.web.words import choices

blueprint = Blueprint("quarantine", __name__, url_prefix="/quarantine")
LARGEST_ID = 2**62

FILTERS = (
    Filter("device", _l("Device"), wide=True),
    Filter("code", _l("Cause"), "choice", lambda: choices("quarantine_code", *telemetry_words.QUARANTINE)),
    Filter("kind", _l("Kind"), "choice", lambda: choices("terminal_kind", "hdv", "nrmm", "jt808", "ev", "json")),
    Filter("state", _l("State"), "choice", lambda: choices("quarantine_state", "held", "replayed", "set_aside")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
)
COLUMNS = (
    Column("choose", _l("Choose")),
    Column("code", _l("Cause")),
    Column("device", _l("Device"), sort=True),
    Column("kind", _l("Kind"), wide=True),
    Column("last_received_at", _l("Last received"), sort=True),
    Column("times", _l("Times"), sort=True, numeric=True),
    Column("at_byte", _l("At byte"), numeric=True, wide=True),
    Column("length", _l("Bytes"), numeric=True, wide=True),
    Column("state", _l("State")),
    Column("id", _l("No."), sort=True, numeric=True),
    Column("received_at", _l("First received"), extra=True),
    Column("topic", _l("Topic"), extra=True),
    Column("sha256", "SHA-256", extra=True),
)


def _asked(args: MultiDict[str, str]) -> Query:
    """What a list asks for; without a word about the state, what is held."""
    given = MultiDict(args)
    given.setdefault("state", "held")
    return read(given, FILTERS, COLUMNS, sort="id")


@blueprint.get("/")
@allow("quarantine.read")
def index() -> str:
    """The list, counts by cause and open alarms."""
    return _list(_asked(request.args), {})


def _list(query: Query, faults: dict[str, str]) -> str:
    with work() as connection:
        found = quarantine.find(connection, query, current_scope())
        causes = quarantine.counts(connection, current_scope())
        alarms = tasks.open_alarms(connection) if may("alarms.read") else []
    shown: View = view(query, found, FILTERS, COLUMNS)
    if "state" not in query.values:
        shown = replace(shown, kept={"state": ""})  # "all" must stay "all" on the next page
    return render_template(
        "quarantine/list.html",
        view=replace(shown, path=url_for("quarantine.index")),
        causes=causes,
        alarms=alarms,
        faults=faults,
        capped=COUNT_CAP,
    )


def _get(number: int) -> dict[str, Any]:
    if number > LARGEST_ID:
        abort(404)
    with work() as connection:
        return quarantine.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("quarantine.read")
def show(number: int) -> str:
    """One frame: its bytes with the place of the fault, and what can be read of it today."""
    return _page(_get(number), {})


def _page(frame: dict[str, Any], faults: dict[str, str]) -> str:
    with work() as connection:
        timeline = audit.of_subject(connection, "quarantine", frame["id"])
    return render_template(
        "quarantine/show.html",
        q=frame,
        dump=dump(frame["raw"], frame["at_byte"]),
        said=explain(frame["raw"], frame["kind"], frame["layout"]),
        timeline=timeline,
        faults=faults,
    )


@blueprint.get("/<int:number>/raw")
@allow("quarantine.read")
def raw(number: int) -> Response:
    """The bytes as a file."""
    frame = _get(number)
    answer = Response(frame["raw"], mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=f"quarantine-{number}.bin")
    return answer


def _chosen() -> list[int]:
    texts = request.form.getlist("chosen")[:1000]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _back(query: Query | None = None) -> ResponseReturnValue:
    """To the page the form stood on."""
    number = request.form.get("number", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return redirect(url_for("quarantine.show", number=int(number)), 303)
    values = query.values if query else {}
    return redirect(url_for("quarantine.index") + "?" + urlencode({"state": "", **values}), 303)


@blueprint.post("/replay")
@allow("quarantine.settle")
def replay() -> ResponseReturnValue:
    """Take frames again: those chosen, or portion by portion all that the filters find."""
    query = _asked(request.form)
    if request.form.get("which") == "all":
        return _replay_all(query)
    numbers = _chosen()
    if not numbers:
        return _nothing_chosen(query)
    done = flow.replay_some(engine(), current_actor(), current_scope(), numbers)
    _tell(done.taken, done.stored)
    return _back(query)


def _replay_all(query: Query) -> ResponseReturnValue:
    after, taken, stored = (_count(name) for name in ("after", "taken", "stored"))
    total = _count("total") or _how_many(query)
    done = flow.replay_found(engine(), current_actor(), current_scope(), query, after)
    taken, stored = taken + done.taken, stored + done.stored
    if done.taken < flow.PORTION:
        _tell(taken, stored)
        return _back(query)
    so_far = {"after": done.last_id, "taken": taken, "stored": stored, "total": max(total, taken)}
    return render_template("quarantine/progress.html", query=query, so_far=so_far)


def _count(name: str) -> int:
    text = request.form.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _how_many(query: Query) -> int:
    with work() as connection:
        return quarantine.find(connection, replace(query, size=1), current_scope()).total


def _tell(taken: int, stored: int) -> None:
    text = _("%(taken)s frames taken again: %(stored)s stored, %(left)s refused again.", taken=taken, stored=stored,
             left=taken - stored)  # fmt: skip
    flash(text, "good" if stored == taken and taken else "due")


@blueprint.post("/set-aside")
@allow("quarantine.settle")
def set_aside() -> ResponseReturnValue:
    """Settle frames without taking them in: those chosen, or all that the filters find."""
    query, reason, every = (
        _asked(request.form),
        request.form.get("reason", "").strip(),
        request.form.get("which") == "all",
    )
    numbers = _chosen()
    if not every and not numbers:
        return _nothing_chosen(query)
    fault = flow.fault_of(reason)
    if fault:
        return _again(query, numbers, {"reason": pick(*fault)})
    with work() as connection:
        if every:
            done = flow.set_aside_found(connection, current_actor(), current_scope(), query, reason)
        else:
            done = flow.set_aside(connection, current_actor(), current_scope(), numbers, reason)
    flash(_("%(n)s frames set aside. Their bytes stay.", n=done), "good" if done else "due")
    return _back(query)


def _again(query: Query, numbers: Sequence[int], faults: dict[str, str]) -> ResponseReturnValue:
    """The form's own page once more, with what is wrong at its field."""
    if request.form.get("number") and numbers:
        return _page(_get(numbers[0]), faults), 422
    return _list(query, faults), 422


def _nothing_chosen(query: Query) -> ResponseReturnValue:
    return _list(query, {"chosen": str(_("Choose frames in the list, or all that the filters find."))}), 422


@blueprint.post("/alarms/<int:number>/seen")
@allow("alarms.settle")
def settle_alarm(number: int) -> ResponseReturnValue:
    """Somebody has seen to an alarm."""
    with work() as connection:
        done = number < LARGEST_ID and alarm_flow.settle_alarm(connection, current_actor(), number)
    flash(_("The alarm is settled.") if done else _("The alarm was settled before."), "good" if done else "due")
    return redirect(url_for("quarantine.index"), 303)
