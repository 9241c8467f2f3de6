"""What people said: a few different posts, fit to be shown, with a link in place of the author's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tiktokwatch.records import Judged
from tiktokwatch.report.phrases import source_words
from tiktokwatch.report.printable import address, excerpt
from tiktokwatch.report.reading import Reading

LONGEST = 240
ALIKE = 0.5
TELLING = 5
SLICES = 5
SAMPLE = 40

_WORD = re.compile(r"\w+")
_SUBREDDIT = re.compile(r"https?://[\w.]*reddit\.com/(r/\w+)/")


@dataclass(frozen=True, slots=True)
class Quote:
    """One post as it is shown; `where` is the network or the part of it, `url` "" where there is no safe link."""

    at: datetime
    where: str
    text: str
    url: str


def quoted(judged: Judged) -> Quote:
    """Make a post fit to be shown."""
    post = judged.post
    url = address(post.url)
    found = _SUBREDDIT.match(url)
    return Quote(post.at, found[1] if found else source_words(post.source), excerpt(post.text, limit=LONGEST), url)


def different(posts: Iterable[Judged], *, limit: int, beside: Iterable[Judged] = ()) -> list[Judged]:
    """Return the first `limit` posts that say something else than those before them and those `beside`."""
    chosen: list[Judged] = []
    seen = [(_words(judged), frozenset(judged.verdict.fingerprint)) for judged in beside]
    for judged in posts:
        if len(chosen) == limit:
            break
        words, prints = _words(judged), frozenset(judged.verdict.fingerprint)
        if words and not any(prints & others or _overlap(words, theirs) > ALIKE for theirs, others in seen):
            chosen.append(judged)
            seen.append((words, prints))
    return chosen


def latest(reading: Reading, *, since: datetime, until: datetime, limit: int) -> tuple[Quote, ...]:
    """Return the newest complaints that differ, newest first."""
    posts = reading.samples(since=since, until=until, limit=SAMPLE)
    return tuple(quoted(judged) for judged in different(posts, limit=limit))


def over(reading: Reading, *, since: datetime, until: datetime) -> tuple[Quote, ...]:
    """Return up to five complaints that differ, from the whole of a span, oldest first.

    One is taken from each fifth, the one of which the classifier is surest among those that say more than a few
    words; where a fifth has nothing new to say, the others stand in for it.
    """
    step = (until - since) / SLICES
    chosen: list[Judged] = []
    spare: list[Judged] = []
    for part in range(SLICES):
        posts = reading.samples(since=since + part * step, until=since + (part + 1) * step, limit=SAMPLE)
        ranked = sorted(posts, key=_worth, reverse=True)
        taken = different(ranked, limit=1, beside=chosen)
        chosen += taken
        spare += [judged for judged in ranked if judged not in taken]
    chosen += different(spare, limit=SLICES - len(chosen), beside=chosen)
    return tuple(quoted(judged) for judged in sorted(chosen, key=lambda judged: judged.post.at))


def _worth(judged: Judged) -> tuple[bool, float, datetime]:
    fits = len(_words(judged)) >= TELLING and len(judged.post.text) <= LONGEST
    return fits, judged.verdict.complaint, judged.post.at


def _words(judged: Judged) -> frozenset[str]:
    return frozenset(_WORD.findall(judged.post.text.casefold()))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
