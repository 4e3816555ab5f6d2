"""From the page of a post to its text, as HTML that is safe to publish.

Where the text stands, an operator says by CSS selectors; else trafilatura does, which knows what articles look
like. What it would write itself lacks captions, numbers of lists, repeated lines and blanks beside emphasis. So
its words only tell which parts of the page are the post, and these are taken as the page has them.
Reading a page belongs into a parser process: the bounds here are against what no deadline would help with.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from feedbraid import charset, html, urls
from feedbraid.model import CleaningRules, Failed, Recipe
from feedbraid.nesting import elements, is_tangled

MAX_BYTES = 5_000_000
"""Of a page: several times what the largest articles need with everything around them."""

MAX_ELEMENTS = 50_000
"""Of a page in which the text is looked for; that takes time by the square of them."""

LEAST_TEXT = 200
"""Bytes of text in UTF-8, below which a page has asked for consent, a captcha or a script instead."""


def selector(stated: str) -> str:
    """Check a CSS selector. Raises ValueError with a message for the operator."""
    from lxml.cssselect import SelectorError  # noqa: PLC0415  # only where one is configured
    from lxml.etree import XPathError  # noqa: PLC0415  # as above

    try:
        _selected(_tree("<p>"), [stated])
    except (SelectorError, XPathError, ValueError, RecursionError) as error:
        raise ValueError(f"{stated!r} is no CSS selector: {error}") from None
    return stated


# --- from bytes to a tree ---------------------------------------------------------------------------------

_Element = Any
"""Of lxml, which has no types."""

_KINDS = frozenset({"", "application/xhtml+xml", "application/xml", "text/html", "text/xml"})
_BINARY = (b"\x1f\x8b", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"RIFF", b"BZh", b"\0\0\1\0")
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|article|main|section|table|h[1-6]|span|br)(?=[\s/>])",
    re.IGNORECASE,
)
_OTHER_XML = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:rss|feed|rdf:RDF|svg|urlset|sitemapindex)[\s>]",
    re.DOTALL,
)
_START = 100_000
_SHOWN = re.compile(r"<(?:audio|iframe|img|video)[ >]")


def extract(content: bytes, content_type: str, url: str, recipe: Recipe, cleaning: CleaningRules) -> str | Failed:
    """Find the text of a post on its page; `url` is the final address of that."""
    markup = _markup(content, content_type)
    if isinstance(markup, Failed):
        return markup
    tree = _tree(markup)
    for part in _selected(tree, recipe.remove):
        _dropped(part)
    base = _base(tree, url)
    found = _named(tree, recipe.css) if recipe.css else _looked_for(tree)
    if isinstance(found, Failed):
        return found
    return _judged(html.clean(found, base=base, entry_link=url, rules=cleaning).html, recipe)


def _judged(text: str, recipe: Recipe) -> str | Failed:
    """Refuse what is no text of a post. An operator who names elements may want a picture alone."""
    size = len(html.to_text(text).encode())
    if not size and _SHOWN.search(text) is None:
        return Failed(reason="nothing on the page can be published, or more than a post can hold")
    if not recipe.css and size < LEAST_TEXT:
        return Failed(reason=f"hardly any text is on the page ({size} bytes)")
    return text


def _markup(content: bytes, content_type: str) -> str | Failed:
    """Read the bytes of a page, unless it is something else."""
    refusal = _refusal(content, content_type.partition(";")[0].strip().lower())
    if refusal:
        return Failed(reason=refusal)
    markup = charset.decode_page(content, content_type)
    if not markup.strip():
        return Failed(reason="the page is empty")
    if _HTML.search(markup, 0, _START) is None or _OTHER_XML.match(markup):
        return Failed(reason="this is no web page")
    return Failed(reason="the page is too deeply nested to be read") if is_tangled(markup) else markup


def _refusal(content: bytes, kind: str) -> str:
    if kind not in _KINDS:
        return f"this is no web page, but {kind[:60]}"
    if len(content) > MAX_BYTES:
        return f"the page is larger than {MAX_BYTES:,} bytes"
    return "this is no web page, but binary data" if content.startswith(_BINARY) else ""


def _tree(markup: str) -> _Element:
    from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415  # only where a page is read

    # Depth is judged already. Bytes, because a text that states its character set is refused.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    return document_fromstring(markup.encode("utf-8", "replace"), parser=parser)


def _base(tree: _Element, url: str) -> str:
    """Give where relative addresses begin (HTML Standard 4.2.3)."""
    stated = next((one.get("href") for one in tree.iter("base") if one.get("href")), "")
    return urls.absolute(stated, url) or url


def _selected(tree: _Element, selectors: Sequence[str]) -> list[_Element]:
    """Give what one of the selectors names, in the order of the page; nothing that is inside of another one."""
    from lxml.cssselect import CSSSelector  # noqa: PLC0415  # as above

    found = {one for stated in selectors for one in CSSSelector(stated, translator="html")(tree)}
    return [one for one in tree.iter() if one in found and found.isdisjoint(one.iterancestors())] if found else []


def _dropped(part: _Element) -> None:
    """Remove an element with all that is in it; the text behind it stays."""
    if part.getparent() is not None:
        part.drop_tree()


def _without_controls(tree: _Element) -> None:
    """Remove elements whose text nobody reads as such."""
    from lxml.etree import strip_elements  # noqa: PLC0415  # as above

    strip_elements(tree, "button", "input", "script", "select", "style", "svg", "textarea", with_tail=False)


def _written(parts: Iterable[_Element]) -> str:
    from lxml.html import tostring  # noqa: PLC0415  # as above

    return "".join(tostring(part, encoding="unicode", with_tail=False) for part in parts)


# --- where an operator says it stands ---------------------------------------------------------------------


def _named(tree: _Element, selectors: Sequence[str]) -> str | Failed:
    _without_controls(tree)
    parts = _selected(tree, selectors)
    if not parts:
        return Failed(reason=f"nothing on the page is named by {', '.join(selectors)}")
    return _written(_without_title(parts, _titles(tree)))


# --- where trafilatura finds it ---------------------------------------------------------------------------

_BLOCKS = elements(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main nav ol p pre section summary table tbody "
    "td tfoot th thead tr ul"
)
_INLINE_THERE = elements("code del graphic hi ref")
"""What trafilatura's own elements have inside of a paragraph."""
_UNITS = elements("blockquote details dl figure h1 h2 h3 h4 h5 h6 li ol p pre table ul")
"""What is taken as it is when most of it is wanted: a table without some of its cells is none."""
_FRAMES = elements("article body center div main section")
_MEDIA = elements("audio embed iframe img noscript object picture video")
_PICTURED = re.compile(r"caption|figure|image|img|media|photo|picture", re.IGNORECASE)
_EDGE = 20
"""Characters at the start or end of a text by which it is recognised."""
_NEARLY_ALL, _MOST = 0.8, 0.6
"""Of the wanted text: a list that holds most of it is no list of the post, but what the post is laid out with."""


