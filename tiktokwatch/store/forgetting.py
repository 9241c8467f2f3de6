"""What is forgotten on request, or because its network no longer has it.

Text, author, link and fingerprint go at once and leave nothing to guess them by; the verdict and the counts stay, as
where a text is dropped with time. The row stays too, so that a collector that finds the post again adds nothing.

A post that still waits for its minute to be settled is counted all the same, after a restart as well: by a stand-in
in the place of its author, and of each hash of its fingerprint. Stand-ins are hashes with a key that is in no file and
ends with the process; they are dropped once the minute is settled. So posts forgotten in one run are still known to be
of one author, or copies of each other. What they had in common with a post that is kept is not known after a restart:
both may count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from sqlite3 import Row
from typing import TYPE_CHECKING

from tiktokwatch.records import Judged
from tiktokwatch.store.cells import listed, packed, unlisted, unpacked

if TYPE_CHECKING:
    from sqlite_utils import Database

_BY_ID = "SELECT id FROM posts WHERE id = ? AND source = coalesce(?, source) AND NOT forgotten"
_BY_AUTHOR = "SELECT id FROM posts WHERE author COLLATE NOCASE IN (?, ?) AND source = coalesce(?, source)"
_WAITING = """
SELECT source, author, fingerprint FROM posts JOIN verdicts ON post_id = id WHERE id = ? AND standing IS NULL
"""
_STAND_IN = "INSERT INTO stand_ins (post_id, author, fingerprint) VALUES (?, ?, ?)"
_FORGET_POST = "UPDATE posts SET text = NULL, author = NULL, url = NULL, forgotten = 1 WHERE id = ?"
_FORGET_WORDS = "UPDATE verdicts SET fingerprint = '[]' WHERE post_id = ?"


def forget(db: Database, who: Iterable[str], *, key: bytes, source: str | None = None) -> int:
    """Forget posts by their ids, and all posts of an "@author", in any source unless it is named; return how many.

    Names are compared without regard to case. The caller holds the transaction, and writes the log back after it.
    """
    ids = {cell: None for name in who for cell in _wanted(db, name, source)}
    for cell in ids:
        for row in db.execute(_WAITING, (cell,)).fetchall():
            db.conn.execute(_STAND_IN, (cell, *_stand_in(*row, key=key)))
    db.conn.executemany(_FORGET_WORDS, [(cell,) for cell in ids])
    db.conn.executemany(_FORGET_POST, [(cell,) for cell in ids])
    return len(ids)


def known(db: Database, who: Iterable[str], *, source: str | None = None) -> frozenset[str]:
    """Return those of `who` of which there is something to forget."""
    return frozenset(name for name in who if _wanted(db, name, source))


def disguised(judged: Judged, stand_in: Row) -> Judged:
    """Return a forgotten post with what it is counted by in the place of its author and its fingerprint."""
    return replace(
        judged,
        post=replace(judged.post, author=stand_in["author"]),
        verdict=replace(judged.verdict, fingerprint=tuple(unlisted(stand_in["fingerprint"]))),
    )


def write_back(db: Database, *, wait: bool) -> bool:
    """Write the log back and empty it, so that what was dropped is in no file; return False where others hold it.

    Without `wait`, nobody is waited for: a daemon must not stand still because somebody reads.
    """
    patience = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {patience if wait else 0}").fetchall()
    try:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}").fetchall()


def _wanted(db: Database, who: str, source: str | None) -> list[str | bytes]:
    where = None if source is None else packed(source)
    if who.startswith("@"):
        found = db.execute(_BY_AUTHOR, (packed(who), packed(who[1:]), where))
    else:
        found = db.execute(_BY_ID, (packed(who), where))
    return [cell for (cell,) in found.fetchall()]


def _stand_in(
    source: str | bytes, author: str | bytes | None, fingerprint: str | bytes, *, key: bytes
) -> tuple[str, str | bytes]:
    name = unpacked(author)
    pseudonym = f"~{_hashed(f'author of {unpacked(source)}: {name}', key):x}" if name else ""
    return pseudonym, listed([_hashed(f"words: {word}", key) for word in unlisted(fingerprint)])


def _hashed(what: str, key: bytes) -> int:
    digest = blake2b(what.encode(errors="surrogatepass"), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big")
