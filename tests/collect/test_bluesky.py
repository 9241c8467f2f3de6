from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.bluesky_stage import NOON, SINCE, Stage, ago, staged, until


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def test_it_asks_for_posts_from_a_little_before_it_must(stage: Stage) -> None:
    stage.poll()

    (query,) = stage.server.subscriptions
    assert query["wantedCollections"] == "app.bsky.feed.post"
    assert int(query["cursor"]) == int((SINCE - timedelta(seconds=10)).timestamp() * 1e6)


def test_a_new_connection_asks_from_a_little_before_the_newest_event(stage: Stage) -> None:
    stage.poll()
    stage.server.fail("reset")
    until(lambda: len(stage.server.subscriptions) > 1)

    assert int(stage.server.subscriptions[-1]["cursor"]) == int(ago(10).timestamp() * 1e6)


def test_it_vouches_up_to_the_newest_event_and_not_by_our_clock(stage: Stage) -> None:
    behind = timedelta(minutes=3)
    stage.server.clock = lambda: stage.now - behind
    stage.replace(timeout=0.2, stall=5)

    batch = stage.poll()

    assert batch.through == NOON - behind - timedelta(seconds=10)


def test_a_clock_that_lags_behind_the_server_bounds_it_too(stage: Stage) -> None:
    late = stage.server.publish(text="tiktok", at=ago(-5))
    stage.server.clock = lambda: stage.now + timedelta(minutes=1)

    batch = stage.poll()

    assert batch.through == ago(10)
    assert f"bluesky:{late}" not in stage.seen
    stage.on()
    assert f"bluesky:{late}" in stage.seen


def test_a_post_is_handed_over_once_when_its_moment_is_vouched_for(stage: Stage) -> None:
    early = stage.server.publish(text="tiktok", at=ago(60))
    late = stage.server.publish(text="tiktok", at=ago(9), visible_at=ago(2))
    stage.poll()
    assert stage.seen == [f"bluesky:{early}"]

    stage.on()
    stage.on()

    assert stage.seen == [f"bluesky:{early}", f"bluesky:{late}"]


def test_a_restart_goes_on_where_the_last_batch_ended(stage: Stage) -> None:
    names = [stage.server.publish(text="tiktok", at=NOON + timedelta(seconds=7 * number)) for number in range(60)]
    stage.poll()
    for _ in range(5):
        stage.on()
    stage.replace()
    stage.now += timedelta(minutes=2)

    while stage.since < NOON + timedelta(seconds=7 * 60):
        assert stage.on().note == ""

    assert set(stage.seen) == {f"bluesky:{name}" for name in names}


def test_after_a_long_down_time_each_poll_hands_over_what_has_come(stage: Stage) -> None:
    names = [stage.server.publish(text="tiktok", at=ago(60 * number)) for number in range(1, 400)]
    stage.since = NOON - timedelta(hours=7)
    stage.replace(timeout=30)
    stage.poll()
    stage.replace(patience=0, timeout=0, stall=25)
    stage.since, stage.seen = NOON - timedelta(hours=7), []
    throughs = []

    def is_all_read() -> bool:
        throughs.append(stage.poll().through)
        return throughs[-1] == ago(10)

    until(is_all_read)

    assert throughs == sorted(throughs)
    assert set(stage.seen) == {f"bluesky:{name}" for name in names}


def test_what_the_server_no_longer_has_is_a_gap(stage: Stage) -> None:
    stage.server.retention = timedelta(minutes=4)
    old = stage.server.publish(text="tiktok", at=ago(400))
    new = stage.server.publish(text="tiktok", at=ago(100))

    batch = stage.poll()

    assert ago(241) < batch.since < ago(238)
    assert batch.note == f"bluesky: Bluesky sent nothing from before 20 Sep {batch.since:%H:%M:%S}"
    assert stage.seen == [f"bluesky:{new}"]
    assert f"bluesky:{old}" not in stage.seen
    assert stage.on().note == ""


def test_a_gap_in_the_middle_costs_nothing_of_what_lies_around_it(stage: Stage) -> None:
    before = stage.server.publish(text="tiktok", at=NOON + timedelta(seconds=1))
    stage.poll()
    stage.now += timedelta(seconds=15)
    until(lambda: before in stage.server.served)
    stage.server.fail("503", None)
    stage.server.retention = timedelta(minutes=2)
    lost = stage.server.publish(text="tiktok", at=NOON + timedelta(minutes=3))
    after = stage.server.publish(text="tiktok", at=NOON + timedelta(minutes=9))
    first = stage.on(timedelta(seconds=1))
    stage.refused(timedelta(minutes=10))
    stage.server.heal()

    second = stage.on(timedelta(seconds=1))

    assert (first.note, first.through) == ("", NOON + timedelta(seconds=5))
    assert stage.since == second.through == stage.now - timedelta(seconds=10)
    assert second.since > NOON + timedelta(minutes=8)
    assert second.note.startswith("bluesky: Bluesky sent nothing from before")
    assert stage.seen == [f"bluesky:{before}", f"bluesky:{after}"]
    assert f"bluesky:{lost}" not in stage.seen


def test_what_lies_before_a_gap_is_vouched_for_first(stage: Stage) -> None:
    stage.server.publish(text="tiktok", at=ago(500))
    quiet = (ago(300), ago(100))

    between = stage.server._between
    stage.server._between = lambda start, end: (  # type: ignore[method-assign]
        sent for sent in between(start, end) if not quiet[0].timestamp() < sent.time_us / 1e6 < quiet[1].timestamp()
    )

    first, second = stage.poll(), stage.poll()

    assert (first.since, first.through, first.note) == (SINCE, ago(310), "")
    assert (second.since, second.through) == (ago(100), ago(10))
    assert second.note != ""
    assert len(stage.seen) == 1
