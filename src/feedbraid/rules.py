"""By which rules it is told how sources do, that feeds have changed, and how several machines share the work."""

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
class ClusterRules:
    """How several machines share the work."""

    lease: timedelta = timedelta(seconds=30)
    """For how long a worker may ask a host without being heard of: then another one may."""
    finish_within: timedelta = timedelta(minutes=1)
    """Feeds are written so long after the first change at the latest, although hosts are still being read."""
    queue: int = 10_000
    """Hosts that wait for a worker, at most."""
