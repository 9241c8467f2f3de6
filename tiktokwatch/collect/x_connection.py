"""One connection to X's filtered stream, made by tweepy with its habits taken off.

tweepy's own loop takes up a lost connection as fast as the server lets go of it (163 a second where X allows 50 in 15
minutes), ends without a word at the first line that it cannot read, and hears that it should stop with the next line
only. A `Connection` is made once, never raises, says why it ended, and can be cut from another thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias

import requests
import tweepy
from urllib3.exceptions import HTTPError

from tiktokwatch.collect import x_posts
from tiktokwatch.collect.http import Line, as_it_is, is_loopback
from tiktokwatch.collect.refusals import (
    BAD_REQUEST,
    FORBIDDEN,
    OK,
    PAYMENT_REQUIRED,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    refusal,
)
from tiktokwatch.errors import CollectError

# tweepy knows this host only; X names the other one by now.
BUILT_IN = "https://api.twitter.com"
CONFLICT = 409

_ADVICE: Mapping[int, str] = {
    UNAUTHORIZED: "the bearer token was refused: check x.bearer_token",
    PAYMENT_REQUIRED: "there is no credit left; connecting again after midnight UTC",
    FORBIDDEN: "this app may not use the stream: check its project and plan in the developer console",
    404: "there is no stream at this address: check base_url",
    CONFLICT: "the stream has no rules yet",
}
_LONGEST_REFUSAL = 65_536
_LONGEST_COMPLAINT = 200

# What to do next: connect again soon, later, after the window, once other connections are gone, once a person has
# acted, on the next day, once more posts are paid for.
Cause: TypeAlias = Literal["broken", "refused", "limited", "full", "fatal", "used-up", "allowance"]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why there is no connection: a cause to act on, and words; `error` knows how long X wants to be left alone."""

    cause: Cause
    error: CollectError


class RefusedError(Exception):
    """X answered with something else than was asked for."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.error.reason)
        self.ending = ending


class Listener(Protocol):
    """Whoever is told what comes over a connection, in the thread that reads it."""

    def opened(self) -> None:
        """Take note that X has begun to answer."""

    def heard(self, body: Mapping[str, Any] | None) -> None:
        """Take a line that is a JSON object, or a keep-alive where it is None."""

    def unreadable(self) -> None:
        """Take note of a line that is neither."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of X whose body was read: the part of `requests.Response` that `refusal` asks for."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body; raises ValueError where it is not JSON."""
        return json.loads(self.body)


class Connection(tweepy.StreamingClient):  # type: ignore[misc]  # tweepy has no types, and is made to be derived from
    """A connection that is made once; `stall` seconds without a line end it, since X sends one every 20 s at least."""

    def __init__(
        self,
        *,
        name: str,
        bearer_token: str,
        base_url: str,
        stall: float,
        listener: Listener,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(bearer_token, max_retries=0)
        self.ending: Ending | None = None
        self.fault: Exception | None = None
        self.session = _Session(base_url)
        self._name = name
        self._stall = stall
        self._listener = listener
        self._clock = clock

    def run(self) -> None:
        """Connect, and read until the connection ends."""
        self.filter(tweet_fields=list(x_posts.FIELDS))

    def end(self, ending: Ending) -> None:
        """Read no further; the first reason counts."""
        self.ending = self.ending or ending
        self.disconnect()

    def cut(self) -> None:
        """End it at once, from another thread or a signal handler, even while it is being made."""
        self.session.cut()

    def on_connect(self) -> None:
        """Turn away what is no stream: behind a hotel's login page everything is a 200."""
        kind = self.session.response.headers.get("content-type", "json")
        if "json" not in kind.lower():
            self.end(Ending("refused", self._error("the answer is not a stream: a web page, perhaps")))
            return
        self._listener.opened()

    def on_data(self, raw_data: bytes) -> None:
        """Take a line that is not empty."""
        try:
            body = json.loads(raw_data)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            self._listener.unreadable()
            return
        self._listener.heard(body)
        for error in mappings(body.get("errors")):
            ending = self._disconnected(error)
            if ending is not None:
                self.end(ending)

    def on_keep_alive(self) -> None:
        """Take an empty line."""
        self._listener.heard(None)

    def on_closed(self, _response: requests.Response) -> None:
        """Take note that X has ended its answer."""
        self.end(Ending("broken", self._error("X closed the connection")))

    def on_connection_error(self) -> None:
        """Take note of a connection that broke, stalled, or could not be made."""
        self.end(Ending("broken", self._error("the connection broke, stalled, or could not be made")))

    def on_request_error(self, status_code: int) -> None:
        """Take note of an answer that is no stream."""
        response = self.session.response
        try:
            body = response.raw.read(_LONGEST_REFUSAL, decode_content=True)
        except (HTTPError, OSError):
            body = b""
        answer = Answered(status_code, response.headers, body)
        self.end(ending_of(answer, name=self._name, now=self._clock(), secret=self.bearer_token))

    def on_exception(self, exception: Exception) -> None:
        """Take note of what tweepy does not expect; what has nothing to do with the network is a fault of ours."""
        if isinstance(exception, requests.RequestException | HTTPError | OSError):
            self.end(Ending("broken", self._error("the connection cannot be made as it is configured, or broke")))
        else:
            self.fault = exception

    def on_disconnect(self) -> None:
        """Say nothing: whoever runs us knows."""

    def _connect(self, *args: Any, **options: Any) -> None:
        super()._connect(*args, **{**options, "timeout": self._stall})

    def _disconnected(self, error: Mapping[str, Any]) -> Ending | None:
        """Return what an error among the posts means for the connection, None where it goes on."""
        if _is_used_up(error) or error.get("status") == PAYMENT_REQUIRED:
            why = "the posts that this plan pays for are used up; connecting again after midnight UTC"
            return Ending("used-up", self._error(why, retry_after=_until_tomorrow(self._clock())))
        if "connection_issue" in error:
            return Ending("full", self._error("X ended the connection: there are too many"))
        if "disconnect_type" in error or "disconnect" in f"{error.get('type')} {error.get('title')}".lower():
            return Ending("broken", self._error("X ended the connection for reasons of its own"))
        return None

    def _error(self, reason: str, *, retry_after: float | None = None) -> CollectError:
        return CollectError(f"{self._name}: stream: {reason}", retry_after=retry_after)


