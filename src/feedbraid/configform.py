"""The shape of a configuration: which settings there are, of which type, with which default.

A form holds values as the operator wrote them, checked one by one; `config` makes our own
nouns of them. The JSON Schema for editors is made from these forms, and so are their descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from feedbraid import configvalues as values
from feedbraid.filters import Each, Filter, Setting
from feedbraid.forms import Address, Form, Interval, Language, Line, OneOrMore, as_list, some, unique
from feedbraid.model import (
    CleaningRules,
    DigestSpec,
    FeedSpec,
    FetchRules,
    KeyParts,
    KeyRules,
    OriginSpec,
    Retention,
    ServeRules,
    SplitSpec,
)
from feedbraid.nouns import dataclass
from feedbraid.records import IncidentKind
from feedbraid.registry import added_names, load_plug, plug_names
from feedbraid.rules import HealthRules, PublishRules, Webhook
from feedbraid.settings import DEFAULT_STORE

_FETCH, _KEYS, _CLEANING = FetchRules(), KeyRules(), CleaningRules()
_ORIGIN = OriginSpec(name="", kind="web", locations=())
_RETENTION = Retention()
_SPLIT, _DIGEST = SplitSpec(), DigestSpec()
_SERVE = ServeRules()
_HEALTH, _WEBHOOK, _PUBLISH = HealthRules(), Webhook(url=""), PublishRules(to="")
_FEED = FeedSpec(name="", title="", origins=(), address="", home="")


def _under(name: str) -> Callable[[object], object]:
    def filled(value: object) -> object:
        if value is None:
            return {}
        return {name: value} if isinstance(value, str | list) else value

    return filled


def _context(info: ValidationInfo) -> Mapping[str, Sequence[str]]:
    context: Mapping[str, Sequence[str]] = info.context or {}
    return context


def _free_name(name: str, info: ValidationInfo) -> str:
    if name in _context(info)["seeds"]:
        raise ValueError(f"the name {name!r} belongs to a folder of seeds; each source and folder needs its own")
    return values.name(name)


def _origin(name: str, info: ValidationInfo) -> str:
    origins = _context(info)["origins"]
    if name not in origins:
        raise ValueError(f"there is no source or folder of seeds {name!r}; {values.nearest(name, origins)}")
    return name


def _user(name: str, info: ValidationInfo) -> str:
    users = _context(info)["users"]
    if name not in users:
        raise ValueError(f"there is no user {name!r} in serve.auth; {values.nearest(name, users)}")
    return name


def _feed(name: str, info: ValidationInfo) -> str:
    feeds = _context(info)["feeds"]
    if name not in (*feeds, *_context(info)["former"]):
        raise ValueError(f"there is no feed {name!r}; {values.nearest(name, feeds)}")
    return name


def _former(name: str, info: ValidationInfo) -> str:
    if name in _context(info)["feeds"]:
        raise ValueError(f"there still is a feed {name!r}, so that can not lead elsewhere")
    return values.name(name)


def _format(name: str) -> str:
    formats = plug_names("feedbraid.formats")
    if name not in formats:
        raise ValueError(f"there is no format {name!r}; {values.nearest(name, formats)}")
    return name


_OWN_FILTERS = plug_names("feedbraid.filters")

_RULE = "drop"
"""The filter whose conditions say what is blocked."""


def _address_of_web(value: str, info: ValidationInfo) -> str:
    if values.kind_of(info.data.get("url", "https:")) == "file":
        raise ValueError("a source that is a file has no mirrors")
    return values.address(value)


Every = Annotated[str, AfterValidator(values.every)]
Path = Annotated[str, AfterValidator(values.path)]
StorePlace = Annotated[str, AfterValidator(values.store)]
SaveTo = Annotated[str, AfterValidator(values.optional(values.path))]
Zone = Annotated[str, AfterValidator(values.zone)]
Spread = Annotated[str, AfterValidator(values.spread)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Name = Annotated[str, AfterValidator(values.name)]
FeedName = Annotated[str, AfterValidator(values.feed_name)]
HeaderValue = Annotated[str, AfterValidator(values.header_value)]
RequestHeaders = dict[Annotated[str, AfterValidator(values.header_name)], HeaderValue]
SourceName = Annotated[str, AfterValidator(_free_name)]


@cache
def filter_kind(name: str) -> Filter:
    """Load a filter. Raises ValueError with what is wrong, and what would be right."""
    if name in _OWN_FILTERS:
        return cast("Filter", load_plug("feedbraid.filters", name, "FILTER"))
    names = added_names("feedbraid.filters")
    if name not in names:
        raise ValueError(f"there is no filter {name!r}; {values.nearest(name, (*_OWN_FILTERS, *names))}")
    from feedbraid.filters import _trust  # noqa: PLC0415  # only where another package adds a filter

    try:
        return _trust.added(name)
    except LookupError as error:
        raise ValueError(str(error)) from error


def _one_filter(value: object) -> dict[str, Any]:
    """Read one of a list of filters, its name or its name with its options, as name to options."""
    stated: object = {value: None} if isinstance(value, str) else value
    if not isinstance(stated, Mapping) or len(stated) != 1:
        raise ValueError("one filter with its options is needed here, such as  - drop: {title: Advertisement}")
    ((name, options),) = stated.items()
    kind = filter_kind(str(name))
    if kind.needs and find_spec(kind.needs) is None:
        raise ValueError(f"the filter {name!r} needs more: pip install 'feedbraid[{kind.extra}]'")
    if options is None or isinstance(options, Mapping):
        return {name: options or {}}
    return {name: {kind.short: options} if kind.short else options}


def filter_json(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Give name and options, as JSON text, of a filter that was found right."""
    ((name, options),) = entry.items()
    made = filter_kind(name).options.model_validate(options)
    return name, made.model_dump_json(by_alias=True, exclude_unset=True)


