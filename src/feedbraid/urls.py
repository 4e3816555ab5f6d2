"""URLs: the key that an entry is known by, and the form in which links are published.

The key (N130..N158) is compared and stored, never shown; two URLs with one key are one entry. The published form
(N57) keeps the source's link and only makes it a valid URI. Only http and https can be published (N56).
Every function is total: it takes any text, raises nothing, and takes time in proportion to the text.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from itertools import dropwhile
from string import ascii_letters, digits
from urllib.parse import quote, unquote

from feedbraid import tracking
from feedbraid.model import EntryKey, KeyRules
from feedbraid.nouns import dataclass

KEY_VERSION = 1
"""Stored beside each key (N158). A change of the safe rules or of the tracking lists needs a new number."""


@dataclass(frozen=True, slots=True)
class KeyStep:
    """One rule that changed something on the way to a key, and the whole URL after it."""

    rule: str
    url: str


@dataclass(frozen=True, slots=True)
class _Url:
    """An http(s) URL in parts. `userinfo@`, `:port`, `?query` and `#fragment` keep their delimiters."""

    scheme: str
    userinfo: str
    host: str
    port: str
    path: str
    query: str
    fragment: str

    @property
    def text(self) -> str:
        authority = f"{self.userinfo}{self.host}{self.port}"
        return f"{self.scheme}://{authority}{self.path}{self.query}{self.fragment}"


_NamedRule = tuple[str, Callable[[_Url], _Url]]
_DEFAULT_RULES = KeyRules()

_SHORT = 1_000
"""Characters of a URL whose key is remembered."""


def entry_key(url: str, rules: KeyRules = _DEFAULT_RULES) -> EntryKey:
    """Make the key of an absolute URL. Idempotent; what is no usable http(s) URL is returned unchanged (N130)."""
    if rules is not _DEFAULT_RULES and rules != _DEFAULT_RULES:
        return _key_by_rules(url, rules)
    return _usual_key(url) if len(url) <= _SHORT else _usual_key.__wrapped__(url)


@lru_cache(maxsize=256)
def _usual_key(url: str) -> EntryKey:
    """Make the key of a URL by the safe rules. That of the page of a feed is asked for with each entry."""
    if _is_final(url) and ";" not in url and "#" not in url:
        # Such a URL has nothing for the other rules: N131 to N140 leave alone what has its final form.
        return EntryKey(f"https://{strip_tracking(url).partition('://')[2]}")
    return _key_by_rules(url, _DEFAULT_RULES)


def _key_by_rules(url: str, rules: KeyRules) -> EntryKey:
    parts = _read(url)
    if parts is None:
        return EntryKey(url)
    for _, rule in _plan(rules):
        parts = rule(parts)
    return EntryKey(parts.text)


def key_steps(url: str, rules: KeyRules = _DEFAULT_RULES) -> tuple[KeyStep, ...]:
    """Explain a key: the rules that changed something, in order. The last step's URL is the key."""
    parts = _read(url)
    if parts is None:
        return ()
    steps = [KeyStep("N131", parts.text)] if parts.text != url else []
    for name, rule in _plan(rules):
        before, parts = parts, rule(parts)
        if parts != before:
            steps.append(KeyStep(name, parts.text))
    return tuple(steps)


def absolute(url: str, base: str = "") -> str:
    """Resolve a reference against `base` (RFC 3986, 5.2) and write it in URI form; "" when that is no http(s) URL.

    A reference that starts with `//` takes the scheme of the base, and https without a base.
    """
    if _is_final(url) and ";" not in url:
        return url
    reference = _tidied(url)
    if not reference or _SCHEME.match(reference):
        return uri_form(reference)
    if reference.startswith("/") and not reference.startswith("//"):
        root = _PLAIN_AUTHORITY.match(base)
        if root and _ascii_host(root[1]) == root[1]:
            return uri_form(root[0] + reference[1:])
    start = _read_base(base)
    if reference.startswith("//"):
        return uri_form(f"{start.scheme if start else 'https'}:{reference}")
    return uri_form(_resolved(start, reference).text) if start else ""


def uri_form(url: str) -> str:
    """Write an absolute http(s) URL as it is published (N57); "" when it is no such URL (N56).

    User and password are left out: they are a secret of whoever reads the source.
    """
    return url if _is_final(url) else _in_uri_form(url)


