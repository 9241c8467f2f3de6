"""`doctor` as a person meets it, against all five networks."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.configs import stand_alone
from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.jetstream import JetstreamServer
from tests.fakes.mastodon import MastodonServer
from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tiktokwatch import daemon
from tiktokwatch.cli.main import cli
from tiktokwatch.records import Expense
from tiktokwatch.store.writer import Store

SOURCES = ["x", "reddit", "bluesky", "hackernews", "mastodon"]
LOCAL = ["config", "database", "disk", "model", "packages"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(tmp_path, monkeypatch)


@pytest.fixture
def servers() -> Iterator[dict[str, Any]]:
    made = (XServer, RedditServer, JetstreamServer, HackerNewsServer, MastodonServer)
    with ExitStack() as stack:
        yield {name: stack.enter_context(kind()) for name, kind in zip(SOURCES, made, strict=True)}


def written(servers: dict[str, Any], *, more: str = "") -> Path:
    """Write a configuration for these servers; `more` stands in [x.budget]."""
    lines: list[str] = []
    for name, server in servers.items():
        lines += [f"[{name}]", f'hosts = ["{server.url}"]' if name == "bluesky" else f'base_url = "{server.url}"']
        if name == "x":
            lines.append(f'bearer_token = "{server.token}"\ntimeout = "5s"\n[x.budget]\n{more}')
        elif name == "reddit":
            lines.append(f'client_id = "{server.client_id}"\nclient_secret = "{server.client_secret}"')
            lines.append(f'oauth_url = "{server.url}"')
        else:
            lines.append("enabled = true")
    file = Path("config.toml")
    file.touch(mode=0o600)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def doctor(*words: str | Path, before: tuple[str | Path, ...] = ()) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in (*before, "doctor", *words)], prog_name="tiktokwatch")


def checks(result: Result) -> dict[str, dict[str, str]]:
    data = json.loads(result.stdout)
    assert set(data) == {"schema_version", "checks"}
    assert data["schema_version"] == 1
    assert all(list(check) == ["subject", "status", "detail", "advice"] for check in data["checks"])
    return {check["subject"]: check for check in data["checks"]}


def statuses(result: Result) -> dict[str, str]:
    return {subject: check["status"] for subject, check in checks(result).items()}


def test_all_is_well(servers: dict[str, Any]) -> None:
    written(servers)

    result = doctor("--json")

    assert result.exit_code == 0
    assert statuses(result) == dict.fromkeys([*LOCAL, "x", "x usage", "x budget", *SOURCES[1:]], "ok")
    assert list(checks(result)) == [*LOCAL, "x", "x usage", "x budget", *SOURCES[1:]]


def test_it_is_said_in_lines_with_a_mark_and_the_next_step(servers: dict[str, Any]) -> None:
    written(servers)

    lines = doctor().stdout.splitlines()

    assert lines[-1] == "All is well. Next: tiktokwatch run"
    heads = [line.split()[:2] for line in lines[:-2] if not line.startswith(" ")]
    assert heads == [["ok", subject] for subject in [*LOCAL, "x", "x", "x", *SOURCES[1:]]]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)


def test_what_is_wrong_is_said_with_what_to_do(servers: dict[str, Any]) -> None:
    written(servers)
    servers["x"].fail("401", times=None)
    servers["mastodon"].fail("429", times=None)

    result = doctor()

    assert result.exit_code == 1
    text = " ".join(result.stdout.split())
    assert "fail x 401, the bearer token was refused: check x.bearer_token" in text
    assert "fail mastodon 429, too many requests -> Wait 4" in text
    assert text.endswith("Failed: x, mastodon. Put that right from the top down, then again: tiktokwatch doctor")


def test_a_client_does_not_talk_in_between_unless_asked_to(servers: dict[str, Any]) -> None:
    written({"bluesky": servers["bluesky"]})
    servers["bluesky"].fail("403", times=None)
    script = "from tiktokwatch.cli.main import cli; cli({words}, prog_name='tiktokwatch')"
    for words, is_told in ((["doctor"], False), (["-v", "doctor"], True)):
        command = [sys.executable, "-c", script.format(words=words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert ("trying again" in done.stderr) == is_told


def test_only_what_is_set_up_is_asked(servers: dict[str, Any]) -> None:
    written({name: servers[name] for name in ("bluesky", "hackernews")})

    result = doctor("--json")

    assert result.exit_code == 0
    found = checks(result)
    assert [found[name]["status"] for name in SOURCES] == ["off", "off", "ok", "ok", "off"]
    assert found["x"]["detail"] == "not watched; to watch it, set x.bearer_token"
    assert found["reddit"]["detail"].endswith("set reddit.client_id and reddit.client_secret")
    assert found["mastodon"]["detail"].endswith("set mastodon.enabled = true")
    assert not servers["x"].requests + servers["reddit"].requests + servers["mastodon"].requests


def test_nothing_is_set_up() -> None:
    result = doctor()
    assert result.exit_code == 1
    assert "there is nothing to watch" in result.stdout
    assert "tiktokwatch init" in result.stdout
    assert "no file, only what the environment says" in result.stdout


@pytest.mark.parametrize("kind", ["", "400", "401", "403", "429", "html", "truncated", "close"])
def test_no_secret_is_ever_shown(servers: dict[str, Any], kind: str, caplog: pytest.LogCaptureFixture) -> None:
    servers["x"].token, servers["reddit"].client_id = "AAAA%2Bhush%3Dhush-1234", "an-id-to-hush"
    servers["x"].complaint = f"no such operator: {servers['x'].token}"
    written(servers)
    if kind:
        servers["x"].fail(kind, times=None)
        servers["reddit"].fail(kind, times=None)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tiktokwatch").setLevel(logging.DEBUG)

    said = "".join(
        result.output + str(result.exception) for result in (doctor(before=("-v",)), doctor("--json", before=("-v",)))
    )

    said += caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert len(said) > 1000
    x, reddit = servers["x"], servers["reddit"]
    secrets = (x.token, reddit.client_id, reddit.client_secret, *reddit.tokens)
    assert all("hush" in secret for secret in secrets)
    assert "hush" not in said
    assert servers["x"].requests
    assert servers["reddit"].requests


def test_a_faulty_configuration_is_told_as_everywhere(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[x]\nevry = "2m"\n', encoding="utf-8")
    result = doctor("--json")
    assert result.exit_code == 78
    assert result.stdout == ""
    assert "config.toml:2: x.evry: there is no such key" in result.stderr


def test_keys_that_others_can_read(servers: dict[str, Any]) -> None:
    file = written({"x": servers["x"]})
    file.chmod(0o644)
    found = checks(doctor("--json"))["config"]
    assert found["status"] == "warn"
    assert found["detail"].endswith("no fault found, but it holds x.bearer_token")
    assert "chmod 600" in found["advice"]


def test_the_process_of_the_watch_is_named_and_the_summary_is_next(servers: dict[str, Any], tmp_path: Path) -> None:
    database = tmp_path / "watch.db"
    Store.open(database).close()
    written({"hackernews": servers["hackernews"]})
    with daemon.single_writer(database):
        result = doctor(before=("--db", database))
    (pid,) = (database.parent / "watch.db.lock").read_text().split()
    assert f"process {pid} is running" in " ".join(result.stdout.split())
    assert result.stdout.splitlines()[-1].endswith("Next: tiktokwatch summary")


def test_what_was_spent_stands_beside_the_limits(servers: dict[str, Any], tmp_path: Path) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    path = tmp_path / "watch.db"
    with Store.open(path) as store:
        store.book(Expense("x", hour, "post", 150, 0.75))
    written({"x": servers["x"]})
    spent = checks(doctor("--json", before=("--db", path)))["x budget"]
    assert (spent["status"], spent["detail"]) == ("ok", "$0.75 of $5.00 spent today, $0.75 of $60.00 this month")
    with Store.open(path) as store:
        store.book(Expense("x", hour, "post", 850, 4.25))
    spent = checks(doctor("--json", before=("--db", path)))["x budget"]
    assert spent["status"] == "warn"
    assert spent["advice"] == "x.budget.dollars_per_day is used up: raise it, or wait for the next UTC day."


def test_a_budget_that_calm_days_do_not_fit_into(servers: dict[str, Any]) -> None:
    written({"x": servers["x"]}, more="dollars_per_month = 40")
    spent = checks(doctor("--json"))["x budget"]
    assert spent["status"] == "warn"
    assert "raise x.budget.dollars_per_month to 43.40 (it is 40.00)" in spent["advice"]


def test_ctrl_c_ends_it_at_once(servers: dict[str, Any]) -> None:
    written({"x": servers["x"]})
    servers["x"].fail("slow", times=None)
    # Started in the background of a script, a process ignores the signal unless it says otherwise.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from tiktokwatch.cli.main import cli; cli(['doctor'], prog_name='tiktokwatch')"
    )
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not servers["x"].requests and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=4)
    assert process.returncode == 1
    assert b"Traceback" not in errors
    assert b"database" in out


def test_an_output_that_speaks_ascii_alone_gets_ascii(servers: dict[str, Any]) -> None:
    home = Path("häuser")
    home.mkdir()
    written({"hackernews": servers["hackernews"]}).rename(home / "config.toml")
    command = [sys.executable, "-m", "tiktokwatch", "-c", str(home / "config.toml"), "doctor"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii", "HOME": str(home)}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"hauser" in done.stdout


def test_a_proxy_or_a_firewall_in_between() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        Path("config.toml").write_text(f'[hackernews]\nenabled = true\nbase_url = "{url}"\n', encoding="utf-8")
        found = checks(doctor("--json"))["hackernews"]
    assert found["detail"] == "no connection could be made"
    assert found["advice"].endswith("check the network from here: name resolution, firewall, proxy.")
