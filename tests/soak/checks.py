"""What must hold of a watch that is over, whatever happened meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from tests.virtual import Published
from tiktokwatch.records import MINUTE, Gap, minute_of
from tiktokwatch.store.reader import Reader


def in_a_gap(gaps: Iterable[Gap], source: str, at: datetime) -> bool:
    return any(gap.source == source and gap.start <= at < gap.end for gap in gaps)


def missing(reader: Reader, published: Iterable[Published], *, until: datetime) -> list[Published]:
    """Return what was neither stored nor lies in a recorded gap of its source."""
    gaps, stored = reader.gaps(), {judged.post.id for judged in reader.judged()}
    return [
        post
        for post in published
        if post.at < until and post.id not in stored and not in_a_gap(gaps, post.source, post.at)
    ]


def lost(reader: Reader, servers: dict[str, Iterable[str]], times: dict[str, datetime]) -> list[str]:
    """Return what of `times` a server handed out, and was neither stored nor lies in a recorded gap."""
    gaps, stored = reader.gaps(), {judged.post.id for judged in reader.judged()}
    return [
        name
        for source, served in servers.items()
        for name in {f"{source}:{number}" for number in served} - stored
        if name in times and not in_a_gap(gaps, source, times[name])
    ]


def miscounted(reader: Reader, *, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Return for sources whose covered minutes do not hold the posts that are stored: in minutes, and stored."""
    buckets = [bucket for bucket in reader.buckets(since=since, until=until) if bucket.covered]
    counted = Counter({(bucket.source, bucket.at): bucket.posts for bucket in buckets})
    stored = Counter(
        (judged.post.source, minute_of(judged.post.at))
        for judged in reader.judged(since=since, until=until)
        if judged.standing not in (None, "late", "official")
    )
    covered = set(counted)
    return {
        f"{source} {at:%d %H:%M}": (counted[source, at], stored[source, at])
        for source, at in covered
        if counted[source, at] != stored[source, at]
    }


def wrong_volumes(reader: Reader, published: Iterable[Published], *, until: datetime) -> dict[str, tuple[int, int]]:
    """Return the covered minutes of X whose volume is not what was published in them."""
    there = Counter(minute_of(post.at) for post in published if post.source == "x")
    return {
        f"{bucket.at:%d %H:%M}": (bucket.volume, there[bucket.at])
        for bucket in reader.buckets(source="x", until=until)
        if bucket.covered and bucket.volume != there[bucket.at]
    }


def covered_share(reader: Reader, source: str, *, since: datetime, until: datetime) -> float:
    covered = sum(bucket.covered for bucket in reader.buckets(since=since, until=until, source=source))
    return covered / ((until - since) / MINUTE)


def in_files(database: Path, words: Collection[str]) -> set[str]:
    """Return those of some words that are in the database's files, the log included."""
    held = b"".join(file.read_bytes() for file in sorted(database.parent.glob(f"{database.name}*")))
    return {word for word in words if word.encode() in held}


def by_day(reader: Reader, kind: str) -> Counter[datetime]:
    units: Counter[datetime] = Counter()
    for expense in reader.expenses(source="x"):
        if expense.kind == kind:
            units[expense.at - timedelta(hours=expense.at.hour)] += expense.units
    return units
