"""How surprising the volume of a query is, from counts per slot alone, such as X's `counts/recent` gives.

Unlike complaints, such a volume is not sorted into calm and outage, is bursty, and its ordinary noise far exceeds that
of a Poisson count. So nothing is assumed of its law but what its own last weeks show. For each of several spans:

    root      y = sqrt(mean count a slot over the span); roots of counts have a steady variance (Bartlett 1936)
    usual     u = median over the last 14 days of the mean root within an hour of this time of day
    scale     s = power mean of order 4 of |y - u| over three weeks, fading linearly; not less than `NOISE`
    surprise  z = (y - u) / s

Order 4 lies between the standard deviation, which bursts hardly move, and the maximum, which one burst owns: a series
that has its bursts every other day must do more to surprise. The surprise of a slot is the mean of z over the short
spans, so that one stray slot does not decide alone, or z of the long span if that is larger: a cliff or a slow burn.

A wave is reported once, at its crest: a slot above everything in the 24 hours before it, and not exceeded in the 15
minutes after it; within 24 hours of an alarm only if it is half as large again. Reporting each slot of a rise anew is
what costs most detectors most on the Numenta Anomaly Benchmark (Lavin and Ahmad 2015), and what makes people switch a
watch off.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from math import pow as power
from math import sqrt
from statistics import median

SHORT_SPANS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3))
LONG_SPAN = timedelta(hours=12)
USUAL_DAYS = 14
USUAL_WITHIN = timedelta(hours=1)
FADE = timedelta(days=21)
ORDER = 4.0
NOISE = 0.75  # in roots of counts over the whole span; a Poisson count's root deviates by 0.5
WARM_UP = timedelta(days=1)
REARM = timedelta(hours=24)
CREST = timedelta(minutes=15)
ALARM = 2.5
AGAIN = 1.5

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class VolumeDetector:
    """Scores the counts of one query, slot by slot, in order of time; what it holds is bounded by its memory.

    `slot` is the length of a slot, from one second to an hour, and divides an hour. Slots that are left out are
    unknown, not zero: they teach nothing and surprise nobody.
    """

    def __init__(self, *, slot: timedelta = timedelta(minutes=5)) -> None:
        if not timedelta(seconds=1) <= slot <= HOUR or HOUR % slot:
            raise ValueError("a slot is at least a second long and divides an hour")
        self._slot = slot
        self._last: datetime | None = None
        self._reset()

    @property
    def surprise(self) -> float:
        """Return the surprise of the newest slot at once, in scales, before anything waits for a crest."""
        return self._surprise

    def score(self, at: datetime, count: int) -> float:
        """Take the count of the slot that starts at `at`, and return how far a wave stands out that crests now.

        The score lies in [0, 1): surprise / (1 + surprise) of the crest, and 0 in all slots that report none, so
        that it grows with the surprise and `level()` is the score of a clear alarm. It rests on this slot and
        earlier ones only. Raises ValueError for a negative count and for a slot that is not later than the last.
        """
        if count < 0:
            raise ValueError("a count is never negative")
        skipped = self._skipped(at)
        if skipped * self._slot > FADE:
            self._reset()
            skipped = 0
        for _ in range(skipped):
            self._take(None)
        self._last = at
        return level(self._take(count))

    def _skipped(self, at: datetime) -> int:
        if self._last is None:
            return 0
        if at < self._last + self._slot:
            raise ValueError(f"slot {at} is not later than {self._last}")
        return (at - self._last) // self._slot - 1

    def _reset(self) -> None:
        self._short = [_Span(span, slot=self._slot) for span in SHORT_SPANS]
        self._long = _Span(LONG_SPAN, slot=self._slot)
        self._crests = _Crests(rearm=max(1, REARM // self._slot), wait=max(1, CREST // self._slot))
        self._seen = 0
        self._surprise = 0.0

    def _take(self, count: int | None) -> float:
        short = [span.take(count) for span in self._short]
        surprise = max(sum(short) / len(short), self._long.take(count))
        self._seen += 1
        self._surprise = surprise if self._seen * self._slot > WARM_UP else 0.0
        return self._crests.take(self._surprise)


def level(surprise: float = ALARM) -> float:
    """Return the score in [0, 1) of a crest that stands out by so many scales, by default of a clear alarm."""
    return max(0.0, surprise) / (1.0 + max(0.0, surprise))


class _Span:
    """The mean count over the last so many slots, held against what is usual for it."""

    def __init__(self, span: timedelta, *, slot: timedelta) -> None:
        slots = max(1, span // slot)
        hour = HOUR // slot
        self._rate = _Rate(slots)
        self._usual = _Usual(day=DAY // slot, reach=USUAL_WITHIN // slot)
        self._roots = _Faded(block=hour, blocks=FADE // HOUR)
        self._powers = _Faded(block=hour, blocks=FADE // HOUR)
        self._floor = NOISE / sqrt(slots)

    def take(self, count: int | None) -> float:
        """Take the next slot, and return its surprise by what was known before it; 0 where it is unknown."""
        rate = self._rate.take(count)
        root = None if rate is None else sqrt(rate)
        usual = self._usual.take(root)
        if root is None:
            self._roots.take(None)
            self._powers.take(None)
            return 0.0
        residual = root - (self._roots.mean(otherwise=root) if usual is None else usual)
        scale = max(self._floor, power(self._powers.mean(otherwise=0.0), 1 / ORDER))
        self._roots.take(root)
        self._powers.take(power(abs(residual), ORDER))
        return residual / scale


class _Rate:
    """The mean count a slot over the last so many slots, if more than half of them are known."""

    def __init__(self, slots: int) -> None:
        self._counts: deque[int | None] = deque([None] * slots)
        self._sum = 0
        self._known = 0

    def take(self, count: int | None) -> float | None:
        left = self._counts.popleft()
        self._counts.append(count)
        if left is not None:
            self._sum -= left
            self._known -= 1
        if count is None:
            return None
        self._sum += count
        self._known += 1
        return self._sum / self._known if 2 * self._known > len(self._counts) else None


class _Usual:
    """What is usual at a time of day: the median over days of the mean around it, within `reach` slots."""

    def __init__(self, *, day: int, reach: int) -> None:
        self._day = day
        self._reach = reach
        self._around: deque[float | None] = deque(maxlen=2 * reach + 1)
        self._means: list[float | None] = [None] * (USUAL_DAYS * day)
        self._next = 0

    def take(self, root: float | None) -> float | None:
        """Take the next slot, and return what was usual for it; None where no like slot was ever seen."""
        self._around.append(root)
        size = len(self._means)
        if self._next >= self._reach:
            self._means[(self._next - self._reach) % size] = _mean(self._around)
        like = [mean for mean in self._means[self._next % self._day :: self._day] if mean is not None]
        self._next += 1
        return median(like) if like else None


def _mean(roots: deque[float | None]) -> float | None:
    known = [root for root in roots if root is not None]
    return sum(known) / len(known) if len(known) > len(roots) // 2 else None


class _Faded:
    """A mean over the past in which a value's weight falls linearly with its age, in steps of one block, to zero."""

    def __init__(self, *, block: int, blocks: int) -> None:
        self._block = block
        self._blocks = blocks
        self._past: deque[tuple[float, int]] = deque(maxlen=blocks - 1)
        self._slots = 0
        self._newest = (0.0, 0)
        self._older = (0.0, 0.0)

    def mean(self, *, otherwise: float) -> float:
        """Return the mean of what was taken so far, or `otherwise` where nothing was."""
        weight = self._older[1] + self._newest[1]
        return (self._older[0] + self._newest[0]) / weight if weight else otherwise

    def take(self, value: float | None) -> None:
        """Take the value of the next slot."""
        if self._slots == self._block:
            self._turn()
        self._slots += 1
        if value is not None:
            self._newest = (self._newest[0] + value, self._newest[1] + 1)

    def _turn(self) -> None:
        self._past.appendleft(self._newest)
        self._slots = 0
        self._newest = (0.0, 0)
        total = weight = 0.0
        for age, (values, count) in enumerate(self._past, start=1):
            fade = 1 - age / self._blocks
            total += fade * values
            weight += fade * count
        self._older = (total, weight)


