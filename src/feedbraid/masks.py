"""What looks like a secret, hidden: for all that is shown to people or told to other servers (F48)."""

from __future__ import annotations

import re

_USER = re.compile(r"(://)[^/?#\s\"<>\\]*@")
_SECRET = re.compile(
    r"([?&;#](?:[\w.%-]*(?:token|secret|key|passw(?:or)?d|passphrase|pwd|signature|session|sid|jwt)|auth|sig|pass)=)"
    r"[^&;#\s\"'<>\\]*[^&;#\s\"'<>\\:,.]",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"\b(basic|bearer)\s+[\w.~+/=-]{6,}", re.IGNORECASE)


def masked(text: str) -> str:
    """Hide what looks like a secret: user names and passwords in addresses, tokens and keys in queries."""
    text = _USER.sub(r"\1***@", text)
    text = _SECRET.sub(r"\1***", text)
    return _CREDENTIAL.sub(r"\1 ***", text)
