"""What is watched: collectors and checkers made of the settings, and what X is allowed to cost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tiktokwatch.errors import ConfigError
from tiktokwatch.protocols import Checker, Collector, Expenses
from tiktokwatch.settings import Config
from tiktokwatch.ticks import Pace

if TYPE_CHECKING:
    from tiktokwatch.collect.budget import Budget

WEEK = timedelta(days=7)
NONE = (
    "There is no source to watch: `tiktokwatch init` writes a config.toml that runs without keys, on Bluesky and"
    " Hacker News; with keys, set x.bearer_token, or reddit.client_id and reddit.client_secret."
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What collectors may know of the watch around them.

    `attention` is how near a signal things are, 1 at the threshold; `is_known` says which of some names of posts
    ("bluesky:...") and authors ("@...") were stored; `expenses` is what was paid so far.
    """

    attention: Callable[[], float]
    is_known: Callable[[Sequence[str]], Collection[str]]
    expenses: Expenses


def configured(config: Config) -> dict[str, str]:
    """Return each source with "" if it will be watched, else with what is to be set for it."""
    has_app = config.reddit.client_id is not None and config.reddit.client_secret is not None
    missing = {
        "x": (config.x.bearer_token is not None, "x.bearer_token"),
        "reddit": (has_app, "reddit.client_id and reddit.client_secret"),
        "bluesky": (config.bluesky.enabled, "bluesky.enabled = true"),
        "hackernews": (config.hackernews.enabled, "hackernews.enabled = true"),
        "mastodon": (config.mastodon.enabled, "mastodon.enabled = true"),
    }
    return {source: "" if is_there else key for source, (is_there, key) in missing.items()}


def collectors(config: Config, around: Surroundings) -> list[tuple[Collector, Pace]]:
    """Make a collector of each source that is configured. Raises ConfigError where there is none."""
    wanted = [source for source, missing in configured(config).items() if not missing]
    if not wanted:
        raise ConfigError(NONE)
    made = []
    for source in wanted:
        collector = _MAKERS[source](config, around)
        every, look_back = getattr(config, source).every, getattr(config, source).look_back
        # Counts of a week cost no more than those of a minute, and are all that a first baseline needs.
        look_back = WEEK if source == "x" and config.x.read == "counts" else look_back
        made.append((collector, Pace(every, look_back, config.detection.patience)))
    return made


def checkers(config: Config, expenses: Expenses) -> list[Checker]:
    """Make what holds stored posts against the networks that ask for it."""
    made: list[Checker] = []
    if config.x.bearer_token is not None:
        from tiktokwatch.collect.x_checker import XChecker  # noqa: PLC0415 - tweepy takes half a second

        made.append(
            XChecker(
                bearer_token=config.x.bearer_token.get_secret_value(),
                base_url=config.x.base_url,
                timeout=config.x.timeout.total_seconds(),
                budget=budget(config, expenses),
            )
        )
    if config.reddit.client_id is not None and config.reddit.client_secret is not None:
        from tiktokwatch.collect.reddit_checker import RedditChecker  # noqa: PLC0415 - praw takes half a second

        made.append(
            RedditChecker(
                client_id=config.reddit.client_id.get_secret_value(),
                client_secret=config.reddit.client_secret.get_secret_value(),
                user_agent=config.reddit.user_agent,
                reddit_url=config.reddit.base_url,
                oauth_url=config.reddit.oauth_url,
                timeout=config.reddit.timeout.total_seconds(),
            )
        )
    return made


def budget(config: Config, expenses: Expenses) -> Budget:
    """Return what X may cost, given what was paid so far."""
    from tiktokwatch.collect.budget import Budget, Limits  # noqa: PLC0415 - reports do without it

    return Budget(
        source="x",
        limits=Limits(**dict(config.x.budget)),
        prices=dict(config.x.prices),
        essential=calm_day(config),
        expenses=expenses,
    )


def calm_day(config: Config) -> dict[str, int]:
    """Return what is bought of X on a calm day, in units by kind; what nobody can foretell is not in it."""
    if config.x.read != "counts":
        return {}
    from tiktokwatch.collect.x_counts import calm_day as of_counts  # noqa: PLC0415 - reports do without it

    x = config.x
    return of_counts(every=x.calm_every, trickle=x.sample, trickle_every=x.sample_every)


