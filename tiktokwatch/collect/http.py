"""HTTP that comes to an end: each request has a time limit as a whole, and `close` cuts off one that is under way.

tweepy and praw are both given a `Wire` in place of a `requests.Session`. A request is made in a thread of its own,
and the caller waits for it: name resolution, a slow handshake or a server that sends a byte a second outlast every
timeout that a socket knows, and none of them hears a signal.
"""

from __future__ import annotations

import logging
import socket
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from tiktokwatch.collect.refusals import seconds_until
from tiktokwatch.errors import CollectError

# A poll reads many pages, and may take this many times what one request may take.
POLL = 3
MOST_AHEAD = 120.0  # seconds

Check: TypeAlias = Callable[[requests.Response, datetime], None]
_Outcome: TypeAlias = "SimpleQueue[requests.Response | Exception | None]"

# The first that fits says what happened; requests derives these from one another.
_BREAKDOWNS: tuple[tuple[type[Exception], str], ...] = (
    (requests.Timeout, "no answer in time"),
    (requests.exceptions.SSLError, "the TLS certificate or handshake is not in order"),
    (requests.exceptions.ProxyError, "the proxy did not let us through"),
    (requests.exceptions.ContentDecodingError, "the answer is compressed in a way that cannot be undone"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke off in the middle of the answer"),
    (requests.ConnectionError, "the connection broke off before an answer came"),
    (requests.RequestException, "the request cannot be made as it is configured"),
    (UnicodeError, "the credentials hold characters that cannot be sent"),
)
# These print tokens or whole answers when the root logger is at DEBUG.
_TALKATIVE = (
    "tweepy.client",
    "prawcore",
    "praw",
    "urllib3.connectionpool",
    "requests_oauthlib.oauth1_auth",
    "oauthlib",
)


class Wire:
    """A stand-in for `requests.Session`, for one thread, that raises CollectError and nothing else.

    `timeout` bounds a request from the name to the last byte, and POLL times that a poll. `check` is given every
    answer with the time of the poll, and raises for those that must not reach the library. `moved` maps base URLs
    that a library has built in to those that shall be asked. Redirects are not followed. `heard` are the headers of
    the last answer, as it came.
    """

    def __init__(self, *, name: str, timeout: float, check: Check, moved: Mapping[str, str] | None = None) -> None:
        self.heard: Mapping[str, str] = {}
        self._name = name
        self._timeout = timeout
        self._check = check
        self._moved = dict(moved or {})
        self._closed = False
        self._until = 0.0
        self._now: datetime | None = None
        self._outcome: _Outcome | None = None
        self._session = requests.Session()
        # An entry in ~/.netrc would replace the header that the library sends.
        self._session.auth = as_it_is
        self._line = self._new_line()
        for logger in _TALKATIVE:
            logging.getLogger(logger).addFilter(_above_debug)

    @property
    def headers(self) -> Any:
        """Return the headers that every request carries; prawcore puts its User-Agent there."""
        return self._session.headers

    def start(self, now: datetime) -> None:
        """Begin a poll at `now`: from here its time is counted."""
        self._until = time.monotonic() + POLL * self._timeout
        self._now = now

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Return the answer, read to its end and passed by `check`.

        Raises CollectError where there is none in time, and what `check` raises.
        """
        limit = min(self._timeout, self._until - time.monotonic())
        if limit <= 0 or self._now is None:
            raise CollectError(f"{self._name}: the poll took longer than {POLL * self._timeout:g} s")
        for old, new in self._moved.items():
            if url.startswith(old + "/"):
                url = new + url.removeprefix(old)
        # The socket's own timeout is only there to end a thread that nobody waits for any more.
        options |= {"timeout": limit + 1, "allow_redirects": False}
        self._session.trust_env = not is_loopback(url)
        answer = self._wait(limit, method, url, options)
        # A check may change them for its library.
        self.heard = answer.headers.copy()
        try:
            self._check(answer, self._now)
        finally:
            # A clock that is ahead explains every refusal; but what an answer costs was to be seen first.
            self._check_clock(answer, self._now)
        return answer

    def close(self) -> None:
        """Let go of connections, and end a request under way in another thread; a signal handler may call this."""
        if self._closed:
            return
        self._closed = True
        if self._outcome is not None:
            self._outcome.put(None)
        self._line.cut()
        self._session.close()

    def _check_clock(self, answer: requests.Response, now: datetime) -> None:
        """Refuse to go on with a clock that is ahead: it would vouch for minutes that are still to come."""
        ahead = -(seconds_until(answer.headers.get("date", ""), now) or 0.0)
        if ahead > MOST_AHEAD:
            minutes = f"{ahead / 60:.0f} min"
            raise CollectError(f"{self._name}: this machine's clock is {minutes} ahead of the server's: set it")

    def _wait(self, limit: float, method: str, url: str, options: Mapping[str, Any]) -> requests.Response:
        # In this order: `close` marks first and looks for somebody who waits afterwards.
        outcome: _Outcome = SimpleQueue()
        self._outcome = outcome
        if self._closed:
            raise CollectError(f"{self._name}: closed")
        work = partial(_send, outcome, partial(self._session.request, method, url, **options))
        Thread(target=work, name=f"{self._name}-request", daemon=True).start()
        try:
            result = outcome.get(timeout=limit)
        except Empty:
            result = requests.Timeout()
        if isinstance(result, requests.Response):
            return result
        if result is None or self._closed:
            raise CollectError(f"{self._name}: closed")
        # Whoever still hangs on the old line is cut off with it.
        self._line.cut()
        self._line = self._new_line()
        raise CollectError(f"{self._name}: {_breakdown(result, limit=limit)}")

    def _new_line(self) -> Line:
        line = Line()
        self._session.mount("https://", line)
        self._session.mount("http://", line)
        return line


class Line(HTTPAdapter):
    """The connections of a session, which another thread can cut once and for all."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self._connections: list[weakref.ref[HTTPConnection]] = []
        self._is_cut = False

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to a host, whose connections we keep in view."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = partial(self._connection, pool.ConnectionCls)
        return pool

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Return the answer to a request, unless we were cut off meanwhile."""
        response = super().send(*args, **kwargs)
        if self._is_cut:
            response.close()
            raise requests.ConnectionError
        return response

    def cut(self) -> None:
        """Shut every socket, so that whoever reads from it stops."""
        self._is_cut = True
        for reference in self._connections:
            connection = reference()
            if connection is not None and connection.sock is not None:
                # A TLS socket is shut below TLS. The tunnel through a TLS proxy is none, and is left to its timeouts.
                with suppress(OSError, TypeError):
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
        self.close()

    def _connection(self, kind: Callable[..., HTTPConnection], **options: Any) -> HTTPConnection:
        connection = kind(**options)
        alive = [reference for reference in self._connections if reference() is not None]
        self._connections = [*alive, weakref.ref(connection)]
        return connection


def _send(outcome: _Outcome, request: Callable[[], requests.Response]) -> None:
    try:
        outcome.put(request())
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        outcome.put(error)


def _breakdown(error: Exception, *, limit: float) -> str:
    """Return what a request died of; an exception that has nothing to do with the network is raised on."""
    if isinstance(error, requests.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        if isinstance(reason, NewConnectionError):
            return "no connection could be made"
    for kind, text in _BREAKDOWNS:
        if isinstance(error, kind):
            return f"{text} ({limit:.3g} s)" if kind is requests.Timeout else text
    raise error


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return a request unchanged: an `auth` that keeps requests from looking for another one in ~/.netrc."""
    return request


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine, where no proxy is asked."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
