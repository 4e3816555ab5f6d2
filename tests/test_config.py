"""A configuration: what each setting means, what is left out, and the schema for editors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from feedbraid.config import KEPT, load_config
from feedbraid.configtext import json_schema, parse_config
from feedbraid.configtree import SHORTEST
from feedbraid.errors import ConfigError
from feedbraid.model import (
    CleaningRules,
    Cron,
    FeedSpec,
    FetchRules,
    Interval,
    KeyRules,
    OriginSpec,
    ServedFeed,
    ServeRules,
)
from feedbraid.settings import Config

NOWHERE = Path("/nowhere")


def read(text: str, **environment: str) -> Config:
    return parse_config(dedent(text), "config.yaml", NOWHERE, environment)


# --- what is right ----------------------------------------------------------------------------------------


def test_two_lines_are_enough() -> None:
    config = read("sources:\n  voa: https://www.voachinese.com/api/epiqq\n")
    assert config == Config(
        sources=(OriginSpec(name="voa", kind="web", locations=("https://www.voachinese.com/api/epiqq",)),),
        feeds=(
            FeedSpec(
                name="all",
                title="",
                origins=("voa",),
                address="http://localhost:8080/all/",
                home="http://localhost:8080/all/",
                ranked=False,
                mirror="voa",
            ),
        ),
        folder=NOWHERE,
    )


def test_the_shortest_example_in_messages_is_right() -> None:
    assert [spec.name for spec in read(SHORTEST).sources] == ["news"]


EXAMPLE = """\
site:
  title: 美国之音 镜像
  url: https://example.org/feeds/        # where the folder feeds/ is published
  language: zh-Hans
fetch:
  contact: https://example.org/about     # goes into the User-Agent
  every: 1h                              # default for sources; also the floor of politeness
  allow: ["127.0.0.1:8799"]              # private hosts that may be asked all the same
