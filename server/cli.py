"""The command line: `python -m server.cli COMMAND`. It starts things; what they do is in flows.

`decode HEX` is for integrators: it prints what a frame says, or the fault and its place.
"""

import json
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from server import config, db

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


if __name__ == "__main__":
    main()
