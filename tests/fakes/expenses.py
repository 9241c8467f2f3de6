"""What was paid for, kept in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from tiktokwatch.records import Expense


class Ledger:
    """Structurally `protocols.Expenses`; adds up by source, hour and kind, as a table would."""

    def __init__(self) -> None:
        self.units: Counter[tuple[str, datetime, str]] = Counter()
        self._dollars: Counter[tuple[str, datetime, str]] = Counter()

    def expenses(self, *, source: str, since: datetime) -> Sequence[Expense]:
        return [
            Expense(*key, units, self._dollars[key])
            for key, units in sorted(self.units.items())
            if key[0] == source and key[1] >= since
        ]

    def book(self, expense: Expense) -> None:
        assert (expense.at.minute, expense.at.second, expense.at.microsecond) == (0, 0, 0)
        key = (expense.source, expense.at, expense.kind)
        self.units[key] += expense.units
        self._dollars[key] += expense.dollars
        assert self.units[key] >= 0

    def booked(self, kind: str) -> int:
        """Return the units of a kind, of all sources and hours."""
        return sum(units for key, units in self.units.items() if key[2] == kind)
