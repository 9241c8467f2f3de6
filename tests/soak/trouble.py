"""A day on which everything goes wrong that can, one thing after the other, on every network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.soak.checks import in_files
from tests.soak.stage import COMPLAINTS, HOUR, MINUTE, Networks
from tests.virtual import VirtualClock

# After these, X is not asked again on the same day.
UNTIL_MIDNIGHT = ("usage-cap", "402")


@dataclass
class Day:
    """Sets up what happens from `start` on, and keeps what is to be known of it afterwards."""

    servers: Networks
    clock: VirtualClock
    start: datetime
    end: datetime
    database: Path
    taken_back: dict[str, str] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    were_there: set[str] = field(default_factory=set)
    times: dict[str, datetime] = field(default_factory=dict)

    def at(self, hours: float, event: Any, *arguments: Any, **options: Any) -> None:
        self.clock.at(self.start + hours * HOUR, partial(event, *arguments, **options))

    def faults(self, *, every: float) -> None:
        """Let each server fail in each way, in turn, all day long; each of them is down for a while as well."""
        for number, source in enumerate(("x", "reddit", "bluesky", "hackernews")):
            server = self.servers.by_source[source]
            kinds = cycle(kind for kind in server.kinds if kind not in UNTIL_MIDNIGHT)
            for turn in range(int((self.end - self.start) / HOUR / every) - 1):
                self.at(0.5 + every * (turn + number / 4), server.fail, next(kinds))
            down = 2.5 + 5 * number
            self.at(down, server.fail, "503", times=None)
            self.at(down + 0.3, server.heal)
        # The day begins 90 minutes before midnight, and ends 30 minutes after the next.
        self.at(0.8, self.servers.x.fail, "usage-cap")
        self.at(24.8, self.servers.x.fail, "402")

    def oddities(self) -> None:
        """Send twice, in disorder and among junk, late and edited."""
        stream = self.servers.bluesky
        for hours, name, value in ((4, "doubles", True), (9, "disorder", True), (14, "junk", [b"{", "nonsense"])):
            self.at(hours, setattr, stream, name, value)
            self.at(hours + 3, setattr, stream, name, type(value)())
        for number in range(8):
            for source in self.servers.by_source:
                moment = self.start + (1.2 + 3 * number) * HOUR
                name = self.servers.publish(source, "tiktok, but late", moment, late=10 * MINUTE)
                self.times[name] = moment + (10 * MINUTE if source == "bluesky" else timedelta(0))
        for hours in (3.1, 8.1, 13.1):
            moment = self.start + hours * HOUR
            # At once, as most are: the search finds the newer version of it, or both one after the other.
            for source, edit in (("x", self._edit_on_x), ("reddit", self.servers.reddit.edit)):
                name = self.servers.publish(source, "tiktok with a tpyo", moment)
                self.edited.add(name)
                self.at(hours + 0.02, edit, name.partition(":")[2], "tiktok without a typo")

    def _edit_on_x(self, number: str, text: str) -> None:
        self.times[f"x:{self.servers.x.edit(number, text)}"] = self.all_times()[f"x:{number}"]

    def deletions(self, outage: float) -> None:
        """Take posts back: at once, later, by closing the account; X is asked about complaints, 18 hours later."""
        for number, hours in enumerate((1.6, 4.4, 7.9, 10.1, 12.2, 17.4)):
            for source in ("reddit", "bluesky"):
                self._delete_later(source, hours, after=0.4, way=number)
        for number in range(4):
            self._delete_later("x", outage + 0.1 + 0.1 * number, after=2, way=number)

    def _delete_later(self, source: str, hours: float, *, after: float, way: int) -> None:
        word = f"zq{source}{len(self.taken_back)}qz"
        text = f"{COMPLAINTS[way % len(COMPLAINTS)]} {word}"
        author = f"gone{len(self.taken_back)}"
        name = self.servers.publish(source, text, self.start + hours * HOUR, author=author)
        self.taken_back[word] = name
        self.at(hours + after, self._delete, source, name.partition(":")[2], word, author, way)

    def _delete(self, source: str, name: str, word: str, author: str, way: int) -> None:
        self.were_there |= in_files(self.database, [word])
        server = self.servers.by_source[source]
        if source == "x":
            server.delete(name)
        elif source == "reddit":
            (server.remove if way % 3 == 1 else server.delete)(name, is_listed=way % 2 == 0)
        elif way % 2:
            server.close_account(author, at=self._next())
        else:
            server.delete(name, at=self._next(), operation="update" if way % 4 == 2 else "delete")

    def _next(self) -> datetime:
        """Return a moment up to which nothing was sent yet."""
        return self.clock.true() + timedelta(seconds=1)

    def clock_jump(self, hours: float) -> None:
        """Set the clock of this machine an hour ahead, and back six minutes later."""
        self.at(hours, setattr, self.clock, "skew", HOUR)
        self.at(hours + 0.1, setattr, self.clock, "skew", timedelta(0))

    def all_times(self) -> dict[str, datetime]:
        return {post.id: post.at for post in self.servers.published} | self.times

    def gone(self) -> set[str]:
        """Return what was taken back or replaced, and may never have been read."""
        return {*self.taken_back.values(), *(name for name in self.edited if name.startswith("x:"))}

    def left_over(self) -> list[str]:
        """Return the faults that nobody met."""
        webs: Iterable[Any] = (self.servers.x.web, self.servers.reddit.web, self.servers.hackernews.web)
        return [fault.kind for web in (*webs, self.servers.bluesky) for fault in web._faults]
