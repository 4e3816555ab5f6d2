"""Put something at the beginning of each text: where it comes from, who wrote it, when.

It is the twin of `footer`, where everything is told: placeholders, what becomes of empty ones, and of posts that
have a summary and no body. A header is not added again to a text that begins with it. Readers often show the
first words of a text in their lists: after this filter, these are the header's.
"""

from __future__ import annotations

from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body
from ._template import Addition
from ._text import shown_body


class Options(Addition):
    """What is added at the beginning of each text."""


def _build(options: Options, setting: Setting) -> Each:
    make = options.made()

    def apply(post: Post) -> Post:
        body, header = shown_body(post), make(post, setting.cleaning)
        return post if body.startswith(header) else _body.with_body(post, _body.fitting(header + body))

    return Each(apply=apply)


FILTER = Filter(
    summary="put something at the beginning of each text, such as who wrote it",
    options=Options,
    build=_build,
    short="text",
    examples=(
        Example(
            says="Begin with who wrote it and when.",
            config="- header: '{author}, {date}'",
            posts=(
                {"body": "<p>Talks go on.</p>"},
                {"body": "<p>Ann, 2026-03-01</p><p>Talks go on.</p>"},
                {"body": "", "summary": "", "authors": ["张三"]},
            ),
            gives=(
                {"body": "<p>Ann, 2026-03-01</p><p>Talks go on.</p>"},
                {},
                {"body": "<p>张三, 2026-03-01</p>"},
            ),
        ),
        Example(
            says="Link to the site that a post comes from.",
            config="""- header: {html: '<p><a href="{source_link}">{source}</a></p>'}""",
            posts=({"body": "<p>Talks go on.</p>"},),
            gives=({"body": '<p><a href="https://voa.example/">VOA</a></p><p>Talks go on.</p>'},),
        ),
    ),
    mistakes=(
        Mistake(config="- header: {text: From {source}}", says="this is no YAML"),
        Mistake(config="- header: {text: By Ann, html: By Ann}", says="say what is added: text,"),
        Mistake(
            config="""- header: {html: '<a href={source}>here</a>'}""",
            says="The name of the source is no address, so the link leads nowhere. Its address is "
            '{source_link}, in quotation marks: href="{source_link}".',
            is_error=False,
        ),
    ),
)
