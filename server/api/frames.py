"""An integrator's door: frames are checked by the decoder and given back decoded; nothing is stored."""

import base64
import binascii
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints

from server.api.errors import Fault, invalid
from server.api.kinds import In, Out
from server.api.operations import operation
from server.web.access import SIGNED_IN
from telemetry.carriage import split
from telemetry.decode import decode, describe
from telemetry.protocols.errors import FaultCode, FrameError

blueprint = APIBlueprint("api_frames", __name__, url_prefix="/api/v1/frames", tag="Frames")
MOST_PAYLOADS, MOST_FRAMES = 100, 1000
Payload = Annotated[str, StringConstraints(max_length=32_768, pattern="^[0-9A-Za-z+/=\\s_-]*$")]


class FramesIn(In):
    """Payloads as a terminal would send them."""

    encoding: Literal["hex", "base64"] = Field(description="How the payloads are written here.")
    kind: Literal["hdv", "nrmm", "jt808", "ev", "json"] | None = Field(
        default=None, description="Kind of terminal, as in the topic; null: the bytes decide what they can."
    )
    layout: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_]{1,20}$")] | None = Field(
        default=None, description="Layout of GB 17691 frames; null: found out."
    )
    payloads: list[Payload] = Field(
        min_length=1, max_length=MOST_PAYLOADS, description="Each may hold several frames, hex text or JSON."
    )


class FrameFault(Out):
    """What is wrong with a frame, and where."""

    code: str = Field(description="What, as a word.", examples=["check_byte"])
    offset: int = Field(description="The byte at which it showed.", examples=[412])
    detail: str = Field(description="In one line.")


class FrameOut(Out):
    """One frame: what it says, or its fault."""

    payload: int = Field(description="Index of the payload it came in, from 0.")
    hex: str = Field(description="The frame's bytes.")
    message: dict[str, Any] | None = Field(description="What it says, with units; null where it is faulty.")
    fault: FrameFault | None = Field(description="What is wrong with it; null where it is good.")


class FramesOut(Out):
    """Every frame of the payloads, in order."""

    frames: list[FrameOut] = Field(description=f"The frames, at most {MOST_FRAMES}.")
    good: int = Field(description="Frames that decode.", examples=[1])
    faulty: int = Field(description="Frames, and bytes between frames, that do not.", examples=[0])


@operation(
    blueprint, "POST", "", allow=SIGNED_IN, takes=FramesIn, gives=FramesOut, summary="Check frames",
    about="Nothing is stored: the way in for telemetry is MQTT.",
    examples={"body": {"encoding": "hex", "kind": "json", "payloads": ["7b7d"]}},
)  # fmt: skip
def check(body: FramesIn) -> FramesOut:
    """Decode payloads."""
    found: list[FrameOut] = []
    for place, payload in enumerate(body.payloads):
        raw = _bytes(payload, body.encoding, place)
        carried = split(raw)
        found += [_read(frame, place, body) for frame in carried.frames]
        found += [_faulty(fault.raw, place, str(fault.code), fault.offset, fault.detail) for fault in carried.faults]
        if not carried.frames and not carried.faults:  # nothing but padding: the worker holds such a message too
            found.append(_faulty(raw, place, FaultCode.LENGTH, 0, "the message is empty"))
        if len(found) > MOST_FRAMES:
            raise _wrong(place, f"合计超过 {MOST_FRAMES} 帧。", f"More than {MOST_FRAMES} frames together")
    faulty = sum(one.fault is not None for one in found)
    return FramesOut(frames=found, good=len(found) - faulty, faulty=faulty)


def _wrong(place: int, zh: str, en: str) -> Exception:
    return invalid([Fault(path=f"body.payloads.{place}", code="payload", message_zh=zh, message_en=en)])


def _bytes(payload: str, encoding: str, place: int) -> bytes:
    try:
        return (
            bytes.fromhex(payload) if encoding == "hex" else base64.b64decode("".join(payload.split()), validate=True)
        )
    except (ValueError, binascii.Error):
        raise _wrong(place, f"不是有效的 {encoding}。", f"It is not valid {encoding}") from None


def _faulty(frame: bytes, place: int, code: str, offset: int, detail: str) -> FrameOut:
    fault = FrameFault(code=code, offset=offset, detail=detail)
    return FrameOut(payload=place, hex=frame.hex(), message=None, fault=fault)


def _read(frame: bytes, place: int, body: FramesIn) -> FrameOut:
    try:
        message = describe(decode(frame, body.kind, body.layout))
    except FrameError as fault:
        return _faulty(frame, place, str(fault.code), fault.offset, fault.detail)
    return FrameOut(payload=place, hex=frame.hex(), message=message, fault=None)
