"""What a container of compose.yaml does before or beside the platform's own command.

`prepare-database`  role, database and extensions, as the superuser; then migrations run as the plain role
`broker-files DIR`  configuration, accounts and access rules for the broker's container
`ingest`            takes the first free worker slot and becomes that worker
`is-connected PORT` health of a worker: an established connection to the broker
"""

import fcntl
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.launch import databases
from server.launch.broker_files import (
    BrokerAccount,
    Role,
    access_rules,
    account_lines,
    configuration,
    read_devices,
)
from server.launch.postgres import OWNER

MOST_SLOTS = 64
ESTABLISHED = "01"
BROKER_PORT = 1883
BROKER_DATA = "/mosquitto/data"
ANY = "0.0.0.0"  # noqa: S104  inside its container; compose decides what is published


class NoSlot(Exception):
    """All worker slots are taken."""


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """A secret from the file that NAME_FILE names."""
    return Path(environ[name + "_FILE"]).read_text().strip()


def prepare_database(environ: Mapping[str, str]) -> None:
    """Role, database and extensions; the password of the role becomes that of the platform's address."""
    wanted = urlsplit(read_secret(environ, "DATABASE_URL"))
    if wanted.username != OWNER:
        raise ValueError(f"DATABASE_URL: the account must be {OWNER!r}, not {wanted.username!r}")
    address = f"{wanted.hostname}:{wanted.port or 5432}"
    admin = f"postgresql://postgres:{read_secret(environ, 'DATABASE_ADMIN_PASSWORD')}@{address}/postgres"
    databases.prepare_server(admin, wanted.path.lstrip("/"), unquote(wanted.password or ""))


def write_broker_files(environ: Mapping[str, str], directory: Path) -> None:
    """The three files, each replaced at once; the broker's container reloads when the last has changed."""
    ingest = urlsplit(read_secret(environ, "MQTT_URL"))
    devices = Path(environ.get("BROKER_DEVICES_FILE", ""))
    accounts = (
        BrokerAccount(unquote(ingest.username or ""), unquote(ingest.password or ""), Role.INGEST),
        BrokerAccount("gateway", read_secret(environ, "MQTT_GATEWAY_PASSWORD"), Role.GATEWAY),
        *read_devices(devices.read_text() if devices.is_file() else "", lambda text: print(text, file=sys.stderr)),
    )
    settings = configuration(int(environ.get("BROKER_PORT", BROKER_PORT)), ANY, environ.get("BROKER_DATA", BROKER_DATA))
    for name in ("password_file ", "acl_file "):
        settings = settings.replace(name, f"{name}{directory}/")
    for name, text in (
        ("mosquitto.conf", settings),
        ("access", access_rules(accounts)),
        ("accounts", account_lines(accounts)),
    ):
        draft = directory / (name + ".new")
        draft.write_text(text)
        draft.chmod(0o644)  # the broker's account is another one; the volume is theirs alone
        draft.replace(directory / name)


def take_slot(directory: Path) -> tuple[int, int]:
    """The first slot nobody holds, and the descriptor that holds it until the process ends, however it ends."""
    for slot in range(MOST_SLOTS):
        handle = os.open(directory / f"slot-{slot}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return slot, handle
    raise NoSlot(f"all {MOST_SLOTS} worker slots in {directory} are taken")


def become_worker(directory: Path) -> None:
    """Become the ingest worker of a free slot; the slot's lock goes along."""
    slot, handle = take_slot(directory)
    os.set_inheritable(handle, True)
    arguments = [sys.executable, "-m", "server.cli", "ingest", "--slot", str(slot)]
    os.execv(sys.executable, arguments)  # noqa: S606  this process is to be the worker


def is_connected(tables: Sequence[str], port: int) -> bool:
    """Whether a /proc/net/tcp table holds an established connection to the port."""
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == ESTABLISHED for row in rows)


def main(arguments: Sequence[str]) -> int:
    """One of the commands above."""
    match arguments:
        case ["prepare-database"]:
            prepare_database(os.environ)
        case ["broker-files", directory]:
            write_broker_files(os.environ, Path(directory))
        case ["ingest"]:
            become_worker(Path(os.environ["SLOTS_DIR"]))
        case ["is-connected", port]:
            tables = [Path("/proc/net", name).read_text() for name in ("tcp", "tcp6")]
            return 0 if is_connected(tables, int(port)) else 1
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
