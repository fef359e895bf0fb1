"""Simulated terminals behind one gateway connection: what is not answered "right" in time is sent again.

Plain MQTT 3.1.1 on a socket, no library between. Every terminal keeps its frames until it has been told "right"
(HJ 1239.3: a terminal holds seven days); "wrong" makes it send the good frame that it had garbled on the way.
"""

import json
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from server.launch.mosquitto import Mosquitto
from telemetry.links.mqtt import publish_packet, read_length, remaining_length

PATIENCE_S = 2.0  # without an answer, before a frame is sent again
MOST_OUTSTANDING = 400
USER, PASSWORD = "gateway", "gateway-password"


@dataclass(slots=True)
class Outgoing:
    """A frame on its way; `garbled` is what is sent first, where the line damages it."""

    topic: str
    frame: bytes
    garbled: bytes | None = None
    sent_at: float = 0.0
    times: int = 0

    @property
    def on_the_wire(self) -> bytes:
        return self.garbled if self.garbled is not None else self.frame

    @property
    def key(self) -> str:
        return sha256(self.on_the_wire).hexdigest()


@dataclass(slots=True)
class Log:
    """What has happened so far."""

    answered_right: set[str] = field(default_factory=set)
    answered_wrong: set[str] = field(default_factory=set)
    strange: list[bytes] = field(default_factory=list)
    sent: int = 0
    acknowledged: int = 0
    connections: int = 0


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


class Gateway(threading.Thread):
    """One thread that connects again and again, sends at a pace and takes the answers."""

    def __init__(self, broker: Mosquitto, queue: Sequence[Outgoing], per_second: float, seed: int) -> None:
        super().__init__(name="gateway", daemon=True)
        self.broker, self.per_second = broker, per_second
        self.fresh = deque(queue)
        self.outstanding: dict[str, Outgoing] = {}
        self.log = Log()
        self.stopping = False
        self.fault: BaseException | None = None
        self._rng = random.Random(seed)
        self._sock: socket.socket | None = None
        self._mid = 0
        self._left = b""

    @property
    def done(self) -> bool:
        return not self.fresh and not self.outstanding

    def run(self) -> None:
        try:
            while not self.stopping:
                try:
                    self._connect()
                    self._serve()
                except OSError:
                    time.sleep(0.05)
                finally:
                    self._close()
        except BaseException as fault:
            self.fault = fault
            raise

    def _close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def _connect(self) -> None:
        body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + text("terminals") + text(USER) + text(PASSWORD)
        self._sock = socket.create_connection(("127.0.0.1", self.broker.port), timeout=3)
        self._sock.sendall(b"\x10" + remaining_length(len(body)) + body)
        if self._sock.recv(4) != b"\x20\x02\x00\x00":
            raise ConnectionError("refused")
        topics = b"\x00\x01" + text("emission/v1/+/+/down") + b"\x01"
        self._sock.sendall(b"\x82" + remaining_length(len(topics)) + topics)
        self._sock.settimeout(0.02)
        self._left = b""
        self.log.connections += 1

    def _serve(self) -> None:
        begun, released = time.monotonic(), 0
        while not self.stopping:
            now = time.monotonic()
            due = int((now - begun) * self.per_second) - released
            released += max(due, 0)
            for _ in range(due):
                if self.fresh and len(self.outstanding) < MOST_OUTSTANDING:
                    self._send(self.fresh.popleft(), now)
            late = [one for one in self.outstanding.values() if now - one.sent_at > PATIENCE_S]
            for one in self._rng.sample(late, len(late)):
                self._send(one, now)
            self._read()

    def _send(self, one: Outgoing, now: float) -> None:
        self._mid = self._mid % 65535 + 1
        self.outstanding[one.key] = one
        one.sent_at, one.times = now, one.times + 1
        self.log.sent += 1
        assert self._sock is not None
        self._sock.settimeout(3)
        self._sock.sendall(publish_packet(one.topic, one.on_the_wire, self._mid))
        self._sock.settimeout(0.02)

    def _read(self) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(1 << 16)
        except TimeoutError:
            return
        if not data:
            raise ConnectionError("closed")
        data, at = self._left + data, 0
        while len(data) - at >= 2:
            size, body = read_length(data, at + 1)
            if not body or body + size > len(data):
                break
            self._packet(data[at], data[body : body + size])
            at = body + size
        self._left = data[at:]

    def _packet(self, head: int, body: bytes) -> None:
        if head & 0xF0 == 0x40:
            self.log.acknowledged += 1
        if head & 0xF0 != 0x30:
            return
        said = json.loads(body[2 + int.from_bytes(body[:2], "big") + (2 if head & 6 else 0) :])
        key, right = said["sha256"], said["result"] == "right"
        (self.log.answered_right if right else self.log.answered_wrong).add(key)
        one = self.outstanding.get(key)
        if one is None:
            return  # answered already: the frame had been sent again meanwhile
        if right != (one.garbled is None):
            self.log.strange.append(body)
        del self.outstanding[key]
        if not right:
            self.fresh.append(Outgoing(one.topic, one.frame))