def _looked_for(tree: _Element) -> str | Failed:
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        return Failed(reason=f"the page has over {MAX_ELEMENTS:,} elements; name those of the text with css")
    body = _article(tree)
    if body is None:
        return Failed(reason="no text of a post was found on the page")
    words, shown = _Words(body), deepcopy(tree)
    _without_controls(shown)
    page = _Page(next(shown.iter("body"), shown), words)
    if page.found < words.size * _MOST:
        return _own_markup(tree)
    return _written(_without_title(page.parts(), _titles(tree)))


_OPTIONS: dict[str, Any] = {
    "include_comments": False,
    "include_formatting": True,
    "include_images": False,
    "include_links": True,
    "include_tables": True,
    "deduplicate": False,
    "with_metadata": False,
    "date_extraction_params": {"original_date": True},
}
"""Pictures would have it keep lists of other posts. Without the last one it would ask for the time."""


def _article(tree: _Element) -> _Element | None:
    """Have the article looked for; None when there is none."""
    from trafilatura import bare_extraction  # noqa: PLC0415  # takes half a second to be loaded

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found: Any = bare_extraction(deepcopy(tree), **_OPTIONS)
    return found.body if found is not None else None


def _own_markup(tree: _Element) -> str | Failed:
    """Give what trafilatura writes itself, where its words do not stand on the page as they are."""
    from trafilatura import extract as extract_article  # noqa: PLC0415  # as above

    written: Any = extract_article(deepcopy(tree), output_format="html", **_OPTIONS)
    return str(written) if written else Failed(reason="no text of a post was found on the page")


