"""Proxies of pictures: how an address is sent through one, and how the address behind one is found again.

Everything here works on addresses in the form of a URI, and takes time in proportion to their length. What comes
out is an http(s) address on a host that could be on the internet; text that only looks like one stays as it is.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from fnmatch import translate
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Annotated, NamedTuple
from urllib.parse import quote, unquote

from pydantic import AfterValidator

from feedbraid import configvalues as values
from feedbraid import guard, html, urls
from feedbraid.nouns import dataclass

LONGEST = 16_000
"""Characters. No server takes a longer address; one that is longer is left alone."""

_DEEPEST = 8
"""So many proxies inside each other are undone; more are nobody's proxies."""

SERVICES: Mapping[str, str] = {
    "weserv": "https://images.weserv.nl/?url={url}",
    "wsrv": "https://wsrv.nl/?url={url}",
}
"""Proxies that anybody may use, by their names."""


# --- what counts as an address ----------------------------------------------------------------------------

_WHOLE = re.compile(
    r"(?:(https?):/{1,3}|(ssl:)/{0,3}|/{2,3})?([^/?#\\\s@]++(?:[/?#].*+)?)", re.IGNORECASE | re.DOTALL
)
_BEGINS = re.compile(r"https?:/|ssl:|//|[a-z0-9.-]+\.[a-z]{2,63}(?::[0-9]+)?(?:[/?#]|$)", re.IGNORECASE)
_HOST_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
_INSIDE = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost"}
)


def host_of(url: str) -> str:
    """Give the host of an address in the form of a URI, without its port."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


@lru_cache(maxsize=1024)
def is_public(host: str) -> bool:
    """Tell whether a host could be one of the internet, by its name alone."""
    if host.replace(".", "").isdigit():
        return _is_public_number(host)
    if _HOST_NAME.fullmatch(host) is None or host.rpartition(".")[2] in _INSIDE:
        return False
    return "xn--" not in host or html.clean(f'<a href="https://{host}/">x</a>', base="").html.startswith(
        "<a href="
    )


def _is_public_number(host: str) -> bool:
    try:
        return guard.is_public(IPv4Address(host))
    except ValueError:
        return False


def whole(stated: str, bare: str = "") -> str:
    """Give an address as it is published; "" when it is none. `bare` is the scheme of one that states none."""
    found = _WHOLE.fullmatch(stated.strip())
    scheme = found and (found[1] or ("https" if found[2] else bare))
    url = urls.uri_form(f"{scheme}://{found[3]}") if found and scheme else ""
    return url if url and is_public(host_of(url)) else ""


def address_in(stated: str, bare: str = "") -> str:
    """Read an address that is the value of a parameter: decoded once, as servers do, once more if it has to be."""
    once = _decoded(stated)
    return whole(once if _BEGINS.match(once) else _decoded(once), bare)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def parameter(query: str, name: str) -> str:
    """Give the value of the first parameter of this name, still encoded."""
    for stated in query.split("&"):
        key, _, value = stated.partition("=")
        if key == name:
            return value
    return ""


def undone(url: str, step: Callable[[str], str]) -> str:
    """Take an address out of what is around it, again and again; itself when there is no end to it.

    `step` gives what is inside of an address, or "" when nothing is.
    """
    found = url
    for _ in range(_DEEPEST):
        inner = step(found)
        if not inner:
            return found
        found = inner
    return url if step(found) else found


# --- names of hosts in options ----------------------------------------------------------------------------


def _glob(stated: str) -> str:
    labels = stated.strip().lower().split(".")
    written = [label if label.isascii() else urls.host_of(f"https://{label}/") for label in labels]
    if not all(written) or re.search(r"[^a-z0-9.*?_-]", ".".join(written)):
        raise ValueError(f"{stated!r} is no host: write its name alone, such as img.example.org or *.example.org")
    return ".".join(written)


Glob = Annotated[str, AfterValidator(_glob)]
"""A host, with * for any text; `*.example.org` is example.org too."""


def fits(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Make a test whether a host is one of those that globs name."""
    bare = [glob.removeprefix("*.") for glob in globs if glob.startswith("*.")]
    pattern = re.compile("|".join(map(translate, [*globs, *bare])) or "(?!)")
    return lru_cache(maxsize=1024)(lambda host: pattern.match(host) is not None)


