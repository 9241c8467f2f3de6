"""Outages as lists: for machines, as a table, and one of them with all that happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tiktokwatch.records import Outage, Post, Transition
from tiktokwatch.report import phrases, words
from tiktokwatch.report.official import (
    NOTHING,
    Official,
    Word,
    among,
    delay_words,
    official_json,
)
from tiktokwatch.report.printable import printable
from tiktokwatch.report.quotes import Quote
from tiktokwatch.report.sampled import EVERYTHING_READ, Sample
from tiktokwatch.report.shares import shares
from tiktokwatch.report.terminal import Look, table
from tiktokwatch.report.words import stamp

SCHEMA_VERSION = 1
OFFICIAL_SHOWN = 5


def outage_json(outage: Outage, *, official: Official = NOTHING) -> dict[str, Any]:
    """Return one outage as JSON has it, in whatever command prints it: this is the one description of its shape.

    - `id`; `aspect`, what fails ("app" for the whole); `state`; `verdict`, one of technical, policy, both, partial,
      spill-over, chatter
    - `onset`, `signalled_at`, `recovering_at`, `ended_at`: ISO 8601 in UTC, null where they have not come yet
    - `complaints`, `authors`: posts that were read, and the people behind them
    - `peak_per_minute`, `usual_per_minute`: people, those included whose posts were counted and not read
    - `sources`: names, most complaints first; `aspects`, `places`: complaints that name them, most first
    - `reason`: the figures that raised it, in words
    - `official`: posts of TikTok's own accounts from the onset until a day after the end, oldest first, each with
      `at`, `source`, `url` (null where unknown) and, where they are known, `author` and `text`
    """
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
        "official": official_json(official),
    }


def outages_json(outages: Sequence[Outage], *, official: Mapping[int, Official] | None = None) -> dict[str, Any]:
    """Return a list of outages as one JSON object; `official` is by their numbers."""
    said = official or {}
    found = [outage_json(outage, official=said.get(outage.id, NOTHING)) for outage in outages]
    return {"schema_version": SCHEMA_VERSION, "outages": found}


def outage_detail_json(
    outage: Outage,
    *,
    transitions: Sequence[Transition],
    official: Official = NOTHING,
    sample: Sample = EVERYTHING_READ,
) -> dict[str, Any]:
    """Return one outage with what happened in it as one JSON object, and how many of its posts were read."""
    return {
        "schema_version": SCHEMA_VERSION,
        "outage": outage_json(outage, official=official),
        "transitions": [transition_json(transition) for transition in transitions],
        "read": sample.read,
        "counted": sample.counted,
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
    outages: Sequence[Outage],
    *,
    posts: Mapping[str, int],
    start: datetime | None,
    end: datetime | None,
    official: Sequence[Post] = (),
) -> dict[str, Any]:
    """Return what a replay found as one JSON object.

    `posts` counts those read, kept, duplicate and bad; `start` and `end` are None where no post was read. `official`
    are the posts of TikTok's own accounts among them.
    """
    found = outages_json(outages, official=among(official, outages))
    return {
        "schema_version": SCHEMA_VERSION,
        "posts": {kind: posts[kind] for kind in ("read", "kept", "duplicate", "bad")},
        "from": stamp(start),
        "to": stamp(end),
        "outages": found["outages"],
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


def outages_text(
    outages: Sequence[Outage],
    *,
    official: Mapping[int, Official] | None = None,
    zone: ZoneInfo,
    now: datetime,
    look: Look,
) -> str:
    """Return a table of outages, the newest first; `official` is by their numbers."""
    if not outages:
        return look.page(["No outage on record for this time."])
    rows = [
        [
            str(outage.id),
            words.moment(outage.onset, zone, now=now),
            lasted(outage, now=now),
            words.number(outage.peak_per_minute),
            words.number(outage.authors),
            look.spell(phrases.kind_words(outage.verdict, outage.aspect)),
            delay_words(outage, (official or {}).get(outage.id, NOTHING)),
        ]
        for outage in reversed(outages)
    ]
    head = ["ID", "BEGAN", "LASTED", "PEAK/MIN", "PEOPLE", "WHAT"]
    shown = [head]
    for *figures, what, delay in rows:
        shown += [[*figures, what], *([[*[""] * len(figures), delay]] if delay else [])]
    lines = table(shown, right=frozenset({0, 3, 4}))
    if max(map(len, lines)) > look.columns:
        return look.page(_stacked(rows, look))
    return look.page([look.paint(lines[0].rstrip(), "dim"), *lines[1:], "", "One of them: tiktokwatch outages ID"])


def _stacked(rows: Sequence[Sequence[str]], look: Look) -> list[str]:
    lines = []
    for number, began, length, peak, people, what, delay in rows:
        lines += look.wrap(f"{number}  {began}, {length}")
        lines += look.wrap("; ".join(filter(None, (what, f"peak {peak}/min, {people} people", delay))), indent=3)
    return lines


def outage_text(
    outage: Outage,
    *,
    transitions: Sequence[Transition],
    quotes: Sequence[Quote] = (),
    official: Official = NOTHING,
    sample: Sample = EVERYTHING_READ,
    zone: ZoneInfo,
    now: datetime,
    look: Look,
) -> str:
    """Return one outage with its figures, what happened in it, what TikTok said of it, and what people said.

    `sample` says of how many posts its figures speak.
    """
    board = phrases.SIGNBOARDS["calm" if outage.ended_at is not None else outage.state]
    state = "over" if outage.ended_at is not None else "going on" if outage.state == "outage" else board.word.lower()
    noun = phrases.outage_noun(outage.verdict)
    head = f"{words.capital(noun)} {outage.id}: {state}, {lasted(outage, now=now)}"
    lines = [look.paint(line, board.colour, "bold") for line in look.wrap(head)]
    for label, text in facts(outage, official=official, sample=sample, zone=zone, now=now):
        lines += look.row(label, text)
    lines.append("")
    happened = [(change.at, _change(change, zone=zone, look=look)) for change in transitions]
    happened += [(word.at, _official(word, outage, zone=zone, look=look)) for word in official.said[:OFFICIAL_SHOWN]]
    for _, rows in sorted(happened, key=lambda pair: pair[0]):
        lines += rows
    for quote in quotes:
        lines += ["", *look.row(words.hour(quote.at, zone), f"{quote.where}  “{quote.text}”")]
        lines += look.whole("", quote.url, "dim") if quote.url else []
    return look.page(lines)


def _change(change: Transition, *, zone: ZoneInfo, look: Look) -> list[str]:
    state = phrases.SIGNBOARDS[change.after].word.lower()
    return look.row(words.hour(change.at, zone), f"{state}: {printable(change.reason)}")


def _official(word: Word, outage: Outage, *, zone: ZoneInfo, look: Look) -> list[str]:
    day = word.at.astimezone(zone).date()
    that_day = "" if day == outage.onset.astimezone(zone).date() else f", {words.short_day(day)}"
    text = f": “{word.text}”" if word.text else ""
    lines = look.row(words.hour(word.at, zone), f"TikTok on {phrases.source_words(word.source)}{that_day}{text}")
    return [*lines, *(look.whole("", word.url, "dim") if word.url else [])]


def facts(
    outage: Outage,
    *,
    official: Official = NOTHING,
    sample: Sample = EVERYTHING_READ,
    zone: ZoneInfo,
    now: datetime,
) -> list[tuple[str, str]]:
    """Return what is known of one outage, as labels and texts."""
    usual = words.figure(outage.usual_per_minute)
    delay = words.duration(outage.signalled_at - outage.onset)
    peak = f"{'about ' if sample.unread else ''}{words.number(outage.peak_per_minute)}"
    which = f", in the {sample} that were read" if sample.unread else ""
    rows = [
        ("when", when(outage, zone, now=now)),
        ("signalled", f"{words.moment(outage.signalled_at, zone, now=now)}, {delay} after the start"),
        ("kind", phrases.kind_words(outage.verdict, outage.aspect)),
        ("people", f"{words.number(outage.authors)} with {words.plural(outage.complaints, 'complaint')}{which}"),
        ("peak", f"{peak} a minute, where {usual} is usual"),
    ]
    about = shares(outage.aspects, complaints=outage.complaints, name=phrases.aspect_words)
    where = shares(outage.places, complaints=outage.complaints, name=printable)
    rows += [("about", " · ".join(map(str, about)))] if about else []
    rows += [("where", " · ".join(map(str, where)))] if where else []
    rows += [("heard on", words.joined([phrases.source_words(source) for source in outage.sources]))]
    said = delay_words(outage, official)
    return [*rows, ("TikTok", said)] if said else rows
