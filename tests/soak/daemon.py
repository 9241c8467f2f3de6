"""The daemon as a process of its own, and what it holds while it runs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from tests.soak.gauge import Gauge
from tests.soak.stage import Networks
from tiktokwatch.errors import StoreError
from tiktokwatch.store.reader import Reader

CONFIG = """
[x]
bearer_token = "{x.token}"
base_url = "{x.url}"
read = "{read}"
every = "2s"
official_every = "20s"
timeout = "3s"
budget = {{ dollars_per_day = 1000, dollars_per_month = 9000, posts_per_day = 100000, posts_per_month = 900000 }}

[reddit]
client_id = "{reddit.client_id}"
client_secret = "{reddit.client_secret}"
base_url = "{reddit.url}"
oauth_url = "{reddit.url}"
every = "2s"
search_every = "20s"
timeout = "3s"

[bluesky]
enabled = true
hosts = ["{bluesky.url}"]
every = "2s"

[hackernews]
enabled = true
base_url = "{hackernews.url}"
every = "3s"
lag = "10s"
timeout = "3s"

[detection]
patience = "150s"
"""


def configured(servers: Networks, file: Path, *, read: str = "stream") -> Path:
    file.write_text(CONFIG.format(**servers.by_source, read=read), encoding="utf-8")
    return file


class Daemon:
    """A running `tiktokwatch run`."""

    def __init__(self, config: Path, database: Path) -> None:
        words = [sys.executable, "-m", "tiktokwatch", "-v", "-c", str(config), "--db", str(database), "run"]
        self.log = database.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stderr=log)
        self.gauge = Gauge(self.process.pid)
        self._over = Event()
        self._watcher = Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._over.wait(1):
            self.gauge.read()

    def kill(self) -> None:
        self._over.set()
        self._watcher.join()
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """End it as a supervisor would, and return its exit code."""
        self._over.set()
        self._watcher.join()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=5)


@contextmanager
def daemon(config: Path, database: Path) -> Iterator[Daemon]:
    running = Daemon(config, database)
    try:
        until_it_looked(database)
        yield running
    finally:
        running.kill()


def until_it_looked(database: Path) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        # Until its first tick it is missing, then empty.
        with suppress(StoreError), Reader.open(database) as reader:
            if reader.settled() is not None:
                return
        time.sleep(0.1)
    raise AssertionError("the daemon settled nothing within a minute")
