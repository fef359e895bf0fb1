"""A gateway's way to the broker: frames of many terminals over one connection, QoS 1, as they fall due."""

import logging
import time
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.fleet import Member, stream

LOG = logging.getLogger(__name__)
DAY_S = 86_400


def connect(url: str, client_id: str) -> paho.Client:
    """A client that is connected and goes on reconnecting by itself."""
    parts = urlsplit(url)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311)
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.connect(parts.hostname or "127.0.0.1", parts.port or 1883, keepalive=60)
    client.loop_start()
    return client


def run_fleet(url: str, members: Sequence[Member], speed: float = 1.0) -> None:
    """Publish what the members' terminals say, each frame when its time has come; for ever."""
    client = connect(url, "demo-fleet")
    LOG.info("the demonstration fleet drives: %d terminals", len(members))
    for day in range(1_000_000):
        begun_s = time.time()
        start_us = int(begun_s * 1e6)
        for one in stream(members, start_us, DAY_S, seed=day, sessions=True):
            time.sleep(max(0.0, (one.at_us - start_us) / 1e6 / speed - (time.time() - begun_s)))
            client.publish(f"emission/v1/{one.kind}/{one.device}/up", one.frame, qos=1)
