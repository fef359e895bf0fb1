"""Ed25519 signatures (RFC 8032, 5.1) with nothing but the standard library.

One list every few minutes is signed and checked, by the platform and by gates that hold no library: a few milliseconds
each. It is not written to hide its timing: sign where nobody measures it, never on a caller's demand at a high rate.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x y = T/Z
KEY_BYTES, SIGNATURE_BYTES = 32, 64


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, p: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, p)
        p = _add(p, p)
        scalar >>= 1
    return found


def _same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def _x_of(y: int, sign: int) -> int | None:
    """The x of a point on the curve; None: there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _x_of(_BASE_Y, 0) or 0
BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def _packed(p: Point) -> bytes:
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _unpacked(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _secret(key: bytes) -> tuple[int, bytes]:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    digest = hashlib.sha512(key).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & (1 << 254) - 8 | 1 << 254, digest[32:]


def public_key(key: bytes) -> bytes:
    """The public half of a secret key of 32 bytes."""
    return _packed(_times(_secret(key)[0], BASE))


def sign(key: bytes, message: bytes) -> bytes:
    """The signature of a message: 64 bytes."""
    scalar, prefix = _secret(key)
    public = _packed(_times(scalar, BASE))
    nonce = _hash(prefix, message) % ORDER
    point = _packed(_times(nonce, BASE))
    return point + ((nonce + _hash(point, public, message) * scalar) % ORDER).to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of the message was made with the other half of this key."""
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    whose, point = _unpacked(public), _unpacked(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if whose is None or point is None or scalar >= ORDER:
        return False
    asked = _hash(signature[:32], public, message) % ORDER
    return _same(_times(scalar, BASE), _add(point, _times(asked, whose)))
