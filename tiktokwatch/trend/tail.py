"""How unlikely a count is."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

LN10 = log(10)
NEGLIGIBLE = 1e-17


def surprise(observed: int, *, mean: float, size: float) -> float:
    """Return -log10 of the chance that a negative binomial count is at least `observed`.

    The count has the given mean and variance mean + mean**2 / size (a Poisson count whose rate itself follows a
    gamma law: Greenwood and Yule 1920). Both must be positive; the result is finite and never negative.
    """
    if observed <= 0:
        return 0.0
    if observed > mean:
        return max(0.0, -_log_upper_tail(observed, mean, size) / LN10)
    below = min(1.0, _lower_sum(observed, mean, size))
    return max(0.0, -log1p(-below) / LN10) if below < 1.0 else max(0.0, -_log_upper_tail(observed, mean, size) / LN10)


def _log_chance(count: int, mean: float, size: float) -> float:
    total = mean + size
    return (
        lgamma(count + size)
        - lgamma(size)
        - lgamma(count + 1)
        - size * log1p(mean / size)
        + count * (log(mean) - log(total))
    )


def _log_upper_tail(observed: int, mean: float, size: float) -> float:
    ratio = mean / (mean + size)
    term = total = 1.0
    count = observed
    while term > NEGLIGIBLE * total:
        term *= ratio * (count + size) / (count + 1)
        total += term
        count += 1
    return _log_chance(observed, mean, size) + log(total)


def _lower_sum(observed: int, mean: float, size: float) -> float:
    ratio = mean / (mean + size)
    # From the top down: far below the mean, the chance of nothing at all is too small for a double.
    term = total = exp(_log_chance(observed - 1, mean, size))
    for count in range(observed - 1, 0, -1):
        term *= count / (ratio * (count - 1 + size))
        total += term
    return total
