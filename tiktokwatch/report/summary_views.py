"""The summary for machines and for a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tiktokwatch import __version__
from tiktokwatch.records import Outage
from tiktokwatch.report import phrases, sampled, words
from tiktokwatch.report.blocks import sparkline, squeezed
from tiktokwatch.report.health import SourceHealth
from tiktokwatch.report.official import NOTHING, first_words
from tiktokwatch.report.outages import outage_json
from tiktokwatch.report.printable import printable
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.sampled import Sample
from tiktokwatch.report.series import Cell, Peak
from tiktokwatch.report.shares import Share
from tiktokwatch.report.spending import now_words, spending_json, warnings
from tiktokwatch.report.summary import Recent, Summary
from tiktokwatch.report.terminal import Look
from tiktokwatch.report.words import stamp

SCHEMA_VERSION = 1
SPARK_WIDTH = 48


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return the summary as JSON has it: moments in ISO 8601 UTC, null where something is not known."""
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "now": stamp(summary.now),
        "from": stamp(summary.since),
        "to": stamp(summary.until),
        "settled": stamp(summary.settled),
        "zone": summary.zone.key,
        "state": summary.state,
        "cause": summary.cause or None,
        "held": summary.held,
        "began": stamp(summary.began),
        "headline": summary.headline,
        "reason": summary.reason,
        "advice": summary.advice,
        "last_15_min": recent_json(summary.recent),
        "series": [cell_json(cell) for cell in summary.cells],
        "peak": peak_json(summary.peak),
        "named_since": stamp(summary.named_since),
        "aspects": [share_json(share) for share in summary.aspects],
        "places": [share_json(share) for share in summary.places],
        "sources": [source_json(source) for source in summary.sources],
        "samples": [quote_json(quote) for quote in summary.quotes],
        "posts": dict(summary.tallies),
        "transition": None
        if summary.transition is None
        else {
            "at": stamp(summary.transition.at),
            "before": summary.transition.before,
            "after": summary.transition.after,
            "reason": printable(summary.transition.reason),
        },
        "outage": _outage_json(summary, summary.outage),
        "last_outage": _outage_json(summary, summary.last_outage),
        "heard": list(summary.heard.fresh),
        "not_heard": [{"source": source, "since": stamp(since)} for source, since in summary.heard.silent],
        "spending": [spending_json(spent) for spent in summary.spending],
    }


def _outage_json(summary: Summary, outage: Outage | None) -> dict[str, Any] | None:
    return None if outage is None else outage_json(outage, official=summary.official.get(outage.id, NOTHING))


def recent_json(recent: Recent) -> dict[str, Any]:
    """Return the last quarter of an hour."""
    return {
        "from": stamp(recent.start),
        "to": stamp(recent.end),
        "complaints": recent.complaints,
        "people": recent.people,
        "usual": None if recent.usual is None else round(recent.usual, 2),
        "ratio": None if recent.ratio is None else round(recent.ratio, 2),
        **sample_json(recent.likely, recent.sample),
    }


def sample_json(likely: float | None, sample: Sample) -> dict[str, Any]:
    """Return what stands beside complaints: those that are likely in all posts `counted`, of which so many were `read`.

    Where everything was read, `likely` is the complaints.
    """
    return {
        "likely": None if likely is None else round(likely, 1),
        "read": sample.read,
        "counted": sample.counted,
    }


def cell_json(cell: Cell) -> dict[str, Any]:
    """Return one cell of a series."""
    return {
        "at": stamp(cell.start),
        "complaints": cell.complaints,
        "usual": None if cell.usual is None else round(cell.usual, 2),
        "minutes_known": cell.minutes,
        **sample_json(cell.likely, cell.sample),
    }


def peak_json(peak: Peak | None) -> dict[str, Any] | None:
    """Return the busiest minute."""
    if peak is None:
        return None
    likely = peak.complaints + peak.sample.carried
    return {"at": stamp(peak.at), "complaints": peak.complaints, **sample_json(likely, peak.sample)}


def share_json(share: Share) -> dict[str, Any]:
    """Return what some of the complaints name."""
    return {"key": share.key, "name": share.name, "complaints": share.count, "share": round(share.share, 4)}


def source_json(source: SourceHealth) -> dict[str, Any]:
    """Return how one collector is."""
    return {
        "collector": source.collector,
        "source": source.source,
        "ok": source.ok,
        "through": stamp(source.through),
        "age_seconds": None if source.age is None else round(source.age.total_seconds()),
        "fault": source.fault or None,
        "retry_at": stamp(source.retry_at),
        "next_step": source.next_step or None,
    }


def quote_json(quote: Quote) -> dict[str, Any]:
    """Return one post as it is shown."""
    return {"at": stamp(quote.at), "where": quote.where, "text": quote.text, "url": quote.url or None}


