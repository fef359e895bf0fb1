"""A publisher as fast as the broker lets it: ready-made PUBLISH packets over one connection, QoS 1, a bounded window.

Run as a process of its own so that its work is not counted as the worker's: `python publisher.py PORT FILE [RATE]`.
FILE holds (topic, payload) records as `write_records` makes them. Prints one JSON line.
"""

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from telemetry.links.mqtt import publish_packet, remaining_length

WINDOW = 4000
CHUNK = 100


def write_records(path: Path, records: Iterable[tuple[str, bytes]]) -> int:
    """Write (topic, payload) pairs; how many."""
    count = 0
    with path.open("wb") as file:
        for topic, payload in records:
            name = topic.encode()
            file.write(struct.pack(">HI", len(name), len(payload)) + name + payload)
            count += 1
    return count


def read_records(path: Path) -> Iterator[tuple[str, bytes]]:
    """The pairs that `write_records` wrote."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        name, size = struct.unpack_from(">HI", data, at)
        at += 6
        yield data[at : at + name].decode(), data[at + name : at + name + size]
        at += name + size


def connect(port: int, client_id: str, username: str, password: str) -> socket.socket:
    """An MQTT 3.1.1 connection with a clean session."""
    fields = b"".join(len(text).to_bytes(2, "big") + text.encode() for text in (client_id, username, password))
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"\x10" + remaining_length(len(body)) + body)
    answer = sock.recv(4)
    if answer[:2] != b"\x20\x02" or answer[3]:
        raise ConnectionError(f"the broker refused the connection: {answer.hex()}")
    return sock


class Acks(threading.Thread):
    """Counts PUBACKs (4 bytes each) as they come."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(daemon=True)
        self.sock, self.octets, self.moved = sock, 0, threading.Condition()

    def run(self) -> None:
        """Read until the connection ends."""
        while data := self.sock.recv(1 << 16):
            with self.moved:
                self.octets += len(data)
                self.moved.notify()

    def wait_for(self, packets: int) -> None:
        """Until this many were acknowledged."""
        with self.moved:
            self.moved.wait_for(lambda: self.octets >= packets * 4)


def publish(sock: socket.socket, packets: list[bytes], rate: float | None) -> tuple[float, float]:
    """Send all, at most WINDOW unacknowledged, at `rate` a second where given: (begun, ended), wall clock."""
    acks = Acks(sock)
    acks.start()
    begun = time.time()
    for at in range(0, len(packets), CHUNK):
        acks.wait_for(max(0, at - WINDOW))
        if rate:
            time.sleep(max(0.0, begun + at / rate - time.time()))
        sock.sendall(b"".join(packets[at : at + CHUNK]))
    acks.wait_for(len(packets))
    return begun, time.time()


def main() -> None:
    """Publish the file's records."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else None
    records = list(read_records(path))
    packets = [publish_packet(topic, payload, at % 60000 + 1) for at, (topic, payload) in enumerate(records)]
    sock = connect(port, "bench-gateway", "gateway", "gateway-password")
    print("ready", flush=True)
    sys.stdin.readline()
    begun, ended = publish(sock, packets, rate)
    print(json.dumps({"begun": begun, "ended": ended, "count": len(packets)}), flush=True)


if __name__ == "__main__":
    main()