def _is_final(url: str) -> bool:
    """Tell at a glance that a URL has its final form: most have, and the rules cost twenty times as much."""
    found = _FINAL.fullmatch(url)
    odd = found is None or "/." in url or "&amp;" in url or ("#" in url and ";" in url)
    return found is not None and not odd and _ascii_host(found[1]) == found[1]


def _in_uri_form(url: str) -> str:
    text = _tidied(url)
    found = _PLAIN_AUTHORITY.match(text)
    if found and not any(sign in text for sign in ("#", "/.", "/%2")) and _ascii_host(found[1]) == found[1]:
        return found[0] + _ODD_RUN.sub(_escaped, text[found.end() :])
    return _by_rules(url)


def _by_rules(url: str) -> str:
    parts = _read(url)
    if parts is None:
        return ""
    for _, rule in _URI_RULES:
        parts = rule(parts)
    return replace(parts, userinfo="").text if parts.userinfo else parts.text


def still_https(url: str, before: str) -> str:
    """Give what an address was before, where it only went from https to http since; else the address (B76)."""
    return before if url.startswith("http:") and before == f"https:{url[5:]}" else url


def strip_tracking(url: str) -> str:
    """Remove the parameters of N141 and N142 from an http(s) URL; the rest stays as it is written (N143)."""
    return _stripped(url, tracking.is_tracking)


def strip_secrets(url: str) -> str:
    """Remove parameters that look like tokens and passwords from an http(s) URL, so that it can be published."""
    return _stripped(url, tracking.is_secret)


def _stripped(url: str, unwanted: Callable[[str], bool]) -> str:
    found = _HTTP_AUTHORITY.match(url) if "?" in url else None
    if not found:
        return url
    path, query, fragment = _split_path(url[found.end() :])
    return f"{found[0]}{path}{tracking.without(unwanted, query)}{fragment}"


def host_of(url: str) -> str:
    """Give the host of an http(s) URL in lower case and punycode, an IPv6 address without brackets; else ""."""
    parts = _read(url)
    return _ascii_host(parts.host).strip("[]") if parts else ""


def is_iri(text: str) -> bool:
    """Tell whether a text is an absolute IRI by generic syntax (N4), and none that a browser would run."""
    return _IRI.fullmatch(text) is not None and _RUNS.match(text) is None


