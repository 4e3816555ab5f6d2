"""HTML: what of it is published, and plain text from it and to it.

Cleaning is nh3's work: a parser of the HTML Standard with an allow-list. What needs more than one element to be
decided (lazy images, embeds, tracking pixels) is done on nh3's own output, where every attribute is quoted and
every element closed. Every function is total: it takes any text, raises nothing, and takes time in proportion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from html.entities import html5
from urllib.parse import quote

import nh3

from feedbraid import text, urls
from feedbraid.media import ATTRS, LAZY_SRC, LAZY_SRCSET, Media, values_of, written
from feedbraid.model import CleaningRules, Note, RawText
from feedbraid.nesting import (
    elements,
    in_place,
    is_tangled,
    is_well_nested,
    without_foreign_names,
    without_tags,
)

MAX_BYTES = 1_000_000
"""Of one body in UTF-8, before and after cleaning."""

TAGS = elements(
    "a abbr acronym address area article aside audio b bdi blockquote br caption center cite code col "
    "colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup "
    "hr i img ins kbd li main map mark nav ol p picture pre q rp rt ruby s samp section small source span "
    "strike strong sub summary sup table tbody td tfoot th thead time tr track tt u ul var video wbr"
)
"""Written out, so that another version of nh3 does not change what is published (N42)."""

VANISHING = frozenset({"noscript", "script", "style", "template", "title"})
"""Elements that go with their text (N47); other unknown ones leave their text."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: frozenset(names.split())
    for tag, names in {
        "*": "class dir id lang title",
        "a": "href hreflang",
        "area": "alt coords href shape",
        "audio": "controls src",
        "blockquote": "cite",
        "col": "span",
        "colgroup": "span",
        "data": "value",
        "del": "cite datetime",
        "details": "open",
        "iframe": "allowfullscreen height src width",
        "img": "alt height loading sizes src srcset width",
        "ins": "cite datetime",
        "li": "value",
        "ol": "reversed start type",
        "q": "cite",
        "source": "height media sizes src srcset type width",
        "td": "colspan headers rowspan",
        "th": "colspan headers rowspan scope",
        "time": "datetime",
        "track": "kind label src srclang",
        "video": "controls height poster src width",
    }.items()
}
"""N43, and what picture, track, ol and details mean nothing without. No style, no rel, nothing that runs."""

SCHEMES = frozenset({"ftp", "geo", "http", "https", "magnet", "mailto", "tel", "xmpp"})
"""Of links (N44). What a reader loads without being asked is http or https."""

