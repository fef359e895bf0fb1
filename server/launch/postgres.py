"""A private PostgreSQL cluster: loopback only, scram passwords, its settings in one table below.

Started by root it runs as `postgres` (or `nobody`). The data directory is handed over as an open descriptor
(`/proc/self/fd/N`), so that it may lie below a directory the account cannot enter, such as /root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server.launch import processes
from server.launch.accounts import Account, give, popen_arguments, private_directory, unprivileged
from server.launch.ports import LOOPBACK, tail
from server.launch.secret_files import secret

ADMIN = "postgres"
OWNER = "platform"
DATABASE = "platform"
START_PATIENCE_S = 120.0
STOP_PATIENCE_S = 60.0
DEBIAN_BINARIES = Path("/usr/lib/postgresql")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket path may be 107 bytes long: a deep clone would not fit
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than our short statements take
    "fsync": "on",
    "synchronous_commit": "on",  # a device is answered only after the commit is on disk
    "wal_compression": "lz4",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_error_verbosity": "terse",  # the detail of a refused row is personal data
    "log_parameter_max_length_on_error": "0",
    "default_text_search_config": "pg_catalog.simple",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}  # for tests: survives kill -9, not a power cut
ACCESS = f"""# Generated. Loopback with a password; nothing else.
host all all {LOOPBACK}/32 scram-sha-256
"""


class PostgresFailed(Exception):
    """The cluster could not be made or started; the text holds the end of its log."""


class Postgres:
    """One private cluster: `url` for the platform's own role, `admin_url` for the superuser."""

    def __init__(self, directory: Path, port: int, log: Path, secrets: Path, settings: Mapping[str, str]) -> None:
        """Describe a cluster in `directory`; nothing is started yet."""
        self.directory = directory
        self.port = port
        self.log = log
        self.secrets = secrets
        self.settings = settings
        self.account: Account | None = unprivileged("postgres")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.directory / "data"

    @property
    def url(self) -> str:
        """The platform's database as its own role, which is no superuser."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Another database of the cluster as the platform's role."""
        password = secret(self.secrets, "postgres_platform")
        return f"postgresql://{OWNER}:{password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def admin_url(self) -> str:
        """The superuser, for creating databases and extensions."""
        return f"postgresql://{ADMIN}:{secret(self.secrets, 'postgres_admin')}@{LOOPBACK}:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The running postmaster of this data directory, also one that an earlier run left behind."""
        lines = _pid_file(self.data)
        if len(lines) < 3:
            return None
        pid, begun_at = int(lines[0]), int(lines[2])
        found, started_at = processes.stat(pid), processes.started_at(pid)
        same = started_at is not None and abs(started_at - begun_at) < 15
        return pid if found is not None and found.comm == "postgres" and same and processes.alive(pid) else None

    def start(self) -> None:
        """Start the cluster, creating it first if need be; one left behind by a crash is ended before."""
        self.stop()
        if not self.data.exists():
            self._create()
        self._configure()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        deadline = time.monotonic() + START_PATIENCE_S
        while not self._launch(deadline):
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop in order; afterwards no process of the cluster is left."""
        pid = self.pid
        if pid is not None:
            processes.end(pid, STOP_PATIENCE_S, signal.SIGINT)
        self._reap()

    def kill(self) -> None:
        """SIGKILL the postmaster and every backend, as a power cut of the server would."""
        pid = self.pid
        if pid is not None:
            processes.kill_tree(pid)
        self._reap()

    def restart(self) -> None:
        """Stop, if running, and start again; recovers after `kill`."""
        self.start()

    def detach(self) -> None:
        """Let the cluster outlive this handle: others find it by `attach_postgres`."""
        if self._child is not None:
            self._child.returncode = 0  # else subprocess warns that nobody waits for it
            self._child = None

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None

    def _create(self) -> None:
        private_directory(self.directory, self.account)
        draft = self.directory / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        private_directory(draft, self.account)
        password = self.directory / "initdb.password"
        password.touch(mode=0o600)
        password.write_text(secret(self.secrets, "postgres_admin"))
        give(password, self.account)
        try:
            self._initdb(draft)
        finally:
            password.unlink()
        draft.rename(self.data)

    def _initdb(self, draft: Path) -> None:
        with _descriptor(draft) as data, _descriptor(self.directory) as parent:
            done = subprocess.run(
                [
                    *(binary("initdb"), f"--pgdata=/proc/self/fd/{data}", "--data-checksums", "--no-sync"),
                    *(f"--username={ADMIN}", f"--pwfile=/proc/self/fd/{parent}/initdb.password"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
                ],
                cwd="/",
                pass_fds=(data, parent),
                capture_output=True,
                text=True,
                check=False,
                **popen_arguments(self.account),
            )
        if done.returncode != 0:
            raise PostgresFailed(f"initdb in {self.directory} failed:\n{done.stdout}{done.stderr}")

    def _configure(self) -> None:
        values = {**SETTINGS, **_memory(), **self.settings, "port": str(self.port)}
        lines = [f"{name} = '{value}'" for name, value in sorted(values.items())]
        text = "# Generated at every start from server/launch/postgres.py.\n" + "\n".join(lines) + "\n"
        for name, content in (("postgresql.conf", text), ("pg_hba.conf", ACCESS)):
            path = self.data / name
            path.write_text(content)
            give(path, self.account)

    def _launch(self, deadline: float) -> bool:
        """Start the postmaster and wait until it takes connections; False if the attempt may be repeated."""
        mark = self.log.stat().st_size if self.log.exists() else 0
        with _descriptor(self.data) as data:
            self._child = processes.spawn(
                processes.Command(
                    argv=[binary("postgres"), "-D", f"/proc/self/fd/{data}"],
                    cwd=Path("/"),
                    owner=self.directory,
                    log=self.log,
                    account=self.account,
                    keep_open=(data,),
                )
            )
        while self._child.poll() is None:
            if _is_ready(self.data, self._child.pid):
                return True
            if time.monotonic() > deadline:
                self.kill()
                break
            time.sleep(processes.POLL_S)
        self._reap()
        said = self.log.read_bytes()[mark:].decode(errors="replace")
        if "is still in use" in said and time.monotonic() < deadline:
            return False  # backends of a killed postmaster are still on their way out
        raise PostgresFailed(f"PostgreSQL in {self.directory} did not start on port {self.port}:\n{tail(self.log)}")


def start_postgres(
    directory: Path,
    port: int,
    *,
    log: Path | None = None,
    secrets: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Postgres:
    """Start (creating it if need be) the private cluster in `directory`; `settings` override ours."""
    directory = directory.resolve()
    cluster = Postgres(
        directory, port, log or directory / "postgres.log", secrets or directory / "secrets", settings or {}
    )
    cluster.start()
    return cluster


def attach_postgres(directory: Path, *, log: Path | None = None, secrets: Path | None = None) -> Postgres | None:
    """The cluster running in `directory`, started by whatever process; None when none runs."""
    directory = directory.resolve()
    lines = _pid_file(directory / "data")
    if len(lines) < 4:
        return None
    cluster = Postgres(
        directory, int(lines[3]), log or directory / "postgres.log", secrets or directory / "secrets", {}
    )
    return cluster if cluster.pid is not None else None


def binary(name: str) -> Path:
    """A PostgreSQL program: Debian's newest version of at least 15, else from the search path."""
    versions = [path for path in DEBIAN_BINARIES.glob("*/bin/" + name) if path.parent.parent.name.isdigit()]
    preferred = sorted(versions, key=lambda path: (path.parent.parent.name != "15", path.parent.parent.name))
    found = preferred[0] if preferred else shutil.which(name)
    if found is None:
        raise PostgresFailed(f"the program {name} was not found: run `make setup` (package postgresql-15-postgis-3)")
    return Path(found)


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _is_ready(data: Path, pid: int) -> bool:
    lines = _pid_file(data)
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _memory() -> dict[str, str]:
    """A quarter of the memory for shared buffers, at most 512 MB; half of it is what the kernel may cache."""
    total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{min(512, max(64, total_mb // 4))}MB",
        "effective_cache_size": f"{total_mb // 2}MB",
    }


@contextmanager
def _descriptor(directory: Path) -> Iterator[int]:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)
