"""Whose file it is, and how it grows from one version to the next.

A file is ours by its `application_id`; its `user_version` is the number of scripts that made it what it is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from tiktokwatch.errors import StoreError
from tiktokwatch.store.scripts import SCRIPTS

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x54546B77  # "TTkw"
MIGRATION_SET = "tiktokwatch"

VERSION = len(SCRIPTS)


def migrations() -> Migrations:
    """Return the scripts as migrations; each leaves its number in `user_version`."""
    from sqlite_utils import Migrations  # noqa: PLC0415  readers do without it

    result = Migrations(MIGRATION_SET)
    for number, (name, script) in enumerate(SCRIPTS.items(), start=1):

        def migrate(db: Database, /, *, number: int = number, script: str = script) -> None:
            db.executescript(script)
            db.execute(f"PRAGMA user_version = {number}")

        result(name=name)(migrate)
    return result


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a file, 0 for an empty one.

    Raises StoreError where the file belongs to another program or to a newer tiktokwatch.
    """
    owner = _figure(connection, "PRAGMA application_id")
    version = _figure(connection, "PRAGMA user_version")
    if owner != APPLICATION_ID:
        if owner or version or _figure(connection, "SELECT count(*) FROM sqlite_master"):
            raise StoreError(f"{path} is a database of another program; name another file.")
        return 0
    if version > VERSION or _names(connection) - SCRIPTS.keys():
        raise StoreError(f"{path} was written by a newer tiktokwatch; upgrade this one to use it.")
    return version


def _figure(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def _names(connection: sqlite3.Connection) -> set[str]:
    if not _figure(connection, "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"):
        return set()
    applied = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (MIGRATION_SET,))
    return {name for (name,) in applied}
