"""What a pipeline needs of the past, as `Memory` describes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from tiktokwatch.records import REMEMBERED, Judged, Memory, Outage
from tiktokwatch.store.reader import Reader
from tiktokwatch.trend.people import COMPLAINING, author_key

RECENT = timedelta(hours=24)
EVIDENCE = timedelta(hours=4)


def recall(read: Reader, *, collectors: Collection[str] | None = None) -> Memory:
    """Read the memory of a restart; of marks and gaps, those of `collectors` alone if they are named.

    Before anything is settled, everything is recent.
    """
    settled = read.settled()
    outages = tuple(read.outages_to_remember(since=settled and settled - REMEMBERED))
    evidence = read.evidence(since=settled and settled - EVIDENCE)
    return Memory(
        settled=settled,
        marks=tuple(mark for mark in read.marks() if collectors is None or mark.collector in collectors),
        recent=tuple(read.recent(since=settled and settled - RECENT)),
        buckets=tuple(read.buckets(since=settled and settled - REMEMBERED)),
        gaps=tuple(gap for gap in read.gaps(since=settled) if collectors is None or gap.collector in collectors),
        evidence=tuple(each for each in evidence if settled is None or each.at > settled - EVIDENCE),
        outages=outages,
        transitions=tuple(read.last_transitions(2)),
        authors=_authors(read, outages),
        counts=tuple(read.counts(since=settled)),
    )


def _authors(read: Reader, outages: Iterable[Outage]) -> frozenset[str]:
    onset = max((outage.onset for outage in outages if outage.ended_at is None), default=None)
    if onset is None:
        return frozenset()
    return frozenset(author_key(judged) for judged in read.judged(since=onset) if _is_one_more(judged))


def _is_one_more(judged: Judged) -> bool:
    """Say whether a post has an author to know; a repeat whose author was dropped is of one who counted before."""
    return judged.standing in COMPLAINING and (judged.standing != "repeat" or judged.post.author != "")
