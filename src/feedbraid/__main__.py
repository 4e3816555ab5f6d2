"""The program: `feedbraid` and `python -m feedbraid`."""

from __future__ import annotations

import os
import sys

from feedbraid import __version__


def main() -> int:
    """Run the program and give its exit code."""
    if _is_told(sys.argv[1:]):
        return 0
    from feedbraid.cli import main as run  # noqa: PLC0415  # takes far longer than most questions about it (D23)

    return run()


def _is_told(arguments: list[str]) -> bool:
    """Answer what needs nothing but this package's own words; whatever goes wrong is left to the program."""
    if arguments == ["--version"]:
        text = f"feedbraid {__version__}\n"
    elif arguments in (["-h"], ["--help"], ["help"]):
        from feedbraid.overview import overview  # noqa: PLC0415  # as above

        text = overview()
    else:
        return False
    rest = text.encode()
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
