"""Complaints among posts that a source counted and nobody read, as an estimate, and in words that call it one."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

from tiktokwatch.records import MINUTE, Bucket
from tiktokwatch.report import words
from tiktokwatch.trend.sample import LEAST_READ, SPAN, likely, likely_share, totals


@dataclass(frozen=True, slots=True)
class Sample:
    """Posts of some time: how many were `read` of those `counted`, and the complaints `carried` over to the others.

    `guessed` are those of the unread around which next to nothing was read: of them earlier posts have to speak.
    """

    read: int = 0
    counted: int = 0
    guessed: int = 0
    carried: float = 0.0

    def __add__(self, other: Sample) -> Sample:
        return Sample(
            self.read + other.read,
            self.counted + other.counted,
            self.guessed + other.guessed,
            self.carried + other.carried,
        )

    @property
    def unread(self) -> int:
        """Return how many posts were counted and not read."""
        return self.counted - self.read

    @property
    def is_thin(self) -> bool:
        """Return whether most of what nobody read is judged by earlier posts alone."""
        return 2 * self.guessed > self.unread

    def __str__(self) -> str:
        return f"{words.number(self.read)} of {words.plural(self.counted, 'post')}"


EVERYTHING_READ = Sample()


class Sampling:
    """Carries what was read of each source over to what was only counted, minute by minute, in order of time.

    A covered minute's unread posts are like those read in the `SPAN` minutes up to it, as in the figures of an outage.
    Where fewer than `LEAST_READ` were read, they are like what was noted of the source in calm: a trickle of posts,
    read over hours, knows better than nobody.
    """

    def __init__(self) -> None:
        self._windows: dict[str, deque[Bucket]] = {}
        self._complaints: Counter[str] = Counter()
        self._read: Counter[str] = Counter()

    def note(self, bucket: Bucket) -> None:
        """Take a minute of calm into what is known of its source."""
        if bucket.covered:
            self._complaints[bucket.source] += bucket.complaints
            self._read[bucket.source] += bucket.posts

    def sample(self, bucket: Bucket) -> Sample:
        """Return what the next minute of a source is a sample of."""
        if not bucket.covered:
            return Sample(bucket.posts, bucket.posts)
        window = self._windows.setdefault(bucket.source, deque(maxlen=SPAN))
        window.append(bucket)
        if not bucket.unread:
            return Sample(bucket.posts, bucket.posts)
        recent = [other for other in window if other.at > bucket.at - SPAN * MINUTE]
        if totals(recent)[1] >= LEAST_READ:
            return Sample(bucket.posts, bucket.volume, 0, likely(recent) - bucket.complaints)
        share = likely_share(self._complaints[bucket.source], self._read[bucket.source])
        return Sample(bucket.posts, bucket.volume, bucket.unread, bucket.unread * share)


def figure(complaints: int, sample: Sample) -> str:
    """Return a count of complaints: "120", or "about 120" where a sample speaks for more posts than were read."""
    return f"about {words.number(round(complaints + sample.carried))}" if sample.unread else words.number(complaints)


def counted(complaints: int, sample: Sample, noun: str = "complaint", nouns: str = "") -> str:
    """Return the same with its noun."""
    number = round(complaints + sample.carried)
    return f"{'about ' if sample.unread else ''}{words.plural(number, noun, nouns)}"
