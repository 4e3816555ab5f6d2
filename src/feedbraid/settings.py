"""Everything that is configured, as one noun."""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from pathlib import Path

from feedbraid.addresses import is_database, place_name
from feedbraid.model import (
    CleaningRules,
    FeedSpec,
    FetchRules,
    FilterSpec,
    KeyRules,
    OriginSpec,
    ServeRules,
    SiteSpec,
)
from feedbraid.nouns import dataclass
from feedbraid.rules import ClusterRules, HealthRules, PublishRules, WebSubRules

DEFAULT_STORE = ".feedbraid/state.db"

DEFAULT_SEEDS = "seeds"
"""A folder of this name beside the configuration is used when `seeds` says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration in which everything is checked and every default filled in."""

    site: SiteSpec = field(default_factory=SiteSpec)
    authority: str = ""
    """A domain or mail address for minted `tag:` ids (RFC 4151), or empty."""
    fetch: FetchRules = field(default_factory=FetchRules)
    spread: timedelta = timedelta(minutes=10)
    """Over this time the service spreads its first requests, when very many sources are due as it begins."""
    sources: tuple[OriginSpec, ...] = ()
    """Of kind "web" or "file", in the order of the file."""
    seeds: tuple[OriginSpec, ...] = ()
    feeds: tuple[FeedSpec, ...] = ()
    keys: KeyRules = field(default_factory=KeyRules)
    cleaning: CleaningRules = field(default_factory=CleaningRules)
    serve: ServeRules = field(default_factory=ServeRules)
    health: HealthRules = field(default_factory=HealthRules)
    websub: WebSubRules = field(default_factory=WebSubRules)
    cluster: ClusterRules = field(default_factory=ClusterRules)
    block: tuple[FilterSpec, ...] = ()
    """Conditions, as filters that leave out what must never be taken in."""
    may_execute: bool = False
    """Filters may start commands."""
    store: str = DEFAULT_STORE
    """A path, like all paths here relative to `folder`; or the address of a database."""
    output: str = "feeds"
    publish: PublishRules | None = None
    """Where the output folder is brought after each pass; None: nowhere."""
    folder: Path = Path()
    """The folder of the configuration file."""

    @property
    def place(self) -> str:
        """Give where the store is: a path, or the address of a database."""
        return self.store if is_database(self.store) else str(self.folder / self.store)

    @property
    def store_name(self) -> str:
        """Call the store as the configuration does, without secrets."""
        return place_name(self.store)

    @property
    def store_file(self) -> Path:
        """Give the file of the store; where there is a database, the one that backups of it are named after."""
        return self.folder / (DEFAULT_STORE if is_database(self.store) else self.store)

    @property
    def lock(self) -> Path:
        """Give the file that whoever makes a pass on this machine holds."""
        return self.store_file.parent / "lock"