def summary_text(summary: Summary, *, look: Look) -> str:
    """Return the summary for a terminal."""
    board = phrases.SIGNBOARDS[summary.state]
    symbol = board.ascii_symbol if look.ascii_only else board.symbol
    since = "" if summary.began is None else f"  since {_when(summary, summary.began)} ({_elapsed(summary)})"
    head = look.wrap(f"TikTok: {board.word} {symbol}{since}{_heard(summary)}")
    lines = [
        *(look.paint(line, board.colour, "bold") for line in head),
        *look.wrap(summary.headline, indent=2),
        *look.wrap(summary.reason, indent=2),
        *(look.paint(line, "bold") for line in look.wrap(summary.advice, indent=2)),
        "",
        *_spark(summary, look),
    ]
    for label, text in _rows(summary):
        lines += look.row(label, text)
    for spent in summary.spending:
        lines += look.row("spent", now_words(spent))
        lines += [line for text in warnings(spent) for line in look.row("", text, "yellow")]
    for source in summary.sources:
        lines += look.row("sources" if source is summary.sources[0] else "", str(source), *_alarm(source))
    return look.page([*lines, *_posts(summary, look)])


def _heard(summary: Summary) -> str:
    """Return by whom the state is known, where it is known and not by all."""
    heard = summary.heard
    if summary.state == "unknown" or not heard.fresh or not heard.silent:
        return ""
    silent = [f"{phrases.source_words(source)} {_not_heard(summary, since)}" for source, since in heard.silent]
    return f", by {words.joined([phrases.source_words(source) for source in heard.fresh])}; {words.joined(silent)}"


def _not_heard(summary: Summary, since: datetime | None) -> str:
    return "not heard yet" if since is None else f"not heard since {_when(summary, since)}"


def _when(summary: Summary, at: datetime) -> str:
    return words.moment(at, summary.zone, now=summary.now)


def _elapsed(summary: Summary) -> str:
    return words.duration(summary.now - (summary.began or summary.now))


def _alarm(source: SourceHealth) -> tuple[str, ...]:
    return () if source.ok else ("yellow",)


def _spark(summary: Summary, look: Look) -> list[str]:
    if not any(cell.minutes for cell in summary.cells):
        return []
    values = squeezed([cell.level for cell in summary.cells], min(SPARK_WIDTH, look.row_width))
    notes = []
    if summary.peak is not None:
        peak = sampled.figure(summary.peak.complaints, summary.peak.sample)
        notes.append(f"peak {peak}/min at {_when(summary, summary.peak.at)}")
    if summary.cause == "stale":
        notes.append(f"to {_when(summary, summary.until)}")
    if None in values:
        notes.append("? no data" if look.ascii_only else "· no data")
    spark = sparkline(values, ascii_only=look.ascii_only)
    label, note = words.duration(summary.until - summary.since), "; ".join(notes)
    if len(spark) + len(note) < look.row_width:
        return look.row(label, f"{spark} {note}")
    return [*look.row(label, spark), *look.row("", note)]


def _rows(summary: Summary) -> list[tuple[str, str]]:
    """Return what there is to say beside the figures, as labels and texts."""
    rows = []
    named = _when(summary, summary.named_since)
    if summary.aspects:
        rows.append(("about", f"{_shared(summary.aspects)}  (of complaints since {named})"))
    if summary.places:
        rows.append(("where", f"{_shared(summary.places)}  (where a post says so)"))
    heard = [
        f"{words.number(summary.tallies[kind])} {name}"
        for kind, name in phrases.NOISE.items()
        if summary.tallies.get(kind)
    ]
    if heard:
        rows.append(("not counted", words.joined(heard)))
    if summary.last_outage is not None and summary.state not in {"outage", "recovering"}:
        last = summary.last_outage
        ended = last.ended_at or last.signalled_at
        what = f"{phrases.outage_noun(last.verdict)}, {words.duration(ended - last.onset)}"
        rows.append(("last", f"{what}, from {_when(summary, last.onset)}; more: tiktokwatch outages {last.id}"))
    if summary.outage is not None:
        official = summary.official.get(summary.outage.id, NOTHING)
        said = first_words(summary.outage, official, zone=summary.zone, now=summary.now)
        rows += [("TikTok", said)] if said else []
        rows.append(("more", f"tiktokwatch outages {summary.outage.id}"))
    return rows


def _shared(shares: tuple[Share, ...]) -> str:
    return " · ".join(str(share) for share in shares[:4])


def _posts(summary: Summary, look: Look) -> list[str]:
    lines = [""] if summary.quotes else []
    for quote in summary.quotes:
        label = "posts" if quote is summary.quotes[0] else ""
        lines += look.row(label, f"{_when(summary, quote.at)} {quote.where}: “{quote.text}”")
        lines += look.whole("", quote.url, "dim") if quote.url else []
    return lines