def _packed(text: str) -> str:
    return "".join(text.split())


class _Words:
    """What trafilatura found, for comparison: white space means nothing."""

    def __init__(self, body: _Element) -> None:
        texts = [piece.packed for piece in _pieces(body, lambda one: _is_block_there(one, body))]
        self._texts = frozenset(texts)
        self._together = "\n".join(texts)
        self.size = sum(map(len, texts))

    def have(self, text: str) -> bool:
        """Tell whether a packed text is a part of the post: a long one whose start or end is, too."""
        if len(text) < _EDGE:
            return bool(text) and text in self._texts
        return text[:_EDGE] in self._together or text[-_EDGE:] in self._together


def _is_block_there(element: _Element, body: _Element) -> bool:
    return element.tag not in _INLINE_THERE or (element.tag == "code" and element.getparent() is body)


@dataclass(slots=True)
class _Piece:
    """A run of text that no block interrupts, and the block that it stands in."""

    block: _Element
    texts: list[str] = field(default_factory=list)
    places: list[tuple[_Element, bool]] = field(default_factory=list)
    """Where text stands in the block itself: in an element, or behind it."""
    inline: list[_Element] = field(default_factory=list)
    """Elements that stand in the block itself."""

    def add(self, element: _Element, *, is_start: bool) -> None:
        """Take the text in an element, or that behind it."""
        text = element.text if is_start else element.tail
        if text:
            self.texts.append(text)
        if (element if is_start else element.getparent()) is self.block:
            self.places.append((element, is_start))

    @property
    def packed(self) -> str:
        """Give its text without white space."""
        return _packed("".join(self.texts))


def _pieces(root: _Element, is_block: Callable[[_Element], bool]) -> Iterator[_Piece]:
    """Give the text of an element piece by piece."""
    from lxml import etree  # noqa: PLC0415  # as above

    blocks, piece = [root], _Piece(root)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_start, splits = event == "start", element is not root and is_block(element)
        if splits:
            yield piece
            if is_start:
                blocks.append(element)
            else:
                blocks.pop()
            piece = _Piece(blocks[-1])
        elif is_start and element.getparent() is piece.block:
            piece.inline.append(element)
        if is_start or element is not root:
            piece.add(element, is_start=is_start)
    yield piece


class _Page:
    """The body of a page, and how much of the text in each element is wanted."""

    def __init__(self, body: _Element, words: _Words) -> None:
        self._body = body
        self._size: Counter[_Element] = Counter()
        self._wanted: Counter[_Element] = Counter()
        self._unwanted: list[_Piece] = []
        for piece in _pieces(body, _is_block):
            self._weigh(piece, words)
        for element in reversed(list(body.iterdescendants())):
            self._size[element.getparent()] += self._size[element]
            self._wanted[element.getparent()] += self._wanted[element]
        self._framed = frozenset(self._frame().iter())

    @property
    def found(self) -> int:
        """Count the characters of wanted text."""
        return self._wanted[self._body]

    def _weigh(self, piece: _Piece, words: _Words) -> None:
        text = piece.packed
        is_wanted = words.have(text)
        self._size[piece.block] += len(text)
        self._wanted[piece.block] += len(text) * is_wanted
        if text and not is_wanted:
            self._unwanted.append(piece)

    def _frame(self) -> _Element:
        """Give the innermost element that holds nearly all that is wanted: pictures in it belong to the post."""
        frame, inner = self._body, self._body
        while inner is not None:
            frame = inner
            inner = next((one for one in frame if self._wanted[one] > self.found * _NEARLY_ALL), None)
        return frame.getparent() if frame.tag in _UNITS else frame

    def parts(self) -> list[_Element]:
        """Remove what is not wanted, and give what is left."""
        for piece in self._unwanted:
            if self._wanted[piece.block] and self._is_mixed(piece.block):
                self._remove(piece)
        waiting = [self._body]
        while waiting:
            for child in list(waiting.pop()):
                if not self._stays(child):
                    _dropped(child)
                elif self._is_mixed(child):
                    waiting.append(child)
        return [_unwrapped(self._body)]

    def _remove(self, piece: _Piece) -> None:
        """Remove a text that stands beside what is wanted."""
        for element, is_start in piece.places:
            setattr(element, "text" if is_start else "tail", None)
        for element in piece.inline:
            if not self._shows(element):
                _dropped(element)

    def _is_mixed(self, element: _Element) -> bool:
        """Tell whether it is to be decided for each part of an element whether it stays."""
        size, wanted = self._size[element], self._wanted[element]
        if not wanted:
            return bool(size) and not _is_captioned(element)
        return not (element.tag in _UNITS and wanted * 2 > size and wanted < self.found * _MOST)

    def _stays(self, element: _Element) -> bool:
        size, wanted = self._size[element], self._wanted[element]
        if wanted or element.tag == "br":
            return True
        if element.tag in ("hr", "pre"):
            return element in self._framed
        if not size and not _is_block(element) and _packed(element.text_content()):
            return True
        return self._shows(element) and (
            not size or (_may_be_captioned(element) and not _is_linked(element, size))
        )

    def _shows(self, element: _Element) -> bool:
        """Tell whether there is a picture or player of the post in an element."""
        return element in self._framed and any(True for _ in element.iter(*_MEDIA))


