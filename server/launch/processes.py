"""Child processes: each in its own session, found again after a crash, ended with everything below them.

Processes are looked up in /proc. A number in a pid file is believed only with the start time that goes with
it, because numbers are reused; a child that must be found without one carries its owner in the environment.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.launch.accounts import Account, popen_arguments

OWNER = "PLATFORM_OWNER"
PROC = Path("/proc")
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Command:
    """One child process to start."""

    argv: Sequence[str | Path]
    cwd: Path
    owner: Path
    log: Path
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    keep_open: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stat:
    """The fields of /proc/PID/stat that matter here."""

    comm: str
    state: str
    parent: int
    start_ticks: int


def spawn(command: Command) -> subprocess.Popen[bytes]:
    """Start the child in its own session, its output appended to its log."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("ab") as log:
        return subprocess.Popen(
            [os.fspath(part) for part in command.argv],
            cwd=command.cwd,
            env={**os.environ, **command.environment, OWNER: os.fspath(command.owner)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=command.keep_open,
            **popen_arguments(command.account),
        )


def stat(pid: int) -> Stat | None:
    """What the kernel says of a process; None when there is none."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition(" (")[2].rpartition(") ")
    fields = rest.split()
    return Stat(name, fields[0], int(fields[1]), int(fields[19]))


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    found = stat(pid)
    return found is not None and found.state not in "ZX"


def pids() -> list[int]:
    """All processes of this machine."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def descendants(pid: int) -> list[int]:
    """Children, their children and so on; parents before children."""
    children: dict[int, list[int]] = {}
    for other in pids():
        found = stat(other)
        if found is not None:
            children.setdefault(found.parent, []).append(other)
    result = [pid]
    for known in result:
        result.extend(children.get(known, ()))
    return result[1:]


def owned(owner: Path) -> list[int]:
    """Processes started for `owner` by this or an earlier run, without this process and its parents."""
    mark = f"{OWNER}={owner}".encode()
    mine = set(_ancestors(os.getpid()))
    return [pid for pid in pids() if pid not in mine and mark in _environment(pid) and alive(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _ancestors(pid: int) -> list[int]:
    found = stat(pid)
    return [pid] if found is None or found.parent == 0 else [pid, *_ancestors(found.parent)]


def remember(path: Path, pid: int) -> None:
    """Write the process with its start time to a pid file."""
    found = stat(pid)
    path.write_text(f"{pid} {found.start_ticks if found else 0}\n")


def recall(path: Path) -> int | None:
    """The process of a pid file, if it is still that process and runs."""
    try:
        pid, start_ticks = (int(word) for word in path.read_text().split())
    except (OSError, ValueError):
        return None
    found = stat(pid)
    return pid if found is not None and found.start_ticks == start_ticks and alive(pid) else None


def started_at(pid: int) -> float | None:
    """Seconds since 1970 at which a process started, to about a second."""
    found = stat(pid)
    if found is None:
        return None
    boot = next(line for line in (PROC / "stat").read_text().splitlines() if line.startswith("btime "))
    return int(boot.split()[1]) + found.start_ticks / os.sysconf("SC_CLK_TCK")


def send(targets: Iterable[int], number: signal.Signals) -> None:
    """Signal processes; those already gone are no error."""
    for pid in targets:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_gone(targets: Iterable[int], patience_s: float) -> list[int]:
    """Wait until the processes are gone; what is left when patience ends."""
    deadline = time.monotonic() + patience_s
    left = [pid for pid in targets if alive(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(POLL_S)
        left = [pid for pid in left if alive(pid)]
    return left


def end(pid: int, patience_s: float, polite: signal.Signals = signal.SIGTERM) -> None:
    """Ask a process to end, then kill it and whatever it leaves behind."""
    family = [pid, *descendants(pid)]
    send([pid], polite)
    wait_gone([pid], patience_s)
    left = wait_gone({*family, *descendants(pid)}, 1.0)
    send(left, signal.SIGKILL)
    wait_gone(left, 10.0)


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all below it, the parent first so that it replaces none; wait until gone."""
    family = [pid, *descendants(pid)]
    send(family, signal.SIGKILL)
    wait_gone(family, 10.0)
