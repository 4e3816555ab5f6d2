"""HTML: what of it is published, and plain text from it and to it.

Cleaning is nh3's work: a parser of the HTML Standard with an allow-list. What needs more than one element to be
decided (lazy images, embeds, tracking pixels) is done on nh3's own output, where every attribute is quoted and
every element closed. Every function is total: it takes any text, raises nothing, and takes time in proportion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from html import escape, unescape
from html.entities import html5
from urllib.parse import quote

import nh3

from feedbraid import text, tracking, urls
from feedbraid.media import ATTRS, LAZY_SRC, LAZY_SRCSET, Media, quoted, values_of, written
from feedbraid.model import CleaningRules, Note, RawText
from feedbraid.nesting import (
    elements,
    in_place,
    is_tangled,
    is_well_nested,
    known_names,
    without_foreign_names,
    without_tags,
)
from feedbraid.nouns import dataclass

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
    stated = text.xml_safe(markup)
    if "base64," in stated:
        stated = _EMBEDDED_DATA.sub("data:,", stated)
    names = known_names(stated)
    if names is None:
        stated = _familiar(stated)
    washer = _Washer(base, entry_link or base, rules)
    if _size(stated) > MAX_BYTES:
        return washer.result(stated)
    cleaned = None if is_tangled(stated) else washer.wash(stated, names)
    if cleaned is None or (cleaned.count("<") > stated.count("<") and is_tangled(cleaned)):
        washer.note("N42", "body", "too deeply nested to be cleaned, its text kept")
        cleaned = from_plain(_flat(unescape(without_tags(stated))))
    return washer.result(cleaned)


def is_settled(markup: str) -> bool:
    """Tell whether a cleaned body is as `clean` leaves it although its text changed, or whole elements left (N50).

    False when only cleaning it shows. It takes a fraction of the time.
    """
    return (
        len(markup) * 4 < MAX_BYTES
        and bool(markup.strip())
        and not _hides(markup)
        and _tidied(markup) == markup
        and is_well_nested(markup)
    )


def _size(markup: str) -> int:
    """Give the bytes of a text in UTF-8, or a number that they surely do not exceed where that is small."""
    most = 4 * len(markup)
    return most if not MAX_BYTES < most <= 4 * MAX_BYTES else len(markup.encode())


# --- one body ---------------------------------------------------------------------------------------------

_EMBEDDED_DATA = re.compile(r"data:[\w/+.;=-]{0,100};base64,[A-Za-z0-9+/=]{1000,}+")
_AMP_END = re.compile(r"</amp-(?:anim|img)\s*>")
_AMP_IMAGE = re.compile(r"<amp-(?:anim|img)(?=[\s/>])")
_AMP_OTHER = re.compile(r"<(/?)amp-(audio|iframe|video)(?=[\s/>])")
_ANNOTATION = re.compile(r"<(/?)annotation(?:-xml)?(?=[\s/>])")
"""The same formula again, in another notation."""
_OPENING = (b"<iframe", b"<object", b"<embed", b"<noscript")
_LAZY = tuple(name.encode() for name in (*LAZY_SRC, *LAZY_SRCSET))
"""All of them begin with `data-`."""
_GONE = re.compile(r"<(script|style|template)(?=[\s/>])", re.IGNORECASE)
_GONE_NAMES = frozenset({"script", "style", "template"})
_EMBED_NAMES = frozenset({"iframe", "object", "param", "embed", "noscript"})
_IFRAMES = frozenset({"iframe"})
_HIDDEN_SIGN = re.compile(
    "&#(?!(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|1[6-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3});)"
)
"""A reference to a character that XML may not carry, or to one that is not looked at closely."""
_SELF_CLOSED = re.compile(
    r"<(a|audio|b|div|em|i|iframe|noscript|object|p|script|span|strong|style|template|textarea|title|video)"
    r"(?=[\s/])([^<>]*[\s\"']|)/>",
    re.IGNORECASE,
)
_UNREAD = re.compile(rf"(<(iframe|noscript){ATTRS}>)(.*?)</\2>", re.DOTALL)
_ESCAPES = "%(?:[89A-F][0-9A-F]|2[0-9A-CF]|3[A-F])"
_SIGNS = rf"(?:[\w.~!$'()*+,=:@-]++|/(?!\.)|{_ESCAPES}|(?!))*+"
_MORE_SIGNS = rf"(?:[\w.~!$'()*+,=:@?-]++|/(?!\.)|{_ESCAPES}|(?!))*+"
_FINAL = rf"https?://(?:[a-z0-9]++(?:-[a-z0-9]++|(?!))*+\.|(?!)){{1,40}}+[a-z]++/{_SIGNS}"
_TRACKING = "|".join(sorted(map(re.escape, (*tracking.NAMES, *tracking.PREFIXES))))
_PARAMETER = rf"(?!(?i:{_TRACKING}))[\w.~!$'()*+,:@/?-]*+(?:={_MORE_SIGNS})?"
_FINE = (
    rf'(?: href="{_FINAL}(?:\?(?=[^"#]){_PARAMETER}(?:&amp;{_PARAMETER}|(?!))*+)?(?:#{_MORE_SIGNS})?"'
    rf'| (?:cite|poster|src)="{_FINAL}(?:\?{_MORE_SIGNS}(?:&amp;{_MORE_SIGNS}|(?!))*+)?(?:#{_MORE_SIGNS})?"'
    r'| (?!(?:cite|href|poster|src|srcset)=)[^\s"=<>]++="[^"<>\xa0]*+"|(?!))*+>'
)
"""What stays as it is: addresses that are absolute, without an odd host and without parameters of a link."""
_HAS_ADDRESS = re.compile(
    rf"<(a|area|audio|blockquote|del|iframe|img|ins|q|source|track|video)(?= )(?!(?a:{_FINE}))({ATTRS})>"
)
_ANY_ATTRIBUTE = re.compile(r' (?:(cite|href|poster|src|srcset)|[^\s"=<>]++)="([^"]*+)"')
_LINE_BREAK_IN_PRE = re.compile(rf"(<pre{ATTRS}>)(?=\n)")
_ODD_SIGN = re.compile("[<>\xa0]")
_LINE_BREAKS = re.compile(r"[\t\n]")
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
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    resolved: dict[tuple[str, str], str] = field(default_factory=dict)
    media: Media = field(init=False)

    def __post_init__(self) -> None:
        self.media = Media(self.rules, self.address, self.note)

    def note(self, rule: str, thing: str, fate: str) -> None:
        self.counts[rule, thing, fate] = self.counts.get((rule, thing, fate), 0) + 1

    def result(self, markup: str) -> Cleaned:
        if _size(markup) > MAX_BYTES:
            return Cleaned("", (Note("N42", f"1 body of more than {MAX_BYTES:,} bytes left out"),))
        counts = sorted(self.counts.items()) if self.counts else ()
        notes = [Note(rule, f"{n} {thing}{'s' * (n > 1)} {fate}") for (rule, thing, fate), n in counts]
        return Cleaned(markup if markup.strip() else "", tuple(notes))

    def wash(self, markup: str, names: frozenset[str] | None = None) -> str | None:
        """Clean a body of bounded cost; None when its markup never reads back as it is written.

        `names` are those of its tags where HTML knows them all.
        """
        if names is None or not names.isdisjoint(_GONE_NAMES):
            for name in _GONE.findall(markup):
                self.note("N47", name.lower(), "removed")
        whole = _mended(markup)
        embeds = _EMBED_NAMES if names is None or "<![CDATA[" in markup else names & _EMBED_NAMES
        iframes_alone = names is not None and embeds == _IFRAMES and "pre" not in names
        lowered = _lowered(whole)
        lazy = _is_lazy(lowered)
        if not lazy and not (embeds and _has_embeds(lowered)):
            return self.washed_plainly(whole)
        short = iframes_alone and not lazy and not self.rules.embeds
        cleaned = self.washed_of_iframes(whole) if short else None
        return self.washed_of_embeds(whole) if cleaned is None else cleaned

    def washed_plainly(self, markup: str) -> str | None:
        """Clean what hides nothing."""
        safe = _HIDDEN_SIGN.search(markup) is None
        return _settled(self.addressed(_STRICT.clean(markup)), _STRICT, safe=safe)

    def washed_of_embeds(self, markup: str) -> str | None:
        """Clean what has lazy images, embeds, or something that is for readers without scripts."""
        cleaner = _STRICT_WITH_IFRAMES if self.rules.embeds else _STRICT
        cleaned = self.addressed(cleaner.clean(self.media.revealed(_laid_open(markup))))
        return _settled(cleaned.replace("<p></p>", ""), cleaner)

    def washed_of_iframes(self, markup: str) -> str | None:
        """Do what `washed_of_embeds` does in one reading, where iframes become links; None when only that can.

        There must be no other embeds, nothing lazy, and no `pre`, which loses a line break whenever it is read.
        Where the links read back as they are written, reading them once more changes nothing. (A parser puts an
        iframe in front of the table that it stands in, so that it never stands between rows and cells here.)
        """
        if _HIDDEN_SIGN.search(markup) is not None:
            return None
        counts = self.counts.copy()
        cleaned = self.media.revealed(_STRICT_BUT_IFRAMES.clean(markup))
        if "<iframe" in cleaned or not is_well_nested(cleaned):
            self.counts = counts
            self.media.linked.clear()
            return None
        return _foreseen(self.addressed(cleaned).replace("<p></p>", ""))

    def addressed(self, markup: str) -> str:
        """Make every address absolute, and remove what then shows nothing."""
        return self.media.pruned(_HAS_ADDRESS.sub(self.element, markup))

    def element(self, found: re.Match[str]) -> str:
        if _ODD_SIGN.search(found[2]) is None:
            placed = self.in_image if found[1] == "img" else self.in_element
            return f"<{found[1]}{_ANY_ATTRIBUTE.sub(placed, found[2])}>"
        stated = values_of(found[2])
        usable = {name: self.attribute(found[1], name, value) for name, value in stated.items()}
        return f"<{found[1]}{written({name: value for name, value in usable.items() if value is not None})}>"

    def in_image(self, found: re.Match[str]) -> str:
        return self.placed("img", found) if found[1] else found[0]

    def in_element(self, found: re.Match[str]) -> str:
        return self.placed("", found) if found[1] else found[0]

    def placed(self, tag: str, found: re.Match[str]) -> str:
        """Write an attribute that holds an address."""
        name, stated = found.groups()
        value = unescape(stated) if "&" in stated else stated
        usable = self.attribute(tag, name, value)
        if usable is None:
            return ""
        return found[0] if usable == value else f' {name}="{quoted(usable)}"'

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
        other = None if stated.startswith("http") else _OTHER_SCHEME.fullmatch(_LINE_BREAKS.sub("", stated))
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
    """Write AMP media as HTML has it, and what HTML does not know so that its text stays (N47).

    Where HTML knows the names of all tags, there is nothing to do.
    """
    if "<amp-" in markup:
        markup = _AMP_OTHER.sub(r"<\1\2", _AMP_IMAGE.sub("<img", _AMP_END.sub("", markup)))
    if "<math" in markup:
        markup = _ANNOTATION.sub(r"<\1template", markup)
    return without_foreign_names(markup)


def _hides(markup: str) -> bool:
    """Tell whether something has to be revealed."""
    lowered = _lowered(markup)
    return _has_embeds(lowered) or _is_lazy(lowered)


def _lowered(markup: str) -> bytes:
    """Give markup without capitals of ASCII; in UTF-8, that costs a fraction."""
    return markup.encode("utf-8", "surrogatepass").lower()


def _has_embeds(lowered: bytes) -> bool:
    """Tell whether something stands there that is embedded or not shown."""
    return any(sign in lowered for sign in _OPENING)


def _is_lazy(lowered: bytes) -> bool:
    return b"data-" in lowered and any(sign in lowered for sign in _LAZY)


def _mended(markup: str) -> str:
    """Repair what XML writers leave: CDATA marks, and self-closed elements that HTML would read as open (N38)."""
    if "<![CDATA[" in markup:
        markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    return _SELF_CLOSED.sub(r"<\1\2></\1>", markup) if _has_self_closed(markup) else markup


def _has_self_closed(markup: str) -> bool:
    """Tell whether such an element stands there: what ends with `/>` begins with the last `<` before that."""
    done, end = 0, markup.find("/>")
    while end >= 0:
        start = markup.rfind("<", done, end)
        if start >= 0 and _SELF_CLOSED.match(markup, start):
            return True
        done, end = end + 2, markup.find("/>", end + 2)
    return False


def _laid_open(markup: str) -> str:
    """Parse all that may hold images and embeds. nh3 hands on what stands in noscript and iframe as it is."""
    return _UNREAD.sub(_read, _tidied(_WIDE.clean(markup)))


def _read(found: re.Match[str]) -> str:
    opening, name, content = found.groups()
    twins = _TWINS.clean(content) if name == "noscript" and not is_tangled(content) else ""
    return f"{opening}{_UNREAD.sub(_read, twins)}</{name}>"


def _tidied(markup: str) -> str:
    """Make safe what references hid, and foresee what a parser drops: a first U+FEFF, a break in pre (N50)."""
    return _foreseen(text.xml_safe(markup))


def _foreseen(markup: str) -> str:
    return (_LINE_BREAK_IN_PRE.sub(r"\1\n", markup) if "<pre" in markup else markup).lstrip("\ufeff")


def _settled(markup: str, cleaner: nh3.Cleaner, *, safe: bool = False) -> str | None:
    """Read markup again until it stays as it is (N50): what was removed leaves nestings that a parser undoes.

    `safe` says that XML can carry all characters of it.
    """
    markup = _foreseen(markup) if safe else _tidied(markup)
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
_STRICT_BUT_IFRAMES = _cleaner(
    TAGS | {"iframe"}, {**ATTRIBUTES, "iframe": ATTRIBUTES["iframe"] | {"data", "style"}}
)
"""Lets through all of an iframe that decides what comes in its place."""
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
_BEGINNING = 1_000

_KNOWN = (
    TAGS
    | VANISHING
    | _BREAKING
    | elements("big body button embed font form head html iframe input link meta nobr object svg math")
)
_SWALLOWING = VANISHING | {"iframe", "math", "object", "svg", "textarea"}
_TAG_LIKE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])[^<>]*>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_PLAIN_REFERENCE = re.compile(
    "&(?:amp|apos|gt|hellip|lt|[mn]dash|nbsp|quot|[lr][ds]quo"
    "|#(?:3[2-9]|[4-9][0-9]|1[01][0-9]|1[6-9][0-9]|[2-9][0-9]{2}|8[0-9]{3}));"
)
"""What every reader of references reads alike."""
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"\s{2,}|[^\S \u3000]")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def to_text(markup: str) -> str:
    """Give the text of HTML on one line (N27): references decoded once, a blank where a block or line ends.

    Never cut; safe for XML (N35), without embedding controls (N32). The text of scripts and styles is gone.
    """
    if "<" not in markup and "&" not in markup:
        return _flat(markup)
    if "<" not in markup and "&" not in _PLAIN_REFERENCE.sub("", markup):
        return _flat(unescape(markup))
    safe = text.xml_safe(markup)
    safe = _familiar(safe) if known_names(safe) is None else safe
    if len(safe) > MAX_BYTES or is_tangled(safe):
        return _flat(unescape(without_tags(safe)))
    return _flat(unescape(_SERIALIZED_TAG.sub(" ", _TEXT.clean(safe))))


def says_more(markup: str, length: int) -> bool:
    """Tell at a glance that the text of a cleaned body is longer; False when only reading all of it shows.

    Without its tags, the beginning of such a body is the beginning of its text, perhaps with fewer blanks.
    """
    end = markup.rfind("<", 0, _BEGINNING + 3 * length)
    if end < 0:
        return False
    beginning = unescape(_SERIALIZED_TAG.sub("", markup[:end]))
    return sum(map(len, beginning.split())) > length and _UNSEEN.search(beginning) is None


def plain(raw: RawText) -> str:
    """Give a title, name or summary as plain text on one line of bounded length (N27..N29, N31, N32).

    A text that is stated to be text stays as it is. One that the format says nothing about is HTML when it has
    markup (N28). A reference that was escaped twice is decoded once more (N29).
    """
    stated = raw.value
    marked = raw.kind != "text" and ("<" in stated or "&" in stated)
    if marked and (raw.kind == "html" or has_markup(stated)):
        return text.one_line(_REFERENCE.sub(_decoded, to_text(stated)))
    return text.one_line(stated)


def has_markup(t: str) -> bool:
    """Tell whether a text is HTML (N28): it has a tag or a character reference that HTML knows.

    A tag that would swallow the rest counts only with its end tag: "The <script> element" is a text about it.
    """
    if "<" not in t and "&" not in t:
        return False
    for found in _TAG_LIKE.finditer(t):
        name = found[2].lower()
        if name in _KNOWN and (found[1] or name not in _SWALLOWING):
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
    if text.is_line(t):
        return t.strip()
    return _BLANKS.sub(_one_blank, _UNSEEN.sub("", text.xml_safe(t))).strip()


def _one_blank(run: re.Match[str]) -> str:
    return " " if run[0].strip("\u3000") else "\u3000"
