"""The digest as text, as Markdown and for machines."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tiktokwatch import __version__
from tiktokwatch.report import digest_facts, words
from tiktokwatch.report.blocks import sparkline, squeezed
from tiktokwatch.report.digest import Digest, OutageOfDay
from tiktokwatch.report.outages import outage_json
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.spending import spending_json
from tiktokwatch.report.summary_views import cell_json, peak_json, quote_json, sample_json, share_json, source_json
from tiktokwatch.report.terminal import Look
from tiktokwatch.report.words import stamp

SCHEMA_VERSION = 1
SPARK_WIDTH = 48

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def digest_text(digest: Digest, *, look: Look) -> str:
    """Return the digest as plain text."""
    lines = [
        *(look.paint(line, "bold") for line in look.wrap(digest.subject)),
        "",
        *look.wrap(digest.sentence),
        *_spark_rows(digest, look),
    ]
    for found in digest.outages:
        lines += _head(digest_facts.outage_title(digest, found), look)
        for label, text in digest_facts.outage_facts(digest, found):
            lines += look.row(label, text)
        lines += _quotes(digest, found, look)
    lines += _named(digest, look)
    lines += _head("Seven days", look)
    for cell in digest.week:
        lines += look.row(words.short_day(cell.day), digest_facts.day_mark(cell)[1])
    lines += _head("Not counted", look) + look.wrap(digest_facts.not_counted(digest), indent=2)
    lines += _head("The watcher", look)
    for line in digest_facts.watching(digest):
        lines += look.wrap(line, indent=2)
    lines.append("")
    for line in (*digest_facts.costs(digest), digest_facts.footer(digest)):
        lines += look.wrap(line)
    lines += [*look.wrap(f"Made by: {digest_facts.again(digest)}")]
    return look.page(lines)


def _head(text: str, look: Look) -> list[str]:
    return ["", *(look.paint(line, "bold") for line in look.wrap(text))]


def _spark_rows(digest: Digest, look: Look) -> list[str]:
    if digest.complaints is None:
        return []
    count = round((digest.end - digest.start) / timedelta(minutes=30))
    width = min(count, look.row_width)
    reached = max(1, round(width * ((digest.through - digest.start) / (digest.end - digest.start))))
    values = squeezed([cell.level for cell in digest.cells], reached)
    rows = look.row(words.duration(digest.end - digest.start), sparkline(values, ascii_only=look.ascii_only))
    note = digest_facts.busiest(digest)
    return ["", *rows, *(look.row("", note) if note else [])]


def _quotes(digest: Digest, found: OutageOfDay, look: Look) -> list[str]:
    lines = [""] if found.quotes else []
    for quote in found.quotes:
        lines += look.row(words.hour(quote.at, digest.zone), f"{quote.where}: “{quote.text}”")
        lines += look.whole("", quote.url, "dim") if quote.url else []
    return lines


def _named(digest: Digest, look: Look) -> list[str]:
    rows = [("About", digest_facts.listed(digest.aspects)), ("Where", digest_facts.listed(digest.places))]
    lines = [line for label, text in rows if text for line in look.row(label, text)]
    return [*_head("What complaints named", look), *lines] if lines else []


def digest_markdown(digest: Digest) -> str:
    """Return the digest as Markdown; whatever people wrote is escaped."""
    lines = [f"# {escaped(digest.subject)}", "", escaped(digest.sentence), ""]
    if digest.complaints is not None:
        values = squeezed([cell.level for cell in digest.cells], SPARK_WIDTH)
        lines += ["```text", sparkline(values), "```", "", escaped(digest_facts.chart_words(digest)), ""]
    for found in digest.outages:
        lines += [f"## {escaped(digest_facts.outage_title(digest, found))}", "", "| | |", "|---|---|"]
        lines += [f"| {label} | {escaped(text)} |" for label, text in digest_facts.outage_facts(digest, found)]
        lines += ["", *(_quoted(digest, quote) for quote in found.quotes), ""]
    named = [("About", digest.aspects), ("Where", digest.places)]
    if any(shares for _, shares in named):
        lines += ["## What complaints named", ""]
        lines += [f"- {label}: {escaped(digest_facts.listed(shares))}" for label, shares in named if shares]
        lines.append("")
    lines += ["## Seven days", "", "| Day | |", "|---|---|"]
    for cell in digest.week:
        symbol, said = digest_facts.day_mark(cell)
        lines.append(f"| {words.short_day(cell.day)} | {symbol} {escaped(said)} |")
    lines += ["", "## Not counted", "", escaped(digest_facts.not_counted(digest)), "", "## The watcher", ""]
    lines += [f"- {escaped(line)}" for line in digest_facts.watching(digest)]
    lines += ["", "---"]
    for line in (*digest_facts.costs(digest), digest_facts.footer(digest)):
        lines += ["", escaped(line)]
    lines += ["", f"Made by `{digest_facts.again(digest)}`."]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return `text` so that Markdown shows it as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _quoted(digest: Digest, quote: Quote) -> str:
    link = f" ([post](<{quote.url}>))" if quote.url else ""
    return f"- {words.hour(quote.at, digest.zone)}, {escaped(quote.where)}: “{escaped(quote.text)}”{link}"


def digest_json(digest: Digest) -> dict[str, Any]:
    """Return the digest as JSON has it: moments in ISO 8601 UTC, null where something is not known."""
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "day": digest.day.isoformat(),
        "zone": digest.zone.key,
        "now": stamp(digest.now),
        "from": stamp(digest.start),
        "to": stamp(digest.end),
        "through": stamp(digest.through),
        "over": digest.over,
        "subject": digest.subject,
        "sentence": digest.sentence,
        "complaints": digest.complaints,
        **sample_json(digest.likely, digest.sample),
        "usual": None if digest.usual is None else round(digest.usual, 2),
        "people": digest.people,
        "peak": peak_json(digest.peak),
        "series": [cell_json(cell) for cell in digest.cells],
        "no_data": [{"from": stamp(start), "to": stamp(end)} for start, end in digest.blanks],
        "outages": [_outage_json(found) for found in digest.outages],
        "aspects": [share_json(share) for share in digest.aspects],
        "places": [share_json(share) for share in digest.places],
        "week": [
            {
                "day": cell.day.isoformat(),
                "outages": cell.outages,
                "down_seconds": round(cell.down.total_seconds()),
                "complaints": cell.complaints,
                "coverage": round(cell.coverage, 4),
            }
            for cell in digest.week
        ],
        "posts": dict(digest.tallies),
        "watcher": _watcher_json(digest),
        "spending": [spending_json(spent) for spent in digest.spending],
    }


def _outage_json(found: OutageOfDay) -> dict[str, Any]:
    return {
        **outage_json(found.outage, official=found.official),
        "duration_seconds": round(found.duration.total_seconds()),
        "peak": peak_json(found.peak),
        "first_heard_on": list(found.first_heard_on),
        "samples": [quote_json(quote) for quote in found.quotes],
        "read": found.sample.read,
        "counted": found.sample.counted,
    }


def _watcher_json(digest: Digest) -> dict[str, Any]:
    return {
        "coverage": round(digest.coverage, 4),
        "coverage_by_source": {one.source: round(one.share, 4) for one in digest.source_coverage},
        "read_by_source": {one.source: one.sample.read for one in digest.source_coverage},
        "counted_by_source": {one.source: one.sample.counted for one in digest.source_coverage},
        "gaps": [
            {
                "collector": hole.collector,
                "source": hole.source,
                "from": stamp(hole.start),
                "to": stamp(hole.end),
                "reason": hole.reason,
            }
            for hole in digest.holes
        ],
        "sources": [source_json(source) for source in digest.sources],
    }
