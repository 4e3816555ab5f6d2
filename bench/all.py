"""Everything, and a table of all goals: `python bench/all.py [--quick]`, or `make bench`; it takes some hours.

Each scenario is a command of its own and prints its own tables. Options are handed on to all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import GOALS_HEAD, goals_in, print_table, say

HERE = Path(__file__).resolve().parent

SCENARIOS = (
    "startup",
    "parse",
    "seeds",
    "build",
    "unchanged",
    "changed",
    "cold",
    "mixed",
    "hostile",
    "growth",
    "scale",
)


def run(name: str, options: list[str], results: Path) -> bool:
    """Run a scenario; False, and say so, when it ends with an error."""
    say(f"## {name}")
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), *options, "--results", str(results)], check=False
    )
    if done.returncode:
        say(f"{name} ended with {done.returncode}")
    return not done.returncode


def serving() -> bool:
    """Run the scenario that needs a load generator and nginx, where both are."""
    say("## serving")
    missing = [one for one in ("wrk", "nginx") if not shutil.which(one, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        print(f"left out: {' and '.join(missing)} not here; on Debian: apt-get install wrk nginx-light")
        return True
    return not subprocess.run([sys.executable, str(HERE / "serving.py")], check=False).returncode


def main() -> int:
    """Run all, and give 1 when one could not be measured; a goal that is missed is no error."""
    options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as folder:
        results = Path(folder) / "results"
        results.touch()
        done = [run(name, options, results) for name in SCENARIOS]
        if "--quick" not in options:
            done.append(serving())
        goals = sorted(goals_in(results), key=lambda goal: (not goal.number.isdigit(), goal.number.zfill(2)))
    say("## All goals")
    print_table(GOALS_HEAD, [goal.row() for goal in goals])
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
