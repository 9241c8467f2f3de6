"""What is usual: complaints a minute in calm, by hour of the week, with finite memory.

The rate of an hour is a gamma posterior, built from coarse to fine: all that is remembered, the same hour of the day
in the last two weeks, the same hour of the week in the last five. Each level is the prior of the next, worth as many
minutes as the constants say. Counts around such a rate are negative binomial; what the posterior does not know yet
makes the tail heavier, so a young watch is harder to surprise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from statistics import median

from tiktokwatch.records import EPOCH, Bucket, Score
from tiktokwatch.trend import aspects, sample
from tiktokwatch.trend.aspects import AspectShares, Focus
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
# services that fail: measured on the corpus's held-out themes. Being the worst, it is hardly ever exceeded.
MISTAKEN = 0.1
SPREAD_MISTAKEN = 0.01  # squared coefficient of variation


def hour_of(at: datetime) -> int:
    """Return the hours since the epoch."""
    return (at - EPOCH) // HOUR


@dataclass(frozen=True, slots=True)
class Cell:
    """What is remembered of some minutes: how many, their complaints and chatter among `posts`, and what is unread."""

    minutes: int = 0
    complaints: int = 0
    chatter: int = 0
    posts: int = 0
    unread: float = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            self.minutes + other.minutes,
            self.complaints + other.complaints,
            self.chatter + other.chatter,
            self.posts + other.posts,
            self.unread + other.unread,
        )

    def __sub__(self, other: Cell) -> Cell:
        return Cell(
            self.minutes - other.minutes,
            self.complaints - other.complaints,
            self.chatter - other.chatter,
            self.posts - other.posts,
            self.unread - other.unread,
        )


NOTHING = Cell()
PRIOR = Cell(minutes=5, complaints=1)  # before anything is known: a complaint in five minutes, and not sure of it
LARGEST_HOUR = 2.0  # times the median of like hours: no more of an hour's unread posts is taken for usual


@dataclass(frozen=True, slots=True)
class Usual:
    """A calm minute: complaints, the size of the negative binomial around them, chatter, the share that complains."""

    complaints: float
    size: float
    chatter: float
    share: float


UNKNOWN = Usual(0.0, 1.0, 0.0, sample.SHARE)


def mistakable(bucket: Bucket) -> int:
    """Return the chatter that could be mistaken: all but policy talk, of which the classifier mistakes very little."""
    return max(0, bucket.chatter - bucket.policy)


class SeasonalBaseline:
    """The detector of this project; it remembers a cell for each hour."""

    def __init__(self) -> None:
        self._hours: dict[str, dict[int, Cell]] = {}
        self._all: dict[str, Cell] = {}
        self._usual: dict[tuple[str, int], Usual] = {}
        self._aspects: dict[str, AspectShares] = {}

    def learn(self, bucket: Bucket) -> None:
        """Take a calm, covered minute as an example."""
        self._usual.clear()
        source, hour = bucket.source, hour_of(bucket.at)
        hours = self._hours.setdefault(source, {})
        if hour not in hours:
            self._forget_before(source, hour - WEEKS * WEEK_HOURS)
        self._aspects.setdefault(source, AspectShares()).learn(hour, bucket)
        minute = Cell(1, bucket.complaints, mistakable(bucket), bucket.posts, bucket.unread)
        hours[hour] = hours.get(hour, NOTHING) + minute
        self._all[source] = self._all.get(source, NOTHING) + minute

    def expected(self, source: str, at: datetime) -> float:
        """Return the usual complaints of the minute that starts at `at`."""
        return self._of_hour(source, hour_of(at)).complaints

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score the covered minutes of one window of one source, oldest first.

        Chatter beyond the usual makes room for mistakes, by the share of it that the classifier may mistake: a wave of
        jokes, or of complaints about another service, brings some false complaints with it. Where one feature surprises
        more than all complaints together do, the score is of those that name it.
        """
        expected, excess, usual, hour = 0.0, 0.0, UNKNOWN, 0
        complaints, read, unread = sample.totals(minutes)
        carried = 1.0 + unread / read if read else 1.0
        for bucket in minutes:
            hour = hour_of(bucket.at)
            usual = self._of_hour(source, hour)
            expected += usual.complaints
            excess += carried * mistakable(bucket) - usual.chatter
        mistaken = MISTAKEN * max(0.0, excess)
        observed = sample.at_least(minutes, prior=usual.share) if unread else complaints
        surprised = 0.0
        if self._remembered(source, hour).minutes >= LEAST_LEARNED:
            mean = expected + mistaken
            # Two negative binomials, taken for one of the same mean and variance.
            size = mean**2 / (expected**2 / usual.size + mistaken**2 * SPREAD_MISTAKEN)
            surprised = surprise(observed, mean=mean, size=size)
            if not unread and complaints >= aspects.LEAST:
                since = hour - WEEKS * WEEK_HOURS - 1
                shares = self._aspects.get(source, AspectShares())
                focus = shares.focus(minutes, since=since, expected=expected, mistaken=mistaken, size=size)
                if focus.surprise > surprised:
                    return _focused(source, len(minutes), focus)
        sampled = (read, unread) if unread else (0, 0)
        return Score(source, len(minutes), observed, expected, surprised, *sampled, mistaken=mistaken)

    def _of_hour(self, source: str, hour: int) -> Usual:
        known = self._usual.get((source, hour))
        if known is None:
            known = self._usual[source, hour] = self._estimate(source, hour)
        return known

    def _estimate(self, source: str, hour: int) -> Usual:
        remembered = self._remembered(source, hour)
        anywhere = remembered + PRIOR
        days = self._like(source, hour, step=DAY_HOURS, steps=DAYS)
        weeks = self._like(source, hour, step=WEEK_HOURS, steps=WEEKS)
        most = _most_unread(days)
        of_day, of_week = (sum((_tamed(cell, most) for cell in like), NOTHING) for like in (days, weeks))

        share = sample.likely_share(remembered.complaints, remembered.posts)
        chatter_share = sample.likely_share(remembered.chatter, remembered.posts, prior=1.0 - sample.SHARE)

        def rate(kind: Callable[[Cell], float]) -> float:
            day = DAY_PRIOR_MINUTES * kind(anywhere) / anywhere.minutes + kind(of_day)
            week = WEEK_PRIOR_MINUTES * day / (DAY_PRIOR_MINUTES + of_day.minutes) + kind(of_week)
            return week / (WEEK_PRIOR_MINUTES + of_week.minutes)

        complaints = rate(lambda cell: cell.complaints + share * cell.unread)
        known = complaints * (WEEK_PRIOR_MINUTES + of_week.minutes)
        spread = SPREAD if of_day.minutes else SPREAD_UNKNOWN_HOUR
        size = 1.0 / (spread + 1.0 / min(anywhere.complaints + share * anywhere.unread, known))
        return Usual(complaints, size, rate(lambda cell: cell.chatter + chatter_share * cell.unread), share)

    def _remembered(self, source: str, hour: int) -> Cell:
        """Sum everything of the weeks before `hour`: time passes and makes old, even while nothing is learned."""
        remembered = self._all.get(source, NOTHING)
        for old, cell in self._hours.get(source, {}).items():
            if old >= hour - WEEKS * WEEK_HOURS - 1:
                break
            remembered -= cell
        return remembered

    def _like(self, source: str, hour: int, *, step: int, steps: int) -> list[Cell]:
        """Return the hours that lie whole steps back, with their neighbours."""
        hours = self._hours.get(source, {})
        return [
            hours[at]
            for back in range(1, steps + 1)
            for at in range(hour - back * step - 1, hour - back * step + 2)
            if at in hours
        ]

    def _forget_before(self, source: str, hour: int) -> None:
        hours = self._hours[source]
        while hours and (oldest := next(iter(hours))) < hour:
            self._all[source] -= hours.pop(oldest)
        if source in self._aspects:
            self._aspects[source].forget_before(hour)


def _focused(source: str, window: int, focus: Focus) -> Score:
    return Score(
        source,
        window,
        focus.observed,
        focus.expected,
        focus.surprise,
        mistaken=focus.mistaken,
        aspect=focus.aspect,
    )


def _most_unread(days: Iterable[Cell]) -> float:
    """Return how many unread posts a minute are plausible in calm, by the median of like hours.

    Volume from before the watch began teaches without anybody having judged whether it was calm; the median does not
    follow an outage in one of the days.
    """
    rates = [cell.unread / cell.minutes for cell in days if cell.unread]
    return LARGEST_HOUR * median(rates) if rates else inf


def _tamed(cell: Cell, most: float) -> Cell:
    return cell if cell.unread <= most * cell.minutes else replace(cell, unread=most * cell.minutes)
