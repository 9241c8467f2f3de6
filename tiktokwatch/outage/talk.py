"""What is usually talked about beside complaints, so that a verdict can say what is beyond it.

Days count, not hours: talk of a ban fills the evening before the ban, and the hours before an outage would pass it off
as usual. The last two weeks do, up to a day before the outage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from tiktokwatch.records import Bucket

BESIDE = ("policy", "elsewhere")
DAY = timedelta(days=1)
DAYS = 14
KEPT = 5 * 7
ON_POLICY_DAYS = 5.0  # times as much talk of policy is usual on a day of which everybody knew


class UsualTalk:
    """Remembers by the day of UTC how much of each kind a calm bucket holds; `policy_days` are known to be loud."""

    def __init__(self, policy_days: Collection[date] = ()) -> None:
        self._policy_days = frozenset(policy_days)
        self._days: dict[date, Counter[str]] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm, covered minute of a source; buckets come in order of time."""
        day = bucket.at.date()
        if day in self._policy_days:
            return
        if day not in self._days:
            self._days = {known: talk for known, talk in self._days.items() if day - known <= KEPT * DAY}
            self._days[day] = Counter()
        _add(self._days[day], bucket)

    def before(self, onset: datetime, recent: Iterable[Bucket]) -> Mapping[str, float]:
        """Return what was usual before `onset`, in posts a bucket; by `recent` buckets where no day is known yet."""
        last = onset.date() - DAY
        known: Counter[str] = Counter()
        for day, talk in self._days.items():
            if last - DAYS * DAY <= day < last:
                known.update(talk)
        known = known or talk_of(recent)
        usual = {kind: known[kind] / max(1, known["buckets"]) for kind in BESIDE}
        if onset.date() in self._policy_days:
            usual["policy"] *= ON_POLICY_DAYS
        return usual


def talk_of(buckets: Iterable[Bucket]) -> Counter[str]:
    """Return how many buckets there are, and how much of each kind they hold."""
    talk: Counter[str] = Counter()
    for bucket in buckets:
        _add(talk, bucket)
    return talk


def _add(talk: Counter[str], bucket: Bucket) -> None:
    talk["buckets"] += 1
    for kind in BESIDE:
        talk[kind] += getattr(bucket, kind)
