"""Images and embeds in a body: lazy images, their twins in noscript, tracking pixels, players (N45, N48, N49).

Everything here works on HTML as an HTML serializer writes it: every attribute quoted, every element closed.
What comes out is cleaned again, so that nothing here decides about safety.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from feedbraid.model import CleaningRules

LAZY_SRC = (
    *("data-src", "data-lazy-src", "data-original", "data-original-src", "data-actualsrc", "data-echo"),
    *("data-lazyload", "data-lazy"),
)
LAZY_SRCSET = ("data-srcset", "data-lazy-srcset")
"""Where scripts find the address that they show later, most common first."""

ATTRS = r'(?: [^\s"=<>]++="[^"]*+"|(?!))*+'
"""A pattern of serialized attributes."""

_ATTRIBUTE = re.compile(r' ([^\s"=<>]++)="([^"]*+)"')
_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<=,)|([^,]*+))")
_DESCRIPTOR = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[whx](?: [0-9]+h)?)?")

_LAZY = re.compile(rf"<(audio|iframe|img|source|video)({ATTRS})>")
_IMAGE = re.compile(rf"<(?:(a{ATTRS}>)<)?img({ATTRS})>(</a>)?")
_PART = re.compile(rf"<(?:source|track)({ATTRS})>")
_MEDIA = re.compile(rf"<img{ATTRS}>|<iframe{ATTRS}></iframe>")
_NOSCRIPT = re.compile(rf"<(?:(img{ATTRS}>|/picture>)\s*<)?noscript{ATTRS}>(.*?)</noscript>", re.DOTALL)
_PLAYER = re.compile(rf"<object({ATTRS})>\s*+((?:<param{ATTRS}>\s*+|(?!))++)(?!<(?:embed|iframe|object))")
_PARAM = re.compile(rf"<param({ATTRS})>")
_PARAM_NAMES = frozenset({"data", "filename", "movie", "src", "url"})
_EMBEDS = "<iframe", "<object", "<embed"
_EMBED = re.compile(rf"<(?:(p{ATTRS}>\s*)<)?(?:(iframe)|object|embed)({ATTRS})>(?(2)</iframe>)(\s*</p>)?")

_NO_ADDRESS = re.compile(r"[\s{}<>]|^[^/.]*$")
_STAND_IN = re.compile(r"lazy|blank|spacer|placeholder|\.gif", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TINY = re.compile(r"\s*+(?:0*1|0++)(?:\.0*+)?\s*+(?:px)?\s*+", re.IGNORECASE)
_HOST = re.compile(r"https://(?:www\.)?([^/?#:]+)")

_COUNTERS = re.compile(
    r"""
    https?://
    (?: (?:[^/?#]*\.)?
        (?: (?:doubleclick\.net|feedsportal\.com|google-analytics\.com|googletagmanager\.com|met\.vgwort\.de
              |quantserve\.com|scorecardresearch\.com|statcounter\.com)/
          | (?:pixel|stats)\.(?:wp|wordpress)\.com/
          | feeds\.wordpress\.com/1\.0/
          | medium\.com/_/stat
          | (?:feedburner|feedproxy\.google)\.com/~
          | feedblitz\.com/~/[it]/
          | blogger\.googleusercontent\.com/tracker/
          | facebook\.com/tr\b
          | (?:amazon-adsystem\.com|assoc-amazon\.(?:com|co\.[a-z]+|[a-z]+))/e/ir
          | theconversation\.(?:com|edu\.au)/content/[0-9]+/count\.gif
        )
      | [^/?#]+/~r/[^/?#]+/~4/                          # FeedBurner under the publisher's own name
      | [^?#]+/(?:matomo|piwik)\.php(?:[?#]|$)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(slots=True)
class Media:
    """The images and embeds of one body.

    `address` resolves an address to an absolute one, or to "" when it can not be used; `note` is told the rule,
    the thing and its fate.
    """

    rules: CleaningRules
    address: Callable[[str], str]
    note: Callable[[str, str, str], None]
    linked: set[str] = field(default_factory=set)
    """Embeds that became links."""

    # --- before cleaning: what is hidden is brought to light

    def revealed(self, markup: str) -> str:
        """Wake lazy images, settle what stands in noscript, and put links in the place of embeds."""
        if " data-" in markup:
            markup = _LAZY.sub(self._awake, markup)
        if "<object" in markup:
            markup = _PLAYER.sub(_with_data, markup)
        if "<noscript" in markup:
            shown = {self._source(tag) for tag in _MEDIA.findall(_NOSCRIPT.sub(_stand_in, markup))}
            markup = _NOSCRIPT.sub(lambda found: self._twin(found, shown), markup)
        return _EMBED.sub(self._embed, markup) if any(sign in markup for sign in _EMBEDS) else markup

    def _awake(self, found: re.Match[str]) -> str:
        if " data-" not in found[2]:
            return found[0]
        values = values_of(found[2])
        src = next((values[name] for name in LAZY_SRC if self._loads(values.get(name, ""))), "")
        srcset = next((values[name] for name in LAZY_SRCSET if any(self.candidates(values.get(name, "")))), "")
        if not (src or srcset):
            return found[0]
        self.note("N45", "lazy image", "repaired")
        stated = {"src": src, "srcset": srcset, "data-src": "awake"}
        return f"<{found[1]}{written(values | {name: value for name, value in stated.items() if value})}>"

    def _loads(self, stated: str) -> bool:
        return not _NO_ADDRESS.search(stated.strip()) and self.address(stated) != ""

    def _source(self, tag: str) -> str:
        return self.address(values_of(tag).get("src", ""))

    def _twin(self, found: re.Match[str], shown: set[str]) -> str:
        """Put what a noscript shows in the place of the stand-in before it, or where nothing else shows it."""
        before = _stand_in(found)
        media = [tag for tag in _MEDIA.findall(found[2]) if self._source(tag) not in shown and not _is_hidden(tag)]
        if not media or (before and not _is_stand_in(before)):
            return before
        return "".join(media)

    # --- embeds

    def _embed(self, found: re.Match[str]) -> str:
        """Put a link in the place of an embed, and of the paragraph around it if that has nothing else."""
        opening, closing, values = f"<{found[1]}" if found[1] else "", found[4] or "", values_of(found[3])
        url = self.address(values.get("src") or values.get("data", ""))
        if not self.rules.tracking_pixels and (_is_hidden(found[3]) or _COUNTERS.match(url)):
            self.note("N49", "tracking pixel", "removed")
            url = ""
        elif found[2] and self.may_stay(url):
            kept = {
                name: values[name] for name in ("width", "height", "allowfullscreen", "title") if name in values
            }
            return f"{opening}<iframe{written({'src': url} | kept)}></iframe>{closing}"
        link = self._link(url, values.get("title", "").strip())
        return link if opening and closing else opening + link + closing

    def may_stay(self, url: str) -> bool:
        """Tell whether an iframe may show this page: https, on a listed host, with or without `www.`."""
        host = _HOST.match(url)
        return host is not None and host[1] in {name.lower().removeprefix("www.") for name in self.rules.embeds}

    def _link(self, url: str, title: str) -> str:
        if not url or url in self.linked:
            return ""
        self.linked.add(url)
        self.note("N48", "embed", "linked instead of shown")
        return f'<p><a href="{quoted(url)}">{escape(title or url, quote=False)}</a></p>'

    # --- after cleaning: what shows nothing goes

    def pruned(self, markup: str) -> str:
        """Remove images without an address, tracking pixels, and sources without one."""
        if "<img" in markup:
            markup = _IMAGE.sub(self._image, markup)
        return _PART.sub(_kept_part, markup) if "<source" in markup or "<track" in markup else markup

    def _image(self, found: re.Match[str]) -> str:
        """Remove an image that shows nothing, and the link around it if that has nothing else."""
        values = values_of(found[2])
        if values.get("src") and (self.rules.tracking_pixels or not _is_pixel(values)):
            return found[0]
        opening, closing = f"<{found[1]}" if found[1] else "", found[3] or ""
        first = next(self.candidates(values.get("srcset", "")), None) if "src" not in values else None
        added = {"src": first[0]} if first else {}
        if not first and "src" not in values:
            self.note("N45", "image", "without a usable address removed")
        elif not self.rules.tracking_pixels and _is_pixel(added | values):
            self.note("N49", "tracking pixel", "removed")
        elif not added:
            return found[0]
        else:
            return f"{opening}<img{written(added)}{found[2]}>{closing}"
        return "" if opening and closing else opening + closing

    def candidates(self, srcset: str) -> Iterator[tuple[str, str]]:
        """Read a list of images: address and size (HTML Standard 4.8.4.2.1). Commas may stand in an address."""
        for stated, descriptor in candidates_of(srcset):
            url = self.address(stated)
            if url and _DESCRIPTOR.fullmatch(descriptor):
                yield url, descriptor


def candidates_of(srcset: str) -> Iterator[tuple[str, str]]:
    """Read a list of images as it is stated: address and size."""
    for stated, size in _CANDIDATE.findall(srcset):
        yield stated.rstrip(","), " ".join(size.split())


def _with_data(found: re.Match[str]) -> str:
    """Give an old player the address that its parameters state, where no other element in it does."""
    values, parameters = values_of(found[1]), [values_of(tag[1]) for tag in _PARAM.finditer(found[2])]
    stated = [each.get("value", "") for each in parameters if each.get("name", "").lower() in _PARAM_NAMES]
    given = {} if values.get("data") or not stated else {"data": stated[0]}
    return f"<object{written(values | given)}>"


def _stand_in(found: re.Match[str]) -> str:
    """Give what stands before a noscript, as far as it is one image."""
    return f"<{found[1]}" if found[1] else ""


def values_of(attributes: str) -> dict[str, str]:
    """Read serialized attributes."""
    stated = _ATTRIBUTE.findall(attributes)
    return {name: unescape(value) for name, value in stated} if "&" in attributes else dict(stated)


def written(values: dict[str, str]) -> str:
    """Serialize attributes."""
    return "".join(f' {name}="{quoted(value)}"' for name, value in values.items())


def quoted(value: str) -> str:
    """Write a text as a serializer writes the value of an attribute."""
    return escape(value, quote=False).replace('"', "&quot;").replace("\xa0", "&nbsp;")


def _kept_part(found: re.Match[str]) -> str:
    return found[0] if values_of(found[1]).keys() & {"src", "srcset"} else ""


def _is_pixel(values: dict[str, str]) -> bool:
    """Tell whether an image is there to count readers: one pixel large, or from a known counter (N49)."""
    width, height = values.get("width"), values.get("height")
    if width and height and _TINY.fullmatch(width) and _TINY.fullmatch(height):
        return True
    return _COUNTERS.match(values.get("src", "")) is not None


def _is_hidden(tag: str) -> bool:
    values = values_of(tag)
    return _HIDDEN.search(values.get("style", "")) is not None or _is_pixel(values)


def _is_stand_in(tag: str) -> bool:
    """Tell whether an image only keeps the place of one that was not woken."""
    values = values_of(tag)
    return (
        tag.startswith("<img")
        and "data-src" not in values
        and ("src" not in values or bool(_STAND_IN.search(tag)))
    )
