"""Outages as lists: for machines, as a table, and one of them with all that happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tiktokwatch.records import Outage, Transition
from tiktokwatch.report import phrases, words
from tiktokwatch.report.printable import printable
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.shares import shares
from tiktokwatch.report.terminal import Look, table
from tiktokwatch.report.words import stamp

SCHEMA_VERSION = 1


def outage_json(outage: Outage) -> dict[str, Any]:
    """Return one outage as JSON has it: moments in ISO 8601 UTC, null where they have not come yet."""
    return {
        "id": outage.id,
        "aspect": outage.aspect,
        "state": outage.state,
        "verdict": outage.verdict,
        "onset": stamp(outage.onset),
        "signalled_at": stamp(outage.signalled_at),
        "recovering_at": stamp(outage.recovering_at),
        "ended_at": stamp(outage.ended_at),
        "complaints": outage.complaints,
        "authors": outage.authors,
        "peak_per_minute": outage.peak_per_minute,
        "usual_per_minute": outage.usual_per_minute,
        "sources": list(outage.sources),
        "aspects": dict(outage.aspects),
        "places": dict(outage.places),
        "reason": printable(outage.reason),
    }


def outages_json(outages: Sequence[Outage]) -> dict[str, Any]:
    """Return a list of outages as one JSON object."""
    return {"schema_version": SCHEMA_VERSION, "outages": [outage_json(outage) for outage in outages]}


def outage_detail_json(outage: Outage, *, transitions: Sequence[Transition]) -> dict[str, Any]:
    """Return one outage with what happened in it as one JSON object."""
    return {
        "schema_version": SCHEMA_VERSION,
        "outage": outage_json(outage),
        "transitions": [transition_json(transition) for transition in transitions],
    }


def transition_json(transition: Transition) -> dict[str, Any]:
    """Return one change of state as JSON has it."""
    return {
        "at": stamp(transition.at),
        "before": transition.before,
        "after": transition.after,
        "outage_id": transition.outage_id,
        "reason": printable(transition.reason),
    }


def replay_json(
    outages: Sequence[Outage], *, posts: Mapping[str, int], start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """Return what a replay found as one JSON object.

    `posts` counts those read, kept, duplicate and bad; `start` and `end` are None where no post was read.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "posts": {kind: posts[kind] for kind in ("read", "kept", "duplicate", "bad")},
        "from": stamp(start),
        "to": stamp(end),
        "outages": [outage_json(outage) for outage in outages],
    }


def lasted(outage: Outage, *, now: datetime) -> str:
    """Return how long an outage was, or has been so far."""
    if outage.ended_at is None:
        return f"{words.duration(now - outage.onset)} so far"
    return words.duration(outage.ended_at - outage.onset)


def when(outage: Outage, zone: ZoneInfo, *, now: datetime) -> str:
    """Return when an outage was: "14:05 to 16:46 CET", or since when it is."""
    if outage.ended_at is None:
        return f"since {words.moment(outage.onset, zone, now=now)}"
    return words.span(outage.onset, outage.ended_at, zone, now=now)


def outages_text(outages: Sequence[Outage], *, zone: ZoneInfo, now: datetime, look: Look) -> str:
    """Return a table of outages, the newest first."""
    if not outages:
        return look.page(["No outage on record for this time."])
    head = ["ID", "BEGAN", "LASTED", "PEAK/MIN", "PEOPLE", "WHAT"]
    rows = [head] + [
        [
            str(outage.id),
            words.moment(outage.onset, zone, now=now),
            lasted(outage, now=now),
            words.number(outage.peak_per_minute),
            words.number(outage.authors),
            look.spell(phrases.kind_words(outage.verdict, outage.aspect)),
        ]
        for outage in reversed(outages)
    ]
    lines = table(rows, right=frozenset({0, 3, 4}))
    if max(map(len, lines)) > look.columns:
        return look.page(_stacked(rows[1:], look))
    return look.page([look.paint(lines[0].rstrip(), "dim"), *lines[1:], "", "One of them: tiktokwatch outages ID"])


def _stacked(rows: Sequence[Sequence[str]], look: Look) -> list[str]:
    lines = []
    for number, began, length, peak, people, what in rows:
        lines += look.wrap(f"{number}  {began}, {length}")
        lines += look.wrap(f"{what}; peak {peak}/min, {people} people", indent=3)
    return lines


def outage_text(
    outage: Outage,
    *,
    transitions: Sequence[Transition],
    quotes: Sequence[Quote] = (),
    zone: ZoneInfo,
    now: datetime,
    look: Look,
) -> str:
    """Return one outage with its figures, what happened in it, and what people said."""
    board = phrases.SIGNBOARDS["calm" if outage.ended_at is not None else outage.state]
    state = "over" if outage.ended_at is not None else "going on" if outage.state == "outage" else board.word.lower()
    noun = phrases.outage_noun(outage.verdict)
    head = f"{noun[:1].upper()}{noun[1:]} {outage.id}: {state}, {lasted(outage, now=now)}"
    lines = [look.paint(line, board.colour, "bold") for line in look.wrap(head)]
    for label, text in facts(outage, zone=zone, now=now):
        lines += look.row(label, text)
    lines.append("")
    for transition in transitions:
        after = phrases.SIGNBOARDS[transition.after].word.lower()
        lines += look.row(words.hour(transition.at, zone), f"{after}: {printable(transition.reason)}")
    for quote in quotes:
        lines += ["", *look.row(words.hour(quote.at, zone), f"{quote.where}  “{quote.text}”")]
        lines += look.whole("", quote.url, "dim") if quote.url else []
    return look.page(lines)


def facts(outage: Outage, *, zone: ZoneInfo, now: datetime) -> list[tuple[str, str]]:
    """Return what is known of one outage, as labels and texts."""
    usual = words.figure(outage.usual_per_minute)
    delay = words.duration(outage.signalled_at - outage.onset)
    rows = [
        ("when", when(outage, zone, now=now)),
        ("signalled", f"{words.moment(outage.signalled_at, zone, now=now)}, {delay} after the start"),
        ("kind", phrases.kind_words(outage.verdict, outage.aspect)),
        ("people", f"{words.number(outage.authors)} with {words.plural(outage.complaints, 'complaint')}"),
        ("peak", f"{words.number(outage.peak_per_minute)} a minute, where {usual} is usual"),
    ]
    about = shares(outage.aspects, complaints=outage.complaints, name=phrases.aspect_words)
    where = shares(outage.places, complaints=outage.complaints, name=printable)
    rows += [("about", " · ".join(map(str, about)))] if about else []
    rows += [("where", " · ".join(map(str, where)))] if where else []
    rows += [("heard on", words.joined([phrases.source_words(source) for source in outage.sources]))]
    return rows
