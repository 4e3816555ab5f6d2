"""The door to the web: polite and guarded requests.

`Fetcher` reads documents, `deliver` hands messages to other servers. Both go through `GuardedTransport`.
"""

from __future__ import annotations

from feedbraid.fetch._deliver import deliver
from feedbraid.fetch._fetcher import Answer, Body, Fetcher, NotModified
from feedbraid.fetch._transport import GuardedTransport, Resolver

__all__ = ["Answer", "Body", "Fetcher", "GuardedTransport", "NotModified", "Resolver", "deliver"]
