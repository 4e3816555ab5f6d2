"""Bodies: HTML as a serializer writes it, in which every attribute is quoted and every element closed.

That is what feedbraid publishes (N42), and what is checked: balance, elements and attributes that are safe in
everybody's reader (RFC 4287 8.1), absolute addresses. No second HTML parser: two runs of a linear pattern over a
body, and a look at each kind of tag.
"""

from __future__ import annotations

import re

from feedbraid.conformance._report import MOST, Report
from feedbraid.conformance._values import words

_TAG = re.compile(r'<[^<>"]*+(?:"[^"]*+"[^<>"]*+|(?!))*+>')
_START = re.compile(r'<([a-z][a-z0-9]*+)((?: [a-z][a-z0-9-]*+="[^"]*+"|(?!))*+)>')
_ATTRIBUTE = re.compile(r' ([a-z][a-z0-9-]*+)="([^"]*+)"')
_REFERENCE = re.compile("(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});")
_FREQUENT = ("amp;", "lt;", "gt;", "quot;", "nbsp;")

_SIGNS = "[!#-;=?-~]"
"""What an address may be written with: ASCII without blanks, quotes and angles (RFC 3986)."""
_WEB = re.compile(rf"https?://{_SIGNS}++")
_LEAF = re.compile(
    r"<(?:(p|a|em|strong|b|i|li|ul|ol|code|pre|h[1-6]|span|div|blockquote|td|th|tr|tbody|table|figure)>[^<]*+</\1>"
    rf'|a href="https?://{_SIGNS}++">[^<]*+</a>|br>|hr>'
    rf'|img(?: (?:src="https?://{_SIGNS}++"|(?:alt|title)="[^"<>]*+"|(?:width|height)="[0-9]++")|(?!))++>)'
)
"""What most bodies are made of. Without these a body is as balanced as before, and most are empty of tags."""
_ROUNDS = 4
_LINK = re.compile(rf"(?:https?://|(?:mailto|tel|ftp|magnet|xmpp|geo):){_SIGNS}++")
_FRAME = re.compile(rf"https://{_SIGNS}++")
_CANDIDATE = rf"https?://{_SIGNS}+(?: [0-9.]+[wxh])*"
_CANDIDATES = re.compile(rf"{_CANDIDATE}(?:, {_CANDIDATE})*")

_ADDRESSES = {
    "href": _LINK,
    "src": _WEB,
    "poster": _WEB,
    "cite": _WEB,
    "longdesc": _WEB,
    "srcset": _CANDIDATES,
}

_VOID = words("area br col hr img source track wbr")
_SAFE = _VOID | words(
    "a abbr acronym address article aside audio b bdi bdo big blockquote caption center cite code colgroup "
    "data dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup i "
    "iframe ins kbd li main map mark menu meter nav nobr ol p picture pre progress q rp rt rtc ruby s samp "
    "search section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var video"
)
_SAFE_ATTRIBUTES = words(
    "abbr align allowfullscreen alt axis bgcolor border cellpadding cellspacing char charoff cite class clear "
    "color cols colspan compact controls coords crossorigin datetime decoding default dir face frame "
    "frameborder headers height href hreflang hspace id itemprop itemscope itemtype kind label lang loading "
    "longdesc loop media muted name noshade nowrap open playsinline poster preload referrerpolicy rel "
    "reversed role rows rowspan rules scope shape size sizes span src srclang srcset start summary title "
    "translate type valign value vspace width"
)

RULE = "RFC 4287 8.1"
"""Markup of others may harm who reads it."""

_KINDS = 1_000


_good: set[str] = set()
"""The last bodies in which nothing was found: the same ones stand in each format of a feed, one after another."""

_REMEMBERED = 300


class Bodies:
    """Checks the bodies of one document, and remembers the tags that it has seen."""

    __slots__ = ("_line", "_name", "_report", "_seen")

    def __init__(self, report: Report) -> None:
        self._report = report
        self._seen: dict[str, str] = {}
        self._line = 0
        self._name = ""

    def check(self, line: int, name: str, body: str) -> None:
        """Report what is wrong with the text of the element or member called `name`."""
        if ("<" not in body and "&" not in body) or body in _good:
            return
        before = len(self._report.faults)
        self._check(line, name, body)
        if len(self._report.faults) == before < MOST:
            if len(_good) >= _REMEMBERED:
                _good.clear()
            _good.add(body)

    def _check(self, line: int, name: str, body: str) -> None:
        self._line, self._name = line, name
        if not all(part.startswith(_FREQUENT) or _REFERENCE.match(part) for part in body.split("&")[1:]):
            self._fault("N42", "an & that begins no reference")
        for _ in range(_ROUNDS):
            if "<" not in body:
                return
            body = _LEAF.sub("", body)
        self._nest(body)

    def _nest(self, body: str) -> None:
        """Look at each tag, and ask for the end of each element in its place."""
        tags = _TAG.findall(body)
        open_: list[str] = []
        seen = self._seen
        for tag in tags:
            end = seen.get(tag)
            if end:
                open_.append(end)
            elif end is None:
                if open_ and open_[-1] == tag:
                    open_.pop()
                elif end := self._end_of(tag):
                    open_.append(end)
        if open_:
            self._fault("N42", f"{open_[-1]} is missing")
        if body.count("<") != len(tags) and "<" in _TAG.sub("", body):
            self._fault("N42", "a < that begins no tag")

    def _fault(self, rule: str, text: str) -> None:
        self._report.add(self._line, rule, f"{self._name}: {text}")

    def _end_of(self, tag: str) -> str:
        """Look at a tag; give the end tag that has to follow it, nothing for an element without one."""
        found = _START.fullmatch(tag)
        if found is None:
            closing = tag.startswith("</")
            self._fault(
                "N42", f"{tag} closes nothing" if closing else f"{tag[:80]} is no tag as it should be written"
            )
            return ""
        name, attributes = found.groups()
        if name not in _SAFE:
            self._fault(RULE, f"element {name} is not safe")
        if attributes:
            self._look_at(name, _ATTRIBUTE.findall(attributes))
        end = "" if name in _VOID else f"</{name}>"
        if len(self._seen) < _KINDS and "://" not in tag:
            self._seen[tag] = end
        return end

    def _look_at(self, element: str, attributes: list[tuple[str, str]]) -> None:
        if len(dict(attributes)) < len(attributes):
            self._fault("N42", f"an attribute of {element} twice")
        for name, value in attributes:
            if name not in _SAFE_ATTRIBUTES and not name.startswith(("aria-", "data-")):
                self._fault(RULE, f"attribute {name} of {element} is not safe")
            form = _FRAME if (element, name) == ("iframe", "src") else _ADDRESSES.get(name)
            if form is not None and form.fullmatch(value) is None:
                self._fault("N45", f"{name} of {element} is no absolute address: {value[:80]!r}")
