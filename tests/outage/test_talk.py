from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktokwatch.outage.talk import KEPT, UsualTalk
from tiktokwatch.records import Bucket

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def days(policy: int, *, since: datetime = MONDAY, count: int = 1) -> list[Bucket]:
    return [
        Bucket("x", since + day * DAY + hour * timedelta(hours=1), covered=True, policy=policy, elsewhere=1)
        for day in range(count)
        for hour in range(4)
    ]


def learned(*buckets: Bucket, policy_days: tuple[datetime, ...] = ()) -> UsualTalk:
    talk = UsualTalk([day.date() for day in policy_days])
    for bucket in buckets:
        talk.learn(bucket)
    return talk


def test_what_is_usual_is_that_of_the_days_before() -> None:
    talk = learned(*days(2, count=10), *days(6, since=MONDAY + 10 * DAY, count=2))
    assert talk.before(MONDAY + 13 * DAY, []) == {"policy": pytest.approx(32 / 12), "elsewhere": 1.0}


def test_the_evening_before_a_ban_does_not_pass_it_off_as_usual() -> None:
    talk = learned(*days(1, count=14), *days(50, since=MONDAY + 14 * DAY, count=2))
    assert talk.before(MONDAY + 15 * DAY, days(80))["policy"] == 1.0


def test_where_no_day_is_known_the_hours_before_must_do() -> None:
    assert UsualTalk().before(MONDAY, days(3)) == {"policy": 3.0, "elsewhere": 1.0}
    assert UsualTalk().before(MONDAY, []) == {"policy": 0.0, "elsewhere": 0.0}


def test_on_a_policy_day_more_of_it_is_usual_and_it_teaches_nothing() -> None:
    hearing, ban = MONDAY + 4 * DAY, MONDAY + 8 * DAY
    talk = learned(
        *days(2, count=4), *days(90, since=hearing), *days(2, since=hearing + DAY, count=3), policy_days=(hearing, ban)
    )
    assert talk.before(ban, []) == {"policy": 10.0, "elsewhere": 1.0}
    assert talk.before(ban - DAY, [])["policy"] == 2.0


def test_its_memory_ends() -> None:
    talk = learned(*days(2, count=200))
    assert len(talk._days) <= KEPT + 1
