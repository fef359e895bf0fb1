"""The MQTT link of an ingest worker: batches in, one settlement a batch out.

paho-mqtt keeps the connection (log-in, keep-alive, TLS, subscriptions). What comes many thousand times a second,
PUBLISH packets, is cut out of the receive buffer here, because paho reads a packet byte by byte. Acknowledgements are
sent only when the worker settles a batch, in the order of arrival (the broker then finds each at the head of its
list), and joined with the answers to the terminals in one write.

MQTT 3.1.1 (OASIS 2014), sections 2.2.3 (remaining length), 3.3 (PUBLISH), 3.4 (PUBACK).
"""

import contextlib
import logging
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

LOG = logging.getLogger(__name__)
PUBLISH, PUBACK = 0x30, 0x40
RECEIVE_BYTES = 1 << 18
OK = MQTTErrorCode.MQTT_ERR_SUCCESS


class Received(NamedTuple):
    """One message as the broker delivered it. `epoch` names the connection its `mid` belongs to."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    retained: bool
    epoch: int


def remaining_length(size: int) -> bytes:
    """The MQTT variable-length integer (section 2.2.3)."""
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | (0x80 if size else 0))
        if not size:
            return bytes(out)


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """The variable-length integer at `at`: (value, place behind it); (0, 0) if not all is there yet, (-1, 0) if bad."""
    size = 0
    for place in range(4):
        if at + place >= len(data):
            return 0, 0
        one = data[at + place]
        size |= (one & 127) << (7 * place)
        if one < 128:
            return size, at + place + 1
    return -1, 0


def publish_packet(topic: str, payload: bytes, mid: int = 0) -> bytes:
    """A PUBLISH packet: QoS 0 where `mid` is 0, else QoS 1."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (mid.to_bytes(2, "big") if mid else b"") + payload
    return bytes([PUBLISH | (0x02 if mid else 0)]) + remaining_length(len(body)) + body


def puback_packets(mids: Iterable[int]) -> bytes:
    """PUBACK packets of many messages in one run of bytes (section 3.4)."""
    return b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids)


