"""The system that a key speaks for. Where a gate asks, its key is remembered for two seconds: it is shown hundreds of
times in one, and refused within five seconds after it was ended. Everywhere else a key is looked up at each call.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Engine

from server.db import transaction
from server.flows import system_keys
from server.flows.api_tokens import digest
from server.flows.gate_memory import memory_of
from server.store import users
from server.store.system_keys import SystemKey
from server.store.users import Account

KEY_S = 2.0  # and as long again while one caller looks it up anew


@dataclass(frozen=True, slots=True)
class Speaker:
    """A key in force, and what stands for its system."""

    key: SystemKey
    account: Account

    @property
    def is_gate(self) -> bool:
        return self.key.scopes == ("gate",)


def find(engine: Engine, text: str, remembered: bool = False) -> Speaker | None:
    """Who speaks with this key; None where no key in force is meant. `remembered`: a gate's key of late will do."""
    if not system_keys.FORM.fullmatch(text):
        return None

    def look_up() -> object:
        with transaction(engine) as connection:
            key = system_keys.holder_of(connection, text)
            account = key and users.system_account(connection, key.organisation_id, key.name)
        return Speaker(key, account) if key and account else None

    if not remembered:
        return cast("Speaker | None", look_up())
    keep = memory_of(engine, "key", KEY_S)
    found = keep.get(digest(text), look_up, lambda one: isinstance(one, Speaker) and one.is_gate)
    return cast("Speaker | None", found)
