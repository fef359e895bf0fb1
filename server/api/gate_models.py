"""What the API gives and takes of gates, their devices, policies and lifts."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from enforcement.registry.plates import PlateColour
from geo.crs import Crs
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Division,
    Id32,
    Id64,
    In,
    Moment,
    Out,
    PageAsked,
    PageOf,
    Text200,
    YesNo,
)
from server.store.gate_devices import KINDS
from server.store.gate_lifts import REASONS

State = Literal["active", "closed"]
DeviceState = Literal["active", "suspended", "removed"]
DeviceKind: Any = Literal[tuple(KINDS)]
LiftReason: Any = Literal[tuple(REASONS)]
Policy = Literal["deny", "allow_and_flag", "list"]
Direction = Literal["in", "out"]
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
CRS: Any = Literal[tuple(map(str, Crs))]
EntranceNo = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z]{1,4}$")]
BarrierNo = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z]{1,3}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
DeviceNumber = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]


def text(most: int, least: int = 0) -> Any:
    """A text of so many characters without NUL."""
    return Annotated[str, StringConstraints(min_length=least, max_length=most, pattern=NO_NUL)]


class GateFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of the name of a gate or enterprise, or an address.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    state: State | Absent = Field(default=None, description="State.")
    online: YesNo | Absent = Field(default=None, description="Whether it was heard of lately.")
    division: Division | Absent = Field(default=None, description="Area code.")
    sort: Literal["name", "-name", "enterprise", "-enterprise"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Doubt(Out):
    """What speaks against a value; nothing is refused for it."""

    field: str = Field(description="The field.", examples=["lon"])
    code: str = Field(description="What it is, as a code.", examples=["crs"])
    zh: str = Field(description="The sentence in Chinese.")
    en: str = Field(description="The sentence in English.")


class GateDevice(Out):
    """A device of a gate."""

    id: int = Field(description="Its id.", examples=[3])
    gate_id: int = Field(description="The gate it belongs to.")
    kind: DeviceKind = Field(description="Kind.")
    number: str = Field(description="Its number, as its heartbeat names it.", examples=["CAM-01"])
    name: str | None = Field(description="Its name.")
    address: str | None = Field(description="IP address.", examples=["192.168.1.64"])
    live_url: str | None = Field(description="Where its live picture is.")
    replay_url: str | None = Field(description="Where its recordings are.")
    installed_on: date | None = Field(description="Day it was installed.")
    state: DeviceState = Field(description="State.")
    last_seen_at: datetime | None = Field(description="When it was last heard of.")
    online: bool = Field(description="Whether that was lately (rule gates.offline_after_s).")


class Gate(Out):
    """A gate of an enterprise."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Its version.", examples=[1])
    enterprise_id: int = Field(description="The enterprise it belongs to.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.", examples=["211302"])
    entrance_no: str = Field(description="Number of the entrance, as in the ledger.", examples=["1"])
    barrier_no: str = Field(description="Number of the barrier.", examples=["01"])
    name: str = Field(description="Its name.")
    address: str | None = Field(description="Address.")
    lon: float | None = Field(description="Longitude, WGS-84, six decimals.", examples=[120.451234])
    lat: float | None = Field(description="Latitude, WGS-84, six decimals.", examples=[41.573612])
    person: str | None = Field(description="Who is in charge.")
    phone: str | None = Field(description="Phone.")
    maintenance_firm: str | None = Field(description="Who maintains it.")
    maintenance_contact: str | None = Field(description="Contact there.")
    for_goods: bool = Field(description="Whether goods vehicles use it.")
    state: State = Field(description="State.")
    last_seen_at: datetime | None = Field(description="When it was last heard of.")
    online: bool = Field(description="Whether that was lately (rule gates.offline_after_s).")
    devices_n: int = Field(description="Devices in use.")
    devices_online: int = Field(description="Those of them that are on line.")
    doubts: list[Doubt] = Field(default=[], description="What speaks against its place; given with one gate.")
    devices: list[GateDevice] = Field(default=[], description="Its devices; given with one gate.")


class GatePage(PageOf):
    """A page of gates."""

    items: list[Gate] = Field(description="The rows of the page.")


class GateNew(In):
    """A gate."""

    enterprise: text(200) = Field(  # type: ignore[valid-type]
        default="", description="Name or credit code of the enterprise; an enterprise's own account leaves it out."
    )
    entrance_no: EntranceNo = Field(description="Number of the entrance.")
    barrier_no: BarrierNo = Field(description="Number of the barrier.")
    name: text(100, 1) = Field(description="Its name.")  # type: ignore[valid-type]
    address: text(200) = Field(default="", description="Address.")  # type: ignore[valid-type]
    lon: float | None = Field(default=None, ge=73, le=136, description="Longitude; six decimals are kept.")
    lat: float | None = Field(default=None, ge=3, le=54, description="Latitude; six decimals are kept.")
    crs: CRS = Field(default="wgs84", description="What lon and lat speak; they are converted to WGS-84.")
    person: text(60) = Field(default="", description="Who is in charge.")  # type: ignore[valid-type]
    phone: text(40) = Field(default="", description="Phone.")  # type: ignore[valid-type]
    maintenance_firm: text(100) = Field(default="", description="Who maintains it.")  # type: ignore[valid-type]
    maintenance_contact: text(100) = Field(default="", description="Contact there.")  # type: ignore[valid-type]
    for_goods: bool = Field(default=True, description="Whether goods vehicles use it.")
    state: State = Field(default="active", description="State.")