def publishable_id(text: str) -> bool:
    """Tell whether an id that did not come from Atom can be our id as it stands (N5).

    An http(s) URL with user or password in it can not, and nothing with brackets: the URIs of RFC 2396, by
    which readers judge, have none.
    """
    if not text.isascii() or not is_iri(text) or "[" in text or "]" in text:
        return False
    parts = _read(text)
    return not parts.userinfo if parts else is_name(text) or _OTHER_ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Tell whether a text is a tag URI (RFC 4151) or a URN (RFC 9562, RFC 8141 without `?` and `#`)."""
    return _TAG_URI.fullmatch(text) is not None or _URN.fullmatch(text) is not None


def category_scheme(text: str) -> str:
    """Write the scheme of a category (N71): an http(s) URL without brackets, a tag URI or a URN; else ""."""
    address = uri_form(text) if text else ""
    if address:
        return "" if "[" in address else address
    return text if text and is_name(text) else ""


# --- shapes -----------------------------------------------------------------------------------------------

# Beside the signs of N4: direction marks (RFC 3987, 4.1) and what XML can not carry.
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?:[^\s\x00-\x20\x7f-\xa0<>\"{}|\\^`%\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]++"
    r"|%[0-9A-Fa-f]{2}|(?!))++"
)
_RUNS = re.compile("(?:data|javascript|livescript|mocha|vbscript):", re.IGNORECASE)
_DNS_LABEL = "[a-z0-9]++(?:-++[a-z0-9]++|(?!))*+"
_DNS_NAME = rf"{_DNS_LABEL}(?:\.{_DNS_LABEL}|(?!))*+"
_TAG_DATE = r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
_NAMESPACE = "(?!urn:|uuid:)[a-z0-9][a-z0-9-]{0,30}[a-z0-9]"
_ESCAPE = "%[0-9a-f]{2}"
# RFC 2141: what RFC 8141 has added since (`/`, `~`, `&`, `?`, `#`) makes a reader call the whole id wrong.
_NAME = rf"(?:[a-z0-9()+,.:=@;$_!*'-]|{_ESCAPE}|(?!))++"
_SPECIFIC = rf"(?:[a-z0-9;/?:@&=+$._!~*'(),-]|{_ESCAPE}|(?!))*+"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TAG_URI = re.compile(
    rf"tag:(?:[a-z0-9._-]++@)?{_DNS_NAME},{_TAG_DATE}:(?i:{_SPECIFIC}(?:#{_SPECIFIC})?)",
    re.ASCII,
)
_URN = re.compile(rf"urn:(?:uuid:{_UUID}|{_NAMESPACE}:{_NAME})", re.ASCII | re.IGNORECASE)
_OTHER_ID = re.compile(r"(?:info|news|mid|cid):.+", re.ASCII | re.IGNORECASE)


# --- reading ----------------------------------------------------------------------------------------------

_NEEDED_ESCAPE = "%(?:[89A-F][0-9A-F]|2[0-9A-CF]|3[A-F])"
_FINAL = re.compile(
    rf"https?://([a-z0-9.-]+)/(?:[\w.~!$&'()*+,;=:@/-]++|{_NEEDED_ESCAPE}|(?!))*+"
    rf"(?:\?(?:[\w.~!$&'()*+,;=:@/?-]++|{_NEEDED_ESCAPE}|(?!))++)?"
    rf"(?:#(?:[\w.~!$&'()*+,;=:@/?-]++|{_NEEDED_ESCAPE}|(?!))*+)?",
    re.ASCII,
)
"""URLs that no rule changes: a lower-case host, no port, only escapes that have to be."""

_HTTP_AUTHORITY = re.compile(r"(https?)://([^/?#]*)", re.ASCII | re.IGNORECASE)
_PLAIN_AUTHORITY = re.compile(r"https?://([a-z0-9.-]+)/")
"""Of a URL that needs no other rule than N57, unless it has a fragment or dots for segments."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# A host name has at most 253 characters (RFC 1035). Escapes make it longer, but a thousand mean no host.
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]{1,1000})(:(?:0*([0-9]{1,5}))?)?")
# Fewer characters than the grammar of URLs allows: none that an escape could hide in.
_HOST_NAME = re.compile(r"[a-z0-9._-]{1,253}")
_OUTER = "".join(chr(code) for code in range(0x3001) if chr(code).isspace() or code < 0x20) + "\ufeff"
_LINE_BREAKS = re.compile(r"[\t\r\n]+")
# All levels of escaping at once: to decode a part of them would make a key that has another key.
_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.ASCII | re.IGNORECASE)


def _tidied(url: str) -> str:
    """Undo what transport does to URLs (N131)."""
    text = url if url.isascii() else url.encode("utf-8", "ignore").decode()
    text = text.strip(_OUTER)
    if not text.isprintable():
        text = _LINE_BREAKS.sub("", text)
    if "&" in text:
        text = _AMPERSAND.sub("&", text)
    if "\\" not in text:
        return text
    path, query, fragment = _split_path(text)
    return path.replace("\\", "/") + query + fragment


def _split_path(text: str) -> tuple[str, str, str]:
    rest, mark, fragment = text.partition("#")
    path, question, query = rest.partition("?")
    return path, question + query, mark + fragment


def _read(url: str) -> _Url | None:
    """Split an http(s) URL; None when it has another scheme, no usable host or no usable port."""
    text = _tidied(url)
    found = _HTTP_AUTHORITY.match(text)
    if not found:
        return None
    user, at, place = found[2].rpartition("@")
    split = _HOST_AND_PORT.fullmatch(place)
    if not split or not _ascii_host(split[1]) or not 0 < int(split[3] or 80) < 65536:
        return None
    return _Url(found[1], user + at, split[1], split[2] or "", *_split_path(text[found.end() :]))


_read_base = lru_cache(maxsize=256)(_read)
"""All references of a post have one base."""


