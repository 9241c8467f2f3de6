from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from tests.classify.judged_posts import database, other, tiktokwatch
from tiktokwatch.classify.linear import load
from tiktokwatch.store.writer import Store

TEXT = "tiktok wont load in Ohio \x1b[31m since this morning"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def refused(result: Result, *parts: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert all(part in result.stderr for part in parts), result.stderr


def test_a_post_is_explained_by_its_id(tmp_path: Path) -> None:
    path = database(tmp_path, ["soup", TEXT])
    shown = tiktokwatch("--db", path, "explain", "x:1")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("x:1\t")
    assert all(part in shown.stdout for part in ("Ohio", "wont load", "in the count   counted"))
    assert "judged otherwise" not in shown.stdout
    assert "\x1b" not in shown.stdout
    data = json.loads(tiktokwatch("--db", path, "explain", "x:1", "--json").stdout)
    assert data["id"] == "x:1"
    assert data["stored"]["standing"] == "counted"
    assert data["stored"]["scores"] == data["scores"]


def test_a_verdict_of_then_stands_beside_that_of_today(tmp_path: Path) -> None:
    [now] = load().classify([TEXT])
    path = database(tmp_path, [TEXT], stored=other(now), standing="copy")
    shown = tiktokwatch("--db", path, "explain", "x:0").stdout
    assert "in the count   copy" in shown
    assert "judged otherwise" in shown
    assert "policy" in next(line for line in shown.splitlines() if line.startswith("then"))
    data = json.loads(tiktokwatch("--db", path, "explain", "x:0", "--json").stdout)
    assert data["labels"] == list(now.labels)
    assert data["stored"]["labels"] == ["policy"]


def test_a_text_has_nothing_stored_and_needs_no_database() -> None:
    for text in ("tiktok wont load", "x:1 ", "https://x.com/a/status/1", "lol:("):
        result = tiktokwatch("explain", text, "--json")
        assert result.exit_code == 0, result.output
        assert "stored" not in json.loads(result.stdout)


@pytest.mark.parametrize("post_id", ["x:999", "reddit:t3_1abc", "bluesky:did:plc:ab-c/3k_d"])
def test_an_id_that_is_not_there(tmp_path: Path, post_id: str) -> None:
    refused(tiktokwatch("--db", database(tmp_path, ["soup"]), "explain", post_id), post_id, "--db", "watch.db")


def test_a_post_that_was_forgotten_or_whose_text_was_dropped(tmp_path: Path) -> None:
    path = database(tmp_path, [TEXT, ""])
    refused(tiktokwatch("--db", path, "explain", "x:1"), "x:1", "retention.text", "tiktokwatch explain 'TEXT'")
    with Store.open(path) as store:
        store.forget("x:0")
    refused(tiktokwatch("--db", path, "explain", "x:0"), "forgotten")


def test_an_id_without_a_database(tmp_path: Path) -> None:
    refused(tiktokwatch("--db", tmp_path / "none.db", "explain", "x:1"), "none.db")
