"""Records to rows and back: what came in, and what was counted. Nothing is lost on the way.

Rows to write are dictionaries by column, rows to read are `sqlite3.Row`. Floats are SQLite's REAL, the same 64 bits;
tuples and mappings are JSON, in their own order.
"""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Row
from typing import Any, TypeAlias

from tiktokwatch.records import (
    Batch,
    Bucket,
    Count,
    Fault,
    Gap,
    Judged,
    Mark,
    Post,
    Verdict,
)
from tiktokwatch.store.cells import listed, moment, moment_in, moment_or_null, packed, unlisted, unpacked

Columns: TypeAlias = dict[str, Any]


def batch_row(batch: Batch) -> Columns:
    """Return a poll that succeeded; its posts are rows of their own."""
    return {
        "collector": packed(batch.collector),
        "source": packed(batch.source),
        "since": moment(batch.since),
        "through": moment(batch.through),
        "posts": len(batch.posts),
        "cursor": packed(batch.cursor),
        "note": packed(batch.note),
    }


def batch_of(row: Row, posts: tuple[Post, ...], counts: tuple[Count, ...]) -> Batch:
    """Return a batch with those of its posts that nobody had seen before, and without what it said was deleted."""
    return Batch(
        collector=unpacked(row["collector"]),
        source=unpacked(row["source"]),
        since=datetime.fromisoformat(row["since"]),
        through=datetime.fromisoformat(row["through"]),
        posts=posts,
        cursor=unpacked(row["cursor"]),
        note=unpacked(row["note"]),
        counts=counts,
    )


def count_values(count: Count, *, poll_id: int, place: int) -> tuple[Any, ...]:
    """Return a row of `volumes`, its values in the order of the columns: there may be thousands in a batch."""
    return poll_id, place, packed(count.source), moment(count.at), count.posts


def count_of(row: Row) -> Count:
    """Return how many posts a source counted in one minute."""
    return Count(unpacked(row["source"]), datetime.fromisoformat(row["minute"]), row["posts"])


def fault_row(fault: Fault) -> Columns:
    """Return a poll that failed."""
    return {
        "collector": packed(fault.collector),
        "source": packed(fault.source),
        "fault": packed(fault.reason),
        "failed_at": moment(fault.at),
        "retry_at": moment_or_null(fault.retry_at),
    }


def fault_of(row: Row) -> Fault:
    """Return a fault."""
    return Fault(
        collector=unpacked(row["collector"]),
        source=unpacked(row["source"]),
        at=datetime.fromisoformat(row["failed_at"]),
        reason=unpacked(row["fault"]),
        retry_at=moment_in(row["retry_at"]),
    )


def gap_row(gap: Gap) -> Columns:
    """Return a gap."""
    return {
        "collector": packed(gap.collector),
        "source": packed(gap.source),
        "start": moment(gap.start),
        "end": moment(gap.end),
        "reason": packed(gap.reason),
    }


def gap_of(row: Row) -> Gap:
    """Return a gap."""
    return Gap(
        collector=unpacked(row["collector"]),
        source=unpacked(row["source"]),
        start=datetime.fromisoformat(row["start"]),
        end=datetime.fromisoformat(row["end"]),
        reason=unpacked(row["reason"]),
    )


def post_row(post: Post) -> Columns:
    """Return what one author wrote; who saw it and when is added by the writer."""
    return {
        "id": packed(post.id),
        "source": packed(post.source),
        "at": moment(post.at),
        "author": packed(post.author),
        "text": packed(post.text),
        "lang": packed(post.lang),
        "url": packed(post.url),
        "kind": post.kind,
    }


def post_of(row: Row) -> Post:
    """Return a post; author, text and url are empty where they were dropped."""
    return Post(
        id=unpacked(row["id"]),
        source=unpacked(row["source"]),
        at=datetime.fromisoformat(row["at"]),
        author=unpacked(row["author"]),
        text=unpacked(row["text"]),
        lang=unpacked(row["lang"]),
        url=unpacked(row["url"]),
        kind=row["kind"],
    )


def verdict_row(judged: Judged) -> Columns:
    """Return a verdict with the standing of its post."""
    verdict = judged.verdict
    return {
        "post_id": packed(judged.post.id),
        "complaint": verdict.complaint,
        "meme": verdict.meme,
        "policy": verdict.policy,
        "recovery": verdict.recovery,
        "about_tiktok": int(verdict.about_tiktok),
        "labels": listed(verdict.labels),
        "aspects": listed(verdict.aspects),
        "places": listed(verdict.places),
        "fingerprint": listed(verdict.fingerprint),
        "standing": judged.standing,
    }


def judged_of(row: Row) -> Judged:
    """Return a post with its verdict, from a row of the view `judged`."""
    verdict = Verdict(
        complaint=row["complaint"],
        meme=row["meme"],
        policy=row["policy"],
        recovery=row["recovery"],
        about_tiktok=bool(row["about_tiktok"]),
        labels=tuple(unlisted(row["labels"])),
        aspects=tuple(unlisted(row["aspects"])),
        places=tuple(unlisted(row["places"])),
        fingerprint=tuple(unlisted(row["fingerprint"])),
    )
    return Judged(post_of(row), verdict, row["standing"])


def bucket_row(bucket: Bucket) -> Columns:
    """Return the counts of one minute of one source."""
    return {
        "minute": moment(bucket.at),
        "source": packed(bucket.source),
        "covered": int(bucket.covered),
        "posts": bucket.posts,
        "complaints": bucket.complaints,
        "memes": bucket.memes,
        "policy": bucket.policy,
        "recovery": bucket.recovery,
        "elsewhere": bucket.elsewhere,
        "chatter": bucket.chatter,
        "aspects": listed(dict(bucket.aspects)),
        "places": listed(dict(bucket.places)),
        "volume": bucket.volume,
    }


def bucket_of(row: Row) -> Bucket:
    """Return the counts of one minute of one source."""
    aspects, places = row["aspects"], row["places"]
    return Bucket(
        source=unpacked(row["source"]),
        at=datetime.fromisoformat(row["minute"]),
        covered=bool(row["covered"]),
        posts=row["posts"],
        complaints=row["complaints"],
        memes=row["memes"],
        policy=row["policy"],
        recovery=row["recovery"],
        elsewhere=row["elsewhere"],
        chatter=row["chatter"],
        # A restart reads weeks of minutes, and most of them name nothing.
        aspects={} if aspects == "{}" else unlisted(aspects),
        places={} if places == "{}" else unlisted(places),
        volume=row["volume"],
    )


def mark_row(mark: Mark) -> Columns:
    """Return how far a collector has come."""
    return {
        "collector": packed(mark.collector),
        "source": packed(mark.source),
        "since": moment_or_null(mark.since),
        "through": moment_or_null(mark.through),
        "passed": moment_or_null(mark.passed),
        "cursor": packed(mark.cursor),
        "fault": packed(mark.fault),
        "retry_at": moment_or_null(mark.retry_at),
    }


def mark_of(row: Row) -> Mark:
    """Return how far a collector has come."""
    return Mark(
        collector=unpacked(row["collector"]),
        source=unpacked(row["source"]),
        since=moment_in(row["since"]),
        through=moment_in(row["through"]),
        passed=moment_in(row["passed"]),
        cursor=unpacked(row["cursor"]),
        fault=unpacked(row["fault"]),
        retry_at=moment_in(row["retry_at"]),
    )