class _Crests:
    """Reports a wave once, when it has crested: above all of the last `rearm` slots, and not exceeded for `wait`.

    For `rearm` slots after an alarm, a wave is reported only if it is `AGAIN` times as large.
    """

    def __init__(self, *, rearm: int, wait: int) -> None:
        self._rearm = rearm
        self._wait = wait
        self._next = 0
        self._marks: deque[tuple[int, float]] = deque()  # falling surprises, of which the first is the high-water mark
        self._crest: tuple[int, float] | None = None
        self._alarm: tuple[int, float] | None = None

    def take(self, surprise: float) -> float:
        """Take the surprise of the next slot; return that of the wave which has crested with it, else 0."""
        now = self._next
        self._next += 1
        while self._marks and self._marks[0][0] < now - self._rearm:
            self._marks.popleft()
        if surprise > (self._marks[0][1] if self._marks else 0.0):
            self._crest = (now, surprise)
        while self._marks and self._marks[-1][1] <= surprise:
            self._marks.pop()
        self._marks.append((now, surprise))
        if self._crest is None or now - self._crest[0] < self._wait:
            return 0.0
        crest, self._crest = self._crest, None
        if self._alarm and self._alarm[0] >= crest[0] - self._rearm and crest[1] <= AGAIN * self._alarm[1]:
            return 0.0
        if crest[1] >= ALARM:
            self._alarm = crest
        return crest[1]
