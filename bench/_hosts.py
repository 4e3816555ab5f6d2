"""Many sources on several hosts of this machine: `_hosts.py SOURCES HOSTS LOG [DELAY [NETWORK]]`.

Hosts are the addresses from 127.0.1.1 on, or those of another network, all at one port, which is printed first. A
source has a few posts, one of them in common with its neighbour on another host; the first source of each host is
behind a redirect to the next one. The log has a line when a request came and one when it was answered: `+` or `-`,
the host, the path, the time of the clock that all processes share, in seconds, and who asked, or the status.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import TextIO

POSTS = 5


NETWORK = "127.0.1"


def host(number: int, network: str = NETWORK) -> str:
    """Give the address of a host."""
    return f"{network}.{number + 1}"


def urls(sources: int, hosts: int, port: int, network: str = NETWORK) -> list[str]:
    """Give the addresses of all sources: one after the other on each host in turn."""
    return [f"http://{host(number % hosts, network)}:{port}/{number}.xml" for number in range(sources)]


def config(sources: int, hosts: int, port: int, more: str = "", network: str = NETWORK) -> str:
    """Write a configuration that reads all of them."""
    lines = "\n".join(f"  s{number}: {url}" for number, url in enumerate(urls(sources, hosts, port, network)))
    allowed = ", ".join(f'"{host(one, network)}:{port}"' for one in range(hosts))
    return (
        "site: {title: Bench, url: https://feeds.example/}\n"
        f'fetch: {{allow: [{allowed}], every: 1h, spread: "0", spacing: 0}}\n'
        f"{more}\nsources:\n{lines}\n"
        f"feeds:\n  all: {{limit: 100, archive: 0}}\n  first: {{from: [s0, s1, s2]}}\n"
    )


def document(number: int, sources: int) -> bytes:
    """Give the document of a source."""
    links = [f"https://site{number}.example/{post}" for post in range(POSTS - 1)]
    links.append(f"https://shared.example/{min(number, number ^ 1) % sources}")
    items = "".join(
        f"<item><title>Post {place} of {number}</title><link>{link}</link>"
        f"<pubDate>Mon, 02 Mar 2026 {place:02}:{number % 60:02}:00 GMT</pubDate>"
        f"<description>&lt;p&gt;What source {number} says in post {place}.&lt;/p&gt;</description></item>"
        for place, link in enumerate(links)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Source {number}</title><link>https://site{number}.example/</link><description>x</description>"
        f"{items}</channel></rss>"
    ).encode()


class Hosts:
    """Answers for all hosts, and writes the log."""

    def __init__(self, sources: int, hosts: int, delay: float, log: TextIO) -> None:
        self._sources, self._hosts, self._delay, self._log = sources, hosts, delay, log

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                own = writer.get_extra_info("sockname")
                path = head.split(b" ", 2)[1].decode()
                self._note("+", own[0], path, writer.get_extra_info("peername")[0])
                status = 500
                try:
                    await asyncio.sleep(self._delay)
                    status, reply = self._reply(own, path, head)
                    writer.write(reply)
                    await writer.drain()
                finally:
                    self._note("-", own[0], path, str(status))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _note(self, *words: str) -> None:
        mark, own, path, *rest = words
        if self._log.closed:  # the server ends, and somebody was being answered
            return
        self._log.write(" ".join([mark, own, path, f"{time.monotonic():.6f}", *rest]) + "\n")

    def _reply(self, own: tuple[str, int], path: str, head: bytes) -> tuple[int, bytes]:
        name = path.strip("/").removesuffix(".xml")
        number = int(name.removeprefix("moved")) if name.removeprefix("moved").isdigit() else -1
        if not 0 <= number < self._sources:
            return 404, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if number < self._hosts and not name.startswith("moved"):
            network = own[0].rpartition(".")[0]
            place = f"http://{host((number + 1) % self._hosts, network)}:{own[1]}/moved{number}.xml"
            return 302, f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
        tag = f'"v{number}"'.encode()
        if b"if-none-match: " + tag in head.lower():
            return 304, b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n"
        body = document(number, self._sources)
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
        return 200, start % (tag, len(body)) + body


def overlaps(log: Path) -> list[str]:
    """Give the requests that came to a host while another one was being answered there."""
    busy: dict[str, str] = {}
    found = []
    for line in log.read_text().splitlines():
        mark, own, path, *_ = line.split(" ")
        if mark == "+":
            if busy.get(own):
                found.append(f"{own}: {path} while {busy[own]}")
            busy[own] = path
        elif busy.get(own) == path:
            busy[own] = ""
    return found


def askers(log: Path) -> set[str]:
    """Give the addresses of those who asked."""
    return {line.split(" ")[4] for line in log.read_text().splitlines() if line.startswith("+")}


def answered(log: Path) -> dict[str, int]:
    """Count the documents that were handed out whole, by path."""
    found: dict[str, int] = {}
    for line in log.read_text().splitlines():
        mark, _, path, *rest = line.split(" ")
        if mark == "-" and rest[-1] == "200":
            found[path] = found.get(path, 0) + 1
    return found


async def _serve(sources: int, hosts: int, log: Path, delay: float = 0.0, network: str = NETWORK) -> None:
    with log.open("a", buffering=1) as lines:
        answer = Hosts(sources, hosts, delay, lines).answer
        first = await asyncio.start_server(answer, host(0, network), 0, backlog=512)
        port = first.sockets[0].getsockname()[1]
        places = [host(one, network) for one in range(1, hosts)]
        others = [await asyncio.start_server(answer, place, port, backlog=512) for place in places]
        print(port, flush=True)
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        await over.wait()
        for one in (first, *others):
            one.close()


if __name__ == "__main__":
    stated = sys.argv[1:]
    asyncio.run(_serve(int(stated[0]), int(stated[1]), Path(stated[2]), *map(float, stated[3:4]), *stated[4:]))
