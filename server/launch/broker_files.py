"""The files mosquitto reads: configuration, accounts, access rules.

A device's account is named `{kind}/{device}` ("hdv/LZZ5CLSB8NA000001"), which is the middle of its topics:
the pattern `emission/v1/%u/up` then holds it to its own kind and its own number, and to nothing else. What
the settings promise and do not promise is told in docs/operations.md.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from server.flows.broker_passwords import NAME, password_hash
from server.launch.ports import LOOPBACK

HASHED = "$7$"

CONFIGURATION = """# Generated at every start from server/launch/broker_files.py; see docs/operations.md.
listener {port} {host}
allow_anonymous false
password_file accounts
acl_file access
retain_available false

persistence true
persistence_location {data}/
persistence_file mosquitto.db
autosave_interval {autosave_s}
persistent_client_expiration 7d
max_queued_messages 200000
max_inflight_messages 10000
queue_qos0_messages false
max_packet_size 1048576
max_keepalive 3600
set_tcp_nodelay true

log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S
connection_messages true
"""

ACCESS = """# Generated. A device: its own two topics, by its account name {kind}/{device}.
pattern write emission/v1/%u/up
pattern read emission/v1/%u/down
"""


class Role(StrEnum):
    """What an account may do on the broker."""

    DEVICE = "device"  # its own topics
    INGEST = "ingest"  # reads what devices send, answers them
    GATEWAY = "gateway"  # sends for devices that do not speak MQTT, and hears their answers


RULES = {
    Role.DEVICE: (),
    Role.INGEST: ("topic read emission/v1/+/+/up", "topic write emission/v1/+/+/down"),
    Role.GATEWAY: ("topic write emission/v1/+/+/up", "topic read emission/v1/+/+/down"),
}


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """An account: `secret` is the password, or its hash as `password_hash` gives it."""

    name: str
    secret: str
    role: Role = Role.DEVICE

    def __post_init__(self) -> None:
        """A name with a wildcard would escape its pattern; one with a colon would break the file."""
        if not NAME.fullmatch(self.name):
            raise ValueError(f"broker account {self.name!r}: no spaces, no ':', '+', '#', at most 128 characters")


def configuration(port: int, host: str = LOOPBACK, data: str = ".", autosave_s: int = 5) -> str:
    """The broker's configuration; relative paths are below its working directory."""
    return CONFIGURATION.format(port=port, host=host, data=data, autosave_s=autosave_s)


def read_devices(text: str, say: Callable[[str], None]) -> tuple[BrokerAccount, ...]:
    """Device accounts from lines `kind/device:hash`; a line that is none is named and left out."""
    accounts = []
    for number, line in enumerate(text.splitlines(), 1):
        name, _, hashed = line.strip().partition(":")
        try:
            accounts.append(BrokerAccount(name, hashed))
        except ValueError as fault:
            say(f"device accounts, line {number}: left out, {fault}")
    return tuple(accounts)


def account_lines(accounts: Iterable[BrokerAccount]) -> str:
    """The password file."""
    return "".join(f"{account.name}:{_hashed(account.secret)}\n" for account in accounts)


def access_rules(accounts: Iterable[BrokerAccount]) -> str:
    """The access file: the device patterns, then the accounts with more than a device's rights."""
    special = [account for account in accounts if RULES[account.role]]
    blocks = ["\n".join((f"user {account.name}", *RULES[account.role])) for account in special]
    return "\n\n".join([ACCESS.rstrip(), *blocks]) + "\n"


def _hashed(secret: str) -> str:
    return secret if secret.startswith(HASHED) else password_hash(secret)
