"""A subscription to Bluesky's Jetstream that holds: one thread that listens, and connects again when it must."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, cast
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, ProxyError
from websockets.sync.client import ClientConnection, connect

from tiktokwatch.collect.bluesky_posts import COLLECTION, LARGEST
from tiktokwatch.collect.http import is_loopback

log = logging.getLogger(__name__)

# In seconds. A connection that held for so long was a good one.
_GOOD = 60.0
_OPEN = 10.0
_FAREWELL = 1.0

# Jetstream is asked to leave out frames larger than LARGEST; one that is larger than this ends the connection.
_TOO_LARGE = 2**23
_QUEUE = (256, 64)
_OK = 200

# Else it would write every frame into a log at DEBUG.
_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.ERROR)

_BREAKDOWNS: tuple[tuple[type[Exception], str], ...] = (
    (InvalidURI, "this is no address of a WebSocket: check base_urls"),
    (ProxyError, "the proxy did not let us through"),
    (InvalidHandshake, "what answers there is no Jetstream"),
    (ssl.SSLError, "the TLS certificate or handshake is not in order"),
    (TimeoutError, f"no answer in time ({_OPEN:g} s)"),
    (EOFError, "the connection broke off before an answer came"),
    (OSError, "no connection could be made"),
)


class Jetstream:
    """Listens to one of `base_urls` at a time, in a thread of its own, and goes to the next when one fails.

    Every frame is given to `take`, which says whether it was an event; `cursor` says from where to go on, in
    microseconds since 1970, whenever a connection is made. Both are called in that thread. Where no event comes for
    `stall` seconds, the connection is given up. Between two tries lie from `back_off[0]` to `back_off[1]` seconds,
    twice as many each time until a connection holds for a minute.

    `trouble` says in plain words why nothing comes, "" while events do, and `troubles` counts; the connection that
    failed last was begun at `failed_start`, and events last came at `heard_at`, in the seconds of `time.monotonic`.
    `bug` is an exception that has nothing to do with the network, and ended the thread.
    """

    def __init__(
        self,
        *,
        name: str,
        base_urls: Sequence[str],
        take: Callable[[bytes], bool],
        cursor: Callable[[], int],
        stall: float = 25,
        back_off: tuple[float, float] = (1, 60),
    ) -> None:
        self.trouble = ""
        self.troubles = 0
        self.failed_start = 0.0
        self.bug: Exception | None = None
        self.heard_at = time.monotonic()
        self._urls = tuple(url.rstrip("/") for url in base_urls)
        self._take = take
        self._cursor = cursor
        self._stall = stall
        self._back_off = back_off
        self._retry_at = 0.0
        self._closed = False
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._connection: ClientConnection | None = None
        self._thread = Thread(target=self._run, name=f"{name}-stream", daemon=True)
        self._thread.start()

    @property
    def retry_in(self) -> float | None:
        """Return in how many seconds the next connection will be made, None where that is now."""
        left = self._retry_at - time.monotonic()
        return left if left > 0 else None

    def close(self) -> None:
        """Let the thread end, at once where it is listening or waiting; a signal handler may call this."""
        self._closed = True
        self._wake.put(None)
        self._cut()

    def _run(self) -> None:
        failures = turn = 0
        while not self._closed:
            started = time.monotonic()
            try:
                self._listen(self._urls[turn % len(self._urls)])
            except Exception as error:  # noqa: BLE001 - whoever collects raises it
                trouble = self._reason(error)
                if not trouble:
                    self.bug = error
                    return
            else:
                return
            finally:
                self._connection = None
            failures = 1 if time.monotonic() - started >= _GOOD else failures + 1
            turn += 1
            self._pause(trouble, failures, started=started)

    def _listen(self, base_url: str) -> None:
        """Give every frame of one connection to `take`; ends with an exception, unless it was closed."""
        query = {"wantedCollections": COLLECTION, "maxMessageSizeBytes": LARGEST, "cursor": self._cursor()}
        with connect(
            f"{base_url}/subscribe?{urlencode(query)}",
            create_connection=cast("type[ClientConnection]", self._made),
            open_timeout=_OPEN,
            close_timeout=_FAREWELL,
            ping_interval=None,  # no event is a sign that is clear enough
            max_size=_TOO_LARGE,
            max_queue=_QUEUE,
            proxy=None if is_loopback(base_url) else True,
            logger=_quiet,
        ) as connection:
            self.heard_at = time.monotonic()
            while not self._closed:
                left = self.heard_at + self._stall - time.monotonic()
                try:
                    frame = connection.recv(timeout=left, decode=False)
                except TimeoutError:
                    raise _StalledError from None
                if self._take(frame):
                    self.heard_at = time.monotonic()
                    self.trouble = ""
                elif left <= 0:
                    raise _StalledError

    def _made(self, *args: Any, **options: Any) -> ClientConnection:
        # In this order: `close` marks first and looks for a connection afterwards.
        self._connection = ClientConnection(*args, **options)
        if self._closed:
            self._cut()
        return self._connection

    def _cut(self) -> None:
        connection = self._connection
        if connection is not None:
            # A TLS socket is shut below TLS. The tunnel through a TLS proxy is none, and is left to its timeouts.
            with suppress(OSError, TypeError):
                socket.socket.shutdown(connection.socket, socket.SHUT_RDWR)

    def _pause(self, trouble: str, failures: int, *, started: float) -> None:
        if self._closed:
            return
        first, longest = self._back_off
        doubled: int = 2 ** min(failures - 1, 10)
        wait = min(first * doubled, longest)
        log.info("%s: %s; trying again in %.3g s", self._thread.name, trouble, wait)
        self._retry_at = time.monotonic() + wait
        self.trouble = trouble
        self.troubles += 1
        self.failed_start = started
        with suppress(Empty):
            self._wake.get(timeout=wait)

    def _reason(self, error: Exception) -> str:
        """Return what a connection died of, "" where that has nothing to do with the network."""
        if isinstance(error, _StalledError):
            return f"no event for {self._stall:g} s"
        if isinstance(error, InvalidStatus) and error.response.status_code != _OK:
            return f"{error.response.status_code}, the server refused the connection"
        if isinstance(error, ConnectionClosed):
            code = error.rcvd.code if error.rcvd else None
            return f"the server closed the connection ({code})" if code else "the connection broke off"
        return next((text for kind, text in _BREAKDOWNS if isinstance(error, kind)), "")


class _StalledError(Exception):
    """No event came for too long."""
