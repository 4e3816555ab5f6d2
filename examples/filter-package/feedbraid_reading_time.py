"""Say in the title how long it takes to read a post: "Harbour reopens (4 min)"."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from feedbraid.filters import Each, Example, Filter, Mistake, Setting
from feedbraid.forms import Form
from feedbraid.html import to_text
from feedbraid.model import Post


class Options(Form):
    """What can be written below `reading_time:`. Values that do not fit are told with their line and column."""

    words_per_minute: Annotated[int, Field(ge=50, le=2000)] = 200
    """How fast people read."""
    at_least: Annotated[int, Field(ge=1, le=100)] = 1
    """Posts that take fewer minutes stay as they are."""


def build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    """Make the filter of its options."""

    def apply(post: Post) -> Post:
        words = len(to_text(post.entry.body).split())
        minutes = -(-words // options.words_per_minute)
        mark = f" ({minutes} min)"
        # Posts may come through twice, so what is there already is not added again.
        if minutes < options.at_least or post.entry.title.endswith(mark):
            return post
        return replace(post, entry=replace(post.entry, title=post.entry.title + mark))

    return Each(apply=apply)


FILTER = Filter(
    summary="say in the title how long it takes to read a post",
    options=Options,
    build=build,
    short="words_per_minute",
    examples=(
        Example(
            says="Two hundred words a minute.",
            config="- reading_time",
            posts=({"title": "Long", "body": f"<p>{'word ' * 500}</p>"}, {"title": "Empty", "body": ""}),
            gives=({"title": "Long (3 min)"}, {}),
        ),
    ),
    mistakes=(Mistake(config="- reading_time: 5", says="5 is too small: it has to be at least 50"),),
)
