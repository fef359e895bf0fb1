"""`python -m server.launch`: runs the platform until Ctrl-C; `--stop` only ends what a killed run left behind."""

import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

import psycopg

from server.launch.mosquitto import MosquittoFailed
from server.launch.platform import PROGRAM, Platform, pages_address
from server.launch.ports import PortTaken
from server.launch.postgres import PostgresFailed
from server.launch.settings import LaunchSettings, LaunchSettingsError, read
from server.launch.supervisor import StepFailed

FAULTS = (PortTaken, PostgresFailed, MosquittoFailed, StepFailed, LaunchSettingsError, psycopg.Error, OSError)


class Interrupted(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived."""


class AlreadyRunning(OSError):
    """Another launcher holds this directory."""


def say(text: str) -> None:
    """One line for whoever started us; a closed terminal is no reason to stop half-way."""
    with suppress(OSError):
        print(f"[platform] {text}", flush=True)


def main(arguments: Sequence[str], program: Sequence[str] = PROGRAM) -> int:
    """Run until told to stop; 0 after an orderly end, 1 with a sentence when something is in the way."""
    try:
        settings = read(os.environ)
        with hold(settings.var):
            return _stop_leftovers(settings) if arguments == ["--stop"] else _run(settings, program)
    except FAULTS as fault:
        print(f"[platform] cannot start: {fault}", file=sys.stderr, flush=True)
        return 1


def hold(var: Path) -> IO[str]:
    """The lock of this directory, held until the file is closed or the process ends, however it ends."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "launcher.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        pid = lock.read().strip()
        lock.close()
        raise AlreadyRunning(f"the platform already runs from {var} (process {pid}); stop that one first") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _run(settings: LaunchSettings, program: Sequence[str]) -> int:
    platform = Platform(settings, say, program)
    _on_signal(_interrupt)
    try:
        platform.start()
        _welcome(platform)
        platform.watch()
    except Interrupted:
        say("stopping; the data is kept")
    finally:
        _on_signal(_already_stopping)
        platform.stop()
    say("stopped")
    return 0


def _welcome(platform: Platform) -> None:
    if platform.settings.demo:
        say("demonstration accounts:")
        print(platform.demo_accounts(), flush=True)
    say(f"ready: {pages_address(platform.settings)}  (logs in {platform.logs}; Ctrl-C stops)")


def _stop_leftovers(settings: LaunchSettings) -> int:
    Platform(settings, say).end_leftovers()
    return 0


def _on_signal(handler: "signal._HANDLER") -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _on_signal(_already_stopping)
    raise Interrupted


def _already_stopping(_number: int, _frame: FrameType | None) -> None:
    say("already stopping")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
