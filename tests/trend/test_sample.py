from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.records import MINUTE, Bucket
from tiktokwatch.trend import sample

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def minutes(*counts: tuple[int, int, int]) -> list[Bucket]:
    """Make buckets of (volume, posts read, complaints among them)."""
    return [
        Bucket("x", NOON + number * MINUTE, covered=True, posts=read, complaints=complaints, volume=volume)
        for number, (volume, read, complaints) in enumerate(counts)
    ]


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1))
def test_a_share_is_a_share_and_its_bound_lies_below(part: int, others: int, prior: float) -> None:
    least, likely = (share(part, part + others, prior=prior) for share in (sample.least_share, sample.likely_share))
    assert 0.0 <= least <= likely + 1e-9 <= 1.0 + 1e-9


@given(st.integers(1, 40), st.integers(0, 40), st.integers(2, 9))
def test_more_of_the_same_makes_surer(part: int, others: int, times: int) -> None:
    prior = part / (part + others)
    few = sample.least_share(part, part + others, prior=prior)
    assert sample.least_share(times * part, times * (part + others), prior=prior) >= few - 1e-12


def test_the_bound_is_that_of_wilson() -> None:
    # 8 of 10 beside a prior of 1 in 10: 9 of 20; centre and half-width by Wilson's formula for z = 1.2816.
    assert sample.least_share(8, 10) == pytest.approx(0.31669, abs=1e-5)


def test_where_all_was_read_nothing_is_added() -> None:
    assert sample.at_least(minutes((0, 40, 12), (30, 30, 5))) == 17
    assert sample.likely(minutes((0, 40, 12), (30, 30, 5))) == 5.0


def test_unread_posts_complain_at_least_by_the_least_share() -> None:
    read = minutes((500, 20, 16), (500, 20, 14))
    expected = 30 + int(960 * sample.least_share(30, 40))
    assert sample.at_least(read) == expected
    assert 30 < expected < 30 + 960 * 30 / 40


def test_counts_alone_say_nothing() -> None:
    assert sample.at_least(minutes((5000, 0, 0), (9000, sample.LEAST_READ - 1, 2))) == 2


def test_the_likely_people_of_a_minute_follow_the_share_of_all() -> None:
    assert sample.likely(minutes((100, 30, 24), (100, 0, 0))) == pytest.approx(100 * (24 + 1) / (30 + 10))
