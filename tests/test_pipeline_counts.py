"""A source that counts more than anybody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from tests.watches import Watch, at, crowd, post, tick
from tiktokwatch.records import Batch, Count, Post, Tick

WEEK = 7 * 24 * 60


def counted(start: int, end: int, volume: Callable[[int], int], posts: Iterable[Post] = ()) -> Tick:
    """Make a tick whose counts are given by the minute, and whose posts are a sample of them."""
    counts = tuple(Count("x", at(minute), volume(minute)) for minute in range(start, end))
    batch = Batch("x", "x", at(start), at(end), tuple(posts), counts=counts)
    return Tick(at(end) + timedelta(seconds=7), (batch,))


def calm(_minute: int) -> int:
    return 6


def mixed(minute: int, complaints: int, others: int) -> list[Post]:
    return [*crowd(minute, complaints), *crowd(minute, others, "chatter")]


def a_week(volume: Callable[[int], int] = calm) -> Watch:
    watch = Watch()
    watch.take(counted(0, WEEK, volume))
    return watch


def test_one_request_of_counts_is_a_usable_baseline() -> None:
    watch = a_week(lambda minute: 2 + minute % 1440 // 144)
    assert watch.states() == ["calm"]
    morning, evening = (watch.pipeline._detector.expected("x", at(WEEK + minute)) for minute in (72, 1368))
    assert 3.5 * morning < evening < 7 * morning
    watch.take(counted(WEEK, WEEK + 10, lambda _: 80, mixed(WEEK + 4, 15, 5)))
    assert "outage" in watch.states()


def test_a_surge_of_counts_that_nobody_read_is_no_signal() -> None:
    watch = a_week()
    watch.take(counted(WEEK, WEEK + 60, lambda _: 400))
    assert watch.states() == ["calm"]


def test_a_surge_of_other_talk_is_no_signal() -> None:
    watch = a_week()
    watch.take(counted(WEEK, WEEK + 60, lambda _: 400, [p for m in range(WEEK, WEEK + 60, 5) for p in mixed(m, 1, 19)]))
    assert watch.states() == ["calm"]


def test_a_sample_of_calm_posts_is_no_signal() -> None:
    watch = a_week()
    for start in range(WEEK, WEEK + 1440, 60):
        watch.take(counted(start, start + 60, calm, mixed(start + 7, 1, 9)))
    assert watch.states() == ["calm"]


def test_the_sample_turns_counts_into_complaints_with_its_uncertainty() -> None:
    watch = a_week()
    watch.take(counted(WEEK, WEEK + 10, lambda _: 60, mixed(WEEK + 9, 16, 4)))
    evidence = watch.evidence(WEEK + 9)
    (score,) = evidence.scores
    assert score.read == 20
    assert 16 + score.unread * 0.4 < score.observed < 16 + score.unread * 0.8
    said = f"x {score.observed} at least, by 20 of {20 + score.unread} posts"
    assert said in watch.decisions.transitions[-1].reason


def test_an_outage_of_last_week_does_not_hide_that_of_today() -> None:
    spoilt = a_week(lambda minute: 120 if 180 <= minute < 300 else 6)
    clean = a_week()
    spoilt_usual, clean_usual = (watch.pipeline._detector.expected("x", at(WEEK + 240)) for watch in (spoilt, clean))
    assert spoilt_usual < 2.0 * clean_usual


def test_the_larger_of_two_counts_stands() -> None:
    watch = Watch()
    first = counted(0, 5, lambda _: 9)
    second = replace(first.batches[0], counts=tuple(Count("x", at(minute), 7) for minute in range(5)))
    watch.take(Tick(first.now, (*first.batches, second)))
    assert [bucket.volume for bucket in watch.decisions.buckets] == [9] * 5


def test_the_peak_of_an_outage_counts_those_who_were_not_read() -> None:
    watch = a_week()
    watch.take(counted(WEEK, WEEK + 30, lambda _: 60, [p for m in range(WEEK, WEEK + 30, 2) for p in mixed(m, 8, 2)]))
    (outage,) = watch.decisions.outages.values()
    assert 35 <= outage.peak_per_minute <= 55
    assert outage.complaints < 150


def test_the_word_of_official_accounts_is_kept_and_never_counted() -> None:
    watch = Watch()
    official = [replace(post(minute, "complaint", author="TikTokSupport"), kind="official") for minute in range(20)]
    step = watch.take(tick(0, 30, official))
    assert {judged.standing for judged in step.judged} == {"official"}
    assert not any(bucket.posts or bucket.complaints or bucket.chatter for bucket in watch.decisions.buckets)
    assert watch.take(tick(30, 31, official)).judged == ()


def test_attention_rises_with_what_waits() -> None:
    watch = Watch(sources=("reddit", "x"))
    watch.take(tick(0, 120, crowd(60, 1), sources=("reddit", "x")))
    before = watch.pipeline.attention
    watch.take(tick(120, 124, [p for m in range(120, 124) for p in crowd(m, 8, source="reddit")], sources=("reddit",)))
    assert watch.decisions.evidence[-1].at == at(120)
    assert before < 0.3
    assert watch.pipeline.attention > 1.0
