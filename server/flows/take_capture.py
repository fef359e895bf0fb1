"""A capture comes in: facts once under the device system's own key, its vehicle, its pass, its standing."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import Plates, hit_window, neighbour_m, pass_window, sort_plates
from enforcement.registry.plates import normalise_plate
from enforcement.rules.book import RuleBook, RuleMissing
from enforcement.rules.laws import law_of
from server.flows import capture_standing
from server.flows.refusals import Fault, Refused
from server.store import audit, capture_devices, capture_rows, captures
from server.store.audit import Actor
from server.store.scopes import Scope

AHEAD = timedelta(minutes=5)  # of our clock: what lies further in the future is a wrong date, not a drift
READINGS = ("plate_confidence", "ringelmann", "confidence", "speed_kmh", "clock_drift_s")
NOT_FALLEN_AWAY = ("first_review", "second_review", "disputed", "confirmed")


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What the device system says of one pass; times are aware, `raw` is kept as it came."""

    device: str
    source_key: str
    captured_at: datetime
    lane: str | None = None
    plate: str | None = None
    plate_colour: str | None = None
    trailer_plate: str | None = None
    plate_confidence: float | None = None
    vehicle_type: str | None = None
    body_colour: str | None = None
    ringelmann: float | None = None
    confidence: float | None = None
    smoke_frames: int | None = None
    speed_kmh: float | None = None
    clock_drift_s: float | None = None
    weather: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> bytes:
        """Of the facts: another body under the same key is another hash."""
        said = {**asdict(self), "captured_at": self.captured_at.timestamp()}
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).digest()


@dataclass(frozen=True, slots=True)
class Taken:
    """The receipt: the same for the same facts, however often they are sent."""

    id: int
    number: str
    captured_at: datetime
    received_at: datetime
    sha256: bytes
    fresh: bool


class OtherFacts(Exception):
    """The device has sent other facts under this key; nothing was changed."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def take(
    connection: Connection, actor: Actor, scope: Scope, rules: RuleBook, facts: CaptureFacts, now: datetime
) -> Taken:
    """Keep a capture. Raises Refused with what is wrong, OtherFacts where the key is used up."""
    device = _device(connection, scope, facts)
    before = capture_rows.sent_before(connection, device["id"], facts.source_key)
    if before is not None:
        return _receipt(before, facts)
    if device["state"] != "active":
        zh, en = "设备已停用，请先在设备页恢复为在用。", "The device is out of service: set it active first."
        raise Refused([Fault("device", zh, en)])
    values = _values(rules, device, facts, now)
    capture_rows.lock_plates(connection, [(values["plate"], values["plate_colour"])])
    values |= _vehicle(connection, values) | _pass(connection, rules, device, values)
    made = capture_rows.insert(connection, values)
    if made is None:  # another request was faster: its row is committed and can be read now
        other = capture_rows.sent_before(connection, device["id"], facts.source_key)
        if other is None:
            raise LookupError(facts.source_key)
        return _receipt(other, facts)
    return _finish(connection, actor, rules, made, values, now)


def _finish(
    connection: Connection,
    actor: Actor,
    rules: RuleBook,
    made: tuple[int, str],
    values: dict[str, Any],
    now: datetime,
) -> Taken:
    capture_id, number = made
    standing = judge_new(connection, rules, capture_id)
    if values["plate"] and values["plate_colour"]:
        window = hit_window(rules, values["captured_at"], values["division"])
        capture_rows.count_hits(connection, values["plate"], values["plate_colour"], values["captured_at"], window)
    detail = {"number": number, "device": values["device"], "source_key": values["source_key"], "standing": standing}
    if values["same_pass_as"]:
        detail["same_pass_as"] = values["same_pass_as"]
    audit.append(connection, actor, "capture.take", "capture", capture_id, detail)
    return Taken(capture_id, number, values["captured_at"].astimezone(UTC), now, values["body_sha256"], fresh=True)


def judge_new(connection: Connection, rules: RuleBook, capture_id: int) -> str:
    """The first standing of a capture that was just written, or whose files have just come."""
    row = capture_rows.lock(connection, Scope(), capture_id)
    if row is None:
        raise LookupError(capture_id)
    return capture_standing.judge(connection, rules, row).standing


def _device(connection: Connection, scope: Scope, facts: CaptureFacts) -> dict[str, Any]:
    found = capture_devices.find_code(connection, scope, facts.device)
    if found is None:
        zh = f"没有编号为“{facts.device}”的抓拍设备，或不在管辖范围内：请先登记设备。"
        en = f"No camera {facts.device!r} in the account's area: register it first."
        raise Refused([Fault("device", zh, en)])
    return found


def _receipt(before: dict[str, Any], facts: CaptureFacts) -> Taken:
    if bytes(before["body_sha256"]) != facts.sha256:
        raise OtherFacts(before["number"])
    return Taken(
        before["id"], before["number"], before["captured_at"], before["received_at"], facts.sha256, fresh=False
    )


def _values(rules: RuleBook, device: dict[str, Any], facts: CaptureFacts, now: datetime) -> dict[str, Any]:
    """The row to write; raises Refused for a moment that cannot be."""
    if facts.captured_at > now + AHEAD:
        zh, en = "拍摄时间晚于当前时间，请检查设备时钟。", "It lies in the future: check the device's clock."
        raise Refused([Fault("captured_at", zh, en)])
    try:
        law = law_of(rules, facts.captured_at)
    except RuleMissing:
        zh, en = "拍摄日期过早，规则库没有当日的规定。", "It is too long ago: the rule book has no law of that day."
        raise Refused([Fault("captured_at", zh, en)]) from None
    plates = _plates(facts)
    return {
        **asdict(facts),
        **{name: _rounded(getattr(facts, name)) for name in READINGS},
        "plate": plates.plate,
        "plate_colour": plates.colour,
        "trailer_plate": plates.trailer,
        "raw": {**asdict(facts), "captured_at": facts.captured_at.isoformat()},
        "device_id": device["id"],
        "division": device["division"],
        "body_sha256": facts.sha256,
        "received_at": now,
        "law": law,
    }


def _rounded(value: float | None) -> float | None:
    """A reading to six places: what is smaller than that no column of the table can hold."""
    return None if value is None else round(value, 6)


def _plates(facts: CaptureFacts) -> Plates:
    plate, trailer = (normalise_plate(text or "") or None for text in (facts.plate, facts.trailer_plate))
    colour = None if facts.plate_colour in (None, "none") else facts.plate_colour
    return sort_plates(plate, colour, trailer)


def _vehicle(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """The truck on file with this plate in this colour; characters alone are no key (enforcement.md 10.1)."""
    found = captures.register_of(connection, values["plate"]) if values["plate"] else []
    own = next((row for row in found if row["plate_colour"] == values["plate_colour"]), None)
    return {"truck_id": own and own["id"], "enterprise_id": own and own["enterprise_id"]}


def _pass(connection: Connection, rules: RuleBook, device: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Whether this pass is on file already, from this device or a neighbour."""
    first: int | None = None
    if values["plate"] and values["plate_colour"]:
        at, area = values["captured_at"], values["division"]
        devices = capture_devices.neighbours(connection, device["id"], neighbour_m(rules, at, area))
        vehicle = (values["plate"], values["plate_colour"])
        first = capture_rows.find_pass(connection, vehicle, devices, pass_window(rules, at, area), NOT_FALLEN_AWAY)
    return {"same_pass_as": first, "status": "first_review" if first is None else "duplicate"}
