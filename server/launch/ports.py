"""Ports: a free one for a test, a clear sentence for one that somebody else holds."""

import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """Another program listens on a port the platform was told to use."""

    def __init__(self, port: int, variable: str, purpose: str) -> None:
        """Name the port, what it is for and the variable that moves it."""
        super().__init__(
            f"port {port} ({purpose}) is taken by another program; "
            f"stop that program or choose another port: {variable}={port + 1} make run"
        )
        self.port = port
        self.variable = variable


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def require_free(port: int, variable: str, purpose: str, host: str = LOOPBACK) -> None:
    """Raise PortTaken unless the port is free."""
    if not is_free(port, host):
        raise PortTaken(port, variable, purpose)


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, for the sentence that says why a server did not start."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
