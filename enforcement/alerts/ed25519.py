"""Ed25519 signatures (RFC 8032) over bytes: keys are the 32 bytes of the standard, signatures its 64."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES, SIGNATURE_BYTES = 32, 64


def public_key(key: bytes) -> bytes:
    """The public half of a secret key of 32 bytes. Raises ValueError for another length."""
    return _secret(key).public_key().public_bytes_raw()


def sign(key: bytes, message: bytes) -> bytes:
    """The signature of a message: 64 bytes. Raises ValueError for a key of another length."""
    return _secret(key).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of the message was made with the other half of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _secret(key: bytes) -> Ed25519PrivateKey:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    return Ed25519PrivateKey.from_private_bytes(key)
