"""One field finds all: plates, VINs, machine numbers, credit codes, terminals, names of enterprises."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from server.store.enterprises import ENTERPRISES
from server.store.machines import MACHINES, NUMBERS, TITLE
from server.store.paging import escape_like
from server.store.registry_rows import Register, within
from server.store.scopes import Scope
from server.store.terminals import TERMINALS
from server.store.trucks import TRUCKS

LEAST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found: its kind (truck, machine, enterprise, terminal), its id, its name, a word more."""

    kind: str
    id: int
    title: str
    more: str
    colour: str = ""


_PARTS: tuple[tuple[str, Register, str, str], ...] = (
    (
        "truck",
        TRUCKS,
        "t.plate AS title, coalesce(t.vin, '') AS more, t.plate_colour AS colour",
        "t.plate ILIKE :q OR t.vin ILIKE :q",
    ),
    (
        "machine",
        MACHINES,
        f"{TITLE.format('t')} AS title, coalesce(t.owner, '') AS more, '' AS colour",
        f"{NUMBERS} ILIKE :q OR t.engine_number = :exact",
    ),
    (
        "enterprise",
        ENTERPRISES,
        "t.name AS title, coalesce(t.credit_code, '') AS more, '' AS colour",
        "t.name ILIKE :q OR t.credit_code = :exact",
    ),
    ("terminal", TERMINALS, "t.device AS title, t.kind AS more, '' AS colour", "t.device ILIKE :q"),
)


def search(connection: Connection, wording: str, scope: Scope, at_most: int = 8) -> list[Hit]:
    """Up to `at_most` hits of each kind; less than two characters find nothing."""
    wording = wording.strip()
    if len(wording) < LEAST:
        return []
    found: list[Hit] = []
    for kind, register, columns, test in _PARTS:
        clause, values = within(scope, register)
        rows = connection.execute(
            text(
                f"SELECT t.id, {columns} FROM {register.source} WHERE ({test}) AND ({clause})"
                " ORDER BY 2, 1 LIMIT :at_most"
            ),
            {**values, "q": escape_like(wording), "exact": wording.upper(), "at_most": at_most},
        )
        found += [Hit(kind, row.id, row.title or str(row.id), row.more, row.colour) for row in rows]
    return found
