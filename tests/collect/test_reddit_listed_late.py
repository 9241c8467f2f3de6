"""What Reddit lists late stands between what was there before, and counts as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.fakes.reddit import RedditServer

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_what_is_listed_late_among_many_is_handed_over_once() -> None:
    with RedditServer() as server:
        collector = server.collector(timeout=10)
        for number in range(40):
            server.publish(text=f"tiktok {number}", at=NOON - number * MINUTE)
        late = server.publish(text="tiktok, late", at=NOON - 12.5 * MINUTE, visible_at=NOON + 2 * MINUTE)
        found, cursor, since = [], "", NOON - 60 * MINUTE
        for minute in (1, 3, 5, 7):
            now = NOON + minute * MINUTE
            server.clock = lambda now=now: now
            server.publish(text=f"tiktok of minute {minute}", at=now - MINUTE / 2)
            batch = collector.collect(since=since, cursor=cursor, now=now)
            found.append([post.id for post in batch.posts])
            cursor, since = batch.cursor, batch.through
        collector.close()
        assert f"reddit:{late}" not in found[0]
        assert f"reddit:{late}" in found[1]
        assert f"reddit:{late}" not in found[2] + found[3]
        assert all(len(posts) < 5 for posts in found[1:])
