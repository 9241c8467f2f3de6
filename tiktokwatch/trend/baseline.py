"""What is usual: complaints a minute in calm, by hour of the week, with finite memory.

The rate of an hour is a gamma posterior, built from coarse to fine: all that is remembered, the same hour of the day
in the last two weeks, the same hour of the week in the last five. Each level is the prior of the next, worth as many
minutes as the constants say. Counts around such a rate are negative binomial; what the posterior does not know yet
makes the tail heavier, so a young watch is harder to surprise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tiktokwatch.records import EPOCH, Bucket, Score
from tiktokwatch.trend.tail import surprise

HOUR = timedelta(hours=1)
DAY_HOURS = 24
WEEK_HOURS = 7 * 24
WEEKS = 5
DAYS = 14

DAY_PRIOR_MINUTES = 120.0
WEEK_PRIOR_MINUTES = 240.0
LEAST_LEARNED = 30  # minutes of a source before anything in it can surprise: nobody knows yet what is usual
SPREAD = 0.15  # squared coefficient of variation of the true rate among like hours
SPREAD_UNKNOWN_HOUR = 0.3  # the same while no like hour was ever seen: the day's rhythm is still unknown


# The share of chatter that the classifier takes for complaints about TikTok at the worst, which is talk of other
# services that fail: measured on the corpus's held-out themes.
MISTAKEN = 0.1


def hour_of(at: datetime) -> int:
    """Return the hours since the epoch."""
    return (at - EPOCH) // HOUR


@dataclass(frozen=True, slots=True)
class Cell:
    """What is remembered of some minutes: how many, and their complaints and chatter."""

    minutes: int = 0
    complaints: int = 0
    chatter: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.minutes + other.minutes, self.complaints + other.complaints, self.chatter + other.chatter)

    def __sub__(self, other: Cell) -> Cell:
        return Cell(self.minutes - other.minutes, self.complaints - other.complaints, self.chatter - other.chatter)


NOTHING = Cell()
PRIOR = Cell(minutes=5, complaints=1)  # before anything is known: a complaint in five minutes, and not sure of it


@dataclass(frozen=True, slots=True)
class Usual:
    """A calm minute: its complaints, the size of the negative binomial around them, and its chatter."""

    complaints: float
    size: float
    chatter: float


def mistakable(bucket: Bucket) -> int:
    """Return the chatter that could be mistaken: all but policy talk, of which the classifier mistakes very little."""
    return max(0, bucket.chatter - bucket.policy)


class SeasonalBaseline:
    """The detector of this project; it remembers a cell for each hour."""

    def __init__(self) -> None:
        self._hours: dict[str, dict[int, Cell]] = {}
        self._all: dict[str, Cell] = {}
        self._usual: dict[tuple[str, int], Usual] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm, covered minute as an example."""
        self._usual.clear()
        source, hour = bucket.source, hour_of(bucket.at)
        hours = self._hours.setdefault(source, {})
        if hour not in hours:
            self._forget_before(source, hour - WEEKS * WEEK_HOURS)
        minute = Cell(1, bucket.complaints, mistakable(bucket))
        hours[hour] = hours.get(hour, NOTHING) + minute
        self._all[source] = self._all.get(source, NOTHING) + minute

    def expected(self, source: str, at: datetime) -> float:
        """Return the usual complaints of the minute that starts at `at`."""
        return self._of_hour(source, hour_of(at)).complaints

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score the covered minutes of one window of one source, oldest first.

        What is expected grows with chatter beyond the usual, by the share of it that the classifier mistakes: a wave of
        jokes, or of complaints about another service, brings some false complaints with it.
        """
        observed, expected, excess, size, hour = 0, 0.0, 0.0, 1.0, 0
        for bucket in minutes:
            hour = hour_of(bucket.at)
            usual = self._of_hour(source, hour)
            size = usual.size
            observed += bucket.complaints
            expected += usual.complaints
            excess += mistakable(bucket) - usual.chatter
        expected += MISTAKEN * max(0.0, excess)
        if self._remembered(source, hour).minutes < LEAST_LEARNED:
            return Score(source, len(minutes), observed, expected, 0.0)
        return Score(source, len(minutes), observed, expected, surprise(observed, mean=expected, size=size))

    def _of_hour(self, source: str, hour: int) -> Usual:
        known = self._usual.get((source, hour))
        if known is None:
            known = self._usual[source, hour] = self._estimate(source, hour)
        return known

    def _estimate(self, source: str, hour: int) -> Usual:
        anywhere = self._remembered(source, hour) + PRIOR
        of_day = self._like(source, hour, step=DAY_HOURS, steps=DAYS)
        of_week = self._like(source, hour, step=WEEK_HOURS, steps=WEEKS)

        def rate(kind: Callable[[Cell], int]) -> float:
            day = DAY_PRIOR_MINUTES * kind(anywhere) / anywhere.minutes + kind(of_day)
            week = WEEK_PRIOR_MINUTES * day / (DAY_PRIOR_MINUTES + of_day.minutes) + kind(of_week)
            return week / (WEEK_PRIOR_MINUTES + of_week.minutes)

        complaints = rate(lambda cell: cell.complaints)
        known = complaints * (WEEK_PRIOR_MINUTES + of_week.minutes)
        spread = SPREAD if of_day.minutes else SPREAD_UNKNOWN_HOUR
        size = 1.0 / (spread + 1.0 / min(anywhere.complaints, known))
        return Usual(complaints, size, rate(lambda cell: cell.chatter))

    def _remembered(self, source: str, hour: int) -> Cell:
        """Sum everything of the weeks before `hour`: time passes and makes old, even while nothing is learned."""
        remembered = self._all.get(source, NOTHING)
        for old, cell in self._hours.get(source, {}).items():
            if old >= hour - WEEKS * WEEK_HOURS - 1:
                break
            remembered -= cell
        return remembered

    def _like(self, source: str, hour: int, *, step: int, steps: int) -> Cell:
        """Sum the hours that lie whole steps back, with their neighbours."""
        hours = self._hours.get(source, {})
        like = NOTHING
        for back in range(1, steps + 1):
            for beside in (-1, 0, 1):
                like += hours.get(hour - back * step + beside, NOTHING)
        return like

    def _forget_before(self, source: str, hour: int) -> None:
        hours = self._hours[source]
        while hours and (oldest := next(iter(hours))) < hour:
            self._all[source] -= hours.pop(oldest)
