"""A thread that delivers messages to other servers, so that no pass waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST_PAUSE = 300.0
"""Seconds after which it is looked anyhow whether there is something to deliver."""

PATIENCE = 5.0
"""Seconds that a delivery has to come to its end when the service ends; what is left is delivered next time."""


class Courier:
    """Calls `deliver` at once, whenever it is rung for, and after the seconds that the last call gave."""

    def __init__(self, deliver: Callable[[], float | None], complain: Callable[[str], None]) -> None:
        self._deliver = deliver
        self._complain = complain
        self._bell = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._work, name="feedbraid-courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, when what is under way is done or takes too long."""
        self._is_ending = True  # before the bell: whoever clears it looks once more
        self._bell.set()
        self._thread.join(PATIENCE)

    def ring(self) -> None:
        """Have it look at once; from any thread."""
        self._bell.set()

    def _work(self) -> None:
        while True:
            self._bell.clear()
            if self._is_ending:
                return
            pause = self._delivered()
            self._bell.wait(min(LONGEST_PAUSE, pause if pause is not None else LONGEST_PAUSE))

    def _delivered(self) -> float | None:
        try:
            return self._deliver()
        except Exception as error:  # noqa: BLE001  # whatever it is, feeds go on, and the next time may do
            self._complain(f"messages could not be delivered: {error}")
            return None