sources:
  voa:
    url: https://www.voachinese.com/api/epiqq
    mirrors: [https://mirror.example/voa.xml]
    every: "40 * * * *"                  # interval or cron line
seeds:
  posts: {path: seeds/}
feeds:
  voachinese:
    title: 美国之音
    from: [posts, voa]                   # also the precedence
    limit: 50
"""


def test_the_example_of_the_design_is_read() -> None:
    config = read(EXAMPLE)
    assert (config.site.title, config.site.language) == ("美国之音 镜像", "zh-Hans")
    assert config.fetch == FetchRules(contact="https://example.org/about", allow=("127.0.0.1:8799",))
    assert config.sources == (
        OriginSpec(
            name="voa",
            kind="web",
            locations=("https://www.voachinese.com/api/epiqq", "https://mirror.example/voa.xml"),
            schedule=Cron(line="40 * * * *"),
        ),
    )
    assert config.seeds == (OriginSpec(name="posts", kind="seeds", locations=("seeds/",)),)
    address = "https://example.org/feeds/voachinese/"
    assert config.feeds == (
        FeedSpec(
            name="voachinese",
            title="美国之音",
            origins=("posts", "voa"),
            mirror="voa",
            address=address,
            home=address,
            language="zh-Hans",
            limit=50,
        ),
    )


def test_every_setting_is_taken_over() -> None:
    config = read("""
        site: {title: T, url: https://example.org/x, language: zh_hans_cn, author: A, authority: me@example.org}
        fetch: {contact: me@example.org, every: 30m, allow: [nas.local, 10.0.0.0/8], connect_timeout: 1,
                silence_timeout: 2.5, deadline: 60, max_bytes: 2048, max_redirects: 0, parallel: 2}
        sources:
          a: {url: ./feeds/a.xml, key: [url, title], zone: Asia/Shanghai, title: Called A}
          b: {url: http://b.example/feed, key: guid, every: "@daily"}
        seeds:
          one: posts/
          two: [a/*.md, b/*.md]
          three: {path: c/, site: https://c.example/, ids: jekyll, zone: Europe/Berlin}
        feeds:
          f: {title: F, subtitle: S, from: b, limit: 9, language: en, author: B, rights: CC0,
              id: "tag:example.org,2020:f", home: https://f.example/, formats: atom}
          g:
        keys: {http_is_https: no, www: yes, mobile_hosts: true, trailing_slash: on, index_files: true, amp: true}
        clean: {tracking_pixels: true, tracking_parameters: true, embeds: [www.youtube.com]}
        store: /var/lib/feedbraid/state.db
        output: public/feeds
    """)
    assert config.fetch == FetchRules(
        contact="me@example.org",
        allow=("nas.local", "10.0.0.0/8"),
        connect_timeout=1,
        silence_timeout=2.5,
        deadline=60,
        max_bytes=2048,
        max_redirects=0,
        parallel=2,
    )
    half_hour = Interval(every=timedelta(minutes=30))
    assert config.sources == (
        OriginSpec(
            name="a",
            kind="file",
            locations=("./feeds/a.xml",),
            schedule=half_hour,
            key=("url", "title"),
            zone="Asia/Shanghai",
            title="Called A",
        ),
        OriginSpec(
            name="b", kind="web", locations=("http://b.example/feed",), schedule=Cron(line="@daily"), key=("guid",)
        ),
    )
    assert [spec.locations for spec in config.seeds] == [("posts/",), ("a/*.md", "b/*.md"), ("c/",)]
    assert config.seeds[2] == OriginSpec(
        name="three",
        kind="seeds",
        locations=("c/",),
        site="https://c.example/",
        ids="jekyll",
        zone="Europe/Berlin",
    )
    assert config.feeds == (
        FeedSpec(
            name="f",
            title="F",
            subtitle="S",
            origins=("b",),
            mirror="b",
            limit=9,
            language="en",
            author="B",
            rights="CC0",
            id="tag:example.org,2020:f",
            address="https://example.org/x/f/",
            home="https://f.example/",
            formats=("atom",),
        ),
        FeedSpec(
            name="g",
            title="T",
            origins=("one", "two", "three", "a", "b"),
            language="zh-Hans-CN",
            author="A",
            address="https://example.org/x/g/",
            home="https://example.org/x/g/",
            ranked=False,
        ),
    )
    assert config.keys == KeyRules(
        http_is_https=False, www=True, mobile_hosts=True, trailing_slash=True, index_files=True, amp=True
    )
    assert config.cleaning == CleaningRules(
        tracking_pixels=True, tracking_parameters=True, embeds=("www.youtube.com",)
    )
    assert (config.authority, config.store, config.output) == (
        "me@example.org",
        "/var/lib/feedbraid/state.db",
        "public/feeds",
    )


TWO = "sources: {a: https://a.example/, b: https://b.example/}\nseeds: {posts: seeds/}\n"


@pytest.mark.parametrize(
    ("feed", "title"),
    [
        pytest.param("{from: a}", "", id="one source: its own title"),
        pytest.param("{from: [posts, a]}", "", id="one source and seeds: that of the source"),
        pytest.param("{from: [a, b]}", "Site", id="two sources: that of the site"),
        pytest.param("{from: posts}", "Site", id="seeds alone: that of the site"),
        pytest.param("{from: a, title: Mine}", "Mine", id="configured"),
    ],
)
def test_the_default_title_of_a_feed(feed: str, title: str) -> None:
    assert read(f"site: {{title: Site}}\n{TWO}feeds: {{f: {feed}}}").feeds[0].title == title


@pytest.mark.parametrize(
    ("every", "schedule"),
    [
        pytest.param("90s", Interval(every=timedelta(seconds=90)), id="seconds"),
        pytest.param("30m", Interval(every=timedelta(minutes=30)), id="minutes"),
        pytest.param("1h30m", Interval(every=timedelta(minutes=90)), id="hours and minutes"),
        pytest.param("1d", Interval(every=timedelta(days=1)), id="a day"),
        pytest.param("31D", Interval(every=timedelta(days=31)), id="large letters"),
        pytest.param("1h 30m", Interval(every=timedelta(minutes=90)), id="a blank"),
        pytest.param("60s", Interval(every=timedelta(minutes=1)), id="the shortest"),
        pytest.param("'*/15  6-22 * * MON-FRI'", Cron(line="*/15 6-22 * * MON-FRI"), id="a cron line"),
        pytest.param("'@weekly'", Cron(line="@weekly"), id="a cron word"),
    ],
)
def test_schedules(every: str, schedule: object) -> None:
    assert read(f"sources: {{a: {{url: https://a.example/, every: {every}}}}}").sources[0].schedule == schedule


@pytest.mark.parametrize("title", ["no", "2026", "12:30", "1.0", "2026-01-05", "010", "true"])
def test_b107_a_title_is_what_was_written_and_not_what_yaml_takes_it_for(title: str) -> None:
    assert read(f"site:\n  title: {title}\n{SHORTEST}").site.title == title


def test_settings_without_a_value_have_their_defaults() -> None:
    config = read(f"site:\nfetch:\n  every:\n  allow: ~\nfeeds:\n  all:\n    title:\n{SHORTEST}\n")
    assert config == read(SHORTEST)


def test_environment_variables_fill_texts_once() -> None:
    text = "site: {title: '$${NAME}, ${NAME} and $5'}\nsources:\n  a: https://a.example/${PART}/${PART}\n"
    config = read(text, NAME="a ${PART}: [not YAML", PART="x")
    assert config.site.title == "${NAME}, a ${PART}: [not YAML and $5"
    assert config.sources[0].locations == ("https://a.example/x/x",)


def test_an_alias_repeats_a_value() -> None:
    config = read("""
        sources:
          a: &usual {url: https://a.example/, every: &pace 2h}
          b: {url: https://b.example/, every: *pace}
    """)
    assert [spec.schedule for spec in config.sources] == [Interval(every=timedelta(hours=2))] * 2


def test_the_folder_seeds_is_used_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    config = parse_config("site: {title: T}", "config.yaml", tmp_path, {})
    assert config.seeds == (OriginSpec(name="posts", kind="seeds", locations=("seeds/",)),)
    assert config.feeds[0].origins == ("posts",)
    assert parse_config(f"seeds: {{}}\n{SHORTEST}", "config.yaml", tmp_path, {}).seeds == ()


def test_a_file_is_loaded_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SHORTEST.replace("\n", "\r\n").encode())
    assert load_config(path).folder == tmp_path
    assert load_config(path).sources == read(SHORTEST).sources


# --- the server -------------------------------------------------------------------------------------------


def test_every_setting_of_the_server_is_taken_over() -> None:
    config = read(
        """
        sources: {a: https://a.example/}
        serve:
          host: 0.0.0.0
          port: 80
          max_age: 60
          browser_types: yes
          memory: 1000
          rate: 30
          trusted_proxies: [127.0.0.1, 10.0.0.0/8, unix]
          auth: {ann: "${PASSWORD}", bob: y}
          public: true
          renamed: {old: news, older: old}
        feeds:
          news: {access: {users: ann}, ended: true}
          open: {access: public}
          quiet: {access: {secret: "${TOKEN}"}}
          usual:
        """,
        PASSWORD="hush",  # noqa: S106  # of a test
        TOKEN="k7-abcdefghijklmnop",  # noqa: S106  # the same
    )
    assert config.serve == ServeRules(
        host="0.0.0.0",  # noqa: S104  # what the operator chose
        port=80,
        max_age=60,
        browser_types=True,
        memory=1000,
        rate=30,
        trusted_proxies=("127.0.0.1/32", "10.0.0.0/8", "unix"),
        users=(("ann", "hush"), ("bob", "y")),
        public=True,
        feeds=(
            ServedFeed(name="news", users=("ann",), ended=True),
            ServedFeed(name="open", public=True),
            ServedFeed(name="quiet", secret="k7-abcdefghijklmnop"),  # noqa: S106  # of a test
        ),
        renamed=(("old", "news"), ("older", "news")),
    )
    assert "hush" not in repr(config)
    assert "k7-" not in repr(config)


@pytest.mark.parametrize(
    ("settings", "path", "words"),
    [
        ("serve: {prt: 80}", "serve.prt", "did you mean 'port'?"),
        ("serve: {port: 0}", "serve.port", "at least 1"),
        ("serve: {host: http://x/}", "serve.host", "127.0.0.1"),
        ("serve: {max_age: 30m}", "serve.max_age", "a whole number is needed"),
        ("serve: {trusted_proxies: proxy.example}", "serve.trusted_proxies", "no address such as 127.0.0.1"),
        ("serve: {auth: {'a:n': x}}", "serve.auth.a:n", "without a colon"),
        ("serve: {auth: {ann: ''}}", "serve.auth.ann", "a password is needed"),
        ("serve: {auth: {ann: 'scrypt:1:1:1:hush:hush'}}", "serve.auth.ann", "no hash of a password"),
        ("serve: {auth: {ann: ~}}", "serve.auth.ann", "one text is needed"),
        ("serve: {renamed: {old: none}}", "serve.renamed.old", "there is no feed 'none'"),
        ("serve: {renamed: {f: f}}", "serve.renamed.f", "there still is a feed 'f'"),
        ("serve: {renamed: {a: b, b: a}}", "serve", "in a ring"),
        ("serve: {renamed: {../a: f}}", "serve.renamed.../a", "is no name"),
        ("feeds: {f: {access: {users: ann}}}", "feeds.f.access.users", "there is no user 'ann'"),
        ("feeds: {f: {access: {secret: hush}}}", "feeds.f.access.secret", "16 to 200 letters"),
        ("feeds: {f: {access: {secret: 'hush/hush/hush/hush'}}}", "feeds.f.access.secret", "16 to 200 letters"),
        ("feeds: {f: {access: {}}}", "feeds.f.access", "one of these is needed"),
        ("feeds: {f: {access: private}}", "feeds.f.access", "settings with their names"),
        ("feeds: {f: {ended: perhaps}}", "feeds.f.ended", "true or false"),
    ],
)
def test_what_is_wrong_with_settings_of_the_server_is_named_and_no_secret_is(
    settings: str, path: str, words: str
) -> None:
    feeds = "" if settings.startswith("feeds") else "feeds: {f: }\n"
    with pytest.raises(ConfigError) as caught:
        read(f"{SHORTEST}\n{feeds}{settings}\n")
    (problem,) = caught.value.problems
    assert (problem.path, words in problem.message) == (path, True), problem
    assert (problem.line, "hush" in str(problem)) == (4 if feeds else 3, False)


def test_how_feeds_are_served_changes_nothing_else_of_them() -> None:
    plain, served = (
        read(f"{SHORTEST}\nserve: {{auth: {{ann: x}}}}\nfeeds: {{all: {words}}}")
        for words in ("{}", "{ended: true, access: {users: ann}}")
    )
    assert [replace(one, listed=False, ended=True) for one in plain.feeds] == list(served.feeds)
    assert plain.serve != served.serve


# --- the schema -------------------------------------------------------------------------------------------


def accepts(schema: dict[str, Any], rule: dict[str, Any], value: object) -> bool:
    """Whether a value fits a rule of JSON Schema: as much of it as ours uses."""
    if "$ref" in rule:
        return accepts(schema, schema["$defs"][rule["$ref"].rpartition("/")[2]], value)
    if "anyOf" in rule:
        return any(accepts(schema, one, value) for one in rule["anyOf"])
    if isinstance(value, dict):
        known, others = rule.get("properties", {}), rule.get("additionalProperties")
        fits = [
            accepts(schema, known[name], one) if name in known else bool(others and accepts(schema, others, one))
            for name, one in value.items()
        ]
        return (
            rule.get("type") == "object" and all(fits) and all(name in value for name in rule.get("required", ()))
        )
    if isinstance(value, list):
        return rule.get("type") == "array" and all(accepts(schema, rule["items"], one) for one in value)
    kind = {bool: "boolean", int: "integer", float: "number", str: "string"}[type(value)]
    return (rule.get("type") == kind or "const" in rule) and value in rule.get("enum", [value])


EVERYTHING: dict[str, Any] = {
    "site": {"title": "T", "url": "https://example.org/", "language": "en", "author": "A", "authority": "x.org"},
    "fetch": {"contact": "me@x.org", "every": "1h", "allow": ["10.0.0.0/8"], "deadline": 30.0, "max_bytes": 2048},
    "sources": {"a": "https://a.example/", "b": {"url": "b.xml", "key": ["url", "title"], "zone": "UTC"}},
    "seeds": {"c": "c/", "d": ["d/*.md"], "e": {"path": "e/", "ids": "jekyll"}},
    "feeds": {"f": {"from": ["a", "c"], "limit": 9, "formats": ["atom"]}, "g": {"from": "b"}},
    "keys": {"www": True},
    "clean": {"embeds": ["www.youtube.com"]},
    "serve": {"port": 80, "auth": {"ann": "x"}, "trusted_proxies": "unix", "renamed": {"h": "f"}},
    "store": "s.db",
    "output": "out",
}


def test_the_schema_accepts_what_is_right_and_refuses_what_is_not() -> None:
    schema = json_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert accepts(schema, schema, EVERYTHING)
    assert accepts(schema, schema, {"sources": {"news": "https://news.example/feed.xml"}})
    assert not accepts(schema, schema, {"sources": {"a": {"every": "1h"}}})
    assert not accepts(schema, schema, {"sources": {"a": {"url": "x", "ulr": "x"}}})
    assert not accepts(schema, schema, {"feed": {}})


def test_the_schema_describes_every_setting() -> None:
    schema = json_schema()
    for form in (schema, *schema["$defs"].values()):
        for name, rule in form.get("properties", {}).items():
            assert "description" in rule or "$ref" in rule, name


# --- what is kept of a text -------------------------------------------------------------------------------


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    (tmp_path / ".feedbraid").mkdir()
    path = tmp_path / "config.yaml"
    text = "site: {title: Harbour}\nsources: {a: {url: 'https://a.example/', every: 5 * * * *}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def retitled(folder: Path) -> None:
    """Change what was kept, so that it shows whether it is used."""
    kept = folder / KEPT
    kept.write_text(kept.read_text("utf-8").replace("Harbour", "Kept"), "utf-8")


def test_a_text_that_was_found_right_is_not_judged_again(instance: Path) -> None:
    first = load_config(instance)
    assert load_config(instance) == first
    retitled(instance.parent)
    assert load_config(instance).site.title == "Kept"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.write_text(path.read_text() + "\n"), id="the text"),
        pytest.param(lambda path: (path.parent / "seeds").mkdir(), id="a folder of seeds appears"),
    ],
)
def test_another_text_is_judged_anew(instance: Path, change: Callable[[Path], object]) -> None:
    load_config(instance)
    retitled(instance.parent)
    change(instance)
    assert load_config(instance).site.title == "Harbour"


