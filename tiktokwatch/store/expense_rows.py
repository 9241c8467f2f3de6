"""Records to rows and back: what was paid for. See `rows` for the rules."""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Row
from typing import Any

from tiktokwatch.records import Expense
from tiktokwatch.store.cells import moment, packed, unpacked

BOOK = """
INSERT INTO expenses (source, at, kind, units, dollars) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source, at, kind) DO UPDATE
SET units = units + excluded.units, dollars = dollars + excluded.dollars
"""


def expense_values(expense: Expense) -> tuple[Any, ...]:
    """Return the values that `BOOK` takes."""
    return packed(expense.source), moment(expense.at), packed(expense.kind), expense.units, expense.dollars


def expense_of(row: Row) -> Expense:
    """Return what was booked for one hour and kind."""
    return Expense(
        source=unpacked(row["source"]),
        at=datetime.fromisoformat(row["at"]),
        kind=unpacked(row["kind"]),
        units=row["units"],
        dollars=row["dollars"],
    )
