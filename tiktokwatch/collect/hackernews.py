"""Posts from Hacker News: stories and comments, found by the search that Algolia runs for it, without a key."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktokwatch.collect.markup import plain
from tiktokwatch.collect.refusals import refusal
from tiktokwatch.errors import CollectError
from tiktokwatch.records import EPOCH, Batch, Post

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

_ADVICE: Mapping[int, str] = {404: "there is no search at this address: check base_url"}
_PATH = "/api/v1/search_by_date"
# The search shows no more than so many of what it found.
_CAP = 1000
_PAGE = 100
_SECOND = timedelta(seconds=1)
# What was written before, but found late, is read again for so long.
_OVERLAP = timedelta(minutes=5)

_ID = re.compile(r"[0-9]{1,12}")
_LONGEST_NAME = 64
# Seconds since 1970: Hacker News opened in 2006; nothing here will be read after 2099.
_FIRST, _LAST = 1_136_073_600, 4_102_444_800


class HackerNews:
    """Polls the search of Hacker News for one `query`, and keeps what has one of `keywords` in its own words.

    It vouches up to `lag` seconds ago: what is written is found a minute or two later. The search shows the newest
    1,000 of what it found; what lies behind is given up, and the batch says so. `timeout` bounds one request, in
    seconds. The cursor is not used.
    """

    source = "hackernews"

    def __init__(
        self,
        *,
        name: str = "hackernews",
        query: str = "tiktok",
        keywords: Sequence[str] = ("tiktok", "tik tok"),
        base_url: str = "https://hn.algolia.com",
        lag: float = 120,
        timeout: float = 20,
    ) -> None:
        from tiktokwatch.collect.http import Wire  # noqa: PLC0415 - requests takes a while

        self.name = name
        self._query = query
        self._keywords = tuple(keyword.casefold() for keyword in keywords)
        self._url = base_url.rstrip("/") + _PATH
        self._lag = timedelta(seconds=lag)
        self._wire = Wire(name=name, timeout=timeout, check=self._check)

    @property
    def heard(self) -> Mapping[str, str]:
        """Return the headers of the last answer, none before there was one."""
        return self._wire.heard

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as the search is settled, among them some that are older.

        Raises CollectError.
        """
        # Times of posts are whole seconds.
        through = (now - self._lag).replace(microsecond=0)
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._wire.start(now)
        posts: dict[str, Post] = {}
        times: list[datetime] = []
        for hit in self._hits(since - _OVERLAP, through):
            times.extend(_times(hit))
            posts.update((post.id, post) for post in self._posts(hit))
        begin, note = since, ""
        if len(times) >= _CAP and min(times) >= since:
            # Others of the oldest second may be among those that are not shown.
            begin = min(min(times) + _SECOND, through)
            note = f"{self.name}: more than {len(times)} posts since {since:%d %b %H:%M:%S}, older ones not shown"
        return Batch(self.name, self.source, begin, through, tuple(posts.values()), note=note)

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._wire.close()

    def _hits(self, start: datetime, end: datetime) -> Iterator[Any]:
        """Yield what was found from one moment up to another, newest first."""
        for page in range(_CAP // _PAGE):
            options = {
                "query": self._query,
                "tags": "(story,comment)",
                "typoTolerance": "false",
                "numericFilters": f"created_at_i>={_seconds(start)},created_at_i<{_seconds(end)}",
                "hitsPerPage": str(_PAGE),
                "page": str(page),
            }
            body = self._wire.request("GET", self._url, params=options).json()
            hits, pages = body.get("hits"), body.get("nbPages")
            if not isinstance(hits, list) or not isinstance(pages, int):
                raise CollectError(f"{self.name}: the answer is JSON, but not that of a search")
            yield from hits
            if page + 1 >= pages or not hits:
                return

    def _posts(self, hit: Any) -> Iterator[Post]:
        try:
            found = post(hit)
        except ValueError as error:
            log.debug("%s: skipped something: %s", self.name, error)
            return
        if any(keyword in found.text.casefold() for keyword in self._keywords):
            yield found

    def _check(self, answer: requests.Response, now: datetime) -> None:
        error = refusal(answer, name=self.name, now=now, advice=_ADVICE)
        if error is not None:
            raise error


def post(hit: object) -> Post:
    """Return the post that one hit of the search describes, a story's title before its text.

    Raises ValueError with a short reason where it is none.
    """
    if not isinstance(hit, dict):
        raise ValueError("no object")  # noqa: TRY004 - one kind of hit that is none among others
    number, author = hit.get("objectID"), hit.get("author")
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise ValueError("a hit without a usable id")
    times = list(_times(hit))
    if not times:
        raise ValueError("a hit whose created_at_i is not a time")
    is_comment = isinstance(hit.get("comment_text"), str)
    parts = ("comment_text",) if is_comment else ("title", "story_text")
    text = "\n\n".join(part for part in (plain(hit.get(key)) for key in parts) if part)
    if not text:
        raise ValueError("a hit without text")
    return Post(
        id=f"hackernews:{number}",
        source="hackernews",
        at=times[0],
        author=plain(author) if isinstance(author, str) and len(author) <= _LONGEST_NAME else "",
        text=text,
        url=f"https://news.ycombinator.com/item?id={number}",
        kind="reply" if is_comment else "post",
    )


def _times(hit: object) -> Iterator[datetime]:
    seconds = hit.get("created_at_i") if isinstance(hit, dict) else None
    if isinstance(seconds, int) and _FIRST <= seconds < _LAST:
        yield EPOCH + timedelta(seconds=seconds)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
