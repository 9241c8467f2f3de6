from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.steps import MINUTE, SECOND, START, numbered
from tiktokwatch.errors import StoreError
from tiktokwatch.store import schema
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store


@contextmanager
def inside(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def dump(path: Path) -> list[str]:
    with inside(path) as connection:
        return list(connection.iterdump())


def figure(path: Path, sql: str) -> object:
    with inside(path) as connection:
        return connection.execute(sql).fetchone()[0]


def test_a_new_file_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    Store.open(path).close()
    assert figure(path, "PRAGMA application_id") == schema.APPLICATION_ID
    assert figure(path, "PRAGMA user_version") == schema.VERSION
    assert figure(path, "PRAGMA journal_mode") == "wal"
    assert figure(path, "PRAGMA auto_vacuum") == 2
    assert figure(path, "PRAGMA integrity_check") == "ok"


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with Store.open(path) as store:
        store.save(numbered(0))
    before = dump(path)
    for _ in range(2):
        Store.open(path, create=False).close()
    assert dump(path) == before


def test_every_earlier_version_comes_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = tmp_path / "newest.db"
    Store.open(newest).close()
    for version in range(1, schema.VERSION + 1):
        path = tmp_path / f"{version}.db"
        with monkeypatch.context() as earlier:
            earlier.setattr(schema, "SCRIPTS", dict(list(schema.SCRIPTS.items())[:version]))
            earlier.setattr(schema, "VERSION", version)
            Store.open(path).close()
        Store.open(path).close()
        assert figure(path, "PRAGMA user_version") == schema.VERSION
        assert [line for line in dump(path) if "CREATE" in line] == [line for line in dump(newest) if "CREATE" in line]


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """Return a file of the first release: three minutes, one of them without texts, a forgotten post, two that wait."""
    path = tmp_path / "watch.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    return path


def test_a_file_of_the_first_release_loses_nothing(version_1: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"watch\.db was written by an older tiktokwatch; start the daemon"):
        Reader.open(version_1)
    newest = tmp_path / "newest.db"
    Store.open(newest).close()
    with Store.open(version_1, create=False) as store:
        memory = store.memory()
        assert store.forget("reddit:w1") == 1
    assert [line for line in dump(version_1) if "CREATE" in line] == [line for line in dump(newest) if "CREATE" in line]
    assert figure(version_1, "PRAGMA integrity_check") == "ok"
    assert memory.settled == START + 3 * MINUTE
    assert memory.counts == ()
    waiting = [judged.post for judged in memory.recent if judged.standing is None]
    assert [post.text for post in waiting] == ["down", "it won't load; \0 is why"]
    with Reader.open(version_1) as reader:
        assert len(list(reader.ticks())) == 4
        assert list(reader.ticks())[2] == numbered(2).tick
        assert reader.buckets() == [bucket for number in range(3) for bucket in numbered(number).buckets]
        assert [score.unread for evidence in reader.evidence() for score in evidence.scores] == [0] * 6
        assert len(reader.judged()) == 10
        assert [each.post.id for each in reader.judged() if each.post.text] == [
            "x:1-0", "x:1-2", "x:2-0", "x:2-1", "x:2-2", "reddit:w0"
        ]  # fmt: skip
        assert reader.posts_to_check(source="x", written_before=START + 2 * MINUTE, limit=9) == ["x:1-0", "x:1-2"]


def test_what_the_first_release_forgot_stays_forgotten(version_1: Path) -> None:
    with Store.open(version_1) as store:
        store.save(replace(numbered(1), transitions=()))
        assert store._read.post("x:1-1") is None
        assert [judged.post.id for judged in store.memory().recent if judged.post.id.startswith("x:1")] == [
            "x:1-0",
            "x:1-2",
        ]
        assert store.prune(before_unchecked={"x": START + MINUTE + SECOND}).unchecked == 1


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    later = schema.SCRIPTS | {"notes": "ALTER TABLE outages ADD COLUMN remark TEXT NOT NULL DEFAULT '';"}
    monkeypatch.setattr(schema, "SCRIPTS", later)
    monkeypatch.setattr(schema, "VERSION", len(later))


@pytest.fixture
def now(tmp_path: Path) -> Path:
    path = tmp_path / "watch.db"
    with Store.open(path) as store:
        store.save(numbered(0))
    return path


def test_a_next_version_keeps_what_is_there(now: Path, next_version: None) -> None:
    assert next_version is None
    with pytest.raises(StoreError, match=r"watch\.db was written by an older tiktokwatch; start the daemon"):
        Reader.open(now)
    with Store.open(now) as store:
        store.save(numbered(1))
    with Reader.open(now) as reader:
        assert [tick.now for tick in reader.ticks()] == [numbered(0).tick.now, numbered(1).tick.now]
    assert figure(now, "SELECT remark FROM outages") == ""


def test_a_script_that_fails_leaves_the_file_as_it_was(now: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(now)
    broken = schema.SCRIPTS | {"broken": "CREATE TABLE half (a TEXT); INSERT INTO nowhere VALUES (1);"}
    with monkeypatch.context() as later:
        later.setattr(schema, "SCRIPTS", broken)
        later.setattr(schema, "VERSION", len(broken))
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            Store.open(now)
    assert dump(now) == before
    Store.open(now).close()


@pytest.mark.parametrize(
    "newer",
    [
        f"PRAGMA user_version = {schema.VERSION + 1}",
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('tiktokwatch', 'of later days', '')",
    ],
)
def test_a_newer_file_is_refused_and_left_alone(now: Path, newer: str) -> None:
    with inside(now) as connection:
        connection.execute(newer)
    before = dump(now)
    for opening in (Store.open, Reader.open):
        with pytest.raises(StoreError, match=r"watch\.db was written by a newer tiktokwatch; upgrade"):
            opening(now)
    assert dump(now) == before


def test_a_first_run_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with inside(path) as connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    with pytest.raises(StoreError, match="is empty"):
        Reader.open(path)
    with Store.open(path) as store:
        store.save(numbered(0))
    with Reader.open(path) as reader:
        assert list(reader.ticks()) == [numbered(0).tick]
