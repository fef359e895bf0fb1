"""The worker's link against a broker that talks nonsense: it connects again, whatever was said."""

import socket

import pytest

from telemetry.links.mqtt import IngestLink

pytestmark = pytest.mark.faults
ACCEPTED = b"\x20\x02\x00\x00"
NONSENSE = {
    "a suback without a body": ACCEPTED + b"\x90\x00",
    "a puback without a body": ACCEPTED + b"\x40\x00",
    "a length without an end": ACCEPTED + b"\x30\xff\xff\xff\xff\xff",
    "a publish without a name": ACCEPTED + b"\x32\x04\x00\x00\x00\x01",
    "a publish cut short": ACCEPTED + b"\x32\x03\x00\x05a",
    "a packet that does not exist": ACCEPTED + b"\xf0\x02\x00\x00",
    "a refusal": b"\x20\x02\x00\x05",
    "nothing": b"",
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE.keys())
def test_the_link_connects_again(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        link = IngestLink(f"mqtt://127.0.0.1:{server.getsockname()[1]}", "ingest-0", ["emission/v1/+/+/up"])
        link.start()
        try:
            for _ in range(2):
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(20)
                    assert connection.recv(4096)[:1] == b"\x10"
                    connection.sendall(said)
            connection, _ = server.accept()
            with connection:
                connection.settimeout(20)
                connection.recv(4096)
                topic = b"emission/v1/json/X/up"
                body = len(topic).to_bytes(2, "big") + topic + b"\x00\x07payload"
                connection.sendall(ACCEPTED + b"\x32" + bytes([len(body)]) + body)
                [received] = link.take(1, 5.0, 10.0)
                assert (received.topic, received.payload, received.mid) == (topic.decode(), b"payload", 7)
        finally:
            link.close()
