"""Four networks, what is written on them, and the settings of a watch that reads them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr

from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.jetstream import JetstreamServer
from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tests.virtual import CHATTER, COMPLAINTS, Published
from tiktokwatch.collect import bluesky
from tiktokwatch.settings import Bluesky, Budget, Config, HackerNews, Reddit, X

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SOURCES = ("x", "reddit", "bluesky", "hackernews")
# Posts a minute, in calm and in addition while TikTok is down.
CALM = {"x": 1.0, "reddit": 0.6, "bluesky": 0.6, "hackernews": 0.1}
DOWN = {"x": 4.0, "reddit": 3.0, "bluesky": 3.0, "hackernews": 0.3}
SOON = 8.0  # seconds until a post is visible, at most
TIMEOUT = 2.0


@dataclass
class Networks:
    """The servers, by source, and what was published there in time to be read."""

    x: XServer
    reddit: RedditServer
    bluesky: JetstreamServer
    hackernews: HackerNewsServer
    published: list[Published] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(3))

    @property
    def by_source(self) -> dict[str, Any]:
        return {source: getattr(self, source) for source in SOURCES}

    def tell_time(self, clock: Callable[[], datetime], *, dated: bool = False) -> None:
        for source, server in self.by_source.items():
            server.clock = clock
            if dated and source != "bluesky":
                server.web.date = clock

    def publish(
        self,
        source: str,
        text: str,
        at: datetime,
        *,
        late: timedelta | None = None,
        author: str = "",
        soon: tuple[float, float] = (0, SOON),
    ) -> str:
        """Publish a post that is visible `soon` (seconds), and return its id as it is stored.

        One that comes `late` may be missed.
        """
        author = author or f"u{self.dice.randrange(100_000)}"
        seen = at + (late or timedelta(seconds=self.dice.uniform(*soon)))
        kind = {"reddit": self.dice.choice(("post", "comment")), "hackernews": self.dice.choice(("story", "comment"))}
        more = {"kind": kind[source]} if source in kind else {}
        server = self.by_source[source]
        name = f"{source}:{server.publish(text=text, at=at, author=author, visible_at=seen, **more)}"
        if late is None:
            self.published.append(Published(name, source, at))
        return name

    def chatter(self, start: datetime, minutes: int, *, rates: dict[str, float] = CALM, odd: float = 0.02) -> None:
        """Publish what is written on an ordinary day, a few complaints among it."""
        for number in range(minutes):
            for source, rate in rates.items():
                for _ in range(poisson(self.dice, rate)):
                    texts = COMPLAINTS if self.dice.random() < odd else CHATTER
                    at = start + number * MINUTE + timedelta(seconds=self.dice.randrange(60))
                    self.publish(source, said(self.dice, texts), at)

    def outage(self, start: datetime, minutes: int, *, rates: dict[str, float] = DOWN) -> None:
        """Publish the complaints of an outage."""
        self.chatter(start, minutes, rates=rates, odd=1.0)


@contextmanager
def networks() -> Iterator[Networks]:
    with ExitStack() as stack:
        servers = (XServer(), RedditServer(), JetstreamServer(), HackerNewsServer())
        made = Networks(*map(stack.enter_context, servers))  # type: ignore[arg-type]
        made.reddit.remaining = 1e9
        yield made


def in_step() -> partial[bluesky.Bluesky]:
    """Return what makes a listener to Bluesky for virtual time.

    A virtual minute is over at once, so that what is on its way in it must be waited for.
    """
    return partial(bluesky.Bluesky, patience=0.5, stall=1, back_off=(0.01, 0.05))


def said(dice: random.Random, texts: tuple[str, ...]) -> str:
    return f"{dice.choice(texts)} {dice.choice(('', '😭', '??', 'smh', 'help', 'ugh', 'again'))}".strip()


def poisson(dice: random.Random, mean: float) -> int:
    count, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += dice.expovariate(1.0)
    return count


def settings(servers: Networks, *, read: str, budget: Budget, **of_x: Any) -> Config:
    """Return the settings of a watch of all four; each is polled once a minute."""
    timeout = timedelta(seconds=TIMEOUT)
    x, reddit = servers.x, servers.reddit
    return Config(
        x=X(bearer_token=SecretStr(x.token), read=read, base_url=x.url, timeout=timeout, budget=budget, **of_x),
        reddit=Reddit(
            client_id=SecretStr(reddit.client_id),
            client_secret=SecretStr(reddit.client_secret),
            base_url=reddit.url,
            oauth_url=reddit.url,
            every=MINUTE,
            timeout=timeout,
        ),
        bluesky=Bluesky(enabled=True, hosts=(servers.bluesky.url,), every=MINUTE),
        hackernews=HackerNews(enabled=True, base_url=servers.hackernews.url, timeout=timeout),
    )