def calm_day_cost(config: Config) -> float:
    """Return what a calm day of X costs, in dollars."""
    prices = dict(config.x.prices)
    return float(sum(prices[kind] * units for kind, units in calm_day(config).items()))


def _x(config: Config, around: Surroundings) -> Collector:
    from tiktokwatch.collect.official import WithOfficial  # noqa: PLC0415 - with what follows
    from tiktokwatch.collect.queries import official  # noqa: PLC0415
    from tiktokwatch.collect.x import XSearch  # noqa: PLC0415 - tweepy takes half a second

    x, purse = config.x, budget(config, around.expenses)
    token = x.bearer_token.get_secret_value() if x.bearer_token is not None else ""
    timeout = x.timeout.total_seconds()

    def search(query: str) -> XSearch:
        return XSearch(bearer_token=token, query=query, base_url=x.base_url, timeout=timeout, budget=purse)

    main: Collector
    if x.read == "counts":
        from tiktokwatch.collect.x_counts import XCounts  # noqa: PLC0415 - with the above

        main = XCounts(
            bearer_token=token,
            query=x.query,
            base_url=x.base_url,
            every=x.calm_every,
            trickle=x.sample,
            trickle_every=x.sample_every,
            page=x.sample_when_odd,
            attention=around.attention,
            timeout=timeout,
            budget=purse,
        )
    else:
        from tiktokwatch.collect.x_searches import XSearches  # noqa: PLC0415 - with the above

        queries = {"complaint": x.query, "policy": x.policy_query, "recovery": x.recovery_query}
        queries = {tag: query for tag, query in queries.items() if query}
        main = XSearches({tag: search(query) for tag, query in queries.items()})
        if x.read == "stream":
            from tiktokwatch.collect.x_stream import XStream  # noqa: PLC0415 - with the above

            main = XStream(
                bearer_token=token, rules=queries, search=main, base_url=x.base_url, timeout=timeout, budget=purse
            )
    return WithOfficial(main, search(official(x.official)), every=x.official_every) if x.official else main


def _reddit(config: Config, _around: Surroundings) -> Collector:
    from tiktokwatch.collect.reddit import RedditNew  # noqa: PLC0415 - praw takes half a second

    reddit = config.reddit
    return RedditNew(
        client_id=reddit.client_id.get_secret_value() if reddit.client_id else "",
        client_secret=reddit.client_secret.get_secret_value() if reddit.client_secret else "",
        user_agent=reddit.user_agent,
        subreddits=reddit.subreddits,
        searches=reddit.searches,
        search_every=reddit.search_every.total_seconds(),
        reddit_url=reddit.base_url,
        oauth_url=reddit.oauth_url,
        timeout=reddit.timeout.total_seconds(),
    )


def _bluesky(config: Config, around: Surroundings) -> Collector:
    from tiktokwatch.collect.bluesky import Bluesky  # noqa: PLC0415 - its package is an extra

    bluesky = config.bluesky
    return Bluesky(keywords=bluesky.keywords, base_urls=bluesky.hosts, is_known=around.is_known)


def _hackernews(config: Config, _around: Surroundings) -> Collector:
    from tiktokwatch.collect.hackernews import HackerNews  # noqa: PLC0415 - requests takes a while

    news = config.hackernews
    return HackerNews(
        query=news.query,
        keywords=config.bluesky.keywords,
        base_url=news.base_url,
        lag=news.lag.total_seconds(),
        timeout=news.timeout.total_seconds(),
    )


def _mastodon(config: Config, _around: Surroundings) -> Collector:
    from tiktokwatch.collect.mastodon import Mastodon  # noqa: PLC0415 - requests takes a while

    mastodon = config.mastodon
    return Mastodon(hashtags=mastodon.hashtags, base_url=mastodon.base_url, timeout=mastodon.timeout.total_seconds())


_MAKERS: dict[str, Callable[[Config, Surroundings], Collector]] = {
    "x": _x,
    "reddit": _reddit,
    "bluesky": _bluesky,
    "hackernews": _hackernews,
    "mastodon": _mastodon,
}
