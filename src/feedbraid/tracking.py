"""Query parameters that name a visit, not a page (N141..N144).

The lists are data that keys are made with: when they change, `urls.KEY_VERSION` gets a new number (N158).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

NAMES = frozenset(
    {
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "twclid",
        "ttclid",
        "yclid",
        "ysclid",
        "igshid",
        "srsltid",
        "li_fat_id",
        "epik",
        "mc_cid",
        "mc_eid",
        "mc_tc",
        "mkt_tok",
        "_hsenc",
        "_hsmi",
        "__hssc",
        "__hstc",
        "__hsfp",
        "hsctatracking",
        "vero_id",
        "vero_conv",
        "oly_anon_id",
        "oly_enc_id",
        "__s",
        "_openstat",
        "wickedid",
        "rb_clickid",
        "ml_subscriber",
        "ml_subscriber_hash",
        "sc_cid",
        "_bhlid",
        "fb_action_ids",
        "fb_action_types",
        "fb_ref",
        "fb_source",
        "_branch_match_id",
    }
)
"""Compared with the whole name, in lower case (N141)."""

PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_")
"""Families: compared with the start of the name, in lower case (N142)."""


def is_named(parameter: str) -> bool:
    """Tell whether a parameter, such as `fbclid=x`, is on the list of names (N141)."""
    return _name(parameter) in NAMES


def is_of_family(parameter: str) -> bool:
    """Tell whether a parameter, such as `utm_source=x`, belongs to a family (N142)."""
    return _name(parameter).startswith(PREFIXES)


def is_tracking(parameter: str) -> bool:
    """Tell whether a parameter is a tracking parameter by either list."""
    return is_named(parameter) or is_of_family(parameter)


_SECRET = re.compile(
    r"(?:.*[_.-])?(?:token|secret|key|apikey|accesskey|passw(?:or)?d|passphrase|pwd|signature|session|sessionid|jwt)"
    r"|auth|sig|pass|sid|\w*token|\w*secret"
)


def is_secret(parameter: str) -> bool:
    """Tell whether a parameter looks as if it opened a door: only who was given it may have it (T12)."""
    return _SECRET.fullmatch(_name(parameter)) is not None


def without(unwanted: Callable[[str], bool], query: str) -> str:
    """Remove parameters from a query that starts with its question mark; an emptied query is "" (N143).

    Order, separators and escapes of the others stay.
    """
    parameters = query[1:].split("&")
    kept = [parameter for parameter in parameters if not unwanted(parameter)]
    if len(kept) == len(parameters):
        return query
    rest = "&".join(kept)
    return f"?{rest}" if rest else ""


def _name(parameter: str) -> str:
    name = parameter.partition("=")[0]
    return (unquote(name) if "%" in name else name).lower()
