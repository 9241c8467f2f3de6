from __future__ import annotations

from math import isfinite, log, log1p

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from tiktokwatch.trend.tail import surprise

LN10 = log(10)
SIZES = st.floats(-4, 4).map(lambda power: 10.0**power)
# Mean over size decides how far out the tail reaches; the detector's own figures lie between 1e-3 and 1e2.
RATIOS = st.floats(-5, 3).map(lambda power: 10.0**power)
COUNTS = st.integers(0, 400)


def by_scipy(observed: int, mean: float, size: float) -> float | None:
    """Return -log10 of the chance of at least `observed`, None where a double cannot hold that chance."""
    chance = size / (size + mean)
    below, above = nbinom.cdf(observed - 1, size, chance), nbinom.sf(observed - 1, size, chance)
    if below < 0.5:
        return float(-log1p(-below) / LN10)
    return float(-log(above) / LN10) if above > 1e-290 else None


@settings(max_examples=300, deadline=None)
@given(COUNTS, RATIOS, SIZES)
@example(5, 10.0, 1e3)  # so far below the mean that the chance of nothing at all is no double any more
@example(10_000, 1.0, 1e4)
@example(1, 1e-5, 1e-4)
def test_it_is_the_upper_tail_of_the_negative_binomial(observed: int, ratio: float, size: float) -> None:
    mean = min(ratio * size, 2e4)
    told = surprise(observed, mean=mean, size=size)
    assert isfinite(told)
    assert told >= 0
    expected = by_scipy(observed, mean, size)
    if expected is not None:
        assert told == pytest.approx(expected, rel=1e-7, abs=1e-13)


@settings(max_examples=100, deadline=None)
@given(st.integers(1000, 100_000), st.floats(0.01, 50), st.floats(0.5, 10))
def test_beyond_what_a_double_holds_it_goes_on(observed: int, mean: float, size: float) -> None:
    told = surprise(observed, mean=mean, size=size)
    first = -float(nbinom.logpmf(observed, size, size / (size + mean))) / LN10
    following = mean / (mean + size) * (observed + size) / (observed + 1)
    assert isfinite(told)
    # The tail is at least its first term, and less than a geometric series that falls no faster.
    most = max(following, mean / (mean + size))
    assert first + log(1 - most) / LN10 - 1e-6 * first <= told <= first * (1 + 1e-6)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 600), RATIOS, SIZES)
def test_more_complaints_surprise_no_less(observed: int, ratio: float, size: float) -> None:
    mean = min(ratio * size, 2e4)
    fewer, more = (surprise(count, mean=mean, size=size) for count in (observed, observed + 1))
    assert more >= fewer * (1 - 1e-12)
    if 1e-6 < fewer < 100:
        assert more > fewer


@pytest.mark.parametrize("observed", [0, -1])
def test_nothing_at_all_surprises_nobody(observed: int) -> None:
    assert surprise(observed, mean=3.0, size=2.0) == 0.0


def test_it_has_the_figures_of_the_geometric_law() -> None:
    # Size 1 is the geometric law, whose tail is a power: with mean 1 every further complaint halves the chance.
    assert surprise(10, mean=1.0, size=1.0) == pytest.approx(10 * log(2) / LN10)
    assert surprise(1, mean=1.0, size=1.0) == pytest.approx(log(2) / LN10)


def test_a_heavier_tail_is_harder_to_surprise() -> None:
    told = [surprise(20, mean=3.0, size=size) for size in (0.5, 1, 2, 5, 50)]
    assert told == sorted(told)
    assert told[-1] > 2 * told[0]
