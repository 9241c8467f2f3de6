"""praw with its habits taken off: it neither sleeps nor retries, and hands over plain JSON.

praw's own listings and streams are not used. Its models fetch whole threads when a missing attribute is read, one
item without an author spoils a page for them, and the streams lose what comes in bursts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import praw
from prawcore.exceptions import OAuthException, RequestException

from tiktokwatch.collect.http import Wire
from tiktokwatch.collect.refusals import FORBIDDEN, UNAUTHORIZED, header_number, refusal
from tiktokwatch.errors import CollectError

if TYPE_CHECKING:
    import requests

_REFUSED = "the client id or its secret was refused: check reddit.client_id and reddit.client_secret"
_ADVICE: Mapping[int, str] = {
    UNAUTHORIZED: _REFUSED,
    3: "sent elsewhere: this is not where Reddit answers, check reddit.oauth_url",
    FORBIDDEN: "this app may not ask that: check its approval and the user agent",
}
_TOKEN_PATH = "/api/v1/access_token"  # noqa: S105 - an address
_TOKEN_ADVICE: Mapping[int, str] = {
    UNAUTHORIZED: _REFUSED,
    FORBIDDEN: "this app gets no token: check its approval and the user agent",
}


class _StaleTokenError(Exception):
    """Reddit has forgotten the token that it gave us."""


class RedditClient:
    """Reads listings of `subreddits` ("a+b"), searches, and things by name, through praw, each with one request.

    `timeout` bounds a request, in seconds.
    """

    def __init__(
        self,
        *,
        name: str,
        client_id: str,
        client_secret: str,
        user_agent: str,
        subreddits: str = "",
        reddit_url: str,
        oauth_url: str,
        timeout: float,
    ) -> None:
        self._name = name
        self._subreddits = subreddits
        self._advice: Mapping[int, str] = {
            3: f"sent elsewhere: a subreddit among r/{subreddits} does not exist or is private",
            FORBIDDEN: f"r/{subreddits} is not for this app: private, quarantined, or the app is not approved",
            404: f"a subreddit among r/{subreddits} does not exist or is banned",
        }
        self._wire = Wire(name=name, timeout=timeout, check=self._check)
        # All that praw would else look for in praw.ini and the environment.
        self._settings: Mapping[str, Any] = {
            "client_id": client_id,
            "client_secret": client_secret,
            "user_agent": user_agent,
            "reddit_url": reddit_url.rstrip("/"),
            "oauth_url": oauth_url.rstrip("/"),
            "short_url": reddit_url.rstrip("/"),
            "username": None,
            "password": None,
            "refresh_token": None,
            "redirect_uri": None,
            "check_for_async": False,
            "check_for_updates": False,
        }
        self._now: datetime | None = None
        self._quota_back_at: datetime | None = None
        self._reddit = self._log_in()

    @property
    def heard(self) -> Mapping[str, str]:
        """Return the headers of the last answer, none before there was one."""
        return self._wire.heard

    def start(self, now: datetime) -> None:
        """Begin a poll at `now`."""
        self._now = now
        self._wire.start(now)

    def listing(self, kind: str, *, limit: int, after: str | None) -> Mapping[str, Any]:
        """Return the `data` of one page of a listing ("new", "comments"), newest first: `children` and `after`.

        Raises CollectError.
        """
        # The addresses that praw's own listings ask.
        path = f"/r/{self._subreddits}/{kind}" + ("/" if kind == "comments" else "")
        return self._page(path, {"limit": limit}, after=after)

    def search(self, query: str, *, limit: int, after: str | None) -> Mapping[str, Any]:
        """Return the `data` of one page of the day's submissions on all of Reddit that match a query, newest first.

        Raises CollectError.
        """
        params: dict[str, str | int] = {"q": query, "sort": "new", "t": "day", "type": "link", "limit": limit}
        return self._page("/r/all/search/", params, after=after)

    def info(self, fullnames: Sequence[str]) -> Mapping[str, Any]:
        """Return the `data` of a listing of what there is of at most 100 things, by fullname.

        Raises CollectError.
        """
        return self._page("/api/info/", {"id": ",".join(fullnames)}, after=None)

    def close(self) -> None:
        """Let go of connections; a request under way in another thread ends with CollectError."""
        self._wire.close()

    def _page(self, path: str, params: dict[str, str | int], *, after: str | None) -> Mapping[str, Any]:
        answer = self._answer(path, params if after is None else {**params, "after": after})
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("children"), list):
            raise CollectError(f"{self._name}: the answer is JSON, but not a listing")
        return data

    def _log_in(self) -> praw.Reddit:
        """Return a praw that will fetch a token of its own when it needs one."""
        return praw.Reddit("DEFAULT", requestor_kwargs={"session": self._wire}, **self._settings)

    def _answer(self, path: str, params: dict[str, str | int]) -> Any:
        for _ in range(2):
            try:
                return self._get(path, params)
            except _StaleTokenError:
                self._reddit = self._log_in()
        raise CollectError(f"{self._name}: {UNAUTHORIZED}, {_REFUSED}", permanent=True)

    def _get(self, path: str, params: dict[str, str | int]) -> Any:
        self._respect_quota()
        error: Exception
        try:
            return self._reddit.request(method="GET", path=path, params=params)
        except RequestException as wrapped:
            error = wrapped.original_exception
        except OAuthException:
            error = CollectError(f"{self._name}: {_REFUSED}", permanent=True)
        except (ValueError, LookupError, TypeError, AttributeError):
            error = CollectError(f"{self._name}: the answer is JSON, but neither a token nor a listing")
        # Outside of the handlers: else the request, with its token, would hang on to the error.
        raise error

    def _respect_quota(self) -> None:
        """Refuse to ask while nothing is left, where prawcore would sleep."""
        if self._now is None or self._quota_back_at is None or self._now >= self._quota_back_at:
            return
        wait = (self._quota_back_at - self._now).total_seconds()
        raise CollectError(f"{self._name}: the request quota is used up for {wait:.0f} s", retry_after=wait)

    def _check(self, answer: requests.Response, now: datetime) -> None:
        url = answer.url or ""
        is_token = _TOKEN_PATH in url
        if answer.status_code == UNAUTHORIZED and not is_token:
            raise _StaleTokenError
        advice = self._advice if f"/r/{self._subreddits}/" in url else _ADVICE
        error = refusal(answer, name=self._name, now=now, advice=_TOKEN_ADVICE if is_token else advice)
        self._note_quota(answer, now)
        if error is not None:
            raise error

    def _note_quota(self, answer: requests.Response, now: datetime) -> None:
        """Keep Reddit's count of requests to ourselves: prawcore would sleep by it, and trips over fractions."""
        remaining = header_number(answer.headers, "x-ratelimit-remaining")
        reset = header_number(answer.headers, "x-ratelimit-reset")
        if remaining is not None and reset is not None:
            self._quota_back_at = now + timedelta(seconds=reset) if remaining < 1 else None
        for header in [header for header in answer.headers if header.lower().startswith("x-ratelimit-")]:
            del answer.headers[header]
