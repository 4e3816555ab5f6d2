"""What stands beside the feeds names those that everybody may know of, and secret feeds know where they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from feedbraid.config import load_config
from feedbraid.configtext import parse_config
from program import Instance
from serving import TOKEN, ask, serving

SITE = "https://example.org/feeds/"
NEWS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Harbour</title><link>https://harbour.example/</link><description>d</description>
<item><title>Ferry</title><link>https://harbour.example/1</link><pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>
<description>It sails.</description></item></channel></rss>
"""
USERS = "serve: {auth: {ann: a-password-of-ann}, public: PUBLIC}\n"


def configured(feeds: str, serve: str = "") -> str:
    return f"site: {{url: '{SITE}', title: ''}}\nsources: {{harbour: harbour.xml}}\n{serve}feeds: {{{feeds}}}\n"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("harbour.xml", NEWS)
    return made


def published(instance: Instance, feeds: str, serve: str = "") -> tuple[str, str]:
    """Publish, and give the index and the list of sources."""
    instance.write("config.yaml", configured(feeds, serve))
    instance.run()
    outputs = instance.outputs()
    return outputs["index.html"].decode(), outputs["sources.opml"].decode()


@pytest.mark.parametrize(
    ("access", "serve", "listed"),
    [
        ("", "", True),
        ("ended: true", "", False),
        ("access: public", "", True),
        (f"access: {{secret: {TOKEN}}}", "", False),
        ("", USERS.replace("PUBLIC", "false"), False),
        ("", USERS.replace("PUBLIC", "true"), True),
        ("access: public", USERS.replace("PUBLIC", "false"), True),
        ("{access: public, ended: true}", USERS.replace("PUBLIC", "false"), False),
        ("access: {users: ann}", USERS.replace("PUBLIC", "true"), False),
        (f"access: {{secret: {TOKEN}}}", USERS.replace("PUBLIC", "true"), False),
    ],
)
def test_a_feed_is_listed_when_everybody_may_read_it_and_it_goes_on(
    access: str, serve: str, *, listed: bool
) -> None:
    text = configured(f"news: {access if access.startswith('{') else '{' + access + '}'}", serve)
    assert [spec.listed for spec in parse_config(text, "config.yaml").feeds] == [listed]


def test_the_status_page_names_no_feed_that_is_not_for_all_either(instance: Instance) -> None:
    feeds = f"open: {{title: Ferries}}, quiet: {{title: Treasure, access: {{secret: {TOKEN}}}}}"
    published(instance, feeds, "health: {publish: true}\n")
    for name in ("index.html", "status.json", "health.atom"):
        document = instance.outputs()[f"status/{name}"].decode()
        assert name == "health.atom" or "Ferries" in document
        assert not re.search(f"Treasure|quiet|{TOKEN}", document)


def test_the_index_and_the_list_of_sources_name_no_feed_that_is_not_for_all(instance: Instance) -> None:
    feeds = (
        "open: {title: Ferries}, ann: {title: Smugglers, access: {users: ann}}, "
        f"quiet: {{title: Treasure, access: {{secret: {TOKEN}}}}}, old: {{title: Steamers, ended: true}}"
    )
    for document in published(instance, feeds, USERS.replace("PUBLIC", "true")):
        assert "Ferries" in document or document.startswith("<?xml")  # one feed alone needs no group
        assert not re.search(f"Smugglers|Treasure|Steamers|ann/|quiet|old/|{TOKEN}", document)


def test_what_an_older_index_named_goes_when_no_feed_is_for_all(instance: Instance) -> None:
    index, opml = published(instance, "open: {title: Ferries}")
    assert "Ferries" in index
    assert "Ferries" in opml
    for document in published(instance, f"open: {{title: Ferries, access: {{secret: {TOKEN}}}}}"):
        assert not re.search(f"Ferries|Harbour|open|{TOKEN}", document)
        assert "<title>Feeds</title>" in document
    assert "No feed is listed here." in instance.outputs()["index.html"].decode()


@pytest.mark.parametrize("split", ["", ", split: category"])
def test_the_self_link_of_a_feed_with_a_secret_answers_with_the_same_document(
    instance: Instance, split: str
) -> None:
    instance.write("harbour.xml", NEWS.replace("</item>", "<category>Ships</category></item>"))
    published(
        instance, f"quiet: {{access: {{secret: {TOKEN}}}{split}}}", "serve: {auth: {ann: a-password-of-ann}}\n"
    )
    folder, config = instance.folder / "feeds", load_config(instance.folder / "config.yaml")
    links = [*_self_links(folder / "quiet"), *(_self_links(folder / "quiet/category/ships") if split else ())]
    assert len(links) == (6 if split else 3)
    with serving(folder, users=config.serve.users, feeds=config.serve.feeds) as server:
        for path, link in links:
            got = ask(server.port, "/" + link.removeprefix(SITE))
            assert (got.status, got.body) == (200, path.read_bytes()), link
            assert ask(server.port, f"/{path.relative_to(folder)}").status == 401


def _self_links(folder: Path) -> list[tuple[Path, str]]:
    atom, rss = ((folder / name).read_text() for name in ("atom.xml", "rss.xml"))
    pattern = r'<(?:atom:)?link (?=[^>]*rel="self")[^>]*href="([^"]+)"'
    found = {name: re.search(pattern, text) for name, text in (("atom.xml", atom), ("rss.xml", rss))}
    links = [(folder / name, match[1]) for name, match in found.items() if match]
    return [*links, (folder / "feed.json", json.loads((folder / "feed.json").read_text())["feed_url"])]


def test_the_style_of_a_feed_with_a_secret_is_found_where_the_feed_is(instance: Instance) -> None:
    text = configured(f"quiet: {{access: {{secret: {TOKEN}}}}}").replace("title: ''", "stylesheet: true")
    instance.write("config.yaml", text)
    instance.run()
    document = (instance.folder / "feeds/quiet/atom.xml").read_text()
    (style,) = re.findall(r'<\?xml-stylesheet [^>]*href="([^"]+)"', document)
    config = load_config(instance.folder / "config.yaml")
    with serving(instance.folder / "feeds", users=(("ann", "pass"),), feeds=config.serve.feeds) as server:
        assert ask(server.port, "/" + style.removeprefix(SITE)).status == 200
