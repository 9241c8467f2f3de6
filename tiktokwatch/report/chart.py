"""The chart of complaints over time, as SVG that stands alone or within a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from tiktokwatch.report import sampled, words
from tiktokwatch.report.series import QUARTER, Cell

LEFT, RIGHT, TOP, AXIS = 44, 8, 44, 26
LEGEND_LINE = 20
LETTER, BOLD_LETTER = 6.7, 7.8  # the mean width of a letter at 12 px, with room to spare
LEAST_TOP = 15.0  # a quiet day must look quiet
TICK = 62.0

FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
STYLE = """
.tw text{fill:#55585f}.tw .strong{fill:#1b1c1f;font-weight:600}.tw .alarm{fill:#a3211b;font-weight:600}
.tw .grid{stroke:#e4e3df}.tw .base{stroke:#8b8d93}
.tw .usual{fill:#8b8d93;fill-opacity:.26}
.tw .usual-line{fill:none;stroke:#55585f;stroke-width:1.25;stroke-dasharray:4 3}
.tw .area{fill:#2a5c99;fill-opacity:.16}.tw .line{fill:none;stroke:#24548c;stroke-width:2;stroke-linejoin:round}
.tw .span{fill:#c0352b;fill-opacity:.09}.tw .span-top{fill:#b42a21}
.tw .hole{fill:#f3f2ee}.tw .hatch{stroke:#a9abb0}.tw .dot{fill:#24548c;stroke:#fff;stroke-width:2}
.tw .hit{fill:#1b1c1f;fill-opacity:0}.tw .hit:hover{fill-opacity:.07}
@media screen and (prefers-color-scheme:dark){
.tw text{fill:#a9acb4}.tw .strong{fill:#f1f1f3}.tw .alarm{fill:#ff9c93}
.tw .grid{stroke:#33353a}.tw .base{stroke:#7d8088}
.tw .usual{fill:#a9acb4;fill-opacity:.24}.tw .usual-line{stroke:#b9bcc3}
.tw .area{fill:#8ab8f5;fill-opacity:.2}.tw .line{stroke:#8ab8f5}
.tw .span{fill:#ff8278;fill-opacity:.13}.tw .span-top{fill:#ff8278}
.tw .hole{fill:#232529}.tw .hatch{stroke:#62656c}.tw .dot{fill:#8ab8f5;stroke:#1a1b1e}
.tw .hit{fill:#fff}}
"""


@dataclass(frozen=True, slots=True)
class Shade:
    """A span to be shaded, with its name."""

    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things stand: `start` to `end` from left to right, 0 to `top` from the bottom up, in pixels."""

    start: datetime
    end: datetime
    top: float
    width: float
    height: float

    def x(self, at: datetime) -> float:
        """Return where a moment is."""
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return LEFT + share * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return how far down a value is."""
        return self.bottom - min(value, self.top) / self.top * (self.bottom - TOP)

    @property
    def bottom(self) -> float:
        """Return where nothing is."""
        return self.height - AXIS


def chart(
    cells: Sequence[Cell],
    *,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    title: str,
    description: str,
    ident: str,
    shades: Sequence[Shade] = (),
    holes: Sequence[tuple[datetime, datetime]] = (),
    width: int = 720,
    height: int = 280,
) -> str:
    """Draw complaints a cell as a line, what is usual as a band, outages shaded, and holes hatched.

    `title` and `description` say the same in words; `ident` must be unique in a page. Nothing is drawn where nothing
    is known. The colours follow the reader's preference for light or dark.
    """
    levels = [level for cell in cells for level in (cell.level, cell.usual_level) if level is not None]
    step = _step(max([LEAST_TOP, *levels]))
    rungs = -(-max([LEAST_TOP, *levels]) // step)
    frame = Frame(start, end, rungs * step, width, height)
    label = f"per {words.duration(cells[0].end - cells[0].start)}" if cells else ""
    legend, below = _legend(frame, ident, cells, shades, holes)
    size = f'viewBox="0 0 {width} {height + below}" width="{width}" height="{height + below}"'
    font = f"font-family='{FONTS}' font-size='12'"
    names = f'role="img" aria-labelledby="{ident}-title {ident}-desc"'
    return "".join(
        (
            f'<svg class="tw" xmlns="http://www.w3.org/2000/svg" {size} {font} {names}>',
            f'<title id="{ident}-title">{escape(title)}</title><desc id="{ident}-desc">{escape(description)}</desc>',
            f"<style>{STYLE}</style>{_hatching(ident)}",
            _grid(frame, step, f"Complaints {label}"),
            _shading(frame, shades),
            _holes(frame, ident, holes),
            _usual(frame, cells),
            _complaints(frame, cells),
            _times(frame, zone),
            _peak(frame, cells, zone),
            _hits(frame, cells, zone),
            legend,
            "</svg>",
        )
    )


def _step(top: float) -> float:
    """Return the distance of three to five lines of the grid: 1, 2 or 5 times a power of ten."""
    unit = 1.0
    while True:
        for factor in (1, 2, 5):
            if top / (factor * unit) <= 5:  # noqa: PLR2004 - lines
                return factor * unit
        unit *= 10


def _hatching(ident: str) -> str:
    return (
        f'<defs><pattern id="{ident}-hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="hole" width="7" height="7"/>'
        '<path class="hatch" d="M0 0V7"/></pattern></defs>'
    )


def _grid(frame: Frame, step: float, label: str) -> str:
    parts = [f'<text x="0" y="12">{escape(label)}</text>']
    for n in range(round(frame.top / step) + 1):
        y = _px(frame.y(n * step))
        kind = "grid" if n else "base"
        parts.append(f'<path class="{kind}" d="M{LEFT} {y}H{_px(frame.width - RIGHT)}"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y}" dy=".35em" text-anchor="end">{words.number(round(n * step))}</text>'
        )
    return "".join(parts)


def _shading(frame: Frame, shades: Sequence[Shade]) -> str:
    parts = []
    taken = [float(LEFT), float(LEFT)]  # how far the names in either row reach
    for shade in shades:
        left, right = frame.x(shade.start), frame.x(shade.end)
        wide = max(right - left, 2.0)
        size = f'x="{_px(left)}" width="{_px(wide)}"'
        parts.append(f'<rect class="span" {size} y="{TOP}" height="{_px(frame.bottom - TOP)}"/>')
        parts.append(f'<rect class="span-top" {size} y="{TOP - 3}" height="3"/>')
        length = BOLD_LETTER * len(shade.name)
        at = max(0.0, min(left, frame.width - RIGHT - length))
        row = 0 if at >= taken[0] else 1
        if at >= taken[row]:
            taken[row] = at + length + 8
            y = TOP - 9 - 14 * row
            parts.append(f'<text class="alarm" x="{_px(at)}" y="{y}">{escape(shade.name)}</text>')
    return "".join(parts)


def _holes(frame: Frame, ident: str, holes: Sequence[tuple[datetime, datetime]]) -> str:
    return "".join(
        f'<rect fill="url(#{ident}-hatch)" x="{_px(frame.x(start))}" y="{TOP}"'
        f' width="{_px(max(1.0, frame.x(end) - frame.x(start)))}" height="{_px(frame.bottom - TOP)}"/>'
        for start, end in holes
    )


def _runs(cells: Sequence[Cell], values: Sequence[float | None]) -> list[list[tuple[Cell, float]]]:
    """Cut cells into runs without holes."""
    runs: list[list[tuple[Cell, float]]] = [[]]
    for cell, value in zip(cells, values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((cell, value))
    return [run for run in runs if run]


def _path(frame: Frame, run: Sequence[tuple[Cell, float]]) -> str:
    """Return a line through the middles of the cells, out to the edges of the run."""
    points = [(run[0][0].start, run[0][1])]
    points += [(cell.start + (cell.end - cell.start) / 2, value) for cell, value in run]
    points.append((run[-1][0].end, run[-1][1]))
    return "L".join(f"{_px(frame.x(at))} {_px(frame.y(value))}" for at, value in points)


def _band(frame: Frame, run: Sequence[tuple[Cell, float]], path: str) -> str:
    left, right = _px(frame.x(run[0][0].start)), _px(frame.x(run[-1][0].end))
    return f"M{left} {_px(frame.bottom)}L{path}L{right} {_px(frame.bottom)}Z"


def _usual(frame: Frame, cells: Sequence[Cell]) -> str:
    parts = []
    for run in _runs(cells, [cell.usual_level for cell in cells]):
        path = _path(frame, run)
        parts.append(f'<path class="usual" d="{_band(frame, run, path)}"/><path class="usual-line" d="M{path}"/>')
    return "".join(parts)


def _complaints(frame: Frame, cells: Sequence[Cell]) -> str:
    parts = []
    for run in _runs(cells, [cell.level for cell in cells]):
        path = _path(frame, run)
        parts.append(f'<path class="area" d="{_band(frame, run, path)}"/><path class="line" d="M{path}"/>')
    return "".join(parts)


def _times(frame: Frame, zone: ZoneInfo) -> str:
    """Draw the times of the zone, as many as there is room for: quarters of an hour, hours or days."""
    room = (frame.width - LEFT - RIGHT) / ((frame.end - frame.start) / QUARTER)
    step = next((quarters for quarters in (1, 2, 4, 8, 12, 24, 48) if quarters * room >= TICK), 96)
    parts = []
    at = frame.start.replace(minute=0, second=0, microsecond=0)
    while at <= frame.end:
        local = at.astimezone(zone)
        if at >= frame.start and (local.hour * 4 + local.minute // 15) % step == 0:
            x = _px(frame.x(at))
            anchor = "end" if frame.width - RIGHT - frame.x(at) < TICK / 2 else "middle"
            said = words.short_day(local.date()) if step == 96 else f"{local:%H:%M}"  # noqa: PLR2004 - a day
            parts.append(f'<path class="base" d="M{x} {_px(frame.bottom)}v5"/>')
            parts.append(f'<text x="{x}" y="{_px(frame.bottom + 19)}" text-anchor="{anchor}">{said}</text>')
        at += QUARTER
    return "".join(parts)


def _peak(frame: Frame, cells: Sequence[Cell], zone: ZoneInfo) -> str:
    known = [(cell.level, cell) for cell in cells if cell.level is not None]
    if not known:
        return ""
    level, cell = max(known, key=lambda pair: pair[0])
    if not level:
        return ""
    x, y = frame.x(cell.start + (cell.end - cell.start) / 2), frame.y(level)
    about = "about " if cell.sample.unread else ""
    said = f"{about}{words.number(round(level))} at {words.hour(cell.start, zone)}"
    left = x + 10 + BOLD_LETTER * len(said) > frame.width - RIGHT
    place = f'x="{_px(x - 10)}" text-anchor="end"' if left else f'x="{_px(x + 10)}"'
    return (
        f'<circle class="dot" cx="{_px(x)}" cy="{_px(y)}" r="4.5"/>'
        f'<text class="strong" {place} y="{_px(max(y + 4, TOP + 12))}">{said}</text>'
    )


def _hits(frame: Frame, cells: Sequence[Cell], zone: ZoneInfo) -> str:
    """Lay an unseen rectangle over each cell, which tells its figures to whoever points at it."""
    parts = []
    for cell in cells:
        left, right = frame.x(cell.start), frame.x(cell.end)
        said = "no data" if cell.complaints is None else sampled.counted(cell.complaints, cell.sample)
        usual = "" if cell.usual is None else f", usual {words.figure(cell.usual)}"
        parts.append(
            f'<rect class="hit" x="{_px(left)}" y="{TOP}" width="{_px(right - left)}"'
            f' height="{_px(frame.bottom - TOP)}"><title>{words.hour(cell.start, zone)}: {said}{usual}</title></rect>'
        )
    return "".join(parts)


def _legend(
    frame: Frame,
    ident: str,
    cells: Sequence[Cell],
    shades: Sequence[Shade],
    holes: Sequence[tuple[datetime, datetime]],
) -> tuple[str, int]:
    """Return what the lines and areas mean, as far as they are there, and how much room that takes."""
    swatch = '<rect class="{}" width="18" height="10" y="-9"/>'
    items = []
    if any(cell.complaints is not None for cell in cells):
        by_sample = ", by samples" if any(cell.sample.unread for cell in cells) else ""
        items.append(('<path class="line" d="M0 -4H18"/>', f"complaints{by_sample}"))
    if any(cell.usual is not None for cell in cells):
        items.append((swatch.format("usual") + '<path class="usual-line" d="M0 -9H18"/>', "usual at that hour"))
    if shades:
        items.append((swatch.format("span") + '<rect class="span-top" width="18" height="3" y="-11"/>', "outage"))
    if holes:
        items.append((f'<rect fill="url(#{ident}-hatch)" width="18" height="10" y="-9"/>', "no data"))
    parts, x, y = [], float(LEFT), frame.height + 14
    for sign, text in items:
        wide = 24 + LETTER * len(text)
        if x > LEFT and x + wide > frame.width:
            x, y = float(LEFT), y + LEGEND_LINE
        parts.append(f'<g transform="translate({_px(x)} {_px(y)})">{sign}<text x="24">{text}</text></g>')
        x += wide + 18
    return "".join(parts), int(y - frame.height) + 8


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
