"""The gate: hostile and broken documents by hand, and what of them may pass."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import bounds
from feedbraid.gate import Admitted, Refused, admit

HEAD = '<rss version="2.0"><channel><title>T</title>'
TAIL = "</channel></rss>"


def item(text: str = "x") -> str:
    return f"<item><title>{text}</title></item>"


def feed(text: str = "x") -> str:
    return f"{HEAD}{item(text)}{TAIL}"


def admitted(document: str | bytes, content_type: str = "") -> Admitted:
    result = admit(document if isinstance(document, bytes) else document.encode(), content_type)
    assert isinstance(result, Admitted), result
    return result


def body_of(document: str | bytes) -> str:
    return admitted(document).body.decode()


def refusal(document: str | bytes) -> str:
    result = admit(
        document if isinstance(document, bytes) else document.encode(), "", "https://site.example/news/"
    )
    assert isinstance(result, Refused), result
    return result.reason


def doctype(*declarations: str, between: str = "\n") -> str:
    return f"<!DOCTYPE rss [{between}{between.join(declarations)}{between}]>"


# --- no feed ----------------------------------------------------------------------------------------------

PAGE = "<!DOCTYPE html><html><head><link {}></head><body></body></html>"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(b"", "the body is empty", id="B1 empty"),
        pytest.param(b" \r\n\t\x00", "the body is empty", id="B2 white space"),
        pytest.param("<html><body>Error</body></html>", "this is a web page, not a feed", id="B3 an error page"),
        pytest.param(
            "<!doctype HTML PUBLIC ''><p>x", "this is a web page, not a feed", id="a page by its DOCTYPE"
        ),
        pytest.param(
            PAGE.format('rel="alternate" type="application/rss+xml" href="/feed.xml"'),
            "this is a web page, not a feed; it advertises a feed at https://site.example/feed.xml",
            id="B4 a page that advertises a feed",
        ),
        pytest.param(
            PAGE.format("href=atom.xml TYPE='application/atom+xml' REL=ALTERNATE"),
            "this is a web page, not a feed; it advertises a feed at https://site.example/news/atom.xml",
            id="B4 attributes in any order and quotes",
        ),
        pytest.param(
            PAGE.format('rel="alternate" type="application/rss+xml" href="http://[x"'),
            "this is a web page, not a feed; it advertises a feed at http://[x",
            id="B4 an address that is none",
        ),
        pytest.param(
            PAGE.format('rel="alternate" hreflang="de" href="/de"'),
            "this is a web page, not a feed",
            id="no feed link",
        ),
        pytest.param(
            "<html><title>Just a moment...</title></html>",
            "this is a page that keeps robots out (a challenge), not a feed",
            id="B5 a bot challenge",
        ),
        pytest.param("/etc/passwd", "this is text, not a feed", id="B7 a path"),
        pytest.param("https://site.example/feed.xml", "this is text, not a feed", id="B8 an address"),
        pytest.param("<opml version='2.0'/>", "this is an OPML list of feeds, not a feed", id="B9 OPML"),
        pytest.param("<?xml version='1.0'?><urlset/>", "this is a sitemap, not a feed", id="B10 a sitemap"),
        pytest.param(b"\x1f\x8b\x08\x00abc", "this is binary data, not a feed", id="B11 packed"),
        pytest.param(bytes(range(256)) * 9, "this is binary data, not a feed", id="B11 any bytes"),
        pytest.param(
            "<tv><channel/></tv>",
            "this is XML or HTML that begins with <tv>, not a feed",
            id="a channel of another kind",
        ),
        pytest.param(
            "<?xml version='1.0'?><!-- " + feed(),
            "this is no feed: it begins with a comment that has no end",
            id="a comment",
        ),
        pytest.param("-" * 400_000 + feed(), "this is text, not a feed", id="no root within 400 kB"),
    ],
)
def test_what_is_no_feed_is_named(document: str | bytes, reason: str) -> None:
    assert refusal(document) == reason


def test_b6_json_is_left_to_its_own_reader() -> None:
    assert admitted(b'\xef\xbb\xbf {"items": []}') == Admitted(body=b' {"items": []}', kind="json")


# --- in front of the root ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "noted"),
    [
        pytest.param("", False, id="nothing"),
        pytest.param('<?xml version="1.0" encoding="utf-8"?>\n', False, id="a declaration"),
        pytest.param('<?xml version="1.1"?>', False, id="XML 1.1"),
        pytest.param("<!-- <rss> --><?xml-stylesheet href='x.xsl'?>", False, id="B90 comments and instructions"),
        pytest.param(
            '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1/rss.dtd">',
            False,
            id="B37 old DTD",
        ),
        pytest.param('\n <?xml version="1.0"?>', True, id="B20 white space before the declaration"),
        pytest.param(
            "<br />\n<b>Warning</b>: mysql in <b>x.php</b><br />\n<?xml version='1.0'?>", True, id="B21 PHP"
        ),
        pytest.param("Notice: x\n", True, id="plain text"),
        pytest.param("<?xml version='1.0'>", False, id="a declaration with half an end"),
        pytest.param("<?xml version='1.0'?>" + "\n" * 100_000, False, id="B40 line breaks"),
        pytest.param("<?" * 100_000 + ">", False, id="instructions without an end"),
        pytest.param("<!" * 100_000, True, id="declarations that are none"),
    ],
)
def test_nothing_in_front_of_the_root_passes(front: str, noted: bool) -> None:  # noqa: FBT001  # a table's column
    result = admitted(front + feed())
    assert result.body.decode() == feed()
    assert [note.text for note in result.notes] == ["text in front of the document was ignored"] * noted


@pytest.mark.parametrize(
    "root",
    [
        pytest.param("<rss/>", id="RSS"),
        pytest.param("<RSS></RSS>", id="B26 upper case"),
        pytest.param('<feed xmlns="http://www.w3.org/2005/Atom"/>', id="Atom"),
        pytest.param('<a:feed xmlns:a="http://www.w3.org/2005/Atom"/>', id="Atom with a prefix"),
        pytest.param('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', id="RSS 1.0"),
        pytest.param('<CHANNEL HREF="https://site.example/"/>', id="CDF"),
    ],
)
def test_every_kind_of_feed_root_passes(root: str) -> None:
    assert body_of(root) == root


BOMB = ('<!ENTITY a "ha">', *(f'<!ENTITY {name} "{f"&{chr(ord(name) - 1)};" * 10}">' for name in "bcdefgh"))


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        pytest.param(doctype(*BOMB), "nested entities", id="B30 an entity bomb, line by line"),
        pytest.param(doctype(*BOMB, between=""), "nested entities", id="B31 an entity bomb on one line"),
        pytest.param("<!-- x -->" + doctype(*BOMB), "nested entities", id="B32 an entity bomb behind a comment"),
        pytest.param(
            doctype("<!-- ] > -->", *BOMB), "nested entities", id="an entity bomb behind an inner comment"
        ),
        pytest.param(doctype(f'<!ENTITY a "{"x" * 257}">'), "over 256 characters", id="B33 a long entity"),
        pytest.param(doctype("<!ENTITY a '&#37;b;'>", '<!ENTITY c "%b;">'), "nested", id="a parameter inside"),
        pytest.param(doctype('<!ENTITY a "<b/>">'), "nested", id="markup inside"),
        pytest.param(doctype('<!ENTITY a SYSTEM "file:///etc/passwd">'), "external", id="B34 an external file"),
        pytest.param(doctype('<!ENTITY a SYSTEM "http://127.0.0.1/">'), "external", id="B35 an external address"),
        pytest.param(doctype("<!ENTITY a PUBLIC 'x' 'http://127.0.0.1/'>"), "external", id="B35 a public one"),
        pytest.param(doctype('<!ENTITY % p SYSTEM "http://127.0.0.1/">', "%p;"), "external", id="B36 a parameter"),
        pytest.param(doctype('<!entity a "x">'), "damaged", id="in lower case, which is no XML"),
        pytest.param(doctype(*(f'<!ENTITY e{n} "xx">' for n in range(33))), "too many", id="33 entities"),
        pytest.param(doctype(*(f'<!ENTITY e{n} "x">' for n in range(301))), "too many", id="301 characters"),
        pytest.param("<!DOCTYPE \n" * 500, "not finished", id="B41 unfinished DOCTYPE lines"),
        pytest.param("<!DOCTYPE rss [" + "<!ENTITY \n" * 9_000, "not finished", id="unfinished ENTITY lines"),
        pytest.param('<!DOCTYPE rss "', "not finished", id="an open quote"),
        pytest.param("<!DOCTYPE rss [<!-- ", "no end", id="an open comment in a DOCTYPE"),
    ],
)
def test_a_dangerous_doctype_is_refused(front: str, reason: str) -> None:
    assert reason in refusal(f'<?xml version="1.0"?>{front}{feed("&a;&h;")}')


@pytest.mark.parametrize(
    ("declarations", "text", "expected"),
    [
        pytest.param(('<!ENTITY co "Site &#169;">',), "&co;", "Site ©", id="B38 a short entity"),
        pytest.param(("<!ENTITY co 'a > b'>",), "&co;", "a &gt; b", id="single quotes and a bracket"),
        pytest.param(
            ('<!ENTITY lt "&#38;#60;">', '<!ENTITY amp "&#38;#38;">'), "&lt;", "&lt;", id="XML's own five"
        ),
        pytest.param(('<!ENTITY x "&#60;b>">',), "&x;", "&lt;b&gt;", id="a value that would be markup is text"),
        pytest.param(('<!ENTITY x "">',), "a&x;b", "ab", id="an empty one"),
        pytest.param(('<!ENTITY x "1">', '<!ENTITY x "2">'), "&x;", "1", id="the first of two holds"),
        pytest.param(
            ('<!ENTITY % n PUBLIC "-//W3C//ENTITIES Latin 1//EN" "http://127.0.0.1/x">',),
            "&eacute;",
            "é",
            id="Drupal",
        ),
        pytest.param(
            ("<!ELEMENT rss (channel)>", "<?x ]> ?>", '<!ATTLIST rss a CDATA "]>">'), "x", "x", id="no entities"
        ),
    ],
)
def test_b38_harmless_entities_are_replaced(declarations: tuple[str, ...], text: str, expected: str) -> None:
    assert body_of(doctype(*declarations) + feed(text)) == feed(expected)


def test_b33_entities_must_not_make_a_document_much_longer() -> None:
    front = doctype(f'<!ENTITY a "{"x" * 256}">')
    assert "grow too much" in refusal(front + feed("&a;" * 5_000))


# --- the text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("AT&T and R&D", "AT&amp;T and R&amp;D", id="B14 bare ampersands"),
        pytest.param("?a=1&b=2&copy=3", "?a=1&amp;b=2&amp;copy=3", id="B14 a query, even with an HTML name"),
        pytest.param("&eacute;&nbsp;&mdash;&rsquo;", "é\u00a0—’", id="B15 HTML names"),
        pytest.param("&AMP;&LT;", "&amp;&lt;", id="HTML names for markup stay escaped"),
        pytest.param("&bogus;", "&amp;bogus;", id="an unknown name is text"),
        pytest.param(
            "&amp;&lt;&gt;&quot;&apos;&#38;&#x3c;", "&amp;&lt;&gt;&quot;&apos;&#38;&#x3c;", id="XML's own"
        ),
        pytest.param("a\x00b\x0bc\ufffe", "abc", id="B17 B18 forbidden characters"),
        pytest.param("a&#0;&#x1F;&#xD800;&#x110000;&#xFFFE;&#99999999999999;b", "ab", id="B19 references to them"),
        pytest.param("&#128;&#150;", "&#128;&#150;", id="N35 is for later: these XML allows"),
        pytest.param(
            "<![CDATA[a & b &eacute; ]]>&", "<![CDATA[a & b &eacute; ]]>&amp;", id="CDATA stays as it is"
        ),
        pytest.param("<!-- & -->&", "<!-- & -->&amp;", id="comments stay as they are"),
        pytest.param("𠮷 e\u0301 👩‍👩‍👧", "𠮷 e\u0301 👩‍👩‍👧", id="B66 rare characters"),
    ],
)
def test_text_is_repaired_without_guessing(text: str, expected: str) -> None:
    assert body_of(feed(text)) == feed(expected)


def test_repairs_are_counted() -> None:
    notes = admitted(feed("A&T & &eacute; \x00 &#0;")).notes
    assert [note.text for note in notes] == [
        "1 character that XML forbids was removed",
        "2 ampersands were escaped",
        "1 HTML name of a character was read",
        "1 forbidden reference was removed",
    ]


def test_b24_an_open_cdata_section_is_closed_with_its_element() -> None:
    document = f"{HEAD}{item()}<item><description><![CDATA[open</description></item>{item()}{TAIL}"
    assert body_of(document) == document.replace("open", "open]]>")


OPEN = "<item><description><![CDATA[open</description></item>"
CLOSED = "<item><description><![CDATA[<b>closed</b>]]></description></item>"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(OPEN + CLOSED, OPEN.replace("open", "open]]>") + CLOSED, id="in front of one that is closed"),
        pytest.param(CLOSED + OPEN, CLOSED + OPEN.replace("open", "open]]>"), id="behind one that is closed"),
        pytest.param(OPEN + OPEN + CLOSED, OPEN.replace("open", "open]]>") * 2 + CLOSED, id="two of them"),
        pytest.param(
            "<item><a><![CDATA[1</a><b x='y'>\n<![CDATA[2]]></b></item>",
            "<item><a><![CDATA[1]]></a><b x='y'>\n<![CDATA[2]]></b></item>",
            id="in one item",
        ),
        pytest.param(
            "<item><a><![CDATA[<a>1</a> <b>]]></a></item>",
            "<item><a><![CDATA[<a>1</a> <b>]]></a></item>",
            id="one that holds its own end tag is whole",
        ),
        pytest.param(
            "<item><a><![CDATA[<![CDATA[ 1]]></a></item>",
            "<item><a><![CDATA[<![CDATA[ 1]]></a></item>",
            id="one that speaks of another is whole",
        ),
        pytest.param(
            "<!-- <a><![CDATA[ </a> --><item><a><![CDATA[1]]></a></item>",
            "<!-- <a><![CDATA[ </a> --><item><a><![CDATA[1]]></a></item>",
            id="one in a comment is none",
        ),
    ],
)
def test_b24_an_open_cdata_section_takes_no_other_item_with_it(items: str, expected: str) -> None:
    result = admitted(HEAD + items + TAIL)
    assert result.body.decode() == HEAD + expected + TAIL
    assert (result.complete, result.well_formed) == (True, True)
    assert [note.rule for note in result.notes] == ["XML 2.7"] * (items != expected)


def test_b26_names_in_capitals_are_noted() -> None:
    (note,) = admitted("<RSS><CHANNEL><TITLE>T</TITLE></CHANNEL></RSS>").notes
    assert note.text == "its names are in capitals, which are others; they were read all the same"
    assert admitted("<CHANNEL HREF='https://site.example/'/>").notes == ()


@pytest.mark.parametrize("mark", [pytest.param("<![CDATA[", id="CDATA"), pytest.param("<!--", id="comments")])
def test_many_sections_without_an_end_cost_no_time(mark: str) -> None:
    assert admit((HEAD + item() + mark * 300_000 + TAIL).encode()) is not None


# --- well-formed or not -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        pytest.param(f"{HEAD}{item()}<item><title>Tw", f"{HEAD}{item()}{TAIL}", id="B12 cut in an item"),
        pytest.param(f"{HEAD}{item()}{item()}<item><ti", f"{HEAD}{item()}{item()}{TAIL}", id="B13 cut in a tag"),
        pytest.param(f"{HEAD}{item()}</chan", f"{HEAD}{item()}{TAIL}", id="cut after the last item"),
        pytest.param(f"{HEAD}{item()}<item><![CDATA[x", f"{HEAD}{item()}{TAIL}", id="cut in CDATA"),
        pytest.param(f"{HEAD}{item()}<item><x><item/>", f"{HEAD}{item()}{TAIL}", id="cut around an inner item"),
        pytest.param(
            f"{HEAD}{item('é')}<item>é".encode()[:-1], f"{HEAD}{item('é')}{TAIL}", id="cut in a character"
        ),
    ],
)
def test_b12_of_a_cut_document_the_whole_items_are_kept(document: str | bytes, kept: str) -> None:
    result = admitted(document)
    assert result.body.decode() == kept
    assert not result.complete
    assert result.well_formed


def test_a_document_that_is_cut_before_its_first_item_is_refused() -> None:
    assert refusal(f"{HEAD}<item><title>On") == "the document is cut before the end of its first item"


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("<!-- x -->\nThe end", id="B22 text"),
        pytest.param(feed("second"), id="B23 a second root"),
        pytest.param("</soap>", id="an end without a beginning"),
    ],
)
def test_b22_what_follows_the_root_is_ignored(rest: str) -> None:
    result = admitted(feed() + rest)
    assert result.body.decode() == feed()
    assert result.complete
    assert [note.text for note in result.notes] == ["text after the end of the document was ignored"]


def test_a_document_with_crossed_tags_passes_as_it_is() -> None:
    result = admitted(feed("<b><i></b></i>"))
    assert (result.well_formed, result.complete) == (False, True)
    cut = admitted(feed("<b><i></b></i>").removesuffix(TAIL))
    assert (cut.well_formed, cut.complete) == (False, False)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(feed("<a>" * 100_000), "nested over 200 deep", id="depth"),
        pytest.param(
            feed("<a " + " ".join(f"b{n}=''" for n in range(201)) + "/>"), "over 200 attributes", id="attributes"
        ),
        pytest.param(HEAD + item() * 5_001 + TAIL, "over 5000 items", id="items"),
        pytest.param(feed("<a/>" * 8_001), "an item of it has over 8000 elements", id="elements of an item"),
        pytest.param(HEAD + "<a/>" * 200_001 + item() + TAIL, "over 200000 elements", id="elements"),
        pytest.param(feed("</b>" + "<a/>" * 8_001), "an item of it has over 8000", id="elements behind a fault"),
        pytest.param(HEAD + "</b>" + item() * 5_001, "over 5000 items", id="items behind a fault"),
    ],
)
def test_bounds_hold_for_well_formed_and_broken_documents(document: str, reason: str) -> None:
    assert reason in refusal(document)


def test_bounds_allow_what_lies_within() -> None:
    assert len(body_of(HEAD + item() * bounds.MAX_ITEMS + TAIL)) > 0
    assert len(body_of(HEAD + f"<item>{'<a/>' * 1_000}</item>" * 3 + TAIL)) > 0


# --- any bytes --------------------------------------------------------------------------------------------

MARKS = (
    "<rss> </rss> <item> </item> <!DOCTYPE <!ENTITY [ ]> <!-- --> <![CDATA[ ]]> & &a; &#0; <?xml ?> é < > ' a=' {"
)
PIECES = st.sampled_from([*re.findall(r"\S+", MARKS), " ", '"', "\x00", "\ud7ff", "<html>"])


@given(st.one_of(st.binary(), st.lists(PIECES).map("".join).map(str.encode)), st.text(), st.text())
def test_any_document_is_admitted_or_refused(body: bytes, content_type: str, url: str) -> None:
    result = admit(body, content_type, url)
    assert isinstance(result, Refused) or result.body.decode()


@given(st.lists(PIECES).map("".join))
def test_what_passed_passes_again_unchanged(text: str) -> None:
    first = admit(feed(text).encode())
    if isinstance(first, Admitted) and first.well_formed:
        second = admitted(first.body)
        assert second.body == first.body
        assert not second.notes
