"""What a day is said to have been, in a subject line and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tiktokwatch.records import Outage
from tiktokwatch.report import phrases, words
from tiktokwatch.report.sampled import counted as counted_words
from tiktokwatch.report.series import Cell

WELL_WATCHED = 0.95


@dataclass(frozen=True, slots=True)
class Facts:
    """What the verdict rests on; outages come with how long they lasted, or have so far."""

    day: date
    zone: ZoneInfo
    over: bool
    begun: bool
    outages: tuple[tuple[Outage, timedelta], ...]
    whole: Cell
    coverage: float


def subject(facts: Facts) -> str:
    """Return the line that tells whether to read on."""
    so_far = "" if facts.over else " so far"
    return f"TikTok, {words.short_day(facts.day)}{so_far}: {_verdict(facts)}"


def _verdict(facts: Facts) -> str:
    if facts.outages:
        longest, length = max(facts.outages, key=lambda pair: pair[1])
        figures = [words.duration(length) + ("" if longest.ended_at is not None else " so far")]
        if len(facts.outages) > 1:
            figures[0] = f"longest {figures[0]}"
        figures.append(f"peak {_about(facts)}{words.number(_peak(facts))}/min")
        return f"{counted(facts.outages)} ({', '.join(figures)})"
    complaints = _complaints(facts)
    if not complaints:
        return "no data"
    usual = "" if facts.whole.usual is None else f", usual {words.figure(facts.whole.usual)}"
    if facts.coverage < WELL_WATCHED:
        share = words.percent(facts.coverage)
        return f"quiet as far as seen ({complaints}{usual}; {share} watched)"
    return f"quiet ({complaints}{usual})"


def _complaints(facts: Facts) -> str:
    """Return "about 720 complaints", "" where nobody vouches for any."""
    whole = facts.whole
    return "" if whole.complaints is None else counted_words(whole.complaints, whole.sample)


def _peak(facts: Facts) -> int:
    return max(outage.peak_per_minute for outage, _ in facts.outages)


def _about(facts: Facts) -> str:
    return "about " if facts.whole.sample.unread else ""


def counted(outages: tuple[tuple[Outage, timedelta], ...]) -> str:
    """Return how many outages there were, and of which kind where they are all of one."""
    kinds = {outage.verdict for outage, _ in outages}
    kind = kinds.pop() if len(kinds) == 1 else "technical"
    return words.plural(len(outages), phrases.outage_noun(kind), phrases.outage_noun(kind, many=True))


def sentence(facts: Facts) -> str:
    """Return the day in a sentence or two."""
    said = _outages(facts) if facts.outages else _quiet(facts)
    if facts.whole.complaints is not None and facts.coverage < WELL_WATCHED:
        share = words.percent(facts.coverage)
        said += f" Only {share} of the {'day' if facts.over else 'time'} was watched; an outage in the rest would"
        said += " have been missed."
    return said


def _outages(facts: Facts) -> str:
    outage, length = max(facts.outages, key=lambda pair: pair[1])
    noun = phrases.outage_noun(outage.verdict)
    start, _ = words.day_span(facts.day, facts.zone)
    if outage.ended_at is None:
        span = f"since {words.moment(outage.onset, facts.zone, now=start)} ({words.duration(length)} so far)"
    else:
        span = f"from {words.span(outage.onset, outage.ended_at, facts.zone, now=start)} ({words.duration(length)})"
    read = " in the posts that were read" if facts.whole.sample.unread else ""
    people = f"{words.plural(outage.authors, 'person', 'people')} complained{read}"
    usual = words.figure(outage.usual_per_minute)
    peak = f"at the worst {_about(facts)}{words.number(outage.peak_per_minute)} a minute, where {usual} is usual"
    article = "an" if noun[0] in "aeiou" else "a"
    if len(facts.outages) > 1:
        return f"There were {counted(facts.outages)}. The longest: {span}. {people}, {peak}."
    there = "There was" if outage.ended_at is not None else "There has been"
    return f"{there} {article} {noun} {span}. {people}, {peak}."


def _quiet(facts: Facts) -> str:
    if not facts.begun:
        return "This day has not begun yet."
    complaints = words.capital(_complaints(facts))
    if not complaints:
        when = "on this day" if facts.over else "so far on this day"
        return f"Nobody watched {when}, so nothing can be said about it. Silence is not an all-clear."
    usual = "" if facts.whole.usual is None else f", where {words.figure(facts.whole.usual)} are usual"
    span = "all day" if facts.over else "so far"
    return f"No outage was seen. {complaints} {span}{usual}."
