"""`config check` and `init`: what will be watched, and what it will cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.configs import stand_alone
from tiktokwatch.cli import configure
from tiktokwatch.cli.costs import estimate, misfit
from tiktokwatch.cli.main import cli
from tiktokwatch.config import load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(tmp_path, monkeypatch)


def checked(text: str = "") -> list[str]:
    Path("config.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["config", "check"], prog_name="tiktokwatch")
    assert result.exit_code == 0, result.output
    assert "hush" not in result.output
    return result.stdout.splitlines()


def test_a_line_for_each_source() -> None:
    lines = checked('[reddit]\nclient_id = "hush"\nclient_secret = "hush"\n[mastodon]\nenabled = true')
    assert lines[:6] == [
        "config.toml: no fault found.",
        "x           will not be watched: set x.bearer_token",
        "reddit      will be watched",
        "bluesky     will not be watched: set bluesky.enabled = true",
        "hackernews  will not be watched: set hackernews.enabled = true",
        "mastodon    will be watched",
    ]
    assert len(lines) == 7
    assert lines[6].startswith("database    ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "",
            "about $1.40 on a calm day by counts (240 requests, 40 posts), at most $5.00 a day and $60.00 a month",
        ),
        (
            'calm_every = "12m"\nsample_every = "1d"\n[x.prices]\nrequest = 0.01',
            "about $1.25 on a calm day by counts (120 requests, 10 posts), at most $5.00 a day and $60.00 a month",
        ),
        (
            'read = "search"',
            (
                "each post read costs $0.005, and how many there will be nobody can say; at most $5.00 a day and"
                " $60.00 a month"
            ),
        ),
        (
            'read = "stream"\n[x.budget]\nposts_per_day = 100\nposts_per_month = 1000',
            (
                "each post read costs $0.005, and how many there will be nobody can say; at most $0.50 a day and"
                " $5.00 a month"
            ),
        ),
    ],
)
def test_what_x_is_going_to_cost(text: str, words: str) -> None:
    lines = checked(f'[x]\nbearer_token = "hush"\n{text}')
    assert lines[1] == "x           will be watched"
    assert lines[-1] == f"x: {words}"


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ("", ""),
        ("dollars_per_day = 1.4\ndollars_per_month = 43.4\nposts_per_day = 40\nposts_per_month = 1240", ""),
        ("dollars_per_day = 1.0", "raise x.budget.dollars_per_day to 1.40 (it is 1.00), or lengthen x.calm_every"),
        (
            "dollars_per_month = 43.39",
            "raise x.budget.dollars_per_month to 43.40 (it is 43.39), or lengthen x.calm_every",
        ),
        ("posts_per_day = 39", "raise x.budget.posts_per_day to 40 (it is 39), or lengthen x.sample_every"),
        (
            "dollars_per_day = 0\nposts_per_month = 0",
            (
                "raise x.budget.dollars_per_day to 1.40 (it is 0.00) and x.budget.posts_per_month to 1240 (it is 0),"
                " or lengthen x.calm_every and x.sample_every"
            ),
        ),
    ],
)
def test_calm_days_that_do_not_fit_into_the_budget(budget: str, words: str) -> None:
    lines = checked(f'[x]\nbearer_token = "hush"\n[x.budget]\n{budget}')
    warnings = [line for line in lines if line.startswith("warning: ")]
    assert warnings == ([f"warning: calm days of X do not fit into its budget: {words}"] if words else [])


def test_what_is_read_whole_has_no_calm_day() -> None:
    Path("config.toml").write_text('[x]\nread = "search"\n[x.budget]\ndollars_per_day = 0', encoding="utf-8")
    config = load().config
    assert misfit(config) == ""
    assert "at most $0.00 a day" in estimate(config)


def test_bluesky_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configure, "find_spec", lambda _: None)
    warning = "warning: bluesky needs the package websockets: pip install 'tiktokwatch[bluesky]'"
    assert checked("[bluesky]\nenabled = true")[-1] == warning
    assert warning not in checked("")


def test_init_says_what_runs_without_keys_and_what_is_next() -> None:
    result = CliRunner().invoke(cli, ["init"], prog_name="tiktokwatch")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("Wrote config.toml. As it stands it watches Bluesky and Hacker News")
    assert second == "Next: tiktokwatch doctor && tiktokwatch run"
    assert load().config.bluesky.enabled


@pytest.mark.parametrize("is_there", [True, False])
def test_init_writes_what_runs_here(monkeypatch: pytest.MonkeyPatch, *, is_there: bool) -> None:
    monkeypatch.setattr(configure, "find_spec", lambda _: object() if is_there else None)
    result = CliRunner().invoke(cli, ["init", "new.toml"], prog_name="tiktokwatch")
    written = load(Path("new.toml")).config
    assert written.bluesky.enabled is is_there
    assert written.hackernews.enabled
    assert ("tiktokwatch[bluesky]" in result.stdout) is not is_there
