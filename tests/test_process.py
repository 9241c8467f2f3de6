"""The daemon as a process: real signals, a real kill, the lock, and what it says when it cannot run."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tests.virtual import publish
from tiktokwatch.errors import StoreError
from tiktokwatch.records import Outage, Transition
from tiktokwatch.store.reader import Reader

MINUTE = timedelta(minutes=1)


@pytest.fixture
def servers() -> Iterator[tuple[XServer, RedditServer]]:
    with XServer() as x, RedditServer() as reddit:
        reddit.remaining = 1e9
        start = datetime.now(UTC).replace(second=0, microsecond=0) - 300 * MINUTE
        publish(x, reddit, start=start, minutes=300, outage=(150, 200))
        yield x, reddit


@pytest.fixture
def config(servers: tuple[XServer, RedditServer], tmp_path: Path) -> Path:
    x, reddit = servers
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[x]
bearer_token = "{x.token}"
base_url = "{x.url}"
read = "search"
every = "1s"
look_back = "4h"
budget = {{ dollars_per_day = 1e6, dollars_per_month = 1e6, posts_per_day = 1000000, posts_per_month = 1000000 }}

[reddit]
client_id = "{reddit.client_id}"
client_secret = "{reddit.client_secret}"
base_url = "{reddit.url}"
oauth_url = "{reddit.url}"
every = "1s"
look_back = "4h"
""",
        encoding="utf-8",
    )
    return file


def command(config: Path, database: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tiktokwatch", "-c", str(config), "--db", str(database), *words]


@contextmanager
def started(config: Path, database: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command(config, database, "run"), stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_a_tick(database: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        # Until its first tick it is missing, then empty.
        with suppress(StoreError), Reader.open(database) as reader:
            if reader.settled() is not None:
                return
        time.sleep(0.1)
    pytest.fail("the daemon settled nothing within a minute")


def decided(database: Path) -> tuple[list[Outage], list[Transition]]:
    with Reader.open(database) as reader:
        return reader.outages(), reader.transitions()


def test_sigterm_ends_it_within_five_seconds_even_in_a_hanging_poll(
    servers: tuple[XServer, RedditServer], config: Path, tmp_path: Path
) -> None:
    database = tmp_path / "watch.db"
    with started(config, database) as process:
        wait_for_a_tick(database)
        servers[0].fail("slow", times=None)
        before = len(servers[0].requests)
        while len(servers[0].requests) == before:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=5)
    assert process.returncode == 0
    assert "Traceback" not in errors
    with Reader.open(database) as reader:
        assert [mark.fault for mark in reader.marks()] == ["", ""]


def test_killed_at_any_moment_it_goes_on_as_if_it_never_stopped(config: Path, tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.db", tmp_path / "whole.db"
    subprocess.run(command(config, whole, "run", "--once"), check=True, capture_output=True)
    dice = random.Random(7)
    for _ in range(4):
        with started(config, broken):
            time.sleep(dice.uniform(0.5, 3.5))
    subprocess.run(command(config, broken, "run", "--once"), check=True, capture_output=True)
    (outages, transitions), (expected, moves) = decided(broken), decided(whole)
    assert [(one.onset, one.signalled_at, one.ended_at) for one in outages] == [
        (one.onset, one.signalled_at, one.ended_at) for one in expected
    ]
    assert len(outages) == 1
    assert [(one.at, one.before, one.after) for one in transitions if one.before != "unknown"] == [
        (one.at, one.before, one.after) for one in moves if one.before != "unknown"
    ]


def test_a_second_writer_is_refused_in_one_sentence(config: Path, tmp_path: Path) -> None:
    database = tmp_path / "watch.db"
    with started(config, database) as process:
        wait_for_a_tick(database)
        second = subprocess.run(command(config, database, "run"), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        summary = subprocess.run(command(config, database, "summary"), capture_output=True, text=True, check=False)
        assert summary.returncode == 0