def _filter_mistakes(data: object) -> Iterator[Mistake]:
    """Check the options of every filter; each has a form of its own, which is loaded where it is needed."""
    for section in ("sources", "seeds", "feeds"):
        members = data.get(section) if isinstance(data, Mapping) else None
        for name, member in members.items() if isinstance(members, Mapping) else ():
            stated = member.get("filters") if isinstance(member, Mapping) else None
            for number, one in enumerate(stated if isinstance(stated, list) else ()):
                yield from _mistakes_in(one, (section, name, "filters", number))


def _mistakes_in(stated: object, place: tuple[str | int, ...]) -> Iterator[Mistake]:
    try:
        ((name, options),) = _one_filter(stated).items()
    except ValueError:
        return  # the form of the whole says so
    kind = filter_kind(name)
    given = stated[name] if isinstance(stated, Mapping) else None
    is_short = given is not None and not isinstance(given, Mapping)
    try:
        kind.options.model_validate(options)
    except ValidationError as error:
        for one in _mistakes(error):
            path = one.path[1:] if is_short and one.path[:1] == (kind.short,) else one.path
            yield replace(one, path=(*place, name, *path))


Filters = tuple[Annotated[dict[str, Any], BeforeValidator(_one_filter)], ...]
"""A list of filters, each as its name to its options; these are checked by the filter's own form."""


def _one_rule(value: object) -> dict[str, Any]:
    """Read a condition for posts that are blocked: what `drop` takes, but for what all posts together tell."""
    if value is None or isinstance(value, list):
        raise ValueError("a condition is needed here, such as  - {url: https://voa.example/a/}")
    made = _one_filter({_RULE: value})
    kind = filter_kind(_RULE)
    try:
        options = kind.options.model_validate(made[_RULE])
    except ValidationError:
        return made  # the form of the filter says what is wrong
    if not isinstance(kind.build(options, Setting()), Each):
        raise ValueError("a post is blocked when it comes, so its age is no condition here: see retention")  # noqa: TRY004  # for the operator
    return made


def _rule_mistakes(data: object) -> Iterator[Mistake]:
    """Check the conditions for posts that are blocked."""
    stated = data.get("block") if isinstance(data, Mapping) else None
    for number, one in enumerate(stated if isinstance(stated, list) else [stated]):
        if one is not None and not isinstance(one, list):
            for mistake in _mistakes_in({_RULE: one}, ("block", number)):
                yield replace(mistake, path=(*mistake.path[:2], *mistake.path[3:]))


