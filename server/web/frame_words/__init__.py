"""Words of everything a decoded frame can hold: names of its fields, and the codes that are values of some.

One table of names serves all protocols: a name means the same thing in each, or its word is as general as it is.
"""

from server.web.frame_words import bits, boxes, diagnostics, electric, family
from server.web.telemetry_words import PACKET_FLAGS
from server.web.words import Pair
from telemetry.samples import COLUMNS

NOT_AS_COLUMNS = ("packet", "flags", "status")  # a frame means something else by these
NAMES: dict[str, Pair] = {
    **{column.name: (column.zh, column.en) for column in COLUMNS if column.name not in NOT_AS_COLUMNS},
    "lon": ("经度", "longitude"),  # in the coordinates that the frame declares
    "lat": ("纬度", "latitude"),
    **electric.NAMES,
    **boxes.NAMES,
    **diagnostics.NAMES,
    **family.NAMES,
    "accuracy_m": ("定位精度", "accuracy"),
    "form": ("文本形式", "form"),
}
FORMS: dict[str, Pair] = {
    "native": ("本平台约定", "this platform's own"),
    "thingsboard": ("ThingsBoard遥测", "ThingsBoard telemetry"),
    "gateway": ("ThingsBoard网关", "ThingsBoard gateway"),
}
CRS: dict[str, Pair] = {"wgs84": ("WGS-84", "WGS-84"), "gcj02": ("GCJ-02", "GCJ-02")}
# name of a field -> its codes
VALUES: dict[str, dict[str, Pair]] = {
    "protocol": family.PROTOCOLS,
    "message": family.MESSAGES,
    "information": {**family.INFORMATION, **electric.INFORMATION},
    "layout": family.LAYOUTS,
    "unit": family.UNITS,
    "flags": {str(flag.name): pair for flag, pair in PACKET_FLAGS.items()},
    "monitors": diagnostics.MONITORS,
    "not_complete": diagnostics.MONITORS,
    "name": {**NAMES, **boxes.MESSAGES},
    "names": bits.EVERY,
    "notes": boxes.NOTES,
    "load": boxes.LOADS,
    "form": FORMS,
    "coordinates": CRS,
}
