import pytest
from _pytest.mark import ParameterSet

from benchmarks.play import Play
from benchmarks.scenario import Scenario, read_all

SEED = 0

# What the watch does not reach yet; each is told in words, and none of it is hidden from the score board.
LATE = "three complaints a minute on a rising edge are signalled after 11 to 17 minutes, not within 10"
NOT_YET = {
    "2020-07-09_likes_and_views_gone/small": LATE,
    "2021-07-06_no_followers/small": LATE,
    "2021-10-04_facebook_is_down/small": "at this volume, doubt about the other service's complaints costs two minutes",
    "2021-11-12_one_hour/small": LATE,
    "2022-09-15_closes_on_launch/small": LATE,
    "2023-03-09_videos_and_feed/small": LATE,
    "2025-05-15_peak_after_half_an_hour/small": LATE,
}


def case(scenario: Scenario) -> ParameterSet:
    reason = NOT_YET.get(scenario.name)
    marks = [] if reason is None else [pytest.mark.xfail(reason=reason)]
    return pytest.param(scenario, id=scenario.name, marks=marks)


@pytest.mark.parametrize("scenario", [case(one) for one in read_all(brief=True)])
def test_what_is_expected_is_signalled_and_nothing_else(scenario: Scenario) -> None:
    board = Play(scenario, SEED).watch("seasonal")
    assert board.faults == []
