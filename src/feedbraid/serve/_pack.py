"""The door to compressors: the bytes of a document, made smaller in the codings of HTTP (N129h)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import brotli
import zstandard

from feedbraid.kinds import gzipped
from feedbraid.serve._nouns import CODINGS, Coding, Variant

LEAST = 256
"""Bytes: what is smaller fits into one packet as it is."""


def _brotli(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=5)
    return packed


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=9).compress(content)


_PACKERS: Mapping[Coding, Callable[[bytes], bytes]] = {"gzip": gzipped, "br": _brotli, "zstd": _zstd}
"""Each at the level that takes some milliseconds for a feed; higher ones win one part in a hundred."""


def packed(content: bytes) -> tuple[Variant, ...]:
    """Compress a document in every coding in which it becomes smaller."""
    if len(content) < LEAST:
        return ()
    made = ((coding, _PACKERS[coding](content)) for coding in CODINGS)
    return tuple(Variant(coding, len(small), small) for coding, small in made if len(small) < len(content))
