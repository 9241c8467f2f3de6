"""A chart that grows while a replay runs."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.records import State, Step
from tiktokwatch.report import phrases, words
from tiktokwatch.report.blocks import strip
from tiktokwatch.report.sampled import EVERYTHING_READ, Sampling
from tiktokwatch.report.terminal import Look

ROWS = 6
MARGIN = 6


class LiveChart:
    """The sink that counts complaints into as many cells as the terminal has columns, from `start` to `end`.

    Where a source counted more posts than were read, it counts the complaints that all of them likely hold.
    """

    def __init__(self, *, start: datetime, end: datetime, zone: ZoneInfo, look: Look) -> None:
        self._start = start
        self._zone = zone
        self._look = look
        self._columns = look.columns - MARGIN
        self._cell = (end - start) / self._columns
        self._complaints: dict[int, float] = defaultdict(float)
        self._sampling = Sampling()
        self._sample = EVERYTHING_READ
        self._reached = start
        self._state: State = "unknown"
        self._posts = 0

    def __call__(self, step: Step) -> None:
        """Take what one tick changed."""
        self._posts += len(step.judged)
        for bucket in step.buckets:
            if self._state not in {"outage", "recovering"}:
                self._sampling.note(bucket)
            sample = self._sampling.sample(bucket)
            self._complaints[(bucket.at - self._start) // self._cell] += bucket.complaints + sample.carried
            self._sample += sample
        if step.settled is not None:
            self._reached = step.settled
        if step.transitions:
            self._state = step.transitions[-1].after

    def lines(self) -> list[str]:
        """Return the chart with its axis and one line of words."""
        known = (self._reached - self._start) // self._cell
        values = [self._complaints.get(cell, 0.0) if cell < known else None for cell in range(self._columns)]
        rows = strip(values, rows=ROWS, ascii_only=self._look.ascii_only)
        rows[-1] = rows[-1].rstrip("?·")
        top = words.number(round(max(self._complaints.values(), default=0.0)))
        labels = [top, *[""] * (ROWS - 2), "0"]
        chart = [f"{label:>{MARGIN - 1}} {row}" for label, row in zip(labels, rows, strict=True)]
        return [*chart, self._axis(), self._words()]

    def _axis(self) -> str:
        axis = [" "] * self._columns
        day = self._start
        while (column := (day - self._start) // self._cell) < self._columns:
            label = words.short_day(day.astimezone(self._zone).date())
            if column + len(label) <= self._columns:
                axis[column : column + len(label)] = label
            day += timedelta(days=1)
        return " " * MARGIN + "".join(axis)

    def _words(self) -> str:
        board = phrases.SIGNBOARDS[self._state]
        symbol = board.ascii_symbol if self._look.ascii_only else board.symbol
        at = words.clock(self._reached, self._zone)
        day = words.short_day(self._reached.astimezone(self._zone).date())
        said = f"{symbol} {board.word}"
        unread = f", {words.number(self._sample.unread)} more counted" if self._sample.unread else ""
        return f"{day} {at}  {self._look.paint(said, board.colour, 'bold')}  {words.number(self._posts)} posts{unread}"
