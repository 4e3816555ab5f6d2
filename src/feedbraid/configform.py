"""The shape of a configuration: which settings there are, of which type, with which default.

The door to pydantic. A form holds values as the operator wrote them, checked one by one; `config` makes our own
nouns of them. The JSON Schema for editors is made from these forms, and so are their descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from feedbraid import configvalues as values
from feedbraid.model import CleaningRules, FeedSpec, FetchRules, KeyParts, KeyRules, OriginSpec
from feedbraid.registry import plug_names
from feedbraid.text import one_line

T = TypeVar("T")

_FETCH, _KEYS, _CLEANING = FetchRules(), KeyRules(), CleaningRules()
_ORIGIN = OriginSpec(name="", kind="web", locations=())
_FEED = FeedSpec(name="", title="", origins=(), address="", home="")


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _under(name: str) -> Callable[[object], object]:
    def filled(value: object) -> object:
        if value is None:
            return {}
        return {name: value} if isinstance(value, str | list) else value

    return filled


def _unique(items: tuple[T, ...]) -> tuple[T, ...]:
    twice = [item for place, item in enumerate(items) if item in items[:place]]
    if twice:
        raise ValueError(f"{twice[0]!r} stands here twice")
    return items


def _some(items: tuple[T, ...]) -> tuple[T, ...]:
    if not items:
        raise ValueError("at least one value is needed here")
    return items


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


def _format(name: str) -> str:
    formats = plug_names("feedbraid.formats")
    if name not in formats:
        raise ValueError(f"there is no format {name!r}; {values.nearest(name, formats)}")
    return name


def _address_of_web(value: str, info: ValidationInfo) -> str:
    if values.kind_of(info.data.get("url", "https:")) == "file":
        raise ValueError("a source that is a file has no mirrors")
    return values.address(value)


OneOrMore = Annotated[
    tuple[T, ...],
    BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...]),
    AfterValidator(_some),
    AfterValidator(_unique),
]
Line = Annotated[str, AfterValidator(one_line)]
Every = Annotated[str, AfterValidator(values.every)]
Interval = Annotated[str, AfterValidator(values.interval)]
Language = Annotated[str, AfterValidator(values.optional(values.language))]
Address = Annotated[str, AfterValidator(values.optional(values.public_address))]
Path = Annotated[str, AfterValidator(values.path)]
Zone = Annotated[str, AfterValidator(values.zone)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Name = Annotated[str, AfterValidator(values.name)]
SourceName = Annotated[str, AfterValidator(_free_name)]


class Form(BaseModel):
    """A block of settings; one that is there without a value has its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        """Give the names of the settings as they stand in the file."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


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
    """How often: 30m, 1h, 1d, a cron line such as "40 * * * *" (in UTC), or @daily."""
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
        BeforeValidator(_as_list, json_schema_input_type=KeyParts | tuple[KeyParts, ...]),
        AfterValidator(_some),
        AfterValidator(_unique),
    ] = ("url",)
    """What tells its entries apart: url, or guid, or [url, title]."""
    zone: Zone = "UTC"
    """The time zone of its dates that name none, such as Asia/Shanghai."""
    title: Line = ""
    """Overrides what the source calls itself."""
    slowest: Annotated[str, AfterValidator(values.optional(values.interval))] = ""
    """Down to which pause it is asked less often when it rarely has news; fetch.slowest when not given."""
    headers: dict[
        Annotated[str, AfterValidator(values.header_name)], Annotated[str, AfterValidator(values.header_value)]
    ] = {}
    """Request headers for its host alone, such as {X-Api-Key: "${KEY}"}."""
    auth: Annotated[str, AfterValidator(values.optional(values.credentials))] = ""
    """User name and password for its host alone: "ann:${PASSWORD}"."""
    proxy: Annotated[str, AfterValidator(values.optional(values.proxy))] = ""
    """The HTTP proxy through which it is asked; fetch.proxy when not given."""
    flood: Annotated[int, Field(ge=0, le=1_000_000)] = _ORIGIN.flood
    """More new entries than this at once, all older than the newest known one, are held back; 0: never."""
    hold: Interval = "1d"
    """How long they are held back before they go to the archive, such as 1d."""


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
FeedEntry = Annotated[FeedForm, BeforeValidator(lambda value: {} if value is None else value)]


class ConfigForm(Form):
    """The whole configuration."""

    site: SiteForm = SiteForm()
    fetch: FetchForm = FetchForm()
    sources: dict[SourceName, SourceEntry] = {}
    """Feeds somewhere else: a name and an address each."""
    seeds: dict[Name, SeedEntry] = {}
    """Folders of local posts: a name and a path each. When not given: the folder seeds/, if there is one."""
    feeds: dict[Name, FeedEntry] = {}
    """What is published. When not given: one feed of everything, called all."""
    keys: KeysForm = KeysForm()
    clean: CleanForm = CleanForm()
    store: Path = ".feedbraid/state.db"
    """The file that remembers everything between runs, relative to this configuration."""
    output: Path = "feeds"
    """The folder that feeds are written to, relative to this configuration."""


SECTIONS: Mapping[str, type[Form]] = {
    "site": SiteForm,
    "fetch": FetchForm,
    "sources": SourceForm,
    "seeds": SeedForm,
    "feeds": FeedForm,
    "keys": KeysForm,
    "clean": CleanForm,
}


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
    try:
        return ConfigForm.model_validate(data, context=context)
    except ValidationError as error:
        return tuple(
            Mistake(one["loc"], one["type"], one["input"], one.get("ctx", {}), one["msg"])
            for one in error.errors(include_url=False)
        )


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a configuration."""
    made = ConfigForm.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "feedbraid configuration"}
