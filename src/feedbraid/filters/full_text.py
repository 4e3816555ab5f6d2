"""Put the whole text of a post, as it stands on its page, in the place of the teaser that its source gives away.

Many sources publish two lines and a link. This filter has the page behind the link read, finds the text in it,
and makes that the text of the post: cleaned as all texts are, with absolute addresses, without the heading that
repeats the title. Title, dates, authors and summary stay as the source states them.

Without options the text is looked for, by a library that `pip install 'feedbraid[fulltext]'` brings. That works
for most articles. Where it takes too much or too little, say where the text stands: `css` names the elements that
are taken, `remove` those that are left out. With `css` nothing has to be installed, and a picture without any text
will do.

A page is asked for once, when its post is new, and again when the source changes the post, at most every six
hours. Pages are asked for as feeds are: one at a time and with pauses on each host, never on a host that asked
for rest, with `fetch.robots` only where robots.txt allows it, and no private host that the source is not on
itself. Headers and password of the source are not sent; its proxy is used. `per_run` bounds how many pages of a
feed are asked for in one run: the newest posts come first, the others follow in the next runs.

A page that can not be read changes nothing: the post stays with the text of its source, and its page is asked
for again after one hour, six hours and a day, but not when the server says that it is not there. Pages that want
consent, a subscription or a script first have hardly any text; then, too, the post stays as it is. So it does
when the text that was found is shorter than its own, unless `css` says that this is what is wanted.

Posts that are in a closed block of the archive keep the text that they have there.

Who wrote the text may not allow that it is published elsewhere: ask them before others can read the feed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from feedbraid import page, pagewish
from feedbraid.codec import encode
from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Post, Recipe

from . import Each, Example, Filter, Mistake, Setting, _elements
from ._body import with_body

_INSTALL = "pip install 'feedbraid[fulltext]'"

Selector = Annotated[_elements.Css, AfterValidator(page.selector)]


class Options(Form):
    """How the text of a post is found on its page, and which pages are read."""

    css: OneOrMore[Selector] = ()
    """CSS selectors of the elements that are the text, such as "#story .text"; without any it is looked for."""
    remove: OneOrMore[Selector] = ()
    """CSS selectors of what is left out of it, such as .newsletter."""
    shorter_than: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Only posts whose own text has fewer characters get that of their page; 0: all of them."""
    per_run: Annotated[int, Field(ge=1, le=10_000)] = Recipe().most
    """The most pages of one feed that are asked for in one run."""

    @model_validator(mode="after")
    def _can_be_done(self) -> Options:
        if not self.css and find_spec("trafilatura") is None:
            raise ValueError(f"looking for the text needs more: {_INSTALL}; or say with css where it stands")
        return self

    @property
    def recipe(self) -> Recipe:
        """Give what the reader of pages has to know."""
        return Recipe(css=self.css, remove=self.remove, shorter_than=self.shorter_than, most=self.per_run)


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    recipe = options.recipe

    def apply(post: Post) -> Post:
        return with_body(post, post.page) if _is_better(post, recipe) else post

    return Each(apply=apply, wants_page=encode(recipe))


def _is_better(post: Post, recipe: Recipe) -> bool:
    """Tell whether a post gets the text of its page: never less than it has, unless it is named."""
    own = post.entry.body
    if not post.page or post.page == own or not pagewish.is_wanted(post.entry, recipe):
        return False
    return bool(recipe.css) or pagewish.length(post.page) >= pagewish.length(own)


_TEASER = "<p>The people of Eastmouth have voted to keep their ferry …</p>"
_STORY = (
    "<p>The people of Eastmouth have voted to keep their ferry, by two to one.</p>"
    "<p>The council is bound by the vote for ten years.</p>"
)

FILTER = Filter(
    summary="put the whole text of a post, from its page, in the place of a teaser",
    options=Options,
    build=_build,
    short="css",
    extra="fulltext",
    examples=(
        Example(
            says="The text is looked for. The second page could not be read, so that post stays as it is.",
            config="- full_text",
            posts=(
                {"title": "The ferry stays", "body": _TEASER, "page": _STORY},
                {"title": "Rain until Thursday", "body": "<p>Take an umbrella …</p>"},
            ),
            gives=({"body": _STORY}, {}),
        ),
        Example(
            says="The text stands in one element of the page, and has an advertisement in it.",
            config="- full_text: {css: '#story .text', remove: [.ad, .newsletter]}",
            posts=({"title": "The ferry stays", "body": _TEASER, "page": _STORY},),
            gives=({"body": _STORY},),
        ),
        Example(
            says="Only short posts get the text of their page; what the source itself wrote at length is kept.",
            config="- full_text: {shorter_than: 40, per_run: 5}",
            posts=(
                {"title": "The ferry stays", "body": "<p>They voted.</p>", "page": _STORY},
                {"title": "The ferry stays", "body": _TEASER, "page": _STORY},
            ),
            gives=({"body": _STORY}, {}),
        ),
    ),
    mistakes=(
        Mistake(config="- full_text: {css: 'article >'}", says="'article >' is no CSS selector"),
        Mistake(config="- full_text: {selector: article}", says="there is no setting 'selector' here"),
        Mistake(config="- full_text: {per_run: 0}", says="0 is too small: it has to be at least 1"),
        Mistake(
            config="- full_text: {css: article, remove: article}",
            says="What remove names goes first. Nothing is left on the page that css could name, so every post "
            "stays as it is.",
            is_error=False,
        ),
    ),
)
