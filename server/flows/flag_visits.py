"""Violations and leads of visits: made when the minimums are reached, moved on; decided ones only get a note."""

from collections.abc import Iterable, Mapping, Sequence

import psycopg

from enforcement.visits.records import Ending, Segment, Visit
from server.flows import verdicts
from server.flows.watch import Watch, subject_key
from server.store import flagged
from server.store.reporting_terminals import ReportingTerminal


def inside_of(names: Sequence[int], open_visits: Iterable[Visit], watch: Watch) -> dict[int, int]:
    """What terminal_states.inside says of each terminal."""
    inside = dict.fromkeys(names, 0)
    for visit in open_visits:
        forbidden = visit.forbidden(watch.settings.of(visit.zone_id))
        inside[visit.device] = max(inside.get(visit.device, 0), 2 if forbidden else 1)
    return inside


def flag_visits(
    connection: psycopg.Connection,
    watch: Watch,
    kept: Sequence[tuple[int, Visit]],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    """Violations and leads of these visits: made when the minimums are reached, moved on while the visit lasts."""
    forbidden: list[tuple[int, Visit]] = []
    strangers: list[Visit] = []
    for number, visit in kept:
        settings = watch.settings.of(visit.zone_id)
        if subject_key(terminals[visit.device]) is not None:
            if visit.forbidden(settings):
                forbidden.append((number, visit))
        elif visit.zone_id not in watch.site_zones and visit.is_established(settings):  # sites: flows/site_machines
            strangers.append(visit)
    _lead_strangers(connection, watch, strangers, terminals)
    known = flagged.find_by_visit(connection, [number for number, _ in forbidden]) if forbidden else {}
    _flag_new(connection, watch, [one for one in forbidden if one[0] not in known], terminals)
    _move_on(connection, watch, [one for one in forbidden if one[0] in known], known, terminals)


def _lead_strangers(
    connection: psycopg.Connection, watch: Watch, visits_: Sequence[Visit], terminals: Mapping[int, ReportingTerminal]
) -> None:
    places = verdicts.places_of(connection, [(terminals[one.device], one.first_us) for one in visits_])
    for visit, place in zip(visits_, places, strict=True):
        flagged.lead(connection, verdicts.stranger_lead(visit, terminals[visit.device], place))


def _flag_new(
    connection: psycopg.Connection,
    watch: Watch,
    rows: Sequence[tuple[int, Visit]],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    if not rows:
        return
    segments = [visit.forbidden(watch.settings.of(visit.zone_id)) for _, visit in rows]
    begins = [(terminals[visit.device], own[0].first_us) for (_, visit), own in zip(rows, segments, strict=True)]
    places = verdicts.places_of(connection, begins)
    flagged.insert(
        connection,
        [
            flagged.NewViolation(
                number,
                verdicts.violation_of(watch, visit, terminals[visit.device], shape_of(own)),
                own[0].first_us,
                own[-1].last_us,
                place,
            )
            for (number, visit), own, place in zip(rows, segments, places, strict=True)
        ],
    )


def shape_of(segments: Sequence[Segment]) -> list[list[int]]:
    """What a verdict depends on beside the times: versions and reasons in order."""
    return [[segment.version_id, segment.code] for segment in segments]


def _move_on(
    connection: psycopg.Connection,
    watch: Watch,
    rows: Sequence[tuple[int, Visit]],
    known: Mapping[int, flagged.KnownViolation],
    terminals: Mapping[int, ReportingTerminal],
) -> None:
    moves: list[tuple[int, int, int]] = []
    for number, visit in rows:
        own, before = visit.forbidden(watch.settings.of(visit.zone_id)), known[number]
        first_us, last_us, over = own[0].first_us, own[-1].last_us, visit.ending is not Ending.OPEN
        moved = (before.first_us, before.last_us) != (first_us, last_us)
        if before.status in ("flagged", "superseded"):
            if before.status == "superseded":
                flagged.reinstate(connection, before.id)
            if moved:
                moves.append((before.id, first_us, last_us))
            if over or before.shape != shape_of(own):
                judged = verdicts.violation_of(watch, visit, terminals[visit.device], shape_of(own))
                flagged.judge_anew(connection, before.id, judged)
        elif over and moved:
            flagged.note_revision(connection, before.id, {"first_us": first_us, "last_us": last_us})
    flagged.move_on(connection, moves)
