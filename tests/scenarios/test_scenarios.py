import pytest
from _pytest.mark import ParameterSet

from benchmarks.play import Play
from benchmarks.scenario import Scenario, read_all

SEED = 0

# What the watch does not reach yet; each is told in words, and none of it is hidden from the score board.
LATE = "three complaints a minute on a rising edge are signalled after 11 to 15 minutes, not within 10"
UPLOAD = "who publishes through a tool speaks of posting, which is filed under upload"
NOT_YET = {
    "2020-07-09_likes_and_views_gone/small": LATE,
    "2020-10-12_usernames_vanish/big": "people name login and counts alike, so no feature stands out",
    "2021-07-06_no_followers/small": LATE,
    "2021-10-04_facebook_is_down/big": "so many complaints about another service drown those about TikTok",
    "2021-10-04_facebook_is_down/small": "so many complaints about another service drown those about TikTok",
    "2022-09-15_closes_on_launch/small": LATE,
    "2023-03-09_videos_and_feed/small": LATE,
    "2025-01-19_switched_off/small": "policy talk was at its height before the onset, so it is the usual",
    "2025-05-15_peak_after_half_an_hour/small": LATE,
    "2026-03-12_publishing_rejected/big": UPLOAD,
    "2026-03-12_publishing_rejected/small": UPLOAD,
}


def case(scenario: Scenario) -> ParameterSet:
    reason = NOT_YET.get(scenario.name)
    marks = [] if reason is None else [pytest.mark.xfail(reason=reason)]
    return pytest.param(scenario, id=scenario.name, marks=marks)


@pytest.mark.parametrize("scenario", [case(one) for one in read_all(brief=True)])
def test_what_is_expected_is_signalled_and_nothing_else(scenario: Scenario) -> None:
    board = Play(scenario, SEED).watch("seasonal")
    assert board.faults == []
