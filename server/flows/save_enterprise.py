"""Save an enterprise from a form; a new one is refused where its credit code, or else its name, is on file already."""

from collections.abc import Mapping

from sqlalchemy import Connection

from server.flows.registry_forms import Saved, find_enterprise, save
from server.flows.registry_nouns import ENTERPRISES
from server.store.audit import Actor
from server.store.scopes import Scope


def save_enterprise(
    connection: Connection, actor: Actor, scope: Scope, entry: Mapping[str, str], number: int | None = None
) -> Saved:
    """Raises RefusedEntryError, DoubtfulEntryError; LookupError where the number is not in the scope."""
    return save(connection, actor, scope, ENTERPRISES, entry, number, find_enterprise)
