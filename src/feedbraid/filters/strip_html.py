"""Make plain text of bodies: paragraphs and lines, and nothing else.

Headings, lists, quotations and tables become paragraphs and lines of text; a cell of a table is parted from the
next by a blank. What is bold or large is so no more, images and videos are gone, and of links the text is left.
With `keep`, links or images stay where they are. Without it, images that are a part of the text, such as
formulas, are lost, and a body of images alone is empty. A link around several paragraphs is kept for the first
of them.

What comes out is still HTML, because bodies are: `<p>` for paragraphs, `<br>` for lines. Titles and summaries
are plain text in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from feedbraid.forms import Form, OneOrMore
from feedbraid.media import values_of, written
from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body
from ._text import CELLS, LINES, PARAGRAPHS, Tag, pieces


class Options(Form):
    """What stays beside the text."""

    keep: OneOrMore[Literal["links", "images"]] = ()
    """links, images, or both."""


_SPACE = re.compile(r"[ \t\n\f\r]+")
_BLANKS = (" ", "\xa0")


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    keep = frozenset(options.keep)

    def apply(post: Post) -> Post:
        return _body.with_body(post, _body.fitting(_Plain(keep).read(post.entry.body)))

    return Each(apply=apply)


@dataclass(slots=True)
class _Plain:
    """Writes a body as paragraphs of lines. What stands in them is escaped as it was."""

    keep: frozenset[str]
    done: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    blank: bool = False
    """A blank came last."""
    pre: int = 0
    """How many elements are open in which line breaks count."""
    links: list[bool] = field(default_factory=list)
    """The links that are open, and whether each is kept: one inside of another is not."""
    link: str = ""
    """A link that is written when something follows; one that has nothing in it never is."""
    linked: bool = False

    def read(self, body: str) -> str:
        """Write a body; in between, a blank that does not break is a sign and no reference."""
        for _, text, tag in pieces(body.replace("&nbsp;", "\xa0")):
            self.text(text)
            if tag is not None:
                self.tag(tag)
        self.paragraph()
        return "".join(self.done).replace("\xa0", "&nbsp;")

    def text(self, stated: str) -> None:
        first, *others = stated.split("\n") if self.pre else (stated,)
        self.words(_SPACE.sub(" ", first))
        for other in others:
            self.end_line()
            self.words(_SPACE.sub(" ", other))

    def words(self, stated: str) -> None:
        self.blank = self.blank or stated.startswith(_BLANKS)
        core = stated.strip(" \xa0")
        if core:
            self.content(core)
            self.blank = stated.endswith(_BLANKS)

    def content(self, stated: str) -> None:
        """Write text or an image, and before it what waited for it."""
        if self.blank and self.line:
            self.line.append(" ")
        self.blank = False
        if self.link:
            self.line.append(self.link)
            self.link, self.linked = "", True
        self.line.append(stated)

    def tag(self, tag: Tag) -> None:
        if tag.name in PARAGRAPHS:
            self.paragraph()
            self.pre += (tag.name == "pre") * (-1 if tag.is_end else 1)
        elif tag.name == "br" or (tag.name in LINES and self.line):
            self.end_line()
        elif tag.name == "a" and "links" in self.keep:
            self.end_link() if tag.is_end else self.begin_link(tag)
        elif tag.name == "img" and "images" in self.keep:
            self.content(tag.written)
        self.blank = self.blank or tag.name in CELLS

    def begin_link(self, tag: Tag) -> None:
        address = values_of(tag.attributes).get("href", "")
        self.links.append(bool(address) and True not in self.links)
        if self.links[-1]:
            self.link = f"<a{written({'href': address})}>"

    def end_link(self) -> None:
        if self.links and self.links.pop():
            self.close_link()

    def close_link(self) -> None:
        """End a link that has something in it; it may have ended with the paragraph before."""
        if self.linked and self.line:
            self.line.append("</a>")
        elif self.linked:
            self.lines[-1] += "</a>"
        self.link, self.linked = "", False

    def end_line(self) -> None:
        """End a line; an empty one ends the paragraph."""
        line, self.line, self.blank = self.line, [], False
        if line:
            self.lines.append("".join(line))
        elif self.lines:
            self.paragraph()

    def paragraph(self) -> None:
        if self.line:
            self.end_line()
        if self.linked:
            self.close_link()
        if self.lines:
            self.done.append(f"<p>{'<br>'.join(self.lines)}</p>")
        self.lines, self.blank = [], False


FILTER = Filter(
    summary="make plain text of bodies: paragraphs and lines",
    options=Options,
    build=_build,
    short="keep",
    examples=(
        Example(
            says="Nothing but text.",
            config="- strip_html",
            posts=(
                {
                    "body": '<h2 class="x">Talks</h2><div>They <b>go on</b> &amp; on.<br><br>'
                    '<a href="https://voa.example/">More</a><ul><li>One</li><li>Two</li></ul></div>',
                },
                {"body": "<p>会谈继续。<br>第二行。</p>"},
            ),
            gives=(
                {"body": "<p>Talks</p><p>They go on &amp; on.</p><p>More</p><p>One<br>Two</p>"},
                {},
            ),
        ),
        Example(
            says="Text with its links and images.",
            config="- strip_html: [links, images]",
            posts=(
                {
                    "body": '<div><a href="https://voa.example/" title="Go"><img src="https://voa.example/1.png" '
                    'alt="A &quot;map&quot;"></a></div><p><em>See</em> <a href="https://voa.example/2">this</a>.</p>',
                },
            ),
            gives=(
                {
                    "body": '<p><a href="https://voa.example/"><img src="https://voa.example/1.png" '
                    'alt="A &quot;map&quot;"></a></p><p>See <a href="https://voa.example/2">this</a>.</p>',
                },
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- strip_html: {keep: [tables]}", says="'tables' is not one of 'links' or 'images'"),
        Mistake(config="- strip_html: true", says="'true' is not one of 'links' or 'images'"),
        Mistake(
            config="- strip_html",
            says="Posts of images alone have no text then. To keep images, write `strip_html: images`.",
            is_error=False,
        ),
    ),
)
