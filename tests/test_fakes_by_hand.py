"""The fakes as a person starts them: the configuration that they print works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.configs import stand_alone
from tiktokwatch.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def started(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start fakes, and yield the process with what it printed once it listens."""
    command = [sys.executable, "-m", "tests.fakes", *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process, "".join(iter(process.stdout.readline, "# end\n"))
        finally:
            process.kill()


def test_all_of_them_with_chatter_make_a_watch_without_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(tmp_path, monkeypatch)
    with started("all", "--chatter", "--per-minute", "0.5") as (process, printed):
        config = tmp_path / "fakes.toml"
        config.touch(mode=0o600)
        config.write_text(printed, encoding="utf-8")
        assert "four hours of chatter are there" in process.stderr.readline()
        common = ["-c", str(config), "--db", str(tmp_path / "watch.db")]
        result = CliRunner().invoke(cli, [*common, "doctor", "--json"])
        assert result.exit_code == 0, result.output
        assert {check["status"] for check in json.loads(result.stdout)["checks"]} == {"ok"}
        assert CliRunner().invoke(cli, [*common, "run", "--once"]).exit_code == 0
        summary = CliRunner().invoke(cli, [*common, "summary", "--json"])
    named = {source["source"] for source in json.loads(summary.stdout)["sources"]}
    assert named == {"x", "reddit", "bluesky", "hackernews", "mastodon"}


def test_what_is_typed_is_published() -> None:
    with started("hackernews") as (process, printed):
        assert "[hackernews]" in printed
        process.stdin.write("is tiktok down\n")
        process.stdin.flush()
        assert process.stderr.readline().startswith("hackernews: 4")
