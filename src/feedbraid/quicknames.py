"""What names mean to the parser library: whether it knows an element, or nothing follows from it.

It knows elements by a prefix of its own for their namespace. Where a namespace is none that it knows, it believes
the prefix of the document.
"""

from __future__ import annotations

ATOM = "http://www.w3.org/2005/atom"
XML = "http://www.w3.org/XML/1998/namespace"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XLINK = "http://www.w3.org/1999/xlink"

NAMESPACES = {
    ATOM: "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://podlove.org/simple-chapters": "psc",
    RDF: "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
"""The namespaces that are known, in lower case, and the prefix that the library gives to their elements."""

MIXED_UP = frozenset(
    {
        "http://example.com/dtds/podcast-1.0.dtd",
        "http://example.com/necho",
        "http://example.com/newformat#",
        "http://purl.org/echo/",
        "http://purl.org/pie/",
        "http://purl.org/rss/1.0/modules/rss091#",
        "uri/of/echo/namespace#",
    }
)
"""Others that mean something to the library, in lower case."""

HANDLED = {
    "": """
        abstract author body category channel cloud content contributor copyright created day description email
        enclosure entry expirationdate feed fullitem generator geom georssgeom guid height homepage hour id image
        info issued item keywords language lastbuilddate link managingeditor modified name newlocation person
        pubdate published rights rss source subtitle summary tagline tags textinput title updated uri url webmaster
        where width
    """,
    "cc": "license",
    "content": "encoded",
    "creativecommons": "license",
    "dc": "author contributor creator date description language publisher rights subject title",
    "dcterms": "created issued modified valid",
    "feedburner": "browserfriendly origlink",
    "georss": "box line point polygon where",
    "gml": "exterior linearring linestring point polygon pos poslist",
    "itunes": """
        author block category duration email episode episodetype explicit image keywords link name owner season
        subtitle summary type
    """,
    "media": """
        category content credit description group keywords license player rating restriction thumbnail title
    """,
    "psc": "chapter chapters",
    "xhtml": "body",
}
"""The elements that mean something to the library, by the prefix that it gives them."""

_BY_PREFIX = {prefix: frozenset(names.split()) for prefix, names in HANDLED.items()}

_KEYS = frozenset(
    [
        "authors",
        "comments",
        "contributors",
        "date",
        "docs",
        "enclosures",
        "entries",
        "errorreportsto",
        "guidislink",
        "href",
        "icon",
        "items",
        "license",
        "links",
        "logo",
        "publisher",
        "skipdays",
        "skiphours",
        "ttl",
        "validity",
    ]
)
"""Other names under which the library keeps something."""

_WORDS = frozenset(
    [
        "author",
        "content",
        "copyright",
        "description",
        "generator",
        "info",
        "publisher",
        "rights",
        "subtitle",
        "summary",
        "tagline",
        "title",
        "xml",
    ]
)
"""What no prefix may be: under names that begin so, the library keeps more about an element."""

NETSCAPE = "http://my.netscape.com/rdf/simple/0.9/"
VERSIONS = {ATOM: "atom10", "http://purl.org/rss/1.0/": "rss10", NETSCAPE: "rss090"}
"""Namespaces by which the library tells a dialect; the first one counts."""

NO_PREFIX = "-"
"""Stands for that of an unknown namespace that is the default one. No prefix begins so."""

HARMLESS = frozenset(
    [
        "georss:box",
        "georss:line",
        "georss:point",
        "georss:polygon",
        "itunes:block",
        "media:credit",
        "media:license",
        "media:player",
        "media:rating",
        "media:restriction",
        "psc:chapter",
        "psc:chapters",
    ]
)
"""Elements that the library handles, but nothing that is looked at follows from it."""


def is_harmless(tag: str) -> bool:
    """Tell whether nothing follows from an element, wherever it stands in a channel or an item."""
    prefix, colon, local = tag.partition(":")
    if not colon or prefix == NO_PREFIX:
        return _is_harmless_name(local or tag)
    if local in ("item", "entry") or prefix in _WORDS:
        return False
    return local not in _BY_PREFIX.get(prefix, ()) or tag in HARMLESS


def _is_harmless_name(name: str) -> bool:
    """Tell that of an element without a prefix: the library would take `media_content` for `media:content`."""
    first, joined, last = name.partition("_")
    if joined and (first in _BY_PREFIX or first in _WORDS or last == "parsed"):
        return False
    return name not in _BY_PREFIX[""] and name not in _KEYS
