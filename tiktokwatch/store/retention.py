"""What is dropped with time; counts stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tiktokwatch.store.cells import moment, packed

if TYPE_CHECKING:
    from sqlite_utils import Database

ROWS_AT_ONCE = 2000
PAGES_AT_ONCE = 256

CHECK_AFTER = timedelta(hours=12)  # a check that came sooner than this after a post says little of it

_OLD = "posts WHERE text IS NOT NULL AND at < ? ORDER BY at, rowid LIMIT ?"
_UNCHECKED = f"""
posts WHERE text IS NOT NULL AND source = ? AND at < ? AND (
    checked_at IS NULL OR strftime('%s', checked_at) - strftime('%s', at) < {CHECK_AFTER // timedelta(seconds=1)}
) ORDER BY checked_at, at, rowid LIMIT ?
"""
_DROP_POSTS = "DELETE FROM posts WHERE rowid IN (SELECT rowid FROM posts WHERE at < ? ORDER BY at LIMIT ?)"
_DROP_TICKS = "DELETE FROM ticks WHERE id IN (SELECT id FROM ticks WHERE now < ? ORDER BY now LIMIT ?)"
_DROP_EVIDENCE = "DELETE FROM evidence WHERE at IN (SELECT at FROM evidence WHERE at < ? ORDER BY at LIMIT ?)"


def _drop_texts(which: str) -> tuple[str, str]:
    """Return what drops the fingerprints, then the texts, of the first of some posts."""
    return (
        f"UPDATE verdicts SET fingerprint = '[]' WHERE post_id IN (SELECT id FROM {which})",  # noqa: S608  our own words
        f"UPDATE posts SET text = NULL, author = NULL, url = NULL WHERE rowid IN (SELECT rowid FROM {which})",  # noqa: S608
    )


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were dropped, or emptied in the case of texts; `unchecked` are texts beside those of `texts`."""

    texts: int
    posts: int
    ticks: int
    evidence: int
    unchecked: int = 0


def prune(
    db: Database,
    *,
    before_text: datetime | None,
    before_posts: datetime | None,
    before_ticks: datetime | None,
    before_evidence: datetime | None,
    before_unchecked: Mapping[str, datetime],
) -> Pruned:
    """Drop what is older than each time, a few rows a transaction, and give the pages back to the file system.

    With a text go the author, the link, which may name the author, and the fingerprint, which is made of the text.
    Unchecked is a post that was not held against its network at the age of `CHECK_AFTER` or later.
    """
    pruned = Pruned(
        texts=_in_steps(db, _drop_texts(_OLD), before_text),
        posts=_in_steps(db, (_DROP_POSTS,), before_posts),
        ticks=_in_steps(db, (_DROP_TICKS,), before_ticks),
        evidence=_in_steps(db, (_DROP_EVIDENCE,), before_evidence),
        unchecked=sum(
            _in_steps(db, _drop_texts(_UNCHECKED), before, packed(source))
            for source, before in before_unchecked.items()
        ),
    )
    _shrink(db)
    return pruned


def _in_steps(db: Database, statements: Sequence[str], before: datetime | None, *which: str | bytes) -> int:
    """Repeat the statements until the last of them finds no more rows; return how many it found."""
    if before is None:
        return 0
    bounds = (*which, moment(before), ROWS_AT_ONCE)
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
