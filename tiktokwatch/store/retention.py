"""What is dropped with time, and what is forgotten on request; counts stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tiktokwatch.store.cells import moment, packed

if TYPE_CHECKING:
    from sqlite_utils import Database

ROWS_AT_ONCE = 2000
PAGES_AT_ONCE = 256

_DROP_FINGERPRINTS = """
UPDATE verdicts SET fingerprint = '[]' WHERE post_id IN (
    SELECT id FROM posts WHERE text IS NOT NULL AND at < ? ORDER BY at, rowid LIMIT ?
)
"""
_DROP_TEXTS = """
UPDATE posts SET text = NULL, author = NULL, url = NULL WHERE rowid IN (
    SELECT rowid FROM posts WHERE text IS NOT NULL AND at < ? ORDER BY at, rowid LIMIT ?
)
"""
_DROP_POSTS = "DELETE FROM posts WHERE rowid IN (SELECT rowid FROM posts WHERE at < ? ORDER BY at LIMIT ?)"
_DROP_TICKS = "DELETE FROM ticks WHERE id IN (SELECT id FROM ticks WHERE now < ? ORDER BY now LIMIT ?)"
_DROP_EVIDENCE = "DELETE FROM evidence WHERE at IN (SELECT at FROM evidence WHERE at < ? ORDER BY at LIMIT ?)"

_FORGET_POST = "UPDATE posts SET text = NULL, author = NULL, url = NULL, forgotten = 1 WHERE id = ?"
_FORGET_VERDICT = "DELETE FROM verdicts WHERE post_id = ?"


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were dropped, or emptied in the case of texts."""

    texts: int
    posts: int
    ticks: int
    evidence: int


def prune(
    db: Database,
    *,
    before_text: datetime | None,
    before_posts: datetime | None,
    before_ticks: datetime | None,
    before_evidence: datetime | None,
) -> Pruned:
    """Drop what is older than each time, a few rows a transaction, and give the pages back to the file system.

    With a text go the author, the link, which may name the author, and the fingerprint, which is made of the text.
    """
    pruned = Pruned(
        texts=_in_steps(db, (_DROP_FINGERPRINTS, _DROP_TEXTS), before_text),
        posts=_in_steps(db, (_DROP_POSTS,), before_posts),
        ticks=_in_steps(db, (_DROP_TICKS,), before_ticks),
        evidence=_in_steps(db, (_DROP_EVIDENCE,), before_evidence),
    )
    _shrink(db)
    return pruned


def forget(db: Database, who: str) -> int:
    """Forget a post by its id, or all posts of an "@author" in any source; return how many.

    Names are compared without regard to case. The log is written back at once where readers allow it, so that the
    text is in no file any more.
    """
    with db.atomic():
        # The write lock comes first: a transaction that begins by reading may not wait for it.
        db.execute("UPDATE progress SET id = id")
        ids = _wanted(db, who)
        db.conn.executemany(_FORGET_VERDICT, ids)
        db.conn.executemany(_FORGET_POST, ids)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return len(ids)


def _wanted(db: Database, who: str) -> list[tuple[str | bytes]]:
    if not who.startswith("@"):
        return db.execute("SELECT id FROM posts WHERE id = ? AND NOT forgotten", (packed(who),)).fetchall()
    names = (packed(who), packed(who[1:]))
    return db.execute("SELECT id FROM posts WHERE author COLLATE NOCASE IN (?, ?)", names).fetchall()


def _in_steps(db: Database, statements: Sequence[str], before: datetime | None) -> int:
    """Repeat the statements until the last of them finds no more rows; return how many it found."""
    if before is None:
        return 0
    bounds = (moment(before), ROWS_AT_ONCE)
    total = 0
    while True:
        with db.atomic():
            found = [db.execute(statement, bounds).rowcount for statement in statements][-1]
        if not found:
            return total
        total += found


def _shrink(db: Database) -> None:
    free = _free_pages(db)
    while free:
        # The pragma gives back a page for each row that is fetched.
        db.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
        before, free = free, _free_pages(db)
        if free >= before:
            return


def _free_pages(db: Database) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])
