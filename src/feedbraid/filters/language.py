"""Say in which language posts are, where their sources do not, or say it wrongly.

Feed readers choose fonts by it, hyphenate and translate by it, and read aloud in it: without it, Chinese may be
shown with Japanese glyphs. Posts that state a language, or whose source does, keep it, unless `replace` is true:
some programs write `en-US` into whatever feed they make. The text is not looked at: which language it is in is
said here, so put this filter below a source whose posts are all in one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from feedbraid import configvalues as values
from feedbraid.forms import Form
from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting


class Options(Form):
    """Which language, and for which posts."""

    set: Annotated[str, AfterValidator(values.language)]
    """The language tag (BCP 47), such as en, en-GB or zh-Hans."""
    replace: bool = False
    """Also for posts that state another one."""


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    def apply(post: Post) -> Post:
        stated = post.entry.language
        if stated == options.set or (stated and not options.replace):
            return post
        return replace(post, entry=replace(post.entry, language=options.set))

    return Each(apply=apply)


FILTER = Filter(
    summary="say in which language posts are",
    options=Options,
    build=_build,
    short="set",
    examples=(
        Example(
            says="Chinese, where nothing is said.",
            config="- language: zh_hans",
            posts=({"title": "会谈继续"}, {"title": "會談繼續", "language": "zh-Hant"}),
            gives=({"language": "zh-Hans"}, {}),
        ),
        Example(
            says="Correct a source that calls everything English.",
            config="- language: {set: de, replace: true}",
            posts=({"title": "Gespräche", "language": "en-US"},),
            gives=({"language": "de"},),
        ),
    ),
    mistakes=(
        Mistake(config="- language", says="the setting 'set' is missing"),
        Mistake(
            config="- language: Chinese", says="'Chinese' is no language tag; one looks like en, en-GB or zh-Hans"
        ),
        Mistake(
            config="- language: zh-Hans",
            says="It says that texts are in simplified characters, and changes none of them. To convert "
            "characters, there is the filter `chinese`.",
            is_error=False,
        ),
    ),
)
