from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import exp, log10
from statistics import NormalDist

import pytest

from tiktokwatch.protocols import Detector
from tiktokwatch.records import MINUTE, Bucket
from tiktokwatch.trend.rivals import DETECTORS, FixedThreshold, MeanDeviation, PoissonEwma, normal_surprise

START = datetime(2026, 3, 2, tzinfo=UTC)


def buckets(counts: list[int], *, start: datetime = START, source: str = "x") -> list[Bucket]:
    return [
        Bucket(source, start + number * MINUTE, covered=True, complaints=count) for number, count in enumerate(counts)
    ]


def taught(detector: Detector, counts: list[int], *, start: datetime = START, source: str = "x") -> None:
    for bucket in buckets(counts, start=start, source=source):
        detector.learn(bucket)


@pytest.mark.parametrize("name", DETECTORS)
def test_scoring_teaches_nothing_and_more_people_never_surprise_less(name: str) -> None:
    detector = DETECTORS[name]()
    taught(detector, [0, 1, 0, 0] * 720)
    now = START + timedelta(days=2)
    surprises = [detector.score("x", buckets([count] * 5, start=now)).surprise for count in (0, 1, 5, 50, 5000)]
    assert surprises == sorted(surprises)
    assert surprises[0] < 1.0
    assert 4.6 < surprises[-1] < float("inf")
    assert surprises == [detector.score("x", buckets([count] * 5, start=now)).surprise for count in (0, 1, 5, 50, 5000)]


@pytest.mark.parametrize("name", ["ewma", "mean-sd"])
def test_sources_are_apart_and_one_never_heard_surprises_nobody(name: str) -> None:
    detector = DETECTORS[name]()
    taught(detector, [4] * 1500)
    assert detector.expected("x", START) == pytest.approx(4.0)
    assert detector.expected("reddit", START) == 0.0
    assert detector.score("reddit", buckets([50] * 5, source="reddit")).surprise == 0.0


def test_ewma_starts_as_a_plain_mean_and_forgets_half_in_a_day() -> None:
    detector = PoissonEwma()
    taught(detector, [0, 3, 0, 1])
    assert detector.expected("x", START) == pytest.approx(1.0)
    taught(detector, [4] * 14_400)
    assert detector.expected("x", START) == pytest.approx(4.0, rel=0.01)
    taught(detector, [0] * 1440)
    assert detector.expected("x", START) == pytest.approx(2.0, rel=0.01)


def test_ewma_scores_by_the_poisson_tail() -> None:
    detector = PoissonEwma()
    taught(detector, [1, 0] * 720)
    score = detector.score("x", buckets([2, 0, 1]))
    assert (score.window, score.observed) == (3, 3)
    mean = score.expected
    assert mean == pytest.approx(1.5, rel=0.01)
    assert score.surprise == pytest.approx(-log10(1 - exp(-mean) * (1 + mean + mean**2 / 2)), abs=1e-4)


def test_mean_deviation_counts_deviations_of_independent_minutes() -> None:
    detector = MeanDeviation()
    taught(detector, [0, 2] * 720)
    score = detector.score("x", buckets([3, 3, 3, 3]))
    assert score.expected == pytest.approx(4.0)
    assert score.surprise == pytest.approx(-log10(1 - NormalDist().cdf(8 / 2.0)), abs=1e-6)


def test_mean_deviation_remembers_two_weeks() -> None:
    detector = MeanDeviation()
    taught(detector, [9] * 1440)
    taught(detector, [1] * 1440, start=START + timedelta(days=14))
    assert detector.expected("x", START) == pytest.approx(1.0)


def test_mean_deviation_says_nothing_on_its_first_day() -> None:
    detector = MeanDeviation()
    taught(detector, [0] * 1439)
    assert detector.score("x", buckets([99])).surprise == 0.0
    taught(detector, [0])
    assert detector.score("x", buckets([99])).surprise > 100.0


def test_the_fixed_threshold_counts_people_within_half_an_hour() -> None:
    detector = FixedThreshold()
    assert detector.score("x", buckets([11])).surprise == 0.0
    assert detector.score("x", buckets([6, 6])).surprise > 4.6
    assert detector.score("x", buckets([1] * 60)).surprise == 0.0


@pytest.mark.parametrize("deviations", [-3.0, 0.0, 1.0, 4.0, 5.0])
def test_normal_surprise_is_the_normal_tail(deviations: float) -> None:
    assert normal_surprise(deviations) == pytest.approx(-log10(NormalDist().cdf(-deviations)), abs=1e-5)


def test_normal_surprise_goes_on_where_the_tail_is_too_thin_for_a_double() -> None:
    assert normal_surprise(30.01) == pytest.approx(normal_surprise(29.99), rel=0.01)
    assert normal_surprise(1000.0) > normal_surprise(100.0) > 2000