def _is_block(element: _Element) -> bool:
    return element.tag in _BLOCKS


def _is_captioned(element: _Element) -> bool:
    """Tell whether what an element holds besides a picture is likely the text below it."""
    return (
        element.tag in ("figure", "p")
        or _PICTURED.search(f"{element.get('class')} {element.get('id')}") is not None
    )


def _may_be_captioned(element: _Element) -> bool:
    """Tell whether a picture with its text may be in an element."""
    return _is_captioned(element) or element.tag not in _UNITS


def _is_linked(element: _Element, size: int) -> bool:
    """Tell whether most text in an element is links: pictures with links below them lead to other posts."""
    return sum(len(_packed(link.text_content())) for link in element.iter("a")) * 2 > size


def _unwrapped(root: _Element) -> _Element:
    """Give the innermost element that holds all that its parents hold."""
    while len(root) == 1 and root[0].tag in _FRAMES and not _packed((root.text or "") + (root[0].tail or "")):
        root = root[0]
    return root


# --- its title --------------------------------------------------------------------------------------------

_HEADINGS = elements("h1 h2 h3")
_APART = re.compile(r"(?<=\s)[|:/·•»–—-]++(?=\s)|_")


def _titles(tree: _Element) -> set[str]:
    """Give what a page calls itself, also without the name of the site that stands beside it."""
    stated = [one.text_content() for one in tree.iter("title")]
    stated += [one.get("content", "") for one in tree.iter("meta") if one.get("property") == "og:title"]
    stated += [max(_APART.split(title), key=len) for title in stated]
    return {_packed(title).casefold() for title in stated} - {""}


def _without_title(parts: Sequence[_Element], titles: set[str]) -> list[_Element]:
    """Remove the title of the page where a text begins with it: readers show one anyway."""
    left = list(parts)
    while (
        first := next((piece for part in left for piece in _pieces(part, _is_block) if piece.packed), None)
    ) is not None:
        title = _title_at(first.block, titles)
        if title is None:
            break
        left = [part for part in left if part is not title]
        _dropped_with_frame(title)
    return left


def _dropped_with_frame(part: _Element) -> None:
    """Remove an element, and what held nothing else."""
    frame = part.getparent()
    _dropped(part)
    if frame is not None and not len(frame) and not _packed(frame.text or ""):
        _dropped_with_frame(frame)


def _title_at(block: _Element, titles: set[str]) -> _Element | None:
    """Give the element that holds a title and nothing else, when this block is in one."""
    heading = next((one for one in chain([block], block.iterancestors()) if one.tag in _HEADINGS), None)
    stated = _packed((block if heading is None else heading).text_content()).casefold()
    if heading is None:
        return block if stated in titles else None
    return heading if any(_is_same(stated, title) for title in titles) else None


def _is_same(heading: str, title: str) -> bool:
    """Compare a heading with a title, one of which may have the name of the site with it."""
    short, long = sorted((heading, title), key=len)
    return short in long and len(short) * 2 > len(long)
