"""Keep the posts that meet conditions, such as those of one category or in one language, and leave out the others.

The conditions are those of `drop`, where they are explained. All conditions of a block have to be met; of several
values of one condition, one is enough. `keep: Ukraine` keeps posts with that word in the title or in the text.

Two filters in a row keep what passes both of them. To keep posts that meet one condition or another, write one
filter with `any`.

An age counts from the newest post of the feed, not from the clock. `keep: {newer_than: 30d}` is the same as
`limit: {age: 30d}`. In the filters of a source it counts from the newest post of that source.

What the filter leaves out is not in the feed, and not in its archive either. A subscriber keeps what was
delivered.
"""

from __future__ import annotations

from . import AllPosts, Each, Example, Filter, Mistake, Setting
from ._conditions import Conditions, leaving_out


def _build(options: Conditions, setting: Setting) -> Each | AllPosts:  # noqa: ARG001  # every filter gets it
    return leaving_out(options, if_met=False)


FILTER = Filter(
    summary="keep the posts that meet conditions, and leave out the others",
    options=Conditions,
    build=_build,
    short="text",
    examples=(
        Example(
            says="Posts about a subject.",
            config="- keep: [Ukraine, Kyiv]",
            posts=(
                {"title": "Talks in KYIV"},
                {"title": "The week", "body": "<p>News from <b>Ukraine</b>.</p>"},
                {"title": "Weather", "body": "<p>Rain.</p>"},
            ),
            gives=(
                {},
                {},
                "its title has none of 'Ukraine', 'Kyiv' and its text has none of 'Ukraine', 'Kyiv'",
            ),
        ),
        Example(
            says="Posts in English that are in one of two categories.",
            config="- keep: {language: en, category: [Politics, Economy]}",
            posts=(
                {"language": "en-GB", "categories": ["politics", "Europe"]},
                {"language": "en", "categories": ["Sport"]},
                {"language": "de", "categories": ["Politics"]},
            ),
            gives=({}, "its category is none of 'Politics', 'Economy'", "its language is not en"),
        ),
        Example(
            says="All posts of one source, and of the others those with an episode to hear.",
            config="- keep:\n    any:\n      - source: voa\n      - has_enclosure: audio",
            posts=(
                {"source": "voa"},
                {"source": "bbc", "enclosures": ["https://bbc.example/1.mp3"]},
                {"source": "bbc"},
            ),
            gives=({}, {}, "its source is not 'voa' and it has no enclosure of type audio"),
        ),
    ),
    mistakes=(
        Mistake(config="- keep", says="say which posts: at least one condition is needed"),
        Mistake(
            config="- keep: {any: {title: Sport, category: Sport}}", says="a list of conditions is needed here"
        ),
        Mistake(config="- keep: {language: english}", says="'english' is no language tag"),
        Mistake(
            config="- keep: {title: Sport}\n- keep: {category: Sport}",
            says="Keeps the posts that have both: each filter leaves out what it does not keep. For those that "
            "have one of them, write `keep: {any: [{title: Sport}, {category: Sport}]}`.",
            is_error=False,
        ),
    ),
)
