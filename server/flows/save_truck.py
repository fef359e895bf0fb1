"""Save a truck from a form; a new one is refused where plate and plate colour are on file already."""

from collections.abc import Mapping

from sqlalchemy import Connection

from server.flows.registry_forms import Saved, find_truck, save
from server.flows.registry_nouns import TRUCKS
from server.store.audit import Actor
from server.store.scopes import Scope


def save_truck(
    connection: Connection, actor: Actor, scope: Scope, entry: Mapping[str, str], number: int | None = None
) -> Saved:
    """Raises RefusedEntryError, DoubtfulEntryError; LookupError where the number is not in the scope."""
    return save(connection, actor, scope, TRUCKS, entry, number, find_truck)