# --- templates --------------------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DELIMITER = re.compile("[/?&#]")
_AS_URI = re.compile(r"%7B([a-z0-9_]+)%7D")


def _authority_and_path(url: str) -> tuple[str, str]:
    authority, slash, path = url.partition("://")[2].partition("/")
    return authority, slash + path


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "url": lambda url: quote(url, safe=""),
    "no_scheme": lambda url: quote(url.removeprefix("https://"), safe=""),
    "base64": lambda url: urlsafe_b64encode(url.encode()).decode().rstrip("="),
    "raw": str,
    "scheme": lambda url: url.partition(":")[0],
    "host": lambda url: _authority_and_path(url)[0],
    "path": lambda url: _authority_and_path(url)[1],
}
_WHOLE_ADDRESS = frozenset({"url", "no_scheme", "base64", "raw"})
_TO_THE_END = frozenset({"raw", "path"})
ANY = "any"
"""The placeholder that stands for whatever it is, where a proxy is undone."""


@dataclass(frozen=True, slots=True)
class Template:
    """How a proxy writes addresses."""

    head: str
    """What they begin with."""
    parts: tuple[tuple[str, str], ...]
    """The placeholders, each with the text after it."""

    @property
    def host(self) -> str:
        """The host of the proxy."""
        return host_of(self.head)

    def filled(self, url: str) -> str:
        """Give the address of the proxy for a picture, whose address is in the form of a URI."""
        return urls.uri_form(self.head + "".join(_WRITTEN[name](url) + after for name, after in self.parts))

    def original(self, url: str, bare: str) -> str:
        """Give the address that stands in one of the proxy; "" when this template did not write it."""
        head, rest = self.head.partition("://")[2], url.partition("://")[2]
        if not rest.startswith(head):
            return ""
        rest = rest[len(head) :]
        found: dict[str, str] = {}
        for place, (name, after) in enumerate(self.parts, 1):
            end = _end(rest, name, after, is_last=place == len(self.parts))
            if end < 0:
                return ""
            found[name], rest = rest[:end], rest[end + len(after) :]
        more = "&#" if "?" in self.head + "".join(after for _, after in self.parts) else "?#"
        return "" if rest and rest[0] not in more else _put_together(found, bare)


def _end(text: str, name: str, after: str, *, is_last: bool) -> int:
    """Find where the value of a placeholder ends; -1 when the text after it is missing."""
    if name in _TO_THE_END:
        if is_last:
            return len(text) - len(after) if text.endswith(after) else -1
        return text.find(after)
    delimiter = _DELIMITER.search(text)
    stop = delimiter.start() if delimiter else len(text)
    return text.rfind(after, 0, stop + len(after)) if after else stop


def _put_together(found: Mapping[str, str], bare: str) -> str:
    if "raw" in found:
        return whole(found["raw"])
    if "base64" in found:
        return _from_base64(found["base64"])
    if "host" in found:
        return whole(f"{found.get('scheme', bare)}://{found['host']}{found['path']}")
    return address_in(found.get("url", found.get("no_scheme", "")), bare)


def _from_base64(stated: str) -> str:
    try:
        return whole(urlsafe_b64decode(stated.rstrip("=") + "=" * (-len(stated.rstrip("=")) % 4)).decode())
    except ValueError:
        return ""