def test_a_text_that_was_right_and_is_wrong_now_is_refused(instance: Path) -> None:
    load_config(instance)
    instance.write_text("sorces: {}\n")
    with pytest.raises(ConfigError, match="sorces"):
        load_config(instance)


@pytest.mark.parametrize("damage", [b"", b"\xff", b"no digest\n{}", b"\n"])
def test_what_is_kept_may_be_damaged(instance: Path, damage: bytes) -> None:
    first = load_config(instance)
    (instance.parent / KEPT).write_bytes(damage)
    assert load_config(instance) == first


def test_a_kept_meaning_that_is_cut_is_not_used(instance: Path) -> None:
    first = load_config(instance)
    kept = (instance.parent / KEPT).read_bytes()
    (instance.parent / KEPT).write_bytes(kept[:-3])
    assert load_config(instance) == first


def test_who_makes_the_folder_of_the_store_keeps_it_at_once(tmp_path: Path) -> None:
    instance = tmp_path / "config.yaml"
    instance.write_text("sources: {a: 'https://a.example/'}\n")
    load_config(instance)
    assert not (tmp_path / KEPT).exists()
    load_config(instance, makes_folder=True)
    assert (tmp_path / KEPT).exists()


def test_no_folder_is_made_where_the_store_is_elsewhere(tmp_path: Path) -> None:
    instance = tmp_path / "config.yaml"
    instance.write_text("store: else/state.db\nsources: {a: 'https://a.example/'}\n")
    load_config(instance, makes_folder=True)
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]


def test_nothing_is_kept_of_secrets(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "hush")
    instance.write_text("sources: {a: 'https://a.example/?key=${KEY}'}\n")
    assert load_config(instance).sources[0].locations == ("https://a.example/?key=hush",)
    assert not (instance.parent / KEPT).exists()


def test_no_folder_is_made_to_keep_anything(instance: Path) -> None:
    (instance.parent / ".feedbraid").rmdir()
    load_config(instance)
    assert [path.name for path in instance.parent.iterdir()] == ["config.yaml"]


def test_relative_paths_begin_where_the_file_is_now(instance: Path, tmp_path: Path) -> None:
    load_config(instance)
    moved = instance.parent.rename(tmp_path.with_name("moved"))
    assert load_config(moved / "config.yaml").folder == moved
