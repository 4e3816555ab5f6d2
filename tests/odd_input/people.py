"""Authors (N51..N55)."""

from __future__ import annotations

from feedbraid.model import Person
from odd_input.row import AT, ATOM, ATOM_AT, LINK, ONE, TITLED, Fields, Row, in_atom, in_rss

_NAMED = "<title>Site</title><link>https://site.example/</link>"


def _rss(name: str, written: str, *authors: str, head: str = "<link>https://site.example/</link>") -> Row:
    expected: Fields = AT | TITLED | ({"authors": tuple(map(Person, authors))} if authors else {})
    return in_rss(name, f"{LINK}{ONE}{written}", expected, head=head)


def _atom(name: str, written: str, *authors: Person, head: str = "") -> Row:
    expected: Fields = ATOM_AT | TITLED | ({"authors": authors} if authors else {})
    stated = f'<id>tag:site.example,2026:feed</id><link href="https://site.example/"/>{head}'
    return in_atom(name, f"{ATOM}{ONE}{written}", expected, head=stated)


IN_RSS = (
    _rss("n52-mail-and-name-in-brackets", "<author>ann@site.example (Ann Lee)</author>", "Ann Lee"),
    _rss("n52-name-and-mail-in-angles", "<author>Ann Lee &lt;ann@site.example&gt;</author>", "Ann Lee"),
    _rss("n52-mailto-beside-a-name", "<author>Ann Lee (mailto:ann@site.example)</author>", "Ann Lee"),
    _rss("n52-name-in-quotes", '<author>"Lee, Ann" &lt;ann@site.example&gt;</author>', "Lee, Ann"),
    _rss("n52-bare-mail-is-no-name", "<author>ann@site.example</author>"),
    _rss("n51-bare-mail-gives-way-to-the-title", "<author>ann@site.example</author>", "Site", head=_NAMED),
    _rss("n51-no-author-is-the-title-of-the-source", "", "Site", head=_NAMED),
    _rss("n51-neither-author-nor-title", ""),
    _rss(
        "n51-author-of-the-channel",
        "",
        "Ed",
        head=f"{_NAMED}<managingEditor>ed@site.example (Ed)</managingEditor>",
    ),
    _rss(
        "n51-own-author-goes-before-that-of-the-channel",
        "<author>ann@site.example (Ann)</author>",
        "Ann",
        head=f"{_NAMED}<managingEditor>ed@site.example (Ed)</managingEditor>",
    ),
    _rss("n51-web-master-is-no-author", "", "Site", head=f"{_NAMED}<webMaster>w@site.example (Web)</webMaster>"),
    _rss("n55-several-creators", "<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator>", "Ann", "Bob"),
    _rss("n55-one-creator-twice-is-one", "<dc:creator>Ann</dc:creator><dc:creator> Ann </dc:creator>", "Ann"),
    _rss("n55-list-in-one-element-is-not-split", "<dc:creator>Ann Lee, Bob Ray</dc:creator>", "Ann Lee, Bob Ray"),
    _rss("n27-name-with-markup", "<dc:creator>&lt;b&gt;Ann&lt;/b&gt; &amp;amp; Bob</dc:creator>", "Ann & Bob"),
    _rss("n51-empty-creator-is-none", "<dc:creator></dc:creator>", "Site", head=_NAMED),
    _rss("n32-direction-marks-in-a-name", "<dc:creator>\u202eAnn\u202c</dc:creator>", "Ann"),
)

_ANN = Person("Ann")

IN_ATOM = (
    _atom(
        "n55-name-uri-and-mail",
        "<author><name>Ann</name><uri>https://ann.example/</uri><email>ann@site.example</email></author>",
        Person("Ann", "https://ann.example/"),
    ),
    _atom(
        "n55-relative-uri-is-completed",
        "<author><name>Ann</name><uri>/ann</uri></author>",
        Person("Ann", "https://site.example/ann"),
    ),
    _atom("n55-script-is-no-uri", "<author><name>Ann</name><uri>javascript:x()</uri></author>", _ANN),
    _atom(
        "n53-mail-as-uri-is-left-out", "<author><name>Ann</name><uri>mailto:ann@site.example</uri></author>", _ANN
    ),
    _atom("n52-name-that-is-a-mail-address", "<author><name>ann@site.example</name></author>"),
    _atom("n52-author-of-a-mail-address-alone", "<author><email>ann@site.example</email></author>"),
    _atom(
        "n51-several-authors",
        "<author><name>Ann</name></author><author><name>Bob</name></author>",
        _ANN,
        Person("Bob"),
    ),
    _atom(
        "n51-contributor-is-no-author",
        "<author><name>Ann</name></author><contributor><name>Bob</name></contributor>",
        _ANN,
    ),
    _atom("n51-author-of-the-feed", "", _ANN, head="<author><name>Ann</name></author>"),
    _atom(
        "n51-empty-author-gives-way-to-that-of-the-feed",
        "<author/>",
        _ANN,
        head="<author><name>Ann</name></author>",
    ),
)

ROWS = (*IN_RSS, *IN_ATOM)
