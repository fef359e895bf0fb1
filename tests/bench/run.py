"""`make bench`: the main job's speed on this machine, beside what a user would pick instead, in one run.

Publisher, broker, database and worker run as processes of their own on this machine. Prints a table and writes
var/bench.json: a list of {name, value, unit, beside}. Absolute numbers depend on the machine and its neighbours;
compare within one run. Environment: BENCH_PARTS (zones,limits,ingest,records,tablet,ledgers,gates), BENCH_DEVICES,
BENCH_ROUNDS (10-record packets a device), BENCH_FIXES, BENCH_INSPECTIONS, BENCH_CASES, BENCH_PAGES, BENCH_TABLET_TRUCKS,
BENCH_TABLET_MACHINES, BENCH_TABLET_INSPECTIONS, BENCH_LEDGER_ROWS, BENCH_LEDGER_PLANT, BENCH_LEDGER_PAGES,
BENCH_GATE_RATE, BENCH_GATE_SECONDS, BENCH_GATE_FRAMES.
"""

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import gate_bench  # noqa: E402
import ingest_bench  # noqa: E402
import ledger_bench  # noqa: E402
import limits_bench  # noqa: E402
import records_bench  # noqa: E402
import tablet_bench  # noqa: E402
import zones_bench  # noqa: E402

from server.launch.broker_files import BrokerAccount, Role  # noqa: E402
from server.launch.mosquitto import start_mosquitto  # noqa: E402
from server.launch.ports import free_port  # noqa: E402
from server.launch.postgres import start_postgres  # noqa: E402

DIRECTORY = ROOT / "var" / "bench"
ACCOUNTS = (
    BrokerAccount("ingest", "ingest-password", Role.INGEST),
    BrokerAccount("gateway", "gateway-password", Role.GATEWAY),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report; `beside` is what the figure is compared with, in the same run."""

    name: str
    value: float
    unit: str
    beside: str = ""


def rows() -> list[Row]:
    """Run everything."""
    devices = int(os.environ.get("BENCH_DEVICES", "5000"))
    rounds = int(os.environ.get("BENCH_ROUNDS", "30"))
    fixes = int(os.environ.get("BENCH_FIXES", "1000000"))
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    cluster = start_postgres(DIRECTORY / "postgres", free_port(), settings={"shared_buffers": "1GB"})
    broker = start_mosquitto(DIRECTORY / "mosquitto", free_port(), ACCOUNTS)
    try:
        place = ingest_bench.Place(cluster, broker, DIRECTORY)
        city = ingest_bench.make_city(place, devices)
        measures = {
            "zones": lambda: zones_bench.measure(place, fixes),
            "limits": lambda: limits_bench.measure(place),
            "ingest": lambda: ingest_bench.measure(place, city, rounds),
            "records": lambda: records_bench.measure(place),
            "tablet": lambda: tablet_bench.measure(place),
            "ledgers": lambda: ledger_bench.measure(place),
            "gates": lambda: gate_bench.measure(place, city),
        }
        wanted = os.environ.get("BENCH_PARTS", ",".join(measures)).split(",")
        out = [Row(*row) for part in wanted for row in measures[part]()]
    finally:
        broker.stop()
        cluster.stop()
        shutil.rmtree(DIRECTORY, ignore_errors=True)
    return out


def main() -> None:
    """Print the table and write the file."""
    report = rows()
    width = max(len(row.name) for row in report)
    for row in report:
        print(f"{row.name:<{width}}  {row.value:>16,.2f}  {row.unit:<12} {row.beside}")
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([asdict(row) for row in report], indent=2) + "\n")


if __name__ == "__main__":
    main()
