"""Fixtures: private PostgreSQL, broker and browser for one test run; nothing is started until a test asks.

With pytest-xdist one cluster serves all workers: whoever needs it first starts it under a file lock, the
controlling process stops it at the end. What a killed run leaves behind, the next run ends.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server import db
from server.launch import databases, processes
from server.launch.broker_files import BrokerAccount, Role
from server.launch.mosquitto import Mosquitto, start_mosquitto
from server.launch.ports import free_port
from server.launch.postgres import NOT_DURABLE, Postgres, attach_postgres, start_postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared"))
RUNS = ROOT / "var" / "test"
RUN = "PLATFORM_TEST_RUN"
NO_SHARED = f"{SHARED} is absent (SHARED_DIR)"
TEMPLATE = "platform_template"

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, in the controlling process only; workers inherit the name."""
    if not hasattr(config, "workerinput"):
        _end_runs_of_the_dead()
        os.environ[RUN] = str(RUNS / f"run-{os.getpid()}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop whatever a test of this run started, and remove its directory."""
    if not hasattr(config, "workerinput"):
        _end_run(Path(os.environ[RUN]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests on shared data where there is none."""
    if not SHARED.is_dir():
        for item in items:
            if item.get_closest_marker("shared"):
                item.add_marker(pytest.mark.skip(reason=NO_SHARED))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run for want of the shared data."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_SHARED in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} test(s) skipped: {NO_SHARED}")


def _end_runs_of_the_dead() -> None:
    for directory in RUNS.glob("run-*"):
        pid = directory.name.removeprefix("run-")
        if pid.isdigit() and int(pid) != os.getpid() and not processes.alive(int(pid)):
            _end_run(directory)


def _end_run(directory: Path) -> None:
    for state in directory.glob("**/data/postmaster.pid"):
        cluster = attach_postgres(state.parents[1])
        if cluster is not None:
            cluster.stop()  # a killed one would leave shared memory behind, which only its own restart frees
    for pid_file in directory.glob("**/pid"):
        pid = processes.recall(pid_file)
        if pid is not None:
            processes.kill_tree(pid)
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of shared data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def run_dir() -> Path:
    """A directory of this test run, below var/test; gone afterwards."""
    directory = Path(os.environ[RUN])
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The xdist worker's name, to keep workers apart; 'main' without xdist."""
    name: str = getattr(request.config, "workerinput", {}).get("workerid", "main")
    return name


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> Postgres:
    """The run's cluster, with a migrated template database; survives kill -9, not a power cut."""
    directory, migrated = run_dir / "postgres", run_dir / "template.migrated"
    with _locked(run_dir / "postgres.lock"):
        cluster = attach_postgres(directory)
        if cluster is None:
            settings = {**NOT_DURABLE, "shared_buffers": "128MB", "max_connections": "200"}
            cluster = start_postgres(directory, free_port(), settings=settings)
            cluster.detach()  # other workers may need it longer than this one
        if not migrated.exists():
            db.migrate(databases.prepare(cluster, TEMPLATE))
            migrated.touch()
    return cluster


@pytest.fixture(scope="session")
def make_database(postgres: Postgres, worker: str) -> Iterator[Callable[[], str]]:
    """A function that gives the URL of a fresh, migrated database; all are dropped at the end."""
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{worker}_{len(made)}")
        return databases.clone(postgres, made[-1], TEMPLATE)

    yield make
    for name in made:
        databases.drop(postgres, name)


@pytest.fixture(scope="module")
def database_url(make_database: Callable[[], str]) -> str:
    """A fresh, migrated database for this test module."""
    return make_database()


BROKER_ACCOUNTS = (
    BrokerAccount("ingest", "ingest-password", Role.INGEST),
    BrokerAccount("gateway", "gateway-password", Role.GATEWAY),
    BrokerAccount("hdv/LZZ5CLSB8NA000001", "device-password-1"),
    BrokerAccount("hdv/LZZ5CLSB8NA000002", "device-password-2"),
)


@pytest.fixture(scope="session")
def broker(run_dir: Path, worker: str) -> Iterator[Mosquitto]:
    """This worker's own broker; accounts: ingest, gateway and two devices, see BROKER_ACCOUNTS."""
    handle = start_mosquitto(run_dir / f"mosquitto-{worker}", free_port(), BROKER_ACCOUNTS)
    yield handle
    handle.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: run `make setup-test`, or set CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()
