"""What is usual by aspect: how the complaints of calm minutes spread over what they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log10

from tiktokwatch.records import ASPECTS, Bucket
from tiktokwatch.trend.tail import surprise

GENERAL = "app"
FEATURES = tuple(aspect for aspect in ASPECTS if aspect != GENERAL)
WORTH = 6.0  # complaints that a prior of equal shares is worth
LEAST = 3  # people who name a feature before it is looked at
# So many features are looked at, and the one that surprises most is taken (Bonferroni).
PENALTY = log10(len(FEATURES))


@dataclass(frozen=True, slots=True)
class Focus:
    """The feature that surprises most: how many named it, how many usually do, how many by mistake, the surprise."""

    aspect: str
    observed: int
    expected: float
    mistaken: float
    surprise: float


@dataclass(slots=True)
class AspectShares:
    """Remembers by the hour how often each feature was named, and by how many complaints; for one source."""

    hours: dict[int, Counter[str]] = field(default_factory=dict)
    total: Counter[str] = field(default_factory=Counter)

    def learn(self, hour: int, bucket: Bucket) -> None:
        """Take a calm, covered minute of the hour as an example; hours come in order."""
        if not bucket.complaints:
            return
        named = Counter({aspect: bucket.aspects[aspect] for aspect in bucket.aspects if aspect in FEATURES})
        named["complaints"] = bucket.complaints
        self.hours.setdefault(hour, Counter()).update(named)
        self.total.update(named)

    def forget_before(self, hour: int) -> None:
        """Drop the hours before `hour`."""
        while self.hours and (oldest := next(iter(self.hours))) < hour:
            self.total.subtract(self.hours.pop(oldest))

    def focus(self, minutes: Sequence[Bucket], *, since: int, expected: float, mistaken: float, size: float) -> Focus:
        """Return the feature that surprises most in `minutes`, in which so many complaints are usual and mistaken.

        Only hours from `since` on speak for its share, whose uncertainty makes the tail heavier. All who were mistaken
        may have named the same feature, that of the other service which fails.
        """
        named = _named(minutes)
        known = self._since(since)
        best = Focus(GENERAL, 0, 0.0, 0.0, 0.0)
        for aspect in FEATURES:
            observed = named[aspect]
            if observed < LEAST:
                continue
            seen = known[aspect] + WORTH / len(FEATURES)
            share = seen / (known["complaints"] + WORTH)
            usual = share * expected
            spread = 1.0 / size + 1.0 / seen
            surprised = surprise(observed, mean=usual + mistaken, size=1.0 / spread) - PENALTY
            if surprised > best.surprise:
                best = Focus(aspect, observed, usual, mistaken, surprised)
        return best

    def _since(self, hour: int) -> Counter[str]:
        known = self.total.copy()
        for old, counts in self.hours.items():
            if old >= hour:
                break
            known.subtract(counts)
        return known


def _named(minutes: Iterable[Bucket]) -> Counter[str]:
    named: Counter[str] = Counter()
    for bucket in minutes:
        if bucket.aspects:
            named.update(bucket.aspects)
    return named
