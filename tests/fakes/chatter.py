"""Made-up posts for a fake that a person watches: everyday talk, a complaint now and then, and one outage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tiktokwatch.demo.texts import Writer

# Of all posts in calm; in an outage there are so many times as many posts, and complaints among them.
COMPLAINTS = 0.03
LOUDER = 3
COMPLAINTS_THEN = 0.7
ASPECTS = ("feed", "feed", "login", "app")


class Chatter:
    """Writes `per_minute` posts on each network in calm, and an outage from one moment to another."""

    def __init__(self, *, per_minute: float, outage: tuple[datetime, datetime], seed: str = "chatter") -> None:
        self._per_minute = per_minute
        self._outage = outage
        self._dice = Random(seed)
        self._writer = Writer(Random(seed))
        self._written = 0

    def publish(self, name: str, server: Any, *, since: datetime, until: datetime) -> None:
        """Publish on a server what is written on it in a span of time."""
        for at in self._moments(since, until):
            options = {"kind": self._dice.choice(("post", "comment"))} if name == "reddit" else {}
            self._written += 1
            server.publish(text=self._text(at), at=at, author=f"chatter{self._written}", **options)

    def _moments(self, since: datetime, until: datetime) -> Iterator[datetime]:
        at = since
        while True:
            rate = self._per_minute * (LOUDER if self._is_out(at) else 1)
            at += timedelta(minutes=self._dice.expovariate(rate))
            if at >= until:
                return
            yield at

    def _text(self, at: datetime) -> str:
        complaints = COMPLAINTS_THEN if self._is_out(at) else COMPLAINTS
        if self._dice.random() >= complaints:
            return self._writer.varied(self._writer.line("ordinary"))
        return self._writer.varied(self._writer.short_complaint(self._dice.choice(ASPECTS)))

    def _is_out(self, at: datetime) -> bool:
        return self._outage[0] <= at < self._outage[1]
