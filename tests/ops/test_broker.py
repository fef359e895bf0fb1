"""The private broker: who may publish and hear what, the settings that were chosen, reload, kill, restart.

mosquitto acknowledges a forbidden QoS 1 message and drops it, so rules are shown by what arrives elsewhere.
"""

import base64
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from server.flows.broker_passwords import password_hash
from server.launch import processes
from server.launch.broker_files import (
    BrokerAccount,
    Role,
    access_rules,
    account_lines,
    configuration,
)
from server.launch.mosquitto import Mosquitto, MosquittoFailed, start_mosquitto
from server.launch.ports import free_port

DEVICE = "hdv/LZZ5CLSB8NA000001"
OTHER = "hdv/LZZ5CLSB8NA000002"
MARK = "emission/v1/hdv/end/up"
PATIENCE_S = 20.0


class Client:
    """A connected MQTT 3.1.1 client that notes what it hears."""

    def __init__(self, url: str, name: str, *topics: str) -> None:
        address = urlsplit(url)
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.connected: queue.Queue[int] = queue.Queue()
        self.subscribed: queue.Queue[int] = queue.Queue()
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
        self.mqtt.username_pw_set(unquote(address.username or ""), unquote(address.password or ""))
        self.mqtt.on_connect = lambda _c, _u, _f, code, _p: self.connected.put(code.value)
        self.mqtt.on_subscribe = lambda _c, _u, mid, _codes, _p: self.subscribed.put(mid)
        self.mqtt.on_message = lambda _c, _u, message: self.heard.put((message.topic, bytes(message.payload)))
        self.mqtt.connect(address.hostname or "", address.port or 0)
        self.mqtt.loop_start()
        self.code = self.connected.get(timeout=PATIENCE_S)
        if self.code == 0:
            for topic in topics:
                self.mqtt.subscribe(topic, 1)
                self.subscribed.get(timeout=PATIENCE_S)

    def publish(self, topic: str, payload: bytes = b"x") -> None:
        self.mqtt.publish(topic, payload, 1).wait_for_publish(PATIENCE_S)

    def hear(self) -> tuple[str, bytes]:
        return self.heard.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """A function that connects a client; all are closed at the end."""
    clients: list[Client] = []

    def make(url: str, name: str, *topics: str) -> Client:
        clients.append(Client(url, name, *topics))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def own_broker(run_dir: Path) -> Iterator[Mosquitto]:
    """A broker of its own, so that killing it disturbs no other test."""
    port = free_port()
    accounts = (BrokerAccount("ingest", "one", Role.INGEST), BrokerAccount("gateway", "two", Role.GATEWAY))
    handle = start_mosquitto(run_dir / f"own-{port}", port, accounts)
    yield handle
    handle.stop()


@pytest.mark.broker
def test_device_publishes_on_its_own_topic_only(broker: Mosquitto, connect: Callable[..., Client]) -> None:
    ingest = connect(broker.url, "acl-ingest", "$share/acl/emission/v1/+/+/up")
    device = connect(broker.url_of(DEVICE), "acl-device")
    allowed = f"emission/v1/{DEVICE}/up"
    forbidden = (
        f"emission/v1/{OTHER}/up",
        f"emission/v1/{DEVICE.replace('hdv', 'nrmm')}/up",
        f"emission/v1/{DEVICE}/down",
        f"emission/v1/{DEVICE}/up/x",
        "emission/v1/hdv/up",
        "anything",
    )
    for topic in (*forbidden, allowed):
        device.publish(topic)
    connect(broker.url_of("gateway"), "acl-gateway").publish(MARK)
    assert [ingest.hear()[0], ingest.hear()[0]] == [allowed, MARK]


@pytest.mark.broker
def test_device_hears_its_own_answers_only(broker: Mosquitto, connect: Callable[..., Client]) -> None:
    device = connect(broker.url_of(DEVICE), "down-device", "#", f"emission/v1/{OTHER}/down")
    ingest = connect(broker.url, "down-ingest")
    for name, payload in ((OTHER, b"not yours"), (DEVICE, b"yours"), (OTHER, b"nor this"), (DEVICE, b"last")):
        ingest.publish(f"emission/v1/{name}/down", payload)
    heard = {device.hear(), device.hear()}
    assert {topic for topic, _ in heard} == {f"emission/v1/{DEVICE}/down"}
    assert {payload for _, payload in heard} <= {b"yours", b"last"}


@pytest.mark.broker
def test_ingest_cannot_forge_a_device(broker: Mosquitto, connect: Callable[..., Client]) -> None:
    ingest = connect(broker.url, "forge-ingest", "emission/v1/+/+/up")
    ingest.publish(f"emission/v1/{DEVICE}/up", b"forged")
    connect(broker.url_of("gateway"), "forge-gateway").publish(MARK)
    assert ingest.hear()[0] == MARK


