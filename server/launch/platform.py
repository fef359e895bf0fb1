"""The platform on one machine: which servers, steps and workers there are, and in which order they begin."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from server.launch import databases, processes
from server.launch.broker_files import BrokerAccount, Role, read_devices
from server.launch.mosquitto import Mosquitto
from server.launch.ports import is_free, require_free
from server.launch.postgres import Postgres
from server.launch.secret_files import secret
from server.launch.settings import ROOT, LaunchSettings
from server.launch.supervisor import Child, StepFailed, Supervisor, run_step

PROGRAM = (sys.executable, "-m", "server.cli")
WEB_PATIENCE_S = 90.0
LOOK_S = 0.25
LOG_LIMIT_BYTES = 20 * 2**20


class Platform:
    """One run: what was started, and how its parts reach each other."""

    def __init__(self, settings: LaunchSettings, say: Callable[[str], None], program: Sequence[str] = PROGRAM) -> None:
        """Describe the run; nothing is started yet."""
        self.settings = settings
        self.say = say
        self.program = program
        self.supervisor = Supervisor(say)
        self.logs = settings.var / "log"
        self.secrets = settings.var / "secrets"
        self.devices_file = settings.var / "broker" / "devices"
        self.postgres = Postgres(
            settings.var / "postgres", settings.pg_port, self.logs / "postgres.log", self.secrets, {}
        )
        self.mosquitto = Mosquitto(
            settings.var / "mosquitto", settings.mqtt_port, self._accounts(), self.logs / "mosquitto.log"
        )
        self._devices_seen = self._devices_time()
        self._environment: dict[str, str] = {}

    def start(self) -> None:
        """Bring everything up; returns when the pages answer."""
        self.end_leftovers()
        self._require_ports()
        self._turn_logs()
        database_url = self.settings.database_url or self._start_postgres()
        self._environment = {
            "DATABASE_URL": database_url,
            "SECRET_KEY_FILE": str(self._secret_file("secret_key")),
            "SECRETS_DIR": str(self.secrets),
            "WEB_PORT": str(self.settings.web_port),
            "WEB_HOST": self.settings.web_host,
            "BROKER_DEVICES_FILE": str(self.devices_file),
            "EVIDENCE_DIR": os.environ.get("EVIDENCE_DIR") or str(self.settings.var / "evidence"),
            "PYTHONUNBUFFERED": "1",
        }
        mqtt_url, fleet_url = self._start_broker()
        self._environment["MQTT_URL"] = mqtt_url
        for step in ("migrate", "load-reference", *(("load-demo",) if self.settings.demo else ())):
            run_step(self._command("prepare", step), self.say, step)
        self._start_workers(fleet_url)

    def watch(self) -> None:
        """Keep everything running until interrupted."""
        while True:
            self.supervisor.look()
            self._follow_devices()
            time.sleep(LOOK_S)

    def stop(self) -> None:
        """Stop all that this run started; nothing is left."""
        self.supervisor.stop()
        self._end_children()

    def end_leftovers(self) -> None:
        """End what a run that was killed left behind in this directory."""
        for name, server in (("PostgreSQL", self.postgres), ("mosquitto", self.mosquitto)):
            if server.pid is not None:
                self.say(f"stopping the {name} that an earlier run left behind")
                server.stop()
        self._end_children()

    def _end_children(self) -> None:
        left = processes.owned(self.settings.var)
        if left:
            self.say(f"ending {len(left)} process(es) left behind")
        for pid in left:
            processes.end(pid, 5.0)

    def _require_ports(self) -> None:
        if self.settings.database_url is None:
            require_free(self.settings.pg_port, "PG_PORT", "PostgreSQL")
        if self.settings.mqtt_url is None:
            require_free(self.settings.mqtt_port, "MQTT_PORT", "MQTT broker")
        require_free(self.settings.web_port, "WEB_PORT", "web pages", self.settings.web_host)

    def _turn_logs(self) -> None:
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                log.replace(log.with_suffix(".log.1"))

    def _start_postgres(self) -> str:
        first = not self.postgres.data.exists()
        self.say("creating the database cluster" if first else "starting PostgreSQL")
        self.supervisor.start("postgres", self.postgres)
        return databases.prepare(self.postgres)

    def _start_broker(self) -> tuple[str, str]:
        """The broker's address for the workers, and the one for the demonstration fleet."""
        if self.settings.mqtt_url is not None:
            return self.settings.mqtt_url, os.environ.get("FLEET_MQTT_URL") or self.settings.mqtt_url
        self.say("starting mosquitto")
        self.supervisor.start("mosquitto", self.mosquitto)
        return self.mosquitto.url, self.mosquitto.url_of("gateway")

    def _start_workers(self, fleet_url: str) -> None:
        for slot in range(self.settings.ingest_workers):
            self._keep(f"ingest-{slot}", "ingest", "--slot", str(slot))
        self._keep("jobs", "jobs")
        web = self._keep("web", "web")
        self._wait_for_pages(web)
        if self.settings.demo:
            self._keep("fleet", "fleet", MQTT_URL=fleet_url)

    def _keep(self, name: str, *words: str, **environment: str) -> Child:
        child = Child(self._command(name, *words, **environment))
        self.supervisor.start(name, child)
        return child

    def _wait_for_pages(self, web: Child) -> None:
        self.say("starting the pages")
        deadline = time.monotonic() + WEB_PATIENCE_S
        while is_free(self.settings.web_port, self.settings.web_host):
            if web.pid is None or time.monotonic() > deadline:
                raise StepFailed(f"the web server did not start; the end of {web.command.log}:\n{web.last_words()}")
            time.sleep(LOOK_S)

    def _command(self, log: str, *words: str, **environment: str) -> processes.Command:
        return processes.Command(
            argv=(*self.program, *words),
            cwd=ROOT,
            owner=self.settings.var,
            log=self.logs / f"{log}.log",
            environment={**self._environment, **environment},
        )

    def demo_accounts(self) -> str:
        """What the platform says of its demonstration accounts."""
        command = self._command("demo-accounts", "demo-accounts")
        command.log.unlink(missing_ok=True)
        run_step(command, lambda _: None, "demo-accounts")
        text = command.log.read_text().rstrip()
        command.log.unlink()
        return text

    def _secret_file(self, name: str) -> Path:
        secret(self.secrets, name)
        return self.secrets / name

    def _accounts(self) -> tuple[BrokerAccount, ...]:
        own = (
            BrokerAccount("ingest", secret(self.secrets, "mqtt_ingest"), Role.INGEST),
            BrokerAccount("gateway", secret(self.secrets, "mqtt_gateway"), Role.GATEWAY),
        )
        text = self.devices_file.read_text() if self.devices_file.exists() else ""
        return own + read_devices(text, self.say)

    def _devices_time(self) -> int:
        return self.devices_file.stat().st_mtime_ns if self.devices_file.exists() else 0

    def _follow_devices(self) -> None:
        """Take over the devices' accounts when the platform has written them anew."""
        seen = self._devices_time()
        if seen != self._devices_seen and self.settings.mqtt_url is None:
            self._devices_seen = seen
            self.mosquitto.set_accounts(self._accounts())
            self.say(f"broker: {len(self.mosquitto.accounts) - 2} device account(s)")


def pages_address(settings: LaunchSettings) -> str:
    """Where a browser on this machine finds the pages."""
    host = "127.0.0.1" if settings.web_host in {"0.0.0.0", "::"} else settings.web_host  # noqa: S104
    return urlsplit(f"http://{host}:{settings.web_port}/").geturl()
