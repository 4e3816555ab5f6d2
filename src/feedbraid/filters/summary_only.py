"""Republish summaries in the place of whole texts: for feeds that only point to what is on the web.

The body of each post goes, and its summary stays as it is. A post without one gets the beginning of its text as
its summary: whole sentences, where they fill at least half of the length, else as many words as fit, with "…"
behind them. Texts in Chinese are cut in the same way. Links, images and paragraphs are gone: a summary is one
line of plain text.

Title, link and enclosures stay; podcasts keep their episodes. A post of pictures alone has nothing but these
then. A post that has no body stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from feedbraid.forms import Form
from feedbraid.html import to_text
from feedbraid.model import Post
from feedbraid.text import one_line

from . import Each, Example, Filter, Mistake, Setting
from ._text import beginning


class Options(Form):
    """How long summaries are."""

    length: Annotated[int, Field(ge=20, le=1000)] = 300
    """The most characters of a summary that is made of the text; one that a post states is not cut."""


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    def apply(post: Post) -> Post:
        entry = post.entry
        if not entry.body:
            return post
        summary = entry.summary or one_line(beginning(to_text(entry.body), options.length))
        return replace(post, entry=replace(entry, body="", summary=summary))

    return Each(apply=apply)


FILTER = Filter(
    summary="republish summaries in the place of whole texts",
    options=Options,
    build=_build,
    short="length",
    examples=(
        Example(
            says="The stated summary; where there is none, the first sentences of the text.",
            config="- summary_only: 40",
            posts=(
                {"summary": "They talk.", "body": "<p>Talks go on, and so on.</p>"},
                {"body": "<p>Talks <b>go on</b>. They are &quot;good&quot;.</p><p>Nobody knows for how long.</p>"},
                {
                    "body": "<p>会谈继续，双方说好。谁也不知道什么时候结束，也不知道结果怎样。"
                    "大家都在等，都在等待消息。</p>"
                },
            ),
            gives=(
                {"body": ""},
                {"body": "", "summary": 'Talks go on. They are "good".'},
                {
                    "body": "",
                    "summary": "会谈继续，双方说好。谁也不知道什么时候结束，也不知道结果怎样。",
                },
            ),
        ),
        Example(
            says="Enclosures stay, so podcasts can be heard.",
            config="- summary_only",
            posts=({"body": "<p>We talk.</p>", "enclosures": ["https://voa.example/1.mp3"]},),
            gives=({"body": "", "summary": "We talk."},),
        ),
    ),
    mistakes=(
        Mistake(config="- summary_only: {length: 5000}", says="5000 is too large: it has to be at most 1000"),
        Mistake(config="- summary_only: short", says="a whole number is needed, such as 50"),
        Mistake(
            config="- summary_only: 100",
            says="A summary that a post states may be longer: it stays as it is. To cut these too, put "
            "`truncate: 100` behind it.",
            is_error=False,
        ),
    ),
)
