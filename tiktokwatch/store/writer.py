"""The one who writes: a tick is one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tiktokwatch.errors import StoreError
from tiktokwatch.records import Expense, Memory, Step, Tick
from tiktokwatch.store import expense_rows, forgetting, outage_rows, retention, rows, schema
from tiktokwatch.store.cells import moment, moment_or_null, packed, unpacked
from tiktokwatch.store.opening import open_to_write, refusing
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.recall import recall

if TYPE_CHECKING:
    from sqlite_utils import Database

LARGEST_LOG = 64 * 1024 * 1024  # bytes that the write-ahead log keeps once a long reader let it grow

_DELIVERY = """
INSERT INTO deliveries (key, channel, at, outcome, attempts, detail) VALUES (?, ?, ?, ?, 1, ?)
ON CONFLICT (key, channel) DO UPDATE
SET at = excluded.at, outcome = excluded.outcome, attempts = attempts + 1, detail = excluded.detail
WHERE outcome = 'failed'
"""


class Store:
    """A database open for writing, by one thread of one daemon; others may prune, forget and read meanwhile.

    Ticks are whole after a kill; after a power cut the last ones may be missing (WAL, synchronous=NORMAL), and the
    collectors read them again. Whatever SQLite refuses to do is raised as StoreError.
    """

    def __init__(self, db: Database, *, path: Path) -> None:
        self._db = db
        self._path = path
        self._read = Reader(db.conn, path=path)
        self._key = secrets.token_bytes(32)
        self._log_holds_dropped = False

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True, patience: float = 30.0) -> Self:
        """Open a file and bring its tables up to date; make it where it is missing if `create`.

        `patience` is how many seconds to wait for another writer. Raises StoreError where the file cannot be used.
        """
        from sqlite_utils import Database  # noqa: PLC0415  takes a while to import, and readers do without it

        path = Path(path)
        connection = open_to_write(path, create=create, patience=patience)
        try:
            db = Database(connection, execute_plugins=False)
            with refusing(path):
                _prepare(db, path, create=create)
        except BaseException:
            connection.close()
            raise
        return cls(db, path=path)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def save(self, step: Step) -> None:
        """Save all that one tick changed, or nothing.

        A turn that neither brought nor changed anything leaves no row in `ticks`: without it, a replay decides the
        same. Of a post that came before, the first version stays; a standing once given stays too. What a batch says
        was deleted of its source is forgotten.
        """
        with refusing(self._path):
            with self._db.atomic():
                # The write lock comes first: a transaction that begins by reading may not wait for it.
                self._db.execute("UPDATE progress SET looked_at = ?", (moment(step.tick.now),))
                if not _is_empty(step) or step.settled not in (None, self._read.settled()):
                    self._save(step)
            if self._log_holds_dropped:
                self._empty_log(wait=False)

    def _save(self, step: Step) -> None:
        self._insert_posts(step, self._insert_tick(step))
        for batch in step.tick.batches:
            if forgetting.forget(self._db, batch.deleted, key=self._key, source=batch.source):
                self._log_holds_dropped = True
        self._upsert("minute_counts", map(rows.bucket_row, step.buckets), "minute", "source")
        self._upsert("evidence", map(outage_rows.evidence_row, step.evidence), "at")
        self._upsert("cursors", map(rows.mark_row, step.marks), "collector")
        self._upsert("outages", map(outage_rows.outage_row, step.outages), "id")
        self._insert("transitions", map(outage_rows.transition_row, step.transitions))
        if step.settled is not None:
            self._db.execute("UPDATE progress SET settled = ?", (moment(step.settled),))

    def memory(self, *, collectors: Collection[str] | None = None) -> Memory:
        """Return what a pipeline needs to go on; of marks and gaps, those of `collectors` alone if they are named."""
        with self._read.snapshot():
            return recall(self._read, collectors=collectors)

    def delivered(self) -> set[tuple[str, str]]:
        """Return the (key, channel) pairs that need not be said again: all but those that failed."""
        with refusing(self._path):
            pairs = self._db.execute("SELECT key, channel FROM deliveries WHERE outcome != 'failed'")
            return {(unpacked(key), unpacked(channel)) for key, channel in pairs}

    def record_delivery(self, *, key: str, channel: str, at: datetime, outcome: str, detail: str) -> None:
        """Write down one attempt; `outcome` is "failed", after which another may follow, or final."""
        with refusing(self._path):
            self._db.execute(_DELIVERY, (packed(key), packed(channel), moment(at), outcome, packed(detail)))

    def prune(
        self,
        *,
        before_text: datetime | None = None,
        before_posts: datetime | None = None,
        before_ticks: datetime | None = None,
        before_evidence: datetime | None = None,
        before_unchecked: Mapping[str, datetime] | None = None,
    ) -> retention.Pruned:
        """Drop what is older: the text and authors of posts, whole posts, ticks with their polls, evidence.

        `before_unchecked` is for posts of a source that were not held against its network in time: their text goes
        earlier. Counts, gaps, outages, transitions and expenses stay. Done in small transactions, so that a daemon is
        not held up.
        """
        with refusing(self._path):
            pruned = retention.prune(
                self._db,
                before_text=before_text,
                before_posts=before_posts,
                before_ticks=before_ticks,
                before_evidence=before_evidence,
                before_unchecked=before_unchecked or {},
            )
            if pruned.texts or pruned.unchecked:
                self._empty_log(wait=False)
        return pruned

    def forget(self, who: str) -> int:
        """Forget the post of that id, or all posts of an "@author": text, author, link, fingerprint; counts stay.

        Returns how many posts were forgotten. They stay so where a collector finds them again. Readers are waited for,
        so that the text is in no file any more.
        """
        return self._forget([who], source=None, wait=True)

    def forget_all(self, who: Sequence[str], *, source: str | None = None) -> int:
        """Forget each of `who` as `forget` does, in one transaction; of one source alone if it is named.

        Where readers are in the way, it is a later tick that empties the log of what was forgotten.
        """
        return self._forget(who, source=source, wait=False)

    def known(self, who: Sequence[str], *, source: str | None = None) -> frozenset[str]:
        """Return those of `who`, ids and "@authors", of which there is something to forget."""
        with refusing(self._path):
            return forgetting.known(self._db, who, source=source)

    def posts_to_check(
        self,
        *,
        source: str,
        written_before: datetime,
        checked_before: datetime | None = None,
        complaints_only: bool = False,
        limit: int,
    ) -> list[str]:
        """Return what `Reader.posts_to_check` does."""
        return self._read.posts_to_check(
            source=source,
            written_before=written_before,
            checked_before=checked_before,
            complaints_only=complaints_only,
            limit=limit,
        )

    def note_checked(self, ids: Sequence[str], at: datetime) -> None:
        """Write down that these posts were held against their network at that moment."""
        with refusing(self._path), self._db.atomic():
            values = [(moment(at), packed(post_id)) for post_id in ids]
            self._db.conn.executemany("UPDATE posts SET checked_at = ? WHERE id = ?", values)

    def expenses(self, *, source: str | None = None, since: datetime | None = None) -> list[Expense]:
        """Return what was booked for the hours from `since` on, of all sources if none is named."""
        return self._read.expenses(source=source, since=since)

    def book(self, expense: Expense) -> None:
        """Add to what is booked for an hour and kind, in a transaction of its own; negative units take back."""
        with refusing(self._path):
            self._db.execute(expense_rows.BOOK, expense_rows.expense_values(expense))

    def _forget(self, who: Sequence[str], *, source: str | None, wait: bool) -> int:
        with refusing(self._path):
            with self._db.atomic():
                self._db.execute("UPDATE progress SET id = id")  # the write lock comes first
                count = forgetting.forget(self._db, who, key=self._key, source=source)
            if count:
                self._empty_log(wait=wait)
        return count

    def _empty_log(self, *, wait: bool) -> None:
        """Let what was dropped be in no file any more; where readers are in the way, the next tick tries again."""
        self._log_holds_dropped = not forgetting.write_back(self._db, wait=wait)

    def _insert_tick(self, step: Step) -> list[int]:
        """Insert the turn with its polls and gaps; return the ids of the polls that succeeded, in order."""
        now = moment(step.tick.now)
        tick = {"now": now, "settled": moment_or_null(step.settled), "duplicates": step.duplicates}
        return self._insert_polls(step.tick, {"tick_id": self._insert_one("ticks", tick), "seen_at": now})

    def _insert_polls(self, tick: Tick, seen: rows.Columns) -> list[int]:
        ids = [self._insert_one("polls", rows.batch_row(batch) | seen) for batch in tick.batches]
        for poll_id, batch in zip(ids, tick.batches, strict=True):
            self._db.conn.executemany(
                "INSERT INTO volumes VALUES (?, ?, ?, ?, ?)",
                [rows.count_values(count, poll_id=poll_id, place=place) for place, count in enumerate(batch.counts)],
            )
        self._insert("polls", (rows.fault_row(fault) | seen for fault in tick.faults))
        self._insert("gaps", (rows.gap_row(gap) | seen for gap in tick.gaps))
        return ids

    def _insert_posts(self, step: Step, poll_ids: Sequence[int]) -> None:
        posts, polls = {}, {}
        for batch, poll_id in zip(step.tick.batches, poll_ids, strict=True):
            for post in batch.posts:
                posts[post.id] = post
                polls[post.id] = {"poll_id": poll_id, "collector": packed(batch.collector)}
        posts.update((judged.post.id, judged.post) for judged in step.judged)
        seen = {"seen_at": moment(step.tick.now), "poll_id": None, "collector": ""}
        self._insert(
            "posts",
            (rows.post_row(post) | seen | polls.get(post.id, {}) for post in posts.values()),
            ignore=True,
        )
        self._insert("verdicts", map(rows.verdict_row, step.judged), ignore=True)
        self._db.conn.executemany(
            "UPDATE verdicts SET standing = ? WHERE post_id = ? AND standing IS NULL",
            [(standing, packed(post_id)) for post_id, standing in step.standings.items()],
        )

    def _insert_one(self, table: str, row: rows.Columns) -> int:
        return int(self._db.table(table).insert(row).last_rowid or 0)

    def _insert(self, table: str, records: Iterable[rows.Columns], *, ignore: bool = False) -> None:
        """Insert rows; if `ignore`, but for those whose key is there already."""
        if new := list(records):
            self._db.table(table).insert_all(new, ignore=ignore)

    def _upsert(self, table: str, records: Iterable[rows.Columns], *key: str) -> None:
        if changed := list(records):
            self._db.table(table).upsert_all(changed, pk=key)


def _is_empty(step: Step) -> bool:
    """Say whether a step brought and changed nothing, but perhaps `settled`."""
    tick = step.tick
    return not (
        (tick.batches or tick.gaps or tick.faults)
        or (step.judged or step.standings or step.buckets or step.evidence)
        or (step.outages or step.transitions or step.marks)
    )


def _prepare(db: Database, path: Path, *, create: bool) -> None:
    connection = db.conn
    version = schema.version_of(connection, path)
    if not version:
        if not create:
            raise StoreError(f"{path} is empty; `tiktokwatch run` fills it.")
        # Both must be there before the first table: the one cannot be set later, the other says whose tables follow.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
    connection.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG}")
    connection.execute("BEGIN IMMEDIATE")
    schema.migrations().apply(db)
    # Where the file is read-only, the line above quietly begins a mere read; a write finds out.
    connection.execute("UPDATE progress SET id = id")
    db.commit()
