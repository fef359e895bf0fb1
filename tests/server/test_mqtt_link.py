"""The worker's link to the broker: nothing is acknowledged before it is settled, nothing unsettled is lost."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from server.launch.mosquitto import Mosquitto
from telemetry.links.mqtt import IngestLink, publish_packet, read_length, remaining_length

pytestmark = pytest.mark.broker
TOPIC = "emission/v1/hdv/LZZ5CLSB8NA000001/up"


class Sender:
    """A plain MQTT 3.1.1 client on a socket: what a terminal does, no library between."""

    def __init__(self, broker: Mosquitto, username: str = "gateway", password: str = "gateway-password") -> None:
        fields = b"".join(
            len(t).to_bytes(2, "big") + t.encode() for t in (f"test-{time.time_ns()}", username, password)
        )
        body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields
        self.sock = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
        self.sock.sendall(b"\x10" + remaining_length(len(body)) + body)
        assert self.sock.recv(4) == b"\x20\x02\x00\x00"
        self.mid = 0

    def publish(self, topic: str, payload: bytes) -> None:
        """QoS 1; returns when the broker has acknowledged."""
        self.mid += 1
        self.sock.sendall(publish_packet(topic, payload, self.mid))
        assert self.sock.recv(4) == b"\x40\x02" + self.mid.to_bytes(2, "big")


@pytest.fixture
def sender(broker: Mosquitto) -> Iterator[Sender]:
    """A connected client with the gateway's account."""
    one = Sender(broker)
    yield one
    one.sock.close()


@pytest.fixture
def make_link(broker: Mosquitto) -> Iterator[Callable[[str], IngestLink]]:
    """Links that are closed at the end of the test; each leaves its subscription first."""
    links: list[IngestLink] = []

    def make(client_id: str) -> IngestLink:
        link = IngestLink(broker.url, client_id, ["$share/" + client_id.split(".")[0] + "/emission/v1/+/+/up"])
        link.start()
        assert link.subscribed.wait(10)
        time.sleep(0.1)
        links.append(link)
        return link

    yield make
    for link in links:
        link.unsubscribe()
        link.close()


def take(link: IngestLink, count: int) -> list[bytes]:
    """Payloads until `count` have come."""
    got: list[bytes] = []
    until = time.monotonic() + 15
    while len(got) < count and time.monotonic() < until:
        got += [one.payload for one in link.take(count - len(got), 0.05, 1.0)]
    return got


def test_a_batch_comes_in_order_and_whole(sender: Sender, make_link: Callable[[str], IngestLink]) -> None:
    link = make_link("order")
    payloads = [f"{n}".encode() * (n * 37 % 400 + 1) for n in range(300)]
    for payload in payloads:
        sender.publish(TOPIC, payload)
    assert take(link, 300) == payloads


def test_what_was_not_settled_comes_again_and_what_was_does_not(
    sender: Sender, make_link: Callable[[str], IngestLink]
) -> None:
    link = make_link("again.0")
    for n in range(10):
        sender.publish(TOPIC, b"%d" % n)
    received = link.take(10, 1.0)
    assert [one.payload for one in received] == [b"%d" % n for n in range(10)]
    link.settle(received[:4])
    time.sleep(0.3)
    link.close()
    second = make_link("again.0")
    assert take(second, 6) == [b"%d" % n for n in range(4, 10)]


def test_an_answer_reaches_the_terminal(sender: Sender, make_link: Callable[[str], IngestLink]) -> None:
    link = make_link("answer")
    down = b"emission/v1/hdv/LZZ5CLSB8NA000001/down"
    body = b"\x00\x01" + len(down).to_bytes(2, "big") + down + b"\x01"
    sender.sock.sendall(b"\x82" + remaining_length(len(body)) + body)
    assert sender.sock.recv(5)[0] == 0x90
    sender.publish(TOPIC, b"frame")
    link.settle(link.take(1, 1.0), [(down.decode(), b'{"result":"right"}')])
    assert sender.sock.recv(200).endswith(b'{"result":"right"}')


def test_large_messages_are_put_together_from_many_reads(
    sender: Sender, make_link: Callable[[str], IngestLink]
) -> None:
    link = make_link("large")
    payload = bytes(range(256)) * 2000
    sender.publish(TOPIC, payload)
    sender.publish(TOPIC, b"small")
    assert take(link, 2) == [payload, b"small"]


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 2097151, 2097152])
def test_the_variable_length_is_read_as_written(size: int) -> None:
    data = remaining_length(size)
    assert read_length(data, 0) == (size, len(data))
    assert all(read_length(data[:cut], 0) == (0, 0) for cut in range(len(data)))


def test_a_length_of_five_bytes_is_refused() -> None:
    assert read_length(b"\xff\xff\xff\xff\x01", 0) == (-1, 0)
