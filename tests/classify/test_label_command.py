from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import time
from math import log
from pathlib import Path
from typing import Any

import pytest

from tests.classify.judged_posts import database, tiktokwatch
from tiktokwatch.classify.corpus import read_examples
from tiktokwatch.classify.linear import load

TEXTS = [
    "is tiktok down",
    "tiktok keeps logging me out",
    "back now i think",
    "@somebody tiktok https://t.co/abc \x1b[2J being weird",
    "the court will decide on tiktok",
    "soup",
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def watch(tmp_path: Path) -> Path:
    return database(tmp_path, TEXTS)


def log_odds(chance: float) -> float:
    return log(chance / (1 - chance))


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_labels_are_written_as_the_corpus_has_them(watch: Path, tmp_path: Path) -> None:
    result = tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="cm\n\nt\ns\np\nq\n")
    assert result.exit_code == 0, result.output
    made = rows(tmp_path / "own.jsonl")
    assert [row["labels"] for row in made] == [["complaint", "meme"], [], [], ["policy"]]
    assert "4 posts labelled: tiktokwatch train --extra own.jsonl" in result.stdout
    assert (tmp_path / "own.jsonl").stat().st_mode & 0o777 == 0o600
    examples = read_examples(tmp_path / "own.jsonl")
    assert examples[0].labels["complaint"] is True
    assert made[0]["about_tiktok"] is True


def test_it_says_first_where_labels_stay_and_why(watch: Path, tmp_path: Path) -> None:
    result = tiktokwatch("--db", watch, "label", typed="\nq\n")
    first = result.stdout.splitlines()[0]
    file = tmp_path / "state" / "tiktokwatch" / "labelled.jsonl"
    assert all(part in first for part in (str(file), "your own model", "X and Reddit forbid training", "train --extra"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(rows(file)) == 1


def test_the_least_sure_comes_first(watch: Path) -> None:
    classifier = load()
    scores = {text: verdict.policy for text, verdict in zip(TEXTS, classifier.classify(TEXTS), strict=True)}
    threshold = classifier.thresholds["policy"]
    nearest = min(scores, key=lambda text: abs(log_odds(scores[text]) - log_odds(threshold)))
    shown = tiktokwatch("--db", watch, "label", "--label", "policy", "--limit", "1", typed="q\n").stdout
    assert "[1/1] x, en" in shown
    assert f"policy {scores[nearest]:.2f} (from {threshold:.2f})" in shown


def test_what_is_shown_and_written_holds_no_escape_no_author_and_no_link(watch: Path) -> None:
    result = tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="\n" * 6)
    written = Path("own.jsonl").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 6
    assert "\x1b" not in result.output
    for text in (written, result.output):
        assert not any(word in text for word in ("somebody", "author", "t.co/abc", "x.com/"))
    assert "@user tiktok https://link" in written


def test_what_is_labelled_is_not_asked_again(watch: Path) -> None:
    assert tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="\n" * 4 + "q\n").exit_code == 0
    assert "[1/2]" in tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="\n\n").stdout
    assert "nothing to label" in tiktokwatch("--db", watch, "label", "--out", "own.jsonl").stdout
    assert len({row["text"] for row in rows(Path("own.jsonl"))}) == len(TEXTS)


def test_undo_takes_back_the_last_answer_alone(watch: Path) -> None:
    Path("own.jsonl").write_text('{"text": "mine", "labels": [], "about_tiktok": true}', encoding="utf-8")
    result = tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="c\nm\nu\np\ns\nu\nr\nu\nu\nu\nu\nq\n")
    assert result.exit_code == 0, result.output
    assert [row["text"] for row in rows(Path("own.jsonl"))] == ["mine"]
    assert "nothing to undo" in result.stdout
    assert "0 posts labelled" in result.stdout
    tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="c\nm\nu\np\nq\n")
    assert [row["labels"] for row in rows(Path("own.jsonl"))] == [[], ["complaint"], ["policy"]]


def test_a_label_can_be_taken_back_and_a_complaint_is_about_tiktok(watch: Path) -> None:
    tiktokwatch("--db", watch, "label", "--out", "own.jsonl", typed="cmc\nctm\n" + "tt" * 2 + "c\nq\n")
    made = rows(Path("own.jsonl"))
    assert [row["labels"] for row in made] == [["meme"], ["meme"], ["complaint"]]
    assert [row["about_tiktok"] for row in made][1:] == [False, True]


def test_an_unknown_key_shows_the_keys_and_changes_nothing(watch: Path) -> None:
    result = tiktokwatch("--db", watch, "label", "--out", "own.jsonl", "--limit", "1", typed="?\n")
    assert result.stdout.count("Enter saves") == 2
    assert rows(Path("own.jsonl"))[0]["labels"] == []


def test_what_cannot_be_used_is_told_in_one_sentence(watch: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    (tmp_path / "file").touch()
    for words, said in (
        (["--db", tmp_path / "none.db", "label"], "none.db"),
        (["--db", watch, "label", "--out", "bad.jsonl"], "bad.jsonl:1"),
        (["--db", watch, "label", "--out", "file/own.jsonl"], "file/own.jsonl"),
        (["--db", watch, "label", "--model", tmp_path], "There is no model"),
    ):
        result = tiktokwatch(*words, typed="q\n")
        assert result.exit_code == 1, result.output
        assert said in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def press(terminal: int, key: bytes) -> None:
    """Press a key once the command waits for one; what is typed before that, the terminal forgets."""
    until = time.monotonic() + 60
    while termios.tcgetattr(terminal)[3] & termios.ICANON and time.monotonic() < until:
        time.sleep(0.01)
    os.write(terminal, key)


def test_single_keys_at_a_terminal(watch: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tiktokwatch", "--db", str(watch), "label", "--out", "own.jsonl"]
    file = tmp_path / "own.jsonl"
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout
        answers = (line.strip() for line in process.stdout if line.startswith("  > "))
        try:
            assert "none of the labels" in next(answers)
            for key, answer in ((b"c", "complaint"), (b"m", "meme"), (b"\r", "none"), (b"s", "none"), (b"p", "policy")):
                press(ours, key)
                assert answer in next(answers)
            # Each answer is on disk before the next key: nothing is lost to whatever ends the command.
            assert [row["labels"] for row in rows(file)] == [["complaint", "meme"]]
            press(ours, b"\r")
            next(answers)
            press(ours, b"\x03")
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)
    assert [row["labels"] for row in rows(file)] == [["complaint", "meme"], ["policy"]]
