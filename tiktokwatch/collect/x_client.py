"""X's API v2 through tweepy, as far as it is asked for: what is bought is booked, and each refusal has a sentence.

X bills each post that comes back (once a UTC day, however often it is read) and each request for counts. What fails
or finds nothing is free, so what was booked for it is given back.
"""

from __future__ import annotations

import logging
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktokwatch.collect import x_posts
from tiktokwatch.collect.budget import POST, REQUEST, Budget
from tiktokwatch.collect.refusals import BAD_REQUEST, PAYMENT_REQUIRED, json_object, refusal
from tiktokwatch.collect.x_ids import id_of, is_id
from tiktokwatch.errors import CollectError
from tiktokwatch.records import EPOCH, Post, minute_of

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

LEAST_PAGE = 10
LARGEST_PAGE = 100
LARGEST_LOOKUP = 100

# tweepy knows this host only; X names the other one by now.
_BUILT_IN = "https://api.twitter.com"
_ADVICE: Mapping[int, str] = {
    401: "the bearer token was refused: check x.bearer_token",
    402: "there is no credit left; asking again after midnight UTC",
    403: "this app may not {verb}: check its project and plan in the developer console",
    404: "there is no {noun} at this address: check base_url",
    BAD_REQUEST: "the {noun} was refused: {complaint}",
}
_VERBS = {"lookup": "look posts up", "usage": "see what it has used"}
# A post with one of these is gone; with any other error, X does not know for the moment.
_GONE = ("/resource-not-found", "/not-authorized-for-resource", "/resource-unavailable")
_MOST_PAGES_OF_COUNTS = 10
_LONGEST_COMPLAINT = 200


@dataclass(frozen=True, slots=True)
class Page:
    """A page of posts, newest first; `ids` are those of all objects, even of such as are no usable posts."""

    posts: tuple[Post, ...]
    ids: tuple[int, ...]
    next_token: str | None


class TooOldError(Exception):
    """X does not search from so old an id."""


class _UsedUpError(Exception):
    """The cap on posts of the plan is reached."""


