"""The door to the web: polite and guarded requests.

`Fetcher` reads documents, `deliver` hands messages to other servers. Both go through `GuardedTransport`.
"""

from __future__ import annotations

import sys
from typing import Any, cast

cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
# The command line of httpx, of no use here, loads rich, pygments and click where they are installed: half of
# the time that all imports take. None tells Python that there is none (reference 5.3.1), which httpx expects.

from feedbraid.fetch._deliver import deliver  # noqa: E402  # first the above
from feedbraid.fetch._fetcher import Answer, Body, Fetcher, NotModified  # noqa: E402
from feedbraid.fetch._permits import Permits  # noqa: E402
from feedbraid.fetch._transport import GuardedTransport, Resolver  # noqa: E402

__all__ = ["Answer", "Body", "Fetcher", "GuardedTransport", "NotModified", "Permits", "Resolver", "deliver"]
