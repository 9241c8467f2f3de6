"""The benchmark's table and its list of faults, from boards made up by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from benchmarks.detection import dated, faults, table
from benchmarks.figure import delays_svg
from benchmarks.scenario import Background, Scenario
from tiktokwatch.outage.board import Board, Expected, hold
from tiktokwatch.records import MINUTE, Outage

START = datetime(2026, 3, 1, tzinfo=UTC)
EXPECTED = Expected(START + 60 * MINUTE, START + 120 * MINUTE, "technical")


def scenario(name: str, group: str, *, is_dated: bool = True) -> Scenario:
    end = START + timedelta(days=1)
    return Scenario(name, "", group, is_dated, START, end, 3.0, {}, Background(), (), (), (EXPECTED,))


def board(*after: int, verdict: str = "technical", expected: tuple[Expected, ...] = (EXPECTED,)) -> Board:
    found = [
        Outage(number, "app", "calm", verdict, START + minute * MINUTE, START + minute * MINUTE, reason="many")
        for number, minute in enumerate(after)
    ]
    return hold(found, expected, start=START, end=START + timedelta(days=1))


RUNS = [
    (scenario("one/big", "cliff"), 0, {"ours": board(64), "theirs": board()}),
    (scenario("one/big", "cliff"), 2, {"ours": board(66, 90), "theirs": board()}),
    (scenario("two/big", "slow burn"), 0, {"ours": board(80, verdict="policy"), "theirs": board(500)}),
    (scenario("two/big", "slow burn"), 2, {"ours": board(80), "theirs": board(61)}),
    (scenario("calm/usual", "quiet", is_dated=False), 0, {"ours": board(expected=()), "theirs": board(9, expected=())}),
]


def test_a_row_holds_the_figures_of_its_detector() -> None:
    title, ours, theirs = table(RUNS, ["ours", "theirs"])
    assert title.split()[:3] == ["detector", "precision", "recall"]
    assert ours.split()[:3] == ["ours", "1.000", "1.000"]
    assert theirs.split()[:3] == ["theirs", "0.333", "0.250"]
    assert "4 / 6" in ours
    assert "20 / 20" in ours
    assert [row.split()[-1] for row in (ours, theirs)] == ["0.000", "30.000"]


def test_a_dated_outage_is_right_if_it_is_right_with_every_seed() -> None:
    assert dated(RUNS, "ours") == ["ours: verdict right in 1 of 2 dated outages, big"]


def test_faults_are_counted_by_seed_and_repeats_are_named() -> None:
    assert faults(RUNS, "ours") == [
        "one/big: 0 of 2 seeds wrong",
        "    1 x One outage, 2 signals.",
        "two/big: 1 of 2 seeds wrong",
        "    1 x The verdict is policy, not technical.",
    ]
    assert "one/big: 2 of 2 seeds wrong" in faults(RUNS, "theirs")


def test_the_figure_has_a_dot_for_each_delay() -> None:
    delays = {"cliff": {"ours": [4 * MINUTE, 900 * MINUTE], "<b>": []}, "slow burn": {"ours": [0 * MINUTE]}}
    root = ET.fromstring(delays_svg(delays))  # noqa: S314  # our own
    assert len(root.findall("{*}circle")) == 3
    texts = [text.text for text in root.findall("{*}text")]
    assert {"cliff", "slow burn", "ours", "<b>"} <= set(texts)
