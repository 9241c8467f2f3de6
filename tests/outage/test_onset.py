from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import START
from tiktokwatch.outage.onset import onset
from tiktokwatch.records import MINUTE


def minute_of_onset(observed: list[int], *, usual: float = 0.1) -> int:
    began = onset([(START + number * MINUTE, count, usual) for number, count in enumerate(observed)]).at
    return (began - START) // MINUTE


@pytest.mark.parametrize(
    ("observed", "usual", "began"),
    [
        ([0] * 40 + [5] * 5, 0.1, 40),
        ([0] * 55 + [9, 9], 0.0, 55),
        ([2, 3, 1, 2] * 10 + [20] * 6, 2.0, 40),
        ([0] * 30 + [1, 2, 4, 8, 16], 0.1, 31),  # a slow start: where it passes the reference, not the first complaint
        ([5, 5, 5], 0.1, 0),
        ([7], 0.1, 0),
        ([0, 7], 0.1, 1),
        ([0] * 10 + [4] * 3 + [0] * 30 + [6] * 6, 0.1, 43),  # a burst that was over is not its beginning
        ([0] * 20 + [4, 0, 5, 6, 5, 4], 0.1, 20),  # a pause of a minute is
    ],
)
def test_it_is_the_minute_in_which_complaints_began_to_run_high(observed: list[int], usual: float, began: int) -> None:
    assert minute_of_onset(observed, usual=usual) == began


@pytest.mark.parametrize("seed", range(10))
def test_noise_moves_it_by_minutes(seed: int) -> None:
    dice = random.Random(seed)
    calm = [int(dice.random() < 0.2) for _ in range(50)]
    loud = [dice.randrange(2, 8) for _ in range(8)]
    assert abs(minute_of_onset(calm + loud, usual=0.2) - 50) <= 1


def test_the_moment_of_the_signal_is_not_the_onset() -> None:
    assert minute_of_onset([0] * 40 + [3] * 20) == 40


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 100)), min_size=1, max_size=60))
def test_it_is_one_of_the_minutes(minutes: list[tuple[int, float]]) -> None:
    estimate = onset([(START + number * MINUTE, *minute) for number, minute in enumerate(minutes)])
    began = estimate.at
    assert estimate.earliest <= began <= estimate.latest
    assert START <= began < START + len(minutes) * MINUTE
    assert (began - START) % MINUTE == timedelta(0)


@pytest.mark.parametrize(
    ("observed", "usual", "interval"),
    [
        ([0] * 40 + [5] * 5, 0.1, (40, 40)),  # a cliff leaves no doubt
        ([0] * 40 + [1, 0, 1, 1, 0, 2, 2, 3, 2, 4, 3], 0.1, (42, 45)),
        ([3] * 20, 3.0, (17, 19)),
    ],
)
def test_the_interval_holds_what_is_nearly_as_likely(
    observed: list[int], usual: float, interval: tuple[int, int]
) -> None:
    estimate = onset([(START + number * MINUTE, count, usual) for number, count in enumerate(observed)])
    earliest, latest = ((moment - START) // MINUTE for moment in (estimate.earliest, estimate.latest))
    assert (earliest, latest) == interval


def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty() -> None:
    dice = random.Random(5)
    held = 0
    for _ in range(400):
        calm = [int(dice.random() < 0.3) for _ in range(40)]
        loud = [sum(dice.random() < 0.15 for _ in range(10)) for _ in range(12)]
        estimate = onset([(START + number * MINUTE, count, 0.3) for number, count in enumerate(calm + loud)])
        held += estimate.earliest <= START + 40 * MINUTE <= estimate.latest
    assert held >= 0.93 * 400
