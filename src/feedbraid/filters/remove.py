"""Take parts out of the text of posts: advertisements, share buttons, whatever a selector names.

The parts are named by CSS selectors, as in a style sheet. They leave the text with all that is in them;
everything else stays as it is. With `unwrap: true` only their tags go, and their content stays in its place: so
links become text, for instance.

A selector is matched against the text as feedbraid publishes it, after cleaning. That has `class`, `id`, `title`
and `lang` of every element, the addresses of links and images, and little else: no `style`, no `data-`
attributes, no scripts. It is no whole page: it has neither `html` nor `body`, and its outermost elements have no
parent. Selectors from the developer tools of a browser begin too far outside; take their last part. `feedbraid
preview` shows the text of a source.

There are elements, classes, ids, attributes (`=`, `~=`, `|=`, `^=`, `$=`, `*=`, `!=`, each with `i` behind the
value to ignore case), the combinators (a blank, `>`, `+`, `~`), `:not()`, `:is()`, `:has()`, `:empty`,
`:first-child`, `:last-child`, `:only-child`, `:nth-child()`, `:nth-last-child()`, all of these with `-of-type`
too, and `:contains("text")`, which takes an element that has the text in it or in what is inside of it. Every
selector takes time in proportion to the text.

A selector that names a place, such as `p:first-child`, names the next one when the first is gone. Posts go
through the filters once, so that makes a difference only when a lost store is made again from what was
published. Where a class or a text can name the element, prefer that.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import model_validator

from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body, _elements


class Options(Form):
    """What is removed."""

    css: OneOrMore[_elements.Css] = ()
    """One or more CSS selectors, such as ".advert" or "p:contains(Anzeige)". What any of them matches goes."""
    unwrap: bool = False
    """Remove the tags alone; what is in the elements stays."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not self.css:
            raise ValueError(
                'say what, such as  - remove: ".advertisement"  (in quotes: YAML takes # for a comment)'
            )
        return self


def _build(options: Options, setting: Setting) -> Each:
    selectors = _elements.compiled(options.css)
    parts = _tags if options.unwrap else _whole

    def apply(post: Post) -> Post:
        found = selectors.found(post.entry.body)
        if not found:
            return post
        left = _elements.without(post.entry.body, parts(found))
        return _body.with_body(post, _body.settled(left, post, setting.cleaning))

    return Each(apply=apply)


def _whole(found: Iterable[_elements.Element]) -> Iterable[tuple[int, int]]:
    return ((one.start, one.end) for one in _elements.outermost(found))


def _tags(found: Iterable[_elements.Element]) -> Iterable[tuple[int, int]]:
    for one in found:
        yield one.start, one.content
        yield one.content_end, one.end


FILTER = Filter(
    summary="take parts out of the text: advertisements, share buttons, whatever a CSS selector names",
    options=Options,
    build=_build,
    short="css",
    examples=(
        Example(
            says="The share buttons that a blog puts below each post.",
            config="- remove: .share-buttons",
            posts=(
                {"body": '<p>News.</p><div class="share-buttons"><a href="https://x.example/s">Tweet</a></div>'},
                {"body": "<p>A post without them.</p>"},
            ),
            gives=({"body": "<p>News.</p>"}, {}),
        ),
        Example(
            says="Several things: a heading that says what follows it, the list behind it, and small images.",
            config="- remove: [h3:contains('Read also'), h3:contains('Read also') + ul, 'img[width=\"16\"]']",
            posts=(
                {
                    "body": "<p>News.</p><h3>Read also:</h3><ul><li>Other news</li></ul>"
                    '<p>The end.<img src="https://voa.example/dot.png" width="16"></p>'
                },
            ),
            gives=({"body": "<p>News.</p><p>The end.</p>"},),
        ),
        Example(
            says="Links become their text.",
            config="- remove: {css: a, unwrap: true}",
            posts=({"body": '<p>See <a href="https://voa.example/x">the <b>other</b> page</a>.</p>'},),
            gives=({"body": "<p>See the <b>other</b> page.</p>"},),
        ),
        Example(
            says="广告段落，和没有内容的段落。",
            config='- remove: ["p:contains(广告)", "p:empty"]',
            posts=({"body": "<p>美国之音的新闻。</p><p></p><p>【广告】请订阅</p>"},),
            gives=({"body": "<p>美国之音的新闻。</p>"},),
        ),
    ),
    mistakes=(
        Mistake(config="- remove: #banner", says="in quotes: YAML takes # for a comment"),
        Mistake(config="- remove: div[class=ad", says="'div[class=ad' is no CSS selector"),
        Mistake(config="- remove: a:hover", says=":hover is unknown here; there are: :first-child"),
        Mistake(
            config="- remove: body > div.content > p.ad",
            says="Nothing is removed: the text of a post is no whole page and has no `body`. Write `p.ad`.",
            is_error=False,
        ),
        Mistake(
            config="- remove: advertisement",
            says="Nothing is removed: this names elements called `<advertisement>`. A class begins with a dot: "
            "`.advertisement`.",
            is_error=False,
        ),
    ),
)
