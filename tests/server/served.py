"""An application on a port of loopback, for tests that speak HTTP to it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class Whole:
    """The application with each answer read to its end before it is sent, and a count of those under way.

    The test server forgets to close an answer whose connection the client drops in the middle (a browser leaves a page
    while an icon is on its way): a static file would be left open, and that is an error here. Its threads outlive it,
    too: a request still at work would keep a database connection beyond the pool that is closed.
    """

    def __init__(self, app: Flask) -> None:
        self.app, self.under_way, self.changed = app, 0, threading.Condition()

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        self._count(1)
        try:
            return self._answer(environ, start_response)
        finally:
            self._count(-1)

    def _answer(self, environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        answer = self.app(environ, start_response)  # type: ignore[arg-type]
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _count(self, change: int) -> None:
        with self.changed:
            self.under_way += change
            self.changed.notify_all()

    def wait(self) -> None:
        """Until no request is at work any more."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.under_way == 0, timeout=60), "a request does not end"


class Quiet(WSGIRequestHandler):
    """No line a request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address where the application listens until the block ends and every request has been answered."""
    whole = Whole(app)
    server = make_server("127.0.0.1", 0, whole, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        whole.wait()
