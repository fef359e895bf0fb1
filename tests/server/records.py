"""Rows for tests of pages: a truck with a terminal, its packets, a visit and the violation it amounts to."""

import hashlib
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

ZONE = "SRID=4326;MULTIPOLYGON(((120.40 41.55, 120.50 41.55, 120.50 41.60, 120.40 41.60, 120.40 41.55)))"
ACT = datetime(2026, 11, 24, 0, 15, tzinfo=UTC)
COLUMNS = 26
numbers = count(1)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and its only version."""

    id: int
    version_id: int


def zone(connection: Connection, name: str = "主城区禁用区", division: str = "211302") -> Zone:
    """A zone of ten by five kilometres that is in force since January 2026."""
    zone_id = connection.execute(
        text("INSERT INTO zones (code, name_zh, name_en, division) VALUES (:c, :n, :e, :d) RETURNING id"),
        {"c": f"Z{next(numbers)}", "n": name, "e": f"{name} en", "d": division},
    ).scalar_one()
    version_id = connection.execute(
        text(
            "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from)"
            " VALUES (:z, 1, ST_GeomFromEWKT(:g), '{}', '2026-01-01') RETURNING id"
        ),
        {"z": zone_id, "g": ZONE},
    ).scalar_one()
    return Zone(zone_id, version_id)


def truck(connection: Connection, plate: str | None = None, **values: Any) -> tuple[int, int]:
    """A truck and its terminal: (truck, terminal)."""
    n = next(numbers)
    row = {"p": plate or f"辽N{n:05}", "o": values.get("owner"), "e": values.get("enterprise_id")}
    truck_id = connection.execute(
        text(
            "INSERT INTO trucks (plate, plate_colour, vin, stage, fuel, category, division, owner, enterprise_id)"
            " VALUES (:p, 'yellow', :v, '3', 'diesel', 'heavy_goods', '211302', :o, :e) RETURNING id"
        ),
        {**row, "v": f"LZZ5CLSB8NA{n:06}"},
    ).scalar_one()
    terminal_id = connection.execute(
        text("INSERT INTO terminals (kind, device, truck_id) VALUES ('hdv', :d, :t) RETURNING id"),
        {"d": f"LZZ5CLSB8NA{n:06}", "t": truck_id},
    ).scalar_one()
    return truck_id, terminal_id


def verdict(**changes: Any) -> dict[str, Any]:
    """A verdict as server/flows/verdicts.py keeps it."""
    return {
        "weight": "violation",
        "law": "CODE",
        "sentence": {"code": "why_flagged", "zh": "货车位于禁用区内。", "en": "The truck was inside the zone."},
        "consequence": {"code": "consequence", "zh": "本记录为线索。", "en": "This is a lead."},
        "questions": [],
        "reasons": [{"code": "stage_too_low", "zh": "排放阶段为国三。", "en": "The stage is III.", "is_firm": True}],
        "segments": [
            {
                "version": 1,
                "first_at": ACT.isoformat(),
                "last_at": (ACT + timedelta(minutes=10)).isoformat(),
                "fixes": 60,
            }
        ],
        "rules": [
            {"key": "law.air@2026-08-15", "id": "law.air", "value": "CODE", "unit": "law", "certainty": "confirmed",
             "legal_basis": "CODE 1057; CODE 1242", "zh": "适用《生态环境法典》", "en": "under the Code"}
        ],
        **changes,
    }  # fmt: skip


def violation(connection: Connection, place: Zone, owner: tuple[int, int] | None = None, **values: Any) -> int:
    """A flagged violation of ten minutes."""
    truck_id, terminal_id = owner or truck(connection)
    first = values.get("first_at", ACT)
    row = {"t": terminal_id, "z": place.id, "f": first, "l": first + timedelta(minutes=10)}
    visit_id = connection.execute(
        text(
            "INSERT INTO visits (terminal_id, zone_id, first_at, last_at, established, forbidden, open, state)"
            " VALUES (:t, :z, :f, :l, true, true, false, '{}') RETURNING id"
        ),
        row,
    ).scalar_one()
    number: int = connection.execute(
        text(
            "INSERT INTO violations (number, visit_id, terminal_id, truck_id, enterprise_id, zone_id, zone_version_id,"
            " division, first_at, last_at, dwell_s, lon, lat, law, reason_codes, verdict, status, revised)"
            " VALUES (:number, :visit, :t, :truck, :enterprise, :z, :version, :division, :f, :l, 600, 120.41, 41.57,"
            " 'CODE', '{stage_too_low}', cast(:verdict AS jsonb), :status, cast(:revised AS jsonb)) RETURNING id"
        ),
        {
            **row,
            "number": f"V20261124-{next(numbers):06}",
            "visit": visit_id,
            "truck": truck_id,
            "enterprise": values.get("enterprise_id"),
            "version": place.version_id,
            "division": values.get("division", "211302"),
            "verdict": json.dumps(values.get("verdict", verdict()), ensure_ascii=False),
            "status": values.get("status", "flagged"),
            "revised": json.dumps(values.get("revised", [])),
        },
    ).scalar_one()
    return number


def packets(connection: Connection, terminal_id: int, n: int = 20, first_at: datetime = ACT) -> list[str]:
    """`n` packets of six positions, one a minute from ten minutes before, driving east through the zone; hashes."""
    connection.execute(text("SELECT ensure_packet_partitions('2026-11-23', '2026-11-25')"))
    begin = first_at - timedelta(minutes=10)
    hashes = []
    for packet in range(n):
        rows = [
            ((begin + timedelta(minutes=packet, seconds=10 * k)).timestamp() * 1e6, 120.38 + 0.005 * (packet + k / 6))
            for k in range(6)
        ]
        values = [v for at, lon in rows for v in (at, lon, 41.57, 1.0, 40.0, 90.0, *([None] * (COLUMNS - 6)))]
        raw = struct.pack(">12d", *(v for row in rows for v in row))
        digest = hashlib.sha256(raw)
        hashes.append(digest.hexdigest())
        at = begin + timedelta(minutes=packet)
        connection.execute(
            text(
                "INSERT INTO packets (measured_at, last_at, received_at, digest, terminal_id, serial, flags, samples_n,"
                " command, stream_offset, stream_stride, time_step_s, protocol, sha256, raw, sample_values)"
                " VALUES (:at, :last, :at, :digest, :t, :serial, 0, 6, 2, 0, 0, 0, 'tracker_json', :sha, :raw, :values)"
            ),
            {
                "at": at,
                "last": at + timedelta(seconds=50),
                "digest": int.from_bytes(digest.digest()[:8], "big", signed=True),
                "t": terminal_id,
                "serial": packet,
                "sha": digest.digest(),
                "raw": raw,
                "values": values,
            },
        )
    return hashes
