"""The digest as one page of HTML that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiktokwatch import __version__
from tiktokwatch.report import digest_facts, words
from tiktokwatch.report.chart import Shade, chart
from tiktokwatch.report.digest import DayCell, Digest, OutageOfDay
from tiktokwatch.report.shares import Share
from tiktokwatch.report.verdict_of_day import WELL_WATCHED

if TYPE_CHECKING:
    from jinja2 import Environment

WIDE, NARROW = 720, 340
NARROW_HEIGHT = 240


def digest_html(digest: Digest) -> str:
    """Return the digest as a page of less than 100 kB."""
    return _environment().get_template("digest.html").render(_view(digest))


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - pages are made once a day

    environment = Environment(
        loader=PackageLoader("tiktokwatch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["glued"] = words.glued
    return environment


def _view(digest: Digest) -> dict[str, Any]:
    """Return all words and figures of the page, so that the template holds none."""
    return {
        "subject": digest.subject,
        "title": digest_facts.title(digest),
        "sentence": digest.sentence,
        "mark": _mark(digest),
        "figures": _figures(digest),
        "charts": _charts(digest),
        "hours": digest_facts.hours(digest),
        "outages": [_outage(digest, found) for found in digest.outages],
        "bars": [
            {"title": title, "rows": _bars(shares)}
            for title, shares in (("What fails", digest.aspects), ("Where, as people say", digest.places))
            if shares
        ],
        "week": [_day(digest, cell) for cell in digest.week],
        "not_counted": digest_facts.not_counted(digest),
        "watching": digest_facts.watching(digest),
        "footer": [*digest_facts.costs(digest), digest_facts.footer(digest)],
        "again": digest_facts.again(digest),
        "version": __version__,
    }


def _mark(digest: Digest) -> dict[str, str]:
    if digest.outages:
        open_now = any(found.outage.ended_at is None for found in digest.outages)
        return {"kind": "outage", "symbol": "●", "words": "Outage, not over" if open_now else "Outage"}
    if digest.complaints is None:
        return {"kind": "unknown", "symbol": "?", "words": "No data"}
    if digest.coverage < WELL_WATCHED:
        return {"kind": "partly", "symbol": "◌", "words": "Quiet as far as seen"}
    return {"kind": "quiet", "symbol": "○", "words": "Quiet"}


def _figures(digest: Digest) -> list[dict[str, Any]]:
    """Return the four figures at the head of the page; `about` marks those that a sample speaks for."""
    known = digest.complaints is not None
    usual = "usual not known" if digest.usual is None else f"usual {words.figure(digest.usual)}"
    peak = digest.peak
    missed = sum((end - start for start, end in digest.blanks), digest.start - digest.start)
    return [
        {
            "label": "Complaints",
            "about": digest.sample.unread,
            "value": words.number(round(digest.likely or 0)) if known else "–",  # noqa: RUF001 - a dash for nothing
            "note": usual if known else "no data",
        },
        {
            "label": "People",
            "about": False,
            "value": words.number(digest.people) if known else "–",  # noqa: RUF001 - a dash for nothing
            "note": _people(digest) if known else "no data",
        },
        {
            "label": "Busiest minute",
            "about": peak is not None and peak.sample.unread,
            "value": words.number(peak.likely) if peak else "–",  # noqa: RUF001 - a dash for nothing
            "note": f"at {digest_facts.when(digest, peak.at)}" if peak else "no complaint" if known else "no data",
        },
        {
            "label": "Watched",
            "about": False,
            "value": words.percent(digest.coverage),
            "note": f"{words.duration(missed)} missed" if missed else "without a gap",
        },
    ]


def _people(digest: Digest) -> str:
    return "in the posts that were read" if digest.sample.unread else "who complained"


def _charts(digest: Digest) -> list[dict[str, str]]:
    """Draw the day twice, for wide and for narrow screens: letters must not shrink with the picture."""
    if digest.complaints is None:
        return []
    shades = [
        Shade(found.outage.onset, found.until, digest_facts.outage_label(digest, found)) for found in digest.outages
    ]
    sizes = (("wide", WIDE, 280), ("narrow", NARROW, NARROW_HEIGHT))
    return [
        {
            "kind": kind,
            "svg": chart(
                digest.cells,
                start=digest.start,
                end=digest.end,
                zone=digest.zone,
                title=f"Complaints about TikTok, {words.long_day(digest.day)}",
                description=digest_facts.chart_words(digest),
                ident=f"chart-{kind}",
                shades=shades,
                holes=digest.blanks,
                width=width,
                height=height,
            ),
        }
        for kind, width, height in sizes
    ]


def _outage(digest: Digest, found: OutageOfDay) -> dict[str, Any]:
    return {
        "title": digest_facts.outage_title(digest, found),
        "facts": digest_facts.outage_facts(digest, found),
        "quotes": [
            {
                "time": words.clock(quote.at, digest.zone),
                "iso": words.stamp(quote.at),
                "where": quote.where,
                "text": quote.text,
                "url": quote.url,
            }
            for quote in found.quotes
        ],
    }


def _bars(shares: tuple[Share, ...]) -> list[dict[str, str]]:
    return [
        {"name": share.name, "said": words.percent(share.share), "width": f"{100 * share.share:.0f}"}
        for share in shares
    ]


def _day(digest: Digest, cell: DayCell) -> dict[str, Any]:
    symbol, said = digest_facts.day_mark(cell)
    kind = {"●": "outage", "?": "unknown", "◌": "partly", "○": "quiet"}[symbol]
    return {
        "day": words.short_day(cell.day),
        "symbol": symbol,
        "said": said,
        "kind": kind,
        "today": cell.day == digest.day,
    }
