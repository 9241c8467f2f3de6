"""Posts from Reddit: the newest submissions and comments of some subreddits, read through praw."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tiktokwatch.collect import reddit_posts
from tiktokwatch.errors import CollectError
from tiktokwatch.records import EPOCH, Batch, Post

log = logging.getLogger(__name__)

_PAGE = 100
_SECOND = timedelta(seconds=1)

# Reddit ends a listing at about 1,000 items, a little earlier where some were removed.
_CAP = 1000
_NEARLY_CAP = 900

# Items appear out of order; so much of what was read is read again.
_OVERLAP = timedelta(seconds=30)
# Some of those that a cursor remembers will be deleted until the next poll.
_REMEMBERED = 50

# Seconds since 1970 that a datetime still holds, in the year 5138.
_LAST = 1e11


@dataclass(frozen=True, slots=True)
class _Item:
    """One child of a listing: its fullname, when it was written, and its object."""

    fullname: str
    at: datetime
    thing: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read of one listing, newest first, which of it may be new, and from when on it is all there is."""

    items: tuple[_Item, ...]
    fresh: tuple[_Item, ...]
    since: datetime


class RedditNew:
    """Polls the newest submissions and comments of `subreddits`, all of them in one listing a kind.

    A listing is read from its newest item back until `known` items in a row are older than what was asked for and
    were there at the poll before. Reddit shows about the newest 1,000: what lies behind is given up, and the batch says
    so. It vouches up to `lag` seconds ago. `timeout` bounds one request, in seconds.

    Items of a subreddit that is `dedicated` to TikTok (None: all are) are kept as they are; of others those whose
    text, or whose thread's title, has one of `keywords` in it (none given: all).
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

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as Reddit shows them, among them some that are older or newer.

        Raises CollectError.
        """
        through = now - self._lag
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._client.start(now)
        seen = _seen(cursor)
        readings = {kind: self._read(kind, since=since, seen=seen.get(kind, frozenset())) for kind in self._listings}
        begin = min(max(reading.since for reading in readings.values()), through)
        note = ""
        if begin > since:
            count = max(len(reading.items) for reading in readings.values() if reading.since > since)
            note = f"{self.name}: more than {count} items since {since:%d %b %H:%M:%S}, older ones not shown by Reddit"
        posts = tuple(post for reading in readings.values() for item in reading.fresh for post in self._posts(item))
        place = {kind: _remembered(reading, before=through - _OVERLAP) for kind, reading in readings.items()}
        return Batch(self.name, self.source, begin, through, posts, json.dumps(place), note)

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._client.close()

    def _read(self, kind: str, *, since: datetime, seen: frozenset[str]) -> _Reading:
        items: list[_Item] = []
        fresh: list[_Item] = []
        in_a_row = 0
        for page in self._pages(kind):
            for item in page:
                items.append(item)
                is_old = item.at < since - _OVERLAP and (not seen or item.fullname in seen)
                in_a_row = in_a_row + 1 if is_old or in_a_row >= self._known else 0
                if not in_a_row:
                    fresh.append(item)
            if in_a_row >= self._known:
                break
        else:
            if seen and not items:
                raise CollectError(f"{self.name}: the listing of {kind} is empty, which it was not before")
            if len(items) >= _NEARLY_CAP:
                # Order is not strict, and times are whole seconds: others of the last ones' may be among the unread.
                since = max(since, *(item.at + _SECOND for item in items[-self._known :]))
        return _Reading(tuple(items), tuple(fresh), since)

    def _pages(self, kind: str) -> Iterator[list[_Item]]:
        after = None
        for _ in range(_CAP // _PAGE):
            page = self._client.listing(kind, limit=_PAGE, after=after)
            yield list(_items(page["children"]))
            after = page.get("after")
            if not isinstance(after, str) or not page["children"]:
                return

    def _posts(self, item: _Item) -> Iterator[Post]:
        if not self._is_about_tiktok(item.thing):
            return
        try:
            yield reddit_posts.post(item.thing)
        except ValueError as error:
            log.debug("%s: skipped %.20r: %s", self.name, item.fullname, error)

    def _is_about_tiktok(self, thing: Mapping[str, Any]) -> bool:
        if not self._keywords or str(thing.get("subreddit")).casefold() in self._dedicated:
            return True
        words = " ".join(str(thing.get(key) or "") for key in ("title", "selftext", "body", "link_title")).casefold()
        return any(keyword in words for keyword in self._keywords)


def _items(children: list[Any]) -> Iterator[_Item]:
    for child in children:
        thing = child.get("data") if isinstance(child, dict) else None
        if not isinstance(thing, dict):
            continue
        fullname, seconds = thing.get("name"), thing.get("created_utc")
        if isinstance(fullname, str) and isinstance(seconds, (int, float)) and 0 <= seconds < _LAST:
            yield _Item(fullname, EPOCH + timedelta(seconds=seconds), thing)


def _remembered(reading: _Reading, *, before: datetime) -> list[str]:
    """Return what the next poll should come upon, if it asks from where this one stopped."""
    return [item.fullname for item in reading.items if item.at < before][:_REMEMBERED]


def _seen(cursor: str) -> Mapping[str, frozenset[str]]:
    """Return the fullnames in a cursor, by listing; none where it is not one of ours."""
    try:
        return {kind: frozenset(map(str, fullnames)) for kind, fullnames in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
