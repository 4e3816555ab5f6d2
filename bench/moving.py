"""Posts that move from one instance to the next: `python bench/moving.py [POSTS]`; 5,000 unless told.

Imported, published, exported, and imported and exported again elsewhere: there must be no difference.
"""

from __future__ import annotations

import filecmp
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from _worlds import write_seeds

CONFIG = 'site: {url: "https://out.example/"}\nseeds: {posts: seeds/}\nfeeds: {all: {title: All}}\n'


def cpu_seconds() -> float:
    """Give what programs that were started have taken, user and system: other work does not move it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(folder: Path, *arguments: str) -> None:
    start = cpu_seconds()
    program = [sys.executable, "-m", "feedbraid", *arguments]
    done = subprocess.run(program, cwd=folder, check=True, capture_output=True, text=True)
    print(f"{cpu_seconds() - start:8.2f} s  {folder.name}: {' '.join(arguments)}")
    print(f"            {done.stdout.strip()[:100]}")


def instance(folder: Path, posts: str, exported: str) -> None:
    (folder / "seeds").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    timed(folder, "import", "--posts", posts)
    timed(folder, "build")
    timed(folder, "export", "--posts", exported)
    timed(folder, "export", "--posts", exported)


def differing(one: Path, other: Path) -> list[str]:
    """Give the files that are not alike, or only in one of two folders."""
    names = {str(path.relative_to(top)) for top in (one, other) for path in top.rglob("*") if path.is_file()}
    _, unlike, missing = filecmp.cmpfiles(one, other, names, shallow=False)
    return sorted(unlike + missing)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        write_seeds(top / "posts", count)
        instance(top / "one", "../posts", "../exported")
        instance(top / "two", "../exported", "../again")
        found = differing(top / "one" / "feeds", top / "two" / "feeds") + differing(
            top / "exported", top / "again"
        )
    print(f"{count} posts, {len(found)} differences {found[:5] or ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