class GateChange(GateNew):
    """A gate as it shall be from now on; the enterprise stays."""


class GateDeviceNew(In):
    """A device."""

    kind: DeviceKind = Field(description="Kind.")
    number: DeviceNumber = Field(description="Its number, as its heartbeat names it.")
    name: text(100) = Field(default="", description="Its name.")  # type: ignore[valid-type]
    address: text(45) = Field(default="", description="IP address.")  # type: ignore[valid-type]
    live_url: text(300) = Field(default="", description="Where its live picture is.")  # type: ignore[valid-type]
    replay_url: text(300) = Field(default="", description="Where its recordings are.")  # type: ignore[valid-type]
    installed_on: Day | None = Field(default=None, description="Day it was installed.")
    state: DeviceState = Field(default="active", description="State.")


class GateDeviceAdded(GateDeviceNew):
    """A device of a gate."""

    gate_id: Id32 = Field(description="The gate it belongs to.")


class HeardDevice(In):
    """A device that works."""

    kind: DeviceKind = Field(description="Kind.")
    number: DeviceNumber = Field(description="Its number.")


class Heartbeat(In):
    """The gate is alive."""

    devices: list[HeardDevice] = Field(
        default=[], max_length=50, description="Devices of the gate that work at this moment."
    )


class Heard(Out):
    """What the platform makes of a heartbeat."""

    at: datetime = Field(description="When it was heard; the platform's clock.")
    unknown: list[int] = Field(description="Places in the list, from 0, of devices that are on no file.")
    when_unreachable: Policy = Field(description="What the gate does when the platform cannot be reached.")
    list_hours: int = Field(description="So long an off-line list holds, hours.")


class GatePolicy(Out):
    """What the gates of an enterprise do when the platform cannot be reached."""

    id: int = Field(description="Id of the enterprise.", examples=[3])
    enterprise: str = Field(description="Its name.")
    when_unreachable: Policy = Field(description="What they do.")
    list_hours: int = Field(description="So long an off-line list holds, hours.", examples=[24])
    chosen: bool = Field(description="Whether somebody has set it.")
    reason: str = Field(description="Why it was set so.")
    set_at: datetime | None = Field(description="When it was set.")


class GatePolicySet(In):
    """What they shall do from now on."""

    when_unreachable: Policy = Field(description="What they do.")
    list_hours: int = Field(default=24, ge=1, le=168, description="So long an off-line list holds, hours.")
    reason: text(500, 4) = Field(description="Why.")  # type: ignore[valid-type]


class LiftFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate or of who lifted it.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    gate: Id32 | Absent = Field(default=None, description="Id of the gate.")
    reason: LiftReason | Absent = Field(default=None, description="Why.")
    from_: Day | Absent = Field(default=None, alias="from", description="First local day.")
    to: Day | Absent = Field(default=None, description="Last local day.")
    sort: Literal["at", "-at"] | Absent = Field(default=None, description="Order; - for the other direction.")


class GateLift(Out):
    """A barrier that was lifted by hand."""

    id: int = Field(description="Its id.", examples=[3])
    gate_id: int = Field(description="The gate.")
    gate: str = Field(description="Its name.")
    enterprise_id: int = Field(description="The enterprise.")
    at: datetime = Field(description="When it was lifted.")
    plate: str | None = Field(description="Plate; null: no vehicle was recognised.", examples=["辽NA1234"])
    plate_colour: str | None = Field(description="Plate colour.", examples=["yellow"])
    direction: Direction | None = Field(description="In or out.")
    person: str = Field(description="Who lifted it.")
    reason: LiftReason = Field(description="Why, as a code.")
    note: str | None = Field(description="More about why.")
    answer_id: int | None = Field(description="The gate's answer before it, if there was one.")
    source_key: str | None = Field(description="How the gate's system names it.")
    received_at: datetime = Field(description="When the platform got it.")


class LiftPage(PageOf):
    """A page of lifts."""

    items: list[GateLift] = Field(description="The rows of the page.")


class LiftNew(In):
    """A lift by hand."""

    gate_id: Id32 = Field(description="The gate.")
    at: Moment = Field(description="When it was lifted.")
    person: text(60, 1) = Field(description="Who lifted it.")  # type: ignore[valid-type]
    reason: LiftReason = Field(description="Why; `other` needs a note.")
    plate: text(30) = Field(default="", description="Plate; empty: no vehicle was recognised.")  # type: ignore[valid-type]
    plate_colour: COLOUR | None = Field(default=None, description="Plate colour; needed with a plate.")
    direction: Direction | None = Field(default=None, description="In or out.")
    note: text(500) = Field(default="", description="More about why.")  # type: ignore[valid-type]
    answer_id: Id64 | None = Field(default=None, description="The gate's answer before it, if there was one.")
    source_key: Key | None = Field(
        default=None, description="How the gate's system names it: sent again under the same key it is kept once."
    )
