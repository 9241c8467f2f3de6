"""What comes over X's stream, kept until it is asked for, and since when nothing is missing in it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiktokwatch.collect import x_posts
from tiktokwatch.records import Post

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that X sent from `since` to `heard` was received; both are moments of this machine."""

    since: datetime
    heard: datetime


class Intake:
    """Holds the newest `capacity` posts; one thread writes, another one takes.

    There is no lock, since a signal handler may end a `take` that would hold it: a deque is appended to and taken from
    in one step each, `whole` is replaced as one value, and the order of these steps is what makes it right. `received`
    counts the posts that X sent, for which it wants to be paid; `unreadable` counts lines.
    """

    def __init__(self, *, name: str, capacity: int, clock: Callable[[], datetime]) -> None:
        self.whole: Whole | None = None
        self.received = 0
        self.unreadable = 0
        self._name = name
        self._capacity = capacity
        self._clock = clock
        self._ours: frozenset[str] = frozenset()
        self._items: deque[Post | str] = deque()

    def opened(self, ours: frozenset[str]) -> None:
        """Take note of a new connection; posts count that match one of the rules `ours`."""
        self._ours = ours
        now = self._clock()
        self.whole = Whole(now, now)

    def interrupted(self) -> None:
        """Take note that something was lost just now, though the connection goes on."""
        if self.whole is not None:
            now = self._clock()
            self.whole = Whole(now, now)

    def skipped(self) -> None:
        """Take note of a line that cannot be read. It may have been a post."""
        self.unreadable += 1
        log.debug("%s: stream: an unreadable line, the %d. so far", self._name, self.unreadable)
        self.interrupted()

    def heard(self, body: Mapping[str, Any] | None) -> None:
        """Take a JSON object, or a keep-alive."""
        for item in () if body is None else self._items_in(body):
            if len(self._items) >= self._capacity:
                # In this order: whoever takes at the same time must not think that all is there.
                self.interrupted()
                self._items.popleft()
            self._items.append(item)
        whole = self.whole
        if whole is not None:
            # After the post: up to `heard`, all is there to be taken.
            self.whole = Whole(whole.since, self._clock())

    def ended(self) -> None:
        """Take note that the connection is over."""
        self.whole = None

    def take(self) -> Iterator[Post | str]:
        """Return what came in since the last call: posts, and the ids of posts that are deleted."""
        while True:
            try:
                yield self._items.popleft()
            except IndexError:
                return

    def _items_in(self, body: Mapping[str, Any]) -> Iterator[Post | str]:
        data = body.get("data")
        deleted = _deleted(body) or (_deleted(data) if isinstance(data, dict) else "")
        if deleted:
            yield deleted
        elif isinstance(data, dict):
            self.received += 1
            if self._is_for_us(body.get("matching_rules")):
                try:
                    yield x_posts.post(data, body.get("includes"))
                except ValueError as error:
                    log.debug("%s: stream: skipped a post: %s", self._name, error)

    def _is_for_us(self, rules: Any) -> bool:
        """Return False where a post matches rules of others only; where nothing is said, it is ours."""
        ids = [rule.get("id") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
        known = {str(number) for number in ids if number is not None}
        return not known or not known.isdisjoint(self._ours)


def _deleted(body: Mapping[str, Any]) -> str:
    """Return the id of a post that a notice of deletion names, "" where there is none; X had three names for posts."""
    notice = body.get("delete")
    if not isinstance(notice, dict):
        return ""
    posts = [notice[name] for name in ("post", "tweet", "status") if isinstance(notice.get(name), dict)]
    ids = [str(post.get("id_str") or post.get("id")) for post in posts]
    return next((f"x:{number}" for number in ids if number.isascii() and number.isdigit()), "")
