"""The suite's own instrument: posts come as a scenario says, and count as its weeks of calm say they do."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import texts
from benchmarks.play import Play, Stage
from benchmarks.scenario import Background, Dead, Scenario, Talk, read, read_all
from benchmarks.twin import CORPUS, twin
from tiktokwatch.classify.corpus import read_corpus
from tiktokwatch.classify.fingerprint import fingerprint
from tiktokwatch.pipeline import Pipeline
from tiktokwatch.records import MINUTE, Bucket, Post, Tick
from tiktokwatch.trend.baseline import SeasonalBaseline

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
COMPLAINTS = Talk(
    "complaint", START + 60 * MINUTE, [[0, 0], [10, 1], [60, 1], [60.1, 0]], aspects={"feed": 3, "login": 1}
)


def scenario(*talk: Talk, hours: float = 3, **changes: object) -> Scenario:
    plain = Scenario(
        name="made/up",
        description="",
        group="cliff",
        dated=False,
        start=START,
        end=START + timedelta(hours=hours),
        peak=20.0,
        sources={"reddit": 1.0, "x": 4.0},
        background=Background(days=1),
        talk=talk,
        dead=(),
        outage=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def posts(stage: Stage) -> list[Post]:
    return read_off(stage.ticks())


def read_off(ticks: Sequence[Tick]) -> list[Post]:
    return [post for tick in ticks for batch in tick.batches for post in batch.posts]


def test_a_seed_makes_the_same_posts_and_another_seed_others() -> None:
    one, again, other = (posts(Stage(scenario(COMPLAINTS), seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_a_talk_follows_its_curve_and_splits_over_the_sources_as_they_are_loud() -> None:
    quiet = {"reddit": 0.0, "x": 0.0}
    loud = replace(COMPLAINTS, sources={"reddit": 1, "x": 4})
    made = posts(Stage(scenario(loud, sources=quiet), 1))
    assert len(made) == pytest.approx(20 * 55, rel=0.1)
    assert Counter(post.source for post in made)["x"] == pytest.approx(0.8 * len(made), rel=0.05)
    assert min(post.at for post in made) >= loud.start
    assert max(post.at for post in made) < loud.start + 61 * MINUTE
    climbing = sum(post.at < loud.start + 10 * MINUTE for post in made)
    assert climbing == pytest.approx(100, abs=35)


def test_batches_hold_their_own_minute_and_a_dead_source_leaves_gaps() -> None:
    dead = Dead("x", START + 30 * MINUTE, START + 90 * MINUTE)
    ticks = Stage(scenario(COMPLAINTS, dead=(dead,)), 1).ticks()
    assert len(ticks) == 180
    assert all(after.now - before.now == MINUTE for before, after in pairwise(ticks))
    assert all(b.since <= p.at < b.through for tick in ticks for b in tick.batches for p in b.posts)
    gaps = [gap for tick in ticks for gap in tick.gaps]
    assert (len(gaps), gaps[0].start, gaps[-1].end) == (60, dead.start, dead.end)
    assert not any(post.source == "x" and dead.start <= post.at < dead.end for post in read_off(ticks))


def test_people_differ_but_for_a_few_who_come_back() -> None:
    made = posts(Stage(scenario(COMPLAINTS), 3))
    assert 0.93 < len({post.author for post in made}) / len(made) < 1.0
    assert len({post.id for post in made}) == len(made)


def test_texts_come_from_the_validation_part_alone() -> None:
    held_out = {example.text for example in read_corpus(CORPUS) if example.held_out}
    made = posts(Stage(scenario(COMPLAINTS), 4))
    assert {(post.text.rpartition(texts.TAIL)[0] or post.text) for post in made} <= held_out


def test_long_texts_of_different_people_are_seldom_near_copies() -> None:
    dice, classifier = random.Random(5), texts.classifier()
    pool = texts.pool("complaint")
    seen: set[int] = set()
    copies = long = 0
    for verdict in classifier.classify([texts.draw(dice, pool) for _ in range(3000)]):
        long += bool(verdict.fingerprint)
        copies += not seen.isdisjoint(verdict.fingerprint)
        seen.update(verdict.fingerprint)
    assert long > 800
    assert copies < 0.2 * long


def test_a_text_is_judged_without_its_tail_and_told_from_its_copies_with_it() -> None:
    dice = random.Random(6)
    drawn = {texts.draw(dice, texts.pool("complaint")) for _ in range(300)}
    tailed = [text for text in drawn if texts.TAIL in text]
    plain = [text.rpartition(texts.TAIL)[0] for text in tailed]
    assert len(tailed) > 100
    judged = texts.classifier().classify(tailed)
    bare = [replace(one, fingerprint=()) for one in twin().classify(plain)]
    assert [replace(one, fingerprint=()) for one in judged] == bare
    told = {text: one.fingerprint for text, one in zip(tailed, judged, strict=True) if one.fingerprint}
    assert told
    assert told == {text: fingerprint(text) for text in told}


def test_a_link_is_judged_and_stands_before_the_tail() -> None:
    made = [texts.draw(random.Random(seed), texts.pool("talk"), link=True) for seed in range(40)]
    assert all("https://t.co/" in (text.rpartition(texts.TAIL)[0] or text) for text in made)


def test_the_calm_weeks_count_as_posts_would() -> None:
    calm = scenario(hours=24, sources={"x": 12.0}, background=Background(days=4, stray=0.0))
    stage = Stage(calm, 7)
    memory = stage.memory()
    buckets: list[Bucket] = []
    pipeline = Pipeline(
        classifier=texts.classifier(), detector=SeasonalBaseline(), collectors={"x": "x"}, memory=memory
    )
    for tick in stage.ticks():
        buckets.extend(pipeline.step(tick).buckets)
    for name in ("posts", "complaints", "memes", "policy", "elsewhere"):
        taught = sum(getattr(bucket, name) for bucket in memory.buckets) / 4
        assert sum(getattr(bucket, name) for bucket in buckets) == pytest.approx(taught, rel=0.2), name
    assert (memory.settled, memory.buckets[0].at) == (START, START - timedelta(days=4))
    named = sum((Counter(bucket.aspects) for bucket in memory.buckets), Counter())
    assert named["app"] > named["search"] > 0


def test_near_copies_share_a_fingerprint_and_come_from_few_accounts() -> None:
    spam = Talk(
        "complaint", START + 60 * MINUTE, [[0, 10], [40, 10]], 1 / 20, sources={"x": 1}, accounts=300, one_text=True
    )
    made = posts(Stage(scenario(spam, sources={"x": 0.0}), 8))
    verdicts = texts.classifier().classify([post.text for post in made])
    assert len(made) == pytest.approx(400, rel=0.15)
    assert 200 < len({post.author for post in made}) <= 300
    first = set(verdicts[0].fingerprint)
    assert first
    assert all(first & set(verdict.fingerprint) for verdict in verdicts)
    assert len({post.text for post in made}) > 50


def test_rates_follow_the_clock_of_the_place_over_a_change_of_clocks() -> None:
    spring = scenario(hours=1, start=datetime(2026, 3, 9, tzinfo=UTC), end=datetime(2026, 3, 9, 1, tzinfo=UTC))
    spring = replace(spring, sources={"x": 500.0}, background=Background(days=14, stray=0.0, weekend=1.0))
    buckets = Stage(spring, 1).memory().buckets
    by_day: dict[object, Counter[int]] = {}
    for bucket in buckets:
        by_day.setdefault(bucket.at.date(), Counter())[bucket.at.hour] += bucket.posts
    before, after = (by_day[datetime(2026, 3, day, tzinfo=UTC).date()] for day in (3, 9 - 1))
    assert before[1] == pytest.approx(max(before.values()), rel=0.02)
    assert before[9] / before[21] == pytest.approx(after[8] / after[20], rel=0.05)


def test_a_file_with_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "odd.toml"
    text = (Path(__file__).parent / "silent_joke_day.toml").read_text(encoding="utf-8")
    file.write_text(text + "\n[background]\nwingspan = 2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd.toml: unknown key 'wingspan'"):
        list(read(file))


def test_the_suite_holds_the_thirteen_dated_outages_at_two_volumes_and_twelve_silent_days() -> None:
    every = read_all()
    assert Counter(one.dated for one in every) == {True: 26, False: 12}
    assert {one.peak >= 60 for one in every if one.dated and one.name.endswith("/big")} == {True}
    assert {one.peak for one in every if one.dated and one.name.endswith("/small")} == {3}
    assert all(one.outage for one in every if one.dated)
    assert all(expected.verdict and expected.by and expected.onset for one in every for expected in one.outage)


def test_a_brief_play_is_shorter_and_expects_what_begins_within_it() -> None:
    brief = {one.name: one for one in read_all(brief=True)}
    whole = {one.name: one for one in read_all()}
    assert brief["silent_quiet_days/usual"].end < whole["silent_quiet_days/usual"].end
    assert all(one.outage[0].start < one.end for one in brief.values() if one.outage)


def test_a_play_gives_every_detector_the_same_posts() -> None:
    play = Play(scenario(COMPLAINTS), 1)
    first = play.watch("seasonal")
    play.watch("fixed")
    assert play.watch("seasonal") == first
