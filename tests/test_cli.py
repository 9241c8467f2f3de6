"""The command line as a person meets it: help, output, and one sentence where something is wrong."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result

from tests.worlds import cut, pipeline, world
from tiktokwatch.cli.main import COMMANDS, cli
from tiktokwatch.pipeline import run
from tiktokwatch.store.writer import Store

STATES = {"calm", "pending", "outage", "recovering", "unknown"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "watch.db"
    made = world(3)
    with Store.open(path) as store:
        run(pipeline(made), cut(made, 3, ticks=20), store.save)
    return path


def tiktokwatch(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="tiktokwatch")


def refused(result: Result, *parts: str, code: int = 1) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert all(part in result.stderr for part in parts), result.stderr


BELOW = [("config", "check"), ("config", "show"), ("evaluate", "classifier")]


@pytest.mark.parametrize("words", [*((name,) for name in COMMANDS), *BELOW], ids=" ".join)
def test_every_command_has_help_with_examples(words: tuple[str, ...]) -> None:
    result = tiktokwatch(*words, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f" {' '.join(words)}" in result.stdout.split("Examples:")[1]


def test_the_lines_of_the_lazy_help_are_the_commands_own_first_lines() -> None:
    shown = tiktokwatch("--help").stdout
    for _, line in COMMANDS.values():
        assert line in shown


def test_json_is_all_there_is_on_stdout(database: Path) -> None:
    for words in (["summary", "--json"], ["outages", "--since", "520w", "--json"], ["outages", "1", "--json"]):
        result = tiktokwatch("--db", database, *words)
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["schema_version"] == 1
        assert result.stderr == ""


def test_outages_have_the_fields_that_are_promised(database: Path) -> None:
    (outage,) = json.loads(tiktokwatch("--db", database, "outages", "--since", "520w", "--json").stdout)["outages"]
    assert " ".join(outage) == (
        "id aspect state verdict onset signalled_at recovering_at ended_at complaints authors peak_per_minute"
        " usual_per_minute sources aspects places reason official"
    )
    assert outage["state"] in STATES
    assert outage["onset"] < outage["signalled_at"] < outage["recovering_at"] < outage["ended_at"]
    assert outage["onset"].endswith("Z")


def test_a_summary_of_old_data_is_unknown(database: Path) -> None:
    assert json.loads(tiktokwatch("--db", database, "summary", "--json").stdout)["state"] == "unknown"
    assert "UNKNOWN" in tiktokwatch("--db", database, "summary").stdout


@pytest.mark.parametrize("form", ["text", "md", "html", "json"])
def test_a_digest_of_a_day(database: Path, tmp_path: Path, form: str) -> None:
    words = ["--db", database, "digest", "--date", "2026-03-02", "--format", form]
    with time_machine.travel("2026-03-05T08:00:00Z", tick=False):
        printed = tiktokwatch(*words)
        assert tiktokwatch(*words, "--out", tmp_path / "digest").exit_code == 0
    assert printed.exit_code == 0
    assert "outage" in printed.stdout
    assert (tmp_path / "digest").read_text(encoding="utf-8").strip() == printed.stdout.strip()


def test_a_database_that_cannot_be_read_is_told_in_one_sentence(database: Path, tmp_path: Path) -> None:
    junk, foreign = tmp_path / "junk.db", tmp_path / "foreign.db"
    junk.write_text("hello", encoding="utf-8")
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table t (a)")
    connection.close()
    newer = sqlite3.connect(database)
    newer.execute("pragma user_version = 9999")
    newer.close()
    for command in ("summary", "outages", "digest"):
        refused(tiktokwatch("--db", tmp_path / "none.db", command), "none.db")
        refused(tiktokwatch("--db", junk, command), "junk.db")
        refused(tiktokwatch("--db", foreign, command), "foreign.db", "another program")
        refused(tiktokwatch("--db", database, command), "watch.db", "newer")
        refused(tiktokwatch("--db", tmp_path, command), str(tmp_path))


def test_an_outage_that_is_not_there(database: Path) -> None:
    refused(tiktokwatch("--db", database, "outages", "77"), "77")


def test_three_faults_in_a_configuration_are_named_with_file_line_and_near_match(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[x]\nevry = "2m"\nbearer_token = "hush-hush"\n\n[detection]\npatience = "soon"\n[redit]\n')
    for command in (["run"], ["config", "check"], ["config", "show"], ["summary"]):
        result = tiktokwatch("-c", file, *command)
        assert result.exit_code == 78
        lines = result.stderr.strip().splitlines()
        assert [line.split(": ")[0] for line in lines] == [f"{file}:{number}" for number in (2, 6, 7)]
        assert 'x.evry: there is no such key; did you mean "every"?' in lines[0]
        assert "detection.patience" in lines[1]
        assert 'redit: there is no such key; did you mean "reddit"?' in lines[2]
        assert "hush" not in result.output


def test_run_without_a_source_says_what_to_set() -> None:
    refused(tiktokwatch("run"), "x.bearer_token", "tiktokwatch init", code=78)


def test_a_named_configuration_that_is_not_there() -> None:
    for words in (["summary"], ["config", "show"], ["config", "check"]):
        refused(tiktokwatch("-c", "none.toml", *words), "none.toml", "tiktokwatch init", code=78)


def test_init_writes_once_for_its_owner_alone(tmp_path: Path) -> None:
    assert tiktokwatch("init").exit_code == 0
    file = tmp_path / "config.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert tiktokwatch("config", "check").exit_code == 0
    file.write_text("[x]\n", encoding="utf-8")
    refused(tiktokwatch("init"), "config.toml")
    assert file.read_text(encoding="utf-8") == "[x]\n"


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKWATCH_X__BEARER_TOKEN", "hush-hush")
    shown = tiktokwatch("config", "show").output
    assert "hush" not in shown
    assert 'x.bearer_token = "********"  # TIKTOKWATCH_X__BEARER_TOKEN' in shown


def test_replay_of_what_is_no_recording(tmp_path: Path) -> None:
    refused(tiktokwatch("replay", "none.jsonl"), "none.jsonl")
    (tmp_path / "page.html").write_text("<html></html>", encoding="utf-8")
    refused(tiktokwatch("replay", "page.html"), "page.html")


def test_replay_reports_bad_lines_and_goes_on(tmp_path: Path) -> None:
    tweet = {"id": "1849", "author_id": "5", "created_at": "2026-03-02T12:00:00.000Z", "text": "is tiktok down"}
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps(tweet) + '\n{"data": [{"id": \n' + json.dumps(tweet) + "\n", encoding="utf-8")
    result = tiktokwatch("replay", "--json", file)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["posts"] == {"read": 2, "kept": 1, "duplicate": 1, "bad": 1}
    assert data["from"] == data["to"] == "2026-03-02T12:00:00Z"
    assert data["outages"] == []
    assert result.stderr.startswith(f"{file}:2: ")


def test_an_empty_recording_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    result = tiktokwatch("replay", "--json", "empty.jsonl")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["from"] is None


def test_export_and_replay_into_a_database_give_the_same_outages(database: Path, tmp_path: Path) -> None:
    assert tiktokwatch("--db", database, "export", "--out", tmp_path / "export.jsonl").exit_code == 0
    copy = tmp_path / "deep" / "copy.db"
    assert tiktokwatch("replay", "--db", copy, tmp_path / "export.jsonl").exit_code == 0
    again = tiktokwatch("replay", "--db", copy, "--json", tmp_path / "export.jsonl")
    assert json.loads(again.stdout)["posts"]["kept"] == 0


def test_forget_takes_the_words_and_leaves_the_counts(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        (author,) = connection.execute("select author from posts where text like 'complaint%'").fetchone()
    connection.close()
    assert "forgotten" in tiktokwatch("--db", database, "forget", f"@{author}").stdout
    assert tiktokwatch("--db", database, "forget", f"@{author}").stdout == "0 posts forgotten.\n"
    refused(tiktokwatch("--db", "none.db", "forget", "@a"), "none.db")


def test_text_for_a_pipe_has_no_colour_and_no_escape(database: Path) -> None:
    for words in (["summary"], ["outages", "1"], ["digest", "--date", "2026-03-02"]):
        assert "\x1b" not in tiktokwatch("--db", database, *words).stdout
