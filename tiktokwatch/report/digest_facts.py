"""The words of a digest, which all its forms share."""

from __future__ import annotations

from datetime import datetime

from tiktokwatch.report import official, phrases, sampled, spending, words
from tiktokwatch.report.digest import DayCell, Digest, OutageOfDay
from tiktokwatch.report.sampled import EVERYTHING_READ
from tiktokwatch.report.shares import Share
from tiktokwatch.report.verdict_of_day import WELL_WATCHED

LONGEST_HOLES = 5


def title(digest: Digest) -> str:
    """Return what the digest is of."""
    return words.long_day(digest.day) + ("" if digest.over else ", so far")


def when(digest: Digest, at: datetime) -> str:
    """Return a moment, with its day where that is another."""
    return words.moment(at, digest.zone, now=digest.start)


def span(digest: Digest, start: datetime, end: datetime) -> str:
    """Return from when to when, with days where they are others."""
    return words.span(start, end, digest.zone, now=digest.start)


def outage_title(digest: Digest, found: OutageOfDay) -> str:
    """Return one outage's heading: "Outage 1: 14:05 to 16:46 CET"."""
    noun = phrases.outage_noun(found.outage.verdict)
    number = f" {found.number}" if len(digest.outages) > 1 else ""
    onset, ended_at = found.outage.onset, found.outage.ended_at
    lasted = f"since {when(digest, onset)}" if ended_at is None else span(digest, onset, ended_at)
    return f"{words.capital(noun)}{number}: {lasted}"


def outage_label(digest: Digest, found: OutageOfDay) -> str:
    """Return the name of one outage in the chart: "Outage, 2 h 41 min"."""
    noun = "Outage" if len(digest.outages) == 1 else f"{found.number}."
    return f"{noun} {words.duration(found.duration)}"


def outage_facts(digest: Digest, found: OutageOfDay) -> list[tuple[str, str]]:
    """Return what is known of one outage, as labels and texts."""
    outage = found.outage
    lasted = words.duration(found.duration)
    delay = words.duration(outage.signalled_at - outage.onset)
    sample = found.sample
    peak = f"{'about ' if sample.unread else ''}{words.number(outage.peak_per_minute)} complaints a minute"
    which = f", in the {sample} that were read" if sample.unread else ""
    if found.peak is not None:
        peak += f", at {when(digest, found.peak.at)}"
    rows = [
        ("Lasted", lasted if outage.ended_at is not None else f"{lasted} so far, not over"),
        ("Peak", f"{peak} (usual: {words.figure(outage.usual_per_minute)})"),
        ("People", f"{words.number(outage.authors)} ({words.plural(outage.complaints, 'complaint')}){which}"),
        ("About", listed(found.aspects)),
        ("Where", listed(found.places)),
        ("First heard", words.joined([phrases.source_words(source) for source in found.first_heard_on])),
        ("Signalled", f"{when(digest, outage.signalled_at)}, {delay} after the start"),
        ("Kind", phrases.kind_words(outage.verdict, outage.aspect)),
        ("TikTok", official.first_words(outage, found.official, zone=digest.zone, now=digest.start)),
    ]
    return [(label, text) for label, text in rows if text]


def listed(shares: tuple[Share, ...]) -> str:
    """Return what complaints name, on one line."""
    return " · ".join(map(str, shares))


def day_mark(cell: DayCell) -> tuple[str, str]:
    """Return the shape and the words for one day of the seven-day strip."""
    if cell.outages:
        return "●", f"{words.plural(cell.outages, 'outage')}, {words.duration(cell.down)}"
    if cell.complaints is None:
        return "?", "no data"
    if cell.coverage < WELL_WATCHED:
        return "◌", f"quiet, {words.percent(cell.coverage)} watched"
    return "○", "quiet"


def not_counted(digest: Digest) -> str:
    """Return what else was heard that is no complaint about TikTok."""
    heard = [
        f"{words.number(digest.tallies[kind])} {name}"
        for kind, name in phrases.NOISE.items()
        if digest.tallies.get(kind)
    ]
    posts = words.plural(digest.tallies.get("posts", 0), "post")
    if heard:
        return f"Of {posts} read, these were not counted: {words.joined(heard)}."
    return f"{posts} read." if digest.tallies.get("posts") else "No post was read."