_DEFAULT_RULES = CleaningRules()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A body that is safe to publish, and what was removed or repaired: one note a kind."""

    html: str
    notes: tuple[Note, ...] = ()


def clean(markup: str, *, base: str, entry_link: str = "", rules: CleaningRules = _DEFAULT_RULES) -> Cleaned:
    """Make a body that is safe to publish: balanced, allow-listed, every address absolute (N42..N50, D9).

    `base` is what relative addresses are resolved against, `entry_link` what `#fragments` are. Cleaning twice is
    cleaning once. A body of more than `MAX_BYTES` is left out; one that no parser reads in linear time becomes
    its text.
    """
    stated = _familiar(_EMBEDDED_DATA.sub("data:,", text.xml_safe(markup)))
    washer = _Washer(base, entry_link or base, rules)
    if _size(stated) > MAX_BYTES:
        return washer.result(stated)
    cleaned = None if is_tangled(stated) else washer.wash(stated)
    if cleaned is None or (cleaned.count("<") > stated.count("<") and is_tangled(cleaned)):
        washer.note("N42", "body", "too deeply nested to be cleaned, its text kept")
        cleaned = from_plain(_flat(unescape(without_tags(stated))))
    return washer.result(cleaned)


def is_settled(markup: str) -> bool:
    """Tell whether a cleaned body is as `clean` leaves it although its text changed, or whole elements left (N50).

    False when only cleaning it shows. It takes a fraction of the time.
    """
    lowered = markup.lower()
    return (
        len(markup) * 4 < MAX_BYTES
        and bool(markup.strip())
        and not any(sign in lowered for sign in _TO_REVEAL)
        and _tidied(markup) == markup
        and is_well_nested(markup)
    )


def _size(markup: str) -> int:
    return len(markup) if len(markup) > MAX_BYTES else len(markup.encode())


# --- one body ---------------------------------------------------------------------------------------------

_EMBEDDED_DATA = re.compile(r"data:[\w/+.;=-]{0,100};base64,[A-Za-z0-9+/=]{1000,}+")
_AMP_END = re.compile(r"</amp-(?:anim|img)\s*>")
_AMP_IMAGE = re.compile(r"<amp-(?:anim|img)(?=[\s/>])")
_AMP_OTHER = re.compile(r"<(/?)amp-(audio|iframe|video)(?=[\s/>])")
_ANNOTATION = re.compile(r"<(/?)annotation(?:-xml)?(?=[\s/>])")
"""The same formula again, in another notation."""
_TO_REVEAL = ("<iframe", "<object", "<embed", "<noscript", *LAZY_SRC, *LAZY_SRCSET)
_GONE = re.compile(r"<(script|style|template)(?=[\s/>])", re.IGNORECASE)
_SELF_CLOSED = re.compile(
    r"<(a|audio|b|div|em|i|iframe|noscript|object|p|script|span|strong|style|template|textarea|title|video)"
    r"(?=[\s/])([^<>]*[\s\"']|)/>",
    re.IGNORECASE,
)
_UNREAD = re.compile(rf"(<(iframe|noscript){ATTRS}>)(.*?)</\2>", re.DOTALL)
_HAS_ADDRESS = re.compile(rf"<(a|area|audio|blockquote|del|iframe|img|ins|q|source|track|video)(?= )({ATTRS})>")
_LINE_BREAK_IN_PRE = re.compile(rf"(<pre{ATTRS}>)(?=\n)")
_OTHER_SCHEME = re.compile(r"(ftp|geo|magnet|mailto|tel|xmpp):(.+)", re.IGNORECASE)
_HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI_SIGNS = "!#$%&'()*+,/:;=?@[]~"
_ODD_HOST = re.compile(r"https?://[^/?#]*?(?:xn--|[0-9]\.?(?::[0-9]*)?(?:[/?#]|$))")

_ROUNDS = 8


@dataclass(slots=True)
class _Washer:
    """Cleans one body, and counts what it changes by rule, thing and fate."""

    base: str
    page: str
    rules: CleaningRules
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    resolved: dict[tuple[str, str], str] = field(default_factory=dict)
    media: Media = field(init=False)

    def __post_init__(self) -> None:
        self.media = Media(self.rules, self.address, self.note)

    def note(self, rule: str, thing: str, fate: str) -> None:
        self.counts[rule, thing, fate] += 1

    def result(self, markup: str) -> Cleaned:
        if _size(markup) > MAX_BYTES:
            return Cleaned("", (Note("N42", f"1 body of more than {MAX_BYTES:,} bytes left out"),))
        counts = sorted(self.counts.items())
        notes = (Note(rule, f"{n} {thing}{'s' * (n > 1)} {fate}") for (rule, thing, fate), n in counts)
        return Cleaned(markup if markup.strip() else "", tuple(notes))

    def wash(self, markup: str) -> str | None:
        """Clean a body of bounded cost; None when its markup never reads back as it is written."""
        for name in _GONE.findall(markup):
            self.note("N47", name.lower(), "removed")
        whole = _mended(markup)
        lowered = whole.lower()
        reveal = any(sign in lowered for sign in _TO_REVEAL)
        cleaner = _STRICT_WITH_IFRAMES if reveal and self.rules.embeds else _STRICT
        if not reveal:
            return _settled(self.addressed(cleaner.clean(whole)), cleaner)
        cleaned = self.addressed(cleaner.clean(self.media.revealed(_laid_open(whole))))
        return _settled(cleaned.replace("<p></p>", ""), cleaner)

    def addressed(self, markup: str) -> str:
        """Make every address absolute, and remove what then shows nothing."""
        return self.media.pruned(_HAS_ADDRESS.sub(self.element, markup))

    def element(self, found: re.Match[str]) -> str:
        stated = values_of(found[2])
        usable = {name: self.attribute(found[1], name, value) for name, value in stated.items()}
        return f"<{found[1]}{written({name: value for name, value in usable.items() if value is not None})}>"

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """Give the value that is published, or None."""
        if name == "href":
            usable = self.link(value.strip())
        elif name in ("src", "poster", "cite"):
            usable = self.address(value)
        elif name == "srcset":
            usable = ", ".join(f"{url} {size}".rstrip() for url, size in self.media.candidates(value))
        else:
            return value
        if not usable and tag != "img" and value.strip():
            self.note("N45", "attribute", "without a usable address removed")
        return usable or None

    def address(self, stated: str, base: str = "") -> str:
        """Resolve an address of http or https, once for each: images are asked for several times."""
        reference = stated, base or self.base
        if reference not in self.resolved:
            self.resolved[reference] = _resolved(*reference)
        return self.resolved[reference]

    def link(self, stated: str) -> str:
        other = _OTHER_SCHEME.fullmatch(re.sub(r"[\t\n]", "", stated))
        if other:
            return f"{other[1].lower()}:{quote(_HALF_ESCAPE.sub('%25', other[2]), safe=_URI_SIGNS)}"
        found = self.address(stated, self.page if stated.startswith("#") else "")
        kept = found if self.rules.tracking_parameters else urls.strip_tracking(found)
        if kept != found:
            self.note("D9", "link", "freed of tracking parameters")
        return kept


def _resolved(stated: str, base: str) -> str:
    """Make an address absolute; "" as well for a host that nh3 would refuse to read again."""
    found = urls.absolute(stated, base)
    refused = _ODD_HOST.match(found) and not _STRICT.clean(f'<a href="{found}">').startswith("<a h")
    return "" if refused else found


def _familiar(markup: str) -> str:
    """Write AMP media as HTML has it, and what HTML does not know so that its text stays (N47)."""
    if "<amp-" in markup:
        markup = _AMP_OTHER.sub(r"<\1\2", _AMP_IMAGE.sub("<img", _AMP_END.sub("", markup)))
    if "<math" in markup:
        markup = _ANNOTATION.sub(r"<\1template", markup)
    return without_foreign_names(markup)


def _mended(markup: str) -> str:
    """Repair what XML writers leave: CDATA marks, and self-closed elements that HTML would read as open (N38)."""
    if "<![CDATA[" in markup:
        markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    return _SELF_CLOSED.sub(r"<\1\2></\1>", markup) if "/>" in markup else markup


def _laid_open(markup: str) -> str:
    """Parse all that may hold images and embeds. nh3 hands on what stands in noscript and iframe as it is."""
    return _UNREAD.sub(_read, _tidied(_WIDE.clean(markup)))


def _read(found: re.Match[str]) -> str:
    opening, name, content = found.groups()
    twins = _TWINS.clean(content) if name == "noscript" and not is_tangled(content) else ""
    return f"{opening}{_UNREAD.sub(_read, twins)}</{name}>"


def _tidied(markup: str) -> str:
    """Make safe what references hid, and foresee what a parser drops: a first U+FEFF, a break in pre (N50)."""
    return _LINE_BREAK_IN_PRE.sub(r"\1\n", text.xml_safe(markup)).lstrip("\ufeff")


def _settled(markup: str, cleaner: nh3.Cleaner) -> str | None:
    """Read markup again until it stays as it is (N50): what was removed leaves nestings that a parser undoes."""
    markup = _tidied(markup)
    for _ in range(_ROUNDS):
        again = markup if is_well_nested(markup) else _tidied(in_place(cleaner.clean(markup)))
        if again == markup:
            return markup
        markup = again
    return None


def _cleaner(
    tags: frozenset[str],
    attributes: Mapping[str, frozenset[str]],
    vanishing: frozenset[str] = VANISHING,
) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=vanishing,
        attributes=attributes,
        link_rel=None,
        url_schemes=SCHEMES,
    )


_STRICT = _cleaner(TAGS, ATTRIBUTES)
_STRICT_WITH_IFRAMES = _cleaner(TAGS | {"iframe"}, ATTRIBUTES)
_ANY: Mapping[str, frozenset[str]] = {
    "*": frozenset().union(*ATTRIBUTES.values(), LAZY_SRC, LAZY_SRCSET, ("data", "name", "style"))
}
_WIDE = _cleaner(TAGS | {"embed", "iframe", "noscript", "object", "param"}, _ANY, VANISHING - {"noscript"})
_TWINS = _cleaner(frozenset({"iframe", "img"}), _ANY)
"""These let through what is needed to find images and embeds; a strict one always follows."""


# --- plain text -------------------------------------------------------------------------------------------

_BREAKING = elements(
    "address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main nav ol option p pre section summary table "
    "tbody td tfoot th thead tr ul"
)
_TEXT = _cleaner(_BREAKING, {}, frozenset({"noscript", "script", "style", "template"}))
_SERIALIZED_TAG = re.compile(r"<[^<>]*>")

_KNOWN = (
    TAGS
    | VANISHING
    | _BREAKING
    | elements("big body button embed font form head html iframe input link meta nobr object svg math")
)
_SWALLOWING = VANISHING | {"iframe", "math", "object", "svg", "textarea"}
_TAG_LIKE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])[^<>]*>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"\s{2,}|[^\S \u3000]")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def to_text(markup: str) -> str:
    """Give the text of HTML on one line (N27): references decoded once, a blank where a block or line ends.

    Never cut; safe for XML (N35), without embedding controls (N32). The text of scripts and styles is gone.
    """
    if "<" not in markup and "&" not in markup:
        return _flat(markup)
    safe = _familiar(text.xml_safe(markup))
    if len(safe) > MAX_BYTES or is_tangled(safe):
        return _flat(unescape(without_tags(safe)))
    return _flat(unescape(_SERIALIZED_TAG.sub(" ", _TEXT.clean(safe))))


def plain(raw: RawText) -> str:
    """Give a title, name or summary as plain text on one line of bounded length (N27..N29, N31, N32).

    A text that is stated to be text stays as it is. One that the format says nothing about is HTML when it has
    markup (N28). A reference that was escaped twice is decoded once more (N29).
    """
    if raw.kind == "html" or (raw.kind == "unknown" and has_markup(raw.value)):
        return text.one_line(_REFERENCE.sub(_decoded, to_text(raw.value)))
    return text.one_line(raw.value)


def has_markup(t: str) -> bool:
    """Tell whether a text is HTML (N28): it has a tag or a character reference that HTML knows.

    A tag that would swallow the rest counts only with its end tag: "The <script> element" is a text about it.
    """
    tags = [(end, name.lower()) for end, name in _TAG_LIKE.findall(t)]
    ended = {name for end, name in tags if end}
    if any(name in _KNOWN and (name in ended or name not in _SWALLOWING) for _, name in tags):
        return True
    return any(_is_known(found[0]) for found in _REFERENCE.finditer(t))


def from_plain(t: str) -> str:
    """Write plain text as HTML (N37): escaped, blank lines end paragraphs, other line ends become `<br>`."""
    paragraphs = _PARAGRAPHS.split(text.xml_safe(t).strip())
    return "".join(f"<p>{escape(p, quote=False).replace(chr(10), '<br>')}</p>" for p in paragraphs if p)


def _is_known(reference: str) -> bool:
    return reference.startswith("&#") or reference[1:] in html5


def _decoded(found: re.Match[str]) -> str:
    return unescape(found[0]) if _is_known(found[0]) else found[0]


def _flat(t: str) -> str:
    """Do what `text.one_line` does, without its limit."""
    return _BLANKS.sub(_one_blank, _UNSEEN.sub("", text.xml_safe(t))).strip()


def _one_blank(run: re.Match[str]) -> str:
    return " " if run[0].strip("\u3000") else "\u3000"
