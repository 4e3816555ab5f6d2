"""How large and how deep a document may be, whoever reads it."""

from __future__ import annotations

MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_ELEMENTS = 200_000
MAX_ELEMENTS_PER_ITEM = 8_000
MAX_ITEMS = 5_000
