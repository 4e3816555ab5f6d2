"""By which rules it is told how sources do and that feeds have changed, and how others take part."""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from typing import Literal, get_args

from feedbraid.nouns import dataclass
from feedbraid.records import IncidentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where alerts go, and what is sent there."""

    url: str = field(repr=False)
    """May be a secret."""
    kinds: tuple[IncidentKind, ...] = get_args(IncidentKind)
    template: str = ""
    """Of the body, with `{title}`, `{text}`, `{source}`, `{kind}`, `{time}`, `{link}`; empty: all as JSON."""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRules:
    """How it is told how the sources do."""

    broken_after: int = 3
    """Failures in a row."""
    publish: bool = False
    """Each pass writes the status page and the feed of incidents to the output folder, too."""
    metrics: str = ""
    """A file that each pass writes its metrics to, for Prometheus' node exporter; empty for none."""
    show: Literal["everybody", "token", "nobody"] = "everybody"
    """To whom the service shows its status page, the feed of incidents and its metrics."""
    token: str = field(default="", repr=False)
    """Whoever knows it may have sources asked again, reset and paused; empty: nobody may."""
    webhooks: tuple[Webhook, ...] = ()

    @property
    def is_written(self) -> bool:
        """Tell whether each pass writes how the sources do, anywhere."""
        return self.publish or bool(self.metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubRules:
    """How changes are told at once (WebSub)."""

    hubs: tuple[str, ...] = ()
    """URLs of hubs that are told of our changes, and that our documents name."""
    callback: str = ""
    """The public address of the service, for hubs of sources; empty: nothing is subscribed to."""
    lease: timedelta = timedelta(days=10)
    """For how long hubs are asked to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRules:
    """Where what is written to the output folder is brought after each pass."""

    to: str
    """`s3://bucket/prefix`, `gs://…`, `az://…`, or the path of a folder."""
    endpoint: str = ""
    """The address of a service that speaks S3; empty for that of the vendor."""
    region: str = ""
    key: str = field(default="", repr=False)
    """Of S3; empty: what the environment says."""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """Of a session."""
    account: str = ""
    """Of Azure."""
    allow_http: bool = False
    """Ask without TLS."""
    virtual_host: bool = False
    """The bucket is a part of the host's name."""
    conditional: bool = True
    """Replace a file only if it still is the one that was sent."""
    max_age: int = 1800
    """Seconds for which readers and caches may keep a document without asking again."""
    browser_types: bool = False
    """Send XML as `application/xml`, which browsers show and do not save (N129a)."""
    compress: bool = False
    """Send a compressed twin of each text, too."""
    replace: bool = False
    """Files that are there already and were not sent from here are replaced."""
    hidden: tuple[str, ...] = ()
    """Feeds that not everybody may read: nothing of them is sent."""

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder of this machine."""
        return "://" not in self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRules:
    """How several machines share the work."""

    lease: timedelta = timedelta(seconds=30)
    """For how long a worker may ask a host without being heard of: then another one may."""
    finish_within: timedelta = timedelta(minutes=1)
    """Feeds are written so long after the first change at the latest, although hosts are still being read."""
    queue: int = 10_000
    """Hosts that wait for a worker, at most."""