def read_template(stated: str, *, to_undo: bool = False) -> Template:
    """Read a template, or the name of a service. Raises ValueError with a message for the operator."""
    text = SERVICES.get(stated.strip(), stated.strip())
    if "://" not in text and "{" not in text:
        raise ValueError(
            f"{stated!r} is neither a service ({', '.join(SERVICES)}) nor a template such as {SERVICES['wsrv']}"
        )
    if re.search("[{}]", _PLACEHOLDER.sub("", text)):
        raise ValueError("a brace is without its other one; a placeholder is written {url}")
    _check_placeholders(_PLACEHOLDER.findall(text), to_undo=to_undo)
    _check_text(text)
    head, *rest = _AS_URI.split(urls.uri_form(text))
    return Template(head, tuple(zip(rest[::2], rest[1::2], strict=True)))


def _check_placeholders(names: list[str], *, to_undo: bool) -> None:
    known = [*_WRITTEN, *([ANY] if to_undo else [])]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no placeholder {{{name}}}; {values.nearest(name, known)}")
    if not (_WHOLE_ADDRESS & set(names) or {"host", "path"} <= set(names)):
        raise ValueError(
            "the template does not say where the address of the picture goes: write {url} there, "
            f"such as {SERVICES['wsrv']}"
        )


def _check_text(text: str) -> None:
    values.public_address(_PLACEHOLDER.sub("x", text))
    if "{" in re.split("[/?#]", text.partition("://")[2], maxsplit=1)[0]:
        raise ValueError("the host of a template has to be written out: it tells what was sent through the proxy")
    if "#" in text or text.endswith(","):
        raise ValueError("a template has no # in it and no comma at its end")


# --- known proxies ----------------------------------------------------------------------------------------


class _Place(NamedTuple):
    host: str
    path: str
    query: str
    fragment: str


_Read = Callable[[_Place, str], str]
"""Gives the address behind one of a proxy, or "". The second text is the scheme of one that states none."""

_PARTS = re.compile(r"https?://([a-z0-9._-]++)(/[^?#]*+)(?:\?([^#]*+)|(?!))?+(?:#(.*+)|(?!))?+")


def _in_query(name: str, path: str = "/") -> _Read:
    return lambda place, bare: (
        address_in(parameter(place.query, name), bare) if place.path.startswith(path) else ""
    )


def _photon(place: _Place, _bare: str) -> str:
    """`/HOST/PATH?ssl=1`; without `ssl` it asks by http, and `q` is the query of the picture."""
    query = _decoded(parameter(place.query, "q"))
    scheme = "https" if parameter(place.query, "ssl") else "http"
    has_path = place.path.count("/") > 1
    return whole(f"{scheme}:/{place.path}{'?' * bool(query)}{query}") if has_path else ""


def _gmail(place: _Place, _bare: str) -> str:
    return whole(place.fragment) if place.path.startswith(("/proxy/", "/meips/")) else ""


_STATICALLY = re.compile(r"/img/([^/]++)/(?:[a-z]++=[^,/]*+(?:,[a-z]++=[^,/]*+|(?!))*+/)?(.*+)")


def _statically(place: _Place, bare: str) -> str:
    found = _STATICALLY.fullmatch(place.path)
    return whole(f"{found[1]}/{found[2]}", bare) if found else ""


_DISCORD = re.compile(r"/external/[\w-]++/(?:(%3F[^/]*+)/)?(https?)/(.*+)")


def _discord(place: _Place, _bare: str) -> str:
    found = _DISCORD.fullmatch(place.path)
    return whole(f"{found[2]}://{found[3]}{_decoded(found[1] or '')}") if found else ""


def _pocket(place: _Place, bare: str) -> str:
    if place.path.startswith("/direct"):
        return address_in(parameter(place.query, "url"), bare)
    return address_in(place.path.rpartition("/")[2])


