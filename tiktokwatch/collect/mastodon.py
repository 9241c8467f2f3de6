"""Posts from Mastodon: what one instance has seen under some hashtags, without a key."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from tiktokwatch.collect.markup import plain
from tiktokwatch.collect.refusals import OK, TOO_MANY_REQUESTS, refusal
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch, Post

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

_MEMBERS_ONLY = "this instance shows hashtags to its members alone: choose another one"
_ADVICE: Mapping[int, str] = {
    401: _MEMBERS_ONLY,
    403: _MEMBERS_ONLY,
    404: "there is no Mastodon at this address: check base_url",
    422: _MEMBERS_ONLY,
}
_PAGE = 40
# What comes from other instances may come late; so much of what was read is read again.
_OVERLAP = timedelta(minutes=2)
# A timeline is in order but for a few that another instance has dated.
_STRAY = 5

_URI = re.compile(r"https?://[!-~]{1,500}")
_ID = re.compile(r"[0-9A-Za-z]{1,32}")
_LONGEST_NAME = 300
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9-]{1,32})?")


@dataclass(frozen=True, slots=True)
class _Timeline:
    """What was read of one hashtag, newest first: the posts, the id of the newest, and the time of the oldest.

    `is_cut_short` says that there is more behind it.
    """

    posts: tuple[Post, ...]
    newest: str
    oldest: datetime | None
    is_cut_short: bool


class Mastodon:
    """Polls the timelines of some `hashtags` on one instance; reposts are not in them.

    A timeline is read from its newest post back to what was asked for. It vouches up to `lag` seconds ago. What
    `max_pages` of 40 posts do not hold is given up, newest first, and the batch says so. `timeout` bounds one request,
    in seconds. The cursor is a JSON object with the id of the newest post of each hashtag.
    """

    source = "mastodon"

    def __init__(
        self,
        *,
        name: str = "mastodon",
        hashtags: Sequence[str] = ("tiktok", "tiktokdown"),
        base_url: str = "https://mastodon.social",
        lag: float = 30,
        max_pages: int = 25,
        timeout: float = 20,
    ) -> None:
        from tiktokwatch.collect.http import Wire  # noqa: PLC0415 - requests takes a while

        self.name = name
        self._hashtags = tuple(hashtag.removeprefix("#") for hashtag in hashtags)
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(base_url).hostname or ""
        self._lag = timedelta(seconds=lag)
        self._max_pages = max_pages
        self._wire = Wire(name=name, timeout=timeout, check=self._check)

    @property
    def heard(self) -> Mapping[str, str]:
        """Return the headers of the last answer, none before there was one."""
        return self._wire.heard

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as the instance has seen them, among them older and newer ones.

        Raises CollectError.
        """
        through = now - self._lag
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._wire.start(now)
        known = _newest(cursor)
        timelines = {tag: self._read(tag, since=since, was_there=tag in known) for tag in self._hashtags}
        begin, note = since, ""
        for timeline in timelines.values():
            if timeline.is_cut_short and timeline.oldest is not None and timeline.oldest >= begin:
                begin = min(timeline.oldest + timedelta(milliseconds=1), through)
                note = f"{self.name}: more than {len(timeline.posts)} posts of one hashtag since {since:%d %b %H:%M:%S}"
        posts = {post.id: post for timeline in timelines.values() for post in timeline.posts}
        place = {tag: timeline.newest for tag, timeline in timelines.items() if timeline.newest}
        return Batch(self.name, self.source, begin, through, tuple(posts.values()), json.dumps(place), note)

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._wire.close()

    def _read(self, hashtag: str, *, since: datetime, was_there: bool) -> _Timeline:
        posts: list[Post] = []
        newest, last, oldest, is_cut_short = "", "", None, False
        for number in range(self._max_pages):
            page = self._page(hashtag, last)
            if not page:
                if was_there and not number:
                    raise CollectError(f"{self.name}: the timeline of a hashtag is empty, which it was not before")
                is_cut_short = False
                break
            ids = [status["id"] for status in page]
            newest, last = newest or ids[0], ids[-1]
            times = [at for at in (_time(status.get("created_at")) for status in page[-_STRAY:]) if at is not None]
            oldest = max(times, default=oldest)
            posts.extend(post for status in page for post in self._posts(status) if post.at >= since - _OVERLAP)
            is_cut_short = oldest is None or oldest >= since - _OVERLAP
            if not is_cut_short:
                break
        return _Timeline(tuple(posts), newest, oldest, is_cut_short)

    def _page(self, hashtag: str, last: str) -> list[Mapping[str, Any]]:
        options = {"limit": str(_PAGE), **({"max_id": last} if last else {})}
        url = f"{self._base_url}/api/v1/timelines/tag/{quote(hashtag, safe='')}"
        page = self._wire.request("GET", url, params=options).json()
        if not all(isinstance(status, dict) and _is_id(status.get("id")) for status in page):
            raise CollectError(f"{self.name}: the answer is JSON, but not that of a timeline")
        return list(page)

    def _posts(self, status: Mapping[str, Any]) -> Iterator[Post]:
        try:
            yield post(status, host=self._host)
        except ValueError as error:
            log.debug("%s: skipped something: %s", self.name, error)

    def _check(self, answer: requests.Response, now: datetime) -> None:
        if answer.status_code == OK and _is_list(answer):
            return
        error = refusal(answer, name=self.name, now=now, advice=_ADVICE)
        if error is None:
            raise CollectError(f"{self.name}: the answer is JSON, but not that of a timeline")
        if answer.status_code == OK:
            raise CollectError(f"{self.name}: the answer is not a JSON list: a web page, or cut off")
        reset = _time(answer.headers.get("x-ratelimit-reset"))
        if answer.status_code == TOO_MANY_REQUESTS and reset is not None and error.retry_after is None:
            wait = min(max((reset - now).total_seconds(), 0.0), 3600.0)
            raise CollectError(error.reason, retry_after=wait)
        raise error


