"""No secret is ever shown, logged or stored, whatever servers send back."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import praw
import pytest
import requests
import tweepy
import websockets
from click.testing import CliRunner

from tests.configs import stand_alone
from tests.fakes.x_stream import RULES, STREAM, StreamRoutes
from tests.soak.checks import in_files
from tests.soak.daemon import configured
from tests.soak.echo import ECHOES, echo
from tests.soak.stage import HOUR, Networks, networks
from tiktokwatch.app import App
from tiktokwatch.cli.main import cli
from tiktokwatch.daemon import SystemClock
from tiktokwatch.store.reader import Reader

LOGIN = "/api/v1/access_token"
COMMANDS = (
    ("summary",),
    ("summary", "--json"),
    ("export",),
    ("config", "show"),
    ("doctor",),
    ("doctor", "--json"),
)
LIBRARIES = (praw, requests, tweepy, websockets)
PLACES = {"everywhere": (), "behind the door": (LOGIN, RULES)}


@dataclass
class Secrets:
    """Secrets that nothing else looks like, in all forms in which they are sent."""

    servers: Networks
    listener: Listener

    @property
    def words(self) -> list[str]:
        reddit = self.servers.reddit
        basic = f"{reddit.client_id}:{reddit.client_secret}"
        handed_out = "reddit-token-hush"
        return [
            self.servers.x.token,
            reddit.client_id,
            reddit.client_secret,
            base64.b64encode(basic.encode()).decode(),
            handed_out,
        ]

    def shown_in(self, text: str) -> list[str]:
        return [word for word in self.words if word in text]


class Listener(logging.Handler):
    """Hears what any logger says, tracebacks included."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)r %(pathname)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def all_ears() -> Iterator[Listener]:
    """Let every logger of every library say all that it can."""
    listener, root = Listener(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in sorted(logging.root.manager.loggerDict))]
    before = [logger.level for logger in loggers]
    root.addHandler(listener)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield listener
    finally:
        root.removeHandler(listener)
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    stand_alone(tmp_path, monkeypatch)
    assert all(LIBRARIES)
    with networks() as servers, all_ears() as listener:
        servers.x.token = "AAAAxbearer5513hush"
        servers.reddit.client_id = "Rclientid7741hush"
        servers.reddit.client_secret = "Rclientsecret9902hush"
        yield Secrets(servers, listener)


def run_until(app: App, condition: Callable[[], bool]) -> None:
    """Watch until a condition holds, or for a few seconds."""
    clock = SystemClock()

    def stop() -> None:
        give_up = time.monotonic() + 3
        while not condition() and time.monotonic() < give_up:
            time.sleep(0.02)
        clock.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    app.watch(clock=clock)
    stopper.join()


def tried_all(secrets: Secrets, *, read: str, place: str) -> Callable[[], bool]:
    x, reddit = secrets.servers.x, secrets.servers.reddit
    last_of_x = {"counts": "/2/tweets/counts/recent", "search": "/2/tweets/search/recent"}.get(read, RULES)
    goal = STREAM if read == "stream" and place != "everywhere" else last_of_x

    def are_asked() -> bool:
        asked = {request.path for request in (*x.requests, *reddit.requests)}
        return goal in asked and LOGIN in asked and bool(secrets.servers.hackernews.requests)

    return are_asked


def outputs(*commands: tuple[str, ...], database: Path) -> str:
    said = []
    for words in commands:
        result = CliRunner().invoke(cli, ["-v", "-c", "config.toml", "--db", str(database), *words])
        said.append(f"{result.output} {result.exception!r}")
    return "\n".join(said)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("read", ["counts", "search", "stream"])
@pytest.mark.parametrize("kind", ECHOES)
def test_what_is_thrown_back_is_not_repeated(
    secrets: Secrets, tmp_path: Path, kind: str, read: str, place: str
) -> None:
    routes = StreamRoutes(secrets.servers.x)
    file, database = tmp_path / "config.toml", tmp_path / "watch.db"
    configured(secrets.servers, file, read=read)
    for server in (secrets.servers.x, secrets.servers.reddit, secrets.servers.hackernews):
        echo(server.web, kind, honest=PLACES[place])
    run_until(App.load(file=file, database=database), tried_all(secrets, read=read, place=place))
    sums = outputs(*COMMANDS, database=database)
    assert secrets.shown_in("\n".join(secrets.listener.lines)) == []
    assert secrets.shown_in(sums) == []
    assert in_files(database, secrets.words) == set()
    assert len(secrets.listener.lines) > 5
    assert routes.open == 0


@pytest.mark.parametrize("read", ["counts", "search", "stream"])
def test_a_watch_that_goes_well_repeats_none_either(secrets: Secrets, tmp_path: Path, read: str) -> None:
    routes = StreamRoutes(secrets.servers.x)
    file, database = configured(secrets.servers, tmp_path / "config.toml", read=read), tmp_path / "watch.db"
    secrets.servers.chatter(datetime.now(UTC) - HOUR, 60)
    run_until(App.load(file=file, database=database), tried_all(secrets, read=read, place="behind the door"))
    said = outputs(*COMMANDS, database=database)
    with Reader.open(database) as reader:
        assert {judged.post.source for judged in reader.judged()} >= {"x", "reddit"}
    assert secrets.shown_in("\n".join([*secrets.listener.lines, said])) == []
    assert in_files(database, secrets.words) == set()
    assert "tiktok" in said
    assert routes.open == 0


def test_credentials_of_systemd_are_shown_by_no_process(secrets: Secrets, tmp_path: Path) -> None:
    servers, folder, database = secrets.servers, tmp_path / "credentials", tmp_path / "watch.db"
    folder.mkdir()
    kept = {
        "x.bearer_token": servers.x.token,
        "reddit.client_id": servers.reddit.client_id,
        "reddit.client_secret": servers.reddit.client_secret,
    }
    for name, value in kept.items():
        (folder / name).write_text(value + "\n", encoding="utf-8")
    file = configured(servers, tmp_path / "config.toml", read="search")
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line for line in lines if not any(value in line for value in kept.values())))
    said = ""
    for words in (("run", "--once"), ("config", "show"), ("doctor",), ("export",)):
        command = [sys.executable, "-m", "tiktokwatch", "-v", "-c", str(file), "--db", str(database), *words]
        environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(folder)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        said += done.stdout + done.stderr
    # They were used, too.
    assert servers.x.web.answered["/2/tweets/search/recent"] > 0
    assert servers.reddit.web.answered[LOGIN] > 0
    assert secrets.shown_in(said) == []
    assert in_files(database, secrets.words) == set()