def _as_rules(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Rules = Annotated[
    tuple[Annotated[dict[str, Any], BeforeValidator(_one_rule)], ...],
    BeforeValidator(_as_rules, json_schema_input_type=str | dict[str, Any] | tuple[str | dict[str, Any], ...]),
]
"""Conditions for posts that are blocked, each as the filter that it is."""


class SiteForm(Form):
    """What all feeds have in common."""

    title: Line = ""
    """The title of a feed that has none of its own."""
    url: Annotated[str, AfterValidator(values.folder_address)] = "http://localhost:8080/"
    """Where the output folder is published on the web."""
    language: Language = ""
    """The language of the feeds, such as en or zh-Hans."""
    author: Line = ""
    """The author of a feed that names none."""
    authority: Annotated[str, AfterValidator(values.optional(values.authority))] = ""
    """A domain or mail address of yours: minted ids begin with it. Never change it."""
    pages: bool = True
    """Write a page for people for each feed, an index of all, and sources.opml."""
    stylesheet: bool = False
    """Have browsers that show XML show feeds in the style of feed.css."""


class FetchForm(Form):
    """How sources on the web are asked."""

    contact: Annotated[str, AfterValidator(values.optional(values.contact))] = ""
    """A page or mail address at which operators of sources can reach you; goes into the User-Agent."""
    every: Every = "1h"
    """How often: 30m, 1h, 1d, @daily, a cron line such as "40 * * * *" (in UTC) or "0 7 * * * Europe/Berlin"."""
    jitter: Spread = "0m"
    """Up to so much later, so that not all sources are asked at one time; a source always by the same."""
    spread: Spread = "10m"
    """How long `start` takes for its first requests when more than 64 sources are due; 0: ask all at once."""
    allow: OneOrMore[Annotated[str, AfterValidator(values.allowance)]] = ()
    """Private hosts that may be asked all the same: host, host:port, or a network such as 10.0.0.0/8."""
    connect_timeout: Seconds = _FETCH.connect_timeout
    """Seconds until a connection has to stand."""
    silence_timeout: Seconds = _FETCH.silence_timeout
    """Seconds that a server may stay silent."""
    deadline: Seconds = _FETCH.deadline
    """Seconds for a whole document."""
    max_bytes: Annotated[int, Field(ge=1024, le=2**31)] = _FETCH.max_bytes
    """The largest document, in bytes."""
    max_redirects: Annotated[int, Field(ge=0, le=20)] = _FETCH.max_redirects
    """Redirects that are followed for one document."""
    parallel: Annotated[int, Field(ge=1, le=1000)] = _FETCH.parallel
    """Hosts asked at the same time."""
    per_domain: Annotated[int, Field(ge=1, le=1000)] = _FETCH.per_domain
    """Of these, hosts of one registered domain, such as all blogs of one service."""
    spacing: Annotated[float, Field(ge=0, le=100)] = _FETCH.spacing
    """The pause before a host is asked again, in multiples of the time its last answer took, 5 seconds at most."""
    own: OneOrMore[Annotated[str, AfterValidator(values.host)]] = ()
    """Hosts of your own, on which many feeds may live: no rest of one holds for the others."""
    robots: bool = _FETCH.robots
    """Ask for robots.txt first, once a day, and leave alone what it names for feedbraid or for all."""
    slowest: Interval = "6h"
    """A source that rarely has news is asked less often, down to this; cron lines are kept to."""
    believe: Interval = "1d"
    """How long a permanent redirect has to hold until the new address is asked instead."""
    proxy: Annotated[str, AfterValidator(values.optional(values.proxy))] = ""
    """The HTTP proxy through which all sources are asked, such as http://proxy.example:3128."""


class RetentionForm(Form):
    """How many posts of a source are kept. What is published stays as it is."""

    age: Annotated[str, AfterValidator(values.optional(values.age))] = ""
    """Older posts go, such as 730d, counted from the newest post of the source; empty: none is too old."""
    count: Annotated[int, Field(ge=0, le=100_000_000)] = _RETENTION.count
    """At most so many posts of each source stay; 0: any number."""
    least: Annotated[int, Field(ge=1, le=1_000_000)] = _RETENTION.least
    """Always so many posts of each source stay, however old."""


class SourceForm(Form):
    """A feed somewhere else."""

    url: Annotated[str, AfterValidator(values.location)]
    """Its address, or the path of a feed file on this machine, relative to this configuration."""
    mirrors: OneOrMore[Annotated[str, AfterValidator(_address_of_web)]] = ()
    """Other addresses of the same feed, tried in this order when the first one fails."""
    every: Every = ""
    """How often it is asked; fetch.every when not given."""
    key: Annotated[
        tuple[KeyParts, ...],
        BeforeValidator(as_list, json_schema_input_type=KeyParts | tuple[KeyParts, ...]),
        AfterValidator(some),
        AfterValidator(unique),
    ] = ("url",)
    """What tells its entries apart: url, or guid, or [url, title]."""
    zone: Zone = "UTC"
    """The time zone of its dates that name none, such as Asia/Shanghai."""
    title: Line = ""
    """Overrides what the source calls itself."""
    slowest: Annotated[str, AfterValidator(values.optional(values.interval))] = ""
    """Down to which pause it is asked less often when it rarely has news; fetch.slowest when not given."""
    headers: RequestHeaders = Field(default={})
    """Request headers for its host alone, such as {X-Api-Key: "${KEY}"}."""
    auth: Annotated[str, AfterValidator(values.optional(values.credentials))] = ""
    """User name and password for its host alone: "ann:${PASSWORD}"."""
    proxy: Annotated[str, AfterValidator(values.optional(values.proxy))] = ""
    """The HTTP proxy through which it is asked; fetch.proxy when not given."""
    flood: Annotated[int, Field(ge=0, le=1_000_000)] = _ORIGIN.flood
    """More new entries than this at once, all older than the newest known one, are held back; 0: never."""
    hold: Interval = "1d"
    """How long they are held back before they go to the archive, such as 1d."""
    filters: Filters = ()
    """What shapes its posts, in this order, before they are merged with others; see docs/filters.md."""
    save_to: SaveTo = ""
    """A folder in which each post of the source is saved as a seed file, in its own words."""
    retention: RetentionForm | None = None
    """How many of its posts are kept, in place of what `retention` says for all sources."""


class SeedForm(Form):
    """A folder of local posts."""

    path: OneOrMore[Path]
    """The folder, or globs such as posts/*.md, relative to this configuration."""
    site: Annotated[str, AfterValidator(values.optional(values.seed_site))] = ""
    """The site that their permalinks are relative to."""
    ids: Literal["auto", "jekyll"] = "auto"
    """jekyll: give posts the ids that jekyll-feed gave them."""
    zone: Zone = "UTC"
    """The time zone of dates that name none."""
    filters: Filters = ()
    """What shapes its posts, in this order, before they are merged with others; see docs/filters.md."""


class PodcastForm(Form):
    """What a podcast says of itself. What is not given is taken from its source, when it has only one."""

    author: Line = ""
    """Who makes it."""
    owner: Line = ""
    """The name of the owner."""
    email: Annotated[str, AfterValidator(values.optional(values.mail))] = ""
    """The mail address of the owner. It is published."""
    categories: OneOrMore[Annotated[str, AfterValidator(values.podcast_category)]] = ()
    """Such as News, or News > Politics."""
    image: Annotated[str, AfterValidator(values.optional(values.cover))] = ""
    """The address of the cover."""
    explicit: bool | None = None
    """Whether it has explicit content."""
    type: Literal["", "episodic", "serial"] = ""
    """serial: episodes are to be heard in their order."""


def _podcast(value: object) -> object:
    """Take yes for a podcast that leaves all to its source, and no for none, as YAML writes them."""
    try:
        answer = TypeAdapter(bool).validate_python(value)
    except ValidationError:
        return value
    return {} if answer else None


PodcastEntry = Annotated[PodcastForm | None, BeforeValidator(_podcast, json_schema_input_type=bool | PodcastForm)]


class SplitForm(Form):
    """One more feed for each category, source or author of the posts of a feed, below its folder."""

    by: Literal["category", "source", "author"] = "category"
    """What the posts of one such feed have in common."""
    only: OneOrMore[Line] = ()
    """These categories, sources or authors alone."""
    names: dict[Line, Name] = Field(default={})
    """The folder of each, such as {Politik: politics}; else one is made of its letters and digits."""
    least: Annotated[int, Field(ge=1, le=1_000_000)] = _SPLIT.least
    """How many posts there have to be before there is a feed of them."""
    title: Annotated[Line, AfterValidator(values.title_with("value", "feed"))] = _SPLIT.title
    """The title of each; {feed} is that of the whole, {value} the category, source or author."""

    @model_validator(mode="after")
    def _one_folder_each(self) -> SplitForm:
        unique(tuple(self.names.values()))
        return self


class DigestForm(Form):
    """One post for all that came in a day, a week or a month, in place of the posts themselves."""

    every: Literal["day", "week", "month"] = "day"
    """The period. Its digest is published when it is over."""
    zone: Zone = "UTC"
    """The time zone of days, such as Europe/Berlin."""
    show: Literal["titles", "summaries", "full"] = "summaries"
    """What is shown of each post."""
    most: Annotated[int, Field(ge=1, le=10_000)] = _DIGEST.most
    """The most posts in one digest; the number of the others is told."""
    title: Annotated[Line, AfterValidator(values.title_with("period", "feed", "count"))] = _DIGEST.title
    """The title of each digest; {feed} is that of the feed, {period} such as 2026-W47, {count} of its posts."""


SplitEntry = Annotated[SplitForm, BeforeValidator(_under("by"), json_schema_input_type=str | SplitForm)]
DigestEntry = Annotated[DigestForm, BeforeValidator(_under("every"), json_schema_input_type=str | DigestForm)]


class AccessForm(Form):
    """Who may read a feed that is served by `feedbraid serve`."""

    public: bool = False
    """Everybody, also where everything else needs a user."""
    users: OneOrMore[Annotated[str, AfterValidator(_user)]] = ()
    """These users of serve.auth alone."""
    secret: Annotated[str, AfterValidator(values.secret)] = ""
    """Who knows the address /s/SECRET/NAME/: 16 or more letters and digits, best as "${TOKEN}"."""

    @model_validator(mode="after")
    def _one_way(self) -> AccessForm:
        if sum(map(bool, (self.public, self.users, self.secret))) != 1:
            raise ValueError("one of these is needed here: public, users: [ann], or secret: ${TOKEN}")
        return self


def _access(value: object) -> object:
    return {"public": "true"} if value == "public" else value


AccessEntry = Annotated[
    AccessForm, BeforeValidator(_access, json_schema_input_type=Literal["public"] | AccessForm)
]


class ServeForm(Form):
    """How `feedbraid serve` hands the output folder to readers."""

    host: Annotated[str, AfterValidator(values.listening_host)] = _SERVE.host
    """Where it listens: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody."""
    port: Annotated[int, Field(ge=1, le=65535)] = _SERVE.port
    """The port."""
    max_age: Annotated[int, Field(ge=0, le=31_536_000)] = _SERVE.max_age
    """Seconds for which readers and caches may keep a feed without asking again."""
    browser_types: bool = _SERVE.browser_types
    """Send Atom and RSS as application/xml, which browsers show and do not save."""
    memory: Annotated[int, Field(ge=0, le=2**40)] = _SERVE.memory
    """Bytes of documents that are held in memory."""
    rate: Annotated[int, Field(ge=0, le=1_000_000)] = _SERVE.rate
    """Requests that one client may make in a minute; 0: any number."""
    trusted_proxies: OneOrMore[Annotated[str, AfterValidator(values.trusted_proxy)]] = ()
    """Proxies that are believed whom they speak for, such as 127.0.0.1; unix: whoever asks at the socket."""
    auth: dict[Annotated[str, AfterValidator(values.user)], Annotated[str, AfterValidator(values.password)]] = (
        Field(default={})
    )
    """Users with their passwords. When there are any, everything needs one of them, but what is public."""
    public: bool = _SERVE.public
    """What has no rule of its own needs no user."""
    renamed: dict[Annotated[str, AfterValidator(_former)], Annotated[str, AfterValidator(_feed)]] = Field(
        default={}
    )
    """Former names of feeds, each with the name that holds now: readers are led there (HTTP 301)."""

    @model_validator(mode="after")
    def _no_rings(self) -> ServeForm:
        for former in self.renamed:
            name, seen = former, set[str]()
            while name in self.renamed and name not in seen:
                seen.add(name)
                name = self.renamed[name]
            if name in seen:
                raise ValueError(f"{former!r} is renamed in a ring")
        return self


WebAddress = Annotated[str, AfterValidator(values.web_address)]


class WebhookForm(Form):
    """Where alerts go."""

    url: WebAddress
    """An address that takes HTTP POST; best as ${NAME}, since whoever knows it can write there."""
    kinds: OneOrMore[IncidentKind] = _WEBHOOK.kinds
    """What is told: that a source is broken, that it is well again, that it is silent for longer than is usual."""
    template: str = ""
    """The body, with {title}, {text}, {source}, {kind}, {time}, {link} filled in. When not given: all as JSON."""
    content_type: HeaderValue = _WEBHOOK.content_type
    """The media type of the body; values in a JSON body are escaped as JSON needs it."""
    headers: RequestHeaders = Field(default={})
    """Further request headers, such as Authorization."""


WebhookEntry = Annotated[WebhookForm, BeforeValidator(_under("url"), json_schema_input_type=str | WebhookForm)]


class HealthForm(Form):
    """How you are told how your sources do."""

    broken_after: Annotated[int, Field(ge=1, le=1000)] = _HEALTH.broken_after
    """Failures in a row after which a source counts as broken."""
    publish: bool = _HEALTH.publish
    """Each run writes the status page and the feed of incidents to the output folder, too."""
    metrics: str = _HEALTH.metrics
    """A file for the text file collector of Prometheus' node exporter that each run writes."""
    show: Literal["everybody", "token", "nobody"] = _HEALTH.show
    """To whom `feedbraid start` shows its status page, the feed of incidents and its metrics."""
    token: Annotated[str, AfterValidator(values.optional(values.secret))] = ""
    """Whoever knows it may have sources asked again, reset and paused; best as ${NAME}. Empty: nobody may."""
    webhooks: OneOrMore[WebhookEntry] = ()
    """Addresses that are told when a source breaks, heals or falls silent."""

    @model_validator(mode="after")
    def _token_is_there(self) -> HealthForm:
        if self.show == "token" and not self.token:
            raise ValueError("with `show: token` a token is needed: token: ${NAME}")
        return self


class WebSubForm(Form):
    """Changes are told at once (WebSub), not found at the next visit."""

    hubs: OneOrMore[WebAddress] = ()
    """Hubs that are told when our feeds change, and that our feeds name to their readers."""
    callback: Address = ""
    """The public address at which `feedbraid start` is reached; then it subscribes to sources that name a hub."""
    lease: Interval = "10d"
    """For how long hubs are asked to send; it is renewed in time."""


def _destination(value: str) -> str:
    place = values.destination(value)
    if "://" in place and find_spec("obstore") is None:
        raise ValueError(f"sending to {place.partition(':')[0]}:// needs more: pip install 'feedbraid[s3]'")
    return place


def _for(*schemes: str) -> Callable[[Any, ValidationInfo], Any]:
    """Refuse a setting that means nothing where files are brought."""

    def fitting(value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401  # of any type
        scheme, there, _ = str(info.data.get("to", f"{schemes[0]}://")).partition("://")
        if value and (scheme if there else "folder") not in schemes:
            known = " or ".join(f"{one}://" for one in schemes)
            raise ValueError(f"this is for {known} alone; take it away")
        return value

    return fitting


_STORES = ("s3", "gs", "az")


def _endpoint(value: str, info: ValidationInfo) -> str:
    if not value.strip():
        return ""
    value = values.endpoint(value)
    if value.startswith("http:") and not info.data.get("allow_http"):
        raise ValueError(
            "it is asked without TLS, so that others can read along; if that is meant: allow_http: true"
        )
    return value


def _key_part(value: str, info: ValidationInfo) -> str:
    if value and not value.isprintable():
        raise ValueError("a key is one line; write it as ${NAME}, from the environment")
    return cast("str", _for("s3")(value, info))


KeyPart = Annotated[str, AfterValidator(_key_part)]


class PublishForm(Form):
    """Where the output folder is brought after each pass."""

    to: Annotated[str, AfterValidator(_destination)]
    """s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, or the path of a folder."""
    allow_http: Annotated[bool, AfterValidator(_for(*_STORES))] = _PUBLISH.allow_http
    """The endpoint may be asked without TLS, as on this machine."""
    endpoint: Annotated[str, AfterValidator(_endpoint), AfterValidator(_for("s3"))] = ""
    """The address of a service that speaks S3, such as https://s3.example.org:9000; when not given: Amazon's."""
    region: Annotated[Line, AfterValidator(_for("s3"))] = ""
    """The region of the bucket; AWS_REGION of the environment when not given."""
    key: KeyPart = ""
    """The id of the access key, as "${NAME}"; AWS_ACCESS_KEY_ID of the environment when not given."""
    secret: KeyPart = ""
    """What belongs to the key, as "${NAME}"; AWS_SECRET_ACCESS_KEY of the environment when not given."""
    token: KeyPart = ""
    """The token of a session, as "${NAME}"; AWS_SESSION_TOKEN of the environment when not given."""
    account: Annotated[Line, AfterValidator(_for("az"))] = ""
    """The storage account; AZURE_STORAGE_ACCOUNT_NAME of the environment when not given."""
    virtual_host: Annotated[bool, AfterValidator(_for("s3"))] = _PUBLISH.virtual_host
    """The name of the bucket is a part of the host's name, which some services want."""
    conditional: Annotated[bool, AfterValidator(_for(*_STORES))] = _PUBLISH.conditional
    """Write only where nobody else has written since; false for services that know no If-Match."""
    max_age: Annotated[int, Field(ge=0, le=31_536_000)] | None = None
    """Seconds for which readers and caches may keep a feed without asking again; serve.max_age when not given."""
    compress: bool = _PUBLISH.compress
    """Send a compressed twin (.gz) of each text, for servers that hand these out."""
    private: bool = False
    """Send feeds, too, that not everybody may read: the place is guarded by itself."""
    replace: bool = _PUBLISH.replace
    """Replace files that are there already and were not sent from here."""

    @model_validator(mode="after")
    def _whole_key(self) -> PublishForm:
        if bool(self.key) != bool(self.secret):
            raise ValueError("key and secret belong together: state both, or none and set them in the environment")
        return self


class ClusterForm(Form):
    """How several machines share the work; for `feedbraid worker` and `feedbraid start --cluster`."""

    lease: Annotated[str, AfterValidator(values.short)] = "30s"
    """A worker that was not heard of for so long has lost its hosts to others; from 2s to 1h."""
    finish_within: Annotated[str, AfterValidator(values.short)] = "1m"
    """Feeds are written so long after the first change at the latest, although hosts are still being read."""
    queue: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Hosts that wait for a worker, at most; beyond it, those that are longest overdue go first."""


class FeedForm(Form):
    """A published feed."""

    title: Line = ""
    """When not given: that of its source if it has exactly one, else that of the site."""
    subtitle: Line = ""
    """One line about the feed."""
    origins: OneOrMore[Annotated[str, AfterValidator(_origin)]] = Field(default=(), alias="from")
    """Which sources and seeds it shows; of two copies of a post, the one from the earlier origin wins."""
    limit: Annotated[int, Field(ge=1, le=1_000_000)] = _FEED.limit
    """The most posts in the live document; older ones are in the archive."""
    max_bytes: Annotated[int, Field(ge=0, le=2**31)] | None = None
    """The most bytes of the live document, about; 0: any. When not given: 250000, or any with a limit over 50."""
    min_per_source: Annotated[int, Field(ge=0, le=1000)] = _FEED.min_per_source
    """Posts of each source that stay in the live document however old they are."""
    max_per_source: Annotated[int, Field(ge=0, le=1_000_000)] = _FEED.max_per_source
    """The most posts of one source in the live document; 0: any number."""
    archive: Annotated[int, Field(ge=0, le=10_000)] = _FEED.archive
    """Posts of one archive document; 0: no archive."""
    podcast: PodcastEntry = None
    """true, or what a podcast says of itself: then episodes keep what podcast players want to know."""
    language: Language = ""
    """Overrides that of the site."""
    author: Line = ""
    """Overrides that of the site."""
    rights: Line = ""
    """Copyright or licence, in words."""
    id: Annotated[str, AfterValidator(values.optional(values.feed_id))] = ""
    """The id of a feed that already has one; else one is made once and kept."""
    home: Address = ""
    """The page that people see; the feed's own page when not given."""
    formats: OneOrMore[Annotated[str, AfterValidator(_format)]] = _FEED.formats
    """Which documents are written."""
    filters: Filters = ()
    """What shapes its posts, in this order; see docs/filters.md."""
    split: SplitEntry | None = None
    """One more feed for each category, source or author."""
    digest: DigestEntry | None = None
    """One post a day, week or month in place of the posts themselves; such a feed has no archive."""
    access: AccessEntry | None = None
    """Who may read it from `feedbraid serve`: public, {users: […]}, or {secret: "${TOKEN}"}."""
    ended: bool = False
    """It is gone for good: readers are told so by `feedbraid serve` (HTTP 410). Its files stay."""
    save_to: SaveTo = ""
    """A folder in which each post is saved as a seed file, as the feed shows it, for a site made of them."""

    @model_validator(mode="after")
    def _digests_alone(self) -> FeedForm:
        if self.digest is not None and (self.split is not None or self.podcast is not None):
            raise ValueError("a feed of digests has neither parts nor episodes: make it a feed of its own")
        if self.digest is not None and "archive" in self.model_fields_set and self.archive:
            raise ValueError("a feed of digests has no archive: the feed of the posts themselves has")
        return self


class KeysForm(Form):
    """Which addresses count as one, beyond the safe rules."""

    http_is_https: bool = _KEYS.http_is_https
    """http and https."""
    www: bool = _KEYS.www
    """With and without www."""
    mobile_hosts: bool = _KEYS.mobile_hosts
    """Mobile hosts such as m.example.org."""
    trailing_slash: bool = _KEYS.trailing_slash
    """With and without a slash at the end."""
    index_files: bool = _KEYS.index_files
    """With and without index.html."""
    amp: bool = _KEYS.amp
    """AMP pages and the pages they stand for."""


class CleanForm(Form):
    """What stays in bodies that is removed by default."""

    tracking_pixels: bool = _CLEANING.tracking_pixels
    """Keep known tracking pixels."""
    tracking_parameters: bool = _CLEANING.tracking_parameters
    """Keep known tracking parameters in links."""
    embeds: OneOrMore[Annotated[str, AfterValidator(values.host)]] = ()
    """Hosts whose frames may stay, such as www.youtube.com."""


SourceEntry = Annotated[SourceForm, BeforeValidator(_under("url"), json_schema_input_type=str | SourceForm)]
SeedEntry = Annotated[
    SeedForm, BeforeValidator(_under("path"), json_schema_input_type=str | tuple[str, ...] | SeedForm)
]
PublishEntry = Annotated[PublishForm, BeforeValidator(_under("to"), json_schema_input_type=str | PublishForm)]
FeedEntry = Annotated[FeedForm, BeforeValidator(lambda value: {} if value is None else value)]


class ConfigForm(Form):
    """The whole configuration."""

    site: SiteForm = SiteForm()
    fetch: FetchForm = FetchForm()
    sources: dict[SourceName, SourceEntry] = Field(default={})
    """Feeds somewhere else: a name and an address each."""
    seeds: dict[Name, SeedEntry] = Field(default={})
    """Folders of local posts: a name and a path each. When not given: the folder seeds/, if there is one."""
    feeds: dict[FeedName, FeedEntry] = Field(default={})
    """What is published. When not given: one feed of everything, called all."""
    block: Rules = ()
    """Posts that are never taken in, and removed where they are: conditions such as those of the filter drop."""
    retention: RetentionForm = RetentionForm()
    """How many posts of each source are kept; when not given: all."""
    keys: KeysForm = KeysForm()
    clean: CleanForm = CleanForm()
    serve: ServeForm = ServeForm()
    health: HealthForm = HealthForm()
    websub: WebSubForm = WebSubForm()
    cluster: ClusterForm = ClusterForm()
    allow_exec: bool = False
    """Let the filter exec start commands."""
    store: StorePlace = DEFAULT_STORE
    """What remembers everything between runs: a file, relative to this configuration, or a database."""
    output: Path = "feeds"
    """The folder that feeds are written to, relative to this configuration."""
    publish: PublishEntry | None = None
    """Where the output folder is brought after each pass, such as s3://bucket/feeds; see docs/publishing.md."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that a form does not take: where, which of pydantic's kinds of errors, and its facts."""

    path: tuple[str | int, ...]
    kind: str
    value: object
    facts: Mapping[str, Any]
    words: str


def fill(data: object, context: Mapping[str, Sequence[str]]) -> ConfigForm | tuple[Mistake, ...]:
    """Fill the form, or give all mistakes. `context` has the names of "seeds" and of all "origins"."""
    of_filters = (*_filter_mistakes(data), *_rule_mistakes(data))
    try:
        form = ConfigForm.model_validate(data, context=context)
    except ValidationError as error:
        return (*_mistakes(error), *of_filters)
    return of_filters or form


def _mistakes(error: ValidationError) -> Iterator[Mistake]:
    for one in error.errors(include_url=False):
        yield Mistake(one["loc"], one["type"], one["input"], one.get("ctx", {}), one["msg"])


def settings_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Give the names of the settings that may stand where a path leads."""
    forms: list[type[Form]] = [ConfigForm]
    if path[:1] == ("block",) and len(path) > 1:
        forms, path = [filter_kind(_RULE).options], path[2:]
    if path[2:3] == ("filters",) and len(path) > 4:
        forms, path = [filter_kind(str(path[4])).options], path[5:]
    is_name = False
    for part in path:
        if isinstance(part, int) or is_name:
            is_name = False
            continue
        fields = [
            field for form in forms for name, field in form.model_fields.items() if part in (name, field.alias)
        ]
        forms = [form for field in fields for form in _forms_in(field.annotation)]
        is_name = any(get_origin(field.annotation) is dict for field in fields)
    return tuple(name for form in forms for name in form.settings())


def _forms_in(annotation: object) -> Iterator[type[Form]]:
    if isinstance(annotation, type) and issubclass(annotation, Form):
        yield annotation
    for inner in get_args(annotation):
        yield from _forms_in(inner)


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a configuration."""
    made = ConfigForm.model_json_schema(by_alias=True)
    names = (*_OWN_FILTERS, *added_names("feedbraid.filters"))
    for name in names:
        own = filter_kind(name).options.model_json_schema(by_alias=True, ref_template="#/$defs/{model}_of_" + name)
        definitions = own.pop("$defs", {})
        made["$defs"] |= {f"{inner}_of_{name}": form for inner, form in definitions.items()}
        made["$defs"][f"filter_{name}"] = own
    one = [{"type": "object", "properties": {name: _of_filter(name)}, "required": [name]} for name in names]
    filters = {"type": "array", "items": {"anyOf": [{"enum": list(names)}, *one]}}
    for form in ("SourceForm", "SeedForm", "FeedForm"):
        stated = made["$defs"][form]["properties"]["filters"]
        made["$defs"][form]["properties"]["filters"] = {**filters, "description": stated.get("description", "")}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "feedbraid configuration"}


def _of_filter(name: str) -> dict[str, Any]:
    own = {"$ref": f"#/$defs/filter_{name}"}
    return {"anyOf": [own, {"type": ["string", "array", "null"]}]} if filter_kind(name).short else own
