"""lemon24's reader, as its guide shows it: `_reader.py add FOLDER` or `_reader.py update FOLDER`.

The addresses are in FOLDER/urls. It runs in an environment of its own, for `_peers.py`.
"""

# ruff: noqa: ANN202  # an afternoon's script, as a user would have it

import sys
from pathlib import Path

from reader import make_reader


def main():
    action, folder = sys.argv[1], Path(sys.argv[2])
    reader = make_reader(str(folder / "reader.db"))
    if action == "add":
        for url in (folder / "urls").read_text().split():
            reader.add_feed(url)
    else:
        reader.update_feeds(scheduled=False)  # all, also those that were just asked


if __name__ == "__main__":
    main()
