"""Save a terminal from a form; a new one is refused where its kind and device are on file already."""

from collections.abc import Mapping

from sqlalchemy import Connection

from server.flows.registry_forms import Saved, find_terminal, save
from server.flows.registry_nouns import TERMINALS
from server.store.audit import Actor
from server.store.scopes import Scope


def save_terminal(
    connection: Connection, actor: Actor, scope: Scope, entry: Mapping[str, str], number: int | None = None
) -> Saved:
    """Raises RefusedEntryError, DoubtfulEntryError; LookupError where the number is not in the scope."""
    return save(connection, actor, scope, TERMINALS, entry, number, find_terminal)
