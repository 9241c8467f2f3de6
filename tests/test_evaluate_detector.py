"""`evaluate detector` on recordings of a user's own."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.worlds import START, ScriptedClassifier, cut, world
from tiktokwatch.app import App
from tiktokwatch.cli.main import cli
from tiktokwatch.collect.ticklines import encode
from tiktokwatch.records import MINUTE


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(App, "classifier", lambda _: ScriptedClassifier())
    made = world(3, rate=30.0)
    ticks = "".join(f"{encode(tick)}\n" for tick in cut(made, 3, ticks=60))
    (tmp_path / "march.jsonl").write_text(ticks, encoding="utf-8")


def evaluate(expected: str, *words: str) -> Result:
    Path("expected.toml").write_text(expected, encoding="utf-8")
    line = ["evaluate", "detector", "march.jsonl", "--expect", "expected.toml", *words]
    return CliRunner().invoke(cli, line, prog_name="tiktokwatch")


def outage(start: int, end: int, more: str = "") -> str:
    since, until = ((START + minute * MINUTE).isoformat() for minute in (start, end))
    return f"[[outage]]\nstart = {since}\nend = {until}\n{more}\n"


def begin() -> int:
    """Return the minute in which the outage of the recording is signalled."""
    found = json.loads(evaluate("", "--detector", "seasonal", "--json").stdout)
    [false] = found["detectors"][0]["false_alarms"]
    return int((datetime.fromisoformat(false["at"]) - START) / MINUTE)


def test_every_detector_has_its_line_and_what_it_said_of_each_outage() -> None:
    at = begin()
    result = evaluate(outage(at - 4, at + 40, 'verdict = "technical"'))
    assert result.exit_code == 0, result.output
    table = result.stdout.splitlines()
    assert [line.split()[0] for line in table[1:5]] == ["seasonal", "ewma", "mean-sd", "fixed"]
    assert table[1].split()[1:] == ["4", "4", table[1].split()[3], "1.00", "1.00", "0.00", table[1].split()[7], "0"]
    assert "after 4 min: technical" in result.stdout


def test_what_was_not_expected_is_a_false_alarm_and_what_was_not_signalled_is_missed() -> None:
    at = begin()
    result = evaluate(outage(5, 20), "--detector", "seasonal", "--json")
    [found] = json.loads(result.stdout)["detectors"]
    figures = found["figures"]
    assert (figures["precision"], figures["recall"], figures["false"]) == (0.0, 0.0, 1)
    assert figures["false_per_30_days"] > 100.0
    assert found["outages"][0]["signals"] == []
    assert len(found["faults"]) == 2
    assert f"{(START + at * MINUTE):%H:%M}" in found["faults"][1]


def test_the_detectors_can_be_chosen() -> None:
    found = json.loads(evaluate(outage(100, 110), "--detector", "fixed", "--detector", "ewma", "--json").stdout)
    assert [one["name"] for one in found["detectors"]] == ["fixed", "ewma"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[outage]\n", "not valid TOML"),
        ("[outages]\n", "[[outage]]"),
        ("[[outage]]\nstart = 2026-03-02T13:00:00Z\n", "outage 1: end should be a moment"),
        (outage(60, 50), "ends before it starts"),
        (outage(50, 60) + outage(60, 70, 'verdict = "bad"'), "outage 2: verdict should be one of technical"),
        (outage(50, 60, 'aspect = "sound"'), "aspect should be one of app"),
        (outage(50, 60, "cause = 1"), "should have start, end"),
        (outage(5000, 6000), "lies outside the recording"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(text: str, said: str) -> None:
    result = evaluate(text)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "expected.toml" in result.stderr
    assert said in result.stderr


def test_moments_without_an_offset_are_in_the_configured_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    at = begin()
    monkeypatch.setenv("TIKTOKWATCH_TIMEZONE", "Asia/Tokyo")
    local = [f"{START + (at + minutes) * MINUTE + 9 * 60 * MINUTE:%Y-%m-%dT%H:%M:00}" for minutes in (-4, 40)]
    result = evaluate(f"[[outage]]\nstart = {local[0]}\nend = {local[1]}\n", "--detector", "seasonal", "--json")
    assert json.loads(result.stdout)["detectors"][0]["figures"]["delay_median"] == 4.0


def test_its_help_has_examples() -> None:
    result = CliRunner().invoke(cli, ["evaluate", "detector", "--help"], prog_name="tiktokwatch")
    assert result.exit_code == 0
    assert "tiktokwatch evaluate detector" in result.stdout.split("Examples:")[1]
