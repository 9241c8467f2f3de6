"""The score board: signals held against the outages that were expected.

A signal belongs to an expected outage if it was raised from `EARLY` before its start until `AFTER` its end; the first
one is the hit, later ones are repeats and count neither for nor against. Every other signal is a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from tiktokwatch.records import Outage

EARLY = timedelta(minutes=15)  # whoever wrote the start down need not have known the minute
AFTER = timedelta(minutes=30)
MONTH = timedelta(days=30)
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Expected:
    """An outage that is to be signalled, and what else is known of it; "" and None are not held against anything.

    `by` is the latest signal and `onset` the earliest and latest onset estimate, all three counted from `start`.
    """

    start: datetime
    end: datetime
    verdict: str = ""
    aspect: str = ""
    by: timedelta | None = None
    onset: tuple[timedelta, timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """An expected outage, and the signals that belong to it, in order of time."""

    expected: Expected
    signals: tuple[Outage, ...]

    @property
    def delay(self) -> timedelta | None:
        """Return the time from the start to the first signal, None if there was none."""
        return self.signals[0].signalled_at - self.expected.start if self.signals else None

    @property
    def onset_error(self) -> timedelta | None:
        """Return how far the first signal's onset lies from the start, either way; None if there was no signal."""
        return abs(self.signals[0].onset - self.expected.start) if self.signals else None

    @property
    def faults(self) -> list[str]:
        """Return a sentence for each expectation that was not met."""
        if not self.signals:
            return [f"No signal of the outage of {self.expected.start:%d %b %H:%M}."]
        first, wanted = self.signals[0], self.expected
        late, began = first.signalled_at - wanted.start, first.onset - wanted.start
        checks = {
            f"The signal came after {_minutes(late)}, not within {_minutes(wanted.by)}.": wanted.by is not None
            and late > wanted.by,
            f"The onset is off by {_minutes(began)}.": wanted.onset is not None
            and not wanted.onset[0] <= began <= wanted.onset[1],
            f"The verdict is {first.verdict}, not {wanted.verdict}.": wanted.verdict not in ("", first.verdict),
            f"The aspect is {first.aspect}, not {wanted.aspect}.": wanted.aspect not in ("", first.aspect),
        }
        return [sentence for sentence, is_wrong in checks.items() if is_wrong]


@dataclass(frozen=True, slots=True)
class Board:
    """What was met, what was false, and for how long it was watched, alarmed and outside every expected outage."""

    met: tuple[Met, ...]
    false: tuple[Outage, ...]
    watched: timedelta
    alarmed: timedelta
    calm: timedelta

    @property
    def faults(self) -> list[str]:
        """Return a sentence for each expectation that was not met, and for each false alarm."""
        false = [f"A false {one.verdict} signal at {one.signalled_at:%d %b %H:%M}: {one.reason}." for one in self.false]
        return [sentence for met in self.met for sentence in met.faults] + false


def hold(found: Iterable[Outage], expected: Iterable[Expected], *, start: datetime, end: datetime) -> Board:
    """Hold what was found against what was expected, over the time that was watched."""
    found = sorted(found, key=lambda outage: outage.signalled_at)
    expected = sorted(expected, key=lambda one: one.start)
    signals: dict[int, list[Outage]] = {number: [] for number in range(len(expected))}
    false = []
    for outage in found:
        owner = _owner(outage.signalled_at, expected)
        if owner is None:
            false.append(outage)
        else:
            signals[owner].append(outage)
    spans = [(outage.signalled_at, outage.ended_at or end) for outage in found]
    troubled = [(one.start - EARLY, one.end + AFTER) for one in expected]
    return Board(
        met=tuple(Met(one, tuple(signals[number])) for number, one in enumerate(expected)),
        false=tuple(false),
        watched=end - start,
        alarmed=_covered(spans, start, end),
        calm=end - start - _covered(troubled, start, end),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Boards summed up. A figure is None where there is nothing to make it of; delays are those of detected outages.

    `coverage` is the share of the time in which an alarm stood, and `adjusted` is F0.5 times what is left of it, since
    an alarm that never ends finds everything (Augustine 2013). Verdicts and aspects of missed outages are wrong ones.
    """

    expected: int
    detected: int
    repeats: int
    false: int
    precision: float | None
    recall: float | None
    f05: float | None
    coverage: float | None
    adjusted: float | None
    false_per_30_days: float | None
    delay_median: timedelta | None
    delay_p90: timedelta | None
    onset_error: timedelta | None
    verdicts: float | None
    aspects: float | None


def sum_up(boards: Sequence[Board]) -> Figures:
    """Sum up boards, each outage and each false alarm counting the same."""
    met = [one for board in boards for one in board.met]
    hits = [one for one in met if one.signals]
    false = sum(len(board.false) for board in boards)
    precision, recall = _share(len(hits), len(hits) + false), _share(len(hits), len(met))
    f05 = None if precision is None or recall is None else _f_half(precision, recall)
    coverage = _ratio(_total(board.alarmed for board in boards), _total(board.watched for board in boards))
    delays = [one.delay for one in hits if one.delay is not None]
    errors = [one.onset_error for one in hits if one.onset_error is not None]
    verdicts = [(one.expected.verdict, one.signals[0].verdict if one.signals else "") for one in met]
    aspects = [(one.expected.aspect, one.signals[0].aspect if one.signals else "") for one in met]
    return Figures(
        expected=len(met),
        detected=len(hits),
        repeats=sum(len(one.signals) - 1 for one in hits),
        false=false,
        precision=precision,
        recall=recall,
        f05=f05,
        coverage=coverage,
        adjusted=None if f05 is None or coverage is None else f05 * (1.0 - coverage),
        false_per_30_days=_ratio(false * MONTH, _total(board.calm for board in boards)),
        delay_median=_ranked(delays, 0.5),
        delay_p90=_ranked(delays, 0.9),
        onset_error=_ranked(errors, 0.5),
        verdicts=_right(verdicts),
        aspects=_right(aspects),
    )


def _owner(at: datetime, expected: Sequence[Expected]) -> int | None:
    """Return the number of the outage that a signal belongs to, the later one where two are near."""
    owners = [number for number, one in enumerate(expected) if one.start - EARLY <= at < one.end + AFTER]
    return owners[-1] if owners else None


def _covered(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """Return how much of the time from `start` to `end` the spans cover together."""
    total, reached = NOTHING, start
    for since, until in sorted(spans):
        grown = min(until, end) - max(since, reached)
        if grown > NOTHING:
            total += grown
            reached = min(until, end)
    return total


def _ranked(spans: Sequence[timedelta], share: float) -> timedelta | None:
    """Return the smallest span that at least `share` of them do not exceed (nearest rank)."""
    return sorted(spans)[ceil(share * len(spans)) - 1] if spans else None


def _right(pairs: Iterable[tuple[str, str]]) -> float | None:
    named = [wanted == given for wanted, given in pairs if wanted]
    return _share(sum(named), len(named))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ratio(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole else None


def _f_half(precision: float, recall: float) -> float:
    return 1.25 * precision * recall / (0.25 * precision + recall) if precision + recall else 0.0


def _total(spans: Iterable[timedelta]) -> timedelta:
    return sum(spans, NOTHING)


def _minutes(span: timedelta | None) -> str:
    return "" if span is None else f"{span / timedelta(minutes=1):.0f} min"
