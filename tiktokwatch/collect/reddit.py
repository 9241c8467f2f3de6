"""Posts from Reddit: the newest submissions and comments of some subreddits, read through praw."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tiktokwatch.collect import reddit_cursor, reddit_listing, reddit_posts
from tiktokwatch.collect.reddit_cursor import Cursor
from tiktokwatch.collect.reddit_listing import Item, Reading
from tiktokwatch.collect.reddit_searches import Searches
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch, Post

log = logging.getLogger(__name__)

_SECOND = timedelta(seconds=1)

# Reddit ends a listing at about 1,000 items, a little earlier where some were removed.
_NEARLY_CAP = 900

# Items appear out of order; so much of what was read is read again.
_OVERLAP = timedelta(seconds=30)
# Some of those that a cursor remembers will be deleted until the next poll.
_REMEMBERED = 50
# What was taken back is read again until it moves out of the listings, and named once.
_GONE = 200

# All of Reddit is not about TikTok, even if nobody says which words are.
_KEYWORDS = ("tiktok", "tik tok")


class RedditNew:
    """Polls the newest submissions and comments of `subreddits`, all of them in one listing a kind.

    A listing is read from its newest item back until `known` items in a row are older than what was asked for and
    were there at the poll before. Reddit shows about the newest 1,000: what lies behind is given up, and the batch says
    so. It vouches up to `lag` seconds ago. `timeout` bounds one request, in seconds.

    Items of a subreddit that is `dedicated` to TikTok (None: all are) are kept as they are; of others those whose
    text, or whose thread's title, has one of `keywords` in it (none given: all).

    At most once in `search_every` seconds each of `searches` is asked of all of Reddit; what it finds elsewhere must
    have a keyword in it ("tiktok" if none is given). The collector vouches for its subreddits, never for the searches:
    their index runs minutes behind, and what they find of a minute that was vouched for comes late. A search that
    fails, or has more to show than Reddit shows, neither fails the poll nor narrows what is vouched for.

    Items that were taken back are not posts; the batch names each of them as deleted when it is first seen to be.
    """

    source = "reddit"

    def __init__(
        self,
        *,
        name: str = "reddit",
        client_id: str,
        client_secret: str,
        user_agent: str,
        subreddits: Sequence[str],
        listings: Sequence[str] = ("new", "comments"),
        keywords: Sequence[str] = (),
        dedicated: Sequence[str] | None = None,
        searches: Sequence[str] = (),
        search_every: float = 120,
        reddit_url: str = "https://www.reddit.com",
        oauth_url: str = "https://oauth.reddit.com",
        lag: float = 10,
        timeout: float = 20,
        known: int = 5,
    ) -> None:
        from tiktokwatch.collect.reddit_client import RedditClient  # noqa: PLC0415 - praw takes half a second

        self.name = name
        self._listings = tuple(listings)
        self._keywords = tuple(keyword.casefold() for keyword in keywords)
        self._dedicated = frozenset(name.casefold() for name in (subreddits if dedicated is None else dedicated))
        self._lag = timedelta(seconds=lag)
        self._known = known
        self._client = RedditClient(
            name=name,
            client_id=client_id,
            client_secret=client_secret,
            user_agent=user_agent,
            subreddits="+".join(subreddits),
            reddit_url=reddit_url,
            oauth_url=oauth_url,
            timeout=timeout,
        )
        self._searches = Searches(
            self._client, name=name, queries=searches, every=timedelta(seconds=search_every), known=known
        )

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as Reddit shows them, among them some that are older or newer.

        Raises CollectError.
        """
        through = now - self._lag
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._client.start(now)
        place = reddit_cursor.read(cursor)
        readings = {kind: self._read(kind, since=since, seen=place.seen.get(kind, ())) for kind in self._listings}
        starts = {kind: self._start(reading, since=since) for kind, reading in readings.items()}
        begin = min(max(starts.values()), through)
        note = ""
        if begin > since:
            count = max(len(readings[kind].items) for kind, start in starts.items() if start > since)
            note = f"{self.name}: more than {count} items since {since:%d %b %H:%M:%S}, older ones not shown by Reddit"
        found = self._searches.find(since=since, now=now, searched_at=place.searched_at, reached=place.reached)
        gone = _gone([item for reading in readings.values() for item in reading.items] + list(found.items))
        fresh = [item for reading in readings.values() for item in reading.fresh if self._is_kept(item.thing)]
        fresh += [item for item in found.items if self._is_kept(item.thing, keywords=self._keywords or _KEYWORDS)]
        following = Cursor(
            seen={kind: _remembered(reading, before=through - _OVERLAP) for kind, reading in readings.items()},
            gone=tuple(dict.fromkeys([*gone, *place.gone]))[:_GONE],
            searched_at=found.searched_at,
            reached=found.reached,
        )
        return Batch(
            self.name,
            self.source,
            begin,
            through,
            tuple(self._posts(fresh, gone=gone)),
            following.text(),
            note,
            deleted=tuple(identity for identity in gone if identity not in place.gone),
        )

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._client.close()

    def _read(self, kind: str, *, since: datetime, seen: Sequence[str]) -> Reading:
        there = frozenset(seen)

        def is_old(item: Item) -> bool:
            return item.at < since - _OVERLAP and (not there or item.fullname in there)

        reading = reddit_listing.read(partial(self._client.listing, kind), is_old=is_old, known=self._known)
        if there and not reading.items:
            raise CollectError(f"{self.name}: the listing of {kind} is empty, which it was not before")
        return reading

    def _start(self, reading: Reading, *, since: datetime) -> datetime:
        """Return from when on a reading holds everything."""
        if not reading.is_ended or len(reading.items) < _NEARLY_CAP:
            return since
        # Order is not strict, and times are whole seconds: others of the last ones' may be among the unread.
        return max(since, *(item.at + _SECOND for item in reading.items[-self._known :]))

    def _posts(self, items: Iterable[Item], *, gone: Sequence[str]) -> Iterator[Post]:
        posts: dict[str, Post] = {}
        for item in items:
            try:
                post = reddit_posts.post(item.thing)
            except ValueError as error:
                log.debug("%s: skipped %.20r: %s", self.name, item.fullname, error)
                continue
            posts.setdefault(post.id, post)
        # A search may still show what a listing shows as removed.
        yield from (post for identity, post in posts.items() if identity not in gone)

    def _is_kept(self, thing: Mapping[str, Any], *, keywords: Sequence[str] | None = None) -> bool:
        wanted = self._keywords if keywords is None else keywords
        if not wanted or str(thing.get("subreddit")).casefold() in self._dedicated:
            return True
        words = " ".join(str(thing.get(key) or "") for key in ("title", "selftext", "body", "link_title")).casefold()
        return any(keyword in words for keyword in wanted)


def _gone(items: Iterable[Item]) -> list[str]:
    """Return the ids of what was taken back, each once."""
    found: dict[str, None] = {}
    for item in items:
        if reddit_posts.is_taken_back(item.thing):
            found.update(dict.fromkeys(_identity(item)))
    return list(found)


def _identity(item: Item) -> Iterator[str]:
    try:
        yield reddit_posts.identity(item.thing)
    except ValueError:
        return


def _remembered(reading: Reading, *, before: datetime) -> list[str]:
    """Return what the next poll should come upon, if it asks from where this one stopped."""
    return [item.fullname for item in reading.items if item.at < before][:_REMEMBERED]
