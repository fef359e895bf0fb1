"""Physical limits to hold the figures against: a plain paho subscriber, and raw COPY of equal rows."""

import hashlib
import threading
import time

import numpy as np
import paho.mqtt.client as paho
from ingest_bench import Place, go, publish
from paho.mqtt.enums import CallbackAPIVersion

from server import db
from server.launch import databases
from server.store import packets

MESSAGES = 60_000
ROWS = 100_000
PAYLOAD = bytes(range(256)) * 2


def measure(place: Place) -> list[tuple[str, float, str, str]]:
    """What the parts can do alone."""
    return [
        (
            "limit.paho_qos1_messages_per_s",
            paho_rate(place),
            "messages/s",
            "one subscriber, paho as it comes, no work done",
        ),
        ("limit.copy_rows_per_s", copy_rate(place), "rows/s", "binary COPY of packet rows into a bare table, no index"),
    ]


def paho_rate(place: Place) -> float:
    """Messages a second that paho receives and acknowledges when nothing is done with them."""
    done, count = threading.Event(), 0

    def on_message(_client: paho.Client, _data: object, _message: paho.MQTTMessage) -> None:
        nonlocal count
        count += 1
        if count == MESSAGES:
            done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="limit", protocol=paho.MQTTv311)
    client.username_pw_set("ingest", "ingest-password")
    client.on_message = on_message
    client.connect("127.0.0.1", place.broker.port)
    client.subscribe("emission/v1/+/+/up", 1)
    client.loop_start()
    time.sleep(0.5)
    child = publish(place, [(f"emission/v1/hdv/D{n % 5000:05d}/up", PAYLOAD[:80]) for n in range(MESSAGES)])
    begun = go(child)
    done.wait(300)
    seconds = time.time() - begun
    child.communicate()
    client.disconnect()
    client.loop_stop()
    return MESSAGES / seconds


def copy_rate(place: Place) -> float:
    """Rows a second of the packets' own shape into a table without an index."""
    raw = PAYLOAD[:473]
    numbers = np.arange(ROWS)
    ones = np.ones(ROWS, np.int32)
    rows = packets.PacketRows(
        1_700_000_000_000_000 + numbers,
        1_700_000_000_000_000 + numbers,
        1_700_000_000_000_000,
        numbers,
        ones,
        numbers,
        np.zeros(ROWS, np.uint32),
        ones * 10,
        ones * 2,
        ones * 39,
        ones * 44,
        ones * 0,
        ["gb17691"] * ROWS,
        [hashlib.sha256(raw).digest()] * ROWS,
        [raw] * ROWS,
        [None] * ROWS,
        [None] * ROWS,
    )
    stream = packets.encode(rows)
    url = databases.prepare(place.cluster, "bench_copy")
    db.migrate(url)
    with db.connect(url) as connection:
        connection.execute("CREATE TABLE bare (LIKE packets)")
        begun = time.perf_counter()
        with connection.cursor().copy(f"COPY bare ({packets.COLUMNS}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(stream)
        return ROWS / (time.perf_counter() - begun)
