"""Keep parts of the text of posts and leave out all others: the article without what a source puts around it.

The parts are named by CSS selectors; docs/filters.md says under `remove` what these are matched against and
which there are. What they match stays with all that is in it, in the order of the text. An element inside of
another one that stays is not repeated. What was around them is gone, also the elements that they stood in: a
list item alone gets a new list around it, a cell of a table becomes its content.

Where nothing matches, the text stays as it is: sources change their pages, and a whole text is better than none.
With `otherwise: empty` there is no text then. That is right for `img` in a feed of images, for instance; but
name the elements alone, because a selector such as `article p` finds nothing in its own result, if a lost store
is ever made again from what was published.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body, _elements


class Options(Form):
    """What is kept."""

    css: OneOrMore[_elements.Css] = ()
    """One or more CSS selectors, such as "article" or ".entry-content". What one of them matches stays."""
    otherwise: Literal["keep", "empty"] = "keep"
    """What becomes of a text in which nothing matches: it stays as it is, or nothing is left of it."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not self.css:
            raise ValueError('say what, such as  - keep_only: ".content"  (in quotes: YAML takes # for a comment)')
        return self


def _build(options: Options, setting: Setting) -> Each:
    selectors = _elements.compiled(options.css)

    def apply(post: Post) -> Post:
        body = post.entry.body
        found = selectors.found(body)
        if not found:
            return post if options.otherwise == "keep" else _body.with_body(post, "")
        kept = "".join(body[one.start : one.end] for one in _elements.outermost(found))
        return post if kept == body else _body.with_body(post, _body.settled(kept, post, setting.cleaning))

    return Each(apply=apply)


FILTER = Filter(
    summary="keep the parts of the text that a CSS selector names, and nothing else",
    options=Options,
    build=_build,
    short="css",
    examples=(
        Example(
            says="The article, without the navigation and the footer that came with it.",
            config="- keep_only: article",
            posts=(
                {
                    "body": '<nav><a href="https://voa.example/">Home</a></nav><article><h2>News</h2><p>Text.</p>'
                    "</article><footer>All rights reserved</footer>"
                },
                {"body": "<p>A post that has no article.</p>"},
            ),
            gives=({"body": "<article><h2>News</h2><p>Text.</p></article>"}, {}),
        ),
        Example(
            says="A feed of pictures.",
            config="- keep_only: {css: [figure, img], otherwise: empty}",
            posts=(
                {
                    "body": '<p>Look: <img src="https://voa.example/1.jpg"></p>'
                    '<figure><img src="https://voa.example/2.jpg"><figcaption>A cat</figcaption></figure>'
                },
                {"body": "<p>No picture today.</p>"},
            ),
            gives=(
                {
                    "body": '<img src="https://voa.example/1.jpg">'
                    '<figure><img src="https://voa.example/2.jpg"><figcaption>A cat</figcaption></figure>'
                },
                {"body": ""},
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- keep_only: #content", says="in quotes: YAML takes # for a comment"),
        Mistake(config="- keep_only: {css: '.content >'}", says="'.content >' is no CSS selector"),
        Mistake(config="- keep_only: {css: p, otherwise: drop}", says="'drop' is not one of 'keep' or 'empty'"),
        Mistake(
            config="- keep_only: p",
            says="Lists, headings and images outside of paragraphs go, too. Rather name what is around the whole "
            "text, or take out what you do not want with `remove`.",
            is_error=False,
        ),
    ),
)
