"""The command line: `python -m server.cli COMMAND`. It starts things; what they do is in flows.

`decode HEX` is for integrators: it prints what a frame says, or the fault and its place.
"""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from server import config, db

if TYPE_CHECKING:
    from server.store.evidence_store import EvidenceStore

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
UPLINK = "$share/ingest/emission/v1/+/+/up"


def _settings() -> config.Settings:
    try:
        return config.load()
    except config.SettingsError as fault:
        raise click.ClickException(str(fault)) from fault


@click.group()
def main() -> None:
    """The enforcement data platform for diesel trucks and non-road machinery."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)


@main.command()
def migrate() -> None:
    """Bring the database schema up to date; a second run changes nothing."""
    db.migrate(_settings().database_url)


@main.command()
@click.argument("hex_text", metavar="HEX")
@click.option("--kind", type=click.Choice(["hdv", "nrmm", "jt808", "ev", "json"]), help="as in the topic")
@click.option("--layout", type=click.Choice(["A", "B", "C"]), help="layout of GB 17691 data units, where known")
def decode(hex_text: str, kind: str | None, layout: str | None) -> None:
    """Print a frame as JSON with units. HEX is the frame, a file that holds it (hex or binary), or - for a stream."""
    from telemetry.carriage import split
    from telemetry.decode import decode as decode_frame
    from telemetry.decode import describe
    from telemetry.protocols.errors import FrameError

    carried = split(_read_payload(hex_text))
    failed = bool(carried.faults)
    for fault in carried.faults:
        click.echo(json.dumps({"fault": str(fault.code), "at_byte": fault.offset, "detail": fault.detail}), err=True)
    for frame in carried.frames:
        try:
            said = describe(decode_frame(frame, kind, layout))
            click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        except FrameError as fault:
            failed = True
            place = {"fault": str(fault.code), "at_byte": fault.offset, "detail": fault.detail, "frame": frame.hex()}
            click.echo(json.dumps(place), err=True)
    sys.exit(1 if failed or not carried.frames else 0)


def _read_payload(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read().strip()
    if os.path.isfile(text):  # a name too long for a file is simply none; Path.is_file would raise
        return Path(text).read_bytes().strip(b" \r\n\t")
    return text.encode()


@main.command()
@click.option("--slot", default=0, show_default=True, help="worker slot: its client id on the broker is fixed")
def ingest(slot: int) -> None:
    """Take frames from the broker into the database until stopped."""
    from server.flows.work import Worker
    from telemetry.links.mqtt import IngestLink

    settings = _settings()
    link = IngestLink(settings.mqtt_url, f"ingest-{slot}", [UPLINK])
    worker = Worker(
        link,
        lambda: db.connect(settings.database_url),
        slot,
        settings.ingest_batch,
        settings.ingest_wait_ms / 1000,
        settings.bad_frames_alarm_pct,
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    link.start()
    worker.run()
    link.close()


@main.command("load-reference")
def load_reference() -> None:
    """Load administrative boundaries and the tree of bureaus; a second run changes nothing."""
    from server.flows.load_reference import load_reference as load

    _report(load(db.connect_engine(_settings().database_url)))


@main.command("load-demo")
def load_demo() -> None:
    """Load the demonstration city; a second run changes nothing."""
    from server.flows.load_demo import load_demo as load
    from server.store.evidence_store import EvidenceStore

    settings = _settings()
    store = EvidenceStore(settings.evidence_dir, settings.evidence_limits)
    _report(load(db.connect_engine(settings.database_url), settings.secrets_dir, store))


def _report(counts: dict[str, int]) -> None:
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))


@main.command("demo-accounts")
def demo_accounts() -> None:
    """Print the demonstration accounts and their passwords."""
    from server.flows.load_demo import demo_accounts as accounts

    for one in accounts(_settings().secrets_dir):
        click.echo(f"  {one.username:<12} {one.password:<34} {', '.join(one.roles)}")


@main.command("broker-password")
@click.argument("kind", type=click.Choice(["hdv", "nrmm", "jt808", "ev", "json"]))
@click.argument("device")
def broker_password(kind: str, device: str) -> None:
    """Give a terminal on file a new password on the broker, and print it once."""
    from server.flows import broker_passwords
    from server.store.audit import Actor

    settings = _settings()
    engine = db.connect_engine(settings.database_url)
    found = broker_passwords.find_terminal(engine, kind, device)
    try:
        actor = Actor(None, "command line", None, None)
        name, password = broker_passwords.issue(engine, found or 0, actor, settings.broker_devices_file)
    except broker_passwords.NoAccountError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{name} {password}")


@main.group()
def evidence() -> None:
    """The evidence store: check every file, take away what no row names."""


def _evidence_store(settings: config.Settings) -> "EvidenceStore":
    from server.store.evidence_store import EvidenceStore

    return EvidenceStore(settings.evidence_dir, settings.evidence_limits)


@evidence.command("verify")
def evidence_verify() -> None:
    """Read every file of the store and compare length, SHA-256 and SM3; ends with 1 where one does not hold."""
    from server.flows.verify_evidence import verify

    settings = _settings()
    found = verify(db.connect_engine(settings.database_url), _evidence_store(settings))
    for fault in found.faults:
        click.echo(f"{fault.sha256}: {', '.join(fault.wrong)}")
    click.echo(f"{found.files} files on record, {found.bytes} bytes read, {len(found.faults)} faults")
    click.echo(f"{found.unclaimed} files without a row, {found.left_behind} uploads left behind (see: evidence tidy)")
    sys.exit(1 if found.faults else 0)


@evidence.command("tidy")
def evidence_tidy() -> None:
    """Take away files that no row names, a day after they came, and what uploads of pages and tablets left behind."""
    from server.flows.verify_evidence import tidy

    settings = _settings()
    done = tidy(db.connect_engine(settings.database_url), _evidence_store(settings))
    click.echo(
        f"{done.files} files without a row, {done.left_behind} uploads left behind and {done.pieces} photos that never"
        " came in full taken away"
    )


@main.group()
def audit() -> None:
    """The audit log: check that its chain holds."""


@audit.command("verify")
@click.option("--noted", metavar="N:HASH", help="what an earlier run said the newest row was, kept somewhere else")
def audit_verify(noted: str | None) -> None:
    """Compute the chain anew, name every broken place and the newest row; ends with 1 where the chain does not hold.

    The chain alone cannot miss rows cut off at its end: note the newest row elsewhere and give it with --noted.
    """
    from server.store import audit as log

    number, _, digest = (noted or "0:").partition(":")
    if not (number.isascii() and number.isdigit()) or (noted and len(digest) != 64):
        raise click.BadParameter("must be the number and the hash of a row, like 17:4bf5...", param_hint="--noted")
    with db.transaction(db.connect_engine(_settings().database_url)) as connection:
        rows, faults = log.verify(connection)
        cut = noted is not None and not log.holds(connection, int(number), digest)
        newest = log.head(connection)
        log.append(
            connection, log.PLATFORM, "audit.verify", "audit", "log", {"rows": rows, "faults": len(faults) + cut}
        )
    for fault in faults:
        click.echo(f"{fault['id']}: {fault['fault']}")
    if cut:
        click.echo(f"{number}: not the row that was noted, or no longer there")
    click.echo(f"{rows} rows, {len(faults) + cut} faults; newest {newest[0]}:{newest[1]}")
    sys.exit(1 if faults or cut else 0)


@main.command()
def web() -> None:
    """Serve the pages and the API."""
    from granian import Granian
    from granian.constants import Interfaces

    settings = _settings()
    server = Granian(
        "server.wsgi:app",
        address=settings.web_host,
        port=settings.web_port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=16,
        log_access=False,
        respawn_failed_workers=True,
    )
    server.serve()


@main.command()
@click.option("--once", default=None, help="run this job now and end")
def jobs(once: str | None) -> None:
    """Run the periodic jobs until stopped: those that are due every minute beside those that may take long."""
    from datetime import UTC, datetime

    from server.flows import jobs as flow

    engine = db.connect_engine(_settings().database_url, pool_size=6)
    if once is not None:
        if once not in {job.name for job in flow.JOBS}:
            names = ", ".join(job.name for job in flow.JOBS) or "none"
            raise click.ClickException(f"{once} is no job; there are: {names}")
        click.echo(flow.run_one(engine, once, datetime.now(UTC)))
        return
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stopping.set())
    threads = [threading.Thread(target=flow.keep_running, args=(engine, some, stopping)) for some in flow.apart()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@main.command()
def fleet() -> None:
    """Let the demonstration fleet drive, in real time, through the gateway's account."""
    from server.flows.demo_fleet import demo_fleet
    from telemetry.links.sender import run_fleet

    settings = _settings()
    run_fleet(settings.mqtt_url, demo_fleet(db.connect_engine(settings.database_url)))


if __name__ == "__main__":
    main()
