"""Save a machine from a form; a new one is refused where one of its four identifiers is on file already."""

from collections.abc import Mapping

from sqlalchemy import Connection

from server.flows.registry_forms import Saved, find_machine, save
from server.flows.registry_nouns import MACHINES
from server.store.audit import Actor
from server.store.scopes import Scope


def save_machine(
    connection: Connection, actor: Actor, scope: Scope, entry: Mapping[str, str], number: int | None = None
) -> Saved:
    """Raises RefusedEntryError, DoubtfulEntryError; LookupError where the number is not in the scope."""
    return save(connection, actor, scope, MACHINES, entry, number, find_machine)
