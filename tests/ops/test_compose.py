"""compose.yaml and the Dockerfile, without a container engine: the specification's schema, our own rules, and the
commands that the containers run."""

import copy
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from server.launch.broker_files import BrokerAccount, account_lines
from server.launch.container import is_connected, prepare_database, take_slot, write_broker_files
from server.launch.mosquitto import admits
from server.launch.ports import free_port
from server.launch.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
ONE_SHOT = {"migrate", "broker-files"}
SECRET_WORD = re.compile(r"password|secret|token|_url$|_key$", re.IGNORECASE)


def breaches(compose: dict[str, Any]) -> list[str]:
    """Our rules for compose.yaml, each breach as one line."""
    found = []
    for name, service in compose["services"].items():
        found += [f"{name}: {fault}" for fault in service_breaches(name, service, compose)]
    for name, secret in compose["secrets"].items():
        if set(secret) != {"file"}:
            found.append(f"secret {name}: not from a file")
    return found


def service_breaches(name: str, service: dict[str, Any], compose: dict[str, Any]) -> Iterator[str]:
    tag = service["image"].partition(":")[2]
    if not tag or tag == "latest":
        yield "image without a version"
    if name in ONE_SHOT:
        if service.get("restart") != "no":
            yield "one-shot that restarts"
    elif not service.get("healthcheck", {}).get("test") or service.get("restart") != "unless-stopped":
        yield "no health check or no restart"
    for variable, value in service.get("environment", {}).items():
        if SECRET_WORD.search(variable.removesuffix("_FILE")) and not str(value).startswith("/run/secrets/"):
            yield f"{variable} is not read from a secret's file"
        if str(value).startswith("/run/secrets/") and Path(value).name not in service.get("secrets", ()):
            yield f"{variable} names a secret that the service is not given"
    for volume in service.get("volumes", ()):
        source = volume.split(":")[0]
        if source.startswith(".") and not volume.endswith(":ro"):
            yield f"{source} of the host is writable"
        if not source.startswith(".") and source not in compose["volumes"]:
            yield f"{source} is no named volume"
    for other, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        if other not in compose["services"] or how["condition"] != wanted:
            yield f"depends on {other} otherwise than {wanted}"
    if service.get("privileged") or service.get("network_mode") == "host":
        yield "more rights than it needs"


def change(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def apply(compose: dict[str, Any]) -> None:
        place = compose
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return apply


def test_follows_the_compose_specification() -> None:
    """The schema comes with the package check-jsonschema."""
    done = check_schema(ROOT / "compose.yaml")
    assert done.returncode == 0, done.stdout


def test_schema_check_sees_faults(tmp_path: Path) -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["web"]["helthcheck"] = {}
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(broken))
    assert check_schema(tmp_path / "compose.yaml").returncode == 1


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_keeps_our_rules() -> None:
    assert breaches(COMPOSE) == []


