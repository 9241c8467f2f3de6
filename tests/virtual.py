"""A clock that jumps, and a history of posts to publish on fake servers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer

COMPLAINTS = (
    "is tiktok down for anyone else? nothing loads",
    "my tiktok feed won't load at all, just a black screen",
    "tiktok keeps crashing every time i open it, what is going on",
    "tiktok not working, can't log in, it says server error",
    "why is tiktok not loading my for you page right now",
    "tiktok is broken, videos won't play for me",
)
CHATTER = (
    "made the pasta everyone on tiktok is making and it was great",
    "this tiktok dance has been stuck in my head all day",
    "new video is up on my tiktok, go watch",
    "found a lovely little bookshop through tiktok",
)


class VirtualClock:
    """Waiting takes no time; events that fall into it happen in order, and at `end` it says stop.

    It is to the watch what `SystemClock` is: where `skew` sets it ahead and back again, it stands still until the time
    that everybody else has, `true`, has come so far.
    """

    def __init__(self, start: datetime, end: datetime) -> None:
        self.skew = timedelta(0)
        self._true = self._latest = start
        self._end = end
        self._is_stopped = False
        self._events: list[tuple[datetime, Callable[[], object]]] = []

    def at(self, moment: datetime, event: Callable[[], object]) -> None:
        self._events.append((moment, event))
        self._events.sort(key=lambda pair: pair[0])

    def true(self) -> datetime:
        return self._true

    def now(self) -> datetime:
        self._latest = max(self._latest, self._true + self.skew)
        return self._latest

    def wait(self, seconds: float) -> bool:
        self._true += timedelta(seconds=seconds)
        while self._events and self._events[0][0] <= self._true:
            self._events.pop(0)[1]()
        return self._is_stopped or self._true >= self._end

    def stop(self) -> None:
        self._is_stopped = True


@dataclass(frozen=True)
class Published:
    id: str
    source: str
    at: datetime


def publish(
    x: XServer, reddit: RedditServer, *, start: datetime, minutes: int, outage: tuple[int, int], seed: int = 1
) -> list[Published]:
    """Publish ordinary chatter, a complaint now and then, and an outage from one minute to another."""
    dice = random.Random(seed)
    made = []
    for minute in range(minutes):
        busy = outage[0] <= minute < outage[1]
        for text in _texts(dice, busy=busy):
            # Whole seconds, as Reddit has them.
            at = start + timedelta(minutes=minute, seconds=dice.randrange(60))
            author = f"{'u' if busy else 'v'}{dice.randrange(10_000)}"
            seen = at + timedelta(seconds=dice.randrange(8))
            if dice.random() < 0.5:
                made.append(Published("x:" + x.publish(text=text, at=at, author=author, visible_at=seen), "x", at))
            else:
                kind = dice.choice(("post", "comment"))
                name = reddit.publish(text=text, at=at, author=author, kind=kind, visible_at=seen)
                made.append(Published("reddit:" + name, "reddit", at))
    return made


def _texts(dice: random.Random, *, busy: bool) -> Iterator[str]:
    for _ in range(dice.choice((0, 1, 1, 2))):
        yield dice.choice(CHATTER)
    for _ in range(dice.choice((4, 6, 8, 10)) if busy else int(dice.random() < 0.04)):
        yield f"{dice.choice(COMPLAINTS)} {dice.choice(('', '😭', '??', 'smh', 'help'))}".strip()
