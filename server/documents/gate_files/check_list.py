"""Checks an off-line list of a gate and answers from it, with nothing but Python 3.8 or later.

    python3 check_list.py LIST.json PUBLIC_KEY PLATE COLOUR in|out [2026-11-24T08:15:00+08:00]

LIST.json is what GET /api/v1/gate-lists/newest gave, PUBLIC_KEY the 64 hexadecimal digits of /api/v1/gate-lists/key,
put into the gate by hand. Prints one JSON line: {"answer": "allow" | "deny" | "check", "code", "zh", "en", ...}. Ends
with 0, or with 1 and {"refused": "forged" | "expired" | "not_yet" | "unreadable"}: then the gate goes by its policy.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone
from typing import Any, Tuple  # noqa: UP035 - Python 3.8

FORM = "gate-list/1"
Point = Tuple[int, int, int, int]  # noqa: UP006 - Python 3.8
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - Python 3.8 knows no datetime.UTC


class Refused(Exception):
    """The list gives no answer; the text is the code of why."""


# --- the signature: Ed25519, RFC 8032 ---


def x_of(y: int, sign: int) -> int | None:
    """The x of a point on the curve; None: there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def unpacked(data: bytes) -> Point | None:
    """The point that 32 bytes stand for; None: there is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, p: Point) -> Point:
    """A point so many times."""
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, p)
        p = add(p, p)
        scalar >>= 1
    return found


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = x_of(BASE_Y, 0) or 0
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    whose, point = unpacked(public), unpacked(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if whose is None or point is None or scalar >= ORDER:
        return False
    asked = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(scalar, BASE), add(point, times(asked, whose))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- the list ---


def opened(envelope: dict[str, Any], public: bytes) -> dict[str, Any]:
    """The content of a list that was not tampered with."""
    try:
        text = envelope["content"]
        if not is_signed(public, text.encode(), base64.b64decode(envelope["signature"], validate=True)):
            raise Refused("forged")
        content: dict[str, Any] = json.loads(text)
        if content["form"] != FORM:
            raise Refused("unreadable")
        return content
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Refused("unreadable") from None


def answer(content: dict[str, Any], plate: str, colour: str, direction: str, at: datetime) -> dict[str, Any]:
    """What the list says of a truck at a moment."""
    at_us = (at - EPOCH) // timedelta(microseconds=1)
    if at_us < content["from_us"]:
        raise Refused("not_yet")
    if at_us >= content["until_us"]:
        raise Refused("expired")
    known = next((row[4] for row in content["trucks"] if row[0] == plate and row[1] == colour), None)
    spans = content["spans"][content["others"] if known is None else known]
    held = [span for span in spans if span[0] <= at_us][-1]
    told = content["answers"][held[1 if direction == "in" else 2]]
    said = {name: told[name].replace("{plate}", plate) for name in ("zh", "en")}
    return {**told, **said, "list_id": content.get("list_id"), "is_listed": known is not None}


def say(told: dict[str, Any]) -> None:
    """One JSON line, in UTF-8 whatever the console speaks."""
    sys.stdout.buffer.write((json.dumps(told, ensure_ascii=False) + "\n").encode())


def main(words: list[str]) -> int:
    """Check, answer, print; what the program ends with."""
    if len(words) not in (5, 6) or words[4] not in ("in", "out"):
        sys.stdout.write(str(__doc__))
        return 2
    at = datetime.fromisoformat(words[5]) if len(words) == 6 else datetime.now(timezone.utc)  # noqa: UP017
    try:
        with open(words[0], encoding="utf-8") as file:
            envelope = json.load(file)
    except ValueError:
        say({"refused": "unreadable"})
        return 1
    try:
        found = answer(opened(envelope, bytes.fromhex(words[1])), words[2], words[3], words[4], at)
    except Refused as refused:
        say({"refused": str(refused)})
        return 1
    say(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
