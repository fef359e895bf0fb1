"""Keeps services running: starts them in order, starts again with growing pauses what dies, stops in reverse order."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from server.launch import processes
from server.launch.mosquitto import MosquittoFailed
from server.launch.ports import tail
from server.launch.postgres import PostgresFailed

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
STOP_PATIENCE_S = 20.0


class Service(Protocol):
    """What the supervisor keeps running."""

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""

    def start(self) -> None:
        """Start; what an earlier run left behind is ended first."""

    def stop(self) -> None:
        """Stop in order, leaving no process."""


class Child:
    """A service that is one command of the platform."""

    def __init__(self, command: processes.Command) -> None:
        """Describe it; nothing is started yet."""
        self.command = command
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Start the command, its output into its log."""
        self._child = processes.spawn(self.command)

    def stop(self) -> None:
        """SIGTERM, then after a while SIGKILL, to the command and all it started."""
        if self._child is not None:
            processes.end(self._child.pid, STOP_PATIENCE_S)
            self._child.wait()
            self._child = None

    def last_words(self) -> str:
        """The end of its log."""
        return tail(self.command.log)


@dataclass(slots=True)
class _Kept:
    name: str
    service: Service
    started: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The services of one run, in the order they were started."""

    say: Callable[[str], None]
    kept: list[_Kept] = field(default_factory=list)

    def start(self, name: str, service: Service) -> None:
        """Start a service and keep it running from now on."""
        self.kept.append(_Kept(name, service, started=time.monotonic()))
        service.start()

    def look(self) -> None:
        """One round: note who died, start again who is due."""
        now = time.monotonic()
        for one in self.kept:
            if one.service.pid is not None:
                continue
            if one.due is None:
                self._note_death(one, now)
            elif now >= one.due:
                self._start_again(one)

    def stop(self) -> None:
        """Stop all, the last started first; a service that fails to stop does not keep the others from it."""
        while self.kept:
            one = self.kept.pop()
            self.say(f"stopping {one.name}")
            try:
                one.service.stop()
            except (OSError, subprocess.SubprocessError) as fault:
                self.say(f"{one.name}: {fault}")

    def _note_death(self, one: _Kept, now: float) -> None:
        steady = now - one.started >= STEADY_S
        one.pause_s = FIRST_PAUSE_S if steady else min(one.pause_s * 2, LONGEST_PAUSE_S)
        one.due = now + one.pause_s
        self.say(f"{one.name} has ended; starting it again in {one.pause_s:.0f} s (var/log/{one.name}.log)")

    def _start_again(self, one: _Kept) -> None:
        one.due, one.started = None, time.monotonic()
        try:
            one.service.stop()
            one.service.start()
        except (OSError, PostgresFailed, MosquittoFailed) as fault:
            self.say(f"{one.name} did not start: {fault}")


def run_step(command: processes.Command, say: Callable[[str], None], name: str) -> None:
    """Run a command to its end; raises StepFailed with the end of its log."""
    say(name)
    child = processes.spawn(command)
    try:
        code = child.wait()
    finally:
        if child.poll() is None:
            processes.end(child.pid, STOP_PATIENCE_S)
            child.wait()
    if code != 0:
        raise StepFailed(f"{name} failed with exit code {code}; the end of {command.log}:\n{tail(command.log, 15)}")


class StepFailed(Exception):
    """A preparing command failed."""
