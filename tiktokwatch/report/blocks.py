"""Charts of characters: a sparkline in one row, and a chart of several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LEVELS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = "_.:-=+*#"
NO_DATA, ASCII_NO_DATA = "·", "?"

Value = float | None


def sparkline(values: Sequence[Value], *, ascii_only: bool = False) -> str:
    """Return a character a value: its height against the largest, or the sign of "no data" where it is None."""
    levels, missing = (ASCII_LEVELS, ASCII_NO_DATA) if ascii_only else (LEVELS, NO_DATA)
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(missing if value is None else levels[_level(value, top, len(levels) - 1)] for value in values)


def _level(value: float, top: float, highest: int) -> int:
    """Return a level of 0 to `highest`; only nothing is 0."""
    if value <= 0 or top <= 0:
        return 0
    return min(highest, max(1, round(highest * value / top)))


def squeezed(values: Sequence[Value], width: int) -> list[Value]:
    """Return at most `width` values, each the largest of as many neighbours; None where all of them are."""
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)]
    groups = [values[start:end] for start, end in pairwise(edges)]
    return [max((value for value in group if value is not None), default=None) for group in groups]


def strip(values: Sequence[Value], *, rows: int = 6, top: float | None = None, ascii_only: bool = False) -> list[str]:
    """Return a chart of `rows` lines, the highest first, with a column a value.

    `top` is the value that fills a column, by default the largest; columns without data show it in the lowest row.
    """
    steps = 2 if ascii_only else 8
    glyphs = " .#" if ascii_only else " ▁▂▃▄▅▆▇█"
    missing = ASCII_NO_DATA if ascii_only else NO_DATA
    top = top or max((value for value in values if value is not None), default=0.0)
    heights = [None if value is None else _level(value, top, rows * steps) for value in values]
    lines = []
    for row in reversed(range(rows)):
        cells = [
            (missing if row == 0 else " ") if height is None else glyphs[min(steps, max(0, height - row * steps))]
            for height in heights
        ]
        lines.append("".join(cells))
    return lines
