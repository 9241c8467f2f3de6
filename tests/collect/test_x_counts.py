from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.x_counts_stage import NOON, Stage, figures, held, staged
from tests.fakes.x import COUNTS
from tiktokwatch.collect.x_counts import calm_day, calm_day_cost
from tiktokwatch.records import MINUTE

WEEK = timedelta(days=7)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def test_every_minute_that_is_vouched_for_has_its_count(stage: Stage) -> None:
    stage.publish(7, ago=600)
    stage.publish(30, ago=180)

    batch = stage.poll()

    assert (batch.since, batch.through, batch.note) == (NOON - timedelta(hours=2), NOON - MINUTE, "")
    assert sorted(figures(batch)) == [NOON - MINUTE * back for back in range(120, 1, -1)]
    assert {at: posts for at, posts in figures(batch).items() if posts} == {
        NOON - MINUTE * 10: 7,
        NOON - MINUTE * 3: 30,
    }


def test_it_asks_as_x_wants_to_be_asked(stage: Stage) -> None:
    stage.poll(query="tiktok (down OR broken)")

    (counts, search) = stage.server.requests
    assert counts.params == {
        "query": "tiktok (down OR broken)",
        "granularity": "minute",
        "start_time": "2026-09-20T10:00:00Z",
        "end_time": "2026-09-20T11:59:00Z",
    }
    assert (search.params["query"], search.params["max_results"]) == ("tiktok (down OR broken)", "10")
    assert search.params["end_time"] == "2026-09-20T11:59:00Z"


def test_a_week_is_one_request_and_one_batch(stage: Stage) -> None:
    stage.since = NOON - WEEK + 2 * MINUTE
    stage.publish(300, ago=6.9 * 86400, over=6.8 * 86400)

    batch = stage.poll()

    assert (batch.since, batch.through, batch.note) == (NOON - WEEK + 2 * MINUTE, NOON - MINUTE, "")
    assert len(batch.counts) == 7 * 1440 - 3
    assert sum(figures(batch).values()) == 300
    assert stage.asked() == (1, 1)


def test_more_than_a_week_is_not_vouched_for(stage: Stage) -> None:
    stage.since = NOON - timedelta(days=9)

    batch = stage.poll()

    assert batch.since == NOON - WEEK + 2 * MINUTE
    assert batch.note == "x: X counts seven days back only"
    assert min(figures(batch)) == batch.since


def test_pages_of_counts_are_put_together(stage: Stage) -> None:
    stage.server.page_of_counts = timedelta(minutes=50)
    stage.publish(40, ago=7000, over=6900)

    batch = stage.poll()

    assert stage.server.asked(COUNTS) == 3
    assert len(batch.counts) == 119
    assert sum(figures(batch).values()) == 40


def test_either_spelling_is_understood(stage: Stage) -> None:
    stage.server.word = "post"
    stage.publish(5, ago=600)

    assert sum(figures(stage.poll()).values()) == 5


def test_a_minute_begun_before_since_is_counted_whole(stage: Stage) -> None:
    stage.since = NOON - timedelta(minutes=9, seconds=20)
    stage.publish(6, ago=600)

    batch = stage.poll()

    assert batch.since == NOON - timedelta(minutes=9, seconds=20)
    assert figures(batch)[NOON - MINUTE * 10] == 6


def test_in_calm_it_counts_every_six_minutes_and_in_between_it_costs_nothing(stage: Stage) -> None:
    stage.poll()
    before = stage.since
    for _ in range(5):
        batch = stage.later()
        assert (batch.since, batch.through, batch.posts, batch.counts) == (before, before, (), ())

    batch = stage.later()

    assert stage.asked()[0] == 2
    assert (batch.since, batch.through) == (before, before + 6 * MINUTE)
    assert sorted(figures(batch)) == [before + MINUTE * number for number in range(6)]


def test_in_calm_a_trickle_is_read_every_six_hours(stage: Stage) -> None:
    stage.publish(5 * 60 * 12, ago=7200, over=12 * 3600)
    stage.poll()
    for _ in range(60):
        stage.later(6)
    assert stage.asked() == (61, 2)
    stage.later(5 * 60 + 59)
    assert stage.asked() == (62, 2)
    stage.later(6)

    assert stage.asked() == (63, 3)
    assert len(set(stage.server.post_reads)) == len(stage.server.post_reads) == 20


