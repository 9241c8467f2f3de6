"""The settings as typed values, with their defaults: one table of the file, one class."""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from tiktokwatch.collect import queries

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=36525)  # no calendar reaches back ten thousand years


def duration(value: object) -> object:
    """Read "90s", "5m", "12h", "30d" or "2w" as a timedelta; raise ValueError otherwise, and beyond a hundred years."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{1,8})([smhdw])", value)):
        value = timedelta(**{UNITS[match[2]]: int(match[1])})
    if not isinstance(value, timedelta):
        raise ValueError('should be a time such as "90s", "5m", "12h" or "30d"')  # noqa: TRY004  # what pydantic expects
    if not timedelta(0) < value <= LONGEST:
        raise ValueError('should be a time of more than "0s" and of at most "36525d"')
    return value


def zone(value: object) -> object:
    """Read the name of a time zone; raise ValueError if there is none of this name."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError('should be the name of a time zone such as "UTC" or "Europe/Berlin"') from None


def query(value: str) -> str:
    """Return a query that X takes, or raise ValueError with what it would refuse."""
    faults = queries.check(value) if value else []
    if faults:
        raise ValueError("; ".join(faults))
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(zone)]
Query = Annotated[str, AfterValidator(query)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]
Socket = Annotated[str, Field(pattern=r"^wss?://[^\s/]+(/\S*)?$")]


class Section(BaseModel):
    """A table of the file: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Budget(Section):
    """What X may cost, in dollars and in posts read, by day and month of UTC; each limit is hard."""

    dollars_per_day: float = Field(default=5.0, ge=0)
    dollars_per_month: float = Field(default=60.0, ge=0)
    posts_per_day: int = Field(default=1_000, ge=0)
    posts_per_month: int = Field(default=20_000, ge=0)


class Prices(Section):
    """What X asks for, in dollars: for a post that is read, and for a request for counts."""

    post: float = Field(default=0.005, ge=0)
    request: float = Field(default=0.005, ge=0)


class X(Section):
    """X through its API; it is used if there is a bearer token."""

    bearer_token: SecretStr | None = None
    read: Literal["counts", "search", "stream"] = "counts"
    query: Query = queries.COMPLAINT
    policy_query: Query = queries.POLICY
    recovery_query: Query = queries.RECOVERY
    every: Duration = timedelta(minutes=1)
    calm_every: Duration = timedelta(minutes=6)
    sample: int = Field(default=10, ge=10, le=100)
    sample_every: Duration = timedelta(hours=6)
    sample_when_odd: int = Field(default=25, ge=10, le=100)
    official: tuple[str, ...] = ("TikTokSupport", "tiktokusdsjv")
    official_every: Duration = timedelta(minutes=5)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://api.x.com"
    budget: Budget = Budget()
    prices: Prices = Prices()


class Reddit(Section):
    """Reddit through its API; it is used if there are a client id and a client secret."""

    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    user_agent: str = "linux:tiktokwatch:0.1"
    subreddits: tuple[str, ...] = Field(default=("TikTok", "TikTokHelp"), min_length=1)
    searches: tuple[str, ...] = ("tiktok down", "tiktok not working")
    every: Duration = timedelta(seconds=30)
    search_every: Duration = timedelta(minutes=2)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://www.reddit.com"
    oauth_url: Url = "https://oauth.reddit.com"


class Bluesky(Section):
    """Bluesky through Jetstream; it needs no key."""

    enabled: bool = False
    hosts: tuple[Socket, ...] = Field(
        default=("wss://jetstream2.us-east.bsky.network", "wss://jetstream1.us-west.bsky.network"), min_length=1
    )
    keywords: tuple[str, ...] = Field(default=("tiktok", "tik tok"), min_length=1)
    every: Duration = timedelta(seconds=30)
    look_back: Duration = timedelta(hours=1)


class HackerNews(Section):
    """Hacker News through Algolia's search; it needs no key."""

    enabled: bool = False
    query: str = Field(default="tiktok", min_length=1)
    every: Duration = timedelta(minutes=1)
    lag: Duration = timedelta(minutes=1)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://hn.algolia.com"


class Mastodon(Section):
    """Mastodon through the hashtag timelines of one instance; it needs no key."""

    enabled: bool = False
    hashtags: tuple[str, ...] = Field(default=("tiktok", "tiktokdown"), min_length=1)
    every: Duration = timedelta(minutes=1)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://mastodon.social"


class Detection(Section):
    """What it takes to speak of an outage."""

    false_alarm_every: Duration = timedelta(days=30)
    minimum_people: int = Field(default=5, ge=1)
    minimum_ratio: float = Field(default=2.5, ge=1.0)
    patience: Duration = timedelta(minutes=5)
    policy_days: tuple[date, ...] = ()


class Retention(Section):
    """How long things are kept; counts and outages stay."""

    text: Duration = Field(default=timedelta(hours=48), ge=timedelta(hours=24))
    posts: Duration = timedelta(days=90)


class Database(Section):
    """Where everything is kept."""

    path: Path | None = None


class Config(Section):
    """The whole file."""

    timezone: Zone = ZoneInfo("UTC")
    stale_after: Duration = timedelta(minutes=15)
    database: Database = Database()
    x: X = X()
    reddit: Reddit = Reddit()
    bluesky: Bluesky = Bluesky()
    hackernews: HackerNews = HackerNews()
    mastodon: Mastodon = Mastodon()
    detection: Detection = Detection()
    retention: Retention = Retention()

    @property
    def database_path(self) -> Path:
        """Return the configured database, or the usual place for the state of a service or of a person."""
        if self.database.path is not None:
            return self.database.path.expanduser()
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        if state:
            return Path(state) / "tiktokwatch.db"
        home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return Path(home).expanduser() / "tiktokwatch" / "tiktokwatch.db"
