"""Throw damaged documents at feedbraid until the time is up: `make fuzz`, or `python fuzz --help`.

What must hold is said in `tests/fuzz_targets.py`. What does not hold is a find: it is made as small as it can be
and written to `tests/corpus/`, where `tests/test_fuzz_finds.py` asks for it from then on.

One process reads mutants, another one waits for it: a document that hangs or kills the reader costs one process
and is a find like any other. The same `--seed` gives the same mutants in the same order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
CORPUS = TESTS / "corpus"
INDEX = CORPUS / "index.txt"
NAMES = ("feed", "seed", "headers", "config")

sys.path.insert(0, str(TESTS))


def main(arguments: Sequence[str]) -> int:
    """Fuzz; 1 when there is a find."""
    asked = _parser().parse_args(arguments)
    if asked.engine == "atheris":
        import guided  # noqa: PLC0415  # it must come before all that it is to follow

        guided.watch()
    from shift import Shift, run  # noqa: PLC0415  # see above
    from shrink import smallest  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="feedbraid-fuzz-") as folder:
        shift = Shift(Path(folder, "finds"), asked.target or NAMES, seed=asked.seed, first=asked.first)
        shift.folder.mkdir()
        tempfile.tempdir = folder  # processes that die leave nothing elsewhere
        started = time.monotonic()
        if asked.engine == "atheris":
            guided.run(shift, asked.seconds, asked.runs)
        else:
            run(shift, asked.seconds, asked.runs)
        print(shift.figures(time.monotonic() - started))
        finds = shift.finds()
        for find in finds:
            small = smallest(find)
            print(f"  {_kept(find.target, find.kind, small)}: {find.kind}")
    return 1 if finds else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fuzz", description="Throw damaged documents at feedbraid.")
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    parser.add_argument("--runs", type=int, default=0, help="stop after so many mutants; 0: when the time is up")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same mutants (default: 1)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant (default: 0)")
    parser.add_argument("--target", action="append", choices=NAMES, help="only this one; may be repeated")
    parser.add_argument(
        "--engine",
        choices=("own", "atheris"),
        default="own",
        help="atheris follows coverage, where it is installed",
    )
    return parser


def _kept(target: str, kind: str, data: bytes) -> str:
    """Write a find to the corpus, and a line about it to the index there; give its name."""
    words = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in kind.lower()).split())
    name = f"{target}-{words[:50].strip('-')}-{sha256(data).hexdigest()[:6]}.bin"
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / name).write_bytes(data)
    with INDEX.open("a", encoding="utf-8") as index:
        index.write(f"{name}  {kind}\n")
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