def _resolved(base: _Url, reference: str) -> _Url:
    """RFC 3986, 5.2.2, for a reference that has neither scheme nor authority."""
    path, query, fragment = _split_path(reference)
    if not path:
        path, query = base.path, query or base.query
    elif not path.startswith("/"):
        path = f"{base.path.rpartition('/')[0]}/{path}"
    return _Url(base.scheme, base.userinfo, base.host, base.port, path, query, fragment)


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    """Write a host in ASCII and lower case (N133); "" when it can be neither a name nor an address."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
            return host.lower()
        name = unquote(host, errors="strict")
    except ValueError:
        return ""
    name = name.lower() if name.isascii() else _punycode(name)
    return name if _HOST_NAME.fullmatch(name) and name.strip(".") else ""


def _punycode(name: str) -> str:
    import idna  # noqa: PLC0415  # slow, and most hosts are ASCII (D23)

    try:
        mapped = idna.uts46_remap(name, std3_rules=False)
    except idna.IDNAError:
        mapped = unicodedata.normalize("NFKC", name).lower()
    return ".".join(_ascii_label(label) for label in re.split("[.。．｡]", mapped))


def _ascii_label(label: str) -> str:
    """IDNA 2008, and plain punycode for what its tables refuse, such as emoji."""
    if label.isascii():
        return label
    import idna  # noqa: PLC0415  # as above

    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError:
        return "xn--" + label.encode("punycode").decode("ascii")


# --- the safe rules ---------------------------------------------------------------------------------------

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ODD = re.compile(r"%(?:[0-9A-Fa-f]{2})?|[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
_ODD_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2}|(?!))++|%|[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
_UNRESERVED = {f"%{ord(sign):02X}": sign for sign in f"{ascii_letters}{digits}-._~"}


def _in_lower_case(url: _Url) -> _Url:
    scheme, host = url.scheme.lower(), url.host.lower() if url.host.isascii() else url.host
    return url if scheme == url.scheme and host == url.host else replace(url, scheme=scheme, host=host)


def _with_ascii_host(url: _Url) -> _Url:
    host = _ascii_host(url.host)
    return url if host == url.host else replace(url, host=host)


def _without_needless_port(url: _Url) -> _Url:
    if not url.port and url.userinfo != "@":
        return url
    port = f":{url.port[1:].lstrip('0')}"
    kept = "" if port in (":", _DEFAULT_PORTS[url.scheme]) else port
    return replace(url, port=kept, userinfo="" if url.userinfo == "@" else url.userinfo)


def _without_dot_segments(url: _Url) -> _Url:
    """RFC 3986, 5.2.4. An escaped dot is a dot, as in browsers."""
    if "/." not in url.path and "/%2" not in url.path:
        return url
    segments: list[str] = []
    dots = ""
    for segment in url.path.split("/")[1:]:
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            del segments[-1:]
        elif dots != ".":
            segments.append(segment)
    end = [""] if dots in (".", "..") else []
    return replace(url, path="/".join(["", *segments, *end]))


def _escaped(found: re.Match[str]) -> str:
    """Encode what the grammar does not allow, a lone `%` too; write the digits of other escapes large."""
    text = found[0]
    if not text.startswith("%"):
        return quote(text, safe="")
    return text.upper() if len(text) > 1 else "%25"


def _decoded_or_escaped(found: re.Match[str]) -> str:
    text = _escaped(found)
    return _UNRESERVED.get(text, text)


def _key_text(text: str) -> str:
    """N137. What comes out may look like an entity again (`&%61mp;`), and is one (N131)."""
    changed = _ODD.sub(_decoded_or_escaped, text)
    return text if changed == text else _AMPERSAND.sub("&", changed)


def _with_text(change: Callable[[str], str], url: _Url) -> _Url:
    """Apply a change to the parts that can hold escapes. The first `#` and the last `@` are delimiters."""
    return _Url(
        url.scheme,
        change(url.userinfo[:-1]).replace("@", "%40") + url.userinfo[-1:] if url.userinfo else "",
        url.host,
        url.port,
        change(url.path),
        change(url.query) if url.query else "",
        url.fragment[:1] + change(url.fragment[1:]) if url.fragment else "",
    )


def _without_parameters(unwanted: Callable[[str], bool], url: _Url) -> _Url:
    query = tracking.without(unwanted, url.query) if url.query else ""
    return url if query == url.query else replace(url, query=query)


def _without_fragment(url: _Url) -> _Url:
    """Keep only the fragments by which scripts choose a page."""
    return replace(url, fragment="") if url.fragment and not url.fragment.startswith(("#!", "#/")) else url


_COMMON_RULES: tuple[_NamedRule, ...] = (
    ("N132", _in_lower_case),
    ("N133", _with_ascii_host),
    ("N134", _without_needless_port),
    ("N135", lambda url: url if url.path else replace(url, path="/")),
    ("N136", _without_dot_segments),
)
_SAFE_RULES: tuple[_NamedRule, ...] = (
    *_COMMON_RULES,
    ("N137", partial(_with_text, _key_text)),
    ("N139", lambda url: replace(url, query="") if url.query == "?" else url),
    ("N140", _without_fragment),
    ("N141", partial(_without_parameters, tracking.is_named)),
    ("N142", partial(_without_parameters, tracking.is_of_family)),
)
_URI_RULES: tuple[_NamedRule, ...] = (
    *_COMMON_RULES,
    ("N57", partial(_with_text, partial(_ODD_RUN.sub, _escaped))),
)


# --- the rules of choice ----------------------------------------------------------------------------------
# Each one also does again what those before it do to the same part: otherwise a second pass could find more.

_INDEX_FILES = frozenset({"index.html", "index.htm", "index.php"})
_AMP_HOST = re.compile(r"(?:[a-z0-9._-]+\.)?cdn\.ampproject\.org|(?:(?:www|m|mobile|amp)\.)*google\.com")
_AMP_PAGE = re.compile(
    r"(?:[a-z0-9._-]*cdn\.ampproject\.org/[a-z]|[a-z.]*google\.com/amp)(/s)?/([a-z0-9._-]+\.[a-z0-9-]+)(/.*)?"
)


@lru_cache(maxsize=64)
def _plan(rules: KeyRules) -> tuple[_NamedRule, ...]:
    plan = [*_SAFE_RULES]
    names: frozenset[str] = frozenset({"amp"}) if rules.amp else frozenset()
    labels: frozenset[str] = frozenset({"www"}) if rules.www else frozenset()
    if rules.amp:
        plan.append(("N151", _out_of_amp_cache))
        plan.append(("N151", partial(_without_parameters, ("amp", "amp=", "amp=1", "amp=true").__contains__)))
        plan.append(("N151", partial(_with_shorter_path, names)))
    if rules.http_is_https:
        plan.append(("N146", _with_https))
    if rules.www:
        plan.append(("N147", partial(_without_labels, labels)))
    if rules.mobile_hosts:
        plan.append(("N148", partial(_without_labels, labels | {"m", "mobile", "amp"})))
    if rules.index_files:
        names |= _INDEX_FILES
        plan.append(("N150", partial(_with_shorter_path, names)))
    if rules.trailing_slash:
        plan.append(("N149", partial(_with_shorter_path, names | {""})))
    return tuple(plan)


def _with_https(url: _Url) -> _Url:
    if url.scheme == "https" and url.port != _DEFAULT_PORTS["https"]:
        return url
    return replace(url, scheme="https", port="" if url.port == _DEFAULT_PORTS["https"] else url.port)


def _without_labels(labels: frozenset[str], url: _Url) -> _Url:
    """Remove leading labels of a host as long as a name of two labels is left."""
    host = url.host
    first, _, rest = host.partition(".")
    while first in labels and "." in rest.strip("."):
        host = rest
        first, _, rest = host.partition(".")
    return replace(url, host=host)


def _out_of_amp_cache(url: _Url) -> _Url:
    """Give the page that an AMP cache shows; a cache inside a cache stays as it is."""
    found = _AMP_PAGE.fullmatch(url.host + url.path) if _AMP_HOST.fullmatch(url.host) else None
    if not found or _ascii_host(found[2]) != found[2] or _AMP_HOST.fullmatch(found[2]):
        return url
    scheme = "https" if found[1] else "http"
    return replace(url, scheme=scheme, userinfo="", host=found[2], port="", path=found[3] or "/")


def _with_shorter_path(needless: frozenset[str], url: _Url) -> _Url:
    """Remove needless names from the end of a path, `amp` from its start too; "" stands for a trailing slash."""
    if _AMP_HOST.fullmatch(url.host):
        needless -= {"amp"}
    names = url.path.split("/")[1:]
    slash = not names[-1]
    if slash:
        names.pop()
    if "amp" in needless:
        names = list(dropwhile("amp".__eq__, names))
    while names and names[-1] in needless:
        slash = names.pop() in _INDEX_FILES or slash
    end = "/" if slash and names and "" not in needless else ""
    return replace(url, path=f"/{'/'.join(names)}{end}")
