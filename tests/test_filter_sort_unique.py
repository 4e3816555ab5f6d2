"""The filters `sort` and `unique`: which order, and which posts say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations, permutations
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from factories import MOMENT, after
from feedbraid.chain import Choice
from feedbraid.filters import AllPosts, Row, unique
from feedbraid.model import Channel, EntryKey, Post

Fields = dict[str, Any]


def posts_of(fields: Sequence[Fields]) -> list[Post]:
    return [filtered.post_of(number, **one) for number, one in enumerate(fields)]


def numbers(keys: Sequence[EntryKey]) -> list[int]:
    """Give the numbers of posts by their keys."""
    return [int(key.rpartition("/")[2]) for key in keys]


# --- sort -------------------------------------------------------------------------------------------------

SORTED = [
    pytest.param("title", [{"title": "b"}, {"title": "A"}, {"title": "c"}], [1, 0, 2], id="A to Z, case apart"),
    pytest.param(
        "{by: title, order: descending}", [{"title": "b"}, {"title": "A"}, {"title": "c"}], [2, 0, 1], id="Z to A"
    ),
    pytest.param("title", [{"title": ""}, {"title": "z"}], [1, 0], id="without a title last"),
    pytest.param(
        "{by: title, order: descending}",
        [{"title": ""}, {"title": "z"}],
        [1, 0],
        id="without a title last, Z to A",
    ),
    pytest.param(
        "title", [{"title": "ｂ"}, {"title": "a"}, {"title": "c"}], [1, 0, 2], id="full width is half width"
    ),
    pytest.param(
        "title", [{"title": "中"}, {"title": "é"}, {"title": "z"}], [2, 1, 0], id="as Unicode numbers them"
    ),
    pytest.param(
        "author",
        [{"authors": ["Zoe", "Ann"]}, {"authors": []}, {"authors": ["bob"]}],
        [2, 0, 1],
        id="the first author, without one last",
    ),
    pytest.param(
        "source",
        [{"link": "https://x.example/0"}, {"link": "https://x.example/1", "source": "bbc"}],
        [1, 0],
        id="by source",
    ),
    pytest.param(
        "published", [{"published": after(hours=-2)}, {"published": after(hours=-1)}], [1, 0], id="newest first"
    ),
    pytest.param(
        "{order: ascending}",
        [{"published": after(hours=-1)}, {"published": after(hours=-2)}],
        [1, 0],
        id="oldest first",
    ),
    pytest.param(
        "published",
        [{"published": None, "first_seen": after(hours=-3)}, {"published": after(days=9)}, {"published": MOMENT}],
        [1, 2, 0],
        id="a date that is not believed is when it was seen",
    ),
    pytest.param(
        "updated", [{"updated": after(hours=1)}, {"updated": after(hours=2)}, {}], [1, 0, 2], id="the last change"
    ),
    pytest.param(
        "seen",
        [{"first_seen": after(hours=-2)}, {"first_seen": after(hours=-1)}],
        [1, 0],
        id="the last seen first",
    ),
    pytest.param(
        "{by: seen, order: ascending}",
        [{"first_seen": after(hours=2)}, {"first_seen": after(hours=-1)}],
        [1, 0],
        id="the first seen first",
    ),
    pytest.param(
        "title",
        [{"title": "a", "published": after(hours=-2)}, {"title": "A", "published": after(hours=-1)}],
        [1, 0],
        id="equal titles newest first",
    ),
    pytest.param(
        "{by: title, order: descending}",
        [{"title": "a", "published": after(hours=-2)}, {"title": "A", "published": after(hours=-1)}],
        [1, 0],
        id="equal titles newest first, Z to A",
    ),
]


@pytest.mark.parametrize(("options", "fields", "expected"), SORTED)
def test_posts_are_sorted(options: str, fields: list[Fields], expected: list[int]) -> None:
    kept, outcomes = filtered.through(filtered.chain_of(f"- sort: {options}"), posts_of(fields))
    assert numbers(kept) == expected
    assert outcomes == [{}] * len(fields)


@pytest.mark.parametrize("by", ["published", "updated", "seen", "title", "source", "author"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_what_is_equal_is_ordered_by_address_whatever_order_it_comes_in(by: str, order: str) -> None:
    posts = posts_of([{}] * 4)
    chain = filtered.chain_of(f"- sort: {{by: {by}, order: {order}}}")
    for given_order in permutations(posts):
        assert numbers(filtered.through(chain, given_order)[0]) == [0, 1, 2, 3]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "title": st.sampled_from(["", "a", "A", "b"]),
                "authors": st.sampled_from([(), ("B",), ("b", "a")]),
                "published": st.integers(0, 2).map(lambda hours: after(hours=-hours)),
                "first_seen": st.integers(0, 2).map(lambda hours: after(hours=-hours)),
            }
        ),
        max_size=6,
    ),
    st.sampled_from(["published", "updated", "seen", "title", "source", "author"]),
    st.sampled_from(["ascending", "descending"]),
)
def test_the_order_is_total(fields: list[Fields], by: str, order: str) -> None:
    posts = posts_of(fields)
    chain = filtered.chain_of(f"- sort: {{by: {by}, order: {order}}}")
    there, back = filtered.through(chain, posts)[0], filtered.through(chain, posts[::-1])[0]
    assert there == back
    assert sorted(there) == sorted(post.key for post in posts)
    by_key = {post.key: post for post in posts}
    assert filtered.through(chain, [by_key[key] for key in there])[0] == there


def test_a_filter_before_it_changes_what_it_sorts_by_and_a_limit_after_it_takes_its_first() -> None:
    posts = posts_of([{"title": "c"}, {"title": "b"}, {"title": "a", "categories": ["x"]}])
    chain = filtered.chain_of("- drop: {category: x}\n- sort: title\n- limit: 1")
    kept, outcomes = filtered.through(chain, posts)
    assert numbers(kept) == [1]
    assert outcomes == ["1 post came before it", {}, "its category is 'x'"]


# --- unique: two posts ------------------------------------------------------------------------------------

TITLE = "Negotiators meet in Geneva to talk about a truce"
TEXT = (
    "Negotiators of both sides met in Geneva on Monday to discuss the terms of a lasting truce, said diplomats "
    "who had seen the agenda. The talks are the first ones since the spring, when both delegations had left "
    "the table after less than an hour. Neither of them spoke to the press. The hosts, who had proposed the "
    "meeting in a letter last week, called the beginning a good sign, but warned that it would take months "
    "until an agreement could be signed. Observers doubt that it will come to that before the winter."
)
OTHER = (
    "A storm has left more than a hundred villages on the coast without electricity, and the railway to the north "
    "has been closed until further notice. Fishermen had been warned in time; nobody was hurt."
)
CHINESE = (
    "谈判代表星期一在日内瓦会面，讨论持久停火的条件。看过议程的外交官说，"
    "这是春天以来的第一次会谈，当时双方代表团不到一小时就离席了。"
)


def body(text: str) -> str:
    return f"<p>{text}</p>"


PAIR: Fields = {"title": TITLE, "body": body(TEXT)}

SAME = [
    pytest.param("{}", PAIR, PAIR, id="title and text are the same"),
    pytest.param("{}", PAIR, PAIR | {"title": TITLE.upper() + "!"}, id="case and punctuation do not count"),
    pytest.param("{}", PAIR, PAIR | {"title": TITLE.replace("Geneva", "Genf")}, id="a word of the title differs"),
    pytest.param("{}", PAIR, PAIR | {"body": body("GENEVA (AP) - " + TEXT)}, id="a text begins with its place"),
    pytest.param("{}", PAIR, PAIR | {"body": "", "summary": TEXT[:150] + "…"}, id="an excerpt and the whole"),
    pytest.param("{}", PAIR, PAIR | {"body": body(TEXT + OTHER)}, id="a text goes on"),
    pytest.param("{}", {"title": "", "body": body(TEXT)}, {"title": "", "body": body(TEXT)}, id="without titles"),
    pytest.param("{}", PAIR, PAIR | {"published": after(days=-3)}, id="three days apart"),
    pytest.param("{title: 100, text: 100}", PAIR, PAIR, id="all of it has to be the same, and is"),
    pytest.param("{}", PAIR | {"body": body("Listen.")}, PAIR | {"body": body("listen")}, id="short texts, equal"),
    pytest.param(
        "{}",
        {"title": "停火谈判在日内瓦开始", "body": body(CHINESE)},
        {"title": "停火谈判在日内瓦开始 ", "body": body(CHINESE.replace("，", ","))},
        id="Chinese, in full width and half",
    ),
    pytest.param(
        "{}",
        {"title": "Truce talks", "body": body(TEXT)},
        {"title": "Truce talks - VOA", "body": body(TEXT)},
        id="the name of the site behind the title",
    ),
    pytest.param(
        "{}",
        {"title": "Truce talks | The Herald", "body": body(TEXT), "origin": Channel(title="The herald: World")},
        {
            "title": "Truce talks — news.herald.example",
            "body": body(TEXT),
            "link": "https://news.herald.example/1",
        },
        id="two names of sites behind the title",
    ),
    pytest.param(
        "{}",
        {"title": "停火谈判_新闻_Herald", "body": body(CHINESE), "origin": Channel(title="Herald - 新闻")},
        {"title": "停火谈判", "body": body(CHINESE)},
        id="section and site behind a Chinese title",
    ),
    pytest.param(
        "{title: 60, text: 60}",
        PAIR,
        {"title": TITLE.replace("to talk about a truce", "again"), "body": body(TEXT.replace("o", "oooo"))},
        id="much less alike, when that is enough",
    ),
]

DIFFERENT = [
    pytest.param("{}", PAIR, PAIR | {"body": body(OTHER)}, id="the same title over another text"),
    pytest.param("{}", PAIR, PAIR | {"title": "Storm on the coast"}, id="another title over the same text"),
    pytest.param("{}", PAIR, PAIR | {"body": ""}, id="the same title without a text"),
    pytest.param("{}", PAIR | {"body": ""}, PAIR | {"body": ""}, id="the same long title, both without a text"),
    pytest.param(
        "{}",
        {"title": "Podcast", "body": body("Listen.")},
        {"title": "Podcast", "body": body("Listen.")},
        id="short",
    ),
    pytest.param(
        "{}",
        PAIR | {"body": body("Listen now.")},
        PAIR | {"body": body("Listen how.")},
        id="short texts, alike only",
    ),
    pytest.param("{}", PAIR | {"title": f"{TITLE}, part 1"}, PAIR | {"title": f"{TITLE}, part 2"}, id="numbers"),
    pytest.param(
        "{}",
        {"title": "Truce talks - Monday", "body": body(TEXT)},
        {"title": "Truce talks - Tuesday", "body": body(TEXT)},
        id="what stands behind the title is no site",
    ),
    pytest.param(
        "{}",
        {"title": "", "body": body("River at noon: 312 cm and rising slowly, the next report comes at six.")},
        {"title": "", "body": body("River at noon: 298 cm and rising slowly, the next report comes at six.")},
        id="without titles, with other numbers at the beginning",
    ),
    pytest.param("{}", PAIR, PAIR | {"published": after(days=-3, seconds=-1)}, id="more than three days apart"),
    pytest.param(
        "{within: 1h}", PAIR, PAIR | {"published": after(hours=-2)}, id="outside of the time that is set"
    ),
    pytest.param("{title: 100}", PAIR, PAIR | {"title": TITLE + "s"}, id="not all of the title is the same"),
    pytest.param("{text: 100}", PAIR, PAIR | {"body": body("And " + TEXT)}, id="not all of the text is the same"),
]


def choice_of(options: str, posts: Sequence[Post], *, merge: bool = True) -> Choice:
    stated = options.strip("{}")
    config = f"- unique: {{{', '.join(filter(None, (stated, f'merge: {json.dumps(merge)}')))}}}"
    return filtered.choice_of(filtered.chain_of(config), posts)


@pytest.mark.parametrize(("options", "one", "other"), SAME)
def test_posts_say_the_same(options: str, one: Fields, other: Fields) -> None:
    first, second = posts_of([one, {"first_seen": after(hours=1), **other}])
    for given_order in ([first, second], [second, first]):
        choice = choice_of(options, given_order)
        assert choice.kept == (first.key,)
        assert choice.fates[second.key].reason == f"it says the same as {first.key}"
        assert choice.merged == {second.key: first.key}
        assert choice.notes == ()
        told = choice_of(options, given_order, merge=False)
        assert told.kept == tuple(post.key for post in given_order)
        assert (told.fates, told.merged) == ({}, {})
        assert told.notes == (f"unique (filter 1): {second.key} says the same as {first.key}",)


@pytest.mark.parametrize(("options", "one", "other"), DIFFERENT)
def test_posts_do_not_say_the_same(options: str, one: Fields, other: Fields) -> None:
    posts = posts_of([one, other])
    for given_order in (posts, posts[::-1]):
        assert choice_of(options, given_order).fates == {}
        assert choice_of(options, given_order, merge=False).notes == ()


# --- unique: many posts -----------------------------------------------------------------------------------


def test_of_posts_that_were_seen_at_once_the_newer_one_stays_then_the_first_address() -> None:
    posts = posts_of([PAIR | {"published": after(hours=-hours)} for hours in (2, 1, 1)])
    for given_order in permutations(posts):
        assert choice_of("{}", given_order).merged == {posts[0].key: posts[1].key, posts[2].key: posts[1].key}


def chained(text: str, words: int) -> str:
    """Give a text of which so many words are others."""
    stated = text.split()
    return " ".join(["nothing"] * words + stated[words:])


def test_a_post_that_is_like_one_that_left_and_not_like_the_one_that_stays_stays() -> None:
    texts = (TEXT, chained(TEXT, 14), chained(TEXT, 28))
    posts = posts_of(
        [
            {"title": TITLE, "body": body(text), "first_seen": after(hours=hours)}
            for hours, text in enumerate(texts)
        ]
    )
    alike = [(one, other) for one, other in combinations(range(3), 2) if _is_same(posts[one], posts[other])]
    assert alike == [(0, 1), (1, 2)]
    for given_order in permutations(posts):
        assert choice_of("{}", given_order).merged == {posts[1].key: posts[0].key}


def _is_same(*pair: Post) -> bool:
    return bool(choice_of("{}", pair).merged)


def test_a_post_names_the_earliest_one_that_stays() -> None:
    texts = (TEXT, chained(TEXT, 28), chained(TEXT, 14))
    posts = posts_of(
        [
            {"title": TITLE, "body": body(text), "first_seen": after(hours=hours)}
            for hours, text in enumerate(texts)
        ]
    )
    assert choice_of("{}", posts[1:]).merged == {posts[2].key: posts[1].key}
    assert choice_of("{}", posts).merged == {posts[2].key: posts[0].key}


def test_at_most_five_pairs_are_named_the_latest_ones_first() -> None:
    posts = posts_of([PAIR | {"first_seen": after(minutes=minute)} for minute in range(9)])
    notes = choice_of("{}", posts, merge=False).notes
    assert notes[0] == f"unique (filter 1): {posts[8].key} says the same as {posts[0].key}"
    assert notes[4] == f"unique (filter 1): {posts[4].key} says the same as {posts[0].key}"
    assert notes[5:] == ("unique (filter 1): and 3 more posts",)
    assert len(choice_of("{}", posts[:7], merge=False).notes) == 6
    assert choice_of("{}", posts[:7], merge=False).notes[5] == "unique (filter 1): and 1 more post"
    assert len(choice_of("{}", posts[:6], merge=False).notes) == 5


def test_without_posts_nothing_is_found() -> None:
    assert choice_of("{}", []).kept == ()
    assert choice_of("{}", posts_of([PAIR])).merged == {}


SYLLABLES = [f"{one}{other}" for one in "bdfgklmprst" for other in "aeiou"]


def rows_of(count: int, span: timedelta) -> list[Row]:
    """Make posts of words that are as good as drawn by lot; every fifth one is made of one before it."""
    vocabulary = [
        f"{start}{middle}{end}" for start in SYLLABLES for middle in SYLLABLES for end in ("n", "s", "tel")
    ]
    rows: list[Row] = []
    for number in range(count):
        lots = [crc32(f"{number} {place}".encode()) for place in range(100)]
        words = [vocabulary[lot % (10 + lot // 97 % (len(vocabulary) - 10))] for lot in lots]
        date = MOMENT - span * (lots[0] % 1000) / 1000
        if number % 5 == 4:
            source = rows[lots[1] % len(rows)]
            title, text = source.facts.split("\n")
            changed = text.split()
            changed[lots[2] % len(changed)] = words[0]
            facts = f"{title if number % 2 else f'{title} {words[1][:3]}'}\n{' '.join(changed)}"
            date = source.date
        else:
            facts = f"{' '.join(words[:9])}\n{' '.join(words[9:])[:500]}"
        rows.append(
            Row(
                key=EntryKey(f"https://voa.example/{number}"),
                origin="voa",
                date=date,
                first_seen=after(minutes=lots[3] % count),
                facts=facts,
            )
        )
    return rows


def chosen(rows: Sequence[Row], **options: Any) -> Mapping[EntryKey, EntryKey]:  # noqa: ANN401  # of the filter
    (named,) = filtered.chain_of(f"- unique: {json.dumps({'merge': True, **options})}").steps
    assert isinstance(named.step, AllPosts)
    return named.step.choose(rows).merged


def by_comparing_all(rows: Sequence[Row]) -> Mapping[EntryKey, EntryKey]:
    """Say by the definition which posts leave: each is compared with all that stay."""
    judge = unique._Judge(unique.Options(), timedelta(days=3))
    staying: list[unique._Said] = []
    merged = {}
    for said in map(unique._said, unique._earliest_seen_first(rows)):
        same = next((one for one in staying if judge.is_same(said, one)), None)
        if same is None:
            staying.append(said)
        else:
            merged[said.row.key] = same.row.key
    return merged


@pytest.mark.parametrize("days", [1, 3, 40])
def test_few_comparisons_find_what_comparing_all_finds(days: int) -> None:
    rows = rows_of(500, timedelta(days=days))
    expected = by_comparing_all(rows)
    assert len(expected) > 40
    assert chosen(rows) == expected


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_who_stays_depends_neither_on_the_order_nor_on_what_comes_later(shuffle: Any, until: int) -> None:  # noqa: ANN401  # of hypothesis
    rows = rows_of(60, timedelta(days=2))
    merged = chosen(rows)
    mixed = list(rows)
    shuffle.shuffle(mixed)
    assert chosen(mixed) == merged
    before = [row for row in mixed if row.first_seen < after(minutes=until)]
    known = {row.key for row in before}
    assert chosen(before) == {key: stays for key, stays in merged.items() if key in known}


def test_those_that_stay_are_not_like_each_other_and_those_that_leave_are_like_one_that_stays() -> None:
    rows = rows_of(60, timedelta(days=2))
    merged = chosen(rows)
    by_key = {row.key: row for row in rows}
    judge = unique._Judge(unique.Options(), timedelta(days=3))
    staying = [unique._said(row) for row in rows if row.key not in merged]
    assert merged
    assert not any(judge.is_same(one, other) for one, other in combinations(staying, 2))
    for key, stays in merged.items():
        assert stays not in merged
        assert by_key[stays].first_seen <= by_key[key].first_seen
        assert judge.is_same(unique._said(by_key[key]), unique._said(by_key[stays]))


def test_a_post_is_compared_with_few_others_however_many_share_something_with_it() -> None:
    row = rows_of(1, timedelta(hours=1))[0]
    staying = unique._Staying(timedelta(days=3))
    compared = []
    for words in permutations(("rain", "snow", "wind", "fog", "hail")):
        said = unique._Said(row, "the news of the day", (), " ".join(words))
        marks = unique._marks(said)
        compared.append(len(staying.like(said, marks)))
        staying.add(said, marks)
    assert max(compared) == unique._MOST_COMPARED


def test_one_title_over_many_texts_hides_no_post_that_is_there_twice() -> None:
    plain = [row for number, row in enumerate(rows_of(400, timedelta(hours=1))) if number % 5 != 4]
    texts = [row.facts.partition("\n")[2] for row in plain]
    twice = (len(texts) - 1, len(texts) // 2)
    changed = [" ".join("xyz" if at % 12 == 5 else word for at, word in enumerate(text.split())) for text in texts]
    rows = [
        Row(
            key=EntryKey(f"https://voa.example/{number}"),
            origin="voa",
            date=after(hours=-(place % 200)),
            first_seen=after(minutes=number),
            facts=f"the news of the day\n{(changed if number >= len(texts) else texts)[place]}",
        )
        for number, place in enumerate([*range(len(texts)), *twice])
    ]
    assert chosen(rows) == {
        rows[len(texts)].key: rows[twice[0]].key,
        rows[len(texts) + 1].key: rows[twice[1]].key,
    }


def said_of(title: str, text: str) -> unique._Said:
    return unique._said(
        Row(
            key=EntryKey("https://voa.example/1"),
            origin="voa",
            date=MOMENT,
            first_seen=MOMENT,
            facts=f"{title}\n{text}",
        )
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            ("talks in geneva begin", "rain"), ("talks in geneva began", "snow"), id="pieces of the title"
        ),
        pytest.param(("rain", "a b c d e f g h"), ("snow", "z b c d e f g h"), id="pairs of words"),
        pytest.param(
            ("rain", CHINESE.replace("，", "")), ("snow", CHINESE[:30].replace("，", "")), id="a beginning"
        ),
    ],
)
def test_posts_with_something_in_common_are_found_by_it(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert unique._marks(said_of(*one)) & unique._marks(said_of(*other))
    assert not unique._marks(said_of(*one)) & unique._marks(said_of("hail 1", "hail"))


def test_what_has_another_number_is_not_the_same() -> None:
    judge = unique._Judge(unique.Options(), timedelta(days=3))
    assert judge.is_same(said_of("part 1 of 20", TEXT), said_of("part 1 of 20", TEXT))
    assert not judge.is_same(said_of("part 1 of 20", TEXT), said_of("part 2 of 20", TEXT))


# --- any post -------------------------------------------------------------------------------------------------

HOSTILE = [
    pytest.param({"title": "", "body": "", "link": "", "authors": ()}, id="nothing at all"),
    pytest.param({"body": "<div>" * 100_000}, id="a hundred thousand open elements"),
    pytest.param({"title": "a\u0316\u0301" * 300, "body": "a\u0316\u0301" * 300_000}, id="a million accents"),
    pytest.param({"title": "\ufdfa" * 1000, "body": "\ufdfa" * 100_000}, id="characters that stand for eighteen"),
    pytest.param({"title": " - " * 300 + "voa", "origin": Channel(title=" | " * 300)}, id="a title of dashes"),
    pytest.param({"title": "voa - " * 160 + "voa"}, id="a title of names of the site"),
    pytest.param({"title": "\n\t\u2028", "link": "https://[::1]/"}, id="odd blanks"),
    pytest.param({"title": "🎉" * 500, "body": body("🎉" * 1000)}, id="signs alone"),
]


@pytest.mark.parametrize(
    "config", ["- unique: {merge: true}", "- sort: title", "- sort: author", "- sort: updated"]
)
@pytest.mark.parametrize("fields", HOSTILE)
def test_any_post_can_be_looked_at(config: str, fields: Fields) -> None:
    (named,) = filtered.chain_of(config).steps
    assert isinstance(named.step, AllPosts)
    assert named.step.look is not None
    posts = posts_of([{"title": "A", "authors": ["z"]}, fields, fields])
    assert len(named.step.look(posts[1])) < 20_000
    choice = filtered.choice_of(filtered.chain_of(config), posts)
    assert set(choice.kept) | set(choice.merged) == {post.key for post in posts}
    assert choice.kept


def test_what_is_compared_are_words_alone() -> None:
    (named,) = filtered.chain_of("- unique").steps
    assert isinstance(named.step, AllPosts)
    assert named.step.look is not None
    post = filtered.post_of(
        title="“Ｔｒｕｃｅ” – TALKS, part 2… | VOA", body=body("हिन्दी: «Straße»_1; naï\u0308ve")
    )
    assert named.step.look(post) == "truce talks part 2\nहिन्दी strasse 1 naï\u0308ve"