def test_the_trickle_are_the_newest_of_what_is_vouched_for(stage: Stage) -> None:
    names = stage.publish(240, ago=7200, over=7200)

    batch = stage.poll()

    assert held(batch) == set(names[-12:-2])
    assert all(batch.since <= post.at < batch.through for post in batch.posts)


def test_near_a_signal_each_poll_counts_and_reads(stage: Stage) -> None:
    stage.poll()
    stage.attention = 0.6
    published: list[str] = []
    for number in range(1, 4):
        stage.publish(150, ago=59, over=40)
        batch = stage.later()
        published += batch.posts
        assert batch.through == NOON + (number - 1) * MINUTE
        assert len(batch.counts) == 1
        assert len(batch.posts) == 100

    assert stage.asked() == (4, 4)
    assert len(set(published)) == len(published) == 300
    stage.attention = 0.59
    stage.later(0.1)
    assert stage.asked() == (4, 4)


def calm(stage: Stage) -> None:
    """Let there be two posts a minute in the hours before, and count them."""
    stage.publish(240, ago=7200, over=7200)
    stage.poll()


def test_more_posts_than_usual_are_odd_without_anybody_saying_so(stage: Stage) -> None:
    calm(stage)
    stage.publish(300, ago=-60, over=240)
    first = stage.later(6)
    assert len(first.posts) == 100
    stage.publish(60, ago=0, over=60)
    second = stage.later(2)

    assert [sum(figures(first).values()), stage.asked()] == [300 + 2, (3, 3)]
    assert len(second.counts) == 2
    assert len(held(first) | held(second)) == len(first.posts) + len(second.posts)


def test_what_was_odd_is_over_when_the_counts_are_as_usual(stage: Stage) -> None:
    calm(stage)
    stage.publish(300, ago=-60, over=120)
    stage.later(6)
    asked = []
    for _ in range(8):
        stage.publish(2, ago=60, over=50)
        stage.later()
        asked.append(stage.server.asked(COUNTS))

    assert asked == [3, 4, 5, 5, 5, 5, 5, 5]


def test_a_restart_goes_on_with_the_cursor_alone(stage: Stage) -> None:
    # Every poll of the stage is that of a new collector.
    calm(stage)
    stage.later()

    assert stage.server.asked(COUNTS) == 1
    assert set(json.loads(stage.cursor)) == {"counted", "read", "newest_id", "odd", "usual"}
    assert len(stage.cursor) < 400


def test_after_a_search_it_reads_on_behind_the_newest_post(stage: Stage) -> None:
    names = stage.publish(8, ago=600)
    stage.cursor = json.dumps({"newest_id": names[4]})

    assert held(stage.poll()) == set(names[5:])


def test_nothing_is_vouched_for_before_it_can_be(stage: Stage) -> None:
    stage.since = NOON - MINUTE

    batch = stage.poll()

    assert (batch.since, batch.through, stage.server.requests) == (stage.since, stage.since, [])


def test_the_last_minute_is_taken_when_its_count_is_final(stage: Stage) -> None:
    stage.now = NOON + timedelta(seconds=29)
    assert stage.poll().through == NOON - MINUTE
    stage.now, stage.cursor = NOON + timedelta(seconds=30), ""
    assert stage.poll().through == NOON


def test_a_calm_day_costs_less_than_a_dollar_and_a_half() -> None:
    assert calm_day() == {"request": 240, "post": 40}
    assert calm_day_cost(prices={"request": 0.005, "post": 0.005}) == pytest.approx(1.40)
    assert calm_day(every=timedelta(minutes=7), trickle=20, trickle_every=timedelta(hours=5)) == {
        "request": 206,
        "post": 100,
    }


def test_a_calm_day_buys_what_it_was_said_to(stage: Stage) -> None:
    stage.publish(2 * (1440 + 120), ago=7200, over=86400 + 7200)
    for _ in range(1440):
        stage.poll()
        stage.now += MINUTE
    bought = {"request": stage.server.asked(COUNTS), "post": len(stage.server.post_reads)}

    assert bought == calm_day()
