"""Quarantine, the way in: frames that could not be taken are kept whole, with the cause and its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import psycopg


@dataclass(frozen=True, slots=True)
class HeldFrame:
    """One refused frame."""

    kind: str
    device: str
    topic: str
    code: str
    at_byte: int
    detail: str
    raw: bytes


def hold(connection: psycopg.Connection, frames: Sequence[HeldFrame], received_us: int) -> None:
    """Keep the frames; the same bytes on the same topic again are counted, not kept twice.

    In the order of the key, so that two workers with the same frames wait for each other and never in a ring.
    """
    hashed = sorted(((sha256(one.raw).digest(), one) for one in frames), key=lambda pair: (pair[0], pair[1].topic))
    with connection.cursor() as cursor:
        cursor.executemany(
            """
INSERT INTO quarantine (received_at, last_received_at, kind, device, topic, code, at_byte, detail, sha256, raw)
VALUES (to_timestamp(%(at)s / 1e6), to_timestamp(%(at)s / 1e6), %(kind)s, %(device)s, %(topic)s, %(code)s, %(at_byte)s,
        %(detail)s, %(sha)s, %(raw)s)
ON CONFLICT (sha256, topic) DO UPDATE SET times = quarantine.times + 1, last_received_at = excluded.last_received_at,
  code = excluded.code, at_byte = excluded.at_byte, detail = excluded.detail,
  state = CASE WHEN quarantine.state = 'replayed' THEN 'held' ELSE quarantine.state END
""",
            [
                {
                    "at": received_us,
                    "kind": plain_text(one.kind)[:20],
                    "device": plain_text(one.device)[:100],
                    "topic": plain_text(one.topic)[:500],
                    "code": one.code,
                    "at_byte": one.at_byte,
                    "detail": plain_text(one.detail)[:500],
                    "sha": digest,
                    "raw": one.raw,
                }
                for digest, one in hashed
            ],
        )


def plain_text(value: str) -> str:
    """Text that PostgreSQL can keep: U+0000 and lone surrogates become the replacement sign."""
    return value.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
