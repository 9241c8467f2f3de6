"""Budgets for tests of what is bought of X."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fakes.expenses import Ledger
from tiktokwatch.collect.budget import Budget, Limits

PRICES = {"post": 0.005, "request": 0.005}


def budget(
    ledger: Ledger, *, posts: int = 10**6, dollars: float = 10**6, essential: Mapping[str, int] | None = None
) -> Budget:
    """Return a budget of so much a day, and thirty times as much a month."""
    limits = Limits(
        dollars_per_day=dollars, dollars_per_month=30 * dollars, posts_per_day=posts, posts_per_month=30 * posts
    )
    return Budget(source="x", limits=limits, prices=PRICES, essential=essential or {}, expenses=ledger)
