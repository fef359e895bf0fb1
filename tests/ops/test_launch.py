"""`python -m server.launch`: starts in order, keeps running, stops without a trace, recovers from its own death.

The platform's commands are replaced by tests/ops/stand_in.py; PostgreSQL and mosquitto are real.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from server.launch import processes
from server.launch.broker_files import BrokerAccount, account_lines
from server.launch.mosquitto import Mosquitto, admits
from server.launch.ports import free_port
from server.launch.postgres import attach_postgres
from server.launch.secret_files import secret
from server.launch.settings import LaunchSettingsError, read

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).with_name("stand_in.py")
START = (
    "import sys; from server.launch.__main__ import main; "
    f"sys.exit(main(sys.argv[1:], (sys.executable, {str(STAND_IN)!r})))"
)
PATIENCE_S = 120.0


class Launched:
    """A launcher in a directory of its own."""

    def __init__(self, var: Path) -> None:
        var.mkdir()
        self.var, self.output, self.notes = var, var / "output", var / "notes"
        self.ports = {name: free_port() for name in ("PG_PORT", "MQTT_PORT", "WEB_PORT")}
        self.extra: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        cleared = {name: "" for name in ("DATABASE_URL", "MQTT_URL", "DEMO")}
        ports = {name: str(port) for name, port in self.ports.items()}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START],
                cwd=ROOT,
                env={
                    **os.environ,
                    **cleared,
                    **ports,
                    "VAR_DIR": str(self.var),
                    "STAND_IN_NOTES": str(self.notes),
                    **self.extra,
                },
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.said() or self._ended(), self.said)
        assert text in self.said(), self.said()

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        assert self.process is not None
        code = self.process.wait(timeout=PATIENCE_S)
        self.process = None
        return code

    def family(self) -> list[int]:
        """Every process that belongs to this directory: workers, what they started, the two servers."""
        cluster = attach_postgres(self.var / "postgres")
        servers = [cluster.pid if cluster else None, processes.recall(self.var / "mosquitto" / "pid")]
        running = [pid for pid in servers if pid is not None]
        return [*processes.owned(self.var), *running, *(low for pid in running for low in processes.descendants(pid))]

    def calls(self) -> list[str]:
        return [line.rpartition(" postgresql")[0] for line in self.notes.read_text().splitlines()]


def until(condition: Callable[[], bool], explain: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


@pytest.fixture
def launched(run_dir: Path) -> Iterator[Launched]:
    """A launcher, not yet started; whatever is left of it is killed."""
    one = Launched(run_dir / f"launch {free_port()}")
    yield one
    if one.process is not None:
        one.process.kill()
        one.process.wait()
    cluster = attach_postgres(one.var / "postgres")
    if cluster is not None:
        cluster.stop()
    for pid in one.family():
        processes.kill_tree(pid)


pytestmark = pytest.mark.server


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_starts_in_order_and_stops_without_a_trace(launched: Launched, number: signal.Signals) -> None:
    launched.start()
    launched.wait_for("ready: http://127.0.0.1:")
    steps = ["migrate", "load-reference", "load-demo", "ingest --slot 0", "jobs", "web"]
    assert launched.calls()[:3] == steps[:3]
    assert set(steps) <= set(launched.calls())
    assert "officer / password" in launched.said()
    family = launched.family()
    assert len(family) > 8
    assert launched.end(number) == 0
    assert [pid for pid in family if processes.alive(pid)] == []
    assert launched.family() == []


def test_second_start_keeps_data_and_passwords(launched: Launched) -> None:
    for _ in range(2):
        launched.start()
        launched.wait_for("ready:")
        cluster = attach_postgres(launched.var / "postgres", secrets=launched.var / "secrets")
        assert cluster is not None
        with psycopg.connect(cluster.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS starts (id int)")
            connection.execute("INSERT INTO starts VALUES (1)")
            rows = connection.execute("SELECT count(*) FROM starts").fetchone()
        assert launched.end(signal.SIGINT) == 0
    assert rows == (2,)


def test_killed_launcher_is_cleaned_up_by_the_next_start(launched: Launched) -> None:
    launched.start()
    launched.wait_for("ready:")
    launched.end(signal.SIGKILL)
    left = launched.family()
    assert len(left) > 8
    launched.start()
    launched.wait_for("ready:")
    assert [pid for pid in left if processes.alive(pid)] == []
    assert launched.end(signal.SIGINT) == 0
    assert launched.family() == []


def test_dead_parts_are_started_again(launched: Launched) -> None:
    launched.start()
    launched.wait_for("ready:")
    cluster = attach_postgres(launched.var / "postgres")
    assert cluster is not None
    old = cluster.pid
    for pid in launched.family():
        processes.send([pid], signal.SIGKILL)
    launched.wait_for("ingest-0 has ended; starting it again")
    until(lambda: launched.calls().count("ingest --slot 0") > 1 and launched.calls().count("web") > 1, launched.said)
    until(lambda: cluster.pid not in (None, old), launched.said)
    until(lambda: processes.recall(launched.var / "mosquitto" / "pid") is not None, launched.said)
    assert launched.end(signal.SIGINT) == 0
    assert launched.family() == []


@pytest.mark.parametrize("variable", ["PG_PORT", "MQTT_PORT", "WEB_PORT"])
def test_taken_port_is_named_with_its_variable(launched: Launched, variable: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", launched.ports[variable]))
        other.listen()
        launched.start()
        assert launched.wait() == 1
    assert f"port {launched.ports[variable]} (" in launched.said()
    assert f"{variable}={launched.ports[variable] + 1} make run" in launched.said()
    assert launched.family() == []


def test_one_launcher_a_directory(launched: Launched) -> None:
    launched.start()
    launched.wait_for("ready:")
    second = subprocess.run(
        [sys.executable, "-m", "server.launch", "--stop"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(launched.var)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert launched.process is not None and f"process {launched.process.pid}" in second.stderr
    assert launched.end(signal.SIGINT) == 0


@pytest.mark.parametrize("step", ["migrate", "web"])
def test_failing_part_is_named_and_nothing_is_left(launched: Launched, step: str) -> None:
    launched.extra = {"STAND_IN_FAILS": step}
    launched.start()
    assert launched.wait() == 1
    assert f"{step} cannot go on" in launched.said()
    assert launched.family() == []


def test_servers_brought_along_are_used_and_none_is_started(
    launched: Launched, database_url: str, broker: Mosquitto
) -> None:
    launched.extra = {"DATABASE_URL": database_url, "MQTT_URL": broker.url}
    launched.start()
    launched.wait_for("ready:")
    assert f"migrate {database_url} {broker.url}" in launched.notes.read_text().splitlines()
    assert "load-demo" not in launched.calls()
    assert not (launched.var / "postgres").exists() and not (launched.var / "mosquitto").exists()
    assert launched.end(signal.SIGTERM) == 0


def test_device_accounts_are_taken_over_while_running(launched: Launched) -> None:
    launched.start()
    launched.wait_for("ready:")
    device = BrokerAccount("hdv/LZZ5CLSB8NA000009", "a-password")
    assert not admits(launched.ports["MQTT_PORT"], device)
    file = launched.var / "broker" / "devices"
    file.parent.mkdir()
    file.write_text("no account here\n" + account_lines([device]))
    launched.wait_for("line 1: left out")
    until(lambda: admits(launched.ports["MQTT_PORT"], device), launched.said)
    assert launched.end(signal.SIGINT) == 0


def test_secrets_are_private_and_kept(tmp_path: Path) -> None:
    first = secret(tmp_path / "secrets", "one")
    assert len(first) == 32 and first.isalnum()
    assert secret(tmp_path / "secrets", "one") == first != secret(tmp_path / "secrets", "two")
    assert (tmp_path / "secrets" / "one").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_settings_report_every_fault_at_once() -> None:
    with pytest.raises(LaunchSettingsError) as caught:
        read({"PG_PORT": "0", "MQTT_PORT": "x", "INGEST_WORKERS": "65", "DEMO": "perhaps"})
    for name in ("PG_PORT=0", "MQTT_PORT=x", "INGEST_WORKERS=65", "DEMO=perhaps"):
        assert name in str(caught.value)
    with pytest.raises(LaunchSettingsError, match="three different ports"):
        read({"PG_PORT": "8080"})


def test_demonstration_city_stays_out_of_a_database_that_was_brought_along() -> None:
    assert read({}).demo
    assert not read({"DATABASE_URL": "postgresql://x/y"}).demo
    assert read({"DATABASE_URL": "postgresql://x/y", "DEMO": "yes"}).demo