_SERVING_ONLY: Mapping[str, _Read] = {
    "images.weserv.nl": _in_query("url"),
    "wsrv.nl": _in_query("url"),
    **{f"i{number}.wp.com": _photon for number in range(4)},
    "external-content.duckduckgo.com": _in_query("u", "/iu"),
    "proxy.duckduckgo.com": _in_query("u", "/iu"),
    "images.duckduckgo.com": _in_query("u", "/iu"),
    "slack-imgs.com": _in_query("url"),
    "i.embed.ly": _in_query("url", "/1/"),
    "i-cdn.embed.ly": _in_query("url", "/1/"),
    "pocket-image-cache.com": _pocket,
    **{f"images-ext-{number}.discordapp.net": _discord for number in range(1, 5)},
    **{f"ci{number}.googleusercontent.com": _gmail for number in range(10)},
}
"""Hosts that do nothing else."""

_ALSO_SERVING: tuple[tuple[re.Pattern[str], _Read], ...] = (
    (re.compile(r"[a-z0-9-]++\.googleusercontent\.com"), _in_query("url", "/gadgets/proxy")),
    (re.compile(r"cdn\.statically\.io"), _statically),
    (re.compile(r"[a-z0-9.-]+\.fbcdn\.net|(?:www|external)\.facebook\.com"), _in_query("url", "/safe_image.php")),
    (re.compile(r"(?:www|images)\.google\.[a-z]{2,3}(?:\.[a-z]{2})?"), _in_query("imgurl", "/imgres")),
)

_CAMO = re.compile(r"/[0-9a-f]{40}(?:[0-9a-f]{24})?(?:/((?:[0-9a-f]{2}){8,}))?")
_SIGNED = re.compile(
    r"/(?:proxy/)?(?:insecure|unsafe|[\w-]{20,}={0,2})(?:/[a-z_]++(?::[^/]*+|(?!))++|(?!))*+"
    r"/(?:plain/(https?(?::|%3A)[^@]*+)(?:@[a-z0-9]*+)?|(aHR0c[\w-]*+={0,2})(?:\.[a-z0-9]{2,5})?)"
)


def _of_any_host(place: _Place, _bare: str) -> str:
    """Undo what programs for one's own server write: camo, imgproxy, the proxy of Miniflux."""
    camo = _CAMO.fullmatch(place.path)
    if camo:
        return _from_hex(camo[1]) if camo[1] else address_in(parameter(place.query, "url"))
    signed = _SIGNED.fullmatch(place.path)
    if not signed:
        return ""
    return address_in(signed[1]) if signed[1] else _from_base64(signed[2])


def _from_hex(stated: str) -> str:
    try:
        return whole(bytes.fromhex(stated).decode())
    except ValueError:
        return ""


_WITHOUT_SCHEME = tuple(f"/{host}" for host in ("images.weserv.nl", "wsrv.nl"))
"""Such as `src="wsrv.nl/?url=…"`, which stands below the page that it was on since addresses are absolute."""


def original(url: str, bare: str = "https") -> str:
    """Give the address behind one of a known proxy, one step; "" when it is none."""
    found = _PARTS.fullmatch(url)
    if found is None:
        return ""
    place = _Place(found[1], found[2], found[3] or "", found[4] or "")
    read = _SERVING_ONLY.get(place.host) or _reader(place)
    inner = read(place, bare)
    return inner if inner != url else ""


def _reader(place: _Place) -> _Read:
    if place.query and place.path.rstrip("/").endswith(_WITHOUT_SCHEME):
        return _in_query("url")
    return next((read for host, read in _ALSO_SERVING if host.fullmatch(place.host)), _of_any_host)


def is_proxied(url: str) -> bool:
    """Tell whether an address goes through a known proxy."""
    return host_of(url) in _SERVING_ONLY or original(url) != ""


_ANOTHER = re.compile(r"[=/]https?(?::|%3A)(?:/|%2F)|[=/]aHR0c(?:DovL|HM6L)")


def has_another(url: str) -> bool:
    """Tell whether a whole address stands in another one: probably it is one of a proxy, known or not."""
    return _ANOTHER.search(url) is not None