@pytest.mark.parametrize(
    "spoil, said",
    [
        (change("services", "web", "image", to="diesel:latest"), "web: image without a version"),
        (change("services", "db", "image", to="postgis/postgis"), "db: image without a version"),
        (change("services", "ingest", "healthcheck", to={}), "ingest: no health check or no restart"),
        (change("services", "web", "restart", to="no"), "web: no health check or no restart"),
        (change("services", "migrate", "restart", to="always"), "migrate: one-shot that restarts"),
        (
            change("services", "db", "environment", "POSTGRES_PASSWORD", to="postgres"),
            "db: POSTGRES_PASSWORD is not read from a secret's file",
        ),
        (
            change("services", "web", "environment", "DATABASE_URL", to="postgresql://a:b@db/c"),
            "web: DATABASE_URL is not read from a secret's file",
        ),
        (
            change("services", "web", "secrets", to=[]),
            "web: SECRET_KEY_FILE names a secret that the service is not given",
        ),
        (change("services", "db", "volumes", to=["data:/var/lib"]), "db: data is no named volume"),
        (change("services", "broker", "volumes", to=["./x:/x"]), "broker: ./x of the host is writable"),
        (
            change("services", "web", "depends_on", "migrate", "condition", to="service_started"),
            "web: depends on migrate otherwise than service_completed_successfully",
        ),
        (change("secrets", "mqtt_url", to={"environment": "X"}), "secret mqtt_url: not from a file"),
        (change("services", "web", "privileged", to=True), "web: more rights than it needs"),
    ],
)
def test_each_rule_sees_its_breach(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    spoiled = copy.deepcopy(COMPOSE)
    spoil(spoiled)
    assert said in breaches(spoiled)


def test_every_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run(
            [ROOT / "ops/compose/make_secrets.sh", tmp_path / "secrets"], check=True, stdout=subprocess.DEVNULL
        )
    made = {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert all(len(value) >= 32 for value in made.values()) and len(set(made.values())) == len(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_mounted_files_exist_and_every_command_is_known() -> None:
    from server.launch import container

    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            if volume.startswith("."):
                assert (ROOT / volume.split(":")[0]).is_file()
        command = service.get("command", [])
        if "server.launch.container" in command:
            assert f"`{command[3]}" in (container.__doc__ or "")


def test_dockerfile_is_pinned_unprivileged_and_copies_what_is_there() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    images = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert images and all(":" in image and not image.endswith(":latest") for image in images)
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER platform"
    assert any("--require-hashes" in line for line in lines)
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert source in allowed, f"{source} is not sent to the builder"


# --- the commands inside ---


def test_slots_are_taken_in_order_and_freed_by_death(tmp_path: Path) -> None:
    """Two workers get different slots; the slot of a killed one is the next to be taken."""
    code = (
        "import sys; from pathlib import Path; from server.launch.container import take_slot; "
        "print(take_slot(Path(sys.argv[1]))[0], flush=True); sys.stdin.read()"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        slots = [int(worker.stdout.readline()) for worker in workers if worker.stdout]
        assert sorted(slots) == [0, 1]
        workers[0].kill()
        workers[0].wait()
        slot, handle = take_slot(tmp_path)
        os.close(handle)
        assert slot == slots[0]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def test_connected_means_established() -> None:
    head = "  sl  local_address rem_address   st tx_queue\n"
    row = "   0: 0100007F:D2F0 0200A8C0:{port} {state} 00000000\n"
    assert is_connected([head + row.format(port="075B", state="01")], 1883)
    assert not is_connected([head + row.format(port="075B", state="06")], 1883)
    assert not is_connected([head + row.format(port="1538", state="01"), head], 1883)


@pytest.mark.server
def test_database_is_prepared_from_secret_files_and_again(postgres: Postgres, tmp_path: Path) -> None:
    admin = postgres.admin_url
    (tmp_path / "admin").write_text(admin.split(":")[2].split("@")[0])
    (tmp_path / "url").write_text(postgres.url_of("prepared"))
    environ = {"DATABASE_ADMIN_PASSWORD_FILE": str(tmp_path / "admin"), "DATABASE_URL_FILE": str(tmp_path / "url")}
    prepare_database(environ)
    prepare_database(environ)
    with psycopg.connect(postgres.url_of("prepared")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").fetchone() == (1,)
    (tmp_path / "url").write_text("postgresql://postgres:x@db/y")
    with pytest.raises(ValueError, match="must be 'platform'"):
        prepare_database(environ)


@pytest.mark.broker
def test_broker_container_reads_new_accounts_by_itself(tmp_path: Path) -> None:
    port, files = free_port(), tmp_path / "files"
    for directory in (tmp_path, files, tmp_path / "data"):
        directory.mkdir(exist_ok=True)
    (tmp_path / "mqtt").write_text(f"mqtt://ingest:first@broker:{port}\n")
    (tmp_path / "gateway").write_text("second\n")
    environ = {
        "MQTT_URL_FILE": str(tmp_path / "mqtt"),
        "MQTT_GATEWAY_PASSWORD_FILE": str(tmp_path / "gateway"),
        "BROKER_DEVICES_FILE": str(tmp_path / "devices"),
        "BROKER_PORT": str(port),
        "BROKER_DATA": str(tmp_path / "data"),
    }
    write_broker_files(environ, files)
    # As in the image, mosquitto changes to its own account: it must be able to reach these files.
    configuration = files / "mosquitto.conf"
    configuration.write_text(configuration.read_text() + "user root\n")
    device = BrokerAccount("hdv/LZZ5CLSB8NA000003", "third")
    path = "/usr/sbin:" + os.environ["PATH"]
    broker = subprocess.Popen(
        ["/bin/sh", ROOT / "ops/compose/broker.sh"],
        env={**os.environ, "BROKER_FILES": str(files), "PATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: admits(port, BrokerAccount("ingest", "first")))
        assert not admits(port, device)
        (tmp_path / "devices").write_text(account_lines([device]))
        assert admits(port, BrokerAccount("gateway", "second"))
        write_broker_files(environ, files)
        wait_until(lambda: admits(port, device))
    finally:
        broker.terminate()
        assert broker.wait(timeout=30) == 0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
