"""Put something at the end of each text: where it comes from, who wrote it, a link to the post.

What is added is HTML or one paragraph of plain text, with placeholders: {source} (the title of the feed that the
post comes from; for a seed, the name of its folder), {source_link} (the page of that feed), {link}, {title} and
{author} (names, with commas between them) of the post, and {date} (the day on which it was published, such as
2026-03-01, in UTC). Write {{ and }} for braces. Values are escaped: a title with `<` in it shows `<`. Behind the
question mark of an address they are encoded, so that `href="mailto:me@example.org?subject={title}"` makes an
answer by mail.

A placeholder for which a post has nothing leaves nothing behind, and a part whose placeholders are all empty is
not added. So write several parts where a post may have nothing for one of them: `[From {source}, By {author}]`.
A footer is not added again to a text that ends with it. That is why several parts belong into one footer, and
filters that change titles or authors before it: after a lost store, texts are read back from your own published
feeds, and go through the filters again.

A post that has a summary and no body gets a body of both, because readers would else show the footer in the
place of the summary. What is added is cleaned as all that is published: no scripts, no styles. A text that would
be larger than 1,000,000 bytes stays without a footer.
"""

from __future__ import annotations

from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body
from ._template import Addition
from ._text import shown_body


class Options(Addition):
    """What is added at the end of each text."""


def _build(options: Options, setting: Setting) -> Each:
    make = options.made()

    def apply(post: Post) -> Post:
        body, footer = shown_body(post), make(post, setting.cleaning)
        return post if body.endswith(footer) else _body.with_body(post, _body.fitting(body + footer))

    return Each(apply=apply)


FILTER = Filter(
    summary="put something at the end of each text, such as where it comes from",
    options=Options,
    build=_build,
    short="text",
    examples=(
        Example(
            says="Say where a post comes from, and link to it. In a text that ends so already, nothing changes.",
            config="""- footer: {html: '<p>From <a href="{link}">{source}</a></p>'}""",
            posts=(
                {"body": "<p>Talks go on.</p>"},
                {"body": '<p>会谈继续。</p><p>From <a href="https://voa.example/2">VOA</a></p>'},
                {"body": "", "summary": "A & B talk."},
            ),
            gives=(
                {"body": '<p>Talks go on.</p><p>From <a href="https://voa.example/1">VOA</a></p>'},
                {},
                {"body": '<p>A &amp; B talk.</p><p>From <a href="https://voa.example/3">VOA</a></p>'},
            ),
        ),
        Example(
            says="Name the authors, if there are any, and the source.",
            config="- footer: ['作者：{author}', '来源：{source}']",
            posts=(
                {"body": "<p>正文。</p>", "authors": ["张三", "李四"]},
                {"body": "<p>正文。</p>", "authors": []},
            ),
            gives=(
                {"body": "<p>正文。</p><p>作者：张三, 李四</p><p>来源：VOA</p>"},
                {"body": "<p>正文。</p><p>来源：VOA</p>"},
            ),
        ),
        Example(
            says="Let readers answer by mail.",
            config="""- footer: {html: '<p><a href="mailto:me@example.org?subject={title}">Answer</a></p>'}""",
            posts=({"title": "Tea & cake?", "body": "<p>Both.</p>"},),
            gives=(
                {
                    "body": "<p>Both.</p>"
                    '<p><a href="mailto:me@example.org?subject=Tea%20%26%20cake%3F">Answer</a></p>'
                },
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- footer", says="say what is added: text, such as 'From {source}', or html"),
        Mistake(
            config="- footer: '<p>From {source}</p>'",
            says="readers would see the tags of this text; for HTML, write  html: '<p>…</p>'",
        ),
        Mistake(config="- footer: By {authors}", says="there is no placeholder {authors}; did you mean 'author'?"),
        Mistake(
            config="- footer: {html: '<style>p {{color: red}}</style><p>From {source}</p>'}",
            says="The style goes: what is published has none, readers decide how it looks. The paragraph stays.",
            is_error=False,
        ),
    ),
)