def watching(digest: Digest) -> list[str]:
    """Return how well the day was watched, as sentences."""
    share = words.percent(digest.coverage)
    lines = [f"{share} of the {'day' if digest.over else 'time so far'} was watched by at least one source."]
    if digest.source_coverage:
        each = [f"{phrases.source_words(one.source)} {words.percent(one.share)}" for one in digest.source_coverage]
        lines.append(f"Source by source: {words.joined(each)}.")
        lines += [
            f"Of {words.plural(one.sample.counted, 'post')} that {phrases.source_words(one.source)} counted,"
            f" {words.number(one.sample.read)} were read."
            for one in digest.source_coverage
            if one.sample.unread
        ]
    for hole in digest.holes[:LONGEST_HOLES]:
        who = phrases.source_words(hole.source)
        why = f": {hole.reason.removeprefix(f'{hole.collector}: ')}" if hole.reason else ""
        missed = f"{words.duration(hole.end - hole.start)}, {span(digest, hole.start, hole.end)}"
        lines.append(f"{who} missed {missed}{why}.")
    if len(digest.holes) > LONGEST_HOLES:
        lines.append(f"{words.plural(len(digest.holes) - LONGEST_HOLES, 'shorter gap')} beside these.")
    lines += [f"Now: {source}." for source in digest.sources if not source.ok]
    return lines


def chart_words(digest: Digest) -> str:
    """Return in words what the chart of the day shows."""
    if digest.complaints is None:
        return f"No data on {words.long_day(digest.day)}."
    complaints = words.capital(sampled.counted(digest.complaints, digest.sample))
    parts = [f"{complaints} on {words.long_day(digest.day)}"]
    if digest.usual is not None:
        parts.append(f"usual {words.figure(digest.usual)}")
    if digest.peak is not None:
        parts.append(f"busiest minute {when(digest, digest.peak.at)} with {_peak(digest)}")
    parts += [outage_title(digest, found) for found in digest.outages]
    parts += [f"no data {span(digest, start, end)}" for start, end in digest.blanks[:LONGEST_HOLES]]
    return "; ".join(parts) + "."


def busiest(digest: Digest) -> str:
    """Return the busiest minute: "busiest minute 14:21 CET, 31"; "" where nobody complained."""
    if digest.peak is None:
        return ""
    return f"busiest minute {when(digest, digest.peak.at)}, {_peak(digest)}"


def _peak(digest: Digest) -> str:
    peak = digest.peak
    return "" if peak is None else sampled.figure(peak.complaints, peak.sample)


def hours(digest: Digest) -> list[tuple[str, str, str]]:
    """Return the day hour by hour: the hour, complaints, what is usual."""
    rows = []
    for n in range(0, len(digest.cells), 4):
        cells = digest.cells[n : n + 4]
        known = [cell for cell in cells if cell.complaints is not None]
        sample = sum((cell.sample for cell in known), EVERYTHING_READ)
        complaints = sampled.figure(sum(cell.complaints or 0 for cell in known), sample) if known else "no data"
        usual = [cell.usual for cell in known if cell.usual is not None]
        rows.append((words.clock(cells[0].start, digest.zone), complaints, words.figure(sum(usual)) if usual else "–"))  # noqa: RUF001
    return rows


def costs(digest: Digest) -> list[str]:
    """Return what the day cost, as sentences."""
    lines = []
    for spent in digest.spending:
        lines += [spending.day_words(spent, now=digest.now), *spending.warnings(spent)]
    return lines


def footer(digest: Digest) -> str:
    """Return how to read it."""
    about = " Where it says “about”, what was read is carried over to posts that were only counted."
    return (
        "A complaint is one person in one minute who says that TikTok fails; copies, reposts, jokes and politics do"
        f" not count.{about if digest.sample.unread else ''} Usual is what calm days hold at the same hour. Times are"
        f" {digest.zone.key}; the day runs from {words.clock(digest.start, digest.zone)} to"
        f" {words.clock(digest.end, digest.zone)} ({words.duration(digest.end - digest.start)})."
    )


def again(digest: Digest) -> str:
    """Return the command that makes this digest."""
    return f"tiktokwatch digest --date {digest.day.isoformat()}"
