"""The life cycle of an outage: one table.

House rules of this file:

1. Everything that decides a state stands here, and nothing else does.
2. It knows signals and minutes; it knows neither counts, nor sources, nor a clock.
3. A rule reads: in this state, after so many minutes in a row of one of these signals, go there. The first rule that
   holds is taken. Minutes count from the one that entered the state, which is the first.
4. A minute that nobody vouches for ("blind") moves nothing: it leads to "unknown", which holds the state before it,
   and the first minute that somebody vouches for goes on from there. Silence never gives an all-clear.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tiktokwatch.records import Signal, State


@dataclass(frozen=True, slots=True)
class Rule:
    """After `minutes` in a row of any of `signals`, go to `then`."""

    signals: frozenset[Signal]
    minutes: int
    then: State


HIGH: frozenset[Signal] = frozenset({"high"})
QUIET: frozenset[Signal] = frozenset({"quiet"})
FALLEN: frozenset[Signal] = frozenset({"low", "quiet"})

TABLE: dict[State, tuple[Rule, ...]] = {
    "calm": (Rule(HIGH, 1, "pending"),),
    "pending": (Rule(HIGH, 2, "outage"), Rule(FALLEN, 15, "calm")),
    "outage": (Rule(FALLEN, 15, "recovering"),),
    "recovering": (Rule(HIGH, 2, "outage"), Rule(QUIET, 30, "calm"), Rule(FALLEN, 180, "calm")),
}
LONGEST = max(rule.minutes for rules in TABLE.values() for rule in rules)


class Life:
    """Where the life cycle stands. A watch begins in "unknown", and holds "calm"."""

    def __init__(self, *, state: State = "unknown", held: State = "calm", signals: Iterable[Signal] = ()) -> None:
        self.state = state
        self._held = held
        self._signals: deque[Signal] = deque(signals, maxlen=LONGEST)

    def advance(self, signal: Signal) -> State:
        """Take the signal of one more minute, and return the state after it."""
        if signal == "blind":
            if self.state != "unknown":
                self._held = self.state
                self.state = "unknown"
            return self.state
        if self.state == "unknown":
            self.state = self._held
            self._signals.clear()
        self._signals.append(signal)
        for rule in TABLE[self.state]:
            if self._streak(rule.signals) >= rule.minutes:
                self.state = rule.then
                self._signals.clear()
                self._signals.append(signal)
                break
        return self.state

    def _streak(self, signals: frozenset[Signal]) -> int:
        streak = 0
        for signal in reversed(self._signals):
            if signal not in signals:
                break
            streak += 1
        return streak