class _Session:
    """The part of `requests.Session` that tweepy uses, for one request to `base_url`."""

    def __init__(self, base_url: str) -> None:
        self.response = requests.Response()
        self._base_url = base_url
        self._is_used = False
        self._session = requests.Session()
        # An entry in ~/.netrc would replace the header that tweepy sends.
        self._session.auth = as_it_is
        self._line = Line()
        self._session.mount("https://", self._line)
        self._session.mount("http://", self._line)

    @property
    def headers(self) -> Any:
        return self._session.headers

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        # The number of connections is counted elsewhere; tweepy must not make another one by itself.
        if self._is_used:
            raise requests.ConnectionError
        self._is_used = True
        url = self._base_url + url.removeprefix(BUILT_IN)
        self._session.trust_env = not is_loopback(url)
        self.response = self._session.request(method, url, **{**options, "allow_redirects": False})
        return self.response

    def cut(self) -> None:
        self._line.cut()
        # Where X has said that it will close, urllib3 has let go of the socket, and only the answer holds it.
        with suppress(AttributeError, OSError, RuntimeError, ValueError):
            self.response.raw.shutdown()

    def close(self) -> None:
        self._session.close()


def ending_of(answer: Answered, *, name: str, now: datetime, secret: str) -> Ending:
    """Return what an answer means that is not the one asked for; `secret` is not quoted from it."""
    status = answer.status_code
    try:
        loaded = answer.json()
    except (ValueError, RecursionError):
        loaded = None
    body: Mapping[str, Any] = loaded if isinstance(loaded, dict) else {}
    if status == PAYMENT_REQUIRED or _is_used_up(body):
        why = _ADVICE[PAYMENT_REQUIRED] if status == PAYMENT_REQUIRED else "the cap on posts of this plan is reached"
        error = CollectError(f"{name}: stream: {status}, {why}", retry_after=_until_tomorrow(now))
        return Ending("used-up", error)
    if body.get("connection_issue") == "TooManyConnections":
        return Ending("full", CollectError(f"{name}: stream: {status}, another connection is open"))
    advice = dict(_ADVICE)
    if status == BAD_REQUEST:
        advice[BAD_REQUEST] = f"the request was refused: {complaint(body, secret=secret)}"
    error = refusal(answer, name=f"{name}: stream", now=now, advice=advice) or CollectError(f"{name}: stream: {status}")
    if error.permanent:
        return Ending("fatal", error)
    return Ending("limited" if status == TOO_MANY_REQUESTS else "refused", error)


def complaint(body: Mapping[str, Any], *, secret: str) -> str:
    """Return what X has against a request, made safe to show; whoever repeats it may repeat the token as well."""
    said: list[Any] = []
    for problem in (*mappings(body.get("errors")), body):
        details = problem.get("details")
        said += [problem.get("message"), *(details if isinstance(details, list) else ()), problem.get("detail")]
    text = next((text for text in said if isinstance(text, str) and text), "no reason given")
    text = text.replace(secret, "***")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_LONGEST_COMPLAINT]


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Return the JSON objects in a JSON list; nothing where it is no list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def is_whole(answer: Answered | requests.Response) -> bool:
    """Return whether X did what it was asked for: 201 is its answer to a new rule."""
    if answer.status_code not in (OK, 201):
        return False
    try:
        return isinstance(answer.json(), dict)
    except (ValueError, RecursionError):
        return False


def _is_used_up(body: Mapping[str, Any]) -> bool:
    return body.get("title") == "UsageCapExceeded" or str(body.get("type")).endswith("/usage-capped")


def _until_tomorrow(now: datetime) -> float:
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (tomorrow - now).total_seconds()