def post(status: Mapping[str, Any], *, host: str) -> Post:
    """Return the post that a status describes, as the instance `host` shows it, a content warning before its text.

    Raises ValueError with a short reason where it is none.
    """
    uri, at = status.get("uri"), _time(status.get("created_at"))
    if not isinstance(uri, str) or not _URI.fullmatch(uri):
        raise ValueError("a status without a usable uri")
    if at is None:
        raise ValueError("a status whose created_at is not a time")
    if status.get("reblog"):
        raise ValueError("a repost")
    text = "\n\n".join(part for part in (plain(status.get(key)) for key in ("spoiler_text", "content")) if part)
    if not text:
        raise ValueError("a status without text")
    url, language = status.get("url"), status.get("language")
    return Post(
        id=f"mastodon:{uri}",
        source="mastodon",
        at=at,
        author=_author(status.get("account"), host),
        text=text,
        lang=re.split("[-_]", language)[0].lower()
        if isinstance(language, str) and _LANGUAGE.fullmatch(language)
        else "",
        url=url if isinstance(url, str) and _URI.fullmatch(url) else uri,
        kind="reply" if status.get("in_reply_to_id") else "quote" if status.get("quote") else "post",
    )


def _author(account: object, host: str) -> str:
    acct = account.get("acct") if isinstance(account, dict) else None
    if not isinstance(acct, str) or not 0 < len(acct) <= _LONGEST_NAME:
        return ""
    return plain(acct if "@" in acct else f"{acct}@{host}")


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_list(answer: requests.Response) -> bool:
    try:
        return isinstance(answer.json(), list)
    except (ValueError, RecursionError):
        return False


def _newest(cursor: str) -> Mapping[str, Any]:
    """Return what a cursor remembers, by hashtag; nothing where it is not one of ours."""
    try:
        place = json.loads(cursor)
    except (ValueError, RecursionError):
        return {}
    return place if isinstance(place, dict) else {}
