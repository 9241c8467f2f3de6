"""Figures and moments as people read them: "2 h 41 min", "12 s ago", "61 %", "14:05 CET", "a, b and c"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.records import EPOCH

# strftime would speak the language of the process, and every word around it is English.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SMALL, TRACE = 9.95, 0.05
GLUE = "\N{NO-BREAK SPACE}"

_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|s|min|h|d|people|complaints?|outages?|posts?|requests?)(?!\w))|(?<=\d h) (?=\d)|(?<=\d d) (?=\d)"
)


def duration(span: timedelta) -> str:
    """Return a length of time in its two largest units; what is negative counts as nothing."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes = seconds // 60
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def ago(span: timedelta) -> str:
    """Return how long ago something was."""
    return "just now" if span < timedelta(seconds=1) else f"{duration(span)} ago"


def number(value: int) -> str:
    """Return a count with its thousands set apart."""
    return f"{value:,}"


def figure(value: float) -> str:
    """Return a mean or an expectation: one decimal where it is small, none where it is large, never a false zero."""
    if value >= SMALL:
        return number(round(value))
    if 0 < value < TRACE:
        return "under 0.1"
    return f"{value:.1f}".removesuffix(".0")


def ratio(value: float) -> str:
    """Return how many times the usual something is."""
    return f"×{figure(value)}"  # noqa: RUF001 - the multiplication sign is meant


def percent(share: float) -> str:
    """Return a share of one as percent; neither a trace nor an almost is rounded away."""
    whole = round(100 * share)
    if share > 0 and whole == 0:
        return "under 1 %"
    if share < 1 and whole == 100:  # noqa: PLR2004 - percent
        return "over 99 %"
    return f"{whole} %"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: "1 outage", "2 outages"."""
    return f"{number(count)} {noun if count == 1 else nouns or noun + 's'}"


def joined(items: Sequence[str]) -> str:
    """Return a list as a sentence has it."""
    if len(items) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def capital(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def glued(text: str) -> str:
    """Return `text` with figures that no line break parts from their units."""
    return _UNIT.sub(GLUE, text)


def zone_name(at: datetime, zone: ZoneInfo) -> str:
    """Return what the zone calls its time at that moment; zones without letters are told from UTC."""
    name = at.astimezone(zone).tzname() or ""
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


def hour(at: datetime, zone: ZoneInfo) -> str:
    """Return the time of day, without the zone."""
    return f"{at.astimezone(zone):%H:%M}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Return the time of day with the zone."""
    return f"{hour(at, zone)} {zone_name(at, zone)}"


def short_day(day: date) -> str:
    """Return "Sun 22 Nov"."""
    return f"{DAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}"


def long_day(day: date) -> str:
    """Return "Sunday 22 November 2026"."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Return the time of day, with the day before it where that is not the day of `now`."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return clock(at, zone)
    year = "" if local.year == today.year else f" {local.year}"
    return f"{short_day(local)}{year} {clock(at, zone)}"


def span(start: datetime, end: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Return "14:05 to 16:46 CET", with days where they are not that of `now`."""
    first, last = moment(start, zone, now=now), moment(end, zone, now=now)
    if start.astimezone(zone).date() == end.astimezone(zone).date():
        last = clock(end, zone)
    if zone_name(start, zone) == zone_name(end, zone):
        first = first.removesuffix(f" {zone_name(start, zone)}")
    return f"{first} to {last}"


def day_span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return where a local day starts and ends, in UTC; days on which clocks change have 23 or 25 hours."""
    utc = EPOCH.tzinfo
    start, end = (datetime.combine(day + timedelta(days=ahead), time.min, zone) for ahead in (0, 1))
    return start.astimezone(utc), end.astimezone(utc)


def stamp(at: datetime | None) -> str | None:
    """Return a moment for machines: ISO 8601 in UTC with a Z, to the second."""
    return None if at is None else at.astimezone(EPOCH.tzinfo).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
