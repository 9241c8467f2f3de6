"""Posts from X: the recent search of its API v2, asked again and again through tweepy."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktokwatch.collect import x_posts
from tiktokwatch.collect.refusals import BAD_REQUEST, PAYMENT_REQUIRED, json_object, refusal
from tiktokwatch.errors import CollectError
from tiktokwatch.records import EPOCH, Batch, Post

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

# tweepy knows this host only; X names the other one by now.
_BUILT_IN = "https://api.twitter.com"
_ADVICE: Mapping[int, str] = {
    401: "the bearer token was refused: check x.bearer_token",
    402: "there is no credit left; asking again after midnight UTC",
    403: "this app may not search: check its project and plan in the developer console",
    404: "there is no search at this address: check base_url",
}
_FIELDS = (
    "author_id",
    "conversation_id",
    "created_at",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "referenced_tweets",
    "withheld",
)
_PAGE = 100
_SECOND = timedelta(seconds=1)

# The search reaches back so far, and refuses to be asked for more; a minute is for clocks that differ.
_REACH = timedelta(days=7) - timedelta(minutes=1)
# It refuses to be asked for the last ten seconds as well.
_LEAST_LAG = 10
# Posts become visible out of order; so much of what was read is read again.
_OVERLAP = timedelta(seconds=30)

_SNOWFLAKE_EPOCH = EPOCH + timedelta(milliseconds=1_288_834_974_657)
_SNOWFLAKE_BITS = 22
_LONGEST_ID = 19
_LONGEST_COMPLAINT = 200


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the pages held: the posts, the ids of all objects even if unusable, and whether pages were left unread."""

    posts: tuple[Post, ...]
    ids: tuple[int, ...]
    is_cut_short: bool


class _TooOldError(Exception):
    """X does not search from so old an id."""


