"""Output formats: one file each, exporting `FORMAT`.

A format turns a `Feed`, in which everything is decided and safe, into the bytes of one document. It is a pure
function: same feed, same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from feedbraid.model import Feed


class Format(Protocol):
    """What `formats/NAME.py` exports as `FORMAT`."""

    @property
    def file_name(self) -> str:
        """The name of the document below the feed's folder."""
        ...

    @property
    def media_type(self) -> str:
        """Without parameters; also what sibling links say (N82)."""
        ...

    def render(self, feed: Feed, self_url: str) -> bytes:
        """Write the document; `self_url` is its exact public address (N81)."""
        ...

    def read_ids(self, document: bytes) -> tuple[str, ...]:
        """Give the entry ids of a document of this format, in its order.

        Raises ValueError when it is not well-formed: such a document is never published (D18).
        """
        ...
