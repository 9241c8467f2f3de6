"""Picking up where a watch stopped: what the parts of a pipeline hold, out of what a store remembers."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime

from tiktokwatch.outage.account import BEFORE, Account, Minute, resumed
from tiktokwatch.outage.life import Life
from tiktokwatch.outage.talk import UsualTalk
from tiktokwatch.records import MINUTE, Bucket, Memory, minute_of
from tiktokwatch.trend.people import COMPLAINING, author_key
from tiktokwatch.trend.sample import SPAN, likely


def life(memory: Memory) -> Life:
    """Return where the life cycle stood."""
    if not memory.transitions:
        return Life()
    last = memory.transitions[-1]
    since = [evidence.signal for evidence in memory.evidence if evidence.at >= last.at]
    return Life(state=last.after, held=last.before, signals=() if last.after == "unknown" else since)


def account(memory: Memory, usual_talk: UsualTalk) -> Account | None:
    """Return the account of the outage that is open, None where none is."""
    outage = next((outage for outage in memory.outages if outage.ended_at is None), None)
    if outage is None:
        return None
    return resumed(outage, authors=memory.authors, buckets=memory.buckets, usual_talk=usual_talk)


def history(memory: Memory) -> deque[Minute]:
    """Return the minutes of the last `BEFORE`, oldest first, as they were when they were settled."""
    if memory.settled is None:
        return deque()
    horizon = memory.settled - BEFORE
    usual = {evidence.at - MINUTE: evidence.usual for evidence in memory.evidence}
    buckets: dict[datetime, list[Bucket]] = {}
    people: dict[datetime, float] = defaultdict(float)
    windows: dict[str, deque[Bucket]] = {}
    for bucket in memory.buckets:
        if bucket.at < horizon - SPAN * MINUTE:
            continue
        window = windows.setdefault(bucket.source, deque(maxlen=SPAN))
        if bucket.covered:
            window.append(bucket)
        if bucket.at >= horizon:
            buckets.setdefault(bucket.at, []).append(bucket)
            recent = [each for each in window if each.at > bucket.at - SPAN * MINUTE]
            people[bucket.at] += likely(recent) if bucket.covered else bucket.complaints
    complaints: dict[datetime, list[str]] = {}
    for judged in memory.recent:
        if judged.standing in COMPLAINING and judged.post.at >= horizon:
            complaints.setdefault(minute_of(judged.post.at), []).append(author_key(judged))
    return deque(
        Minute(
            start,
            tuple(group),
            len(complaints.get(start, ())),
            frozenset(complaints.get(start, ())),
            usual.get(start, 0.0),
            people[start],
        )
        for start, group in sorted(buckets.items())
    )
