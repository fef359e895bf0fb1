"""What a terminal sent: samples for the curves, the list of packets, one packet decoded, its bytes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from server.db import transaction
from server.store import audit, packets_read, samples
from server.store.paging import Found
from server.web.access import allow, current_actor, engine, work
from server.web.answers import tagged
from server.web.hex_dump import attempt, lines
from server.web.terminals import chosen_range, get_terminal

blueprint = Blueprint("terminal_data", __name__, url_prefix="/terminals")
PAGE = 50
POINTS = 2000
LONGEST = timedelta(days=31)


def _moment(name: str) -> datetime:
    try:
        at = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        abort(400)
    return at if at.tzinfo else abort(400)


@blueprint.get("/<int:number>/samples.json")
@allow("terminals.read")
def samples_json(number: int) -> ResponseReturnValue:
    """Curves and track of a stretch of time, thinned to `points` a curve so that peaks survive."""
    get_terminal(number)
    from_at, to_at = _moment("from"), _moment("to")
    if not timedelta() < to_at - from_at <= LONGEST:
        abort(400)
    points = min(max(request.args.get("points", POINTS, type=int), 100), 20_000)
    with work() as connection:
        columns = ("lon", "lat", "fix_valid", *samples.CURVES)
        thinned = samples.thin(samples.from_view(connection, number, from_at, to_at, columns), points)
    body = {"n": thinned.samples_n, "thinned": thinned.thinned, "curves": thinned.curves, "track": thinned.track}
    return tagged(json.dumps(body, separators=(",", ":")))


@blueprint.get("/<int:number>/packets")
@allow("telemetry.read")
def packets(number: int) -> str:
    """The packets of the chosen days, newest first."""
    row = get_terminal(number)
    page = min(max(request.args.get("page", 1, type=int), 1), 20_000)
    with work() as connection:
        from_at, to_at = chosen_range(packets_read.newest_day(connection, number))
        rows = packets_read.of_terminal(connection, number, from_at, to_at, PAGE, (page - 1) * PAGE)
        found = Found(rows, packets_read.number_of(connection, number, from_at, to_at))
    return render_template(
        "terminals/packets.html", row=row, found=found, page=page, pages=-(-found.total // PAGE), from_at=from_at,
        to_at=to_at - timedelta(days=1),
    )  # fmt: skip


def _packet(number: int, at_us: int, sha256: str) -> dict[str, Any]:
    try:
        digest, at = bytes.fromhex(sha256), datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    except (ValueError, OverflowError):
        abort(404)
    with work() as connection:
        return packets_read.find_one(connection, number, at, digest) or abort(404)


@blueprint.get("/<int:number>/packets/<int:at_us>/<sha256>")
@allow("telemetry.read")
def packet(number: int, at_us: int, sha256: str) -> str:
    """One packet: its facts, what it says, its bytes."""
    row, found = get_terminal(number), _packet(number, at_us, sha256)
    said = attempt(found["raw"], row["kind"], row["layout"])
    return render_template(
        "terminals/packet.html", row=row, packet=found, at_us=at_us, said=said, hex=lines(found["raw"], said.at_byte)
    )


@blueprint.get("/<int:number>/packets/<int:at_us>/<sha256>/raw")
@allow("telemetry.read")
def raw(number: int, at_us: int, sha256: str) -> Response:
    """The bytes as they came; who took them is logged."""
    row, found = get_terminal(number), _packet(number, at_us, sha256)
    with transaction(engine()) as connection:
        audit.append(connection, current_actor(), "packet.download", "terminal", number, {"sha256": found["sha256"]})
    answer = Response(found["raw"], mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{row['device']}-{at_us}.bin")
    return answer
