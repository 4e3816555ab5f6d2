"""The program: `feedbraid` and `python -m feedbraid`."""

from __future__ import annotations

import sys

from feedbraid.cli import main

if __name__ == "__main__":
    sys.exit(main())
