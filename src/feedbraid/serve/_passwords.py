"""Passwords and their hashes (scrypt, RFC 7914), which a configuration has as `scrypt:16384:8:1:SALT:HASH`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

_PREFIX = "scrypt:"
_COST, _BLOCK, _LANES = 16384, 8, 1
"""16 MiB and some 50 milliseconds for each check."""

_SALT, _LENGTH = 16, 32
_MEMORY = 256 * 1024 * 1024


def hashed(password: str) -> str:
    """Give the hash of a password, for the configuration."""
    salt = os.urandom(_SALT)
    made = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return f"{_PREFIX}{_COST}:{_BLOCK}:{_LANES}:{_text(salt)}:{_text(made)}"


def is_slow(stored: str) -> bool:
    """Tell whether it is a hash, which takes its time to check."""
    return stored.startswith(_PREFIX)


def is_password(given: str, stored: str) -> bool:
    """Compare a password with a stored one or its hash, in a time that does not depend on where they differ."""
    if not is_slow(stored):
        return hmac.compare_digest(_digest(given), _digest(stored)) and bool(stored)
    _, cost, block, lanes, salt, made = stored.split(":")
    return hmac.compare_digest(_scrypt(given, _bytes(salt), int(cost), int(block), int(lanes)), _bytes(made))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    known = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(known, salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=_LENGTH)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
