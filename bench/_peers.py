"""What a user would take instead, installed from its registry when it is measured, and never shipped.

osmosfeed is not among them: it asks for the page of every entry as well, and writes a page of the last days, so it
neither does the same work nor could do without the other.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent

DEFAULT_FOLDER = "~/.cache/feedbraid-bench"

PACKAGES = {
    "reader": ("reader", "sgmllib3k"),  # reader's own copy of feedparser needs the second, and does not say so
    "rss2email": ("rss2email",),
    "naive": ("httpx", "feedparser", "feedgen", "python-frontmatter"),
}


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that asks all sources: how it is started, and the folder where it keeps everything."""

    name: str
    argv: Sequence[str]
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str) -> None:
        """Remember the folder as it is now."""
        shutil.copytree(self.folder, self.folder.with_suffix(f".{name}"), dirs_exist_ok=True)

    def restore(self, name: str) -> None:
        """Put the folder back to what was remembered."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder.with_suffix(f".{name}"), self.folder)


class Peers:
    """The environments of the peers, below one folder; each is made when it is first asked for."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder).expanduser() if folder else None

    def python(self, name: str) -> str | None:
        """Give the interpreter of a peer's environment; None, and say why, when it can not be had."""
        if self._folder is None:
            return None
        place = self._folder / name
        python = place / "bin/python"
        if not (place / "ready").exists():
            print(f"Installing {', '.join(PACKAGES[name])} in {place} ...", file=sys.stderr)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[name]]
            if not _done([sys.executable, "-m", "venv", str(place)]) or not _done(pip):
                return _missing(name, "pip could not install it")
            (place / "ready").touch()
        return str(python)

    def node(self) -> Path | None:
        """Give the folder of modules with rss-parser; None, and say why, when it can not be had."""
        if self._folder is None:
            return None
        if not shutil.which("npm"):
            return _missing("rss-parser", "there is no npm; on Debian: apt-get install npm")
        place = self._folder / "node"
        if not (place / "node_modules/rss-parser").is_dir():
            print(f"Installing rss-parser in {place} ...", file=sys.stderr)
            place.mkdir(parents=True, exist_ok=True)
            install = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", str(place), "rss-parser"]
            if not _done(install):
                return _missing("rss-parser", "npm could not install it")
        return place / "node_modules"

    def versions(self) -> dict[str, str]:
        """Give the versions of what is installed."""
        if self._folder is None:
            return {}
        found = {}
        for name, (package, *_) in PACKAGES.items():
            for file in sorted(self._folder.glob(f"{name}/lib/python3*/site-packages/{package}-*.dist-info")):
                found[package] = file.name.removesuffix(".dist-info").rpartition("-")[2]
        rss_parser = self._folder / "node/node_modules/rss-parser/package.json"
        if rss_parser.exists():
            found["rss-parser"] = json.loads(rss_parser.read_bytes())["version"]
        return found


def _done(argv: Sequence[str]) -> bool:
    return subprocess.run(argv, check=False, stdout=sys.stderr).returncode == 0


def _missing(name: str, why: str) -> None:
    print(f"{name} is left out: {why}")


def naive(peers: Peers, folder: Path, urls: Sequence[str], *, seeds: str = "") -> list[Contender]:
    """Give the stack of the four libraries, ready to run; nothing when it can not be had."""
    python = peers.python("naive")
    if python is None:
        return []
    place = _place(folder, "naive", urls)
    argv = [python, str(HERE / "_naive.py"), str(place), *filter(None, [seeds])]
    return [Contender("naive stack of four libraries", argv, place)]


def reader(peers: Peers, folder: Path, urls: Sequence[str]) -> list[Contender]:
    """Give lemon24's reader, the sources added."""
    python = peers.python("reader")
    if python is None:
        return []
    place = _place(folder, "reader", urls)
    script = str(HERE / "_reader.py")
    subprocess.run([python, script, "add", str(place)], check=True)
    return [Contender("reader", [python, script, "update", str(place)], place)]


def rss2email(peers: Peers, folder: Path, urls: Sequence[str]) -> list[Contender]:
    """Give rss2email, the sources in its configuration."""
    python = peers.python("rss2email")
    if python is None:
        return []
    place = _place(folder, "rss2email", urls)
    feeds = "".join(f"[feed.s{number}]\nurl = {url}\n" for number, url in enumerate(urls))
    (place / "config").write_text(f"[DEFAULT]\nfrom = a@out.example\nto = a@out.example\n{feeds}")
    program = str(Path(python).with_name("r2e"))
    argv = [program, "-c", str(place / "config"), "-d", str(place / "data.json"), "run", "--no-send"]
    return [Contender("rss2email run --no-send", argv, place)]


def posts_script(peers: Peers, folder: Path, urls: Sequence[str]) -> list[Contender]:
    """Give the script that writes posts with rss-parser."""
    modules = peers.node()
    if modules is None:
        return []
    place = _place(folder, "rss-parser", urls)
    argv = ["node", str(HERE / "_posts.cjs"), str(place)]
    return [Contender("rss-parser, a file a post", argv, place, {"NODE_PATH": str(modules)})]


def _place(folder: Path, name: str, urls: Sequence[str]) -> Path:
    place = folder / name
    place.mkdir()
    (place / "urls").write_text("\n".join(urls))
    return place


def debian(program: str, package: str) -> str | None:
    """Give the path of a program; None, and say which package has it, when it is not here."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        print(f"{program} is left out: it is not here; on Debian: apt-get install {package}")
    return found
