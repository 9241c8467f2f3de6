"""Reads by name. Nothing but the standard library is imported on the way, so that a summary is there at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from sqlite3 import Row
from types import TracebackType
from typing import Any, Self

from tiktokwatch.errors import StoreError
from tiktokwatch.records import (
    Bucket,
    Count,
    Evidence,
    Expense,
    Gap,
    Judged,
    Mark,
    Outage,
    Post,
    Standing,
    State,
    Tick,
    Transition,
)
from tiktokwatch.store import expense_rows, forgetting, history, outage_rows, rows, schema
from tiktokwatch.store.cells import moment, moment_in, packed, unpacked
from tiktokwatch.store.opening import one_moment, open_to_read, refusing

# Texts before and after every moment.
_FIRST, _LAST = "", "~"


class Reader:
    """A database open for reading, while somebody else may write to it; each read sees whole ticks.

    Spans are half-open, and open where a bound is None; lists are in order of time unless said otherwise. Moments of
    posts and minutes are `at`, their start; of evidence and transitions, the end of their minute.
    """

    def __init__(self, connection: sqlite3.Connection, *, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: Path | str, *, patience: float = 10.0) -> Self:
        """Open a file that a daemon has made. Raises StoreError where it cannot be used."""
        path = Path(path)
        connection = open_to_read(path, patience=patience)
        try:
            with refusing(path):
                _check(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(connection, path=path)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads of a block see the same moment. To be held for seconds, not for hours: the log grows."""
        with one_moment(self._connection):
            yield

    def settled(self) -> datetime | None:
        """Return the moment before which all minutes are settled, None where nothing was watched yet."""
        return moment_in(self._one("SELECT settled FROM progress")[0])

    def looked_at(self) -> datetime | None:
        """Return the time of the last tick, None where there was none yet."""
        return moment_in(self._one("SELECT looked_at FROM progress")[0])

    def state(self) -> tuple[State, Transition | None]:
        """Return the state after the last settled minute, and the last transition."""
        with self.snapshot():
            row = next(self._rows("SELECT state FROM evidence ORDER BY at DESC LIMIT 1"), None)
            last = self.last_transitions(1)
        return row[0] if row else "unknown", last[0] if last else None

    def marks(self) -> list[Mark]:
        """Return how far each collector has come, by name."""
        return list(map(rows.mark_of, self._rows("SELECT * FROM cursors ORDER BY collector")))

    def outages(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the outages that lasted until `since` or longer."""
        sql = "SELECT * FROM outages WHERE coalesce(ended_at, ?) >= ? ORDER BY onset, id"
        return list(map(outage_rows.outage_of, self._rows(sql, _LAST, _start(since))))

    def outages_to_remember(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the outages that lasted until `since` or longer, and the newest in any case."""
        sql = """
            SELECT * FROM outages
            WHERE coalesce(ended_at, ?) >= ? OR id = (SELECT max(id) FROM outages) ORDER BY onset, id
        """
        return list(map(outage_rows.outage_of, self._rows(sql, _LAST, _start(since))))

    def outage(self, number: int) -> Outage | None:
        """Return the outage of that number, None if there is none."""
        return next(map(outage_rows.outage_of, self._rows("SELECT * FROM outages WHERE id = ?", number)), None)

    def transitions(self, outage_id: int | None = None, *, since: datetime | None = None) -> list[Transition]:
        """Return the changes of state, of one outage if it is named."""
        sql = "SELECT * FROM transitions WHERE at >= ? ORDER BY at, id"
        if outage_id is None:
            return list(map(outage_rows.transition_of, self._rows(sql, _start(since))))
        sql = "SELECT * FROM transitions WHERE at >= ? AND outage_id = ? ORDER BY at, id"
        return list(map(outage_rows.transition_of, self._rows(sql, _start(since), outage_id)))

    def last_transitions(self, count: int) -> list[Transition]:
        """Return the last changes of state."""
        newest = self._rows("SELECT * FROM transitions ORDER BY at DESC, id DESC LIMIT ?", count)
        return list(map(outage_rows.transition_of, newest))[::-1]

    def buckets(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str | None = None
    ) -> list[Bucket]:
        """Return the minutes that start in the span, by source within a minute."""
        span = _start(since), _end(until)
        if source is None:
            sql = "SELECT * FROM minute_counts WHERE minute >= ? AND minute < ? ORDER BY minute, source"
            return list(map(rows.bucket_of, self._rows(sql, *span)))
        sql = "SELECT * FROM minute_counts WHERE minute >= ? AND minute < ? AND source = ? ORDER BY minute"
        return list(map(rows.bucket_of, self._rows(sql, *span, packed(source))))

    def evidence(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Evidence]:
        """Return the evidence of the minutes that end in the span."""
        sql = "SELECT * FROM evidence WHERE at >= ? AND at < ? ORDER BY at"
        return list(map(outage_rows.evidence_of, self._rows(sql, _start(since), _end(until))))

    def gaps(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Gap]:
        """Return the gaps that overlap the span: they end after `since` and start before `until`."""
        sql = 'SELECT * FROM gaps WHERE "end" > ? AND start < ? ORDER BY start, id'
        return list(map(rows.gap_of, self._rows(sql, _start(since), _end(until))))

    def judged(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Judged]:
        """Return the posts of the span with their verdicts, by id where they are of one moment."""
        sql = "SELECT * FROM judged WHERE at >= ? AND at < ? ORDER BY at, id"
        return list(map(rows.judged_of, self._rows(sql, _start(since), _end(until))))

    def recent(self, *, since: datetime | None = None) -> list[Judged]:
        """Return the posts from `since` on, and all that wait for their minute to be settled.

        Of those that wait, the forgotten ones are of the author, and have the fingerprint, that they are counted by.
        """
        sql = """
            SELECT * FROM judged WHERE at >= ?
            UNION ALL SELECT * FROM judged
            WHERE id IN (SELECT post_id FROM verdicts WHERE standing IS NULL) AND +at < ?  -- not by the index of at
            ORDER BY at, id
        """
        with self.snapshot():
            found = list(map(rows.judged_of, self._rows(sql, _start(since), _start(since))))
            stand_ins = {unpacked(row["post_id"]): row for row in self._rows("SELECT * FROM stand_ins")}
        return [
            forgetting.disguised(judged, stand_ins[judged.post.id]) if judged.post.id in stand_ins else judged
            for judged in found
        ]

    def counts(self, *, since: datetime | None = None) -> list[Count]:
        """Return what sources counted of the minutes from `since` on, by source within a minute, the larger of two."""
        sql = """
            SELECT minute, source, max(posts) AS posts FROM volumes WHERE minute >= ?
            GROUP BY minute, source ORDER BY minute, source
        """
        return list(map(rows.count_of, self._rows(sql, _start(since))))

    def post(self, post_id: str) -> Judged | None:
        """Return a post with its verdict, None where it is unknown or forgotten."""
        sql = "SELECT * FROM judged WHERE id = ? AND NOT forgotten"
        return next(map(rows.judged_of, self._rows(sql, packed(post_id))), None)

    def official_words(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Post]:
        """Return what TikTok's own accounts wrote in the span, also where the text was dropped."""
        sql = "SELECT * FROM posts WHERE kind = 'official' AND at >= ? AND at < ? ORDER BY at, id"
        return list(map(rows.post_of, self._rows(sql, _start(since), _end(until))))

    def posts_to_check(
        self,
        *,
        source: str,
        written_before: datetime,
        checked_before: datetime | None = None,
        complaints_only: bool = False,
        limit: int,
    ) -> list[str]:
        """Return the ids of posts of a source whose text is kept, to be held against its network.

        Those that were never checked come first, then those whose check is the longest ago; the oldest among equals.
        """
        table, standing = ("judged", "AND standing = 'counted'") if complaints_only else ("posts", "")
        sql = f"""
            SELECT id FROM {table} WHERE source = ? AND text IS NOT NULL AND at < ? {standing}
            AND (checked_at IS NULL OR checked_at < ?) ORDER BY checked_at, at LIMIT ?
        """  # noqa: S608 - both parts are ours
        values = packed(source), moment(written_before), _end(checked_before), limit
        return [unpacked(row["id"]) for row in self._rows(sql, *values)]

    def expenses(self, *, source: str | None = None, since: datetime | None = None) -> list[Expense]:
        """Return what was booked for the hours from `since` on, of all sources if none is named."""
        if source is None:
            sql = "SELECT * FROM expenses WHERE at >= ? ORDER BY at, source, kind"
            return list(map(expense_rows.expense_of, self._rows(sql, _start(since))))
        sql = "SELECT * FROM expenses WHERE source = ? AND at >= ? ORDER BY at, kind"
        return list(map(expense_rows.expense_of, self._rows(sql, packed(source), _start(since))))

    def samples(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int,
        standing: Standing = "counted",
        per_source: int | None = None,
    ) -> list[Judged]:
        """Return posts of that standing whose text is still there, newest first, at most `per_source` of a source."""
        sql = """
            SELECT * FROM judged WHERE at >= ? AND at < ? AND standing = ? AND text IS NOT NULL AND text != ''
            ORDER BY at DESC, id DESC
        """
        samples: list[Judged] = []
        taken: Counter[str] = Counter()
        for judged in map(rows.judged_of, self._rows(sql, _start(since), _end(until), standing)):
            if len(samples) == limit:
                break
            if per_source is None or taken[judged.post.source] < per_source:
                taken[judged.post.source] += 1
                samples.append(judged)
        return samples

    def people(self, *, since: datetime | None = None, until: datetime | None = None, source: str | None = None) -> int:
        """Return how many distinct people complained; where authors were dropped, counted complaints stand for them."""
        sql = """
            SELECT count(*) FROM (
                SELECT DISTINCT source, coalesce(nullif(author, ''), id) FROM judged
                WHERE at >= ? AND at < ? AND source = coalesce(?, source)
                AND (standing = 'counted' OR (standing = 'repeat' AND author IS NOT NULL))
            )
        """
        return int(self._one(sql, _start(since), _end(until), None if source is None else packed(source))[0])

    def tallies(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str | None = None
    ) -> dict[str, int]:
        """Return how many posts there were, and of each label ("elsewhere": not about TikTok), copies included."""
        sql = """
            SELECT count(*) AS posts, total(instr(labels, '"complaint"') > 0) AS complaint,
                total(instr(labels, '"meme"') > 0) AS meme, total(instr(labels, '"policy"') > 0) AS policy,
                total(instr(labels, '"recovery"') > 0) AS recovery, total(NOT about_tiktok) AS elsewhere
            FROM judged WHERE at >= ? AND at < ? AND source = coalesce(?, source)
        """
        row = self._one(sql, _start(since), _end(until), None if source is None else packed(source))
        return {name: int(row[name]) for name in row.keys()}  # noqa: SIM118  a row iterates over its values

    def totals(self) -> dict[str, int]:
        """Return how much is kept: posts, those with text, minutes of a source, ticks, outages, and bytes."""
        sql = """
            SELECT (SELECT count(*) FROM posts) AS posts, (SELECT count(*) FROM posts WHERE text IS NOT NULL) AS texts,
                (SELECT count(*) FROM minute_counts) AS minutes, (SELECT count(*) FROM ticks) AS ticks,
                (SELECT count(*) FROM outages) AS outages,
                (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes
        """
        row = self._one(sql)
        return {name: row[name] for name in row.keys()}  # noqa: SIM118  a row iterates over its values

    def ticks(self, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[Tick]:
        """Yield the recorded ticks in the order in which they were seen, a few at a time.

        A post is in the batch that brought it first; posts that came again, and turns that brought and changed
        nothing, were not recorded. Replayed, they lead to the same decisions as long as the texts are kept.
        """
        with refusing(self._path):
            yield from history.ticks(self._connection, since=_start(since), until=_end(until))

    def _rows(self, sql: str, *values: Any) -> Iterator[Row]:
        with refusing(self._path):
            cursor = self._connection.cursor()
            cursor.row_factory = Row
            yield from cursor.execute(sql, values)

    def _one(self, sql: str, *values: Any) -> Row:
        return next(self._rows(sql, *values))


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = schema.version_of(connection, path)
    if not version:
        raise StoreError(f"{path} is empty; `tiktokwatch run` fills it.")
    if version < schema.VERSION:
        raise StoreError(f"{path} was written by an older tiktokwatch; start the daemon once to bring it up to date.")


def _start(since: datetime | None) -> str:
    return _FIRST if since is None else moment(since)


def _end(until: datetime | None) -> str:
    return _LAST if until is None else moment(until)
