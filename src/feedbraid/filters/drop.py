r"""Leave out posts that meet conditions, such as advertisements.

A block may have several conditions: a post has to meet all of them to be left out. A condition may have several
values: one of them is enough. For posts that meet one condition or another, write two filters, or one with `any`.

`title`, `content`, `author` and `url` look for a piece of text, wherever it stands in the field, also inside a
longer word. `text` looks in title and content, and is what `drop: Advertisement` means. `category` and `source`
want all of the name. Upper and lower case are alike. Where a piece of text is not enough, write `{regex: …}` in
its place: a regular expression of the kind RE2, in which case counts unless it begins with `(?i)`, and which knows
`\b` for the edge of a word but no look-around.

The content is the text of the body without markup and on one line. A post without a body has its summary in its
place. A category counts by its name and by its label. A source counts by its name in the configuration and by the
title of its feed. A language is a range: `zh` is also `zh-Hans`. A post that states no language, author or
category does not meet such a condition.

`any` and `all` hold lists of blocks, `not` one block, and all of them may stand inside each other. In such a list,
a text stands for `{text: …}`.

An age counts from the newest post of the feed, not from the clock: what is published depends on nothing but the
posts. In the filters of a source it counts from the newest post of that source. A post that is left out for its
age is not in the archive either.

What was delivered before stays with the subscriber. `feedbraid explain` names the filter and what it found.
"""

from __future__ import annotations

from . import AllPosts, Each, Example, Filter, Mistake, Setting
from ._conditions import Conditions, leaving_out


def _build(options: Conditions, setting: Setting) -> Each | AllPosts:  # noqa: ARG001  # every filter gets it
    return leaving_out(options, if_met=True)


FILTER = Filter(
    summary="leave out posts that meet conditions",
    options=Conditions,
    build=_build,
    short="text",
    examples=(
        Example(
            says="Advertisements.",
            config="- drop: {title: [Anzeige, Sponsored, 广告]}",
            posts=({"title": "ANZEIGE: Buy this"}, {"title": "【广告】买这个"}, {"title": "News"}),
            gives=("its title has 'Anzeige'", "its title has '广告'", {}),
        ),
        Example(
            says="Replies, and posts without a word in them.",
            config="- drop:\n    any:\n      - title: {regex: '(?i)^re:'}\n      - shorter_than: 1",
            posts=(
                {"title": "Re: Yesterday"},
                {"title": "A picture", "body": '<p><img src="https://voa.example/1.jpg"></p>'},
                {"title": "More on this"},
            ),
            gives=("its title has /(?i)^re:/", "its text is shorter than 1 characters", {}),
        ),
        Example(
            says="Short posts of a chatty source, unless they have an image.",
            config="- drop: {source: voa, shorter_than: 50, not: {has_image: true}}",
            posts=(
                {"source": "voa", "body": "<p>Good morning!</p>"},
                {"source": "voa", "body": '<p>Look: <img src="https://voa.example/1.jpg"></p>'},
                {"source": "bbc", "body": "<p>Good morning!</p>"},
            ),
            gives=(
                "its source is 'voa' and its text is shorter than 50 characters and it has no image",
                {},
                {},
            ),
        ),
        Example(
            says="The weather of last week.",
            config="- drop: {category: Weather, older_than: 7d}",
            posts=(
                {"published": "2026-02-20T12:00:00Z"},
                {"published": "2026-02-19T12:00:00Z", "categories": ["Weather"]},
                {"published": "2026-02-01T12:00:00Z", "categories": ["Weather"]},
                {"published": "2026-02-01T12:00:00Z", "categories": ["Politics"]},
            ),
            gives=(
                {},
                {},
                "its category is 'Weather' and it is more than 7d older than the newest post",
                {},
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- drop", says="say which posts: at least one condition is needed"),
        Mistake(config="- drop: {title: {regex: '(Anzeige'}}", says="'(Anzeige' is no regular expression"),
        Mistake(config="- drop: {older_than: 30}", says="'30' lacks its unit: write 30d for days"),
        Mistake(config="- drop: {titel: Anzeige}", says="there is no setting 'titel' here; did you mean 'title'?"),
        Mistake(
            config="- drop: {title: Sport, category: Sport}",
            says="Leaves out the posts that have both. For those that have one of them, write two filters, or "
            "`drop: {any: [{title: Sport}, {category: Sport}]}`.",
            is_error=False,
        ),
        Mistake(
            config="- drop: {title: ad}",
            says="Leaves out 'Reading' and 'Canada', too: a text is found inside words. Write "
            "`drop: {title: {regex: '(?i)\\\\bad\\\\b'}}`.",
            is_error=False,
        ),
    ),
)
