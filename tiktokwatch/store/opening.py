"""Opening the file, and saying in one sentence why it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiktokwatch.errors import StoreError

SMALLEST_PAGE = 512

_SENTENCES = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close that one, or try again.",
    sqlite3.SQLITE_LOCKED: "is locked by another program; close that one, or try again.",
    sqlite3.SQLITE_PERM: "may not be used by this user.",
    sqlite3.SQLITE_READONLY: "is read-only for this user; make the file and its folder writable.",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error.",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a copy.",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; this user needs to read the file and to write to its folder.",
    sqlite3.SQLITE_NOTADB: "is not a database.",
}


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the file into a StoreError; errors that are ours, such as wrong SQL, pass."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        sentence = _SENTENCES.get(_code(error))
        if sentence is None:
            raise
        raise StoreError(f"{path} {sentence}") from error


def open_to_write(path: Path, *, create: bool, patience: float) -> sqlite3.Connection:
    """Connect to a file, which is made where it is missing if `create`; its contents are not looked at.

    `patience` is how many seconds a statement waits for other writers.
    """
    _look(path, missing_is_fine=create)
    mode = "rwc" if create else "rw"
    with refusing(path):
        return sqlite3.connect(f"{_uri(path)}?mode={mode}", uri=True, timeout=patience)


def open_to_read(path: Path, *, patience: float) -> sqlite3.Connection:
    """Connect to a file that somebody else may be writing.

    A reader of a WAL database shares an index with the writer, in a file beside it. Where that is missing and cannot
    be made, nobody is writing: the file is opened as it stands, and what is written later is not seen.
    """
    _look(path, missing_is_fine=False)
    with refusing(path):
        connection = sqlite3.connect(f"{_uri(path)}?mode=ro", uri=True, timeout=patience)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            beside = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not beside or not os.access(path, os.R_OK) or _has_log(path):
                raise
            return sqlite3.connect(f"{_uri(path)}?mode=ro&immutable=1", uri=True)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all reads of a block see the same moment."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _look(path: Path, *, missing_is_fine: bool) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        if not missing_is_fine:
            raise StoreError(
                f"{path} does not exist; `tiktokwatch run` makes it; without keys, try `tiktokwatch demo`."
            ) from None
        if not path.absolute().parent.is_dir():
            raise StoreError(f"{path} cannot be made: its folder does not exist.") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be opened ({error.strerror}).") from None
    else:
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(f"{path} is {'a folder' if stat.S_ISDIR(status.st_mode) else 'not a file'}.")
        # SQLite takes a file shorter than its smallest page for an empty one, and writes over it.
        if 0 < status.st_size < SMALLEST_PAGE:
            raise StoreError(f"{path} {_SENTENCES[sqlite3.SQLITE_NOTADB]}")


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 for an error of the Python module."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
