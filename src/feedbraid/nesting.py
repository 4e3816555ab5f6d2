"""How a parser of the HTML Standard would nest the tags of a text: too deep to be read, or as they are written.

An HTML parser closes and opens elements on its own, and some texts make it do so without end: 14 kB can become
16 MB. The count here is an upper bound of that, made in linear time without building anything.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

MAX_REFERENCES = 100_000
MAX_ATTRIBUTES = 5_000
"""Of one tag. Parsers take time by the square of the ampersands, of these, and of the depth."""

MAX_DEPTH = 512
"""Of nested elements; browsers stop there too."""

MAX_COST = 4_000_000
"""Steps of search for an end tag, and characters of tags that would be opened again because nobody closed them."""

_HARMLESS_TAGS = 800
_HARMLESS_LENGTH = 40_000
"""Below both, no text costs more than a few tenths of a second."""


def elements(names: str) -> frozenset[str]:
    """Make a set of element names."""
    return frozenset(names.split())


_BLOCKS = elements(
    "address article aside blockquote body center details dialog dir div dl fieldset figcaption figure footer "
    "h1 h2 h3 h4 h5 h6 header hgroup main menu nav ol pre search section summary ul"
)
_VOID = elements("area base br col embed hr img input link meta param source track wbr")
_FORMATTING = elements("a b big code em font i nobr s small strike strong tt u")
_TABLE_PARTS = elements("table tbody tfoot thead tr td th caption colgroup")
_BARRIERS = elements(
    "applet button caption iframe marquee math noscript object script select style svg table td template "
    "textarea th title xmp"
)
_LOOSE_ENDS = elements("dd dt li p")
_SPECIAL = _BLOCKS | _TABLE_PARTS | _BARRIERS | _LOOSE_ENDS | {"form"}
_ENDED_BY = {
    "p": _BLOCKS | {"dd", "dt", "form", "hr", "li", "p", "table"},
    "li": frozenset({"li"}),
    "dd": frozenset({"dd", "dt"}),
    "dt": frozenset({"dd", "dt"}),
    "td": frozenset({"tbody", "td", "tfoot", "th", "tr"}),
    "th": frozenset({"tbody", "td", "tfoot", "th", "tr"}),
    "tr": frozenset({"tbody", "tfoot", "tr"}),
}

_ATTRIBUTES = r"""
    (?: [\s/]++
      | [^\s/>] [^\s/>=]*+ (?: \s*+ = \s*+ (?: "[^"]*+"? | '[^']*+'? | [^\s>"'] [^\s>]*+ | ) )?
      | (?!)
    )*+
"""


def _tags(raw: str) -> re.Pattern[str]:
    """Make the pattern of a tag, a comment, or an element whose content is no HTML (the names in `raw`)."""
    return re.compile(
        rf"""
        < (?: !-- (?: -?> | .*? (?: --!?> | \Z ) )
            | (?P<raw> {raw} ) (?= [\s/>] ) {_ATTRIBUTES} > .*? (?: </(?P=raw) (?= [\s/>] ) [^>]*+ >? | \Z )
            | (?P<end> /? ) (?P<name> [a-z] [^\s/>]*+ ) {_ATTRIBUTES} >?
            | [!?/] [^>]*+ >?
          )
        """,
        re.VERBOSE | re.DOTALL | re.IGNORECASE,
    )


_TAG = _tags("iframe | noembed | noframes | noscript | script | style | textarea | title | xmp")
_TAG_ALONE = _tags("(?!)")
"""In svg, math and select, such elements have no content of their own."""
_APART = re.compile(r"[\s/\"']+")
_FOREIGN = re.compile(r"<(?:math|select|svg)[\s/>]", re.IGNORECASE)


def is_tangled(markup: str) -> bool:
    """Tell whether a parser might need far more than linear time or memory. Never wrong about short texts."""
    if markup.count("&") > MAX_REFERENCES:
        return True
    if len(markup) < _HARMLESS_LENGTH and markup.count("<") < _HARMLESS_TAGS:
        return False
    if _is_plainly_nested(markup):
        return False
    path, pattern = _Path(), _TAG_ALONE if _FOREIGN.search(markup) else _TAG
    return any(path.grows_too_much(tag) for tag in pattern.finditer(markup))


def without_tags(markup: str) -> str:
    """Put a blank in the place of each tag and comment, and of what is no text; references stay."""
    return _TAG.sub(" ", markup)


_HTML = elements(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink "
    "blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn "
    "dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 "
    "h6 head header hgroup hr html i iframe image img input ins kbd keygen label legend li link listing main "
    "map mark marquee menu menuitem meta meter nav nobr noembed noframes noscript object ol optgroup option "
    "output p param picture plaintext pre progress q rb rp rt rtc ruby s samp script search section select "
    "slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th "
    "thead time title tr track tt u ul var video wbr xmp"
)
_PLAIN_VALUE = r"""(?: "[^"<>]*+" | '[^'<>]*+' | [^\s"'<>=]++ )"""
_PLAIN_TAG = re.compile(
    rf"""
    < (?: !-- (?! -?> ) [^<>]*+ (?<= -- ) >
        | ( /? [a-zA-Z] [\w:-]*+ )
          ( (?: \s++ [^\s"'<>/=]++ (?: \s*+ = \s*+ {_PLAIN_VALUE} )? | (?!) ){{0,100}}+ )
          \s*+ /? >
      )
    """,
    re.VERBOSE | re.ASCII,
)
"""A tag that every parser reads alike, with nothing inside that looks like another one; or such a comment."""


def _is_plainly_nested(markup: str) -> bool:
    """Tell at a glance that no parser opens anything but what is written; False when only `_Path` shows.

    Where every end tag ends what was opened last, what `_Path` has open is never more than what is open here.
    """
    tags = _PLAIN_TAG.findall(markup)
    if len(tags) != markup.count("<"):
        return False
    path = ["/"]
    sizes: list[int] = []
    deepest = pending = cost = 0
    for tag, attributes in tags:
        if tag == path[-1]:
            path.pop()
            if tag in _FORMATTING_ENDS:
                pending -= sizes.pop()
        else:
            end = _END_TAGS.get(tag)
            if end is None or path[-1] in _TEXT_ENDS:
                return False
            if end:
                path.append(end)
                deepest = max(deepest, len(path))
                if end in _FORMATTING_ENDS:
                    sizes.append(len(attributes) + _AROUND_ATTRIBUTES)
                    pending += sizes[-1]
        cost += pending
    return len(path) == 1 and deepest <= MAX_DEPTH and cost + deepest * len(tags) <= MAX_COST


_END_TAGS = {"": "", **{name: "" if name in _VOID else f"/{name}" for name in _HTML - {"plaintext"}}}
"""How what a tag opens is ended; "" for void elements, and for comments. Other names are for `_Path`."""
_FORMATTING_ENDS = frozenset(f"/{name}" for name in _FORMATTING)
_TEXT_ENDS = frozenset(
    f"/{name}" for name in elements("iframe noembed noframes noscript script style textarea title xmp")
)
"""Of elements whose content is text: nothing may look like a tag before these."""
_AROUND_ATTRIBUTES = 20
"""Characters of a tag that opens formatting beside its attributes, or more."""


_FOREIGN_NAME = re.compile(
    rf"</?(?!(?:{'|'.join(sorted(_HTML))})[\s/>])[a-z][a-z0-9]*+[\s/>]", re.ASCII | re.IGNORECASE
)
_STATED_NAME = re.compile("</?([a-zA-Z\u0130\u0131\u017f\u212a][a-zA-Z0-9\u0130\u0131\u017f\u212a]*+)")
"""How tags begin, with the four letters that patterns without regard to case take for i, s and k."""
_DRAWING = re.compile(r"(<svg(?=[\s/>])(?:[^<>]*/>|.*?(?:</svg(?=[\s/>])|\Z)))", re.IGNORECASE | re.DOTALL)


def known_names(markup: str) -> frozenset[str] | None:
    """Give the names with which tags begin, in lower case; None where HTML does not know them all."""
    names = frozenset(name.lower() for name in set(_STATED_NAME.findall(markup)))
    return names if names <= _HTML else None


def without_foreign_names(markup: str) -> str:
    """Make custom elements (`x-int`) of all that HTML does not know, but in drawings.

    `vector<int>` would else swallow what follows: nh3 drops an element that has a name of SVG or MathML with all
    that is in it. Of custom elements the text stays.
    """
    if _FOREIGN_NAME.search(markup) is None:
        return markup
    parts = _DRAWING.split(markup)
    parts[::2] = [_TAG.sub(_as_custom, part) for part in parts[::2]]
    return "".join(parts)


def _as_custom(tag: re.Match[str]) -> str:
    name = tag["name"]
    if not name or not name.isalnum() or name.lower() in _HTML:
        return tag[0]
    at = tag.start("name") - tag.start()
    return f"{tag[0][:at]}x-{tag[0][at:]}"


@dataclass(slots=True)
class _Path:
    """What a parser would have open, at most: (name, characters it costs to open it again)."""

    items: list[tuple[str, int]] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    """Characters of the formatting elements that are open."""
    cost: int = 0

    def grows_too_much(self, tag: re.Match[str]) -> bool:
        """Take the next tag; tell whether a limit is passed."""
        end, name = tag.group("end", "name")
        size = tag.end() - tag.start()
        if name and size > MAX_ATTRIBUTES and len(_APART.findall(tag[0])) > MAX_ATTRIBUTES:
            return True
        if end:
            self._end(name.lower())
        elif name:
            self._start(name.lower(), size)
        self.cost += self.pending
        return len(self.items) > MAX_DEPTH or self.cost > MAX_COST

    def _start(self, name: str, size: int) -> None:
        if name in _VOID or self._is_lost(name):
            return
        if name == "a":
            self._end("a")
        while self.items and name in _ENDED_BY.get(self.items[-1][0], ()):
            self._cut(len(self.items) - 1)
        self._push(name, size if name in _FORMATTING else 0)

    def _end(self, name: str) -> None:
        if not self.names[name] or self._is_lost(name):
            return
        blockers = _blockers(name)
        for at in range(len(self.items) - 1, -1, -1):
            self.cost += 1
            if self.items[at][0] == name:
                self._close(at)
                return
            if self.items[at][0] in blockers:
                return

    def _is_lost(self, name: str) -> bool:
        """Tell whether a parser ignores this tag: a part of a table outside of one."""
        return name in _TABLE_PARTS and name != "table" and not self.names["table"]

    def _close(self, at: int) -> None:
        """Close an element and what is in it; formatting that stays unclosed in it will be opened again."""
        again = [] if self.items[at][0] in _BARRIERS else [item for item in self.items[at + 1 :] if item[1]]
        self._cut(at)
        for item in again:
            self._push(*item)

    def _cut(self, at: int) -> None:
        for name, size in self.items[at:]:
            self.names[name] -= 1
            self.pending -= size
        del self.items[at:]

    def _push(self, name: str, size: int) -> None:
        self.items.append((name, size))
        self.names[name] += 1
        self.pending += size


def _blockers(name: str) -> frozenset[str]:
    """Give the elements through which an end tag does not reach (HTML Standard 13.2.4.2, or stricter)."""
    if name in _TABLE_PARTS:
        return _TABLE_WALLS
    if name in _BLOCKS:
        return _BARRIERS
    return _STRICT_WALLS if name in _LOOSE_ENDS else _SPECIAL


_TABLE_WALLS = frozenset({"math", "svg", "table", "template"})
_STRICT_WALLS = _SPECIAL - _LOOSE_ENDS


# --- as they are written ----------------------------------------------------------------------------------

_NAME = re.compile(r"</?[a-z0-9]+")
_ENDS_P = _BLOCKS | {"dd", "dt", "hr", "li", "table"}
_PARENTS = {"li": frozenset({"ol", "ul"}), "dd": frozenset({"dl"}), "dt": frozenset({"dl"})}
_PARTS = {name: frozenset({"ruby", "rtc"}) for name in ("rb", "rp", "rt", "rtc")} | {
    "source": frozenset({"audio", "picture", "video"}),
    "track": frozenset({"audio", "video"}),
}
"""Elements that mean something in these alone."""
_IN_TABLES = {
    **dict.fromkeys(("caption", "colgroup", "tbody", "tfoot", "thead"), frozenset({"table"})),
    "col": frozenset({"colgroup"}),
    "tr": frozenset({"tbody", "tfoot", "thead"}),
    **dict.fromkeys(("td", "th"), frozenset({"tr"})),
}
_HOMES = _PARENTS | _PARTS | _IN_TABLES
_MOVING = elements("button form iframe option rp rt rtc ruby select")
_HEADINGS = elements("h1 h2 h3 h4 h5 h6")
_ALONE = {"a": frozenset({"a"}), "p": frozenset({"p"})} | dict.fromkeys(_HEADINGS, _HEADINGS)
"""Elements, and those in which a parser would not leave them."""


def _place(name: str) -> tuple[str, frozenset[str], tuple[str, ...]]:
    """Give the end tags of an element, of its homes if it has such, and of what may not be around it."""
    homes = _HOMES.get(name, frozenset())
    around = _ALONE.get(name, frozenset()) | ({"p"} if name in _ENDS_P and not homes else frozenset())
    ends = frozenset(f"</{home}" for home in homes)
    return "" if name in _VOID else f"</{name}", ends, tuple(f"</{other}" for other in sorted(around))


_PLACES = {f"<{name}": _place(name) for name in _HTML - _MOVING}
"""Where a parser leaves an element, by its tag: there at least."""
_TABLE_PART = "(?:caption|col|colgroup|table|tbody|td|tfoot|th|thead|tr)"
_BETWEEN_PARTS = re.compile(
    rf"<(?:table|tbody|tfoot|thead|tr|colgroup|col|/(?!table){_TABLE_PART})"
    r'(?: [^"<>]*+(?:"[^"]*+"[^"<>]*+|(?!))*+)?>'
    rf"[ \t\n]*+(?!<(?!table)/?{_TABLE_PART}[ >])"
)
"""Where something else than a part of it stands in a table: a parser puts it in front."""


def is_well_nested(markup: str) -> bool:
    """Tell whether a parser surely reads serialized HTML as it is written; False when only parsing shows."""
    path = [""]
    for tag in _NAME.findall(markup):
        if tag == path[-1]:
            path.pop()
            continue
        place = _PLACES.get(tag)
        if place is None or (place[1] and path[-1] not in place[1]):
            return False
        for other in place[2]:
            if other in path:
                return False
        if place[0]:
            path.append(place[0])
    return len(path) == 1 and ("<table" not in markup or _BETWEEN_PARTS.search(markup) is None)


# --- where they belong ------------------------------------------------------------------------------------

_PIECE = re.compile(r'<(/?)([a-z][a-z0-9]*)(?:[^">]++|"[^"]*+"|(?!))*+>')
_MAY_STRAY = re.compile(r"<(?:li|dd|dt|rb|rp|rt|rtc|source|track)[ >]")
_LISTS = {"li": "ul", "dd": "dl", "dt": "dl"}
"""Items, and the list that is put around those that stand in none."""


def in_place(markup: str) -> str:
    """Put a list around list items that stand in none, and remove the tags of parts of what is not there.

    Takes serialized HTML. Items and parts out of place are errors of a strict HTML parser, or of a validator.
    """
    if _MAY_STRAY.search(markup) is None:
        return markup
    path, at = _Placed(), 0
    for tag in _PIECE.finditer(markup):
        path.text(markup[at : tag.start()])
        path.tag(tag[0], tag[2], is_end=bool(tag[1]))
        at = tag.end()
    path.text(markup[at:])
    return path.result()


@dataclass(slots=True)
class _Level:
    """An open element: `added` is the list that was opened in it, `dropped` says that its tags are left out."""

    name: str
    added: str = ""
    dropped: bool = False


@dataclass(slots=True)
class _Placed:
    """Writes serialized HTML again, with everything where it belongs."""

    pieces: list[str] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=lambda: [_Level("")])

    def text(self, between: str) -> None:
        if between.strip():
            self._end_added()
        self.pieces.append(between)

    def tag(self, written: str, name: str, *, is_end: bool) -> None:
        if is_end:
            self._end_added()
            dropped = self.levels.pop().dropped if len(self.levels) > 1 else True
        else:
            self._begin(name)
            dropped = name in _PARTS and self.levels[-1].name not in _PARTS[name]
            if name not in _VOID:
                self.levels.append(_Level(name, dropped=dropped))
        if not dropped:
            self.pieces.append(written)

    def _begin(self, name: str) -> None:
        """Open or end a list that this element needs, or does not belong to."""
        wanted = "" if self._is_at_home(name) else _LISTS.get(name, "")
        if wanted != self.levels[-1].added:
            self._end_added()
            if wanted:
                self.pieces.append(f"<{wanted}>")
                self.levels[-1].added = wanted

    def _is_at_home(self, name: str) -> bool:
        parents = [level.name for level in self.levels[-2:]]
        return parents[-1] in _PARENTS.get(name, ()) or (_LISTS.get(name) == "dl" and parents == ["dl", "div"])

    def _end_added(self) -> None:
        if self.levels[-1].added:
            self.pieces.append(f"</{self.levels[-1].added}>")
            self.levels[-1].added = ""

    def result(self) -> str:
        self._end_added()
        return "".join(self.pieces)