@pytest.mark.broker
@pytest.mark.parametrize("name, password", [("", ""), ("ingest", "wrong"), ("nobody", "x")])
def test_strangers_are_refused(broker: Mosquitto, connect: Callable[..., Client], name: str, password: str) -> None:
    assert connect(f"mqtt://{name}:{password}@127.0.0.1:{broker.port}", "stranger").code != 0


@pytest.mark.broker
def test_accounts_change_without_restart(own_broker: Mosquitto, connect: Callable[..., Client]) -> None:
    before = own_broker.pid
    hashed = BrokerAccount("nrmm/M1", password_hash("secret"))
    url = f"mqtt://nrmm%2FM1:secret@127.0.0.1:{own_broker.port}"
    assert connect(url, "early").code != 0
    own_broker.set_accounts((*own_broker.accounts, hashed))
    assert connect(url, "now").code == 0
    assert own_broker.pid == before


@pytest.mark.broker
def test_queue_of_an_absent_worker_survives_an_orderly_restart(
    own_broker: Mosquitto, connect: Callable[..., Client]
) -> None:
    def worker() -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="slot-0", clean_session=False)
        client.username_pw_set("ingest", "one")
        return client

    first, subscribed = worker(), queue.Queue[int]()
    first.on_connect = lambda c, *_: c.subscribe("$share/ingest/emission/v1/+/+/up", 1)
    first.on_subscribe = lambda *_: subscribed.put(1)
    first.connect("127.0.0.1", own_broker.port)
    first.loop_start()
    subscribed.get(timeout=PATIENCE_S)
    first.disconnect()
    first.loop_stop()
    gateway = connect(own_broker.url_of("gateway"), "absent-gateway")
    for number in range(50):
        gateway.publish(f"emission/v1/hdv/D{number}/up")
    own_broker.restart()
    second, heard = worker(), queue.Queue[str]()
    second.on_message = lambda _c, _u, message: heard.put(message.topic)
    second.connect("127.0.0.1", own_broker.port)
    second.loop_start()
    topics = {heard.get(timeout=PATIENCE_S) for _ in range(50)}
    second.disconnect()
    second.loop_stop()
    assert len(topics) == 50


@pytest.mark.broker
def test_kill_and_restart_and_stop_leave_one_or_no_process(own_broker: Mosquitto) -> None:
    first = own_broker.pid
    own_broker.kill()
    assert first is not None and not processes.alive(first) and own_broker.pid is None
    own_broker.restart()
    second = own_broker.pid
    own_broker.stop()
    assert second is not None and not processes.alive(second)


@pytest.mark.broker
def test_foreign_program_on_the_port_is_named(own_broker: Mosquitto, run_dir: Path) -> None:
    with pytest.raises(MosquittoFailed, match=f"port {own_broker.port} is taken"):
        start_mosquitto(run_dir / "second", own_broker.port, own_broker.accounts)


def test_password_lines_are_what_mosquitto_passwd_writes() -> None:
    """The line `mosquitto_passwd -c -b FILE hdv/A geheim` wrote, made again from its salt."""
    digest = "LhgzGMVv9/eMdqyaBU9joJ8jgCkGDfHYIPTq4tY5lCGxWzue6lUw4S1r6MEhdT6pSfeZA7OU/5SCuUA7j0fWqg=="
    hashed = password_hash("geheim", base64.b64decode("4j98Izf9EOaOs1FC"))
    assert account_lines([BrokerAccount("hdv/A", hashed)]) == f"hdv/A:$7$101$4j98Izf9EOaOs1FC${digest}\n"


@pytest.mark.parametrize("name", ["", "a b", "hdv/+", "#", "a:b", "a\n", "x" * 129])
def test_names_that_would_escape_the_rules_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="broker account"):
        BrokerAccount(name, "secret")


def test_configuration_is_closed_and_keeps_a_queue() -> None:
    lines = configuration(1884).splitlines()
    for wanted in (
        "listener 1884 127.0.0.1",
        "allow_anonymous false",
        "persistence true",
        "retain_available false",
    ):
        assert wanted in lines
    numbers = dict(line.split() for line in lines if line.startswith("max_"))
    assert int(numbers["max_queued_messages"]) > int(numbers["max_inflight_messages"]) >= 1000


def test_a_device_gets_no_rule_of_its_own() -> None:
    rules = access_rules([BrokerAccount("hdv/A", "x"), BrokerAccount("in", "y", Role.INGEST)])
    assert "hdv/A" not in rules
    assert "user in\ntopic read emission/v1/+/+/up\ntopic write emission/v1/+/+/down" in rules
