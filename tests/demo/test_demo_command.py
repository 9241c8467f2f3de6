"""The first command that anybody runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tiktokwatch.cli.main import cli
from tiktokwatch.demo.expected import differences
from tiktokwatch.records import Outage

FOUND = Outage(
    id=1,
    aspect="app",
    state="calm",
    verdict="technical",
    onset=datetime(2026, 3, 4, 18, 6, tzinfo=UTC),
    signalled_at=datetime(2026, 3, 4, 18, 9, tzinfo=UTC),
    ended_at=datetime(2026, 3, 4, 20, 50, tzinfo=UTC),
    aspects={"app": 600, "feed": 400, "login": 300, "counts": 9},
)


def test_it_finds_the_outage_and_none_of_the_decoys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["demo"], prog_name="tiktokwatch")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "Found just the outage that the recording holds" in result.stdout
    assert "Thu 5 Mar 00:00 UTC" in result.stdout
    assert "There was an outage" in (tmp_path / "demo-out" / "digest.html").read_text(encoding="utf-8")
    assert "outage" in (tmp_path / "demo-out" / "digest.md").read_text(encoding="utf-8")


def test_what_it_found_is_held_against_what_the_recording_holds() -> None:
    assert differences([FOUND]) == []
    assert differences([]) == ["1 outage expected, 0 found (none)."]
    assert len(differences([FOUND, replace(FOUND, id=2)])) == 1
    wrong = replace(
        FOUND, onset=FOUND.onset - timedelta(hours=1), ended_at=None, verdict="policy", aspects={"feed": 9, "live": 8}
    )
    assert len(differences([wrong])) == 4