class _Client(paho.Client):
    """paho's client with a buffered reader: PUBLISH goes to `inbox`, everything else to paho as before."""

    def begin(self) -> None:
        """Forget what a former connection left half-read."""
        self.inbox: list[tuple[str, bytes, int, int, bool]] = []
        self._left = b""
        self._names: dict[bytes, str] = {}

    def _packet_read(self) -> MQTTErrorCode:
        try:
            data = self._sock_recv(RECEIVE_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            self._last_msg_in = time.monotonic()
        return self._cut(self._left + data if self._left else data)

    def _cut(self, data: bytes) -> MQTTErrorCode:
        """Cut `data` into packets; the incomplete rest waits for the next read."""
        at, end = 0, len(data)
        while end - at >= 2:
            size, body = data[at + 1], at + 2
            if size > 127:
                size, body = read_length(data, at + 1)
                if size < 0:
                    return MQTTErrorCode.MQTT_ERR_PROTOCOL
            if not body or body + size > end:
                break
            status = self._packet(data[at], data[body : body + size])
            if status > 0:
                return status
            at = body + size
        self._left = data[at:]
        return OK

    def _packet(self, head: int, body: bytes) -> MQTTErrorCode:
        if head & 0xF0 != PUBLISH:
            return self._hand_to_paho(head, body)
        name_end = 2 + (body[0] << 8 | body[1]) if len(body) >= 2 else 0
        qos = head >> 1 & 3
        if not 2 < name_end <= len(body) - (2 if qos else 0):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        raw_name = body[2:name_end]
        name = self._names.get(raw_name)
        if name is None:
            name = self._names[raw_name] = raw_name.decode("utf-8", "replace")
        if qos:
            mid = body[name_end] << 8 | body[name_end + 1]
            self.inbox.append((name, body[name_end + 2 :], mid, qos, bool(head & 1)))
        else:
            self.inbox.append((name, body[name_end:], 0, 0, bool(head & 1)))
        return OK

    def _hand_to_paho(self, head: int, body: bytes) -> MQTTErrorCode:
        state = self._in_packet
        state["command"], state["remaining_length"], state["packet"] = head, len(body), bytearray(body)
        return self._packet_handle()

    def write(self, packets: bytes) -> None:
        """Queue bytes that are whole packets already; the loop sends them."""
        self._packet_queue(PUBACK, packets, 0, 1)


class IngestLink:
    """A persistent session on a broker whose messages are taken in batches and settled after the commit.

    `take` and `settle` are called by the worker's thread; one more thread reads and writes the socket.
    """

    def __init__(
        self, url: str, client_id: str, filters: Sequence[str], most_waiting: int = 20_000, ca_file: str | None = None
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = (
            parts.hostname or "127.0.0.1",
            parts.port or (8883 if parts.scheme == "mqtts" else 1883),
        )
        self._filters = list(filters)
        self._most = most_waiting
        self._client = _Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, protocol=paho.MQTTv311
        )
        self._client.begin()
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set(ca_certs=ca_file, cert_reqs=ssl.CERT_REQUIRED)
        self._client.on_connect = self._connected
        self._waiting: deque[Received] = deque()
        self._outbox: deque[tuple[int, bytes, bytes]] = deque()
        self._ready = threading.Condition()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._epoch = 0
        self._stop = False
        self.subscribed = threading.Event()
        self.refusal: str | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt-link", daemon=True)

    def start(self) -> None:
        """Begin to connect; connecting goes on in the background until `close`."""
        self._thread.start()

    def take(self, most: int, wait_s: float, first_wait_s: float = 1.0) -> list[Received]:
        """Up to `most` messages; waits `first_wait_s` for the first, then at most `wait_s` for the batch to fill."""
        with self._ready:
            if not self._waiting and not self._ready.wait_for(lambda: self._waiting or self._stop, first_wait_s):
                return []
            self._ready.wait_for(lambda: len(self._waiting) >= most or self._stop, wait_s)
            count = min(most, len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]

    def settle(self, received: Sequence[Received], answers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Acknowledge a committed batch to the broker, and send the answers (topic, payload).

        Answers are QoS 0: a lost one makes the terminal send again. Messages of a lost connection are not
        acknowledged: the broker delivers them again, and storing them again changes nothing.
        """
        if not received and not answers:
            return
        epoch = received[-1].epoch if received else self._epoch
        acks = puback_packets(r.mid for r in received if r.qos and r.epoch == epoch)
        self._outbox.append((epoch, acks, b"".join(publish_packet(topic, payload) for topic, payload in answers)))
        self._wake()

    def close(self) -> None:
        """Stop after what was settled has been written; unsettled messages stay with the broker."""
        self._stop = True
        self._wake()
        with self._ready:
            self._ready.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._wake_out.close()
        self._wake_in.close()

    def unsubscribe(self) -> None:
        """Leave the shared subscription for good (before a slot is given up: the broker would go on filling it)."""
        for one in self._filters:
            self._client.unsubscribe(one)
        self._wake()

    @property
    def waiting(self) -> int:
        """Messages read and not yet taken."""
        return len(self._waiting)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: a wake-up is already on its way; closed: nobody is there to wake
            self._wake_out.send(b"w")

    def _connected(
        self, client: paho.Client, _data: object, _flags: paho.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
            LOG.error("broker refused the connection: %s", reason)
            return
        self.refusal = None
        client.subscribe([(one, 1) for one in self._filters])
        self.subscribed.set()

    def _run(self) -> None:
        pause = 0.1
        while not self._stop:
            try:
                self._epoch += 1
                self._client.begin()
                self._client.connect(self._host, self._port, keepalive=30)
                self._serve()
                pause = pause if self.refusal else 0.1
            except OSError as fault:
                LOG.warning("broker %s:%s not reached: %s", self._host, self._port, fault)
            except Exception:  # a packet that paho cannot read: without this thread nothing would ever come again
                LOG.exception("broker %s:%s is not understood", self._host, self._port)
            if not self._stop:
                time.sleep(pause)
                pause = min(pause * 2, 3.0)
        self._flush_and_leave()

    def _serve(self) -> None:
        """Read and write one connection until it is lost or the link is closed."""
        misc_at = time.monotonic()
        while not self._stop:
            self._move_outbox()
            sock = self._client.socket()
            if sock is None:
                return
            full = len(self._waiting) >= self._most
            pending = hasattr(sock, "pending") and bool(sock.pending())
            reads = [self._wake_in] if full else [sock, self._wake_in]
            writes = [sock] if self._client.want_write() else []
            readable, writable, _ = select.select(reads, writes, [], 0 if pending else 0.5)
            if self._wake_in in readable:
                self._wake_in.recv(4096)
            if (sock in readable or pending) and self._client.loop_read() > 0:
                return
            self._pass_on()
            if writable and self._client.loop_write() > 0:
                return
            if time.monotonic() - misc_at > 1:
                misc_at = time.monotonic()
                if self._client.loop_misc() > 0:
                    return

    def _pass_on(self) -> None:
        inbox = self._client.inbox
        if inbox:
            self._client.inbox = []
            with self._ready:
                self._waiting.extend(Received(*one, self._epoch) for one in inbox)
                self._ready.notify_all()

    def _move_outbox(self) -> None:
        while self._outbox:
            epoch, acks, answers = self._outbox.popleft()
            packets = acks + answers if epoch == self._epoch else answers
            if packets:
                self._client.write(packets)

    def _flush_and_leave(self) -> None:
        self._move_outbox()
        until = time.monotonic() + 2
        while self._client.socket() is not None and self._client.want_write() and time.monotonic() < until:
            if self._client.loop_write() > 0:
                return
            time.sleep(0.01)
        self._client.disconnect()
