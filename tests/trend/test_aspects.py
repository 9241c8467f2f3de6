from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tiktokwatch.records import MINUTE, Bucket
from tiktokwatch.trend.aspects import FEATURES, LEAST, PENALTY, WORTH, AspectShares
from tiktokwatch.trend.baseline import SeasonalBaseline
from tiktokwatch.trend.tail import surprise

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def minute(number: int, complaints: int, **aspects: int) -> Bucket:
    return Bucket("x", MONDAY + number * MINUTE, covered=True, complaints=complaints, aspects=aspects)


def learned(**aspects: int) -> AspectShares:
    shares = AspectShares()
    shares.learn(0, minute(0, 100, **aspects))
    return shares


def test_a_feature_is_usual_by_its_share_of_complaints() -> None:
    focus = learned(counts=30).focus([minute(0, 9, counts=8)], since=0, expected=2.0, mistaken=0.0, size=5.0)
    seen = 30 + WORTH / len(FEATURES)
    usual = 2.0 * seen / (100 + WORTH)
    assert (focus.aspect, focus.observed) == ("counts", 8)
    assert focus.expected == pytest.approx(usual)
    assert focus.surprise == pytest.approx(surprise(8, mean=usual, size=1 / (1 / 5.0 + 1 / seen)) - PENALTY)


def test_all_mistaken_ones_may_name_the_same_feature() -> None:
    sure, doubtful = (
        learned().focus([minute(0, 20, upload=20)], since=0, expected=1.0, mistaken=mistaken, size=5.0)
        for mistaken in (0.0, 15.0)
    )
    assert sure.surprise > 4.0
    assert doubtful.surprise < 1.0


def test_the_whole_app_is_no_feature() -> None:
    assert learned().focus([minute(0, 50, app=50)], since=0, expected=1.0, mistaken=0.0, size=5.0).surprise == 0.0


def test_a_few_who_name_it_are_not_looked_at() -> None:
    few = [minute(0, LEAST, counts=LEAST - 1)]
    assert learned().focus(few, since=0, expected=0.001, mistaken=0.0, size=5.0).surprise == 0.0


def test_what_is_old_speaks_no_more() -> None:
    shares = learned(counts=90)
    shares.learn(2000, minute(0, 100, counts=1))
    old, new = (
        shares.focus([minute(0, 9, counts=8)], since=since, expected=2.0, mistaken=0.0, size=5.0) for since in (0, 1)
    )
    assert old.expected > 10 * new.expected
    shares.forget_before(1)
    assert shares.focus([minute(0, 9, counts=8)], since=0, expected=2.0, mistaken=0.0, size=5.0) == new


def test_a_feature_that_fails_is_seen_before_the_whole_is() -> None:
    baseline = SeasonalBaseline()
    for number in range(3 * 1440):
        baseline.learn(minute(number, int(number % 3 == 0), **({"feed": 1} if number % 6 == 0 else {})))
    window = [minute(3 * 1440 + number, 1, counts=1) for number in range(8)]
    score = baseline.score("x", window)
    assert (score.aspect, score.observed) == ("counts", 8)
    assert score.surprise > baseline.score("x", [minute(3 * 1440 + number, 1) for number in range(8)]).surprise + 1


def test_where_everything_fails_the_score_is_of_all() -> None:
    baseline = SeasonalBaseline()
    for number in range(3 * 1440):
        baseline.learn(minute(number, int(number % 20 == 0), **({"feed": 1} if number % 40 == 0 else {})))
    window = [minute(3 * 1440 + number, 6, feed=3, login=1, app=2) for number in range(5)]
    assert baseline.score("x", window).aspect == ""
