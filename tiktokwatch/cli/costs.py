"""What X is going to cost, in sentences, before it costs anything."""

from __future__ import annotations

from math import ceil

from tiktokwatch import sources
from tiktokwatch.settings import Config

LONGEST_MONTH = 31  # days
# Cents of a float that are none.
_TINY = 1e-6


def estimate(config: Config) -> str:
    """Return what a calm day of X costs, where that can be foretold, and what it costs at most."""
    budget, prices = config.x.budget, config.x.prices
    units = sources.calm_day(config)
    if units:
        cost = money(sources.calm_day_cost(config))
        bought = f"{_counted(units['request'], 'request')}, {_counted(units['post'], 'post')}"
        most = f"at most {money(budget.dollars_per_day)} a day and {money(budget.dollars_per_month)} a month"
        return f"x: about {cost} on a calm day by counts ({bought}), {most}"
    day = min(budget.dollars_per_day, budget.posts_per_day * prices.post)
    month = min(budget.dollars_per_month, budget.posts_per_month * prices.post)
    return (
        f"x: each post read costs ${prices.post:g}, and how many there will be nobody can say;"
        f" at most {money(day)} a day and {money(month)} a month"
    )


def misfit(config: Config) -> str:
    """Return what to change where calm days do not fit into the budget, in a sentence, else ""."""
    budget = config.x.budget
    units, cost = sources.calm_day(config), sources.calm_day_cost(config)
    if not units:
        return ""
    needs = (
        ("dollars_per_day", cost, budget.dollars_per_day),
        ("dollars_per_month", LONGEST_MONTH * cost, budget.dollars_per_month),
        ("posts_per_day", units["post"], budget.posts_per_day),
        ("posts_per_month", LONGEST_MONTH * units["post"], budget.posts_per_month),
    )
    raises = [
        f"x.budget.{key} to {ceil(need * 100 - _TINY) / 100:.2f} (it is {has:.2f})"
        if "dollars" in key
        else f"x.budget.{key} to {need:g} (it is {has})"
        for key, need, has in needs
        if need > has + _TINY
    ]
    if not raises:
        return ""
    kinds = {"x.calm_every": "dollars", "x.sample_every": "posts"}
    others = [key for key, kind in kinds.items() if any(f".{kind}_" in text for text in raises)]
    return (
        f"calm days of X do not fit into its budget: raise {' and '.join(raises)}, or lengthen {' and '.join(others)}"
    )


def money(dollars: float) -> str:
    """Return dollars with cents."""
    return f"${dollars:,.2f}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
