"""The page that tells how every source does: what a blogger needs who asks why a post is not there.

Its words are ours, so it is in English, whatever the language of the feeds. It has no bodies of posts, so its own
style may name classes. Everything known is on it, and nothing that counts from now: it is read at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from feedbraid.alerts import HEADLINES
from feedbraid.health import Standing, State, span
from feedbraid.model import Sibling, Skipped
from feedbraid.pages._languages import ENGLISH
from feedbraid.pages._markup import NOTHING, Markup, element, joined, lines, text
from feedbraid.pages._page import head, linked, moment, name, page, sentence
from feedbraid.pages._spark import fetches_per_day, posts_per_day
from feedbraid.records import Incident, Visit
from feedbraid.service import PublicFeed, Service
from feedbraid.text import counted, times_in_a_row

MOST_SKIPPED = 100
"""Skipped entries of one source that the page names; `status.json` has all."""

MOST_VISITS = 10
"""The last fetches of one source that the page tells."""

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"

_SIGNS: dict[State, str] = {
    "good": "✓",
    "failing": "!",
    "broken": "✕",
    "gone": "✕",
    "silent": "…",
    "paused": "‖",
    "never read": "–",
}
"""Beside the word of a state, so that neither its colour nor its word is all that tells it."""

_NEEDY: tuple[State, ...] = ("broken", "gone", "failing", "silent")
"""The states in which somebody should look at a source, the worst first."""

_COLUMNS = (
    "Source",
    "State",
    "Last success",
    "Last new post",
    "Next fetch",
    "Posts in 30 days",
    "Fetches in 30 days",
    "Entries",
)

_WORDS = (
    ("good", "it could be read when it was asked last"),
    ("failing", "it could not be read when it was asked last"),
    ("broken", "it failed several times in a row"),
    ("silent", "it can be read, but had nothing new for far longer than is usual for it"),
    ("gone", "it said that it is gone for good, and is not asked any more"),
    ("paused", "the operator wants it not to be asked"),
    ("never read", "it was not read yet"),
    ("shown", "entries that stand in a feed, in its newest document or its archive, of all that are stored"),
    ("merged", "entries that another source has, too, whose copy is shown"),
    ("held", "old entries that came many at once, and posts with a date to come: they wait"),
    ("filtered", "entries that the filters of every feed leave out"),
    ("skipped", "entries that can not be used; each is named with the reason"),
    ("posts in 30 days", "a bar for each day, as high as there are posts with its date"),
    (
        "fetches in 30 days",
        "up from the line what worked, dark where there was a document; down from it what failed",
    ),
)

_RESULTS = {"read": "brought a document", "unchanged": "nothing new", "failed": "failed"}

_MAIN = "sources"


def anchor_of(origin: str) -> str:
    """Give the id of the place on the page that tells of a source."""
    return f"source-{origin}"


def status_page(  # noqa: PLR0913  # each is a fact that it shows
    title: str,
    standings: Sequence[Standing],
    incidents: Sequence[Incident],
    service: Service,
    *,
    feed: Sibling,
    index: str,
) -> bytes:
    """Write `status/index.html`. Incidents are given newest first; `feed` is that of the incidents.

    `index` is the relative address of the page of all feeds, or empty when there is none.
    """
    return page(
        head(
            title,
            "",
            [feed],
            style=element("link", {"rel": "stylesheet", "href": "style.css"}),
            policy=_POLICY,
        ),
        element("a", {"href": f"#{_MAIN}"}, text("Skip to the sources")),
        _opening(title, standings, service, index),
        element(
            "main",
            {},
            lines(
                NOTHING,
                _section("Sources", _sources(standings), _MAIN),
                _section("What happened", _incidents(incidents, standings)),
                _section("Feeds", _feeds(service.feeds, has_pages=bool(index))) if service.feeds else NOTHING,
            ),
        ),
        _closing(),
        language=ENGLISH,
    )


# --- around the sources -----------------------------------------------------------------------------------


def _opening(title: str, standings: Sequence[Standing], service: Service, index: str) -> Markup:
    every = element("nav", {}, element("a", {"href": index}, text("All feeds"))) if index else NOTHING
    return element(
        "header",
        {},
        lines(
            NOTHING,
            every,
            element("h1", {"dir": "auto"}, text(title)),
            element("p", {"class": "summary"}, sentence(*_summary(standings, service))),
            _to_look_at(standings),
            element("p", {}, sentence(*_passes(service))),
            element("p", {}, sentence(*map(text, service.queue.phrases()))) if service.queue else NOTHING,
            _troubles(service.troubles),
        ),
    )


def _summary(standings: Sequence[Standing], service: Service) -> Iterator[Markup]:
    """Count the sources, all and by their states, the worst first."""
    yield text(counted(len(standings), "source"))
    counts = Counter(one.state for one in standings)
    told: tuple[State, ...] = (*_NEEDY, "paused", "never read")
    for state in told:
        if counts[state]:
            yield text(f"{counts[state]} {state}")
    if standings and counts["good"] == len(standings):
        yield text("all are good")
    if service.next_due:
        yield joined((text("next fetch"), moment(service.next_due)), " ")


def _to_look_at(standings: Sequence[Standing]) -> Markup:
    """Lead to the sources that need somebody, the worst first, as there may be hundreds of others."""
    found = [one for state in _NEEDY for one in standings if one.state == state]
    links = (
        element("li", {}, element("a", {"href": f"#{anchor_of(one.name)}"}, _called(one)), text(f" ({one.state})"))
        for one in found
    )
    return element("ul", {"class": "look"}, lines(NOTHING, *links)) if found else NOTHING


def _called(one: Standing) -> Markup:
    return name(one.title or one.name)


def _passes(service: Service) -> Iterator[Markup]:
    for words, when in (
        ("running since", service.started),
        ("last run", service.last_run),
        ("last good run", service.last_good_run if service.last_good_run != service.last_run else None),
    ):
        if when:
            yield joined((text(words), moment(when)), " ")
    if service.pass_seconds is not None:
        yield text(f"it took {service.pass_seconds:.1f} s")
    if service.errands:
        yield text(f"{counted(service.errands, 'message')} to be delivered")
    yield text(f"feedbraid {service.version}")


def _troubles(troubles: Sequence[str]) -> Markup:
    if not troubles:
        return NOTHING
    return element("ul", {"class": "troubles"}, lines(*(element("li", {}, text(one)) for one in troubles)))


def _section(title: str, content: Markup, place: str | None = None) -> Markup:
    return element("section", {"id": place}, lines(NOTHING, element("h2", {}, text(title)), content))


def _incidents(incidents: Sequence[Incident], standings: Sequence[Standing]) -> Markup:
    feed = element("a", {"href": "health.atom", "type": "application/atom+xml"}, text("feed of incidents"))
    follow = element("p", {}, text("Subscribe to the "), feed, text(" to be told."))
    if not incidents:
        return lines(element("p", {}, text("Nothing happened to any source yet.")), follow)
    titles = {one.name: one.title for one in standings}
    return lines(
        follow, element("ol", {"class": "incidents"}, lines(*(_incident(one, titles) for one in incidents)))
    )


def _incident(incident: Incident, titles: dict[str, str]) -> Markup:
    source = name(titles.get(incident.origin) or incident.origin)
    if incident.origin in titles:
        source = element("a", {"href": f"#{anchor_of(incident.origin)}"}, source)
    words = HEADLINES[incident.kind].partition("{source}")
    return element(
        "li",
        {},
        lines(
            joined((moment(incident.at), joined((text(words[0]), source, text(words[2])))), " "),
            _detail(incident),
        ),
    )


def _detail(incident: Incident) -> Markup:
    kind = "error" if incident.kind == "broken" else None
    return element("p", {"class": kind}, text(incident.detail)) if incident.detail else NOTHING


def _feeds(feeds: Sequence[PublicFeed], *, has_pages: bool) -> Markup:
    return element("ul", {}, lines(*(element("li", {}, _feed(one, has_pages=has_pages)) for one in feeds)))


def _feed(feed: PublicFeed, *, has_pages: bool) -> Markup:
    title = name(feed.title or feed.name)
    return sentence(
        element("a", {"href": f"../{feed.name}/index.html"}, title) if has_pages else title,
        text(counted(feed.entries, "post")),
        joined((text("updated"), moment(feed.updated)), " ") if feed.updated else NOTHING,
    )


def _closing() -> Markup:
    data = element("a", {"href": "status.json", "type": "application/json"}, text("The same for programs (JSON)"))
    return element("footer", {}, element("p", {}, sentence(data, text("All times are in UTC."))))


# --- the sources ------------------------------------------------------------------------------------------


def _sources(standings: Sequence[Standing]) -> Markup:
    """Write the table. Its roles are stated, as a phone shows it as cards, and some browsers then forget them."""
    if not standings:
        return element("p", {}, text("There are no sources yet."))
    titles = (element("th", {"scope": "col", "role": "columnheader"}, text(one)) for one in _COLUMNS)
    table = element(
        "table",
        {"role": "table"},
        lines(
            NOTHING,
            element("caption", {}, text("How each source does, in the order of the configuration")),
            element("thead", {"role": "rowgroup"}, element("tr", {"role": "row"}, lines(NOTHING, *titles))),
            *(_source(one) for one in standings),
        ),
    )
    return lines(table, _words())


def _words() -> Markup:
    listed = (part for word, means in _WORDS for part in (_dt(word), element("dd", {}, text(means))))
    return element(
        "details",
        {},
        element("summary", {}, text("What the words mean")),
        element("dl", {}, lines(NOTHING, *listed)),
    )


def _dt(word: str) -> Markup:
    return element("dt", {}, text(word))


def _source(one: Standing) -> Markup:
    cells = (
        _state(one),
        _when(one.succeeded),
        _newest(one),
        _next(one),
        posts_per_day(one.posts_per_day),
        fetches_per_day(one.days),
        _entries(one),
    )
    named = element("th", {"scope": "row", "role": "rowheader"}, _name(one))
    row = element(
        "tr",
        {"role": "row"},
        lines(
            NOTHING,
            named,
            *(
                element("td", {"role": "cell", "data-label": label}, element("div", {}, cell))
                for label, cell in zip(_COLUMNS[1:], cells, strict=True)
            ),
        ),
    )
    return element("tbody", {"role": "rowgroup", "id": anchor_of(one.name)}, lines(NOTHING, row, _details(one)))


def _name(one: Standing) -> Markup:
    title = name(one.title or one.name, one.link)
    return joined(
        (title, element("code", {}, text(one.name)) if one.title not in ("", one.name) else NOTHING), " "
    )


def _state(one: Standing) -> Markup:
    sign = element("span", {"aria-hidden": "true"}, text(_SIGNS[one.state]))
    badge = element("span", {"class": f"state {one.state.replace(' ', '-')}"}, sign, text(f" {one.state}"))
    times = text(times_in_a_row(one.failures)) if one.failures else NOTHING
    return joined((badge, element("small", {}, text("failed "), times) if times else NOTHING), " ")


def _when(when: datetime | None) -> Markup:
    return moment(when) if when else text("never")


def _newest(one: Standing) -> Markup:
    """Say when something new came, and after what time that is usual."""
    gap = f"usually every {span(one.usual_gap)}" if one.usual_gap else ""
    return joined((_when(one.changed), _small(text(gap))), " ")


def _next(one: Standing) -> Markup:
    if one.state in ("gone", "paused"):
        return text("never again" if one.state == "gone" else "not while it is paused")
    if one.kind == "seeds":
        return text("at every run")
    when = moment(one.due) if one.due else text("at the next run")
    return joined((when, _small(text(one.why))), " ")


def _small(words: Markup) -> Markup:
    return element("small", {}, words) if words else NOTHING


def _entries(one: Standing) -> Markup:
    """Say what became of the entries; a fate that none met is left out."""
    fates = ((one.merged, "merged"), (one.held, "held"), (one.filtered, "filtered"), (len(one.skipped), "skipped"))
    others = ", ".join(f"{count} {fate}" for count, fate in fates if count)
    return joined((text(f"{one.shown} of {one.entries} shown"), _small(text(others))), " ")


# --- what is behind it ------------------------------------------------------------------------------------


def _details(one: Standing) -> Markup:
    """Write a second row: what went wrong, and all that can be unfolded."""
    return element(
        "tr",
        {"role": "row", "class": "more"},
        element(
            "td",
            {"role": "cell", "colspan": str(len(_COLUMNS))},
            element("div", {}, lines(NOTHING, *_said(one))),
        ),
    )


def _said(one: Standing) -> Iterator[Markup]:
    if one.error:
        yield element("p", {"class": "error"}, text(one.error))
    if one.held:
        until = joined((text(", until "), moment(one.held_until))) if one.held_until else NOTHING
        words = text(f"{counted(one.held, 'entry', 'entries')} held")
        yield element("p", {}, words, until, text("."))
    if one.skipped:
        yield _folded(f"{counted(len(one.skipped), 'entry', 'entries')} skipped, and why", "ul", _skipped(one))
    if one.visits:
        newest = one.visits[: -MOST_VISITS - 1 : -1]
        yield _folded("The last fetches", "ol", [_visit(visit) for visit in newest])
    facts = sentence(_asked(one), _dated(one))
    if facts:
        yield element("p", {}, facts)


def _asked(one: Standing) -> Markup:
    if not one.address:
        return NOTHING
    words = "moved for good, asked at" if one.moved else "asked at" if one.kind == "web" else "read from"
    return joined((text(words), _address(one.address)), " ")


def _dated(one: Standing) -> Markup:
    return joined((text("newest post dated"), moment(one.newest)), " ") if one.newest else NOTHING


def _address(address: str) -> Markup:
    return element(
        "code", {"dir": "ltr"}, linked(text(address), address) if "***" not in address else text(address)
    )


def _folded(summary: str, kind: str, items: Sequence[Markup]) -> Markup:
    listed = element(kind, {}, lines(NOTHING, *(element("li", {}, one) for one in items)))
    return element("details", {}, element("summary", {}, text(summary)), listed)


def _skipped(one: Standing) -> list[Markup]:
    told = [_one_skipped(each) for each in one.skipped[:MOST_SKIPPED]]
    left = len(one.skipped) - len(told)
    return [*told, text(f"and {counted(left, 'other')}, see status.json")] if left else told


def _one_skipped(one: Skipped) -> Markup:
    line = text(f", line {one.line}") if one.line else NOTHING
    return joined((element("code", {}, element("bdi", {}, text(one.ref))), line, text(f": {one.reason}")))


def _visit(visit: Visit) -> Markup:
    return sentence(
        moment(visit.at),
        text(_RESULTS[visit.result]),
        text(f"{visit.new} new") if visit.new else NOTHING,
        text(visit.detail),
    )
