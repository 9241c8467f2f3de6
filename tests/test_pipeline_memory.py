"""What a restart finds again, and what a reader can recompute from what was stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import log, log10

import pytest

from tests.worlds import START, Decisions, World, cut, down, pipeline, remember, world
from tiktokwatch.outage.account import span_of
from tiktokwatch.outage.evidence import Sensitivity
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, REMEMBERED, Batch, Bucket, Mark, Memory, Outage, Post, Step, Tick, Transition
from tiktokwatch.trend.baseline import SeasonalBaseline

HOUR = timedelta(hours=1)
ONE = World((), START, START, {"x": "x"})


def decide(made: World, ticks: list[Tick]) -> tuple[Decisions, list[Step]]:
    decisions, steps = Decisions(), []
    run(pipeline(made), ticks, decisions, steps.append)
    return decisions, steps


@pytest.mark.parametrize("seed", [3, 11])
def test_a_restart_at_every_tick_is_like_none(seed: int) -> None:
    made = down(down(world(seed), "x", start=70, minutes=25), "reddit", start=80, minutes=40)
    delivered = cut(made, seed, ticks=300)
    unbroken, _ = decide(made, delivered)
    assert {"outage", "unknown", "calm"} <= {each.after for each in unbroken.transitions}
    decisions, steps = Decisions(), []
    for tick in delivered:
        steps.append(pipeline(made, remember(steps)).step(tick))
        decisions(steps[-1])
    assert decisions == unbroken


def hourly(since: datetime, until: datetime, posts: tuple[Post, ...]) -> list[Tick]:
    ticks = []
    while since < until:
        here = tuple(post for post in posts if since <= post.at < since + HOUR)
        ticks.append(Tick(since + HOUR, (Batch("x", "x", since, since + HOUR, here),)))
        since += HOUR
    return ticks


def test_a_copy_does_not_become_an_original_by_a_restart() -> None:
    # The original is out of memory after a day, its copy is not yet, and a third one counts again.
    posts = tuple(
        Post(f"x:{minute}", "x", START + minute * MINUTE, f"u{minute}", "complaint #1")
        for minute in (5, 23 * 60, 24 * 60 + 50)
    )
    ticks = hourly(START, START + 26 * HOUR, posts)
    unbroken, _ = decide(ONE, ticks)
    assert list(unbroken.standings.values()) == ["counted", "copy", "counted"]
    decisions, steps = Decisions(), []
    for tick in ticks:
        steps.append(pipeline(ONE, remember(steps)).step(tick))
        decisions(steps[-1])
    assert decisions == unbroken


def test_a_restart_in_the_thirteenth_hour_of_an_outage_is_exact_after_weeks() -> None:
    begins = START - REMEMBERED
    minutes = REMEMBERED // MINUTE
    past = tuple(
        Bucket("x", begins + number * MINUTE, covered=True, complaints=int(number % (2 + number // 60 % 7) == 0))
        for number in range(minutes)
    )
    memory = Memory(settled=START, marks=(Mark("x", "x", since=begins, through=START, passed=START),), buckets=past)
    posts = tuple(
        Post(f"x:{minute}:{number}", "x", START + minute * MINUTE, f"u{minute}.{number}", "complaint")
        for minute in range(60, 15 * 60)
        for number in range(2 if minute < 14 * 60 else 0)
    )
    *ticks, last = hourly(START, START + 14 * HOUR, posts)
    unbroken, steps = pipeline(ONE, memory), []
    run(unbroken, ticks, steps.append)
    assert steps[-1].outages[0].state == "outage"
    remembered = remember(steps)
    assert remembered.settled is not None
    kept = tuple(bucket for bucket in past if bucket.at >= remembered.settled - REMEMBERED)
    again = pipeline(ONE, replace(remembered, buckets=(*kept, *remembered.buckets)))
    assert again.step(last) == unbroken.step(last)


def test_the_onset_is_the_same_after_a_restart_in_a_busy_hour() -> None:
    # What is busy can only be told from what is usual, and that must be remembered of each minute.
    posts = tuple(
        Post(f"x:{minute}:{number}", "x", START + minute * MINUTE, f"u{minute}.{number}", "complaint")
        for minute in range(1530)
        for number in range(2 if minute < 1496 else 9)
    )
    *ticks, last = hourly(START, START + 26 * HOUR, posts)
    _, steps = decide(ONE, ticks)
    unbroken, _ = decide(ONE, [*ticks, last])
    assert unbroken.outages[1].onset == START + 1496 * MINUTE
    assert pipeline(ONE, remember(steps)).step(last).outages[-1] == unbroken.outages[1]


def test_collectors_that_are_gone_are_not_waited_for() -> None:
    made = world(5, minutes=200)
    _, steps = decide(made, cut(made, 1, ticks=4)[:2])
    fewer = replace(made, collectors={"x": "x"})
    memory = remember(steps)
    through = next(mark.passed for mark in memory.marks if mark.collector == "x")
    assert through is not None
    step = pipeline(fewer, memory).step(Tick(through, (Batch("x", "x", through, through + HOUR),)))
    assert step.settled == (through + HOUR).replace(second=0, microsecond=0)


TOLD = re.compile(
    r"(?P<observed>\d+) people in (?P<window>\d+) min"
    r"(, (?P<mistaken>[\d.]+) of them perhaps mistaken,)? where (?P<expected>[\d.]+) are usual"
    r" \(surprise (?P<surprise>[\d.]+), threshold (?P<threshold>[\d.]+); (?P<sources>[^;]*);"
    r" beside them (?P<memes>\d+) jokes, (?P<policy>\d+) policy, (?P<recovery>\d+) recovery\)"
)


def relearned(buckets: list[Bucket], outages: Mapping[int, Outage], start: datetime) -> SeasonalBaseline:
    """Learn by hand what a watch of less than a day knew of calm when the minute at `start` was settled."""
    baseline = SeasonalBaseline()
    for bucket in buckets:
        due = bucket.at + 15 * MINUTE
        spans = [span_of(outage) for outage in outages.values() if outage.signalled_at <= due]
        spoiled = any(begin <= bucket.at and (end is None or bucket.at < end) for begin, end in spans)
        if bucket.covered and due < start and not spoiled:
            baseline.learn(bucket)
    return baseline


def check(transition: Transition, buckets: list[Bucket], outages: Mapping[int, Outage]) -> None:
    start = transition.at - MINUTE
    if transition.after == "unknown":
        assert transition.reason == "no source can be vouched for"
        assert not [bucket for bucket in buckets if bucket.at == start and bucket.covered]
        return
    told = TOLD.fullmatch(transition.reason)
    assert told is not None
    covered = {bucket.source for bucket in buckets if bucket.at == start and bucket.covered}
    oldest = transition.at - int(told["window"]) * MINUTE
    window = [
        bucket for bucket in buckets if bucket.covered and bucket.source in covered and oldest <= bucket.at <= start
    ]
    by_source = {source: [bucket for bucket in window if bucket.source == source] for source in sorted(covered)}
    about = dict(re.findall(r"(\w+) \d+ about (\w+)", told["sources"]))
    observed = {
        source: sum(bucket.aspects.get(about[source], 0) if source in about else bucket.complaints for bucket in own)
        for source, own in by_source.items()
    }
    assert int(told["observed"]) == sum(observed.values())
    assert told["sources"] == ", ".join(
        f"{source} {count}" + (f" about {about[source]}" if source in about else "")
        for source, count in observed.items()
    )
    for kind in ("memes", "policy", "recovery"):
        assert int(told[kind]) == sum(getattr(bucket, kind) for bucket in window)
    baseline = relearned(buckets, outages, start)
    scores = [baseline.score(source, own) for source, own in by_source.items()]
    assert {score.source: score.aspect for score in scores if score.aspect} == about
    assert told["expected"] == f"{sum(score.expected for score in scores):.1f}"
    mistaken = sum(score.mistaken for score in scores)
    assert told["mistaken"] == (f"{mistaken:.1f}" if mistaken >= 0.05 else None)
    surprises = sorted((score.surprise for score in scores), reverse=True)
    total = surprises[0] + min(2.0, sum(surprises[1:]))
    # Fisher: of two, the sum is reached more often than either by this factor.
    factor = 1.0 if len(scores) == 1 else 1.0 + total * log(10)
    assert told["surprise"] == f"{max(surprises[0], total - log10(factor)):.1f}"
    assert told["threshold"] == f"{Sensitivity().threshold:.1f}"


@pytest.mark.parametrize("seed", [2, 7, 8])
def test_the_reason_of_every_transition_can_be_recomputed(seed: int) -> None:
    made = down(down(world(seed), "x", start=40, minutes=30), "reddit", start=50, minutes=40)
    decisions, _ = decide(made, cut(made, seed, ticks=50))
    assert {each.after for each in decisions.transitions} >= {"calm", "pending", "outage", "unknown"}
    for transition in decisions.transitions:
        check(transition, decisions.buckets, decisions.outages)
