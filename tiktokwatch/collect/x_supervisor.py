"""The thread that holds X's stream open: when it connects, how long it waits after which trouble, and how it ends."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import tweepy

from tiktokwatch.collect import x_rules
from tiktokwatch.collect.http import Wire
from tiktokwatch.collect.x_connection import (
    BUILT_IN,
    Answered,
    Cause,
    Connection,
    Ending,
    RefusedError,
    ending_of,
    is_whole,
)
from tiktokwatch.collect.x_intake import Intake
from tiktokwatch.errors import CollectError

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

# X locks an app out that connects more than 50 times in 15 minutes; others may use the same app.
MOST_CONNECTS = 45
WINDOW = 15 * 60.0

# X's own rules: network trouble a quarter of a second more each time, refusals and limits doubled.
_STEP, _LONGEST_STEP = 0.25, 16.0
_FIRST_REFUSAL, _LONGEST_REFUSAL = 5.0, 320.0
_FIRST_LIMIT, _LONGEST_LIMIT = 60.0, 900.0
_FATAL = 900.0
# A connection that held so long was a good one, and what was before it does not count any more.
_HEALTHY = 60.0
_ALLOWANCE = 60.0
_DOUBLINGS = 10

_JOIN = 0.05
_JOINS = 60


class BackOff:
    """How long to wait before the next connection, by what ended the last ones."""

    def __init__(self) -> None:
        self._failures: Counter[Cause] = Counter()

    def after(self, ending: Ending, *, healthy: float) -> float:
        """Return seconds to wait after a connection that held for `healthy` seconds."""
        if healthy >= _HEALTHY:
            self._failures.clear()
        self._failures[ending.cause] += 1
        count = self._failures[ending.cause]
        doubled: int = 2 ** min(count - 1, _DOUBLINGS)
        asked = ending.error.retry_after
        match ending.cause:
            case "allowance":
                return 0.0
            case "broken":
                return min(_STEP * count, _LONGEST_STEP)
            case "refused" | "full":
                return max(min(_FIRST_REFUSAL * doubled, _LONGEST_REFUSAL), asked or 0.0)
            case "limited":
                # A second more, since the window ends within the one that X names.
                return min(_FIRST_LIMIT * doubled, _LONGEST_LIMIT) if asked is None else asked + 1
            case "fatal":
                return _FATAL
            case "used-up":
                return asked or _FATAL


class Supervisor:
    """Runs the stream in a thread of its own from `start` to `close`, and lets `intake` know what comes.

    `trouble` says why there is no stream, None while there is one; `is_idle` whether there will be none for long.
    `clock` dates what comes, `monotonic` and `pause` are the waiting.
    """

    def __init__(
        self,
        *,
        name: str,
        bearer_token: str,
        rules: Mapping[str, str],
        base_url: str,
        timeout: float,
        stall: float,
        intake: Intake,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self.trouble: CollectError | None = None
        self.is_idle = False
        self._name = name
        self._bearer_token = bearer_token
        self._rules = rules
        self._base_url = base_url
        self._stall = stall
        self._intake = intake
        self._clock = clock
        self._monotonic = monotonic
        self._pause = pause or self._wait_for_bell
        self._wire = Wire(name=f"{name}: stream", timeout=timeout, check=self._check, moved={BUILT_IN: base_url})
        self._client = tweepy.StreamingClient(bearer_token, return_type=dict)
        self._client.session = self._wire
        self._ours: frozenset[str] = frozenset()
        self._allowed: int | None = None
        self._back_off = BackOff()
        self._connects: deque[float] = deque(maxlen=MOST_CONNECTS)
        self._opened_at: float | None = None
        self._heard_at = 0.0
        self._warned = ""
        self._connection: Connection | None = None
        self._thread: Thread | None = None
        self._fault: Exception | None = None
        self._closed = False
        # Not an Event: its lock is not reentrant, and `close` may interrupt whoever holds it.
        self._bell: SimpleQueue[None] = SimpleQueue()

    @property
    def connects(self) -> list[datetime]:
        """Return when connections were made that X still counts, oldest first."""
        now, here = self._clock(), self._monotonic()
        return [now - timedelta(seconds=here - at) for at in tuple(self._connects) if here - at < WINDOW]

    def recall(self, connects: Iterable[datetime]) -> None:
        """Take note, before `start`, of connections that were made before a restart."""
        now, here = self._clock(), self._monotonic()
        ages = sorted(((now - at).total_seconds() for at in connects), reverse=True)
        self._connects.extend(here - age for age in ages if 0 <= age < WINDOW)

    def start(self) -> None:
        """Start the thread unless it runs. Raises what it died of, and CollectError once closed."""
        if self._closed:
            raise CollectError(f"{self._name}: closed")
        if self._fault is not None:
            raise self._fault
        if self._thread is None:
            self._thread = Thread(target=self._run, name=f"{self._name}-stream", daemon=True)
            self._thread.start()

    def allow(self, received: int) -> None:
        """Let the stream go on until this many posts in all were received."""
        was_spent = self._is_spent()
        self._allowed = received
        if was_spent:
            self._bell.put(None)

    def prod(self) -> None:
        """End a connection over which bytes come, but no lines; its read timeout never strikes."""
        connection = self._connection
        if connection is not None and self._monotonic() - self._heard_at > 2 * self._stall:
            connection.cut()

    def close(self) -> None:
        """End the thread and wait for it; a signal handler may call this, and twice."""
        self._closed = True
        self._bell.put(None)
        self._wire.close()
        for _ in range(_JOINS):
            # Again and again, since a socket that is just being connected cannot be cut yet.
            if self._connection is not None:
                self._connection.cut()
            if self._thread is None or not self._thread.is_alive():
                return
            self._thread.join(_JOIN)

    def opened(self) -> None:
        """Take note that a connection is there."""
        self._opened_at = self._heard_at = self._monotonic()
        self.trouble, self.is_idle = None, False
        self._intake.opened(self._ours)
        log.info("%s: stream: connected", self._name)

    def heard(self, body: Mapping[str, Any] | None) -> None:
        """Take a line."""
        self._heard_at = self._monotonic()
        self._intake.heard(body)
        if self._is_spent() and self._connection is not None:
            error = CollectError(f"{self._name}: stream: all posts that were paid for have come")
            self._connection.end(Ending("allowance", error))

    def unreadable(self) -> None:
        """Take note of a line that cannot be read."""
        self._heard_at = self._monotonic()
        self._intake.skipped()

    def _run(self) -> None:
        try:
            while not self._closed:
                self._wait_for_turn()
                if not self._closed:
                    self._turn()
        except Exception as error:  # noqa: BLE001 - raised again by whoever asks for posts, to end the process
            self._fault = error
        finally:
            self._intake.ended()

    def _wait_for_turn(self) -> None:
        """Wait until posts are paid for, and until one more connection is within X's limit."""
        while self._is_spent() and not self._closed:
            self._pause(_ALLOWANCE)
        if len(self._connects) == MOST_CONNECTS:
            self._sleep(self._connects[0] + WINDOW - self._monotonic())

    def _turn(self) -> None:
        self._opened_at = None
        try:
            ending = self._attempt()
        finally:
            self._intake.ended()
            self._connection = None
        if self._closed:
            return
        healthy = 0.0 if self._opened_at is None else self._monotonic() - self._opened_at
        seconds = self._back_off.after(ending, healthy=healthy)
        self._note(ending, seconds)
        if ending.cause == "full":
            self._clear_connections()
        self._sleep(seconds)
        # Now posts may be paid for again.
        self.is_idle = False

    def _attempt(self) -> Ending:
        """Connect and read; return why it is over."""
        self._wire.start(self._clock())
        try:
            self._ours = x_rules.sync(self._client, self._rules, name=self._name, secret=self._bearer_token)
        except RefusedError as refused:
            return refused.ending
        except CollectError as error:
            return Ending("fatal" if error.permanent else "broken", error)
        self._heard_at = self._monotonic()
        self._connects.append(self._heard_at)
        connection = Connection(
            name=self._name,
            bearer_token=self._bearer_token,
            base_url=self._base_url,
            stall=self._stall,
            listener=self,
            clock=self._clock,
        )
        self._connection = connection
        if not self._closed:
            connection.run()
        if connection.fault is not None and not self._closed:
            raise connection.fault
        return connection.ending or Ending("broken", CollectError(f"{self._name}: stream: it ended without a reason"))

    def _note(self, ending: Ending, seconds: float) -> None:
        if ending.cause == "allowance":
            log.info("%s", ending.error.reason)
            return
        self.trouble = ending.error
        self.is_idle = ending.cause in ("fatal", "used-up")
        # Nobody reads the same warning every quarter of an hour.
        level = logging.WARNING if self.is_idle and self._warned != ending.error.reason else logging.INFO
        self._warned = ending.error.reason if self.is_idle else ""
        log.log(level, "%s; connecting again in %.3g s, meanwhile by search", ending.error.reason, seconds)

    def _clear_connections(self) -> None:
        """Let X close the connections that it believes to be open; ours was refused, and is none of them."""
        self._wire.start(self._clock())
        try:
            self._client.request("DELETE", "/2/connections/filtered_stream")
        except (RefusedError, CollectError) as error:
            log.info("%s: stream: other connections were not closed: %s", self._name, error)

    def _check(self, answer: requests.Response, now: datetime) -> None:
        if not is_whole(answer):
            answered = Answered(answer.status_code, answer.headers, answer.content)
            raise RefusedError(ending_of(answered, name=self._name, now=now, secret=self._bearer_token))

    def _is_spent(self) -> bool:
        return self._allowed is not None and self._intake.received >= self._allowed

    def _sleep(self, seconds: float) -> None:
        until = self._monotonic() + seconds
        while not self._closed and (left := until - self._monotonic()) > 0:
            self._pause(left)

    def _wait_for_bell(self, seconds: float) -> None:
        try:
            self._bell.get(timeout=seconds)
        except Empty:
            return
