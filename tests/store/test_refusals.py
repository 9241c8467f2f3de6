"""A database that cannot be used is refused in one sentence that names the file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.store.steps import numbered
from tiktokwatch.errors import StoreError
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

NOBODY = 65534


def read(path: Path) -> Any:
    return Reader.open(path)


def write(path: Path) -> Any:
    return Store.open(path, patience=0.05)


def write_if_there(path: Path) -> Any:
    return Store.open(path, create=False, patience=0.05)


everybody = pytest.mark.parametrize("opening", [read, write, write_if_there])


def refused(opening: Callable[[Path], Any], path: Path, sentence: str) -> None:
    with pytest.raises(StoreError) as caught:
        opening(path)
    assert str(caught.value) == f"{path} {sentence}"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Take the rights of root away for a while; others have none to lose."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that the user "nobody" can reach, which pytest's own are not."""
    assert tmp_path
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        Path(name).chmod(0o755)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@pytest.fixture
def full(shared: Path) -> Path:
    path = shared / "watch.db"
    with Store.open(path) as store:
        store.save(numbered(0))
    return path


@pytest.mark.parametrize("opening", [read, write_if_there])
def test_missing(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    refused(opening, path, "does not exist; `tiktokwatch run` makes it; without keys, try `tiktokwatch demo`.")
    assert not path.exists()


def test_in_a_missing_folder(tmp_path: Path) -> None:
    refused(write, tmp_path / "nowhere" / "watch.db", "cannot be made: its folder does not exist.")


@everybody
def test_a_folder(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    refused(opening, tmp_path, "is a folder.")


@everybody
def test_below_a_file(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(opening, tmp_path / "file" / "watch.db", "cannot be opened (Not a directory).")


@everybody
def test_not_a_file(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(opening, tmp_path / "pipe", "is not a file.")


@everybody
@pytest.mark.parametrize("content", [b"x", b"id,text\n" * 1000])
def test_not_a_database(opening: Callable[[Path], Any], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "watch.db"
    path.write_bytes(content)
    refused(opening, path, "is not a database.")
    assert path.read_bytes() == content


@pytest.mark.parametrize("opening", [read, write_if_there])
def test_an_empty_file(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    path.touch()
    refused(opening, path, "is empty; `tiktokwatch run` fills it.")
    assert path.stat().st_size == 0


def test_an_empty_file_can_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    path.touch()
    write(path).close()
    read(path).close()


@everybody
@pytest.mark.parametrize(
    "sql", ["CREATE TABLE bookmarks (url TEXT)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"]
)
def test_a_database_of_another_program(opening: Callable[[Path], Any], tmp_path: Path, sql: str) -> None:
    path = tmp_path / "watch.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()
    content = path.read_bytes()
    refused(opening, path, "is a database of another program; name another file.")
    assert path.read_bytes() == content


@everybody
def test_a_damaged_database(opening: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    write(path).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    refused(opening, path, "is damaged; restore it from a copy.")


@pytest.mark.parametrize("opening", [write, write_if_there])
def test_locked_while_opening(opening: Callable[[Path], Any], full: Path) -> None:
    with closing(sqlite3.connect(full)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(opening, full, "is locked by another program; close that one, or try again.")


def test_locked_while_saving(full: Path) -> None:
    with write(full) as store, closing(sqlite3.connect(full)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(lambda _: store.save(numbered(1)), full, "is locked by another program; close that one, or try again.")
        other.rollback()
        store.save(numbered(1))
        assert len(list(store._read.ticks())) == 2


def test_a_disk_that_is_full_loses_the_tick_and_nothing_else(full: Path) -> None:
    with write(full) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        saved = 1
        with pytest.raises(StoreError, match=r"watch\.db cannot grow: the disk is full\."):  # noqa: PT012
            while saved < 1000:
                store.save(numbered(saved))
                saved += 1
        store._db.execute("PRAGMA max_page_count = 1073741823").fetchall()
        assert [tick.now for tick in store._read.ticks()] == [numbered(number).tick.now for number in range(saved)]
        assert store.memory().settled == numbered(saved - 1).settled
        store.save(numbered(saved))


@everybody
def test_a_file_that_others_may_not_read(opening: Callable[[Path], Any], full: Path) -> None:
    full.chmod(0)
    with as_nobody():
        refused(opening, full, "cannot be opened; this user needs to read the file and to write to its folder.")


@everybody
def test_a_folder_that_others_may_not_enter(opening: Callable[[Path], Any], full: Path) -> None:
    full.parent.chmod(0)
    with as_nobody():
        refused(opening, full, "cannot be opened (Permission denied).")


def test_a_read_only_file_is_not_for_writers(full: Path) -> None:
    full.chmod(0o444)
    full.parent.chmod(0o777)
    with as_nobody():
        refused(write, full, "is read-only for this user; make the file and its folder writable.")
        with read(full) as reader:
            assert len(list(reader.ticks())) == 1


def test_a_folder_that_others_may_not_write_to(full: Path) -> None:
    full.chmod(0o666)
    full.parent.chmod(0o555)
    with as_nobody():
        refused(write, full, "is read-only for this user; make the file and its folder writable.")
        refused(
            write,
            full.with_name("new.db"),
            "cannot be opened; this user needs to read the file and to write to its folder.",
        )


def test_a_reader_needs_no_writable_folder(full: Path) -> None:
    full.chmod(0o444)
    full.parent.chmod(0o555)
    with as_nobody(), read(full) as reader:
        assert list(reader.ticks()) == [numbered(0).tick]


def test_a_reader_without_rights_sees_what_a_writer_is_writing(full: Path) -> None:
    with write(full) as store:
        store.save(numbered(1))
        for file in full.parent.iterdir():
            file.chmod(0o444)
        full.parent.chmod(0o555)
        with as_nobody(), read(full) as reader:
            assert list(reader.ticks()) == [numbered(0).tick, numbered(1).tick]
            os.seteuid(os.getuid())
            store.save(numbered(2))
            assert len(list(reader.ticks())) == 3


def test_our_own_mistakes_are_not_blamed_on_the_file(full: Path) -> None:
    with read(full) as reader, pytest.raises(sqlite3.OperationalError, match="no such table"):
        list(reader._rows("SELECT * FROM nowhere"))


@pytest.mark.parametrize("name", ["a b?mode=memory#%41.db", "ünïcode.db", "'quoted'.db"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    with write(tmp_path / name) as store:
        store.save(numbered(0))
    with read(tmp_path / name) as reader:
        assert list(reader.ticks()) == [numbered(0).tick]
    assert {file.name.removesuffix("-wal").removesuffix("-shm") for file in tmp_path.iterdir()} == {name}


def test_closing_twice_is_fine(full: Path) -> None:
    for opened in (write(full), read(full)):
        opened.close()
        opened.close()
