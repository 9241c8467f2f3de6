"""What a sample allows to say of all posts, where a source counts more than anybody read.

The share of complaints among the posts that were read is carried over to the others. A share is a beta posterior: the
sample, beside a prior worth `WORTH` posts. What may raise a signal is its lower bound, so that a few lucky posts do
not turn a crowd of jokes into a crowd of complaints.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from tiktokwatch.records import Bucket

SHARE = 0.1  # of complaints among posts in the words of complaints, before any was read
WORTH = 10
LEAST_READ = 5  # counts alone say nothing: somebody must have read what the talk is about
SPAN = 15  # minutes whose posts say what the unread ones of the last of them are like
ONE_SIDED = 1.2816  # standard deviations below which a tenth of a normal distribution lies


def likely_share(part: float, read: float, *, prior: float = SHARE) -> float:
    """Return the expected share, given that `part` of `read` posts were such."""
    return (part + WORTH * prior) / (read + WORTH)


def least_share(part: float, read: float, *, prior: float = SHARE) -> float:
    """Return the share that the true one exceeds nine times in ten (the score interval of Wilson 1927)."""
    share, size = likely_share(part, read, prior=prior), read + WORTH
    squared = ONE_SIDED**2 / size
    spread = ONE_SIDED * sqrt(share * (1.0 - share) / size + squared / (4.0 * size))
    return max(0.0, (share + squared / 2.0 - spread) / (1.0 + squared))


def at_least(minutes: Sequence[Bucket], *, prior: float = SHARE) -> int:
    """Return how many people complained in `minutes` of a source, unread posts by their least share."""
    complaints, read, unread = totals(minutes)
    if read < LEAST_READ:
        return complaints
    return complaints + int(unread * least_share(complaints, read, prior=prior))


def likely(minutes: Sequence[Bucket]) -> float:
    """Return how many people likely complained in the last of `minutes` of a source, by the share in all of them."""
    complaints, read, _ = totals(minutes)
    last = minutes[-1]
    return last.complaints + last.unread * likely_share(complaints, read)


def totals(minutes: Sequence[Bucket]) -> tuple[int, int, int]:
    """Return the complaints, the posts read and the posts unread of `minutes`."""
    return (
        sum(bucket.complaints for bucket in minutes),
        sum(bucket.posts for bucket in minutes),
        sum(bucket.unread for bucket in minutes),
    )
