"""A private mosquitto: loopback, accounts, access rules, persistence in its own directory."""

import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from server.launch import processes
from server.launch.accounts import Account, give, private_directory, unprivileged
from server.launch.broker_files import BrokerAccount, Role, access_rules, account_lines, configuration
from server.launch.ports import LOOPBACK, is_free, tail

START_PATIENCE_S = 30.0
STOP_PATIENCE_S = 20.0


class MosquittoFailed(Exception):
    """The broker could not be started; the text holds the end of its log."""


class Mosquitto:
    """One private broker; `url` is the first ingest account's."""

    def __init__(self, directory: Path, port: int, accounts: Iterable[BrokerAccount], log: Path) -> None:
        """Describe a broker in `directory`; nothing is started yet."""
        self.directory = directory
        self.port = port
        self.accounts = tuple(accounts)
        self.log = log
        self.account: Account | None = unprivileged("mosquitto")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address with the ingest account."""
        return self.url_of(next(account for account in self.accounts if account.role is Role.INGEST))

    def url_of(self, account: BrokerAccount | str) -> str:
        """The address with an account of this broker; a slash in its name is escaped."""
        if isinstance(account, str):
            account = next(known for known in self.accounts if known.name == account)
        return f"mqtt://{quote(account.name, safe='')}:{quote(account.secret, safe='')}@{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The running broker, also one that an earlier run left behind."""
        return processes.recall(self._pid_file)

    @property
    def _pid_file(self) -> Path:
        return self.directory / "pid"

    def start(self) -> None:
        """Write the files and start; a broker left behind by a crash is ended first."""
        self.stop()
        if not is_free(self.port):
            raise MosquittoFailed(f"port {self.port} is taken by another program")
        self._write_files()
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise MosquittoFailed("the program mosquitto was not found: run `make setup` (package mosquitto)")
        self._child = processes.spawn(
            processes.Command(
                argv=[program, "-c", "mosquitto.conf"],
                cwd=self.directory,
                owner=self.directory,
                log=self.log,
                account=self.account,
            )
        )
        processes.remember(self._pid_file, self._child.pid)
        if not self._admits_probe(START_PATIENCE_S):
            self.kill()
            raise MosquittoFailed(f"mosquitto did not start on port {self.port}:\n{tail(self.log)}")

    def stop(self) -> None:
        """Stop in order: the broker writes its queue to disk."""
        pid = self.pid
        if pid is not None:
            processes.end(pid, STOP_PATIENCE_S)
        self._reap()

    def kill(self) -> None:
        """SIGKILL: whatever was queued since the last autosave is lost."""
        pid = self.pid
        if pid is not None:
            processes.kill_tree(pid)
        self._reap()

    def restart(self) -> None:
        """Stop, if running, and start again with the queue that is on disk."""
        self.start()

    def set_accounts(self, accounts: Iterable[BrokerAccount]) -> None:
        """Replace the accounts while running; clients whose account is gone are cut off."""
        self.accounts = tuple(accounts)
        self._write_files()
        pid = self.pid
        if pid is None:
            return
        processes.send([pid], signal.SIGHUP)
        if not self._admits_probe(START_PATIENCE_S):
            raise MosquittoFailed(f"mosquitto did not reload its accounts:\n{tail(self.log)}")

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None

    def _write_files(self) -> None:
        private_directory(self.directory, self.account)
        self._probe = BrokerAccount(f"probe/{secrets.token_hex(4)}", secrets.token_hex(8))
        files = {
            "mosquitto.conf": configuration(self.port),
            "accounts": account_lines((*self.accounts, self._probe)),
            "access": access_rules(self.accounts),
        }
        for name, text in files.items():
            draft = self.directory / (name + ".new")
            draft.touch(mode=0o600)
            draft.write_text(text)
            give(draft, self.account)
            draft.replace(self.directory / name)

    def _admits_probe(self, patience_s: float) -> bool:
        """Wait until the broker knows the account that the last writing of its files added to be asked."""
        deadline = time.monotonic() + patience_s
        while self.pid is not None and time.monotonic() < deadline:
            if admits(self.port, self._probe):
                return True
            time.sleep(processes.POLL_S)
        return False


def admits(port: int, account: BrokerAccount) -> bool:
    """Whether a broker on the port accepts the account (one MQTT 3.1.1 CONNECT, then gone)."""
    fields = [b"MQTT", b"", account.name.encode(), account.secret.encode()]
    protocol, *payload = (len(field).to_bytes(2, "big") + field for field in fields)
    body = protocol + b"\x04\xc2\x00\x0a" + b"".join(payload)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5.0) as connection:
            connection.sendall(bytes((0x10, len(body))) + body)
            return connection.recv(4) == b"\x20\x02\x00\x00"
    except OSError:
        return False


def start_mosquitto(
    directory: Path, port: int, accounts: Iterable[BrokerAccount], *, log: Path | None = None
) -> Mosquitto:
    """Start the private broker in `directory` with these accounts."""
    directory = directory.resolve()
    broker = Mosquitto(directory, port, accounts, log or directory / "mosquitto.log")
    broker.start()
    return broker
