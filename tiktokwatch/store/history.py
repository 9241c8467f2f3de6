"""The ticks that were, rebuilt from polls, posts, counts and gaps."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from sqlite3 import Row

from tiktokwatch.records import Batch, Count, Fault, Gap, Post, Tick
from tiktokwatch.store import rows
from tiktokwatch.store.opening import one_moment

TICKS_AT_ONCE = 128

_FIRST_TICK = "SELECT min(id) FROM ticks WHERE now >= ?"
_TICKS = "SELECT id, now FROM ticks WHERE id >= ? AND now < ? ORDER BY id LIMIT ?"
_POLLS = "SELECT * FROM polls WHERE tick_id BETWEEN ? AND ? ORDER BY id"
_GAPS = "SELECT * FROM gaps WHERE tick_id BETWEEN ? AND ? ORDER BY id"
_POSTS = """
    SELECT posts.* FROM polls JOIN posts ON posts.poll_id = polls.id
    WHERE polls.tick_id BETWEEN ? AND ? ORDER BY posts.poll_id, posts.rowid
"""
_COUNTS = """
    SELECT volumes.* FROM polls JOIN volumes ON volumes.poll_id = polls.id
    WHERE polls.tick_id BETWEEN ? AND ? ORDER BY volumes.poll_id, volumes.place
"""


def ticks(connection: sqlite3.Connection, *, since: str, until: str) -> Iterator[Tick]:
    """Yield the ticks of a span of `now`, given as texts.

    They are read a few at a time, and between reads nothing is held open: a long replay must not keep the writer's
    log from being written back.
    """
    following = connection.execute(_FIRST_TICK, (since,)).fetchone()[0]
    while following is not None:
        with one_moment(connection):
            found = connection.execute(_TICKS, (following, until, TICKS_AT_ONCE)).fetchall()
            rebuilt = _rebuilt(connection, found) if found else []
        yield from rebuilt
        following = found[-1][0] + 1 if found else None


def _rebuilt(connection: sqlite3.Connection, found: list[tuple[int, str]]) -> list[Tick]:
    span = found[0][0], found[-1][0]
    posts: dict[int, list[Post]] = defaultdict(list)
    for row in _all(connection, _POSTS, span):
        posts[row["poll_id"]].append(rows.post_of(row))
    counts: dict[int, list[Count]] = defaultdict(list)
    for row in _all(connection, _COUNTS, span):
        counts[row["poll_id"]].append(rows.count_of(row))
    batches: dict[int, list[Batch]] = defaultdict(list)
    faults: dict[int, list[Fault]] = defaultdict(list)
    for row in _all(connection, _POLLS, span):
        if row["fault"] is None:
            batches[row["tick_id"]].append(rows.batch_of(row, tuple(posts[row["id"]]), tuple(counts[row["id"]])))
        else:
            faults[row["tick_id"]].append(rows.fault_of(row))
    gaps: dict[int, list[Gap]] = defaultdict(list)
    for row in _all(connection, _GAPS, span):
        gaps[row["tick_id"]].append(rows.gap_of(row))
    return [
        Tick(
            now=datetime.fromisoformat(now),
            batches=tuple(batches[number]),
            gaps=tuple(gaps[number]),
            faults=tuple(faults[number]),
        )
        for number, now in found
    ]


def _all(connection: sqlite3.Connection, sql: str, span: tuple[int, int]) -> list[Row]:
    cursor = connection.cursor()
    cursor.row_factory = Row
    return cursor.execute(sql, span).fetchall()
