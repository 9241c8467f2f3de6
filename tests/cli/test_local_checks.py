"""What `doctor` finds on this machine: the database, the watch, the disk, the model, the packages."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.configs import stand_alone
from tests.worlds import cut, pipeline, world
from tiktokwatch import daemon
from tiktokwatch.app import App
from tiktokwatch.cli import local_checks
from tiktokwatch.pipeline import run
from tiktokwatch.store.writer import Store


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    stand_alone(home, monkeypatch)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "watch.db"
    made = world(3)
    with Store.open(path) as store:
        run(pipeline(made), cut(made, 3, ticks=20), store.save)
    return path


def of_database(path: Path, *, now: datetime | None = None) -> list[tuple[str, str]]:
    at = now or datetime.now(UTC)
    return [
        (found.status, found.detail) for found in local_checks.database(path, now=at, stale_after=timedelta(hours=1))
    ]


def test_a_database_that_is_at_rest(database: Path) -> None:
    (status, detail), watch = of_database(database)
    assert (status, detail.split(", version ")[0]) == ("ok", str(database))
    assert detail.endswith(", writable")
    assert watch[0] == "off"
    assert watch[1].startswith("none is running on this database; the last turn was at ")


def test_a_watch_that_is_running_and_one_that_hangs(database: Path) -> None:
    with Store.open(database) as store:
        looked_at = store._read.looked_at()
    assert looked_at is not None
    with daemon.single_writer(database):
        alive = of_database(database, now=looked_at + timedelta(minutes=59))[1]
        hung = of_database(database, now=looked_at + timedelta(minutes=61))[1]
    assert alive[0] == "ok"
    assert hung[0] == "warn"
    assert alive[1].startswith("process ")
    assert of_database(database)[1][0] == "off"


def test_a_database_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_database(tmp_path / "deep" / "down" / "none.db") == [
        ("ok", f"{tmp_path}/deep/down/none.db is not there yet; `tiktokwatch run` makes it")
    ]
    assert not (tmp_path / "deep").exists()
    monkeypatch.setattr("os.access", lambda *_: False)
    ((status, detail),) = of_database(tmp_path / "deep" / "none.db")
    assert (status, detail) == ("fail", f"{tmp_path}/deep/none.db cannot be made: {tmp_path} is not writable")


def test_a_database_of_another_user(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    (status, detail), _ = of_database(database)
    assert status == "warn"
    assert detail.endswith(", read-only for this user")


def test_databases_that_cannot_be_used(database: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.db"
    junk.write_text("hello", encoding="utf-8")
    newer = sqlite3.connect(database)
    newer.execute("pragma user_version = 9999")
    newer.close()
    for path, words in ((junk, "is not a database"), (database, "newer tiktokwatch"), (tmp_path, "is a folder")):
        ((status, detail),) = of_database(path)
        assert status == "fail"
        assert words in detail


def test_a_database_of_an_older_version(database: Path) -> None:
    older = sqlite3.connect(database)
    older.execute("pragma user_version = 1")
    older.close()
    (status, detail), watch = of_database(database)
    assert status == "ok"
    assert ", version 1, brought up to " in detail
    assert watch == ("off", "none is running on this database")


@pytest.mark.parametrize(("free", "status"), [(5e9, "ok"), (0.5e9, "warn"), (0.05e9, "fail")])
def test_room_on_the_disk(tmp_path: Path, free: float, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - what shutil returns
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1e12, 0, int(free)))
    assert local_checks.disk(tmp_path / "deep" / "watch.db").status == status


def test_a_model_that_is_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = App.load(database=tmp_path / "watch.db")
    assert local_checks.model(app).status == "ok"
    monkeypatch.setattr("tiktokwatch.classify.artifact.default_dir", lambda: tmp_path)
    found = local_checks.model(app)
    assert found.status == "fail"
    assert "tiktokwatch train" in found.advice


def test_a_model_that_learned_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local_checks, "COMPLAINT", "good morning")
    assert local_checks.model(App.load(database=tmp_path / "watch.db")).status == "fail"


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_checks.packages(bluesky_is_wanted=True).status == "ok"
    monkeypatch.setattr(local_checks, "find_spec", lambda _: None)
    assert local_checks.packages(bluesky_is_wanted=False).status == "off"
    found = local_checks.packages(bluesky_is_wanted=True)
    assert found.status == "fail"
    assert "pip install 'tiktokwatch[bluesky]'" in found.advice