class XSearch:
    """Polls the recent search of X for one query (at most 512 characters).

    It vouches up to `lag` seconds ago (at least 10), and at most seven days back. What `max_pages` of 100 posts do
    not hold is given up, newest first, and the batch says so. `timeout` bounds one request, in seconds. The cursor is
    a JSON object with the id of the newest post seen; ids of X hold their time.
    """

    source = "x"

    def __init__(
        self,
        *,
        name: str = "x",
        bearer_token: str,
        query: str,
        base_url: str = "https://api.x.com",
        lag: float = 30,
        max_pages: int = 10,
        timeout: float = 20,
    ) -> None:
        import tweepy  # noqa: PLC0415 - takes half a second

        from tiktokwatch.collect.http import Wire  # noqa: PLC0415 - with the above

        if lag < _LEAST_LAG:
            raise ValueError(f"lag: X does not search the last {_LEAST_LAG} seconds")
        self.name = name
        self._secret = bearer_token
        self._query = query
        self._lag = timedelta(seconds=lag)
        self._max_pages = max_pages
        self._wire = Wire(name=name, timeout=timeout, check=self._check, moved={_BUILT_IN: base_url.rstrip("/")})
        self._client = tweepy.Client(bearer_token, return_type=dict, wait_on_rate_limit=False)
        self._client.session = self._wire

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return the posts from `since` on, as far as X's index is settled, among them some that are older.

        Raises CollectError.
        """
        # X takes whole seconds, and we vouch for no more than was asked.
        through = _whole_second(now - self._lag)
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        self._wire.start(now)
        floor = _whole_second(now - _REACH) + _SECOND
        begin, note = since, ""
        if since < floor:
            begin, note = floor, f"{self.name}: the search of X reaches back seven days only"
        newest = _newest(cursor)
        reading = self._read(begin=begin, newest=newest, floor=floor, through=through)
        if reading.is_cut_short:
            vouched = self._vouched(reading, begin=begin, through=through)
            if vouched > begin:
                note = (
                    f"{self.name}: more than {len(reading.ids)} posts since {begin:%d %b %H:%M:%S}, older ones not read"
                )
            begin = vouched
        newest = max((newest or _id_at(begin), *reading.ids))
        place = json.dumps({"newest_id": str(newest)})
        return Batch(self.name, self.source, begin, through, reading.posts, place, note)

    def close(self) -> None:
        """Let go of connections; a `collect` under way in another thread ends with CollectError."""
        self._wire.close()

    def _read(self, *, begin: datetime, newest: int | None, floor: datetime, through: datetime) -> _Reading:
        if newest is None:
            return self._pages(start_time=begin, end_time=through)
        # Where all was quiet, going back behind the newest post costs nothing and finds what came late.
        since_id = min(newest - _ids_in(_OVERLAP), _id_at(begin - _OVERLAP))
        try:
            return self._pages(since_id=max(since_id, _id_at(floor)), end_time=through)
        except _TooOldError:
            return self._pages(start_time=max(begin - _OVERLAP, floor), end_time=through)

    def _pages(self, **span: Any) -> _Reading:
        posts: list[Post] = []
        ids: list[int] = []
        token = None
        for _ in range(self._max_pages):
            page = self._page(next_token=token, **span)
            for tweet in _list(page.get("data")):
                ids.extend(_id(tweet))
                posts.extend(self._post(tweet, page.get("includes")))
            token = page["meta"].get("next_token")
            if not token:
                break
        return _Reading(tuple(posts), tuple(ids), is_cut_short=bool(token))

    def _page(self, **options: Any) -> Mapping[str, Any]:
        page: Mapping[str, Any] = self._client.search_recent_tweets(
            self._query, max_results=_PAGE, tweet_fields=list(_FIELDS), **options
        )
        if not isinstance(page.get("meta"), dict):
            raise CollectError(f"{self.name}: the answer is JSON, but not that of a search")
        return page

    def _post(self, tweet: Any, includes: Any) -> Iterator[Post]:
        try:
            if not isinstance(tweet, dict):
                raise ValueError("no object")  # noqa: TRY004, TRY301 - one kind of post that is none among others
            yield x_posts.post(tweet, includes)
        except ValueError as error:
            log.debug("%s: skipped %s: %s", self.name, list(_id(tweet)), error)

    def _vouched(self, reading: _Reading, *, begin: datetime, through: datetime) -> datetime:
        # Times of posts are whole seconds, so others of the oldest second may be among the unread.
        oldest = min(reading.ids, default=_id_at(through))
        return min(max(_whole_second(_time_of(oldest)) + _SECOND, begin), through)

    def _check(self, answer: requests.Response, now: datetime) -> None:
        body = json_object(answer) or {}
        if answer.status_code == PAYMENT_REQUIRED or _is_usage_cap(body):
            raise self._used_up(answer.status_code, now)
        if answer.status_code == BAD_REQUEST and "since_id" in answer.text and "since_id=" in (answer.url or ""):
            raise _TooOldError
        advice = dict(_ADVICE)
        if answer.status_code == BAD_REQUEST:
            advice[BAD_REQUEST] = f"the search was refused: {self._complaint(body)}"
        error = refusal(answer, name=self.name, now=now, advice=advice)
        if error is not None:
            raise error

    def _used_up(self, status: int, now: datetime) -> CollectError:
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        why = _ADVICE[PAYMENT_REQUIRED]
        if status != PAYMENT_REQUIRED:
            why = "the cap on posts of this plan is reached; asking again after midnight UTC"
        return CollectError(f"{self.name}: {status}, {why}", retry_after=(tomorrow - now).total_seconds())

    def _complaint(self, body: Mapping[str, Any]) -> str:
        """Return what X has against a query, which is the only thing that helps, made safe to show."""
        errors = [error.get("message") for error in _list(body.get("errors")) if isinstance(error, dict)]
        said = next(
            (text for text in (*errors, body.get("detail")) if isinstance(text, str) and text), "no reason given"
        )
        plain = "".join(sign if sign.isprintable() else " " for sign in said.replace(self._secret, "***"))
        return plain[:_LONGEST_COMPLAINT]


def _is_usage_cap(body: Mapping[str, Any]) -> bool:
    return body.get("title") == "UsageCapExceeded" or str(body.get("type")).endswith("/usage-capped")


def _newest(cursor: str) -> int | None:
    """Return the id in a cursor, None where it holds none that could be."""
    try:
        return int(json.loads(cursor)["newest_id"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _id(tweet: Any) -> Iterator[int]:
    value = tweet.get("id") if isinstance(tweet, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID:
        yield int(value)


def _ids_in(span: timedelta) -> int:
    return span // timedelta(milliseconds=1) << _SNOWFLAKE_BITS


def _id_at(at: datetime) -> int:
    """Return the lowest id of a moment: milliseconds since 2010-11-04T01:42:54.657Z above 22 bits."""
    return max(_ids_in(at - _SNOWFLAKE_EPOCH), 0)


def _time_of(number: int) -> datetime:
    return _SNOWFLAKE_EPOCH + timedelta(milliseconds=number >> _SNOWFLAKE_BITS)


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
