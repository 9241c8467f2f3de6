"""The score board as a figure: each delay a dot on a line of its detector, the median a bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from math import log

LEFT, WIDTH, ROW, TOP = 150, 640, 26, 52
SHORTEST, LONGEST = 1.0, 480.0
MARKS = (1, 2, 5, 10, 30, 60, 120, 240)
COLOURS = ("#1f6f8b", "#c8553d")


def delays_svg(groups: Mapping[str, Mapping[str, Sequence[timedelta]]]) -> str:
    """Return an SVG of delays in minutes, on a log scale; `groups` are kinds of outage, in each a row a detector."""
    parts: list[str] = []
    y = TOP
    for colour, (group, detectors) in zip(COLOURS, groups.items(), strict=False):
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(group)}</text>')
        for name, delays in detectors.items():
            y += ROW
            parts.append(f'<text x="20" y="{y + 4}">{escape(name)}</text>')
            parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>')
            parts.extend(_dots(delays, y, colour))
        y += 2 * ROW
    height = y
    axis = [_mark(minutes, height - ROW) for minutes in MARKS]
    title = '<text x="8" y="22" font-size="15">Minutes from the start of an outage to the signal</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 30}" height="{height + 10}"'
        f' font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{title}{''.join(axis)}{''.join(parts)}</svg>\n"
    )


def _dots(delays: Sequence[timedelta], y: int, colour: str) -> list[str]:
    places = sorted(_x(delay / timedelta(minutes=1)) for delay in delays)
    dots = [f'<circle cx="{x:.1f}" cy="{y}" r="3.5" fill="{colour}" fill-opacity="0.35"/>' for x in places]
    if places:
        middle = places[(len(places) - 1) // 2]
        dots.append(
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 9}" y2="{y + 9}" stroke="#111" stroke-width="2"/>'
        )
    return dots


def _mark(minutes: int, bottom: int) -> str:
    x = _x(minutes)
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 18}" y2="{bottom}" stroke="#eee"/>'
        f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle" fill="#555">{minutes}</text>'
    )


def _x(minutes: float) -> float:
    kept = min(max(minutes, SHORTEST), LONGEST)
    return LEFT + WIDTH * log(kept / SHORTEST) / log(LONGEST / SHORTEST)