class XClient:
    """Asks X, for one collector and one thread; what is bought comes out of `budget`, where there is one.

    `timeout` bounds one request, in seconds. Everything raises CollectError.
    """

    def __init__(
        self, *, name: str, bearer_token: str, base_url: str, timeout: float, budget: Budget | None = None
    ) -> None:
        import tweepy  # noqa: PLC0415 - takes half a second

        from tiktokwatch.collect.http import Wire  # noqa: PLC0415 - with the above

        self._name = name
        self._secret = bearer_token
        self._budget = budget
        self._now = EPOCH
        self._noun = "search"
        self._sent = 0
        self._wire = Wire(name=name, timeout=timeout, check=self._check, moved={_BUILT_IN: base_url.rstrip("/")})
        self._client = tweepy.Client(bearer_token, return_type=dict, wait_on_rate_limit=False)
        self._client.session = self._wire

    @property
    def heard(self) -> Mapping[str, str]:
        """Return the headers of the last answer, none before there was one."""
        return self._wire.heard

    def start(self, now: datetime) -> None:
        """Begin a poll at `now`: from here its time is counted, and what it buys is booked for this hour."""
        self._now = now
        self._wire.start(now)

    def close(self) -> None:
        """Let go of connections; a request under way in another thread ends with CollectError."""
        self._wire.close()

    def search(self, query: str, *, size: int = LARGEST_PAGE, essential: bool = False, **span: Any) -> Page | None:
        """Return up to `size` (10 to 100) of the newest posts in a span, None where the budget has not even ten.

        `span` is what the recent search takes: since_id or start_time, end_time, next_token. Raises TooOldError where
        the search does not reach back to `since_id`.
        """
        granted = self._grant(POST, size, least=LEAST_PAGE, essential=essential)
        if not granted:
            return None
        try:
            page = self.ask(
                "search",
                lambda client: client.search_recent_tweets(
                    query, max_results=granted, tweet_fields=list(x_posts.FIELDS), **span
                ),
            )
            meta, tweets = page.get("meta"), _list(page.get("data"))
            if not isinstance(meta, dict):
                raise self._no_answer()
        finally:
            self._give_back(POST, granted - self._sent)
        posts = tuple(post for tweet in tweets for post in self._post(tweet, page.get("includes")))
        return Page(posts, tuple(number for tweet in tweets for number in id_of(tweet)), meta.get("next_token") or None)

    def counts(
        self, query: str, *, start: datetime, end: datetime, essential: bool = False
    ) -> dict[datetime, int] | None:
        """Return how many posts there were in each minute of a span, None where the budget has no request left.

        Raises CollectError.
        """
        minutes: dict[datetime, int] = {}
        token: str | None = None
        for number in range(_MOST_PAGES_OF_COUNTS):
            if not self._grant(REQUEST, 1, essential=essential):
                return minutes if number else None
            try:
                page = self._counts_page(query, start=start, end=end, token=token)
            finally:
                self._give_back(REQUEST, 0 if self._sent else 1)
            minutes |= page[0]
            token = page[1]
            if not token:
                break
        return minutes

    def lookup(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those of at most 100 ids (digits) under which X has nothing to show any more.

        Raises CollectError, also where the budget does not suffice for all of them.
        """
        granted = self._grant(POST, len(ids), least=len(ids))
        if not granted:
            raise self.why_not(least=len(ids))
        try:
            page = self.ask("lookup", lambda client: client.get_tweets(list(ids)))
            tweets, errors = _list(page.get("data")), _list(page.get("errors"))
            if not tweets and not errors:
                raise self._no_answer()
        finally:
            self._give_back(POST, granted - self._sent)
        there = {str(number) for tweet in tweets for number in id_of(tweet)}
        unknown = {_subject(error) for error in errors if not _is_gone(error)}
        return frozenset(ids) - there - unknown

    def usage(self) -> Mapping[str, Any]:
        """Return what X says of the posts read by this project: project_usage, project_cap, cap_reset_day."""
        data = self.ask("usage", lambda client: client.request("GET", "/2/usage/tweets").json()).get("data")
        return data if isinstance(data, dict) else {}

    def ask(self, noun: str, request: Callable[[Any], Any]) -> Mapping[str, Any]:
        """Return the JSON object that tweepy's client gets; `noun` names in sentences what is asked for."""
        self._noun = noun
        self._sent = 0
        try:
            page: Mapping[str, Any] = request(self._client)
        except _UsedUpError:
            raise self._used_up() from None
        return page

    def why_not(self, *, kind: str = POST, least: int = LEAST_PAGE) -> CollectError:
        """Return why the budget grants nothing."""
        if self._budget is None:
            return CollectError(f"{self._name}: there is no budget")
        return self._budget.why_not(self._now, kind=kind, least=least)

    def _counts_page(
        self, query: str, *, start: datetime, end: datetime, token: str | None
    ) -> tuple[dict[datetime, int], str | None]:
        params = {
            "query": query,
            "granularity": "minute",
            "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
        if token:
            # tweepy's own method for counts knows no token.
            params["next_token"] = token
        page = self.ask("count", lambda client: client.request("GET", "/2/tweets/counts/recent", params=params).json())
        if not isinstance(page.get("meta"), dict) or not isinstance(page.get("data"), list):
            raise self._no_answer()
        return dict(_minutes(page["data"])), page["meta"].get("next_token")

    def _grant(self, kind: str, units: int, *, least: int = 1, essential: bool = False) -> int:
        if self._budget is None:
            return units
        return self._budget.grant(kind, units, now=self._now, least=least, essential=essential)

    def _give_back(self, kind: str, units: int) -> None:
        if self._budget is not None:
            self._budget.give_back(kind, units, now=self._now)

    def _post(self, tweet: Any, includes: Any) -> Iterator[Post]:
        try:
            if not isinstance(tweet, dict):
                raise ValueError("no object")  # noqa: TRY004, TRY301 - one kind of post that is none among others
            yield x_posts.post(tweet, includes)
        except ValueError as error:
            log.debug("%s: skipped %s: %s", self._name, list(id_of(tweet)), error)

    def _no_answer(self) -> CollectError:
        return CollectError(f"{self._name}: the answer is JSON, but not that of a {self._noun}")

    def _check(self, answer: requests.Response, now: datetime) -> None:
        body = json_object(answer) or {}
        status = answer.status_code
        if _is_usage_cap(body):
            raise _UsedUpError
        if status == BAD_REQUEST and "since_id" in answer.text and "since_id=" in (answer.url or ""):
            raise TooOldError
        told = {
            "noun": self._noun,
            "verb": _VERBS.get(self._noun, self._noun),
            "complaint": self._complaint(body) if status == BAD_REQUEST else "",
        }
        advice = {code: text.format_map(told) for code, text in _ADVICE.items()}
        error = refusal(answer, name=self._name, now=now, advice=advice)
        if error is not None and status == PAYMENT_REQUIRED:
            error.retry_after = (_midnight_after(now) - now).total_seconds()
        if error is not None:
            raise error
        # X bills what it sent, whatever comes of it here.
        self._sent = len(_list(body.get("data")))

    def _used_up(self) -> CollectError:
        """Return what to say of the monthly cap; when it ends is known to the usage endpoint, if that answers."""
        try:
            back = _reset(self.usage().get("cap_reset_day"), self._now) if self._noun != "usage" else None
        except CollectError as error:
            log.debug("%s: the usage is not known: %s", self._name, error.reason)
            back = None
        if back is None:
            reason = "429, the monthly cap on posts is reached; asking again after midnight UTC"
            back = _midnight_after(self._now)
        else:
            reason = f"429, the monthly cap on posts is reached, back on {back.day} {back:%b}"
        return CollectError(f"{self._name}: {reason}", retry_after=(back - self._now).total_seconds())

    def _complaint(self, body: Mapping[str, Any]) -> str:
        """Return what X has against a query, which is the only thing that helps, made safe to show."""
        errors = [error.get("message") for error in _list(body.get("errors")) if isinstance(error, dict)]
        said = next(
            (text for text in (*errors, body.get("detail")) if isinstance(text, str) and text), "no reason given"
        )
        plain = "".join(sign if sign.isprintable() else " " for sign in said.replace(self._secret, "***"))
        return plain[:_LONGEST_COMPLAINT]


def _minutes(data: Sequence[Any]) -> Iterator[tuple[datetime, int]]:
    """Yield each whole minute with its count, in either spelling of X; what is neither is left out."""
    for item in data:
        if not isinstance(item, dict):
            continue
        count: Any = item.get("tweet_count", item.get("post_count"))
        try:
            at = datetime.fromisoformat(item["start"]).astimezone(UTC)
            posts = int(count)
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        if posts >= 0:
            yield minute_of(at), posts


def _is_usage_cap(body: Mapping[str, Any]) -> bool:
    return body.get("title") == "UsageCapExceeded" or str(body.get("type")).endswith("/usage-capped")


def _is_gone(error: Any) -> bool:
    return isinstance(error, dict) and str(error.get("type")).endswith(_GONE)


def _subject(error: Any) -> str:
    """Return the id of which an error of a lookup speaks."""
    values = [error.get(name) for name in ("resource_id", "value")] if isinstance(error, dict) else []
    return next((value for value in values if is_id(value)), "")


def _reset(day: Any, now: datetime) -> datetime | None:
    """Return the next moment at which a day of the month begins, None where there is no such day, or it is today."""
    try:
        number = int(day)
    except (TypeError, ValueError, OverflowError):
        return None
    if not 1 <= number <= 31:  # noqa: PLR2004 - days of a month
        return None
    midnight = _midnight_before(now)
    # X does not say at which hour of the day it begins anew.
    if midnight.day == _day_in_month(number, midnight):
        return None
    while midnight.day != _day_in_month(number, midnight):
        midnight += timedelta(days=1)
    return midnight


def _day_in_month(number: int, at: datetime) -> int:
    return min(number, monthrange(at.year, at.month)[1])


def _midnight_before(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _midnight_after(now: datetime) -> datetime:
    return _midnight_before(now) + timedelta(days=1)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
