"""On-board diagnostics: monitors, fault codes, the OBD body (GB 17691 Q.6.5; SAE J1979, J2012, J1939-73).

The bits of the two monitor words count from the least significant one. Some terminals send the words
byte-swapped, so the raw word is kept beside the list.
"""

from __future__ import annotations

from dataclasses import dataclass

ISO_15765, ISO_27145, SAE_J1939, ISO_15031 = 0, 1, 2, 3
NO_CODES_FROM = 0xFE  # a count of FE or FF is "invalid": no codes follow

PROTOCOLS = {
    ISO_15765: "ISO 15765",
    ISO_27145: "ISO 27145",
    SAE_J1939: "SAE J1939",
    ISO_15031: "ISO 15031",
}
MONITORS = (
    "catalyst",
    "heated_catalyst",
    "evaporative_system",
    "secondary_air",
    "air_conditioning",
    "exhaust_gas_sensor",
    "exhaust_gas_sensor_heater",
    "egr_vvt",
    "cold_start_aid",
    "boost_pressure",
    "dpf",
    "scr_nox_adsorber",
    "nmhc_catalyst",
    "misfire",
    "fuel_system",
    "comprehensive_component",
)
# SAE J1979-DA, in-use performance of compression ignition engines
IUPR = (
    "obd_conditions",
    "ignition_cycles",
    "nmhc_catalyst_completed",
    "nmhc_catalyst_conditions",
    "nox_catalyst_completed",
    "nox_catalyst_conditions",
    "nox_adsorber_completed",
    "nox_adsorber_conditions",
    "pm_filter_completed",
    "pm_filter_conditions",
    "exhaust_gas_sensor_completed",
    "exhaust_gas_sensor_conditions",
    "egr_vvt_completed",
    "egr_vvt_conditions",
    "boost_pressure_completed",
    "boost_pressure_conditions",
    "fuel_system_completed",
    "fuel_system_conditions",
)
OBD_FIXED_SIZE = 96
COUNT_AT = 95


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """Four bytes as sent, and what they say under the diagnostic protocol of the body."""

    raw: bytes
    text: str | None  # "P2047-00" or "SPN 3216 FMI 5"; None under an unknown protocol
    status: int | None = None  # ISO: the status byte
    occurrences: int | None = None  # J1939


@dataclass(frozen=True, slots=True)
class Obd:
    """Type 01 of trucks: 96 bytes and four for each code. Texts keep their padding, so nothing is lost."""

    protocol: int
    mil: int
    supported: int
    readiness: int  # bit set = not complete
    vin: str
    calibration_id: str
    verification_number: bytes
    iupr: tuple[int, ...]
    code_count: int
    codes: tuple[DiagnosticCode, ...]


def monitors(word: int) -> tuple[str, ...]:
    """The names of the bits set."""
    return tuple(name for bit, name in enumerate(MONITORS) if word >> bit & 1)


def lamp_on(mil: int) -> bool | None:
    """The malfunction lamp: 1 on, 2 flashing (machines), 0 off; anything else (FE, FF) unknown."""
    return {0: False, 1: True, 2: True}.get(mil)


def code_total(count: int) -> int:
    """How many codes follow a count byte."""
    return 0 if count >= NO_CODES_FROM else count


def read_code(raw: bytes, protocol: int) -> DiagnosticCode:
    """Four bytes under a diagnostic protocol."""
    if protocol == SAE_J1939:
        spn = raw[0] | raw[1] << 8 | raw[2] >> 5 << 16
        return DiagnosticCode(raw, f"SPN {spn} FMI {raw[2] & 0x1F}", occurrences=raw[3] & 0x7F)
    if protocol in PROTOCOLS:
        text = f"{'PCBU'[raw[0] >> 6]}{raw[0] >> 4 & 3}{raw[0] & 0xF:X}{raw[1]:02X}-{raw[2]:02X}"
        return DiagnosticCode(raw, text, status=raw[3])
    return DiagnosticCode(raw, None)


def read_codes(frame: bytes, at: int, count: int, protocol: int) -> tuple[DiagnosticCode, ...]:
    """`count` codes from byte `at` on."""
    return tuple(read_code(frame[i : i + 4], protocol) for i in range(at, at + 4 * count, 4))


def read_obd(frame: bytes, at: int, size: int) -> Obd:
    """The OBD body at byte `at`."""
    count = frame[at + COUNT_AT]
    protocol = frame[at]
    return Obd(
        protocol=protocol,
        mil=frame[at + 1],
        supported=int.from_bytes(frame[at + 2 : at + 4], "big"),
        readiness=int.from_bytes(frame[at + 4 : at + 6], "big"),
        vin=frame[at + 6 : at + 23].decode("latin-1"),
        calibration_id=frame[at + 23 : at + 41].decode("latin-1"),
        verification_number=frame[at + 41 : at + 59],
        iupr=tuple(int.from_bytes(frame[i : i + 2], "big") for i in range(at + 59, at + 95, 2)),
        code_count=count,
        codes=read_codes(frame, at + OBD_FIXED_SIZE, code_total(count), protocol),
    )


def write_obd(body: Obd) -> bytes:
    """The bytes of an OBD body."""
    words = (body.supported, body.readiness)
    head = bytes([body.protocol, body.mil]) + b"".join(word.to_bytes(2, "big") for word in words)
    texts = body.vin.encode("latin-1") + body.calibration_id.encode("latin-1") + body.verification_number
    ratios = b"".join(ratio.to_bytes(2, "big") for ratio in body.iupr)
    return head + texts + ratios + bytes([body.code_count]) + b"".join(code.raw for code in body.codes)


def blank(text: str) -> bool:
    """True for an identity that was never read: only zeros, blanks or FF."""
    return not text.strip("\0 0\xff")
